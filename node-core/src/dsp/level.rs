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
