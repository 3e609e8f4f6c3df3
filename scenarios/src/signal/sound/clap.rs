//! Hand claps: band-passed noise that dies away.

use super::Run;
use crate::rng::Stream;

/// How long one clap is rendered: ten time constants, where it is 87 dB down.
pub const RING_NS: u64 = 200_000_000;
/// Time constant of the amplitude: the sound has died by 60 dB in 0.14 s (assumed: a clap in a furnished room).
const DECAY_NS: f64 = 20e6;
/// Where the spectrum has its hump and how narrow it is (assumed, after the 1 to 2 kHz hump of flat-hand claps that Repp,
/// "The sound of two hands clapping", JASA 1987, reports).
const HUMP_HZ: f64 = 1400.0;
const HUMP_Q: f64 = 0.8;
/// The level is the RMS over this time from the clap's start.
const LEVEL_OVER_NS: f64 = 125e6;

#[derive(Debug)]
pub struct Claps {
    stream: Stream,
    count: u64,
    gap_ns: u64,
    rms: f64,
    filter: BandPass,
    for_dt_ns: f64,
    gain: f64,
    /// Decay from one instant to the next.
    decay: f64,
    /// Which clap the filter's state belongs to: (turn, clap).
    ringing: (u64, u64),
}

/// The constant-peak band-pass of R. Bristow-Johnson's cookbook, transposed direct form II.
#[derive(Debug, Clone, Copy, Default)]
struct BandPass {
    b0: f64,
    a1: f64,
    a2: f64,
    state: (f64, f64),
}

impl BandPass {
    fn new(turns: f64) -> Self {
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * turns);
        let alpha = sin / (2.0 * HUMP_Q);
        let scale = 1.0 / (1.0 + alpha);
        Self { b0: alpha * scale, a1: -2.0 * cos * scale, a2: (1.0 - alpha) * scale, state: (0.0, 0.0) }
    }

    #[inline]
    fn next(&mut self, x: f64) -> f64 {
        let y = self.b0 * x + self.state.0;
        self.state = (self.state.1 - self.a1 * y, -self.b0 * x - self.a2 * y);
        y
    }
}

impl Claps {
    pub fn new(stream: Stream, count: u32, gap_ns: u64, rms_pa: f64) -> Self {
        Self {
            stream,
            count: u64::from(count),
            gap_ns,
            rms: rms_pa,
            filter: BandPass::default(),
            for_dt_ns: 0.0,
            gain: 0.0,
            decay: 0.0,
            ringing: (u64::MAX, 0),
        }
    }

    fn prepare(&mut self, dt_ns: f64) {
        if dt_ns == self.for_dt_ns {
            return;
        }
        // Never beyond a quarter of the rate: a slow sampler hears a duller clap.
        let filter = BandPass::new((HUMP_HZ * dt_ns * 1e-9).min(0.25));
        let (mut probe, mut energy, mut x) = (filter, 0.0, 1.0);
        for _ in 0..512 {
            let y = probe.next(x);
            (energy, x) = (energy + y * y, 0.0);
        }
        let mean_square =
            DECAY_NS / (2.0 * LEVEL_OVER_NS) * (1.0 - libm::exp(-2.0 * LEVEL_OVER_NS / DECAY_NS));
        self.gain = self.rms / libm::sqrt(energy * mean_square);
        self.decay = libm::exp(-dt_ns / DECAY_NS);
        self.filter = BandPass { state: self.filter.state, ..filter };
        self.for_dt_ns = dt_ns;
    }

    pub fn add(&mut self, run: Run<'_>, out: &mut [f32]) {
        self.prepare(run.instants.dt_ns);
        let mut k = run.from;
        while k < run.to {
            let since_ns = (run.instants.at(k) - run.turn.start_ns as f64).max(0.0) as u64;
            let last = self.count.saturating_sub(1);
            let clap = since_ns.checked_div(self.gap_ns).unwrap_or(0).min(last);
            let start_ns = run.turn.start_ns + clap * self.gap_ns;
            let next_ns = if clap < last { start_ns + self.gap_ns } else { u64::MAX };
            let silent_ns = start_ns.saturating_add(RING_NS).min(next_ns);
            let silent = run.instants.first_at_or_after(silent_ns).clamp(k, run.to);
            if self.ringing != (run.turn.number, clap) {
                self.ringing = (run.turn.number, clap);
                self.filter.state = (0.0, 0.0);
            }
            for segment in run.instants.segments(k, silent) {
                let since_ns = segment.anchor_ns - start_ns as f64;
                let mut envelope = self.gain * libm::exp(-since_ns / DECAY_NS);
                for _ in 0..segment.from {
                    envelope *= self.decay;
                }
                let first = segment.at - run.from;
                for out in &mut out[first..first + (segment.to - segment.from)] {
                    *out += (envelope * self.filter.next(f64::from(self.stream.normal()))) as f32;
                    envelope *= self.decay;
                }
            }
            let next = run.instants.first_at_or_after(next_ns).min(run.to);
            k = next.max(silent).max(k + 1);
        }
    }
}
