//! Where a node is at any time: at its places, and on the straight way between them.

use crate::rng::{Streams, draw_at, signed_at};
use crate::schema::{Ns, Scenario};

#[derive(Clone, Debug, Default)]
pub struct Path {
    /// In order of time.
    stays: Vec<Stay>,
}

#[derive(Clone, Debug)]
struct Stay {
    from: Ns,
    to: Ns,
    at_m: [f32; 2],
    wander_m: f32,
    key: u64,
}

impl Stay {
    /// Slow and smooth, within the stroll's reach: three waves each way, of 15 to 60 s.
    fn at(&self, ns: Ns) -> [f32; 2] {
        if self.wander_m == 0.0 {
            return self.at_m;
        }
        let seconds = ns as f64 * 1e-9;
        let away = |axis: u64| {
            let wave = |index: u64| {
                let draw = 2 * (3 * axis + index);
                let period = 37.5 + 22.5 * f64::from(signed_at(self.key, draw));
                let phase = (draw_at(self.key, draw + 1) >> 11) as f64 / (1u64 << 53) as f64;
                libm::sin(2.0 * core::f64::consts::PI * (seconds / period + phase))
            };
            (wave(0) + wave(1) + wave(2)) as f32 / 3.0
        };
        [0, 1].map(|axis| self.at_m[axis] + self.wander_m * away(axis as u64))
    }
}

impl Path {
    pub fn new(scenario: &Scenario, node: usize) -> Self {
        let streams = Streams::new(scenario.seed);
        let mut stays = Vec::new();
        for place in scenario.places.iter().filter(|place| place.node.is_none_or(|of| of == node)) {
            let key = streams.key(&format!("{}.place.{}", scenario.nodes[node].name, place.index));
            let stay = |(from, to)| Stay { from, to, at_m: place.at_m, wander_m: place.wander_m, key };
            stays.extend(place.when.occurrences(0).map(stay));
        }
        stays.sort_by_key(|stay| (stay.from, stay.to));
        Self { stays }
    }

    /// In metres. Without any place: at the origin.
    pub fn at(&self, ns: Ns) -> [f32; 2] {
        let begun = self.stays.partition_point(|stay| stay.from <= ns);
        let before = begun.checked_sub(1).map(|last| &self.stays[last]);
        match (before, self.stays.get(begun)) {
            (None, None) => [0.0; 2],
            (None, Some(first)) => first.at(first.from),
            (Some(stay), _) if ns < stay.to => stay.at(ns),
            (Some(last), None) => last.at(last.to),
            (Some(left), Some(next)) => {
                let (from, to) = (left.at(left.to), next.at(next.from));
                let part = (ns - left.to) as f32 / (next.from - left.to).max(1) as f32;
                [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * part)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: Ns = 1_000_000_000;

    fn stay(from: Ns, to: Ns, at_m: [f32; 2], wander_m: f32) -> Stay {
        Stay { from: from * S, to: to * S, at_m, wander_m, key: 9 }
    }

    #[test]
    fn it_waits_goes_straight_and_stays() {
        let path = Path { stays: vec![stay(10, 20, [1.0, 1.0], 0.0), stay(30, 40, [3.0, 5.0], 0.0)] };
        let at = |s: u64| path.at(s * S);
        assert_eq!([at(0), at(10), at(19)], [[1.0, 1.0]; 3]);
        assert_eq!(at(25), [2.0, 3.0]);
        assert_eq!([at(30), at(99)], [[3.0, 5.0]; 2]);
        assert_eq!(Path::default().at(S), [0.0; 2]);
    }

    proptest! {
        #[test]
        fn a_stroll_keeps_its_reach_and_a_persons_pace(ms in 0u64..600_000, key: u64) {
            let stay = Stay { key, ..stay(0, 600, [4.0, -2.0], 1.5) };
            let (now, later) = (stay.at(ms * 1_000_000), stay.at((ms + 100) * 1_000_000));
            for axis in 0..2 {
                prop_assert!((now[axis] - stay.at_m[axis]).abs() <= 1.5);
                prop_assert!((later[axis] - now[axis]).abs() < 0.1, "a metre a second at most");
            }
        }
    }
}
