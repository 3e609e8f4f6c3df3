//! What if: the scenario's settings as controls; a change is a run of its own beside the one that plays.

use crate::desktop::desk::{View, Want};
use egui::Ui;

#[derive(Default)]
pub struct WhatIf;

impl WhatIf {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, _wants: &mut Vec<Want>) {
        for node in &view.scenario.nodes {
            ui.label(format!("{}: {}", node.name, node.app));
        }
    }

    /// A and B in one line.
    pub fn compare(&mut self, ui: &mut Ui, view: &View<'_>, _wants: &mut Vec<Want>) {
        ui.label(format!("A  {}", view.scenario.name));
    }
}

/// Puts a change among those there are, in place of an earlier one of the same path.
pub fn put(sets: &mut Vec<String>, path: &str, value: &str) {
    sets.retain(|set| set.split_once('=').is_none_or(|(before, _)| before != path));
    sets.push(format!("{path}={value}"));
}
