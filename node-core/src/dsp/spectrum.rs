//! Power spectrum of a block: Hann window, real FFT, squared magnitudes, calibrated.
//!
//! A full-scale sine on a bin's centre reads 1.0 in that bin, which is 0 dBFS. The window spreads a tone over three bins
//! and noise over 1.5: [`band_power`] takes that out, so that the bands of a spectrum add up to the signal's power.
//!
//! Work for N points: N multiplies (window), one real FFT of N, and 3 multiply-adds for each of N/2 + 1 bins.

use super::{convert, window};
use microfft::{Complex32, real};

/// Equivalent noise bandwidth of the Hann window, in bins.
pub const HANN_NOISE_BINS: f32 = 1.5;

/// Real FFT in place for N = 64, 128, 256, 512 or 1024: N/2 complex bins, the (real) Nyquist bin packed as the imaginary
/// part of bin 0. Other sizes do not compile.
pub fn real_fft<const N: usize>(block: &mut [f32; N]) -> &mut [Complex32] {
    const { assert!(matches!(N, 64 | 128 | 256 | 512 | 1024), "FFT sizes are 64, 128, 256, 512 and 1024") };
    let block = block.as_mut_slice();
    // The size is known at compile time: one arm is left, and its conversion cannot fail.
    let bins: Option<&mut [Complex32]> = match N {
        64 => block.try_into().ok().map(|b| real::rfft_64(b).as_mut_slice()),
        128 => block.try_into().ok().map(|b| real::rfft_128(b).as_mut_slice()),
        256 => block.try_into().ok().map(|b| real::rfft_256(b).as_mut_slice()),
        512 => block.try_into().ok().map(|b| real::rfft_512(b).as_mut_slice()),
        _ => block.try_into().ok().map(|b| real::rfft_1024(b).as_mut_slice()),
    };
    bins.unwrap_or_default()
}

/// Hann window and scale for blocks of `N`.
#[derive(Clone, Debug)]
pub struct Spectrum<const N: usize> {
    window: [f32; N],
}

impl<const N: usize> Default for Spectrum<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Spectrum<N> {
    /// Bins of a spectrum, DC to Nyquist inclusive.
    pub const BINS: usize = N / 2 + 1;

    pub fn new() -> Self {
        let mut coefficients = [0.0; N];
        window::hann(&mut coefficients);
        // A full-scale sine then has a power of 1: amplitude N/2 in the bin, times the window's gain of 1/2.
        let scale = 4.0 / N as f32;
        coefficients.iter_mut().for_each(|c| *c *= scale);
        Self { window: coefficients }
    }

    /// Power spectrum of the samples (±1.0) in `block`, which is overwritten. `power` takes as many bins as it holds, at
    /// most [`Self::BINS`]; returns how many.
    pub fn process(&self, block: &mut [f32; N], power: &mut [f32]) -> usize {
        window::apply(block, &self.window);
        squared_magnitudes(real_fft(block), power)
    }

    /// As [`Self::process`], from i16 samples through `work`.
    pub fn process_i16(&self, samples: &[i16; N], work: &mut [f32; N], power: &mut [f32]) -> usize {
        for ((out, &sample), coefficient) in work.iter_mut().zip(samples).zip(&self.window) {
            *out = f32::from(sample) * convert::SCALE * coefficient;
        }
        squared_magnitudes(real_fft(work), power)
    }
}

/// |X|² of packed bins: DC, 1, ..., Nyquist. DC and Nyquist have no mirror image, so a real power there counts half.
pub fn squared_magnitudes(bins: &[Complex32], power: &mut [f32]) -> usize {
    let Some(packed) = bins.first() else { return 0 };
    for (out, bin) in power.iter_mut().zip(bins) {
        *out = bin.re * bin.re + bin.im * bin.im;
    }
    if let Some(dc) = power.first_mut() {
        *dc = 0.5 * packed.re * packed.re;
    }
    if let Some(nyquist) = power.get_mut(bins.len()) {
        *nyquist = 0.5 * packed.im * packed.im;
    }
    power.len().min(bins.len() + 1)
}

/// Power in some bins of a Hann spectrum, full-scale sine = 1.0.
pub fn band_power(power: &[f32]) -> f32 {
    power.iter().sum::<f32>() * (1.0 / HANN_NOISE_BINS)
}

/// Centre frequency of a bin.
pub fn bin_hz(bin: usize, points: usize, rate_hz: f32) -> f32 {
    bin as f32 * rate_hz / points as f32
}

/// The bin nearest to a frequency (not limited to Nyquist).
pub fn bin_of(hz: f32, points: usize, rate_hz: f32) -> usize {
    (hz * points as f32 / rate_hz + 0.5) as usize
}

/// The greatest of some values and its place, the first one of equals.
#[inline(never)]
pub fn greatest(values: &[f32]) -> Option<(usize, f32)> {
    let (&first, rest) = values.split_first()?;
    Some(rest.iter().enumerate().fold(
        (0, first),
        |best, (before, &value)| {
            if best.1 >= value { best } else { (before + 1, value) }
        },
    ))
}

/// The strongest bin apart from DC, its frequency refined by a parabola through its neighbours' logarithms, and its power.
pub fn peak(power: &[f32], points: usize, rate_hz: f32) -> Option<(f32, f32)> {
    let (bin, top) = greatest(power.get(1..)?).map(|(place, top)| (place + 1, top))?;
    if top <= 0.0 {
        return None;
    }
    let mut offset = 0.0;
    if let (Some(&below), Some(&above)) = (power.get(bin - 1), power.get(bin + 1))
        && below > 0.0
        && above > 0.0
    {
        let (l, m, r) = (libm::logf(below), libm::logf(top), libm::logf(above));
        let curve = l - 2.0 * m + r;
        if curve < 0.0 {
            offset = (0.5 * (l - r) / curve).clamp(-0.5, 0.5);
        }
    }
    Some(((bin as f32 + offset) * rate_hz / points as f32, top))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use rustfft::{FftPlanner, num_complex::Complex};
    use std::{vec, vec::Vec};

    fn reference(input: &[f64]) -> Vec<Complex<f64>> {
        let mut bins: Vec<_> = input.iter().map(|&x| Complex::new(x, 0.0)).collect();
        FftPlanner::new().plan_fft_forward(bins.len()).process(&mut bins);
        bins
    }

    fn agrees_with_rustfft<const N: usize>(seed: u64) {
        let input: [f32; N] = oracle::noise(seed, N).try_into().unwrap_or([0.0; N]);
        let exact = reference(&input.map(f64::from));
        let mut block = input;
        let bins = real_fft(&mut block);
        assert_eq!(bins.len(), N / 2);
        let near = |a: f32, b: f64| (f64::from(a) - b).abs() < 1e-6 * N as f64;
        assert!(near(bins[0].re, exact[0].re) && near(bins[0].im, exact[N / 2].re));
        for (k, bin) in bins.iter().enumerate().skip(1) {
            assert!(near(bin.re, exact[k].re) && near(bin.im, exact[k].im), "{k}: {bin} for {}", exact[k]);
        }
        // And the whole chain with window and scale.
        let mut power = [0.0; 513];
        let count = Spectrum::<N>::new().process(&mut { input }, &mut power);
        assert_eq!(count, Spectrum::<N>::BINS);
        let hann = |n: usize| 0.5 - 0.5 * libm::cos(2.0 * core::f64::consts::PI * n as f64 / N as f64);
        let windowed: Vec<f64> = input.iter().enumerate().map(|(n, &x)| f64::from(x) * hann(n)).collect();
        for (k, bin) in reference(&windowed).iter().take(N / 2 + 1).enumerate() {
            let edge = if k == 0 || k == N / 2 { 0.5 } else { 1.0 };
            let exact = edge * bin.norm_sqr() * 16.0 / (N * N) as f64;
            assert!((f64::from(power[k]) - exact).abs() < 1e-6, "{N}/{k}: {} for {exact}", power[k]);
        }
    }

    #[test]
    fn every_size_agrees_with_rustfft_in_f64() {
        for seed in 1..20 {
            agrees_with_rustfft::<64>(seed);
            agrees_with_rustfft::<128>(seed);
            agrees_with_rustfft::<256>(seed);
            agrees_with_rustfft::<512>(seed);
            agrees_with_rustfft::<1024>(seed);
        }
    }

    #[test]
    fn a_full_scale_sine_on_a_bin_is_0_dbfs_there_and_in_its_band() {
        let mut power = [0.0; 257];
        let mut block: [f32; 512] = oracle::sine(1000.0, 16_000.0, 1.0, 512).try_into().unwrap_or([0.0; 512]);
        Spectrum::<512>::new().process(&mut block, &mut power);
        assert_eq!(bin_of(1000.0, 512, 16_000.0), 32);
        assert_eq!(bin_hz(32, 512, 16_000.0), 1000.0);
        assert!((power[32] - 1.0).abs() < 1e-5, "{}", power[32]);
        assert!((band_power(&power) - 1.0).abs() < 1e-5);
        assert!(power[40..].iter().all(|&p| p < 1e-11), "a Hann window leaks no tone on a bin");
    }

    #[test]
    fn a_peak_between_bins_is_found_to_a_tenth_of_a_bin() {
        for hz in [440.0, 997.3, 1234.5, 3007.7] {
            let mut power = [0.0; 257];
            let mut block: [f32; 512] = oracle::sine(hz, 16_000.0, 0.1, 512).try_into().unwrap_or([0.0; 512]);
            Spectrum::<512>::new().process(&mut block, &mut power);
            let (found, _) = peak(&power, 512, 16_000.0).unwrap_or_default();
            assert!((f64::from(found) - hz).abs() < 3.2, "{found} for {hz}");
        }
        assert_eq!(peak(&[0.0; 257], 512, 16_000.0), None);
        assert_eq!(peak(&[1.0], 512, 16_000.0), None);
    }

    proptest! {
        #[test]
        fn power_is_conserved(seed in any::<u64>(), gain in 0.01f32..1.0) {
            // The windowed samples' power and the sum over the bins are the same (Parseval).
            let input: Vec<f32> = oracle::noise(seed, 256).iter().map(|x| x * gain).collect();
            let hann = |n: usize| 0.5 - 0.5 * libm::cos(2.0 * core::f64::consts::PI * n as f64 / 256.0);
            let windowed = oracle::mean_square(input.iter().enumerate().map(|(n, &x)| f64::from(x) * hann(n)));
            let mut power = [0.0; 129];
            let mut block: [f32; 256] = input.try_into().unwrap_or([0.0; 256]);
            Spectrum::<256>::new().process(&mut block, &mut power);
            // Full-scale sine = 1: twice the mean square; Hann's mean square gain is 0.375.
            let exact = 2.0 * windowed / 0.375;
            prop_assert!((f64::from(band_power(&power)) / exact - 1.0).abs() < 1e-4);
        }

        #[test]
        fn i16_and_f32_inputs_agree(samples in prop::collection::vec(any::<i16>(), 128)) {
            let spectrum = Spectrum::<128>::new();
            let samples: [i16; 128] = samples.try_into().unwrap_or([0; 128]);
            let mut block = [0.0; 128];
            convert::to_f32(&samples, &mut block);
            let (mut a, mut b) = (vec![0.0; 65], vec![0.0; 65]);
            spectrum.process(&mut block, &mut a);
            spectrum.process_i16(&samples, &mut [0.0; 128], &mut b);
            prop_assert_eq!(a, b);
        }
    }
}
