//! How long windows took: a histogram on a logarithmic axis, with the deadline.

use super::svg::{Svg, WIDTH};
use crate::report::numbers::{grouped, span};
use hal_shim::budget::PipelineSum;

const LEFT: f64 = 60.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 170.0;

pub fn histogram(sum: &PipelineSum) -> String {
    let buckets = sum.response.buckets(8);
    let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else { return String::new() };
    let deadline = sum.deadline_ns.max(1) as f64;
    let low = (first.0.max(1) as f64).min(deadline) / 1.1;
    let high = (last.1.max(1) as f64).max(deadline) * 1.1;
    let x = |ns: f64| LEFT + (WIDTH - LEFT - 30.0) * (ns.max(low) / low).ln() / (high / low).ln();
    let most = buckets.iter().map(|bucket| bucket.2).max().unwrap_or(1) as f64;
    let mut svg = Svg::new(BOTTOM + 42.0, &format!("Histogram of the response times of {}", sum.name));
    for (from, to, count) in buckets {
        // One of a thousand should still be seen.
        let high = ((BOTTOM - TOP) * count as f64 / most).max(2.0);
        let (from, to) = (from as f64, to as f64 + 1.0);
        let says = format!("{} to {}: {} windows", span(from), span(to), grouped(count));
        let class = if from > deadline { "over" } else { "intime" };
        svg.bar(class, (x(from), BOTTOM - high), ((x(to) - x(from) - 0.5).max(1.0), high), &says);
    }
    svg.line("axis", (LEFT, BOTTOM), (WIDTH - 30.0, BOTTOM));
    let mut decade = 10f64.powf(low.log10().floor());
    let crowded = high / low > 200.0;
    while decade <= high {
        for part in if crowded { &[1.0][..] } else { &[1.0, 2.0, 5.0][..] } {
            let at = decade * part;
            if (low..=high).contains(&at) {
                svg.line("axis", (x(at), BOTTOM), (x(at), BOTTOM + 5.0));
                svg.text("f", (x(at), BOTTOM + 19.0), "middle", &span(at));
            }
        }
        decade *= 10.0;
    }
    svg.text("f", (LEFT - 8.0, TOP + 8.0), "end", &grouped(most as u64));
    svg.text("f", (LEFT - 8.0, BOTTOM), "end", "0");
    svg.text("f", (LEFT - 8.0, TOP + 22.0), "end", "windows");
    svg.text(
        "f",
        (WIDTH - 30.0, BOTTOM + 36.0),
        "end",
        "from the completion of a window's input to its end →",
    );
    svg.line("due", (x(deadline), TOP - 6.0), (x(deadline), BOTTOM));
    let (anchor, aside) = if x(deadline) > WIDTH / 2.0 { ("end", -5.0) } else { ("start", 5.0) };
    svg.text("", (x(deadline) + aside, TOP + 4.0), anchor, &format!("deadline {}", span(deadline)));
    svg.finish()
}
