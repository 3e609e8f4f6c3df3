//! All windows of some recordings as rows of features, made by the code that the node runs.

use super::Progress;
use super::augment::{self, Change};
use super::cut::{self, Cut};
use super::dataset::Dataset;
use super::signal::Signal;
use crate::parallel;
use node_core::dsp::features::{Plan, Window};
use scenarios::rng::Streams;

/// A window: where it is from, what it is, and its features.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Of the dataset's recordings.
    pub item: usize,
    /// Of the recording's labels.
    pub span: usize,
    /// First sample.
    pub first: isize,
    /// Of the classes that were asked for.
    pub class: usize,
    /// Made from a window, to learn from: it never judges.
    pub is_copy: bool,
    pub features: Vec<f32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub rows: Vec<Row>,
    /// Windows across a label's edge, or where nothing is labelled.
    pub across: usize,
    /// Recordings shorter than a window: of motion left out, of sound with silence around them.
    pub short: usize,
}

/// How many changed copies each window gets, and how they differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Copies {
    pub count: usize,
    pub changes: Vec<Change>,
    pub seed: u64,
}

/// Rows of the windows that are of one of `classes` (in order of name), and of their copies.
pub fn of(
    data: &Dataset,
    signals: &[Signal],
    classes: &[String],
    plan: &Plan,
    copies: &Copies,
    progress: Progress,
) -> Table {
    let head = plan.head();
    let one = |at: &usize| {
        let (at, signal, labels) = (*at, &signals[*at], &data.items[*at].recording.labels);
        let pad = signal.is_sound();
        let found = cut::cuts(&signal.times_ns, labels, head.window, head.hop, pad);
        let mut table = Table { across: found.across, short: usize::from(found.short), rows: Vec::new() };
        let (mut scratch, mut features) = (vec![0.0; plan.scratch()], vec![0.0; plan.outputs()]);
        let streams = Streams::new(copies.seed);
        for Cut { first, span } in found.cuts {
            let Ok(class) = classes.binary_search(&labels[span].label) else { continue };
            for copy in 0..=copies.count {
                let mut stream = streams.stream(&format!("train.copy.{at}.{first}.{copy}"));
                let changes: &[Change] = if copy > 0 { &copies.changes } else { &[] };
                let nth = copy.saturating_sub(1);
                let samples =
                    augment::window(signal, first, (head.window, head.rate_hz), changes, nth, &mut stream);
                let window = Window::new(head.channels, &samples, &[]);
                let made = window.map(|window| plan.extract(&mut scratch, &window, &mut features));
                assert_eq!(made, Some(Ok(())), "the pieces are of the plan's size");
                let features = features.clone();
                table.rows.push(Row { item: at, span, first, class, is_copy: copy > 0, features });
            }
        }
        table
    };
    let mut whole = Table::default();
    let places: Vec<usize> = (0..signals.len()).collect();
    parallel::each(&places, parallel::threads(None), one, |at, table: Table| {
        progress(at + 1, places.len());
        whole.across += table.across;
        whole.short += table.short;
        whole.rows.extend(table.rows);
    });
    whole
}
