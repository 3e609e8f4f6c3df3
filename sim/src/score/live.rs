//! What a node is worth so far: the same scores as a run's end has, over what was said until now.

use super::classes::{ClassScore, Classified, Truth};
use super::matching::Stretch;
use super::{EventScore, said_against_labels, said_classes, truths_until};
use crate::live::NodeHistory;
use hal_shim::trace::Said;
use node_core::event::Event;
use scenarios::Scenario;
use scenarios::label::Label;
use scenarios::schema::{EventMeasure, Measure};
use std::collections::{BTreeMap, BTreeSet};

/// What there is to think of something that was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// The scenario expects nothing of events like this one: no label is held against it.
    #[default]
    Untold,
    /// It belongs to this label, by the number in the history; of a class: and is right.
    Matched(usize),
    /// No label belongs to it.
    FalseAlarm,
    /// A class that is not what was true.
    Wrong(usize),
    /// A window with a label's edge in it.
    AcrossAnEdge,
    /// A window that no label covers.
    Unlabelled,
}

/// One kind of event against the labels that the scenario holds it against.
#[derive(Clone, Debug)]
pub struct Kind {
    pub kind: String,
    /// None: all labels.
    pub labels: Option<BTreeSet<String>>,
    pub score: EventScore,
    /// Of each name of a label: how many there were, and how many were told.
    pub by_name: BTreeMap<String, (u64, u64)>,
    /// Labels that are over and were not told, by their numbers in the history.
    pub missed: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
pub struct SoFar {
    /// Of each event that was kept then, in their order, and how many were forgotten before.
    verdicts: Vec<Verdict>,
    first: u64,
    pub kinds: Vec<Kind>,
    pub classes: Option<ClassScore>,
}

/// Scores what is kept of what a node said until now.
pub fn so_far(scenario: &Scenario, node_index: usize, node: &NodeHistory, now_ns: u64) -> SoFar {
    let labels: Vec<Truth> = truths_until(&node.labels, now_ns).collect();
    let mut found = SoFar { verdicts: vec![Verdict::Untold; node.events.len()], ..SoFar::default() };
    for (kind, names) in expected(scenario, node_index) {
        let (at, said): (Vec<usize>, Vec<&Said>) =
            node.events.iter().enumerate().filter(|(_, said)| said.event.kind() == kind).unzip();
        let concerns = |truth: &Truth| names.as_ref().is_none_or(|names| names.contains(truth.name));
        let (numbers, stretches): (Vec<usize>, Vec<Stretch>) =
            number(&node.labels, &labels, concerns).into_iter().unzip();
        let (score, matched) = said_against_labels(&said, &stretches, scenario.tolerance_ns);
        let mut told = vec![false; stretches.len()];
        for (event, label) in at.into_iter().zip(matched) {
            found.verdicts[event] = match label {
                Some(label) => {
                    told[label] = true;
                    Verdict::Matched(numbers[label])
                }
                None => Verdict::FalseAlarm,
            };
        }
        let mut by_name: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let mut missed = Vec::new();
        for (label, told) in numbers.into_iter().zip(told) {
            let label_of = &node.labels[label];
            let counts = by_name.entry(label_of.label.clone()).or_default();
            counts.0 += 1;
            counts.1 += u64::from(told);
            if !told && label_of.end_ns.saturating_add(scenario.tolerance_ns) < now_ns {
                missed.push(label);
            }
        }
        found.kinds.push(Kind { kind, labels: names, score, by_name, missed });
    }
    found.classes = said_classes(&node.events, &labels);
    found
}

impl SoFar {
    /// What there is to think of one event, by its number in the history. Of windows it is asked for one by one: there may be
    /// many, and few are looked at.
    pub fn verdict(&self, node: &NodeHistory, index: usize, now_ns: u64) -> Verdict {
        let number = (node.events_gone + index as u64).checked_sub(self.first);
        let known = number.and_then(|number| self.verdicts.get(number as usize)).copied().unwrap_or_default();
        match node.events.get(index) {
            Some(&Said { start, end, event: Event::Class { class, .. }, .. })
                if known == Verdict::Untold && self.classes.is_some() =>
            {
                judged(&node.labels, Stretch { start: start.0, end: end.0 }, class, now_ns)
            }
            _ => known,
        }
    }
}

/// Kinds of events that the scenario holds against labels, and against which.
fn expected(scenario: &Scenario, node: usize) -> BTreeMap<String, Option<BTreeSet<String>>> {
    let mut kinds: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for expect in scenario.expects.iter().filter(|expect| expect.node.is_none_or(|of| of == node)) {
        let Measure::Event { event, label, of } = &expect.what else { continue };
        // How many there are is no matter of labels; and what a window is called is scored window by window.
        if *of == EventMeasure::Count || event == "class" {
            continue;
        }
        let names = kinds.entry(event.clone()).or_insert_with(|| Some(BTreeSet::new()));
        match (names.as_mut(), label) {
            (Some(names), Some(label)) => {
                names.insert(label.clone());
            }
            _ => *names = None,
        }
    }
    kinds
}

/// The truths that concern somebody, by the number of their label.
fn number(all: &[Label], truths: &[Truth], concerns: impl Fn(&Truth) -> bool) -> Vec<(usize, Stretch)> {
    // Truths are the labels that have begun, in the same order.
    let mut from = 0;
    let mut found = Vec::new();
    for truth in truths {
        let same = |label: &Label| std::ptr::eq(label.label.as_str(), truth.name);
        let Some(at) = all[from..].iter().position(same).map(|at| at + from) else { continue };
        from = at + 1;
        if concerns(truth) {
            found.push((at, truth.stretch));
        }
    }
    found
}

/// One window by itself: the scores are asked about it alone, with the labels that it touches.
fn judged(labels: &[Label], window: Stretch, class: &str, now_ns: u64) -> Verdict {
    let near = |label: &&Label| label.start_ns <= window.end && label.end_ns >= window.start;
    let near: Vec<(usize, Truth)> = labels
        .iter()
        .enumerate()
        .filter(|(_, label)| label.start_ns < now_ns && near(label))
        .map(|(index, label)| {
            let stretch = Stretch { start: label.start_ns, end: label.end_ns };
            (index, Truth { stretch, name: &label.label })
        })
        .collect();
    let truths: Vec<Truth> = near.iter().map(|(_, truth)| *truth).collect();
    let score = super::classes::score(&[Classified { window, at: window.end, class }], &truths);
    // Of labels that overlap the one that began last is the truth.
    let covers = |truth: &Truth| truth.stretch.start <= window.start && truth.stretch.end >= window.end;
    let truth = near.iter().rev().find(|(_, truth)| covers(truth)).map(|(index, _)| *index);
    match truth {
        _ if score.excluded > 0 => Verdict::AcrossAnEdge,
        Some(label) if score.right() == 1 => Verdict::Matched(label),
        Some(label) if score.scored() == 1 => Verdict::Wrong(label),
        _ => Verdict::Unlabelled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::History;
    use hal_shim::time::TrueTime;
    use node_core::time::Instant;

    const S: u64 = 1_000_000_000;

    fn scenario(expects: &str) -> Scenario {
        let text = format!(
            "schema = 1\nname = \"n\"\nseed = 1\nduration = \"90s\"\ntolerance = \"500ms\"\n[[node]]\nname = \"n\"\n\
             board = \"m5stickc\"\napp = \"sound\"\n{expects}"
        );
        let known = crate::catalogue::Catalogue::builtin().known();
        scenarios::load_str("n.toml", &text, std::path::Path::new("."), &known, &[]).unwrap()
    }

    fn label(name: &str, start_ns: u64, end_ns: u64) -> Label {
        Label { label: name.into(), start_ns, end_ns }
    }

    fn loud(from: u64, to: u64) -> Said {
        let at = |ns: u64| Instant::from_micros(ns / 1_000);
        let event = Event::Loud { start: at(from), end: at(to), peak: 0 };
        Said { at: TrueTime(to), start: TrueTime(from), end: TrueTime(to), event }
    }

    fn class(from: u64, to: u64, class: &'static str) -> Said {
        let at = |ns: u64| Instant::from_micros(ns / 1_000);
        let event = Event::Class { start: at(from), end: at(to), class, confidence_percent: 90 };
        Said { at: TrueTime(to), start: TrueTime(from), end: TrueTime(to), event }
    }

    fn history(scenario: &Scenario, labels: Vec<Label>, said: Vec<Said>) -> History {
        let mut history = History::of(scenario);
        history.nodes[0].labels = labels;
        history.nodes[0].events = said.into();
        history
    }

    #[test]
    fn what_was_told_missed_and_made_up_is_known_so_far() {
        let scenario = scenario("[[expect]]\nevent = \"loud\"\nrecall = \">= 0.5\"\n");
        let labels =
            vec![label("door", S, 2 * S), label("door", 5 * S, 6 * S), label("alarm", 60 * S, 61 * S)];
        let said = vec![loud(S, S + 100), loud(3 * S, 3 * S + 100)];
        let history = history(&scenario, labels, said);
        let so_far = so_far(&scenario, 0, &history.nodes[0], 10 * S);
        assert_eq!(so_far.verdicts, [Verdict::Matched(0), Verdict::FalseAlarm]);
        let kind = &so_far.kinds[0];
        assert_eq!((kind.score.labels, kind.score.matched, kind.score.events), (2, 1, 2));
        assert_eq!(kind.missed, [1]);
        assert_eq!(kind.by_name["door"], (2, 1));
        assert!(so_far.classes.is_none());
    }

    #[test]
    fn a_label_that_is_not_over_yet_is_not_missed_yet() {
        let scenario = scenario("[[expect]]\nevent = \"loud\"\nrecall = \">= 0.5\"\n");
        let history = history(&scenario, vec![label("door", S, 2 * S)], vec![]);
        let missed = |now| so_far(&scenario, 0, &history.nodes[0], now).kinds[0].missed.clone();
        assert!(missed(2 * S + S / 2).is_empty());
        assert_eq!(missed(2 * S + S / 2 + 1), [0]);
    }

    #[test]
    fn windows_have_the_verdict_that_the_matrix_counts() {
        let scenario = scenario("");
        let labels = vec![label("walk", 0, 4 * S), label("run", 4 * S, 8 * S)];
        let said = vec![
            class(S, 2 * S, "walk"),
            class(2 * S, 3 * S, "run"),
            class(3 * S, 5 * S, "run"),
            class(5 * S, 6 * S, "run"),
            class(8 * S + 1, 9 * S, "run"),
        ];
        let history = history(&scenario, labels, said);
        let so_far = so_far(&scenario, 0, &history.nodes[0], 20 * S);
        use Verdict::*;
        let verdicts: Vec<Verdict> =
            (0..5).map(|index| so_far.verdict(&history.nodes[0], index, 20 * S)).collect();
        assert_eq!(verdicts, [Matched(0), Wrong(0), AcrossAnEdge, Matched(1), Unlabelled]);
        let classes = so_far.classes.unwrap();
        assert_eq!((classes.right(), classes.scored(), classes.excluded, classes.unlabelled), (2, 3, 1, 1));
    }
}
