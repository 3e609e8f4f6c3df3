//! From one rate to another, block by block, by the kernel that scenarios use for recordings: a sinc of 32 samples under a
//! Kaiser window, stretched where the new rate is the lower one.

use scenarios::signal::kernel::{HALF, kernel};
use std::sync::LazyLock;

const FINE: usize = 256;

static TABLE: LazyLock<Vec<f32>> =
    LazyLock::new(|| (0..=HALF * FINE + 1).map(|place| kernel(place as f64 / FINE as f64) as f32).collect());

fn tap(x: f64) -> f32 {
    let place = x.abs() * FINE as f64;
    let whole = place as usize;
    if whole >= HALF * FINE {
        return 0.0;
    }
    TABLE[whole] + (place - whole as f64) as f32 * (TABLE[whole + 1] - TABLE[whole])
}

#[derive(Clone, Debug)]
pub struct Resampler {
    /// Samples in for one out.
    step: f64,
    /// How much wider than one sample in the kernel is.
    stretch: f64,
    held: Vec<f32>,
    /// Where in `held` the next sample out lies.
    at: f64,
}

impl Resampler {
    pub fn new(from_hz: f64, to_hz: f64) -> Self {
        let step = from_hz / to_hz;
        let stretch = step.max(1.0);
        Self { step, stretch, held: Vec::new(), at: HALF as f64 * stretch }
    }

    /// Forgets what it holds: what comes now has nothing to do with what came before.
    pub fn clear(&mut self) {
        self.held.clear();
        self.at = HALF as f64 * self.stretch;
    }

    /// `faster` than 1.0 makes fewer samples of as many.
    pub fn push(&mut self, samples: &[f32], faster: f64, out: &mut Vec<f32>) {
        self.held.extend_from_slice(samples);
        let reach = HALF as f64 * self.stretch;
        while self.at + reach < self.held.len() as f64 {
            let from = (self.at - reach).ceil().max(0.0) as usize;
            let to = ((self.at + reach).floor() as usize + 1).min(self.held.len());
            let (mut sum, mut weight) = (0.0, 0.0);
            for (index, sample) in (from..to).zip(&self.held[from..to]) {
                let tap = tap((index as f64 - self.at) / self.stretch);
                sum += tap * sample;
                weight += tap;
            }
            out.push(sum / weight);
            self.at += self.step * faster;
        }
        let done = ((self.at - reach).floor().max(0.0) as usize).min(self.held.len());
        self.held.drain(..done);
        self.at -= done as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: f64, count: usize) -> Vec<f32> {
        (0..count).map(|n| (std::f64::consts::TAU * hz * n as f64 / rate).sin() as f32).collect()
    }

    /// How much of `samples` is a tone, and how much is anything else, as RMS.
    fn apart(samples: &[f32], hz: f64, rate: f64) -> (f64, f64) {
        let (mut re, mut im, mut all) = (0.0, 0.0, 0.0);
        for (n, sample) in samples.iter().enumerate() {
            let (sin, cos) = (std::f64::consts::TAU * hz * n as f64 / rate).sin_cos();
            re += f64::from(*sample) * cos;
            im += f64::from(*sample) * sin;
            all += f64::from(*sample).powi(2);
        }
        let count = samples.len() as f64;
        let power = 2.0 * (re * re + im * im) / (count * count);
        (power.sqrt(), (all / count - power).max(0.0).sqrt())
    }

    #[test]
    fn a_tone_is_the_same_tone_at_another_rate_and_nothing_else() {
        for (from, to, hz) in
            [(16_000.0, 48_000.0, 880.0), (16_000.0, 44_100.0, 5_000.0), (48_000.0, 16_000.0, 3_000.0)]
        {
            let mut resampler = Resampler::new(from, to);
            let mut out = Vec::new();
            // In blocks as they come, and not of one length.
            for (number, block) in tone(hz, from, from as usize).chunks(441).enumerate() {
                let (first, second) = block.split_at((number * 37 % 441).min(block.len()));
                resampler.push(first, 1.0, &mut out);
                resampler.push(second, 1.0, &mut out);
            }
            // A whole number of periods.
            let middle = &out[1_000..1_000 + (0.5 * to) as usize];
            let (tone, rest) = apart(middle, hz, to);
            assert!((tone - 0.5f64.sqrt()).abs() < 0.002, "{from} to {to}: {tone}");
            assert!(rest < 1.5e-3, "{from} to {to}: {rest}, 53 dB below at least");
        }
    }

    #[test]
    fn what_does_not_fit_the_lower_rate_is_taken_away() {
        let mut out = Vec::new();
        Resampler::new(48_000.0, 16_000.0).push(&tone(11_000.0, 48_000.0, 24_000), 1.0, &mut out);
        let rms = (out[200..].iter().map(|x| x * x).sum::<f32>() / (out.len() - 200) as f32).sqrt();
        assert!(rms < 1.5e-3, "{rms}");
    }

    #[test]
    fn faster_is_fewer() {
        let mut out = Vec::new();
        let mut resampler = Resampler::new(16_000.0, 48_000.0);
        resampler.push(&vec![0.5; 16_000], 1.001, &mut out);
        let expected = (16_000.0 - 2.0 * HALF as f64) * 3.0 / 1.001;
        assert!((out.len() as f64 - expected).abs() < 4.0, "{}", out.len());
        assert!(out.iter().all(|x| (x - 0.5).abs() < 1e-5), "a constant stays what it is");
        resampler.clear();
        assert!(resampler.held.is_empty());
    }
}
