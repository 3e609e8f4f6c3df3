//! What a response goes into, as one bar: the mean of all windows, piece by piece, under its deadline.

use super::svg::{Svg, WIDTH};
use crate::budget::words;
use crate::report::numbers::{percent, span};
use hal_shim::budget::PipelineSum;

const LEFT: f64 = 60.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 6.0;
const HIGH: f64 = 26.0;

pub fn bar(sum: &PipelineSum) -> String {
    let whole = sum.parts.sum();
    if whole == 0 {
        return String::new();
    }
    let mut svg = Svg::new(TOP + HIGH + 28.0, &format!("What the responses of {} go into", sum.name));
    let room = WIDTH - LEFT - RIGHT;
    let (mut at, mut legend) = (LEFT, LEFT);
    for (name, ns) in words::parts(&sum.parts) {
        let share = ns as f64 / whole as f64;
        let mean = span(ns as f64 / sum.response.count().max(1) as f64);
        let says = format!("{name} {} ({mean})", percent(share));
        let class = class(name);
        svg.bar(class, (at, TOP), (room * share, HIGH), &says);
        at += room * share;
        svg.bar(class, (legend, TOP + HIGH + 11.0), (10.0, 10.0), "");
        svg.text("", (legend + 15.0, TOP + HIGH + 20.0), "start", &says);
        // A digit of the usual font is 7 px wide.
        legend += 15.0 + 7.0 * says.chars().count() as f64 + 16.0;
    }
    svg.finish()
}

fn class(part: &str) -> &'static str {
    match part {
        "bus" => "bus",
        "stages" => "stage",
        "other CPU" => "cpu",
        "late start" => "stall",
        _ => "late",
    }
}
