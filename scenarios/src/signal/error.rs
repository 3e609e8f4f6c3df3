//! Why a world cannot be built for a node.

use crate::recording::RecordingError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    #[error("the scenario has no node named `{name}`; it has {}", known.join(", "))]
    UnknownNode { name: String, known: Vec<String> },
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// A sound's entry was given a recording of motion, or the other way round.
    #[error("{file} holds {found}, and {wanted} is wanted here")]
    WrongKind { file: String, found: &'static str, wanted: &'static str },
}
