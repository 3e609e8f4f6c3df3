//! One scenario over many seeds: each figure as a mean with the interval that holds the true mean with 95 %.

use super::Judgement;
use super::numbers::{bytes, percent, short, span};
use super::result::{SCHEMA, rounded, tool};
use super::table::{Align, Cell, Paint, Table, Tone};
use crate::score::classes_against_labels;
use scenarios::compare::Scale;
use serde::Serialize;

/// The document that `--seeds` writes with `--json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeedsResult {
    pub schema: u32,
    pub tool: String,
    pub scenario: String,
    pub seeds: Vec<u64>,
    pub measures: Vec<MeasureResult>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureResult {
    pub what: String,
    /// "count", "share" (0 to 1) or "ms".
    pub unit: &'static str,
    /// In how many runs there was such a figure.
    pub runs: usize,
    pub mean: Option<f64>,
    /// Of the mean, 95 %; `null` for fewer than two runs.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// In how many runs it was as expected; `null` where nothing was expected.
    pub passed: Option<usize>,
}

/// One figure over all runs.
struct Series {
    what: String,
    scale: Scale,
    values: Vec<f64>,
    passed: Option<usize>,
}

/// Of runs of one scenario, which differ in their seed alone.
pub fn summarise(runs: &[Judgement]) -> SeedsResult {
    SeedsResult {
        schema: SCHEMA,
        tool: tool(),
        scenario: runs.first().map_or(String::new(), |run| run.outcome.scenario.name.clone()),
        seeds: runs.iter().map(|run| run.outcome.scenario.seed).collect(),
        measures: series(runs).iter().map(measure).collect(),
    }
}

fn measure(series: &Series) -> MeasureResult {
    let (unit, size) = match series.scale {
        Scale::Count => ("count", 1.0),
        Scale::Share => ("share", 1.0),
        Scale::Time => ("ms", 1e-6),
        Scale::Size => ("bytes", 1.0),
        Scale::Number => ("", 1.0),
        Scale::Length => ("m", 1.0),
    };
    let interval = interval(&series.values);
    let bounded = |value: f64| match series.scale {
        Scale::Share => value.clamp(0.0, 1.0),
        _ => value.max(0.0),
    };
    let out = |value: f64| rounded(value * size, 6);
    MeasureResult {
        what: series.what.clone(),
        unit,
        runs: series.values.len(),
        mean: interval.map(|interval| out(interval.mean)),
        low: interval.and_then(|interval| Some(out(bounded(interval.mean - interval.half?)))),
        high: interval.and_then(|interval| Some(out(bounded(interval.mean + interval.half?)))),
        passed: series.passed,
    }
}

/// Every figure that the scenario expects, then what every run has.
fn series(runs: &[Judgement]) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    let Some(first) = runs.first() else { return all };
    for (index, judged) in first.judged.iter().enumerate() {
        let of_runs = || runs.iter().filter_map(|run| run.judged.get(index));
        all.push(Series {
            what: judged.what.clone(),
            scale: judged.scale,
            values: of_runs().filter_map(|judged| judged.value).collect(),
            passed: Some(of_runs().filter(|judged| judged.ok).count()),
        });
    }
    for (index, node) in first.outcome.nodes.iter().enumerate() {
        let mut add = |what: &str, scale, value: &dyn Fn(&Judgement) -> Option<f64>| {
            let values: Vec<f64> = runs.iter().filter_map(value).collect();
            if !values.is_empty() {
                all.push(Series { what: format!("{}: {what}", node.name), scale, values, passed: None });
            }
        };
        add("CPU load", Scale::Share, &|run| {
            Some(run.outcome.nodes[index].cpu_load(run.outcome.simulated_ns))
        });
        add("deadline misses", Scale::Count, &|run| Some(run.outcome.nodes[index].misses() as f64));
        let classes = |run: &Judgement| classes_against_labels(&run.outcome, &run.outcome.nodes[index]);
        add("accuracy", Scale::Share, &|run| classes(run)?.accuracy());
        add("macro F1", Scale::Share, &|run| classes(run)?.macro_f1());
        let mut kinds: Vec<&str> =
            runs.iter().flat_map(|run| run.outcome.nodes[index].sums.events.keys().copied()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let count = |run: &Judgement| {
                Some(run.outcome.nodes[index].sums.events.get(kind).copied().unwrap_or_default() as f64)
            };
            add(&format!("{kind} events"), Scale::Count, &count);
        }
    }
    all
}

pub fn text(runs: &[Judgement], paint: Paint) -> String {
    let mut out = String::new();
    let name = runs.first().map_or("", |run| run.outcome.scenario.name.as_str());
    out.push_str(&format!("{}  over {} seeds\n\n", paint.text(Tone::Strong, name), runs.len()));
    let mut table = Table::new(&[
        ("figure", Align::Left),
        ("mean", Align::Right),
        ("95 % interval", Align::Right),
        ("passed", Align::Right),
    ]);
    for series in series(runs) {
        let say = |value: f64| match series.scale {
            Scale::Share => percent(value.clamp(0.0, 1.0)),
            Scale::Count => short(value.max(0.0)),
            Scale::Time => span(value.max(0.0)),
            Scale::Size => bytes(value.max(0.0) as u64),
            Scale::Number => format!("{value:.4}"),
            Scale::Length => format!("{value:.2} m"),
        };
        let interval = interval(&series.values);
        let mean = interval.map_or("-".into(), |interval| say(interval.mean));
        let bounds = interval.and_then(|interval| {
            let half = interval.half?;
            Some(format!("{} to {}", say(interval.mean - half), say(interval.mean + half)))
        });
        let passed = match series.passed {
            None => Cell::new(""),
            Some(passed) => {
                let tone = if passed == runs.len() { Tone::Good } else { Tone::Bad };
                Cell::new(format!("{passed} of {}", runs.len())).tone(tone)
            }
        };
        table.row(vec![
            Cell::new(series.what.clone()),
            Cell::new(mean),
            Cell::new(bounds.unwrap_or("-".into())),
            passed,
        ]);
    }
    table.print(paint, &mut out);
    out
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Interval {
    mean: f64,
    /// Half of the interval's width; none of a single value.
    half: Option<f64>,
}

fn interval(values: &[f64]) -> Option<Interval> {
    let count = values.len() as f64;
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count;
    let half = (values.len() > 1).then(|| {
        let variance =
            values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0);
        student(values.len() - 1) * (variance / count).sqrt()
    });
    Some(Interval { mean, half })
}

/// The 97.5 % point of Student's t, by degrees of freedom (any table of it); between two entries the one for fewer, which
/// errs to the wider interval.
fn student(freedom: usize) -> f64 {
    const POINTS: [(usize, f64); 36] = [
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (5, 2.571),
        (6, 2.447),
        (7, 2.365),
        (8, 2.306),
        (9, 2.262),
        (10, 2.228),
        (11, 2.201),
        (12, 2.179),
        (13, 2.160),
        (14, 2.145),
        (15, 2.131),
        (16, 2.120),
        (17, 2.110),
        (18, 2.101),
        (19, 2.093),
        (20, 2.086),
        (21, 2.080),
        (22, 2.074),
        (23, 2.069),
        (24, 2.064),
        (25, 2.060),
        (26, 2.056),
        (27, 2.052),
        (28, 2.048),
        (29, 2.045),
        (30, 2.042),
        (40, 2.021),
        (60, 2.000),
        (80, 1.990),
        (100, 1.984),
        (120, 1.980),
        (1000, 1.962),
    ];
    let above = POINTS.partition_point(|(entry, _)| *entry <= freedom);
    POINTS[above.saturating_sub(1)].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_by_hand() {
        assert_eq!(interval(&[]), None);
        assert_eq!(interval(&[3.0]), Some(Interval { mean: 3.0, half: None }));
        // Standard deviation 1, three values, t = 4.303.
        let three = interval(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!(three.mean, 2.0);
        assert!((three.half.unwrap() - 4.303 / 3f64.sqrt()).abs() < 1e-9);
        assert_eq!(student(35), student(30));
        assert_eq!(student(100_000), 1.962);
    }
}
