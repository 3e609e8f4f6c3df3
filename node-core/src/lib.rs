//! The sensor node's program, the same in the simulator and on the chip.
//!
//! - [`board`]: the one list of what a node needs from hardware; [`boards`]: facts of real boards
//! - [`time`], [`meter`], [`audio`], [`radio`]: clock, price of computing, microphone, access points around; [`event`]: everything a node can say
//! - [`bus`], [`drivers`]: one folder a chip, over embedded-hal
//! - [`dsp`]: pure signal processing; [`ml`]: models, and the file they come in
//! - [`app`]: the programs, one `run` each; [`ui`]: their LCD pages
//! - [`storage`]: what a node keeps through a power cut
//! - [`tape`]: all that crosses the board, recorded and played back; [`crc`] seals it, and models
//!
//! No heap, no `unsafe`, no global clock, and no `cfg(feature)` for a world: what differs between worlds is a type
//! behind [`board::Board`].
#![no_std]
#![forbid(unsafe_code)]

pub mod app;
pub mod audio;
pub mod board;
pub mod boards;
pub mod bus;
pub mod crc;
pub mod drivers;
pub mod dsp;
pub mod event;
pub mod meter;
pub mod ml;
pub mod radio;
pub mod storage;
pub mod tape;
pub mod time;
pub mod ui;
