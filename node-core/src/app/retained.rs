//! What a node remembers through a reset and through deep sleep: a few counters in RTC memory.
//!
//! A power cut leaves any bytes there, so the record carries a mark and a checksum and is zero unless both are right.

use crate::board::RtcMemory;

/// Bytes of the record at the start of the RTC memory.
pub const RECORD_BYTES: usize = 24;

/// Bytes behind it that a program may keep.
pub const ANNEX_BYTES: usize = 48;

/// "NTW1": another layout gets another mark.
const MARK: u32 = 0x4E54_5731;

/// Since the last power cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Starts of the program, this one included.
    pub boots: u32,
    /// Minutes recorded.
    pub minutes: u32,
    pub steps: u32,
    pub loud: u32,
}

impl Counters {
    pub fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let words = [MARK, self.boots, self.minutes, self.steps, self.loud];
        let mut bytes = [0; RECORD_BYTES];
        let (cells, _) = bytes.as_chunks_mut::<4>();
        for (cell, word) in cells.iter_mut().zip(words) {
            *cell = word.to_le_bytes();
        }
        cells[words.len()] = checksum(&words).to_le_bytes();
        bytes
    }

    /// `None` unless these bytes were written by [`Self::to_bytes`].
    pub fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let mut words = [0; RECORD_BYTES / 4];
        for (word, cell) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*cell);
        }
        let [mark, boots, minutes, steps, loud, sum] = words;
        (mark == MARK && sum == checksum(&words[..5])).then_some(Self { boots, minutes, steps, loud })
    }
}

/// Each step is a bijection of state and word: no single changed word goes unnoticed.
fn checksum(words: &[u32]) -> u32 {
    words.iter().fold(!0, |sum: u32, word| (sum.rotate_left(7) ^ word).wrapping_mul(0x9E37_79B1))
}

/// The counters and where they are kept.
pub struct Retained<M> {
    memory: M,
    pub counters: Counters,
}

impl<M: RtcMemory> Retained<M> {
    pub fn load(memory: M) -> Self {
        let mut bytes = [0; RECORD_BYTES];
        if M::CAPACITY >= RECORD_BYTES {
            memory.load(&mut bytes);
        }
        Self { memory, counters: Counters::from_bytes(&bytes).unwrap_or_default() }
    }

    /// What a program keeps behind the counters; zeros where nothing was kept.
    pub fn annex(&self) -> [u8; ANNEX_BYTES] {
        let mut bytes = [0; RECORD_BYTES + ANNEX_BYTES];
        if M::CAPACITY >= bytes.len() {
            self.memory.load(&mut bytes);
        }
        let mut annex = [0; ANNEX_BYTES];
        annex.copy_from_slice(&bytes[RECORD_BYTES..]);
        annex
    }

    /// Its owner has to know it again: a power cut leaves any bytes.
    pub fn save_annex(&mut self, annex: &[u8; ANNEX_BYTES]) {
        let mut bytes = [0; RECORD_BYTES + ANNEX_BYTES];
        if M::CAPACITY >= bytes.len() {
            bytes[..RECORD_BYTES].copy_from_slice(&self.counters.to_bytes());
            bytes[RECORD_BYTES..].copy_from_slice(annex);
            self.memory.store(&bytes);
        }
    }

    pub fn save(&mut self) {
        if M::CAPACITY >= RECORD_BYTES {
            self.memory.store(&self.counters.to_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counters_come_back(boots: u32, minutes: u32, steps: u32, loud: u32) {
            let counters = Counters { boots, minutes, steps, loud };
            prop_assert_eq!(Counters::from_bytes(&counters.to_bytes()), Some(counters));
        }

        #[test]
        fn a_flipped_bit_is_noticed(boots: u32, steps: u32, bit in 0..RECORD_BYTES * 8) {
            let mut bytes = Counters { boots, minutes: 7, steps, loud: 1 }.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Counters::from_bytes(&bytes), None);
        }
    }

    #[test]
    fn fresh_memory_is_no_record() {
        assert_eq!(Counters::from_bytes(&[0; RECORD_BYTES]), None);
        assert_eq!(Counters::from_bytes(&[0xFF; RECORD_BYTES]), None);
    }
}
