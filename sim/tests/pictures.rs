//! Pictures of the window, held against those in `pictures/`. Made with software rendering (Mesa's lavapipe), where the same
//! version gives the same bytes; another may round otherwise, so up to one pixel in a hundred may differ by more than a twelfth
//! of full scale. `NODETWIN_PICTURES=update` makes them anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of 255.
const NEAR: u8 = 20;
const MOST_DIFFERENT: f64 = 0.01;

struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

fn read(path: &Path) -> Picture {
    let file = std::io::BufReader::new(
        fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    );
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rgb).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    rgb.truncate(info.buffer_size());
    Picture { width: info.width, height: info.height, rgb }
}

/// Share of pixels that are not near each other.
fn different(a: &Picture, b: &Picture) -> f64 {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let pixels = a.rgb.chunks_exact(3).zip(b.rgb.chunks_exact(3));
    let far = pixels.filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > NEAR)).count();
    far as f64 / f64::from(a.width * a.height)
}

/// Whether this machine can draw at all.
fn can_draw() -> bool {
    let folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    let can = folders.iter().any(|folder| fs::read_dir(folder).is_ok_and(|mut it| it.next().is_some()));
    if !can {
        eprintln!("SKIPPED: no pictures are taken, for that needs a Vulkan driver: mesa-vulkan-drivers");
    }
    can
}

fn shot(name: &str, arguments: &[&str]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.png"));
    let output = Command::new(env!("CARGO_BIN_EXE_nodetwin"))
        .arg("shot")
        .args(arguments)
        .arg("-o")
        .arg(&path)
        .env("XDG_RUNTIME_DIR", &folder)
        .current_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(format!("{name}.png"))
}

/// What is taken: each panel where it has something to show.
const PICTURES: &[(&str, &[&str])] = &[
    ("window", &["scenarios/sound-sensor.toml", "--at", "21s", "--size", "960x600"]),
    ("window-light", &["scenarios/gestures.toml", "--at", "18s", "--size", "1280x720", "--light"]),
    ("scene", &["scenarios/sound-sensor.toml", "--at", "21s", "--panel", "scene", "--size", "480x320"]),
    ("world", &["scenarios/motion.toml", "--at", "20s", "--panel", "world", "--size", "480x360"]),
    ("saw", &["scenarios/sound-sensor.toml", "--at", "30s", "--panel", "saw", "--size", "480x320"]),
    ("pipeline", &["scenarios/gestures.toml", "--at", "20s", "--panel", "pipeline", "--size", "640x400"]),
    ("budget", &["scenarios/sound-sensor.toml", "--at", "30s", "--panel", "budget", "--size", "640x400"]),
    ("events", &["scenarios/motion.toml", "--at", "30s", "--panel", "events", "--size", "640x400"]),
    ("chips", &["scenarios/motion.toml", "--at", "20s", "--panel", "chips", "--size", "480x400"]),
    ("what-if", &["scenarios/sound-sensor.toml", "--at", "20s", "--panel", "what-if", "--size", "480x400"]),
    ("log", &["scenarios/gestures.toml", "--at", "18s", "--panel", "log", "--size", "640x320"]),
    ("memory", &["scenarios/sound-sensor.toml", "--at", "18s", "--panel", "memory", "--size", "480x480"]),
    ("sound", &["scenarios/sound-sensor.toml", "--at", "18s", "--panel", "sound", "--size", "480x440"]),
    (
        "world-twice-as-large",
        &["scenarios/gestures.toml", "--at", "18s", "--panel", "world", "--size", "960x720", "--scale", "2"],
    ),
];

#[test]
fn pictures_are_what_they_were() {
    if !can_draw() {
        return;
    }
    let update = std::env::var_os("NODETWIN_PICTURES").is_some();
    let mut wrong = Vec::new();
    for (name, arguments) in PICTURES {
        let taken = shot(name, arguments);
        if update {
            fs::create_dir_all(golden(name).parent().unwrap()).unwrap();
            fs::copy(&taken, golden(name)).unwrap();
            continue;
        }
        let share = different(&read(&taken), &read(&golden(name)));
        if share > MOST_DIFFERENT {
            wrong.push(format!(
                "{name}: {:.1} % of the pixels differ: look at {}",
                share * 100.0,
                taken.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_moment_is_the_same_picture_and_another_is_not() {
    if !can_draw() {
        return;
    }
    let take = |name: &str, at: &str| {
        let arguments = ["scenarios/sound-sensor.toml", "--at", at, "--panel", "saw", "--size", "480x320"];
        read(&shot(name, &arguments))
    };
    let (once, again, later) = (take("once", "20s"), take("again", "20s"), take("later", "29s"));
    assert_eq!(once.rgb, again.rgb);
    assert!(different(&once, &later) > MOST_DIFFERENT, "the tolerance would not notice another moment");
}
