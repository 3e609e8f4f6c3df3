//! What the world did at the node: sound, motion, labels, hands.

use crate::desktop::desk::View;
use crate::desktop::plot::{self, Axis, TimeAxis};
use egui::Ui;

#[derive(Default)]
pub struct World;

const AXES: [&str; 3] = ["x", "y", "z"];

impl World {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        let height = ((ui.available_height() - 12.0) / 2.0).max(60.0);
        let width = ui.available_width();
        let sound = plot::line("sound", &node.sound, time, width, view.look.world);
        let axis = Axis { label: "sound, Pa", at_least: (-0.02, 0.02), height };
        plot::over_time(ui, "world-sound", time, &view.look, &node.labels, axis, |plot| plot.line(sound));
        let lines: Vec<_> = (0..3)
            .map(|axis| plot::line(AXES[axis], &node.motion[axis], time, width, view.look.axes[axis]))
            .collect();
        let axis = Axis { label: "motion, g", at_least: (-1.1, 1.1), height };
        plot::over_time(ui, "world-motion", time, &view.look, &node.labels, axis, |plot| {
            lines.into_iter().for_each(|line| plot.line(line));
        });
    }
}
