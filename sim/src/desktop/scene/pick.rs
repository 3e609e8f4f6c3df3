//! What of the stick lies under the mouse.

use super::orbit::{FIELD_OF_VIEW, Orbit, UNITS_PER_M, attitude, from_world};
use super::stick::{self, Block};
use crate::engine::Act;
use bevy::math::Vec3;
use scenarios::signal::Quat;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    A,
    B,
    Power,
    Body,
}

impl Part {
    pub fn says(self) -> &'static str {
        match self {
            Self::A => "button A: click or hold (key 1)",
            Self::B => "button B: click or hold (key 2)",
            Self::Power => "power key: a click is held for 0.2 s",
            Self::Body => "drag: carry it, its motion sensor feels it. With Shift: turn it",
        }
    }

    pub fn act(self, closed: bool) -> Act {
        if self == Self::B { Act::ButtonB(closed) } else { Act::ButtonA(closed) }
    }
}

/// What is seen at a place of the picture, from (0, 0) upper left to (1, 1) lower right.
pub fn part(orbit: &Orbit, aspect: f32, at: [f32; 2], place_m: [f64; 3], lies: Quat) -> Option<Part> {
    let eye = orbit.eye();
    let tall = (0.5 * FIELD_OF_VIEW).tan();
    let through = Vec3::new((2.0 * at[0] - 1.0) * tall * aspect, (1.0 - 2.0 * at[1]) * tall, -1.0);
    // The ray, as the stick sees it.
    let inward = attitude(lies).inverse();
    let from = inward * (eye.translation - from_world(place_m) * UNITS_PER_M);
    let along = inward * (eye.rotation * through);
    let parts = [
        (Part::A, stick::BUTTON_A),
        (Part::B, stick::BUTTON_B),
        (Part::Power, stick::POWER),
        (Part::Body, stick::BODY),
    ];
    let hits = parts.iter().filter_map(|(part, block)| Some((*part, distance(block, from, along)?)));
    hits.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(part, _)| part)
}

/// How far along the ray it enters the block.
fn distance(block: &Block, from: Vec3, along: Vec3) -> Option<f32> {
    let (mut near, mut far) = (0.0f32, f32::INFINITY);
    for axis in 0..3 {
        let to = block.middle[axis] - from[axis];
        let (a, b) = ((to - block.half[axis]) / along[axis], (to + block.half[axis]) / along[axis]);
        near = near.max(a.min(b));
        far = far.min(a.max(b));
    }
    (near <= far).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a point of the stick at rest appears.
    pub fn appears(orbit: &Orbit, aspect: f32, point: Vec3) -> [f32; 2] {
        let eye = orbit.eye();
        let seen = eye.rotation.inverse() * (point - eye.translation);
        let tall = (0.5 * FIELD_OF_VIEW).tan();
        [0.5 + 0.5 * seen.x / (-seen.z * tall * aspect), 0.5 - 0.5 * seen.y / (-seen.z * tall)]
    }

    #[test]
    fn what_one_points_at_is_what_one_gets() {
        let orbit = Orbit::default();
        let at = |block: Block| appears(&orbit, 1.5, block.middle + Vec3::Y * block.half.y);
        let seen = |at| part(&orbit, 1.5, at, [0.0; 3], Quat::IDENTITY);
        assert_eq!(seen(at(stick::BUTTON_A)), Some(Part::A));
        assert_eq!(seen(at(stick::SCREEN)), Some(Part::Body));
        assert_eq!(seen([0.02, 0.02]), None);
        let beside = Orbit { yaw: 1.2, pitch: 0.2, ..orbit };
        let at = appears(&beside, 1.5, stick::BUTTON_B.middle + Vec3::X * stick::BUTTON_B.half.x);
        assert_eq!(part(&beside, 1.5, at, [0.0; 3], Quat::IDENTITY), Some(Part::B));
    }

    #[test]
    fn a_stick_that_was_carried_away_is_not_where_it_was() {
        let orbit = Orbit::default();
        let at = appears(&orbit, 1.5, stick::BUTTON_A.middle);
        assert_eq!(part(&orbit, 1.5, at, [0.0, 0.5, 0.0], Quat::IDENTITY), None);
    }
}
