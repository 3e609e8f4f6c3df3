//! What the node saw: the samples that crossed its wires, by the registers that it wrote.

use super::empty;
use crate::desktop::desk::View;
use crate::desktop::plot::{self, Axis, TimeAxis};
use egui::Ui;

#[derive(Default)]
pub struct Saw;

const AXES: [&str; 3] = ["x", "y", "z"];

impl Saw {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        let heard = !node.heard.is_empty();
        let felt = node.felt.iter().any(|series| !series.is_empty());
        if !heard && !felt {
            return empty(ui, &view.look, "The node has read nothing yet. Press Play.");
        }
        let plots = usize::from(heard) + 2 * usize::from(felt);
        let height = ((ui.available_height() - 12.0) / plots as f32).max(60.0);
        let width = ui.available_width();
        if heard {
            let line = plot::line("mic", &node.heard, time, width, view.look.node);
            let axis = Axis { label: "mic, of full scale", at_least: (-0.01, 0.01), height };
            plot::over_time(ui, "saw-mic", time, &view.look, &node.labels, axis, |plot| plot.line(line));
        }
        if felt {
            for (first, label, least) in [(0, "accel, g", 1.1), (3, "gyro, deg/s", 10.0)] {
                let lines: Vec<_> = (0..3)
                    .map(|axis| {
                        plot::line(AXES[axis], &node.felt[first + axis], time, width, view.look.axes[axis])
                    })
                    .collect();
                let axis = Axis { label, at_least: (-least, least), height };
                plot::over_time(ui, label, time, &view.look, &node.labels, axis, |plot| {
                    lines.into_iter().for_each(|line| plot.line(line));
                });
            }
        }
    }
}
