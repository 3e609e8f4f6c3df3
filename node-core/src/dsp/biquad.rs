//! Second-order sections and cascades of them.
//!
//! Transposed direct form II: of the direct forms the one with the smallest states and the shortest feedback path (one
//! multiply and two adds). In f32 two high-pass sections leave rounding noise of -98 dB with a corner at a hundredth of the
//! sample rate and -76 dB at a thousandth; for lower corners first-order sections are better ([`super::weighting`]).
//!
//! Work: 5 multiplies and 4 adds a section and sample.

/// Coefficients, normalised so that a0 = 1: `y = b0*x + b1*x' + b2*x'' - a1*y' - a2*y''`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients {
    pub b: [f32; 3],
    pub a: [f32; 2],
}

impl Coefficients {
    pub const THROUGH: Self = Self { b: [1.0, 0.0, 0.0], a: [0.0, 0.0] };

    /// Second-order low-pass, bilinear with the corner prewarped; `q` = 0.7071 is Butterworth.
    pub fn low_pass(corner_hz: f32, q: f32, rate_hz: f32) -> Self {
        let (cos, alpha) = rbj(corner_hz, q, rate_hz);
        let b1 = 1.0 - cos;
        Self::normalised([b1 / 2.0, b1, b1 / 2.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    pub fn high_pass(corner_hz: f32, q: f32, rate_hz: f32) -> Self {
        let (cos, alpha) = rbj(corner_hz, q, rate_hz);
        let b1 = 1.0 + cos;
        Self::normalised([b1 / 2.0, -b1, b1 / 2.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    /// Band-pass with 0 dB at the centre; `q` is centre over bandwidth.
    pub fn band_pass(centre_hz: f32, q: f32, rate_hz: f32) -> Self {
        let (cos, alpha) = rbj(centre_hz, q, rate_hz);
        Self::normalised([alpha, 0.0, -alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    fn normalised(b: [f64; 3], a: [f64; 3]) -> Self {
        Self { b: b.map(|b| (b / a[0]) as f32), a: [(a[1] / a[0]) as f32, (a[2] / a[0]) as f32] }
    }

    /// Power gain (|H|²) at an angular frequency in radians a sample.
    pub fn power_gain(&self, radians: f64) -> f64 {
        let power = |c: [f64; 3]| {
            let re = c[0] + c[1] * libm::cos(radians) + c[2] * libm::cos(2.0 * radians);
            let im = c[1] * libm::sin(radians) + c[2] * libm::sin(2.0 * radians);
            re * re + im * im
        };
        power(self.b.map(f64::from)) / power([1.0, f64::from(self.a[0]), f64::from(self.a[1])])
    }
}

/// Cosine of the corner and alpha of R. Bristow-Johnson's audio equaliser formulas (W3C note, 2021).
fn rbj(hz: f32, q: f32, rate_hz: f32) -> (f64, f64) {
    let w = 2.0 * core::f64::consts::PI * f64::from(hz) / f64::from(rate_hz);
    (libm::cos(w), libm::sin(w) / (2.0 * f64::from(q)))
}

/// `N` sections in series.
#[derive(Clone, Debug, PartialEq)]
pub struct Cascade<const N: usize> {
    sections: [Coefficients; N],
    states: [[f32; 2]; N],
}

impl<const N: usize> Cascade<N> {
    pub const fn new(sections: [Coefficients; N]) -> Self {
        Self { sections, states: [[0.0; 2]; N] }
    }

    pub const fn sections(&self) -> &[Coefficients; N] {
        &self.sections
    }

    pub fn reset(&mut self) {
        self.states = [[0.0; 2]; N];
    }

    #[inline]
    pub fn step(&mut self, sample: f32) -> f32 {
        let mut x = sample;
        for (Coefficients { b, a }, state) in self.sections.iter().zip(&mut self.states) {
            let y = b[0] * x + state[0];
            // The sum without `y` first: only one multiply and two adds wait for it.
            state[0] = (b[1] * x + state[1]) - a[0] * y;
            state[1] = b[2] * x - a[1] * y;
            x = y;
        }
        x
    }

    /// In place. All sections go on in the same pass, so that their feedback paths overlap.
    pub fn process(&mut self, block: &mut [f32]) {
        // A copy whose address nobody else has stays in registers.
        let mut local = self.clone();
        for sample in block.iter_mut() {
            *sample = local.step(*sample);
        }
        self.states = local.states;
    }

    pub fn power_gain(&self, hz: f32, rate_hz: f32) -> f64 {
        let w = 2.0 * core::f64::consts::PI * f64::from(hz) / f64::from(rate_hz);
        self.sections.iter().map(|section| section.power_gain(w)).product()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn reference<const N: usize>(sections: [Coefficients; N], input: &[f32]) -> Vec<f64> {
        let input = input.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        sections.iter().fold(input, |signal, section| {
            oracle::biquad(section.b.map(f64::from), section.a.map(f64::from), &signal)
        })
    }

    #[test]
    fn designs_have_their_corners() {
        let db = |power: f64| oracle::db(power);
        let w = |hz: f64| 2.0 * core::f64::consts::PI * hz / 16_000.0;
        let low = Coefficients::low_pass(1000.0, core::f32::consts::FRAC_1_SQRT_2, 16_000.0);
        assert!((db(low.power_gain(w(1000.0))) + 3.0103).abs() < 1e-3);
        assert!(db(low.power_gain(w(10.0))).abs() < 1e-3 && db(low.power_gain(w(4000.0))) < -24.0);
        let high = Coefficients::high_pass(1000.0, core::f32::consts::FRAC_1_SQRT_2, 16_000.0);
        assert!((db(high.power_gain(w(1000.0))) + 3.0103).abs() < 1e-3);
        assert!(db(high.power_gain(w(7999.0))).abs() < 1e-3 && db(high.power_gain(w(100.0))) < -39.0);
        let band = Coefficients::band_pass(1000.0, 2.0, 16_000.0);
        assert!(db(band.power_gain(w(1000.0))).abs() < 1e-3 && db(band.power_gain(w(500.0))) < -9.0);
    }

    #[test]
    fn low_corners_keep_their_precision() {
        // What the module's docs say: rounding noise against the signal, two sections, corner as a share of the rate.
        for (corner, below) in [(160.0, -98.0), (16.0, -76.0)] {
            let high = Coefficients::high_pass(corner, core::f32::consts::FRAC_1_SQRT_2, 16_000.0);
            let input = oracle::noise(7, 32_000);
            let exact = reference([high; 2], &input);
            let mut out = input.clone();
            Cascade::new([high; 2]).process(&mut out);
            let error = oracle::mean_square(out.iter().zip(&exact).map(|(&y, exact)| f64::from(y) - exact));
            let ratio = oracle::db(error / oracle::mean_square(exact));
            assert!(ratio < below, "{corner} Hz: {ratio} dB");
        }
    }

    proptest! {
        #[test]
        fn a_cascade_follows_the_f64_reference(
            seed in any::<u64>(), hz in 100.0f32..7000.0, q in 0.5f32..4.0, cut in 0usize..500
        ) {
            let sections = [
                Coefficients::low_pass(hz, q, 16_000.0),
                Coefficients::high_pass(hz * 0.5, q, 16_000.0),
                Coefficients::band_pass(hz, q, 16_000.0),
            ];
            let input = oracle::noise(seed, 500);
            let exact = reference(sections, &input);
            let mut out = input.clone();
            let mut cascade = Cascade::new(sections);
            let (head, tail) = out.split_at_mut(cut);
            cascade.process(head);
            cascade.process(tail);
            let scale = exact.iter().fold(1.0, |m: f64, y| m.max(y.abs()));
            for (n, (&y, exact)) in out.iter().zip(exact).enumerate() {
                prop_assert!((f64::from(y) - exact).abs() < 2e-5 * scale, "{n}: {y} for {exact}");
            }
        }

        #[test]
        fn a_cascade_is_linear(seed in any::<u64>(), gain in -4.0f32..4.0) {
            let section = Coefficients::low_pass(800.0, 0.9, 16_000.0);
            let (a, b) = (oracle::noise(seed, 300), oracle::noise(seed ^ 0xABCD, 300));
            let run = |mut signal: Vec<f32>| {
                Cascade::new([section; 2]).process(&mut signal);
                signal
            };
            let mixed = run(a.iter().zip(&b).map(|(a, b)| a + gain * b).collect());
            for ((mixed, a), b) in mixed.iter().zip(run(a)).zip(run(b)) {
                prop_assert!((mixed - (a + gain * b)).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn reset_forgets() {
        let mut cascade = Cascade::new([Coefficients::low_pass(500.0, 0.7, 16_000.0)]);
        let first = cascade.step(1.0);
        cascade.reset();
        assert_eq!(cascade.step(1.0), first);
    }
}
