//! What the CPU and the buses did last: enough of it to say what a late window or a lost sample waited for. The memory is
//! bounded, whatever the run's length.

use crate::time::TrueTime;

/// Who took the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// The CPU was not idle.
    Cpu,
    /// Of a task's time on the CPU, what lies outside its stages counts for it.
    Task(&'static str),
    Stage {
        name: &'static str,
        task: Option<&'static str>,
    },
    /// A transfer, from its driver's first instruction to its end.
    Bus {
        name: &'static str,
        address: Option<u8>,
        task: Option<&'static str>,
    },
    Interrupt(&'static str),
    /// The CPU was held from outside (fault `stall`).
    Stall,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub start: TrueTime,
    pub end: TrueTime,
    pub holder: Holder,
}

impl Segment {
    /// How long it lies within `from..to`.
    pub fn within(&self, from: TrueTime, to: TrueTime) -> u64 {
        self.end.min(to).since(self.start.max(from))
    }
}

/// So many segments are kept: a second of a busy node, many windows of a usual one.
const KEPT: usize = 1024;

/// The latest segments, in the order in which they ended.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    ring: Vec<Segment>,
    /// Where the next one goes once the ring is full.
    next: usize,
}

impl Recent {
    pub fn push(&mut self, start: TrueTime, end: TrueTime, holder: Holder) {
        let segment = Segment { start, end, holder };
        if self.ring.len() < KEPT {
            self.ring.push(segment);
        } else {
            self.ring[self.next] = segment;
            self.next = (self.next + 1) % KEPT;
        }
    }

    /// Those that ended after `from`, the latest first.
    pub fn since(&self, from: TrueTime) -> impl Iterator<Item = &Segment> {
        let (newer, older) = self.ring.split_at(self.next);
        newer.iter().rev().chain(older.iter().rev()).take_while(move |segment| segment.end > from)
    }

    /// From when on nothing is missing.
    pub fn complete_from(&self) -> TrueTime {
        if self.ring.len() < KEPT { TrueTime::START } else { self.ring[self.next].end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept_and_told_from_the_latest_on() {
        let mut recent = Recent::default();
        for at in 0..3 * KEPT as u64 + 7 {
            recent.push(TrueTime(at), TrueTime(at + 1), Holder::Cpu);
        }
        let last = 3 * KEPT as u64 + 7;
        let ends: Vec<u64> = recent.since(TrueTime(last - 3)).map(|segment| segment.end.0).collect();
        assert_eq!(ends, [last, last - 1, last - 2]);
        assert_eq!(recent.since(TrueTime(0)).count(), KEPT);
        assert_eq!(recent.complete_from(), TrueTime(last + 1 - KEPT as u64));
    }

    #[test]
    fn a_segment_counts_by_its_part_within() {
        let segment = Segment { start: TrueTime(10), end: TrueTime(20), holder: Holder::Cpu };
        let within = |from, to| segment.within(TrueTime(from), TrueTime(to));
        assert_eq!([within(0, 30), within(12, 15), within(0, 12), within(18, 30)], [10, 3, 2, 2]);
        assert_eq!([within(0, 5), within(25, 30)], [0, 0]);
    }
}
