//! An exponential sweep: equal time per octave.

use super::Run;
use crate::signal::instants::SEGMENT;

#[derive(Debug)]
pub struct Sweep {
    from_hz: f64,
    /// Logarithm of the ratio of the last frequency to the first.
    log_ratio: f64,
    amplitude: f64,
}

impl Sweep {
    pub fn new(from_hz: f64, to_hz: f64, rms_pa: f64) -> Self {
        Self { from_hz, log_ratio: libm::log(to_hz / from_hz), amplitude: rms_pa * core::f64::consts::SQRT_2 }
    }

    /// Frequency and turns since the start, `u` of the way through `length_s`.
    fn at(&self, u: f64, length_s: f64) -> (f64, f64) {
        if self.log_ratio.abs() < 1e-9 {
            return (self.from_hz, self.from_hz * u * length_s);
        }
        let grown = libm::expm1(self.log_ratio * u);
        (self.from_hz * (1.0 + grown), self.from_hz * length_s / self.log_ratio * grown)
    }

    pub fn add(&mut self, run: Run<'_>, out: &mut [f32]) {
        const TAU: f64 = core::f64::consts::TAU;
        const HALF: usize = SEGMENT / 2;
        let length_ns = (run.turn.end_ns - run.turn.start_ns) as f64;
        let dt_ns = run.instants.dt_ns;
        for segment in run.instants.segments(run.from, run.to) {
            let at = |j: usize| {
                let t_ns = segment.anchor_ns + j as f64 * dt_ns - run.turn.start_ns as f64;
                self.at(t_ns / length_ns, length_ns * 1e-9)
            };
            let [(_, start), (hz, middle), (_, end)] = [at(0), at(HALF), at(SEGMENT)];
            if hz * dt_ns >= 0.5e9 {
                continue; // above what the sampler can hear
            }
            // The parabola of phase through the segment's start, middle and end: rotating a rotation follows it.
            let curve = (end - 2.0 * middle + start) / (2 * HALF * HALF) as f64;
            let slope = (middle - start) / HALF as f64 - curve * HALF as f64;
            let cis = |turns: f64| {
                let (sin, cos) = libm::sincos(TAU * (turns - libm::floor(turns)));
                (cos, sin)
            };
            let turned = |a: (f64, f64), b: (f64, f64)| (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0);
            let (mut value, mut step, bend) = (cis(start), cis(slope + curve), cis(2.0 * curve));
            value = (self.amplitude * value.0, self.amplitude * value.1);
            for _ in 0..segment.from {
                (value, step) = (turned(value, step), turned(step, bend));
            }
            let first = segment.at - run.from;
            for out in &mut out[first..first + (segment.to - segment.from)] {
                *out += value.1 as f32;
                (value, step) = (turned(value, step), turned(step, bend));
            }
        }
    }
}
