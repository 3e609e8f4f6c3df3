//! The eye: on a sphere around what there is to see.

use crate::engine::Pose;
use bevy::math::{Quat, Vec3};
use bevy::transform::components::Transform;
use egui::Vec2;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orbit {
    pub yaw: f32,
    pub pitch: f32,
    pub distance: f32,
    pub target: Vec3,
    /// How far the eye has come down to where one sees a hand move up and down: 0 to 1.
    pub lean: f32,
}

impl Default for Orbit {
    fn default() -> Self {
        Self { yaw: 0.0, pitch: 1.12, distance: 9.2, target: Vec3::new(0.0, 0.1, 0.0), lean: 0.0 }
    }
}

pub const FIELD_OF_VIEW: f32 = 0.6;
/// From where one sees a hand draw.
const LEANT_PITCH: f32 = 0.42;
/// The picture's height is so much of a hand's way: a circle that fills two thirds of it is one as people draw.
const HAND_SPAN_M: f64 = 0.9;
/// How the wrist turns as an arm goes sideways and up, rad/m: forearms turn about elbows, and about what the world's own
/// gestures do (assumed).
const ROLLS_PER_M: f64 = 0.6;
const NODS_PER_M: f64 = 0.2;

impl Orbit {
    pub fn turn(&mut self, pixels: Vec2) {
        self.yaw -= pixels.x * 0.008;
        self.pitch = (self.pitch + pixels.y * 0.008).clamp(-0.2, 1.5);
    }

    pub fn zoom(&mut self, scroll: f32) {
        self.distance = (self.distance * (-scroll * 0.002).exp()).clamp(3.0, 200.0);
    }

    fn around(&self) -> Quat {
        let lean = self.lean * self.lean * (3.0 - 2.0 * self.lean);
        let pitch = self.pitch + (self.pitch.min(LEANT_PITCH) - self.pitch) * lean;
        Quat::from_rotation_y(self.yaw) * Quat::from_rotation_x(-pitch)
    }

    /// Where the eye is and looks, in Bevy's axes (y up).
    pub fn eye(&self) -> Transform {
        let around = self.around();
        Transform::from_translation(self.target + around * Vec3::new(0.0, 0.0, self.distance))
            .looking_at(self.target, around * Vec3::Y)
    }

    /// How much of the scene the picture is high, where one looks.
    pub fn height(&self) -> f32 {
        2.0 * self.distance * (0.5 * FIELD_OF_VIEW).tan()
    }

    /// The scene's units for a metre of a hand's way: what the mouse moves stays under it.
    pub fn hand_scale(&self) -> f32 {
        self.height() / HAND_SPAN_M as f32
    }

    /// The hand's axes: to the right, and away, both level.
    fn level(&self) -> [Vec3; 2] {
        let turn = Quat::from_rotation_y(self.yaw);
        [turn * Vec3::X, turn * Vec3::NEG_Z]
    }

    /// A hand that moved by so much of the picture's height: in the upright plane that one looks at, or (`turns`) about its axes.
    pub fn carried(&self, mut pose: Pose, moved: Vec2, turns: bool) -> Pose {
        let [right, away] = self.level();
        let add = |to: &mut [f64; 3], way: Vec3, by: f64| {
            for (axis, part) in to.iter_mut().zip(to_world(way)) {
                *axis += f64::from(part) * by;
            }
        };
        let (x, y) = (f64::from(moved.x), f64::from(moved.y));
        if turns {
            add(&mut pose.turn_rad, Vec3::Y, 3.0 * x);
            add(&mut pose.turn_rad, right, 3.0 * y);
        } else {
            add(&mut pose.shift_m, right, x * HAND_SPAN_M);
            add(&mut pose.shift_m, Vec3::Y, -y * HAND_SPAN_M);
            // Its left side rises on the way to the left, its far end falls on the way up.
            add(&mut pose.turn_rad, away, -x * HAND_SPAN_M * ROLLS_PER_M);
            add(&mut pose.turn_rad, right, y * HAND_SPAN_M * NODS_PER_M);
        }
        pose.shift_m = pose.shift_m.map(|m| m.clamp(-2.0, 2.0));
        pose
    }

    /// Where a point of the scene appears, from (0, 0) upper left to (1, 1) lower right; none if it is behind the eye.
    pub fn appears(&self, aspect: f32, point: Vec3) -> Option<[f32; 2]> {
        let eye = self.eye();
        let seen = eye.rotation.inverse() * (point - eye.translation);
        let tall = -seen.z * (0.5 * FIELD_OF_VIEW).tan();
        (tall > 1e-3).then(|| [0.5 + 0.5 * seen.x / (tall * aspect), 0.5 - 0.5 * seen.y / tall])
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
        let orbit = Orbit { distance: 10.0, ..Orbit::default() };
        let pose = orbit.carried(Pose::default(), Vec2::new(0.1, 0.0), false);
        assert!(pose.shift_m[1] < 0.0 && pose.shift_m[0].abs() < 1e-6, "{pose:?}");
        assert!(pose.turn_rad[0] < 0.0 && pose.turn_rad[1].abs() < 1e-6, "{pose:?}");
        let pose = orbit.carried(Pose::default(), Vec2::new(0.0, -0.1), false);
        assert!(pose.shift_m[2] > 0.0 && pose.turn_rad[1] > 0.0, "{pose:?}");
        // Seen from the left, right is away.
        let beside = Orbit { yaw: -std::f32::consts::FRAC_PI_2, ..orbit };
        let pose = beside.carried(Pose::default(), Vec2::new(0.1, 0.0), false);
        assert!(pose.shift_m[0].abs() > 0.05 && pose.shift_m[1].abs() < 1e-6, "{pose:?}");
    }

    #[test]
    fn what_the_mouse_carries_stays_under_it() {
        let orbit = Orbit { pitch: 0.0, ..Orbit::default() };
        let pose = orbit.carried(Pose::default(), Vec2::new(0.2, -0.1), false);
        let there = orbit.target + from_world(pose.shift_m) * orbit.hand_scale();
        let [x, y] = orbit.appears(1.0, there).unwrap();
        assert!((x - 0.7).abs() < 1e-4 && (y - 0.4).abs() < 1e-4, "{x} {y}");
    }

    #[test]
    fn a_quarter_turn_about_up_stays_about_up() {
        let turned = attitude(scenarios::signal::Quat::about([0.0, 0.0, 1.0], std::f64::consts::FRAC_PI_2));
        assert!((turned * Vec3::Y - Vec3::Y).length() < 1e-6);
        // What pointed forward points left.
        assert!((turned * from_world([1.0, 0.0, 0.0]) - from_world([0.0, 1.0, 0.0])).length() < 1e-6);
    }
}
