//! `doctor`: examines scenarios and recordings, and explains.

use super::convert::channel;
use super::execution;
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure};
use crate::catalogue::Catalogue;
use crate::engine::{Options, Twin};
use crate::report::numbers::{counted, said_time};
use crate::report::table::{Paint, Tone};
use scenarios::recording::{self, Kind, OpenOptions, analyse};
use scenarios::schema::{MotionKind, SoundKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Examines scenarios and recordings: gaps, rate drift, clipping, wrong units, names that lie
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin doctor walk.csv door.wav
  nodetwin doctor scenarios/motion.toml
  nodetwin doctor stereo.wav --channel left

A scenario is loaded and built as for a run, and its recordings are examined as well.
Exit codes: 0 nothing was found, 1 something was, 2 a file is wrong.")]
pub struct Args {
    /// Scenarios (.toml) and recordings
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Which channel of a recording with several: its number from 0, or its name
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
}

pub fn doctor(args: &Args, catalogue: &Catalogue) -> Result<Ending, Failure> {
    let mut ending = Ending::Pass;
    for file in &args.files {
        let toml = file.extension().is_some_and(|extension| extension == "toml");
        let options = OpenOptions { channel: channel(args.channel.as_deref()), ..OpenOptions::default() };
        let examined = if toml { scenario(file, catalogue) } else { examine(file, &options, stdout_paint()) };
        // One bad file should not hide what is wrong with the others.
        let found = match examined {
            Ok((text, 0)) => {
                terminal::show(&text)?;
                Ending::Pass
            }
            Ok((text, _)) => {
                terminal::show(&text)?;
                Ending::Fail
            }
            Err(failure) => failure.tell(),
        };
        ending = if found as u8 > ending as u8 { found } else { ending };
    }
    let (tone, said) = match ending {
        Ending::Pass => (Tone::Good, "nothing to complain of"),
        Ending::Fail => (Tone::Warning, "see above"),
        _ => (Tone::Bad, "not all of it can be used"),
    };
    terminal::tell(&format!("{}\n", stderr_paint().text(tone, said)));
    Ok(ending)
}

/// The text, and how many things were found.
type Examined = Result<(String, usize), Failure>;

fn scenario(file: &Path, catalogue: &Catalogue) -> Examined {
    let paint = stdout_paint();
    let scenario = execution::load(file, catalogue, &[])?;
    let mut out = format!("{}\n", paint.text(Tone::Strong, &file.display().to_string()));
    out.push_str(&format!(
        "  {}, {}, {}\n",
        said_time(scenario.duration_ns),
        counted(scenario.nodes.len() as u64, "node"),
        counted(scenario.expects.len() as u64, "expectation")
    ));
    let mut findings: Vec<(String, String)> =
        scenario.warnings.iter().map(|warning| (warning.clone(), String::new())).collect();
    if scenario.expects.is_empty() {
        let cure = "add an [[expect]], as in: deadline_misses = 0";
        findings.push(("it expects nothing, so it cannot fail".into(), cure.into()));
    }
    let mut recordings = BTreeSet::new();
    for sound in &scenario.sounds {
        if let SoundKind::Recording(of) = &sound.kind {
            recordings.insert((of.file.clone(), of.channel.clone()));
        }
    }
    for motion in &scenario.motions {
        if let MotionKind::Recording(of) = &motion.kind {
            recordings.insert((of.file.clone(), recording::Channel::Only));
        }
    }
    // Settings of apps and chips are known to them alone: building the nodes asks them.
    Twin::new(catalogue, scenario, &Options { threads: Some(1), ..Options::default() })?;
    let mut count = findings.len();
    for (sentence, cure) in &findings {
        finding(sentence, cure, paint, &mut out);
    }
    for (file, channel) in recordings {
        let options = OpenOptions { channel, ..OpenOptions::default() };
        let (text, found) = examine(&file, &options, paint)?;
        out.push_str(&text);
        count += found;
    }
    Ok((out, count))
}

fn examine(file: &Path, options: &OpenOptions, paint: Paint) -> Examined {
    let recording = recording::open_with(file, options)?;
    let health = analyse(&recording);
    let what = match &recording.kind {
        Kind::Imu(track) if track.gyro_dps.is_some() => "acceleration and rotation".to_string(),
        Kind::Imu(_) => "acceleration".to_string(),
        Kind::Audio(track) => {
            format!("sound, {} bit, {}", track.bits, counted(u64::from(track.channels), "channel"))
        }
    };
    let labels: BTreeSet<&str> = recording.labels.iter().map(|span| span.label.as_str()).collect();
    let labels = match labels.len() {
        0 => "no labels".to_string(),
        _ => format!("labels: {}", labels.into_iter().take(8).collect::<Vec<_>>().join(", ")),
    };
    let mut out = format!("{}\n", paint.text(Tone::Strong, &file.display().to_string()));
    out.push_str(&format!(
        "  {what}; {:.2} s, {} at {:.2} Hz; {labels}\n",
        health.duration_s,
        counted(health.samples as u64, "sample"),
        health.mean_rate_hz
    ));
    for found in &health.findings {
        finding(&found.sentence(), found.cure(), paint, &mut out);
    }
    if health.findings.is_empty() {
        out.push_str("  nothing to complain of\n");
    }
    Ok((out, health.findings.len()))
}

fn finding(sentence: &str, cure: &str, paint: Paint, out: &mut String) {
    out.push_str(&format!("  {} {sentence}\n", paint.text(Tone::Warning, "!")));
    if !cure.is_empty() {
        out.push_str(&format!("    help: {cure}\n"));
    }
}
