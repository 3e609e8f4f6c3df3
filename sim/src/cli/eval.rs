//! `eval`: what a model says of recordings, held against their labels.

use super::output::{self, Output};
use super::progress::Steps;
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure};
use crate::report::result::{rounded, to_json};
use crate::report::table::Tone;
use crate::train::cost;
use crate::train::decision::Decided;
use crate::train::evaluation::{self, Anomaly, LeftOut, Values};
use crate::train::file::ModelFile;
use crate::train::scores::{OfClass, Scores};
use crate::train::{dataset, replay, text};
use node_core::boards::Mcu;
use serde::Serialize;
use std::path::PathBuf;

/// Scores a model on labelled recordings that it did not learn from
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin eval gestures.ntm recordings-of-somebody-else
  nodetwin eval gestures.ntm monday tuesday --json scores.json
  nodetwin eval gestures.ntm monday --json - | jq .accuracy
  nodetwin eval gestures.ntm monday --replay

The features and the model are computed by the code that the node runs. Windows across a label's edge, and of labels that
the model does not know, are left out and counted. Recordings of a rate that is not the model's are resampled (motion: beyond
5 %), and sounds shorter than a window get silence around them. Recordings that the model learnt from are told.")]
pub struct Args {
    /// The model
    #[arg(value_name = "MODEL.ntm")]
    model: PathBuf,
    /// Folders of recordings, or single ones
    #[arg(value_name = "DATA", required = true)]
    data: Vec<PathBuf>,
    /// Plays the recordings to the simulated chip of a node that runs the model, and scores what the node says: range, noise,
    /// data rate, filter and FIFO have their say
    #[arg(long)]
    replay: bool,
    /// Writes it as JSON; `-` is stdout, and then without the text
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Of what the model does not do, nothing is written.
#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    model: String,
    #[serde(flatten)]
    classes: Option<Classes<'a>>,
    #[serde(flatten)]
    values: Option<&'a Values>,
    #[serde(flatten)]
    anomaly: Option<&'a Anomaly>,
    /// Windows, scans or spectra.
    n: u64,
    /// Of the model.
    bytes: usize,
    /// From one answer to the next on an ESP32 at 240 MHz; it may be off by that share, and rests on costs of that grade.
    predicted_us: Option<f64>,
    predicted_error: Option<f64>,
    predicted_grade: Option<String>,
    ram_bytes: usize,
    /// With the model's thresholds and smoothing.
    decided: Option<Decided>,
    left_out: &'a LeftOut,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Classes<'a> {
    accuracy: f64,
    macro_f1: f64,
    classes: &'a [String],
    per_class: Vec<OfClass>,
    /// A row for what the windows are, a column for what was said.
    confusion: &'a [Vec<u64>],
}

impl<'a> From<&'a Scores> for Classes<'a> {
    fn from(scores: &'a Scores) -> Self {
        Self {
            accuracy: rounded(scores.accuracy(), 6),
            macro_f1: rounded(scores.macro_f1(), 6),
            classes: &scores.classes,
            per_class: scores.per_class(),
            confusion: &scores.confusion,
        }
    }
}

pub fn eval(args: &Args) -> Result<Ending, Failure> {
    let json = args.json.as_deref().map(Output::open).transpose()?;
    let quiet = output::refuse_mixing(&json)?;
    let file = ModelFile::read(&args.model)?;
    let model = file.model(&args.model)?;
    let steps = Steps::new();
    let mut show = |done, all| steps.show(done, all);
    let evaluation = if args.replay {
        let classes: Vec<&str> = model.classes.names().collect();
        replay::recordings(&args.model, &model, &dataset::read_for(&args.data, &classes)?, &mut show)?
    } else {
        evaluation::evaluate(&model, &args.data, &mut show)?
    };
    drop(steps);
    let cost = cost::predicted(&model, Mcu::Esp32, 240);
    if let Some(json) = json {
        let document = to_json(&Document {
            schema: 1,
            model: args.model.display().to_string(),
            classes: evaluation.classes.as_ref().map(Classes::from),
            values: evaluation.values.as_ref(),
            anomaly: evaluation.anomaly.as_ref(),
            n: evaluation.n,
            bytes: model.bytes,
            predicted_us: cost.map(|cost| rounded(cost.us, 1)),
            predicted_error: cost.map(|cost| rounded(cost.relative.into(), 3)),
            predicted_grade: cost.map(|cost| cost.grade.to_string()),
            ram_bytes: cost::ram(&model),
            decided: evaluation.decided,
            left_out: &evaluation.left_out,
            notes: &evaluation.notes,
        });
        json.write(|out| out.write_all(document.as_bytes()))?;
    }
    if !quiet {
        terminal::show(&text::evaluated(&evaluation, model.bytes, stdout_paint()))?;
    }
    if let Some(cost) = cost.filter(|_| !quiet) {
        let said = text::cost(&cost);
        terminal::show(&format!("from one answer to the next {said} of an ESP32 at 240 MHz\n"))?;
    }
    let paint = stderr_paint();
    for note in &evaluation.notes {
        terminal::tell(&format!("{} {note}\n", paint.text(Tone::Warning, "note:")));
    }
    if let Some(leak) = &evaluation.leak {
        let word = paint.text(Tone::Bad, "leak:");
        terminal::tell(&format!("{word} {leak}: the score says nothing about others\n"));
    }
    Ok(Ending::Pass)
}
