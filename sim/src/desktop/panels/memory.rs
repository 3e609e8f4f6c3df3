//! Memory: what the program takes of its chip.

use super::empty;
use crate::desktop::desk::View;
use crate::memory::Footprint;
use egui::{ProgressBar, Ui};

#[derive(Default)]
pub struct Memory;

impl Memory {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>) {
        let Some(node) = view.seen() else { return };
        let Some(found) = Footprint::of(node_core::boards::Mcu::Esp32, &node.app) else {
            return empty(
                ui,
                &view.look,
                "Nobody has measured this app's memory: `nodetwin memory` says how.",
            );
        };
        ui.label(format!("{} B state, {} B stack at the deepest", found.state, found.stack));
        ui.add(ProgressBar::new(found.share() as f32).fill(view.look.node).show_percentage());
        ui.label(&found.source);
    }
}
