//! AXP192, the power chip.

use super::{Ack, Direction, I2cDevice, Surroundings};
use crate::supply::Supply;
use crate::time::TrueTime;
use node_core::boards::{ChipFacts, Rail};

pub struct Axp192 {
    rail: Rail,
}

impl Axp192 {
    pub fn new(facts: &ChipFacts) -> Self {
        Self { rail: facts.rail }
    }
    /// Puts the outputs that the registers ask for on the rails. Done by every write; the board calls it after power-on.
    pub fn drive(&self, supply: &mut Supply) {
        let _ = supply;
    }
    /// Converts and counts up to `at` as if the inputs had been these since the last call. Call it before a change.
    pub fn settle(&mut self, at: TrueTime, supply: &Supply) {
        let _ = (at, supply);
    }
    /// Someone holds the power key for so long. Presses come in order of time.
    pub fn press(&mut self, at: TrueTime, for_ns: u64) {
        let _ = (at, for_ns);
    }
    /// Has the chip switched the board off (register 0x32 bit 7, or the key held long)?
    pub fn is_off(&mut self, at: TrueTime) -> bool {
        let _ = at;
        false
    }
    /// Level of the IRQ pin; true is high, which is no request.
    pub fn interrupt(&mut self, at: TrueTime) -> bool {
        let _ = at;
        true
    }
}

impl I2cDevice for Axp192 {
    fn name(&self) -> &'static str {
        "axp192"
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
