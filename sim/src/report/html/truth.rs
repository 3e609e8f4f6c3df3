//! What the node said, under what was true: labels as spans, events as marks at what they speak of.

use super::svg::{Svg, WIDTH, ticks};
use crate::outcome::NodeOutcome;
use crate::report::numbers::said_time;
use std::collections::{BTreeMap, BTreeSet};

const LEFT: f64 = 190.0;
/// Half of the last time under the axis.
const RIGHT: f64 = 45.0;
const ROW: f64 = 22.0;
const TOP: f64 = 8.0;
/// More rows than this are no picture.
const ROWS: usize = 24;

pub fn events(node: &NodeOutcome, simulated_ns: u64) -> String {
    let x = |ns: u64| LEFT + (WIDTH - LEFT - RIGHT) * ns as f64 / simulated_ns.max(1) as f64;
    let labels: BTreeSet<&str> = node.labels.iter().map(|label| label.label.as_str()).collect();
    // A mark for each pixel and kind, however many events fall on it: a night has millions.
    let mut said: BTreeMap<String, BTreeSet<(i64, i64)>> = BTreeMap::new();
    for said_event in &node.sums.said {
        let kind = match said_event.event {
            node_core::event::Event::Class { class, .. } => format!("class {class}"),
            event => event.kind().to_string(),
        };
        let (start, end) = (said_event.start.min(said_event.end), said_event.end);
        said.entry(kind).or_default().insert((x(start.0) as i64, x(end.0) as i64));
    }
    let rows = (labels.len() + said.len()).min(ROWS);
    if rows == 0 {
        return String::new();
    }
    let bottom = TOP + ROW * rows as f64;
    let mut svg = Svg::new(bottom + 26.0, "Events of the node under the labels of the scenario");
    for (index, name) in labels.iter().take(ROWS).enumerate() {
        let y = TOP + ROW * index as f64;
        svg.bar("row", (LEFT, y + 2.0), (WIDTH - LEFT - RIGHT, ROW - 4.0), "");
        svg.text("", (LEFT - 10.0, y + 15.0), "end", &format!("true: {name}"));
        let mut drawn = BTreeSet::new();
        for label in node.labels.iter().filter(|label| label.label == *name && label.start_ns < simulated_ns)
        {
            let (from, to) = (x(label.start_ns), x(label.end_ns.min(simulated_ns)));
            if drawn.insert((from as i64, to as i64)) {
                svg.bar("truth", (from, y + 3.0), ((to - from).max(2.0), ROW - 6.0), name);
            }
        }
    }
    for (index, (kind, marks)) in said.iter().enumerate().take(ROWS.saturating_sub(labels.len())) {
        let y = TOP + ROW * (labels.len() + index) as f64;
        svg.bar("row", (LEFT, y + 2.0), (WIDTH - LEFT - RIGHT, ROW - 4.0), "");
        svg.text("", (LEFT - 10.0, y + 15.0), "end", kind);
        for &(from, to) in marks {
            svg.bar("event", (from as f64, y + 4.0), (((to - from) as f64).max(2.0), ROW - 8.0), kind);
        }
    }
    for at in ticks(simulated_ns as f64 * 1e-9, 10.0) {
        let ns = (at * 1e9) as u64;
        svg.line("axis", (x(ns), bottom), (x(ns), bottom + 5.0));
        svg.text("f", (x(ns), bottom + 19.0), "middle", &said_time(ns));
    }
    svg.finish()
}
