//! The eye: on a sphere around the stick.

use crate::engine::Pose;
use bevy::math::{Quat, Vec3};
use bevy::transform::components::Transform;
use egui::Vec2;

/// Metres to the scene's units: one of them is a centimetre.
pub const UNITS_PER_M: f32 = 100.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orbit {
    pub yaw: f32,
    pub pitch: f32,
    pub distance: f32,
}

impl Default for Orbit {
    fn default() -> Self {
        Self { yaw: 0.45, pitch: 0.85, distance: 13.0 }
    }
}

pub const FIELD_OF_VIEW: f32 = 0.6;

impl Orbit {
    pub fn turn(&mut self, pixels: Vec2) {
        self.yaw -= pixels.x * 0.008;
        self.pitch = (self.pitch + pixels.y * 0.008).clamp(-0.2, 1.5);
    }

    pub fn zoom(&mut self, scroll: f32) {
        self.distance = (self.distance * (-scroll * 0.002).exp()).clamp(6.0, 200.0);
    }

    /// Where the eye is and looks, in Bevy's axes (y up).
    pub fn eye(&self) -> Transform {
        let around = Quat::from_rotation_y(self.yaw) * Quat::from_rotation_x(-self.pitch);
        let target = Vec3::new(0.0, 0.8, 0.0);
        Transform::from_translation(target + around * Vec3::new(0.0, 0.0, self.distance))
            .looking_at(target, Vec3::Y)
    }

    /// A hand that moved by so much of the picture's height: along the picture's plane, or (`turns`) about its axes.
    pub fn carried(&self, mut pose: Pose, moved: Vec2, turns: bool) -> Pose {
        let eye = self.eye();
        let (right, up) = (eye.right(), eye.up());
        if turns {
            let turn = (*up * moved.x + *right * moved.y) * 3.0;
            let [x, y, z] = to_world(turn);
            for (axis, by) in pose.turn_rad.iter_mut().zip([x, y, z]) {
                *axis += f64::from(by);
            }
        } else {
            let span = 2.0 * self.distance * (0.5 * FIELD_OF_VIEW).tan() / UNITS_PER_M;
            let shift = (*right * moved.x - *up * moved.y) * span;
            for (axis, by) in pose.shift_m.iter_mut().zip(to_world(shift)) {
                *axis = (*axis + f64::from(by)).clamp(-2.0, 2.0);
            }
        }
        pose
    }
}

/// From Bevy's axes (x right, y up, z to the eye) to the world's (x forward, y left, z up): forward is away from the eye.
pub fn to_world(v: Vec3) -> [f32; 3] {
    [-v.z, -v.x, v.y]
}

pub fn from_world([x, y, z]: [f64; 3]) -> Vec3 {
    Vec3::new(-y as f32, z as f32, -x as f32)
}

/// The turn that brings the stick's own axes as they are drawn into the scene's.
pub fn attitude(of: scenarios::signal::Quat) -> Quat {
    // A rotation keeps its angle; its axis is a vector in the world.
    let axis = from_world([of.x, of.y, of.z]);
    Quat::from_xyzw(axis.x, axis.y, axis.z, of.w as f32).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_go_there_and_back() {
        let v = [0.1, -0.2, 0.3];
        let back = to_world(from_world(v));
        assert!(v.iter().zip(back).all(|(v, back)| (*v as f32 - back).abs() < 1e-6));
    }

    #[test]
    fn a_hand_that_goes_right_on_the_picture_goes_right_for_the_eye() {
        let orbit = Orbit { yaw: 0.0, pitch: 0.0, distance: 10.0 };
        let pose = orbit.carried(Pose::default(), Vec2::new(0.1, 0.0), false);
        assert!(pose.shift_m[1] < 0.0 && pose.shift_m[0].abs() < 1e-6, "{pose:?}");
        let pose = orbit.carried(Pose::default(), Vec2::new(0.0, -0.1), false);
        assert!(pose.shift_m[2] > 0.0, "{pose:?}");
    }

    #[test]
    fn a_quarter_turn_about_up_stays_about_up() {
        let turned = attitude(scenarios::signal::Quat::about([0.0, 0.0, 1.0], std::f64::consts::FRAC_PI_2));
        assert!((turned * Vec3::Y - Vec3::Y).length() < 1e-6);
        // What pointed forward points left.
        assert!((turned * from_world([1.0, 0.0, 0.0]) - from_world([0.0, 1.0, 0.0])).length() < 1e-6);
    }
}
