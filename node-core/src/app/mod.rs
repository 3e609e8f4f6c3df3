//! The node programs, one `run` each, and what they share around their sensor.
//!
//! A program is one future: its tasks are joined in it, and the order in which they are joined is their priority (the
//! pipeline first, the screen late). A task that waits is the rule; a task that computes does so in a stage of the meter.
//! Every real computation lives in `dsp`, a driver or a pure file beside the pipeline, so that it can be tested without a board.
//!
//! - [`sound`], [`motion`], [`vibration`], [`spectrometer`], [`position`]: the programs; [`probe`]: the first one on a new board
//! - [`start`]: what each does first; [`live`]: the tasks around a pipeline, joined with it
//! - [`bring_up`]: rails before chips; [`retained`]: what outlives a reset; [`health`]: a failing chip is told once
//! - `imu`: its FIFO, read in time; `kept`: what was learnt, in flash
//! - [`recogniser`]: a model at work: whether it fits a program, its room, and what is said of its answers
//! - [`panel`]: what tasks tell each other; [`button`], [`lamp`], [`screen`], [`power`]: the tasks around a pipeline

pub mod bring_up;
pub mod button;
pub mod health;
mod imu;
mod kept;
pub mod lamp;
pub mod live;
pub mod motion;
pub mod panel;
pub mod position;
pub mod power;
pub mod probe;
pub mod recogniser;
pub mod retained;
pub mod screen;
pub mod sound;
pub mod spectrometer;
pub mod start;
pub mod vibration;

use crate::time::Duration;

/// How long a task leaves a failed chip alone before it tries again.
pub const RETRY: Duration = Duration::from_secs(3);
