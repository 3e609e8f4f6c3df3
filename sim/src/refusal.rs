//! Why something that somebody gave cannot be used, and what would help.

use scenarios::recording::RecordingError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    pub help: String,
}

impl Refusal {
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl From<RecordingError> for Refusal {
    fn from(error: RecordingError) -> Self {
        Self { message: error.to_string(), help: error.help }
    }
}
