//! The kernel that recordings are brought to other instants with: a sinc of 32 samples under a Kaiser window. Its pass band
//! ends at 7/8 of half the recording's rate, its stop band begins at 9/8, 63 dB down.

use crate::signal::lanes::Four;

pub const TAPS: usize = 32;
pub const HALF: usize = TAPS / 2;
/// Kaiser's beta for 63 dB: 0.1102 (63 - 8.7).
const BETA: f64 = 6.0;

/// The windowed sinc at `x` samples from its centre.
pub fn kernel(x: f64) -> f64 {
    let inside = 1.0 - (x / HALF as f64) * (x / HALF as f64);
    if inside <= 0.0 {
        return 0.0;
    }
    let window = bessel_i0(BETA * libm::sqrt(inside)) / bessel_i0(BETA);
    let angle = core::f64::consts::PI * x;
    let sinc = if x.abs() < 1e-9 { 1.0 } else { libm::sin(angle) / angle };
    window * sinc
}

/// Taps for `phases` places from one sample to the next, both ends included. The first tap is that of the sample HALF - 1
/// before the place's own; a constant stays what it is.
pub fn table(phases: usize) -> Vec<[Four; TAPS / 4]> {
    (0..=phases)
        .map(|phase| {
            let fraction = phase as f64 / phases as f64;
            let taps: [f64; TAPS] =
                core::array::from_fn(|tap| kernel(tap as f64 - (HALF - 1) as f64 - fraction));
            let sum: f64 = taps.iter().sum();
            core::array::from_fn(|four| {
                Four(core::array::from_fn(|lane| (taps[4 * four + lane] / sum) as f32))
            })
        })
        .collect()
}

/// The modified Bessel function of order 0, by its power series (20 terms are exact to 1e-16 up to x = 8).
fn bessel_i0(x: f64) -> f64 {
    let quarter = 0.25 * x * x;
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..=24 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}
