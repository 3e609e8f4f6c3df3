//! What two runs are held against each other by: how well the node does its work, in what time, and at what price.

use crate::memory::Footprint;
use crate::memory::text::size;
use crate::outcome::Outcome;
use crate::report::numbers::{grouped, percent, short, span};
use crate::report::result::expected_pairs;
use crate::score::expectation::headroom;
use crate::score::{classes_against_labels, events_against_labels, nearness};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    Accuracy,
    Recall,
    Precision,
    ValueError,
    PositionError,
    Load,
    Response,
    Headroom,
    Misses,
    Lost,
    Memory,
}

impl Figure {
    pub const ALL: [Self; 11] = [
        Self::Accuracy,
        Self::Recall,
        Self::Precision,
        Self::ValueError,
        Self::PositionError,
        Self::Load,
        Self::Response,
        Self::Headroom,
        Self::Misses,
        Self::Lost,
        Self::Memory,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Recall => "recall",
            Self::Precision => "precision",
            Self::ValueError => "value error",
            Self::PositionError => "position error",
            Self::Load => "CPU load",
            Self::Response => "worst response",
            Self::Headroom => "headroom",
            Self::Misses => "deadline misses",
            Self::Lost => "lost samples",
            Self::Memory => "RAM",
        }
    }

    pub fn about(self) -> &'static str {
        match self {
            Self::Accuracy => "share of windows inside a label whose class is that label",
            Self::Recall => "share of labels that had the event which the scenario expects for them",
            Self::Precision => "share of those events that had a label",
            Self::ValueError => {
                "mean distance of reported values from what is in the sample, in the value's unit"
            }
            Self::PositionError => "mean distance of reported positions from where the node was, m",
            Self::Load => "share of time that the CPU was busy",
            Self::Response => {
                "from the completion of a window's input to its end: the longest of the tightest pipeline"
            }
            Self::Headroom => "the least that is left of the CPU's time or of a deadline",
            Self::Misses => "windows that were finished too late",
            Self::Lost => "samples that were gone before the node read them",
            Self::Memory => {
                "what the app keeps and its deepest stack, as measured for the chip; settings do not change it"
            }
        }
    }

    /// Whether more of it is better.
    pub fn more_is_better(self) -> bool {
        matches!(self, Self::Accuracy | Self::Recall | Self::Precision | Self::Headroom)
    }

    pub fn text(self, value: f64) -> String {
        match self {
            Self::Accuracy | Self::Recall | Self::Precision | Self::Load | Self::Headroom => percent(value),
            Self::ValueError => short(value),
            Self::PositionError => format!("{} m", short(value)),
            Self::Response => span(value),
            Self::Misses | Self::Lost => grouped(value as u64),
            Self::Memory => size(value as u64),
        }
    }

    /// The number that a plot has on its axis, and its unit.
    pub fn on_axis(self, value: f64) -> f64 {
        match self {
            Self::Accuracy | Self::Recall | Self::Precision | Self::Load | Self::Headroom => value * 100.0,
            Self::Response => value * 1e-6,
            Self::Memory => value / 1024.0,
            _ => value,
        }
    }

    pub fn axis_unit(self) -> &'static str {
        match self {
            Self::Accuracy | Self::Recall | Self::Precision | Self::Load | Self::Headroom => "%",
            Self::Response => "ms",
            Self::Memory => "KiB",
            Self::PositionError => "m",
            Self::Misses => "windows",
            Self::Lost => "samples",
            Self::ValueError => "in its unit",
        }
    }
}

/// The figures that a node has, in the order of [`Figure::ALL`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(pub Vec<(Figure, f64)>);

impl Figures {
    pub fn get(&self, figure: Figure) -> Option<f64> {
        self.0.iter().find(|(known, _)| *known == figure).map(|(_, value)| *value)
    }

    /// How well it does its work, by the first measure of that which it has.
    pub fn objective(&self) -> Option<Figure> {
        let work = [Figure::Accuracy, Figure::Recall, Figure::ValueError, Figure::PositionError];
        work.into_iter().find(|figure| self.get(*figure).is_some())
    }
}

pub fn of_run(run: &Outcome, index: usize) -> Figures {
    let node = &run.nodes[index];
    let scores: Vec<_> = expected_pairs(run, index)
        .into_iter()
        .map(|(event, label)| events_against_labels(run, node, event, label))
        .collect();
    let share = |of: u64, all: u64| (all > 0).then(|| of as f64 / all as f64);
    let sum = |of: fn(&crate::score::EventScore) -> u64| scores.iter().map(of).sum::<u64>();
    let tightest = node.sums.pipelines.iter().min_by_key(|sum| sum.slack_ns);
    let footprint = Footprint::of(node.costs.mcu, &node.app);
    let value = |figure: Figure| match figure {
        Figure::Accuracy => classes_against_labels(run, node)?.accuracy(),
        Figure::Recall => share(sum(|score| score.matched), sum(|score| score.labels)),
        Figure::Precision => share(sum(|score| score.matched), sum(|score| score.events)),
        Figure::ValueError => nearness::of_values(run, node, None).map(|near| near.mean),
        Figure::PositionError => nearness::of_positions(run, node).map(|near| near.mean),
        Figure::Load => Some(node.cpu_load(run.simulated_ns)),
        Figure::Response => tightest.map(|sum| sum.response.max() as f64),
        Figure::Headroom => headroom(run, node, None).map(|(left, _)| left),
        Figure::Misses => Some(node.misses() as f64),
        Figure::Lost => Some(node.sums.lost as f64),
        Figure::Memory => footprint.as_ref().map(|taken| (taken.state + taken.stack) as f64),
    };
    Figures(Figure::ALL.into_iter().filter_map(|figure| Some((figure, value(figure)?))).collect())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Better,
    Worse,
    Alike,
    /// Only one of both has it.
    Unknown,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "B better",
            Self::Worse => "A better",
            Self::Alike => "alike",
            Self::Unknown => "one only",
        }
    }
}

/// One figure of both runs. What reads the same is alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    pub figure: Figure,
    pub a: Option<f64>,
    pub b: Option<f64>,
}

impl Difference {
    pub fn verdict(&self) -> Verdict {
        let (Some(a), Some(b)) = (self.a, self.b) else { return Verdict::Unknown };
        if self.figure.text(a) == self.figure.text(b) {
            Verdict::Alike
        } else if (b > a) == self.figure.more_is_better() {
            Verdict::Better
        } else {
            Verdict::Worse
        }
    }

    /// `up` or `down`, from A to B.
    pub fn rises(&self) -> Option<bool> {
        let (a, b) = (self.a?, self.b?);
        (self.verdict() != Verdict::Alike).then_some(b > a)
    }
}

pub fn differences(a: &Figures, b: &Figures) -> Vec<Difference> {
    let of = |figure: Figure| Difference { figure, a: a.get(figure), b: b.get(figure) };
    Figure::ALL.into_iter().map(of).filter(|both| both.a.is_some() || both.b.is_some()).collect()
}

/// Who is better at what, in one sentence.
pub fn words(differences: &[Difference]) -> String {
    let names = |verdict: Verdict| {
        let names =
            differences.iter().filter(|both| both.verdict() == verdict).map(|both| both.figure.name());
        names.collect::<Vec<_>>().join(", ")
    };
    let (b, a) = (names(Verdict::Better), names(Verdict::Worse));
    match (b.is_empty(), a.is_empty()) {
        (true, true) => "alike in all figures".into(),
        (false, true) => format!("B is better at {b}, and worse at nothing"),
        (true, false) => format!("A is better at {a}, and worse at nothing"),
        (false, false) => format!("B is better at {b}; A at {a}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(values: &[(Figure, f64)]) -> Figures {
        Figures(values.to_vec())
    }

    #[test]
    fn words_say_who_is_better_at_what() {
        let a = figures(&[(Figure::Recall, 0.9), (Figure::Load, 0.3), (Figure::Misses, 0.0)]);
        let b = figures(&[(Figure::Recall, 0.8), (Figure::Load, 0.1), (Figure::Misses, 0.0)]);
        assert_eq!(words(&differences(&a, &b)), "B is better at CPU load; A at recall");
        assert_eq!(words(&differences(&a, &a)), "alike in all figures");
        let cheaper = figures(&[(Figure::Recall, 0.9), (Figure::Load, 0.1), (Figure::Misses, 0.0)]);
        assert_eq!(words(&differences(&a, &cheaper)), "B is better at CPU load, and worse at nothing");
        assert_eq!(words(&differences(&cheaper, &a)), "A is better at CPU load, and worse at nothing");
    }

    #[test]
    fn what_reads_the_same_is_alike_and_what_one_lacks_is_not_judged() {
        let both = |a, b| Difference { figure: Figure::Load, a, b };
        assert_eq!(both(Some(0.30001), Some(0.30002)).verdict(), Verdict::Alike);
        assert_eq!(both(Some(0.30001), Some(0.30002)).rises(), None);
        assert_eq!(both(Some(0.3), None).verdict(), Verdict::Unknown);
        assert_eq!(both(Some(0.3), Some(0.4)).rises(), Some(true));
        assert_eq!(both(Some(0.3), Some(0.4)).verdict(), Verdict::Worse);
    }
}
