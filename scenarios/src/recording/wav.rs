//! Sound as WAV: integers of 8 to 32 bits and 32-bit floats at any rate; one channel of several.

use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::{AudioTrack, Channel, Kind, OpenOptions, Recording, RecordingError, error};

/// Speakers in the order of the format's channel mask; a file with fewer channels has the first of them.
const SPEAKERS: [&str; 8] =
    ["left", "right", "centre", "lfe", "back-left", "back-right", "side-left", "side-right"];
/// What a sound card samples at; outside of it the header is broken.
const RATES_HZ: core::ops::RangeInclusive<u32> = 100..=1_000_000;

pub fn read(path: &Path, input: impl Read, options: &OpenOptions) -> Result<Recording, RecordingError> {
    let reader = WavReader::new(input).map_err(|error| broken(path, &error))?;
    let spec = reader.spec();
    let promised = u64::from(reader.len());
    if !RATES_HZ.contains(&spec.sample_rate) {
        let message = format!("its header says {} samples a second", spec.sample_rate);
        return Err(RecordingError::new(path, message, "save it again at its true rate, 8 to 192 kHz"));
    }
    if spec.channels == 0 || promised == 0 {
        return Err(RecordingError::new(
            path,
            "holds no samples",
            "record again, or see whether the copy was cut off",
        ));
    }
    let channel = choose(path, spec.channels, &options.channel)?;
    let each = u64::from(spec.channels);
    if promised / each > options.limits.samples as u64 {
        let message =
            format!("promises {} samples; at most {} are read", promised / each, options.limits.samples);
        return Err(RecordingError::new(path, message, "cut the recording into parts"));
    }
    let mut taking = Taking { path, channel, each: spec.channels, promised, found: 0, samples: Vec::new() };
    match spec.sample_format {
        SampleFormat::Float => {
            for sample in reader.into_samples::<f32>() {
                taking.take(sample, 1.0)?;
            }
        }
        SampleFormat::Int => {
            // Two's complement: the most negative number is full scale.
            let scale = 1.0 / (1_u64 << (u32::from(spec.bits_per_sample).clamp(1, 32) - 1)) as f32;
            for sample in reader.into_samples::<i32>() {
                taking.take(sample.map(|sample| sample as f32), scale)?;
            }
        }
    }
    if taking.found < promised {
        return Err(taking.cut_off());
    }
    let rate_hz = f64::from(spec.sample_rate);
    let track =
        AudioTrack { rate_hz, samples: taking.samples, channels: spec.channels, bits: spec.bits_per_sample };
    Ok(of_track(track))
}

/// A recording of nothing but sound.
pub(super) fn of_track(track: AudioTrack) -> Recording {
    let duration_ns = libm::rint(track.samples.len() as f64 * 1e9 / track.rate_hz) as u64;
    Recording { source: String::new(), kind: Kind::Audio(Arc::new(track)), labels: Vec::new(), duration_ns }
}

struct Taking<'a> {
    path: &'a Path,
    channel: u16,
    each: u16,
    promised: u64,
    /// Of all channels.
    found: u64,
    samples: Vec<f32>,
}

impl Taking<'_> {
    fn take(&mut self, sample: hound::Result<f32>, scale: f32) -> Result<(), RecordingError> {
        let value = match sample {
            Ok(value) => value * scale,
            Err(hound::Error::IoError(_) | hound::Error::FormatError(_)) => return Err(self.cut_off()),
            Err(error) => return Err(broken(self.path, &error)),
        };
        if self.found % u64::from(self.each) == u64::from(self.channel) {
            if !value.is_finite() {
                let message = format!(
                    "sample {} of channel {} is {value}",
                    self.found / u64::from(self.each),
                    self.channel
                );
                return Err(RecordingError::new(
                    self.path,
                    message,
                    "export the sound again; every sample must be a number",
                ));
            }
            self.samples.push(value);
        }
        self.found += 1;
        Ok(())
    }

    fn cut_off(&self) -> RecordingError {
        let each = u64::from(self.each);
        let message = format!(
            "is cut off: its header promises {} samples, {} are there",
            self.promised / each,
            self.found / each
        );
        RecordingError::new(self.path, message, "copy it again, or have a sound editor repair and save it")
    }
}

fn choose(path: &Path, channels: u16, wanted: &Channel) -> Result<u16, RecordingError> {
    let names = || {
        let known = SPEAKERS.iter().take(usize::from(channels)).copied().collect::<Vec<_>>().join(", ");
        format!("give a number from 0 to {}, or one of {known}", channels - 1)
    };
    let found = match wanted {
        Channel::Only if channels == 1 => Some(0),
        Channel::Only => {
            return Err(RecordingError::new(
                path,
                format!("has {channels} channels; which one is meant?"),
                names(),
            ));
        }
        Channel::Number(number) => Some(*number),
        Channel::Name(name) => {
            let name = name.to_ascii_lowercase().replace("center", "centre");
            if channels == 1 && name == "mono" {
                Some(0)
            } else {
                SPEAKERS.iter().position(|speaker| *speaker == name).map(|at| at as u16)
            }
        }
    };
    found.filter(|number| *number < channels).ok_or_else(|| {
        let wanted = match wanted {
            Channel::Number(number) => number.to_string(),
            Channel::Name(name) => format!("`{name}`"),
            Channel::Only => String::new(),
        };
        RecordingError::new(path, format!("has no channel {wanted}: it has {channels}"), names())
    })
}

fn broken(path: &Path, error: &hound::Error) -> RecordingError {
    let (message, help) = match error {
        hound::Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ("its header is cut off".to_owned(), "copy it again")
        }
        hound::Error::Unsupported => (
            "is a kind of WAV that is not read here".to_owned(),
            "save it as PCM of 8, 16, 24 or 32 bits, or as 32-bit float",
        ),
        error => {
            (format!("is no WAV file: {error}"), "save it as PCM of 8, 16, 24 or 32 bits, or as 32-bit float")
        }
    };
    RecordingError::new(path, message, help)
}

/// Writes mono: 32-bit float if that is what was read, else 16 bits (louder than full scale is clipped).
pub fn write(
    path: &Path,
    output: &mut (impl Write + Seek),
    recording: &Recording,
) -> Result<(), RecordingError> {
    let Kind::Audio(track) = &recording.kind else {
        return Err(RecordingError::new(
            path,
            "motion has no place in a WAV",
            "end the name with .csv, .json or .cbor",
        ));
    };
    let float = track.bits == 32;
    let spec = WavSpec {
        channels: 1,
        sample_rate: libm::rint(track.rate_hz) as u32,
        bits_per_sample: if float { 32 } else { 16 },
        sample_format: if float { SampleFormat::Float } else { SampleFormat::Int },
    };
    let write_all = || -> hound::Result<()> {
        let mut writer = WavWriter::new(output, spec)?;
        for sample in &track.samples {
            if float {
                writer.write_sample(*sample)?;
            } else {
                writer.write_sample(libm::rintf(sample * 32768.0).clamp(-32768.0, 32767.0) as i16)?;
            }
        }
        writer.finalize()
    };
    write_all().map_err(|error| match error {
        hound::Error::IoError(error) => error::while_writing(path, &error),
        error => {
            RecordingError::new(path, format!("cannot be written: {error}"), "a WAV holds at most 4 GiB")
        }
    })
}
