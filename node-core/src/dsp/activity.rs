//! How much something moves: activity of a window, and the rhythm of its steps.
//!
//! Work: [`Activity::push`] is 2 adds and a multiply-add a sample (the magnitude itself: 3 multiply-adds and a square
//! root); [`rhythm`] is [`rhythm_multiply_adds`] multiply-adds a window.

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

/// Multiply-adds of [`rhythm`] over a window.
pub fn rhythm_multiply_adds(samples: usize, rate_hz: f32) -> usize {
    let (first, last) = lags(rate_hz);
    samples + (first..=last).map(|lag| samples.saturating_sub(lag)).sum::<usize>()
}

/// Dominant step frequency of a window of magnitudes (g) by normalised autocorrelation; `scratch` holds as many values.
/// `None` if the window is shorter than two of the slowest steps, still (standard deviation under 0.02 g), or without a
/// rhythm (regularity under 0.3).
pub fn rhythm(magnitudes: &[f32], rate_hz: f32, scratch: &mut [f32]) -> Option<Rhythm> {
    const STILL_G: f32 = 0.02;
    const IRREGULAR: f32 = 0.3;
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
