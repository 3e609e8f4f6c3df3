//! Step detector: streaming peak counting on the acceleration's magnitude.
//!
//! The magnitude goes through a high-pass (gravity out) and a low-pass (heel strike's ringing out), which leaves about one
//! swing a step. A step is a swing above an adaptive threshold, then below its negative half (hysteresis), not sooner after the last
//! than the refractory time. The first few steps of a walk count only once they came in a rhythm: a door slam is no step.
//!
//! Work: about 12 multiply-adds and 6 comparisons a sample.

use super::{
    biquad::{Cascade, Coefficients},
    dc::DcBlocker,
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepConfig {
    /// Sample rate, Hz.
    pub rate_hz: f32,
    /// Corner of the high-pass, Hz.
    pub high_pass_hz: f32,
    /// Corner of the low-pass, Hz.
    pub low_pass_hz: f32,
    /// Least swing (filtered) that may be a step, g.
    pub threshold_g: f32,
    /// The threshold follows this share of recent swings' height.
    pub adaptive_share: f32,
    /// Least time between two steps, s. 0.25 s is 4 steps a second.
    pub refractory_s: f32,
    /// A pause longer than this ends the walk, s.
    pub longest_gap_s: f32,
    /// Steps in a row before any of them counts (then all of them do).
    pub steps_to_start: u32,
}

impl StepConfig {
    pub const fn at(rate_hz: f32) -> Self {
        Self {
            rate_hz,
            high_pass_hz: 0.6,
            low_pass_hz: 3.5,
            threshold_g: 0.05,
            adaptive_share: 0.45,
            refractory_s: 0.25,
            longest_gap_s: 1.2,
            steps_to_start: 4,
        }
    }
}

/// Told when steps count: usually one, at the start of a walk the first few together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Steps that this adds.
    pub new: u32,
    /// Steps since the detector was made.
    pub total: u32,
    /// Time since the step before, s.
    pub interval_s: f32,
}

#[derive(Clone, Debug)]
pub struct StepDetector {
    config: StepConfig,
    gravity: DcBlocker,
    smooth: Cascade<1>,
    period_s: f32,
    started: bool,
    /// Recent swing height, g.
    swing: f32,
    peak: f32,
    armed: bool,
    refractory: u32,
    longest_gap: u32,
    since_last: u32,
    in_a_row: u32,
    total: u32,
}

impl StepDetector {
    pub fn new(config: StepConfig) -> Self {
        let samples = |s: f32| (s * config.rate_hz) as u32;
        Self {
            gravity: DcBlocker::new(config.high_pass_hz, config.rate_hz),
            smooth: Cascade::new([Coefficients::low_pass(
                config.low_pass_hz,
                core::f32::consts::FRAC_1_SQRT_2,
                config.rate_hz,
            )]),
            period_s: 1.0 / config.rate_hz,
            started: false,
            swing: 0.0,
            peak: 0.0,
            armed: true,
            refractory: samples(config.refractory_s),
            longest_gap: samples(config.longest_gap_s),
            since_last: u32::MAX,
            in_a_row: 0,
            total: 0,
            config,
        }
    }

    pub fn total(&self) -> u32 {
        self.total
    }

    /// One magnitude, g.
    pub fn push(&mut self, magnitude_g: f32) -> Option<Step> {
        if !self.started {
            self.gravity.settle_at(magnitude_g);
            self.started = true;
        }
        let value = self.smooth.step(self.gravity.step(magnitude_g));
        self.since_last = self.since_last.saturating_add(1);
        if self.since_last > self.longest_gap {
            self.in_a_row = 0;
            self.swing = 0.0;
        }
        let threshold = (self.swing * self.config.adaptive_share).max(self.config.threshold_g);
        if !self.armed {
            self.peak = self.peak.max(value);
            if value < -0.5 * threshold {
                // The swing is over: its height moves the threshold.
                self.swing += 0.3 * (self.peak - self.swing);
                self.peak = 0.0;
                self.armed = true;
            }
            return None;
        }
        if value < threshold || self.since_last < self.refractory {
            return None;
        }
        self.armed = false;
        self.peak = value;
        let interval_s = self.since_last as f32 * self.period_s;
        let gap = self.since_last > self.longest_gap;
        self.since_last = 0;
        self.in_a_row = if gap { 1 } else { self.in_a_row + 1 };
        let new = match self.in_a_row {
            n if n < self.config.steps_to_start => return None,
            n if n == self.config.steps_to_start => n,
            _ => 1,
        };
        self.total += new;
        Some(Step { new, total: self.total, interval_s })
    }
}
