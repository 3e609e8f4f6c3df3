//! The pipeline from left to right: each stage with its price, and what goes through it now: a window, its spectrum, its
//! features, and how sure the model is of each class.

use super::budget::{error_bar, standing, text_at};
use super::empty;
use crate::budget::headroom;
use crate::desktop::desk::View;
use crate::desktop::look::{self, Look};
use crate::desktop::plot::{self, Axis, TimeAxis};
use crate::live::recognised::{Answer, Recognised};
use crate::live::{NodeHistory, Series};
use crate::train::feature_names::Feature;
use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, Pos2, Rect, RichText, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, Vec2};
use egui_plot::LineStyle;
use hal_shim::trace::{Said, StageSum};
use node_core::dsp::features::fft::{SIZES, real_fft};
use node_core::event::{Event, OCTAVES};

/// What is costly to find out about the window that is shown.
#[derive(Default)]
pub struct Pipeline {
    shown: Option<Shown>,
    /// Least and greatest of each feature so far, and of how many answers.
    ranges: (u64, Vec<(f32, f32)>),
    /// What each feature is.
    names: Option<Vec<Feature>>,
    key: (usize, u64),
}

struct Shown {
    from_ns: u64,
    to_ns: u64,
    /// How many samples the node had read.
    count: u64,
    /// Lines of the window, each least and greatest by column.
    waves: Vec<Vec<[f32; 2]>>,
    /// Power by bin, dB, and the width of a bin.
    spectrum: Vec<f32>,
    bin_hz: f32,
}

/// As much as is shown of a signal that no model cuts into windows.
const SOUND_NS: u64 = 64_000_000;
const MOTION_NS: u64 = 2_000_000_000;
const BOX: Vec2 = Vec2::new(98.0, 40.0);
/// So narrow a stage's box may be made.
const NARROWEST: f32 = 80.0;
/// For where the samples come from, before the stages.
const SOURCE: f32 = 68.0;
const ARROW: f32 = 13.0;
/// The least height of answers over time.
const COURSE: f32 = 150.0;

impl Pipeline {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        if node.sums.stages.is_empty() {
            return empty(
                ui,
                &view.look,
                "No stage has run yet: they come with the first window. Press Play.",
            );
        }
        if self.key != (view.node, view.status.run) {
            *self = Self { key: (view.node, view.status.run), ..Self::default() };
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            flow(ui, view, node);
            let words = RichText::new(standing(node)).small().color(view.look.quiet);
            ui.add(egui::Label::new(words).truncate());
            self.live(ui, view, node, time);
        });
    }

    fn live(&mut self, ui: &mut Ui, view: &View<'_>, node: &NodeHistory, time: &mut TimeAxis) {
        let now_ns = view.history.now_ns;
        let at_ns = time.cursor_s.map_or(now_ns, |at| ((at.max(0.0) * 1e9) as u64).min(now_ns));
        let answer = node.recognised.as_ref().and_then(|recognised| recognised.at(at_ns));
        let heard = !node.heard.is_empty();
        let (from_ns, to_ns) = match answer {
            Some(answer) => (answer.start_ns, answer.end_ns),
            None => {
                // Samples come later than time does.
                let series = if heard { &node.heard } else { &node.felt[0] };
                let to_ns = at_ns.min(series.end_ns());
                (to_ns.saturating_sub(if heard { SOUND_NS } else { MOTION_NS }), to_ns)
            }
        };
        self.look_at(node, from_ns, to_ns);
        let felt = !node.felt[0].is_empty();
        let bands = reflectances(node, at_ns);
        let charts = match (heard || felt, &node.recognised) {
            (true, Some(_)) => 4,
            (true, None) => 3,
            (false, _) => 1 + usize::from(bands.is_some()),
        };
        let columns = ((ui.available_width() / 128.0) as usize).clamp(1, charts);
        let width = (ui.available_width() - 10.0 * (columns - 1) as f32) / columns as f32;
        let rows = charts.div_ceil(columns);
        let height = ui.available_rect_before_wrap().height();
        // Where there is room, the answers over time are below.
        let course = node.recognised.as_ref().filter(|_| height > 96.0 * rows as f32 + COURSE);
        let room = (height - course.map_or(0.0, |_| (0.4 * height).max(COURSE))) / rows as f32 - 10.0;
        let size = Vec2::new(width, room.clamp(96.0, 360.0));
        let Some(shown) = &self.shown else { return };
        if let (Some(recognised), true) = (&node.recognised, answer.is_some()) {
            ranges(&mut self.ranges, recognised);
        }
        let mut index = 0usize;
        let mut chart = |ui: &mut Ui, draw: &mut dyn FnMut(&mut Ui, Vec2)| {
            draw(ui, size);
            index += 1;
            if index.is_multiple_of(columns) {
                ui.end_row();
            }
        };
        egui::Grid::new("live").num_columns(columns).spacing([10.0, 8.0]).show(ui, |ui| {
            if heard || felt {
                chart(ui, &mut |ui, size| window(ui, view, node, shown, size));
                chart(ui, &mut |ui, size| spectrum(ui, &view.look, shown, heard, size));
            }
            if let Some(said) = bands {
                chart(ui, &mut |ui, size| reflectance(ui, &view.look, said, size));
            }
            match (&node.recognised, answer) {
                (Some(recognised), Some(answer)) => {
                    let names = self.names.get_or_insert_with(|| recognised.features());
                    let ranges = &self.ranges.1;
                    chart(ui, &mut |ui, size| features(ui, &view.look, answer, names, ranges, size));
                    chart(ui, &mut |ui, size| classes(ui, &view.look, recognised, answer, size));
                }
                (Some(recognised), None) => chart(ui, &mut |ui, size| {
                    let rate = recognised.plan.head().rate_hz.max(1.0);
                    let s = recognised.window() as f32 / rate;
                    told(
                        ui,
                        &view.look,
                        size,
                        "classes",
                        &[format!("the first window needs {s:.2} s of samples")],
                    );
                }),
                (None, _) => chart(ui, &mut |ui, size| said(ui, &view.look, node, at_ns, size)),
            }
        });
        if let Some(recognised) = course {
            let height = ui.available_rect_before_wrap().height() - 24.0;
            courses(ui, view, node, recognised, time, height.max(80.0));
        }
    }

    /// The window's samples, if they are not known already.
    fn look_at(&mut self, node: &NodeHistory, from_ns: u64, to_ns: u64) {
        let heard = !node.heard.is_empty();
        let count = if heard { node.heard.count() } else { node.felt[0].count() };
        // Samples come later than time does: what is empty is looked at again.
        let known = self.shown.as_ref().is_some_and(|shown| {
            (shown.from_ns, shown.to_ns) == (from_ns, to_ns)
                && (shown.count == count || !shown.spectrum.is_empty())
        });
        if known {
            return;
        }
        let series: Vec<&Series> = if heard { vec![&node.heard] } else { node.felt.iter().take(3).collect() };
        let start_ns = series.first().map_or(from_ns, |series| series.samples(from_ns, to_ns).0);
        let end_ns = series.first().map_or(to_ns, |series| series.end_ns().min(to_ns));
        let samples: Vec<Vec<f32>> = series.iter().map(|series| series.samples(from_ns, to_ns).1).collect();
        let waves = samples.iter().map(|samples| columns(samples, 240)).collect();
        let length: Vec<f32> = if heard {
            samples.into_iter().next().unwrap_or_default()
        } else {
            let count = samples.iter().map(Vec::len).min().unwrap_or(0);
            let square = |index: usize| samples.iter().map(|axis| axis[index] * axis[index]).sum::<f32>();
            (0..count).map(|index| square(index).sqrt()).collect()
        };
        let seconds = end_ns.saturating_sub(start_ns) as f32 * 1e-9;
        let rate_hz = length.len() as f32 / seconds.max(1e-9);
        let (spectrum, points) = powers(&length);
        let bin_hz = rate_hz / points.max(1) as f32;
        self.shown = Some(Shown { from_ns, to_ns, count, waves, spectrum, bin_hz });
    }
}

/// How sure the model was of each class, over time.
fn courses(
    ui: &mut Ui,
    view: &View<'_>,
    node: &NodeHistory,
    recognised: &Recognised,
    time: &mut TimeAxis,
    height: f32,
) {
    let look = &view.look;
    let colours = [look.node, look.world, look.good, look.axes[2], look.warning, look.text, look.quiet];
    let width = ui.available_width();
    let mut lines = Vec::new();
    ui.horizontal_wrapped(|ui| {
        for (index, (name, course)) in recognised.model.classes.names().zip(&recognised.courses).enumerate() {
            // What comes round again is told apart by its dots.
            let colour = colours[index % colours.len()];
            let style = if index < colours.len() { LineStyle::Solid } else { LineStyle::dotted_loose() };
            let mark = if index < colours.len() { "-" } else { ".." };
            ui.colored_label(colour, format!("{mark} {name}"));
            lines.push(plot::line(name, course, time, width, colour).style(style));
        }
    });
    let label = if recognised.distances() { "distance" } else { "sure, 0 to 1" };
    let axis = Axis { label, at_least: (0.0, 1.0), height };
    plot::over_time(ui, "classes", time, look, &node.labels, axis, |plot| {
        lines.into_iter().for_each(|line| plot.line(line));
    });
}

/// Least and greatest of so many parts.
fn columns(samples: &[f32], parts: usize) -> Vec<[f32; 2]> {
    let each = samples.len().div_ceil(parts).max(1);
    let bounds = |part: &[f32]| {
        part.iter().fold([f32::MAX, f32::MIN], |[least, most], value| [least.min(*value), most.max(*value)])
    };
    samples.chunks(each).map(bounds).collect()
}

/// Mean power of all blocks under a Hann window, dB of a full-scale or 1 g sine, and the points of a block.
fn powers(samples: &[f32]) -> (Vec<f32>, usize) {
    let Some(points) = SIZES.into_iter().rev().find(|points| *points <= samples.len()) else {
        return (Vec::new(), 0);
    };
    let mean = samples.iter().sum::<f32>() / samples.len() as f32;
    let hann = |index: usize| 0.5 - 0.5 * (std::f32::consts::TAU * index as f32 / points as f32).cos();
    let mut sum = vec![0.0f32; points / 2];
    let mut blocks = 0;
    let mut block = vec![0.0f32; points];
    for part in samples.windows(points).step_by(points / 2) {
        for (index, (slot, sample)) in block.iter_mut().zip(part).enumerate() {
            *slot = (sample - mean) * hann(index);
        }
        let Some(bins) = real_fft(&mut block) else { return (Vec::new(), 0) };
        for (index, (sum, bin)) in sum.iter_mut().zip(bins.iter()).enumerate() {
            // The first bin holds Nyquist's in its imaginary part, and the mean is out of it.
            *sum += if index == 0 { bin.re * bin.re } else { bin.norm_sqr() };
        }
        blocks += 1;
    }
    // A sine of amplitude 1 has a peak of points/4 under this window.
    let whole = (points as f32 / 4.0).powi(2) * blocks.max(1) as f32;
    (sum.into_iter().map(|power| 10.0 * (power / whole).max(1e-14).log10()).collect(), points)
}

fn ranges(known: &mut (u64, Vec<(f32, f32)>), recognised: &Recognised) {
    if known.0 == recognised.count {
        return;
    }
    let new = recognised.count.saturating_sub(known.0).min(recognised.answers.len() as u64) as usize;
    known.1.resize(recognised.plan.outputs(), (f32::MAX, f32::MIN));
    for answer in recognised.answers.iter().rev().take(new) {
        for ((least, most), feature) in known.1.iter_mut().zip(&answer.features) {
            (*least, *most) = (least.min(*feature), most.max(*feature));
        }
    }
    known.0 = recognised.count;
}

/// Stages as boxes, one pipeline after the other, then what runs beside them.
fn flow(ui: &mut Ui, view: &View<'_>, node: &NodeHistory) {
    let stages = || node.sums.stages.iter().filter(|stage| stage.deadline_us.is_none());
    let mut drawn: Vec<&'static str> = Vec::new();
    for sum in &node.sums.pipelines {
        let own: Vec<&StageSum> = stages().filter(|stage| stage.task == sum.task).collect();
        drawn.extend(own.iter().map(|stage| stage.name));
        let source = match node.app.as_str() {
            "sound" => "microphone",
            "motion" | "vibration" => "IMU",
            "spectrometer" => "spectrum",
            "position" => "radio",
            _ => sum.name,
        };
        let deadline = sum.deadline_ns.max(1) as f64;
        row(ui, view, source, &own, Some(deadline), sum.response.count());
    }
    let beside: Vec<&StageSum> = stages().filter(|stage| !drawn.contains(&stage.name)).collect();
    if !beside.is_empty() {
        row(ui, view, "beside it", &beside, None, 0);
    }
}

fn row(
    ui: &mut Ui,
    view: &View<'_>,
    source: &str,
    stages: &[&StageSum],
    deadline_ns: Option<f64>,
    windows: u64,
) {
    let look = &view.look;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::new(0.0, 4.0);
        // A row that nearly fits is made to: another one would take the charts' room.
        let each = ((ui.available_width() - SOURCE) / stages.len().max(1) as f32 - ARROW - 0.5).floor();
        let wide = if each >= NARROWEST { each.min(BOX.x) } else { BOX.x };
        let (rect, response) = ui.allocate_exact_size(Vec2::new(SOURCE, BOX.y), Sense::hover());
        text_at(ui, rect.left_center() - Vec2::new(0.0, 8.0), Align2::LEFT_CENTER, source, 12.0, look.world);
        let said = match deadline_ns {
            Some(deadline) => format!("{} each", look::duration(deadline)),
            None => "other tasks".into(),
        };
        text_at(ui, rect.left_center() + Vec2::new(0.0, 8.0), Align2::LEFT_CENTER, &said, 10.0, look.quiet);
        if deadline_ns.is_some() {
            response
                .on_hover_text(format!("{windows} windows so far; each has to be done within its deadline"));
        }
        for stage in stages {
            let whole = Vec2::new(ARROW + wide, BOX.y);
            let (rect, response) = ui.allocate_exact_size(whole, Sense::hover());
            let frame = Rect::from_min_max(rect.min + Vec2::new(ARROW, 0.0), rect.max);
            if deadline_ns.is_some() {
                arrow(ui, rect.left_center(), frame.left_center(), look.quiet);
            }
            stage_box(ui, view, stage, frame, deadline_ns);
            response.on_hover_ui(|ui| stage_words(ui, view, stage, deadline_ns));
        }
    });
}

fn arrow(ui: &Ui, from: Pos2, to: Pos2, colour: Color32) {
    let (from, to) = (from + Vec2::new(2.0, 0.0), to - Vec2::new(1.0, 0.0));
    ui.painter().line_segment([from, to], Stroke::new(1.2, colour));
    let head = vec![to, to + Vec2::new(-4.0, -3.0), to + Vec2::new(-4.0, 3.0)];
    ui.painter().add(Shape::convex_polygon(head, colour, Stroke::NONE));
}

fn stage_box(ui: &Ui, view: &View<'_>, stage: &StageSum, frame: Rect, deadline_ns: Option<f64>) {
    let look = &view.look;
    let painter = ui.painter().with_clip_rect(frame);
    painter.rect(
        frame,
        3.0,
        look.raised,
        Stroke::new(1.0, look.quiet.gamma_multiply(0.5)),
        StrokeKind::Inside,
    );
    let mean = stage.total_ns as f64 / stage.count.max(1) as f64;
    let inner = frame.shrink2(Vec2::new(4.0, 3.0));
    let font = |size| egui::FontId::proportional(size);
    let name = painter.text(inner.left_top(), Align2::LEFT_TOP, stage.name, font(12.0), look.text);
    let bar = painter.layout_no_wrap(error_bar(stage), font(10.0), look.quiet);
    // A long name has the line for itself: the bar is in the hover text as well.
    let at = Pos2::new(inner.right() - bar.size().x, inner.top() + 1.0);
    if at.x > name.right() + 3.0 {
        painter.galley(at, bar, look.quiet);
    }
    let mono = egui::FontId::monospace(11.0);
    let took = painter.text(
        Pos2::new(inner.left(), inner.top() + 15.0),
        Align2::LEFT_TOP,
        look::duration(mean),
        mono,
        look.node,
    );
    // Its part of the deadline, as it was at most.
    let share = match deadline_ns {
        Some(_) => stage.worst_ppm as f64 * 1e-6,
        None => return,
    };
    let words = if share < 0.001 { "<0.1 %".into() } else { look::percent(share) };
    let words = painter.layout_no_wrap(words, font(10.0), look.quiet);
    // The bar below says it too.
    let at = Pos2::new(inner.right() - words.size().x, inner.top() + 16.0);
    if at.x > took.right() + 2.0 {
        painter.galley(at, words, look.quiet);
    }
    let bar = Rect::from_min_max(
        Pos2::new(inner.left(), frame.bottom() - 6.0),
        Pos2::new(inner.right(), frame.bottom() - 3.0),
    );
    painter.rect_filled(bar, 1.0, look.quiet.gamma_multiply(0.25));
    let colour = if share > 1.0 { look.bad } else { look.node };
    let full = Rect::from_min_size(bar.min, Vec2::new(bar.width() * share.min(1.0) as f32, bar.height()));
    painter.rect_filled(full, 1.0, colour);
}

fn stage_words(ui: &mut Ui, view: &View<'_>, stage: &StageSum, deadline_ns: Option<f64>) {
    let mean = stage.total_ns as f64 / stage.count.max(1) as f64;
    let cpu = stage.total_ns as f64 / view.history.now_ns.max(1) as f64;
    ui.label(RichText::new(stage.name).strong());
    egui::Grid::new("stage").num_columns(2).show(ui, |ui| {
        let mut rows = vec![
            ("on the target, mean", look::duration(mean)),
            ("may be off by", error_bar(stage)),
            ("longest", look::duration(stage.max_ns as f64)),
            ("times run", stage.count.to_string()),
            ("of the CPU", look::percent(cpu)),
            ("task", stage.task.unwrap_or("-").to_string()),
        ];
        if let Some(deadline) = deadline_ns {
            rows.push(("of the deadline, mean", look::percent(mean / deadline)));
            rows.push(("of a deadline, at most", look::percent(stage.worst_ppm as f64 * 1e-6)));
        }
        for (name, value) in rows {
            ui.label(RichText::new(name).color(view.look.quiet));
            ui.monospace(value);
            ui.end_row();
        }
    });
    if let Some(node) = view.seen() {
        let chip =
            headroom::facts(&node.board).map_or("the target".into(), |facts| format!("{:?}", facts.mcu));
        ui.label(
            RichText::new(format!("{chip} at {} MHz: {}", node.cpu_mhz, standing(node)))
                .small()
                .color(view.look.quiet),
        );
    }
}

/// A chart's room: its title, then the ground to draw on.
fn ground(ui: &mut Ui, look: &Look, size: Vec2, title: &str, unit: &str) -> (Rect, egui::Response) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let title = text_at(ui, rect.left_top(), Align2::LEFT_TOP, title, 12.0, look.text);
    let at = Pos2::new(title.right() + 6.0, rect.top() + 1.5);
    let mut job = LayoutJob::simple_singleline(unit.into(), egui::FontId::proportional(10.0), look.quiet);
    job.wrap = TextWrapping::truncate_at_width((rect.right() - at.x).max(0.0));
    ui.painter().galley(at, ui.painter().layout_job(job), look.quiet);
    let ground = Rect::from_min_max(rect.min + Vec2::new(0.0, 17.0), rect.max);
    ui.painter().rect_filled(ground, 2.0, look.raised);
    (ground, response)
}

fn note(ui: &Ui, look: &Look, at: Pos2, align: Align2, text: &str) {
    text_at(ui, at, align, text, 10.0, look.quiet);
}

fn window(ui: &mut Ui, view: &View<'_>, node: &NodeHistory, shown: &Shown, size: Vec2) {
    let look = &view.look;
    let heard = !node.heard.is_empty();
    let unit = if heard { "of full scale" } else { "x y z, g" };
    let (rect, response) = ground(ui, look, size, "window", unit);
    let length_ns = shown.to_ns.saturating_sub(shown.from_ns) as f64;
    let most = shown.waves.iter().flatten().flatten().fold(1e-4f32, |most, value| most.max(value.abs()));
    let plot = Rect::from_min_max(rect.min + Vec2::new(2.0, 13.0), rect.max - Vec2::new(2.0, 13.0));
    let y = |value: f32| plot.center().y - value / most * 0.5 * plot.height();
    for (axis, wave) in shown.waves.iter().enumerate() {
        let colour = if heard { look.node } else { look.axes[axis % 3] };
        let step = plot.width() / wave.len().max(1) as f32;
        let points: Vec<Pos2> = (wave.iter().enumerate())
            .flat_map(|(index, [least, greatest])| {
                let x = plot.left() + step * (index as f32 + 0.5);
                [Pos2::new(x, y(*least)), Pos2::new(x, y(*greatest))]
            })
            .collect();
        ui.painter().add(Shape::line(points, Stroke::new(1.0, colour)));
    }
    note(
        ui,
        look,
        rect.left_top() + Vec2::new(3.0, 1.0),
        Align2::LEFT_TOP,
        &format!("±{}", look::figure(f64::from(most))),
    );
    note(
        ui,
        look,
        rect.left_bottom() + Vec2::new(3.0, -1.0),
        Align2::LEFT_BOTTOM,
        &look::clock(shown.from_ns),
    );
    note(
        ui,
        look,
        rect.right_bottom() - Vec2::new(3.0, 1.0),
        Align2::RIGHT_BOTTOM,
        &look::duration(length_ns),
    );
    let what = if heard {
        "samples that the node read from its microphone"
    } else {
        "acceleration as the node read it: x, y and z by colour"
    };
    response.on_hover_text(format!(
        "{what}, from {} to {}",
        look::clock(shown.from_ns),
        look::clock(shown.to_ns)
    ));
}

fn spectrum(ui: &mut Ui, look: &Look, shown: &Shown, heard: bool, size: Vec2) {
    let unit = if heard { "dB of full scale" } else { "of |a|, dB of 1 g" };
    let (rect, response) = ground(ui, look, size, "spectrum", unit);
    if shown.spectrum.is_empty() {
        return note(ui, look, rect.center(), Align2::CENTER_CENTER, "too few samples yet");
    }
    let greatest = shown.spectrum.iter().skip(1).fold(f32::MIN, |most, db| most.max(*db));
    // Nought has no sign.
    let high = (greatest / 10.0).ceil() * 10.0 + 0.0;
    let low = high - 70.0;
    let plot = Rect::from_min_max(rect.min + Vec2::new(2.0, 13.0), rect.max - Vec2::new(2.0, 13.0));
    let bins = shown.spectrum.len();
    let x = |bin: usize| plot.left() + bin as f32 / bins as f32 * plot.width();
    let y = |db: f32| plot.bottom() - ((db - low) / (high - low)).clamp(0.0, 1.0) * plot.height();
    let points: Vec<Pos2> =
        shown.spectrum.iter().enumerate().skip(1).map(|(bin, db)| Pos2::new(x(bin), y(*db))).collect();
    ui.painter().add(Shape::line(points, Stroke::new(1.1, look.node)));
    note(ui, look, rect.left_top() + Vec2::new(3.0, 1.0), Align2::LEFT_TOP, &format!("{high:.0} dB"));
    note(ui, look, plot.left_bottom() + Vec2::new(1.0, -1.0), Align2::LEFT_BOTTOM, &format!("{low:.0} dB"));
    let end_hz = f64::from(shown.bin_hz) * bins as f64;
    note(ui, look, rect.left_bottom() + Vec2::new(3.0, -1.0), Align2::LEFT_BOTTOM, "0 Hz");
    note(
        ui,
        look,
        rect.right_bottom() - Vec2::new(3.0, 1.0),
        Align2::RIGHT_BOTTOM,
        &format!("{} Hz", look::figure(end_hz)),
    );
    let pointed = response.hover_pos().map(|pointer| {
        let bin =
            ((pointer.x - plot.left()) / plot.width() * bins as f32).clamp(0.0, bins as f32 - 1.0) as usize;
        ui.painter().vline(x(bin), plot.y_range(), Stroke::new(1.0, look.quiet));
        (bin, shown.spectrum[bin])
    });
    let (bin, db) = pointed.unwrap_or((0, 0.0));
    let hz = f64::from(shown.bin_hz) * bin as f64;
    response.on_hover_text_at_pointer(format!(
        "{} Hz: {db:.1} dB\nHann window, {} points, mean of the window's blocks; computed for this view: \
         the node's own features are beside it",
        look::figure(hz),
        2 * bins
    ));
}

fn features(ui: &mut Ui, look: &Look, answer: &Answer, names: &[Feature], ranges: &[(f32, f32)], size: Vec2) {
    let count = answer.features.len();
    let (rect, response) = ground(ui, look, size, "features", &format!("{count}, each in its range"));
    if count as f32 * NAMED < rect.height() - 4.0 {
        return named_features(ui, look, answer, names, ranges, rect, response);
    }
    let plot = rect.shrink(3.0);
    let step = plot.width() / count.max(1) as f32;
    for (index, (feature, (least, most))) in answer.features.iter().zip(ranges).enumerate() {
        let share = if most > least { (feature - least) / (most - least) } else { 0.5 };
        let left = plot.left() + step * index as f32;
        let top = plot.bottom() - share.clamp(0.02, 1.0) * plot.height();
        let column = Rect::from_x_y_ranges(left..=left + (step - 0.8).max(0.8), top..=plot.bottom());
        ui.painter().rect_filled(column, 0.0, look.node);
    }
    let pointed =
        response.hover_pos().map(|pointer| ((pointer.x - plot.left()) / step.max(0.1)).max(0.0) as usize);
    let index = pointed.unwrap_or(0).min(count.saturating_sub(1));
    response.on_hover_text_at_pointer(feature_words(answer, names, ranges, index));
}

/// Of a line of features with their names, points.
const NAMED: f32 = 14.0;

/// Where all of them have room, each by its name.
fn named_features(
    ui: &mut Ui,
    look: &Look,
    answer: &Answer,
    names: &[Feature],
    ranges: &[(f32, f32)],
    rect: Rect,
    response: egui::Response,
) {
    let left = rect.left() + 0.62 * rect.width();
    let painter = ui.painter().with_clip_rect(rect.with_max_x(left - 4.0));
    for (index, feature) in answer.features.iter().enumerate() {
        let top = rect.top() + 2.0 + NAMED * index as f32;
        let name = names.get(index).map_or("", |feature| feature.name.as_str());
        let font = egui::FontId::proportional(11.0);
        painter.text(Pos2::new(rect.left() + 4.0, top), Align2::LEFT_TOP, name, font, look.text);
        let whole = Rect::from_x_y_ranges(left..=rect.right() - 4.0, top + 3.0..=top + NAMED - 3.0);
        ui.painter().rect_filled(whole, 1.0, look.quiet.gamma_multiply(0.2));
        let (least, most) = ranges.get(index).copied().unwrap_or((0.0, 0.0));
        let share = if most > least { (feature - least) / (most - least) } else { 0.5 };
        let column = whole.with_max_x(whole.left() + share.clamp(0.02, 1.0) * whole.width());
        ui.painter().rect_filled(column, 1.0, look.node);
    }
    let pointed = response.hover_pos().map(|at| ((at.y - rect.top() - 2.0) / NAMED).max(0.0) as usize);
    let index = pointed.unwrap_or(0).min(answer.features.len().saturating_sub(1));
    response.on_hover_text_at_pointer(feature_words(answer, names, ranges, index));
}

/// What a feature is, what it is now, and what it has been.
fn feature_words(answer: &Answer, names: &[Feature], ranges: &[(f32, f32)], index: usize) -> String {
    let value = answer.features.get(index).copied().unwrap_or(0.0);
    let (least, most) = ranges.get(index).copied().unwrap_or((0.0, 0.0));
    let (name, unit) =
        names.get(index).map_or(("", ""), |feature| (feature.name.as_str(), feature.unit.as_ref()));
    let [value, least, most] = [value, least, most].map(|value| look::figure(f64::from(value)));
    format!(
        "{name}: {value} {unit}\nso far between {least} and {most}; feature {} of {}",
        index + 1,
        answer.features.len()
    )
}

fn classes(ui: &mut Ui, look: &Look, recognised: &Recognised, answer: &Answer, size: Vec2) {
    let distances = recognised.distances();
    let said = match answer.told {
        Some((name, percent)) => format!("told: {name} {percent} %"),
        None if recognised.distances() => "told: none of these states".into(),
        None => "told: nothing, not sure enough".into(),
    };
    let (rect, response) = ground(ui, look, size, if distances { "states" } else { "classes" }, &said);
    let count = answer.shares.len().max(1);
    let row = (rect.height() / count as f32).min(20.0);
    let text = (row - 3.0).clamp(7.0, 12.0);
    let wide = |name: &str| {
        let font = egui::FontId::proportional(text);
        ui.painter().layout_no_wrap(format!("> {name}"), font, look.text).size().x
    };
    let names = recognised.model.classes.names().map(wide).fold(40.0, f32::max) + 8.0;
    let names = names.min(rect.width() * 0.5);
    let bars = Rect::from_min_max(rect.min + Vec2::new(names, 0.0), rect.max - Vec2::new(40.0, 0.0));
    let painter = ui.painter().with_clip_rect(rect);
    for (class, (name, share)) in recognised.model.classes.names().zip(&answer.shares).enumerate() {
        let top = rect.top() + row * class as f32;
        let middle = top + row / 2.0;
        let told = answer.told.is_some_and(|(told, _)| told == name);
        let font = egui::FontId::proportional(text);
        let mark = if told { ">" } else { " " };
        let colour = if told { look.node } else { look.text };
        // A name that is too long must not run into its bar.
        painter.with_clip_rect(rect.with_max_x(bars.left() - 3.0)).text(
            Pos2::new(rect.left() + 3.0, middle),
            Align2::LEFT_CENTER,
            format!("{mark} {name}"),
            font.clone(),
            colour,
        );
        let threshold = recognised.model.thresholds.of(class);
        // A distance has no end: its threshold is in the middle.
        let whole = if distances { (2.0 * threshold).max(1.0) } else { 1.0 };
        let x = |share: f32| bars.left() + (share / whole).clamp(0.0, 1.0) * bars.width();
        let y = top + 0.2 * row..=top + 0.8 * row;
        painter.rect_filled(
            Rect::from_x_y_ranges(bars.x_range(), *y.start()..=*y.end()),
            1.0,
            look.quiet.gamma_multiply(0.2),
        );
        let fill = if told { look.node } else { look.quiet };
        painter.rect_filled(Rect::from_x_y_ranges(bars.left()..=x(*share), *y.start()..=*y.end()), 1.0, fill);
        if threshold > 0.0 {
            painter.vline(x(threshold), top + 0.05 * row..=top + 0.95 * row, Stroke::new(1.6, look.world));
        }
        let value = match distances {
            true => look::figure(f64::from(*share)),
            false => format!("{:.0} %", 100.0 * share),
        };
        painter.text(Pos2::new(rect.right() - 3.0, middle), Align2::RIGHT_CENTER, value, font, look.text);
    }
    let thresholds = (0..count).any(|class| recognised.model.thresholds.of(class) > 0.0);
    let mark = if thresholds {
        "a blue mark is the class's threshold"
    } else {
        "this model has no thresholds: every answer is taken"
    };
    let (from, to) = (look::clock(answer.start_ns), look::clock(answer.end_ns));
    response.on_hover_text(match distances {
        true => format!(
            "how far the window from {from} to {to} is from each state the model knows, \
             in standard deviations: the least is the \
             state; {mark}, beyond it is none of them"
        ),
        false => format!(
            "how sure the model is of each class, of the window from {from} to {to}, before smoothing ({:?}); {mark}",
            recognised.model.smoothing
        ),
    });
}

/// Lines of text in a chart's place.
fn told(ui: &mut Ui, look: &Look, size: Vec2, title: &str, lines: &[String]) {
    let (rect, _) = ground(ui, look, size, title, "");
    for (index, line) in lines.iter().enumerate() {
        let at = rect.left_top() + Vec2::new(5.0, 4.0 + 15.0 * index as f32);
        ui.painter().with_clip_rect(rect).text(
            at,
            Align2::LEFT_TOP,
            line,
            egui::FontId::proportional(12.0),
            look.text,
        );
    }
}

/// The last reflectances that the node told.
fn reflectances(node: &NodeHistory, at_ns: u64) -> Option<&Said> {
    let before = node.events.iter().rev().skip_while(|said| said.at.0 > at_ns);
    before.take(400).find(|said| matches!(said.event, Event::Spectrum { .. }))
}

fn reflectance(ui: &mut Ui, look: &Look, said: &Said, size: Vec2) {
    let Event::Spectrum { permille, .. } = &said.event else { return };
    let (rect, response) = ground(ui, look, size, "reflectance", "% of the white reference, 410 to 940 nm");
    let plot = Rect::from_min_max(rect.min + Vec2::new(3.0, 14.0), rect.max - Vec2::new(3.0, 2.0));
    let step = plot.width() / permille.len() as f32;
    for (band, value) in permille.iter().enumerate() {
        let share = (f32::from(*value) / 1_000.0).clamp(0.0, 1.2) / 1.2;
        let left = plot.left() + step * band as f32;
        let top = plot.bottom() - share * plot.height();
        let column = Rect::from_x_y_ranges(left..=left + step - 1.5, top..=plot.bottom());
        ui.painter().rect_filled(column, 1.0, look.node);
        if step > 22.0 {
            let text = format!("{:.0}", f32::from(*value) / 10.0);
            note(ui, look, Pos2::new(column.center().x, top - 1.0), Align2::CENTER_BOTTOM, &text);
        }
    }
    response
        .on_hover_text(format!("18 bands from short waves to long, measured at {}", look::clock(said.at.0)));
}

const CENTRES: [&str; OCTAVES] = ["63", "125", "250", "500", "1k", "2k", "4k"];

/// Where there is no model of classes: the last values that the node told.
fn said(ui: &mut Ui, look: &Look, node: &NodeHistory, at_ns: u64, size: Vec2) {
    let before = || node.events.iter().rev().skip_while(|said| said.at.0 > at_ns);
    let last = |wanted: fn(&Event) -> bool| before().find(|said| wanted(&said.event));
    if let Some(Said { event: Event::Level { laeq, laf_max, bands, tone_hz, .. }, at, .. }) =
        last(|event| matches!(event, Event::Level { .. }))
    {
        let db = |centi: i16| f32::from(centi) / 100.0;
        let unit = format!("{:.1} dB, max {:.1}; tone {tone_hz} Hz", db(*laeq), db(*laf_max));
        let (rect, response) = ground(ui, look, size, "level", &unit);
        let plot = Rect::from_min_max(rect.min + Vec2::new(4.0, 14.0), rect.max - Vec2::new(4.0, 14.0));
        let step = plot.width() / OCTAVES as f32;
        for (index, (band, name)) in bands.iter().zip(CENTRES).enumerate() {
            // From quiet to painful.
            let share = ((db(*band) - 20.0) / 90.0).clamp(0.0, 1.0);
            let left = plot.left() + step * index as f32;
            let top = plot.bottom() - share * plot.height();
            let column = Rect::from_x_y_ranges(left + 1.0..=left + step - 1.0, top..=plot.bottom());
            ui.painter().rect_filled(column, 1.0, look.node);
            note(
                ui,
                look,
                Pos2::new(column.center().x, top - 1.0),
                Align2::CENTER_BOTTOM,
                &format!("{:.0}", db(*band)),
            );
            note(ui, look, Pos2::new(column.center().x, rect.bottom() - 1.0), Align2::CENTER_BOTTOM, name);
        }
        response.on_hover_text(format!(
            "octave bands, dB SPL, of the second that ended at {}",
            look::clock(at.0)
        ));
        return;
    }
    let mut lines = Vec::new();
    let mut kinds: Vec<&str> = Vec::new();
    for said in before().take(400) {
        let kind = match said.event {
            Event::Value { name, .. } => name,
            ref event => event.kind(),
        };
        if kinds.contains(&kind) {
            continue;
        }
        kinds.push(kind);
        let words = match said.event {
            Event::Class { class, confidence_percent, .. } => format!("{class} {confidence_percent} %"),
            Event::Step { count, .. } => format!("{count} steps"),
            Event::Orientation { face, .. } => format!("lies on: {face}"),
            Event::Value { name, milli, unit, .. } => format!("{name} {:.3} {unit}", f64::from(milli) / 1e3),
            Event::Position { x_cm, y_cm, .. } => {
                format!("at {:.2} m, {:.2} m", f64::from(x_cm) / 100.0, f64::from(y_cm) / 100.0)
            }
            Event::Anomaly { distance, threshold, .. } => format!(
                "anomaly: {:.2} from normal, alarm from {:.2} on",
                f64::from(distance) / 100.0,
                f64::from(threshold) / 100.0
            ),
            Event::MotionMinute { activity_mg, still_percent, .. } => {
                format!("last minute: {activity_mg} mg, still {still_percent} %")
            }
            Event::Custom { name, value, .. } => format!("{name} {value}"),
            _ => continue,
        };
        lines.push(format!("{}  {words}", look::clock(said.at.0)));
        if lines.len() == 8 {
            break;
        }
    }
    if lines.is_empty() {
        lines.push("the node has told nothing yet".into());
    }
    told(ui, look, size, "what it told last", &lines);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_is_nought_decibels_at_its_bin() {
        let samples: Vec<f32> =
            (0..4096).map(|index| (std::f32::consts::TAU * 100.0 * index as f32 / 1024.0).sin()).collect();
        let (spectrum, points) = powers(&samples);
        assert_eq!((points, spectrum.len()), (1024, 512));
        let (bin, db) = spectrum.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        assert_eq!(bin, 100);
        assert!(db.abs() < 0.1, "{db} dB");
    }
}
