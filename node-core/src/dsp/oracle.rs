//! What the tests of this folder are held against: signals and plain f64 references.

extern crate std;
use std::vec::Vec;

/// A sine of amplitude `peak`, computed in f64.
pub fn sine(hz: f64, rate_hz: f64, peak: f64, samples: usize) -> Vec<f32> {
    let w = 2.0 * core::f64::consts::PI * hz / rate_hz;
    (0..samples).map(|n| (peak * libm::sin(w * n as f64)) as f32).collect()
}

/// White noise, uniform in ±1, from a fixed generator (xorshift64*).
pub fn noise(seed: u64, samples: usize) -> Vec<f32> {
    let mut state = seed | 1;
    (0..samples)
        .map(|_| {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let bits = state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
            (bits as f64 / (1u64 << 23) as f64 - 1.0) as f32
        })
        .collect()
}

/// One second-order section in f64, direct form I.
pub fn biquad(b: [f64; 3], a: [f64; 2], input: &[f64]) -> Vec<f64> {
    let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
    input
        .iter()
        .map(|&x| {
            let y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
            (x2, x1, y2, y1) = (x1, x, y1, y);
            y
        })
        .collect()
}

pub fn mean_square(samples: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = samples.into_iter().fold((0.0, 0usize), |(s, n), x| (s + x * x, n + 1));
    sum / count.max(1) as f64
}

pub fn db(power: f64) -> f64 {
    10.0 * libm::log10(power.max(1e-30))
}
