//! Classified windows against the labelled timeline: accuracy, F1, confusion, and how long a class took to be told.
//!
//! A window is scored if it lies inside one label as a whole. One that has a label's edge in it is excluded (nobody can
//! say what it should have been called) and counted; one that no label covers has no truth to be held against.

use super::matching::Stretch;
use std::collections::{BTreeMap, BTreeSet};

/// A window and the class that the node gave it. `at` is when the node said so.
#[derive(Clone, Copy, Debug)]
pub struct Classified<'a> {
    pub window: Stretch,
    pub at: u64,
    pub class: &'a str,
}

/// A label of the timeline.
#[derive(Clone, Copy, Debug)]
pub struct Truth<'a> {
    pub stretch: Stretch,
    pub name: &'a str,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassScore {
    /// Sorted: whatever was true or was said of a scored window.
    pub classes: Vec<String>,
    /// `confusion[truth][said]`, in the order of `classes`.
    pub confusion: Vec<Vec<u64>>,
    /// Windows with a label's edge in them.
    pub excluded: u64,
    /// Windows that no label covers.
    pub unlabelled: u64,
    /// From a label's start to the first report of its class, for each label that was found; ascending.
    pub latencies_ns: Vec<u64>,
}

impl ClassScore {
    pub fn scored(&self) -> u64 {
        self.confusion.iter().flatten().sum()
    }

    pub fn right(&self) -> u64 {
        self.confusion.iter().enumerate().map(|(class, row)| row[class]).sum()
    }

    /// `None` if no window could be scored.
    pub fn accuracy(&self) -> Option<f64> {
        let scored = self.scored();
        (scored > 0).then(|| self.right() as f64 / scored as f64)
    }

    /// The mean of the classes' F1. A class that was said and never true counts, with 0.
    pub fn macro_f1(&self) -> Option<f64> {
        if self.scored() == 0 {
            return None;
        }
        let of_class = |class: usize| {
            let right = self.confusion[class][class];
            let truly: u64 = self.confusion[class].iter().sum();
            let said: u64 = self.confusion.iter().map(|row| row[class]).sum();
            // Every class was true or was said at least once.
            2.0 * right as f64 / (truly + said) as f64
        };
        Some((0..self.classes.len()).map(of_class).sum::<f64>() / self.classes.len() as f64)
    }
}

pub fn score(said: &[Classified], labels: &[Truth]) -> ClassScore {
    let timeline = Timeline::of(labels);
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut result = ClassScore::default();
    for classified in said {
        match timeline.truth(classified.window) {
            Placed::Inside(label) => *counts.entry((labels[label].name, classified.class)).or_default() += 1,
            Placed::AcrossAnEdge => result.excluded += 1,
            Placed::Outside => result.unlabelled += 1,
        }
    }
    let classes: BTreeSet<&str> = counts.keys().flat_map(|&(truth, said)| [truth, said]).collect();
    let classes: Vec<&str> = classes.into_iter().collect();
    let index =
        |name: &str| classes.binary_search(&name).unwrap_or_else(|_| unreachable!("it is one of them"));
    result.confusion = vec![vec![0; classes.len()]; classes.len()];
    for (&(truth, said), &count) in &counts {
        result.confusion[index(truth)][index(said)] = count;
    }
    result.classes = classes.into_iter().map(String::from).collect();
    result.latencies_ns = latencies(said, labels);
    result
}

enum Placed {
    Inside(usize),
    AcrossAnEdge,
    Outside,
}

/// Which label holds between one edge and the next. Where labels overlap it is the one that began last.
struct Timeline {
    edges: Vec<u64>,
    /// From `edges[k]` on.
    holds: Vec<Option<usize>>,
}

impl Timeline {
    fn of(labels: &[Truth]) -> Self {
        let mut changes: Vec<(u64, bool, usize)> = Vec::with_capacity(2 * labels.len());
        for (index, label) in labels.iter().enumerate() {
            changes.push((label.stretch.start, true, index));
            changes.push((label.stretch.end, false, index));
        }
        changes.sort();
        let mut open: BTreeSet<(u64, usize)> = BTreeSet::new();
        let mut timeline = Self { edges: Vec::new(), holds: Vec::new() };
        for (at, opens, index) in changes {
            let key = (labels[index].stretch.start, index);
            if opens {
                open.insert(key);
            } else {
                open.remove(&key);
            }
            let holds = open.last().map(|&(_, index)| index);
            if timeline.edges.last() == Some(&at) {
                *timeline.holds.last_mut().unwrap_or_else(|| unreachable!("edges and holds go together")) =
                    holds;
            } else {
                timeline.edges.push(at);
                timeline.holds.push(holds);
            }
        }
        timeline
    }

    fn truth(&self, window: Stretch) -> Placed {
        let begun = self.edges.partition_point(|&edge| edge <= window.start);
        // An edge exactly at the window's end is outside it.
        if self.edges.get(begun).is_some_and(|&edge| edge < window.end) {
            return Placed::AcrossAnEdge;
        }
        match begun.checked_sub(1).and_then(|last| self.holds[last]) {
            Some(label) => Placed::Inside(label),
            None => Placed::Outside,
        }
    }
}

/// Of each label the first window of its class that touches it.
fn latencies(said: &[Classified], labels: &[Truth]) -> Vec<u64> {
    let mut of_class: BTreeMap<&str, Vec<&Classified>> = BTreeMap::new();
    for classified in said {
        of_class.entry(classified.class).or_default().push(classified);
    }
    for windows in of_class.values_mut() {
        windows.sort_by_key(|classified| (classified.window.end, classified.at));
    }
    let mut latencies: Vec<u64> = labels
        .iter()
        .filter_map(|label| {
            let windows = of_class.get(label.name)?;
            let first = windows.partition_point(|classified| classified.window.end <= label.stretch.start);
            let found = windows.get(first)?;
            (found.window.start < label.stretch.end).then(|| found.at.saturating_sub(label.stretch.start))
        })
        .collect();
    latencies.sort_unstable();
    latencies
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn truth(start: u64, end: u64, name: &str) -> Truth<'_> {
        Truth { stretch: Stretch { start, end }, name }
    }
    fn said(start: u64, end: u64, class: &str) -> Classified<'_> {
        Classified { window: Stretch { start, end }, at: end + 1, class }
    }

    #[test]
    fn a_small_timeline_by_hand() {
        let labels = [truth(0, 100, "walk"), truth(100, 200, "run"), truth(250, 300, "walk")];
        let windows = [
            said(0, 50, "walk"),
            said(50, 100, "run"),
            said(80, 120, "walk"), // across an edge
            said(100, 150, "run"),
            said(150, 200, "still"),
            said(200, 250, "still"), // nothing is true there
            said(260, 300, "walk"),
        ];
        let score = score(&windows, &labels);
        assert_eq!(score.classes, ["run", "still", "walk"]);
        assert_eq!(score.confusion, [[1, 1, 0], [0, 0, 0], [1, 0, 2]]);
        assert_eq!((score.excluded, score.unlabelled, score.scored()), (1, 1, 5));
        assert_eq!(score.accuracy(), Some(0.6));
        // run: 2*1/(2+2), still: 0, walk: 2*2/(3+2)
        assert!((score.macro_f1().unwrap() - (0.5 + 0.0 + 0.8) / 3.0).abs() < 1e-12);
        assert_eq!(score.latencies_ns, [51, 51, 51]);
    }

    #[test]
    fn the_innermost_label_is_the_truth_and_its_edges_count() {
        let labels = [truth(0, 1000, "office"), truth(400, 500, "door")];
        let windows = [said(100, 200, "office"), said(410, 420, "door"), said(490, 510, "door")];
        let score = score(&windows, &labels);
        assert_eq!((score.right(), score.excluded), (2, 1));
    }

    #[test]
    fn without_windows_there_is_no_accuracy() {
        let score = score(&[], &[truth(0, 10, "walk")]);
        assert_eq!((score.accuracy(), score.macro_f1()), (None, None));
    }

    proptest! {
        #[test]
        fn every_window_is_counted_once_and_scores_are_shares(
            labels in prop::collection::vec((0u64..500, 1u64..90, 0usize..3), 0..12),
            windows in prop::collection::vec((0u64..600, 1u64..40, 0usize..4), 0..40),
        ) {
            let names = ["a", "b", "c", "d"];
            let labels: Vec<_> = labels.iter().map(|&(at, length, name)| truth(at, at + length, names[name])).collect();
            let windows: Vec<_> = windows.iter().map(|&(at, length, name)| said(at, at + length, names[name])).collect();
            let score = score(&windows, &labels);
            prop_assert_eq!(score.scored() + score.excluded + score.unlabelled, windows.len() as u64);
            prop_assert!(score.right() <= score.scored());
            for share in [score.accuracy(), score.macro_f1()].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&share));
            }
            prop_assert!(score.classes.is_sorted());
            // A window is scored exactly if no label's edge lies in it and some label covers it.
            let inside = windows.iter().filter(|classified| {
                let window = classified.window;
                let cut = labels.iter().any(|label| [label.stretch.start, label.stretch.end].iter()
                    .any(|&edge| window.start < edge && edge < window.end));
                let covered = labels.iter()
                    .any(|label| label.stretch.start <= window.start && window.end <= label.stretch.end);
                !cut && covered
            });
            prop_assert_eq!(score.scored(), inside.count() as u64);
        }
    }
}
