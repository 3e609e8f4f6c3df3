//! Register-level models of chips. A model is lazy: it computes its state at the true time it is asked, never on a
//! tick. It knows registers and physics, and nothing of drivers: from node-core it takes facts (`regs`) only.

pub mod as7265x;
pub mod axp192;
pub mod bm8563;
pub mod button;
pub mod mpu6886;
pub mod spm1423;
pub mod st7735s;
#[cfg(test)]
pub(crate) mod test_world;
pub mod view;

use crate::supply::Supply;
use crate::time::TrueTime;
use node_core::boards::Rail;
use view::RegisterView;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Write,
    Read,
}

/// Did the chip pull the line low in the ninth clock?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ack {
    Ack,
    Nack,
}

/// A node touched something that the chip has and the model does not: never silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unmodelled {
    pub chip: &'static str,
    pub register: u8,
    /// What was written; `None` for a read.
    pub written: Option<u8>,
    pub why: &'static str,
}

impl std::fmt::Display for Unmodelled {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Self { chip, register, why, .. } = self;
        let place = if *chip == "flash" { "sector" } else { "register" };
        match self.written {
            Some(value) => write!(f, "{chip}: 0x{value:02x} written to {place} 0x{register:02x}: {why}"),
            None => write!(f, "{chip}: {place} 0x{register:02x} read: {why}"),
        }
    }
}

/// What a chip may touch beside itself.
pub struct Surroundings<'a> {
    pub supply: &'a mut Supply,
    pub unmodelled: &'a mut Vec<Unmodelled>,
}

/// A chip on an I2C bus. The bus asks in order of true time, chunk by chunk; it asks nothing of a chip without power.
pub trait I2cDevice: Send {
    /// Short name as in traces, faults and reports: `mpu6886`.
    fn name(&self) -> &'static str;
    /// What feeds it.
    fn rail(&self) -> Rail;
    /// Its rail came on (registers take their reset values) or went off.
    fn power(&mut self, at: TrueTime, on: bool);
    /// Start or repeated start with this chip's address.
    fn start(&mut self, at: TrueTime, direction: Direction, around: &mut Surroundings) -> Ack;
    /// Bytes clocked in; returns how many were acknowledged. `at` is when the last of them was clocked.
    fn write(&mut self, at: TrueTime, bytes: &[u8], around: &mut Surroundings) -> usize;
    /// Bytes clocked out, the first of them latched at `at`.
    fn read(&mut self, at: TrueTime, out: &mut [u8], around: &mut Surroundings);
    fn stop(&mut self, _at: TrueTime, _around: &mut Surroundings) {}
    /// When the chip will next touch its surroundings by itself, if nobody asks anything of it before.
    fn next_act(&self) -> Option<TrueTime> {
        None
    }
    /// What somebody sees who looks into it at `at`. Changes nothing; a chip that computes when it is asked may show what it
    /// was when it last was.
    fn registers(&self, _at: TrueTime, _supply: &Supply) -> Vec<RegisterView> {
        Vec::new()
    }
    /// A hand holds the board's power key for so long, if it is this chip's.
    fn power_key(&mut self, _at: TrueTime, _hold_ns: u64) {}
    /// That time has come.
    fn act(&mut self, _at: TrueTime, _around: &mut Surroundings) {}
}
