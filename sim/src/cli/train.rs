//! `train`: from folders of recordings to a model's file.

use super::output::Output;
use super::progress::Steps;
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure};
use crate::report::table::Tone;
use crate::train::task::{self, Choices, Task, Trained};
use scenarios::units::{Duration, Quantity};
use std::path::PathBuf;

/// Trains a classifier on folders of labelled recordings
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin train recordings --task motion -o gestures.ntm
  nodetwin train monday tuesday --task motion --window 1s --hop 250ms -o walk.ntm
  nodetwin train recordings --task motion --accel-only -o walk.ntm
  nodetwin train fan --task vibration --fault unbalanced -o fan.ntm
  nodetwin train roots.csv --task spectrum --target dry_matter_pct -o roots.ntm

A label comes from the recording itself, its folder's index.csv, its folder or its name; who recorded it from the index
(author, subject, speaker, session), a folder or a name. Whole groups judge what the others taught, never windows of one
recording both; windows across a label's edge are left out. The same recordings make the same bytes.
Of a table each row is an example. Columns nm_410, nm_435, ... are a spectrum; other columns of numbers are to be told;
`sample`, `session`, `site`, `day` ... keep rows together. Empty cells are values that are missing.
Then: nodetwin eval gestures.ntm OTHER-RECORDINGS, nodetwin inspect gestures.ntm")]
pub struct Args {
    /// Folders of recordings (CSV, Edge Impulse JSON or CBOR), or single ones
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
    /// From one window to the next; without it an eighth of the window
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    hop: Option<f64>,
    /// Leaves the gyroscope out, even where all recordings have one
    #[arg(long)]
    accel_only: bool,
    /// Of a machine: a label that is one of its states, may be given several times; all others are then faults
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    normal: Vec<String>,
    /// Of a machine: a label that is a fault. It teaches nothing and judges; without either, all labels are states
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    fault: Vec<String>,
    /// Of a table: a column that is to be told, may be given several times; without it all that can be
    #[arg(long, value_name = "COLUMN")]
    target: Vec<String>,
    /// Of a table: the column that says what goes together (a sample, a session, a place)
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Which of many groups judge together
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

pub fn train(args: &Args) -> Result<Ending, Failure> {
    let output = Output::open(&args.output)?;
    let choices = Choices {
        window_s: args.window,
        hop_s: args.hop,
        accel_only: args.accel_only,
        seed: args.seed,
        targets: args.target.clone(),
        group: args.group.clone(),
        normal: args.normal.clone(),
        fault: args.fault.clone(),
    };
    let steps = Steps::new();
    let Trained { file, report } =
        task::train(args.task, &args.data, &choices, &mut |done, all| steps.show(done, all))?;
    drop(steps);
    let quiet = output.is_stdout();
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
