//! What a node does by itself while a tape is played to it: its own instructions, without those of the player, against the work
//! that it says it does.

use crate::meter::{Kernel, Work};
use core::cell::{Cell, RefCell};

/// Counts on the node's side of its board's calls.
#[derive(Debug)]
pub struct Own {
    counter: fn() -> u64,
    /// The count when the node's turn began.
    since: Cell<u64>,
    ticks: Cell<u64>,
    /// Calls of the board within each other; none while it is the node's turn.
    depth: Cell<u32>,
    crossings: Cell<u64>,
    /// What of a crossing is counted as the node's.
    cost_of_crossing: u64,
    work: RefCell<Work>,
    /// In this turn.
    charged: Cell<bool>,
    idle: Cell<Idle>,
}

/// The node's turn: a poll.
pub(super) struct Turn<'o> {
    own: &'o Own,
    ticks_before: u64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Self { own, ticks_before } = *self;
        own.boards_turn();
        if !own.charged.take() {
            let Idle { polls, ticks } = own.idle.get();
            own.idle.set(Idle { polls: polls + 1, ticks: ticks + own.ticks() - ticks_before });
        }
    }
}

/// Polls in which nothing was charged: what it takes to ask all tasks, and of drivers what is no stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Idle {
    pub polls: u64,
    pub ticks: u64,
}

/// The board's side of a call.
pub(super) struct Crossing<'o>(&'o Own);

impl Drop for Crossing<'_> {
    fn drop(&mut self) {
        self.0.nodes_turn();
    }
}

impl Own {
    pub(super) fn counted_by(counter: fn() -> u64) -> Self {
        const TRIES: u64 = 64;
        let own = Self {
            counter,
            since: Cell::new(0),
            ticks: Cell::new(0),
            depth: Cell::new(1),
            crossings: Cell::new(0),
            cost_of_crossing: 0,
            work: RefCell::new(Work::NONE),
            charged: Cell::new(false),
            idle: Cell::new(Idle::default()),
        };
        let turn = own.turn();
        (0..TRIES).for_each(|_| drop(own.crossing()));
        drop(turn);
        let cost_of_crossing = own.ticks.take() / TRIES;
        own.crossings.set(0);
        own.idle.take();
        Self { cost_of_crossing, ..own }
    }

    pub(super) fn turn(&self) -> Turn<'_> {
        let ticks_before = self.ticks();
        self.nodes_turn();
        Turn { own: self, ticks_before }
    }

    pub(super) fn crossing(&self) -> Crossing<'_> {
        self.boards_turn();
        Crossing(self)
    }

    #[inline(never)]
    fn boards_turn(&self) {
        let depth = self.depth.get();
        if depth == 0 {
            self.ticks.set(self.ticks.get() + (self.counter)() - self.since.get());
            self.crossings.set(self.crossings.get() + 1);
        }
        self.depth.set(depth + 1);
    }

    #[inline(never)]
    fn nodes_turn(&self) {
        let depth = self.depth.get() - 1;
        self.depth.set(depth);
        if depth == 0 {
            self.since.set((self.counter)());
        }
    }

    pub(super) fn charge(&self, work: &Work) {
        self.charged.set(true);
        let mut all = self.work.borrow_mut();
        for kernel in Kernel::ALL {
            all.add_calls(kernel, work.calls(kernel) as usize, work.units(kernel) as usize);
        }
    }

    /// The node's own, of whatever is counted.
    pub fn ticks(&self) -> u64 {
        self.ticks.get().saturating_sub(self.crossings.get() * self.cost_of_crossing)
    }
    /// How often it was the board's turn.
    pub fn crossings(&self) -> u64 {
        self.crossings.get()
    }
    pub fn idle(&self) -> Idle {
        self.idle.get()
    }
    /// All that the node has said it did.
    pub fn work(&self) -> Work {
        self.work.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::cell::Cell as Local;

    std::thread_local! {
        static NOW: Local<u64> = const { Local::new(0) };
    }
    fn now() -> u64 {
        NOW.get()
    }
    fn goes_on(by: u64) {
        NOW.set(NOW.get() + by);
    }

    #[test]
    fn what_the_board_does_is_not_the_nodes() {
        let own = Own::counted_by(now);
        let turn = own.turn();
        goes_on(10);
        {
            let _outer = own.crossing();
            goes_on(1_000);
            let _inner = own.crossing();
            goes_on(1_000);
        }
        goes_on(5);
        drop(turn);
        goes_on(1_000);
        assert_eq!((own.ticks(), own.crossings()), (15, 2));
        assert_eq!(own.idle(), Idle { polls: 1, ticks: 15 });
    }
}
