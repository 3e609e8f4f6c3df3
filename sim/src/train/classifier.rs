//! A model that tells classes apart: from recordings and ways to see them to bytes, and what the bytes are worth.

use super::cost::{self, Predicted};
use super::dataset::{Dataset, Grouping, Item};
use super::decision::{Calibration, Decided, Said, decided};
use super::file::{ModelFile, ask};
use super::judge::{self, Answer, Judges, Source, Stretch, View};
use super::learnt::{Asked, Kind, Learnt};
use super::linear::{self, Linear};
use super::plans::Picture;
use super::rivals::Contest;
use super::scores::Scores;
use super::signal::{self, Signal};
use super::table::{self, Copies};
use super::task::{self, Choices, Trained};
use super::{Progress, Refusal, front, marks, page, text};
use crate::report::table::Paint;
use node_core::boards::Mcu;
use node_core::dsp::features::{Op, Plan, PlanHead, plan};
use node_core::ml::MAX_CLASSES;
use node_core::ml::ntm::{Channel, Section, Smoothing, WriteError, Writer};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Of the chip that costs are told for.
const MHZ: u32 = 240;

/// Of a file, for all but the model: plan, names, marks.
const BESIDES: usize = 2048;

const LINEAR: &str = "linear";

/// Who is right so often is not held against others, unless they are asked for.
const ENOUGH: f64 = 0.97;

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
    /// Of such a window, what convolutions see.
    pub picture: &'a dyn Fn(&PlanHead) -> Picture,
    pub choices: &'a Choices,
}

/// A way that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub name: &'static str,
    pub window_s: f64,
    pub features: usize,
    pub model: &'static str,
    /// See [`judge::Tried`]; of the linear model only.
    pub score: Option<f64>,
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
    pub model: &'static str,
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
    let Setup { what, data, signals, ways, shrinkages, copies, channels, picture, choices } = setup;
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
    let writing = Writing { what, channels: &channels, recordings: data.fingerprints(), choices };
    let mut tried = Vec::with_capacity(judged.tried.len());
    for (at, one) in judged.tried.iter().enumerate() {
        let whole = Whole::of(&views[one.choice.view], &classes);
        let learnt = Learnt::Linear(whole.linear(one.choice.shrinkage));
        let file = writing.file(&ways[one.choice.view], &whole.names, whole.labels.len(), LINEAR, &learnt)?;
        let found = Found {
            accuracy: one.accuracy,
            score: Some(one.score),
            chosen: one.chosen,
            is_best: at == judged.chosen,
        };
        tried.push(Tried::new(&ways[one.choice.view], LINEAR, &file, found)?);
    }

    let best = judged.tried[judged.chosen].choice;
    let (way, view) = (&ways[best.view], &views[best.view]);
    let (accuracy, spread) = judged.accuracy();
    let mut winner = Winner {
        model: LINEAR,
        way,
        view,
        learnt: Learnt::Linear(Whole::of(view, &classes).linear(best.shrinkage)),
        judges: judged.judges,
        nested: judged.nested,
        accuracy,
        spread,
        answers: judged.draws.first().cloned().unwrap_or_default(),
    };
    let pictured = (choices.model == Asked::Cnn).then(|| -> Result<_, Refusal> {
        let Picture { ops, shape, order } = picture(&way.head);
        // Whole frames from window to window, whatever they are: so the node can hear them as they come.
        let frame =
            ops.first().map_or(1, |op| if let Op::Frames { hop, .. } = op { usize::from(*hop) } else { 1 });
        let head = PlanHead { hop: way.head.hop.div_ceil(frame) * frame, ..way.head };
        let way = Way::new(way.name, head, &ops)?;
        let table = table::of(data, signals, &classes, &way.plan(), &copies, progress);
        let view = View { window: head.window, table };
        Ok((Kind::Cnn(shape, order), way, view))
    });
    let pictured = pictured.transpose()?;
    let same = choices.model.rivals().iter().map(|kind| (*kind, way, view));
    let rivals: Vec<(Kind, &Way, &View)> =
        same.chain(pictured.iter().map(|(kind, way, view)| (*kind, way, view))).collect();
    if !rivals.is_empty() && (choices.model != Asked::Auto || accuracy < ENOUGH) {
        let (judges, unscorable, deal) =
            judge::folds(&sources, &view.table.rows, classes.len(), choices.seed);
        let contest = |view| Contest {
            view,
            deal: &deal,
            sources: &sources,
            classes: classes.len(),
            unscorable: &unscorable,
            seed: choices.seed,
            bytes: choices.max_bytes.saturating_sub(BESIDES),
        };
        let linear = contest(view).linear(best.shrinkage);
        let mut to_beat = linear.accuracy;
        for (kind, way, view) in rivals {
            let whole = Whole::of(view, &classes);
            let of_folds = |learnt: &Learnt| writing.file(way, &classes, 0, kind.name(), learnt);
            let worth = contest(view).rival(kind, &of_folds, progress)?;
            let learnt =
                contest(view).whole(kind, &whole.features, &whole.labels, whole.names.len(), progress)?;
            let file = writing.file(way, &whole.names, whole.labels.len(), kind.name(), &learnt)?;
            let found = Found { accuracy: worth.accuracy, score: None, chosen: 0, is_best: false };
            let one = Tried::new(way, kind.name(), &file, found)?;
            let better = worth.is_clearly_better_than(&linear)
                && worth.accuracy > to_beat
                && one.bytes <= choices.max_bytes;
            tried.push(one);
            if better || choices.model != Asked::Auto {
                to_beat = worth.accuracy;
                tried.iter_mut().for_each(|tried| tried.is_best = false);
                tried.last_mut().expect("it was pushed").is_best = true;
                winner = Winner {
                    model: kind.name(),
                    way,
                    view,
                    learnt,
                    judges,
                    nested: false,
                    accuracy: worth.accuracy,
                    spread: worth.spread(),
                    answers: worth.answers,
                };
            }
        }
    }

    let Winner { model: kind, way, view, mut learnt, judges, nested, accuracy, spread, answers } = winner;
    let sure: Vec<_> = answers.iter().map(|answer| (answer.scores.clone(), answer.class)).collect();
    let temperature = if learnt.can_cool() { linear::temperature(&sure) } else { 1.0 };
    learnt.cool(temperature);
    let whole = Whole::of(view, &classes);
    let said: Vec<Said> = answers
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
    answers.iter().for_each(|answer| scores.count(answer.class, linear::best(&answer.scores)));
    scores.keep(&learnable);

    let file = writing.file(way, &whole.names, whole.labels.len(), kind, &learnt)?;
    let model = file.model(Path::new("the new model"))?;
    if model.bytes > choices.max_bytes {
        let message =
            format!("the model has {} bytes, more than the {} allowed", model.bytes, choices.max_bytes);
        return Err(Refusal::new(message, "give a larger --max-bytes, or another --model"));
    }
    let rows = &view.table.rows;
    let mut of_learnt = Scores::new(whole.names.clone());
    let mut changed = 0;
    for (row, &class) in rows.iter().zip(&whole.labels).filter(|(row, _)| !row.is_copy) {
        let said = ask(&model, &row.features).map_or(0, |shares| linear::best(&shares));
        of_learnt.count(class, said);
        changed += usize::from(learnt.exactly(&row.features).is_some_and(|exactly| exactly != said));
    }
    let report = Report {
        recordings: data.items.len(),
        head: way.head,
        features: way.plan().outputs(),
        windows: rows.len(),
        copies: rows.iter().filter(|row| row.is_copy).count(),
        across: view.table.across,
        short: view.table.short,
        grouping: data.grouping,
        judges,
        unscorable: judged.unscorable.iter().map(|class| classes[*class].clone()).collect(),
        unlearnt: classes.iter().filter(|class| !whole.names.contains(class)).cloned().collect(),
        tried,
        nested,
        accuracy,
        spread,
        scores,
        model: kind,
        temperature,
        learnt: of_learnt,
        changed,
        bytes: model.bytes,
        ram: cost::ram(&model),
        cost: cost::predicted(&model, Mcu::Esp32, MHZ),
        calibration: Calibration::of(&said),
        decided,
        notes: data
            .wrong_units()
            .into_iter()
            .chain(signal::notes(signals, f64::from(way.head.rate_hz)))
            .collect(),
    };
    Ok(Trained { file, report: Box::new(report) })
}

/// What goes into the file, and what judges said of it.
struct Winner<'a> {
    model: &'static str,
    way: &'a Way,
    view: &'a View,
    learnt: Learnt,
    judges: Judges,
    nested: bool,
    accuracy: f64,
    spread: f64,
    answers: Vec<Answer>,
}

/// What was found of a way and a model.
struct Found {
    accuracy: f64,
    score: Option<f64>,
    chosen: usize,
    is_best: bool,
}

impl Tried {
    fn new(way: &Way, kind: &'static str, file: &ModelFile, found: Found) -> Result<Self, Refusal> {
        let model = file.model(Path::new("a model that was tried"))?;
        let Found { accuracy, score, chosen, is_best } = found;
        Ok(Self {
            name: way.name,
            window_s: way.head.window as f64 / f64::from(way.head.rate_hz),
            features: way.plan().outputs(),
            model: kind,
            score,
            accuracy,
            chosen,
            is_best,
            bytes: model.bytes,
            ram: cost::ram(&model),
            cost: cost::predicted(&model, Mcu::Esp32, MHZ),
        })
    }
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

/// All windows of a view, to learn from.
struct Whole<'a> {
    /// Of the classes that have a window.
    names: Vec<String>,
    features: Vec<&'a [f32]>,
    /// Of each row, by these names.
    labels: Vec<usize>,
}

impl<'a> Whole<'a> {
    fn of(view: &'a View, classes: &[String]) -> Self {
        let rows = &view.table.rows;
        let there: BTreeSet<usize> = rows.iter().map(|row| row.class).collect();
        let known: Vec<usize> = there.into_iter().collect();
        Self {
            names: known.iter().map(|class| classes[*class].clone()).collect(),
            features: rows.iter().map(|row| row.features.as_slice()).collect(),
            labels: rows.iter().map(|row| known.binary_search(&row.class).unwrap_or(0)).collect(),
        }
    }

    fn linear(&self, shrinkage: f64) -> Linear {
        linear::fit(&self.features, &self.labels, self.names.len(), shrinkage)
    }
}

/// What all files of a training have in common.
struct Writing<'a> {
    what: &'static str,
    channels: &'a [Channel<'static>],
    recordings: Vec<u64>,
    choices: &'a Choices,
}

/// More than any model here has.
const ROOM: usize = 1 << 20;

impl Writing<'_> {
    fn file(
        &self,
        way: &Way,
        names: &[String],
        windows: usize,
        kind: &str,
        learnt: &Learnt,
    ) -> Result<ModelFile, Refusal> {
        let write = || -> Result<ModelFile, WriteError> {
            let mut room = vec![0; ROOM];
            let mut writer = Writer::new(&mut room)?;
            writer.section(Section::Inputs)?;
            writer.inputs(way.head.rate_hz, self.channels)?;
            writer.section(Section::Plan)?;
            writer.bytes(&way.plan)?;
            writer.section(Section::Classes)?;
            writer.classes(names.iter().map(String::as_str))?;
            writer.section(Section::Model)?;
            learnt.write(&mut writer)?;
            if let Some(confidence) = self.choices.confidence {
                writer.section(Section::Thresholds)?;
                writer.thresholds(&[confidence])?;
            }
            if self.choices.smoothing != Smoothing::None {
                writer.section(Section::Smoothing)?;
                writer.smoothing(&self.choices.smoothing)?;
            }
            writer.section(Section::About)?;
            // For people; and by its marks, `eval` knows the recordings again.
            let recordings = self.recordings.len();
            let marks = marks::told(&self.recordings);
            let about = format!("{}: {windows} windows of {recordings} recordings, {kind}{marks}", self.what);
            writer.bytes(about.as_bytes())?;
            Ok(ModelFile::new(writer.finish()?))
        };
        write().map_err(|error| Refusal::new(error.to_string(), "give fewer or shorter labels"))
    }
}
