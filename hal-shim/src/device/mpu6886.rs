//! MPU6886, the six-axis IMU.

use super::{Ack, Direction, I2cDevice, Surroundings};
use crate::time::{Drift, TrueTime};
use crate::world::{Motion, Noise};
use node_core::boards::{ChipFacts, Rail};

/// How this one chip differs from an ideal one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imperfections {
    pub bias_g: [f32; 3],
    pub bias_dps: [f32; 3],
    /// g per root hertz.
    pub accel_noise_density: f32,
    /// Degrees a second per root hertz.
    pub gyro_noise_density: f32,
}

impl Imperfections {
    /// No bias, no noise: what is left is the converter.
    pub const NONE: Self =
        Self { bias_g: [0.0; 3], bias_dps: [0.0; 3], accel_noise_density: 0.0, gyro_noise_density: 0.0 };
    /// Noise densities as in DS-000193 (datasheet); no bias.
    pub const TYPICAL: Self = Self { accel_noise_density: 100e-6, gyro_noise_density: 4e-3, ..Self::NONE };
}

pub struct Mpu6886 {
    rail: Rail,
    motion: Box<dyn Motion>,
    noise: Box<dyn Noise>,
    drift: Drift,
    quirks: Imperfections,
}

impl Mpu6886 {
    pub fn new(
        facts: &ChipFacts,
        motion: Box<dyn Motion>,
        noise: Box<dyn Noise>,
        drift: Drift,
        quirks: Imperfections,
    ) -> Self {
        Self { rail: facts.rail, motion, noise, drift, quirks }
    }
    /// Level of the INT pin; true is high.
    pub fn interrupt(&mut self, at: TrueTime, celsius: f32) -> bool {
        let _ = (at, celsius, &self.motion, &self.noise, self.drift, self.quirks);
        false
    }
    /// Computes up to `at`, at this temperature. Changes nothing that a node could read.
    pub fn settle(&mut self, at: TrueTime, celsius: f32) {
        let _ = (at, celsius);
    }
}

impl I2cDevice for Mpu6886 {
    fn name(&self) -> &'static str {
        "mpu6886"
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
