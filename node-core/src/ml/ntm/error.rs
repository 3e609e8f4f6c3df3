//! What is wrong with a model's bytes, and where.

use crate::dsp::features::PlanError;
use core::fmt;

/// Why bytes are no model that this node can use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NtmError {
    /// Byte of the file where it was seen.
    pub at: usize,
    pub what: Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wrong {
    NoModel,
    OtherVersion(u16),
    Damaged {
        crc: u32,
        written: u32,
    },
    /// The file says another length than it has.
    Length {
        says: usize,
        has: usize,
    },
    /// The bytes do not lie at a multiple of 4.
    Misaligned,
    /// The file or the section ends within a field.
    Short {
        field: &'static str,
        needs: usize,
        left: usize,
    },
    /// Bytes are left over at a section's end.
    Long {
        section: &'static str,
        left: usize,
    },
    UnknownSection(u16),
    /// Sections stand in the order of their numbers, each at most once.
    Order(u16),
    Missing(&'static str),
    /// A field holds what it must not.
    Value {
        field: &'static str,
        found: i64,
        allowed: &'static str,
    },
    Number {
        field: &'static str,
        found: f32,
        allowed: &'static str,
    },
    Plan(PlanError),
    /// No text in UTF-8, or an empty one where a name is needed.
    Text(&'static str),
}

impl NtmError {
    pub(crate) fn new(at: usize, what: Wrong) -> Self {
        Self { at, what }
    }
}

impl fmt::Display for NtmError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "byte {}: ", self.at)?;
        match self.what {
            Wrong::NoModel => write!(out, "this is no .ntm file; `nodetwin train` makes one"),
            Wrong::OtherVersion(version) => {
                write!(out, "format version {version}, this reads {}: export the model again", super::VERSION)
            }
            Wrong::Damaged { crc, written } => write!(
                out,
                "damaged: the CRC-32 is {crc:08x}, and {written:08x} is written in it; copy the file again"
            ),
            Wrong::Length { says, has } => {
                write!(out, "the file says it has {says} bytes and has {has}; copy it again")
            }
            Wrong::Misaligned => {
                write!(out, "the model does not lie at a multiple of 4; wrap it in `ml::ntm::Aligned`")
            }
            Wrong::Short { field, needs, left } => {
                write!(out, "{field} needs {needs} bytes and {left} are left")
            }
            Wrong::Long { section, left } => write!(out, "{left} bytes too many at the end of {section}"),
            Wrong::UnknownSection(kind) => {
                write!(out, "section {kind} is not known; the file is newer than this program")
            }
            Wrong::Order(kind) => write!(out, "section {kind} is there twice or out of order"),
            Wrong::Missing(section) => write!(out, "the section {section} is missing"),
            Wrong::Value { field, found, allowed } => write!(out, "{field} is {found}, allowed: {allowed}"),
            Wrong::Number { field, found, allowed } => write!(out, "{field} is {found}, allowed: {allowed}"),
            Wrong::Plan(error) => error.fmt(out),
            Wrong::Text(field) => write!(out, "{field} is empty, too long or not UTF-8"),
        }
    }
}

impl core::error::Error for NtmError {}
