//! What was just done, or could not be: told for a while, in the way of nothing.

use crate::desktop::look::Look;
use egui::{Align2, Context};

#[derive(Default)]
pub struct Notice {
    told: Option<Told>,
    /// The session's last words, which are told once.
    heard: Option<String>,
}

struct Told {
    text: String,
    /// Since when, in seconds of the window's time; nothing: from this frame on.
    since_s: Option<f64>,
}

const LASTS_S: f64 = 12.0;

impl Notice {
    pub fn tell(&mut self, text: String) {
        self.told = Some(Told { text, since_s: None });
    }

    pub fn text(&self) -> Option<&str> {
        self.told.as_ref().map(|told| told.text.as_str())
    }

    pub fn show(&mut self, context: &Context, look: &Look, session: Option<&String>) {
        if self.heard.as_ref() != session {
            self.heard = session.cloned();
            if let Some(text) = session {
                self.tell(text.clone());
            }
        }
        let Some(told) = &mut self.told else { return };
        let now_s = context.input(|input| input.time);
        let since_s = *told.since_s.get_or_insert(now_s);
        let mut goes_on = now_s < since_s + LASTS_S;
        let area = egui::Area::new("notice".into()).anchor(Align2::CENTER_BOTTOM, [0.0, -64.0]);
        area.show(context, |ui| {
            egui::Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width(640.0);
                ui.horizontal_top(|ui| {
                    if ui.small_button("x").on_hover_text("takes this word away").clicked() {
                        goes_on = false;
                    }
                    ui.add(egui::Label::new(egui::RichText::new(&told.text).color(look.text)).wrap());
                });
            });
        });
        if !goes_on {
            self.told = None;
        }
    }
}
