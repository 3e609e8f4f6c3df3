//! From folders of recordings to a model's file, and back to what it is worth.
//!
//! - [`dataset`]: recordings with their labels, and with the person, author or session that each came from
//! - [`cost`]: what an answer will take on a chip
//! - [`cut`]: windows of a recording, each with one label
//! - [`plans`]: what is computed of a window, if nobody says otherwise
//! - [`table`]: all windows' features, by node-core's own code
//! - [`split`]: which of them learn and which judge, never divided inside a recording
//! - [`judge`]: what a way to learn is worth, by windows that did not learn
//! - [`linear`]: a linear model in closed form
//! - [`sheet`]: tables in which each row is an example
//! - [`pls`]: partial least squares
//! - [`task`]: who does all of that, by what the recordings are of: [`motion`], [`spectrum`]
//! - [`evaluation`]: what a model says of data that it did not learn from
//! - [`errors`]: how far numbers are off
//! - [`scores`]: who was taken for whom
//! - [`text`]: all that in words
//! - [`file`](mod@file): a model's file

pub mod cost;
pub mod cut;
pub mod dataset;
pub mod errors;
pub mod evaluation;
pub mod file;
pub mod judge;
pub mod linear;
pub mod motion;
pub mod plans;
pub mod pls;
pub mod scores;
pub mod sheet;
pub mod spectrum;
pub mod split;
pub mod table;
pub mod task;
pub mod text;

pub use crate::refusal::Refusal;

/// Work done and work to do: for whoever shows it.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);
