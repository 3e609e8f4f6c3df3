//! Sound: what one hears of the run, and the desktop's own microphone.

use crate::desktop::desk::{View, Want};
use egui::Ui;

#[derive(Default)]
pub struct Sound;

impl Sound {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, _wants: &mut Vec<Want>) {
        let Some(node) = view.seen() else { return };
        ui.label(format!("{} samples read", node.heard.count()));
    }
}
