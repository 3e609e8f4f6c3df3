//! From a folder of recordings to a model and its score, as a person meets it.

use node_core::ml::ntm::Model;
use serde_json::Value;
use sim::train::file::ModelFile;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of its own for each test.
struct Folder(PathBuf);

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("train-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A recording of 10 s at 50 Hz: a board that is shaken at `hz`, in a way of its own for each `seed`.
    fn shaken(&self, name: &str, hz: f64, seed: u32) {
        self.shaken_at(name, hz, seed, 50.0);
    }

    fn shaken_at(&self, name: &str, hz: f64, seed: u32, rate_hz: f64) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut state = seed;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24) - 0.5
        };
        let phase = 6.0 * noise();
        let mut text = "t_s,ax_g,ay_g,az_g\n".to_string();
        for n in 0..(10.0 * rate_hz) as u32 {
            let t = f64::from(n) / rate_hz;
            let x = 0.4 * (std::f64::consts::TAU * hz * t + phase).sin();
            text +=
                &format!("{t:.4},{:.4},{:.4},{:.4}\n", x + 0.1 * noise(), 0.1 * noise(), 1.0 + 0.1 * noise());
        }
        fs::write(path, text).unwrap();
    }

    /// A sound of a tone that comes and goes, 16 bits: so many seconds of it.
    fn tone(&self, name: &str, hz: f64, seconds: f64, rate_hz: u32) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let (bits_per_sample, sample_format) = (16, hound::SampleFormat::Int);
        let spec = hound::WavSpec { channels: 1, sample_rate: rate_hz, bits_per_sample, sample_format };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for n in 0..(seconds * f64::from(rate_hz)) as u32 {
            let t = f64::from(n) / f64::from(rate_hz);
            let swell = (std::f64::consts::PI * t / seconds).sin();
            writer.write_sample((9000.0 * swell * (std::f64::consts::TAU * hz * t).sin()) as i16).unwrap();
        }
        writer.finalize().unwrap();
    }

    /// Two words of somebody: `low` and `high`, a little different for each `number`.
    fn two_words(&self, data: &str, numbers: std::ops::Range<u32>, rate_hz: u32) {
        for number in numbers {
            let (pitch, long) = (1.0 + 0.02 * f64::from(number), 0.3 + 0.05 * f64::from(number % 5));
            self.tone(&format!("{data}/low/{number}.wav"), 400.0 * pitch, long, rate_hz);
            self.tone(&format!("{data}/high/{number}.wav"), 1700.0 * pitch, long, rate_hz);
        }
    }

    /// Three motions, each recorded `times` times.
    fn three_motions(&self, data: &str, times: u32, seed: u32) {
        for (name, hz) in [("slow", 1.0), ("brisk", 4.0), ("fast", 9.0)] {
            for n in 0..times {
                self.shaken(&format!("{data}/{name}/{n}.csv"), hz, seed + n + (hz as u32) * 1000);
            }
        }
    }

    fn run(&self, line: &str) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nodetwin"));
        let output = command.args(line.split_whitespace()).current_dir(&self.0).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ended = Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        assert!(!ended.err.contains("panicked"), "{line}:\n{}", ended.err);
        ended
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.bytes(name)).unwrap()
    }
}

#[test]
fn a_model_is_trained_scored_on_others_and_explained() {
    let folder = Folder::new("whole");
    folder.three_motions("learn", 4, 1);
    folder.three_motions("judge", 2, 100);
    let trained = folder.run("train learn --task motion --window 2s -o m.ntm");
    assert_eq!(trained.code, Some(0), "{}", trained.err);
    assert!(trained.out.contains("cross-validated accuracy 100.0 % ± 0.0 %"), "{}", trained.out);
    assert!(trained.out.contains("each of 12 groups by all others"), "{}", trained.out);
    assert!(trained.err.contains("nothing says who was recorded"), "{}", trained.err);

    let scored = folder.run("eval m.ntm judge --json scores.json");
    assert_eq!(scored.code, Some(0), "{}", scored.err);
    assert!(scored.out.contains("accuracy 100.0 %") && !scored.err.contains("leak"), "{}", scored.err);
    let json = folder.json("scores.json");
    assert_eq!((json["accuracy"].as_f64(), json["macro_f1"].as_f64()), (Some(1.0), Some(1.0)));
    // 10 s in windows of 2 s, an eighth of that apart (13 samples): 31 of each recording.
    let windows = (500 - 100) / 13 + 1;
    assert_eq!(json["n"], 6 * windows);
    assert_eq!(json["classes"], serde_json::json!(["brisk", "fast", "slow"]));
    assert_eq!(json["confusion"][1], serde_json::json!([0, 2 * windows, 0]));
    assert_eq!(json["per_class"][2]["class"], "slow");
    assert_eq!(json["per_class"][2]["n"], 2 * windows);
    assert_eq!(json["bytes"], folder.bytes("m.ntm").len());

    let explained = folder.run("inspect m.ntm");
    assert_eq!(explained.code, Some(0), "{}", explained.err);
    for part in
        ["inputs   50 Hz", "window of 100 samples every 13", "brisk · fast · slow", "linear", "motion: "]
    {
        assert!(explained.out.contains(part), "`{part}` is missing in\n{}", explained.out);
    }
    let file = ModelFile::new(&folder.bytes("m.ntm"));
    let model = Model::open(file.bytes()).unwrap();
    assert_eq!(model.plan.map(|plan| plan.outputs()), Some(model.kind.features()));
}

#[test]
fn the_same_recordings_make_the_same_bytes_wherever_they_lie() {
    let folder = Folder::new("same");
    folder.three_motions("a", 3, 7);
    folder.three_motions("else/where", 3, 7);
    for (data, model) in [("a", "1.ntm"), ("a", "2.ntm"), ("else/where", "3.ntm")] {
        let ended = folder.run(&format!("train {data} --task motion -o {model}"));
        assert_eq!(ended.code, Some(0), "{}", ended.err);
    }
    assert_eq!(folder.bytes("1.ntm"), folder.bytes("2.ntm"));
    assert_eq!(folder.bytes("1.ntm"), folder.bytes("3.ntm"));
}

#[test]
fn every_kind_of_model_learns_and_one_seed_is_one_file_on_any_number_of_cores() {
    let folder = Folder::new("kinds");
    folder.three_motions("learn", 3, 5);
    folder.three_motions("judge", 1, 200);
    for kind in ["linear", "forest", "boosted", "nearest", "mlp", "cnn"] {
        let line =
            format!("train learn --task motion --window 2s --hop 500ms --model {kind} --augment noise");
        let ended = folder.run(&format!("{line} -o {kind}.ntm"));
        assert_eq!(ended.code, Some(0), "{kind}: {}", ended.err);
        let scored = folder.run(&format!("eval {kind}.ntm judge --json {kind}.json"));
        assert_eq!(scored.code, Some(0), "{kind}: {}", scored.err);
        let json = folder.json(&format!("{kind}.json"));
        assert!(json["accuracy"].as_f64() >= Some(0.9), "{kind}: {}", scored.out);
        assert!(json["predicted_us"].as_f64() > Some(1.0), "{kind}: {}", json["predicted_us"]);
        let explained = folder.run(&format!("inspect {kind}.ntm"));
        assert!(explained.out.contains(&format!("recordings, {kind}")), "{}", explained.out);
        let one_core = Command::new("taskset")
            .args(["-c", "0", env!("CARGO_BIN_EXE_nodetwin")])
            .args(format!("{line} -o one.ntm").split_whitespace())
            .current_dir(&folder.0)
            .output();
        match one_core {
            Ok(ended) => {
                assert!(ended.status.success());
                assert!(
                    folder.bytes("one.ntm") == folder.bytes(&format!("{kind}.ntm")),
                    "{kind}: other bytes"
                );
            }
            Err(_) => eprintln!("skipped: there is no taskset to take a core away"),
        }
    }
    let refused = folder.run("train learn --task motion --max-bytes 1000 -o small.ntm");
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("more than the 1000 allowed"), "{}", refused.err);
}

#[test]
fn a_forest_of_fewer_trees_is_tried_in_a_scenario_and_written_as_it_ran() {
    let folder = Folder::new("fewer");
    folder.three_motions("learn", 2, 5);
    for kind in ["forest", "boosted", "linear"] {
        let line = format!("train learn --task motion --window 2s --hop 500ms --model {kind} -o {kind}.ntm");
        let ended = folder.run(&line);
        assert_eq!(ended.code, Some(0), "{kind}: {}", ended.err);
    }
    let pruned = folder.run("prune forest.ntm --trees 3 -o three.ntm");
    assert!(pruned.err.contains("three.ntm: 3 of "), "{}", pruned.err);
    // A tree's place and its first decision are 8 bytes.
    assert!(folder.bytes("three.ntm").len() + 37 * 8 <= folder.bytes("forest.ntm").len(), "{}", pruned.err);
    assert!(folder.run("inspect three.ntm").out.contains("forest of 3 trees"));

    let ended = folder.run("new walk.toml --app motion");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let scenario = std::fs::read_to_string(folder.0.join("walk.toml")).unwrap();
    let other = scenario.replace("rate = \"100Hz\", ", "");
    assert_ne!(other, scenario, "the rate is the model's to say");
    std::fs::write(folder.0.join("walk.toml"), other).unwrap();
    let name = scenario.split("[[node]]").nth(1).and_then(|node| node.split('"').nth(1)).unwrap();
    let run = |sets: &str, json: &str| {
        let sets: Vec<String> =
            sets.split(' ').map(|set| format!(" --set node.{name}.settings.{set}")).collect();
        let ended = folder.run(&format!("run walk.toml{} --json {json}", sets.concat()));
        assert!(matches!(ended.code, Some(0 | 1)), "{}", ended.err);
        folder.json(json)["trace_hash"].clone()
    };
    let three = run("model=three.ntm", "three.json");
    assert_eq!(run("model=forest.ntm trees=3", "of-all.json"), three);
    assert_ne!(run("model=forest.ntm", "all.json"), three, "fewer trees take less time");

    for (line, says) in [
        ("prune linear.ntm --trees 1 -o x.ntm", "the model has no trees"),
        ("prune forest.ntm --trees 0 -o x.ntm", "0 trees cannot be had"),
        ("prune boosted.ntm --trees 1 -o x.ntm", "in rounds of 3"),
    ] {
        let refused = folder.run(line);
        assert_eq!(refused.code, Some(2), "{line}: {}", refused.err);
        assert!(refused.err.contains(says), "{line}: {}", refused.err);
        assert!(!folder.0.join("x.ntm").exists(), "{line}");
    }
    let sets = format!("--set node.{name}.settings.model=linear.ntm --set node.{name}.settings.trees=2");
    let refused = folder.run(&format!("run walk.toml {sets}"));
    assert!(refused.code == Some(2) && refused.err.contains("leave `trees` out"), "{}", refused.err);
}

#[test]
fn what_is_sure_smoothed_and_tried_is_written_and_shown() {
    let folder = Folder::new("shown");
    folder.three_motions("data", 2, 5);
    let ended = folder.run(
        "train data --task motion --confidence 0.7 --smooth majority:3 --html page.html --png front.png -o m.ntm",
    );
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("with thresholds and smoothing") && ended.out.contains("ECE"),
        "{}",
        ended.out
    );
    let explained = folder.run("inspect m.ntm").out;
    assert!(
        explained.contains("at least 0.7 ·") && explained.contains("Majority { windows: 3 }"),
        "{explained}"
    );
    let page = String::from_utf8(folder.bytes("page.html")).unwrap();
    for part in ["</html>", "2.50 s", "calibration error", "predicted time of an answer", "brisk"] {
        assert!(page.contains(part), "`{part}` is missing");
    }
    assert!(!page.contains("<script") && !page.contains("http"), "nothing is fetched");
    assert!(folder.bytes("front.png").starts_with(b"\x89PNG"));
    for (option, part) in [
        ("--confidence 2", "0 to 1"),
        ("--smooth often", "majority:5"),
        ("--smooth hysteresis:2:0.4:0.7", "ends at or below"),
        ("--augment loud", "noise"),
        ("--target a", "it is for --task spectrum"),
    ] {
        let refused = folder.run(&format!("train data --task motion {option} -o n.ntm"));
        assert!(refused.code == Some(2) && refused.err.contains(part), "{option}: {}", refused.err);
    }
}

#[test]
fn recordings_of_another_rate_are_brought_to_the_models() {
    let folder = Folder::new("rates");
    folder.three_motions("learn", 3, 5);
    assert_eq!(folder.run("train learn --task motion --window 2s -o m.ntm").code, Some(0));
    for (name, hz) in [("slow", 1.0), ("brisk", 4.0), ("fast", 9.0)] {
        folder.shaken_at(&format!("judge/{name}/1.csv"), hz, 77, 125.0);
    }
    let scored = folder.run("eval m.ntm judge");
    assert!(scored.out.contains("accuracy 100.0 %"), "{}", scored.out);
    assert!(scored.err.contains("3 of 3 recordings brought from 125.0 to 50.0 Hz"), "{}", scored.err);
}

#[test]
fn words_are_learnt_and_told_at_any_rate_and_length() {
    let folder = Folder::new("words");
    folder.two_words("learn", 0..8, 16_000);
    let trained = folder.run("train learn --task sound -o w.ntm");
    assert_eq!(trained.code, Some(0), "{}", trained.err);
    assert!(trained.out.contains("cross-validated accuracy 100.0 %"), "{}", trained.out);
    assert!(trained.out.contains("32 changed copies"), "{}", trained.out);
    for rate_hz in [16_000, 44_100, 11_025] {
        folder.two_words(&format!("at-{rate_hz}"), 20..23, rate_hz);
        let scored = folder.run(&format!("eval w.ntm at-{rate_hz} --json w.json"));
        assert_eq!(folder.json("w.json")["accuracy"], 1.0, "{rate_hz}: {}", scored.out);
        assert!(scored.err.contains("6 recordings shorter than a window got silence"), "{}", scored.err);
        assert_eq!(scored.err.contains("brought from"), rate_hz != 16_000, "{}", scored.err);
    }
    let refused = folder.run("train learn --task motion -o n.ntm");
    assert!(refused.code == Some(2) && refused.err.contains("this is sound, not motion"), "{}", refused.err);
}

#[test]
fn leaks_are_refused_or_told() {
    let folder = Folder::new("leak");
    folder.three_motions("data", 2, 3);
    fs::copy(folder.0.join("data/slow/0.csv"), folder.0.join("data/slow/copy.csv")).unwrap();
    let refused = folder.run("train data --task motion -o m.ntm");
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("are the same recording") && refused.err.contains("help: "),
        "{}",
        refused.err
    );
    assert!(!folder.0.join("m.ntm").exists(), "nothing is left of it");

    fs::remove_file(folder.0.join("data/slow/copy.csv")).unwrap();
    assert_eq!(folder.run("train data --task motion -o m.ntm").code, Some(0));
    let scored = folder.run("eval m.ntm data");
    assert!(scored.err.contains("leak:") && scored.code == Some(0), "{}", scored.err);

    folder.shaken("part/slow/new.csv", 1.0, 99);
    fs::copy(folder.0.join("data/slow/0.csv"), folder.0.join("part/slow/renamed.csv")).unwrap();
    let part = folder.run("eval m.ntm part");
    assert!(part.err.contains("leak: 1 of 2 recordings"), "{}", part.err);

    folder.three_motions("single", 1, 3);
    let told = folder.run("train single --task motion -o m.ntm");
    assert!(told.out.contains("5 blocks of time of each recording"), "{}", told.out);
    assert!(told.err.contains("expect less of other people and days"), "{}", told.err);

    folder.three_motions("lone", 2, 3);
    fs::remove_file(folder.0.join("lone/fast/1.csv")).unwrap();
    let told = folder.run("train lone --task motion -o m.ntm");
    assert!(told.err.contains("learnt but not scored, because of one group only: fast"), "{}", told.err);
}

#[test]
fn what_cannot_be_learnt_or_judged_is_refused_with_a_cure() {
    let folder = Folder::new("refused");
    folder.three_motions("data", 2, 3);
    folder.three_motions("one", 2, 3);
    fs::remove_dir_all(folder.0.join("one/fast")).unwrap();
    fs::remove_dir_all(folder.0.join("one/slow")).unwrap();
    assert_eq!(folder.run("train data --task motion -o m.ntm").code, Some(0));
    fs::write(folder.0.join("bad.ntm"), b"no model").unwrap();
    fs::create_dir(folder.0.join("empty")).unwrap();
    let mut damaged = folder.bytes("m.ntm");
    damaged[900] ^= 1;
    fs::write(folder.0.join("damaged.ntm"), damaged).unwrap();
    for (line, part) in [
        ("train empty --task motion -o n.ntm", "no recording"),
        ("train nowhere --task motion -o n.ntm", "nowhere"),
        ("train one --task motion -o n.ntm", "of 1 classes"),
        ("train data --task motion --window 20s -o n.ntm", "of 0 classes"),
        ("train data --task motion --window 100ms -o n.ntm", "5 samples"),
        ("train data --task motion -o no/where.ntm", "mkdir"),
        ("train data --task juggling -o n.ntm", "motion"),
        ("eval nowhere.ntm data", "nowhere.ntm"),
        ("eval bad.ntm data", "no .ntm file"),
        ("inspect damaged.ntm", "damaged"),
    ] {
        let ended = folder.run(line);
        assert_eq!(ended.code, Some(2), "{line}: {}", ended.err);
        assert!(ended.err.contains(part), "{line}: {}", ended.err);
        assert!(!folder.0.join("n.ntm").exists(), "{line}");
    }
}

/// `NODETWIN_DATA`, or the folder beside the project.
fn shared(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let root = std::env::var_os("NODETWIN_DATA").map_or(beside, PathBuf::from);
    let path = root.join(name);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is missing (set NODETWIN_DATA)", path.display());
    None
}

/// What the trainer has to reach by itself, without an option but for the gyroscope.
#[test]
fn real_recordings_reach_their_floors_with_defaults() {
    let folder = Folder::new("real");
    for (name, choices, least) in [
        ("imu_gestures_emlearn", "motion", 0.93),
        ("imu_exercise_emlearn", "motion", 0.96),
        ("imu_har_geotec_watch", "motion", 0.92),
        ("imu_har_geotec_watch", "motion --accel-only", 0.77),
        ("imu_har_st26hz", "motion", 0.97),
        ("imu_tennis_st", "motion", 0.90),
        ("imu_headgesture_st", "motion", 0.97),
        ("vib_airblower_st", "motion", 0.98),
        ("audio_fsdd_digits", "sound", 0.72),
        ("audio_esc10", "sound", 0.75),
    ] {
        let Some(data) = shared(name) else { continue };
        let ended = folder.run(&format!("train {} --task {choices} -o m.ntm", data.display()));
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let after = ended.out.split_once("cross-validated accuracy ").unwrap().1;
        let accuracy: f64 = after.split_once(" %").unwrap().0.parse().unwrap();
        assert!(accuracy >= 100.0 * least, "{name}: {}", ended.out);
        assert!(folder.bytes("m.ntm").len() < 32_768, "{name}");
    }
}
