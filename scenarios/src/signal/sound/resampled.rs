//! A recording, heard at the instants that a microphone asks for.
//!
//! The kernel is evaluated between tabulated phases, so any drift of the asking oscillator is followed without a raster of
//! its own. A recording of a higher rate than the microphone's is first brought down to that rate, once, with
//! the same kernel stretched.

use std::sync::{Arc, LazyLock};

use super::Run;
use crate::recording::AudioTrack;
use crate::signal::kernel::{HALF, TAPS, kernel, table};
use crate::signal::lanes::Four;

/// Phases between two samples; between them the kernel is a straight line, which is off by 85 dB at most.
const PHASES: usize = 128;

static KERNEL: LazyLock<Vec<[Four; TAPS / 4]>> = LazyLock::new(|| table(PHASES));

/// What lies between samples.
#[derive(Clone, Copy)]
pub struct Between(&'static [[Four; TAPS / 4]]);

impl Default for Between {
    fn default() -> Self {
        Self(&KERNEL)
    }
}

impl Between {
    /// `fraction` of the way from sample HALF - 1 of these TAPS to the next.
    #[inline]
    pub fn at(&self, samples: &[f32], fraction: f32) -> f32 {
        let between = fraction * PHASES as f32;
        let phase = (between as usize).min(PHASES - 1);
        let (near, far) = (&self.0[phase], &self.0[phase + 1]);
        let (mut a, mut b) = (Four::ZERO, Four::ZERO);
        for ((four, near), far) in samples.chunks_exact(4).zip(near).zip(far) {
            let four = Four([four[0], four[1], four[2], four[3]]);
            (a, b) = (a.add(four.times(*near)), b.add(four.times(*far)));
        }
        let (a, b) = (a.sum(), b.sum());
        a + (between - phase as f32) * (b - a)
    }
}

#[derive(Debug)]
pub struct Resampled {
    track: Arc<AudioTrack>,
    /// Where in the recording a turn begins.
    skip_ns: f64,
    gain: f64,
    ready: Option<Ready>,
}

/// The samples at a rate that the microphone can hear, with silence around them for the kernel.
#[derive(Debug)]
struct Ready {
    for_dt_ns: f64,
    rate_per_ns: f64,
    padded: Vec<f32>,
}

impl Resampled {
    /// `gain` is the pressure that full scale stands for.
    pub fn new(track: Arc<AudioTrack>, skip_ns: u64, gain: f64) -> Self {
        Self { track, skip_ns: skip_ns as f64, gain, ready: None }
    }

    fn prepare(track: &AudioTrack, gain: f64, dt_ns: f64) -> Ready {
        let asked_hz = 1e9 / dt_ns;
        let silence = [0.0_f32; TAPS];
        let scaled = |x: f64| (x * gain) as f32;
        // Within 2 % it is the same rate, drifting.
        if track.rate_hz <= 1.02 * asked_hz {
            let samples = track.samples.iter().map(|x| scaled(f64::from(*x)));
            let padded = silence.iter().copied().chain(samples).chain(silence).collect();
            return Ready { for_dt_ns: dt_ns, rate_per_ns: track.rate_hz * 1e-9, padded };
        }
        let ratio = track.rate_hz / asked_hz;
        let reach = HALF as f64 * ratio;
        let count = libm::ceil(track.samples.len() as f64 / ratio) as usize;
        let brought_down = (0..count).map(|i| {
            let centre = i as f64 * ratio;
            let from = libm::ceil(centre - reach).max(0.0) as usize;
            let to = (libm::floor(centre + reach) as usize + 1).min(track.samples.len());
            let (mut sum, mut weight) = (0.0, 0.0);
            for (at, sample) in (from..to).zip(&track.samples[from..to]) {
                let tap = kernel_between((at as f64 - centre) / ratio);
                sum += tap * f64::from(*sample);
                weight += tap;
            }
            // At the edges part of the kernel lies outside, where there is silence: its weight still counts.
            let whole = if from > 0 && to < track.samples.len() { weight } else { ratio };
            scaled(sum / whole)
        });
        let padded = silence.iter().copied().chain(brought_down).chain(silence).collect();
        Ready { for_dt_ns: dt_ns, rate_per_ns: asked_hz * 1e-9, padded }
    }

    pub fn add(&mut self, run: Run<'_>, out: &mut [f32]) {
        let dt_ns = run.instants.dt_ns;
        let ready = match &mut self.ready {
            Some(ready) if (ready.for_dt_ns - dt_ns).abs() <= 0.02 * dt_ns => ready,
            stale => stale.insert(Self::prepare(&self.track, self.gain, dt_ns)),
        };
        let kernel = Between::default();
        // The first tap lies HALF - 1 samples before; the padding moves it by TAPS.
        let origin =
            (self.skip_ns - run.turn.start_ns as f64) * ready.rate_per_ns + (TAPS - (HALF - 1)) as f64;
        let last = ready.padded.len() - TAPS;
        for (k, out) in (run.from..run.to).zip(out) {
            let place = run.instants.at(k) * ready.rate_per_ns + origin;
            let whole = place as usize;
            if whole > last || place < 0.0 {
                continue; // before or after the recording
            }
            *out += kernel.at(&ready.padded[whole..whole + TAPS], (place - whole as f64) as f32);
        }
    }
}

/// The kernel by the same table, for bringing a rate down without a Bessel function per tap.
fn kernel_between(x: f64) -> f64 {
    const FINE: usize = 512;
    static TABLE: LazyLock<Vec<f64>> =
        LazyLock::new(|| (0..=HALF * FINE + 1).map(|i| kernel(i as f64 / FINE as f64)).collect());
    let place = x.abs() * FINE as f64;
    let whole = place as usize;
    if whole >= HALF * FINE {
        return 0.0;
    }
    let between = place - whole as f64;
    TABLE[whole] + between * (TABLE[whole + 1] - TABLE[whole])
}
