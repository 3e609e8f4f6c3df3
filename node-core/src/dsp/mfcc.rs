//! Cepstral coefficients: the orthonormal cosine transform (DCT-II) of logarithmic band levels.
//!
//! Work: bands times coefficients multiply-adds; the table of cosines is made once.

use super::turns;

/// Values of the table for a number of bands: half a period of the slowest cosine, ends included.
pub const fn table_len(bands: usize) -> usize {
    2 * bands + 1
}

/// `out` = cos(pi·n / (2·bands)).
pub fn table(bands: usize, out: &mut [f32]) {
    let step = 1.0 / (4 * bands).max(1) as f32;
    out.iter_mut().enumerate().for_each(|(n, out)| *out = turns::cosine(step * n as f32));
}

/// As many coefficients of `levels` as `out` holds. `table` is [`table`] for as many bands.
pub fn cepstrum(levels: &[f32], table: &[f32], out: &mut [f32]) {
    let bands = levels.len();
    let period = 4 * bands;
    let scale = libm::sqrtf(2.0 / bands.max(1) as f32);
    for (k, out) in out.iter_mut().enumerate() {
        let step = 2 * k % period.max(1);
        // cos(pi·k·(2m + 1) / (2·bands)): its place in the table moves by 2k a band, modulo one period.
        let mut place = k % period.max(1);
        let mut sum = 0.0;
        for level in levels {
            let folded = if place > 2 * bands { period - place } else { place };
            sum += level * table.get(folded).copied().unwrap_or_default();
            place += step;
            if place >= period {
                place -= period;
            }
        }
        *out = if k == 0 { sum * scale * core::f32::consts::FRAC_1_SQRT_2 } else { sum * scale };
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use std::vec;

    proptest! {
        #[test]
        fn is_the_dct_of_type_2(seed in any::<u64>(), bands in 1usize..80, coefficients in 0usize..90) {
            let levels: vec::Vec<f32> = oracle::noise(seed, bands).iter().map(|x| 40.0 * x).collect();
            let (mut cosines, mut out) = (vec![0.0; table_len(bands)], vec![0.0; coefficients]);
            table(bands, &mut cosines);
            cepstrum(&levels, &cosines, &mut out);
            for (k, &got) in out.iter().enumerate() {
                let w = core::f64::consts::PI * k as f64 / bands as f64;
                let sum: f64 =
                    levels.iter().enumerate().map(|(m, &x)| f64::from(x) * libm::cos(w * (m as f64 + 0.5))).sum();
                let exact = sum * libm::sqrt(if k == 0 { 1.0 } else { 2.0 } / bands as f64);
                prop_assert!((f64::from(got) - exact).abs() < 2e-3, "{}: {} for {}", k, got, exact);
            }
        }
    }

    #[test]
    fn level_is_in_the_first_coefficient_only() {
        let (mut cosines, mut out) = ([0.0; 41], [9.0; 13]);
        table(20, &mut cosines);
        cepstrum(&[-30.0; 20], &cosines, &mut out);
        assert!((out[0] + 30.0 * libm::sqrtf(20.0)).abs() < 1e-3, "{out:?}");
        assert!(out[1..].iter().all(|c| c.abs() < 1e-3), "{out:?}");
        cepstrum(&[], &[], &mut out);
        assert_eq!(out, [0.0; 13]);
    }
}
