//! Where in which text something was said. Every part of a scenario keeps its place, so that whoever finds a fault in it
//! later (an application's settings, a sensor that the board lacks) can still point into the file.

use std::ops::Range;
use std::sync::Arc;

/// A byte range in one of a scenario's sources: the file itself, or the text of an override.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    pub source: u16,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(source: u16, range: Range<usize>) -> Self {
        Self { source, start: range.start as u32, end: range.end as u32 }
    }
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A text that was read, and the name by which a person knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub text: String,
}

impl Source {
    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// All the texts that a scenario was made of; the file is the first.
pub type Sources = Arc<Vec<Source>>;
