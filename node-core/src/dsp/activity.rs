//! How much something moves: activity of a window, and the rhythm of its steps.
//!
//! Work: [`Activity::push`] is 2 adds and a multiply-add a sample (the magnitude itself: 3 multiply-adds and a square
//! root); [`rhythm`] is [`rhythm_work`] a window.

/// Length of an acceleration vector in g.
pub fn magnitude([x, y, z]: [f32; 3]) -> f32 {
    libm::sqrtf(x * x + y * y + z * z)
}

/// Accumulates a window of magnitudes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activity {
    samples: u32,
    absolute: f32,
    // Of magnitude - 1 g: small numbers, so that the variance does not cancel.
    sum: f32,
    squares: f32,
}

/// What a window was like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ActivityLevel {
    /// Mean of |‖a‖ - 1 g|, g.
    pub deviation_g: f32,
    /// Standard deviation of ‖a‖, g. Free of the sensor's scale and offset error to first order.
    pub std_g: f32,
    /// Mean of ‖a‖, g.
    pub mean_g: f32,
    pub samples: u32,
}

impl Activity {
    pub const fn new() -> Self {
        Self { samples: 0, absolute: 0.0, sum: 0.0, squares: 0.0 }
    }

    /// ‖a‖ in g.
    #[inline]
    pub fn push(&mut self, magnitude_g: f32) {
        let deviation = magnitude_g - 1.0;
        self.samples += 1;
        self.absolute += deviation.abs();
        self.sum += deviation;
        self.squares += deviation * deviation;
    }

    /// The window so far, and starts the next. All zero if nothing was pushed.
    pub fn take(&mut self) -> ActivityLevel {
        let Self { samples, absolute, sum, squares } = core::mem::take(self);
        if samples == 0 {
            return ActivityLevel::default();
        }
        let per_sample = 1.0 / samples as f32;
        let mean = sum * per_sample;
        let variance = (squares * per_sample - mean * mean).max(0.0);
        ActivityLevel {
            deviation_g: absolute * per_sample,
            std_g: libm::sqrtf(variance),
            mean_g: 1.0 + mean,
            samples,
        }
    }
}

/// Slowest and fastest step that [`rhythm`] looks for, Hz.
pub const STEP_HZ: (f32, f32) = (1.2, 4.0);

/// Steps a second from which walking is called running (walking 1.4 to 2.3, running 2.3 to 3.6).
pub const RUN_FROM_HZ: f32 = 2.3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gait {
    Walk,
    Run,
}

/// A periodic motion found in a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rhythm {
    pub hz: f32,
    /// Normalised autocorrelation at that period, 0 to 1: how regular.
    pub regularity: f32,
}

impl Rhythm {
    pub fn gait(&self) -> Gait {
        if self.hz < RUN_FROM_HZ { Gait::Walk } else { Gait::Run }
    }
}

/// Lags that the search covers at a rate, one beyond either end.
fn lags(rate_hz: f32) -> (usize, usize) {
    (((rate_hz / STEP_HZ.1) as usize).max(2) - 1, (rate_hz / STEP_HZ.0) as usize + 2)
}

/// Lags and multiply-adds of [`rhythm`] over a window; taking the mean out counts as two more a sample.
pub fn rhythm_work(samples: usize, rate_hz: f32) -> (usize, usize) {
    let (first, last) = lags(rate_hz);
    let multiply_adds = (first..=last).map(|lag| samples.saturating_sub(lag)).sum::<usize>();
    (last - first + 2, 3 * samples + multiply_adds)
}

/// Dominant step frequency of a window of magnitudes (g) by normalised autocorrelation; `scratch` holds as many values.
/// `None` if the window is shorter than two of the slowest steps, still (standard deviation under 0.02 g), or without a
/// rhythm (regularity under 0.25).
pub fn rhythm(magnitudes: &[f32], rate_hz: f32, scratch: &mut [f32]) -> Option<Rhythm> {
    const STILL_G: f32 = 0.02;
    const IRREGULAR: f32 = 0.25;
    let (first, last) = lags(rate_hz);
    let count = magnitudes.len();
    if count < 2 * last || scratch.len() < count {
        return None;
    }
    let centred = &mut scratch[..count];
    let mean = magnitudes.iter().sum::<f32>() / count as f32;
    for (out, value) in centred.iter_mut().zip(magnitudes) {
        *out = value - mean;
    }
    let energy = dot(centred, centred);
    if energy < STILL_G * STILL_G * count as f32 {
        return None;
    }
    let per_energy = count as f32 / energy;
    // Unbiased: each lag by its own number of products.
    let at = |lag: usize| dot(&centred[lag..], &centred[..count - lag]) * per_energy / (count - lag) as f32;

    let mut best: Option<(f32, f32)> = None;
    let (mut before, mut here) = (at(first), at(first + 1));
    for lag in first + 1..last {
        let after = at(lag + 1);
        if here >= before && here > after {
            // The first peak wins unless a later one is clearly higher: two steps correlate as well as one.
            if here > IRREGULAR && best.is_none_or(|(_, height)| here > height * 1.25) {
                let curve = before - 2.0 * here + after;
                let offset = if curve < 0.0 { 0.5 * (before - after) / curve } else { 0.0 };
                best = Some((lag as f32 + offset, here));
            }
        }
        (before, here) = (here, after);
    }
    best.map(|(lag, height)| Rhythm { hz: rate_hz / lag, regularity: height.min(1.0) })
}

/// In a fixed order with 8 partial sums.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (groups_a, rest_a) = a.as_chunks::<8>();
    let (groups_b, rest_b) = b.as_chunks::<8>();
    let mut partial = [0.0f32; 8];
    for (a, b) in groups_a.iter().zip(groups_b) {
        for ((sum, a), b) in partial.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    partial.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use std::{vec, vec::Vec};

    /// A walk as the wrist feels it: the step, its second harmonic, a weak half (left and right differ), noise.
    fn walk(step_hz: f32, rate_hz: f32, samples: usize, swing_g: f32) -> Vec<f32> {
        let noise = oracle::noise(5, samples);
        let wave = |hz: f32, n: usize| {
            libm::sin(2.0 * core::f64::consts::PI * f64::from(hz / rate_hz) * n as f64) as f32
        };
        (0..samples)
            .map(|n| {
                let swing = wave(step_hz, n) + 0.4 * wave(2.0 * step_hz, n) + 0.25 * wave(0.5 * step_hz, n);
                1.0 + swing_g * swing + 0.02 * noise[n]
            })
            .collect()
    }

    #[test]
    fn the_step_and_not_its_harmonic_or_half_is_found() {
        let mut scratch = [0.0; 400];
        for rate in [50.0, 100.0] {
            for tenths in 14..=36 {
                let hz = tenths as f32 * 0.1;
                let samples = walk(hz, rate, (4.0 * rate) as usize, 0.25);
                let found = rhythm(&samples, rate, &mut scratch);
                assert!(found.is_some_and(|r| (r.hz / hz - 1.0).abs() < 0.03), "{hz} at {rate}: {found:?}");
                let gait = found.map(|r| r.gait());
                if !(22..=24).contains(&tenths) {
                    assert_eq!(gait, Some(if hz < 2.3 { Gait::Walk } else { Gait::Run }), "{hz}");
                }
            }
        }
    }

    #[test]
    fn stillness_noise_and_short_windows_have_no_rhythm() {
        let mut scratch = [0.0; 400];
        assert_eq!(rhythm(&[1.0; 400], 100.0, &mut scratch), None);
        for seed in 1..50 {
            let noise: Vec<f32> = oracle::noise(seed, 400).iter().map(|x| 1.0 + 0.5 * x).collect();
            assert_eq!(rhythm(&noise, 100.0, &mut scratch), None, "seed {seed}");
        }
        assert_eq!(rhythm(&walk(2.0, 100.0, 120, 0.3), 100.0, &mut scratch), None);
        assert_eq!(rhythm(&walk(2.0, 100.0, 400, 0.3), 100.0, &mut [0.0; 100]), None);
        // Lags 24 to 85, and the energy as lag 0.
        assert_eq!(rhythm_work(400, 100.0), (63, 1_200 + (24..=85).map(|lag| 400 - lag).sum::<usize>()));
    }

    #[test]
    fn still_reads_nothing_and_an_empty_window_is_zero() {
        let mut activity = Activity::new();
        assert_eq!(activity.take(), ActivityLevel::default());
        (0..100).for_each(|_| activity.push(magnitude([0.6, 0.0, 0.8])));
        let level = activity.take();
        assert!(level.deviation_g < 1e-6 && level.std_g < 1e-3 && level.samples == 100, "{level:?}");
        assert_eq!(activity, Activity::new());
    }

    proptest! {
        #[test]
        fn activity_follows_f64(seed in any::<u64>(), offset in 0.5f32..2.0, swing in 0.01f32..1.0) {
            let values: Vec<f32> = oracle::noise(seed, 500).iter().map(|x| offset + swing * x).collect();
            let mut activity = Activity::new();
            values.iter().for_each(|&m| activity.push(m));
            let level = activity.take();
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let mean = values.iter().sum::<f64>() / 500.0;
            let std = libm::sqrt(oracle::mean_square(values.iter().map(|v| v - mean)));
            let deviation = values.iter().map(|v| (v - 1.0).abs()).sum::<f64>() / 500.0;
            prop_assert!((f64::from(level.mean_g) - mean).abs() < 1e-5);
            prop_assert!((f64::from(level.std_g) - std).abs() < 1e-3 * std + 1e-4);
            prop_assert!((f64::from(level.deviation_g) - deviation).abs() < 1e-5);
        }

        #[test]
        fn rhythm_takes_anything(values in prop::collection::vec(any::<f32>(), 0..400), rate in 1.0f32..500.0) {
            let mut scratch = vec![0.0; values.len()];
            if let Some(found) = rhythm(&values, rate, &mut scratch) {
                prop_assert!(found.hz > 0.0 && found.regularity <= 1.0);
            }
        }
    }
}
