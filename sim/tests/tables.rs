//! Spectra, scans and machines: from tables and recordings to a model and its score, as a person meets it.

use serde_json::Value;
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
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tables-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, line: &str) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nodetwin"));
        let output = command.args(line.split_whitespace()).current_dir(&self.0).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ended = Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        assert!(!ended.err.contains("panicked"), "{line}:\n{}", ended.err);
        ended
    }

    fn done(&self, line: &str) -> Ended {
        let ended = self.run(line);
        assert_eq!(ended.code, Some(0), "{line}:\n{}", ended.err);
        ended
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    fn scores(&self, model: &str, data: &str) -> Value {
        self.done(&format!("eval {model} {data} --json scores.json"));
        serde_json::from_slice(&self.bytes("scores.json")).unwrap()
    }
}

/// The shared data, or a word that they are missing.
fn shared(set: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("NODETWIN_DATA").map_or(beside, PathBuf::from).join(set);
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

/// Numbers from 0 to 1, the same at each call.
fn noise(seed: u32) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    }
}

/// Spectra of 18 bands of a mixture: a dye that absorbs around 600 nm, in a matrix whose brightness varies.
fn mixtures(rows: usize, seed: u32) -> String {
    let mut draw = noise(seed);
    let bands: Vec<u32> = (0..18).map(|band| 410 + 30 * band).collect();
    let mut text = "sample,dye_mg_l,remark".to_string();
    bands.iter().for_each(|nm| text += &format!(",nm_{nm}"));
    for row in 0..rows {
        let dye = 10.0 * draw();
        let bright = 0.6 + 0.1 * draw();
        let known = if row % 10 == 9 { String::new() } else { format!("{dye:.3}") };
        text += &format!("\ns{row},{known},clear");
        for nm in &bands {
            let off = (f64::from(*nm) - 600.0) / 60.0;
            let reflected = bright * (-0.08 * dye * (-off * off).exp()).exp() + 0.002 * (draw() - 0.5);
            text += &format!(",{reflected:.5}");
        }
    }
    text + "\n"
}

#[test]
fn a_dye_is_told_from_its_spectrum() {
    let folder = Folder::new("dye");
    folder.write("learn.csv", &mixtures(60, 1));
    folder.write("judge.csv", &mixtures(40, 2));
    let trained = folder.done("train learn.csv --task spectrum -o m.ntm");
    assert!(trained.out.contains("left out of dye_mg_l: 6 without a value"), "{}", trained.out);
    let scores = folder.scores("m.ntm", "judge.csv");
    assert!(scores["r2"].as_f64().unwrap() > 0.99, "{scores}");
    assert_eq!(
        (&scores["per_output"][0]["output"], &scores["per_output"][0]["n"]),
        (&"dye_mg_l".into(), &36.into())
    );
    assert_eq!(scores["notes"], serde_json::json!(["`dye_mg_l` is missing for 4 rows"]));
    assert!(scores.get("accuracy").is_none());
    folder.done("train learn.csv --task spectrum -o again.ntm");
    assert_eq!(folder.bytes("m.ntm"), folder.bytes("again.ntm"), "the same bytes");
    let leak = folder.done("eval m.ntm learn.csv");
    assert!(leak.err.contains("leak:"), "{}", leak.err);

    // Columns in another order, and more of them, are the same spectra.
    let text = mixtures(40, 2);
    let turned = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",") + ",1\n";
    let mut lines = text.lines();
    let mut other = turned(lines.next().unwrap()).replace(",1\n", ",nm_9000\n");
    lines.for_each(|line| other += &turned(line));
    folder.write("turned.csv", &other);
    assert_eq!(folder.scores("m.ntm", "turned.csv")["rmse"], scores["rmse"]);
}

#[test]
fn tables_that_do_not_fit_are_refused_with_a_cure() {
    let folder = Folder::new("refused");
    folder.write("learn.csv", &mixtures(60, 1));
    folder.write("few.csv", &mixtures(5, 1));
    folder.write("no-target.csv", "sample,nm_410,nm_440\na,0.5,0.6\n");
    folder.write("no-spectrum.csv", "sample,dye\na,0.5\n");
    folder.write("hole.csv", &mixtures(20, 1).replacen(",clear,0.", ",clear,x", 1));
    folder.done("train learn.csv --task spectrum -o m.ntm");
    for (line, says, help) in [
        ("train few.csv --task spectrum -o x.ntm", "5 groups are too few", "at least 10 samples"),
        ("train no-target.csv --task spectrum -o x.ntm", "no column of numbers says", "--target"),
        ("train no-spectrum.csv --task spectrum -o x.ntm", "named like a wavelength", "nm_410"),
        ("train hole.csv --task spectrum -o x.ntm", "hole.csv:2: column `nm_410`", "write it like 12.5"),
        ("train learn.csv --task spectrum --target dry -o x.ntm", "no column `dry` for --target", "dye_mg_l"),
        ("eval m.ntm no-target.csv", "has 2 of the model's 18 bands", "the instrument"),
    ] {
        let ended = folder.run(line);
        assert_eq!(ended.code, Some(2), "{line}: {}", ended.err);
        assert!(ended.err.contains(says) && ended.err.contains(help), "{line}:\n{}", ended.err);
    }
}

#[test]
fn cassava_reaches_its_floors() {
    let Some(data) = shared("spectra_cassava_visnir") else { return };
    let folder = Folder::new("cassava");
    let text = fs::read_to_string(data.join("cal.csv")).unwrap();
    let mut sides = [String::new(), String::new()];
    for (at, line) in text.lines().enumerate() {
        // The first line is the header of both; every fourth sample judges.
        let row = format!("{line}\n");
        sides
            .iter_mut()
            .enumerate()
            .filter(|(side, _)| at == 0 || (at % 4 == 0) == (*side == 1))
            .for_each(|(_, s)| *s += &row);
    }
    folder.write("learn.csv", &sides[0]);
    folder.write("judge.csv", &sides[1]);
    folder.done("train learn.csv --task spectrum -o m.ntm");
    let scores = folder.scores("m.ntm", "judge.csv");
    let r2 = |at: usize| scores["per_output"][at]["r2"].as_f64().unwrap();
    assert!(r2(0) >= 0.80 && r2(1) >= 0.90, "{scores}");
    assert!(scores["bytes"].as_u64().unwrap() < 3000);
}

/// Two seconds of a machine for each of `snippets`: it turns at `hz` and shakes by `g`; a loose bearing adds clicks.
fn machine(folder: &Folder, name: &str, hz: f64, g: f64, clicks: f64, seed: u32) {
    let mut draw = noise(seed);
    let mut text = "t_s,ax_g,ay_g,az_g\n".to_string();
    for n in 0..40 * 200 {
        let t = f64::from(n) / 200.0;
        let turn = std::f64::consts::TAU * hz * t;
        let click = if draw() < 0.05 { clicks * (draw() - 0.5) } else { 0.0 };
        let mut noise = || 0.02 * (draw() + draw() + draw() + draw() - 2.0);
        let (x, y, z) =
            (g * turn.sin() + noise() + click, 0.5 * g * turn.cos() + noise(), 1.0 + noise() + click);
        text += &format!("{t:.3},{x:.4},{y:.4},{z:.4}\n");
    }
    folder.write(name, &text);
}

#[test]
fn a_machine_has_states_and_faults_that_nobody_recorded_before() {
    let folder = Folder::new("machine");
    for (name, hz, g) in [("off", 1.0, 0.0), ("slow", 11.0, 0.1), ("fast", 23.0, 0.25)] {
        machine(&folder, &format!("well/{name}/1.csv"), hz, g, 0.0, 1 + hz as u32);
        machine(&folder, &format!("later/{name}/1.csv"), hz, g, 0.0, 1001 + hz as u32);
    }
    machine(&folder, "later/loose/1.csv", 11.0, 0.1, 0.6, 7);
    let trained = folder.done("train well --task vibration -o m.ntm");
    assert!(trained.err.contains("learn on site"), "{}", trained.err);
    assert!(trained.err.contains("fast, off, slow; if one is a fault, say --fault"), "{}", trained.err);
    let scores = folder.scores("m.ntm", "later/slow");
    assert_eq!(
        (&scores["normal"], &scores["faulty"]),
        (&40.into(), &0.into()),
        "a folder of one state is it"
    );
    let scores = folder.scores("m.ntm", "later");
    let figure = |name: &str| scores[name].as_f64().unwrap();
    assert!(figure("auc") > 0.999 && figure("hit_rate") > 0.95, "{scores}");
    assert!(figure("false_alarm_rate") <= 0.02 && figure("accuracy") > 0.98, "{scores}");
    assert_eq!((&scores["normal"], &scores["faulty"]), (&120.into(), &40.into()));
    assert!(scores["notes"][0].as_str().unwrap().ends_with("does not know them: loose"), "{scores}");

    // The fault may be there when it is trained: it teaches nothing, and the file is of the same states.
    let known = folder.done("train later --task vibration --fault loose -o f.ntm");
    assert!(known.out.contains("faults: 40 windows (loose)"), "{}", known.out);
    assert!(known.out.contains("AUC 1.0000"), "{}", known.out);
    let explained = folder.done("inspect f.ntm").out;
    assert!(explained.contains("3 of 3 states, 15 features") && !explained.contains("loose"), "{explained}");
    folder.done("train later --task vibration --normal off,slow,fast -o g.ntm");
    assert_eq!(folder.bytes("f.ntm"), folder.bytes("g.ntm"), "two ways to say the same");

    let one = folder.done("train well/off --task vibration -o one.ntm");
    assert!(!one.out.contains("accuracy"), "of one state there is nothing to tell apart: {}", one.out);
    let wrong = folder.run("train well --task vibration --fault loose -o x.ntm");
    assert!(wrong.code == Some(2) && wrong.err.contains("there are: fast, off, slow"), "{}", wrong.err);
}

#[test]
fn the_fan_and_the_air_blower_reach_their_floors() {
    let (Some(fan), Some(blower)) = (shared("vib_ceilingfan_hymel"), shared("vib_airblower_st")) else {
        return;
    };
    let folder = Folder::new("fan");
    // The first two thirds of each recording teach, the rest judges.
    for (from, name) in [(&fan, "fan"), (&blower, "blower")] {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            if path.extension().is_none_or(|end| end != "csv") || file == "index.csv" {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let (head, rows) = text.split_once('\n').unwrap();
            let rows: Vec<&str> = rows.lines().collect();
            let middle = rows.len() * 2 / 3 / 200 * 200;
            folder
                .write(&format!("{name}-learn/{file}"), &format!("{head}\n{}\n", rows[..middle].join("\n")));
            folder
                .write(&format!("{name}-judge/{file}"), &format!("{head}\n{}\n", rows[middle..].join("\n")));
        }
    }
    folder.done("train fan-learn --task vibration --fault fan_0_low_1_weight -o fan.ntm");
    let scores = folder.scores("fan.ntm", "fan-judge");
    assert!(scores["auc"].as_f64().unwrap() >= 0.99, "{scores}");
    assert!(scores["false_alarm_rate"].as_f64().unwrap() <= 0.02, "{scores}");
    assert!(scores["hit_rate"].as_f64().unwrap() >= 0.85, "{scores}");
    folder.done("train blower-learn --task vibration -o blower.ntm");
    let scores = folder.scores("blower.ntm", "blower-judge");
    assert!(scores["accuracy"].as_f64().unwrap() >= 0.98 && scores["auc"].is_null(), "{scores}");
}

/// Scans of six access points at places of a floor of 20 m by 12 m; one is too far away to be heard for most.
fn survey(places: &[(f64, f64)], times: usize, seed: u32, label: impl Fn((f64, f64)) -> String) -> String {
    let stations = [(1.0, 1.0), (19.0, 1.0), (10.0, 6.0), (1.0, 11.0), (19.0, 11.0), (200.0, 100.0)];
    let mut draw = noise(seed);
    let mut text = String::new();
    for &(x, y) in places {
        for _ in 0..times {
            for (sx, sy) in stations {
                let far = ((x - sx) * (x - sx) + (y - sy) * (y - sy)).sqrt().max(1.0);
                let dbm = -38.0 - 25.0 * far.log10() + 3.0 * (draw() + draw() - draw() - draw());
                text += &if dbm < -80.0 { "100,".into() } else { format!("{dbm:.0},") };
            }
            text += &format!("{}\n", label((x, y)));
        }
    }
    text
}

const STATIONS: &str = "a_dbm,b_dbm,c_dbm,d_dbm,e_dbm,far_dbm";

#[test]
fn rooms_are_told_from_scans_in_a_row() {
    let folder = Folder::new("rooms");
    let rooms = [(4.0, 3.0), (16.0, 3.0), (4.0, 9.0), (16.0, 9.0)];
    let label = |(x, y): (f64, f64)| {
        format!("{}{}", if x < 10.0 { "west" } else { "east" }, if y < 6.0 { 1 } else { 2 })
    };
    folder.write("learn.csv", &format!("{STATIONS},room\n{}", survey(&rooms, 60, 1, label)));
    folder.write("judge.csv", &format!("{STATIONS},room\n{}", survey(&rooms, 30, 2, label)));
    let trained = folder.done("train learn.csv --task position -o m.ntm");
    assert!(trained.out.contains("240 scans of 5 access points (left out: 1"), "{}", trained.out);
    let scores = folder.scores("m.ntm", "judge.csv");
    assert!(scores["accuracy"].as_f64().unwrap() > 0.98, "{scores}");
    assert_eq!((&scores["n"], &scores["classes"][0]), (&120.into(), &"east1".into()), "{scores}");

    // What a table does not have was not heard; scans of another site are refused.
    let lacks = format!(
        "b_dbm,c_dbm,d_dbm,e_dbm,room\n{}",
        survey(&rooms, 5, 3, label)
            .lines()
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                format!("{},{}\n", cells[1..5].join(","), cells[6])
            })
            .collect::<String>()
    );
    folder.write("lacks.csv", &lacks);
    let fewer = folder.scores("m.ntm", "lacks.csv");
    assert!(fewer["notes"][0].as_str().unwrap().starts_with("1 of the model's 5 access points"), "{fewer}");
    folder.write("other.csv", "x_dbm,room\n-50,west1\n");
    assert_eq!(folder.run("eval m.ntm other.csv").code, Some(2));
    folder.write("wrong.csv", &format!("{STATIONS},room\n-50,45,-60,-60,-60,100,west1\n"));
    let wrong = folder.run("eval m.ntm wrong.csv");
    assert!(wrong.err.contains("wrong.csv:2: column `b_dbm`: `45` is no strength in dBm"), "{}", wrong.err);
}

#[test]
fn coordinates_are_told_at_places_that_taught_nothing() {
    let folder = Folder::new("places");
    let grid = |from: f64| -> Vec<(f64, f64)> {
        (0..40).map(|n| (from + 2.2 * f64::from(n % 8), from + 2.0 * f64::from(n / 8))).collect()
    };
    let label = |(x, y): (f64, f64)| format!("{x:.2},{y:.2}");
    folder.write("learn.csv", &format!("{STATIONS},x_m,y_m\n{}", survey(&grid(1.5), 5, 1, label)));
    folder.write("judge.csv", &format!("{STATIONS},x_m,y_m\n{}", survey(&grid(2.4), 3, 2, label)));
    let trained = folder.done("train learn.csv --task position -o m.ntm");
    assert!(trained.out.contains("40 groups in 5 folds, drawn 3 times"), "{}", trained.out);
    let scores = folder.scores("m.ntm", "judge.csv");
    let error = scores["mean_error"].as_f64().unwrap();
    // The middle of the floor, always, would be 5.4 m off.
    assert!(error < 2.5 && error < scores["rmse"].as_f64().unwrap(), "{scores}");
    assert_eq!((&scores["per_output"][1]["output"], &scores["n"]), (&"y_m".into(), &120.into()));
    assert!(folder.done("inspect m.ntm").out.contains("nearest 6 of 40 points"));
}

#[test]
fn rooms_and_positions_reach_their_floors() {
    let (Some(rooms), Some(floor)) = (shared("wifi_uci_rooms"), shared("wifi_dsi1")) else { return };
    let folder = Folder::new("wifi");
    // The first three fifths of each room's scans teach; of the places on the floor, four of five.
    let text = fs::read_to_string(rooms.join("wifi_localization.csv")).unwrap();
    let mut sides = [String::new(), String::new()];
    for line in text.lines() {
        match line.split(',').next().unwrap().parse::<usize>() {
            Ok(row) => sides[usize::from(row % 500 >= 180)] += &format!("{line}\n"),
            Err(_) => sides.iter_mut().for_each(|side| *side += &format!("{line}\n")),
        }
    }
    folder.write("rooms-learn.csv", &sides[0]);
    folder.write("rooms-judge.csv", &sides[1]);
    folder.done("train rooms-learn.csv --task position -o rooms.ntm");
    let scores = folder.scores("rooms.ntm", "rooms-judge.csv");
    assert!(scores["accuracy"].as_f64().unwrap() >= 0.985 && scores["n"] == 480, "{scores}");
    assert!(scores["bytes"].as_u64().unwrap() <= 32_768);

    let text = fs::read_to_string(floor.join("train.csv")).unwrap();
    let mut places: Vec<&str> = Vec::new();
    let mut sides = [String::new(), String::new()];
    for (at, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let place = cells[157];
        let number = places.iter().position(|known| *known == place).unwrap_or_else(|| {
            places.push(place);
            places.len() - 1
        });
        for (side, text) in sides.iter_mut().enumerate() {
            if at == 0 || (number % 5 == 0) == (side == 1) {
                *text += &format!("{line}\n");
            }
        }
    }
    folder.write("floor-learn.csv", &sides[0]);
    folder.write("floor-judge.csv", &sides[1]);
    folder.done("train floor-learn.csv --task position -o floor.ntm");
    let scores = folder.scores("floor.ntm", "floor-judge.csv");
    assert!(scores["mean_error"].as_f64().unwrap() <= 4.5, "{scores}");
    folder.done("train floor-learn.csv floor-judge.csv --task position -o whole.ntm");
    assert!(folder.bytes("whole.ntm").len() <= 32_768);
}
