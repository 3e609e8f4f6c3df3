//! i16 samples to f32, and energy straight from i16.
//!
//! Work: [`to_f32`] is one conversion and one multiply a sample, [`sum_of_squares`] one integer multiply-add.

/// Full scale of an i16 sample: -32768 becomes -1.0.
pub const SCALE: f32 = 1.0 / 32_768.0;

/// Converts as many samples as both slices hold; full scale becomes ±1.0. Exact.
pub fn to_f32(samples: &[i16], out: &mut [f32]) {
    for (out, &sample) in out.iter_mut().zip(samples) {
        *out = f32::from(sample) * SCALE;
    }
}

/// Exact sum of squares, in squared i16 steps.
pub fn sum_of_squares(samples: &[i16]) -> i64 {
    // Two squares are at most 2^31, which an i32 cannot hold but a u32 can; longer runs go through i64.
    samples
        .chunks(2)
        .map(|pair| {
            let square = |sample: i16| (i32::from(sample) * i32::from(sample)) as u32;
            i64::from(pair.iter().map(|&s| square(s)).sum::<u32>())
        })
        .sum()
}

/// Mean square with full scale as 1.0 (a full-scale sine: 0.5); zero for an empty block.
pub fn mean_square(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    (sum_of_squares(samples) as f64 / (samples.len() as f64 * 1_073_741_824.0)) as f32
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec;

    #[test]
    fn full_scale_is_one() {
        let mut out = [0.0; 3];
        to_f32(&[i16::MIN, 0, i16::MAX], &mut out);
        assert_eq!(out, [-1.0, 0.0, 32_767.0 / 32_768.0]);
    }

    #[test]
    fn the_loudest_block_does_not_overflow() {
        let block = [i16::MIN; 1025];
        assert_eq!(sum_of_squares(&block), 1025 << 30);
        assert_eq!(mean_square(&block), 1.0);
        assert_eq!(mean_square(&[]), 0.0);
    }

    proptest! {
        #[test]
        fn conversion_is_exact_and_back(samples in prop::collection::vec(any::<i16>(), 0..300)) {
            let mut out = vec![0.0; samples.len()];
            to_f32(&samples, &mut out);
            for (&sample, &value) in samples.iter().zip(&out) {
                prop_assert_eq!(f64::from(value) * 32_768.0, f64::from(sample));
            }
        }

        #[test]
        fn squares_add_up_exactly(samples in prop::collection::vec(any::<i16>(), 0..300)) {
            let exact: i64 = samples.iter().map(|&s| i64::from(s).pow(2)).sum();
            prop_assert_eq!(sum_of_squares(&samples), exact);
        }
    }
}
