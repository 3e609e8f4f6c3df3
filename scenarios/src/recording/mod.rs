//! Recordings of the real world: reading, writing and judging them.
//!
//! A reader turns a file of one of four formats into physical units (g, deg/s, fractions of full scale) on the
//! recording's own time stamps. What a chip makes of them is not known here: resampling happens when a signal is
//! rendered, and quantisation in the chip's model.
//!
//! Readers refuse with a [`RecordingError`] that names file, line and cure, never panic, and never read more than
//! [`Limits`] allow.

mod error;

pub use error::RecordingError;

use std::path::Path;
use std::sync::Arc;

/// What was recorded, in physical units on its own time stamps.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The file it came from, as given; empty if it was made in memory.
    pub source: String,
    pub kind: Kind,
    /// The ground truth that came with it, in order of time.
    pub labels: Vec<Span>,
    /// From the first sample to one mean step after the last.
    pub duration_ns: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Imu(Arc<ImuTrack>),
    Audio(Arc<AudioTrack>),
}

/// A stretch of time that a label holds for: `[start_ns, end_ns)` from the recording's first sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub start_ns: u64,
    pub end_ns: u64,
    pub label: String,
}

/// Accelerometer and, if there was one, gyroscope.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImuTrack {
    /// From the first sample, never falling; repeated stamps of a coarse clock are already spread.
    pub t_ns: Vec<u64>,
    /// Specific force in g, chip axes.
    pub accel_g: [Vec<f32>; 3],
    /// Angular rate in deg/s; `None` where the recording has no gyroscope.
    pub gyro_dps: Option<[Vec<f32>; 3]>,
    /// Median step between stamps.
    pub step_ns: u64,
    /// Where the stamps jump by more than three median steps.
    pub gaps: Vec<Gap>,
    /// How many stamps were the same as the one before.
    pub repeated_stamps: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    pub start_ns: u64,
    pub end_ns: u64,
}

/// One channel of sound, in fractions of full scale.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AudioTrack {
    pub rate_hz: f64,
    /// 1.0 is full scale.
    pub samples: Vec<f32>,
    /// How many channels the file had; this is one of them.
    pub channels: u16,
    /// Bits of the file's samples (32 for float).
    pub bits: u16,
}

/// Which channel of a file with several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Channel {
    /// The only one; a file with more is refused with the names that may be given.
    #[default]
    Only,
    /// Counted from 0.
    Number(u16),
    /// "left", "right", "centre", ... as the WAV format orders them, or a sensor's name in an Edge Impulse file.
    Name(String),
}

/// How much a reader may take in before it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub file_bytes: u64,
    pub samples: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // 1 GiB holds 9 h of 16 kHz 16-bit sound; 64 M samples of it are 256 MB in memory.
        Self { file_bytes: 1 << 30, samples: 64 << 20 }
    }
}

/// What a caller may say about a file that the file cannot say itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenOptions {
    pub channel: Channel,
    pub limits: Limits,
}

/// Reads a recording, choosing the format by the file's extension, then by its content.
pub fn open(path: &Path) -> Result<Recording, RecordingError> {
    open_with(path, &OpenOptions::default())
}

/// Like [`open`], with what the caller knows.
pub fn open_with(path: &Path, options: &OpenOptions) -> Result<Recording, RecordingError> {
    let _ = options;
    Err(RecordingError::new(path, "no reader knows this format", "give a .csv, .wav, .json or .cbor file"))
}
