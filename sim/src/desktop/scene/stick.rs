//! The M5StickC's shape, in centimetres: lying flat, its screen up, its long side along the scene's z axis.
//!
//! Sizes: 48.2 x 25.5 x 13.7 mm body, 0.96 inch screen of 80 x 160 pixels (the vendor's page); places of the buttons by eye
//! from the vendor's drawing.

use super::shape::{self, join, rounded};
use bevy::math::Vec3;
use bevy::mesh::Mesh;

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
/// Dark glass around the screen.
pub const FRONT: Block = block([0.0, 0.69, -0.55], [1.95, 0.06, 3.2]);
pub const SCREEN: Block = block([0.0, 0.7215, -0.6], [1.08, 0.001, 2.16]);
pub const BUTTON_A: Block = block([0.0, 0.72, 1.68], [1.3, 0.2, 0.82]);
/// On the right side.
pub const BUTTON_B: Block = block([1.29, 0.12, -0.5], [0.16, 0.36, 0.72]);
/// On the left side, near the top.
pub const POWER: Block = block([-1.29, 0.12, -1.3], [0.16, 0.36, 0.6]);
pub const LED: Block = block([0.78, 0.72, -1.98], [0.13, 0.04, 0.13]);
/// The Grove port, and USB beside it, at the lower end.
pub const GROVE: Block = block([-0.42, -0.1, 2.4], [1.1, 0.6, 0.08]);
const USB: Block = block([0.7, -0.12, 2.4], [0.66, 0.26, 0.06]);
/// The header for hats, at the upper end.
pub const HEADER: Block = block([0.0, -0.2, -2.4], [2.1, 0.3, 0.06]);
/// The hole before the microphone, at the upper end.
pub const MICROPHONE: Vec3 = Vec3::new(0.0, 0.1, -2.42);

/// How far buttons give way.
pub const TRAVEL: f32 = 0.07;

fn solid(of: Block, corner: f32, bevel: f32) -> Mesh {
    rounded(of.half, corner, bevel).translated_by(of.middle)
}

pub fn shell() -> Mesh {
    solid(BODY, 0.36, 0.15)
}

pub fn glass() -> Mesh {
    solid(FRONT, 0.16, 0.025)
}

/// White plastic that stands still: the frame of the Grove port, and the mark on button A's right.
pub fn white() -> Mesh {
    let [x, y, z] = GROVE.middle.to_array();
    let Vec3 { x: a, y: b, z: c } = GROVE.half;
    let wall = 0.08;
    let bar = |at: [f32; 3], half: [f32; 3]| shape::cuboid(Vec3::from(half)).translated_by(Vec3::from(at));
    join([
        bar([x, y + b - wall, z], [a, wall, c]),
        bar([x, y - b + wall, z], [a, wall, c]),
        bar([x - a + wall, y, z], [wall, b, c]),
        bar([x + a - wall, y, z], [wall, b, c]),
    ])
}

/// What is dark: sockets, the header with its eight holes' rims, the microphone's hole.
pub fn dark() -> Mesh {
    let mut parts = vec![
        solid(Block { half: GROVE.half * Vec3::new(0.86, 0.74, 0.4), ..GROVE }, 0.01, 0.005),
        solid(USB, 0.03, 0.01),
        solid(HEADER, 0.03, 0.01),
        shape::cuboid(Vec3::new(0.06, 0.06, 0.03)).translated_by(MICROPHONE),
    ];
    // Two screws in the back, which one sees when it is turned over.
    for x in [-0.85, 0.85] {
        parts.push(shape::cuboid(Vec3::new(0.12, 0.02, 0.12)).translated_by(Vec3::new(x, -0.685, 1.9)));
    }
    join(parts)
}

/// The contacts in header and Grove port.
pub fn contacts() -> Mesh {
    let pin = |at: Vec3| shape::cuboid(Vec3::new(0.04, 0.04, 0.045)).translated_by(at);
    let header = (0..8).map(|pin| -0.889 + 0.254 * pin as f32).map(|x| Vec3::new(x, HEADER.middle.y, -2.4));
    let grove = (0..4).map(|pin| GROVE.middle.x - 0.3 + 0.2 * pin as f32).map(|x| Vec3::new(x, -0.1, 2.4));
    join(header.chain(grove).map(pin))
}

pub fn button_a() -> Mesh {
    rounded(BUTTON_A.half, 0.22, 0.06)
}

/// `M5`, as it is printed on button A: bars a tenth of a millimetre high.
pub fn mark() -> Mesh {
    const THICK: f32 = 0.035;
    let bar = |x: f32, z: f32, wide: f32, high: f32| {
        shape::cuboid(Vec3::new(wide * 0.5, 0.004, high * 0.5)).translated_by(Vec3::new(
            x,
            BUTTON_A.half.y + 0.003,
            z,
        ))
    };
    join([
        bar(-0.30, 0.0, THICK, 0.3),
        bar(-0.20, -0.08, THICK, 0.14),
        bar(-0.10, 0.0, THICK, 0.3),
        bar(-0.20, -0.135, 0.2, THICK),
        bar(0.15, -0.135, 0.2, THICK),
        bar(0.068, -0.07, THICK, 0.14),
        bar(0.15, -0.01, 0.2, THICK),
        bar(0.232, 0.06, THICK, 0.14),
        bar(0.15, 0.135, 0.2, THICK),
    ])
}

pub fn side_button(of: Block) -> Mesh {
    rounded(of.half, 0.06, 0.04)
}

pub fn lens() -> Mesh {
    rounded(LED.half, 0.06, 0.015)
}
