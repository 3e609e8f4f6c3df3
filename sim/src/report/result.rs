//! `result.json`: a run in one small document, for programs.
//!
//! The fields and their order are [`RunResult`]'s; `schema` is raised whenever one changes its meaning or goes away. The
//! wall-time fields (`wall_s`, `realtime_factor`) are absent from a stable document, which then is the same, byte for byte,
//! in every run of the same scenario and seed. No number is infinite or NaN: what cannot be said is `null`.

use super::Judgement;
use crate::budget::headroom::{Predicted, predict};
use crate::budget::study::{self, NodeStudy, Study};
use crate::budget::words;
use crate::memory::Footprint;
use crate::memory::measured::Sections;
use crate::outcome::{NodeOutcome, Outcome};
use crate::score::expectation::headroom;
use crate::score::nearness::{self, Nearness};
use crate::score::{self, classes_against_labels, events_against_labels, median};
use hal_shim::budget::PipelineSum;
use hal_shim::histogram::Histogram;
use scenarios::schema::Measure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the document that this program writes and reads.
pub const SCHEMA: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    pub schema: u32,
    /// Name and version of the program that ran.
    pub tool: String,
    /// The scenario's name.
    pub scenario: String,
    pub seed: u64,
    /// Sixteen hexadecimal digits; the same for the same scenario and seed on every machine.
    pub trace_hash: String,
    pub simulated_s: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_s: Option<f64>,
    /// Simulated node-seconds per second of wall time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realtime_factor: Option<f64>,
    /// The worst grade of the figures that the run rests on: measured, datasheet, derived or assumed.
    pub fidelity: Option<String>,
    pub expect: Vec<Expected>,
    pub nodes: Vec<NodeResult>,
    /// Each node over the CPU frequencies of its board, if the run was asked for it (`--frequencies`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frequencies: Vec<NodeFrequencies>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// What was expected, in words.
    pub what: String,
    pub ok: bool,
    /// What it was, with its unit, in words.
    pub actual: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeResult {
    pub name: String,
    pub board: String,
    pub app: String,
    /// Share of time that the CPU was busy, 0 to 1.
    pub cpu_load: f64,
    /// Stages, and pipelines as a whole (those have a deadline), in the order in which they first ended.
    pub stages: Vec<StageResult>,
    pub buses: Vec<BusResult>,
    /// Times that data was lost before the node read it.
    pub overruns: u64,
    /// How many events of each kind the node reported.
    pub events: BTreeMap<String, u64>,
    pub scores: Scores,
    #[serde(default)]
    pub budget: BudgetResult,
    /// How its costs stand with hardware.
    #[serde(default)]
    pub costs: String,
    /// Absent if nobody has measured the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryResult>,
}

/// What the app takes of the chip's memory, in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemoryResult {
    /// What it keeps.
    pub state: u64,
    /// Its deepest stack beside that.
    pub stack: u64,
    /// What the chip has for both, and for the data of drivers and runtime.
    pub there_is: u64,
    pub grade: String,
    pub source: String,
    /// A whole firmware with this app, where one was built for the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Sections>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageResult {
    pub name: String,
    pub count: u64,
    pub mean_us: f64,
    pub max_us: f64,
    /// From the completion of its input to its end, at most; `null` for a single stage.
    pub deadline_us: Option<u64>,
    pub misses: u64,
    /// Share of time that the stage held the CPU, 0 to 1; `null` for a pipeline, which waits as well.
    #[serde(default)]
    pub utilisation: Option<f64>,
    /// The stage's time between the ends of two windows as a share of the deadline, the greatest.
    #[serde(default)]
    pub worst_window: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BusResult {
    pub name: String,
    pub transactions: u64,
    pub bytes: u64,
    /// Share of time that the bus was busy, 0 to 1.
    pub busy: f64,
}

/// Time against deadlines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BudgetResult {
    pub pipelines: Vec<PipelineResult>,
    /// The first losses of data, with what stood before each.
    pub overruns: Vec<String>,
    pub lost: u64,
    /// The least that is left of the CPU's time and of any deadline, as a share of it; negative where one was missed.
    #[serde(default)]
    pub headroom: Option<f64>,
    /// By arithmetic, at each CPU frequency of the board.
    pub derived: Vec<DerivedResult>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PipelineResult {
    pub name: String,
    pub windows: u64,
    pub deadline_us: f64,
    pub misses: u64,
    /// Missed ones without one in time between, at most.
    pub misses_in_a_row: u64,
    pub first_miss_s: Option<f64>,
    /// From the completion of a window's input to its end. Quantiles are at most 0.8 % above the true ones.
    pub response_us: Quantiles,
    /// From the completion of the input to the start of work.
    pub start_us: Quantiles,
    /// Deadline less the longest response.
    pub slack_us: f64,
    /// Deadline less the response that 99 of 100 windows keep.
    pub slack_p99_us: f64,
    /// Latest start less earliest start.
    pub jitter_us: f64,
    /// What the responses went into, as shares of their sum.
    pub parts: BTreeMap<String, f64>,
    /// The largest of them, in words.
    #[serde(default)]
    pub why: String,
    /// `[from, to, windows]` in microseconds, eight buckets an octave.
    pub histogram_us: Vec<(f64, f64, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    pub min: f64,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DerivedResult {
    pub cpu_mhz: u32,
    /// Of a late run a lower bound: what it lost it did not compute.
    pub utilisation: f64,
    /// `null`: this run was late itself, and only one at that frequency tells.
    pub fits: Option<bool>,
    /// The longest response of each pipeline.
    pub response_us: BTreeMap<String, f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeFrequencies {
    pub node: String,
    /// What the scenario runs it at.
    pub cpu_mhz: u32,
    pub rows: Vec<FrequencyResult>,
    pub advice: Vec<AdviceResult>,
}

/// A run at another frequency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrequencyResult {
    pub cpu_mhz: u32,
    pub fits: bool,
    pub utilisation: f64,
    pub windows: u64,
    pub misses: u64,
    pub overruns: u64,
    /// Of the pipeline with the least slack.
    pub response_max_us: Option<f64>,
    pub deadline_us: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdviceResult {
    pub text: String,
    /// The `--set` arguments that it was run with, and came out so.
    pub sets: Vec<String>,
    /// One step further: those that it was run with, and did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beyond: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Share of scored windows whose class is their label. A window across a label's edge is not scored.
    pub accuracy: Option<f64>,
    /// Mean over `labels` of F1.
    pub macro_f1: Option<f64>,
    /// Windows: a row for what was true, a column for what was said, both in the order of `labels`.
    pub confusion: Vec<Vec<u64>>,
    /// Sorted.
    pub labels: Vec<String>,
    /// From a label's start to the report: of its class, or, if the node does not classify, of the event that the scenario
    /// expects for it.
    pub latency_ms: Option<Latency>,
    /// Mean distance of `value` events from what was in the sample, by name, in its own unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub value_error: BTreeMap<String, f64>,
    /// Mean distance of `position` events from where the node was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_error_m: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    pub median: f64,
    pub max: f64,
}

impl RunResult {
    /// `stable` leaves out what differs from run to run.
    pub fn of(judgement: &Judgement, stable: bool) -> Self {
        let run = &judgement.outcome;
        let expect = judgement.judged.iter();
        Self {
            schema: SCHEMA,
            tool: tool(),
            scenario: run.scenario.name.clone(),
            seed: run.scenario.seed,
            trace_hash: hash_text(run.trace_hash),
            simulated_s: rounded(run.simulated_s(), 9),
            wall_s: (!stable).then(|| rounded(run.wall.as_secs_f64(), 6)),
            realtime_factor: (!stable).then(|| rounded(run.realtime_factor(), 1)),
            fidelity: run
                .nodes
                .iter()
                .filter_map(|node| node.sums.worst_grade)
                .max()
                .map(|grade| grade.to_string()),
            expect: expect
                .map(|judged| Expected {
                    what: judged.what.clone(),
                    ok: judged.ok,
                    actual: judged.actual.clone(),
                })
                .collect(),
            nodes: run.nodes.iter().enumerate().map(|(index, node)| node_result(run, index, node)).collect(),
            frequencies: Vec::new(),
        }
    }

    /// With what further runs showed.
    pub fn with(mut self, study: &Study) -> Self {
        self.frequencies = study.nodes.iter().map(node_frequencies).collect();
        self
    }

    /// The document, with a line break at its end.
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// Reads a document that this or an older program wrote. The error is for a person: what is wrong, and the cure.
    pub fn from_json(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } = serde_json::from_str(text).map_err(|error| {
            format!("this is no result.json ({error}); `nodetwin run FILE --json result.json` writes one")
        })?;
        if schema != SCHEMA {
            return Err(format!(
                "its schema is {schema}, and this program reads {SCHEMA}: use the program that wrote it, or run again"
            ));
        }
        serde_json::from_str(text)
            .map_err(|error| format!("this result.json is damaged ({error}); run the scenario again"))
    }
}

pub fn tool() -> String {
    format!("nodetwin {}", env!("CARGO_PKG_VERSION"))
}

pub fn hash_text(hash: u64) -> String {
    format!("{hash:016x}")
}

/// Pretty-printed, with a line break at its end.
pub fn to_json(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .unwrap_or_else(|error| unreachable!("plain structs with text keys are always JSON: {error}"));
    text.push('\n');
    text
}

/// So many digits after the point: figures that are compared as text should not differ in their last bit's noise.
pub fn rounded(value: f64, digits: usize) -> f64 {
    const SCALES: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let scale = SCALES[digits];
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded } else { 0.0 }
}

fn node_result(run: &Outcome, index: usize, node: &NodeOutcome) -> NodeResult {
    let share = |ns: u64| if run.simulated_ns == 0 { 0.0 } else { ns as f64 / run.simulated_ns as f64 };
    let stages = node.sums.stages.iter().map(|stage| StageResult {
        utilisation: stage.deadline_us.is_none().then(|| rounded(share(stage.total_ns), 6)),
        worst_window: (stage.worst_ppm > 0).then(|| rounded(stage.worst_ppm as f64 * 1e-6, 6)),
        name: stage.name.to_string(),
        count: stage.count,
        mean_us: rounded(stage.total_ns as f64 / stage.count.max(1) as f64 / 1e3, 3),
        max_us: rounded(stage.max_ns as f64 / 1e3, 3),
        deadline_us: stage.deadline_us,
        misses: stage.misses,
    });
    let buses = node.sums.buses.iter().map(|(name, bus)| BusResult {
        name: name.to_string(),
        transactions: bus.transactions,
        bytes: bus.bytes,
        busy: rounded(share(bus.busy_ns), 6),
    });
    NodeResult {
        name: node.name.clone(),
        board: node.board.clone(),
        app: node.app.clone(),
        cpu_load: rounded(node.cpu_load(run.simulated_ns), 6),
        stages: stages.collect(),
        buses: buses.collect(),
        overruns: node.sums.overruns,
        events: node.sums.events.iter().map(|(kind, count)| (kind.to_string(), *count)).collect(),
        scores: scores(run, index, node),
        costs: node.costs.standing(),
        memory: Footprint::of(node.costs.mcu, &node.app).map(memory),
        budget: BudgetResult {
            pipelines: node.sums.pipelines.iter().map(|sum| pipeline(run, node, sum)).collect(),
            overruns: node.sums.overruns_first.iter().map(words::overrun).collect(),
            lost: node.sums.lost,
            headroom: headroom(run, node, None).map(|(left, _)| rounded(left, 6)),
            derived: predict(node, run.simulated_ns).iter().map(derived).collect(),
        },
    }
}

fn memory(footprint: Footprint) -> MemoryResult {
    MemoryResult {
        state: footprint.state,
        stack: footprint.stack,
        there_is: footprint.chip.data.bytes,
        grade: footprint.grade.to_string(),
        source: footprint.source,
        image: footprint.image,
    }
}

fn us(ns: f64) -> f64 {
    rounded(ns / 1e3, 3)
}

fn quantiles(times: &Histogram) -> Quantiles {
    let at = |permille| us(times.quantile(permille).unwrap_or_default() as f64);
    Quantiles { min: us(times.min() as f64), p50: at(500), p99: at(990), max: us(times.max() as f64) }
}

fn pipeline(run: &Outcome, node: &NodeOutcome, sum: &PipelineSum) -> PipelineResult {
    let whole = sum.parts.sum().max(1) as f64;
    let p99 = sum.response.quantile(990).unwrap_or_default() as f64;
    PipelineResult {
        name: sum.name.to_string(),
        windows: sum.response.count(),
        deadline_us: us(sum.deadline_ns as f64),
        misses: sum.misses,
        misses_in_a_row: sum.misses_in_a_row,
        first_miss_s: sum.first_miss.map(|at| rounded(at.0 as f64 * 1e-9, 6)),
        response_us: quantiles(&sum.response),
        start_us: quantiles(&sum.start),
        slack_us: us(sum.slack_ns as f64),
        slack_p99_us: us(sum.deadline_ns as f64 - p99),
        jitter_us: us((sum.start.max() - sum.start.min()) as f64),
        parts: words::parts(&sum.parts)
            .into_iter()
            .map(|(name, ns)| (name.replace(' ', "_").to_lowercase(), rounded(ns as f64 / whole, 4)))
            .collect(),
        why: words::why(run, node, sum),
        histogram_us: sum
            .response
            .buckets(16)
            .into_iter()
            .map(|(from, to, count)| (us(from as f64), us(to as f64), count))
            .collect(),
    }
}

fn derived(predicted: &Predicted) -> DerivedResult {
    DerivedResult {
        cpu_mhz: predicted.mhz,
        utilisation: rounded(predicted.utilisation, 6),
        fits: predicted.fits(),
        response_us: predicted.responses.iter().map(|(name, ns, _)| (name.to_string(), us(*ns))).collect(),
    }
}

fn node_frequencies(study: &NodeStudy) -> NodeFrequencies {
    let row = |row: &study::Row| {
        let trial = row.run.as_ref()?;
        Some(FrequencyResult {
            cpu_mhz: row.predicted.mhz,
            fits: row.fits(&study.base),
            utilisation: rounded(trial.utilisation, 6),
            windows: trial.windows,
            misses: trial.misses,
            overruns: trial.overruns,
            response_max_us: trial.worst.map(|(_, response, _)| us(response as f64)),
            deadline_us: trial.worst.map(|(_, _, deadline)| us(deadline as f64)),
        })
    };
    let advice = study.advice.iter();
    NodeFrequencies {
        node: study.name.clone(),
        cpu_mhz: study.mhz,
        rows: study.rows.iter().filter_map(row).collect(),
        advice: advice
            .map(|one| AdviceResult {
                text: one.text.clone(),
                sets: one.sets.clone(),
                beyond: one.beyond.clone(),
            })
            .collect(),
    }
}

fn scores(run: &Outcome, index: usize, node: &NodeOutcome) -> Scores {
    let value = |(name, near): (&str, Nearness)| (name.to_string(), rounded(near.mean, 6));
    let value_error = nearness::of_each_value(run, node).into_iter().map(value).collect();
    let position_error_m = nearness::of_positions(run, node).map(|near| rounded(near.mean, 6));
    match classes_against_labels(run, node) {
        Some(classes) => Scores {
            accuracy: classes.accuracy().map(|share| rounded(share, 6)),
            macro_f1: classes.macro_f1().map(|share| rounded(share, 6)),
            latency_ms: latency(&classes.latencies_ns),
            confusion: classes.confusion,
            labels: classes.classes,
            value_error,
            position_error_m,
        },
        None => {
            let mut latencies: Vec<u64> = expected_pairs(run, index)
                .into_iter()
                .flat_map(|(event, label)| events_against_labels(run, node, event, label).latencies_ns)
                .collect();
            latencies.sort_unstable();
            let latency_ms = latency(&latencies);
            Scores { latency_ms, value_error, position_error_m, ..Scores::default() }
        }
    }
}

fn latency(ascending_ns: &[u64]) -> Option<Latency> {
    let (median, max) = (median(ascending_ns)?, *ascending_ns.last()?);
    Some(Latency { median: rounded(median / 1e6, 3), max: rounded(max as f64 / 1e6, 3) })
}

/// The events that the scenario holds against a node's labels, each pair once.
pub fn expected_pairs(run: &Outcome, node: usize) -> Vec<(&str, Option<&str>)> {
    use scenarios::schema::EventMeasure::Count;
    let mut pairs = Vec::new();
    for expect in run.scenario.expects.iter().filter(|expect| expect.node.is_none_or(|of| of == node)) {
        if let Measure::Event { event, label, of } = &expect.what {
            let pair = (event.as_str(), label.as_deref());
            if (label.is_some() || *of != Count) && !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
    }
    let node = &run.nodes[node];
    pairs.retain(|(_, label)| {
        score::truths(run, node).any(|truth| label.is_none_or(|label| label == truth.name))
    });
    pairs
}
