//! The budget: what part of its time the CPU is busy, and how much of their deadlines windows take.

use super::empty;
use crate::desktop::desk::View;
use crate::desktop::look;
use crate::desktop::plot::TimeAxis;
use egui::{ProgressBar, RichText, Ui};

#[derive(Default)]
pub struct Budget;

impl Budget {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, _time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        if node.sums.pipelines.is_empty() {
            return empty(ui, &view.look, "No window has been finished yet.");
        }
        let load = node.sums.busy_ns as f64 / view.history.now_ns.max(1) as f64;
        ui.label(format!("CPU {} MHz, busy {}", node.cpu_mhz, look::percent(load)));
        ui.add(ProgressBar::new(load as f32).fill(view.look.node));
        for pipeline in &node.sums.pipelines {
            let deadline = pipeline.deadline_ns.max(1) as f64;
            let worst = pipeline.response.max() as f64;
            ui.horizontal(|ui| {
                ui.label(RichText::new(pipeline.name).strong());
                let (mark, colour) =
                    if pipeline.misses == 0 { ("in time", view.look.good) } else { ("late", view.look.bad) };
                ui.colored_label(colour, mark);
                ui.label(format!(
                    "worst {} of {}, misses {}",
                    look::duration(worst),
                    look::duration(deadline),
                    pipeline.misses
                ));
            });
            ui.add(ProgressBar::new((worst / deadline) as f32).fill(view.look.node));
        }
    }
}
