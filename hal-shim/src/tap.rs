//! A tap on the wires: what the node was given to see, byte for byte. Off unless somebody asks for it.

use crate::device::Direction;
use crate::time::TrueTime;

#[derive(Clone, Debug, Default)]
pub struct Tap {
    pub audio: Vec<AudioBlock>,
    pub i2c: Vec<Crossing>,
}

/// A block that the node read from the microphone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioBlock {
    /// True time of its first sample.
    pub at: TrueTime,
    pub rate_hz: u32,
    /// Samples lost just before it.
    pub lost: u32,
    pub samples: Vec<i16>,
}

/// Bytes that crossed an I2C bus in one direction, without a start between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    pub at: TrueTime,
    pub bus: &'static str,
    pub address: u8,
    pub direction: Direction,
    pub bytes: Vec<u8>,
    /// More of the crossing before, in the next chunk.
    pub continued: bool,
}
