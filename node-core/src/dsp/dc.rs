//! DC removal: a one-pole high-pass for microphones and inertial sensors.
//!
//! Work: one multiply-add and one subtraction a sample.

/// First-order high-pass, `y[n] = p*y[n-1] + x[n] - x[n-1]`, with unit gain at half the sample rate once scaled
/// by `(1+p)/2`.
#[derive(Clone, Debug, PartialEq)]
pub struct DcBlocker {
    pole: f32,
    last_input: f32,
    last_output: f32,
}

impl DcBlocker {
    /// A blocker whose response is -3 dB at `corner_hz` (near 1.0 above it; exactly `2/(1+p)` at half the rate).
    pub fn new(corner_hz: f32, rate_hz: f32) -> Self {
        // Bilinear with the corner prewarped.
        let t = libm::tan(core::f64::consts::PI * f64::from(corner_hz) / f64::from(rate_hz));
        Self { pole: ((1.0 - t) / (1.0 + t)) as f32, last_input: 0.0, last_output: 0.0 }
    }

    /// Starts as if `level` had been at the input for ever: no transient from a known offset.
    pub fn settle_at(&mut self, level: f32) {
        self.last_input = level;
        self.last_output = 0.0;
    }

    pub fn step(&mut self, sample: f32) -> f32 {
        let difference = sample - self.last_input;
        self.last_input = sample;
        self.last_output = self.pole * self.last_output + difference;
        self.last_output
    }

    /// In place.
    pub fn process(&mut self, block: &mut [f32]) {
        let mut local = self.clone(); // in registers while the loop runs
        for sample in block {
            *sample = local.step(*sample);
        }
        *self = local;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn reference(p: f64, input: &[f32]) -> Vec<f64> {
        let (mut x1, mut y) = (0.0, 0.0);
        let filtered = input.iter().map(|&x| {
            let x = f64::from(x);
            y = p * y + x - x1;
            x1 = x;
            y
        });
        filtered.collect()
    }

    #[test]
    fn an_offset_decays_and_a_settled_one_never_shows() {
        let mut filter = DcBlocker::new(10.0, 16_000.0);
        let mut block = [0.25; 16_000];
        filter.process(&mut block);
        assert!(block[0] > 0.24 && block[15_999].abs() < 1e-5, "{} {}", block[0], block[15_999]);
        let mut settled = DcBlocker::new(10.0, 16_000.0);
        settled.settle_at(0.25);
        let mut block = [0.25; 100];
        settled.process(&mut block);
        assert_eq!(block, [0.0; 100]);
    }

    #[test]
    fn the_corner_is_where_it_was_asked() {
        for (corner, rate) in [(10.0, 16_000.0), (0.5, 100.0), (20.0, 48_000.0)] {
            let mut filter = DcBlocker::new(corner, rate);
            let mut tone =
                oracle::sine(f64::from(corner), f64::from(rate), 0.5, 40 * (rate / corner) as usize);
            filter.process(&mut tone);
            let tail = &tone[tone.len() / 2..];
            let gain = oracle::db(oracle::mean_square(tail.iter().map(|&x| f64::from(x))) / 0.125);
            // Unscaled, so 2/(1+p) above 0 dB at the top; -3.01 dB at the corner against that.
            let top = 20.0 * libm::log10(2.0 / (1.0 + f64::from(filter.pole)));
            assert!((gain - top + 3.0103).abs() < 0.02, "{corner} of {rate}: {gain} dB");
        }
    }

    proptest! {
        #[test]
        fn blocks_of_any_length_follow_the_f64_reference(
            seed in any::<u64>(), offset in -1.0f32..1.0, cut in 0usize..1000
        ) {
            let input: Vec<f32> = oracle::noise(seed, 1000).iter().map(|x| 0.5 * x + offset).collect();
            let mut filter = DcBlocker::new(5.0, 16_000.0);
            let exact = reference(f64::from(filter.pole), &input);
            let mut out = input.clone();
            let (head, tail) = out.split_at_mut(cut);
            filter.process(head);
            filter.process(tail);
            for (n, (&y, exact)) in out.iter().zip(exact).enumerate() {
                prop_assert!((f64::from(y) - exact).abs() < 1e-5, "{n}: {y} for {exact}");
            }
        }
    }
}
