//! From features to codes: small whole numbers that are of the same weight for all features.
//!
//! Of each feature in the file: where code 0 lies, and how many codes make one (both f32, 8 bytes together). A feature
//! whose codes make 0 is left out: it has no codes in points or examples.

use crate::crc::crc32;
use crate::ml::ntm::{Fields, NtmError, WriteError, Writer, check, check_number};

/// Codes of a question, which may lie beyond those of points: two ranges to either side, so that far away is far away and
/// sums of squares still fit 32 bits.
pub(super) const LOW: f32 = -512.0;
pub(super) const HIGH: f32 = 767.0;

/// Most features with codes: so many squares of the widest difference are less than 2^32.
pub const MAX_WIDTH: usize = 2048;

/// In codes of a scale of [`Step::standard`] steps, one spread of a feature.
pub const CODES_A_SPREAD: f32 = 16.0;

/// How features become codes, where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'a> {
    steps: &'a [[u8; 8]],
    width: u16,
}

/// Of one feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// What code 0 is.
    pub zero: f32,
    /// Codes that make one; 0: the feature is left out.
    pub codes: f32,
}

impl Step {
    /// The mean lies at code 128, and 8 spreads to either side have codes of their own. A feature that did not vary is left
    /// out.
    pub fn standard(mean: f32, spread: f32) -> Self {
        let codes = CODES_A_SPREAD / spread;
        // A spread of 0, or too small to divide by.
        let codes = if codes.is_finite() && codes < 1e18 { codes } else { 0.0 };
        let zero = if codes > 0.0 { mean - 128.0 / codes } else { 0.0 };
        Self { zero, codes }
    }

    fn bytes(self) -> [u8; 8] {
        let (zero, codes) = (self.zero.to_le_bytes(), self.codes.to_le_bytes());
        core::array::from_fn(|at| if at < 4 { zero[at] } else { codes[at - 4] })
    }

    fn of(bytes: &[u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = *bytes;
        Self { zero: f32::from_le_bytes([a, b, c, d]), codes: f32::from_le_bytes([e, f, g, h]) }
    }

    /// Whole, and within what a question may have. What is no number is code 0.
    #[inline]
    pub(super) fn code(self, feature: f32) -> i16 {
        libm::floorf((feature - self.zero) * self.codes + 0.5).clamp(LOW, HIGH) as i16
    }

    /// Within what a point may have.
    pub(super) fn point_code(self, feature: f32, most: u8) -> u8 {
        self.code(feature).clamp(0, most.into()) as u8
    }
}

impl<'a> Scale<'a> {
    pub(crate) fn open(fields: &mut Fields<'a>, features: usize) -> Result<Self, NtmError> {
        let mut numbers = fields.clone();
        let (steps, _) = fields.take(features.saturating_mul(8), "the scale")?.as_chunks::<8>();
        let begin = numbers.at();
        for _ in 0..features {
            for field in ["where code 0 is", "the codes that make one"] {
                let at = numbers.at();
                let number = numbers.f32(field)?;
                check_number(number.abs() < 1e18, at, field, number, "less than 1e18")?;
                let right = number >= 0.0 || field == "where code 0 is";
                check_number(right, at, field, number, "0 and more")?;
            }
        }
        let width = steps.iter().filter(|step| Step::of(step).codes > 0.0).count();
        let right = (1..=MAX_WIDTH).contains(&width);
        check(right, begin, "the number of features with codes", width, "1 to 2048")?;
        Ok(Self { steps, width: width as u16 })
    }

    /// Written into `room`, which has a place a feature. `None`: another number of them, or one that a file may not hold.
    pub fn of(room: &'a mut [[u8; 8]], steps: impl ExactSizeIterator<Item = Step>) -> Option<Self> {
        if steps.len() != room.len() {
            return None;
        }
        room.iter_mut().zip(steps).for_each(|(place, step)| *place = step.bytes());
        let bytes = room.as_flattened();
        Self::open(&mut Fields::new(bytes, 0), bytes.len() / 8).ok()
    }

    /// Numbers that it takes.
    pub fn features(&self) -> usize {
        self.steps.len()
    }

    /// Codes that come of them.
    pub fn width(&self) -> usize {
        self.width.into()
    }

    pub fn steps(&self) -> impl Iterator<Item = Step> + use<'a> {
        self.steps.iter().map(Step::of)
    }

    /// Of the features that have any.
    #[inline]
    pub(super) fn codes<'f>(&self, features: &'f [f32]) -> impl Iterator<Item = i16> + use<'a, 'f> {
        let with = self.steps().zip(features).filter(|(step, _)| step.codes > 0.0);
        with.map(|(step, feature)| step.code(*feature))
    }

    /// As [`Self::codes`], of what is kept.
    pub(super) fn point_codes<'f>(
        &self,
        features: &'f [f32],
        most: u8,
    ) -> impl Iterator<Item = u8> + use<'a, 'f> {
        let with = self.steps().zip(features).filter(|(step, _)| step.codes > 0.0);
        with.map(move |(step, feature)| step.point_code(*feature, most))
    }

    /// Two scales with the same are taken for the same.
    pub(super) fn fingerprint(&self) -> u32 {
        crc32(0, self.steps.as_flattened())
    }
}

impl Writer<'_> {
    /// What a section with a scale holds, and what a model by nearest points begins with.
    pub fn scale(&mut self, steps: impl Iterator<Item = Step>) -> Result<(), WriteError> {
        steps.into_iter().try_for_each(|step| self.bytes(&step.bytes()))
    }
}
