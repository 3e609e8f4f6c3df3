//! The envelope of a carrier, for bearings: a damaged race rings the machine's resonance once a pass, and the rate of those
//! rings is in the envelope's spectrum, not in the signal's.
//!
//! Band-pass around the resonance, rectifier, low-pass with decimation. The envelope of a sine of amplitude A is 2A/π.
//!
//! Work: a sample takes two second-order sections, and 16 multiply-adds of the decimator.

use super::{
    biquad::{Cascade, Coefficients},
    decimate::Decimator,
};

/// `N` is at least [`super::decimate::taps`] of the factor.
#[derive(Clone, Debug)]
pub struct Envelope<const N: usize> {
    band: Cascade<2>,
    decimator: Decimator<N>,
}

impl<const N: usize> Envelope<N> {
    /// The band's centre and width in hertz; one output for `factor` samples. `None` if `N` is too small.
    pub fn new(centre_hz: f32, width_hz: f32, rate_hz: f32, factor: usize) -> Option<Self> {
        // One section is -3 dB where tan(width/2) = alpha (angles in radians a sample), two equal ones where it is 0.644
        // times as wide.
        let angle = 2.0 * core::f32::consts::PI / rate_hz;
        let q = libm::sinf(centre_hz * angle) / (2.0 * libm::tanf(0.5 * width_hz * angle / 0.644));
        let section = Coefficients::band_pass(centre_hz, q, rate_hz);
        Some(Self { band: Cascade::new([section; 2]), decimator: Decimator::new(factor)? })
    }

    /// Outputs of a block, as many as `out` has room for; returns how many.
    pub fn process(&mut self, block: &[f32], out: &mut [f32]) -> usize {
        let Self { band, decimator } = self;
        let kept = block.iter().filter_map(|&sample| decimator.step(band.step(sample).abs()));
        out.iter_mut().zip(kept).map(|(out, value)| *out = value).count()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use std::vec::Vec;

    #[test]
    fn a_sine_has_its_mean_and_the_band_has_its_width() {
        let level = |hz: f64| {
            let mut envelope = Envelope::<257>::new(3000.0, 400.0, 16_000.0, 16).unwrap();
            let mut out = [0.0; 500];
            assert_eq!(envelope.process(&oracle::sine(hz, 16_000.0, 0.5, 8000), &mut out), 500);
            out[100..].iter().map(|&y| f64::from(y)).sum::<f64>() / 400.0
        };
        let centre = level(3000.0);
        assert!((centre * core::f64::consts::PI - 1.0).abs() < 2e-2, "{centre}");
        for edge in [2803.3, 3203.3] {
            let db = 20.0 * libm::log10(level(edge) / centre);
            assert!((db + 3.0).abs() < 0.3, "{db} dB at {edge} Hz");
        }
    }

    #[test]
    fn the_rate_of_the_rings_comes_out_and_not_the_resonance() {
        // 3 kHz rings that die in 1 ms, 87 a second, 20 dB under a 50 Hz hum.
        let (rate, pass) = (16_000.0, 87.0);
        let signal: Vec<f32> = (0..16_000)
            .map(|n| {
                let t = f64::from(n) / rate;
                let since = t - libm::floor(t * pass) / pass;
                let ring =
                    libm::exp(-1000.0 * since) * libm::sin(2.0 * core::f64::consts::PI * 3000.0 * since);
                (0.1 * ring + libm::sin(2.0 * core::f64::consts::PI * 50.0 * t)) as f32
            })
            .collect();
        let mut out = [0.0; 1000];
        Envelope::<257>::new(3000.0, 800.0, 16_000.0, 16).unwrap().process(&signal, &mut out);
        let power = |hz: f64| {
            let w = 2.0 * core::f64::consts::PI * hz / 1000.0;
            let (re, im) = out.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, &y)| {
                (re + f64::from(y) * libm::cos(w * n as f64), im + f64::from(y) * libm::sin(w * n as f64))
            });
            re * re + im * im
        };
        for other in [50.0, 60.0, 75.0, 100.0, 120.0] {
            assert!(power(pass) > 300.0 * power(other), "{other} Hz");
        }
    }
}
