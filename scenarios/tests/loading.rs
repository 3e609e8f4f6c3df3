//! Scenario files from outside: the shipped ones load, bad ones are refused with place, message and cure, and nothing that
//! anybody can type makes the loader panic.

mod judge;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use scenarios::folder::scenario_files;
use scenarios::json_schema::json_schema;
use scenarios::known::{Known, KnownBoard, KnownChip, KnownDevice, KnownFault};
use scenarios::schema::*;
use scenarios::units::Duration;
use scenarios::{LoadError, Set, load, load_str};

fn known() -> Known {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Known {
        boards: vec![KnownBoard {
            name: "m5stickc".into(),
            cpu_hz: [240, 160, 80, 40, 20, 10].map(|mhz| mhz * 1_000_000).into(),
            buses: names(&["grove"]),
            chips: vec![KnownChip { name: "hub".into(), bus: "grove".into(), address: 0x70 }],
        }],
        apps: names(&["sound", "motion", "probe", "vibration", "spectrometer", "position"]),
        faults: vec![
            KnownFault { name: "nack".into(), targets: names(&["mpu6886"]) },
            KnownFault { name: "stall".into(), targets: Vec::new() },
            KnownFault { name: "stuck".into(), targets: names(&["imu", "mic"]) },
            KnownFault { name: "power-cut".into(), targets: Vec::new() },
        ],
        devices: vec![
            KnownDevice { name: "sht30".into(), address: Some(0x44) },
            KnownDevice { name: "as7265x".into(), address: Some(0x49) },
            KnownDevice { name: "unaddressed".into(), address: None },
        ],
        events: names(&[
            "loud",
            "step",
            "class",
            "anomaly",
            "learnt",
            "booted",
            "white-reference",
            "value",
            "position",
            "shake",
            "tap",
            "fall",
            "free-fall",
            "orientation",
            "screen-on",
            "sound-minute",
            "chip-failed",
            "button",
            "i2c-answers",
            "imu-identity",
            "imu-milli-g",
            "microphone-centi-dbfs",
            "rtc-keeps-time",
        ]),
    }
}

fn from(text: &str) -> Result<Scenario, LoadError> {
    load_str("x.toml", text, Path::new("no-such-folder"), &known(), &[])
}

fn with(text: &str, sets: &[&str]) -> Result<Scenario, LoadError> {
    let sets: Vec<Set> = sets.iter().map(|text| Set::new(*text)).collect();
    load_str("x.toml", text, Path::new("no-such-folder"), &known(), &sets)
}

/// Four lines that every scenario needs, and a node of four.
const HEAD: &str = "schema = 1\nname = \"x\"\nduration = \"10s\"\nseed = 1\n";
const NODE: &str = "[[node]]\nname = \"desk\"\nboard = \"m5stickc\"\napp = \"sound\"\n";

/// A whole scenario with more lines, the first of which is line 9.
fn plus(more: &str) -> String {
    format!("{HEAD}{NODE}{more}")
}

fn shipped() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["", "canary", "regress"]
        .iter()
        .flat_map(|folder| scenario_files(&root.join(folder)).expect(folder))
        .collect()
}

#[test]
fn shipped_scenarios_load_without_a_warning() {
    let files = shipped();
    for wanted in ["sound-sensor.toml", "motion.toml", "night-in-the-office.toml", "walk-and-fall.toml"] {
        assert!(files.iter().any(|file| file.ends_with(wanted)), "{wanted} is not shipped");
    }
    for file in files {
        let scenario = load(&file, &known(), &[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(scenario.warnings, Vec::<String>::new(), "{}", file.display());
        assert!(!scenario.expects.is_empty(), "{} expects nothing", file.display());
        assert_eq!(scenario.file, file);
    }
}

#[test]
fn everything_that_a_scenario_can_say_is_understood() {
    let text = plus(
        r#"
cpu = "80MHz"
i2c = "100kHz"
settings = { block = "16ms", depth = 3 }
drift = { cpu = "20ppm", imu = "-0.6%" }
imu = { accel_bias = ["10mg", "0g", "-5mg"], gyro_bias = "1dps", noise = "200%" }
battery = { level = "80%" }

[[node.device]]
kind = "sht30"

[[node.device]]
kind = "unaddressed"
address = 0x45
settings = { a = 1 }

[[node]]
name = "hall"
board = "m5stickc"
app = "motion"

[[sound]]
kind = "sweep"
from = "100Hz"
to = "8kHz"
level = "60dB"
at = "1s"
for = "500ms"
every = "2s"
until = "6s"
node = "hall"
label = "chirp"
fade = "10ms"

[[sound]]
kind = "claps"
level = "80dBSPL"

[[motion]]
kind = "vibration"
frequency = "1500rpm"
amplitude = "100mg"
harmonics = [0.5, 0.25]
axis = "y"
bearing = { frequency = "87Hz", amplitude = "2g", resonance = "400Hz" }

[[motion]]
kind = "drop"
height = "1.2m"
at = "3s"

[[motion]]
kind = "gesture"
shape = "snake"
period = "800ms"
at = "5s"

[[motion]]
kind = "rotate"
axis = "z"
rate = "-90dps"
for = "2s"

[[press]]
node = "desk"
button = "power"
at = "1s"
for = "4s"

[[fault]]
kind = "nack"
target = "mpu6886"
at = "2s"
for = "1s"
params = { share = "50%" }

[[label]]
label = "by hand"
from = "1s"
to = "2s"

[[expect]]
deadline_misses = 0
cpu_load = "<= 50%"
node = "hall"

[[expect]]
event = "loud"
label = "chirp"
recall = ">= 0.9"
latency = "< 250ms"

[[expect]]
event = "tap"
"#,
    );
    let scenario = from(&text).unwrap_or_else(|error| panic!("{error}"));
    let desk = &scenario.nodes[0];
    assert_eq!((desk.cpu_hz, desk.i2c_hz, desk.battery_level), (Some(80_000_000), Some(100_000), Some(0.8)));
    assert_eq!(desk.drift, Drift { cpu_ppm: Some(20.0), imu_ppm: Some(-6000.0), rtc_ppm: None });
    assert_eq!(desk.imu.accel_bias_g, Some([0.01, 0.0, -0.005]));
    assert_eq!((desk.imu.gyro_bias_dps, desk.imu.noise), (Some([1.0; 3]), Some(2.0)));
    let devices: Vec<_> = desk.devices.iter().map(|d| (d.kind.as_str(), d.address, d.bus.as_str())).collect();
    assert_eq!(devices, [("sht30", 0x44, "grove"), ("unaddressed", 0x45, "grove")]);

    let sweep = &scenario.sounds[0];
    assert_eq!(sweep.kind, SoundKind::Sweep { from_hz: 100.0, to_hz: 8000.0 });
    assert_eq!((sweep.level, sweep.node, sweep.fade_ns), (SoundLevel::Rms(60.0), Some(1), 10_000_000));
    let s = 1_000_000_000;
    assert_eq!(
        sweep.when.occurrences(0).collect::<Vec<_>>(),
        [(s, 3 * s / 2), (3 * s, 7 * s / 2), (5 * s, 11 * s / 2)]
    );
    assert_eq!(
        scenario.sounds[1].when.length_ns,
        Some(2 * 400_000_000 + scenarios::signal::sound::clap::RING_NS)
    );

    let MotionKind::Vibration(machine) = &scenario.motions[0].kind else {
        panic!("{:?}", scenario.motions[0])
    };
    assert_eq!((machine.frequency_hz, machine.amplitude_g, machine.axis), (25.0, 0.1, Axis::Y));
    assert_eq!(machine.bearing, Some(Bearing { frequency_hz: 87.0, amplitude_g: 2.0, resonance_hz: 400.0 }));
    let MotionKind::Drop { fall_ns, .. } = scenario.motions[1].kind else {
        panic!("{:?}", scenario.motions[1])
    };
    // sqrt(2 * 1.2 m / g) = 494.7 ms.
    assert!((494_000_000..495_000_000).contains(&fall_ns), "{fall_ns}");
    assert_eq!(scenario.motions[2].when.length_ns, Some(800_000_000));
    assert_eq!(scenario.presses[0].when.length_ns, Some(4 * s));
    assert_eq!(scenario.faults[0].params.keys().collect::<Vec<_>>(), ["share"]);
    assert_eq!(scenario.labels[0].when.occurrences(0).collect::<Vec<_>>(), [(s, 2 * s)]);
    let said: Vec<&str> = scenario.expects.iter().map(|expect| expect.text.as_str()).collect();
    assert_eq!(
        said,
        [
            "deadline misses on hall = 0",
            "cpu load on hall <= 50%",
            "recall of loud for \"chirp\" >= 0.9",
            "latency of loud for \"chirp\" < 250ms",
            "count of tap >= 1",
        ]
    );
}

/// One line of text that is wrong, and what a person is told about it.
struct Bad {
    text: String,
    place: &'static str,
    message: &'static str,
    help: &'static str,
}

fn bad(text: String, place: &'static str, message: &'static str, help: &'static str) -> Bad {
    Bad { text, place, message, help }
}

#[test]
fn bad_input_is_told_where_what_and_the_cure() {
    let duration =
        r#"a duration is written "10s", "20ms", "1.5h" or "2min30s"; units: ns, us, ms, s, min, h, d"#;
    let root_keys = "known: schema, name, description, duration, seed, strict, tolerance, node, sound, motion, sample, light, access_point, wall, air, place, press, fault, label, expect";
    let cases = [
        // quantities
        bad(
            plus("").replace("\"10s\"", "10"),
            "3:12",
            "`10` has no unit, and a duration needs one",
            duration,
        ),
        bad(
            plus("").replace("\"10s\"", "10s"),
            "3:12",
            "this is not TOML: string values must be quoted, expected literal string",
            "quantities stand in quotes: duration = \"10s\"",
        ),
        bad(plus("").replace("10s", "10dB"), "3:12", "`dB` is not a unit of a duration", duration),
        bad(plus("").replace("\"10s\"", "true"), "3:12", "a duration is expected here, not true", duration),
        bad(
            plus("").replace("10s", "0s"),
            "3:12",
            "`duration` is zero",
            "write a time above zero, or leave the line out",
        ),
        bad(
            plus("").replace("10s", "367d"),
            "3:12",
            "367d is too long for a scenario",
            "at most 366 days: \"366d\"",
        ),
        bad(
            plus("[[sound]]\nkind = \"tone\"\nfrequency = \"1kHz\"\nlevel = \"-30dBFS\"\n"),
            "12:9",
            "`dBFS` is not a unit of a sound pressure level",
            "a sound pressure level is written \"45dB\" or \"94dBSPL\"; units: dB, dBSPL",
        ),
        bad(
            plus("[[sound]]\nkind = \"tone\"\nfrequency = \"1kHz\"\nlevel = \"300dB\"\n"),
            "12:9",
            "`300dB` is out of range",
            "`level` reaches from -40dB to 194dB",
        ),
        // keys
        bad(
            plus("").replace("seed", "sead"),
            "4:1",
            "unknown key `sead` in the scenario",
            "did you mean `seed`?",
        ),
        bad(
            plus("").replace("seed = 1", "seed = 1\ngravity = 0"),
            "5:1",
            "unknown key `gravity` in the scenario",
            root_keys,
        ),
        bad(
            plus("colour = 3\n"),
            "9:1",
            "unknown key `colour` in [[node]]",
            "known: name, board, app, settings",
        ),
        bad(
            plus("[[motion]]\nkind = \"walk\"\nharmonics = [1.0]\n"),
            "11:1",
            "`harmonics` is for kind = \"vibration\"",
            "this one is \"walk\", which has: kind, cadence, amplitude, at, for, until, every, node, label",
        ),
        bad(
            plus("[[sound]]\nkind = \"tone\"\nlevel = \"40dB\"\n"),
            "9:1",
            "[[sound]] needs `frequency`",
            "frequency = \"100Hz\"    # Of the sine.",
        ),
        bad(plus("[[motion]]\n"), "9:1", "[[motion]] needs `kind`", "known: still, walk, run, shake"),
        bad(
            plus("[[sound]]\nkind = \"pink-nosie\"\n"),
            "10:8",
            "[[sound]] has no kind `pink-nosie`",
            "did you mean `pink-noise`? known: white-noise, pink-noise",
        ),
        bad(
            plus("").replace("seed = 1\n", ""),
            "1:1",
            "the scenario needs `seed`",
            "seed = 0    # All chance",
        ),
        bad(
            plus("").replace("seed = 1", "seed = -1"),
            "4:8",
            "-1 is out of range",
            "`seed` is a whole number from 0 to 9223372036854775807",
        ),
        bad(
            plus("").replace("seed = 1", "seed = 99999999999999999999"),
            "4:8",
            "`99999999999999999999` is too large a number",
            "whole numbers reach from",
        ),
        bad(
            plus("").replace("seed = 1", "seed = \"1\""),
            "4:8",
            "a whole number is expected here, not the text \"1\"",
            "without quotes",
        ),
        bad(
            plus("").replace("schema = 1", "schema = 2"),
            "1:10",
            "this file has schema 2, and this program reads schema 1",
            "a newer program wrote it",
        ),
        bad(plus("").replace("name = \"x\"", "name = \" \""), "2:8", "`name` is empty", "write a name"),
        bad(HEAD.into(), "1:1", "there is no [[node]]: nothing would run", "[[node]] with name ="),
        bad(
            HEAD.to_string() + &NODE.replace("[[node]]", "[node]"),
            "5:1",
            "[node] stands for one table, and there can be several",
            "write [[node]]",
        ),
        bad(
            plus("").replace("seed = 1", "seed = 1\nsound = 3"),
            "5:9",
            "`sound` is a table, not the number 3",
            "each begins with a line [[sound]]",
        ),
        // names
        bad(
            plus("").replace("m5stickc", "m5stikc"),
            "7:9",
            "there is no board `m5stikc`",
            "did you mean `m5stickc`? known: m5stickc",
        ),
        bad(
            plus("").replace("\"sound\"", "\"toaster\""),
            "8:7",
            "there is no app `toaster`",
            "known: sound, motion",
        ),
        bad(
            plus("").replace("desk", "../desk"),
            "6:8",
            "`../desk` cannot be a node's name",
            "letters, digits",
        ),
        bad(plus(NODE), "10:8", "there are two nodes called `desk`", "give each node a name of its own"),
        bad(
            plus("[[press]]\nnode = \"dsek\"\nbutton = \"A\"\nat = \"1s\"\n"),
            "10:8",
            "there is no node `dsek`",
            "did you mean `desk`? known: desk",
        ),
        bad(
            plus("[[press]]\nbutton = \"C\"\nat = \"1s\"\n"),
            "10:10",
            "there is no button `C`",
            "known: A, B, power",
        ),
        bad(
            plus("cpu = \"100MHz\"\n"),
            "9:7",
            "the CPU of `m5stickc` has no such clock",
            "it has: \"240MHz\", \"160MHz\"",
        ),
        // devices
        bad(
            plus(
                "[[node.device]]\nkind = \"sht30\"\n[[node.device]]\nkind = \"unaddressed\"\naddress = 0x44\n",
            ),
            "13:11",
            "address 0x44 on bus `grove` is taken by another device, `sht30`",
            "give one of them another",
        ),
        bad(
            plus("[[node.device]]\nkind = \"sht30\"\naddress = 0x70\n"),
            "11:11",
            "address 0x70 on bus `grove` is taken by the board's hub",
            "give one of them another",
        ),
        bad(
            plus("[[node.device]]\nkind = \"sht30\"\naddress = 200\n"),
            "11:11",
            "200 is out of range",
            "`address` is a whole number from 8 to 119",
        ),
        bad(
            plus("[[node.device]]\nkind = \"unaddressed\"\n"),
            "9:1",
            "[[node.device]] needs `address`",
            "address = 0x29",
        ),
        bad(
            plus("[[node.device]]\nkind = \"lidar\"\n"),
            "10:8",
            "no model implements `lidar`",
            "known: sht30, as7265x, unaddressed",
        ),
        bad(
            plus("[[node.device]]\nkind = \"sht30\"\nbus = \"spi\"\n"),
            "11:7",
            "`m5stickc` has no bus `spi` to attach a device to",
            "known: grove",
        ),
        // faults
        bad(
            plus("[[fault]]\nkind = \"cosmic-ray\"\n"),
            "10:8",
            "no model implements `cosmic-ray`",
            "known: nack, stall, stuck",
        ),
        bad(plus("[[fault]]\nkind = \"stuck\"\n"), "9:1", "`stuck` needs a `target`", "known: imu, mic"),
        bad(
            plus("[[fault]]\nkind = \"stuck\"\ntarget = \"lcd\"\n"),
            "11:10",
            "no model lets `stuck` strike `lcd`",
            "known: imu, mic",
        ),
        // files
        bad(
            plus("[[sound]]\nkind = \"recording\"\nfile = \"door.wav\"\nfull_scale = \"120dB\"\n"),
            "11:8",
            "`door.wav` cannot be read: No such file or directory (os error 2)",
            "it was looked for at no-such-folder/door.wav",
        ),
        bad(
            plus("[[motion]]\nkind = \"recording\"\nfile = \"/\"\n"),
            "11:8",
            "`/` is a folder",
            "name one of the files in it",
        ),
        // times
        bad(
            plus("[[motion]]\nkind = \"run\"\nat = \"5s\"\nuntil = \"2s\"\n"),
            "12:9",
            "it ends before it starts",
            "times count from the start of the scenario",
        ),
        bad(
            plus("[[motion]]\nkind = \"run\"\nfor = \"5s\"\nuntil = \"8s\"\n"),
            "12:9",
            "`for` and `until` both say when it ends",
            "give one of them",
        ),
        bad(
            plus("[[motion]]\nkind = \"run\"\nevery = \"5s\"\n"),
            "11:9",
            "`every` needs to know how long each one lasts",
            "for =",
        ),
        bad(
            plus("[[motion]]\nkind = \"run\"\nevery = \"5s\"\nfor = \"6s\"\n"),
            "11:9",
            "each lasts 6s, longer than the 5s to the next",
            "a longer `every`, or a shorter `for`",
        ),
        bad(
            plus("[[motion]]\nkind = \"run\"\nevery = \"2ns\"\nfor = \"1ns\"\n"),
            "11:9",
            "this would happen 5000000000 times",
            "at most a million times",
        ),
        bad(
            plus("[[label]]\nlabel = \"a\"\nat = \"1s\"\nfrom = \"1s\"\n"),
            "12:8",
            "`from` and `at` are the same",
            "give one of them",
        ),
        // expectations
        bad(plus("[[expect]]\n"), "9:1", "this [[expect]] expects nothing", "deadline_misses = 0"),
        bad(
            plus("[[expect]]\nrecall = 0.9\n"),
            "10:10",
            "`recall` needs to know of which event",
            "event = \"loud\"",
        ),
        bad(
            plus("[[expect]]\nevent = \"loud\"\nrecall = 90\n"),
            "11:10",
            "`90` is not between 0 and 1, nor between 0% and 100%",
            "what it has to be is written",
        ),
        bad(
            plus("[[expect]]\nevent = \"loud\"\nlatency = 250\n"),
            "11:11",
            "`250` has no unit, and a duration needs one",
            "< 250ms",
        ),
        bad(
            plus("[[expect]]\nevent = \"lout\"\n"),
            "10:9",
            "there is no event `lout`",
            "did you mean `loud`?",
        ),
        bad(
            plus("[[label]]\nlabel = \"door\"\n[[expect]]\nevent = \"loud\"\nlabel = \"dor\"\n"),
            "13:9",
            "nothing is labelled `dor`",
            "did you mean `door`? known: door",
        ),
        // TOML
        bad(plus("[[sound\n"), "9:8", "this is not TOML: unclosed array table", "a line is `key = value`"),
        bad(
            plus("").replace("seed = 1", "seed = 1\nseed = 2"),
            "5:1",
            "this is not TOML: duplicate key",
            "a line is `key = value`",
        ),
    ];
    let mut wrong = Vec::new();
    for Bad { text, place, message, help } in &cases {
        let error = match from(text) {
            Err(error) => error,
            Ok(_) => panic!("this should be refused:\n{text}"),
        };
        let first = error.first();
        let said = format!("{}:{}: {}", first.line(), first.column(), first.message());
        if !said.starts_with(&format!("{place}: {message}")) || !first.help().contains(help) {
            wrong.push(format!("got {error}\nwanted {place}: {message}\n  help: {help}\n"));
            continue;
        }
        assert_eq!(first.file(), "x.toml");
        assert!(error.to_string().starts_with(&format!("x.toml:{said}\n  help: ")), "{error}");
        assert_eq!(first.text(), text);
        assert!(text.get(first.span()).is_some());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn several_problems_are_told_at_once_and_in_order() {
    let error =
        from(&plus("[[sound]]\nkind = \"tone\"\n[[press]]\nbutton = 3\n").replace("10s", "10")).unwrap_err();
    let lines: Vec<usize> = error.problems().map(|problem| problem.line()).collect();
    assert_eq!(lines, [3, 9, 9, 11, 12], "{error}");
}

#[test]
fn files_that_are_no_scenarios_are_refused() {
    let dir = std::env::temp_dir().join(format!("scenarios-loading-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let refused = |path: &Path| load(path, &known(), &[]).unwrap_err().to_string();

    let missing = refused(&dir.join("desk.toml"));
    assert!(missing.contains("cannot be read") && missing.contains("`nodetwin new`"), "{missing}");
    std::fs::write(dir.join("desk.toml"), plus("")).unwrap();
    assert!(load(&dir.join("desk.toml"), &known(), &[]).is_ok());
    let near = refused(&dir.join("dekst.toml"));
    assert!(near.contains("did you mean") && near.contains("desk.toml?"), "{near}");
    let folder = refused(&dir);
    assert!(folder.contains("this is a folder, not a scenario"), "{folder}");

    std::fs::write(dir.join("bytes.toml"), b"name = \"\xff\"").unwrap();
    let bytes = refused(&dir.join("bytes.toml"));
    assert!(bytes.contains("bytes.toml:1:9: this is not a text in UTF-8"), "{bytes}");
    // Ten gigabytes that take no room on the disk.
    let zeros = std::fs::File::create(dir.join("zeros.toml")).unwrap();
    zeros.set_len(10 << 30).unwrap();
    let large = refused(&dir.join("zeros.toml"));
    assert!(large.contains("too large for a scenario"), "{large}");
    std::fs::rename(dir.join("zeros.toml"), dir.join("zeros.wav")).unwrap();
    std::fs::write(
        dir.join("desk.toml"),
        plus("[[sound]]\nkind = \"recording\"\nfile = \"zeros.wav\"\nlevel = \"70dB\"\n"),
    )
    .unwrap();
    let large = refused(&dir.join("desk.toml"));
    assert!(large.contains("desk.toml:11:8: `zeros.wav` is too large: 10737 MB"), "{large}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_recording_says_how_loud_it_was_in_one_way() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sound = |more: &str| {
        let text = plus(&format!("[[sound]]\nkind = \"recording\"\nfile = \"Cargo.toml\"\n{more}"));
        load_str("x.toml", &text, dir, &known(), &[])
    };
    let message = |more: &str| sound(more).unwrap_err().message().to_string();
    assert_eq!(message(""), "nobody knows how loud this recording was");
    assert_eq!(
        message("level = \"60dB\"\nfull_scale = \"120dB\"\n"),
        "`level` and `full_scale` say the same in two ways"
    );
    let sound = sound("full_scale = \"120dBSPL\"\nchannel = \"left\"\n").unwrap().sounds.remove(0);
    assert_eq!((sound.level, sound.when.length_ns), (SoundLevel::FullScale(120.0), None));
}

#[test]
fn what_lies_outside_the_duration_is_a_warning() {
    let warnings = |more: &str| from(&plus(more)).unwrap().warnings;
    assert_eq!(
        warnings("[[motion]]\nkind = \"run\"\nat = \"20s\"\n"),
        ["x.toml:11:6: this never happens: it starts at 20s and the scenario ends at 10s"]
    );
    assert_eq!(
        warnings("[[motion]]\nkind = \"run\"\nat = \"8s\"\nfor = \"1min\"\n"),
        ["x.toml:12:7: this is cut short by the scenario's end at 10s"]
    );
    assert_eq!(
        warnings("[[motion]]\nkind = \"run\"\nuntil = \"11s\"\n"),
        ["x.toml:11:9: the scenario ends before, at 10s"]
    );
    assert_eq!(warnings("[[motion]]\nkind = \"run\"\n"), Vec::<String>::new());
}

#[test]
fn overrides_change_any_key() {
    let text = plus(
        "settings = { block = \"32ms\" }\n[[sound]]\nkind = \"pink-noise\"\nlevel = \"45dB\"\n[[expect]]\nevent = \"loud\"\nrecall = 1\n",
    );
    let scenario = with(
        &text,
        &[
            "seed=7",
            "sound.0.level=50dB",
            "node.desk.settings.block=16ms",
            "node.0.settings.fft=256",
            "node.desk.drift.cpu=20ppm",
            "name=another name",
            "expect.0.recall=>= 0.5",
            "strict=true",
        ],
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((scenario.seed, scenario.name.as_str(), scenario.strict), (7, "another name", true));
    assert_eq!(scenario.sounds[0].level, SoundLevel::Rms(50.0));
    assert_eq!(scenario.nodes[0].drift.cpu_ppm, Some(20.0));
    assert_eq!(scenario.expects[0].text, "recall of loud >= 0.5");
    let mut settings = scenario.nodes[0].settings.clone();
    assert_eq!(settings.take::<Duration>("block"), Ok(Duration::from_ms(16)));
    assert_eq!(settings.take::<u32>("fft"), Ok(256));
    // What an application dislikes later points into the argument as well.
    let span = scenario.nodes[0].settings.span_of("block");
    let error = scenario.error(scenarios::Problem::new(span, "too short", "longer"));
    assert_eq!(error.to_string(), "--set:1:26: too short\n  help: longer");
}

#[test]
fn bad_overrides_are_shown_in_the_argument() {
    let text = plus("[[sound]]\nkind = \"pink-noise\"\nlevel = \"45dB\"\n");
    for (set, want, help) in [
        ("sound.0.levl=50dB", "--set:1:9: unknown key `levl` in [[sound]]", "did you mean `level`?"),
        ("sound.0.level=50", "--set:1:15: `50` has no unit", "45dB"),
        ("sound.3.level=50dB", "--set:1:7: there is no `sound.3` to change", "there is one, number 0"),
        ("node.dsek.cpu=80MHz", "--set:1:6: there is no `node.dsek` to change", "did you mean `desk`?"),
        ("motion.0.kind=run", "--set:1:1: there is no `motion` to change", "known:"),
        ("seed", "--set:1:1: an override has a path, `=` and a value", "seed=7"),
        ("seed=seven", "--set:1:6: a whole number is expected here", "without quotes"),
        ("seed.x=1", "--set:1:1: `seed` is the number 1, and has nothing in it called `x`", "path=value"),
        (".seed=1", "--set:1:1: a path has a name before and after each dot", "path=value"),
        ("nodes=1", "--set:1:1: unknown key `nodes` in the scenario", "did you mean `node`?"),
        ("=", "--set:1:1: a path has a name", "path=value"),
    ] {
        let error = with(&text, &[set]).unwrap_err();
        assert!(error.to_string().starts_with(want), "{set}: {error}");
        assert!(error.help().contains(help), "{set}: {}", error.help());
        assert_eq!(error.text(), set);
    }
}

#[test]
fn the_editors_schema_and_the_loader_agree() {
    let schema = json_schema(&known());
    for file in shipped() {
        let text = std::fs::read_to_string(&file).unwrap();
        let value = judge::json(&text);
        assert_eq!(judge::complaint(&schema, &value), None, "{}", file.display());
    }
    for (text, why) in [
        (plus("colour = 1\n"), "an unknown key"),
        (plus("[[sound]]\nkind = \"tone\"\nlevel = \"45dB\"\n"), "a missing key"),
        (plus("[[motion]]\nkind = \"walk\"\nharmonics = [0.5]\n"), "another kind's key"),
        (plus("").replace("m5stickc", "m5"), "an unknown board"),
        (plus("").replace("seed = 1", "seed = \"1\""), "a wrong type"),
        (plus("[[expect]]\nspeed = 3\n"), "an unknown measure"),
    ] {
        assert!(judge::complaint(&schema, &judge::json(&text)).is_some(), "the schema allows {why}");
        assert!(from(&text).is_err(), "the loader allows {why}");
    }
}

fn mutations() -> impl Strategy<Value = String> {
    let texts: Vec<String> = shipped().iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let cuts = prop::collection::vec(
        (any::<prop::sample::Index>(), 0usize..12, "\\PC{0,6}|[\\[\\]{}\"'=.,#\n0-9a-z-]{0,6}"),
        1..4,
    );
    (prop::sample::select(texts), cuts).prop_map(|(text, cuts)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, remove, insert) in cuts {
            let at = at.index(chars.len() + 1);
            let end = (at + remove).min(chars.len());
            chars.splice(at..end, insert.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn no_text_panics(text in "(\\PC|\n){0,200}") {
        let _ = from(&text);
    }

    #[test]
    fn no_mutation_of_a_shipped_scenario_panics(text in mutations()) {
        match from(&text) {
            Err(error) => {
                for problem in error.problems() {
                    prop_assert!(text.get(problem.span()).is_some());
                    prop_assert!(!problem.message().is_empty() && !problem.help().is_empty(), "{}", problem);
                }
            }
            Ok(scenario) => {
                for node in 0..scenario.nodes.len() {
                    let labels = scenarios::label::labels(&scenario, node, &Default::default());
                    prop_assert!(labels.iter().all(|label| label.end_ns <= scenario.duration_ns));
                }
            }
        }
    }

    #[test]
    fn no_override_panics(path in "(seed|sound|node|motion|expect)(\\.([0-3]|desk|level|settings|kind)){0,3}|\\PC{0,12}", value in "\\PC{0,12}|[\\[{\"0-9a-z=}\\]]{0,8}") {
        let text = plus("[[sound]]\nkind = \"pink-noise\"\nlevel = \"45dB\"\n");
        let _ = with(&text, &[&format!("{path}={value}")]);
    }
}
