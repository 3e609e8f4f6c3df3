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
fn squared_magnitudes(bins: &[Complex32], power: &mut [f32]) -> usize {
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

/// The strongest bin apart from DC, its frequency refined by a parabola through its neighbours' logarithms, and its power.
pub fn peak(power: &[f32], points: usize, rate_hz: f32) -> Option<(f32, f32)> {
    let (bin, &top) =
        power.iter().enumerate().skip(1).fold(None, |best: Option<(usize, &f32)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        })?;
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
