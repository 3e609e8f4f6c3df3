//! Window functions: coefficients computed once, multiplied in per block.
//!
//! Work: [`apply`] is one multiply a sample.

/// Fills `coefficients` with a periodic Hann window (the one whose sum over 50 % overlapped blocks is constant).
pub fn hann(coefficients: &mut [f32]) {
    let step = 2.0 * core::f32::consts::PI / coefficients.len().max(1) as f32;
    for (index, coefficient) in coefficients.iter_mut().enumerate() {
        *coefficient = 0.5 - 0.5 * libm::cosf(step * index as f32);
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
