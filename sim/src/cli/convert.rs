//! `convert`: a recording from one format to another.

use super::output::Output;
use super::{Ending, Failure, terminal};
use scenarios::recording::{self, Channel, Format, Kind, OpenOptions};
use std::path::PathBuf;

/// Converts between the recording formats: CSV, WAV, Edge Impulse JSON and CBOR
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin convert walk.csv walk.cbor
  nodetwin convert upload.json walk.csv
  nodetwin convert stereo.wav left.wav --channel left

The format is read from the ends of the names: .csv, .wav, .json and .cbor (Edge Impulse acquisition).")]
pub struct Args {
    /// The recording
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// What to make of it
    #[arg(value_name = "OUT")]
    to: PathBuf,
    /// Which channel of a recording with several: its number from 0, or its name
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
}

/// `1` and `left` are both channels.
pub fn channel(text: Option<&str>) -> Channel {
    match text {
        None => Channel::Only,
        Some(text) => text.parse().map_or_else(|_| Channel::Name(text.to_string()), Channel::Number),
    }
}

pub fn convert(args: &Args) -> Result<Ending, Failure> {
    if Format::by_extension(&args.to).is_none() {
        let message = format!("{}: the end of the name names no format", args.to.display());
        return Err(Failure::input(message, "end it with .csv, .wav, .json or .cbor"));
    }
    if same_file(args) {
        let help = "name another file for the result";
        return Err(Failure::input("both names are of the same file, which would be lost", help));
    }
    let options = OpenOptions { channel: channel(args.channel.as_deref()), ..OpenOptions::default() };
    let recording = recording::open_with(&args.from, &options)?;
    // Looked at once more by `save`; here it says what is wrong with a folder or a path in our words.
    drop(Output::open(&args.to)?);
    recording::save(&args.to, &recording)?;
    let said = match &recording.kind {
        Kind::Imu(track) => {
            format!("{} samples of motion at {:.1} Hz", track.t_ns.len(), track.mean_rate_hz())
        }
        Kind::Audio(track) => format!("{} samples of sound at {} Hz", track.samples.len(), track.rate_hz),
    };
    terminal::tell(&format!("{}: {said}\n", args.to.display()));
    Ok(Ending::Pass)
}

fn same_file(args: &Args) -> bool {
    let canonical = |path: &PathBuf| path.canonicalize().ok();
    canonical(&args.from).is_some_and(|from| canonical(&args.to) == Some(from))
}
