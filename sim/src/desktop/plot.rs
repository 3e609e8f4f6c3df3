//! Plots over time. All of them show the same stretch of it: who zooms one zooms all, and who points at a moment points at it
//! everywhere.

use super::look::Look;
use crate::live::Series;
use crate::live::series::Extent;
use egui::Ui;
use egui_plot::{Line, Plot, PlotPoints, PlotResponse, PlotUi, Span, VLine};
use scenarios::label::Label;

/// The stretch of time that plots show, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeAxis {
    /// The end goes with the run.
    pub follows: bool,
    pub to_s: f64,
    pub length_s: f64,
    /// What somebody points at.
    pub cursor_s: Option<f64>,
    /// Of this frame: the next one's cursor.
    pointed_s: Option<f64>,
}

impl Default for TimeAxis {
    fn default() -> Self {
        Self { follows: true, to_s: 10.0, length_s: 10.0, cursor_s: None, pointed_s: None }
    }
}

const SHORTEST_S: f64 = 1e-4;
const LONGEST_S: f64 = 400.0 * 24.0 * 3600.0;

impl TimeAxis {
    /// At the beginning of a frame.
    pub fn begin(&mut self, now_ns: u64) {
        if self.follows {
            self.to_s = (now_ns as f64 * 1e-9).max(self.length_s);
        }
        self.cursor_s = self.pointed_s.take();
    }

    pub fn from_s(&self) -> f64 {
        self.to_s - self.length_s
    }

    pub fn range_ns(&self) -> (u64, u64) {
        ((self.from_s().max(0.0) * 1e9) as u64, (self.to_s.max(0.0) * 1e9) as u64)
    }

    pub fn zoom(&mut self, factor: f64, at_s: f64) {
        let length = (self.length_s * factor).clamp(SHORTEST_S, LONGEST_S);
        let kept = ((at_s - self.from_s()) / self.length_s).clamp(0.0, 1.0);
        if !self.follows {
            self.to_s = at_s + (1.0 - kept) * length;
        }
        self.length_s = length;
    }

    pub fn pan(&mut self, by_s: f64) {
        if by_s != 0.0 {
            self.follows = false;
            self.to_s = (self.to_s + by_s).max(self.length_s.min(0.1));
        }
    }
}

/// What the lines of one plot stand for.
pub struct Axis<'a> {
    /// `acceleration, g`
    pub label: &'a str,
    /// Bounds to begin with; a plot grows where its signal does.
    pub at_least: (f64, f64),
    pub height: f32,
}

/// A plot over the shared time, with the labelled spans behind and the cursor before its lines.
pub fn over_time<'a>(
    ui: &mut Ui,
    id: &str,
    time: &mut TimeAxis,
    look: &Look,
    labels: &[Label],
    axis: Axis<'_>,
    draw: impl FnOnce(&mut PlotUi<'a>) + 'a,
) -> PlotResponse<()> {
    let (from, to) = (time.from_s(), time.to_s);
    let cursor = time.cursor_s;
    let spans: Vec<(String, f64, f64)> = labels
        .iter()
        .map(|label| (label.label.clone(), label.start_ns as f64 * 1e-9, label.end_ns as f64 * 1e-9))
        .filter(|(_, start, end)| *start < to && *end > from)
        .take(200)
        .collect();
    let (span, quiet) = (look.span, look.quiet);
    let response = Plot::new(id)
        .height(axis.height)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_x(false)
        .show_y(false)
        .show_background(false)
        .include_y(axis.at_least.0)
        .include_y(axis.at_least.1)
        .auto_bounds([false, true])
        .y_axis_min_width(52.0)
        .y_axis_label(axis.label)
        .x_axis_formatter(|mark, _| seconds(mark.value))
        .set_margin_fraction(egui::vec2(0.0, 0.05))
        .show(ui, move |plot| {
            plot.set_plot_bounds_x(from..=to);
            for (name, start, end) in spans {
                plot.span(Span::new(name, start.max(from)..=end.min(to)).fill(span));
            }
            draw(plot);
            if let Some(at) = cursor {
                plot.vline(VLine::new("", at).color(quiet).width(1.0));
            }
        });
    navigate(ui, time, &response);
    response
}

/// Wheel zooms about the pointer, drag pans, a double click follows the run again.
fn navigate(ui: &Ui, time: &mut TimeAxis, plot: &PlotResponse<()>) {
    let response = &plot.response;
    if let Some(pointer) = response.hover_pos() {
        let at_s = plot.transform.value_from_position(pointer).x;
        time.pointed_s = Some(at_s);
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        let sideways = if ui.input(|input| input.modifiers.shift) { scroll.y } else { scroll.x };
        if pinch != 1.0 {
            time.zoom(1.0 / f64::from(pinch), at_s);
        } else if sideways != 0.0 {
            time.pan(-f64::from(sideways) / f64::from(response.rect.width()) * time.length_s);
        } else if scroll.y != 0.0 {
            time.zoom(f64::from((-scroll.y * 0.004).exp()), at_s);
        }
    }
    if response.dragged() {
        let moved = f64::from(response.drag_delta().x) / f64::from(response.rect.width());
        time.pan(-moved * time.length_s);
    }
    if response.double_clicked() {
        time.follows = true;
    }
}

/// A signal as a line: samples near by, bounds far away.
pub fn line<'a>(name: &str, series: &Series, time: &TimeAxis, width: f32, colour: egui::Color32) -> Line<'a> {
    let (from, to) = time.range_ns();
    let points = zigzag(&series.columns(from, to, width.max(16.0) as usize));
    Line::new(name, PlotPoints::from(points)).color(colour).width(1.2)
}

/// From each column's least to its greatest: a line that fills what lies between.
fn zigzag(columns: &[Extent]) -> Vec<[f64; 2]> {
    let mut points = Vec::with_capacity(columns.len() * 2);
    for (index, column) in columns.iter().enumerate() {
        let at = column.from_ns as f64 * 1e-9;
        let (first, second) =
            if index % 2 == 0 { (column.least, column.greatest) } else { (column.greatest, column.least) };
        points.push([at, f64::from(first)]);
        if first != second {
            points.push([at, f64::from(second)]);
        }
    }
    points
}

fn seconds(value: f64) -> String {
    if value < 0.0 {
        return String::new();
    }
    if value >= 600.0 {
        format!("{:.0} min", value / 60.0)
    } else {
        format!("{} s", (value * 1e4).round() / 1e4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_moment_under_the_pointer() {
        let mut time = TimeAxis { follows: false, to_s: 20.0, length_s: 10.0, ..TimeAxis::default() };
        time.zoom(0.5, 12.0);
        assert_eq!((time.from_s(), time.to_s), (11.0, 16.0));
        time.pan(-2.0);
        assert_eq!((time.from_s(), time.to_s), (9.0, 14.0));
    }

    #[test]
    fn an_axis_that_follows_ends_at_now() {
        let mut time = TimeAxis::default();
        time.begin(3_000_000_000);
        assert_eq!(time.range_ns(), (0, 10_000_000_000));
        time.begin(30_000_000_000);
        assert_eq!(time.range_ns(), (20_000_000_000, 30_000_000_000));
    }
}
