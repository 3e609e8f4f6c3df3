//! IEC 61672-1 frequency weightings A, C and Z.
//!
//! All poles of the weightings are real, so the cascade is first-order sections, which keep their precision in f32 where a
//! biquad with a double pole at 20.6 Hz does not, and have a shorter feedback path:
//! - the zeros at 0 Hz with the low poles (A: 20.6 twice, 107.7, 737.9 Hz; C: 20.6 twice) are bilinear high-passes with
//!   their corners prewarped;
//! - the double pole at 12.2 kHz lies beyond Nyquist at 16 kHz, where the bilinear transform is wrong by 6 dB at 6.3 kHz. Its
//!   pole is mapped by matched z, and three numerator taps are fitted so that the *whole* response is exact at 1 kHz,
//!   at 0.6 of Nyquist and at Nyquist.
//!
//! Work per sample: A counts as 3 second-order sections, C as 2, Z as none ([`Weighting::sections`]).

use super::dc::OnePole;
use core::f64::consts::PI;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Weighting {
    #[default]
    A,
    C,
    /// No weighting.
    Z,
}

/// Pole frequencies, IEC 61672-1:2013, annex E (E.4.2), in hertz.
const F1: f64 = 20.598_997_057_618_316;
const F2: f64 = 107.652_648_643_046_29;
const F3: f64 = 737.862_230_736_290_1;
const F4: f64 = 12_194.217_147_998_012;

impl Weighting {
    /// Second-order sections' worth of work a sample.
    pub const fn sections(self) -> usize {
        match self {
            Self::A => 3,
            Self::C => 2,
            Self::Z => 0,
        }
    }

    fn low_poles_hz(self) -> &'static [f64] {
        match self {
            Self::A => &[F1, F1, F2, F3],
            Self::C => &[F1, F1],
            Self::Z => &[],
        }
    }

    /// Power gain that the standard defines at a frequency, relative to 1 kHz (annex E).
    fn nominal_power(self, hz: f64) -> f64 {
        let shape = |hz: f64| {
            let f2 = hz * hz;
            let low: f64 = self.low_poles_hz().iter().map(|p| f2 / (f2 + p * p)).product();
            let high = F4 * F4 / (f2 + F4 * F4);
            low * high * high
        };
        match self {
            Self::Z => 1.0,
            _ => shape(hz) / shape(1000.0),
        }
    }

    /// The standard's weighting at a frequency, in dB relative to 1 kHz.
    pub fn nominal_db(self, hz: f32) -> f32 {
        (10.0 * libm::log10(self.nominal_power(f64::from(hz)))) as f32
    }
}

/// A weighting at a sample rate, with its state.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightingFilter {
    weighting: Weighting,
    rate_hz: f32,
    /// High-pass sections; only the weighting's own number is in use.
    poles: [OnePole; 4],
    last_input: f32,
    last_outputs: [f32; 4],
    /// The section for the double pole at 12.2 kHz.
    shelf: super::biquad::Cascade<1>,
}

impl WeightingFilter {
    /// For sample rates of 4 kHz and more.
    pub fn new(weighting: Weighting, rate_hz: f32) -> Self {
        use super::biquad::{Cascade, Coefficients};
        let rate = f64::from(rate_hz);
        let mut poles = [OnePole::new(0.0); 4];
        for (pole, &hz) in poles.iter_mut().zip(weighting.low_poles_hz()) {
            *pole = OnePole::at(hz as f32, rate_hz);
        }
        let shelf = match weighting {
            Weighting::Z => Coefficients::THROUGH,
            _ => fit_shelf(weighting, &poles[..weighting.low_poles_hz().len()], rate),
        };
        Self {
            weighting,
            rate_hz,
            poles,
            last_input: 0.0,
            last_outputs: [0.0; 4],
            shelf: Cascade::new([shelf]),
        }
    }

    pub fn weighting(&self) -> Weighting {
        self.weighting
    }

    pub fn reset(&mut self) {
        self.last_input = 0.0;
        self.last_outputs = [0.0; 4];
        self.shelf.reset();
    }

    /// Weights the samples in place.
    pub fn process(&mut self, block: &mut [f32]) {
        match self.weighting {
            Weighting::A => self.run::<4>(block),
            Weighting::C => self.run::<2>(block),
            Weighting::Z => {}
        }
    }

    fn run<const N: usize>(&mut self, block: &mut [f32]) {
        let mut shelf = self.shelf.clone();
        let mut last_input = self.last_input;
        let mut y = self.last_outputs;
        let p: [f32; 4] = self.poles.map(|pole| pole.powers[0]);
        for sample in block.iter_mut() {
            let mut x = *sample;
            let mut before = last_input;
            last_input = x;
            for k in 0..N {
                let out = p[k] * y[k] + (x - before);
                before = y[k];
                y[k] = out;
                x = out;
            }
            *sample = shelf.step(x);
        }
        self.last_input = last_input;
        self.last_outputs = y;
        self.shelf = shelf;
    }

    /// What this filter really does at a frequency up to Nyquist, in dB.
    pub fn response_db(&self, hz: f32) -> f32 {
        let w = 2.0 * PI * f64::from(hz) / f64::from(self.rate_hz);
        let poles = &self.poles[..self.weighting.low_poles_hz().len()];
        let power = high_pass_power(poles, w) * self.shelf.power_gain(hz, self.rate_hz);
        (10.0 * libm::log10(power)) as f32
    }
}

/// |H|² of the high-pass sections at `w` radians a sample.
fn high_pass_power(poles: &[OnePole], w: f64) -> f64 {
    let cos = libm::cos(w);
    poles
        .iter()
        .map(|pole| {
            let p = f64::from(pole.powers[0]);
            2.0 * (1.0 - cos) / (1.0 - 2.0 * p * cos + p * p)
        })
        .product()
}

/// Double pole by matched z; numerator such that the whole response is exact at three frequencies.
fn fit_shelf(weighting: Weighting, poles: &[OnePole], rate: f64) -> super::biquad::Coefficients {
    let p = libm::exp(-2.0 * PI * F4 / rate);
    let fitted_hz = [1000.0, 0.3 * rate, 0.5 * rate];
    // |B|² = r0 + 2*r1*cos(w) + 2*r2*cos(2w): three equations, written as a quadratic in cos(w) and interpolated.
    let (mut c, mut v) = ([0.0; 3], [0.0; 3]);
    for k in 0..3 {
        let w = 2.0 * PI * fitted_hz[k] / rate;
        c[k] = libm::cos(w);
        let denominator = 1.0 - 2.0 * p * c[k] + p * p;
        v[k] = weighting.nominal_power(fitted_hz[k]) * denominator * denominator / high_pass_power(poles, w);
    }
    let d01 = (v[1] - v[0]) / (c[1] - c[0]);
    let d12 = (v[2] - v[1]) / (c[2] - c[1]);
    let quadratic = (d12 - d01) / (c[2] - c[0]);
    let at = |x: f64| v[0] + (x - c[0]) * (d01 + (x - c[1]) * quadratic);
    // Spectral factor of minimum phase: from |B|² at DC, Nyquist and a quarter of the rate.
    let (dc, nyquist) = (libm::sqrt(at(1.0).max(0.0)), libm::sqrt(at(-1.0).max(0.0)));
    let middle = at(0.0);
    // b0+b1+b2 = dc, b0-b1+b2 = nyquist, (b0-b2)² + b1² = middle.
    let b1 = 0.5 * (dc - nyquist);
    let sum = 0.5 * (dc + nyquist);
    let difference = libm::sqrt((middle - b1 * b1).max(0.0));
    let b = [0.5 * (sum + difference), b1, 0.5 * (sum - difference)];
    super::biquad::Coefficients { b: b.map(|b| b as f32), a: [(-2.0 * p) as f32, (p * p) as f32] }
}
