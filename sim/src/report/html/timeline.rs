//! One window from its release to its end or its deadline: who had the CPU, who had a bus, and when.

use super::svg::{Svg, WIDTH, ticks};
use crate::budget::words;
use crate::report::numbers::span;
use hal_shim::activity::{Holder, Segment};
use hal_shim::budget::Pass;

const LEFT: f64 = 190.0;
const RIGHT: f64 = 20.0;
const ROW: f64 = 22.0;
/// The three flags stand above each other, however close their times are.
const FLAG: f64 = 15.0;
const TOP: f64 = 3.0 * FLAG + 4.0;

pub fn window(pipeline: &str, pass: &Pass) -> String {
    let from = pass.released.0;
    let (response, deadline) = (pass.response_ns() as f64, pass.deadline_ns as f64);
    // A deadline far away would leave the window itself no room.
    let far = deadline > 3.0 * response;
    let end = if far { response * 1.15 } else { response.max(deadline) * 1.02 }.max(1.0);
    let x = |ns: f64| LEFT + (WIDTH - LEFT - RIGHT) * ns / end;
    let rows = rows(pass);
    let bottom = TOP + ROW * rows.len() as f64;
    let mut svg = Svg::new(bottom + 30.0, &format!("Timeline of a window of {pipeline}"));
    for (index, (name, class, segments)) in rows.iter().enumerate() {
        let y = TOP + ROW * index as f64;
        svg.bar("row", (LEFT, y + 2.0), (WIDTH - LEFT - RIGHT, ROW - 4.0), "");
        svg.text("", (LEFT - 10.0, y + 15.0), "end", name);
        for segment in segments {
            let (start, stop) = (segment.start.0.max(from) - from, segment.end.0.max(from) - from);
            let (start, stop) = (start as f64, (stop as f64).min(end));
            let says =
                format!("{}: {} from {}", words::holder(segment.holder), span(stop - start), span(start));
            // What is shorter than a pixel is shown as one.
            let wide = (x(stop) - x(start)).max(1.0);
            svg.bar(class, (x(start), y + 3.0), (wide, ROW - 6.0), &says);
        }
    }
    for at in ticks(end, 10.0) {
        svg.line("axis", (x(at), bottom), (x(at), bottom + 5.0));
        svg.text("f", (x(at), bottom + 20.0), "middle", &span(at));
    }
    let mut flag = |class: &str, ns: f64, row: f64, text: &str| {
        let y = row * FLAG;
        svg.line(class, (x(ns), y + 3.0), (x(ns), bottom));
        let (anchor, aside) = if ns > end * 0.7 { ("end", -5.0) } else { ("start", 5.0) };
        svg.text("", (x(ns) + aside, y + 12.0), anchor, text);
    };
    flag("mark", 0.0, 0.0, "released");
    flag("mark", response, 1.0, &format!("finished after {}", span(response)));
    match far {
        false => flag("due", deadline, 2.0, &format!("deadline {}", span(deadline))),
        true => {
            let text = format!("deadline {}, beyond this picture →", span(deadline));
            svg.text("f", (WIDTH - RIGHT, 12.0), "end", &text);
        }
    }
    svg.finish()
}

/// Name, class and segments of each row, from what computes to what moves.
fn rows(pass: &Pass) -> Vec<(String, &'static str, Vec<Segment>)> {
    let mut rows: Vec<(String, &'static str, Vec<Segment>)> = Vec::new();
    let order = |holder: &Holder| match holder {
        Holder::Stage { .. } => 0,
        Holder::Task(_) => 1,
        Holder::Cpu => 2,
        Holder::Interrupt(_) => 3,
        Holder::Stall => 4,
        Holder::Bus { .. } => 5,
    };
    let mut segments = pass.segments.clone();
    segments.retain(|segment| segment.end > pass.released && segment.start <= pass.finished);
    segments.sort_by_key(|segment| (order(&segment.holder), segment.start));
    for segment in segments {
        let (name, class) = match segment.holder {
            Holder::Stage { name, .. } => (format!("stage {name}"), "stage"),
            Holder::Task(name) => (format!("task {name}"), "other"),
            Holder::Cpu => ("CPU busy".into(), "cpu"),
            Holder::Interrupt(_) => ("interrupts".into(), "irq"),
            Holder::Stall => ("fault stall".into(), "stall"),
            holder @ Holder::Bus { .. } => (words::holder(holder), "bus"),
        };
        match rows.iter_mut().find(|row| row.0 == name) {
            Some(row) => row.2.push(segment),
            None => rows.push((name, class, vec![segment])),
        }
    }
    rows
}
