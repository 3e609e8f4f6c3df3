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

/// What was right and how many there were: of the files, and through the chip.
#[derive(Default)]
struct Compared {
    before: (f64, u64),
    after: (f64, u64),
}

impl Compared {
    fn add(&mut self, case: &Case, learn: &Dataset, judge: &Dataset, of_sound: bool) {
        let choices = Choices { window_s: Some(case.window_s), seed: 1, ..Choices::default() };
        let train = if of_sound { sound::train } else { motion::train };
        let trained = train(learn, &choices, &mut |_, _| ()).unwrap_or_else(|error| panic!("{error:?}"));
        let path = std::env::temp_dir().join(format!("nodetwin-replayed-{}.ntm", case.folder));
        std::fs::write(&path, trained.file.bytes()).unwrap();
        let model = trained.file.model(Path::new(case.folder)).unwrap();
        let direct = evaluation::recordings(&model, judge, &mut |_, _| ()).unwrap();
        let replayed = replay::recordings(&path, &model, judge, &mut |_, _| ())
            .unwrap_or_else(|error| panic!("{}: {error:?}", case.folder));
        std::fs::remove_file(&path).unwrap();
        for (sum, found) in [(&mut self.before, &direct), (&mut self.after, &replayed)] {
            let accuracy = found.classes.as_ref().unwrap().accuracy();
            *sum = (sum.0 + accuracy * found.n as f64, sum.1 + found.n);
        }
    }

    fn hold(&self, folder: &str) {
        let share = |(right, all): (f64, u64)| right / all as f64;
        let (before, after) = (share(self.before), share(self.after));
        eprintln!(
            "{folder}: {before:.4} of {} windows, through the chip {after:.4} of {}: {:+.2} points",
            self.before.1,
            self.after.1,
            100.0 * (after - before)
        );
        assert!(after > before - MAY_LOSE, "{folder}: {after} after {before}");
        // Nothing is better for being left out.
        let (direct, replayed) = (self.before.1, self.after.1);
        assert!(10 * replayed > 7 * direct, "{folder}: {replayed} windows of {direct}");
    }
}

fn compare(case: &Case, of_sound: bool) {
    let Some(folder) = data(case.folder) else { return };
    let [learn, mut judge] = halves(&dataset::read(&[folder]).unwrap());
    let kept = judge.items.into_iter().step_by(case.every).collect();
    judge.items = kept;
    let mut compared = Compared::default();
    compared.add(case, &learn, &judge, of_sound);
    compared.hold(case.folder);
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

/// Clips are few, so both halves judge what the other one taught: of 73 one may be told otherwise.
#[test]
fn scenes_survive_the_microphone() {
    let case = Case { folder: "audio_esc10", window_s: 5.0, every: 1 };
    let Some(folder) = data(case.folder) else { return };
    let [one, other] = halves(&dataset::read(&[folder]).unwrap());
    let mut compared = Compared::default();
    compared.add(&case, &one, &other, true);
    compared.add(&case, &other, &one, true);
    compared.hold(case.folder);
}

#[test]
fn words_survive_the_microphone() {
    compare(&Case { folder: "audio_fsdd_digits", window_s: 1.0, every: 1 }, true);
}
