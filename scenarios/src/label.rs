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

/// All labels that concern a node, in order of their start. Sounds, motions, samples, places and `[[label]]` entries that have a label give
/// one for each occurrence; a recording without one brings its own labels along.
pub fn labels(scenario: &Scenario, node: usize, shelf: &Shelf) -> Vec<Label> {
    let concerns = |entry: Option<usize>| entry.is_none_or(|of| of == node);
    let mut labels = Vec::new();
    for sound in scenario.sounds.iter().filter(|sound| concerns(sound.node)) {
        let recorded = match &sound.kind {
            SoundKind::Recording(of) => {
                shelf.get(&of.file, &of.channel).map(|recording| (recording, of.skip_ns))
            }
            _ => None,
        };
        expand(&mut labels, sound.label.as_deref(), sound.when, recorded);
    }
    for motion in scenario.motions.iter().filter(|motion| concerns(motion.node)) {
        let recorded = match &motion.kind {
            MotionKind::Recording(of) => {
                shelf.get(&of.file, &Channel::Only).map(|recording| (recording, of.skip_ns))
            }
            _ => None,
        };
        expand(&mut labels, motion.label.as_deref(), motion.when, recorded);
    }
    for sample in scenario.samples.iter().filter(|sample| concerns(sample.node)) {
        expand(&mut labels, sample.label.as_deref(), sample.when, None);
    }
    for place in scenario.places.iter().filter(|place| concerns(place.node)) {
        expand(&mut labels, place.label.as_deref(), place.when, None);
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::known::{Known, KnownBoard};
    use crate::recording::{AudioTrack, Kind, Span};

    fn scenario(more: &str) -> Scenario {
        let head = "schema = 1\nname = \"x\"\nduration = \"20s\"\nseed = 1\n";
        let node = |name| format!("[[node]]\nname = \"{name}\"\nboard = \"b\"\napp = \"a\"\n");
        let known = Known {
            boards: vec![KnownBoard { name: "b".into(), ..KnownBoard::default() }],
            apps: vec!["a".into()],
            ..Known::default()
        };
        let text = format!("{head}{}{}{more}", node("left"), node("right"));
        // Any file will do: the shelf is filled by hand.
        let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        crate::load_str("x.toml", &text, dir, &known, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    fn told(scenario: &Scenario, node: usize, shelf: &Shelf) -> Vec<(String, u64, u64)> {
        let ms = |ns: u64| ns / 1_000_000;
        labels(scenario, node, shelf).into_iter().map(|l| (l.label, ms(l.start_ns), ms(l.end_ns))).collect()
    }

    fn label(name: &str, start_ms: u64, end_ms: u64) -> (String, u64, u64) {
        (name.into(), start_ms, end_ms)
    }

    #[test]
    fn labels_repeat_stay_in_the_run_and_come_in_order() {
        let scenario = scenario(
            "[[sound]]\nkind = \"clap\"\nlevel = \"80dB\"\nat = \"1s\"\nevery = \"9s\"\nlabel = \"door\"\n\
             [[sound]]\nkind = \"pink-noise\"\nlevel = \"40dB\"\n\
             [[motion]]\nkind = \"walk\"\nnode = \"right\"\nat = \"18s\"\nlabel = \"walk\"\n\
             [[label]]\nlabel = \"by hand\"\nfrom = \"500ms\"\nto = \"2s\"\n",
        );
        let ring = crate::signal::sound::clap::RING_NS / 1_000_000;
        let doors = [1000, 10_000, 19_000].map(|start| label("door", start, start + ring));
        let hand = label("by hand", 500, 2000);
        let [first, second, third] = doors;
        let left = vec![hand.clone(), first.clone(), second.clone(), third.clone()];
        assert_eq!(told(&scenario, 0, &Shelf::default()), left);
        let right = vec![hand, first, second, label("walk", 18_000, 20_000), third];
        assert_eq!(told(&scenario, 1, &Shelf::default()), right);
    }

    #[test]
    fn a_recording_brings_its_own_labels_unless_it_is_given_one() {
        let recorded = |more: &str| {
            let scenario = scenario(&format!(
                "[[sound]]\nkind = \"recording\"\nfile = \"Cargo.toml\"\nlevel = \"70dB\"\nat = \"2s\"\n{more}"
            ));
            let SoundKind::Recording(of) = &scenario.sounds[0].kind else { panic!("a recording") };
            let s = 1_000_000_000;
            let recording = Recording {
                source: String::new(),
                kind: Kind::Audio(Arc::new(AudioTrack::default())),
                labels: vec![
                    Span { start_ns: 0, end_ns: s, label: "quiet".into() },
                    Span { start_ns: s, end_ns: 3 * s, label: "loud".into() },
                ],
                duration_ns: 3 * s,
            };
            let mut shelf = Shelf::default();
            shelf.put(&of.file, &of.channel, recording);
            told(&scenario, 0, &shelf)
        };
        assert_eq!(recorded(""), [label("quiet", 2000, 3000), label("loud", 3000, 5000)]);
        assert_eq!(recorded("skip = \"1500ms\"\n"), [label("loud", 2000, 3500)]);
        assert_eq!(recorded("for = \"2s\"\n"), [label("quiet", 2000, 3000), label("loud", 3000, 4000)]);
        assert_eq!(recorded("label = \"door\"\n"), [label("door", 2000, 5000)]);
        assert_eq!(recorded("label = \"door\"\nfor = \"9s\"\n"), [label("door", 2000, 5000)]);
    }
}
