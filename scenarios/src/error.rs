//! What is wrong with a scenario, where, and what would put it right. Made for a person: `file:line:col: message`, then the
//! cure; the program's edge may draw a picture of it from the same parts.

use std::fmt;
use std::ops::Range;

use crate::place::{Source, Sources, Span};
use crate::units::UnitError;

/// One thing that is wrong, and its cure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    pub span: Span,
    pub message: String,
    /// What would have been right.
    pub help: String,
}

impl Problem {
    pub fn new(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into() }
    }
    pub(crate) fn unit(span: Span, error: UnitError) -> Self {
        Self { span, message: error.message, help: error.help }
    }
}

/// Why a scenario was refused: everything that was found, in the order of the file. Never empty.
#[derive(Clone, Debug)]
pub struct LoadError {
    problems: Vec<Problem>,
    sources: Sources,
}

impl LoadError {
    /// `problems` must not be empty.
    pub fn new(sources: Sources, mut problems: Vec<Problem>) -> Self {
        assert!(!problems.is_empty(), "an error says what is wrong");
        problems.sort_by_key(|problem| (problem.span.source, problem.span.start));
        problems.dedup();
        Self { problems, sources }
    }

    /// Every problem with the text that it points into.
    pub fn problems(&self) -> impl ExactSizeIterator<Item = Located<'_>> {
        self.problems.iter().map(|problem| Located { problem, source: source(&self.sources, problem.span) })
    }
    pub fn first(&self) -> Located<'_> {
        let problem = &self.problems[0];
        Located { problem, source: source(&self.sources, problem.span) }
    }

    // The first problem's, for callers that show one.
    pub fn file(&self) -> &str {
        self.first().file()
    }
    pub fn text(&self) -> &str {
        self.first().text()
    }
    pub fn span(&self) -> Range<usize> {
        self.first().span()
    }
    pub fn message(&self) -> &str {
        self.first().message()
    }
    pub fn help(&self) -> &str {
        self.first().help()
    }
}

fn source(sources: &Sources, span: Span) -> &Source {
    sources.get(usize::from(span.source)).unwrap_or(&sources[0])
}

/// A problem together with the text that it is about.
#[derive(Clone, Copy, Debug)]
pub struct Located<'a> {
    problem: &'a Problem,
    source: &'a Source,
}

impl<'a> Located<'a> {
    pub fn file(&self) -> &'a str {
        &self.source.name
    }
    pub fn text(&self) -> &'a str {
        &self.source.text
    }
    /// In bytes, always inside [`Self::text`] and on its characters' edges.
    pub fn span(&self) -> Range<usize> {
        let text = self.text();
        let edge =
            |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let range = self.problem.span.range();
        let start = edge(range.start);
        start..edge(range.end).max(start)
    }
    pub fn message(&self) -> &'a str {
        &self.problem.message
    }
    pub fn help(&self) -> &'a str {
        &self.problem.help
    }
    /// From 1.
    pub fn line(&self) -> usize {
        self.source.line_column(self.problem.span.start as usize).0
    }
    /// From 1, in characters.
    pub fn column(&self) -> usize {
        self.source.line_column(self.problem.span.start as usize).1
    }
}

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file())?;
        // A file that could not be read has no lines to point at.
        if !self.text().is_empty() {
            write!(f, "{}:{}:", self.line(), self.column())?;
        }
        write!(f, " {}", self.message())?;
        if !self.help().is_empty() {
            write!(f, "\n  help: {}", self.help())?;
        }
        Ok(())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadError {}
