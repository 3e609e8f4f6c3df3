//! A steady tone, and the table it is made with.

use super::Run;
use crate::signal::instants::{SEGMENT, Segment};

/// Sine and cosine of `j` steps of one frequency, so that a raster segment costs one sincos and, per sample, two
/// multiplications that no sample has to wait for.
#[derive(Debug, Clone)]
pub struct Phasor {
    pub hz: f64,
    for_dt_ns: f64,
    cos: [f32; SEGMENT],
    sin: [f32; SEGMENT],
}

impl Phasor {
    pub fn new(hz: f64) -> Self {
        Self { hz, for_dt_ns: 0.0, cos: [0.0; SEGMENT], sin: [0.0; SEGMENT] }
    }

    /// Must be called with the instants' `dt` before [`add`](Self::add).
    #[inline]
    pub fn prepare(&mut self, dt_ns: f64) {
        if dt_ns != self.for_dt_ns {
            self.tabulate(dt_ns);
        }
    }

    #[inline(never)]
    fn tabulate(&mut self, dt_ns: f64) {
        let (step_sin, step_cos) = libm::sincos(core::f64::consts::TAU * (self.hz * dt_ns * 1e-9));
        let (mut cos, mut sin) = (1.0_f64, 0.0_f64);
        for j in 0..SEGMENT {
            (self.cos[j], self.sin[j]) = (cos as f32, sin as f32);
            (cos, sin) = (cos * step_cos - sin * step_sin, sin * step_cos + cos * step_sin);
        }
        self.for_dt_ns = dt_ns;
    }

    /// A frequency that the sampler would fold back: a microphone's decimator does not let it through.
    pub fn is_inaudible(&self, dt_ns: f64) -> bool {
        self.hz * dt_ns >= 0.5e9
    }

    /// Adds `amplitude * sin(2 pi hz (t - origin))`.
    #[inline]
    pub fn add(&self, segment: &Segment, origin_ns: f64, amplitude: f64, out: &mut [f32]) {
        let turns = self.hz * (segment.anchor_ns - origin_ns) * 1e-9;
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * (turns - libm::floor(turns)));
        let (sin, cos) = ((amplitude * sin) as f32, (amplitude * cos) as f32);
        let steps = self.cos[segment.from..segment.to].iter().zip(&self.sin[segment.from..segment.to]);
        for (out, (step_cos, step_sin)) in out.iter_mut().zip(steps) {
            *out += sin * step_cos + cos * step_sin;
        }
    }
}

#[derive(Debug)]
pub struct Tone {
    phasor: Phasor,
    amplitude: f64,
}

impl Tone {
    /// Begins at zero, rising, at each turn's start.
    pub fn new(hz: f64, rms_pa: f64) -> Self {
        Self { phasor: Phasor::new(hz), amplitude: rms_pa * core::f64::consts::SQRT_2 }
    }

    pub fn add(&mut self, run: Run<'_>, out: &mut [f32]) {
        if self.phasor.is_inaudible(run.instants.dt_ns) {
            return;
        }
        self.phasor.prepare(run.instants.dt_ns);
        for segment in run.instants.segments(run.from, run.to) {
            let at = segment.at - run.from;
            let out = &mut out[at..at + (segment.to - segment.from)];
            self.phasor.add(&segment, run.turn.start_ns as f64, self.amplitude, out);
        }
    }
}
