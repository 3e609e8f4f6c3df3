//! `train`: from folders of recordings to a model's file.

use super::output::{self, Output};
use super::progress::Steps;
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure};
use crate::report::table::Tone;
use crate::train::augment::Change;
use crate::train::learnt::Asked;
use crate::train::task::{self, Choices, MAX_BYTES, Task, Trained};
use node_core::ml::ntm::Smoothing;
use scenarios::units::{Duration, Quantity};
use std::path::PathBuf;

/// Trains a classifier on folders of labelled recordings
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin train recordings --task motion -o gestures.ntm
  nodetwin train monday tuesday --task motion --window 1s --hop 250ms -o walk.ntm
  nodetwin train recordings --task motion --accel-only --augment rotate,noise -o walk.ntm
  nodetwin train words --task sound --confidence 0.7 --html words.html -o words.ntm
  nodetwin train fan --task vibration --fault unbalanced -o fan.ntm
  nodetwin train roots.csv --task spectrum --target dry_matter_pct -o roots.ntm
  nodetwin train scans.csv --task position -o rooms.ntm

A label comes from the recording itself, its folder's index.csv, its folder or its name; who recorded it from the index
(author, subject, speaker, session), a folder or a name. Whole groups judge what the others taught, never windows of one
recording both; windows across a label's edge are left out. The same recordings make the same bytes.
Without --window some lengths are tried, and the choice is judged by groups that had no say in it. Recordings of another
rate than most (sound: than 16 kHz) are resampled, and sounds shorter than the window get silence around them.
Of a table each row is an example. Columns nm_410, nm_435, ... are a spectrum; other columns of numbers are to be told.
Columns hall_dbm, lab_dbm, ... are a scan, `room` or `x_m` and `y_m` say where it was made.
`sample`, `session`, `site`, `day` ... keep rows of a table together. Empty cells are values that are missing.
Then: nodetwin eval gestures.ntm OTHER-RECORDINGS, nodetwin inspect gestures.ntm")]
pub struct Args {
    /// Folders of recordings (CSV, WAV, Edge Impulse JSON or CBOR), or single ones; tables
    #[arg(value_name = "DATA", required = true)]
    data: Vec<PathBuf>,
    /// What the recordings are of
    #[arg(long, value_name = "TASK")]
    task: Task,
    /// Where the model goes
    #[arg(short, long, value_name = "FILE.ntm")]
    output: PathBuf,
    /// How much of a recording is looked at at once; without it the trainer chooses
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    window: Option<f64>,
    /// From one window to the next; without it an eighth of the window, of sound a quarter
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    hop: Option<f64>,
    /// Leaves the gyroscope out, even where all recordings have one
    #[arg(long)]
    accel_only: bool,
    /// Of a machine: a label that is one of its states, may be given several times; all others are then faults
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    normal: Vec<String>,
    /// Of a machine: a label that is a fault. It teaches nothing and judges. Without either, labels with a word such as fault,
    /// broken, defective or abnormal are faults, and all others states that are never an alarm
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    fault: Vec<String>,
    /// Of a table: a column that is to be told, may be given several times; without it all that can be
    #[arg(long, value_name = "COLUMN")]
    target: Vec<String>,
    /// Of a table: the column that says what goes together (a sample, a session, a place)
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Learns from three changed copies of each window too, in the ways named (of sound, microphone is the default)
    #[arg(long, value_name = "CHANGES", value_delimiter = ',')]
    augment: Vec<Change>,
    /// What is learnt
    #[arg(long, value_name = "MODEL", default_value = "auto")]
    model: Asked,
    /// How large the file may be
    #[arg(long, value_name = "BYTES", default_value_t = MAX_BYTES)]
    max_bytes: usize,
    /// How sure the model has to be, 0 to 1: what is less sure is no answer
    #[arg(long, value_name = "SHARE", value_parser = share)]
    confidence: Option<f32>,
    /// What is made of answers in a row: majority:N of the last N; hysteresis:N:ENTER:LEAVE begins after N in a row above
    /// ENTER and ends below LEAVE; hidden:STAY stays with that probability
    #[arg(long, value_name = "HOW", value_parser = smoothing)]
    smooth: Option<Smoothing>,
    /// Writes all figures, who was taken for whom, calibration and what was tried as one HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Writes what was tried as a picture: accuracy against time and size
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Which of many groups judge together, and how copies differ
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

fn seconds(text: &str) -> Result<f64, String> {
    let time = Duration::parse(text).map_err(|error| format!("{}: {}", error.message, error.help))?;
    if time.ns == 0 {
        Err("nothing is in no time: give at least 10ms".into())
    } else {
        Ok(time.ns as f64 * 1e-9)
    }
}

fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "give a number from 0 to 1, for example 0.8".into())
}

fn smoothing(text: &str) -> Result<Smoothing, String> {
    let unknown = || "give majority:5, hysteresis:2:0.7:0.4 or hidden:0.95".to_string();
    let windows = |text: &str| text.parse().ok().filter(|windows| (1..=64).contains(windows));
    match *text.split(':').collect::<Vec<_>>() {
        ["majority", count] => {
            let windows = windows(count).ok_or("majority has 1 to 64 windows, for example majority:5")?;
            Ok(Smoothing::Majority { windows })
        }
        ["hysteresis", count, enter, leave] => {
            let windows = windows(count).ok_or("hysteresis has 1 to 64 windows: hysteresis:2:0.7:0.4")?;
            let (enter, leave) = (share(enter)?, share(leave)?);
            if leave > enter {
                return Err("a class ends at or below where it begins: hysteresis:2:0.7:0.4".into());
            }
            Ok(Smoothing::Hysteresis { windows, enter, leave })
        }
        ["hidden", stay] => Ok(Smoothing::Hidden { stay: share(stay)? }),
        _ => Err(unknown()),
    }
}

pub fn train(args: &Args) -> Result<Ending, Failure> {
    let output = Output::open(&args.output)?;
    let html = args.html.as_deref().map(Output::open).transpose()?;
    let picture = args.png.as_deref().map(Output::open).transpose()?;
    output::refuse_mixing([&output].into_iter().chain(&html).chain(&picture))?;
    let choices = Choices {
        window_s: args.window,
        hop_s: args.hop,
        accel_only: args.accel_only,
        seed: args.seed,
        augment: args.augment.clone(),
        model: args.model,
        max_bytes: args.max_bytes,
        confidence: args.confidence,
        smoothing: args.smooth.unwrap_or(Smoothing::None),
        targets: args.target.clone(),
        group: args.group.clone(),
        normal: args.normal.clone(),
        fault: args.fault.clone(),
    };
    let steps = Steps::new();
    let Trained { file, report } =
        task::train(args.task, &args.data, &choices, &mut |done, all| steps.show(done, all))?;
    drop(steps);
    let quiet = [Some(&output), html.as_ref(), picture.as_ref()].into_iter().flatten().any(Output::is_stdout);
    let unfit = |option: &str| {
        Failure::input(format!("{option} is of models that tell classes apart"), "leave it out")
    };
    if let Some(html) = html {
        let page = report.page(&args.output.display().to_string()).ok_or_else(|| unfit("--html"))?;
        html.write(|out| out.write_all(page.as_bytes()))?;
    }
    if let Some(picture) = picture {
        let bytes = report.picture().ok_or_else(|| unfit("--png"))?;
        picture.write(|out| out.write_all(&bytes?))?;
    }
    output.write(|out| out.write_all(file.bytes()))?;
    if !quiet {
        terminal::show(&report.text(stdout_paint()))?;
    }
    for remark in report.remarks() {
        terminal::tell(&format!("{} {remark}\n", stderr_paint().text(Tone::Warning, "note:")));
    }
    terminal::tell(&format!("{}: {} bytes\n", args.output.display(), file.bytes().len()));
    Ok(Ending::Pass)
}
