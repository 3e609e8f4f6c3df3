//! From folders of recordings to a model's file, and back to what it is worth.
//!
//! - [`dataset`]: recordings with their labels, and with the person, author or session that each came from
//! - [`cut`]: windows of a recording, each with one label
//! - [`plans`]: what is computed of a window, if nobody says otherwise
//! - [`table`]: all windows' features, by node-core's own code
//! - [`split`]: which of them learn and which judge, never divided inside a recording
//! - [`judge`]: what a way to learn is worth, by windows that did not learn
//! - [`linear`]: a linear model in closed form
//! - [`motion`]: all of that, for accelerations and rotations
//! - [`scores`]: who was taken for whom
//! - [`text`]: all that in words
//! - [`file`](mod@file): a model's file, and what it says of recordings

pub mod cut;
pub mod dataset;
pub mod file;
pub mod judge;
pub mod linear;
pub mod motion;
pub mod plans;
pub mod scores;
pub mod split;
pub mod table;
pub mod text;

/// Why recordings make no model, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    pub help: String,
}

impl Refusal {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

impl From<scenarios::recording::RecordingError> for Refusal {
    fn from(error: scenarios::recording::RecordingError) -> Self {
        Self { message: error.to_string(), help: error.help }
    }
}

/// Work done and work to do: for whoever shows it.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);
