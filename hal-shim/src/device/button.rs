//! A push button, with bounce: presses go in, a timeline of edges comes out.

use crate::time::TrueTime;
use crate::world::Noise;
use node_core::boards::PinFacts;

/// A finger: when it touches and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    pub at: TrueTime,
    pub hold_ns: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    Rising,
    Falling,
    Any,
}

/// Contacts chatter for so long after touch and release, and so often at most. Assumed: tact switches are specified
/// below 5 to 10 ms; the board's own was not measured.
const BOUNCE_NS: u64 = 5_000_000;
const MOST_BOUNCES: u64 = 3;

pub struct Button {
    active_low: bool,
    noise: Box<dyn Noise>,
    /// When the contact closes (true) or opens, in order of time, alternately; the first closes.
    edges: Vec<(TrueTime, bool)>,
}

impl Button {
    pub fn new(facts: &PinFacts, noise: Box<dyn Noise>) -> Self {
        Self { active_low: facts.active_low, noise, edges: Vec::new() }
    }

    /// Presses come in order of time; one that begins before the last has settled begins when it has.
    pub fn press(&mut self, press: Press) {
        let earliest = self.edges.last().map_or(TrueTime::START, |(last, _)| *last + BOUNCE_NS);
        let touch = press.at.max(earliest);
        let release = TrueTime(press.at.0.saturating_add(press.hold_ns)).max(touch + 2 * BOUNCE_NS);
        self.settle_to(touch, true);
        self.settle_to(release, false);
    }

    /// The contact changes, opens and closes a few times, and stays.
    fn settle_to(&mut self, at: TrueTime, closed: bool) {
        self.edges.push((at, closed));
        let draw = self.noise.next_u64();
        let mut left = BOUNCE_NS;
        let mut when = at;
        let mut rest = draw;
        for bounce in 0..draw % (MOST_BOUNCES + 1) {
            for state in [!closed, closed] {
                // Gaps grow shorter: up to a quarter of what is left, never none.
                rest = rest.rotate_left(13).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(bounce);
                let gap = 1 + (rest >> 32) % (left / 4);
                left -= gap;
                when = when + gap;
                self.edges.push((when, state));
            }
        }
    }

    /// Level of the pin; true is high.
    pub fn level(&self, at: TrueTime) -> bool {
        let past = self.edges.partition_point(|(when, _)| *when <= at);
        let closed = past > 0 && self.edges[past - 1].1;
        closed != self.active_low
    }

    /// The first such edge of the pin later than `after`, as far as presses are known.
    pub fn next_edge(&self, after: TrueTime, edge: Edge) -> Option<TrueTime> {
        let past = self.edges.partition_point(|(when, _)| *when <= after);
        let wanted = |closed: bool| match edge {
            Edge::Any => true,
            Edge::Rising => closed != self.active_low,
            Edge::Falling => closed == self.active_low,
        };
        self.edges[past..].iter().find(|(_, closed)| wanted(*closed)).map(|(when, _)| *when)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_world::Dice;
    use proptest::prelude::*;

    const FACTS: PinFacts = PinFacts { gpio: 37, active_low: true };

    fn button(seed: u64) -> Button {
        Button::new(&FACTS, Box::new(Dice::new(seed)))
    }
    fn ms(ms: u64) -> TrueTime {
        TrueTime::from_millis(ms)
    }

    #[test]
    fn low_while_held_and_high_otherwise() {
        let mut button = button(1);
        assert!(button.level(ms(0)) && button.next_edge(ms(0), Edge::Any).is_none());
        button.press(Press { at: ms(100), hold_ns: 80_000_000 });
        assert!(button.level(ms(100) - 1));
        assert!(!button.level(ms(106)) && !button.level(ms(179)));
        assert!(button.level(ms(186)));
        assert_eq!(button.next_edge(ms(0), Edge::Falling), Some(ms(100)));
        assert_eq!(button.next_edge(ms(106), Edge::Any), Some(ms(180)));
        assert_eq!(button.next_edge(ms(106), Edge::Rising), Some(ms(180)));
    }

    #[test]
    fn some_presses_bounce_and_some_do_not() {
        let bounces = |seed| {
            let mut button = button(seed);
            button.press(Press { at: ms(10), hold_ns: 100_000_000 });
            button.edges.len() - 2
        };
        let counts: Vec<usize> = (0..50).map(bounces).collect();
        assert!(counts.contains(&0) && counts.iter().any(|c| *c >= 8) && counts.iter().all(|c| *c <= 12));
    }

    proptest! {
        #[test]
        fn edges_alternate_in_order_and_settle_in_time(
            seed in any::<u64>(),
            presses in prop::collection::vec((0u64..1_000_000_000, any::<u32>()), 1..20),
        ) {
            let mut button = button(seed);
            let mut now = TrueTime::START;
            for (wait, hold) in presses {
                now = now + wait;
                button.press(Press { at: now, hold_ns: hold as u64 });
            }
            for pair in button.edges.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1);
            }
            prop_assert!(button.edges[0].1 && !button.edges.last().unwrap().1);
            let mut at = None;
            let mut seen = 0;
            let mut cursor = TrueTime::START;
            if button.edges[0].0 == cursor { seen = 1; }
            while let Some(next) = button.next_edge(cursor, Edge::Any) {
                prop_assert!(button.level(next) != button.level(next - 1));
                seen += 1;
                cursor = next;
                at = Some(next);
            }
            prop_assert_eq!(seen, button.edges.len());
            prop_assert!(at.is_some());
        }
    }
}
