//! Gestures learnt on the node from real recordings: four examples each, the rest judged, and what else people do held
//! against them. Without recordings (see `data`) these tests say that they were skipped.

use node_core::app::motion::learn::{Gestures, LearnRoom, Told};
use node_core::meter::Work;
use nodetwin_tests::data;
use std::fs;
use std::path::Path;

struct Track {
    class: String,
    rate_hz: f32,
    g: Vec<[f32; 3]>,
}

/// All recordings of a folder, in the order of their names; the class is the last word of a name.
fn tracks(folder: &Path) -> Vec<Track> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        name.ends_with(".csv") && name != "index.csv"
    });
    files.sort();
    let track = |file: &std::path::PathBuf| {
        let recording = scenarios::recording::open(file).unwrap_or_else(|error| panic!("{error}"));
        let imu = recording.imu().expect("it is motion").clone();
        let g = (0..imu.t_ns.len()).map(|n| [0, 1, 2].map(|axis| imu.accel_g[axis][n])).collect();
        let class = file.file_stem().unwrap().to_str().unwrap().rsplit('_').next().unwrap().to_string();
        Track { class, rate_hz: 1e9 / imu.step_ns as f32, g }
    };
    files.iter().map(track).collect()
}

/// What each whole window of a recording is called.
fn heard(gestures: &mut Gestures, track: &Track) -> Vec<Option<&'static str>> {
    gestures.gap();
    let mut windows = Vec::new();
    for sample in &track.g {
        if gestures.push(*sample) {
            gestures.judge(&mut Work::NONE.clone());
            windows.push(gestures.now().map(|class| class.name));
        }
    }
    windows
}

/// Shows recordings one after the other until the lesson is over; returns how many it took.
fn show(gestures: &mut Gestures, tracks: &[&Track]) -> usize {
    gestures.gap();
    assert_eq!(gestures.begin_or_end(), Ok(None));
    for (index, track) in tracks.iter().enumerate() {
        for sample in &track.g {
            if gestures.push(*sample)
                && let Some(told) = gestures.judge(&mut Work::NONE.clone())
            {
                assert!(matches!(told, Told::Learnt { examples: 4, .. }), "{told:?}");
                return index + 1;
            }
        }
    }
    panic!("the lesson never ended");
}

#[derive(Default)]
struct Score {
    right: usize,
    all: usize,
}

impl Score {
    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.all += 1;
    }
    fn share(&self) -> f64 {
        self.right as f64 / self.all as f64
    }
}

#[test]
fn gestures_shown_for_seconds_are_recognised_and_other_motion_is_not() {
    let (Some(shown), Some(exercise), Some(watch)) =
        (data("imu_gestures_emlearn"), data("imu_exercise_emlearn"), data("imu_har_geotec_watch"))
    else {
        return;
    };
    let recordings = tracks(&shown);
    let others: Vec<Track> =
        tracks(&exercise).into_iter().chain(tracks(&watch).into_iter().step_by(5)).collect();
    let of = |class: &str| recordings.iter().filter(|track| track.class == class).collect::<Vec<_>>();
    let (mut known, mut at_rest, mut false_alarms, mut worst) =
        (Score::default(), Score::default(), Score::default(), 1.0f64);
    // Each time other recordings are shown.
    for turn in 0..3 {
        let mut room = Box::new(LearnRoom::EMPTY);
        let mut gestures = Gestures::new(100.0, &mut room, 0).unwrap();
        let mut left = Vec::new();
        for (class, name) in [("snake", "gesture-1"), ("updown", "gesture-2"), ("wave", "gesture-3")] {
            let mut shown = of(class);
            let turns = turn % shown.len();
            shown.rotate_left(turns);
            let taken = show(&mut gestures, &shown);
            left.extend(shown[taken..].iter().map(|track| (*track, name)));
        }
        // As after a reset: what is stored is all there is.
        let stored = gestures.bytes().to_vec();
        let mut room = Box::new(LearnRoom::EMPTY);
        room.known[..stored.len()].copy_from_slice(&stored);
        let mut gestures = Gestures::new(100.0, &mut room, stored.len()).unwrap();

        let mut score = Score::default();
        for (track, name) in left {
            heard(&mut gestures, track).into_iter().for_each(|window| score.add(window == Some(name)));
        }
        worst = worst.min(score.share());
        known.right += score.right;
        known.all += score.all;
        for track in of("idle") {
            heard(&mut gestures, track).into_iter().for_each(|window| at_rest.add(window.is_none()));
        }
        for track in &others {
            // Its rate is its own.
            let mut room = Box::new(LearnRoom::EMPTY);
            room.known[..stored.len()].copy_from_slice(&stored);
            let mut gestures = Gestures::new(track.rate_hz, &mut room, stored.len()).unwrap();
            heard(&mut gestures, track).into_iter().for_each(|window| false_alarms.add(window.is_some()));
        }
    }
    eprintln!(
        "recognised {:.3} of {} windows (worst turn {worst:.3}), at rest none in {:.3} of {}, false alarms {:.3} of {}",
        known.share(),
        known.all,
        at_rest.share(),
        at_rest.all,
        false_alarms.share(),
        false_alarms.all
    );
    assert!(known.all >= 60 && known.share() >= 0.85, "recognised {:.3}", known.share());
    assert!(at_rest.share() >= 0.95, "at rest {:.3}", at_rest.share());
    assert!(
        false_alarms.all >= 1_000 && false_alarms.share() <= 0.05,
        "false alarms {:.3}",
        false_alarms.share()
    );
}
