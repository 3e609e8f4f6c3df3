//! A model that tells classes apart: from recordings and ways to see them to bytes, and what the bytes are worth.

use super::cost::{self, Predicted};
use super::dataset::{Dataset, Grouping, Item};
use super::decision::{Calibration, Decided, Said, decided};
use super::file::{ModelFile, ask};
use super::judge::{self, Judges, Source, Stretch, View};
use super::linear::{self, Linear};
use super::scores::Scores;
use super::signal::{self, Signal};
use super::table::{self, Copies};
use super::task::{self, Choices, Trained};
use super::{Progress, Refusal, front, marks, page, text};
use crate::report::table::Paint;
use node_core::boards::Mcu;
use node_core::dsp::features::{Op, Plan, PlanHead, plan};
use node_core::ml::MAX_CLASSES;
use node_core::ml::linear::Answer;
use node_core::ml::ntm::{Channel, Section, Smoothing, WriteError, Writer};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Of the chip that costs are told for.
const MHZ: u32 = 240;

/// How recordings can be seen: window, hop and plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// For people; empty if there is nothing to say besides the window.
    pub name: &'static str,
    head: PlanHead,
    plan: Vec<u8>,
}

impl Way {
    pub fn new(name: &'static str, head: PlanHead, ops: &[Op]) -> Result<Self, Refusal> {
        let unfit = "choose another --window or --hop";
        let mut room = vec![0; 4096];
        let length =
            plan::write(&head, ops, &mut room).ok_or_else(|| Refusal::new("the plan is too long", unfit))?;
        room.truncate(length);
        Plan::parse(&room).map_err(|error| Refusal::new(error.to_string(), unfit))?;
        Ok(Self { name, head, plan: room })
    }

    pub fn plan(&self) -> Plan<'_> {
        Plan::parse(&self.plan).expect("it was parsed when it was made")
    }
}

/// What a task brings along.
pub struct Setup<'a> {
    /// The task, in a word.
    pub what: &'static str,
    pub data: &'a Dataset,
    /// Of each recording, at the ways' rate.
    pub signals: &'a [Signal],
    /// Those first that are to be preferred.
    pub ways: Vec<Way>,
    pub shrinkages: &'a [f64],
    pub copies: Copies,
    pub channels: Vec<Channel<'static>>,
    pub choices: &'a Choices,
}

/// A way that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub name: &'static str,
    pub window_s: f64,
    pub features: usize,
    pub model: &'static str,
    /// See [`judge::Tried`].
    pub score: f64,
    pub accuracy: f64,
    pub chosen: usize,
    pub is_best: bool,
    pub bytes: usize,
    pub ram: usize,
    pub cost: Option<Predicted>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub recordings: usize,
    pub head: PlanHead,
    pub features: usize,
    /// Windows that learnt, copies among them.
    pub windows: usize,
    pub copies: usize,
    pub across: usize,
    pub short: usize,
    pub grouping: Grouping,
    pub judges: Judges,
    /// Classes of one group: learnt, not scored.
    pub unscorable: Vec<String>,
    /// Classes without a window: not learnt.
    pub unlearnt: Vec<String>,
    pub tried: Vec<Tried>,
    /// Whoever judged had no say in what was chosen.
    pub nested: bool,
    /// Of windows that did not learn: the mean over the draws (else over all), and its
    /// standard deviation over the draws (else over the groups or blocks).
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
    /// Of window, plan and model, in bytes.
    pub ram: usize,
    pub cost: Option<Predicted>,
    /// How well confidence was chance, over the windows that did not learn.
    pub calibration: Calibration,
    /// With thresholds and smoothing, if there are any; over the windows that did not learn.
    pub decided: Option<Decided>,
    pub notes: Vec<String>,
}

impl task::Report for Report {
    fn text(&self, paint: Paint) -> String {
        text::trained(self, paint)
    }

    fn remarks(&self) -> Vec<String> {
        text::remarks(self)
    }

    fn page(&self, name: &str) -> Option<String> {
        Some(page::page(self, name))
    }

    fn picture(&self) -> Option<io::Result<Vec<u8>>> {
        let mut picture = Vec::new();
        Some(front::as_png(&self.tried, &mut picture).map(|()| picture))
    }
}

pub fn train(setup: Setup, progress: Progress) -> Result<Trained, Refusal> {
    let Setup { what, data, signals, ways, shrinkages, copies, channels, choices } = setup;
    data.refuse_twins()?;
    let classes: Vec<String> = data.classes.iter().filter(|class| !class.is_empty()).cloned().collect();
    let mut views = Vec::with_capacity(ways.len());
    for way in &ways {
        let table = table::of(data, signals, &classes, &way.plan(), &copies, progress);
        views.push(View { window: way.head.window, table });
    }
    // A window that leaves less than two classes cannot be chosen.
    let there = |view: &View| view.table.rows.iter().map(|row| row.class).collect::<BTreeSet<_>>();
    let (ways, views): (Vec<Way>, Vec<View>) = {
        let most = views.iter().zip(&ways).max_by_key(|(view, _)| there(view).len());
        if let Some((view, way)) = most.filter(|(view, _)| there(view).len() < 2) {
            let message =
                format!("the windows of {} samples are of {} classes", way.head.window, there(view).len());
            let help = "give recordings of two classes or more, or a shorter --window";
            return Err(Refusal::new(message, help));
        }
        ways.into_iter().zip(views).filter(|(_, view)| there(view).len() >= 2).unzip()
    };
    let learnable: BTreeSet<usize> = views.iter().flat_map(there).collect();
    if learnable.len() > MAX_CLASSES {
        let message = format!("{} classes: a model tells at most {MAX_CLASSES} apart", learnable.len());
        return Err(Refusal::new(message, "put alike ones under one label"));
    }

    let sources: Vec<Source> =
        data.items.iter().zip(signals).map(|(item, signal)| source(item, signal, &classes)).collect();
    let judged = judge::judge(&sources, &views, shrinkages, classes.len(), choices.seed, progress);
    let first: Vec<_> = judged.draws.first().into_iter().flatten().collect();
    let sure: Vec<_> = first.iter().map(|answer| (answer.scores.clone(), answer.class)).collect();
    let temperature = linear::temperature(&sure);
    let said: Vec<Said> = first
        .iter()
        .map(|answer| Said {
            item: answer.item,
            first: answer.first,
            class: answer.class,
            shares: linear::shares(&answer.scores, temperature),
        })
        .collect();
    let least = f64::from(choices.confidence.unwrap_or(0.0));
    let decides = choices.confidence.is_some() || choices.smoothing != Smoothing::None;
    let decided = decides.then(|| decided(&said, &choices.smoothing, |_| least));
    let mut scores = Scores::new(classes.clone());
    first.iter().for_each(|answer| scores.count(answer.class, linear::best(&answer.scores)));
    scores.keep(&learnable);
    let (accuracy, spread) = judged.accuracy();
    let best = judged.tried[judged.chosen].choice;

    let writing = Writing { what, channels: &channels, recordings: data.fingerprints(), choices };
    let mut tried = Vec::with_capacity(judged.tried.len());
    let mut made = None;
    for (at, one) in judged.tried.iter().enumerate() {
        let (way, view) = (&ways[one.choice.view], &views[one.choice.view]);
        let whole = Whole::new(view, &classes, one.choice.shrinkage, temperature);
        let file = writing
            .file(way, &whole)
            .map_err(|error| Refusal::new(error.to_string(), "give fewer or shorter labels"))?;
        let model = file.model(Path::new("the new model"))?;
        tried.push(Tried {
            name: way.name,
            window_s: way.head.window as f64 / f64::from(way.head.rate_hz),
            features: way.plan().outputs(),
            model: "linear",
            score: one.score,
            accuracy: one.accuracy,
            chosen: one.chosen,
            is_best: at == judged.chosen,
            bytes: model.bytes,
            ram: cost::ram(&model),
            cost: cost::predicted(&model, Mcu::Esp32, MHZ),
        });
        if at == judged.chosen {
            made = Some((file, whole));
        }
    }
    let (file, Whole { names, labels, linear }) = made.expect("one of those tried was chosen");
    let (way, table) = (&ways[best.view], &views[best.view].table);
    let model = file.model(Path::new("the new model"))?;
    let mut learnt = Scores::new(names.clone());
    let mut changed = 0;
    for (row, &class) in table.rows.iter().zip(&labels).filter(|(row, _)| !row.is_copy) {
        let said = ask(&model, &row.features).map_or(0, |shares| linear::best(&shares));
        learnt.count(class, said);
        changed += usize::from(said != linear::best(&linear.scores(&row.features)));
    }
    let unlearnt = classes.iter().filter(|class| !names.contains(class)).cloned().collect();
    let report = Report {
        recordings: data.items.len(),
        head: way.head,
        features: way.plan().outputs(),
        windows: table.rows.len(),
        copies: table.rows.iter().filter(|row| row.is_copy).count(),
        across: table.across,
        short: table.short,
        grouping: data.grouping,
        judges: judged.judges,
        unscorable: judged.unscorable.iter().map(|class| classes[*class].clone()).collect(),
        unlearnt,
        tried,
        nested: judged.nested,
        accuracy,
        spread,
        scores,
        temperature,
        learnt,
        changed,
        bytes: model.bytes,
        ram: cost::ram(&model),
        cost: cost::predicted(&model, Mcu::Esp32, MHZ),
        calibration: Calibration::of(&said),
        decided,
        notes: signal::notes(signals, f64::from(way.head.rate_hz)),
    };
    Ok(Trained { file, report: Box::new(report) })
}

fn source(item: &Item, signal: &Signal, classes: &[String]) -> Source {
    let sample = |ns: u64| signal.times_ns.partition_point(|time| *time < ns);
    let stretch = |span: &scenarios::recording::Span| {
        let class = classes.binary_search(&span.label).ok()?;
        Some(Stretch { class, first: sample(span.start_ns), end: sample(span.end_ns) })
    };
    Source {
        group: item.group.clone(),
        samples: signal.count(),
        stretches: item.recording.labels.iter().map(stretch).collect(),
    }
}

/// The rate of most recordings: of the middle one. What a clock is off by, below a tenth of a hertz, is not the model's.
pub fn rate_hz(data: &Dataset) -> f64 {
    let mut rates: Vec<f64> = data.items.iter().map(Item::rate_hz).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).map_or(0.0, |rate| (rate * 10.0).round() / 10.0)
}

/// What was learnt of all windows of a view.
struct Whole {
    /// Of the classes that have a window.
    names: Vec<String>,
    /// Of each row, by these names.
    labels: Vec<usize>,
    linear: Linear,
}

impl Whole {
    fn new(view: &View, classes: &[String], shrinkage: f64, temperature: f64) -> Self {
        let rows = &view.table.rows;
        let there: BTreeSet<usize> = rows.iter().map(|row| row.class).collect();
        let known: Vec<usize> = there.into_iter().collect();
        let names: Vec<String> = known.iter().map(|class| classes[*class].clone()).collect();
        let labels: Vec<usize> =
            rows.iter().map(|row| known.binary_search(&row.class).unwrap_or(0)).collect();
        let features: Vec<&[f32]> = rows.iter().map(|row| row.features.as_slice()).collect();
        let mut linear = linear::fit(&features, &labels, names.len(), shrinkage);
        linear.cool(temperature);
        Self { names, labels, linear }
    }
}

/// What all files of a training have in common.
struct Writing<'a> {
    what: &'static str,
    channels: &'a [Channel<'static>],
    recordings: Vec<u64>,
    choices: &'a Choices,
}

impl Writing<'_> {
    fn file(&self, way: &Way, whole: &Whole) -> Result<ModelFile, WriteError> {
        let linear = &whole.linear;
        let weights: Vec<f32> = linear.weights.iter().flatten().map(|weight| *weight as f32).collect();
        let biases: Vec<f32> = linear.biases.iter().map(|bias| *bias as f32).collect();
        // Besides the weights: plan, names and text.
        let mut room = vec![0; 4 * (weights.len() + biases.len()) + (1 << 14)];
        let mut writer = Writer::new(&mut room)?;
        writer.section(Section::Inputs)?;
        writer.inputs(way.head.rate_hz, self.channels)?;
        writer.section(Section::Plan)?;
        writer.bytes(&way.plan)?;
        writer.section(Section::Classes)?;
        writer.classes(whole.names.iter().map(String::as_str))?;
        writer.section(Section::Model)?;
        writer.linear(Answer::Shares, &weights, &biases)?;
        if let Some(confidence) = self.choices.confidence {
            writer.section(Section::Thresholds)?;
            writer.thresholds(&[confidence])?;
        }
        if self.choices.smoothing != Smoothing::None {
            writer.section(Section::Smoothing)?;
            writer.smoothing(&self.choices.smoothing)?;
        }
        writer.section(Section::About)?;
        writer.bytes(self.about(whole).as_bytes())?;
        Ok(ModelFile::new(writer.finish()?))
    }

    /// For people; and by its marks, `eval` knows the recordings again.
    fn about(&self, whole: &Whole) -> String {
        let (windows, recordings) = (whole.labels.len(), self.recordings.len());
        let marks = marks::told(&self.recordings);
        format!("{}: {windows} windows of {recordings} recordings, linear discriminant{marks}", self.what)
    }
}
