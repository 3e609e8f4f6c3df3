//! From folders of recordings to what a model learns from.
//!
//! - [`dataset`]: recordings with their labels, and with the person, author or session that each came from
//! - [`split`]: which of them learn and which judge, never divided inside a recording
//! - [`cut`]: windows of a recording, each with one label

pub mod cut;
pub mod dataset;
pub mod split;
