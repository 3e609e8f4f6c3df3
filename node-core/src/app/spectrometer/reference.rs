//! The white reference: what a white tile sent back in each band, kept through resets.

use crate::app::retained::ANNEX_BYTES;
use crate::crc::crc32;
use crate::drivers::as7265x::BANDS;

/// "WHT1": another layout gets another mark.
const MARK: u32 = 0x5748_5431;
/// A band in which the tile sends back less tells nothing, counts.
const LEAST: f32 = 8.0;

/// Counts of the tile with the lamps on less those in the dark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct White {
    counts: [u16; BANDS],
    /// One over the counts; zero where there is too little light.
    inverse: [f32; BANDS],
}

impl White {
    pub fn of(counts: &[f32; BANDS]) -> Self {
        Self::from_counts(counts.map(|count| libm::roundf(count.clamp(0.0, 65_535.0)) as u16))
    }

    fn from_counts(counts: [u16; BANDS]) -> Self {
        let inverse = counts.map(|count| {
            let count = f32::from(count);
            if count < LEAST { 0.0 } else { 1.0 / count }
        });
        Self { counts, inverse }
    }

    /// Reflectance of what sent back so much; 0 where the tile sent too little.
    pub fn reflectances(&self, counts: &[f32; BANDS]) -> [f32; BANDS] {
        core::array::from_fn(|band| counts[band] * self.inverse[band])
    }

    pub fn to_bytes(self) -> [u8; ANNEX_BYTES] {
        let mut bytes = [0; ANNEX_BYTES];
        let (cells, _) = bytes.as_chunks_mut::<2>();
        for (cell, count) in cells[2..].iter_mut().zip(self.counts) {
            *cell = count.to_le_bytes();
        }
        bytes[..4].copy_from_slice(&MARK.to_le_bytes());
        let crc = crc32(0, &bytes[..ANNEX_BYTES - 4]);
        bytes[ANNEX_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` unless [`Self::to_bytes`] made these.
    pub fn from_bytes(bytes: &[u8; ANNEX_BYTES]) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<4>()?;
        let (mark, counts) = content.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*mark) != MARK || u32::from_le_bytes(*crc) != crc32(0, content) {
            return None;
        }
        let (cells, _) = counts.as_chunks::<2>();
        Some(Self::from_counts(core::array::from_fn(|band| u16::from_le_bytes(cells[band]))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_comes_back_and_a_flipped_bit_is_noticed(
            counts in prop::array::uniform18(any::<u16>()), bit in 0..ANNEX_BYTES * 8,
        ) {
            let white = White::from_counts(counts);
            let mut bytes = white.to_bytes();
            prop_assert_eq!(White::from_bytes(&bytes), Some(white));
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(White::from_bytes(&bytes), None);
        }

        #[test]
        fn the_tile_itself_is_white_and_half_of_it_half(counts in prop::array::uniform18(8u16..)) {
            let white = White::from_counts(counts);
            for (whole, half) in white
                .reflectances(&counts.map(f32::from))
                .into_iter()
                .zip(white.reflectances(&counts.map(|count| 0.5 * f32::from(count))))
            {
                prop_assert!((whole - 1.0).abs() < 1e-6 && (half - 0.5).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_band_without_light_says_nothing() {
        let white = White::of(&[3.0; BANDS]);
        assert_eq!(white.reflectances(&[100.0; BANDS]), [0.0; BANDS]);
        assert_eq!(White::from_bytes(&[0; ANNEX_BYTES]), None);
        assert_eq!(White::from_bytes(&[0xFF; ANNEX_BYTES]), None);
    }
}
