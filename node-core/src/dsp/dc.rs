//! DC removal: a one-pole high-pass for microphones and inertial sensors.
//!
//! Work: one multiply and two adds a sample ([`DcBlocker::step`]); a block goes four samples at a time at 2.25 multiplies
//! and 3.25 adds a sample, because the recursion is then one multiply-add long for four samples instead of one.

/// First-order high-pass, `y[n] = p*y[n-1] + x[n] - x[n-1]`, with unit gain at half the sample rate once scaled
/// by `(1+p)/2`.
#[derive(Clone, Debug, PartialEq)]
pub struct DcBlocker {
    pole: OnePole,
    last_input: f32,
    last_output: f32,
}

/// A real pole and its powers, for recursions that look four samples ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OnePole {
    pub powers: [f32; 4],
}

impl OnePole {
    /// The pole that puts the -3 dB corner of a bilinear first-order section exactly at `corner_hz`.
    pub fn at(corner_hz: f32, rate_hz: f32) -> Self {
        let t = libm::tan(core::f64::consts::PI * f64::from(corner_hz) / f64::from(rate_hz));
        Self::new((1.0 - t) / (1.0 + t))
    }
    pub fn new(p: f64) -> Self {
        Self { powers: [p as f32, (p * p) as f32, (p * p * p) as f32, (p * p * p * p) as f32] }
    }
}

impl DcBlocker {
    /// A blocker whose response is -3 dB at `corner_hz` (near 1.0 above it; exactly `2/(1+p)` at half the rate).
    pub fn new(corner_hz: f32, rate_hz: f32) -> Self {
        Self { pole: OnePole::at(corner_hz, rate_hz), last_input: 0.0, last_output: 0.0 }
    }

    /// Starts as if `level` had been at the input for ever: no transient from a known offset.
    pub fn settle_at(&mut self, level: f32) {
        self.last_input = level;
        self.last_output = 0.0;
    }

    pub fn step(&mut self, sample: f32) -> f32 {
        let difference = sample - self.last_input;
        self.last_input = sample;
        self.last_output = self.pole.powers[0] * self.last_output + difference;
        self.last_output
    }

    /// In place.
    pub fn process(&mut self, block: &mut [f32]) {
        for sample in block {
            *sample = self.step(*sample);
        }
    }
}
