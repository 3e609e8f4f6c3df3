//! What is written and drawn over the scene: names and batteries, links to access points, and the screen pixel by pixel where it
//! is too small to read.

use super::build::LCD;
use super::cast::{Actor, SHAFT_SLOWED, Tells};
use super::orbit::Orbit;
use super::place::{Layout, PLAN_SCALE};
use super::{backlight, stick};
use crate::desktop::desk::{View, Want};
use crate::desktop::look;
use crate::live::NodeHistory;
use bevy::math::{Quat, Vec3};
use egui::{
    Align2, Color32, CornerRadius, FontId, Pos2, Rect, Sense, Stroke, TextureHandle, TextureOptions, Ui,
};

/// Where things of the scene are on the panel.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pub rect: Rect,
    pub orbit: &'a Orbit,
}

impl Frame<'_> {
    pub fn at(&self, point: Vec3) -> Option<Pos2> {
        let [x, y] = self.orbit.appears(self.rect.aspect_ratio(), point)?;
        Some(self.rect.min + egui::vec2(x, y) * self.rect.size())
    }

    /// What a stick takes of the panel.
    fn of_stick(&self, middle: Vec3, turn: Quat, size: f32) -> Option<Rect> {
        let mut rect = Rect::NOTHING;
        for corner in 0..8 {
            let sign = |bit: u32| if corner >> bit & 1 == 0 { -1.0 } else { 1.0 };
            let corner = stick::BODY.half * Vec3::new(sign(0), sign(1), sign(2));
            rect.extend_with(self.at(middle + turn * corner * size)?);
        }
        Some(rect)
    }
}

/// Where a text of this size goes around what it speaks of: wholly in the room and over nothing else, if there is such a
/// place near by; else where it covers least.
fn place_beside(of: Rect, size: egui::Vec2, room: Rect, taken: &[Rect]) -> Rect {
    let mut best: Option<(f32, Rect)> = None;
    for further in [4.0, 26.0, 60.0, 110.0] {
        let (left, right) = (of.left() - further - size.x, of.right() + further);
        let (above, below) = (of.top() - further - size.y, of.bottom() + further);
        let middle = of.center() - 0.5 * size;
        for corner in [
            egui::pos2(middle.x, above),
            egui::pos2(right, middle.y),
            egui::pos2(left, middle.y),
            egui::pos2(middle.x, below),
            egui::pos2(right, above),
            egui::pos2(left, above),
            egui::pos2(right, below),
            egui::pos2(left, below),
        ] {
            let rect = Rect::from_min_size(corner.clamp(room.min, (room.max - size).max(room.min)), size);
            let covers: f32 = taken.iter().map(|other| overlap(rect.expand(2.0), *other)).sum();
            if covers <= 0.0 {
                return rect;
            }
            if best.is_none_or(|(least, _)| covers < least) {
                best = Some((covers, rect));
            }
        }
    }
    best.map_or(Rect::from_min_size(room.min, size), |(_, rect)| rect)
}

fn overlap(one: Rect, other: Rect) -> f32 {
    let both = one.intersect(other);
    if both.is_positive() { both.area() } else { 0.0 }
}

/// What can be touched of the chosen stick, named where it is: for who has it read out, and for programs that drive the window.
pub fn names(ui: &Ui, frame: Frame<'_>, actor: &Actor) {
    for (name, block) in
        [("button A", stick::BUTTON_A), ("button B", stick::BUTTON_B), ("power key", stick::POWER)]
    {
        let middle = actor.middle + actor.turn * (block.middle * actor.size);
        let Some(at) = frame.at(middle) else { continue };
        let rect = Rect::from_center_size(at, egui::vec2(12.0, 12.0));
        let named = ui.interact(rect, ui.id().with(name), egui::Sense::empty());
        named.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, name));
    }
}

/// The battery in a word, and its colour. Bounds by eye from the discharge of a small lithium cell (assumed).
fn battery(node: &NodeHistory, view: &View<'_>) -> (String, Color32) {
    let supply = &node.supply;
    let look = &view.look;
    let volts = f64::from(supply.battery_mv) * 1e-3;
    let (word, colour) = match supply.battery_mv {
        _ if supply.vbus_mv > 4_000 => ("on USB", look.world),
        0 => return ("battery: known once the run begins".into(), look.quiet),
        3_850.. => ("good", look.good),
        3_650.. => ("half", look.good),
        3_450.. => ("low", look.warning),
        _ => ("empty", look.bad),
    };
    (format!("battery {} V, {word}", look::figure(volts)), colour)
}

/// Names, batteries, what was said; click one to look at that node. What is `taken` already is left free.
pub fn labels(
    ui: &Ui,
    frame: Frame<'_>,
    view: &View<'_>,
    cast: &[Actor],
    taken: &mut Vec<Rect>,
    wants: &mut Vec<Want>,
) {
    let many = cast.len() > 1;
    let painter = ui.painter().with_clip_rect(frame.rect);
    let room = frame.rect.shrink(8.0);
    let sticks: Vec<Option<Rect>> =
        cast.iter().map(|actor| frame.of_stick(actor.middle, actor.turn, actor.size)).collect();
    let ghosts: Vec<Option<Rect>> = cast
        .iter()
        .map(|actor| {
            let ghost = actor.ghost?;
            frame.of_stick(ghost.middle, ghost.turn, actor.size * ghost.size)
        })
        .collect();
    taken.extend(sticks.iter().chain(&ghosts).flatten());
    // The chosen one's has the first choice of place.
    let chosen_first = |index: &usize| cast[*index].node != view.node;
    let mut order: Vec<usize> = (0..cast.len()).collect();
    order.sort_by_key(chosen_first);
    for index in order {
        let actor = &cast[index];
        let Some(node) = view.history.node(actor.node) else { continue };
        let chosen = many && actor.node == view.node;
        let (battery, colour) = battery(node, view);
        let mut lines = vec![(node.name.clone(), if chosen { view.look.node } else { view.look.text })];
        lines.push((battery, colour));
        if let Some((class, percent)) = actor.says {
            lines.push((format!("says {class}, {percent} %"), view.look.node));
        }
        if let Some(db) = actor.level_db.filter(|_| !many) {
            lines.push((format!("hears {db:.0} dB SPL"), view.look.world));
        }
        let names = ["A", "B", "power"].into_iter().zip(actor.pressed);
        let pressed: Vec<&str> = names.filter_map(|(name, pressed)| pressed.then_some(name)).collect();
        if !pressed.is_empty() {
            lines.push((format!("pressed: {}", pressed.join(", ")), view.look.warning));
        }
        let galleys: Vec<_> = lines
            .into_iter()
            .enumerate()
            .map(|(line, (text, colour))| {
                painter.layout_no_wrap(
                    text,
                    FontId::proportional(if line == 0 { 13.0 } else { 11.0 }),
                    colour,
                )
            })
            .collect();
        let wide = galleys.iter().map(|galley| galley.size().x).fold(0.0, f32::max);
        let high: f32 = galleys.iter().map(|galley| galley.size().y).sum();
        let size = egui::vec2(wide + 14.0, high + 8.0);
        let rect = match sticks[index].filter(|_| many) {
            Some(stick) => place_beside(stick, size, room, taken),
            None if many => continue,
            None => Rect::from_min_size(room.min, size),
        };
        taken.push(rect);
        if let Some(stick) = sticks[index].filter(|stick| many && !rect.expand(8.0).intersects(*stick)) {
            // There was no room near by.
            let ends = [rect.clamp(stick.center()), stick.clamp(rect.center())];
            painter.line_segment(ends, Stroke::new(1.0, view.look.quiet));
        }
        painter.rect(
            rect,
            CornerRadius::same(5),
            view.look.raised.gamma_multiply(0.86),
            Stroke::new(if chosen { 1.5 } else { 0.0 }, view.look.node),
            egui::StrokeKind::Inside,
        );
        let mut at = rect.min + egui::vec2(7.0, 4.0);
        for galley in galleys {
            let high = galley.size().y;
            painter.galley(at, galley, view.look.text);
            at.y += high;
        }
        let hint = if many {
            "click: the panels speak of this node. Voltage at the battery's terminals; half below 3.85 V, low below 3.65 V, empty \
             below 3.45 V (assumed)"
        } else {
            "voltage at the battery's terminals: half below 3.85 V, low below 3.65 V, empty below 3.45 V (assumed)"
        };
        let response = ui.interact(rect, ui.id().with(("label", actor.node)), Sense::click());
        if response.on_hover_text(hint).clicked() && many {
            wants.push(Want::Select(actor.node));
        }
    }
    for (actor, ghost) in cast.iter().zip(&ghosts) {
        if let (Some(ghost), Some(rect)) = (actor.ghost, ghost) {
            ghost_label(&painter, ghost.tells, *rect, view, room, taken);
        }
    }
}

/// What a ghost is, under it if there is room.
fn ghost_label(
    painter: &egui::Painter,
    tells: Tells,
    ghost: Rect,
    view: &View<'_>,
    room: Rect,
    taken: &mut Vec<Rect>,
) {
    let text = match tells {
        Tells::Tilt { off_deg, .. } => format!("the node's own: {off_deg:.1}° off"),
        Tells::Position { off_m } => format!("its own place: {} m off", look::figure(f64::from(off_m))),
    };
    let galley = painter.layout_no_wrap(text, FontId::proportional(11.0), view.look.node);
    let size = galley.size() + egui::vec2(10.0, 4.0);
    let under = egui::pos2(ghost.center().x - 0.5 * size.x, ghost.bottom() + 4.0);
    let under = Rect::from_min_size(under, size);
    let free = room.contains_rect(under) && !taken.iter().any(|other| other.intersects(under));
    let rect = if free { under } else { place_beside(ghost, size, room, taken) };
    taken.push(rect);
    painter.rect_filled(rect, CornerRadius::same(4), view.look.raised.gamma_multiply(0.86));
    painter.galley(rect.min + egui::vec2(5.0, 2.0), galley, view.look.node);
}

/// What is not drawn as it is: shafts turn slower than in truth, and their machines' shaking is too little to be seen.
pub fn slowed(ui: &Ui, frame: Frame<'_>, view: &View<'_>, cast: &[Actor]) {
    let chosen = cast.iter().filter(|actor| actor.node == view.node);
    let Some(shakes) = chosen.filter_map(|actor| actor.shakes).next() else { return };
    let text = format!(
        "the shaft turns at {} Hz, drawn at 1/{SHAFT_SLOWED:.0} of its speed; it shakes by ±{}, not drawn",
        look::figure(shakes.hz),
        small_way(shakes.way_m)
    );
    let painter = ui.painter().with_clip_rect(frame.rect);
    let most = (frame.rect.width() - 26.0).max(60.0);
    let galley = painter.layout(text, FontId::proportional(11.0), view.look.text, most);
    let size = galley.size() + egui::vec2(10.0, 4.0);
    let rect = Rect::from_min_size(frame.rect.left_bottom() + egui::vec2(8.0, -8.0 - size.y), size);
    painter.rect_filled(rect, CornerRadius::same(4), view.look.raised.gamma_multiply(0.86));
    painter.galley(rect.min + egui::vec2(5.0, 2.0), galley, view.look.text);
    let hint =
        "half the way to and fro at that frequency: acceleration over the square of the angular frequency";
    ui.interact(rect, ui.id().with("slowed"), Sense::hover()).on_hover_text(hint);
}

/// A length that is mostly far below a millimetre.
fn small_way(m: f64) -> String {
    if m < 1e-3 { format!("{} um", look::figure(m * 1e6)) } else { format!("{} mm", look::figure(m * 1e3)) }
}

/// What is over a ghost, for who points at it.
pub fn ghost_says(tells: Tells) -> &'static str {
    match tells {
        Tells::Tilt { turns: true, .. } => {
            "how the board lies as the node could tell: the angular rates that it read, added up, and pulled upright by the \
             acceleration that it read (in 0.5 s, while that is 0.85 to 1.15 g). Nothing tells its heading, which drifts. Degrees \
             are between its vertical and the true one"
        }
        Tells::Tilt { turns: false, .. } => {
            "how the board lies as the node could tell: gravity's direction in the acceleration that it read, over 0.5 s. It read \
             no rates, and nothing tells its heading. Degrees are between its vertical and the true one"
        }
        Tells::Position { .. } => "where the node said last that it is, and how far that is from where it is",
    }
}

/// No node hears less than this, dBm (the scan's own bound).
const UNHEARD_DBM: f32 = -95.0;
/// As clear as it gets, dBm.
const CLEAR_DBM: f32 = -45.0;

/// Thin lines to the access points that a node hears, the clearer the stronger; of the chosen node with figures. Returns what
/// the figures take of the panel.
pub fn links(ui: &Ui, frame: Frame<'_>, view: &View<'_>, layout: &Layout, cast: &[Actor]) -> Vec<Rect> {
    let mut taken = Vec::new();
    let Some(plan) = &layout.plan else { return taken };
    let painter = ui.painter().with_clip_rect(frame.rect);
    let mut text = |at: Pos2, text: String, colour: Color32| {
        let galley = painter.layout_no_wrap(text, FontId::proportional(10.5), colour);
        let rect = Align2::CENTER_CENTER.anchor_size(at, galley.size());
        let ground = rect.expand2(egui::vec2(3.0, 1.0));
        painter.rect_filled(ground, 3.0, view.look.raised.gamma_multiply(0.8));
        painter.galley(rect.min, galley, colour);
        taken.push(ground);
    };
    for (actor, spot) in cast.iter().zip(&layout.spots) {
        let (Some(radio), Some(stands)) = (&spot.radio, actor.stands) else { continue };
        let chosen = actor.node == view.node;
        let Some(from) = frame.at(actor.middle) else { continue };
        // Down to where it stands on the plan.
        if let Some(foot) = frame.at(stands) {
            painter.line_segment([from, foot], Stroke::new(1.0, view.look.quiet));
            painter.circle_filled(foot, 2.5, view.look.quiet);
        }
        if let Some(ghost) = actor.ghost
            && let Some(there) = frame.at(ghost.middle)
        {
            let colour = view.look.node.gamma_multiply(0.8);
            painter.extend(egui::Shape::dashed_line(&[from, there], Stroke::new(1.0, colour), 4.0, 3.0));
        }
        for (index, point) in plan.points.iter().enumerate() {
            let Some(to) = frame.at(plan.place(*point) + Vec3::Y * 1.4) else { continue };
            let dbm = radio.strength_dbm(index, view.history.now_ns);
            if dbm < UNHEARD_DBM {
                continue;
            }
            let share = ((dbm - UNHEARD_DBM) / (CLEAR_DBM - UNHEARD_DBM)).clamp(0.08, 1.0);
            let share = if chosen { share } else { 0.45 * share };
            let line = Stroke::new(if chosen { 1.5 } else { 1.0 }, view.look.world.gamma_multiply(share));
            painter.line_segment([from, to], line);
            if chosen {
                text(to - egui::vec2(0.0, 11.0), format!("{dbm:.0} dBm"), view.look.world);
            }
        }
    }
    let metre = [Vec3::ZERO, Vec3::X * PLAN_SCALE].map(|along| {
        let size = plan.size();
        frame.at(Vec3::new(size.x * 0.5 - 3.0, -1.0, size.y * 0.5 + 0.5) + along)
    });
    if let [Some(from), Some(to)] = metre {
        painter.line_segment([from, to], Stroke::new(2.0, view.look.quiet));
        text(from.lerp(to, 0.5) + egui::vec2(0.0, 9.0), "1 m".into(), view.look.quiet);
    }
    taken
}

/// The chosen node's screen, pixel by pixel.
#[derive(Default)]
pub struct Inset {
    texture: Option<TextureHandle>,
    shows: Option<(u64, u64, usize)>,
}

/// Fewer of the picture's pixels than this for one of the LCD's, and letters are hard to read.
const READABLE: f32 = 1.2;

impl Inset {
    /// Whether the LCD in the scene is too small, or seen too much from the side.
    fn needed(frame: Frame<'_>, actor: &Actor, points: f32) -> bool {
        let end = |z: f32| {
            let half = Vec3::new(0.0, 0.0, stick::SCREEN.half.z * z);
            frame.at(actor.middle + actor.turn * (stick::SCREEN.middle + half) * actor.size)
        };
        match (end(-1.0), end(1.0)) {
            (Some(top), Some(bottom)) => top.distance(bottom) * points < READABLE * LCD[1] as f32,
            _ => true,
        }
    }

    pub fn show(&mut self, ui: &Ui, frame: Frame<'_>, view: &View<'_>, actor: &Actor) {
        let points = ui.ctx().pixels_per_point();
        let Some(node) = view.seen() else { return };
        let (lit, _) = backlight(node);
        if lit <= 0.0 || node.screen.width == 0 || !Self::needed(frame, actor, points) {
            return;
        }
        let now = (view.status.run, node.screen_changes, view.node);
        if self.shows != Some(now) {
            let pixels =
                node.screen.pixels.iter().map(|[red, green, blue]| Color32::from_rgb(*red, *green, *blue));
            let size = [node.screen.width, node.screen.height].map(usize::from);
            let image = egui::ColorImage::new(size, pixels.collect());
            match &mut self.texture {
                Some(texture) => texture.set(image, TextureOptions::NEAREST),
                None => {
                    let context = ui.ctx();
                    self.texture = Some(context.load_texture("screen", image, TextureOptions::NEAREST));
                }
            }
            self.shows = Some(now);
        }
        let Some(texture) = &self.texture else { return };
        let times = (frame.rect.height() * points * 0.6 / LCD[1] as f32).floor().clamp(1.0, 4.0);
        let size = egui::vec2(LCD[0] as f32, LCD[1] as f32) * times / points;
        // On whole pixels, or it would be smeared.
        let whole = |at: f32| (at * points).round() / points;
        let corner = frame.rect.max - size - egui::vec2(12.0, 12.0);
        if corner.x < frame.rect.min.x || corner.y < frame.rect.min.y {
            return;
        }
        let rect = Rect::from_min_size(egui::pos2(whole(corner.x), whole(corner.y)), size);
        let painter = ui.painter().with_clip_rect(frame.rect);
        painter.rect_filled(rect.expand(3.0), CornerRadius::same(3), Color32::BLACK);
        let uv = Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
        painter.image(texture.id(), rect, uv, Color32::from_gray((lit * 255.0) as u8));
        let response = ui.interact(rect, ui.id().with("inset"), Sense::hover());
        response
            .on_hover_text("the screen pixel by pixel; from nearer one reads it on the stick, and this goes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_covers_nothing_as_long_as_there_is_room() {
        let room = Rect::from_min_size(Pos2::ZERO, egui::vec2(600.0, 400.0));
        let size = egui::vec2(100.0, 50.0);
        let sticks =
            [0.0, 50.0].map(|x| Rect::from_min_size(egui::pos2(250.0 + x, 180.0), egui::vec2(45.0, 90.0)));
        let mut taken = sticks.to_vec();
        for stick in sticks {
            let rect = place_beside(stick, size, room, &taken);
            assert!(
                room.contains_rect(rect) && !taken.iter().any(|other| rect.intersects(*other)),
                "{rect:?}"
            );
            taken.push(rect);
        }
        // In a corner there is less choice, and none in a room that is full.
        let corner = Rect::from_min_size(Pos2::ZERO, egui::vec2(40.0, 80.0));
        let rect = place_beside(corner, size, room, &[corner]);
        assert!(room.contains_rect(rect) && !rect.intersects(corner), "{rect:?}");
        assert!(room.contains_rect(place_beside(corner, size, room, &[room])));
    }
}
