//! White and pink noise. Both are drawn sample by sample in order, so a microphone that samples faster hears more
//! bandwidth of it, not other noise.

use crate::rng::Stream;
use crate::signal::lanes::Four;

const PIECE: usize = 128;

/// Equal power per hertz up to half the sampling rate; the level is that of the samples.
#[derive(Debug)]
pub struct White {
    stream: Stream,
    rms: f32,
}

impl White {
    pub fn new(stream: Stream, rms_pa: f64) -> Self {
        Self { stream, rms: rms_pa as f32 }
    }

    pub fn add(&mut self, out: &mut [f32]) {
        let mut draws = [0.0_f32; PIECE];
        for out in out.chunks_mut(PIECE) {
            let draws = &mut draws[..out.len()];
            self.stream.fill_normal(draws);
            for (out, draw) in out.iter_mut().zip(draws) {
                *out += self.rms * *draw;
            }
        }
    }
}

/// Paul Kellet's filter (musicdsp.org, "pink noise filter", 1999): white noise through parallel one-pole filters falls
/// by 3 dB an octave within 0.05 dB, from a 5000th of the sampling rate up. The last two lanes are a pole that is not
/// used and the direct path.
const SLOW_POLES: Four = Four([0.99886, 0.99332, 0.96900, 0.86650]);
const SLOW_FEEDS: Four = Four([0.055_517_9, 0.075_075_9, 0.153_852, 0.310_485_6]);
const QUICK_POLES: Four = Four([0.55000, -0.7616, 0.0, 0.0]);
const QUICK_FEEDS: Four = Four([0.532_952_2, -0.016_898, 0.0, 0.5362]);
/// The seventh of Kellet's terms: white noise one sample late.
const LATE: f32 = 0.115_926;

/// The band that a pink level is counted in.
pub const BAND_HZ: (f64, f64) = (20.0, 8000.0);

/// Equal power per octave. The level is that of the band 20 Hz to 8 kHz (or to half the sampling rate).
#[derive(Debug)]
pub struct Pink {
    stream: Stream,
    rms: f64,
    /// What white noise of RMS 1 must be multiplied with at this `dt`.
    gain: f32,
    gain_for_dt_ns: f64,
    state: [Four; 2],
    late: f32,
}

impl Pink {
    pub fn new(stream: Stream, rms_pa: f64) -> Self {
        Self { stream, rms: rms_pa, gain: 0.0, gain_for_dt_ns: 0.0, state: [Four::ZERO; 2], late: 0.0 }
    }

    pub fn add(&mut self, dt_ns: f64, out: &mut [f32]) {
        // An oscillator's drift is no reason to integrate again: 1 % of the rate moves the level by 0.01 dB.
        if (dt_ns - self.gain_for_dt_ns).abs() > 0.01 * dt_ns {
            self.gain = (self.rms / band_rms(1e9 / dt_ns)) as f32;
            self.gain_for_dt_ns = dt_ns;
        }
        let mut white = [0.0_f32; PIECE];
        let mut lanes = [Four::ZERO; PIECE];
        let ([mut slow, mut quick], mut late, gain) = (self.state, self.late, self.gain);
        for out in out.chunks_mut(PIECE) {
            let white = &mut white[..out.len()];
            self.stream.fill_normal(white);
            for (draw, lanes) in white.iter().zip(&mut lanes) {
                let draw = Four::all(*draw);
                slow = slow.times(SLOW_POLES).add(draw.times(SLOW_FEEDS));
                quick = quick.times(QUICK_POLES).add(draw.times(QUICK_FEEDS));
                *lanes = slow.add(quick);
            }
            for ((out, lanes), draw) in out.iter_mut().zip(&lanes).zip(white) {
                *out += gain * (lanes.sum() + late);
                late = LATE * *draw;
            }
        }
        (self.state, self.late) = ([slow, quick], late);
    }
}

/// RMS of the filter's output in [`BAND_HZ`] for white noise of RMS 1 at this rate.
fn band_rms(rate_hz: f64) -> f64 {
    let (low, high) = (BAND_HZ.0, BAND_HZ.1.min(0.5 * rate_hz));
    if low >= high {
        return 1.0;
    }
    // Power times frequency hardly varies over a pink band: 100 steps in the logarithm of frequency are plenty.
    const STEPS: usize = 100;
    let step = libm::log(high / low) / STEPS as f64;
    let power: f64 = (0..STEPS)
        .map(|i| {
            let hz = low * libm::exp((i as f64 + 0.5) * step);
            power_at(hz / rate_hz) * hz * step
        })
        .sum();
    libm::sqrt(power * 2.0 / rate_hz)
}

/// Squared gain of the filter at a fraction of the sampling rate.
fn power_at(turns: f64) -> f64 {
    let (sin, cos) = libm::sincos(core::f64::consts::TAU * turns);
    // 1 / (1 - p z^-1) with z^-1 = cos - i sin
    let (mut re, mut im) = (f64::from(LATE) * cos, -f64::from(LATE) * sin);
    let poles = SLOW_POLES.0.into_iter().chain(QUICK_POLES.0);
    for (pole, feed) in poles.zip(SLOW_FEEDS.0.into_iter().chain(QUICK_FEEDS.0)) {
        let (p, feed) = (f64::from(pole), f64::from(feed));
        let (a, b) = (1.0 - p * cos, p * sin);
        let scale = feed / (a * a + b * b);
        re += scale * a;
        im -= scale * b;
    }
    re * re + im * im
}
