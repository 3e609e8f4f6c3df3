//! Short blows: taps on the chip, and falls with their landing. Shapes and times are assumed.

use crate::schema::Axis;
use crate::signal::motion::{MotionBlock, Run, WorldAxes, axis_index};

/// A tap: half a sine of 6 ms, then a third of it back.
const TAP_RISE_NS: f64 = 6e6;
pub const TAP_NS: u64 = 12_000_000;

/// A landing: half a sine of 4 ms, then the case rings.
const LANDING_NS: f64 = 4e6;
const RING_HZ: f64 = 90.0;
const RING_DECAY_NS: f64 = 12e6;
/// After this the ringing is 0.3 % of the impact.
pub const RING_NS: u64 = 75_000_000;
/// A hand opens in this time.
const RELEASE_NS: f64 = 3e6;

#[derive(Debug)]
pub struct Taps {
    axis: usize,
    amplitude: f64,
    count: u64,
    gap_ns: u64,
}

impl Taps {
    pub fn new(axis: Axis, amplitude_g: f64, count: u32, gap_ns: u64) -> Self {
        Self {
            axis: axis_index(axis),
            amplitude: amplitude_g,
            count: u64::from(count),
            gap_ns: gap_ns.max(1),
        }
    }

    pub fn add(&mut self, run: Run<'_>, accel_g: &mut [[f32; MotionBlock::CAP]; 3]) {
        let mut k = run.from;
        while k < run.to {
            let since_ns = (run.instants.at(k) - run.turn.start_ns as f64).max(0.0) as u64;
            let tap = (since_ns / self.gap_ns).min(self.count.saturating_sub(1));
            let start_ns = run.turn.start_ns + tap * self.gap_ns;
            let over = run.instants.first_at_or_after(start_ns + TAP_NS).clamp(k, run.to);
            for (at, slot) in (k..over).zip(&mut accel_g[self.axis][k..over]) {
                let u = (run.instants.at(at) - start_ns as f64) * (1.0 / TAP_RISE_NS);
                let blow = libm::sin(core::f64::consts::PI * u);
                *slot += (self.amplitude * if u < 1.0 { blow } else { blow * (1.0 / 3.0) }) as f32;
            }
            let next = if tap + 1 < self.count { start_ns.saturating_add(self.gap_ns) } else { u64::MAX };
            k = run.instants.first_at_or_after(next).min(run.to).max(over).max(k + 1);
        }
    }
}

#[derive(Debug)]
pub struct Fall {
    fall_ns: u64,
    impact: f64,
}

impl Fall {
    pub fn new(fall_ns: u64, impact_g: f64) -> Self {
        Self { fall_ns, impact: impact_g }
    }

    /// While it falls nothing is felt, whatever the body did that let go; the landing pushes up.
    pub fn apply(&mut self, run: Run<'_>, world: &mut WorldAxes) {
        let landing_ns = run.turn.start_ns.saturating_add(self.fall_ns);
        let landed = run.instants.first_at_or_after(landing_ns).clamp(run.from, run.to);
        let quiet = run.instants.first_at_or_after(landing_ns.saturating_add(RING_NS)).clamp(landed, run.to);
        for k in run.from..landed {
            let since_ns = run.instants.at(k) - run.turn.start_ns as f64;
            let held = (1.0 - since_ns * (1.0 / RELEASE_NS)).max(0.0) as f32;
            for axis in &mut world[..3] {
                axis[k] *= held;
            }
        }
        let [forward, _, up, ..] = world;
        let felt = forward[landed..quiet].iter_mut().zip(&mut up[landed..quiet]);
        for (k, (forward, up)) in (landed..quiet).zip(felt) {
            let since_ns = run.instants.at(k) - landing_ns as f64;
            let push = if since_ns < LANDING_NS {
                libm::sin(core::f64::consts::PI / LANDING_NS * since_ns)
            } else {
                let after_ns = since_ns - LANDING_NS;
                let ring = libm::sin(core::f64::consts::TAU * RING_HZ * 1e-9 * after_ns);
                -0.4 * libm::exp(-after_ns / RING_DECAY_NS) * ring
            };
            let push = (self.impact * push) as f32;
            *up += push;
            *forward += 0.3 * push;
        }
    }
}
