//! A model of motion: from recordings to bytes, and what the bytes are worth.

use super::dataset::{Dataset, Grouping, Item};
use super::file::{ModelFile, ask};
use super::judge::{self, Judges};
use super::linear::{self, Linear, SHRINKAGE};
use super::scores::Scores;
use super::table::{self, Table};
use super::task::{Choices, Trained};
use super::{Progress, Refusal, plans, text};
use crate::report::table::Paint;
use node_core::dsp::features::{Op, Plan, PlanHead, plan};
use node_core::ml::MAX_CLASSES;
use node_core::ml::linear::Answer;
use node_core::ml::ntm::{Channel, Section, Unit, WriteError, Writer};
use scenarios::recording::{ImuTrack, Kind};
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub recordings: usize,
    pub head: PlanHead,
    pub features: usize,
    /// Windows that learnt, and of each class.
    pub windows: usize,
    pub across: usize,
    pub short: usize,
    pub grouping: Grouping,
    pub judges: Judges,
    /// Classes of one group: learnt, not scored.
    pub unscorable: Vec<String>,
    /// Of windows that did not learn: the mean over the draws (else over all), and its standard deviation over the draws
    /// (else over the groups or blocks).
    pub accuracy: f64,
    pub spread: f64,
    /// Of the first draw.
    pub scores: Scores,
    /// The scores were divided by it, so that a confidence is a chance to be right.
    pub temperature: f64,
    /// Of the windows that learnt, by node-core from the file's bytes: an upper bound, no estimate.
    pub learnt: Scores,
    /// Windows of which the bytes say something else than the float model that they were made from.
    pub changed: usize,
    pub bytes: usize,
}

/// How much of a recording is looked at at once, if nobody says.
const WINDOW_S: f64 = 2.0;

impl super::task::Report for Report {
    fn text(&self, paint: Paint) -> String {
        text::trained(self, paint)
    }

    fn remarks(&self) -> Vec<String> {
        text::remarks(self)
    }
}

pub fn train(data: &Dataset, choices: &Choices, progress: Progress) -> Result<Trained, Refusal> {
    let tracks = tracks(data)?;
    data.refuse_twins()?;
    let classes: Vec<String> = data.classes.iter().filter(|class| !class.is_empty()).cloned().collect();
    let gyro = !choices.accel_only && tracks.iter().all(|track| track.gyro_dps.is_some());
    let head = head(data, choices, gyro)?;
    let edges = plans::edges(head.rate_hz);
    let ops = plans::motion(&head, &edges);
    let mut room = vec![0; 4096];
    let unfit = "choose another --window or --hop";
    let length =
        plan::write(&head, &ops, &mut room).ok_or_else(|| Refusal::new("the plan is too long", unfit))?;
    let plan = Plan::parse(&room[..length]).map_err(|error| Refusal::new(error.to_string(), unfit))?;

    let Table { mut rows, across, short } = table::of(data, &classes, &plan, progress)?;
    let there: BTreeSet<usize> = rows.iter().map(|row| row.class).collect();
    if there.len() < 2 {
        let message = format!("the windows of {} samples are of {} classes", head.window, there.len());
        return Err(Refusal::new(message, "give recordings of two classes or more, or a shorter --window"));
    }
    if there.len() > MAX_CLASSES {
        let message = format!("{} classes: a model tells at most {MAX_CLASSES} apart", there.len());
        return Err(Refusal::new(message, "put alike ones under one label"));
    }
    // Classes without a whole window cannot be learnt.
    let names: Vec<String> = there.iter().map(|class| classes[*class].clone()).collect();
    for row in &mut rows {
        row.class = names.binary_search(&classes[row.class]).unwrap_or(0);
    }

    let judged = judge::judge(data, &rows, names.len(), head.window, choices.seed, progress);
    let first: Vec<_> = judged.draws.first().into_iter().flatten().collect();
    let sure: Vec<_> = first.iter().map(|answer| (answer.scores.clone(), answer.class)).collect();
    let temperature = linear::temperature(&sure);
    let mut scores = Scores::new(names.clone());
    first.iter().for_each(|answer| scores.count(answer.class, linear::best(&answer.scores)));
    let (accuracy, spread) = judged.accuracy();

    let everything: Vec<&[f32]> = rows.iter().map(|row| row.features.as_slice()).collect();
    let labels: Vec<usize> = rows.iter().map(|row| row.class).collect();
    let mut linear = linear::fit(&everything, &labels, names.len(), SHRINKAGE);
    linear.cool(temperature);
    let about = about(data, rows.len());
    let parts =
        Parts { head: &head, ops: &ops, names: &names, linear: &linear, tracks: &tracks, about: &about };
    let file =
        parts.file().map_err(|error| Refusal::new(error.to_string(), "give fewer or shorter labels"))?;
    let model = file.model(Path::new("the new model"))?;
    let mut learnt = Scores::new(names.clone());
    let mut changed = 0;
    for row in &rows {
        let said = ask(&model, &row.features).map_or(0, |shares| linear::best(&shares));
        learnt.count(row.class, said);
        changed += usize::from(said != linear::best(&linear.scores(&row.features)));
    }
    let report = Report {
        recordings: data.items.len(),
        head,
        features: plan.outputs(),
        windows: rows.len(),
        across,
        short,
        grouping: data.grouping,
        judges: judged.judges,
        unscorable: judged.unscorable.iter().map(|class| names[*class].clone()).collect(),
        accuracy,
        spread,
        scores,
        temperature,
        learnt,
        changed,
        bytes: model.bytes,
    };
    Ok(Trained { file, report: Box::new(report) })
}

fn tracks(data: &Dataset) -> Result<Vec<&ImuTrack>, Refusal> {
    let track = |item: &'_ Item| match &item.recording.kind {
        Kind::Imu(_) => Ok(()),
        Kind::Audio(_) => Err(table::is_sound(item)),
    };
    data.items.iter().try_for_each(track)?;
    let only = data.items.iter().filter_map(|item| match &item.recording.kind {
        Kind::Imu(track) => Some(track.as_ref()),
        Kind::Audio(_) => None,
    });
    Ok(only.collect())
}

/// Window and rate, of the middle one of all recordings.
fn head(data: &Dataset, choices: &Choices, gyro: bool) -> Result<PlanHead, Refusal> {
    let mut rates: Vec<f64> = data.items.iter().map(Item::rate_hz).collect();
    rates.sort_by(f64::total_cmp);
    // A tenth of a hertz: what a clock is off by is not the model's.
    let rate_hz = rates.get(rates.len() / 2).map_or(0.0, |rate| (rate * 10.0).round() / 10.0);
    let window_s = choices.window_s.unwrap_or(WINDOW_S);
    let hop_s = choices.hop_s.unwrap_or(window_s / 8.0);
    let samples = |seconds: f64| (seconds * rate_hz).round().max(1.0) as usize;
    let head = PlanHead {
        channels: if gyro { 6 } else { 3 },
        window: samples(window_s),
        hop: samples(hop_s),
        rate_hz: rate_hz as f32,
    };
    if head.window < 8 {
        let message = format!("a window of {window_s} s is {} samples", head.window);
        return Err(Refusal::new(message, "give a longer --window: 8 samples at least"));
    }
    Ok(head)
}

/// For people; and by its last word, `eval` knows the recordings again.
fn about(data: &Dataset, windows: usize) -> String {
    format!(
        "motion: {windows} windows of {} recordings, linear discriminant; data {:016x}",
        data.items.len(),
        data.fingerprint()
    )
}

/// All that goes into a file.
struct Parts<'a> {
    head: &'a PlanHead,
    ops: &'a [Op<'a>],
    names: &'a [String],
    linear: &'a Linear,
    tracks: &'a [&'a ImuTrack],
    about: &'a str,
}

impl Parts<'_> {
    fn file(&self) -> Result<ModelFile, WriteError> {
        let weights: Vec<f32> = self.linear.weights.iter().flatten().map(|weight| *weight as f32).collect();
        let biases: Vec<f32> = self.linear.biases.iter().map(|bias| *bias as f32).collect();
        // Besides the weights: plan, names and text.
        let mut room = vec![0; 4 * (weights.len() + biases.len()) + (1 << 14)];
        let mut writer = Writer::new(&mut room)?;
        writer.section(Section::Inputs)?;
        writer.inputs(self.head.rate_hz, &self.channels())?;
        writer.section(Section::Plan)?;
        writer.plan(self.head, self.ops)?;
        writer.section(Section::Classes)?;
        writer.classes(self.names.iter().map(String::as_str))?;
        writer.section(Section::Model)?;
        writer.linear(Answer::Shares, &weights, &biases)?;
        writer.section(Section::About)?;
        writer.bytes(self.about.as_bytes())?;
        Ok(ModelFile::new(writer.finish()?))
    }

    fn channels(&self) -> Vec<Channel<'static>> {
        let most = |axes: &mut dyn Iterator<Item = &[Vec<f32>; 3]>| {
            axes.flatten().flatten().fold(0.0f32, |most, x| most.max(x.abs()))
        };
        let accel = most(&mut self.tracks.iter().map(|track| &track.accel_g));
        let gyro = most(&mut self.tracks.iter().filter_map(|track| track.gyro_dps.as_ref()));
        let channel = |unit, full: f32, name| Channel { unit, low: -full, high: full, name };
        let g = range(accel, [2.0, 4.0, 8.0, 16.0]);
        let dps = range(gyro, [250.0, 500.0, 1000.0, 2000.0]);
        let mut channels = ["ax", "ay", "az"].map(|name| channel(Unit::G, g, name)).to_vec();
        if self.head.channels == 6 {
            channels.extend(["gx", "gy", "gz"].map(|name| channel(Unit::DegreesPerSecond, dps, name)));
        }
        channels
    }
}

/// The least of a sensor's usual ranges that holds `most`, but for the last half per cent: a rounded end is the end.
fn range(most: f32, usual: [f32; 4]) -> f32 {
    usual.into_iter().find(|full| most <= full * 1.005).unwrap_or(most)
}
