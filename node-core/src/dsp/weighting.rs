//! IEC 61672-1 frequency weightings A, C and Z.
//!
//! All poles of the weightings are real, so the filter is a chain of first-order sections, which keep their precision in f32
//! where a biquad with a double pole at 20.6 Hz does not:
//! - the low poles (A: 20.6 twice, 107.7, 737.9 Hz; C: 20.6 twice) by matched z, each with a zero at 0 Hz;
//! - the double pole at 12.2 kHz lies beyond Nyquist at 16 kHz, where the bilinear transform alone is wrong by 6 dB at 6.3 kHz. In
//!   its place stand two real poles chosen per rate and three numerator taps solved at construction, such that the *whole*
//!   response is exact at three frequencies. At 16 kHz that leaves 0.03 dB up to Nyquist, 8 kHz included.
//!
//! Recursions wait for themselves. Here every section works on what the section before it gave one sample ago, so within a
//! sample none waits for another: an out-of-order core and an in-order FPU both keep busy. The price is a delay of
//! [`WeightingFilter::lag`] samples, 0.4 ms at 16 kHz, which no level can see.
//!
//! Work per sample: A is 9 multiply-adds and 4 subtractions, C 7 and 2; in second-order sections' worth of work that is at most
//! 3 and 2 ([`Weighting::sections`]).

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
    /// Only the weighting's own number is in use.
    low: [f32; 4],
    high: [f32; 2],
    taps: [f32; 3],
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct State {
    input: f32,
    /// Outputs of the low sections, and by how much each changed with the last sample.
    low: [f32; 4],
    change: [f32; 4],
    /// What went into the taps before, newest first, and what came out of them.
    tapped: [f32; 2],
    taps_out: f32,
    high: [f32; 2],
}

impl WeightingFilter {
    /// For sample rates from 8 to 48 kHz; the tests say how well.
    pub fn new(weighting: Weighting, rate_hz: f32) -> Self {
        let rate = f64::from(rate_hz);
        let mut low = [0.0; 4];
        for (pole, &hz) in low.iter_mut().zip(weighting.low_poles_hz()) {
            *pole = libm::exp(-2.0 * PI * hz / rate) as f32;
        }
        let (high, taps) = match weighting {
            Weighting::Z => ([0.0; 2], [1.0, 0.0, 0.0]),
            _ => fit_high_end(weighting, &low[..weighting.low_poles_hz().len()], rate),
        };
        Self { weighting, rate_hz, low, high, taps, state: State::default() }
    }

    /// By how many samples the output is late.
    pub fn lag(&self) -> usize {
        match self.weighting {
            Weighting::Z => 0,
            _ => self.weighting.low_poles_hz().len() + 2,
        }
    }

    pub fn weighting(&self) -> Weighting {
        self.weighting
    }

    pub fn reset(&mut self) {
        self.state = State::default();
    }

    /// Weights the samples in place.
    pub fn process(&mut self, block: &mut [f32]) {
        match self.weighting {
            Weighting::A => self.run::<4>(block),
            Weighting::C => self.run::<2>(block),
            Weighting::Z => {}
        }
    }

    fn run<const LOW: usize>(&mut self, block: &mut [f32]) {
        // Copies whose address nobody else has stay in registers.
        let (mut state, low, high) = (self.state, self.low, self.high);
        let [b0, b1, b2] = self.taps;
        for sample in block {
            // From the end to the front, so that each section still sees the last sample's output of the one before.
            state.high[1] = high[1] * state.high[1] + state.high[0];
            state.high[0] = high[0] * state.high[0] + state.taps_out;
            let [x1, x2] = state.tapped;
            let x0 = state.low[LOW - 1];
            state.taps_out = b0 * x0 + (b1 * x1 + b2 * x2);
            state.tapped = [x0, x1];
            for k in (1..LOW).rev() {
                let out = low[k] * state.low[k] + state.change[k - 1];
                state.change[k] = out - state.low[k];
                state.low[k] = out;
            }
            let out = low[0] * state.low[0] + (*sample - state.input);
            state.change[0] = out - state.low[0];
            state.low[0] = out;
            state.input = *sample;
            *sample = state.high[1];
        }
        self.state = state;
    }

    /// What this filter really does at a frequency up to Nyquist, in dB.
    pub fn response_db(&self, hz: f32) -> f32 {
        let w = 2.0 * PI * f64::from(hz) / f64::from(self.rate_hz);
        let low = &self.low[..self.weighting.low_poles_hz().len()];
        let [b0, b1, b2] = self.taps.map(f64::from);
        let re = b0 + b1 * libm::cos(w) + b2 * libm::cos(2.0 * w);
        let im = b1 * libm::sin(w) + b2 * libm::sin(2.0 * w);
        let power = low_end_power(low, w) * (re * re + im * im) / pole_power(&self.high, w);
        (10.0 * libm::log10(power)) as f32
    }
}

/// |1 - p/z|² of all `poles` at `w` radians a sample: what they divide the power by.
fn pole_power(poles: &[f32], w: f64) -> f64 {
    let power = |&pole: &f32| {
        let p = f64::from(pole);
        1.0 - 2.0 * p * libm::cos(w) + p * p
    };
    poles.iter().map(power).product()
}

/// |H|² of the low sections, a zero at 0 Hz for each pole.
fn low_end_power(poles: &[f32], w: f64) -> f64 {
    let zero = 2.0 * (1.0 - libm::cos(w));
    poles.iter().map(|_| zero).product::<f64>() / pole_power(poles, w)
}

/// For rates up to the first figure: two poles and where, as a share of the rate, the response is fitted besides at 500 Hz.
/// Found by a search for the smallest deviation from 20 Hz to the lesser of Nyquist and 8 kHz.
const HIGH_END: [(f64, [f64; 2], [f64; 2]); 4] = [
    (12_000.0, [-0.75, -0.15], [0.30, 0.45]),
    (24_000.0, [-0.70, -0.05], [0.35, 0.45]),
    (38_000.0, [-0.30, 0.15], [0.25, 0.45]),
    (f64::INFINITY, [-0.20, 0.30], [0.30, 0.45]),
];

/// Poles, and taps such that the whole response is exact at three frequencies.
fn fit_high_end(weighting: Weighting, low: &[f32], rate: f64) -> ([f32; 2], [f32; 3]) {
    let [.., last] = HIGH_END;
    let (_, poles, shares) = HIGH_END.into_iter().find(|row| rate <= row.0).unwrap_or(last);
    let poles = poles.map(|pole| pole as f32);
    let fitted_hz = [500.0, shares[0] * rate, shares[1] * rate];
    // The taps' |B|² is a quadratic in cos(w): interpolated through three points.
    let (mut c, mut v) = ([0.0; 3], [0.0; 3]);
    for k in 0..3 {
        let w = 2.0 * PI * fitted_hz[k] / rate;
        c[k] = libm::cos(w);
        v[k] = weighting.nominal_power(fitted_hz[k]) * pole_power(&poles, w) / low_end_power(low, w);
    }
    let d01 = (v[1] - v[0]) / (c[1] - c[0]);
    let d12 = (v[2] - v[1]) / (c[2] - c[1]);
    let d012 = (d12 - d01) / (c[2] - c[0]);
    let at = |x: f64| v[0] + (x - c[0]) * (d01 + (x - c[1]) * d012);
    // Taps of minimum phase with that power: at 0 Hz b0+b1+b2, at Nyquist b0-b1+b2, between them (b0-b2)² + b1².
    let (dc, nyquist) = (libm::sqrt(at(1.0).max(0.0)), libm::sqrt(at(-1.0).max(0.0)));
    let (b1, sum) = (0.5 * (dc - nyquist), 0.5 * (dc + nyquist));
    let difference = libm::sqrt((at(0.0) - b1 * b1).max(0.0));
    (poles, [0.5 * (sum + difference), b1, 0.5 * (sum - difference)].map(|b| b as f32))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use std::vec::Vec;

    /// IEC 61672-1:2013, table 3: nominal frequency (Hz), A and C (dB), class 1 acceptance limits (dB) up and down.
    const TABLE: [(f32, f32, f32, f32, f32); 27] = [
        (20.0, -50.5, -6.2, 2.0, -2.0),
        (25.0, -44.7, -4.4, 2.0, -1.5),
        (31.5, -39.4, -3.0, 1.5, -1.5),
        (40.0, -34.6, -2.0, 1.0, -1.0),
        (50.0, -30.2, -1.3, 1.0, -1.0),
        (63.0, -26.2, -0.8, 1.0, -1.0),
        (80.0, -22.5, -0.5, 1.0, -1.0),
        (100.0, -19.1, -0.3, 1.0, -1.0),
        (125.0, -16.1, -0.2, 1.0, -1.0),
        (160.0, -13.4, -0.1, 1.0, -1.0),
        (200.0, -10.9, 0.0, 1.0, -1.0),
        (250.0, -8.6, 0.0, 1.0, -1.0),
        (315.0, -6.6, 0.0, 1.0, -1.0),
        (400.0, -4.8, 0.0, 1.0, -1.0),
        (500.0, -3.2, 0.0, 1.0, -1.0),
        (630.0, -1.9, 0.0, 1.0, -1.0),
        (800.0, -0.8, 0.0, 1.0, -1.0),
        (1000.0, 0.0, 0.0, 0.7, -0.7),
        (1250.0, 0.6, 0.0, 1.0, -1.0),
        (1600.0, 1.0, -0.1, 1.0, -1.0),
        (2000.0, 1.2, -0.2, 1.0, -1.0),
        (2500.0, 1.3, -0.3, 1.0, -1.0),
        (3150.0, 1.2, -0.5, 1.0, -1.0),
        (4000.0, 1.0, -0.8, 1.0, -1.0),
        (5000.0, 0.5, -1.3, 1.5, -1.5),
        (6300.0, -0.1, -2.0, 1.5, -2.0),
        (8000.0, -1.1, -3.0, 1.5, -2.5),
    ];

    /// The standard defines the weightings at exact frequencies, 1000 * 10^(n/10).
    fn exact_hz(row: usize) -> f32 {
        libm::exp10((row as f64 + 13.0) / 10.0) as f32
    }

    fn wanted(weighting: Weighting, row: usize) -> f32 {
        match weighting {
            Weighting::A => TABLE[row].1,
            Weighting::C => TABLE[row].2,
            Weighting::Z => 0.0,
        }
    }

    #[test]
    fn annex_e_gives_the_table() {
        for (row, &(nominal, ..)) in TABLE.iter().enumerate() {
            assert!((exact_hz(row) / nominal - 1.0).abs() < 0.02, "{} is not {nominal}", exact_hz(row));
            for weighting in [Weighting::A, Weighting::C, Weighting::Z] {
                let goal = weighting.nominal_db(exact_hz(row));
                assert!((goal - wanted(weighting, row)).abs() <= 0.0501, "{weighting:?} {nominal}: {goal}");
            }
        }
    }

    /// The largest deviation from the table over `rows`, and whether all are within class 1.
    fn against_table(weighting: Weighting, rate: f32, rows: core::ops::Range<usize>) -> (f32, bool) {
        let filter = WeightingFilter::new(weighting, rate);
        rows.fold((0.0, true), |(largest, fits), row| {
            let error = filter.response_db(exact_hz(row)) - wanted(weighting, row);
            let (.., up, down) = TABLE[row];
            (f32::max(largest, error.abs()), fits && error <= up && error >= down)
        })
    }

    #[test]
    fn class_1_from_20_hz_to_6300_hz_at_16_khz() {
        for weighting in [Weighting::A, Weighting::C, Weighting::Z] {
            let (largest, fits) = against_table(weighting, 16_000.0, 0..26);
            assert!(fits && largest < 0.07, "{weighting:?}: {largest} dB");
            // And against the formula, which the table rounds: what the module's docs say, 8 kHz included.
            let filter = WeightingFilter::new(weighting, 16_000.0);
            for hz in (0..TABLE.len()).map(exact_hz) {
                let error = filter.response_db(hz) - weighting.nominal_db(hz);
                assert!(error.abs() < 0.03, "{weighting:?} {hz}: {error} dB");
            }
        }
    }

    #[test]
    fn the_8_khz_response_is_reported() {
        // At 16 kHz this is Nyquist, where a bilinear design has a zero. What the microphone's decimation filter leaves
        // there is another matter.
        for weighting in [Weighting::A, Weighting::C] {
            let at_8k = WeightingFilter::new(weighting, 16_000.0).response_db(8000.0);
            std::println!(
                "{weighting:?} at 8 kHz of a 16 kHz rate: {at_8k} dB for {}",
                wanted(weighting, 26)
            );
            assert!((at_8k - weighting.nominal_db(8000.0)).abs() < 0.05, "{weighting:?}: {at_8k}");
        }
    }

    #[test]
    fn other_rates_are_class_1_up_to_8_khz_or_their_nyquist() {
        for (rate, rows) in [(8000.0, 0..24), (32_000.0, 0..27), (44_100.0, 0..27), (48_000.0, 0..27)] {
            for weighting in [Weighting::A, Weighting::C] {
                let (largest, fits) = against_table(weighting, rate, rows.clone());
                assert!(fits && largest < 0.2, "{weighting:?} at {rate}: {largest} dB");
            }
        }
    }

    #[test]
    fn tones_through_the_filter_read_what_the_response_says() {
        for weighting in [Weighting::A, Weighting::C, Weighting::Z] {
            for hz in [31.25, 100.0, 1000.0, 3150.0, 6300.0] {
                let mut filter = WeightingFilter::new(weighting, 16_000.0);
                let mut tone = oracle::sine(hz, 16_000.0, 1.0, 48_000);
                tone.chunks_mut(500).for_each(|block| filter.process(block));
                let read =
                    oracle::db(2.0 * oracle::mean_square(tone[16_000..].iter().map(|&x| f64::from(x))));
                let says = f64::from(filter.response_db(hz as f32));
                assert!((read - says).abs() < 0.01, "{weighting:?} {hz}: {read} for {says}");
            }
        }
    }

    /// The same sections in f64.
    fn reference(filter: &WeightingFilter, input: &[f32]) -> Vec<f64> {
        let signal = input.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let low = &filter.low[..filter.weighting.low_poles_hz().len()];
        let pole = |&pole: &f32| [-f64::from(pole), 0.0];
        let signal = low.iter().fold(signal, |s, p| oracle::biquad([1.0, -1.0, 0.0], pole(p), &s));
        let signal = oracle::biquad(filter.taps.map(f64::from), [0.0; 2], &signal);
        filter.high.iter().fold(signal, |s, p| oracle::biquad([1.0, 0.0, 0.0], pole(p), &s))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn f32_follows_the_f64_reference(seed in any::<u64>(), offset in -0.5f32..0.5, cut in 0usize..8000) {
            // An offset of half of full scale under the noise: 100 dB below, nothing of it may be left as error.
            let input: Vec<f32> = oracle::noise(seed, 8000).iter().map(|x| 0.05 * x + offset).collect();
            for weighting in [Weighting::A, Weighting::C] {
                let mut filter = WeightingFilter::new(weighting, 16_000.0);
                let exact = reference(&filter, &input);
                let mut out = input.clone();
                let (head, tail) = out.split_at_mut(cut);
                filter.process(head);
                filter.process(tail);
                let error = oracle::mean_square(out[filter.lag()..].iter().zip(&exact).map(|(&y, e)| f64::from(y) - e));
                prop_assert!(oracle::db(2.0 * error) < -115.0, "{} dBFS", oracle::db(2.0 * error));
            }
        }
    }

    #[test]
    fn the_level_of_noise_far_below_an_offset_is_right() {
        // -90 dBFS noise on an offset: the f32 noise of the filter itself must stay well below.
        let noise = oracle::noise(3, 64_000);
        let weigh = |input: Vec<f32>| {
            let mut filter = WeightingFilter::new(Weighting::A, 16_000.0);
            let mut out = input;
            filter.process(&mut out);
            oracle::db(oracle::mean_square(out[32_000..].iter().map(|&x| f64::from(x))))
        };
        let alone = weigh(noise.iter().map(|x| 3e-5 * x).collect());
        let on_offset = weigh(noise.iter().map(|x| 3e-5 * x + 0.01).collect());
        assert!((alone - on_offset).abs() < 0.05, "{alone} and {on_offset} dB");
    }

    #[test]
    fn reset_forgets() {
        let mut filter = WeightingFilter::new(Weighting::A, 16_000.0);
        let fresh = filter.clone();
        filter.process(&mut [0.5; 10]);
        assert_ne!(filter, fresh);
        filter.reset();
        assert_eq!(filter, fresh);
    }
}
