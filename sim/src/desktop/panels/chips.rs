//! The chips: what stands in their registers, in words, and which of them the node used last; the rails that feed them.

use super::empty;
use crate::budget::headroom;
use crate::desktop::desk::{View, Want};
use crate::desktop::look;
use crate::live::touched::Access;
use crate::live::{Ask, NodeHistory};
use egui::{CollapsingHeader, RichText, ScrollArea, Ui};
use hal_shim::device::view::{ChipView, RegisterView};
use node_core::boards::Rail;
use std::collections::HashMap;

/// What was seen of the chips before.
#[derive(Default)]
pub struct Chips {
    /// When the session was last told that somebody looks, in the window's own time; and of which node and run.
    asked: Option<(f64, usize, u64)>,
    /// Latest value of each register and when it was first seen.
    values: HashMap<(usize, u8, u8), (u32, u64)>,
    /// Only registers that the node has used.
    used_only: bool,
    filter: String,
}

/// What a chip is, beside its name.
fn what(name: &str) -> &'static str {
    match name {
        "mpu6886" => "accelerometer and gyroscope",
        "axp192" => "power",
        "bm8563" => "clock",
        "as7265x" => "18 spectral channels",
        "st7735s" => "display, 80 x 160",
        "spm1423" => "microphone",
        _ => "",
    }
}

/// What was used or changed later than this before now is marked.
const LATELY_NS: u64 = 1_000_000_000;
/// The session forgets who does not say that he looks: often enough, and not each frame.
const AGAIN_S: f64 = 0.12;
/// About as wide are a register's mark, address, name and value, and a letter of its meaning.
const HEAD: f32 = 228.0;
const WORD: f32 = 6.6;

impl Chips {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, wants: &mut Vec<Want>) {
        let Some(node) = view.seen() else { return };
        let now = ui.input(|input| input.time);
        let subject = (view.node, view.status.run);
        let fresh = self
            .asked
            .is_some_and(|(at, node, run)| now - at < AGAIN_S && now >= at && (node, run) == subject);
        if !fresh {
            if self.asked.is_none_or(|(_, node, run)| (node, run) != subject) {
                self.values.clear();
            }
            self.asked = Some((now, subject.0, subject.1));
            wants.push(Want::Ask(Ask::Chips { node: view.node }));
        }
        self.remember(node, view.still);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            rails(ui, view, node);
            ui.horizontal(|ui| {
                let filter =
                    egui::TextEdit::singleline(&mut self.filter).hint_text("find").desired_width(90.0);
                ui.add(filter).on_hover_text("only registers whose name, address or meaning has this text");
                ui.checkbox(&mut self.used_only, "used")
                    .on_hover_text("only registers that the node has written or read since the run began");
                ui.label(RichText::new("values are hexadecimal").small().color(view.look.quiet));
            });
            if node.chips.is_empty() {
                empty(ui, &view.look, "Looking into the chips...");
            }
            for (index, chip) in node.chips.iter().enumerate() {
                self.chip(ui, view, node, index, chip);
            }
            unmodelled(ui, view, node);
        });
    }

    fn remember(&mut self, node: &NodeHistory, still: bool) {
        for (index, chip) in node.chips.iter().enumerate() {
            for (row, register) in chip.registers.iter().enumerate() {
                let key = (index, row as u8, register.address);
                match self.values.get_mut(&key) {
                    Some((value, since)) if *value != register.value => {
                        (*value, *since) = (register.value, node.chips_ns);
                    }
                    Some(_) => {}
                    // The first sight of it is no change; and a picture has no before.
                    None => {
                        let since = if still { 0 } else { node.chips_ns.saturating_sub(LATELY_NS) };
                        self.values.insert(key, (register.value, since));
                    }
                }
            }
        }
    }

    fn chip(&self, ui: &mut Ui, view: &View<'_>, node: &NodeHistory, index: usize, chip: &ChipView) {
        let place = match chip.address {
            Some(address) => format!("{} 0x{address:02X}", chip.bus),
            None => chip.bus.to_string(),
        };
        let power = if chip.powered { "" } else { "  no power" };
        let title = format!("{}  {}  {place}{power}", chip.name, what(chip.name));
        let reads = match node.app.as_str() {
            "sound" => "spm1423",
            "spectrometer" => "as7265x",
            "motion" | "vibration" => "mpu6886",
            _ => "axp192",
        };
        let header = CollapsingHeader::new(RichText::new(title).strong())
            .id_salt(("chip", index))
            .default_open(chip.name == reads || chip.name == "axp192");
        header.show(ui, |ui| {
            if !chip.powered {
                let rail = chip.rail.map_or("its rail", rail_name);
                ui.colored_label(view.look.warning, format!("! without power: {rail} is off"));
            }
            for (name, meaning) in &chip.state {
                ui.horizontal_wrapped(|ui| {
                    ui.label(RichText::new(*name).color(view.look.quiet));
                    ui.label(meaning);
                });
            }
            for (row, register) in chip.registers.iter().enumerate() {
                let access = chip.address.map_or_else(Access::default, |address| {
                    node.touched.of(chip.bus, address, register.address, register.bytes)
                });
                let used = access.written_ns.is_some() || access.read_ns.is_some();
                let hidden = self.used_only && chip.address.is_some() && !used;
                if !hidden && self.finds(register) {
                    let changed = self.values.get(&(index, row as u8, register.address));
                    let changed_ns = changed.map_or(0, |(_, since)| *since);
                    line(ui, view, node, register, access, changed_ns);
                }
            }
        });
    }

    fn finds(&self, register: &RegisterView) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let wanted = self.filter.to_lowercase();
        register.name.to_lowercase().contains(&wanted)
            || format!("{:02x}", register.address) == wanted
            || register.fields.iter().any(|field| {
                field.meaning.to_lowercase().contains(&wanted) || field.name.to_lowercase().contains(&wanted)
            })
    }
}

/// A register: when it was used, where it is, what it holds and what that means.
fn line(
    ui: &mut Ui,
    view: &View<'_>,
    node: &NodeHistory,
    register: &RegisterView,
    access: Access,
    changed_ns: u64,
) {
    let now_ns = node.chips_ns;
    let lately = |at: Option<u64>| at.is_some_and(|at| at <= now_ns && now_ns - at < LATELY_NS);
    let changed = changed_ns > 0 && lately(Some(changed_ns));
    let (mark, colour) = match (lately(access.written_ns), changed, lately(access.read_ns)) {
        (true, ..) => ("w", view.look.node),
        (_, true, _) => ("*", view.look.node),
        (.., true) => ("r", view.look.world),
        _ => (" ", view.look.quiet),
    };
    let width = 2 * usize::from(register.bytes);
    let value = format!("{:0width$X}", register.value);
    let head = format!("{:02X} {:<17} {value:>4}", register.address, register.name);
    let meaning = meaning(register);
    let fits = meaning.chars().count() as f32 * WORD < ui.available_width() - HEAD;
    let response = ui.horizontal(|ui| {
        ui.monospace(RichText::new(mark).color(colour).strong());
        let text = RichText::new(head).monospace();
        let response = ui.label(if mark == " " { text } else { text.color(colour) });
        if fits {
            ui.label(&meaning);
        }
        response
    });
    if !fits {
        ui.horizontal(|ui| {
            ui.add_space(34.0);
            ui.vertical(|ui| ui.label(RichText::new(&meaning).color(view.look.quiet)));
        });
    }
    let response = response.inner;
    response.on_hover_ui(|ui| hover(ui, view, register, access, now_ns));
}

fn meaning(register: &RegisterView) -> String {
    let words: Vec<String> = register
        .fields
        .iter()
        .map(|field| {
            // Of a switch the word alone would not say what is on.
            match field.meaning.as_str() {
                "on" | "off" | "yes" | "no" | "measured" | "not measured" | "all axes" | "any axis" => {
                    format!("{} {}", field.name, field.meaning)
                }
                _ => field.meaning.clone(),
            }
        })
        .collect();
    words.join(", ")
}

fn hover(ui: &mut Ui, view: &View<'_>, register: &RegisterView, access: Access, now_ns: u64) {
    ui.label(RichText::new(register.name).strong());
    egui::Grid::new("fields").num_columns(3).show(ui, |ui| {
        for field in &register.fields {
            let (high, low) = field.bits;
            ui.monospace(if high == low { format!("[{high}]") } else { format!("[{high}:{low}]") });
            ui.label(field.name);
            ui.label(&field.meaning);
            ui.end_row();
        }
    });
    let ago = |at: Option<u64>| match at {
        Some(at) => {
            format!("at {}, {} ago", look::clock(at), look::duration(now_ns.saturating_sub(at) as f64))
        }
        None => "not yet".into(),
    };
    ui.label(RichText::new(format!("written by the node {}", ago(access.written_ns))).color(view.look.quiet));
    ui.label(RichText::new(format!("read by the node {}", ago(access.read_ns))).color(view.look.quiet));
}

pub fn rail_name(rail: Rail) -> &'static str {
    match rail {
        Rail::Always => "always on",
        Rail::Dcdc1 => "DCDC1",
        Rail::Ldo2 => "LDO2",
        Rail::Ldo3 => "LDO3",
        Rail::LdoIo0 => "LDOIO0",
        Rail::Exten => "EXTEN",
    }
}

/// What hangs on a rail of the M5StickC beside the chips that are told (its schematic, as in node-core's facts).
const RAILS: [(Rail, &str); 6] = [
    (Rail::Always, "what is fed whenever the board is"),
    (Rail::Dcdc1, "the CPU"),
    (Rail::Ldo2, "the backlight"),
    (Rail::Ldo3, "the display's logic"),
    (Rail::LdoIo0, "the microphone"),
    (Rail::Exten, "5 V for the socket"),
];

fn rails(ui: &mut Ui, view: &View<'_>, node: &NodeHistory) {
    let supply = &node.supply;
    ui.horizontal_wrapped(|ui| {
        let switched = headroom::facts(&node.board).is_none_or(|facts| facts.pmic.is_some());
        for (rail, feeds) in RAILS {
            let mv = supply.millivolts(rail);
            // A board without a power chip has no rails to switch.
            if !switched && mv == 0 {
                continue;
            }
            let (text, colour) = if mv > 0 {
                (format!("{} {:.2} V", rail_name(rail), f64::from(mv) / 1e3), view.look.good)
            } else {
                (format!("{} off", rail_name(rail)), view.look.quiet)
            };
            let chips: Vec<&str> =
                node.chips.iter().filter(|chip| chip.rail == Some(rail)).map(|chip| chip.name).collect();
            let hint =
                if chips.is_empty() { feeds.to_string() } else { format!("{feeds}: {}", chips.join(", ")) };
            let mark = if mv > 0 { "+" } else { "-" };
            let text = RichText::new(format!("{mark} {text}")).color(colour);
            ui.add(egui::Label::new(text).extend()).on_hover_text(hint);
        }
    });
    let flow = match supply.battery_ma {
        0 => "no current".to_string(),
        ma if ma > 0 => format!("charged with {ma} mA"),
        ma => format!("gives {} mA", ma.unsigned_abs()),
    };
    let usb = if supply.vbus_mv > 0 {
        format!("USB {:.2} V", f64::from(supply.vbus_mv) / 1e3)
    } else {
        "no USB".into()
    };
    ui.label(format!(
        "battery {:.2} V, {flow}; {usb}; {:.1} °C",
        f64::from(supply.battery_mv) / 1e3,
        supply.celsius
    ))
    .on_hover_text("as the board has it: what the power chip measures of it stands in its registers");
}

fn unmodelled(ui: &mut Ui, view: &View<'_>, node: &NodeHistory) {
    ui.add_space(4.0);
    if node.sums.unmodelled == 0 {
        ui.colored_label(view.look.good, "+ nothing was used that the models do not have");
        return;
    }
    ui.colored_label(
        view.look.warning,
        format!("! {} uses of what the models do not have; the first:", node.sums.unmodelled),
    );
    for (at, access) in &node.sums.unmodelled_first {
        ui.label(format!("{}  {access}", look::clock(at.0)));
    }
}
