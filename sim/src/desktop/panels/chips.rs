//! The chips: rails now.

use crate::desktop::desk::View;
use egui::Ui;

#[derive(Default)]
pub struct Chips;

impl Chips {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>) {
        let Some(node) = view.seen() else { return };
        ui.label(format!("battery {} mV", node.supply.battery_mv));
    }
}
