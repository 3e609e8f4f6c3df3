//! The window as a person uses it, under Xvfb with xdotool: what was clicked, dragged and typed is in the simulation's state
//! and trace.

use serde_json::Value;
use sim::live::Log;
use sim::live::log::Did;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn has(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

/// Two windows at once would wait for each other's rasteriser.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A display of its own, where nobody else's windows are.
struct Display {
    name: String,
    _server: Running,
}

impl Display {
    fn open() -> Self {
        let number = 100 + std::process::id() % 400;
        let name = format!(":{number}");
        let server = Command::new("Xvfb")
            .args([&name, "-screen", "0", "1280x720x24", "-nolisten", "tcp"])
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let display = Self { name, _server: Running(server) };
        wait_for("the X server", || {
            Command::new("xdotool")
                .arg("getmouselocation")
                .env("DISPLAY", &display.name)
                .output()
                .is_ok_and(|it| it.status.success())
        });
        display
    }

    fn xdotool(&self, line: &str) -> String {
        let output = Command::new("xdotool")
            .args(line.split_whitespace())
            .env("DISPLAY", &self.name)
            .output()
            .expect("xdotool runs");
        assert!(output.status.success(), "xdotool {line}: {}", String::from_utf8_lossy(&output.stderr));
        // A frame under software rendering takes up to a tenth of a second.
        sleep(Duration::from_millis(200));
        String::from_utf8_lossy(&output.stdout).trim().to_string()
    }
}

impl Display {
    /// For who has to find out why a test failed.
    fn picture(&self, file: &Path) {
        let _ =
            Command::new("import").args(["-window", "root"]).arg(file).env("DISPLAY", &self.name).status();
    }
}

fn wait_for(what: &str, mut ready: impl FnMut() -> bool) {
    let started = Instant::now();
    while !ready() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what} did not come");
        sleep(Duration::from_millis(100));
    }
}

fn controls(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// The middle of the first control of this role whose label begins so.
fn place(file: &Path, role: &str, label: &str) -> Option<(i64, i64)> {
    let found = controls(file);
    let control = found.iter().find(|control| {
        control["role"] == role && control["label"].as_str().is_some_and(|it| it.starts_with(label))
    })?;
    let side = |index: usize| control["rect"][index].as_f64();
    Some((((side(0)? + side(2)?) / 2.0) as i64, ((side(1)? + side(3)?) / 2.0) as i64))
}

/// The program with its window on a display.
struct Opened {
    folder: PathBuf,
    controls: PathBuf,
    session: PathBuf,
    program: Running,
    display: Display,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Opened {
    /// Opens it, as somebody does for the first time; `None` where there is nothing to open it on.
    fn with(scenario: &str, name: &str) -> Option<Self> {
        if !["Xvfb", "xdotool"].iter().all(|program| has(program)) {
            eprintln!("SKIPPED: the window is not tried, for that needs Xvfb and xdotool");
            return None;
        }
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let (session, controls) = (folder.join("session.jsonl"), folder.join("controls.json"));
        let display = Display::open();
        let program = Running(
            Command::new(env!("CARGO_BIN_EXE_nodetwin"))
                .arg("view")
                .arg(root().join(scenario))
                .arg("--save-session")
                .arg(&session)
                .arg("--controls")
                .arg(&controls)
                .env("DISPLAY", &display.name)
                .env("XDG_CONFIG_HOME", &folder)
                .env("XDG_RUNTIME_DIR", &folder)
                .current_dir(root())
                .spawn()
                .expect("the program starts"),
        );
        Some(Self { folder, controls, session, program, display })
    }

    /// What the run's clock showed, in seconds, and when it did.
    fn clock(&self) -> Option<(f64, SystemTime)> {
        let written = fs::metadata(&self.controls).and_then(|facts| facts.modified()).ok()?;
        let shown = controls(&self.controls).iter().find_map(|control| {
            let said = ["value", "label"].map(|key| control[key].as_str().unwrap_or_default().to_string());
            said.iter().find_map(|text| seconds(text.split_once(" / ")?.0))
        })?;
        // It was not written anew while it was read.
        let still = fs::metadata(&self.controls).and_then(|facts| facts.modified()).ok()?;
        (still == written).then_some((shown, written))
    }
}

/// `01:02.500` or `1:00:02.500`.
fn seconds(clock: &str) -> Option<f64> {
    let (whole, _) = clock.split_once('.')?;
    let mut parts = clock.split(':').map(|part| part.parse::<f64>().ok());
    let sum = parts.try_fold(0.0, |sum, part| Some(60.0 * sum + part?));
    sum.filter(|_| whole.contains(':'))
}

/// The window draws as slowly as software does; the run in it goes on with the wall clock all the same. Time is read off the
/// window, and each reading has the time at which it was written.
#[test]
fn in_a_window_that_draws_slowly_the_run_keeps_up_with_the_wall_clock() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(opened) = Opened::with("scenarios/sound-sensor.toml", "window-pace") else { return };
    let mut enough = None;
    wait_for("the tour", || {
        enough = place(&opened.controls, "Button", "Enough");
        enough.is_some()
    });
    let (x, y) = enough.unwrap();
    opened.display.xdotool(&format!("mousemove {x} {y} click 1"));
    let window = opened.display.xdotool("search --name Nodetwin");
    let window = window.lines().next().unwrap();
    opened.display.xdotool(&format!("windowfocus {window}"));
    opened.display.xdotool("key F3");
    opened.display.xdotool("key space");
    let clock = || {
        let mut found = None;
        wait_for("the run's clock", || {
            found = opened.clock();
            found.is_some()
        });
        found.unwrap()
    };
    let begun = Instant::now();
    while clock().0 <= 0.5 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not begin to play");
        sleep(Duration::from_millis(100));
    }
    let (from_s, from) = clock();
    let since = |written: SystemTime| written.duration_since(from).unwrap_or_default().as_secs_f64();
    // Frames may take seconds where others have the CPU, and with them the file.
    let (to_s, gone_s) = loop {
        sleep(Duration::from_millis(500));
        let (shown, written) = clock();
        if since(written) >= 10.0 {
            break (shown, since(written));
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "the window does not draw any more");
    };
    opened.display.picture(&opened.folder.join("pace.png"));
    let says = |name: &str| {
        let found = controls(&opened.controls).iter().find_map(|control| {
            let said = ["value", "label"].map(|key| control[key].as_str().unwrap_or_default().to_string());
            let counts = |text: &String| {
                text.split_whitespace().nth(1).is_some_and(|word| word.parse::<f64>().is_ok())
            };
            said.into_iter().find(|text| text.starts_with(name) && counts(text))
        });
        found.unwrap_or_else(|| panic!("the overlay does not tell `{name}`"))
    };
    let overlay = ["frame", "own", "engine", "behind", "most"].map(says);
    println!("{:.2} s of the run in {gone_s:.2} s: {overlay:?}", to_s - from_s);
    let frame_ms: f64 = overlay[0].split_whitespace().nth(1).and_then(|text| text.parse().ok()).unwrap();
    assert!(frame_ms > 0.0 && overlay[0].ends_with("ms"), "{overlay:?}");
    // What is written was shown up to a frame before.
    let off_s = (to_s - from_s - gone_s).abs();
    assert!(off_s < 0.5 + frame_ms * 1e-3, "{:.2} s of the run in {gone_s:.2} s: {overlay:?}", to_s - from_s);
}

#[test]
fn a_person_presses_drags_and_types() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(opened) = Opened::with("scenarios/sound-sensor.toml", "window") else { return };
    let Opened { folder, controls: where_they_are, session, mut program, display } = opened;
    let root = root();
    let scenario = root.join("scenarios/sound-sensor.toml");
    let wait_place = |role: &str, label: &str| {
        let mut found = None;
        wait_for(&format!("{role} `{label}`"), || {
            found = place(&where_they_are, role, label);
            found.is_some()
        });
        found.unwrap()
    };
    let click = |(x, y): (i64, i64)| display.xdotool(&format!("mousemove {x} {y} click 1"));
    // The first time, somebody is shown around.
    let enough = wait_place("Button", "Enough");
    click(enough);
    wait_for("the tour's end", || {
        // Where it was told may have been where it came from.
        sleep(Duration::from_secs(1));
        let still = place(&where_they_are, "Button", "Enough");
        if let Some(at) = still {
            click(at);
        }
        still.is_none()
    });
    let window = display.xdotool("search --name Nodetwin");
    let window = window.lines().next().unwrap();
    display.xdotool(&format!("windowfocus {window}"));

    // Button A, on the model.
    let (x, y) = wait_place("Button", "button A");
    display.xdotool("key space");
    sleep(Duration::from_secs(1));
    display.xdotool(&format!("mousemove {x} {y} mousedown 1"));
    sleep(Duration::from_millis(300));
    display.xdotool("mouseup 1");

    // What the window says, wherever it says it.
    let wait_said = |text: &str| {
        let says = |said: &Value| said.as_str().is_some_and(|it| it.contains(text));
        wait_for(&format!("`{text}`"), || {
            controls(&where_they_are).iter().any(|control| says(&control["label"]) || says(&control["value"]))
        });
    };

    // A slider among the what-ifs.
    let (x, y) = wait_place("Slider", "loud_above");
    display.xdotool(&format!("mousemove {x} {y} mousedown 1"));
    display.xdotool(&format!("mousemove {} {y}", x + 6));
    display.xdotool(&format!("mousemove {} {y}", x + 12));
    display.xdotool("mouseup 1");
    wait_said("1 setting changed");

    // A field that one types in.
    click(wait_place("TextInput", "any setting"));
    // What is typed before the field has noticed the click goes astray.
    sleep(Duration::from_secs(3));
    display.xdotool("type --delay 250 seed=4711");
    sleep(Duration::from_secs(1));
    display.picture(&folder.join("typed.png"));
    wait_said("seed=4711");
    display.xdotool("key Return");
    wait_said("2 settings changed");

    // Keys, as quick as xdotool presses them: all of it within one frame.
    display.xdotool("key ctrl+z");
    wait_said("1 setting changed");
    display.xdotool("key ctrl+shift+z");
    wait_said("2 settings changed");
    display.xdotool("key ctrl+s");
    wait_place("TextInput", "name of the new file");
    display.xdotool("key Escape");

    // What was changed is adopted by the run that plays.
    click(wait_place("Button", "Adopt"));
    wait_said("seed 4711");
    sleep(Duration::from_secs(1));
    display.xdotool("key ctrl+q");
    wait_for("the end of the program", || program.0.try_wait().is_ok_and(|ended| ended.is_some()));

    let log = Log::read(&fs::read_to_string(&session).unwrap()).unwrap();
    assert!(log.deeds.iter().any(|deed| deed.did == Did::ButtonA(true)), "{log:?}");
    assert!(log.deeds.iter().any(|deed| deed.did == Did::ButtonA(false)), "{log:?}");
    assert!(log.sets.iter().any(|set| set == "seed=4711"), "{log:?}");
    assert!(log.sets.iter().any(|set| set.contains("loud_above")), "{log:?}");
    assert!(log.end.is_some());
    // Headless, the same comes out.
    let again = Command::new(env!("CARGO_BIN_EXE_nodetwin"))
        .arg("run")
        .arg(&scenario)
        .arg("--by-hand")
        .arg(&session)
        .current_dir(&root)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("the trace is that of the session"), "{said}");
}
