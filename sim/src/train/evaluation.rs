//! What a model says of data that it did not learn from, held against what is known of them.

use super::dataset::{self, Dataset};
use super::decision::{Decided, Said, decided};
use super::file::ask;
use super::linear;
use super::scores::Scores;
use super::table::{self, Copies, Row};
use super::{Progress, Refusal, marks, position, signal, spectrum, vibration};
use node_core::ml::ask::Says;
use node_core::ml::ntm::{Model, Smoothing, Unit};
use serde::Serialize;
use std::path::PathBuf;

/// Of a task some of the three.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    pub classes: Option<Scores>,
    pub values: Option<Values>,
    pub anomaly: Option<Anomaly>,
    /// With the model's thresholds and smoothing, if it has any.
    pub decided: Option<Decided>,
    /// Windows, scans or spectra that were scored.
    pub n: u64,
    pub left_out: LeftOut,
    /// Some of the data are what the model learnt from: which.
    pub leak: Option<String>,
    /// What was done to the data, and what a score rests on.
    pub notes: Vec<String>,
}

/// Of numbers: the first three over all outputs together (positions: of the distance).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Values {
    pub r2: f64,
    pub rmse: f64,
    pub mean_error: f64,
    pub per_output: Vec<OfOutput>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfOutput {
    /// With its unit.
    pub output: String,
    pub r2: f64,
    pub rmse: f64,
    pub mean_error: f64,
    pub n: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Anomaly {
    /// `None` where all are normal, or none is.
    pub auc: Option<f64>,
    /// Of the normal ones, how many were alarms.
    pub false_alarm_rate: Option<f64>,
    /// Of the faulty ones, how many were.
    pub hit_rate: Option<f64>,
    pub normal: u64,
    pub faulty: u64,
}

/// What could not be scored.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LeftOut {
    pub windows_across_edges: usize,
    pub windows_of_other_labels: usize,
    pub other_labels: Vec<String>,
    pub recordings_too_short: usize,
}

/// The model says what it listens to, and so what the data have to be.
pub fn evaluate(model: &Model, data: &[PathBuf], progress: Progress) -> Result<Evaluation, Refusal> {
    let unit = model.inputs.channels().next().map(|channel| channel.unit);
    let read = || dataset::read_for(data, &model.classes.names().collect::<Vec<_>>());
    match unit {
        Some(Unit::G) if model.says() == Says::Distances => vibration::evaluate(model, &read()?, progress),
        Some(Unit::G | Unit::FullScale) => recordings(model, &read()?, progress),
        Some(Unit::Dbm) => position::evaluate(model, data, progress),
        Some(Unit::Reflectance) => spectrum::evaluate(model, data, progress),
        _ => Err(Refusal::new(
            "the model listens neither to motion nor to sound",
            "give a model that `nodetwin train` made",
        )),
    }
}

/// Windows of recordings against their labels.
pub fn recordings(model: &Model, data: &Dataset, progress: Progress) -> Result<Evaluation, Refusal> {
    let plan =
        model.plan.as_ref().filter(|plan| matches!(plan.head().channels, 1 | 3 | 6)).ok_or_else(|| {
            let help = "give a model that `nodetwin train` made";
            Refusal::new("the model takes no windows of motion or sound", help)
        })?;
    let head = plan.head();
    let names: Vec<String> = model.classes.names().map(str::to_owned).collect();
    let of_name = |name: &String| names.iter().position(|known| known == name);
    // In order of name, as the table wants them; the model has an order of its own.
    let labels: Vec<String> = data.classes.iter().filter(|label| !label.is_empty()).cloned().collect();
    let rate_hz = f64::from(head.rate_hz);
    let signals = signal::all(data, head.channels, rate_hz)?;
    let table = table::of(data, &signals, &labels, plan, &Copies::default(), progress);
    let mut scores = Scores::new(names.clone());
    let mut unknown = 0;
    let mut all_said = Vec::new();
    for Row { item, first, class, features, .. } in &table.rows {
        match (of_name(&labels[*class]), ask(model, features)) {
            (Some(is), Some(shares)) => {
                scores.count(is, linear::best(&shares));
                all_said.push(Said { item: *item, first: *first, class: is, shares });
            }
            _ => unknown += 1,
        }
    }
    let n = scores.n();
    if n == 0 {
        return Err(Refusal::new(
            format!(
                "no window of {} samples at {rate_hz} Hz lies in one label that the model knows ({})",
                head.window,
                names.join(", ")
            ),
            "give longer recordings, labelled with the model's classes",
        ));
    }
    let mut notes = signal::notes(&signals, rate_hz);
    notes.extend(data.wrong_units());
    let padded = head.channels == 1;
    if padded && table.short > 0 {
        notes.push(format!("{} recordings shorter than a window got silence around them", table.short));
    }
    let smooths = model.smoothing != Smoothing::None;
    let decides = smooths || (0..names.len()).any(|class| model.thresholds.of(class) > 0.0);
    let decided =
        decides.then(|| decided(&all_said, &model.smoothing, |class| f64::from(model.thresholds.of(class))));
    Ok(Evaluation {
        classes: Some(scores),
        n,
        left_out: LeftOut {
            windows_across_edges: table.across,
            windows_of_other_labels: unknown,
            other_labels: labels.into_iter().filter(|label| of_name(label).is_none()).collect(),
            recordings_too_short: if padded { 0 } else { table.short },
        },
        decided,
        leak: leak(model, data),
        notes,
        ..Evaluation::default()
    })
}

/// Which of the recordings the model learnt from, in words.
pub fn leak(model: &Model, data: &Dataset) -> Option<String> {
    let all = data.items.len();
    match marks::known(model.about, &data.fingerprints()) {
        0 => None,
        known if known == all => Some("these are the recordings that the model learnt from".into()),
        known => Some(format!("{known} of {all} recordings are what the model learnt from")),
    }
}
