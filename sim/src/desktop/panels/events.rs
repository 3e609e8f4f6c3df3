//! Events: what the node said, against what was true.

use super::empty;
use crate::desktop::desk::View;
use crate::desktop::look;
use crate::desktop::plot::TimeAxis;
use egui::{ScrollArea, Ui};

#[derive(Default)]
pub struct Events;

impl Events {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, _time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        if node.events.is_empty() {
            return empty(ui, &view.look, "The node has said nothing yet.");
        }
        let row = ui.text_style_height(&egui::TextStyle::Monospace);
        ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show_rows(
            ui,
            row,
            node.events.len(),
            |ui, rows| {
                for said in node.events.range(rows) {
                    ui.monospace(format!("{}  {:?}", look::clock(said.at.0), said.event));
                }
            },
        );
    }
}
