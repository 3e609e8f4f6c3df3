//! From a model's answers to what is said of them: thresholds and smoothing.

use super::read::{Fields, check, check_number};
use super::write::{WriteError, Writer};
use super::{NtmError, Wrong};

/// How sure the model has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds<'a> {
    /// One for all classes, or one a class; none: every answer is taken.
    numbers: &'a [[u8; 4]],
}

impl<'a> Thresholds<'a> {
    pub(crate) const NONE: Self = Self { numbers: &[] };

    pub(crate) fn open(mut fields: Fields<'a>, classes: usize) -> Result<Self, NtmError> {
        let begin = fields.at();
        let count = fields.left() / 4;
        let right = count == 1 || count == classes;
        check(right, begin, "the number of thresholds", count, "1, or one a class")?;
        let mut bytes = fields.clone();
        for _ in 0..count {
            let at = fields.at();
            let number = fields.f32("a threshold")?;
            check_number(number >= 0.0, at, "a threshold", number, "0 and more")?;
        }
        fields.end("thresholds")?;
        let (numbers, _) = bytes.take(4 * count, "thresholds")?.as_chunks();
        Ok(Self { numbers })
    }

    /// An answer below this is not one: the confidence of a class, or how far from normal an anomaly is.
    pub fn of(&self, class: usize) -> f32 {
        let number = if self.numbers.len() == 1 { self.numbers.first() } else { self.numbers.get(class) };
        number.map_or(0.0, |bytes| f32::from_le_bytes(*bytes))
    }
}

/// What is made of one answer after another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Smoothing {
    #[default]
    None,
    /// The class with most of the last `windows` answers.
    Majority { windows: u8 },
    /// A class begins after `windows` answers in a row above `enter`, and ends below `leave`.
    Hysteresis { windows: u8, enter: f32, leave: f32 },
    /// A hidden class stays with probability `stay` from one answer to the next.
    Hidden { stay: f32 },
}

impl Smoothing {
    pub(crate) fn open(mut fields: Fields) -> Result<Self, NtmError> {
        let at = fields.at();
        let kind = fields.u8("the kind of smoothing")?;
        let windows = |fields: &mut Fields| {
            let at = fields.at();
            let windows = fields.u8("the windows of smoothing")?;
            check((1..=64).contains(&windows), at, "the windows of smoothing", windows, "1 to 64")?;
            Ok(windows)
        };
        let probability = |fields: &mut Fields, field| {
            let at = fields.at();
            let number = fields.f32(field)?;
            check_number((0.0..=1.0).contains(&number), at, field, number, "0 to 1")?;
            Ok(number)
        };
        let smoothing = match kind {
            0 => Self::None,
            1 => Self::Majority { windows: windows(&mut fields)? },
            2 => {
                let windows = windows(&mut fields)?;
                let enter = probability(&mut fields, "where a class begins")?;
                let at = fields.at();
                let leave = probability(&mut fields, "where a class ends")?;
                check_number(leave <= enter, at, "where a class ends", leave, "up to where it begins")?;
                Self::Hysteresis { windows, enter, leave }
            }
            3 => Self::Hidden { stay: probability(&mut fields, "the chance to stay")? },
            found => {
                let field = "the kind of smoothing";
                let found = found.into();
                return Err(NtmError::new(at, Wrong::Value { field, found, allowed: "0 to 3" }));
            }
        };
        fields.end("smoothing")?;
        Ok(smoothing)
    }
}

impl Writer<'_> {
    /// What a section of thresholds holds.
    pub fn thresholds(&mut self, numbers: &[f32]) -> Result<(), WriteError> {
        numbers.iter().try_for_each(|number| self.f32(*number))
    }

    /// What a section of smoothing holds.
    pub fn smoothing(&mut self, smoothing: &Smoothing) -> Result<(), WriteError> {
        match *smoothing {
            Smoothing::None => self.u8(0),
            Smoothing::Majority { windows } => self.bytes(&[1, windows]),
            Smoothing::Hysteresis { windows, enter, leave } => {
                self.bytes(&[2, windows])?;
                self.f32(enter)?;
                self.f32(leave)
            }
            Smoothing::Hidden { stay } => {
                self.u8(3)?;
                self.f32(stay)
            }
        }
    }
}
