//! `eval`: what a model says of recordings, held against their labels.

use super::output::{self, Output};
use super::progress::Steps;
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure};
use crate::report::result::{rounded, to_json};
use crate::report::table::Tone;
use crate::train::dataset;
use crate::train::file::{self, Evaluation, ModelFile};
use crate::train::scores::OfClass;
use crate::train::text;
use serde::Serialize;
use std::path::PathBuf;

/// Scores a model on labelled recordings that it did not learn from
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin eval gestures.ntm recordings-of-somebody-else
  nodetwin eval gestures.ntm monday tuesday --json scores.json
  nodetwin eval gestures.ntm monday --json - | jq .accuracy

The features and the model are computed by the code that the node runs. Windows across a label's edge, and of labels that
the model does not know, are left out and counted.")]
pub struct Args {
    /// The model
    #[arg(value_name = "MODEL.ntm")]
    model: PathBuf,
    /// Folders of recordings, or single ones
    #[arg(value_name = "DATA", required = true)]
    data: Vec<PathBuf>,
    /// Writes it as JSON; `-` is stdout, and then without the text
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    model: String,
    accuracy: f64,
    macro_f1: f64,
    classes: &'a [String],
    per_class: Vec<OfClass>,
    /// A row for what the windows are, a column for what was said.
    confusion: &'a [Vec<u64>],
    /// Windows.
    n: u64,
    /// Of the model.
    bytes: usize,
    left_out: LeftOut<'a>,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    windows_across_edges: usize,
    windows_of_other_labels: usize,
    other_labels: &'a [String],
    recordings_too_short: usize,
}

pub fn eval(args: &Args) -> Result<Ending, Failure> {
    let json = args.json.as_deref().map(Output::open).transpose()?;
    let quiet = output::refuse_mixing(&json)?;
    let file = ModelFile::read(&args.model)?;
    let model = file.model(&args.model)?;
    let data = dataset::read(&args.data)?;
    let steps = Steps::new();
    let evaluation = file::evaluate(&model, &data, &mut |done, all| steps.show(done, all))?;
    drop(steps);
    let Evaluation { scores: found, across, short, unknown, unknown_classes } = &evaluation;
    if let Some(json) = json {
        let document = to_json(&Document {
            schema: 1,
            model: args.model.display().to_string(),
            accuracy: rounded(found.accuracy(), 6),
            macro_f1: rounded(found.macro_f1(), 6),
            classes: &found.classes,
            per_class: found.per_class(),
            confusion: &found.confusion,
            n: found.n(),
            bytes: model.bytes,
            left_out: LeftOut {
                windows_across_edges: *across,
                windows_of_other_labels: *unknown,
                other_labels: unknown_classes,
                recordings_too_short: *short,
            },
        });
        json.write(|out| out.write_all(document.as_bytes()))?;
    }
    if !quiet {
        terminal::show(&text::evaluated(&evaluation, model.bytes, stdout_paint()))?;
    }
    if model.about.ends_with(&format!("data {:016x}", data.fingerprint())) {
        let paint = stderr_paint();
        terminal::tell(&format!(
            "{} these are the recordings that the model learnt from: the score says nothing about others\n",
            paint.text(Tone::Bad, "leak:")
        ));
    }
    Ok(Ending::Pass)
}
