//! A model of a machine: which state it is in, and whether it is in any that is known.
//!
//! Every label is a state, unless it is said (or says itself) to be a fault. Faults teach nothing: what is learnt is what
//! is normal, a normal distribution a state (or a mixture of them), and an anomaly is what lies far from all. So a training set
//! without faults is as good as one with them, which only tells more about what the model is worth.

use super::dataset::{Dataset, Grouping, Item};
use super::evaluation::{self, Anomaly, Evaluation, LeftOut};
use super::file::{ModelFile, ask};
use super::judge::{self, Deal, Judges, Place, Source};
use super::normal::{self, nearest};
use super::scores::Scores;
use super::signal::{self, Signal};
use super::table::{self, Copies, Row, Table};
use super::task::{self, Choices, Trained};
use super::{Progress, Refusal, classifier, marks, motion, text};
use crate::report::numbers::{bytes, counted};
use crate::report::table::{Paint, Tone};
use node_core::dsp::features::{Op, Plan, PlanHead, plan};
use node_core::ml::MAX_CLASSES;
use node_core::ml::ntm::{Model, Section, WriteError, Writer};
use std::path::Path;

const WINDOW_S: f64 = 1.0;
/// A state of fewer windows is not learnt: its threshold would be a guess.
const LEAST_WINDOWS: usize = 12;

/// Words of a label that is no state of a machine that is well.
const FAULTS: [&str; 10] = [
    "anomaly",
    "anomalous",
    "abnormal",
    "fault",
    "faulty",
    "defect",
    "defective",
    "broken",
    "failure",
    "damaged",
];

/// Standard deviation, mean absolute deviation, mean change a second, kurtosis; where the mean is, is how it hangs.
const STATISTICS: u32 = 1 << 1 | 1 << 6 | 1 << 9 | 1 << 11;

#[derive(Clone, Debug, PartialEq)]
struct Report {
    recordings: usize,
    head: PlanHead,
    features: usize,
    /// Normal distributions of all states.
    parts: usize,
    windows: usize,
    faulty: usize,
    across: usize,
    short: usize,
    /// Labels of neither kind, where some were named.
    neither: Vec<String>,
    /// Labels that were taken for faults because of their name.
    by_name: Vec<String>,
    faults: Vec<String>,
    judges: Judges,
    states: Scores,
    anomaly: Anomaly,
    /// The worst fold's.
    worst: f64,
    threshold: f64,
    grouping: Grouping,
    wrong_units: Option<String>,
    bytes: usize,
}

/// What the labels are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Labels {
    states: Vec<String>,
    faults: Vec<String>,
    neither: Vec<String>,
    by_name: Vec<String>,
}

fn labels(data: &Dataset, choices: &Choices) -> Result<Labels, Refusal> {
    let all: Vec<String> = data.classes.iter().filter(|label| !label.is_empty()).cloned().collect();
    for (list, option) in [(&choices.normal, "normal"), (&choices.fault, "fault")] {
        if let Some(label) = list.iter().find(|label| !all.contains(label)) {
            let message = format!("no recording is labelled `{label}` (--{option})");
            return Err(Refusal::new(message, format!("there are: {}", all.join(", "))));
        }
    }
    if let Some(label) = choices.normal.iter().find(|label| choices.fault.contains(label)) {
        let message = format!("`{label}` is said to be normal and a fault");
        return Err(Refusal::new(message, "give it to one of --normal and --fault"));
    }
    let mut found = Labels::default();
    let names_a_fault = |label: &str| {
        let label = label.to_ascii_lowercase();
        label.split(|letter: char| !letter.is_alphanumeric()).any(|word| FAULTS.contains(&word))
    };
    for label in all {
        let to = if choices.normal.contains(&label) {
            &mut found.states
        } else if choices.fault.contains(&label) {
            &mut found.faults
        } else if !choices.normal.is_empty() && !choices.fault.is_empty() {
            &mut found.neither
        } else if !choices.normal.is_empty() {
            &mut found.faults
        } else if names_a_fault(&label) {
            found.by_name.push(label.clone());
            &mut found.faults
        } else {
            &mut found.states
        };
        to.push(label);
    }
    if found.states.is_empty() {
        let message = "no label is a state of a machine that is well".to_string();
        return Err(Refusal::new(message, "record it while it is well; --normal LABEL says which that is"));
    }
    if found.states.len() > MAX_CLASSES {
        let message = format!("{} states: a model knows at most {MAX_CLASSES}", found.states.len());
        return Err(Refusal::new(message, "put alike ones under one label"));
    }
    Ok(found)
}

fn ops() -> Vec<Op<'static>> {
    let mut ops = Vec::new();
    for channel in 0..3 {
        ops.extend([Op::Channel { channel }, Op::Statistics { mask: STATISTICS }]);
    }
    ops.extend([(0, 1), (0, 2), (1, 2)].map(|(a, b)| Op::Correlation { a, b }));
    ops
}

fn head(data: &Dataset, choices: &Choices) -> Result<PlanHead, Refusal> {
    let rate_hz = classifier::rate_hz(data);
    let window_s = choices.window_s.unwrap_or(WINDOW_S);
    let samples = |seconds: f64| (seconds * rate_hz).round().max(1.0) as usize;
    let (window, hop) = (samples(window_s), samples(choices.hop_s.unwrap_or(window_s)));
    if window < 16 {
        let message = format!("a window of {window_s} s is {window} samples");
        return Err(Refusal::new(message, "give a longer --window: 16 samples at least"));
    }
    Ok(PlanHead { channels: 3, window, hop, rate_hz: rate_hz as f32 })
}

pub fn train(data: &Dataset, choices: &Choices, progress: Progress) -> Result<Trained, Refusal> {
    data.refuse_twins()?;
    let Labels { states, faults, neither, by_name } = labels(data, choices)?;
    let head = head(data, choices)?;
    let ops = ops();
    let mut room = vec![0; 1024];
    let length = plan::write(&head, &ops, &mut room).unwrap_or(0);
    let plan = Plan::parse(&room[..length])
        .map_err(|error| Refusal::new(error.to_string(), "choose another --window or --hop"))?;
    let signals = signal::all(data, head.channels, f64::from(head.rate_hz))?;
    let mut rows = |labels| table::of(data, &signals, labels, &plan, &Copies::default(), progress);
    let Table { rows: normal, across, short } = rows(&states);
    let faulty = rows(&faults).rows;
    for (class, label) in states.iter().enumerate() {
        let windows = normal.iter().filter(|row| row.class == class).count();
        if windows < LEAST_WINDOWS {
            let message =
                format!("`{label}` has {} of {} samples", counted(windows as u64, "window"), head.window);
            let help =
                format!("record {LEAST_WINDOWS} windows of each state at least, or give a shorter --window");
            return Err(Refusal::new(message, help));
        }
    }

    let judged = judge(data, &signals, [&normal, &faulty], states.len(), &head, choices.seed, progress);
    let features: Vec<&[f32]> = normal.iter().map(|row| row.features.as_slice()).collect();
    let classes: Vec<usize> = normal.iter().map(|row| row.class).collect();
    let normals = normal::fit(&features, &classes, states.len());
    let threshold = normal::threshold(&features, &classes, states.len());
    let about = format!(
        "vibration: {} windows of {} states, normal distributions{}",
        normal.len(),
        states.len(),
        marks::told(&data.fingerprints())
    );
    let channels = motion::channels(&motion::tracks(data), false);
    let write = || -> Result<ModelFile, WriteError> {
        let mut room = vec![0; normals.parts() * 4 * 1024 + (1 << 14)];
        let mut writer = Writer::new(&mut room)?;
        writer.section(Section::Inputs)?;
        writer.inputs(head.rate_hz, &channels)?;
        writer.section(Section::Plan)?;
        writer.plan(&head, &ops)?;
        writer.section(Section::Classes)?;
        writer.classes(states.iter().map(String::as_str))?;
        writer.section(Section::Model)?;
        normals.write(&mut writer)?;
        writer.section(Section::Thresholds)?;
        writer.thresholds(&[threshold as f32])?;
        writer.section(Section::About)?;
        writer.bytes(about.as_bytes())?;
        Ok(ModelFile::new(writer.finish()?))
    };
    let file = write().map_err(|error| Refusal::new(error.to_string(), "give fewer or shorter labels"))?;
    let model = file.model(Path::new("the new model"))?;
    for row in &normal {
        let told = ask(&model, &row.features).unwrap_or_default();
        let (exact, told) = (nearest(&normals.distances(&row.features)), nearest(&told));
        let near = (exact.1 - told.1).abs() <= 0.02 * (1.0 + exact.1);
        assert!(near, "the file says {told:?}, what it was made from {exact:?}");
    }
    let mut scores = Scores::new(states.clone());
    judged.states.iter().for_each(|(is, said)| scores.count(*is, *said));
    let report = Report {
        recordings: data.items.len(),
        head,
        features: plan.outputs(),
        parts: normals.parts(),
        windows: normal.len(),
        faulty: faulty.len(),
        across,
        short,
        neither,
        by_name,
        faults,
        judges: judged.judges,
        states: scores,
        worst: judged.worst(),
        anomaly: judged.anomaly(),
        threshold,
        grouping: data.grouping,
        wrong_units: data.wrong_units(),
        bytes: model.bytes,
    };
    Ok(Trained { file, report: Box::new(report) })
}

/// What was said of windows by who had not learnt them.
struct Judged {
    judges: Judges,
    /// What it is, and what was said.
    states: Vec<(usize, usize)>,
    /// Distances over the fold's threshold, and the fold.
    normal: Vec<(f64, usize)>,
    faulty: Vec<f64>,
}

impl Judged {
    fn anomaly(&self) -> Anomaly {
        let normal: Vec<f64> = self.normal.iter().map(|(share, _)| *share).collect();
        anomaly(&normal, &self.faulty)
    }

    /// Of all folds the highest rate of false alarms.
    fn worst(&self) -> f64 {
        let folds = self.normal.iter().map(|(_, fold)| fold + 1).max().unwrap_or(0);
        let rate = |fold: usize| {
            let here: Vec<f64> =
                self.normal.iter().filter(|(_, of)| *of == fold).map(|(share, _)| *share).collect();
            anomaly(&here, &[]).false_alarm_rate.unwrap_or(0.0)
        };
        (0..folds).map(rate).fold(0.0, f64::max)
    }
}

/// Of distances over their threshold.
fn anomaly(normal: &[f64], faulty: &[f64]) -> Anomaly {
    let over = |shares: &[f64]| {
        let over = shares.iter().filter(|share| **share > 1.0).count();
        (!shares.is_empty()).then(|| over as f64 / shares.len() as f64)
    };
    Anomaly {
        auc: normal::auc(normal, faulty),
        false_alarm_rate: over(normal),
        hit_rate: over(faulty),
        normal: normal.len() as u64,
        faulty: faulty.len() as u64,
    }
}

/// By whole groups where states have two or more, else by blocks of time. Every faulty window is held against one fold.
fn judge(
    data: &Dataset,
    signals: &[Signal],
    [normal, faulty]: [&[Row]; 2],
    states: usize,
    head: &PlanHead,
    seed: u64,
    progress: Progress,
) -> Judged {
    let source = |(item, signal): (&Item, &Signal)| Source {
        group: item.group.clone(),
        samples: signal.count(),
        stretches: Vec::new(),
    };
    let sources: Vec<Source> = data.items.iter().zip(signals).map(source).collect();
    let (judges, unscorable, deals) = judge::deals(&sources, normal, states, seed);
    let mut judged = Judged { judges, states: Vec::new(), normal: Vec::new(), faulty: Vec::new() };
    let folds: usize = deals.iter().map(Deal::folds).sum();
    let mut done = 0;
    for deal in &deals {
        let places: Vec<Place> = normal.iter().map(|row| deal.place(row, head.window, &sources)).collect();
        for fold in 0..deal.folds() {
            progress(done, folds);
            let learns = |place: &Place| place.mute >> fold & 1 == 0;
            let (features, classes): (Vec<&[f32]>, Vec<usize>) = normal
                .iter()
                .zip(&places)
                .filter(|(_, place)| learns(place))
                .map(|(row, _)| (row.features.as_slice(), row.class))
                .unzip();
            let normals = normal::fit(&features, &classes, states);
            let threshold = normal::threshold(&features, &classes, states);
            let say = |row: &Row| nearest(&normals.distances(&row.features));
            for (row, _) in normal.iter().zip(&places).filter(|(_, place)| place.fold == fold) {
                // What one group alone does was not learnt where it judges.
                if unscorable.contains(&row.class) {
                    continue;
                }
                let (state, distance) = say(row);
                judged.states.push((row.class, state));
                judged.normal.push((distance / threshold, done));
            }
            let own = faulty.iter().enumerate().filter(|(at, _)| at % deal.folds() == fold);
            judged.faulty.extend(own.map(|(_, row)| say(row).1 / threshold));
            done += 1;
        }
    }
    progress(folds, folds);
    judged
}

/// Windows of labels that the model knows are normal, all others are faulty.
pub fn evaluate(model: &Model, data: &Dataset, progress: Progress) -> Result<Evaluation, Refusal> {
    let plan = model.plan.as_ref().ok_or_else(|| {
        Refusal::new("the model has no plan for windows", "make one with `nodetwin train --task vibration`")
    })?;
    let names: Vec<String> = model.classes.names().map(str::to_owned).collect();
    let labels: Vec<String> = data.classes.iter().filter(|label| !label.is_empty()).cloned().collect();
    let head = plan.head();
    let signals = signal::all(data, head.channels, f64::from(head.rate_hz))?;
    let table = table::of(data, &signals, &labels, plan, &Copies::default(), progress);
    let mut scores = Scores::new(names.clone());
    let (mut normal, mut faulty) = (Vec::new(), Vec::new());
    for Row { class, features, .. } in &table.rows {
        let Some(said) = ask(model, features) else { continue };
        let (state, distance) = nearest(&said);
        let share = distance / f64::from(model.thresholds.of(state)).max(1e-9);
        match names.iter().position(|name| *name == labels[*class]) {
            Some(is) => {
                scores.count(is, state);
                normal.push(share);
            }
            None => faulty.push(share),
        }
    }
    if table.rows.is_empty() {
        let message = format!("no window of {} samples lies in one label", head.window);
        return Err(Refusal::new(message, "give longer recordings, labelled"));
    }
    let mut notes = signal::notes(&signals, f64::from(head.rate_hz));
    notes.extend(data.wrong_units());
    let strange: Vec<&str> =
        labels.iter().filter(|label| !names.contains(label)).map(String::as_str).collect();
    if !strange.is_empty() {
        notes.push(format!("taken for faults, because the model does not know them: {}", strange.join(", ")));
    }
    Ok(Evaluation {
        classes: (scores.n() > 0).then_some(scores),
        anomaly: Some(anomaly(&normal, &faulty)),
        n: table.rows.len() as u64,
        left_out: LeftOut {
            windows_across_edges: table.across,
            recordings_too_short: table.short,
            ..LeftOut::default()
        },
        leak: evaluation::leak(model, data),
        notes,
        ..Evaluation::default()
    })
}

impl task::Report for Report {
    fn text(&self, paint: Paint) -> String {
        let head = &self.head;
        let mut out = format!(
            "{} of {}: {:.2} s at {} Hz every {:.2} s, {} features of acceleration\n",
            counted(self.windows as u64, "window"),
            counted(self.recordings as u64, "recording"),
            head.window as f32 / head.rate_hz,
            head.rate_hz,
            head.hop as f32 / head.rate_hz,
            self.features
        );
        out += &text::left_out(self.across, self.short);
        if !self.faults.is_empty() {
            let (windows, names) = (counted(self.faulty as u64, "window"), self.faults.join(", "));
            out += &format!("faults: {windows} ({names}); they teach nothing and judge\n");
        }
        out += &paint.text(Tone::Strong, "\ncross-validated");
        out += &format!(" (judged: {})\n", text::judges(self.judges).0);
        out += &text::alarms(&self.anomaly, paint);
        out += &format!("false alarms of the worst fold: {:.1} %\n", 100.0 * self.worst);
        if self.states.classes.len() > 1 {
            out += &format!("states: accuracy {:.1} %\n", 100.0 * self.states.accuracy());
            out += &text::judged(&self.states, paint);
        }
        let mut states = counted(self.states.classes.len() as u64, "state");
        if self.parts > self.states.classes.len() {
            states += &format!(" ({} normal distributions)", self.parts);
        }
        out + &format!(
            "\nthe file: {}, {states}; an anomaly is what lies {:.1} or more standard deviations from all\n",
            bytes(self.bytes as u64),
            self.threshold
        )
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::from_iter(self.wrong_units.clone());
        if self.faults.is_empty() && self.states.classes.len() > 1 {
            let names = self.states.classes.join(", ");
            remarks.push(format!(
                "every label was taken for a machine that is well, and none of these will ever be an alarm: {names}; if \
                 one is a fault, say --fault LABEL"
            ));
        }
        if !self.by_name.is_empty() {
            let names = self.by_name.join(", ");
            remarks.push(format!(
                "taken for faults because of their names: {names} (--normal LABEL says otherwise)"
            ));
        }
        if !self.neither.is_empty() {
            let names = self.neither.join(", ");
            remarks.push(format!("left out, because neither --normal nor --fault names them: {names}"));
        }
        if matches!(self.judges, Judges::Blocks { .. }) {
            remarks.push(
                "a state has recordings of one group only, so parts of the same recordings judged: another day, or a \
                 sensor that hangs otherwise, may look like a fault; record each state on several days, or learn on site"
                    .into(),
            );
        } else if self.grouping == Grouping::Recording {
            remarks.push(
                "nothing says which recordings belong to one session, so each is a group of its own (an index.csv with \
                 a column `session` says it)"
                    .into(),
            );
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(classes: &[&str], normal: &[&str], fault: &[&str]) -> Result<Labels, Refusal> {
        let own = |list: &[&str]| list.iter().map(|label| (*label).to_string()).collect::<Vec<String>>();
        let data = Dataset { items: vec![], classes: own(classes), grouping: Grouping::Recording };
        let choices = Choices { normal: own(normal), fault: own(fault), ..Choices::default() };
        labels(&data, &choices)
    }

    #[test]
    fn labels_are_states_unless_something_says_otherwise() {
        let found = told(&["", "fan_fault_1", "off", "low"], &[], &[]).unwrap();
        assert_eq!((found.states.len(), found.by_name.as_slice()), (2, &["fan_fault_1".to_string()][..]));
        assert_eq!(found.faults, found.by_name);
        let found = told(&["coin", "low", "off"], &["off", "low"], &[]).unwrap();
        assert_eq!((found.faults, found.states.len()), (vec!["coin".to_string()], 2));
        let found = told(&["coin", "low", "off"], &[], &["coin"]).unwrap();
        assert_eq!((found.faults, found.states.len()), (vec!["coin".to_string()], 2));
        let found = told(&["coin", "low", "off"], &["off"], &["coin"]).unwrap();
        assert_eq!(found.neither, ["low"]);
        let found = told(&["default"], &[], &[]).unwrap();
        assert_eq!(found.states, ["default"], "a fault is a word, not a part of one");
        assert!(told(&["faulty"], &[], &[]).unwrap_err().help.contains("--normal"));
        assert!(told(&["low"], &[], &["coin"]).unwrap_err().help.contains("there are: low"));
        assert!(told(&["low"], &["low"], &["low"]).is_err());
    }
}
