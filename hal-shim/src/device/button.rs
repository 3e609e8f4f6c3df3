//! A push button, with bounce: presses go in, a timeline of edges comes out. Presses that a scenario plans are known from
//! the start; those of a hand come while the node runs.

use crate::time::TrueTime;
use crate::world::Noise;
use node_core::boards::PinFacts;
use std::cell::{Cell, RefCell};
use std::task::Waker;

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
    noise: RefCell<Box<dyn Noise>>,
    /// When the contact closes (true) or opens, in order of time, alternately; the first closes.
    edges: Vec<(TrueTime, bool)>,
    /// The same of a hand's finger, which comes on top.
    by_hand: RefCell<Vec<(TrueTime, bool)>>,
    /// Who waits for an edge: a hand may make one that nobody knew of.
    waiting: RefCell<Vec<Waiting>>,
    next_id: Cell<u64>,
}

struct Waiting {
    id: u64,
    after: TrueTime,
    edge: Edge,
    waker: Waker,
}

impl Button {
    pub fn new(facts: &PinFacts, noise: Box<dyn Noise>) -> Self {
        Self {
            active_low: facts.active_low,
            noise: RefCell::new(noise),
            edges: Vec::new(),
            by_hand: RefCell::default(),
            waiting: RefCell::default(),
            next_id: Cell::default(),
        }
    }

    /// Presses come in order of time; one that begins before the last has settled begins when it has.
    pub fn press(&mut self, press: Press) {
        let earliest = self.edges.last().map_or(TrueTime::START, |(last, _)| *last + BOUNCE_NS);
        let touch = press.at.max(earliest);
        let release = TrueTime(press.at.0.saturating_add(press.hold_ns)).max(touch + 2 * BOUNCE_NS);
        settle_to(&mut self.edges, self.noise.get_mut().next_u64(), touch, true);
        settle_to(&mut self.edges, self.noise.get_mut().next_u64(), release, false);
    }

    /// A hand touches the button (`closed`) or lets go of it, at `at` or as soon after as the contact has settled. Returns
    /// whom to wake and when: those whose wait this ends.
    pub fn touch(&self, at: TrueTime, closed: bool) -> Vec<(TrueTime, Waker)> {
        let mut by_hand = self.by_hand.borrow_mut();
        if by_hand.last().is_some_and(|(_, last)| *last) == closed {
            return Vec::new();
        }
        let settled = by_hand.last().map_or(TrueTime::START, |(last, _)| *last + BOUNCE_NS);
        let draw = self.noise.borrow_mut().next_u64();
        settle_to(&mut by_hand, draw, at.max(settled), closed);
        drop(by_hand);
        let waiting = self.waiting.borrow();
        let ends = |wait: &Waiting| Some((self.next_edge(wait.after, wait.edge)?, wait.waker.clone()));
        waiting.iter().filter_map(ends).collect()
    }

    /// Somebody waits for such an edge later than `after`, until [`gone`](Self::gone) with what this returns. Waits again
    /// under the same name with `id`.
    pub(crate) fn wait(&self, id: Option<u64>, after: TrueTime, edge: Edge, waker: &Waker) -> u64 {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(wait) = waiting.iter_mut().find(|wait| Some(wait.id) == id) {
            wait.waker.clone_from(waker);
            return wait.id;
        }
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        waiting.push(Waiting { id, after, edge, waker: waker.clone() });
        id
    }

    pub(crate) fn gone(&self, id: u64) {
        self.waiting.borrow_mut().retain(|wait| wait.id != id);
    }

    /// A finger is on it, or the contact chatters.
    pub fn closed(&self, at: TrueTime) -> bool {
        let closed = |edges: &[(TrueTime, bool)]| {
            let past = edges.partition_point(|(when, _)| *when <= at);
            past > 0 && edges[past - 1].1
        };
        closed(&self.edges) || closed(&self.by_hand.borrow())
    }

    /// Level of the pin; true is high.
    pub fn level(&self, at: TrueTime) -> bool {
        self.closed(at) != self.active_low
    }

    /// The first such edge of the pin later than `after`, as far as presses are known.
    pub fn next_edge(&self, after: TrueTime, edge: Edge) -> Option<TrueTime> {
        let by_hand = self.by_hand.borrow();
        let wanted = |closed: bool| match edge {
            Edge::Any => true,
            Edge::Rising => closed != self.active_low,
            Edge::Falling => closed == self.active_low,
        };
        let past = self.edges.partition_point(|(when, _)| *when <= after);
        if by_hand.is_empty() {
            return self.edges[past..].iter().find(|(_, closed)| wanted(*closed)).map(|(when, _)| *when);
        }
        // Two fingers on one contact: it opens when the second has left.
        let past_by_hand = by_hand.partition_point(|(when, _)| *when <= after);
        let mut times: Vec<TrueTime> =
            self.edges[past..].iter().chain(&by_hand[past_by_hand..]).map(|(when, _)| *when).collect();
        times.sort();
        let mut before = self.closed(after);
        times.into_iter().find(|&at| {
            let closed = self.closed(at);
            std::mem::replace(&mut before, closed) != closed && wanted(closed)
        })
    }
}

/// The contact changes, opens and closes a few times, and stays.
fn settle_to(edges: &mut Vec<(TrueTime, bool)>, draw: u64, at: TrueTime, closed: bool) {
    edges.push((at, closed));
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
            edges.push((when, state));
        }
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

    #[test]
    fn a_finger_comes_on_top_of_what_was_planned() {
        let mut button = button(3);
        button.press(Press { at: ms(100), hold_ns: 100_000_000 });
        assert!(button.touch(ms(150), true).is_empty(), "nobody waits");
        button.touch(ms(300), false);
        assert_eq!(button.next_edge(ms(0), Edge::Falling), Some(ms(100)));
        assert!(!button.level(ms(250)), "the planned finger has left, the other holds");
        assert_eq!(button.next_edge(ms(110), Edge::Rising), Some(ms(300)));
        assert!(button.touch(ms(310), false).is_empty() && button.level(ms(320)), "it was let go before");
    }

    #[test]
    fn who_waits_is_told_when_a_finger_makes_the_edge() {
        let button = button(4);
        let waker = Waker::noop();
        let id = button.wait(None, ms(5), Edge::Falling, waker);
        assert_eq!(button.wait(Some(id), ms(5), Edge::Falling, waker), id);
        let woken: Vec<TrueTime> = button.touch(ms(20), true).into_iter().map(|(at, _)| at).collect();
        assert_eq!(woken, [ms(20)]);
        button.gone(id);
        assert!(button.touch(ms(90), false).is_empty());
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
