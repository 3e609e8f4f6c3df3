//! What the node saw: the samples that crossed its wires, by the registers that it wrote; behind them what the world did.

use super::empty;
use crate::desktop::desk::View;
use crate::desktop::plot::{self, Chart, TimeAxis, Trace};
use crate::desktop::spectrogram::Spectrogram;
use crate::live::NodeHistory;
use egui::scroll_area::ScrollSource;
use egui::{ScrollArea, Ui};
use node_core::boards::esp32c3::ESP32C3;
use node_core::boards::m5stickc::M5STICKC;

pub struct Saw {
    spectrogram: Spectrogram,
    /// Whether what the world did is drawn behind.
    world: bool,
}

impl Default for Saw {
    fn default() -> Self {
        Self { spectrogram: Spectrogram::default(), world: true }
    }
}

const AXES: [&str; 3] = ["x", "y", "z"];

impl Saw {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        let heard = !node.heard.is_empty();
        let felt = node.felt.iter().any(|series| !series.is_empty());
        if !heard && !felt {
            let why = "The node has read no microphone and no IMU yet. Press Play; a node that only measures light or radio says what \
                       it measured under Events.";
            return empty(ui, &view.look, why);
        }
        ui.horizontal(|ui| {
            plot::time_bar(ui, &view.look, time);
            ui.checkbox(&mut self.world, "with the world").on_hover_text(
                "what the world did, thin and blue, with what the node saw of it: sound by the microphone's nominal sensitivity, \
                 motion as it was",
            );
        });
        let plots = 2 * usize::from(heard) + 2 * usize::from(felt);
        let height = plot::share(ui, ui.available_height(), plots);
        ScrollArea::vertical().auto_shrink(false).scroll_source(ScrollSource::SCROLL_BAR).show(ui, |ui| {
            if heard {
                plot::chart(ui, view, time, &node.labels, self.microphone(view, node, height));
                self.spectrogram.show(ui, view, time, node, height, !felt);
            }
            if felt {
                plot::chart(ui, view, time, &node.labels, self.imu(view, node, 0, height));
                plot::chart(ui, view, time, &node.labels, self.imu(view, node, 3, height));
            }
        });
    }

    fn microphone<'a>(&self, view: &View<'_>, node: &'a NodeHistory, height: f32) -> Chart<'a> {
        let mut traces = Vec::new();
        if let Some(scale) = full_scale_a_pascal(&node.board).filter(|_| self.world) {
            traces.push(Trace::behind("world", &node.sound, view.look.world, scale));
        }
        traces.push(Trace::of("node", &node.heard, view.look.node));
        if self.world {
            // What is quieter than the microphone's own noise would be hidden: the world lies on top, and thin.
            traces.reverse();
        }
        Chart {
            id: "microphone",
            title: "microphone",
            unit: "of full scale",
            about: "samples as the node read them: 1 is the largest that there can be",
            at_least: (-0.01, 0.01),
            height,
            times: false,
            traces,
        }
    }

    fn imu<'a>(&self, view: &View<'_>, node: &'a NodeHistory, first: usize, height: f32) -> Chart<'a> {
        let mut traces: Vec<Trace> = Vec::new();
        if self.world {
            traces.extend(
                (first..first + 3)
                    .map(|axis| Trace::behind("world", &node.motion[axis], view.look.world, 1.0)),
            );
        }
        traces
            .extend((0..3).map(|axis| Trace::of(AXES[axis], &node.felt[first + axis], view.look.axes[axis])));
        let (id, title, unit, about, most) = if first == 0 {
            ("accelerometer", "accelerometer", "g", "by its registers, in the range that the node chose", 1.1)
        } else {
            ("gyroscope", "gyroscope", "deg/s", "by its registers, in the range that the node chose", 10.0)
        };
        Chart { id, title, unit, about, at_least: (-most, most), height, times: first != 0, traces }
    }
}

/// Of the board's microphone, by its data sheet.
fn full_scale_a_pascal(board: &str) -> Option<f32> {
    let facts = [&M5STICKC, &ESP32C3].into_iter().find(|facts| facts.name == board)?;
    let sensitivity = facts.microphone.as_ref()?.sensitivity_centi_dbfs;
    // 94 dB SPL is 1 Pa RMS, and 0 dBFS is the RMS of a full-scale sine.
    Some(10f32.powf(f32::from(sensitivity) / 2_000.0) * std::f32::consts::FRAC_1_SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pascal_is_as_the_data_sheet_says() {
        // -22 dBFS: 0.0794 of the RMS of a full-scale sine.
        let scale = full_scale_a_pascal("m5stickc").unwrap();
        assert!((scale - 0.0794 / 2.0f32.sqrt()).abs() < 1e-4, "{scale}");
        assert_eq!(full_scale_a_pascal("toaster"), None);
    }
}
