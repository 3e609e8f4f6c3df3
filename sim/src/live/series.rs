//! A signal that can be drawn at any zoom: samples while they are recent, and what lies between which bounds for ever.
//!
//! Each level keeps the least and the greatest of sixteen entries of the level below, so that drawing costs as much as
//! there are columns, not samples; and each level forgets its oldest, so that memory has a bound.

use std::collections::VecDeque;

/// Entries of a level that make one of the next.
const FAN: usize = 16;
/// Entries that each level keeps at most: of audio at 16 kHz two minutes in steps of a millisecond, half an hour in steps of
/// 16, nine hours in steps of a quarter of a second, six days in steps of four seconds.
const LEVEL_KEPT: usize = 1 << 17;
/// Levels above the samples: the highest has one entry a million samples.
const LEVELS: usize = 5;

/// Evenly spaced samples in a row.
#[derive(Clone, Copy, Debug)]
struct Row {
    from_ns: u64,
    step_ns: f64,
    /// Number of its first sample, counted from the beginning of the series.
    first: u64,
}

/// Least and greatest of some samples, and when they began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    pub from_ns: u64,
    pub least: f32,
    pub greatest: f32,
}

impl Extent {
    fn widen(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }
}

#[derive(Clone, Debug, Default)]
struct Level {
    entries: VecDeque<Extent>,
    /// Entries that were forgotten.
    gone: u64,
    /// Of the entry that is not full yet.
    open: Option<(Extent, usize)>,
}

#[derive(Clone, Debug)]
pub struct Series {
    samples: VecDeque<f32>,
    /// Samples that were forgotten.
    gone: u64,
    rows: VecDeque<Row>,
    levels: [Level; LEVELS],
    end_ns: u64,
    kept: usize,
}

impl Default for Series {
    fn default() -> Self {
        Self::keeping(Self::KEPT)
    }
}

impl Series {
    /// Samples that are kept unless somebody wants fewer: of audio at 16 kHz two minutes.
    pub const KEPT: usize = 1 << 21;

    /// One that keeps so many samples, and of what is older no more than bounds.
    pub fn keeping(kept: usize) -> Self {
        Self {
            samples: VecDeque::new(),
            gone: 0,
            rows: VecDeque::new(),
            levels: std::array::from_fn(|_| Level::default()),
            end_ns: 0,
            kept: kept.max(FAN),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Samples that were put in, those that are forgotten as well.
    pub fn count(&self) -> u64 {
        self.gone + self.samples.len() as u64
    }

    /// Where the last sample ends.
    pub fn end_ns(&self) -> u64 {
        self.end_ns
    }

    /// From one of the latest samples to the next.
    pub fn step_ns(&self) -> Option<f64> {
        self.rows.back().map(|row| row.step_ns)
    }

    /// Since when there are samples, and not only bounds.
    pub fn samples_from_ns(&self) -> Option<u64> {
        self.sample_at(0).map(|first| first.from_ns)
    }

    /// Bytes that it takes now.
    pub fn bytes(&self) -> usize {
        let levels: usize = self.levels.iter().map(|level| level.entries.capacity()).sum();
        self.samples.capacity() * size_of::<f32>()
            + self.rows.capacity() * size_of::<Row>()
            + levels * size_of::<Extent>()
    }

    /// Bytes that one that keeps so many samples takes at most, however long the run is and however unevenly they come.
    pub fn most_bytes(kept: usize) -> usize {
        // Room is made by doubling, and never for more entries than are kept.
        let room = |entries: usize| entries.max(FAN).next_power_of_two();
        room(kept) * size_of::<f32>()
            + room(most_rows(kept)) * size_of::<Row>()
            + LEVELS * room(kept.min(LEVEL_KEPT)) * size_of::<Extent>()
    }

    /// Samples `step_ns` apart, later than all before.
    pub fn push(&mut self, from_ns: u64, step_ns: f64, values: impl IntoIterator<Item = f32>) {
        let count = self.count();
        // Clocks drift and times are whole numbers: as long as a sample is nearer to its own place than to its neighbour's,
        // it belongs to the row.
        let follows = self.rows.back().is_some_and(|row| {
            let expected = row.from_ns as f64 + (count - row.first) as f64 * row.step_ns;
            (row.step_ns - step_ns).abs() < 1e-3 * step_ns
                && (expected - from_ns as f64).abs() < 0.5 * step_ns
        });
        if !follows {
            if self.rows.len() >= most_rows(self.kept) {
                self.forget_row();
            }
            self.rows.push_back(Row { from_ns, step_ns, first: count });
        }
        let row = self.rows.back().copied().unwrap_or(Row { from_ns, step_ns, first: count });
        for value in values {
            let at = row.from_ns + ((self.count() - row.first) as f64 * row.step_ns) as u64;
            if self.samples.len() >= self.kept {
                self.samples.pop_front();
                self.gone += 1;
            }
            self.samples.push_back(value);
            self.end_ns = at + row.step_ns as u64;
            self.raise(Extent { from_ns: at, least: value, greatest: value });
        }
        while self.rows.get(1).is_some_and(|next| next.first <= self.gone) {
            self.rows.pop_front();
        }
    }

    /// The oldest row goes, with its samples: where each sample is a row, rows would take six times as much as they.
    fn forget_row(&mut self) {
        self.rows.pop_front();
        let next = self.rows.front().map_or(self.count(), |row| row.first);
        let samples = next.saturating_sub(self.gone) as usize;
        self.samples.drain(..samples);
        self.gone += samples as u64;
    }

    fn raise(&mut self, mut entry: Extent) {
        let kept = self.kept.min(LEVEL_KEPT);
        for level in &mut self.levels {
            let (open, count) = level.open.get_or_insert((entry, 0));
            open.widen(&entry);
            *count += 1;
            if *count < FAN {
                return;
            }
            entry = *open;
            level.open = None;
            if level.entries.len() >= kept {
                level.entries.pop_front();
                level.gone += 1;
            }
            level.entries.push_back(entry);
        }
    }

    /// What to draw between two times in about so many columns, in order of time: samples where there is room for them
    /// (least and greatest are equal), bounds otherwise. Begins one before and ends one after, so that lines reach the edges.
    pub fn columns(&self, from_ns: u64, to_ns: u64, columns: usize) -> Vec<Extent> {
        let most = 2 * columns.max(1);
        let samples = self.sample_range(from_ns, to_ns);
        let whole = self.gone == 0 || self.samples_from_ns().is_some_and(|first| first <= from_ns);
        if whole && samples.len() <= most {
            return samples.filter_map(|index| self.sample_at(index)).collect();
        }
        // The finest that has no more than FAN times as many as asked for: one coarser might have too few.
        if whole && samples.len() <= most * FAN {
            let number = self.gone + samples.start as u64;
            return thinned(samples.filter_map(|index| self.sample_at(index)), number, most);
        }
        for (index, level) in self.levels.iter().enumerate() {
            let range = level.range(from_ns, to_ns);
            let reaches =
                level.gone == 0 || level.entries.front().is_some_and(|first| first.from_ns <= from_ns);
            if (reaches && range.len() <= most * FAN) || index + 1 == LEVELS {
                let number = level.gone + range.start as u64;
                let found = range.map(|entry| level.entries[entry]);
                // What is not full yet ends the picture at now, and not up to a million samples before.
                let ends = level.entries.back().map_or(0, |last| last.from_ns);
                let below = self.levels[..index].iter().rev().filter_map(|level| level.open);
                let open = level.open.into_iter().chain(below).map(|(open, _)| open);
                let open = open.filter(|open| ends < to_ns && open.from_ns <= to_ns);
                return thinned(found.chain(open), number, most);
            }
        }
        Vec::new()
    }

    /// The samples themselves between two times, as far as they are kept; and when the first of them was taken.
    pub fn samples(&self, from_ns: u64, to_ns: u64) -> (u64, Vec<f32>) {
        let mut range = self.sample_range(from_ns, to_ns);
        let at = |index: usize| self.sample_at(index).map_or(0, |sample| sample.from_ns);
        while !range.is_empty() && at(range.start) < from_ns {
            range.start += 1;
        }
        while !range.is_empty() && at(range.end - 1) >= to_ns {
            range.end -= 1;
        }
        let start = if range.is_empty() { from_ns } else { at(range.start) };
        (start, self.samples.range(range).copied().collect())
    }

    /// Every sample between two times with when it was taken, in order.
    pub fn each_sample(&self, from_ns: u64, to_ns: u64) -> impl Iterator<Item = (u64, f32)> + '_ {
        let range = self.sample_range(from_ns, to_ns);
        let inside = move |sample: &Extent| (from_ns..to_ns).contains(&sample.from_ns);
        range.filter_map(|index| self.sample_at(index)).filter(inside).map(|s| (s.from_ns, s.least))
    }

    /// The value at a time: of the sample that was the latest then.
    pub fn at(&self, at_ns: u64) -> Option<f32> {
        let range = self.sample_range(at_ns, at_ns);
        range
            .filter_map(|index| self.sample_at(index))
            .take_while(|sample| sample.from_ns <= at_ns)
            .last()
            .map(|s| s.least)
    }

    fn sample_at(&self, index: usize) -> Option<Extent> {
        let value = *self.samples.get(index)?;
        let number = self.gone + index as u64;
        let row = self.rows[self.rows.partition_point(|row| row.first <= number).checked_sub(1)?];
        let from_ns = row.from_ns + ((number - row.first) as f64 * row.step_ns) as u64;
        Some(Extent { from_ns, least: value, greatest: value })
    }

    /// Indices of the samples between two times, one more at both ends.
    fn sample_range(&self, from_ns: u64, to_ns: u64) -> std::ops::Range<usize> {
        let index_of = |at_ns: u64| {
            let row = self.rows.partition_point(|row| row.from_ns <= at_ns);
            let Some(row) = row.checked_sub(1).map(|row| (self.rows[row], self.rows.get(row + 1))) else {
                return 0;
            };
            let (row, next) = row;
            let steps = ((at_ns - row.from_ns) as f64 / row.step_ns) as u64;
            let end = next.map_or(self.count(), |next| next.first);
            ((row.first + steps).min(end.saturating_sub(1)).saturating_sub(self.gone)) as usize
        };
        let to = (index_of(to_ns) + 2).min(self.samples.len());
        index_of(from_ns).min(to)..to
    }
}

fn most_rows(kept: usize) -> usize {
    (kept / 8).max(FAN)
}

impl Level {
    fn range(&self, from_ns: u64, to_ns: u64) -> std::ops::Range<usize> {
        let from = self.entries.partition_point(|entry| entry.from_ns <= from_ns).saturating_sub(1);
        let to = (self.entries.partition_point(|entry| entry.from_ns <= to_ns) + 1).min(self.entries.len());
        from..to.max(from)
    }
}

/// Neighbours together, where there are more than asked for. They go together by their number, counted from the beginning of
/// the series: while the picture moves on, its columns stay the same.
fn thinned(found: impl Iterator<Item = Extent>, first: u64, most: usize) -> Vec<Extent> {
    let found: Vec<Extent> = found.collect();
    let each = found.len().div_ceil(most).max(1).next_power_of_two();
    if each == 1 {
        return found;
    }
    let begun = (first % each as u64) as usize;
    let (head, rest) = found.split_at((each - begun).min(found.len()));
    let together = |part: &[Extent]| {
        let mut all = part[0];
        part.iter().for_each(|entry| all.widen(entry));
        all
    };
    std::iter::once(head).chain(rest.chunks(each)).map(together).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ramp(count: u64, kept: usize) -> Series {
        let mut series = Series::keeping(kept);
        for block in 0..count / 100 {
            series.push(block * 100_000, 1_000.0, (0..100).map(|k| (block * 100 + k) as f32));
        }
        series
    }

    #[test]
    fn near_by_one_sees_samples() {
        let series = ramp(1_000, Series::KEPT);
        let columns = series.columns(10_000, 20_000, 100);
        let values: Vec<f32> = columns.iter().map(|column| column.least).collect();
        assert_eq!(values, (10..=21).map(|k| k as f32).collect::<Vec<_>>());
        assert_eq!(series.samples(10_000, 13_000), (10_000, vec![10.0, 11.0, 12.0]));
        assert_eq!(series.at(10_999), Some(10.0));
    }

    #[test]
    fn five_million_samples_are_as_many_columns_as_asked_for_and_nothing_is_missed() {
        let mut series = Series::default();
        series.push(
            0,
            1_000.0,
            (0..5_000_000).map(|k| if k == 3_333_333 { 9.0 } else { (k % 7) as f32 * 0.1 }),
        );
        let columns = series.columns(0, 5_000_000_000, 1_000);
        assert!((500..=2_010).contains(&columns.len()), "{}", columns.len());
        let peak: Vec<&Extent> = columns.iter().filter(|column| column.greatest == 9.0).collect();
        assert_eq!(peak.len(), 1, "one sample in five million is seen");
        let last = columns.last().unwrap();
        assert!(last.from_ns > 4_900_000_000, "{last:?}");
    }

    #[test]
    fn memory_has_a_bound_and_what_is_forgotten_stays_as_bounds() {
        let series = ramp(200_000, 1_024);
        assert_eq!(series.samples.len(), 1_024);
        assert!(series.levels.iter().all(|level| level.entries.len() <= 1_024));
        assert!(series.bytes() <= Series::most_bytes(1_024), "{} B", series.bytes());
        let columns = series.columns(0, 200_000_000, 50);
        assert!(columns.first().unwrap().least < 70_000.0, "{:?}", columns.first());
        assert!(columns.last().unwrap().greatest >= 199_000.0);
    }

    #[test]
    fn five_million_samples_stay_fluid() {
        let mut series = Series::default();
        series.push(0, 62_500.0, (0..5_000_000).map(|k| (k % 97) as f32));
        let quickest = |from_ns: u64, to_ns: u64| {
            let time = |_| {
                let started = std::time::Instant::now();
                assert!(series.columns(from_ns, to_ns, 1_000).len() > 400);
                started.elapsed()
            };
            (0..9).map(time).min().unwrap()
        };
        // Two milliseconds of a frame of sixteen; unoptimised code takes some twenty times as long.
        let most = std::time::Duration::from_millis(if cfg!(debug_assertions) { 40 } else { 2 });
        let end = series.end_ns();
        for part in [1, 3, 10, 30, 100, 1_000] {
            let took = quickest(end - end / part, end);
            assert!(took <= most, "a {part}th: {took:?}");
        }
    }

    #[test]
    fn twelve_hours_of_motion_take_no_more_than_their_bound() {
        const KEPT: usize = 1 << 14;
        let mut series = Series::keeping(KEPT);
        let day_part = 12 * 3_600 * 200;
        for second in 0..day_part / 200 {
            let from_ns = second * 1_000_000_000;
            // A clock that is never quite the same: rows must not pile up either.
            series.push(from_ns + second % 7, 5_000_000.0 + (second % 3) as f64, (0..200).map(|k| k as f32));
        }
        assert_eq!(series.count(), day_part);
        assert!(series.bytes() <= Series::most_bytes(KEPT), "{} B", series.bytes());
        let all = series.columns(0, series.end_ns(), 500);
        assert!((250..=1_010).contains(&all.len()), "{}", all.len());
        assert!(all.iter().all(|column| (column.least, column.greatest) == (0.0, 199.0)));
    }

    #[test]
    fn columns_stay_the_same_while_the_picture_moves_on() {
        let series = ramp(100_000, Series::KEPT);
        let one = series.columns(0, 50_000_000, 100);
        let other = series.columns(64_000, 50_064_000, 100);
        let inner = |columns: &[Extent]| columns[2..columns.len() - 2].to_vec();
        let same = inner(&other).iter().filter(|column| one.contains(column)).count();
        assert!(same + 2 >= inner(&other).len(), "{same} of {}", other.len());
    }

    #[test]
    fn a_gap_is_a_gap_in_time() {
        let mut series = Series::default();
        series.push(0, 10.0, [1.0, 2.0]);
        series.push(1_000, 10.0, [3.0, 4.0]);
        let times: Vec<u64> = series.columns(0, 2_000, 100).iter().map(|column| column.from_ns).collect();
        assert_eq!(times, [0, 10, 1_000, 1_010]);
        assert_eq!(series.end_ns(), 1_020);
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_within_and_reaches_the_bounds_of_what_was_put_in(
            values in prop::collection::vec(-100i16..100, 1..5_000),
            columns in 1usize..200,
        ) {
            let mut series = Series::default();
            series.push(500, 10.0, values.iter().map(|v| f32::from(*v)));
            let drawn = series.columns(0, 100_000, columns);
            let least = drawn.iter().map(|c| c.least).fold(f32::MAX, f32::min);
            let greatest = drawn.iter().map(|c| c.greatest).fold(f32::MIN, f32::max);
            prop_assert_eq!(least, f32::from(*values.iter().min().unwrap()));
            prop_assert_eq!(greatest, f32::from(*values.iter().max().unwrap()));
            prop_assert!(drawn.windows(2).all(|pair| pair[0].from_ns <= pair[1].from_ns));
            prop_assert!(drawn.len() <= 2 * columns + 2, "{} of {}", drawn.len(), columns);
        }
    }
}
