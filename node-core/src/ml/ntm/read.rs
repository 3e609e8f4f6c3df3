//! Fields out of bytes; each knows where in the file it stood.

use super::{NtmError, Wrong};

/// Part of a file that is being read.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// `at`: where in the file `bytes` begin.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    pub fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], NtmError> {
        let Some((taken, rest)) = self.bytes.split_at_checked(count) else {
            let what = Wrong::Short { field, needs: count, left: self.bytes.len() };
            return Err(NtmError::new(self.at, what));
        };
        (self.bytes, self.at) = (rest, self.at + count);
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], NtmError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    pub fn u8(&mut self, field: &'static str) -> Result<u8, NtmError> {
        self.array(field).map(u8::from_le_bytes)
    }

    pub fn i8(&mut self, field: &'static str) -> Result<i8, NtmError> {
        self.array(field).map(i8::from_le_bytes)
    }

    pub fn u16(&mut self, field: &'static str) -> Result<u16, NtmError> {
        self.array(field).map(u16::from_le_bytes)
    }

    pub fn u32(&mut self, field: &'static str) -> Result<u32, NtmError> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// A finite number.
    pub fn f32(&mut self, field: &'static str) -> Result<f32, NtmError> {
        let at = self.at;
        let found = self.array(field).map(f32::from_le_bytes)?;
        if found.is_finite() {
            return Ok(found);
        }
        Err(NtmError::new(at, Wrong::Number { field, found, allowed: "finite numbers" }))
    }

    /// `count` words that stay where they are, little-endian.
    pub fn words(&mut self, count: usize, field: &'static str) -> Result<&'a [u32], NtmError> {
        let at = self.at;
        // A count that overflows needs more than there is.
        let bytes = self.take(count.saturating_mul(4), field)?;
        bytemuck::try_cast_slice(bytes).map_err(|_| NtmError::new(at, Wrong::Misaligned))
    }

    /// A text of known length, not empty if `named`.
    pub fn text(&mut self, count: usize, field: &'static str, named: bool) -> Result<&'a str, NtmError> {
        let at = self.at;
        match core::str::from_utf8(self.take(count, field)?) {
            Ok(text) if !(named && text.is_empty()) => Ok(text),
            _ => Err(NtmError::new(at, Wrong::Text(field))),
        }
    }

    /// Nothing may be left.
    pub fn end(&self, section: &'static str) -> Result<(), NtmError> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        Err(NtmError::new(self.at, Wrong::Long { section, left: self.bytes.len() }))
    }
}

/// An error unless `right`: `found` in `field` at byte `at`.
pub(crate) fn check(
    right: bool,
    at: usize,
    field: &'static str,
    found: impl TryInto<i64>,
    allowed: &'static str,
) -> Result<(), NtmError> {
    if right {
        return Ok(());
    }
    let found = found.try_into().unwrap_or(i64::MAX);
    Err(NtmError::new(at, Wrong::Value { field, found, allowed }))
}

/// As [`check`], of a number.
pub(crate) fn check_number(
    right: bool,
    at: usize,
    field: &'static str,
    found: f32,
    allowed: &'static str,
) -> Result<(), NtmError> {
    if right { Ok(()) } else { Err(NtmError::new(at, Wrong::Number { field, found, allowed })) }
}
