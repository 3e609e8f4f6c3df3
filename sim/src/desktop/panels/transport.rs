//! Transport: where the run is, how fast it goes, and whose run it is.

use crate::desktop::desk::{View, Want};
use crate::desktop::dock::Pane;
use crate::desktop::look;
use crate::live::{Ask, Speed};
use egui::{RichText, Ui};

#[derive(Default)]
pub struct Transport {
    /// Where the slider is being dragged to.
    dragged_s: Option<f64>,
}

/// Real time as multiples, and as fast as it goes.
const SPEEDS: [(f64, &str); 6] =
    [(0.1, "0.1x"), (0.5, "0.5x"), (1.0, "1x"), (10.0, "10x"), (100.0, "100x"), (0.0, "max")];

impl Transport {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        let status = view.status;
        ui.add_space(2.0);
        ui.horizontal(|ui| {
            ui.label(RichText::new("Nodetwin").strong().color(view.look.node));
            let file = view.scenario.file.file_name().unwrap_or_default().to_string_lossy();
            let changed = if view.sets.is_empty() { "" } else { " *" };
            ui.label(format!("{file}{changed}")).on_hover_text(if view.sets.is_empty() {
                "as in its file".to_string()
            } else {
                format!("changed: {}", view.sets.join(", "))
            });
            ui.label(RichText::new(format!("seed {}", view.scenario.seed)).color(view.look.quiet));
            if view.history.nodes.len() > 1 {
                let name = view.seen().map(|node| node.name.clone()).unwrap_or_default();
                egui::ComboBox::from_id_salt("node").selected_text(name).show_ui(ui, |ui| {
                    for (index, node) in view.history.nodes.iter().enumerate() {
                        if ui.selectable_label(index == view.node, &node.name).clicked() {
                            wants.push(Want::Select(index));
                        }
                    }
                });
            }
            ui.separator();
            let mut ask = |ask| wants.push(Want::Ask(ask));
            if ui.button("|<").on_hover_text("to the beginning (Home)").clicked() {
                ask(Ask::Seek(0));
            }
            if ui
                .button("<")
                .on_hover_text("back by 0.1 s: everything is done again to there (Left)")
                .clicked()
            {
                ask(Ask::Seek(status.now_ns.saturating_sub(100_000_000)));
            }
            let (label, next) = if status.playing { ("Pause", Ask::Pause) } else { ("Play", Ask::Play) };
            let button = egui::Button::new(label).min_size(egui::vec2(52.0, 0.0));
            if ui.add(button).on_hover_text("play or pause (Space)").clicked() {
                ask(next);
            }
            if ui.button(">").on_hover_text("on by 0.1 s (Right)").clicked() {
                ask(Ask::Step(100_000_000));
            }
            ui.separator();
            for (times, name) in SPEEDS {
                let speed = if times > 0.0 { Speed::Times(times) } else { Speed::Max };
                let hint =
                    if times > 0.0 { "as a multiple of real time" } else { "as fast as this computer can" };
                if ui.selectable_label(status.speed == speed, name).on_hover_text(hint).clicked() {
                    ask(Ask::Speed(speed));
                }
            }
            let mut looping = status.looping;
            if ui.checkbox(&mut looping, "loop").on_hover_text("begins again when it has ended").changed() {
                ask(Ask::Loop(looping));
            }
            ui.separator();
            let end_s = status.end_ns as f64 * 1e-9;
            let mut at_s = self.dragged_s.unwrap_or(status.now_ns as f64 * 1e-9);
            let room = (ui.available_width() - 270.0).max(60.0);
            ui.spacing_mut().slider_width = room;
            let slider = ui
                .add(egui::Slider::new(&mut at_s, 0.0..=end_s).show_value(false))
                .on_hover_text("back and forth: what was is computed again, to the same trace");
            if slider.dragged() {
                self.dragged_s = Some(at_s);
            } else if let Some(to_s) = self.dragged_s.take() {
                ask(Ask::Seek((to_s * 1e9) as u64));
            } else if slider.changed() {
                ask(Ask::Seek((at_s * 1e9) as u64));
            }
            ui.monospace(format!("{} / {}", look::clock(status.now_ns), look::clock(status.end_ns)));
            self.menu(ui, view, wants);
        });
        ui.add_space(2.0);
    }

    fn menu(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        ui.menu_button("More", |ui| {
            ui.menu_button("Panels", |ui| {
                for pane in Pane::ALL {
                    if ui.button(pane.title()).clicked() {
                        wants.push(Want::Show(pane));
                        ui.close();
                    }
                }
                if ui.button("Lay out as at first").clicked() {
                    wants.push(Want::ResetLayout);
                    ui.close();
                }
            });
            if ui.button(if view.look.dark { "Light" } else { "Dark" }).clicked() {
                wants.push(Want::Theme(!view.look.dark));
                ui.close();
            }
            let save = ui.add_enabled(view.status.deeds > 0, egui::Button::new("Save what hands did"));
            let save = save.on_disabled_hover_text("nobody has pressed or moved anything yet");
            if save.on_hover_text("a file that `nodetwin run --by-hand` plays to the same trace").clicked() {
                let path = view.scenario.file.with_extension("session.jsonl");
                wants.push(Want::Ask(Ask::SaveLog(path)));
                ui.close();
            }
            if ui.button("Show me around").clicked() {
                wants.push(Want::Tour);
                ui.close();
            }
        });
    }
}
