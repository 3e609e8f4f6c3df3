//! Transport: where the run is, how fast it goes, and whose run it is.

use crate::desktop::desk::{View, Want};
use crate::desktop::dock::{LAYOUTS, Pane};
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

/// Below this width of the window, points, speeds are a list that opens and the seed is in the hover text.
const NARROW: f32 = 1_150.0;
const MORE: &str = "More";

fn speed(times: f64) -> Speed {
    if times > 0.0 { Speed::Times(times) } else { Speed::Max }
}

fn speed_label(ui: &mut Ui, times: f64, name: &str, now: Speed) -> bool {
    let hint = if times > 0.0 { "as a multiple of real time" } else { "as fast as this computer can" };
    ui.selectable_label(now == speed(times), name).on_hover_text(hint).clicked()
}

impl Transport {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        let status = view.status;
        ui.add_space(2.0);
        let narrow = ui.available_width() < NARROW;
        ui.horizontal(|ui| {
            ui.label(RichText::new("Nodetwin").strong().color(view.look.node));
            let file = view.scenario.file.file_name().unwrap_or_default().to_string_lossy();
            let changed = if view.sets.is_empty() { "" } else { " *" };
            let seed = format!("seed {}", view.scenario.seed);
            let hint = if view.sets.is_empty() {
                format!("{seed}; as in its file")
            } else {
                format!("{seed}; changed: {}", view.sets.join(", "))
            };
            ui.label(format!("{file}{changed}")).on_hover_text(hint);
            if !narrow {
                ui.label(RichText::new(seed).color(view.look.quiet));
            }
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
            // The slider needs the room more than five speeds that one does not have.
            if narrow {
                let now = SPEEDS.iter().find(|(times, _)| speed(*times) == status.speed);
                let speeds = egui::ComboBox::from_id_salt("speed").width(52.0);
                let speeds = speeds.selected_text(now.map_or("1x", |(_, name)| name)).show_ui(ui, |ui| {
                    SPEEDS.iter().find(|(times, name)| speed_label(ui, *times, name, status.speed))
                });
                if let Some(Some((times, _))) = speeds.inner {
                    ask(Ask::Speed(speed(*times)));
                }
                speeds.response.on_hover_text("how fast the run goes: a multiple of real time, or max");
            } else {
                for (times, name) in SPEEDS {
                    if speed_label(ui, times, name, status.speed) {
                        ask(Ask::Speed(speed(times)));
                    }
                }
            }
            let mut looping = status.looping;
            if ui.checkbox(&mut looping, "loop").on_hover_text("begins again when it has ended").changed() {
                ask(Ask::Loop(looping));
            }
            ui.separator();
            let end_s = status.end_ns as f64 * 1e-9;
            let mut at_s = self.dragged_s.unwrap_or(status.now_ns as f64 * 1e-9);
            let clock = format!("{} / {}", look::clock(status.now_ns), look::clock(status.end_ns));
            let wide = |style, text: &str| {
                let font = egui::TextStyle::resolve(&style, ui.style());
                ui.painter().layout_no_wrap(text.into(), font, view.look.text).size().x
            };
            let spacing = ui.spacing();
            let after = wide(egui::TextStyle::Monospace, &clock)
                + wide(egui::TextStyle::Button, MORE)
                + 2.0 * spacing.button_padding.x
                + 3.0 * spacing.item_spacing.x;
            ui.spacing_mut().slider_width = (ui.available_width() - after).max(60.0);
            let slider = ui
                .add(egui::Slider::new(&mut at_s, 0.0..=end_s).show_value(false))
                .on_hover_text("back and forth: what was is computed again, to the same trace");
            slider.widget_info(|| egui::WidgetInfo::slider(true, at_s, "moment of the run"));
            if slider.dragged() {
                self.dragged_s = Some(at_s);
            } else if let Some(to_s) = self.dragged_s.take() {
                ask(Ask::Seek((to_s * 1e9) as u64));
            } else if slider.changed() {
                ask(Ask::Seek((at_s * 1e9) as u64));
            }
            ui.monospace(clock).on_hover_text("where the run is, and where it ends: minutes and seconds");
            self.menu(ui, view, wants);
        });
        ui.add_space(2.0);
    }

    fn menu(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        ui.menu_button(MORE, |ui| {
            ui.menu_button("Panels", |ui| {
                for pane in Pane::ALL {
                    if ui.button(pane.title()).clicked() {
                        wants.push(Want::Show(pane));
                        ui.close();
                    }
                }
                ui.separator();
                for (name, layout) in LAYOUTS {
                    if ui.button(name).clicked() {
                        wants.push(Want::LayOut(layout));
                        ui.close();
                    }
                }
            });
            if ui.button(if view.look.dark { "Light" } else { "Dark" }).clicked() {
                wants.push(Want::Theme(!view.look.dark));
                ui.close();
            }
            let done = view.status.deeds > 0 || view.status.heard_live;
            let save = ui.add_enabled(done, egui::Button::new("Save what hands did"));
            let save = save.on_disabled_hover_text("nobody has pressed, moved or said anything yet");
            let hint = "a file that `nodetwin run --by-hand` plays to the same trace; what was heard live is beside it";
            if save.on_hover_text(hint).clicked() {
                let path = view.scenario.file.with_extension("session.jsonl");
                wants.push(Want::Ask(Ask::SaveLog(path)));
                ui.close();
            }
            if ui.button("Show me around").on_hover_text("a short way around the window").clicked() {
                wants.push(Want::Tour);
                ui.close();
            }
            if ui.button("Keys").on_hover_text("what keys do (?, F1)").clicked() {
                wants.push(Want::Keys);
                ui.close();
            }
            if ui.button("Quit").on_hover_text("closes the window (Ctrl+Q)").clicked() {
                wants.push(Want::Quit);
            }
        });
    }
}
