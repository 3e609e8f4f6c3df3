//! Mel bands: triangles whose corners are equally far apart on the mel scale (O'Shaughnessy: 2595·log10(1 + f/700)).
//!
//! No table of weights: between two neighbouring corners a bin belongs to the falling side of one band and to the rising
//! side of the next, so a weight is a line in the bin's number.
//!
//! Work: 2 multiply-adds a bin, and one division a band.

pub fn mel(hz: f32) -> f32 {
    2595.0 * libm::log10f(1.0 + hz * (1.0 / 700.0))
}

pub fn hz(mel: f32) -> f32 {
    700.0 * (libm::powf(10.0, mel * (1.0 / 2595.0)) - 1.0)
}

/// Corners of `corners.len() - 2` bands from `low_hz` to `high_hz`, in bins of a spectrum of `points`.
pub fn corners(low_hz: f32, high_hz: f32, points: usize, rate_hz: f32, corners: &mut [f32]) {
    let (low, high) = (mel(low_hz), mel(high_hz));
    let step = (high - low) / corners.len().saturating_sub(1).max(1) as f32;
    let per_hz = points as f32 / rate_hz;
    for (n, corner) in corners.iter_mut().enumerate() {
        *corner = hz(low + step * n as f32) * per_hz;
    }
}

/// Sums of power under the triangles, whose tops are 1. A triangle so narrow that no bin lies inside it takes the bin
/// nearest to its top: no band is empty by construction.
pub fn bands(power: &[f32], corners: &[f32], out: &mut [f32]) {
    let out = &mut out[..];
    let bands = out.len().min(corners.len().saturating_sub(2));
    out.iter_mut().for_each(|band| *band = 0.0);
    for (side, corner) in corners.windows(2).enumerate() {
        let &[from, to] = corner else { continue };
        let per_bin = if to > from { 1.0 / (to - from) } else { 0.0 };
        let (first, last) = (libm::ceilf(from) as usize, libm::ceilf(to) as usize);
        let (mut rising, mut falling) = (0.0, 0.0);
        for (bin, &power) in power.iter().enumerate().take(last).skip(first) {
            let up = (bin as f32 - from) * per_bin;
            rising += up * power;
            falling += (1.0 - up) * power;
        }
        // This side rises to the top of band `side`, and falls from the top of the one before.
        if let Some(band) = out.get_mut(..bands).and_then(|out| out.get_mut(side)) {
            *band += rising;
        }
        if let Some(band) = side.checked_sub(1).and_then(|before| out.get_mut(..bands)?.get_mut(before)) {
            *band += falling;
        }
    }
    for (band, corner) in out.iter_mut().zip(corners.windows(3)) {
        let &[from, top, to] = corner else { continue };
        if libm::floorf(from) + 1.0 >= to {
            *band = power.get((top + 0.5) as usize).copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use std::vec;

    #[test]
    fn the_scale_is_the_known_one() {
        assert!((mel(1000.0) - 999.99).abs() < 0.1 && mel(0.0) == 0.0);
        for f in [20.0, 440.0, 3000.0, 8000.0] {
            assert!((hz(mel(f)) / f - 1.0).abs() < 1e-4);
        }
    }

    proptest! {
        #[test]
        fn bands_are_the_triangles_sums(
            seed in any::<u64>(), bands_count in 1usize..64, low in 0.0f32..500.0, high in 1000.0f32..8000.0
        ) {
            let power: vec::Vec<f32> = oracle::noise(seed, 257).iter().map(|x| x * x).collect();
            let mut edges = vec![0.0; bands_count + 2];
            corners(low, high, 512, 16_000.0, &mut edges);
            let mut out = vec![0.0; bands_count];
            bands(&power, &edges, &mut out);
            for (band, &got) in out.iter().enumerate() {
                let [from, top, to] = [edges[band], edges[band + 1], edges[band + 2]].map(f64::from);
                let mut inside = false;
                let mut exact = 0.0;
                for (bin, &p) in power.iter().enumerate() {
                    let k = bin as f64;
                    let weight = ((k - from) / (top - from)).min((to - k) / (to - top)).max(0.0);
                    inside |= k > from && k < to;
                    exact += weight * f64::from(p);
                }
                if !inside {
                    exact = f64::from(power[(top + 0.5) as usize]);
                }
                prop_assert!((f64::from(got) - exact).abs() < 1e-3 * exact.max(1.0), "{}: {} for {}", band, got, exact);
            }
        }
    }

    #[test]
    fn nonsense_is_taken() {
        let mut out = [1.0; 3];
        bands(&[], &[], &mut out);
        assert_eq!(out, [0.0; 3]);
        bands(&[1.0; 5], &[f32::NAN, 2.0, 1.0, -4.0, f32::INFINITY], &mut out);
    }
}
