//! What was tried as a picture: how much is told right, against how long an answer takes, and how large the model is.
//! The same drawing as SVG for a page and as PNG for whoever has no browser.

use super::classifier::Tried;
use crate::report::html::svg::{self, Svg};
use crate::report::numbers::{bytes, percent, span};
use crate::report::paper::{Paper, point};
use embedded_graphics::Drawable;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::Primitive;
use embedded_graphics::primitives::{Circle, PrimitiveStyle};
use embedded_graphics::text::Alignment;
use std::io::{self, Write};

/// Of the picture, for both.
const WIDE: f64 = svg::WIDTH;
const HIGH: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 250.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 50.0;

/// One of those tried, where it lies in the picture.
struct Mark<'a> {
    tried: &'a Tried,
    x: f64,
    y: f64,
    /// Of the text beside it: apart from others'.
    text_y: f64,
    /// Nothing is better in one of accuracy, size and time without being worse in another.
    on_front: bool,
}

impl Mark<'_> {
    fn says(&self) -> String {
        let Tried { name, window_s, model, .. } = self.tried;
        format!("{} {window_s:.1} s {model} {}", name, bytes(self.tried.bytes as u64)).trim().to_owned()
    }
}

struct Axes {
    /// Microseconds at the left and at the right end, as powers of ten.
    low: f64,
    high: f64,
    /// Share at the lower end.
    least: f64,
}

/// Who is not beaten in everything by another.
pub fn on_front(tried: &[Tried]) -> Vec<bool> {
    let us = |tried: &Tried| tried.cost.map_or(f64::INFINITY, |cost| cost.us);
    let beats = |a: &Tried, b: &Tried| {
        let no_worse = a.accuracy >= b.accuracy && a.bytes <= b.bytes && us(a) <= us(b);
        no_worse && (a.accuracy > b.accuracy || a.bytes < b.bytes || us(a) < us(b))
    };
    tried.iter().map(|one| !tried.iter().any(|other| beats(other, one))).collect()
}

fn layout(tried: &[Tried]) -> (Axes, Vec<Mark<'_>>) {
    let us: Vec<f64> = tried.iter().filter_map(|tried| tried.cost).map(|cost| cost.us.max(1.0)).collect();
    let low = us.iter().copied().fold(f64::INFINITY, f64::min).log10().floor();
    let high = us.iter().copied().fold(1.0, f64::max).log10().ceil();
    let (low, high) = if low.is_finite() { (low, high.max(low + 1.0)) } else { (0.0, 1.0) };
    let worst = tried.iter().map(|tried| tried.accuracy).fold(1.0, f64::min);
    let least = ((worst * 20.0).floor() / 20.0).min(0.9);
    let axes = Axes { low, high, least };
    let front = on_front(tried);
    let mut marks: Vec<Mark> = tried
        .iter()
        .zip(front)
        .filter_map(|(tried, on_front)| {
            let (x, y) = (axes.x(tried.cost?.us), axes.y(tried.accuracy));
            Some(Mark { tried, x, y, text_y: y, on_front })
        })
        .collect();
    // Texts from the top down, none within a line of the one before it where both would be in the same place.
    marks.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
    for at in 1..marks.len() {
        let (above, this) = marks.split_at_mut(at);
        let this = &mut this[0];
        let lowest =
            above.iter().filter(|mark| (mark.x - this.x).abs() < 240.0).map(|mark| mark.text_y + 15.0);
        this.text_y = lowest.fold(this.text_y, f64::max);
    }
    (axes, marks)
}

impl Axes {
    fn x(&self, us: f64) -> f64 {
        LEFT + (WIDE - LEFT - RIGHT) * (us.max(1.0).log10() - self.low) / (self.high - self.low)
    }

    fn y(&self, share: f64) -> f64 {
        TOP + (HIGH - TOP - BOTTOM) * (1.0 - share) / (1.0 - self.least)
    }

    /// Shares, every twentieth or tenth.
    fn shares(&self) -> impl Iterator<Item = f64> {
        let step = if self.least < 0.6 { 0.1 } else { 0.05 };
        let count = ((1.0 - self.least) / step).round() as usize;
        (0..=count).map(move |at| 1.0 - at as f64 * step)
    }

    fn times(&self) -> impl Iterator<Item = f64> {
        (self.low as i32..=self.high as i32).map(|power| 10f64.powi(power))
    }
}

const TITLE: &str = "predicted time of an answer on the ESP32 at 240 MHz (from one to the next)";

pub fn as_svg(tried: &[Tried]) -> String {
    let (axes, marks) = layout(tried);
    let mut svg = Svg::new(HIGH, "Accuracy against time and size of all that was tried");
    let (bottom, right) = (HIGH - BOTTOM, WIDE - RIGHT);
    for share in axes.shares() {
        svg.line("axis", (LEFT, axes.y(share)), (right, axes.y(share)));
        svg.text("f", (LEFT - 8.0, axes.y(share) + 4.0), "end", &percent(share));
    }
    for us in axes.times() {
        svg.line("axis", (axes.x(us), TOP), (axes.x(us), bottom));
        svg.text("f", (axes.x(us), bottom + 18.0), "middle", &span(us * 1e3));
    }
    svg.text("f", (0.5 * (LEFT + right), bottom + 38.0), "middle", TITLE);
    for mark in &marks {
        let class = match (mark.tried.is_best, mark.on_front) {
            (true, _) => "event",
            (_, true) => "bus",
            _ => "late",
        };
        svg.bar(class, (mark.x - 5.0, mark.y - 5.0), (10.0, 10.0), &mark.says());
        if (mark.text_y - mark.y).abs() > 1.0 {
            svg.line("axis", (mark.x, mark.y), (mark.x + 9.0, mark.text_y));
        }
        let tone = if mark.on_front || mark.tried.is_best { "" } else { "f" };
        svg.text(tone, (mark.x + 11.0, mark.text_y + 4.0), "start", &mark.says());
    }
    svg.finish()
}

fn dot(paper: &mut Paper, middle: (f64, f64), ink: Rgb888) {
    let style = PrimitiveStyle::with_fill(ink);
    let Ok(()) = Circle::with_center(point(middle), 11).into_styled(style).draw(paper);
}

/// Colours as on the page.
const INK: Rgb888 = Rgb888::new(0x1b, 0x1f, 0x24);
const FAINT: Rgb888 = Rgb888::new(0x59, 0x63, 0x6e);
const AXIS: Rgb888 = Rgb888::new(0xd0, 0xd7, 0xde);
const BEST: Rgb888 = Rgb888::new(0xe6, 0x9f, 0x00);
const FRONT: Rgb888 = Rgb888::new(0x00, 0x72, 0xb2);

pub fn as_png(tried: &[Tried], out: impl Write) -> io::Result<()> {
    let (axes, marks) = layout(tried);
    let mut paper = Paper::new(WIDE as u32, HIGH as u32);
    let (bottom, right) = (HIGH - BOTTOM, WIDE - RIGHT);
    for share in axes.shares() {
        let y = axes.y(share);
        paper.line((LEFT, y), (right, y), AXIS);
        paper.text((LEFT - 8.0, y + 4.0), Alignment::Right, FAINT, &percent(share));
    }
    for us in axes.times() {
        paper.line((axes.x(us), TOP), (axes.x(us), bottom), AXIS);
        paper.text((axes.x(us), bottom + 18.0), Alignment::Center, FAINT, &span(us * 1e3));
    }
    paper.text((0.5 * (LEFT + right), bottom + 38.0), Alignment::Center, FAINT, TITLE);
    for mark in &marks {
        if (mark.text_y - mark.y).abs() > 1.0 {
            paper.line((mark.x, mark.y), (mark.x + 9.0, mark.text_y), AXIS);
        }
        let (dot, ink) = match (mark.tried.is_best, mark.on_front) {
            (true, _) => (BEST, INK),
            (_, true) => (FRONT, INK),
            _ => (AXIS, FAINT),
        };
        self::dot(&mut paper, (mark.x, mark.y), dot);
        paper.text((mark.x + 11.0, mark.text_y + 4.0), Alignment::Left, ink, &mark.says());
    }
    paper.png(out)
}
