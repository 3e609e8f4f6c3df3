//! Loud events: from the first block over the threshold to the last one not clearly below it.
//!
//! With hysteresis, so that a level at the threshold is one event, and with a gap that must pass before it is over, so that
//! a knock and its echo are one event too.

use crate::event::CentiDb;
use crate::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoudConfig {
    pub above: CentiDb,
    pub hysteresis: CentiDb,
    pub gap: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Started { at: Instant, level: CentiDb },
    Ended { start: Instant, end: Instant, peak: CentiDb },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Loud {
    start: Instant,
    /// End of the last block that was not clearly below.
    last: Instant,
    peak: CentiDb,
}

#[derive(Clone, Debug)]
pub struct LoudDetector {
    config: LoudConfig,
    now: Option<Loud>,
}

impl LoudDetector {
    pub const fn new(config: LoudConfig) -> Self {
        Self { config, now: None }
    }

    pub fn is_loud(&self) -> bool {
        self.now.is_some()
    }

    /// The greatest level of a block that lasted from `from` to `to`. Blocks come in order of time.
    pub fn push(&mut self, from: Instant, to: Instant, level: CentiDb) -> Option<Told> {
        match &mut self.now {
            None if level >= self.config.above => {
                self.now = Some(Loud { start: from, last: to, peak: level });
                Some(Told::Started { at: from, level })
            }
            None => None,
            Some(loud) if level >= self.config.above.saturating_sub(self.config.hysteresis) => {
                loud.last = to;
                loud.peak = loud.peak.max(level);
                None
            }
            Some(Loud { start, last, peak }) if to.since(*last) >= self.config.gap => {
                let told = Told::Ended { start: *start, end: *last, peak: *peak };
                self.now = None;
                Some(told)
            }
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    const BLOCK: Duration = Duration::from_millis(32);
    const CONFIG: LoudConfig = LoudConfig { above: 70_00, hysteresis: 3_00, gap: Duration::from_millis(96) };

    fn told(levels: &[CentiDb]) -> Vec<Told> {
        let mut detector = LoudDetector::new(CONFIG);
        let mut at = Instant::BOOT;
        let mut told = Vec::new();
        for &level in levels {
            let to = at + BLOCK;
            told.extend(detector.push(at, to, level));
            at = to;
        }
        told
    }

    fn after_blocks(count: u64) -> Instant {
        Instant::from_micros(count * BLOCK.as_micros())
    }

    #[test]
    fn a_bang_starts_peaks_and_ends() {
        let levels = [40_00, 75_00, 82_00, 71_00, 60_00, 50_00, 40_00, 40_00];
        assert_eq!(
            told(&levels),
            [
                Told::Started { at: after_blocks(1), level: 75_00 },
                Told::Ended { start: after_blocks(1), end: after_blocks(4), peak: 82_00 }
            ]
        );
    }

    #[test]
    fn a_level_within_the_hysteresis_keeps_it_going_and_does_not_start_one() {
        assert_eq!(told(&[69_99; 20]), []);
        let mut levels = std::vec![70_00];
        levels.extend([67_00; 20]);
        assert_eq!(told(&levels), [Told::Started { at: after_blocks(0), level: 70_00 }]);
    }

    #[test]
    fn an_echo_within_the_gap_is_the_same_event() {
        let merged = told(&[80_00, 40_00, 40_00, 80_00, 40_00, 40_00, 40_00]);
        assert_eq!(merged.len(), 2, "{merged:?}");
        let apart = told(&[80_00, 40_00, 40_00, 40_00, 80_00, 40_00, 40_00, 40_00]);
        assert_eq!(apart.len(), 4, "{apart:?}");
    }

    proptest! {
        /// Starts and ends alternate, events do not overlap, and each peak is the greatest level within.
        #[test]
        fn events_are_in_order_and_hold_their_peak(levels in prop::collection::vec(3_000i16..10_000, 0..200)) {
            let mut before = Instant::BOOT;
            let mut open: Option<Instant> = None;
            for event in told(&levels) {
                match event {
                    Told::Started { at, level } => {
                        prop_assert!(open.is_none() && at >= before && level >= CONFIG.above);
                        open = Some(at);
                    }
                    Told::Ended { start, end, peak } => {
                        prop_assert_eq!(open.take(), Some(start));
                        prop_assert!(start < end);
                        let blocks = (start.as_micros() / BLOCK.as_micros()) as usize
                            ..(end.as_micros() / BLOCK.as_micros()) as usize;
                        prop_assert_eq!(levels[blocks].iter().copied().max(), Some(peak));
                        before = end;
                    }
                }
            }
        }
    }
}
