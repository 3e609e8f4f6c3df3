//! A and B side by side: figure by figure, then expectation by expectation.

use crate::desktop::desk::View;
use crate::desktop::look::Look;
use crate::live::figures::{Difference, Verdict, differences, words};
use crate::live::rival::{Ran, Rival, State};
use crate::score::Judged;
use egui::{Color32, Grid, RichText, Ui};

pub fn show(ui: &mut Ui, view: &View<'_>, a: Option<&Rival>, b: Option<&Rival>, height: f32) {
    let look = view.look;
    let ran = |side: Option<&Rival>| side.and_then(Rival::ran).cloned();
    let (Some(a_ran), Some(b_ran)) = (ran(a), ran(b)) else {
        let why = match (a.map(Rival::state), b.map(Rival::state)) {
            (_, None) => {
                "Change a setting, and B runs beside A: the same world and seed, to the end. Both are held against each other here."
            }
            (_, Some(State::Refused(_))) => "B cannot be run: what is wrong is told at its setting.",
            (Some(State::Refused(_)), _) => "A cannot be run as it stands in its file.",
            _ => "Both runs are on their way.",
        };
        return super::super::empty(ui, &look, why);
    };
    egui::ScrollArea::vertical().id_salt("versus").max_height(height).auto_shrink([false, true]).show(
        ui,
        |ui| {
            let figures = |ran: &Ran| ran.nodes.get(view.node).cloned().unwrap_or_default();
            let both = differences(&figures(&a_ran), &figures(&b_ran));
            ui.label(RichText::new(format!("{}.", words(&both))).strong());
            for broken in &b_ran.breakdowns {
                ui.label(RichText::new(format!("B broke down: {broken}")).color(look.bad));
            }
            Grid::new("figures").num_columns(4).striped(true).min_col_width(54.0).show(ui, |ui| {
                for heading in ["figure", "A", "B", "which"] {
                    ui.label(RichText::new(heading).small().color(look.quiet));
                }
                ui.end_row();
                for one in &both {
                    let text = |value: Option<f64>| value.map_or("-".into(), |value| one.figure.text(value));
                    ui.label(one.figure.name()).on_hover_text(one.figure.about());
                    figure(ui, text(one.a));
                    figure(ui, text(one.b));
                    let (arrow, word, colour) = verdict(one, &look);
                    ui.label(RichText::new(format!("{arrow}{word}")).color(colour));
                    ui.end_row();
                }
            });
            ui.add_space(4.0);
            ui.label(RichText::new("What the scenario expects").strong());
            expectations(ui, &look, &a_ran.judged, &b_ran.judged);
            if a_ran.trace_hash == b_ran.trace_hash {
                ui.label(
                    RichText::new("Both traces are the same, byte for byte: this change does nothing here.")
                        .color(look.quiet),
                );
            }
        },
    );
}

fn figure(ui: &mut Ui, text: String) {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| ui.monospace(text));
}

/// An arrow from A to B, who is better, and a colour for it.
pub fn verdict(one: &Difference, look: &Look) -> (&'static str, &'static str, Color32) {
    let verdict = one.verdict();
    let arrow = match one.rises() {
        Some(true) => "\u{2b06} ",
        Some(false) => "\u{2b07} ",
        None => "",
    };
    let colour = match verdict {
        Verdict::Better => look.good,
        Verdict::Worse => look.warning,
        Verdict::Alike | Verdict::Unknown => look.quiet,
    };
    (arrow, verdict.word(), colour)
}

fn expectations(ui: &mut Ui, look: &Look, a: &[Judged], b: &[Judged]) {
    if a.is_empty() && b.is_empty() {
        return super::super::empty(
            ui,
            look,
            "It expects nothing: [[expect]] tables in the file say what a run is held against.",
        );
    }
    let said = |ui: &mut Ui, who: &str, judged: Option<&Judged>| {
        let several = who == "both";
        let (word, colour, actual) = match judged {
            Some(judged) if judged.ok => {
                (if several { "hold" } else { "holds" }, look.good, judged.actual.as_str())
            }
            Some(judged) => (if several { "fail" } else { "fails" }, look.bad, judged.actual.as_str()),
            None => ("not expected", look.quiet, ""),
        };
        ui.label(RichText::new(who).color(look.quiet));
        ui.label(RichText::new(word).color(colour));
        ui.label(actual);
    };
    let whats = a.iter().chain(b.iter().filter(|after| a.iter().all(|before| before.what != after.what)));
    for (index, what) in whats.map(|judged| &judged.what).enumerate() {
        let find = |all: &[Judged]| all.iter().find(|judged| judged.what == *what).cloned();
        let (before, after) = (find(a), find(b));
        let holds = |judged: &Option<Judged>| judged.as_ref().map(|judged| judged.ok);
        let (word, colour) = match (holds(&before), holds(&after)) {
            (Some(true), Some(false)) => ("A better", look.warning),
            (Some(false), Some(true)) => ("B better", look.good),
            _ if before == after => ("alike", look.quiet),
            _ => ("differs", look.text),
        };
        ui.push_id(index, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(what);
                ui.label(RichText::new(word).color(colour));
                if before == after {
                    said(ui, "both", before.as_ref());
                }
            });
            if before != after {
                ui.horizontal_wrapped(|ui| {
                    ui.add_space(12.0);
                    said(ui, "A", before.as_ref());
                });
                ui.horizontal_wrapped(|ui| {
                    ui.add_space(12.0);
                    said(ui, "B", after.as_ref());
                });
            }
        });
    }
}
