//! The scene: sticks, and where they lie. [`Stage`] is its panel (what a mouse does there), the rest is Bevy.

mod build;
#[cfg(test)]
mod by_pointer;
mod cast;
mod estimate;
mod marks;
mod orbit;
mod pick;
mod place;
mod seat;
mod shape;
mod stick;
mod update;
mod waves;

pub use build::{Backdrop, ScenePlugin, picture};
pub use orbit::Orbit;

use super::desk::{View, Want};
use crate::engine::{Act, Pose};
use crate::live::{Ask, NodeHistory};
use bevy::math::Vec3;
use cast::{Actor, Told};
use egui::{PointerButton, Sense, Ui, Vec2};
use estimate::Estimate;
use marks::{Frame, Inset};
use node_core::boards::Rail;
use pick::Part;
use place::{Layout, Seat};

/// What the scene's panel knows: how big it is, from where one looks, and what the mouse holds.
#[derive(Default)]
pub struct Stage {
    /// Pixels of the picture that the panel has room for.
    pub pixels: [u32; 2],
    pub orbit: Orbit,
    /// What stands there, as of the last time that it was shown.
    pub cast: Vec<Actor>,
    /// It was shown since somebody asked.
    pub looked_at: bool,
    layout: Option<Laid>,
    held: Option<Held>,
    /// Where the chosen stick is drawn, from where it lies: it slips back when a hand lets go.
    shift: Vec3,
    estimates: Vec<Option<Estimate>>,
    /// The run, and how far it had come: estimates begin anew when it does.
    seen: (u64, u64),
    inset: Inset,
}

struct Laid {
    /// Of which scenario: its address, and the run that has it.
    of: (usize, u64),
    /// Counts layouts that differ from the one before.
    serial: u64,
    layout: Layout,
}

#[derive(Clone, Copy, Debug)]
enum Held {
    Button(Part),
    /// The stick itself, where it is wanted, and whether it was moved.
    Stick(Pose, bool),
    /// The view.
    Around,
}

/// The eye comes down, and a stick slips back, to a third of the way in this time.
const EASE_S: f32 = 0.12;

impl Stage {
    /// Where everything is, and the number of this layout.
    pub(super) fn layout(&self) -> Option<(u64, &Layout)> {
        self.layout.as_ref().map(|laid| (laid.serial, &laid.layout))
    }

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
        self.looked_at = true;
        match scene {
            Some(texture) => {
                let whole = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
                ui.painter().image(texture, rect, whole, egui::Color32::WHITE);
            }
            None => {
                ui.painter().rect_filled(rect, 0.0, view.look.raised);
            }
        }
        self.lay_out(view);
        self.gather(ui, view);
        self.hands(ui, view, rect, &response, wants);
        let Some(laid) = &self.layout else { return };
        let frame = Frame { rect, orbit: &self.orbit };
        let mut taken = marks::links(ui, frame, view, &laid.layout, &self.cast);
        marks::labels(ui, frame, view, &self.cast, &mut taken, wants);
        marks::slowed(ui, frame, view, &self.cast);
        if let Some(actor) = self.cast.iter().find(|actor| actor.node == view.node) {
            marks::names(ui, frame, actor);
            self.inset.show(ui, frame, view, actor);
        }
    }

    fn lay_out(&mut self, view: &View<'_>) {
        let of = (std::ptr::from_ref(view.scenario).addr(), view.status.run);
        if self.layout.as_ref().is_some_and(|laid| laid.of == of) {
            return;
        }
        let layout = Layout::of(view.scenario);
        let serial = match &self.layout {
            Some(before) if before.layout.looks_like(&layout) => before.serial,
            before => {
                self.orbit = layout.home;
                before.as_ref().map_or(1, |before| before.serial + 1)
            }
        };
        self.layout = Some(Laid { of, serial, layout });
    }

    /// Who stands where, now.
    fn gather(&mut self, ui: &Ui, view: &View<'_>) {
        let Some(laid) = &self.layout else { return };
        let (run, now_ns) = (view.status.run, view.history.now_ns);
        let count = laid.layout.spots.len();
        if self.seen.0 != run || now_ns < self.seen.1 || self.estimates.len() != count {
            self.estimates = vec![None; count];
        }
        self.seen = (run, now_ns);
        let true_shift = view.seen().map_or(Vec3::ZERO, |node| cast::shift(node, self.orbit.hand_scale()));
        let held = match self.held {
            Some(Held::Stick(pose, true)) => Some(orbit::from_world(pose.shift_m) * self.orbit.hand_scale()),
            _ => None,
        };
        // A picture shows where things come to; a window how they come there.
        let step_s = if view.still { f32::INFINITY } else { ui.input(|input| input.stable_dt).min(0.1) };
        let share = 1.0 - (-step_s / EASE_S).exp();
        let carried = held.is_some() || true_shift.length() > 0.02 * self.orbit.hand_scale();
        self.shift = held.unwrap_or_else(|| self.shift.lerp(true_shift, share));
        self.orbit.lean += (f32::from(u8::from(carried)) - self.orbit.lean) * share;
        let eye = self.orbit.eye().translation;
        self.cast.clear();
        for (node, spot) in laid.layout.spots.iter().enumerate() {
            if let Some(seen) = view.history.node(node).filter(|_| spot.seat != Seat::Plan) {
                self.estimates[node] = Estimate::follow(self.estimates[node], seen, now_ns);
            }
            let chosen = node == view.node;
            let own_shift = || {
                view.history.node(node).map_or(Vec3::ZERO, |seen| cast::shift(seen, self.orbit.hand_scale()))
            };
            let told = Told {
                shift: if chosen { self.shift } else { own_shift() },
                lean: self.orbit.lean,
                eye,
                estimate: self.estimates[node],
            };
            self.cast.extend(cast::actor(view, &laid.layout, spot, node, &told));
        }
        if laid.layout.plan.is_some() {
            cast::spread(&mut self.cast);
        }
    }

    /// What a mouse does here.
    fn hands(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        rect: egui::Rect,
        response: &egui::Response,
        wants: &mut Vec<Want>,
    ) {
        let under = |at: egui::Pos2| {
            let at = (at - rect.min) / rect.size();
            let (index, part) = pick::part(&self.orbit, rect.aspect_ratio(), [at.x, at.y], &self.cast)?;
            Some((self.cast[index].node, part, self.cast[index].ghost))
        };
        if let Some((_, part, ghost)) = response.hover_pos().filter(|_| self.held.is_none()).and_then(under) {
            response.clone().on_hover_ui_at_pointer(|ui| {
                ui.set_max_width(320.0);
                match ghost.filter(|_| part == Part::Ghost) {
                    Some(ghost) => ui.label(marks::ghost_says(ghost.tells)),
                    None => ui.label(says(part, view.status.playing)),
                };
            });
        }
        let pointer = ui.input(|input| input.pointer.clone());
        let mut node = view.node;
        let pressed = pointer.primary_pressed() && response.contains_pointer();
        let at = pointer.interact_pos().filter(|_| pressed || response.double_clicked());
        let found = at.and_then(under);
        if response.double_clicked()
            && found.is_none()
            && let Some(laid) = &self.layout
        {
            self.orbit = laid.layout.home;
        }
        if pressed {
            if let Some((other, ..)) = found.filter(|(other, ..)| *other != view.node) {
                wants.push(Want::Select(other));
                node = other;
            }
            let mut act = |act| wants.push(Want::Ask(Ask::Act { node, act }));
            self.held = Some(match found.map(|(_, part, _)| part) {
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
                    Held::Stick(Pose::default(), false)
                }
                Some(Part::Ghost) | None => Held::Around,
            });
        }
        let moved = pointer.delta();
        let mut act = |act| wants.push(Want::Ask(Ask::Act { node, act }));
        match (&mut self.held, pointer.primary_down()) {
            (Some(Held::Button(part @ (Part::A | Part::B))), false) => act(part.act(false)),
            (Some(Held::Stick(..)), false) => act(Act::Hold(None)),
            (Some(Held::Stick(pose, has_moved)), true) if moved != Vec2::ZERO => {
                let turns = ui.input(|input| input.modifiers.shift);
                *pose = self.orbit.carried(*pose, moved / rect.height(), turns);
                *has_moved |= !turns;
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

fn says(part: Part, playing: bool) -> &'static str {
    match (part, playing) {
        (Part::A, _) => "button A: click or hold (key 1)",
        (Part::B, _) => "button B: click or hold (key 2)",
        (Part::Power, _) => "power key: a click is held for 0.2 s",
        (_, true) => {
            "drag: carry it, and its motion sensor feels it; the picture's height is 0.9 m of a hand's way. With Shift: turn it. \
             Beside it: look from elsewhere (wheel: nearer; double click: as at first)"
        }
        (_, false) => "drag: carry it. The run stands: the motion sensor feels a hand while it plays (Space)",
    }
}

/// How bright an LCD shines, 0 to 1, and by which voltage: 2.5 V is dark, 3.0 V full (by eye from the vendor's library).
fn backlight(node: &NodeHistory) -> (f32, u16) {
    let millivolts = node.supply.millivolts(Rail::Ldo2);
    ((f32::from(millivolts.saturating_sub(2_400)) / 600.0).clamp(0.0, 1.0), millivolts)
}
