//! BM8563, the real-time clock.

use super::{Ack, Direction, I2cDevice, Surroundings};
use crate::time::{Drift, TrueTime};
use node_core::boards::{ChipFacts, Rail};

/// A calendar date with a time of day. `weekday`: 0 is Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub weekday: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

pub struct Bm8563 {
    rail: Rail,
}

impl Bm8563 {
    /// Set before the scenario began, and kept by its battery: at true time zero it shows `start`.
    pub fn new(facts: &ChipFacts, start: DateTime, drift: Drift) -> Self {
        let _ = (start, drift);
        Self { rail: facts.rail }
    }
    /// Never set: the voltage-low flag is up.
    pub fn unset(facts: &ChipFacts, drift: Drift) -> Self {
        let _ = drift;
        Self { rail: facts.rail }
    }
    /// Level of the INT pin; true is high, which is no request.
    pub fn interrupt(&mut self, at: TrueTime) -> bool {
        let _ = at;
        true
    }
}

impl I2cDevice for Bm8563 {
    fn name(&self) -> &'static str {
        "bm8563"
    }
    fn rail(&self) -> Rail {
        self.rail
    }
    fn power(&mut self, _at: TrueTime, _on: bool) {}
    fn start(&mut self, _at: TrueTime, _direction: Direction, _around: &mut Surroundings) -> Ack {
        Ack::Ack
    }
    fn write(&mut self, _at: TrueTime, bytes: &[u8], _around: &mut Surroundings) -> usize {
        bytes.len()
    }
    fn read(&mut self, _at: TrueTime, out: &mut [u8], _around: &mut Surroundings) {
        out.fill(0xFF);
    }
}
