//! A signal that can be drawn at any zoom: samples while they are recent, and what lies between which bounds for ever.
//!
//! Each level keeps the least and the greatest of sixteen entries of the level below, so that drawing costs as much as
//! there are columns, not samples; and each level forgets its oldest, so that memory has a bound.

use std::collections::VecDeque;

/// Entries of a level that make one of the next.
const FAN: usize = 16;
/// Entries that a level keeps: of audio at 16 kHz two minutes of samples, half an hour in sixteenths, all day above.
const KEPT: usize = 1 << 21;
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
        Self::keeping(KEPT)
    }
}

impl Series {
    /// One whose levels keep so many entries each.
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

    /// Samples `step_ns` apart, later than all before.
    pub fn push(&mut self, from_ns: u64, step_ns: f64, values: impl IntoIterator<Item = f32>) {
        let count = self.count();
        let follows = self.rows.back().is_some_and(|row| {
            let expected = row.from_ns as f64 + (count - row.first) as f64 * row.step_ns;
            (row.step_ns - step_ns).abs() < 1e-6 * step_ns
                && (expected - from_ns as f64).abs() < 0.5 * step_ns
        });
        if !follows {
            self.rows.push_back(Row { from_ns, step_ns, first: count });
        }
        let (row_from, first) = self.rows.back().map_or((from_ns, count), |row| (row.from_ns, row.first));
        for value in values {
            let at = row_from + ((self.count() - first) as f64 * step_ns) as u64;
            self.samples.push_back(value);
            self.end_ns = at + step_ns as u64;
            self.raise(Extent { from_ns: at, least: value, greatest: value });
        }
        while self.samples.len() > self.kept {
            self.samples.pop_front();
            self.gone += 1;
        }
        while self.rows.get(1).is_some_and(|next| next.first <= self.gone) {
            self.rows.pop_front();
        }
    }

    fn raise(&mut self, mut entry: Extent) {
        for level in &mut self.levels {
            let (open, count) = level.open.get_or_insert((entry, 0));
            open.widen(&entry);
            *count += 1;
            if *count < FAN {
                return;
            }
            entry = *open;
            level.open = None;
            level.entries.push_back(entry);
            if level.entries.len() > self.kept {
                level.entries.pop_front();
            }
        }
    }

    /// What to draw between two times in about so many columns, in order of time: samples where there is room for them
    /// (least and greatest are equal), bounds otherwise. Begins one before and ends one after, so that lines reach the edges.
    pub fn columns(&self, from_ns: u64, to_ns: u64, columns: usize) -> Vec<Extent> {
        let most = 2 * columns.max(1);
        let samples = self.sample_range(from_ns, to_ns);
        let whole = self.sample_at(0).is_some_and(|first| first.from_ns <= from_ns || self.gone == 0);
        if whole && samples.len() <= most {
            return samples.filter_map(|index| self.sample_at(index)).collect();
        }
        for (index, level) in self.levels.iter().enumerate() {
            let range = level.range(from_ns, to_ns);
            let reaches = level.entries.front().is_some_and(|first| first.from_ns <= from_ns)
                || level.entries.len() < self.kept;
            if (reaches && range.len() <= most) || index + 1 == LEVELS {
                let mut found: Vec<Extent> = range.map(|entry| level.entries[entry]).collect();
                // What is not full yet ends the picture at now, and not up to a million samples before.
                let ends = level.entries.back().map_or(0, |last| last.from_ns);
                if ends < to_ns {
                    found.extend(level.open.map(|(open, _)| open).filter(|open| open.from_ns <= to_ns));
                    let below = self.levels[..index].iter().rev().filter_map(|level| level.open);
                    found.extend(below.map(|(open, _)| open).filter(|open| open.from_ns <= to_ns));
                }
                return thinned(found, most);
            }
        }
        Vec::new()
    }

    /// The samples themselves between two times, as far as they are kept; and when the first of them was taken.
    pub fn samples(&self, from_ns: u64, to_ns: u64) -> (u64, Vec<f32>) {
        let inside = |index: &usize| {
            self.sample_at(*index).is_some_and(|sample| (from_ns..to_ns).contains(&sample.from_ns))
        };
        let range = self.sample_range(from_ns, to_ns).filter(inside);
        let indices: Vec<usize> = range.collect();
        let start = indices.first().and_then(|first| self.sample_at(*first)).map_or(from_ns, |at| at.from_ns);
        (start, indices.into_iter().map(|index| self.samples[index]).collect())
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

impl Level {
    fn range(&self, from_ns: u64, to_ns: u64) -> std::ops::Range<usize> {
        let from = self.entries.partition_point(|entry| entry.from_ns <= from_ns).saturating_sub(1);
        let to = (self.entries.partition_point(|entry| entry.from_ns <= to_ns) + 1).min(self.entries.len());
        from..to.max(from)
    }
}

/// Neighbours together, where there are more than asked for.
fn thinned(found: Vec<Extent>, most: usize) -> Vec<Extent> {
    let each = found.len().div_ceil(most).max(1);
    let together = |part: &[Extent]| {
        let mut all = part[0];
        part.iter().for_each(|entry| all.widen(entry));
        all
    };
    found.chunks(each).map(together).collect()
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
        let series = ramp(1_000, KEPT);
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
        let columns = series.columns(0, 200_000_000, 50);
        assert!(columns.first().unwrap().least < 70_000.0, "{:?}", columns.first());
        assert!(columns.last().unwrap().greatest >= 199_000.0);
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
