//! Faults: they wrap a chip or a signal and know nothing of its model. Each counts how often it struck, because a fault
//! that a scenario asks for and that never happened is a scenario that tests nothing.

use crate::device::{Ack, Direction, I2cDevice, Surroundings};
use crate::time::TrueTime;
use crate::world::{Motion, MotionBlock, Sound};
use node_core::boards::Rail;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often a fault struck. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Strikes(Arc<AtomicU64>);

impl Strikes {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// While a fault is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: TrueTime,
    pub to: TrueTime,
}

impl Span {
    pub fn holds(&self, at: TrueTime) -> bool {
        (self.from..self.to).contains(&at)
    }

    /// Which of `count` instants `t0 + k * dt` lie in the span.
    fn indices(&self, t0_ns: u64, dt_ns: f64, count: usize) -> std::ops::Range<usize> {
        let index = |at: TrueTime| {
            let ahead = at.0.saturating_sub(t0_ns) as f64 / dt_ns;
            (ahead.ceil() as usize).min(count)
        };
        index(self.from)..index(self.to)
    }
}

/// The chip does not acknowledge its address.
pub struct Nack {
    pub device: Box<dyn I2cDevice>,
    pub span: Span,
    pub strikes: Strikes,
}

impl I2cDevice for Nack {
    fn name(&self) -> &'static str {
        self.device.name()
    }
    fn rail(&self) -> Rail {
        self.device.rail()
    }
    fn power(&mut self, at: TrueTime, on: bool) {
        self.device.power(at, on);
    }
    fn start(&mut self, at: TrueTime, direction: Direction, around: &mut Surroundings) -> Ack {
        if self.span.holds(at) {
            self.strikes.add();
            return Ack::Nack;
        }
        self.device.start(at, direction, around)
    }
    fn write(&mut self, at: TrueTime, bytes: &[u8], around: &mut Surroundings) -> usize {
        self.device.write(at, bytes, around)
    }
    fn read(&mut self, at: TrueTime, out: &mut [u8], around: &mut Surroundings) {
        self.device.read(at, out, around);
    }
    fn stop(&mut self, at: TrueTime, around: &mut Surroundings) {
        self.device.stop(at, around);
    }
}

/// The accelerometer and gyroscope are dead: they read zero, whatever the world does.
pub struct StuckMotion {
    pub motion: Box<dyn Motion>,
    pub span: Span,
    pub strikes: Strikes,
}

impl Motion for StuckMotion {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, mut out: MotionBlock<'_>) {
        self.motion.render(t0_ns, dt_ns, out.reborrow());
        let dead = self.span.indices(t0_ns, dt_ns, out.accel_g[0].len());
        if !dead.is_empty() {
            self.strikes.add();
            for axis in out.accel_g.into_iter().chain(out.gyro_dps) {
                axis[dead.clone()].fill(0.0);
            }
        }
    }
}

/// The microphone's membrane is dead: silence, whatever the world does.
pub struct StuckSound {
    pub sound: Box<dyn Sound>,
    pub span: Span,
    pub strikes: Strikes,
}

impl Sound for StuckSound {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
        self.sound.render(t0_ns, dt_ns, out);
        let dead = self.span.indices(t0_ns, dt_ns, out.len());
        if !dead.is_empty() {
            self.strikes.add();
            out[dead].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::AtRest;

    #[test]
    fn a_stuck_sensor_reads_zero_exactly_in_its_span() {
        let strikes = Strikes::default();
        let span = Span { from: TrueTime(3_000), to: TrueTime(5_000) };
        let mut stuck = StuckMotion { motion: Box::new(AtRest), span, strikes: strikes.clone() };
        let mut axes = [[9.0f32; 8]; 6];
        let [a, b, c, d, e, f] = &mut axes;
        stuck.render(0, 1_000.0, MotionBlock { accel_g: [a, b, c], gyro_dps: [d, e, f] });
        assert_eq!(axes[2], [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(strikes.count(), 1);
    }
}
