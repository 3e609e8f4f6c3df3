//! The budget: what part of its time the CPU is busy, how much of their deadlines windows take, and what one window waited
//! for.

use super::empty;
use super::timeline::{self, Choice};
use crate::budget::{headroom, words};
use crate::desktop::desk::View;
use crate::desktop::look::{self, Look};
use crate::desktop::plot::TimeAxis;
use crate::live::NodeHistory;
use egui::{
    Align2, CollapsingHeader, Color32, FontId, Pos2, Rect, RichText, ScrollArea, Sense, Stroke, Ui, Vec2,
};
use hal_shim::budget::PipelineSum;
use hal_shim::cost::CostTable;
use hal_shim::trace::StageSum;

#[derive(Default)]
pub struct Budget {
    choice: Choice,
    /// Whose window the timeline shows, if there are several.
    pipeline: usize,
}

impl Budget {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        if node.sums.pipelines.is_empty() {
            return empty(
                ui,
                &view.look,
                "No window has been finished yet: press Play. A window is what a program \
                 makes of one read of its sensor.",
            );
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            load(ui, view, node);
            for sum in &node.sums.pipelines {
                pipeline(ui, &view.look, sum);
            }
            self.timeline(ui, view, node, time);
            stages(ui, view, node);
            losses(ui, view, node);
            ui.label(RichText::new(standing(node)).small().color(view.look.quiet));
        });
    }

    fn timeline(&mut self, ui: &mut Ui, view: &View<'_>, node: &NodeHistory, time: &TimeAxis) {
        let sums = &node.sums.pipelines;
        self.pipeline = self.pipeline.min(sums.len() - 1);
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("One window").strong());
            if sums.len() > 1 {
                for (index, sum) in sums.iter().enumerate() {
                    ui.selectable_value(&mut self.pipeline, index, sum.name)
                        .on_hover_text("windows of this pipeline");
                }
                ui.separator();
            }
            for (choice, name, hint) in [
                (Choice::Worst, "worst", "the window with the longest response since the run began"),
                (Choice::Latest, "latest", "the window that ended last"),
                (
                    Choice::Cursor,
                    "at the cursor",
                    "the window at the time that you point at in a plot, as far as it is still known",
                ),
            ] {
                ui.selectable_value(&mut self.choice, choice, name).on_hover_text(hint);
            }
        });
        let sum = &sums[self.pipeline];
        match timeline::window(node, sum, self.choice, time.cursor_s) {
            Some(window) => timeline::draw(ui, &view.look, &window),
            None => {
                let why = match self.choice {
                    Choice::Cursor => {
                        "Point at a moment in a plot: the window that was under way then is shown here."
                    }
                    _ => "No window is known in detail any more.",
                };
                empty(ui, &view.look, why);
            }
        }
    }
}

/// How far figures of time can be believed.
pub fn standing(node: &NodeHistory) -> String {
    let grade = node.sums.worst_grade.map_or("unknown".to_string(), |grade| grade.to_string());
    let table = headroom::facts(&node.board).and_then(|facts| CostTable::of(facts.mcu));
    let standing = table.map_or("predicted".to_string(), CostTable::standing);
    format!("{standing}; each stage has its own error bar (±); the weakest figure is {grade}")
}

/// How far a stage's time may be off, by the error bars of the kernels that it is made of.
pub fn error_bar(stage: &StageSum) -> String {
    format!("±{:.0} %", 100.0 * stage.off_ns / stage.total_ns.max(1) as f64)
}

fn load(ui: &mut Ui, view: &View<'_>, node: &NodeHistory) {
    let whole = view.history.now_ns.max(1) as f64;
    let busy = node.sums.busy_ns as f64 / whole;
    let staged = node.sums.staged_ns as f64 / whole;
    let (mark, colour) = state(&view.look, busy < 0.9, busy < 1.0);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("CPU").strong());
        ui.label(format!("{} MHz", node.cpu_mhz));
        ui.colored_label(colour, format!("{mark} busy {}", look::percent(busy)));
        ui.label(
            RichText::new(format!(
                "in stages {}, beside them {}",
                look::percent(staged),
                look::percent(busy - staged)
            ))
            .color(view.look.quiet),
        );
        ui.label(format!("headroom {}", look::percent((1.0 - busy).max(0.0))))
            .on_hover_text("time in which the CPU had nothing to do: it could sleep, or do more");
    });
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 12.0), Sense::hover());
    let bar = Bar { rect, look: &view.look, whole: 1.0 };
    bar.ground(ui);
    bar.fill(ui, 0.0, busy, view.look.node.gamma_multiply(0.45));
    bar.fill(ui, 0.0, staged, view.look.node);
    response.on_hover_text(format!(
        "full: stages, {}; pale: drivers, interrupts and the executor, {}; longest time outside a stage {}",
        look::percent(staged),
        look::percent(busy - staged),
        look::duration(node.sums.longest_unstaged_ns as f64)
    ));
}

fn state(look: &Look, good: bool, fair: bool) -> (&'static str, Color32) {
    match (good, fair) {
        (true, _) => ("+", look.good),
        (false, true) => ("!", look.warning),
        (false, false) => ("x", look.bad),
    }
}

/// A bar from nothing to `whole`.
struct Bar<'a> {
    rect: Rect,
    look: &'a Look,
    whole: f64,
}

impl Bar<'_> {
    fn x(&self, value: f64) -> f32 {
        self.rect.left() + (value / self.whole).clamp(0.0, 1.0) as f32 * self.rect.width()
    }
    fn ground(&self, ui: &Ui) {
        ui.painter().rect_filled(self.rect, 2.0, self.look.quiet.gamma_multiply(0.25));
    }
    fn fill(&self, ui: &Ui, from: f64, to: f64, colour: Color32) {
        let rect = Rect::from_x_y_ranges(self.x(from)..=self.x(to), self.rect.y_range());
        ui.painter().rect_filled(rect, 2.0, colour);
    }
    fn mark(&self, ui: &Ui, at: f64, colour: Color32) {
        let x = self.x(at).clamp(self.rect.left() + 1.0, self.rect.right() - 1.0);
        ui.painter().vline(x, self.rect.expand(2.0).y_range(), Stroke::new(2.0, colour));
    }
}

fn pipeline(ui: &mut Ui, look: &Look, sum: &PipelineSum) {
    let ns = |permille| sum.response.quantile(permille).unwrap_or(0) as f64;
    let (p50, p99, worst) = (ns(500), ns(990), sum.response.max() as f64);
    let deadline = sum.deadline_ns.max(1) as f64;
    let (mark, colour) = state(look, sum.misses == 0, false);
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(sum.name).strong());
        let count = sum.response.count();
        let said = match sum.misses {
            0 => format!("{mark} {count} windows, none late"),
            late => format!("{mark} {late} of {count} windows late"),
        };
        ui.colored_label(colour, said);
        let slack = sum.slack_ns as f64;
        let headroom = if slack >= 0.0 { "headroom" } else { "too late by" };
        ui.label(format!("{headroom} {}", look::duration(slack.abs())))
            .on_hover_text("deadline less the longest response");
    });
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 12.0), Sense::hover());
    let bar = Bar { rect, look, whole: 1.04 * deadline.max(worst) };
    bar.ground(ui);
    bar.fill(ui, 0.0, p99, look.node.gamma_multiply(0.45));
    bar.fill(ui, 0.0, p50, look.node);
    bar.mark(ui, worst, if sum.misses == 0 { look.text } else { look.bad });
    bar.mark(ui, deadline, look.world);
    let jitter = sum.start.max().saturating_sub(sum.start.min()) as f64;
    let span = sum.response.max().saturating_sub(sum.response.min()) as f64;
    response.on_hover_text(format!(
        "full to the median, pale to p99, a mark at the worst, a blue mark at the deadline\n{}\n\
         begins between {} and {} after its release",
        words::breakdown(sum),
        look::duration(sum.start.min() as f64),
        look::duration(sum.start.max() as f64),
    ));
    ui.horizontal_wrapped(|ui| {
        for (name, value) in [("p50", p50), ("p99", p99), ("worst", worst)] {
            ui.label(RichText::new(name).color(look.quiet));
            ui.monospace(format!("{:>7} ({})", look::duration(value), look::percent(value / deadline)));
        }
        ui.label(RichText::new(format!("of {}", look::duration(deadline))).color(look.world));
        let words = format!("jitter: start {}, response {}", look::duration(jitter), look::duration(span));
        ui.add(egui::Label::new(RichText::new(words).color(look.quiet)).extend()).on_hover_text(
            "latest less earliest: of when windows begin after their release, and of how long they take",
        );
        if let Some(at) = sum.first_miss {
            ui.colored_label(
                look.bad,
                format!("first late at {}, {} in a row at most", look::clock(at.0), sum.misses_in_a_row),
            );
        }
    });
}

fn stages(ui: &mut Ui, view: &View<'_>, node: &NodeHistory) {
    CollapsingHeader::new("Stages").default_open(true).show(ui, |ui| {
        ScrollArea::horizontal().show(ui, |ui| {
            egui::Grid::new("stages").num_columns(8).striped(true).spacing([14.0, 3.0]).show(ui, |ui| {
                let head = |ui: &mut Ui, title: String| {
                    ui.label(RichText::new(title).monospace().color(view.look.quiet))
                };
                for (title, width) in [
                    ("stage", 0),
                    ("task", 0),
                    ("times", 8),
                    ("mean", 8),
                    ("off by", 6),
                    ("longest", 8),
                    ("CPU", 7),
                    ("deadline", 7),
                ] {
                    head(ui, format!("{title:>width$}"));
                }
                ui.end_row();
                for stage in node.sums.stages.iter().filter(|stage| stage.deadline_us.is_none()) {
                    let mean = stage.total_ns as f64 / stage.count.max(1) as f64;
                    let cpu = stage.total_ns as f64 / view.history.now_ns.max(1) as f64;
                    ui.label(stage.name);
                    ui.label(RichText::new(stage.task.unwrap_or("-")).color(view.look.quiet));
                    ui.monospace(format!("{:>8}", stage.count));
                    ui.monospace(format!("{:>8}", look::duration(mean)));
                    ui.monospace(format!("{:>6}", error_bar(stage))).on_hover_text(
                        "how far its time may be off, as if all kernels that it is made of were off to the same side",
                    );
                    ui.monospace(format!("{:>8}", look::duration(stage.max_ns as f64)));
                    ui.monospace(format!("{:>7}", look::percent(cpu)));
                    ui.monospace(format!("{:>7}", look::percent(stage.worst_ppm as f64 * 1e-6)))
                        .on_hover_text(
                            "its time within one window, at most, as part of the window's deadline",
                        );
                    ui.end_row();
                }
            });
        });
    });
}

fn losses(ui: &mut Ui, view: &View<'_>, node: &NodeHistory) {
    if node.sums.overruns == 0 {
        ui.colored_label(view.look.good, "+ nothing was lost before the node read it");
        return;
    }
    ui.colored_label(
        view.look.bad,
        format!("x lost {} times, {} samples in all", node.sums.overruns, node.sums.lost),
    );
    for overrun in &node.sums.overruns_first {
        ui.label(words::overrun(overrun));
    }
}

/// Text at a place, cut where its room ends.
pub fn text_at(ui: &Ui, at: Pos2, align: Align2, text: &str, size: f32, colour: Color32) -> Rect {
    ui.painter().text(at, align, text, FontId::proportional(size), colour)
}
