//! Writes a model file into memory that the caller has.

use super::{HEAD, MAGIC, Section, VERSION};
use crate::crc::crc32;
use core::fmt;

/// Why a model cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The room is too small.
    Full,
    /// What was given fits no field of the format, and why.
    Unfit(&'static str),
}

impl fmt::Display for WriteError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Full => write!(out, "the model is larger than the room that it was given"),
            Self::Unfit(why) => write!(out, "the model does not fit the format: {why}"),
        }
    }
}

impl core::error::Error for WriteError {}

/// A file that is being written. Sections go in the order of their numbers; what the sections hold is checked by
/// opening the result.
pub struct Writer<'b> {
    room: &'b mut [u8],
    at: usize,
    sections: u16,
    /// Where the length of the section begins that is being written.
    open: Option<usize>,
}

impl<'b> Writer<'b> {
    pub fn new(room: &'b mut [u8]) -> Result<Self, WriteError> {
        if room.len() < HEAD {
            return Err(WriteError::Full);
        }
        Ok(Self { room, at: HEAD, sections: 0, open: None })
    }

    /// Ends the section before and begins the next.
    pub fn section(&mut self, section: Section) -> Result<(), WriteError> {
        self.section_of(section as u16)
    }

    pub(super) fn section_of(&mut self, number: u16) -> Result<(), WriteError> {
        self.close()?;
        self.u16(number)?;
        self.u16(0)?;
        self.open = Some(self.at);
        self.sections += 1;
        self.u32(0)
    }

    fn close(&mut self) -> Result<(), WriteError> {
        if let Some(length_at) = self.open.take() {
            let length = (self.at - length_at - 4) as u32;
            self.room[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
            self.bytes(&[0; 3][..self.at.next_multiple_of(4) - self.at])?;
        }
        Ok(())
    }

    /// The bytes of the whole file.
    pub fn finish(mut self) -> Result<&'b [u8], WriteError> {
        self.close()?;
        let (file, _) = self.room.split_at_mut(self.at);
        file[..4].copy_from_slice(&MAGIC);
        file[4..6].copy_from_slice(&VERSION.to_le_bytes());
        file[6..8].copy_from_slice(&self.sections.to_le_bytes());
        file[8..12].copy_from_slice(&(self.at as u32).to_le_bytes());
        let crc = crc32(crc32(0, &file[..12]), &file[HEAD..]);
        file[12..HEAD].copy_from_slice(&crc.to_le_bytes());
        Ok(file)
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.room
            .get_mut(self.at..)
            .and_then(|room| room.get_mut(..bytes.len()))
            .ok_or(WriteError::Full)?
            .copy_from_slice(bytes);
        self.at += bytes.len();
        Ok(())
    }

    pub fn u8(&mut self, value: u8) -> Result<(), WriteError> {
        self.bytes(&[value])
    }

    pub fn u16(&mut self, value: u16) -> Result<(), WriteError> {
        self.bytes(&value.to_le_bytes())
    }

    pub fn u32(&mut self, value: u32) -> Result<(), WriteError> {
        self.bytes(&value.to_le_bytes())
    }

    pub fn f32(&mut self, value: f32) -> Result<(), WriteError> {
        self.bytes(&value.to_le_bytes())
    }

    /// A text of up to 255 bytes behind its length.
    pub fn name(&mut self, text: &str) -> Result<(), WriteError> {
        let length =
            u8::try_from(text.len()).map_err(|_| WriteError::Unfit("a name has 255 bytes at most"))?;
        self.u8(length)?;
        self.bytes(text.as_bytes())
    }

    /// Room that nothing is written to yet.
    pub(crate) fn left(&mut self) -> &mut [u8] {
        self.room.get_mut(self.at..).unwrap_or_default()
    }

    /// Keeps `count` bytes that were written to [`Self::left`].
    pub(crate) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    /// Where the next byte goes.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Sets the bits of `bytes` at `at`, where something was written before.
    pub(crate) fn merge(&mut self, at: usize, bytes: &[u8]) {
        for (byte, more) in self.room[at..].iter_mut().zip(bytes) {
            *byte |= more;
        }
    }

    /// Forgets what was written from `at` on.
    pub(crate) fn back_to(&mut self, at: usize) {
        self.at = at;
    }
}
