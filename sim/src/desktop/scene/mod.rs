//! The scene: the stick and where it lies. [`Stage`] is its panel (what a mouse does there), the rest is Bevy.

mod build;
mod orbit;
mod pick;
mod stick;
mod update;

pub use build::{Backdrop, ScenePlugin, picture};
pub use orbit::Orbit;

use super::desk::{View, Want};
use crate::engine::{Act, Pose};
use crate::live::Ask;
use egui::{PointerButton, Sense, Ui, Vec2};
use pick::Part;

/// What the scene's panel knows: how big it is, from where one looks, and what the mouse holds.
#[derive(Default)]
pub struct Stage {
    /// Pixels of the picture that the panel has room for.
    pub pixels: [u32; 2],
    pub orbit: Orbit,
    held: Option<Held>,
}

#[derive(Clone, Copy, Debug)]
enum Held {
    Button(Part),
    /// The stick itself, and where it is wanted.
    Stick(Pose),
    /// The view.
    Around,
}

impl Stage {
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        scene: Option<egui::TextureId>,
        wants: &mut Vec<Want>,
    ) {
        let room = ui.available_size();
        let (rect, response) = ui.allocate_exact_size(room, Sense::click_and_drag());
        let scale = ui.ctx().pixels_per_point();
        self.pixels = [room.x, room.y].map(|side| (side * scale).round().clamp(16.0, 4096.0) as u32);
        match scene {
            Some(texture) => {
                let whole = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
                ui.painter().image(texture, rect, whole, egui::Color32::WHITE);
            }
            None => {
                ui.painter().rect_filled(rect, 0.0, view.look.raised);
            }
        }
        let Some(node) = view.seen() else { return };
        let under = |at: egui::Pos2| {
            let at = (at - rect.min) / rect.size();
            pick::part(&self.orbit, rect.aspect_ratio(), [at.x, at.y], node.place_m, node.attitude)
        };
        if let Some(part) = response.hover_pos().and_then(under) {
            response.clone().on_hover_text_at_pointer(part.says());
        }
        let pointer = ui.input(|input| input.pointer.clone());
        let mut act = |act| wants.push(Want::Ask(Ask::Act { node: view.node, act }));
        if pointer.primary_pressed() && response.contains_pointer() {
            let part = pointer.interact_pos().and_then(under);
            self.held = Some(match part {
                Some(Part::Power) => {
                    act(Act::PowerKey { hold_ns: 200_000_000 });
                    Held::Button(Part::Power)
                }
                Some(part @ (Part::A | Part::B)) => {
                    act(part.act(true));
                    Held::Button(part)
                }
                Some(Part::Body) => {
                    act(Act::Hold(Some(Pose::default())));
                    Held::Stick(Pose::default())
                }
                None => Held::Around,
            });
        }
        let moved = pointer.delta();
        match (&mut self.held, pointer.primary_down()) {
            (Some(Held::Button(part @ (Part::A | Part::B))), false) => act(part.act(false)),
            (Some(Held::Stick(_)), false) => act(Act::Hold(None)),
            (Some(Held::Stick(pose)), true) if moved != Vec2::ZERO => {
                let turns = ui.input(|input| input.modifiers.shift);
                *pose = self.orbit.carried(*pose, moved / rect.height(), turns);
                act(Act::Hold(Some(*pose)));
            }
            (Some(Held::Around), true) => self.orbit.turn(moved),
            _ => {}
        }
        if !pointer.primary_down() {
            self.held = None;
        }
        if response.dragged_by(PointerButton::Secondary) {
            self.orbit.turn(moved);
        }
        if response.hovered() {
            self.orbit.zoom(ui.input(|input| input.smooth_scroll_delta().y));
        }
    }
}
