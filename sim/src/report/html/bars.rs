//! Stages as bars: how much of the CPU each has, and how much of a deadline it takes at most.

use super::svg::{Svg, WIDTH, ticks};
use crate::outcome::NodeOutcome;
use crate::report::numbers::percent;
use crate::report::result::rounded;

const LEFT: f64 = 190.0;
const RIGHT: f64 = 260.0;
const TOP: f64 = 20.0;
const ROW: f64 = 24.0;

pub fn utilisation(node: &NodeOutcome, simulated_ns: u64) -> String {
    let mut stages: Vec<_> = node.sums.stages.iter().filter(|stage| stage.deadline_us.is_none()).collect();
    stages.sort_by_key(|stage| (std::cmp::Reverse(stage.total_ns), stage.name));
    let mean = |total: u64| total as f64 / simulated_ns.max(1) as f64;
    let worst = |stage: &hal_shim::trace::StageSum| stage.worst_ppm as f64 * 1e-6;
    let greatest = stages.iter().map(|stage| worst(stage)).fold(mean(node.sums.busy_ns), f64::max);
    let axis = axis(greatest);
    let x = |share: f64| LEFT + (WIDTH - LEFT - RIGHT) * share / (axis * 1.02);
    let bottom = TOP + ROW * (stages.len() + 1) as f64;
    let mut svg = Svg::new(bottom + 26.0, "Utilisation of the CPU by stage, against the deadline");
    let mut row = |index: usize, name: &str, class: &str, share: f64, worst: Option<f64>| {
        let y = TOP + ROW * index as f64;
        svg.bar("row", (LEFT, y + 2.0), (WIDTH - LEFT - RIGHT, ROW - 4.0), "");
        svg.text("", (LEFT - 10.0, y + 16.0), "end", name);
        let says = format!("{name}: {} of the CPU", percent(share));
        svg.bar(class, (LEFT, y + 4.0), (x(share) - LEFT, ROW - 8.0), &says);
        let mut said = percent(share);
        if let Some(worst) = worst {
            svg.bar("worst", (LEFT, y + 4.0), (x(worst) - LEFT, ROW - 8.0), "");
            said = format!("{said} · at most {} of a deadline", percent(worst));
        }
        svg.text("f", (WIDTH - RIGHT + 10.0, y + 16.0), "start", &said);
    };
    row(0, "CPU as a whole", "cpu", mean(node.sums.busy_ns), None);
    for (index, stage) in stages.iter().enumerate() {
        let of_deadline = (stage.worst_ppm > 0).then(|| worst(stage));
        row(index + 1, stage.name, "stage", mean(stage.total_ns), of_deadline);
    }
    for at in ticks(axis, 5.0) {
        svg.line("axis", (x(at), bottom), (x(at), bottom + 4.0));
        svg.text("f", (x(at), bottom + 18.0), "middle", &format!("{} %", rounded(at * 100.0, 3)));
    }
    if axis >= 1.0 {
        svg.line("due", (x(1.0), TOP - 6.0), (x(1.0), bottom));
        svg.text("", (x(1.0) - 4.0, TOP - 8.0), "end", "all of it");
    }
    svg.finish()
}

/// Where the axis ends: at all of it, or, where little is used, at a round share above.
fn axis(greatest: f64) -> f64 {
    let round = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
    round.into_iter().find(|end| greatest <= *end).unwrap_or(greatest.max(1.0))
}
