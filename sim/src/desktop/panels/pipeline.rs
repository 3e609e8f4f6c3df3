//! The pipeline: its stages from left to right, each with its price.

use super::empty;
use crate::desktop::desk::View;
use crate::desktop::look;
use egui::{RichText, Ui};

#[derive(Default)]
pub struct Pipeline;

impl Pipeline {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>) {
        let Some(node) = view.seen() else { return };
        if node.sums.stages.is_empty() {
            return empty(ui, &view.look, "No stage has run yet: they come with the first window.");
        }
        ui.horizontal_wrapped(|ui| {
            for stage in &node.sums.stages {
                egui::Frame::group(ui.style()).fill(view.look.raised).show(ui, |ui| {
                    ui.vertical(|ui| {
                        ui.label(RichText::new(stage.name).strong());
                        let mean = stage.total_ns as f64 / stage.count.max(1) as f64;
                        ui.monospace(look::duration(mean));
                        ui.label(
                            RichText::new(format!("{} times", stage.count)).small().color(view.look.quiet),
                        );
                    });
                });
            }
        });
        let grade =
            node.sums.worst_grade.map_or("-".to_string(), |grade| format!("{grade:?}").to_lowercase());
        ui.label(
            RichText::new(format!("predicted, not calibrated on hardware; the weakest figure is {grade}"))
                .small()
                .color(view.look.quiet),
        );
    }
}
