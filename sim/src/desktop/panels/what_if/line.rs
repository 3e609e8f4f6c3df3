//! The window's bottom line: A above B, the same figures below each other, and who is better at what.

use super::versus::verdict;
use crate::desktop::desk::View;
use crate::desktop::look::{self, Look};
use crate::live::figures::{Difference, Figure, Figures, Verdict, differences, words};
use crate::live::rival::{Rival, State};
use egui::{Label, ProgressBar, RichText, Ui};

const ROW: f32 = 19.0;
const WHO: f32 = 140.0;
/// For who is better at what.
const WORDS: f32 = 300.0;
/// Figures that are shown here, if a node has them; how well it does its work comes first.
const SHOWN: [Figure; 4] = [Figure::Load, Figure::Response, Figure::Misses, Figure::Memory];

pub fn show(ui: &mut Ui, view: &View<'_>, file: bool, a: Option<&Rival>, b: Option<&Rival>, changes: usize) {
    let look = view.look;
    ui.add_space(2.0);
    ui.spacing_mut().item_spacing.y = 1.0;
    let figures = |side: Option<&Rival>| Some(side?.ran()?.nodes.get(view.node)?.clone());
    let (of_a, of_b) = (b.and_then(|_| figures(a)), figures(b));
    let who_a = if file { "A  the file" } else { "A  what plays" };
    let who_b = format!("B  {} changed", counted(changes));
    let room = ui.available_width() - WHO - WORDS;
    row(ui, |ui| {
        cell(ui, WHO, |ui| who(ui, who_a, &look));
        match (b, of_a.as_ref()) {
            (None, _) => so_far(ui, view),
            (Some(_), None) => waiting(ui, a, &look),
            (Some(_), Some(of_a)) => {
                for figure in shown(of_a, room) {
                    cell(ui, width(figure), |ui| value(ui, figure, of_a.get(figure), None, &look));
                }
                let held = a.and_then(Rival::ran).map_or((0, 0), |ran| {
                    (ran.judged.iter().filter(|judged| judged.ok).count(), ran.judged.len())
                });
                ui.label(
                    RichText::new(format!("{} of {} expectations hold", held.0, held.1)).color(look.quiet),
                );
            }
        }
    });
    row(ui, |ui| match (b, of_b, of_a) {
        (None, ..) => {
            cell(ui, WHO, |ui| who(ui, "B", &look));
            let hint = "change a setting under What if, and B runs beside A over the same world: which is better at what stands here";
            ui.add(Label::new(RichText::new(hint).color(look.quiet)).truncate());
        }
        (Some(_), Some(of_b), Some(of_a)) => {
            cell(ui, WHO, |ui| who(ui, &who_b, &look));
            let both = differences(&of_a, &of_b);
            for figure in shown(&of_a, room) {
                let one = both.iter().find(|one| one.figure == figure);
                cell(ui, width(figure), |ui| value(ui, figure, of_b.get(figure), one, &look));
            }
            let said = brief(&both, &shown(&of_a, room));
            ui.add(Label::new(RichText::new(said).strong()).truncate()).on_hover_text(words(&both));
        }
        (Some(_), ..) => {
            cell(ui, WHO, |ui| who(ui, &who_b, &look));
            waiting(ui, b, &look);
        }
    });
    ui.add_space(2.0);
}

fn counted(changes: usize) -> String {
    if changes == 1 { "1 setting".into() } else { format!("{changes} settings") }
}

/// As many as there is room for.
fn shown(figures: &Figures, room: f32) -> Vec<Figure> {
    let mut left = room;
    let all = figures.objective().into_iter().chain(SHOWN);
    all.take_while(|figure| {
        left -= width(*figure);
        left >= 0.0
    })
    .collect()
}

/// Of its name, its longest value, an arrow and a word.
fn width(figure: Figure) -> f32 {
    match figure {
        Figure::Misses => 112.0,
        Figure::Load => 148.0,
        Figure::Response | Figure::PositionError | Figure::ValueError => 180.0,
        Figure::Memory => 142.0,
        _ => 172.0,
    }
}

fn row(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let size = egui::vec2(ui.available_width(), ROW);
    ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        ui.set_min_height(ROW);
        content(ui);
    });
}

fn cell(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui)) {
    let (area, _) = ui.allocate_exact_size(egui::vec2(width, ROW), egui::Sense::hover());
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut place = ui.new_child(egui::UiBuilder::new().max_rect(area).layout(layout));
    place.spacing_mut().item_spacing.x = 4.0;
    content(&mut place);
}

fn who(ui: &mut Ui, text: &str, look: &Look) {
    ui.add(Label::new(RichText::new(text).strong().color(look.text)).truncate());
}

fn value(ui: &mut Ui, figure: Figure, value: Option<f64>, against: Option<&Difference>, look: &Look) {
    ui.label(RichText::new(short(figure)).color(look.quiet)).on_hover_text(figure.about());
    ui.monospace(value.map_or("-".into(), |value| figure.text(value)));
    if let Some(one) = against {
        let (arrow, words, colour) = verdict(one, look);
        // In B's row.
        let word = match one.verdict() {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            _ => words,
        };
        ui.add(Label::new(RichText::new(format!("{arrow}{word}")).color(colour)).truncate())
            .on_hover_text(format!("{}: {words}", figure.name()));
    }
}

fn short(figure: Figure) -> &'static str {
    match figure {
        Figure::Load => "load",
        Figure::Response => "worst",
        Figure::Misses => "misses",
        other => other.name(),
    }
}

/// The same as [`words`], as short as it goes: of those figures that stand beside it.
fn brief(both: &[Difference], shown: &[Figure]) -> String {
    let names = |verdict: Verdict| {
        let better = both.iter().filter(|one| one.verdict() == verdict && shown.contains(&one.figure));
        better.map(|one| one.figure.name()).collect::<Vec<_>>().join(", ")
    };
    match (names(Verdict::Better), names(Verdict::Worse)) {
        (b, a) if b.is_empty() && a.is_empty() => "alike in what stands here".into(),
        (b, a) if a.is_empty() => format!("B better: {b}"),
        (b, a) if b.is_empty() => format!("A better: {a}"),
        (b, a) => format!("B better: {b}; A better: {a}"),
    }
}

/// What the run that plays has shown until now: nothing else runs yet.
fn so_far(ui: &mut Ui, view: &View<'_>) {
    let Some(node) = view.seen() else { return };
    let quiet = |text: &str| RichText::new(text).color(view.look.quiet);
    let mut one = |name: &str, text: String| {
        ui.label(quiet(name));
        ui.monospace(text);
    };
    one("so far: load", look::percent(node.sums.busy_ns as f64 / view.history.now_ns.max(1) as f64));
    if let Some(tightest) = node.sums.pipelines.iter().min_by_key(|sum| sum.slack_ns) {
        one("worst", look::duration(tightest.response.max() as f64));
    }
    one("misses", node.sums.pipelines.iter().map(|sum| sum.misses).sum::<u64>().to_string());
}

fn waiting(ui: &mut Ui, side: Option<&Rival>, look: &Look) {
    match side.map(Rival::state) {
        Some(State::Running(share)) => {
            ui.add(ProgressBar::new(*share as f32).desired_width(160.0).desired_height(10.0).fill(look.node));
            ui.label(
                RichText::new(format!("runs in the background, {:.0} %", share * 100.0)).color(look.quiet),
            );
        }
        Some(State::Refused(error)) => {
            let text = format!("not run: {}. {}", error.message(), error.help());
            ui.add(Label::new(RichText::new(&text).color(look.bad)).truncate()).on_hover_text(text);
        }
        Some(State::Done(_)) => {
            ui.label(RichText::new("done; the other is on its way").color(look.quiet));
        }
        None => {}
    }
}
