//! Numbers that tell what a window of one signal is like, without its spectrum.
//!
//! Work for N samples: [`Statistics::of`] is two passes of 6 multiply-adds a sample together; [`quantile`] reads a sorted
//! window; [`correlation`] is 3 multiply-adds a sample in a second pass; [`periodicity`] one multiply-add a sample and lag.

/// What [`Statistics`] has, in the order of its bits and of its values.
pub const STATISTICS: usize = 17;

/// Everything about a window that two passes give.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    pub mean: f32,
    /// Standard deviation (of the population).
    pub std: f32,
    pub rms: f32,
    pub min: f32,
    pub max: f32,
    /// Mean absolute deviation from the mean.
    pub mad: f32,
    /// Crossings of the mean, and of zero, a second.
    pub mean_crossings: f32,
    pub zero_crossings: f32,
    /// Mean of |dx/dt|: of an acceleration, the jerk.
    pub jerk: f32,
    pub skewness: f32,
    /// 3 for a normal distribution.
    pub kurtosis: f32,
    /// Greatest deviation from the mean over the standard deviation.
    pub crest: f32,
    /// Standard deviation of the steps from sample to sample over that of the samples.
    pub mobility: f32,
    /// Mean of the second half minus mean of the first.
    pub trend: f32,
    /// Where in the window (0 to 1) the greatest and the least value are.
    pub max_at: f32,
    pub min_at: f32,
}

impl Statistics {
    /// All zero for an empty window.
    pub fn of(signal: &[f32], rate_hz: f32) -> Self {
        let Some(&first) = signal.first() else { return Self::default() };
        let per_sample = 1.0 / signal.len() as f32;
        let mut s = Self { min: first, max: first, ..Self::default() };
        let (mut max_at, mut min_at) = (0, 0);
        let (mut sum, mut steps, mut step_squares, mut zero_crossings) = (0.0, 0.0, 0.0, 0u32);
        let mut last = first;
        for (n, &x) in signal.iter().enumerate() {
            sum += x;
            let step = x - last;
            steps += step.abs();
            step_squares += step * step;
            zero_crossings += u32::from((x < 0.0) != (last < 0.0));
            if x > s.max {
                (s.max, max_at) = (x, n);
            }
            if x < s.min {
                (s.min, min_at) = (x, n);
            }
            last = x;
        }
        s.mean = sum * per_sample;

        let (mut absolute, mut squares, mut cubes, mut fourths, mut mean_crossings) =
            (0.0, 0.0, 0.0, 0.0, 0u32);
        let mut last = first - s.mean;
        let half = signal.len() / 2;
        let (mut sum, mut first_half) = (0.0, 0.0);
        for (n, &x) in signal.iter().enumerate() {
            let d = x - s.mean;
            let square = d * d;
            absolute += d.abs();
            squares += square;
            cubes += square * d;
            fourths += square * square;
            mean_crossings += u32::from((d < 0.0) != (last < 0.0));
            last = d;
            if n == half {
                (first_half, sum) = (sum, 0.0);
            }
            sum += d;
        }
        let variance = squares * per_sample;
        s.std = libm::sqrtf(variance);
        s.rms = libm::sqrtf(variance + s.mean * s.mean);
        s.mad = absolute * per_sample;
        let intervals = signal.len().saturating_sub(1);
        if intervals > 0 {
            let per_second = rate_hz / intervals as f32;
            s.mean_crossings = mean_crossings as f32 * per_second;
            s.zero_crossings = zero_crossings as f32 * per_second;
            s.jerk = steps * per_second;
            s.max_at = max_at as f32 / intervals as f32;
            s.min_at = min_at as f32 / intervals as f32;
            s.trend = sum / (signal.len() - half) as f32 - first_half / half as f32;
        }
        // Of a constant there is no shape; rounding must not invent one.
        let scale = s.max.abs().max(s.min.abs());
        if s.std > 1e-6 * scale {
            let per_std = 1.0 / s.std;
            s.skewness = cubes * per_sample * per_std * per_std * per_std;
            s.kurtosis = fourths * per_sample * per_std * per_std * per_std * per_std;
            s.crest = (s.max - s.mean).max(s.mean - s.min) * per_std;
            s.mobility = libm::sqrtf(step_squares / intervals.max(1) as f32) * per_std;
        }
        s
    }

    pub fn values(&self) -> [f32; STATISTICS] {
        [
            self.mean,
            self.std,
            self.rms,
            self.min,
            self.max,
            self.max - self.min,
            self.mad,
            self.mean_crossings,
            self.zero_crossings,
            self.jerk,
            self.skewness,
            self.kurtosis,
            self.crest,
            self.mobility,
            self.trend,
            self.max_at,
            self.min_at,
        ]
    }
}

/// The value that `share` (0 to 1) of the samples lie under, between neighbours on a line.
pub fn quantile(sorted: &[f32], share: f32) -> f32 {
    let place = share.clamp(0.0, 1.0) * sorted.len().saturating_sub(1) as f32;
    let below = place as usize;
    let low = sorted.get(below).copied().unwrap_or_default();
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    low + (high - low) * (place - below as f32)
}

/// Pearson's correlation, 0 if either does not change.
pub fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let count = a.len().min(b.len());
    let per_sample = 1.0 / count.max(1) as f32;
    let mean = |x: &[f32]| x.iter().take(count).sum::<f32>() * per_sample;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    let product = libm::sqrtf(aa) * libm::sqrtf(bb);
    if product > 0.0 { (ab / product).clamp(-1.0, 1.0) } else { 0.0 }
}

/// The highest peak of the autocorrelation of a signal without mean between two lags: the lag (in samples, refined by a
/// parabola) and the height (1 at lag 0). Zeros if there is no peak above 0.
pub fn periodicity(centred: &[f32], first: usize, last: usize) -> (f32, f32) {
    let count = centred.len();
    let last = last.min(count.saturating_sub(2));
    let first = first.max(1);
    let energy: f32 = centred.iter().map(|x| x * x).sum();
    if first > last || energy <= 0.0 {
        return (0.0, 0.0);
    }
    let at = |lag: usize| {
        let products = centred.iter().zip(centred.iter().skip(lag)).map(|(a, b)| a * b).sum::<f32>();
        products * count as f32 / (energy * (count - lag) as f32)
    };
    let mut best = (0.0, 0.0);
    let (mut before, mut here) = (at(first - 1), at(first));
    for lag in first..=last {
        let after = at(lag + 1);
        if here >= before && here > after && here > best.1 {
            let curve = before - 2.0 * here + after;
            let offset = if curve < 0.0 { 0.5 * (before - after) / curve } else { 0.0 };
            best = (lag as f32 + offset, here);
        }
        (before, here) = (here, after);
    }
    best
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::dsp::oracle;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn close(got: f32, exact: f64, scale: f64) -> bool {
        (f64::from(got) - exact).abs() <= 2e-4 * exact.abs().max(scale)
    }

    proptest! {
        #[test]
        fn statistics_follow_f64(seed in any::<u64>(), count in 2usize..300, offset in -2.0f32..2.0) {
            let signal: Vec<f32> = oracle::noise(seed, count).iter().map(|x| x + offset).collect();
            let s = Statistics::of(&signal, 50.0);
            let x: Vec<f64> = signal.iter().map(|&x| f64::from(x)).collect();
            let n = count as f64;
            let mean = x.iter().sum::<f64>() / n;
            let moment = |p: i32| x.iter().map(|x| (x - mean).powi(p)).sum::<f64>() / n;
            let std = moment(2).sqrt();
            let steps: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
            let rate = 50.0 / (n - 1.0);
            let crossings =
                |level: f64| x.windows(2).filter(|w| (w[0] < level) != (w[1] < level)).count() as f64 * rate;
            let max = x.iter().copied().fold(f64::MIN, f64::max);
            let min = x.iter().copied().fold(f64::MAX, f64::min);
            let at = |v: f64| x.iter().position(|&x| x == v).unwrap() as f64 / (n - 1.0);
            let (low, high) = x.split_at(count / 2);
            let part = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
            prop_assert!(close(s.mean, mean, 1.0));
            prop_assert!(close(s.std, std, 0.1));
            prop_assert!(close(s.rms, oracle::mean_square(x.iter().copied()).sqrt(), 0.1));
            prop_assert!(close(s.mad, x.iter().map(|x| (x - mean).abs()).sum::<f64>() / n, 0.1));
            prop_assert!(close(s.jerk, steps.iter().map(|s| s.abs()).sum::<f64>() * rate, 1.0));
            prop_assert!(close(s.zero_crossings, crossings(0.0), 1.0));
            // A sample within rounding of the mean may be counted on either side.
            if x.iter().all(|x| (x - mean).abs() > 1e-6) {
                prop_assert!(close(s.mean_crossings, crossings(mean), 1.0));
            }
            if std > 0.05 {
                prop_assert!(close(s.skewness, moment(3) / std.powi(3), 1.0));
                prop_assert!(close(s.kurtosis, moment(4) / std.powi(4), 1.0));
                prop_assert!(close(s.crest, (max - mean).max(mean - min) / std, 1.0));
                prop_assert!(close(s.mobility, oracle::mean_square(steps.iter().copied()).sqrt() / std, 1.0));
            }
            prop_assert!(close(s.trend, part(high) - part(low), 1.0));
            prop_assert!(close(s.max_at, at(max), 1.0) && close(s.min_at, at(min), 1.0));
        }

        #[test]
        fn correlation_follows_f64(seed in any::<u64>(), mix in -1.0f32..1.0) {
            let (a, b) = (oracle::noise(seed, 200), oracle::noise(!seed, 200));
            let b: Vec<f32> = a.iter().zip(&b).map(|(a, b)| mix * a + b + 3.0).collect();
            let mean = |x: &[f32]| x.iter().map(|&x| f64::from(x)).sum::<f64>() / 200.0;
            let sum = |x: &[f32], y: &[f32]| {
                x.iter().zip(y).map(|(&p, &q)| (f64::from(p) - mean(x)) * (f64::from(q) - mean(y))).sum::<f64>()
            };
            let exact = sum(&a, &b) / (sum(&a, &a) * sum(&b, &b)).sqrt();
            prop_assert!((f64::from(correlation(&a, &b)) - exact).abs() < 1e-4);
        }

        #[test]
        fn anything_is_taken(signal in prop::collection::vec(any::<f32>(), 0..60), lag in 0usize..80) {
            let _ = Statistics::of(&signal, 50.0);
            let _ = (correlation(&signal, &signal), periodicity(&signal, lag, 2 * lag), quantile(&signal, 0.3));
        }
    }

    #[test]
    fn a_constant_has_no_shape() {
        let s = Statistics::of(&[0.7; 100], 50.0);
        assert!((s.mean - 0.7).abs() < 1e-6 && s.std < 1e-6);
        assert_eq!((s.skewness, s.kurtosis, s.crest, s.mobility, s.jerk), (0.0, 0.0, 0.0, 0.0, 0.0));
        assert_eq!(Statistics::of(&[], 50.0), Statistics::default());
        assert_eq!(correlation(&[1.0; 9], &[1.0; 9]), 0.0);
        assert_eq!(periodicity(&[0.0; 50], 2, 20), (0.0, 0.0));
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!([0.0, 0.25, 0.375, 1.0].map(|q| quantile(&sorted, q)), [1.0, 2.0, 3.0, 16.0]);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }

    #[test]
    fn the_period_of_a_sine_is_found() {
        let sine = oracle::sine(2.3, 50.0, 1.0, 250);
        let (lag, height) = periodicity(&sine, 10, 40);
        assert!((50.0 / lag - 2.3).abs() < 0.02 && height > 0.95, "{lag} {height}");
    }
}
