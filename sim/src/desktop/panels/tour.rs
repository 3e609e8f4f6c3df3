//! A short way around the window, for who sees it for the first time.

use crate::desktop::look::Look;
use egui::{Context, RichText};

#[derive(Default)]
pub struct Tour {
    step: Option<usize>,
}

const STEPS: [(&str, &str); 5] = [
    (
        "This is a node",
        "A simulated M5StickC runs the program that the real one runs. Its screen is the true one. Space plays and pauses.",
    ),
    (
        "Touch it",
        "Click its buttons. Drag it with the left mouse button: its motion sensor feels the hand. Drag beside it, or with the right button, to look around.",
    ),
    (
        "World and node",
        "On the left is what the world did (blue) above what the node saw (orange). The wheel zooms time, a drag moves it, a double click follows the run.",
    ),
    (
        "What it costs",
        "Below the stick are the stages with their predicted cost, and how much of each deadline they take.",
    ),
    (
        "What if?",
        "On the right are the scenario's settings. A change is a run of its own: the line at the bottom says which is better at what.",
    ),
];

impl Tour {
    pub fn begin(&mut self) {
        self.step = Some(0);
    }

    pub fn end(&mut self) {
        self.step = None;
    }

    /// Somebody is being shown around.
    pub fn is_on(&self) -> bool {
        self.step.is_some()
    }

    pub fn show(&mut self, context: &Context, look: &Look) {
        let Some(step) = self.step else { return };
        let (title, text) = STEPS[step.min(STEPS.len() - 1)];
        let window = egui::Window::new(title)
            .anchor(egui::Align2::CENTER_BOTTOM, [0.0, -70.0])
            .collapsible(false)
            .resizable(false);
        window.default_width(380.0).show(context, |ui| {
            ui.label(text);
            ui.add_space(6.0);
            ui.horizontal(|ui| {
                ui.label(RichText::new(format!("{} of {}", step + 1, STEPS.len())).small().color(look.quiet));
                if step + 1 < STEPS.len() {
                    if ui.button("Next").clicked() {
                        self.step = Some(step + 1);
                    }
                    if ui.button("Enough").clicked() {
                        self.step = None;
                    }
                } else if ui.button("Go").clicked() {
                    self.step = None;
                }
            });
        });
    }
}
