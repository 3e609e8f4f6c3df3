//! SPM1423, the PDM microphone, seen behind the decimation filter of the MCU's I2S: as 16-bit samples.

use crate::time::TrueTime;
use crate::world::{Noise, Sound};
use node_core::boards::{MicrophoneFacts, Rail};

pub struct Spm1423 {
    rail: Rail,
    sound: Box<dyn Sound>,
    noise: Box<dyn Noise>,
}

impl Spm1423 {
    pub fn new(facts: &MicrophoneFacts, sound: Box<dyn Sound>, noise: Box<dyn Noise>) -> Self {
        Self { rail: facts.rail, sound, noise }
    }
    pub fn name(&self) -> &'static str {
        "spm1423"
    }
    pub fn rail(&self) -> Rail {
        self.rail
    }
    /// Its rail came on or went off.
    pub fn power(&mut self, at: TrueTime, on: bool) {
        let _ = (at, on);
    }
    /// The samples of the times `t0_ns + k * dt_ns`; in order of time, gaps allowed.
    pub fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [i16]) {
        let _ = (t0_ns, dt_ns, &self.sound, &self.noise);
        out.fill(0);
    }
    /// How many samples did not fit 16 bits so far.
    pub fn clipped(&self) -> u64 {
        0
    }
}
