//! A two-tone alarm: low and high in turn.

use super::Run;
use super::tone::Phasor;

/// Each tone swells and fades over this time, as a buzzer does; it keeps clicks out.
const RAMP_NS: f64 = 3e6;

#[derive(Debug)]
pub struct Alarm {
    tones: [Phasor; 2],
    half_ns: u64,
    ramp_ns: f64,
    amplitude: f64,
}

impl Alarm {
    pub fn new(low_hz: f64, high_hz: f64, period_ns: u64, rms_pa: f64) -> Self {
        let half_ns = (period_ns / 2).max(1);
        let ramp_ns = RAMP_NS.min(0.25 * half_ns as f64);
        // What the ramps take from the power: smoothstep squared has the mean 13/35.
        let kept = 1.0 - 2.0 * ramp_ns / half_ns as f64 * (1.0 - 13.0 / 35.0);
        let amplitude = rms_pa * core::f64::consts::SQRT_2 / libm::sqrt(kept);
        Self { tones: [Phasor::new(low_hz), Phasor::new(high_hz)], half_ns, ramp_ns, amplitude }
    }

    pub fn add(&mut self, run: Run<'_>, out: &mut [f32]) {
        let dt_ns = run.instants.dt_ns;
        for tone in &mut self.tones {
            tone.prepare(dt_ns);
        }
        let start = run.turn.start_ns;
        let mut k = run.from;
        while k < run.to {
            let half = ((run.instants.at(k) - start as f64).max(0.0) as u64) / self.half_ns;
            let (from_ns, to_ns) =
                (start + half * self.half_ns, start.saturating_add((half + 1) * self.half_ns));
            let end = run.instants.first_at_or_after(to_ns).clamp(k + 1, run.to);
            let tone = &self.tones[(half % 2) as usize];
            if !tone.is_inaudible(dt_ns) {
                for segment in run.instants.segments(k, end) {
                    let mut piece = [0.0; crate::signal::instants::SEGMENT];
                    let piece = &mut piece[..segment.to - segment.from];
                    tone.add(&segment, from_ns as f64, self.amplitude, piece);
                    let first_ns = run.instants.at(segment.at);
                    let last_ns = run.instants.at(segment.at + piece.len() - 1);
                    if first_ns < from_ns as f64 + self.ramp_ns || last_ns > to_ns as f64 - self.ramp_ns {
                        let each = 1.0 / self.ramp_ns;
                        for (j, value) in piece.iter_mut().enumerate() {
                            let t_ns = run.instants.at(segment.at + j);
                            let edge_ns = (t_ns - from_ns as f64).min(to_ns as f64 - t_ns);
                            *value *= crate::signal::occasion::smoothstep(edge_ns * each) as f32;
                        }
                    }
                    let first = segment.at - run.from;
                    for (out, add) in out[first..].iter_mut().zip(piece) {
                        *out += *add;
                    }
                }
            }
            k = end;
        }
    }
}
