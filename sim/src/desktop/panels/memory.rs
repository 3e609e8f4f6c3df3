//! Memory: what the program takes of its chip's RAM and flash, what it keeps in flash, and how big its model is.

use super::empty;
use crate::budget::headroom;
use crate::desktop::desk::View;
use crate::desktop::look::{self, Look};
use crate::live::NodeHistory;
use crate::memory::Footprint;
use crate::memory::text::size;
use egui::{Color32, Rect, RichText, ScrollArea, Sense, Ui, Vec2};
use hal_shim::flash::ENDURANCE;
use node_core::boards::FlashFacts;

#[derive(Default)]
pub struct Memory;

impl Memory {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>) {
        let Some(node) = view.seen() else { return };
        let Some(facts) = headroom::facts(&node.board) else {
            return empty(
                ui,
                &view.look,
                "This board's chip is not described here: `nodetwin memory ELF` tells of a firmware.",
            );
        };
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            match Footprint::of(facts.mcu, &node.app) {
                Some(found) => ram(ui, &view.look, &node.app, &found),
                None => empty(
                    ui,
                    &view.look,
                    "Nobody has measured this app's memory. `nodetwin memory ELF` tells what a firmware with it takes.",
                ),
            }
            model(ui, view, node);
            if let Some(flash) = &facts.flash {
                store(ui, view, node, flash);
            }
        });
    }
}

/// Parts of a whole, with a word for each.
fn bar(ui: &mut Ui, look: &Look, whole: u64, parts: &[(&str, u64, Color32)]) {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 14.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, look.quiet.gamma_multiply(0.25));
    let mut from = 0;
    let mut said = Vec::new();
    for (name, bytes, colour) in parts {
        let x =
            |bytes: u64| rect.left() + (bytes as f64 / whole.max(1) as f64).min(1.0) as f32 * rect.width();
        let part = Rect::from_x_y_ranges(x(from)..=x(from + bytes).max(x(from) + 1.0), rect.y_range());
        ui.painter().rect_filled(part, 2.0, *colour);
        from += bytes;
        said.push(format!(
            "{name}: {} ({})",
            size(*bytes),
            look::percent(*bytes as f64 / whole.max(1) as f64)
        ));
    }
    said.push(format!("left: {}", size(whole.saturating_sub(from))));
    response.on_hover_text(said.join("\n"));
    ui.horizontal_wrapped(|ui| {
        for (name, bytes, colour) in parts {
            let (mark, _) = ui.allocate_exact_size(Vec2::splat(9.0), Sense::hover());
            ui.painter().rect_filled(mark, 1.0, *colour);
            ui.label(format!("{name} {}", size(*bytes)));
        }
    });
}

fn heading(ui: &mut Ui, look: &Look, title: &str, taken: u64, whole: u64) {
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(title).strong());
        let share = taken as f64 / whole.max(1) as f64;
        let (mark, colour) = match share {
            share if share <= 0.8 => ("+", look.good),
            share if share <= 1.0 => ("!", look.warning),
            _ => ("x", look.bad),
        };
        ui.colored_label(colour, format!("{mark} {} of {}", look::percent(share), size(whole)));
    });
}

fn quiet(ui: &mut Ui, look: &Look, text: String) {
    ui.label(RichText::new(text).small().color(look.quiet));
}

fn ram(ui: &mut Ui, look: &Look, app: &str, found: &Footprint) {
    let Footprint { chip, state, stack, grade, source, image } = found;
    heading(ui, look, &format!("Data of `{app}` on the {}", chip.name), found.together(), chip.data.bytes);
    bar(ui, look, chip.data.bytes, &[("state", *state, look.node), ("deepest stack", *stack, look.world)]);
    quiet(ui, look, format!("{grade}: {source}"));
    quiet(
        ui,
        look,
        format!("{}: {} ({}, {})", chip.data.what, size(chip.data.bytes), chip.data.grade, chip.data.source),
    );
    match image {
        Some(image) => {
            let ram = chip.code.as_ref().map_or_else(|| image.ram(), |_| image.data + image.bss);
            heading(ui, look, "RAM of the whole firmware", ram, chip.data.bytes);
            let own = image.state.min(ram);
            let mut parts = vec![("state of the app", own, look.node)];
            if chip.code.is_none() {
                parts.push(("code in RAM", image.iram, look.axes[2]));
            }
            let rest = ram - own - if chip.code.is_none() { image.iram.min(ram - own) } else { 0 };
            parts.push(("other variables", rest, look.warning));
            bar(ui, look, chip.data.bytes, &parts);
            heading(ui, look, "Flash of the whole firmware", image.flash(), chip.flash.value);
            let parts = [
                ("code", image.text, look.node),
                ("constants", image.rodata, look.world),
                ("code in RAM", image.iram, look.axes[2]),
                ("variables", image.data, look.warning),
            ];
            bar(ui, look, chip.flash.value, &parts);
            quiet(ui, look, format!("{}: {}", chip.flash.grade, chip.flash.source));
        }
        None => {
            ui.add_space(6.0);
            ui.label(RichText::new(format!("Flash of the chip: {}", size(chip.flash.value))).strong());
            quiet(
                ui,
                look,
                format!(
                    "no firmware with this app has been built for the {}: `nodetwin memory ELF` tells of one; {}: {}",
                    chip.name, chip.flash.grade, chip.flash.source
                ),
            );
        }
    }
    quiet(
        ui,
        look,
        format!("{}: {} of SRAM ({}); {}", chip.name, size(chip.sram.value), chip.sram.source, chip.taken),
    );
}

fn model(ui: &mut Ui, view: &View<'_>, node: &NodeHistory) {
    let look = &view.look;
    let Some(recognised) = &node.recognised else { return };
    let model = recognised.model;
    let head = recognised.plan.head();
    ui.add_space(6.0);
    ui.label(RichText::new("Model").strong());
    let works = 4 * (recognised.plan.outputs() + recognised.plan.scratch().max(model.scratch())) as u64;
    egui::Grid::new("model").num_columns(2).show(ui, |ui| {
        for (name, value) in [
            ("file, in flash", size(model.bytes as u64)),
            ("room to work in", size(works)),
            ("a window", format!("{} x {} samples", head.channels, recognised.window())),
            ("features", recognised.plan.outputs().to_string()),
            ("classes", model.classes.count().to_string()),
        ] {
            ui.label(RichText::new(name).color(look.quiet));
            ui.monospace(value);
            ui.end_row();
        }
    });
    quiet(
        ui,
        look,
        "room for features and sums: part of the app's state when it runs with a model; the window comes on top".into(),
    );
}

fn store(ui: &mut Ui, view: &View<'_>, node: &NodeHistory, flash: &FlashFacts) {
    let look = &view.look;
    let whole = u64::from(flash.bytes);
    let erased = node.sums.sector_erases.len() as u64;
    let bytes = node.sums.buses.get("flash").map_or(0, |bus| bus.bytes);
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(format!("Store `{}`", flash.partition)).strong());
        ui.label(format!("{} of flash that are the node's own", size(whole)));
    });
    if bytes == 0 && erased == 0 {
        return empty(
            ui,
            look,
            "The program has not used it in this run: `learn` makes motion and vibration keep what they learn.",
        );
    }
    let sectors = whole / FlashFacts::SECTOR_BYTES as u64;
    let worst = node.sums.sector_erases.values().copied().max().unwrap_or(0);
    ui.label(format!("{} crossed the wire, read and written", size(bytes)));
    if worst == 0 {
        ui.label(format!("none of its {sectors} sectors was erased yet: nothing is worn"));
        return;
    }
    ui.label(format!("{erased} of {sectors} sectors erased, the one most often {worst} times"));
    let worn = f64::from(worst) / ENDURANCE.value as f64;
    ui.label(format!("wear: {worst} of {} erases, {:.4} %", ENDURANCE.value, 100.0 * worn))
        .on_hover_text(format!("{}: {}", ENDURANCE.grade, ENDURANCE.source));
    let most = f64::from(worst);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 22.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, look.quiet.gamma_multiply(0.25));
    for (sector, erases) in &node.sums.sector_erases {
        let x = |sector: u64| rect.left() + sector as f32 / sectors.max(1) as f32 * rect.width();
        let from = u64::from(*sector).min(sectors.saturating_sub(1));
        let height = (f64::from(*erases) / most) as f32 * rect.height();
        let column = Rect::from_x_y_ranges(
            x(from)..=x(from + 1).max(x(from) + 1.5),
            rect.bottom() - height..=rect.bottom(),
        );
        ui.painter().rect_filled(column, 0.0, look.node);
    }
    response
        .on_hover_text("erases of each sector, from the store's first to its last; the tallest is the most");
}
