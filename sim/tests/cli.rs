//! The whole program as a person meets it: exit codes, what goes to which stream, and the files it writes.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const SCENARIO: &str = r#"
schema = 1
name = "short"
duration = "5s"
seed = 1
[[node]]
name = "desk"
board = "m5stickc"
app = "sound"
[[sound]]
kind = "pink-noise"
level = "45dB"
[[expect]]
deadline_misses = 0
"#;

/// A folder of its own for each test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nodetwin"));
        command.args(line.split_whitespace()).current_dir(&self.0).env_remove("NO_COLOR");
        command
    }
    /// Runs to its end; nothing may ever panic.
    fn run(&self, line: &str) -> Ended {
        let output = self.command(line).output().unwrap();
        let ended = Ended::of(output);
        assert!(!ended.err.contains("panicked"), "{line}:\n{}", ended.err);
        ended
    }
}

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
    #[track_caller]
    fn tells(self, part: &str) -> Self {
        assert!(self.err.contains(part), "`{part}` is missing in stderr:\n{}", self.err);
        self
    }
    #[track_caller]
    fn shows(self, part: &str) -> Self {
        assert!(self.out.contains(part), "`{part}` is missing in stdout:\n{}", self.out);
        self
    }
}

#[test]
fn a_run_shows_its_table_on_stdout_and_its_verdict_on_stderr() {
    let folder = Folder::new("run");
    folder.write("a.toml", SCENARIO);
    let ended =
        folder.run("run a.toml").ends(0).shows("desk").shows("trace: ").tells("pass: 1 expectation met");
    assert!(!ended.out.contains('\x1b') && !ended.err.contains('\x1b'), "colour in a pipe");
    folder.run("run a.toml --set expect.0.deadline_misses=>=1").ends(1).shows("✗ FAIL").tells("FAIL: 1 of 1");
}

#[test]
fn all_documents_are_written_and_stable_ones_are_the_same() {
    let folder = Folder::new("documents");
    folder.write("a.toml", SCENARIO);
    let documents = "--json r.json --junit r.xml --trace t.json --lcd l.png --wav s.wav --stable";
    folder.run(&format!("run a.toml {documents}")).ends(0);
    let before = (folder.read("r.json"), folder.read("r.xml"), folder.read("t.json"));
    folder.run(&format!("run a.toml {documents} --threads 1")).ends(0);
    assert!(before == (folder.read("r.json"), folder.read("r.xml"), folder.read("t.json")));
    assert!(fs::read(folder.0.join("l.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(fs::read(folder.0.join("s.wav")).unwrap().starts_with(b"RIFF"));
    let json = folder.run("run a.toml --json - --stable").ends(0);
    assert_eq!(json.out, before.0, "only the document goes to stdout");
    folder.run("diff r.json r.json").ends(0).tells("the same");
    folder.run("run a.toml --json other.json --seed 2 --set node.desk.cpu=80MHz").ends(0);
    folder.run("diff r.json other.json").ends(1).shows("The seed was 1 and is 2.").shows("times as long");
}

#[test]
fn seeds_give_means_with_intervals() {
    let folder = Folder::new("seeds");
    folder.write("a.toml", SCENARIO);
    folder
        .run("run a.toml --seeds 3 --json s.json")
        .ends(0)
        .shows("95 % interval")
        .tells("3 of 3 seeds pass");
    assert!(folder.read("s.json").contains("\"seeds\": [\n    1,\n    2,\n    3\n  ]"));
}

#[test]
fn wrong_input_ends_with_2_a_place_and_a_cure() {
    let folder = Folder::new("wrong");
    folder.write("a.toml", SCENARIO);
    folder.write("unknown.toml", &SCENARIO.replace("seed = 1", "seeed = 1"));
    folder.write("unit.toml", &SCENARIO.replace("\"5s\"", "5"));
    folder.write(
        "fault.toml",
        &format!("{SCENARIO}\n[[fault]]\nkind = \"gremlins\"\nat = \"1s\"\nfor = \"1s\"\n"),
    );
    folder.write("setting.toml", &SCENARIO.replace("[[sound]]", "settings = { blok = \"32ms\" }\n[[sound]]"));
    folder.run("run unknown.toml").ends(2).tells("[unknown.toml:5:1]").tells("did you mean `seed`?");
    folder.run("run unit.toml").ends(2).tells("[unit.toml:4:12]").tells("help:");
    folder.run("run fault.toml").ends(2).tells("gremlins").tells("nack");
    folder.run("run setting.toml").ends(2).tells("blok").tells("block");
    folder.run("run nowhere.toml").ends(2).tells("cannot be read").tells("help:");
    folder.run("run .").ends(2).tells("folder").tells("help:");
    folder.run("run a.toml --set node.desk.app=sund").ends(2).tells("did you mean `sound`?");
    folder.run("run a.toml --json no/such/r.json").ends(2).tells("mkdir -p no/such");
    folder.run("run a.toml --json .").ends(2).tells("is a folder");
    folder.run("run a.toml --json - --junit -").ends(2).tells("two outputs go to stdout");
    folder.run("run a.toml --until 10").ends(2).tells("has no unit");
    folder.run("run a.toml --csv m.csv").ends(2).tells("no samples from an IMU");
    assert!(!folder.0.join("m.csv").exists(), "a file without content was left behind");
    folder.run("run").ends(2);
    folder.run("fly").ends(2);
    folder.run("diff a.toml a.toml").ends(2).tells("no result.json");
    folder.run("test nowhere").ends(2);
    folder.run("convert a.toml b.xyz").ends(2).tells(".cbor");
    folder.run("doctor nowhere.csv").ends(2);
}

#[test]
fn folders_are_tests_and_canaries_have_to_fail() {
    let folder = Folder::new("test");
    folder.write("all/a.toml", SCENARIO);
    folder.write("all/sub/b.toml", SCENARIO);
    folder.write("all/canary/c.toml", &SCENARIO.replace("deadline_misses = 0", "deadline_misses = \">= 1\""));
    folder
        .run("test all --junit r.xml --stable")
        .ends(0)
        .shows("ok    all/a.toml")
        .shows("fails as it has to")
        .tells("3 passed (1 canary failed as it has to), 0 failed");
    let xml = folder.read("r.xml");
    assert!(xml.contains("all/sub/b.toml") && xml.contains("failures=\"0\""), "{xml}");
    folder.run("test all --junit again.xml --stable --threads 1").ends(0);
    assert_eq!(xml, folder.read("again.xml"));
    folder.write("all/canary/passes.toml", SCENARIO);
    folder
        .run("test all")
        .ends(1)
        .shows("has to fail, and it passed")
        .tells("3 passed (1 canary")
        .tells("1 failed");
    folder.write("all/broken.toml", "schema = 1\n");
    folder.run("test all").ends(2).tells("2 failed");
    fs::create_dir(folder.0.join("empty")).unwrap();
    folder.run("test empty").ends(2).tells("no scenario");
}

#[test]
fn a_run_may_end_earlier_and_be_strict_about_what_the_models_have() {
    let folder = Folder::new("until");
    folder.write("a.toml", SCENARIO);
    // Nothing of ours leaves the models: strict changes nothing.
    folder.run("run a.toml --strict --until 2s").ends(0).shows("2 s simulated");
}

#[test]
fn new_writes_what_runs_and_overwrites_nothing() {
    let folder = Folder::new("new");
    for app in ["sound", "motion"] {
        folder.run(&format!("new {app}.toml --app {app}")).ends(0);
        folder.run(&format!("run {app}.toml")).ends(0);
        folder.run(&format!("new {app}.toml --app {app}")).ends(2).tells("is there already");
    }
    folder.run("new --app motion").ends(2).tells("nodetwin new mine.toml --app motion");
    folder.run("new x.toml --app jazz").ends(2).tells("known: sound, motion");
    folder.run("new --app green-house").ends(0).tells("crate `green-house` written");
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        "src/main.rs",
        "src/lib.rs",
        "src/thermometer.rs",
        "src/lm75.rs",
        "scenario.toml",
    ] {
        assert!(!folder.read(&format!("green-house/{file}")).is_empty());
    }
    folder.run("new --app green-house").ends(2).tells("not empty");
    folder.run("new --app other --nodetwin nowhere").ends(2).tells("--nodetwin DIR");
}

#[test]
fn recordings_are_converted_and_examined() {
    let folder = Folder::new("recordings");
    let mut csv = String::from("t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,label\n");
    for k in 0..300 {
        let wobble = f64::from(k % 7) * 0.01;
        csv.push_str(&format!(
            "{:.3},{wobble},0.02,{},{wobble},1.0,-1.0,still\n",
            f64::from(k) * 0.01,
            1.0 - wobble
        ));
    }
    folder.write("a.csv", &csv);
    folder.run("convert a.csv a.json").ends(0).tells("300 samples of motion at 100.0 Hz");
    folder.run("convert a.json b.cbor").ends(0);
    folder.run("convert b.cbor c.csv").ends(0);
    folder.run("doctor c.csv").shows("300 samples at 100.00 Hz");
    folder.run("convert a.csv a.csv").ends(2).tells("would be lost");
    assert_eq!(folder.read("a.csv"), csv);
    folder.write("short.csv", "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,label\n");
    folder.run("doctor a.csv short.csv").ends(2).shows("a.csv");
}

#[test]
fn help_and_schema_go_to_stdout() {
    let folder = Folder::new("help");
    folder.run("--help").ends(0).shows("Exit codes");
    folder.run("run --help").ends(0).shows("Examples:");
    folder.run("--version").ends(0).shows("nodetwin ");
    let schema = folder.run("schema").ends(0);
    let schema: serde_json::Value = serde_json::from_str(&schema.out).unwrap();
    assert_eq!(schema["type"], "object");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::new("pipe");
    folder.write("a.toml", SCENARIO);
    for line in ["run a.toml", "run a.toml --json -", "schema", "--help", "test a.toml"] {
        let mut child = folder.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let code = child.wait().unwrap().code();
        assert!(code == Some(0) && !err.contains("panicked"), "{line}: {code:?}\n{err}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_run_with_what_was_measured() {
    let folder = Folder::new("interrupt");
    folder.write("a.toml", &SCENARIO.replace("\"5s\"", "\"300d\""));
    let child = folder
        .command("run a.toml --json r.json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    Ended::of(child.wait_with_output().unwrap())
        .ends(3)
        .tells("stopping")
        .tells("stopped by hand")
        .shows("300 d were asked for");
    assert!(folder.read("r.json").contains("\"trace_hash\""));
}
