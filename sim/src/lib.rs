//! The twin as a library: the engine that runs scenarios, what it leaves behind, and what is made of that.
//!
//! - [`engine`]: nodes as entities of a Bevy app, built from a scenario and a [`catalogue`] of apps, boards and chips
//! - `desktop` (feature): the window onto it
//! - [`live`]: a run that goes on, is watched and taken part in
//! - [`outcome`]: what a run left; [`score`] holds it against labels and expectations
//! - [`budget`]: how much time is left, and what would have to change where it is not enough
//! - [`tape`]: all that crossed a node's board, to be played elsewhere
//! - [`cycles`]: what compiled code costs on the chip's pipeline
//! - [`calibrate`]: what a device's own timings make of the predicted costs
//! - [`memory`]: what programs take of a chip's memory, and what there is
//! - [`train`]: models out of recordings, and what they are worth
//! - [`report`]: one file a form; [`cli`]: one file a verb; [`refusal`]: why what somebody gave cannot be used

mod apps;
pub mod budget;
pub mod calibrate;
pub mod catalogue;
mod cholesky;
pub mod cli;
pub mod cycles;
#[cfg(feature = "desktop")]
pub mod desktop;
pub mod engine;
pub mod live;
pub mod memory;
pub mod outcome;
mod parallel;
pub mod refusal;
pub mod report;
pub mod score;
pub mod tape;
pub mod train;
