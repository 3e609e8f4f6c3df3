//! `import`: a model that was trained elsewhere.

use super::output::Output;
use super::terminal::{self, stderr_paint};
use super::{Ending, Failure};
use crate::report::table::Tone;
use crate::train::Refusal;
use crate::train::file::ModelFile;
use crate::train::import::foreign::{self, Wishes};
use crate::train::import::{forest, onnx};
use node_core::ml::linear::Answer;
use std::path::{Path, PathBuf};

/// Makes a model's file of a network (ONNX) or a forest (scikit-learn, as JSON) that was trained elsewhere
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin import net.onnx --calibrate questions.csv -o net.ntm
  nodetwin import net.onnx --like gestures.ntm --calibrate features.csv -o better.ntm
  nodetwin import net.onnx --classes still,walk,run --calibrate questions.csv -o walk.ntm
  nodetwin import forest.json --max-bytes 20000 -o walk.ntm

Of ONNX: a chain of Gemm, MatMul, Conv (1D, 2D, one group or depthwise), Add, Sub, Mul, Div (with constants),
BatchNormalization, Scaler, Relu, MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool, Flatten, Reshape (to a row),
Squeeze, Unsqueeze, Transpose (of channels), Softmax (at the end), Identity, Dropout, Cast, Constant. Weights are float32 in
the file, sizes are fixed. Another operator is refused by its name and its node's.
The network becomes one of 8 bits: what goes through it while it answers the questions of --calibrate decides how.

A forest (RandomForestClassifier, ExtraTreesClassifier) keeps as many trees as fit into --max-bytes, from the first on, and as
many bits for its leaves as are left. This Python exports it:

import json

def dump(forest, features, path, whole=False):
    trees = []
    for tree in (estimator.tree_ for estimator in forest.estimators_):
        shares = tree.value[:, 0] / tree.value[:, 0].sum(axis=1, keepdims=True)
        trees.append({
            \"feature\": tree.feature.tolist(), \"threshold\": tree.threshold.tolist(),
            \"low\": tree.children_left.tolist(), \"high\": tree.children_right.tolist(),
            \"shares\": [s.tolist() if low < 0 else [] for s, low in zip(shares, tree.children_left)],
            \"samples\": tree.weighted_n_node_samples.tolist()})
    json.dump({\"format\": \"nodetwin-forest\", \"version\": 1, \"input\": \"int16\" if whole else \"float32\",
               \"features\": list(features), \"classes\": [str(c) for c in forest.classes_],
               \"about\": \"scikit-learn \" + type(forest).__name__, \"trees\": trees}, open(path, \"w\"))

`features` are their names, `whole` says that they are int16.")]
pub struct Args {
    /// An .onnx file, or a forest as .json
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Where the model goes
    #[arg(short, long, value_name = "FILE.ntm")]
    output: PathBuf,
    /// Some questions as the network takes them, one a line, numbers between commas: as many as it is trained on, or a part
    #[arg(long, value_name = "FILE.csv")]
    calibrate: Option<PathBuf>,
    /// A model whose inputs, features and names it takes over: it was trained on this model's features
    #[arg(long, value_name = "FILE.ntm")]
    like: Option<PathBuf>,
    /// Names of what it answers, in its order
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    classes: Vec<String>,
    /// It answers values, not classes: where it does not end with a softmax, none is put behind it
    #[arg(long)]
    values: bool,
    /// Most bytes of a forest's file
    #[arg(long, value_name = "N", default_value_t = 32_768)]
    max_bytes: usize,
}

pub fn import(args: &Args) -> Result<Ending, Failure> {
    let output = Output::open(&args.output)?;
    let name = args.model.display().to_string();
    let file = std::fs::read(&args.model).map_err(|error| {
        Refusal::new(format!("{name}: cannot be read: {error}"), "give a file that another program exported")
    })?;
    // No ONNX file begins as a JSON document does: its first byte is a field's number and type.
    if file.trim_ascii_start().first() == Some(&b'{') {
        return import_forest(args, output, &file, &name);
    }
    let imported = onnx::read(&file, &name, if args.values { Answer::Values } else { Answer::Shares })?;
    let rows = args.calibrate.as_deref().map_or(Ok(Vec::new()), questions)?;
    let like = args.like.as_deref().map(ModelFile::read).transpose()?;
    let like_name = args.like.clone().unwrap_or_default();
    let like = like.as_ref().map(|file| file.model(&like_name)).transpose()?;
    let wishes = Wishes { classes: &args.classes, rows: &rows, like: like.as_ref() };
    let about = format!("imported from {}", args.model.file_name().unwrap_or_default().display());
    let (made, report) = foreign::made(imported, &about, &wishes)?;
    let quiet = output.is_stdout();
    output.write(|out| out.write_all(made.bytes()))?;
    if !quiet {
        terminal::show(&report.text())?;
    }
    if report.drawn {
        let note = stderr_paint().text(Tone::Warning, "note:");
        terminal::tell(&format!(
            "{note} no --calibrate: its 8 bits were chosen by random inputs of mean 0 and standard deviation 1\n"
        ));
    }
    terminal::tell(&format!("{}: {} bytes\n", args.output.display(), report.bytes));
    Ok(Ending::Pass)
}

fn import_forest(args: &Args, output: Output, file: &[u8], name: &str) -> Result<Ending, Failure> {
    if args.calibrate.is_some() || !args.classes.is_empty() || args.values {
        let message = format!("{name}: a forest has nothing to calibrate, and names its classes itself");
        return Err(Failure::input(message, "leave --calibrate, --classes and --values out"));
    }
    let like = args.like.as_deref().map(ModelFile::read).transpose()?;
    let like_name = args.like.clone().unwrap_or_default();
    let like = like.as_ref().map(|file| file.model(&like_name)).transpose()?;
    let (made, report) = forest::read(file, name)?.made(like.as_ref(), args.max_bytes)?;
    let quiet = output.is_stdout();
    output.write(|out| out.write_all(made.bytes()))?;
    if !quiet {
        terminal::show(&report.text())?;
    }
    terminal::tell(&format!("{}: {} bytes\n", args.output.display(), report.bytes));
    Ok(Ending::Pass)
}

/// Rows of numbers; a first line of names is passed over.
fn questions(path: &Path) -> Result<Vec<Vec<f32>>, Refusal> {
    let unreadable = |what: String| {
        let message = format!("{}: {what}", path.display());
        Refusal::new(message, "give numbers between commas, one question a line, in the network's own order")
    };
    let reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_path(path);
    let mut rows = Vec::new();
    for (at, record) in reader.map_err(|error| unreadable(error.to_string()))?.records().enumerate() {
        let record = record.map_err(|error| unreadable(error.to_string()))?;
        let row: Option<Vec<f32>> =
            record.iter().map(|field| field.parse().ok().filter(|x: &f32| x.is_finite())).collect();
        match row {
            Some(row) => rows.push(row),
            None if at == 0 => {}
            None => return Err(unreadable(format!("line {}: a field is no number", at + 1))),
        }
    }
    if rows.is_empty() {
        return Err(unreadable("it holds no question".into()));
    }
    Ok(rows)
}
