//! A histogram of times that stays small however long a run is: integer arithmetic, the same on every machine.

/// Buckets of an octave: each is at most 1/128 (0.8 %) of its lower end wide. Below 128 ns every value has its own.
const PER_OCTAVE_LOG2: u32 = 7;
const PER_OCTAVE: u64 = 1 << PER_OCTAVE_LOG2;

/// Times in nanoseconds. A quantile is the upper end of its bucket (or the greatest time, if that is less): never too good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    count: u64,
    min: u64,
    max: u64,
}

impl Histogram {
    pub fn add(&mut self, ns: u64) {
        let index = index(ns);
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += 1;
        self.min = if self.count == 0 { ns } else { self.min.min(ns) };
        self.max = self.max.max(ns);
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }
    pub fn min(&self) -> u64 {
        self.min
    }
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The time that `permille` of all are at most (nearest rank); `None` if there are none.
    pub fn quantile(&self, permille: u64) -> Option<u64> {
        let rank =
            u64::try_from((u128::from(self.count) * u128::from(permille)).div_ceil(1_000)).ok()?.max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(upper(found).min(self.max))
    }

    /// Lower end, upper end and count of each bucket that is not empty; `merge` (a power of two up to 128) neighbours are
    /// one.
    pub fn buckets(&self, merge: usize) -> Vec<(u64, u64, u64)> {
        let part = |(place, counts): (usize, &[u64])| {
            let first = place * merge;
            let count: u64 = counts.iter().sum();
            (count > 0).then(|| (lower(first), upper(first + merge - 1), count))
        };
        self.counts.chunks(merge.max(1)).enumerate().filter_map(part).collect()
    }
}

fn index(ns: u64) -> usize {
    if ns < PER_OCTAVE {
        return ns as usize;
    }
    let shift = ns.ilog2() - PER_OCTAVE_LOG2;
    (u64::from(shift) * PER_OCTAVE + (ns >> shift)) as usize
}

fn lower(index: usize) -> u64 {
    let index = index as u64;
    if index < PER_OCTAVE {
        return index;
    }
    let shift = index / PER_OCTAVE - 1;
    (index - shift * PER_OCTAVE) << shift
}

/// The greatest time that falls into the bucket.
fn upper(index: usize) -> u64 {
    lower(index + 1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_adjoin_and_are_at_most_one_in_128_wide() {
        for place in 0..40 * PER_OCTAVE as usize {
            assert_eq!(index(lower(place)), place);
            assert_eq!(index(upper(place)), place);
            assert!((upper(place) - lower(place)) * 128 <= lower(place), "{place}");
        }
    }

    proptest! {
        /// Against sorting: never below the true quantile, and less than a percent above it.
        #[test]
        fn quantiles_are_those_of_the_sorted_times_within_a_percent(
            mut times in prop::collection::vec(0u64..40_000_000_000, 1..300),
            permille in 0u64..=1000,
        ) {
            let mut histogram = Histogram::default();
            times.iter().for_each(|&time| histogram.add(time));
            times.sort_unstable();
            let rank = (times.len() as u64 * permille).div_ceil(1_000).max(1) as usize;
            let exact = times[rank - 1];
            let found = histogram.quantile(permille).unwrap();
            prop_assert!(found >= exact && found - exact <= exact / 128 , "{} for {}", found, exact);
            prop_assert_eq!((histogram.min(), histogram.max()), (times[0], times[times.len() - 1]));
            for merge in [1, 16, 128] {
                let total: u64 = histogram.buckets(merge).iter().map(|bucket| bucket.2).sum();
                prop_assert_eq!(total, times.len() as u64);
            }
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(500), None);
    }
}
