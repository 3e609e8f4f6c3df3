//! What the scenario expects, held against what came out.
//!
//! Besides what is written under `[[expect]]` there is one silent expectation for each fault: that it strikes at all. A
//! fault that never struck leaves a scenario that tests nothing. One more for each deadline that the scenario sets and no
//! pipeline of the node has.

use super::{EventScore, classes_against_labels, events_against_labels, nearness};
use crate::memory::Footprint;
use crate::memory::text::size;
use crate::outcome::{FaultOutcome, NodeOutcome, Outcome};
use hal_shim::budget::PipelineSum;
use scenarios::closest::known_names;
use scenarios::compare::Scale;
use scenarios::schema::{EventMeasure, Expect, Fault, Measure, MemoryMeasure, PipelineMeasure, StageMeasure};

/// One expectation and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// As a person would say it: `recall of "loud" for "door" >= 0.9`.
    pub what: String,
    pub ok: bool,
    /// What it was, with its unit.
    pub actual: String,
    /// The same as a number (share, count or nanoseconds), where there is one.
    pub value: Option<f64>,
    pub scale: Scale,
}

/// Everything that was expected, in the scenario's order, then the faults.
pub fn judge(run: &Outcome) -> Vec<Judged> {
    let expected = run.scenario.expects.iter().map(|expect| judge_one(run, expect));
    let faults =
        run.scenario.faults.iter().zip(&run.faults).filter_map(|(fault, seen)| struck(run, fault, seen));
    expected.chain(faults).chain(deadlines(run)).collect()
}

/// A measure of one node: its value, and what there is to say about it.
struct Reading {
    value: Option<f64>,
    text: String,
}

fn judge_one(run: &Outcome, expect: &Expect) -> Judged {
    let nodes: Vec<&NodeOutcome> = match expect.node {
        Some(index) => run.nodes.get(index).into_iter().collect(),
        None => run.nodes.iter().collect(),
    };
    let scale = scale_of(&expect.what);
    if let Measure::FitsAt { mhz } = expect.what {
        return fits_at(run, expect, mhz);
    }
    let judged = |ok, actual, value| Judged { what: expect.text.clone(), ok, actual, value, scale };
    if scale == Scale::Count {
        let total: u64 = nodes.iter().map(|node| count(run, node, &expect.what)).sum();
        return judged(expect.want.holds(total as f64), total.to_string(), Some(total as f64));
    }
    let readings: Vec<(&NodeOutcome, Reading)> =
        nodes.into_iter().map(|node| (node, reading(run, node, expect))).collect();
    // Shares and times are the worst node's: one that does not hold, or else the one nearest to not holding.
    let holds = |reading: &Reading| reading.value.is_some_and(|value| expect.want.holds(value));
    let known = || readings.iter().filter(|(_, reading)| reading.value.is_some());
    let high_is_bad = match &expect.what {
        Measure::CpuLoad | Measure::Memory(_) | Measure::Stage { .. } => true,
        Measure::Pipeline { of, .. } => *of != PipelineMeasure::Slack,
        Measure::Headroom { .. } => false,
        Measure::Event { of, .. } => *of == EventMeasure::Latency,
        Measure::ValueError { .. } | Measure::PositionError => true,
        _ => false,
    };
    let badness =
        |reading: &Reading| reading.value.map_or(0.0, |value| if high_is_bad { value } else { -value });
    let worst = known().max_by(|(_, a), (_, b)| {
        (!holds(a), badness(a)).partial_cmp(&(!holds(b), badness(b))).unwrap_or(std::cmp::Ordering::Equal)
    });
    match worst.or(readings.first()) {
        None => judged(false, "no such node".into(), None),
        Some((node, reading)) => {
            let several = readings.len() > 1;
            let text = &reading.text;
            let actual = if several { format!("{text} ({})", node.name) } else { text.clone() };
            judged(holds(reading), actual, reading.value)
        }
    }
}

/// The same expectation, held against one node alone.
pub fn judge_on(run: &Outcome, expect: &Expect, node: usize) -> Judged {
    judge_one(run, &Expect { node: Some(node), ..expect.clone() })
}

/// Whether it is about time and not about what the node makes of it.
pub fn is_budget(measure: &Measure) -> bool {
    match measure {
        Measure::DeadlineMisses
        | Measure::Overruns
        | Measure::Lost
        | Measure::CpuLoad
        | Measure::Headroom { .. }
        | Measure::FitsAt { .. }
        | Measure::Stage { .. }
        | Measure::Pipeline { .. } => true,
        Measure::Unmodelled
        | Measure::Memory(_)
        | Measure::Accuracy
        | Measure::MacroF1
        | Measure::ValueError { .. }
        | Measure::PositionError
        | Measure::Event { .. } => false,
    }
}

pub fn scale_of(measure: &Measure) -> Scale {
    match measure {
        Measure::DeadlineMisses
        | Measure::Overruns
        | Measure::Lost
        | Measure::FitsAt { .. }
        | Measure::Unmodelled => Scale::Count,
        Measure::Stage { of: StageMeasure::Utilisation, .. } => Scale::Share,
        Measure::Stage { .. } | Measure::Pipeline { .. } => Scale::Time,
        Measure::Memory(_) => Scale::Size,
        Measure::ValueError { .. } => Scale::Number,
        Measure::PositionError => Scale::Length,
        Measure::CpuLoad | Measure::Headroom { .. } | Measure::Accuracy | Measure::MacroF1 => Scale::Share,
        Measure::Event { of, .. } => match of {
            EventMeasure::Count | EventMeasure::FalseAlarms => Scale::Count,
            EventMeasure::Recall | EventMeasure::Precision => Scale::Share,
            EventMeasure::Latency => Scale::Time,
        },
    }
}

fn count(run: &Outcome, node: &NodeOutcome, measure: &Measure) -> u64 {
    match measure {
        Measure::DeadlineMisses => node.misses(),
        Measure::Overruns => node.sums.overruns,
        Measure::Lost => node.sums.lost,
        Measure::Unmodelled => node.sums.unmodelled,
        Measure::Event { event, label, of } => {
            let score = events_against_labels(run, node, event, label.as_deref());
            match (of, label) {
                (EventMeasure::FalseAlarms, _) => score.false_alarms(),
                // How many there were for these labels; without a label, how many there were.
                (_, Some(_)) => score.matched,
                (_, None) => score.events,
            }
        }
        Measure::FitsAt { .. } => node.misses() + node.sums.overruns,
        Measure::CpuLoad
        | Measure::Memory(_)
        | Measure::Headroom { .. }
        | Measure::Accuracy
        | Measure::MacroF1
        | Measure::ValueError { .. }
        | Measure::PositionError
        | Measure::Stage { .. }
        | Measure::Pipeline { .. } => 0,
    }
}

fn reading(run: &Outcome, node: &NodeOutcome, expect: &Expect) -> Reading {
    // As the expectation was written: percent if it speaks of percent.
    let share = |value: f64| {
        if expect.want.text.contains('%') { format!("{:.1}%", value * 100.0) } else { format!("{value:.3}") }
    };
    let known = |value: f64, text: String| Reading { value: Some(value), text };
    let unknown = |text: String| Reading { value: None, text };
    let of_classes = |pick: fn(&super::ClassScore) -> Option<f64>| match classes_against_labels(run, node) {
        None => unknown("nothing was classified, or nothing is labelled".into()),
        Some(score) => match pick(&score) {
            Some(value) => known(value, format!("{} ({} windows)", share(value), score.scored())),
            None => unknown("no window lies inside a label".into()),
        },
    };
    match &expect.what {
        Measure::Memory(of) => match Footprint::of(node.costs.mcu, &node.app) {
            None => unknown(format!("nobody has measured what `{}` takes", node.app)),
            Some(footprint) => {
                let taken = match of {
                    MemoryMeasure::State => footprint.state,
                    MemoryMeasure::Stack => footprint.stack,
                };
                known(taken as f64, size(taken))
            }
        },
        Measure::CpuLoad => {
            let load = node.cpu_load(run.simulated_ns);
            known(load, share(load))
        }
        Measure::Headroom { pipeline } => match headroom(run, node, pipeline.as_deref()) {
            Some((left, of)) => known(left, format!("{} ({of})", share(left))),
            None => unknown(no_window(node, pipeline.as_deref())),
        },
        Measure::Stage { stage, of } => {
            let stages = || node.sums.stages.iter().filter(|sum| sum.deadline_us.is_none());
            let Some(sum) = stages().find(|sum| sum.name == stage) else {
                let known = known_names(stage, stages().map(|sum| sum.name));
                return unknown(format!("no stage `{stage}` ran; {known}"));
            };
            match of {
                StageMeasure::Utilisation => {
                    let value = sum.total_ns as f64 / run.simulated_ns.max(1) as f64;
                    known(value, share(value))
                }
                StageMeasure::Mean => {
                    let mean = sum.total_ns as f64 / sum.count.max(1) as f64;
                    known(mean, milliseconds(mean))
                }
                StageMeasure::Max => known(sum.max_ns as f64, milliseconds(sum.max_ns as f64)),
            }
        }
        Measure::Pipeline { pipeline, of } => {
            let all = &node.sums.pipelines;
            let wanted = |sum: &&PipelineSum| pipeline.as_deref().is_none_or(|name| name == sum.name);
            let worst = all
                .iter()
                .filter(wanted)
                .map(|sum| (pipeline_ns(sum, *of), sum.name))
                .max_by_key(|(ns, _)| if *of == PipelineMeasure::Slack { -ns } else { *ns });
            match (worst, pipeline) {
                (Some((ns, name)), None) if all.len() > 1 => {
                    known(ns as f64, format!("{} ({name})", milliseconds(ns as f64)))
                }
                (Some((ns, _)), _) => known(ns as f64, milliseconds(ns as f64)),
                (None, name) => unknown(no_window(node, name.as_deref())),
            }
        }
        Measure::ValueError { name } => match nearness::of_values(run, node, name.as_deref()) {
            Some(near) => known(
                near.mean,
                format!("{:.4} (worst {:.4} of {} values)", near.mean, near.worst, near.count),
            ),
            None => unknown("there was no value of a sample of which it is known".into()),
        },
        Measure::PositionError => match nearness::of_positions(run, node) {
            Some(near) => known(
                near.mean,
                format!("{:.2} m (worst {:.2} m of {} positions)", near.mean, near.worst, near.count),
            ),
            None => unknown("there was no position, or nobody knows where the node was".into()),
        },
        Measure::Accuracy => of_classes(|score| score.accuracy()),
        Measure::MacroF1 => of_classes(|score| score.macro_f1()),
        Measure::Event { event, label, of } => {
            let score: EventScore = events_against_labels(run, node, event, label.as_deref());
            let no_label = || {
                let which = label.as_ref().map_or(String::new(), |label| format!(" `{label}`"));
                match run.simulated_ns < run.scenario.duration_ns {
                    true => format!("no label{which} before the early end"),
                    false => format!("nothing is labelled{which}"),
                }
            };
            match of {
                EventMeasure::Precision => match score.precision() {
                    Some(value) => known(
                        value,
                        format!("{} ({} of {} events)", share(value), score.matched, score.events),
                    ),
                    None => unknown(format!("there was no `{event}`")),
                },
                EventMeasure::Latency => match score.latencies_ns.last() {
                    Some(&longest) => known(longest as f64, milliseconds(longest as f64)),
                    None if score.labels == 0 => unknown(no_label()),
                    None => unknown(format!("no `{event}` for any of {} labels", score.labels)),
                },
                _ => match score.recall() {
                    Some(value) => known(
                        value,
                        format!("{} ({} of {} labels)", share(value), score.matched, score.labels),
                    ),
                    None => unknown(no_label()),
                },
            }
        }
        // Counts are added up elsewhere.
        Measure::DeadlineMisses
        | Measure::Overruns
        | Measure::Lost
        | Measure::FitsAt { .. }
        | Measure::Unmodelled => {
            let count = count(run, node, &expect.what);
            known(count as f64, count.to_string())
        }
    }
}

fn no_window(node: &NodeOutcome, pipeline: Option<&str>) -> String {
    match pipeline {
        None => "no window ended".into(),
        Some(name) => {
            let known = known_names(name, node.sums.pipelines.iter().map(|sum| sum.name));
            format!("no window of `{name}` ended; {known}")
        }
    }
}

/// The least that is left of anything, as a share of it, and of what. `None`: no window ended.
pub fn headroom(run: &Outcome, node: &NodeOutcome, pipeline: Option<&str>) -> Option<(f64, &'static str)> {
    let left = |sum: &PipelineSum| (sum.slack_ns as f64 / sum.deadline_ns.max(1) as f64, sum.name);
    let sums =
        node.sums.pipelines.iter().filter(|sum| pipeline.is_none_or(|name| name == sum.name)).map(left);
    let tightest = sums.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let cpu = (1.0 - node.cpu_load(run.simulated_ns), "CPU");
    Some(if pipeline.is_none() && cpu.0 < tightest.0 { cpu } else { tightest })
}

/// Of a run of its own at that frequency, or of this one, if all of its nodes have it.
fn fits_at(run: &Outcome, expect: &Expect, mhz: u32) -> Judged {
    let concerned = |index: usize| expect.node.is_none_or(|node| node == index);
    let here =
        (0..run.nodes.len()).filter(|index| concerned(*index)).all(|index| run.nodes[index].cpu_mhz == mhz);
    let there = run.elsewhere.iter().find(|(at, _)| *at == mhz).map(|(_, outcome)| outcome);
    let judged =
        |ok, actual, value| Judged { what: expect.text.clone(), ok, actual, value, scale: Scale::Count };
    let Some(there) = there.or(here.then_some(run)) else {
        return judged(false, format!("the run at {mhz} MHz was not made"), None);
    };
    let nodes: Vec<&NodeOutcome> =
        there.nodes.iter().enumerate().filter(|(index, _)| concerned(*index)).map(|(_, node)| node).collect();
    let sum = |of: fn(&NodeOutcome) -> u64| nodes.iter().map(|node| of(node)).sum::<u64>();
    let (misses, overruns) = (sum(NodeOutcome::misses), sum(|node| node.sums.overruns));
    let windows = sum(|node| node.sums.pipelines.iter().map(|sum| sum.response.count()).sum());
    let halted = nodes.iter().find_map(|node| node.halt.as_ref());
    let late = (misses + overruns) as f64;
    let actual = match halted {
        Some(halt) => format!("{misses} of {windows} windows late, {overruns} overruns, halted: {halt}"),
        None => format!("{misses} of {windows} windows late, {overruns} overruns"),
    };
    judged(windows > 0 && halted.is_none() && expect.want.holds(late), actual, Some(late))
}

fn pipeline_ns(sum: &PipelineSum, of: PipelineMeasure) -> i64 {
    match of {
        PipelineMeasure::Response { permille } => {
            sum.response.quantile(permille.into()).unwrap_or_default() as i64
        }
        PipelineMeasure::Slack => sum.slack_ns,
        PipelineMeasure::Jitter => sum.start.max().saturating_sub(sum.start.min()) as i64,
    }
}

/// `231 ms`, `1.5 ms`: three digits that matter.
pub fn milliseconds(ns: f64) -> String {
    let ms = ns / 1e6;
    let digits = if ms.abs() >= 100.0 {
        0
    } else if ms.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{ms:.digits$} ms")
}

/// A deadline for a pipeline that never ran holds nobody to anything.
fn deadlines(run: &Outcome) -> impl Iterator<Item = Judged> {
    run.scenario.nodes.iter().zip(&run.nodes).flat_map(|(entry, node)| {
        let missing = |name: &str| node.sums.pipelines.iter().all(|sum| sum.name != name);
        entry.deadlines.iter().filter(move |deadline| missing(&deadline.pipeline)).map(|deadline| Judged {
            what: format!("deadline of `{}` on `{}` holds for something", deadline.pipeline, node.name),
            ok: false,
            actual: no_window(node, Some(&deadline.pipeline)),
            value: None,
            scale: Scale::Count,
        })
    })
}

/// `None` for a fault that the run ended before.
fn struck(run: &Outcome, fault: &Fault, seen: &FaultOutcome) -> Option<Judged> {
    if fault.when.at_ns >= run.simulated_ns {
        return None;
    }
    let of = |name: &Option<String>, word: &str| name.as_ref().map(|name| format!(" {word} `{name}`"));
    let what = format!(
        "fault `{}`{}{} strikes",
        seen.kind,
        of(&seen.target, "of").unwrap_or_default(),
        of(&seen.node, "on").unwrap_or_default()
    );
    let actual = match seen.strikes {
        0 => "struck 0 times: the scenario tests nothing".into(),
        1 => "struck once".into(),
        times => format!("struck {times} times"),
    };
    let value = Some(seen.strikes as f64);
    Some(Judged { what, ok: seen.strikes > 0, actual, value, scale: Scale::Count })
}
