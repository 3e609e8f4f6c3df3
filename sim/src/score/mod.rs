//! What a run is worth: its events held against the labelled timeline, and against what the scenario expects.
//!
//! Scores come from what the node said and from the ground truth alone. Nothing here knows how a report looks.

pub mod classes;
pub mod expectation;
pub mod live;
pub mod matching;
pub mod nearness;

pub use classes::ClassScore;
pub use expectation::{Judged, judge};

use crate::outcome::{NodeOutcome, Outcome};
use classes::{Classified, Truth};
use hal_shim::trace::Said;
use matching::Stretch;
use node_core::event::Event;
use scenarios::label::Label;

/// One kind of event against some of the labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventScore {
    pub events: u64,
    pub labels: u64,
    /// Events that have a label, which is also how many labels have an event.
    pub matched: u64,
    /// From a label's start to the report of its event; ascending.
    pub latencies_ns: Vec<u64>,
}

impl EventScore {
    pub fn misses(&self) -> u64 {
        self.labels - self.matched
    }
    pub fn false_alarms(&self) -> u64 {
        self.events - self.matched
    }
    /// `None` if there is no label.
    pub fn recall(&self) -> Option<f64> {
        (self.labels > 0).then(|| self.matched as f64 / self.labels as f64)
    }
    /// `None` if there was no event.
    pub fn precision(&self) -> Option<f64> {
        (self.events > 0).then(|| self.matched as f64 / self.events as f64)
    }
}

/// Events of a kind against the labels (those with a name, or all).
pub fn events_against_labels(
    run: &Outcome,
    node: &NodeOutcome,
    kind: &str,
    label: Option<&str>,
) -> EventScore {
    let said: Vec<&Said> = node.sums.said.iter().filter(|said| said.event.kind() == kind).collect();
    let labels: Vec<Stretch> = truths(run, node)
        .filter(|truth| label.is_none_or(|label| label == truth.name))
        .map(|truth| truth.stretch)
        .collect();
    said_against_labels(&said, &labels, run.scenario.tolerance_ns).0
}

/// What was said against these labels, and the label of each that has one.
pub fn said_against_labels(
    said: &[&Said],
    labels: &[Stretch],
    tolerance_ns: u64,
) -> (EventScore, Vec<Option<usize>>) {
    let events: Vec<Stretch> =
        said.iter().map(|said| Stretch { start: said.start.0.min(said.end.0), end: said.end.0 }).collect();
    let matched = matching::match_up(&events, labels, tolerance_ns);
    let mut latencies: Vec<u64> = matched
        .iter()
        .zip(said)
        .filter_map(|(matched, said)| matched.map(|label| said.at.0.saturating_sub(labels[label].start)))
        .collect();
    latencies.sort_unstable();
    let score = EventScore {
        events: events.len() as u64,
        labels: labels.len() as u64,
        matched: latencies.len() as u64,
        latencies_ns: latencies,
    };
    (score, matched)
}

/// The node's classified windows against its timeline. `None` if it classifies nothing or nothing is labelled.
pub fn classes_against_labels(run: &Outcome, node: &NodeOutcome) -> Option<ClassScore> {
    let labels: Vec<Truth> = truths(run, node).collect();
    said_classes(&node.sums.said, &labels)
}

/// The windows among what was said, against these labels.
pub fn said_classes<'a>(said: impl IntoIterator<Item = &'a Said>, labels: &[Truth]) -> Option<ClassScore> {
    let said: Vec<Classified> = said
        .into_iter()
        .filter_map(|said| match said.event {
            Event::Class { class, .. } => {
                let window = Stretch { start: said.start.0, end: said.end.0 };
                Some(Classified { window, at: said.at.0, class })
            }
            _ => None,
        })
        .collect();
    (!said.is_empty() && !labels.is_empty()).then(|| classes::score(&said, labels))
}

/// The node's labels as the scores see them.
pub fn truths<'a>(run: &Outcome, node: &'a NodeOutcome) -> impl Iterator<Item = Truth<'a>> + use<'a> {
    truths_until(&node.labels, run.simulated_ns)
}

/// Labels as the scores see them. What would have begun after the run ended is no miss.
pub fn truths_until(labels: &[Label], end_ns: u64) -> impl Iterator<Item = Truth<'_>> {
    labels.iter().filter(move |label| label.start_ns < end_ns).map(|label| Truth {
        stretch: Stretch { start: label.start_ns, end: label.end_ns },
        name: &label.label,
    })
}

/// The middle of ascending values; the mean of the two in the middle if their number is even.
pub fn median(ascending: &[u64]) -> Option<f64> {
    let middle = ascending.len() / 2;
    match ascending.len() {
        0 => None,
        count if count % 2 == 1 => Some(ascending[middle] as f64),
        _ => Some((ascending[middle - 1] as f64 + ascending[middle] as f64) / 2.0),
    }
}
