//! Windows of a recording. A window across a label's edge, or where nothing is labelled, teaches nothing and judges
//! nothing: it is left out and counted.

use super::dataset::Item;

/// Where a window begins, and which of the classes it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub first: usize,
    pub class: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    pub cuts: Vec<Cut>,
    /// Windows across an edge.
    pub across: usize,
}

/// Windows of `window` samples, `hop` apart.
pub fn cuts(item: &Item, classes: &[String], window: usize, hop: usize) -> Cuts {
    let mut found = Cuts::default();
    let Some(last) = item.samples().checked_sub(window).filter(|_| window > 0) else { return found };
    for first in (0..=last).step_by(hop.max(1)) {
        let (start, end) = (item.time_ns(first), item.time_ns(first + window - 1));
        let whole = item.recording.labels.iter().find(|span| span.start_ns <= start && end < span.end_ns);
        match whole.and_then(|span| classes.binary_search(&span.label).ok()) {
            Some(class) => found.cuts.push(Cut { first, class }),
            None => found.across += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenarios::recording::{AudioTrack, Kind, Recording, Span};
    use std::sync::Arc;

    #[test]
    fn windows_keep_to_their_label() {
        let track = AudioTrack { rate_hz: 1000.0, samples: vec![0.0; 100], channels: 1, bits: 16 };
        let span = |from: u64, to: u64, label: &str| Span {
            start_ns: from * 1_000_000,
            end_ns: to * 1_000_000,
            label: label.into(),
        };
        let recording = Recording {
            source: String::new(),
            kind: Kind::Audio(Arc::new(track)),
            labels: vec![span(0, 40, "b"), span(40, 90, "a")],
            duration_ns: 100_000_000,
        };
        let item = Item { path: "x.wav".into(), recording, group: "x".into() };
        let found = cuts(&item, &["a".into(), "b".into()], 20, 10);
        let firsts: Vec<_> = found.cuts.iter().map(|cut| (cut.first, cut.class)).collect();
        assert_eq!(firsts, [(0, 1), (10, 1), (20, 1), (40, 0), (50, 0), (60, 0), (70, 0)]);
        assert_eq!(found.across, 2);
        assert_eq!(cuts(&item, &["a".into()], 101, 10), Cuts::default());
    }
}
