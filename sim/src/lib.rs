//! The twin as a library: the engine that runs scenarios, what it leaves behind, and what is made of that.
//!
//! - [`engine`]: nodes as entities of a Bevy app, built from a scenario and a [`catalogue`] of apps, boards and chips
//! - [`outcome`]: what a run left; [`score`] holds it against labels and expectations
//! - [`tape`]: all that crossed a node's board, to be played elsewhere
//! - [`report`]: one file a form; [`cli`]: one file a verb

mod apps;
pub mod catalogue;
pub mod cli;
pub mod engine;
pub mod outcome;
pub mod report;
pub mod score;
pub mod tape;
