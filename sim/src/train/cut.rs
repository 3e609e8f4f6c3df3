//! Windows of a recording. A window across a label's edge, or where nothing is labelled, teaches nothing and judges
//! nothing: it is left out and counted.

use scenarios::recording::Span;

/// Where a window begins, and which of the recording's labels it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Before the first sample if the recording is shorter than the window: it lies in the middle then.
    pub first: isize,
    pub span: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    pub cuts: Vec<Cut>,
    /// Windows across an edge.
    pub across: usize,
    /// The recording is shorter than a window.
    pub short: bool,
}

/// Windows of `window` samples, `hop` apart. `pad`: a recording that is shorter than that is one window all the same.
pub fn cuts(times_ns: &[u64], labels: &[Span], window: usize, hop: usize, pad: bool) -> Cuts {
    let mut found = Cuts { short: times_ns.len() < window, ..Cuts::default() };
    let mut take = |first: isize, start: u64, end: u64| match labels
        .iter()
        .position(|span| span.start_ns <= start && end < span.end_ns)
    {
        Some(span) if !labels[span].label.is_empty() => found.cuts.push(Cut { first, span }),
        _ => found.across += 1,
    };
    match times_ns.len().checked_sub(window) {
        Some(last) => (0..=last)
            .step_by(hop.max(1))
            .for_each(|first| take(first as isize, times_ns[first], times_ns[first + window.max(1) - 1])),
        None => {
            if let (true, Some(end)) = (pad, times_ns.last()) {
                take(-((window - times_ns.len()) as isize / 2), 0, *end);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_to_their_label() {
        let span = |from: u64, to: u64, label: &str| Span { start_ns: from, end_ns: to, label: label.into() };
        let labels = [span(0, 40, "b"), span(40, 90, "a")];
        let times: Vec<u64> = (0..100).collect();
        let found = cuts(&times, &labels, 20, 10, false);
        let firsts: Vec<_> = found.cuts.iter().map(|cut| (cut.first, cut.span)).collect();
        assert_eq!(firsts, [(0, 0), (10, 0), (20, 0), (40, 1), (50, 1), (60, 1), (70, 1)]);
        assert_eq!((found.across, found.short), (2, false));
        assert_eq!(cuts(&times, &labels, 101, 10, false), Cuts { short: true, ..Cuts::default() });
    }

    #[test]
    fn a_word_lies_in_the_middle_of_its_window() {
        let labels = [Span { start_ns: 0, end_ns: 50, label: "yes".into() }];
        let times: Vec<u64> = (0..50).collect();
        let found = cuts(&times, &labels, 101, 10, true);
        assert_eq!((found.cuts, found.short), (vec![Cut { first: -25, span: 0 }], true));
    }
}
