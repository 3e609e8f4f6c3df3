//! The real FFT over a slice: the size comes from a plan, not from a type.

use microfft::{Complex32, real};

pub const SIZES: [usize; 7] = [16, 32, 64, 128, 256, 512, 1024];

/// In place; N/2 bins with Nyquist packed into the first one's imaginary part. `None` for other sizes.
pub fn real_fft(block: &mut [f32]) -> Option<&mut [Complex32]> {
    Some(match block.len() {
        16 => real::rfft_16(block.try_into().ok()?),
        32 => real::rfft_32(block.try_into().ok()?),
        64 => real::rfft_64(block.try_into().ok()?),
        128 => real::rfft_128(block.try_into().ok()?),
        256 => real::rfft_256(block.try_into().ok()?),
        512 => real::rfft_512(block.try_into().ok()?),
        1024 => real::rfft_1024(block.try_into().ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::dsp::oracle;
    use rustfft::{FftPlanner, num_complex::Complex};
    use std::vec::Vec;

    #[test]
    fn every_size_agrees_with_rustfft_in_f64() {
        for size in SIZES {
            let mut block = oracle::noise(size as u64, size);
            let mut exact: Vec<_> = block.iter().map(|&x| Complex::new(f64::from(x), 0.0)).collect();
            FftPlanner::new().plan_fft_forward(size).process(&mut exact);
            let bins = real_fft(&mut block).unwrap();
            assert_eq!(bins.len(), size / 2);
            for (k, bin) in bins.iter().enumerate().skip(1) {
                let error = (f64::from(bin.re) - exact[k].re).abs() + (f64::from(bin.im) - exact[k].im).abs();
                assert!(error < 1e-4, "{size}/{k}: {error}");
            }
            assert!((f64::from(bins[0].im) - exact[size / 2].re).abs() < 1e-4);
        }
        assert!(real_fft(&mut [0.0; 100]).is_none() && real_fft(&mut []).is_none());
    }
}
