//! Stages as bars: how much of the CPU each has, and how much of a deadline it takes at most.

use super::svg::{Svg, WIDTH, ticks};
use crate::outcome::NodeOutcome;
use crate::report::numbers::percent;

const LEFT: f64 = 190.0;
const RIGHT: f64 = 240.0;
const ROW: f64 = 24.0;

pub fn utilisation(node: &NodeOutcome, simulated_ns: u64) -> String {
    let mut stages: Vec<_> = node.sums.stages.iter().filter(|stage| stage.deadline_us.is_none()).collect();
    stages.sort_by_key(|stage| (std::cmp::Reverse(stage.worst_ppm.max(stage.total_ns)), stage.name));
    let mean = |total: u64| total as f64 / simulated_ns.max(1) as f64;
    let longest = stages.iter().map(|stage| stage.worst_ppm as f64 * 1e-6).fold(1.0, f64::max) * 1.02;
    let x = |share: f64| LEFT + (WIDTH - LEFT - RIGHT) * share / longest;
    let bottom = 20.0 + ROW * (stages.len() + 1) as f64;
    let mut svg = Svg::new(bottom + 26.0, "Utilisation of the CPU by stage, against the deadline");
    let mut row = |index: usize, name: &str, share: f64, worst: Option<f64>| {
        let y = 20.0 + ROW * index as f64;
        svg.text("", (LEFT - 10.0, y + 16.0), "end", name);
        svg.bar(
            "stage",
            (LEFT, y + 4.0),
            (x(share) - LEFT, ROW - 8.0),
            &format!("{name}: {} of the CPU", percent(share)),
        );
        let mut said = percent(share);
        let mut end = share;
        if let Some(worst) = worst {
            svg.bar("worst", (LEFT, y + 4.0), (x(worst) - LEFT, ROW - 8.0), "");
            said = format!("{said}, at most {} of a deadline", percent(worst));
            end = end.max(worst);
        }
        svg.text("f", (x(end) + 8.0, y + 16.0), "start", &said);
    };
    row(0, "CPU as a whole", mean(node.sums.busy_ns), None);
    for (index, stage) in stages.iter().enumerate() {
        let worst = (stage.worst_ppm > 0).then(|| stage.worst_ppm as f64 * 1e-6);
        row(index + 1, stage.name, mean(stage.total_ns), worst);
    }
    for at in ticks(longest, 5.0) {
        svg.line("axis", (x(at), bottom), (x(at), bottom + 4.0));
        svg.text("f", (x(at), bottom + 18.0), "middle", &format!("{:.0} %", at * 100.0));
    }
    svg.line("due", (x(1.0), 14.0), (x(1.0), bottom));
    svg.text("", (x(1.0) - 4.0, 12.0), "end", "all of it");
    svg.finish()
}
