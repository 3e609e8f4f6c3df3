//! Levels: mean squares to decibels, energy averages, exponential time weighting, percentiles.
//!
//! 0 dBFS is the RMS of a full-scale sine (AES17), so with samples of ±1.0 a level is `10*log10(2 * mean square)`.
//!
//! Work: squares are one multiply-add a sample; the time weightings run once per [`SUBBLOCK`] samples; one logarithm per
//! level asked for.

/// Level that stands for "no energy at all", in dBFS. Far below any microphone.
pub const SILENCE_DBFS: f32 = -200.0;

/// Samples that the time weightings take as one: 1 ms at 16 kHz. Against a sample-by-sample detector the fast maximum
/// differs by less than 0.04 dB (half a sub-block of decay), for a sixteenth of the recursion.
pub const SUBBLOCK: usize = 16;

/// Energy (mean square, power) to decibels; [`SILENCE_DBFS`] for nothing.
pub fn to_db(power: f32) -> f32 {
    if power > 1e-20 { 10.0 * libm::log10f(power) } else { SILENCE_DBFS }
}

/// Mean square of ±1.0 samples to dBFS.
pub fn dbfs(mean_square: f32) -> f32 {
    to_db(2.0 * mean_square)
}

/// Decibels to power.
pub fn from_db(db: f32) -> f32 {
    libm::exp10f(0.1 * db)
}

/// Sum of squares, in a fixed order with enough parallel partial sums for a vector unit.
pub fn sum_of_squares(block: &[f32]) -> f32 {
    let (groups, rest) = block.as_chunks::<SUBBLOCK>();
    let mut partial = [0.0f32; SUBBLOCK];
    for group in groups {
        for (sum, sample) in partial.iter_mut().zip(group) {
            *sum += sample * sample;
        }
    }
    partial.iter().sum::<f32>() + rest.iter().map(|s| s * s).sum::<f32>()
}

pub fn mean_square(block: &[f32]) -> f32 {
    if block.is_empty() { 0.0 } else { sum_of_squares(block) / block.len() as f32 }
}

pub fn rms(block: &[f32]) -> f32 {
    libm::sqrtf(mean_square(block))
}

/// Equivalent continuous level: the energy average over any number of blocks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Leq {
    // f64 once per block: a day of 16 kHz energy does not fit the 24 bits of an f32.
    energy: f64,
    samples: u64,
}

impl Leq {
    pub const fn new() -> Self {
        Self { energy: 0.0, samples: 0 }
    }
    pub fn add(&mut self, sum_of_squares: f32, samples: usize) {
        self.energy += f64::from(sum_of_squares);
        self.samples += samples as u64;
    }
    pub fn merge(&mut self, other: &Self) {
        self.energy += other.energy;
        self.samples += other.samples;
    }
    pub fn samples(&self) -> u64 {
        self.samples
    }
    /// Zero if nothing was added.
    pub fn mean_square(&self) -> f32 {
        if self.samples == 0 { 0.0 } else { (self.energy / self.samples as f64) as f32 }
    }
    pub fn dbfs(&self) -> f32 {
        dbfs(self.mean_square())
    }
    /// The average so far; starts anew.
    pub fn take(&mut self) -> Self {
        core::mem::take(self)
    }
}

/// Exponential average of squared samples, stepped once per sub-block.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeWeighting {
    keep: f32,
    gain_of_sum: f32,
    value: f32,
    max: f32,
}

impl TimeWeighting {
    /// Time constants of IEC 61672-1:2013, 5.8: F 125 ms, S 1 s.
    pub const FAST_S: f32 = 0.125;
    pub const SLOW_S: f32 = 1.0;

    pub fn new(time_constant_s: f32, rate_hz: f32) -> Self {
        let keep = libm::exp(-(SUBBLOCK as f64) / (f64::from(time_constant_s) * f64::from(rate_hz)));
        Self { keep: keep as f32, gain_of_sum: ((1.0 - keep) / SUBBLOCK as f64) as f32, value: 0.0, max: 0.0 }
    }
    pub fn fast(rate_hz: f32) -> Self {
        Self::new(Self::FAST_S, rate_hz)
    }
    pub fn slow(rate_hz: f32) -> Self {
        Self::new(Self::SLOW_S, rate_hz)
    }
    /// The sum of squares of the next [`SUBBLOCK`] samples.
    #[inline]
    pub fn step(&mut self, sum_of_squares: f32) {
        self.value = self.keep * self.value + self.gain_of_sum * sum_of_squares;
        self.max = if self.value > self.max { self.value } else { self.max };
    }
    /// Time-weighted mean square now.
    pub fn mean_square(&self) -> f32 {
        self.value
    }
    /// Largest since the last [`TimeWeighting::take_max`].
    pub fn max_mean_square(&self) -> f32 {
        self.max
    }
    pub fn take_max(&mut self) -> f32 {
        core::mem::replace(&mut self.max, self.value)
    }
    pub fn reset(&mut self) {
        (self.value, self.max) = (0.0, 0.0);
    }
}

/// What a sound level meter keeps: Leq, fast with maximum, and slow, in one pass over (weighted) samples.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundLevel {
    pub fast: TimeWeighting,
    pub slow: TimeWeighting,
    pub leq: Leq,
    // Samples of a sub-block that the last call left incomplete.
    pending_sum: f32,
    pending: usize,
}

impl SoundLevel {
    pub fn new(rate_hz: f32) -> Self {
        Self {
            fast: TimeWeighting::fast(rate_hz),
            slow: TimeWeighting::slow(rate_hz),
            leq: Leq::new(),
            pending_sum: 0.0,
            pending: 0,
        }
    }

    /// Any number of samples, ±1.0 full scale; returns their mean square. The time weightings lag by up to one sub-block
    /// where blocks are not a multiple of it.
    pub fn process(&mut self, block: &[f32]) -> f32 {
        let mut total = 0.0;
        let mut rest = block;
        if self.pending > 0 {
            let (head, tail) = block.split_at((SUBBLOCK - self.pending).min(block.len()));
            let sum = sum_of_squares(head);
            total += sum;
            self.pending_sum += sum;
            self.pending += head.len();
            rest = tail;
            if self.pending < SUBBLOCK {
                self.leq.add(total, block.len());
                return if block.is_empty() { 0.0 } else { total / block.len() as f32 };
            }
            self.fast.step(self.pending_sum);
            self.slow.step(self.pending_sum);
            (self.pending_sum, self.pending) = (0.0, 0);
        }
        let (groups, tail) = rest.as_chunks::<SUBBLOCK>();
        for group in groups {
            let sum = subblock_sum(group);
            total += sum;
            self.fast.step(sum);
            self.slow.step(sum);
        }
        let sum = sum_of_squares(tail);
        (self.pending_sum, self.pending) = (sum, tail.len());
        total += sum;
        self.leq.add(total, block.len());
        if block.is_empty() { 0.0 } else { total / block.len() as f32 }
    }
}

/// Pairwise, so that four lanes stay busy and the order is fixed.
#[inline]
fn subblock_sum(group: &[f32; SUBBLOCK]) -> f32 {
    let mut lanes = [0.0f32; 4];
    for quad in group.as_chunks::<4>().0 {
        for (lane, sample) in lanes.iter_mut().zip(quad) {
            *lane += sample * sample;
        }
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
}

/// Distribution of levels in `CLASSES` classes of equal width: L10, L50, L90 in bounded memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Percentiles<const CLASSES: usize> {
    floor_db: f32,
    classes_per_db: f32,
    counts: [u32; CLASSES],
    total: u32,
}

impl<const CLASSES: usize> Percentiles<CLASSES> {
    /// Classes of `width_db` from `floor_db` up; levels beyond either end count in the end class.
    pub fn new(floor_db: f32, width_db: f32) -> Self {
        Self { floor_db, classes_per_db: 1.0 / width_db, counts: [0; CLASSES], total: 0 }
    }
    pub fn add(&mut self, level_db: f32) {
        let class = ((level_db - self.floor_db) * self.classes_per_db) as usize; // saturates at 0; NaN is 0
        self.counts[class.min(CLASSES - 1)] += 1;
        self.total += 1;
    }
    pub fn count(&self) -> u32 {
        self.total
    }
    pub fn reset(&mut self) {
        self.counts = [0; CLASSES];
        self.total = 0;
    }
    /// Adds another distribution with the same classes.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }
    /// The level exceeded during `percent` of the entries (L10: 10.0), interpolated inside its class; `None` if empty.
    pub fn exceeded(&self, percent: f32) -> Option<f32> {
        if self.total == 0 {
            return None;
        }
        let wanted = self.total as f32 * percent.clamp(0.0, 100.0) * 0.01;
        let mut above = 0.0;
        for (class, &count) in self.counts.iter().enumerate().rev() {
            let count = count as f32;
            if count > 0.0 && above + count >= wanted {
                let inside = 1.0 - (wanted - above) / count;
                return Some(self.floor_db + (class as f32 + inside) / self.classes_per_db);
            }
            above += count;
        }
        Some(self.floor_db)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::{super::oracle, *};
    use proptest::prelude::*;
    use std::vec::Vec;

    const RATE: f32 = 16_000.0;

    #[test]
    fn a_full_scale_sine_is_0_dbfs() {
        let tone = oracle::sine(1000.0, 16_000.0, 1.0, 16_000);
        assert!(dbfs(mean_square(&tone)).abs() < 1e-3);
        assert!((rms(&tone) - core::f32::consts::FRAC_1_SQRT_2).abs() < 1e-5);
        // A square wave is 3 dB more.
        assert!((dbfs(1.0) - 3.0103).abs() < 1e-3);
        assert_eq!(dbfs(0.0), SILENCE_DBFS);
        assert_eq!(dbfs(f32::NAN), SILENCE_DBFS);
        assert!((from_db(to_db(0.02)) - 0.02).abs() < 1e-7);
    }

    #[test]
    fn leq_averages_energy_and_not_decibels() {
        let mut leq = Leq::new();
        assert_eq!(leq.dbfs(), SILENCE_DBFS);
        leq.add(0.5 * 1000.0, 1000);
        leq.add(0.0, 1000);
        assert!((leq.dbfs() + 3.0103).abs() < 1e-3);
        let taken = leq.take();
        assert_eq!((taken.samples(), leq.samples()), (2000, 0));
        leq.merge(&taken);
        assert_eq!(leq, taken);
        // A day in, one more loud second still counts in full: f64 inside.
        let mut day = Leq::new();
        for _ in 0..86_400 {
            day.add(1e-3 * RATE, 16_000);
        }
        assert!((day.mean_square() - 1e-3).abs() < 1e-9);
    }

    /// IEC 61672-1:2013, table 4: reference responses to 4 kHz tonebursts, F maximum, relative to the steady level; class 1
    /// limits ±0.5 dB down to 200 ms and +1.0/-1.5 dB at 10 ms (tighter here: 0.1 dB).
    #[test]
    fn tonebursts_read_as_the_standard_says() {
        for (ms, fast, slow) in
            [(1000, 0.0, -2.0), (500, -0.1, -4.1), (200, -1.0, -7.4), (50, -4.8, -13.1), (10, -11.1, -20.0)]
        {
            let mut level = SoundLevel::new(RATE);
            let mut signal = oracle::sine(4000.0, 16_000.0, 1.0, ms * 16);
            signal.resize(signal.len() + 8000, 0.0);
            signal.chunks(512).for_each(|block| {
                level.process(block);
            });
            let read = dbfs(level.fast.max_mean_square());
            assert!((read - fast).abs() < 0.1, "F {ms} ms: {read} for {fast}");
            let read = dbfs(level.slow.max_mean_square());
            assert!((read - slow).abs() < 0.1, "S {ms} ms: {read} for {slow}");
        }
    }

    #[test]
    fn the_decay_is_the_standards() {
        // IEC 61672-1:2013, 5.8.2: F 34.7 dB/s (at least 25), S 4.3 dB/s (3.4 to 5.3) after the sound stops.
        let mut level = SoundLevel::new(RATE);
        level.process(&oracle::sine(1000.0, 16_000.0, 1.0, 16_000));
        let (fast, slow) = (level.fast.mean_square(), level.slow.mean_square());
        level.process(&[0.0; 16_000]);
        assert!((dbfs(fast) - dbfs(level.fast.mean_square()) - 34.7).abs() < 0.1);
        assert!((dbfs(slow) - dbfs(level.slow.mean_square()) - 4.34).abs() < 0.02);
        assert_eq!(level.fast.take_max(), fast.max(level.fast.max_mean_square()).max(fast));
        assert_eq!(level.fast.max_mean_square(), level.fast.mean_square());
        level.fast.reset();
        assert_eq!(level.fast.max_mean_square(), 0.0);
    }

    /// Sample by sample, in f64.
    fn detector(tau: f64, input: &[f32]) -> Vec<f64> {
        let keep = libm::exp(-1.0 / (tau * f64::from(RATE)));
        let mut value = 0.0;
        let step = |&x: &f32| {
            value = keep * value + (1.0 - keep) * f64::from(x) * f64::from(x);
            value
        };
        input.iter().map(step).collect()
    }

    proptest! {
        #[test]
        fn sub_blocks_follow_the_sample_by_sample_detector(
            seed in any::<u64>(), loud in 100usize..4000, cuts in prop::collection::vec(1usize..700, 1..20)
        ) {
            let mut signal = oracle::noise(seed, 8000);
            signal[loud..].iter_mut().for_each(|x| *x *= 0.1);
            let mut level = SoundLevel::new(RATE);
            let mut rest = signal.as_slice();
            let mut total = 0.0;
            for cut in cuts.iter().cycle() {
                let (head, tail) = rest.split_at((*cut).min(rest.len()));
                total += f64::from(level.process(head)) * head.len() as f64;
                rest = tail;
                if rest.is_empty() { break; }
            }
            let exact = detector(0.125, &signal);
            let max = exact.iter().fold(0.0, |m: f64, &x| m.max(x));
            prop_assert!((oracle::db(f64::from(level.fast.max_mean_square())) - oracle::db(max)).abs() < 0.06);
            let last = *exact.last().unwrap_or(&0.0);
            prop_assert!((oracle::db(f64::from(level.fast.mean_square())) - oracle::db(last)).abs() < 0.06);
            // Energy: nothing lost between blocks, however they were cut.
            let energy = oracle::mean_square(signal.iter().map(|&x| f64::from(x)));
            prop_assert!((f64::from(level.leq.mean_square()) / energy - 1.0).abs() < 1e-5);
            prop_assert!((total / 8000.0 / energy - 1.0).abs() < 1e-5);
        }

        #[test]
        fn percentiles_are_within_a_class_of_the_sorted_list(levels in prop::collection::vec(20.0f32..110.0, 1..400)) {
            let mut histogram = Percentiles::<256>::new(0.0, 0.5);
            levels.iter().for_each(|&level| histogram.add(level));
            let mut sorted = levels.clone();
            sorted.sort_by(|a, b| b.total_cmp(a));
            for percent in [10.0f32, 50.0, 90.0] {
                let exact = sorted[((percent * 0.01 * levels.len() as f32).ceil() as usize).clamp(1, levels.len()) - 1];
                let read = histogram.exceeded(percent).unwrap_or(f32::NAN);
                prop_assert!((read - exact).abs() <= 0.51, "L{percent}: {read} for {exact}");
            }
        }

        #[test]
        fn merged_percentiles_are_those_of_all(a in prop::collection::vec(0.0f32..120.0, 0..99),
                                               b in prop::collection::vec(0.0f32..120.0, 0..99)) {
            let fill = |levels: &[f32]| {
                let mut histogram = Percentiles::<128>::new(0.0, 1.0);
                levels.iter().for_each(|&level| histogram.add(level));
                histogram
            };
            let mut merged = fill(&a);
            merged.merge(&fill(&b));
            let all: Vec<f32> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(&merged, &fill(&all));
            merged.reset();
            prop_assert_eq!((merged.count(), merged.exceeded(50.0)), (0, None));
        }
    }

    #[test]
    fn levels_beyond_the_classes_count_at_the_ends() {
        let mut histogram = Percentiles::<10>::new(40.0, 1.0);
        [SILENCE_DBFS, f32::NAN, 200.0].into_iter().for_each(|level| histogram.add(level));
        assert_eq!(histogram.count(), 3);
        assert!(histogram.exceeded(1.0).is_some_and(|level| level > 49.0));
        assert!(histogram.exceeded(99.0).is_some_and(|level| level < 41.0));
    }
}
