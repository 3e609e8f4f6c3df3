//! The log: every record, as it came.

use super::empty;
use crate::desktop::desk::View;
use crate::desktop::look;
use crate::desktop::plot::TimeAxis;
use egui::{ScrollArea, Ui};

#[derive(Default)]
pub struct Log;

impl Log {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, _time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        if node.records.is_empty() {
            return empty(ui, &view.look, "Nothing has happened yet.");
        }
        let row = ui.text_style_height(&egui::TextStyle::Monospace);
        ScrollArea::both().auto_shrink(false).stick_to_bottom(true).show_rows(
            ui,
            row,
            node.records.len(),
            |ui, rows| {
                for record in node.records.range(rows) {
                    ui.monospace(format!("{}  {:?}", look::clock(record.at.0), record.fact));
                }
            },
        );
    }
}
