//! Time stamps as clocks really give them: coarse, repeated, with holes. Made usable without hiding what was wrong.

use super::Gap;

/// Steps longer than this many medians are gaps.
const GAP_STEPS: u64 = 3;

/// What the stamps of a recording turned out to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    pub t_ns: Vec<u64>,
    pub step_ns: u64,
    pub gaps: Vec<Gap>,
    pub repeated: usize,
}

/// `raw_ns` never falls. Repeated stamps are spread evenly up to the next one (but never into a gap).
pub fn spread(raw_ns: Vec<u64>) -> Stamps {
    let mut steps: Vec<u64> =
        raw_ns.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0).collect();
    let repeated = raw_ns.len().saturating_sub(1) - steps.len();
    let step_ns = median(&mut steps);
    let mut t_ns = raw_ns;
    let mut at = 0;
    while repeated > 0 && at < t_ns.len() {
        let same = t_ns[at..].iter().take_while(|stamp| **stamp == t_ns[at]).count();
        if same > 1 {
            let room = t_ns.get(at + same).map_or(u64::MAX, |next| next - t_ns[at]);
            let room = room.min(step_ns.saturating_mul(same as u64).max(1));
            let start = t_ns[at];
            for (i, stamp) in t_ns[at..at + same].iter_mut().enumerate() {
                *stamp = start + (u128::from(room) * i as u128 / same as u128) as u64;
            }
        }
        at += same;
    }
    let gaps = t_ns
        .windows(2)
        .filter(|pair| pair[1] - pair[0] > GAP_STEPS * step_ns.max(1))
        .map(|pair| Gap { start_ns: pair[0], end_ns: pair[1] })
        .collect();
    Stamps { t_ns, step_ns, gaps, repeated }
}

/// The middle one; 0 of none.
pub fn median(values: &mut [u64]) -> u64 {
    if values.is_empty() {
        return 0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_stamps_are_spread_up_to_the_next() {
        let stamps = spread(vec![0, 10, 20, 20, 30, 40, 40, 40, 50]);
        assert_eq!(stamps.t_ns, [0, 10, 20, 25, 30, 40, 43, 46, 50]);
        assert_eq!((stamps.step_ns, stamps.repeated, stamps.gaps.len()), (10, 3, 0));
    }

    #[test]
    fn gaps_are_listed_and_nothing_is_spread_into_them() {
        let stamps = spread(vec![0, 10, 20, 30, 30, 100, 110]);
        assert_eq!(stamps.t_ns, [0, 10, 20, 30, 40, 100, 110]);
        assert_eq!(stamps.gaps, [Gap { start_ns: 40, end_ns: 100 }]);
    }

    #[test]
    fn nothing_but_one_stamp_stays_finite() {
        assert_eq!(spread(vec![7, 7, 7]).t_ns.len(), 3);
        assert_eq!(spread(vec![]), Stamps::default());
    }
}
