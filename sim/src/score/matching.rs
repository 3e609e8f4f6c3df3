//! Which event belongs to which label. One to one: what is left over on one side is a false alarm, on the other a miss.

use std::collections::BTreeSet;

/// A stretch of true time in nanoseconds, both ends included: an instant has `start == end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub start: u64,
    pub end: u64,
}

/// The index of each event's label. As many pairs as there can be: an event that fits two labels does not take the one
/// that somebody else needs.
///
/// An event fits a label if they touch once the label is longer by `tolerance` at both ends. Events are taken in the
/// order in which they end, and each takes, of the free labels that it fits, the one that ends first: whichever label
/// remains is of at least as much use to those who come later, so the number of pairs is the largest possible.
pub fn match_up(events: &[Stretch], labels: &[Stretch], tolerance: u64) -> Vec<Option<usize>> {
    let mut by_end: Vec<usize> = (0..events.len()).collect();
    by_end.sort_by_key(|&index| (events[index].end, events[index].start, index));
    let mut to_come: Vec<usize> = (0..labels.len()).collect();
    to_come.sort_by_key(|&index| (labels[index].start, labels[index].end, index));
    let mut to_come = to_come.into_iter().peekable();
    // Labels that have begun, by their ends.
    let mut free: BTreeSet<(u64, u64, usize)> = BTreeSet::new();
    let mut matched = vec![None; events.len()];
    for event in by_end {
        let Stretch { start, end } = events[event];
        while let Some(label) = to_come.next_if(|&label| labels[label].start.saturating_sub(tolerance) <= end)
        {
            free.insert((labels[label].end.saturating_add(tolerance), labels[label].start, label));
        }
        if let Some(&taken) = free.range((start, 0, 0)..).next() {
            free.remove(&taken);
            matched[event] = Some(taken.2);
        }
    }
    matched
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(start: u64, end: u64) -> Stretch {
        Stretch { start, end }
    }

    #[test]
    fn tolerance_is_at_both_ends_and_includes_its_limit() {
        let label = [at(100, 200)];
        assert_eq!(match_up(&[at(90, 90)], &label, 10), [Some(0)]);
        assert_eq!(match_up(&[at(89, 89)], &label, 10), [None]);
        assert_eq!(match_up(&[at(210, 300)], &label, 10), [Some(0)]);
        assert_eq!(match_up(&[at(211, 300)], &label, 10), [None]);
    }

    #[test]
    fn a_second_event_for_the_same_label_is_left_over() {
        assert_eq!(match_up(&[at(100, 100), at(120, 120)], &[at(90, 200)], 0), [Some(0), None]);
    }

    #[test]
    fn a_long_event_leaves_the_label_that_a_short_one_needs() {
        let events = [at(0, 100), at(0, 10)];
        let labels = [at(0, 5), at(50, 60)];
        assert_eq!(match_up(&events, &labels, 0), [Some(1), Some(0)]);
    }

    fn stretches() -> impl Strategy<Value = Vec<Stretch>> {
        prop::collection::vec(
            (0u64..60, 0u64..20).prop_map(|(start, length)| at(start, start + length)),
            0..8,
        )
    }

    fn fits(event: Stretch, label: Stretch, tolerance: u64) -> bool {
        event.start <= label.end + tolerance && event.end + tolerance >= label.start
    }

    /// The largest number of pairs, by trying everything.
    fn most(events: &[Stretch], labels: &[Stretch], tolerance: u64, taken: u32) -> usize {
        let Some((event, rest)) = events.split_first() else { return 0 };
        let mut best = most(rest, labels, tolerance, taken);
        for (index, label) in labels.iter().enumerate() {
            if taken & (1 << index) == 0 && fits(*event, *label, tolerance) {
                best = best.max(1 + most(rest, labels, tolerance, taken | 1 << index));
            }
        }
        best
    }

    proptest! {
        #[test]
        fn pairs_fit_are_one_to_one_and_as_many_as_possible(
            events in stretches(),
            labels in stretches(),
            tolerance in 0u64..10,
        ) {
            let matched = match_up(&events, &labels, tolerance);
            prop_assert_eq!(matched.len(), events.len());
            let mut used = vec![false; labels.len()];
            for (event, label) in matched.iter().enumerate() {
                if let Some(label) = *label {
                    prop_assert!(!used[label], "label {} was given twice", label);
                    used[label] = true;
                    prop_assert!(fits(events[event], labels[label], tolerance));
                }
            }
            let pairs = matched.iter().flatten().count();
            prop_assert_eq!(pairs, most(&events, &labels, tolerance, 0));
        }
    }

    #[test]
    fn a_hundred_thousand_events_are_no_matter() {
        let events: Vec<Stretch> = (0..100_000).map(|k| at(k * 10, k * 10 + 3)).collect();
        let labels: Vec<Stretch> = (0..100_000).map(|k| at(k * 10 + 2, k * 10 + 6)).collect();
        assert!(match_up(&events, &labels, 1).into_iter().all(|label| label.is_some()));
    }
}
