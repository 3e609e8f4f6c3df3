//! The one error of the readers: which file, which line, what is wrong and what would put it right.

use std::path::{Path, PathBuf};

/// Why a recording cannot be used. The words are for a person: nothing should look into them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct RecordingError {
    pub path: PathBuf,
    /// Counted from 1; `None` for formats that have no lines.
    pub line: Option<u64>,
    pub message: String,
    /// What would have been right.
    pub help: String,
}

impl RecordingError {
    pub fn new(path: &Path, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), line: None, message: message.into(), help: help.into() }
    }

    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }
}

/// A write that the operating system refused.
pub(super) fn while_writing(path: &Path, error: &std::io::Error) -> RecordingError {
    RecordingError::new(
        path,
        format!("cannot be written: {error}"),
        "see that the disk has room and the folder may be written",
    )
}
