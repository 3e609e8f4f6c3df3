//! What of which stick lies under the mouse.

use super::cast::Actor;
use super::orbit::{FIELD_OF_VIEW, Orbit};
use super::stick::{self, Block};
use crate::engine::Act;
use bevy::math::{Quat, Vec3};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    A,
    B,
    Power,
    Body,
    /// What the node takes itself for.
    Ghost,
}

impl Part {
    pub fn act(self, closed: bool) -> Act {
        if self == Self::B { Act::ButtonB(closed) } else { Act::ButtonA(closed) }
    }
}

/// What is seen at a place of the picture, from (0, 0) upper left to (1, 1) lower right: which actor, and what of it.
pub fn part(orbit: &Orbit, aspect: f32, at: [f32; 2], cast: &[Actor]) -> Option<(usize, Part)> {
    let eye = orbit.eye();
    let tall = (0.5 * FIELD_OF_VIEW).tan();
    let through = Vec3::new((2.0 * at[0] - 1.0) * tall * aspect, (1.0 - 2.0 * at[1]) * tall, -1.0);
    let along = eye.rotation * through;
    const PARTS: [(Part, Block); 4] = [
        (Part::A, stick::BUTTON_A),
        (Part::B, stick::BUTTON_B),
        (Part::Power, stick::POWER),
        (Part::Body, stick::BODY),
    ];
    // The ray, as something sees it that lies there; its length is kept.
    let seen_by = |middle: Vec3, turn: Quat, size: f32| {
        let inward = turn.inverse();
        (inward * (eye.translation - middle) / size, inward * along / size)
    };
    let mut nearest: Option<(f32, usize, Part)> = None;
    for (index, actor) in cast.iter().enumerate() {
        let (from, ray) = seen_by(actor.middle, actor.turn, actor.size);
        let own = PARTS.iter().filter_map(|(part, block)| Some((distance(block, from, ray)?, *part)));
        let ghost = actor.ghost.and_then(|ghost| {
            let (from, ray) = seen_by(ghost.middle, ghost.turn, actor.size * ghost.size);
            Some((distance(&stick::BODY, from, ray)?, Part::Ghost))
        });
        for (far, part) in own.chain(ghost) {
            if nearest.is_none_or(|(nearest, ..)| far < nearest) {
                nearest = Some((far, index, part));
            }
        }
    }
    nearest.map(|(_, index, part)| (index, part))
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

    fn one(middle: Vec3) -> [Actor; 1] {
        [Actor { middle, ..Actor::default() }]
    }

    #[test]
    fn what_one_points_at_is_what_one_gets() {
        let orbit = Orbit::default();
        let at = |block: Block| orbit.appears(1.5, block.middle + Vec3::Y * block.half.y).unwrap();
        let seen = |at| part(&orbit, 1.5, at, &one(Vec3::ZERO)).map(|(_, part)| part);
        assert_eq!(seen(at(stick::BUTTON_A)), Some(Part::A));
        assert_eq!(seen(at(stick::SCREEN)), Some(Part::Body));
        assert_eq!(seen([0.02, 0.02]), None);
        let beside = Orbit { yaw: 1.2, pitch: 0.2, ..orbit };
        let at = beside.appears(1.5, stick::BUTTON_B.middle + Vec3::X * stick::BUTTON_B.half.x).unwrap();
        assert_eq!(part(&beside, 1.5, at, &one(Vec3::ZERO)), Some((0, Part::B)));
    }

    #[test]
    fn of_two_the_nearer_one_and_each_by_its_place() {
        let orbit = Orbit { distance: 20.0, ..Orbit::default() };
        let place = Vec3::new(4.0, 0.0, 0.0);
        let cast = [Actor::default(), Actor { node: 1, middle: place, size: 0.5, ..Actor::default() }];
        let at = orbit.appears(1.5, place + stick::BUTTON_A.middle * 0.5).unwrap();
        assert_eq!(part(&orbit, 1.5, at, &cast), Some((1, Part::A)));
        let at = orbit.appears(1.5, stick::SCREEN.middle).unwrap();
        assert_eq!(part(&orbit, 1.5, at, &cast), Some((0, Part::Body)));
        assert_eq!(part(&orbit, 1.5, at, &cast[1..]), None);
    }
}
