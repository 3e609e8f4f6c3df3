//! Models on the node against models fed directly: what the chip and the app may cost, two points of accuracy. Half of the
//! recordings, by whole groups, teach; the others are judged twice, from their files and through the simulated chip.
//!
//! Without recordings (see `data`) these tests say that they were skipped.

use nodetwin_tests::data;
use sim::train::dataset::{self, Dataset};
use sim::train::task::Choices;
use sim::train::{evaluation, motion, replay, sound};
use std::collections::BTreeMap;
use std::path::Path;

/// Two points.
const MAY_LOSE: f64 = 0.02;

/// Of each class's groups every other one.
fn halves(all: &Dataset) -> [Dataset; 2] {
    let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut half_of: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &all.items {
        let label = item.recording.labels.first().map_or("", |span| span.label.as_str());
        let groups = seen.entry(label).or_default();
        if !half_of.contains_key(item.group.as_str()) {
            half_of.insert(&item.group, groups.len() % 2);
            groups.push(&item.group);
        }
    }
    [0, 1].map(|half| {
        let items = all.items.iter().filter(|item| half_of[item.group.as_str()] == half).cloned().collect();
        Dataset { items, ..all.clone() }
    })
}

struct Case {
    folder: &'static str,
    window_s: f64,
    /// Of the recordings that judge, every so manyth.
    every: usize,
}

fn compare(case: &Case, of_sound: bool) {
    let Some(folder) = data(case.folder) else { return };
    let all = dataset::read(&[folder]).unwrap();
    let [learn, mut judge] = halves(&all);
    let kept = judge.items.into_iter().step_by(case.every).collect();
    judge.items = kept;
    let choices = Choices { window_s: Some(case.window_s), seed: 1, ..Choices::default() };
    let train = if of_sound { sound::train } else { motion::train };
    let trained = train(&learn, &choices, &mut |_, _| ()).unwrap_or_else(|error| panic!("{error:?}"));
    let path = std::env::temp_dir().join(format!("nodetwin-replayed-{}.ntm", case.folder));
    std::fs::write(&path, trained.file.bytes()).unwrap();
    let model = trained.file.model(Path::new(case.folder)).unwrap();
    let direct = evaluation::recordings(&model, &judge, &mut |_, _| ()).unwrap();
    let replayed = replay::recordings(&path, &model, &judge, &mut |_, _| ())
        .unwrap_or_else(|error| panic!("{}: {error:?}", case.folder));
    std::fs::remove_file(&path).unwrap();
    let accuracy = |of: &evaluation::Evaluation| of.classes.as_ref().unwrap().accuracy();
    let (before, after) = (accuracy(&direct), accuracy(&replayed));
    eprintln!(
        "{}: {before:.4} of {} windows, through the chip {after:.4} of {}: {:+.2} points",
        case.folder,
        direct.n,
        replayed.n,
        100.0 * (after - before)
    );
    assert!(after > before - MAY_LOSE, "{}: {after} after {before}", case.folder);
    // Nothing is better for being left out.
    assert!(10 * replayed.n > 7 * direct.n, "{}: {} windows of {}", case.folder, replayed.n, direct.n);
}

#[test]
fn gestures_and_exercise_survive_the_chip() {
    compare(&Case { folder: "imu_gestures_emlearn", window_s: 2.0, every: 1 }, false);
    compare(&Case { folder: "imu_exercise_emlearn", window_s: 4.0, every: 1 }, false);
}

#[test]
fn activities_of_a_watch_survive_the_chip() {
    compare(&Case { folder: "imu_har_geotec_watch", window_s: 1.0, every: 4 }, false);
}

#[test]
fn twenty_six_samples_a_second_survive_the_chip() {
    compare(&Case { folder: "imu_har_st26hz", window_s: 2.0, every: 2 }, false);
}

#[test]
fn words_survive_the_microphone() {
    compare(&Case { folder: "audio_fsdd_digits", window_s: 1.0, every: 1 }, true);
}
