//! Window functions: coefficients computed once, multiplied in per block.
//!
//! Work: [`apply`] is one multiply a sample.

use super::turns;

/// Fills `coefficients` with a periodic Hann window (the one whose sum over 50 % overlapped blocks is constant).
pub fn hann(coefficients: &mut [f32]) {
    let step = 1.0 / coefficients.len().max(1) as f32;
    for (index, coefficient) in coefficients.iter_mut().enumerate() {
        *coefficient = 0.5 - 0.5 * turns::cosine(step * index as f32);
    }
}

/// Multiplies `block` by `coefficients`, as far as the shorter of the two reaches.
pub fn apply(block: &mut [f32], coefficients: &[f32]) {
    for (sample, coefficient) in block.iter_mut().zip(coefficients) {
        *sample *= coefficient;
    }
}

/// Mean of the coefficients: what the window does to the amplitude of a tone (Hann: 0.5).
pub fn coherent_gain(coefficients: &[f32]) -> f32 {
    coefficients.iter().sum::<f32>() / coefficients.len().max(1) as f32
}

/// Mean of the squared coefficients: what the window does to the power of noise (Hann: 0.375).
pub fn noise_gain(coefficients: &[f32]) -> f32 {
    coefficients.iter().map(|c| c * c).sum::<f32>() / coefficients.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hann_is_periodic_and_has_its_known_gains() {
        let mut w = [0.0; 256];
        hann(&mut w);
        for (n, &coefficient) in w.iter().enumerate() {
            let exact = 0.5 - 0.5 * libm::cos(2.0 * core::f64::consts::PI * n as f64 / 256.0);
            assert!((f64::from(coefficient) - exact).abs() < 1e-6, "{n}: {coefficient} for {exact}");
        }
        // Periodic: half a window on, the two add up to one.
        for n in 0..128 {
            assert!((w[n] + w[n + 128] - 1.0).abs() < 1e-6);
        }
        assert!((coherent_gain(&w) - 0.5).abs() < 1e-6);
        assert!((noise_gain(&w) - 0.375).abs() < 1e-6);
    }

    #[test]
    fn apply_multiplies_what_both_have() {
        let mut block = [2.0, 3.0, 4.0];
        apply(&mut block, &[0.5, 2.0]);
        assert_eq!(block, [1.0, 6.0, 4.0]);
    }
}
