//! The M5StickC's shape, in centimetres: lying flat, its screen up, its long side along the IMU's y axis.
//!
//! Sizes: 48.2 x 25.5 x 13.7 mm body, 0.96 inch screen of 80 x 160 pixels (the vendor's page); places of the buttons by eye
//! from the vendor's drawing.

use bevy::math::Vec3;

/// Half sizes, and where its middle is: x to the right, y up (out of the screen), z towards who holds it by the Grove port.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub middle: Vec3,
    pub half: Vec3,
}

const fn block(middle: [f32; 3], size: [f32; 3]) -> Block {
    let [x, y, z] = middle;
    let [a, b, c] = size;
    Block { middle: Vec3::new(x, y, z), half: Vec3::new(a * 0.5, b * 0.5, c * 0.5) }
}

pub const BODY: Block = block([0.0, 0.0, 0.0], [2.55, 1.37, 4.82]);
/// Dark front around the screen.
pub const FRONT: Block = block([0.0, 0.66, -0.55], [1.9, 0.08, 3.1]);
pub const SCREEN: Block = block([0.0, 0.706, -0.6], [1.08, 0.001, 2.16]);
pub const BUTTON_A: Block = block([0.0, 0.70, 1.6], [1.15, 0.16, 0.95]);
/// On the right side.
pub const BUTTON_B: Block = block([1.29, 0.1, -0.5], [0.14, 0.36, 0.7]);
/// On the left side, near the top.
pub const POWER: Block = block([-1.29, 0.1, -1.3], [0.14, 0.36, 0.6]);
pub const LED: Block = block([0.95, 0.70, -2.2], [0.14, 0.06, 0.14]);
/// The Grove port, at the lower end.
pub const GROVE: Block = block([0.0, -0.1, 2.38], [1.05, 0.6, 0.12]);
/// The header for hats, at the upper end.
pub const HEADER: Block = block([0.0, -0.2, -2.38], [2.0, 0.3, 0.12]);
