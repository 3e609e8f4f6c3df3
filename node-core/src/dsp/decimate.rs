//! Fewer samples a second: a linear-phase low-pass that only computes what it keeps.
//!
//! A Blackman-windowed sinc of 16·factor + 1 taps, -6 dB at 0.4 of the new rate: flat to 0.2 of it, and what would fold
//! back below 0.4 is at least 70 dB down. The delay is 8 new samples.
//!
//! Work: 16·factor + 1 multiply-adds an output sample, so 16 and a little an input sample.

use super::turns;

/// Taps of the filter on either side of its centre, for each step of the factor.
const SIDE: usize = 8;

pub const fn taps(factor: usize) -> usize {
    2 * SIDE * factor + 1
}

/// Low-pass for a factor into `out`, which should hold [`taps`] values. The gain at 0 Hz is 1.
pub fn low_pass(factor: usize, out: &mut [f32]) {
    let side = SIDE * factor;
    let pi = core::f32::consts::PI;
    let cut = 2.0 * 0.4 / factor.max(1) as f32;
    for (n, tap) in out.iter_mut().enumerate() {
        let t = n as f32 - side as f32;
        let sinc = if n == side { cut } else { turns::sine(0.5 * cut * t) / (pi * t) };
        let phase = 0.5 * t / (side + 1) as f32;
        *tap = sinc * (0.42 + 0.5 * turns::cosine(phase) + 0.08 * turns::cosine(2.0 * phase));
    }
    let gain = 1.0 / out.iter().sum::<f32>();
    out.iter_mut().for_each(|tap| *tap *= gain);
}

/// Keeps one of `factor` samples of a stream. `N` is at least [`taps`] of the factor.
#[derive(Clone, Debug)]
pub struct Decimator<const N: usize> {
    taps: [f32; N],
    history: [f32; N],
    factor: usize,
    next: usize,
    due: usize,
}

impl<const N: usize> Decimator<N> {
    /// `None` if the factor is 0, or `N` too small for it.
    pub fn new(factor: usize) -> Option<Self> {
        let mut taps = [0.0; N];
        low_pass(factor, taps.get_mut(..self::taps(factor))?);
        (factor > 0).then_some(Self { taps, history: [0.0; N], factor, next: 0, due: 1 })
    }

    /// As if `level` had been at the input for ever.
    pub fn settle_at(&mut self, level: f32) {
        self.history = [level; N];
    }

    /// An output for the first, and then every `factor`th sample.
    pub fn step(&mut self, sample: f32) -> Option<f32> {
        let length = taps(self.factor);
        *self.history.get_mut(self.next)? = sample;
        self.next = if self.next + 1 == length { 0 } else { self.next + 1 };
        self.due -= 1;
        if self.due > 0 {
            return None;
        }
        self.due = self.factor;
        // From `next` on the ring goes from the oldest sample to the newest; the filter is symmetric.
        let (newer, older) = self.history.get(..length)?.split_at_checked(self.next)?;
        let products = older.iter().chain(newer).zip(&self.taps);
        Some(products.fold(0.0, |sum, (sample, tap)| sum + sample * tap))
    }

    /// Outputs of a block, as many as `out` has room for; returns how many.
    pub fn process(&mut self, block: &[f32], out: &mut [f32]) -> usize {
        let kept = block.iter().filter_map(|&sample| self.step(sample));
        out.iter_mut().zip(kept).map(|(out, value)| *out = value).count()
    }
}

/// A whole window at once and in place, without delay: output n stands where sample n·factor stood, and beyond the ends
/// the first and the last sample go on. `taps` holds the filter of [`low_pass`]; `work` as many values as `signal`.
/// Returns how many samples are left.
pub fn window(signal: &mut [f32], factor: usize, taps: &[f32], work: &mut [f32]) -> usize {
    let (Some(&first), Some(&last)) = (signal.first(), signal.last()) else { return 0 };
    let (side, factor) = (taps.len() / 2, factor.max(1));
    let Some(copy) = work.get_mut(..signal.len()) else { return 0 };
    copy.copy_from_slice(signal);
    let kept = copy.len() / factor;
    for (n, out) in signal.iter_mut().enumerate().take(kept) {
        let start = (n * factor) as isize - side as isize;
        *out = 0.0;
        for (k, tap) in taps.iter().enumerate() {
            let at = start + k as isize;
            let beyond = if at < 0 { first } else { last };
            let sample = usize::try_from(at).ok().and_then(|at| copy.get(at)).copied().unwrap_or(beyond);
            *out += tap * sample;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use std::vec::Vec;

    /// The same filter, written from its formula in f64.
    fn exact_taps(factor: usize) -> Vec<f64> {
        let pi = core::f64::consts::PI;
        let side = (8 * factor) as f64;
        let cut = 0.8 / factor as f64;
        let taps: Vec<f64> = (0..16 * factor + 1)
            .map(|n| {
                let t = n as f64 - side;
                let sinc = if t == 0.0 { cut } else { libm::sin(pi * cut * t) / (pi * t) };
                let a = pi * t / (side + 1.0);
                sinc * (0.42 + 0.5 * libm::cos(a) + 0.08 * libm::cos(2.0 * a))
            })
            .collect();
        let sum: f64 = taps.iter().sum();
        taps.iter().map(|t| t / sum).collect()
    }

    #[test]
    fn the_band_is_kept_and_what_would_fold_into_it_is_not() {
        for factor in [2, 4, 10] {
            let mut decimator = Decimator::<161>::new(factor).unwrap();
            let gain = |decimator: &mut Decimator<161>, of_new_rate: f64| {
                let tone = oracle::sine(of_new_rate / factor as f64, 1.0, 1.0, 400 * factor);
                let mut out = [0.0; 400];
                decimator.process(&tone, &mut out);
                oracle::db(2.0 * oracle::mean_square(out[20..].iter().map(|&y| f64::from(y))))
            };
            assert!(gain(&mut decimator, 0.19).abs() < 0.1);
            for fold in [0.61, 0.97, 1.39] {
                if fold < 0.5 * factor as f64 {
                    let left = gain(&mut decimator, fold);
                    assert!(left < -70.0, "{factor}, {fold}: {left} dB");
                }
            }
        }
        assert!(Decimator::<32>::new(2).is_none() && Decimator::<33>::new(0).is_none());
    }

    proptest! {
        #[test]
        fn stream_and_window_follow_the_f64_filter(seed in any::<u64>(), factor in 1usize..9, cut in 0usize..300) {
            let input = oracle::noise(seed, 300);
            let exact = exact_taps(factor);
            let at = |n: isize| usize::try_from(n).ok().and_then(|n| input.get(n)).map(|&x| f64::from(x));
            let mut decimator = Decimator::<145>::new(factor).unwrap();
            let mut out = [0.0; 300];
            let (head, tail) = input.split_at(cut);
            let done = decimator.process(head, &mut out);
            let done = done + decimator.process(tail, &mut out[done..]);
            prop_assert_eq!(done, 300usize.div_ceil(factor));
            for (n, &y) in out[..done].iter().enumerate() {
                let start = (n * factor) as isize - 16 * factor as isize;
                let sum: f64 = exact.iter().zip(start..).map(|(tap, at_n)| tap * at(at_n).unwrap_or(0.0)).sum();
                prop_assert!((f64::from(y) - sum).abs() < 1e-6, "{}: {} for {}", n, y, sum);
            }
            let (mut taps_f32, mut signal, mut work) = ([0.0; 145], input.clone(), [0.0; 300]);
            let filter = &mut taps_f32[..taps(factor)];
            low_pass(factor, filter);
            let kept = window(&mut signal, factor, filter, &mut work);
            prop_assert_eq!(kept, 300 / factor);
            for (n, &y) in signal[..kept].iter().enumerate() {
                let start = (n * factor) as isize - 8 * factor as isize;
                let held = |n: isize| f64::from(input[n.clamp(0, 299) as usize]);
                let sum: f64 = exact.iter().zip(start..).map(|(tap, n)| tap * held(n)).sum();
                prop_assert!((f64::from(y) - sum).abs() < 1e-6, "{}: {} for {}", n, y, sum);
            }
        }
    }
}
