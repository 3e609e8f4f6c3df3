//! Recordings of the real world: reading, writing and judging them.
//!
//! A reader turns a file of one of four formats into physical units (g, deg/s, fractions of full scale) on the
//! recording's own time stamps. What a chip makes of them is not known here: resampling happens when a signal is
//! rendered, and quantisation in the chip's model.
//!
//! Readers refuse with a [`RecordingError`] that names file, line and cure, never panic, and never read more than
//! [`Limits`] allow.

pub mod csv_imu;
pub mod edge_impulse;
mod error;
pub mod health;
mod source;
mod stamps;
pub mod wav;

pub use error::RecordingError;
pub use health::{Finding, Health, analyse};

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
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

/// The formats that are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,label`, or Edge Impulse's `timestamp,accX,accY,accZ`.
    Csv,
    Wav,
    EdgeImpulseJson,
    EdgeImpulseCbor,
}

impl Format {
    /// By the end of the file's name alone.
    pub fn by_extension(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "wav" | "wave" => Some(Self::Wav),
            "json" => Some(Self::EdgeImpulseJson),
            "cbor" => Some(Self::EdgeImpulseCbor),
            _ => None,
        }
    }

    /// By the first bytes.
    pub fn by_content(beginning: &[u8]) -> Option<Self> {
        let first = beginning.iter().copied().find(|byte| !byte.is_ascii_whitespace())?;
        match first {
            _ if beginning.starts_with(b"RIFF") => Some(Self::Wav),
            b'{' => Some(Self::EdgeImpulseJson),
            // A CBOR map.
            0xa0..=0xbf => Some(Self::EdgeImpulseCbor),
            _ if first.is_ascii_graphic() => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Reads a recording, choosing the format by the file's extension, then by its content.
pub fn open(path: &Path) -> Result<Recording, RecordingError> {
    open_with(path, &OpenOptions::default())
}

/// Like [`open`], with what the caller knows.
pub fn open_with(path: &Path, options: &OpenOptions) -> Result<Recording, RecordingError> {
    let (mut file, length) = source::open_file(path, options.limits.file_bytes)?;
    let format = match Format::by_extension(path) {
        Some(format) => format,
        None => {
            let beginning = source::peek(path, &mut file)?;
            Format::by_content(&beginning).ok_or_else(|| {
                RecordingError::new(
                    path,
                    "neither the name nor the content says what this is",
                    "give a .csv, .wav, .json or .cbor file",
                )
            })?
        }
    };
    let input = BufReader::new(file);
    let recording = match format {
        Format::Csv => csv_imu::read(path, input, &options.limits)?,
        Format::Wav => wav::read(path, input, options)?,
        Format::EdgeImpulseJson | Format::EdgeImpulseCbor => {
            source::refuse_above(path, length, edge_impulse::MOST_BYTES)?;
            let as_json = format == Format::EdgeImpulseJson;
            edge_impulse::read(path, input, as_json, options)?
        }
    };
    Ok(Recording { source: path.display().to_string(), ..recording })
}

/// Writes a recording in the format that the file's extension names.
pub fn save(path: &Path, recording: &Recording) -> Result<(), RecordingError> {
    let format = Format::by_extension(path).ok_or_else(|| {
        RecordingError::new(
            path,
            "the extension names no format that is written here",
            "end it with .csv, .wav, .json or .cbor",
        )
    })?;
    let file = File::create(path).map_err(|error| {
        RecordingError::new(
            path,
            format!("cannot be written: {error}"),
            "name a file in a folder that exists",
        )
    })?;
    let mut output = BufWriter::new(file);
    match format {
        Format::Csv => csv_imu::write(path, &mut output, recording)?,
        Format::Wav => wav::write(path, &mut output, recording)?,
        Format::EdgeImpulseJson => edge_impulse::write_json(path, &mut output, recording)?,
        Format::EdgeImpulseCbor => edge_impulse::write_cbor(path, &mut output, recording)?,
    }
    output.flush().map_err(|error| error::while_writing(path, &error))
}

impl ImuTrack {
    /// Samples a second, over the whole recording.
    pub fn mean_rate_hz(&self) -> f64 {
        match (self.t_ns.len(), self.t_ns.last()) {
            (2.., Some(&last)) if last > 0 => (self.t_ns.len() - 1) as f64 * 1e9 / last as f64,
            _ => 0.0,
        }
    }
}

impl Recording {
    pub fn imu(&self) -> Option<&Arc<ImuTrack>> {
        match &self.kind {
            Kind::Imu(track) => Some(track),
            Kind::Audio(_) => None,
        }
    }

    pub fn audio(&self) -> Option<&Arc<AudioTrack>> {
        match &self.kind {
            Kind::Audio(track) => Some(track),
            Kind::Imu(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
