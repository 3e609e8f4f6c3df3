//! The panels: one file each. A panel draws what happened and pushes what a person wants; it decides nothing.

mod budget;
mod chips;
mod events;
mod log;
mod memory;
pub mod notice;
mod pipeline;
mod saw;
mod sound;
mod timeline;
mod tour;
mod transport;
pub mod what_if;
mod world;

use super::desk::Want;
use super::look::Look;
use egui::{RichText, Ui};
use scenarios::LoadError;

/// What each panel remembers between frames.
#[derive(Default)]
pub struct Panels {
    pub transport: transport::Transport,
    pub world: world::World,
    pub saw: saw::Saw,
    pub pipeline: pipeline::Pipeline,
    pub budget: budget::Budget,
    pub events: events::Events,
    pub memory: memory::Memory,
    pub chips: chips::Chips,
    pub log: log::Log,
    pub what_if: what_if::WhatIf,
    pub sound: sound::Sound,
    pub tour: tour::Tour,
    pub notice: notice::Notice,
}

impl Panels {
    /// Another scenario was opened.
    pub fn forget(&mut self) {
        let tour = std::mem::take(&mut self.tour);
        // Who hears something goes on to hear.
        let sound = std::mem::take(&mut self.sound);
        let notice = std::mem::take(&mut self.notice);
        *self = Self { tour, sound, notice, ..Self::default() };
    }
}

/// What there is to see before there is anything.
pub fn nothing_open(ui: &mut Ui, look: &Look, refused: Option<&LoadError>, wants: &mut Vec<Want>) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.3);
        match refused {
            Some(error) => {
                let width = ui.available_width().min(720.0);
                ui.allocate_ui(egui::vec2(width, 0.0), |ui| {
                    ui.heading("This scenario cannot be run as it stands");
                    self::refused(ui, look, error);
                });
            }
            None => {
                ui.heading("No scenario is open");
            }
        }
        ui.add_space(8.0);
        ui.label("Drop a scenario (.toml) on this window, or begin with one of ours:");
        for file in ["scenarios/sound-sensor.toml", "scenarios/motion.toml", "scenarios/gestures.toml"] {
            if std::path::Path::new(file).exists() && ui.link(file).clicked() {
                wants.push(Want::Open(file.into()));
            }
        }
        ui.add_space(8.0);
        ui.label(
            RichText::new("nodetwin new mine.toml --app sound   writes a commented scenario to change")
                .monospace(),
        );
    });
}

/// What is wrong with a scenario, where, and what would be right.
pub fn refused(ui: &mut Ui, look: &Look, error: &LoadError) {
    for problem in error.problems().take(4) {
        ui.horizontal_wrapped(|ui| {
            ui.colored_label(look.bad, "not run:");
            ui.monospace(format!("{}:{}:{}", problem.file(), problem.line(), problem.column()));
            ui.label(problem.message());
            ui.label(RichText::new(problem.help()).color(look.quiet));
        });
    }
}

/// A panel that has nothing to show says what would fill it.
pub fn empty(ui: &mut Ui, look: &Look, why: &str) {
    ui.label(RichText::new(why).color(look.quiet));
}
