//! Numbers against the truth: what a model read out of a sample, and where it says the node is.

use crate::outcome::{NodeOutcome, Outcome};
use node_core::event::Event;
use scenarios::signal::Path;
use scenarios::signal::light::values_at;
use std::collections::BTreeSet;

/// How far off the numbers were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearness {
    pub mean: f64,
    pub worst: f64,
    pub count: u64,
}

impl Nearness {
    fn of(errors: impl Iterator<Item = f64>) -> Option<Self> {
        let (mut sum, mut worst, mut count) = (0.0, 0.0f64, 0u64);
        for error in errors {
            sum += error;
            worst = worst.max(error);
            count += 1;
        }
        (count > 0).then(|| Self { mean: sum / count as f64, worst, count })
    }
}

/// `value` events against what is in the sample at that time: those of one name, or all. Values of samples of which nothing is
/// known are not scored.
pub fn of_values(run: &Outcome, node: &NodeOutcome, wanted: Option<&str>) -> Option<Nearness> {
    let index = run.scenario.node_index(&node.name)?;
    Nearness::of(node.sums.said.iter().filter_map(|said| {
        let Event::Value { name, milli, .. } = said.event else { return None };
        let (_, values) = values_at(&run.scenario, index, said.start.0)?;
        let (_, truth) = values.iter().find(|(known, _)| known == name)?;
        wanted.is_none_or(|wanted| wanted == name).then(|| (f64::from(milli) * 1e-3 - truth).abs())
    }))
}

/// The names of its values, sorted, each with how near it came.
pub fn of_each_value(run: &Outcome, node: &NodeOutcome) -> Vec<(&'static str, Nearness)> {
    let name = |event| match event {
        Event::Value { name, .. } => Some(name),
        _ => None,
    };
    let names: BTreeSet<&str> = node.sums.said.iter().filter_map(|said| name(said.event)).collect();
    names.into_iter().filter_map(|name| Some((name, of_values(run, node, Some(name))?))).collect()
}

/// `position` events against the node's path, at the end of their scans, in metres.
pub fn of_positions(run: &Outcome, node: &NodeOutcome) -> Option<Nearness> {
    let index = run.scenario.node_index(&node.name)?;
    if run.scenario.places.iter().all(|place| place.node.is_some_and(|of| of != index)) {
        return None;
    }
    let path = Path::new(&run.scenario, index);
    Nearness::of(node.sums.said.iter().filter_map(|said| {
        let Event::Position { x_cm, y_cm, .. } = said.event else { return None };
        let [x, y] = path.at(said.start.0 / 2 + said.end.0 / 2).map(f64::from);
        let (dx, dy) = (f64::from(x_cm) * 1e-2 - x, f64::from(y_cm) * 1e-2 - y);
        Some((dx * dx + dy * dy).sqrt())
    }))
}
