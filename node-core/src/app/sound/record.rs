//! What a second and a minute of sound come to.

use crate::dsp::level::{Leq, Percentiles, dbfs};
use crate::event::CentiDb;

/// A fifth of a decibel from 20 to 120 dB SPL: from under the microphone's noise to its overload.
pub const CLASSES: usize = 500;
const FLOOR_DB: f32 = 20.0;
const CLASS_DB: f32 = 0.2;

/// Decibels to hundredths, as far as an i16 goes.
pub fn centi(db: f32) -> CentiDb {
    libm::roundf(db * 100.0) as CentiDb // saturates
}

/// A minute as it grows.
#[derive(Clone, Debug)]
pub struct Minute {
    /// dB SPL of 0 dBFS.
    offset_db: f32,
    energy: Leq,
    fast: Percentiles<CLASSES>,
    fast_max: CentiDb,
    loud: u16,
}

/// What [`crate::event::Event::SoundMinute`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinuteRecord {
    pub average: CentiDb,
    pub fast_max: CentiDb,
    pub l10: CentiDb,
    pub l50: CentiDb,
    pub l90: CentiDb,
    pub loud: u16,
}

impl Minute {
    pub fn new(offset_db: f32) -> Self {
        Self {
            offset_db,
            energy: Leq::new(),
            fast: Percentiles::new(FLOOR_DB, CLASS_DB),
            fast_max: CentiDb::MIN,
            loud: 0,
        }
    }

    /// The fast level at the end of a block, dB SPL, and its greatest within.
    pub fn add_block(&mut self, fast_db: f32, fast_max: CentiDb) {
        self.fast.add(fast_db);
        self.fast_max = self.fast_max.max(fast_max);
    }
    pub fn add_second(&mut self, energy: &Leq) {
        self.energy.merge(energy);
    }
    pub fn add_loud(&mut self) {
        self.loud = self.loud.saturating_add(1);
    }

    /// The minute so far; starts the next.
    pub fn take(&mut self) -> MinuteRecord {
        let exceeded = |percent| self.fast.exceeded(percent).map_or(CentiDb::MIN, centi);
        let record = MinuteRecord {
            average: centi(dbfs(self.energy.mean_square()) + self.offset_db),
            fast_max: self.fast_max,
            l10: exceeded(10.0),
            l50: exceeded(50.0),
            l90: exceeded(90.0),
            loud: self.loud,
        };
        (self.energy, self.fast_max, self.loud) = (Leq::new(), CentiDb::MIN, 0);
        self.fast.reset();
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_steady_minute_reads_its_level_everywhere_and_the_next_starts_empty() {
        let mut minute = Minute::new(116.0);
        let mut second = Leq::new();
        second.add(0.5 * 16_000.0 * 1e-5, 16_000); // -50 dBFS
        for _ in 0..60 {
            minute.add_second(&second);
        }
        for _ in 0..1_875 {
            minute.add_block(66.1, 66_10);
        }
        minute.add_loud();
        let record = minute.take();
        assert!((record.average - 66_00).abs() <= 1, "{record:?}");
        assert_eq!((record.fast_max, record.loud), (66_10, 1));
        for level in [record.l10, record.l50, record.l90] {
            assert!((66_00..=66_20).contains(&level), "{record:?}");
        }
        minute.add_block(40.0, 40_00);
        assert_eq!((minute.take().fast_max, minute.take().fast_max), (40_00, CentiDb::MIN));
    }

    proptest! {
        #[test]
        fn percentiles_are_in_order_and_within_a_class_of_the_extremes(
            levels in prop::collection::vec(21.0f32..119.0, 1..500),
        ) {
            let mut minute = Minute::new(116.0);
            for &level in &levels {
                minute.add_block(level, centi(level));
            }
            let record = minute.take();
            prop_assert!(record.l10 >= record.l50 && record.l50 >= record.l90);
            let lowest = levels.iter().copied().fold(f32::MAX, f32::min);
            prop_assert!(record.l10 <= record.fast_max + 21 && record.l90 >= centi(lowest) - 21);
        }
    }
}
