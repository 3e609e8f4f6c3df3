//! Second-order sections and cascades of them.
//!
//! Transposed direct form II: of the direct forms the one with the smallest states and the shortest feedback path (one
//! multiply and two adds). In f32 it is good down to corners of about a thousandth of the sample rate; below that use
//! first-order sections ([`super::weighting`] does).
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
