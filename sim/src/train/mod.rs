//! From folders of recordings to a model's file, and back to what it is worth.
//!
//! - [`task`]: who does it, by what the data are of: [`motion`], [`sound`], [`vibration`], [`spectrum`],
//!   [`position`]
//! - [`dataset`]: recordings with their labels, and with the person, author or session that each came from
//! - [`signal`]: their samples at a model's rate, [`resample`]d where it is another
//! - [`cut`]: windows of a recording, each with one label; [`augment`]: copies that are a little different
//! - [`plans`]: what is computed of a window, if nobody says otherwise
//! - [`feature_names`]: what each feature is, in words
//! - [`table`]: all windows' features, by node-core's own code
//! - [`split`]: which of them learn and which judge, never divided inside a recording
//! - [`judge`]: what a way to learn is worth, by windows that did not learn; and which way to choose
//! - [`linear`]: a linear model in closed form
//! - [`network`]: neural networks of 8 bits
//! - [`learnt`]: what else can learn; [`rivals`]: whether it is better
//! - [`import`]: models that were made elsewhere
//! - [`classifier`]: all of that, for classes
//! - [`normal`]: how far from each state of a machine
//! - [`forest`]: random forests and extra trees
//! - [`boosted`]: gradient-boosted trees
//! - [`mod@nearest`]: a few points a class
//! - [`trees`]: trees on their way into a file
//! - [`sheet`]: tables in which each row is an example
//! - [`pls`]: partial least squares
//! - [`cost`]: what an answer will take on a chip
//! - [`evaluation`]: what a model says of data that it did not learn from
//! - [`replay`]: the same, of recordings that went through the simulated chip and the node's app
//! - [`errors`]: how far numbers are off
//! - [`scores`]: who was taken for whom; [`decision`]: and what is said in the end
//! - [`text`]: all that in words; [`page`]: as HTML; [`front`]: accuracy against size and time, as a picture
//! - [`marks`]: by which `eval` knows recordings again that a model learnt from
//! - [`file`](mod@file): a model's file; [`fewer`]: that of some of its trees

pub mod augment;
pub mod boosted;
pub mod classifier;
pub mod cost;
pub mod cut;
pub mod dataset;
pub mod decision;
pub mod errors;
pub mod evaluation;
pub mod feature_names;
pub mod fewer;
pub mod file;
pub mod forest;
pub mod front;
pub mod import;
pub mod judge;
pub mod learnt;
pub mod linear;
pub mod marks;
pub mod microphone;
pub mod motion;
pub mod nearest;
pub mod network;
pub mod normal;
pub mod page;
pub mod plans;
pub mod pls;
pub mod position;
pub mod replay;
pub mod resample;
pub mod rivals;
pub mod scores;
pub mod sheet;
pub mod signal;
pub mod sound;
pub mod spectrum;
pub mod split;
pub mod table;
pub mod task;
pub mod text;
pub mod trees;
pub mod vibration;

pub use crate::refusal::Refusal;

/// Work done and work to do: for whoever shows it.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);
