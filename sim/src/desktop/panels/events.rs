//! Events: what the node said, against what was true: in words, over time, and as a count that grows.

use super::empty;
use crate::desktop::desk::{View, Want};
use crate::desktop::look;
use crate::desktop::plot::{self, Lane, Mark, TimeAxis};
use crate::desktop::sentence;
use crate::live::{Ask, NodeHistory};
use crate::score::classes::ClassScore;
use crate::score::live::{Kind, SoFar, Verdict, so_far};
use crate::score::median;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, FontId, Grid, Label, Layout, RichText, ScrollArea, Sense, TextStyle, Ui};
use hal_shim::trace::Said;
use node_core::event::Event;
use std::collections::BTreeSet;

/// Scores are found anew no more often, in seconds of the window's time.
const SCORED_EACH_S: f64 = 0.25;
/// Kinds that are measurements, one after the other: they are hidden at first, or nobody would see the others.
const ROUTINE: [&str; 3] = ["level", "heard", "spectrum"];
/// With less width the list and the scores do not stand beside each other, with less height not below each other; points.
const BESIDE: f32 = 760.0;
const BELOW: f32 = 520.0;
/// Events of a lane, at most.
const MOST_MARKS: usize = 300;

pub struct Events {
    hidden: BTreeSet<&'static str>,
    scores: bool,
    /// What the scores were found for, and when.
    scored: Option<(Key, f64)>,
    so_far: SoFar,
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Key {
    run: u64,
    node: usize,
    now_ns: u64,
    said: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Row {
    /// By its number, counted from the run's beginning.
    Said(u64),
    /// A label that nothing was said of.
    Missed { label: usize, kind: usize },
}

impl Default for Events {
    fn default() -> Self {
        Self {
            hidden: ROUTINE.into(),
            scores: false,
            scored: None,
            so_far: SoFar::default(),
            rows: Vec::new(),
        }
    }
}

impl Events {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, time: &mut TimeAxis, wants: &mut Vec<Want>) {
        let Some(node) = view.seen() else { return };
        self.score(ui, view, node);
        if node.events.is_empty() && self.rows.is_empty() {
            let why = "The node has said nothing yet. Press Play: what it says comes here, in words, and is held against what \
                       was true.";
            return empty(ui, &view.look, why);
        }
        let beside = ui.available_width() >= BESIDE;
        let below = !beside && ui.available_height() >= BELOW;
        ui.horizontal_wrapped(|ui| {
            if !beside && !below {
                ui.selectable_value(&mut self.scores, false, "list").on_hover_text("event by event");
                ui.selectable_value(&mut self.scores, true, "score")
                    .on_hover_text("what it adds up to so far");
                ui.separator();
            }
            self.kinds(ui, view, node);
        });
        plot::lanes(ui, &view.look, time, &self.lanes(view, node, time));
        ui.add_space(2.0);
        if beside {
            let (width, height) = (ui.available_width(), ui.available_height());
            let down = Layout::top_down(Align::Min);
            ui.horizontal_top(|ui| {
                let half = egui::vec2(width * 0.58, height);
                ui.allocate_ui_with_layout(half, down, |ui| self.list(ui, view, node, time, wants));
                ui.separator();
                let rest = egui::vec2(ui.available_width(), height);
                ui.allocate_ui_with_layout(rest, down, |ui| self.totals(ui, view));
            });
        } else if below {
            let half = egui::vec2(ui.available_width(), ui.available_height() * 0.5);
            let down = Layout::top_down(Align::Min);
            ui.allocate_ui_with_layout(half, down, |ui| self.list(ui, view, node, time, wants));
            ui.separator();
            self.totals(ui, view);
        } else if self.scores {
            self.totals(ui, view);
        } else {
            self.list(ui, view, node, time, wants);
        }
    }

    /// Finds scores and rows anew where something was said since, or a label has ended.
    fn score(&mut self, ui: &Ui, view: &View<'_>, node: &NodeHistory) {
        let said = node.events_gone + node.events.len() as u64;
        let key = Key { run: view.status.run, node: view.node, now_ns: view.history.now_ns, said };
        let now_s = ui.input(|input| input.time);
        if let Some((of, at_s)) = self.scored {
            let same_run = of.run == key.run && of.node == key.node && of.said <= key.said;
            if of == key || (same_run && !view.still && now_s < at_s + SCORED_EACH_S) {
                return;
            }
        }
        self.so_far = so_far(view.scenario, view.node, node, key.now_ns);
        self.scored = Some((key, now_s));
        self.find_rows(node);
    }

    fn find_rows(&mut self, node: &NodeHistory) {
        let mut rows: Vec<(u64, Row)> = Vec::with_capacity(node.events.len());
        for (index, said) in node.events.iter().enumerate() {
            if !self.hidden.contains(said.event.kind()) {
                rows.push((said.at.0, Row::Said(node.events_gone + index as u64)));
            }
        }
        for (kind, of) in self.so_far.kinds.iter().enumerate() {
            if !self.hidden.iter().any(|hidden| *hidden == of.kind) {
                let missed = of.missed.iter();
                rows.extend(missed.map(|&label| (node.labels[label].end_ns, Row::Missed { label, kind })));
            }
        }
        // Events come in order of time, and stay so.
        rows.sort_by_key(|(at_ns, _)| *at_ns);
        self.rows = rows.into_iter().map(|(_, row)| row).collect();
    }

    /// Which kinds are listed, with how many of them were said.
    fn kinds(&mut self, ui: &mut Ui, view: &View<'_>, node: &NodeHistory) {
        let mut changed = false;
        for (kind, count) in &node.sums.events {
            let shown = !self.hidden.contains(kind);
            let text = RichText::new(format!("{kind} {count}")).small();
            let hint = if shown {
                "listed; a click hides events of this kind"
            } else {
                "hidden; a click lists events of this kind"
            };
            if ui.selectable_label(shown, text).on_hover_text(hint).clicked() {
                if shown {
                    self.hidden.insert(kind)
                } else {
                    self.hidden.remove(kind)
                };
                changed = true;
            }
        }
        if node.events_gone > 0 {
            let text = format!("({} older are not kept)", node.events_gone);
            ui.label(RichText::new(text).small().color(view.look.quiet));
        }
        if changed {
            self.find_rows(node);
        }
    }

    /// What was true over what was said.
    fn lanes<'a>(&self, view: &'a View<'_>, node: &'a NodeHistory, time: &TimeAxis) -> Vec<Lane<'a>> {
        let look = &view.look;
        let now_ns = view.history.now_ns;
        let missed: BTreeSet<usize> =
            self.so_far.kinds.iter().flat_map(|kind| kind.missed.iter().copied()).collect();
        let first = node.labels.as_ptr();
        let truth = plot::shown(&node.labels, time).map(|label| {
            // Its number: labels in sight are not all there are.
            let index = (std::ptr::from_ref(label).addr() - first.addr()) / size_of_val(label);
            let is_missed = missed.contains(&index);
            Mark {
                from_s: label.start_ns as f64 * 1e-9,
                to_s: label.end_ns as f64 * 1e-9,
                text: if is_missed {
                    format!("{} missed", label.label).into()
                } else {
                    label.label.as_str().into()
                },
                colour: if is_missed { look.bad } else { look.world },
                hollow: is_missed || label.start_ns > now_ns,
            }
        });
        let truth =
            Lane { name: "true", about: "what was true, by the scenario's labels", marks: truth.collect() };
        let (from_ns, to_ns) = time.range_ns();
        let from = node.events.partition_point(|said| said.at.0 < from_ns);
        let (mut marks, mut windows): (Vec<Mark>, Vec<Mark>) = (Vec::new(), Vec::new());
        let mut told_to_ns = 0;
        for index in from..node.events.len() {
            let said = &node.events[index];
            if said.start.0 > to_ns || marks.len() + windows.len() >= MOST_MARKS {
                break;
            }
            if self.hidden.contains(said.event.kind()) {
                continue;
            }
            let text = match said.event {
                Event::Class { class, .. } => class,
                event => event.kind(),
            };
            // Windows overlap: each is drawn from where the one before ended.
            let is_class = matches!(said.event, Event::Class { .. });
            let start_ns = if is_class { said.start.0.max(told_to_ns) } else { said.start.0 };
            told_to_ns = if is_class { said.end.0 } else { told_to_ns };
            let (word, colour) = verdict(self.so_far.verdict(node, index, now_ns), node, look);
            let text = match word.as_str() {
                "false alarm" | "wrong" => format!("{text}: {word}").into(),
                _ => text.into(),
            };
            let row = if is_class { &mut windows } else { &mut marks };
            row.push(Mark {
                from_s: start_ns.min(said.end.0) as f64 * 1e-9,
                to_s: said.end.0 as f64 * 1e-9,
                text,
                colour,
                hollow: false,
            });
        }
        let said = Lane { name: "said", about: "what the node said, of the kinds that are listed", marks };
        let about = "what windows were called; each is drawn from where the one before ended";
        let classes = Lane { name: "class", about, marks: windows };
        let mut lanes = Vec::new();
        lanes.extend((!node.labels.is_empty()).then_some(truth));
        lanes.extend(
            (node.sums.events.contains_key("class") && !self.hidden.contains("class")).then_some(classes),
        );
        lanes.push(said);
        lanes
    }

    fn list(
        &self,
        ui: &mut Ui,
        view: &View<'_>,
        node: &NodeHistory,
        time: &mut TimeAxis,
        wants: &mut Vec<Want>,
    ) {
        if self.rows.is_empty() {
            return empty(ui, &view.look, "Nothing of the kinds that are listed: choose others above.");
        }
        let height = ui.text_style_height(&TextStyle::Body);
        let area = ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).id_salt("events");
        area.show_rows(ui, height, self.rows.len(), |ui, rows| {
            ui.set_min_width(ui.available_width());
            for row in &self.rows[rows] {
                let (at_ns, job) = match *row {
                    Row::Said(number) => {
                        let Some(index) = number.checked_sub(node.events_gone).map(|index| index as usize)
                        else {
                            continue;
                        };
                        let Some(said) = node.events.get(index) else { continue };
                        (said.start.0, self.said(view, node, index, said))
                    }
                    Row::Missed { label, kind } => {
                        let (Some(label), Some(kind)) = (node.labels.get(label), self.so_far.kinds.get(kind))
                        else {
                            continue;
                        };
                        let words = format!("nothing was said of {}", label.label);
                        let verdict = ("missed".to_string(), view.look.bad);
                        (label.start_ns, line(view, label.start_ns, &kind.kind, &words, None, &verdict))
                    }
                };
                let response = ui.add(Label::new(job).truncate().sense(Sense::click()));
                if response.clicked() {
                    time.show_moment(at_ns as f64 * 1e-9);
                }
                response.context_menu(|ui| {
                    let hint = "everything is done again up to this moment, to the same trace";
                    if ui.button("Seek the run to here").on_hover_text(hint).clicked() {
                        wants.push(Want::Ask(Ask::Seek(at_ns)));
                        ui.close();
                    }
                });
            }
        });
    }

    fn said(&self, view: &View<'_>, node: &NodeHistory, index: usize, said: &Said) -> LayoutJob {
        let verdict = verdict(self.so_far.verdict(node, index, view.history.now_ns), node, &view.look);
        let words = sentence::event(&said.event);
        line(view, said.at.0, said.event.kind(), &words, sentence::confidence(&said.event), &verdict)
    }

    /// What it adds up to so far.
    fn totals(&self, ui: &mut Ui, view: &View<'_>) {
        ScrollArea::both().auto_shrink(false).id_salt("totals").show(ui, |ui| {
            if self.so_far.kinds.is_empty() && self.so_far.classes.is_none() {
                let why = "Nothing to score: give the scenario labels (label = \"door\" in a [[sound]] or a [[motion]]) and an \
                           [[expect]] with recall, precision or latency of an event, or let the node classify.";
                return empty(ui, &view.look, why);
            }
            for kind in &self.so_far.kinds {
                kind_of_event(ui, view, kind);
                ui.add_space(6.0);
            }
            if let Some(classes) = &self.so_far.classes {
                matrix(ui, view, classes);
            }
        });
    }
}

/// A word and a colour for what is thought of an event.
fn verdict(verdict: Verdict, node: &NodeHistory, look: &look::Look) -> (String, Color32) {
    let name = |label: usize| node.labels.get(label).map_or("?", |label| label.label.as_str());
    match verdict {
        Verdict::Untold => (String::new(), look.node),
        Verdict::Matched(label) => (format!("matches {}", name(label)), look.good),
        Verdict::FalseAlarm => ("false alarm".into(), look.bad),
        Verdict::Wrong(label) => (format!("wrong: {}", name(label)), look.bad),
        Verdict::AcrossAnEdge => ("across an edge".into(), look.quiet),
        Verdict::Unlabelled => ("no label there".into(), look.quiet),
    }
}

/// `00:12.345  it was loud for 480 ms  matches door  93 % sure  loud`
fn line(
    view: &View<'_>,
    at_ns: u64,
    kind: &str,
    words: &str,
    sure_percent: Option<u8>,
    (verdict, colour): &(String, Color32),
) -> LayoutJob {
    let look = &view.look;
    let format = |font: FontId, color: Color32| TextFormat { font_id: font, color, ..TextFormat::default() };
    let plain = FontId::proportional(13.0);
    let mut job = LayoutJob::default();
    job.append(&look::clock(at_ns), 0.0, format(FontId::monospace(12.0), look.quiet));
    job.append(words, 8.0, format(plain.clone(), look.text));
    // Where there is little room the verdict is what must not be cut off.
    if !verdict.is_empty() {
        job.append(verdict, 10.0, format(plain.clone(), *colour));
    }
    if let Some(percent) = sure_percent {
        job.append(&format!("{percent} % sure"), 10.0, format(plain, look.quiet));
    }
    job.append(kind, 12.0, format(FontId::proportional(11.0), look.quiet));
    job
}

fn share(value: Option<f64>) -> String {
    value.map_or("-".into(), |value| format!("{value:.2}"))
}

/// Labels told and missed, and false alarms, of one kind of event.
fn kind_of_event(ui: &mut Ui, view: &View<'_>, kind: &Kind) {
    let score = &kind.score;
    let against = match &kind.labels {
        None => "every label".to_string(),
        Some(names) => names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    };
    ui.label(RichText::new(format!("{} against {against}, so far", kind.kind)).strong());
    let latency = median(&score.latencies_ns).map_or("-".into(), look::duration);
    ui.label(
        RichText::new(format!(
            "recall {}   precision {}   latency {latency} (median)",
            share(score.recall()),
            share(score.precision())
        ))
        .small(),
    )
    .on_hover_text("labels that were told, of those that have begun; events that a label belongs to, of all; from a label's start to the report");
    Grid::new(("told", &kind.kind)).num_columns(3).striped(true).show(ui, |ui| {
        for head in ["true", "told", "not told"] {
            ui.label(RichText::new(head).small().color(view.look.quiet));
        }
        ui.end_row();
        for (name, (labels, told)) in &kind.by_name {
            ui.label(name);
            cell(ui, view, *told, "", view.look.good);
            cell(ui, view, labels - told, "missed", view.look.bad);
            ui.end_row();
        }
        ui.label("nothing");
        cell(ui, view, score.false_alarms(), "false alarms", view.look.bad);
        ui.label("");
        ui.end_row();
    });
}

/// A count, and the word for it where there is any.
fn cell(ui: &mut Ui, view: &View<'_>, count: u64, word: &str, colour: Color32) {
    let colour = if count == 0 { view.look.quiet } else { colour };
    let text = if count == 0 || word.is_empty() { count.to_string() } else { format!("{count} {word}") };
    ui.label(RichText::new(text).monospace().color(colour));
}

/// Windows by what was true and by what was said of them.
fn matrix(ui: &mut Ui, view: &View<'_>, score: &ClassScore) {
    let look = &view.look;
    ui.label(RichText::new("windows, so far").strong());
    ui.label(
        RichText::new(format!(
            "{} of {} right: accuracy {}   macro F1 {}",
            score.right(),
            score.scored(),
            share(score.accuracy()),
            share(score.macro_f1())
        ))
        .small(),
    );
    let most = score.confusion.iter().flatten().copied().max().unwrap_or(0).max(1);
    Grid::new("confusion").spacing([3.0, 3.0]).show(ui, |ui| {
        ui.label(RichText::new("true \\ said").small().color(look.quiet))
            .on_hover_text("rows: what was true; columns: what the node said; brackets are right");
        for class in &score.classes {
            ui.label(RichText::new(class).small());
        }
        ui.end_row();
        for (truth, (class, row)) in score.classes.iter().zip(&score.confusion).enumerate() {
            ui.label(RichText::new(class).small());
            for (said, count) in row.iter().enumerate() {
                let right = truth == said;
                let colour = if right { look.good } else { look.bad };
                let strength = if *count == 0 { 0.0 } else { 0.12 + 0.4 * *count as f32 / most as f32 };
                let text = if right { format!("[{count}]") } else { count.to_string() };
                let text =
                    RichText::new(text).monospace().color(if *count == 0 { look.quiet } else { look.text });
                egui::Frame::new().fill(colour.gamma_multiply(strength)).inner_margin(3).show(ui, |ui| {
                    ui.set_min_width(38.0);
                    ui.vertical_centered(|ui| ui.label(text));
                });
            }
            ui.end_row();
        }
    });
    let apart = format!(
        "not counted: {} windows across a label's edge, {} that no label covers",
        score.excluded, score.unlabelled
    );
    ui.label(RichText::new(apart).small().color(look.quiet));
}
