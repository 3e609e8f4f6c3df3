//! The ground truth: what really happened to a node, and when. Events are scored against this and nothing else.

use crate::recording::{Channel, Recording};
use crate::schema::{MotionKind, Ns, Scenario, SoundKind, When};
use crate::shelf::Shelf;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub label: String,
    pub start_ns: Ns,
    pub end_ns: Ns,
}

/// All labels that concern a node, in order of their start. Sounds, motions and `[[label]]` entries that have a label give
/// one for each occurrence; a recording without one brings its own labels along.
pub fn labels(scenario: &Scenario, node: usize, shelf: &Shelf) -> Vec<Label> {
    let concerns = |entry: Option<usize>| entry.is_none_or(|of| of == node);
    let mut labels = Vec::new();
    for sound in scenario.sounds.iter().filter(|sound| concerns(sound.node)) {
        let recorded = match &sound.kind {
            SoundKind::Recording(of) => {
                shelf.get(&of.file, &of.channel).map(|recording| (recording.as_ref(), of.skip_ns))
            }
            _ => None,
        };
        expand(&mut labels, sound.label.as_deref(), sound.when, recorded);
    }
    for motion in scenario.motions.iter().filter(|motion| concerns(motion.node)) {
        let recorded = match &motion.kind {
            MotionKind::Recording(of) => {
                shelf.get(&of.file, &Channel::Only).map(|recording| (recording.as_ref(), of.skip_ns))
            }
            _ => None,
        };
        expand(&mut labels, motion.label.as_deref(), motion.when, recorded);
    }
    for entry in scenario.labels.iter().filter(|entry| concerns(entry.node)) {
        expand(&mut labels, Some(&entry.label), entry.when, None);
    }
    labels.sort_by(|a, b| (a.start_ns, a.end_ns, &a.label).cmp(&(b.start_ns, b.end_ns, &b.label)));
    labels
}

fn expand(out: &mut Vec<Label>, label: Option<&str>, when: When, recorded: Option<(&Recording, Ns)>) {
    let natural_ns = recorded.map_or(0, |(recording, skip_ns)| recording.duration_ns.saturating_sub(skip_ns));
    match (label, recorded) {
        (Some(label), _) => {
            for (start_ns, end_ns) in when.occurrences(natural_ns).filter(|(start, end)| start < end) {
                // What a recording labels lasts no longer than the recording.
                let end_ns =
                    if recorded.is_some() { end_ns.min(start_ns.saturating_add(natural_ns)) } else { end_ns };
                out.push(Label { label: label.to_string(), start_ns, end_ns });
            }
        }
        (None, Some((recording, skip_ns))) => {
            for (start, end) in when.occurrences(natural_ns) {
                for span in
                    recording.labels.iter().filter(|span| span.end_ns > skip_ns && !span.label.is_empty())
                {
                    let start_ns = start.saturating_add(span.start_ns.saturating_sub(skip_ns));
                    let end_ns = start.saturating_add(span.end_ns - skip_ns).min(end);
                    if start_ns < end_ns {
                        out.push(Label { label: span.label.clone(), start_ns, end_ns });
                    }
                }
            }
        }
        (None, None) => {}
    }
}
