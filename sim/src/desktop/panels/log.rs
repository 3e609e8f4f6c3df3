//! The log: every record that is kept, in words, by weight, kind and what one looks for.

use super::empty;
use crate::desktop::desk::View;
use crate::desktop::look;
use crate::desktop::plot::TimeAxis;
use crate::desktop::sentence::{self, KINDS, Weight};
use crate::live::NodeHistory;
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, RichText, ScrollArea, TextEdit, Ui};
use hal_shim::trace::{Fact, Record};
use std::collections::VecDeque;

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    weight: Weight,
    /// None: all kinds.
    kind: Option<&'static str>,
    text: String,
}

pub struct Log {
    filter: Filter,
    follows: bool,
    /// What `found` was looked for in.
    looked: Option<(u64, usize, Filter)>,
    /// Numbers of records, counted from the run's beginning.
    found: VecDeque<u64>,
    /// Up to where records were looked through.
    through: u64,
    offset: f32,
    /// As it was in the frame before.
    followed: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: Filter { weight: Weight::Step, kind: None, text: String::new() },
            follows: true,
            looked: None,
            found: VecDeque::new(),
            through: 0,
            offset: 0.0,
            followed: true,
        }
    }
}

/// From this width on, points, the kind of each record stands before its words.
const WIDE: f32 = 520.0;
/// Records that a frame looks through, at most: with a text each of them is put into words first.
const A_FRAME: u64 = 50_000;
const A_FRAME_IN_WORDS: u64 = 3_000;

impl Log {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis) {
        let Some(node) = view.seen() else { return };
        self.controls(ui, view);
        if node.records.is_empty() {
            let why =
                "Nothing has happened yet. Press Play: what the node does is written here, record by record.";
            return empty(ui, &view.look, why);
        }
        let gone = self.search(ui, view, node);
        if self.found.is_empty() {
            let kept = node.records.len();
            let left = self.through < node.records_gone + kept as u64;
            let why = if left { "Looking..." } else { "None of the records that are kept is like that." };
            return empty(ui, &view.look, why);
        }
        let font = egui::TextStyle::Monospace;
        let row = ui.text_style_height(&font);
        let full_row = row + ui.spacing().item_spacing.y;
        let mut area = ScrollArea::vertical().auto_shrink(false).id_salt("log");
        area = area.stick_to_bottom(self.follows);
        if self.follows && !self.followed {
            area = area.vertical_scroll_offset(self.found.len() as f32 * full_row);
        } else if !self.follows && gone > 0 {
            // What was forgotten above must not move what one reads.
            area = area.vertical_scroll_offset((self.offset - gone as f32 * full_row).max(0.0));
        }
        self.followed = self.follows;
        let output = area.show_rows(ui, row, self.found.len(), |ui, rows| {
            ui.set_min_width(ui.available_width());
            for number in self.found.range(rows) {
                let Some(index) = number.checked_sub(node.records_gone) else { continue };
                let Some(record) = node.records.get(index as usize) else { continue };
                line(ui, view, record, time);
            }
        });
        let scrolled_up = ui.rect_contains_pointer(output.inner_rect)
            && ui.input(|input| input.smooth_scroll_delta().y > 0.0);
        if scrolled_up {
            self.follows = false;
        }
        self.offset = output.state.offset.y;
    }

    fn controls(&mut self, ui: &mut Ui, view: &View<'_>) {
        ui.horizontal_wrapped(|ui| {
            for weight in Weight::ALL {
                let chosen = self.filter.weight == weight;
                if ui.selectable_label(chosen, weight.title()).on_hover_text(weight.about()).clicked() {
                    self.filter.weight = weight;
                }
            }
            let combo = egui::ComboBox::from_id_salt("log-kind")
                .selected_text(self.filter.kind.unwrap_or("every kind"))
                .width(84.0);
            let response = combo.show_ui(ui, |ui| {
                ui.selectable_value(&mut self.filter.kind, None, "every kind");
                for kind in KINDS.into_iter().chain(["event", "unmodelled"]) {
                    if ui.selectable_value(&mut self.filter.kind, Some(kind), kind).clicked()
                        && !matches!(kind, "event" | "unmodelled")
                    {
                        // Most kinds are details: who asks for one wants to see it.
                        self.filter.weight = Weight::Detail;
                    }
                }
            });
            response.response.on_hover_text("one kind of record only");
            let field = TextEdit::singleline(&mut self.filter.text).hint_text("search").desired_width(90.0);
            ui.add(field).on_hover_text("records whose words have this in them, in capitals or not");
            ui.checkbox(&mut self.follows, "follow")
                .on_hover_text("the newest record stays in sight; scrolling up lets go");
            let shown = RichText::new(format!("{} found", self.found.len())).small().color(view.look.quiet);
            ui.label(shown).on_hover_text("of the newest 100,000 records, which are all that is kept");
        });
    }

    /// Looks through what is new; tells how many that were found have been forgotten since.
    fn search(&mut self, ui: &Ui, view: &View<'_>, node: &NodeHistory) -> usize {
        let asked = (view.status.run, view.node, self.filter.clone());
        let first = node.records_gone;
        let end = first + node.records.len() as u64;
        // Another run, another node or another question; or the same run from its beginning.
        if self.looked.as_ref() != Some(&asked) || self.through > end {
            self.looked = Some(asked);
            self.found.clear();
            self.through = first;
        }
        self.through = self.through.max(first);
        let needle = self.filter.text.trim().to_lowercase();
        let a_frame = if needle.is_empty() { A_FRAME } else { A_FRAME_IN_WORDS };
        let to = if view.still { end } else { end.min(self.through + a_frame) };
        let Filter { weight, kind, .. } = self.filter;
        for number in self.through..to {
            let record = &node.records[(number - first) as usize];
            let fact = &record.fact;
            let fits = sentence::weight(fact) >= weight
                && kind.is_none_or(|kind| sentence::kind(fact) == kind)
                && (needle.is_empty() || words(record).to_lowercase().contains(&needle));
            if fits {
                self.found.push_back(number);
            }
        }
        self.through = to;
        if to < end {
            ui.ctx().request_repaint();
        }
        let gone = self.found.partition_point(|number| *number < first);
        self.found.drain(..gone);
        gone
    }
}

/// The kind of a record, of an event the event's.
fn name(record: &Record) -> &'static str {
    match &record.fact {
        Fact::Event { event, .. } => event.kind(),
        fact => sentence::kind(fact),
    }
}

fn words(record: &Record) -> String {
    format!("{} {}", name(record), sentence::fact(record.at.0, &record.fact))
}

fn line(ui: &mut Ui, view: &View<'_>, record: &Record, time: &mut TimeAxis) {
    let weight = sentence::weight(&record.fact);
    let colour: Color32 = match weight {
        Weight::Trouble => view.look.bad,
        Weight::Said => view.look.node,
        Weight::Step => view.look.text,
        Weight::Detail => view.look.quiet,
    };
    let (at_ns, kind) = (record.at.0, name(record));
    let us = at_ns / 1_000 % 1_000;
    let format = |font: FontId, color: Color32| TextFormat { font_id: font, color, ..TextFormat::default() };
    let mono = FontId::monospace(11.5);
    let mut job = LayoutJob::default();
    job.append(&format!("{}{us:03}", look::clock(at_ns)), 0.0, format(mono.clone(), view.look.quiet));
    job.append(weight.mark(), 5.0, format(mono.clone(), colour));
    // Where there is little room it goes to the words: they mostly say the kind as well.
    if ui.available_width() > WIDE {
        job.append(&format!("{kind:<13}"), 5.0, format(mono, view.look.quiet));
    }
    let words = sentence::fact(at_ns, &record.fact);
    job.append(&words, 6.0, format(FontId::proportional(13.0), colour));
    let label = egui::Label::new(job).truncate().sense(egui::Sense::click());
    if ui.add(label).clicked() {
        time.show_moment(at_ns as f64 * 1e-9);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hal_shim::time::TrueTime;

    #[test]
    fn words_name_the_kind_so_that_one_can_look_for_it() {
        let record = Record { at: TrueTime(5), fact: Fact::Pin { pin: "led", level: true } };
        assert_eq!(words(&record), "pin pin led goes high");
        assert!(sentence::weight(&record.fact) >= Log::default().filter.weight);
    }
}
