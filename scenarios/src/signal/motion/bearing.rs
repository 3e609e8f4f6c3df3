//! A damaged bearing: each time a rolling element meets the damage, the structure rings (the classic model of McFadden
//! and Smith, J. Sound and Vibration 1984).

use crate::rng::signed_at;
use crate::schema::Bearing;
use crate::signal::instants::Segment;

/// Part of critical damping of the ringing structure (assumed; 5 % is usual in textbook models).
const DAMPING: f64 = 0.05;
/// Rolling elements slip: each impulse comes this part of a period early or late at most (1 to 2 % in the literature).
const SLIP: f64 = 0.01;
/// After this many time constants a ring is not followed any more.
const FOLLOWED: f64 = 7.0;

#[derive(Debug)]
pub struct Defect {
    key: u64,
    period_ns: f64,
    omega_per_ns: f64,
    decay_per_ns: f64,
    scale: f64,
}

impl Defect {
    pub fn new(key: u64, bearing: &Bearing) -> Self {
        let omega = core::f64::consts::TAU * f64::from(bearing.resonance_hz) * 1e-9;
        // exp(-d w t) sin(w t) is highest where tan(w t) = 1 / d.
        let at = libm::atan2(1.0, DAMPING);
        let highest = libm::exp(-DAMPING * at) * libm::sin(at);
        Self {
            // Draws of its own, not those of the harmonics' phases.
            key: crate::rng::draw_at(key, u64::MAX),
            period_ns: 1e9 / f64::from(bearing.frequency_hz),
            omega_per_ns: omega,
            decay_per_ns: DAMPING * omega,
            scale: f64::from(bearing.amplitude_g) / highest,
        }
    }

    pub fn add(&self, segment: &Segment, start_ns: u64, dt_ns: f64, out: &mut [f32]) {
        let ring_ns = FOLLOWED / self.decay_per_ns;
        let anchor_ns = segment.anchor_ns - start_ns as f64;
        let first_ns = anchor_ns + segment.from as f64 * dt_ns;
        let last_ns = anchor_ns + (segment.to - 1) as f64 * dt_ns;
        let per_step = libm::exp(-self.decay_per_ns * dt_ns);
        let (step_sin, step_cos) = libm::sincos(self.omega_per_ns * dt_ns);
        let (step_cos, step_sin) = (per_step * step_cos, per_step * step_sin);
        let mut n = libm::floor((first_ns - ring_ns) / self.period_ns - SLIP).max(0.0) as u64;
        loop {
            let hit_ns = (n as f64 + SLIP * (1.0 + f64::from(signed_at(self.key, n)))) * self.period_ns;
            if n as f64 * self.period_ns > last_ns {
                return;
            }
            n += 1;
            // Instants are counted from the segment's own beginning, asked for or not: blocks may be cut anywhere.
            let enter = libm::ceil((hit_ns - anchor_ns) / dt_ns).max(0.0);
            let leave = libm::ceil((hit_ns + ring_ns - anchor_ns) / dt_ns).max(0.0);
            if enter >= segment.to as f64 || leave <= segment.from as f64 {
                continue;
            }
            let (enter, leave) = (enter as usize, (leave as usize).min(segment.to));
            let since_ns = anchor_ns + enter as f64 * dt_ns - hit_ns;
            let size = self.scale * libm::exp(-self.decay_per_ns * since_ns);
            let (sin, cos) = libm::sincos(self.omega_per_ns * since_ns);
            let (mut sin, mut cos) = (size * sin, size * cos);
            for j in enter..leave {
                if j >= segment.from {
                    out[j - segment.from] += sin as f32;
                }
                (sin, cos) = (sin * step_cos + cos * step_sin, cos * step_cos - sin * step_sin);
            }
        }
    }
}
