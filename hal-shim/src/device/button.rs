//! A push button, with bounce.

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

pub struct Button {
    active_low: bool,
    noise: Box<dyn Noise>,
}

impl Button {
    pub fn new(facts: &PinFacts, noise: Box<dyn Noise>) -> Self {
        Self { active_low: facts.active_low, noise }
    }
    /// Presses come in order of time; one that touches an earlier one prolongs it.
    pub fn press(&mut self, press: Press) {
        let _ = (press, &self.noise);
    }
    /// Level of the pin; true is high.
    pub fn level(&self, at: TrueTime) -> bool {
        let _ = at;
        self.active_low
    }
    /// The first such edge later than `after`, as far as presses are known.
    pub fn next_edge(&self, after: TrueTime, edge: Edge) -> Option<TrueTime> {
        let _ = (after, edge);
        None
    }
}
