//! Plots over time. All of them show the same stretch of it: who zooms one zooms all, and who points at a moment points at it
//! everywhere.
//!
//! - [`over_time`]: a bare plot that somebody else draws into
//! - [`chart`]: signals with their names, the values under the cursor, a scale that keeps still, and a menu to take them along
//! - [`lanes`]: what has a beginning, an end and a name, in rows under the plots

use super::desk::View;
use super::export::{self, Drawing, Drawn, Format};
use super::look::{self, Look};
use crate::live::Series;
use crate::live::series::Extent;
use crate::report::html::svg::step;
use egui::{
    Align, Align2, Color32, FontId, Id, Layout, Rect, Response, RichText, Sense, Stroke, Ui, pos2, vec2,
};
use egui_plot::{AxisHints, GridMark, Line, Plot, PlotPoints, PlotResponse, PlotUi, Span, VLine};
use scenarios::label::Label;
use std::borrow::Cow;

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
    /// Left of where time begins: scales and names of rows have their place there. Points.
    gutter: f32,
}

impl Default for TimeAxis {
    fn default() -> Self {
        Self {
            follows: true,
            to_s: 10.0,
            length_s: 10.0,
            cursor_s: None,
            pointed_s: None,
            gutter: SCALE_WIDTH,
        }
    }
}

const SHORTEST_S: f64 = 1e-4;
const LONGEST_S: f64 = 400.0 * 24.0 * 3600.0;
/// Room for figures left of a plot, points.
const SCALE_WIDTH: f32 = 52.0;
/// Room for names and values over a plot, points.
pub const HEAD: f32 = 20.0;
/// And for times under the last of several, points.
pub const TIMES: f32 = 18.0;
/// Below this a plot with its head is not readable, points: then the list of plots scrolls.
const LEAST: f32 = 66.0;
/// Of a row of a lane, points.
pub const ROW: f32 = 18.0;
/// Of figures along an axis.
const SMALL: FontId = FontId::proportional(11.0);
/// From one figure to the next along an axis, at least; and half of one. Points.
const X_STEP: f64 = 90.0;
const Y_STEP: f64 = 30.0;
const EDGE: f64 = 18.0;
/// So near to each other figures may come, as a part of those steps.
const CLOSEST: f64 = 0.48;
/// What was written down is told for so long, seconds.
const TOLD_S: f64 = 10.0;

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

    /// What is shown is half as far away, or twice.
    pub fn zoom_middle(&mut self, factor: f64) {
        self.zoom(factor, self.from_s() + 0.5 * self.length_s);
    }

    /// Shows that moment in the middle, and stays there.
    pub fn show_moment(&mut self, at_s: f64) {
        self.follows = false;
        self.to_s = at_s + 0.5 * self.length_s;
    }

    /// Between the edges of a frame on the screen.
    fn x_of(&self, at_s: f64, frame: Rect) -> f32 {
        frame.left() + ((at_s - self.from_s()) / self.length_s) as f32 * frame.width()
    }
}

/// Which stretch is shown, for those who have no wheel.
pub fn time_bar(ui: &mut Ui, look: &Look, time: &mut TimeAxis) {
    ui.horizontal(|ui| {
        let follows = ui.selectable_label(time.follows, "follow").on_hover_text(
            "the right edge goes with the run; panning a plot lets it stand, a double click on a plot follows again",
        );
        if follows.clicked() {
            time.follows = !time.follows;
        }
        let middle = time.from_s() + 0.5 * time.length_s;
        for (text, factor, hint) in
            [("-", 2.0, "twice as much time (wheel down on a plot)"), ("+", 0.5, "half as much time (wheel up on a plot)")]
        {
            if ui.small_button(text).on_hover_text(hint).clicked() {
                time.zoom(factor, middle);
            }
        }
        let shown = look::duration(time.length_s * 1e9);
        ui.label(RichText::new(shown).small().color(look.quiet)).on_hover_text("time that plots show");
    });
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
    let plot = Plot::new(id).include_y(axis.at_least.0).include_y(axis.at_least.1).auto_bounds([false, true]);
    let plot = plot.height(axis.height).y_axis_label(axis.label);
    within(ui, plot, time, look, labels, None, draw)
}

/// The same, of any plot. With bounds it has these, and no others.
pub fn within<'a>(
    ui: &mut Ui,
    plot: Plot<'a>,
    time: &mut TimeAxis,
    look: &Look,
    labels: &[Label],
    bounds: Option<(f64, f64)>,
    draw: impl FnOnce(&mut PlotUi<'a>) + 'a,
) -> PlotResponse<()> {
    let (from, to) = (time.from_s(), time.to_s);
    let cursor = time.cursor_s;
    let spans: Vec<(f64, f64)> =
        shown(labels, time).map(|label| (label.start_ns as f64 * 1e-9, label.end_ns as f64 * 1e-9)).collect();
    let (span, quiet) = (look.span, look.quiet);
    let left = ui.cursor().left();
    let width = f64::from((ui.available_width() - SCALE_WIDTH).max(1.0));
    let grid = look.quiet.gamma_multiply(0.22);
    // A figure that would be cut off at the right edge is left out.
    let last_s = to - (to - from) * EDGE / width;
    let response = plot
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_x(false)
        .show_y(false)
        .show_background(false)
        .y_axis_min_width(SCALE_WIDTH)
        .grid_color(grid)
        .grid_fade(0.0)
        .custom_x_axes(vec![AxisHints::new_x().tick_label_font(SMALL)])
        .x_grid_spacer(move |input| round_marks(input.bounds, width / X_STEP))
        .x_axis_formatter(
            move |mark, _| if mark.value > last_s { String::new() } else { seconds(mark.value) },
        )
        .set_margin_fraction(vec2(0.0, 0.05))
        .show(ui, move |plot| {
            plot.set_plot_bounds_x(from..=to);
            if let Some((low, high)) = bounds {
                plot.set_plot_bounds_y(low..=high);
            }
            for (start, end) in spans {
                plot.span(Span::new("", start.max(from)..=end.min(to)).fill(span));
            }
            draw(plot);
            if let Some(at) = cursor {
                plot.vline(VLine::new("", at).color(quiet).width(1.0));
            }
        });
    let frame = *response.transform.frame();
    time.gutter = frame.left() - left;
    navigate(ui, time, &response.response, frame);
    response
}

/// Round values, in about so many steps.
fn round_marks((low, high): (f64, f64), steps: f64) -> Vec<GridMark> {
    let steps = steps.clamp(1.0, 20.0);
    let within = |finer: f64| -> Vec<GridMark> {
        let step = step(high - low, finer * steps);
        let first = (low / step - 1e-9).ceil();
        let all = (0..100).map(|n| (first + f64::from(n)) * step);
        all.take_while(|value| *value <= high).map(|value| GridMark { value, step_size: step }).collect()
    };
    // One figure alone is no scale: then in finer steps, as long as figures do not touch.
    let usual = within(1.0);
    let finer = [2.0, 4.0].map(within).into_iter().find(|marks| {
        let apart = marks.first().map_or(0.0, |mark| mark.step_size / (high - low) * steps);
        marks.len() > 1 && apart > CLOSEST
    });
    if usual.len() > 1 { usual } else { finer.unwrap_or(usual) }
}

/// A scale at the left of a plot that is so high, in round steps.
pub fn scale_of(plot: Plot<'_>, height: f32) -> Plot<'_> {
    plot.height(height)
        // Which figures there is room for is settled by their steps: none of them fades.
        .custom_y_axes(vec![AxisHints::new_y().label_spacing(1.0..=2.0).tick_label_font(SMALL)])
        .y_grid_spacer(move |input| round_marks(input.bounds, f64::from(height) / Y_STEP))
        .y_axis_formatter(|mark, _| look::mark(mark.value, mark.step_size))
        .label_formatter(|_| None)
}

/// The height of each of so many charts that share some room, the last with the times below it.
pub fn share(ui: &Ui, room: f32, charts: usize) -> f32 {
    let spacing = ui.spacing().item_spacing.y;
    ((room - TIMES) / charts.max(1) as f32 - spacing).max(LEAST)
}

/// What is left of a chart's height for the plot itself, with its times.
pub fn height_of_plot(ui: &Ui, chart: f32, times: bool) -> f32 {
    let plot = chart - HEAD - ui.spacing().item_spacing.y;
    (plot + if times { TIMES } else { 0.0 }).max(30.0)
}

/// Labels that are in sight; of very many the first.
pub fn shown<'a>(labels: &'a [Label], time: &TimeAxis) -> impl Iterator<Item = &'a Label> + use<'a> {
    let (from, to) = time.range_ns();
    labels
        .iter()
        .take_while(move |label| label.start_ns < to)
        .filter(move |label| label.end_ns > from)
        .take(MOST_SPANS)
}

const MOST_SPANS: usize = 200;

/// Wheel zooms about the pointer, drag pans, a double click follows the run again.
fn navigate(ui: &Ui, time: &mut TimeAxis, response: &Response, frame: Rect) {
    let seconds_a_point = time.length_s / f64::from(frame.width().max(1.0));
    if let Some(pointer) = response.hover_pos() {
        let at_s = time.from_s() + f64::from(pointer.x - frame.left()) * seconds_a_point;
        time.pointed_s = Some(at_s);
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        let sideways = if ui.input(|input| input.modifiers.shift) { scroll.y } else { scroll.x };
        if pinch != 1.0 {
            time.zoom(1.0 / f64::from(pinch), at_s);
        } else if sideways != 0.0 {
            time.pan(-f64::from(sideways) * seconds_a_point);
        } else if scroll.y != 0.0 {
            time.zoom(f64::from((-scroll.y * 0.004).exp()), at_s);
        }
    }
    if response.dragged() {
        time.pan(-f64::from(response.drag_delta().x) * seconds_a_point);
    }
    if response.double_clicked() {
        time.follows = true;
    }
}

/// Where a line's values come from.
pub enum Data<'a> {
    Series(&'a Series),
    /// Seconds and values, in order; each holds until the next.
    Points(Vec<[f64; 2]>),
}

/// One line of a chart.
pub struct Trace<'a> {
    pub name: Cow<'a, str>,
    pub colour: Color32,
    pub width: f32,
    /// What values are multiplied by before they are drawn.
    pub scale: f32,
    pub data: Data<'a>,
}

impl<'a> Trace<'a> {
    pub fn of(name: &'a str, series: &'a Series, colour: Color32) -> Self {
        Self { name: name.into(), colour, width: 1.2, scale: 1.0, data: Data::Series(series) }
    }

    /// What the world did, behind what the node saw.
    pub fn behind(name: &'a str, series: &'a Series, colour: Color32, scale: f32) -> Self {
        Self { name: name.into(), colour, width: 0.8, scale, data: Data::Series(series) }
    }

    fn points(&self, from_ns: u64, to_ns: u64, columns: usize) -> Vec<[f64; 2]> {
        let mut points = match &self.data {
            Data::Series(series) => zigzag(&series.columns(from_ns, to_ns, columns)),
            Data::Points(points) => points.clone(),
        };
        if self.scale != 1.0 {
            points.iter_mut().for_each(|point| point[1] *= f64::from(self.scale));
        }
        points
    }

    fn at(&self, at_s: f64) -> Option<f64> {
        let value = match &self.data {
            Data::Series(series) => {
                let at_ns = (at_s.max(0.0) * 1e9) as u64;
                f64::from(series.at(at_ns).filter(|_| at_ns < series.end_ns())?)
            }
            Data::Points(points) => {
                let after = points.partition_point(|point| point[0] <= at_s);
                points.get(after.checked_sub(1)?)?[1]
            }
        };
        Some(value * f64::from(self.scale))
    }
}

/// Some signals with one unit.
pub struct Chart<'a> {
    /// Of the plot, and of the files that are made of it.
    pub id: &'a str,
    pub title: &'a str,
    pub unit: &'a str,
    /// What it is, for those who point at its title.
    pub about: &'a str,
    /// Bounds to begin with; the plot grows where its signals do.
    pub at_least: (f64, f64),
    /// With the head over it, without the times below: see [`share`].
    pub height: f32,
    /// Whether the times stand below.
    pub times: bool,
    pub traces: Vec<Trace<'a>>,
}

/// What a plot remembers between frames.
#[derive(Clone, Debug, Default)]
struct Memory {
    bounds: Option<(f64, f64)>,
    /// What the bounds were found for.
    run: u64,
    length_s: f64,
    to_s: f64,
    /// A bit for each line that is not drawn.
    hidden: u32,
    told: Told,
}

/// Draws signals over the shared time.
pub fn chart(ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis, labels: &[Label], chart: Chart<'_>) {
    let id = Id::new(("chart", chart.id, view.node));
    let mut memory: Memory = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    head(ui, view, time, labels, &chart, &mut memory);
    let (from_ns, to_ns) = time.range_ns();
    let columns = ui.available_width().max(16.0) as usize;
    let drawn: Vec<(usize, Vec<[f64; 2]>)> = (0..chart.traces.len())
        .filter(|index| memory.hidden & 1 << index == 0)
        .map(|index| (index, chart.traces[index].points(from_ns, to_ns, columns)))
        .collect();
    memory.fit(view, time, chart.at_least, drawn.iter().flat_map(|(_, points)| points));
    let (low, high) = memory.bounds.unwrap_or(chart.at_least);
    let margin = 0.04 * (high - low);
    let lines: Vec<Line> = drawn
        .into_iter()
        .map(|(index, points)| {
            let trace = &chart.traces[index];
            Line::new("", PlotPoints::from(points)).color(trace.colour).width(trace.width).allow_hover(false)
        })
        .collect();
    let height = height_of_plot(ui, chart.height, chart.times);
    let plot = scale_of(Plot::new(id), height).show_axes([chart.times, true]);
    let response =
        within(ui, plot, time, &view.look, labels, Some((low - margin, high + margin)), move |plot| {
            lines.into_iter().for_each(|line| plot.line(line));
        });
    if response.response.double_clicked() {
        memory.bounds = None;
    }
    if let Some(at_s) = time.cursor_s {
        let seen = chart.traces.iter().enumerate().filter(|(index, _)| memory.hidden & 1 << index == 0);
        let rows = seen.filter_map(|(_, trace)| {
            let name = if chart.traces.len() > 1 { trace.name.as_ref() } else { "" };
            let text = format!("{name} {} {}", look::figure(trace.at(at_s)?), chart.unit);
            Some((text.trim().to_string(), trace.colour))
        });
        readout(ui, &view.look, time, *response.transform.frame(), at_s, rows);
    }
    ui.data_mut(|data| data.insert_temp(id, memory));
}

impl Memory {
    /// While the run goes on bounds only grow, by round steps: nothing jumps. Who zooms or pans has them anew.
    fn fit<'p>(
        &mut self,
        view: &View<'_>,
        time: &TimeAxis,
        at_least: (f64, f64),
        points: impl Iterator<Item = &'p [f64; 2]>,
    ) {
        let (mut low, mut high) = at_least;
        for [_, value] in points.filter(|point| point[1].is_finite()) {
            (low, high) = (low.min(*value), high.max(*value));
        }
        let found = rounded(low, high);
        let moved = !time.follows && self.to_s != time.to_s || self.length_s != time.length_s;
        let anew = moved || self.run != view.status.run;
        self.bounds = Some(match self.bounds.filter(|_| !anew) {
            Some((low, high)) => (low.min(found.0), high.max(found.1)),
            None => found,
        });
        (self.run, self.length_s, self.to_s) = (view.status.run, time.length_s, time.to_s);
    }
}

/// The next round bounds outside.
fn rounded(low: f64, high: f64) -> (f64, f64) {
    let step = step(high - low, 8.0);
    ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step)
}

/// Title with unit, names of the lines, and the menu.
fn head(
    ui: &mut Ui,
    view: &View<'_>,
    time: &TimeAxis,
    labels: &[Label],
    chart: &Chart<'_>,
    memory: &mut Memory,
) {
    let look = &view.look;
    let width = ui.available_width();
    ui.allocate_ui_with_layout(vec2(width, HEAD), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(HEAD);
        let title = if chart.unit.is_empty() {
            chart.title.into()
        } else {
            format!("{}, {}", chart.title, chart.unit)
        };
        ui.label(RichText::new(title).small().strong()).on_hover_text(chart.about);
        if !told(ui, look, &memory.told) {
            legend(ui, look, chart, &mut memory.hidden);
        }
        let mut said = memory.told.take();
        menu(ui, &mut said, |format| take_along(view, time, labels, chart, memory, format));
        memory.told = said;
    });
}

/// What was written down and when, in seconds of the window's time.
pub type Told = Option<(String, f64)>;

/// Tells for a while what was written down; false: there is nothing to tell.
pub fn told(ui: &mut Ui, look: &Look, told: &Told) -> bool {
    let now_s = ui.input(|input| input.time);
    let Some((text, _)) = told.as_ref().filter(|(_, at_s)| now_s < at_s + TOLD_S) else { return false };
    let room = (ui.available_width() - 30.0).max(20.0);
    let label = egui::Label::new(RichText::new(text).small().color(look.good)).truncate();
    ui.add_sized([room, HEAD], label).on_hover_text(text);
    true
}

/// The menu of a plot, at the right end of its head.
pub fn menu(ui: &mut Ui, told: &mut Told, take: impl Fn(Format) -> String) {
    let now_s = ui.input(|input| input.time);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let menu = ui.menu_button(RichText::new("...").small(), |ui| {
            for format in Format::ALL {
                if ui.button(format.title()).on_hover_text(format.about()).clicked() {
                    *told = Some((take(format), now_s));
                    ui.close();
                }
            }
        });
        let hint = "takes what is shown along: a picture, a drawing or a table, beside the scenario";
        menu.response.on_hover_text(hint);
    });
}

/// Names of the lines; a click hides one, or shows it again.
fn legend(ui: &mut Ui, look: &Look, chart: &Chart<'_>, hidden: &mut u32) {
    if chart.traces.len() < 2 {
        return;
    }
    ui.spacing_mut().item_spacing.x = 4.0;
    for (index, trace) in chart.traces.iter().enumerate() {
        // Lines of the same name are one entry.
        let same = |other: &&(usize, &Trace)| other.1.name == trace.name;
        let traces: Vec<(usize, &Trace)> = chart.traces.iter().enumerate().collect();
        if traces.iter().find(same).is_some_and(|(first, _)| *first < index) {
            continue;
        }
        let bits = traces.iter().filter(same).fold(0, |bits, (other, _)| bits | 1 << other);
        let off = *hidden & bits != 0;
        let colour = if off { look.quiet } else { trace.colour };
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, HEAD), Sense::hover());
        let stroke = Stroke::new(if off { 1.0 } else { 2.0 * trace.width }, colour);
        ui.painter().hline(rect.x_range(), rect.center().y, stroke);
        let mut name =
            RichText::new(trace.name.as_ref()).small().color(if off { look.quiet } else { look.text });
        if off {
            name = name.strikethrough();
        }
        let button = ui.add(egui::Button::new(name).small().frame(false));
        if button.on_hover_text(if off { "shows this line again" } else { "hides this line" }).clicked() {
            *hidden = if off { *hidden & !bits } else { *hidden | bits };
        }
    }
}

/// The time under the cursor and what was then, beside the cursor's line.
pub fn readout(
    ui: &Ui,
    look: &Look,
    time: &TimeAxis,
    frame: Rect,
    at_s: f64,
    rows: impl Iterator<Item = (String, Color32)>,
) {
    let font = FontId::monospace(11.0);
    let clock = (look::clock((at_s.max(0.0) * 1e9) as u64), look.quiet);
    let rows = std::iter::once(clock).chain(rows);
    let painter = ui.painter().with_clip_rect(frame);
    let galleys: Vec<_> =
        rows.map(|(text, colour)| painter.layout_no_wrap(text, font.clone(), colour)).collect();
    let wide = galleys.iter().map(|galley| galley.size().x).fold(0.0, f32::max);
    let high: f32 = galleys.iter().map(|galley| galley.size().y).sum();
    let at = time.x_of(at_s, frame);
    // On the side where there is room.
    let left = if at + wide + 14.0 > frame.right() { at - wide - 10.0 } else { at + 6.0 };
    let mut place = pos2(left, frame.top() + 3.0);
    let back = Rect::from_min_size(place - vec2(3.0, 1.0), vec2(wide + 6.0, high + 2.0));
    painter.rect_filled(back, 3.0, look.raised.gamma_multiply(0.9));
    for galley in galleys {
        let next = galley.size().y;
        painter.galley(place, galley, look.text);
        place.y += next;
    }
}

/// Points across of what is taken along.
const TAKEN_COLUMNS: usize = 2_000;

fn take_along(
    view: &View<'_>,
    time: &TimeAxis,
    labels: &[Label],
    chart: &Chart<'_>,
    memory: &Memory,
    format: Format,
) -> String {
    let (from_ns, to_ns) = time.range_ns();
    let seen: Vec<&Trace> =
        (0..).zip(&chart.traces).filter(|(n, _)| memory.hidden & 1 << n == 0).map(|(_, t)| t).collect();
    let place = export::place(view, chart.id, time, format);
    export::written(&place, |out| match format {
        Format::Csv => {
            let columns: Vec<export::Column> = seen
                .iter()
                .map(|trace| export::Column {
                    name: &trace.name,
                    unit: chart.unit,
                    values: match &trace.data {
                        Data::Series(series) => export::values(series, from_ns, to_ns, trace.scale),
                        Data::Points(points) => {
                            points.iter().map(|[at, value]| [*at, *value, *value]).collect()
                        }
                    },
                })
                .collect();
            export::csv(&columns, out)
        }
        Format::Png | Format::Svg => {
            let drawing = Drawing {
                title: if chart.unit.is_empty() {
                    chart.title.into()
                } else {
                    format!("{}, {}", chart.title, chart.unit)
                },
                from_s: time.from_s(),
                to_s: time.to_s,
                bounds: memory.bounds.unwrap_or(chart.at_least),
                lines: seen
                    .iter()
                    .map(|trace| Drawn {
                        name: trace.name.to_string(),
                        colour: trace.colour,
                        points: trace.points(from_ns, to_ns, TAKEN_COLUMNS / 2),
                    })
                    .collect(),
                spans: shown(labels, time)
                    .map(|label| {
                        (label.label.clone(), label.start_ns as f64 * 1e-9, label.end_ns as f64 * 1e-9)
                    })
                    .collect(),
                picture: None,
            };
            if format == Format::Svg { drawing.svg(out) } else { drawing.png(out) }
        }
    })
}

/// Something with a beginning, an end and a name.
pub struct Mark<'a> {
    pub from_s: f64,
    /// The same as `from_s`: an instant.
    pub to_s: f64,
    pub text: Cow<'a, str>,
    pub colour: Color32,
    /// Drawn with its edge only: something that is missing.
    pub hollow: bool,
}

pub struct Lane<'a> {
    pub name: &'a str,
    pub about: &'a str,
    pub marks: Vec<Mark<'a>>,
}

/// What is narrower has no room for its name, points.
const NARROW: f32 = 40.0;

/// Rows of marks under the shared time; who clicks one gets its time, in seconds.
pub fn lanes(ui: &mut Ui, look: &Look, time: &mut TimeAxis, lanes: &[Lane<'_>]) -> Option<f64> {
    let size = vec2(ui.available_width(), ROW * lanes.len() as f32);
    let (whole, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let frame = whole.with_min_x(whole.left() + time.gutter);
    navigate(ui, time, &response, frame);
    let small = FontId::proportional(11.0);
    let pointer = response.hover_pos();
    let mut pointed: Option<String> = None;
    let mut clicked = None;
    for (row, lane) in lanes.iter().enumerate() {
        let top = whole.top() + ROW * row as f32;
        let band = Rect::from_min_max(pos2(frame.left(), top + 1.0), pos2(frame.right(), top + ROW - 1.0));
        let painter = ui.painter();
        let name = Rect::from_min_max(pos2(whole.left(), top), pos2(frame.left() - 4.0, top + ROW));
        painter.with_clip_rect(name).text(
            name.right_center(),
            Align2::RIGHT_CENTER,
            lane.name,
            small.clone(),
            look.quiet,
        );
        if pointer.is_some_and(|at| name.contains(at)) {
            pointed = Some(lane.about.to_string());
        }
        let painter = ui.painter().with_clip_rect(band);
        painter.rect_filled(band, 2.0, look.raised);
        let mut free_from = band.left();
        let x_of = |at_s: f64| time.x_of(at_s, band);
        // Narrow neighbours that say the same are drawn as one: their edges would lie across the word.
        let joins = |one: &&Mark, next: &&Mark| {
            let wide = x_of(one.to_s) - x_of(one.from_s);
            let touches = (x_of(next.from_s) - x_of(one.to_s)).abs() < 1.5;
            let same = one.text == next.text && one.colour == next.colour && one.hollow == next.hollow;
            same && touches && (3.0..NARROW).contains(&wide)
        };
        let seen: Vec<&Mark> = (lane.marks.iter())
            .filter(|mark| mark.to_s >= time.from_s() && mark.from_s <= time.to_s)
            .collect();
        for marks in seen.chunk_by(joins) {
            let (Some(mark), Some(last)) = (marks.first(), marks.last()) else { continue };
            let (left, right) = (x_of(mark.from_s), x_of(last.to_s));
            let instant = right - left < 3.0;
            let rect = if instant {
                Rect::from_center_size(pos2(left, band.center().y), vec2(4.0, band.height() - 4.0))
            } else {
                Rect::from_min_max(pos2(left, band.top()), pos2(right, band.bottom()))
            };
            let fill = match (mark.hollow, instant) {
                (true, _) => Color32::TRANSPARENT,
                (false, true) => mark.colour,
                (false, false) => mark.colour.gamma_multiply(0.3),
            };
            painter.rect(rect, 2.0, fill, Stroke::new(1.0, mark.colour), egui::StrokeKind::Inside);
            if !mark.text.is_empty() {
                let galley = painter.layout_no_wrap(mark.text.to_string(), small.clone(), look.text);
                let inside = rect.left().max(band.left()) + 3.0;
                // In it, where it has room; else beside it.
                let fits = !instant && inside + galley.size().x <= rect.right();
                let at = if fits { inside } else { rect.right() + 3.0 };
                if at >= free_from && at + galley.size().x <= band.right() {
                    free_from = at + galley.size().x + 4.0;
                    painter.galley(pos2(at, band.center().y - 0.5 * galley.size().y), galley, look.text);
                }
            }
            free_from = free_from.max(if instant { 0.0 } else { rect.left() });
            let under = |mark: &&&Mark| {
                let of = rect.with_min_x(x_of(mark.from_s)).with_max_x(x_of(mark.to_s));
                let of = if instant { rect } else { of.intersect(rect) };
                pointer.is_some_and(|at| of.expand(2.0).contains(at))
            };
            if let Some(mark) = marks.iter().find(under) {
                let length = mark.to_s - mark.from_s;
                let lasts = if length > 0.0 {
                    format!(" for {}", look::duration(length * 1e9))
                } else {
                    String::new()
                };
                let from = look::clock((mark.from_s.max(0.0) * 1e9) as u64);
                pointed = Some(format!("{}: {} at {from}{lasts}", lane.name, mark.text));
                if response.clicked() {
                    clicked = Some(mark.from_s);
                }
            }
        }
        if let Some(at_s) = time.cursor_s.filter(|at| (time.from_s()..=time.to_s).contains(at)) {
            painter.vline(time.x_of(at_s, band), band.y_range(), Stroke::new(1.0, look.quiet));
        }
    }
    if let Some(text) = pointed {
        response.on_hover_text_at_pointer(text);
    }
    clicked
}

/// A signal as a line: samples near by, bounds far away.
pub fn line<'a>(name: &str, series: &Series, time: &TimeAxis, width: f32, colour: Color32) -> Line<'a> {
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

pub fn seconds(value: f64) -> String {
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
        time.show_moment(50.0);
        assert_eq!((time.from_s(), time.to_s, time.follows), (47.5, 52.5, false));
    }

    #[test]
    fn a_scale_has_two_figures_where_they_do_not_touch() {
        let marks = |bounds, steps| -> Vec<f64> {
            round_marks(bounds, steps).into_iter().map(|mark| mark.value).collect()
        };
        assert_eq!(marks((0.0, 10.0), 5.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        // In steps of 1 there is nought alone.
        assert_eq!(marks((-0.9, 0.9), 2.5), [-0.5, 0.0, 0.5]);
        for height in [40.0, 60.0, 100.0, 300.0] {
            for bound in [0.02, 0.3, 0.45, 0.6, 1.5, 120.0] {
                let marks = round_marks((-bound, bound), height / Y_STEP);
                assert!(!marks.is_empty());
                let apart = marks[0].step_size / (2.0 * bound) * height;
                assert!(marks.len() == 1 || apart > 14.0, "{apart} points of {height}, {bound}");
            }
        }
    }

    #[test]
    fn an_axis_that_follows_ends_at_now() {
        let mut time = TimeAxis::default();
        time.begin(3_000_000_000);
        assert_eq!(time.range_ns(), (0, 10_000_000_000));
        time.begin(30_000_000_000);
        assert_eq!(time.range_ns(), (20_000_000_000, 30_000_000_000));
    }

    #[test]
    fn bounds_are_round_and_contain_what_they_are_of() {
        assert_eq!(rounded(-1.1, 1.1), (-1.5, 1.5));
        assert_eq!(rounded(0.0, 100.0), (0.0, 100.0));
        for (low, high) in [(-0.013, 0.4), (3.0, 3.1), (-120.0, -7.0)] {
            let (a, b) = rounded(low, high);
            assert!(a <= low && b >= high && b - a < 1.6 * (high - low), "{a} {b}");
        }
    }
}
