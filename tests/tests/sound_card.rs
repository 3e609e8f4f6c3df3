//! Sound cards for real: what a run plays through rodio comes back from a null sink's monitor through cpal, in another run's
//! node; a server that dies is survived, and so is a computer without any card.
//!
//! A PulseAudio server of our own stands in for the card. Each case runs in a process of its own, since who uses ALSA reads
//! its configuration once. Where PulseAudio or its ALSA plugin is not installed that is said, and nothing is tried.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use rustfft::{FftPlanner, num_complex::Complex};
use sim::catalogue::Catalogue;
use sim::desktop::desk::Desk;
use sim::desktop::dock::{self, Pane};
use sim::desktop::sound::{Ear, Ears, Hears, Microphone, State, Wish};
use sim::live::{Ask, Session, Source, Speed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const CONFIG: &str =
    "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n";
const MOST: Duration = Duration::from_secs(60);

fn folder(name: &str) -> PathBuf {
    // Sockets have short names: the target folder's may be too long.
    let folder = std::env::temp_dir().join(format!("nodetwin-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A server of our own, that ends with the test.
struct Server {
    child: Child,
    folder: PathBuf,
}

impl Server {
    fn start(name: &str) -> Option<Self> {
        let plugin = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
            .iter()
            .any(|lib| Path::new(lib).join("alsa-lib/libasound_module_pcm_pulse.so").exists());
        let folder = folder(name);
        let socket = folder.join("native");
        let started = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-L"])
            .arg(format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()))
            .args(["-L", "module-null-sink sink_name=twin rate=48000"])
            .env("XDG_RUNTIME_DIR", &folder)
            .env("HOME", &folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let (Ok(child), true) = (started, plugin) else {
            eprintln!("SKIPPED: pulseaudio and libasound2-plugins are not installed");
            return None;
        };
        let server = Self { child, folder };
        until("the server's socket", || socket.exists());
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// One of the cases below, in a process of its own.
fn in_its_own_process(case: &str, folder: &Path, config: &str, server: Option<u32>) {
    let file = folder.join("asound.conf");
    fs::write(&file, config).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", case, "--nocapture", "--test-threads=1"])
        .env("ALSA_CONFIG_PATH", &file)
        .env("PULSE_SERVER", format!("unix:{}", folder.join("native").display()))
        .env("XDG_RUNTIME_DIR", folder)
        .env("SOUND_SERVER", server.map(|id| id.to_string()).unwrap_or_default());
    let output = command.output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    println!("{text}");
}

/// Whether a case was started by the test above it, and so has the sound card that it wants, or none.
fn is_in_its_own_process() -> bool {
    std::env::var_os("SOUND_SERVER").is_some()
}

fn until(what: &str, is: impl Fn() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < MOST, "waited for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn session(sound: &str) -> Session {
    let file = nodetwin_tests::root().join("scenarios/sound-sensor.toml");
    let sets = vec![format!("sound={sound}"), "expect=[]".into()];
    Session::open(Source { catalogue: Arc::new(Catalogue::builtin()), file, sets, log: None }).unwrap()
}

const TONE: &str = "[{ kind = \"tone\", frequency = \"880Hz\", level = \"80dB\" }]";

fn hear(session: &Session, hears: Hears) -> Wish {
    Wish { hears, volume_db: 20.0, node: 0, watch: Some(session.watch()) }
}

/// The strongest frequency, between the lines of the spectrum by a parabola through their logarithms.
fn strongest_hz(samples: &[f32], rate_hz: f32) -> f32 {
    let count = samples.len();
    let window = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / count as f32).cos();
    let mean = samples.iter().sum::<f32>() / count as f32;
    let mut lines: Vec<Complex<f32>> =
        samples.iter().enumerate().map(|(n, x)| Complex::new((x - mean) * window(n), 0.0)).collect();
    FftPlanner::new().plan_fft_forward(count).process(&mut lines);
    let power = |line: usize| lines[line].norm_sqr().max(1e-30).ln();
    let peak = (2..count / 2 - 1).max_by(|a, b| power(*a).total_cmp(&power(*b))).unwrap();
    let (left, middle, right) = (power(peak - 1), power(peak), power(peak + 1));
    let between = 0.5 * (left - right) / (left - 2.0 * middle + right);
    (peak as f32 + between) * rate_hz / count as f32
}

#[test]
fn a_tone_of_880_hz_comes_back_through_the_sound_card() {
    let Some(server) = Server::start("tone") else { return };
    in_its_own_process("tone_through_the_card", &server.folder, CONFIG, Some(server.child.id()));
}

#[test]
fn tone_through_the_card() {
    if !is_in_its_own_process() {
        return;
    }
    let (plays, listens) = (session(TONE), session("[]"));
    let (mut ears, mut microphone) = (Ears::default(), Microphone::default());
    ears.wish(hear(&plays, Hears::World));
    until(
        "a reason for the silence",
        || matches!(ears.told().ear, Ear::Silent(why) if why.contains("paused")),
    );
    plays.ask(Ask::Speed(Speed::Times(10.0)));
    plays.ask(Ask::Play);
    until("a reason at 10x", || matches!(ears.told().ear, Ear::Silent(why) if why.contains("10x")));
    plays.ask(Ask::Seek(0));
    plays.ask(Ask::Speed(Speed::Times(1.0)));
    plays.ask(Ask::Play);
    until("sound", || matches!(ears.told().ear, Ear::Sounds { .. }));

    microphone.look();
    microphone.start(None);
    until("the microphone", || microphone.listens());
    assert!(microphone.told().devices.unwrap().is_ok());
    microphone.give_to(listens.watch().live(0));
    listens.ask(Ask::Listen { node: 0, on: true });
    // -20 dBFS at 94 dB SPL, and it is 80 dB and 20 dB louder: a peak of -14 dBFS.
    until("the level", || (microphone.level().peak_dbfs + 14.0).abs() < 1.0);
    until("5 s heard", || listens.status().now_ns > 5_000_000_000);
    listens.ask(Ask::Listen { node: 0, on: false });
    listens.ask(Ask::Pause);
    assert!(listens.settle(MOST));

    let live = listens.watch().live(0).unwrap();
    println!("{:?} {:?} {:?}", ears.told(), microphone.level(), live.turns());
    let history = listens.history();
    let node = history.node(0).unwrap();
    for (name, series) in [("the world", &node.sound), ("the node", &node.heard)] {
        let (_, samples) = series.samples(2_500_000_000, 4_548_000_000);
        assert!(samples.len() > 30_000, "{}", samples.len());
        let found = strongest_hz(&samples, 16_000.0);
        println!("{name}: {found} Hz");
        assert!((found - 880.0).abs() < 2.0, "{name}: {found} Hz");
    }
}

#[test]
fn a_sound_server_that_dies_is_survived() {
    let Some(server) = Server::start("dies") else { return };
    in_its_own_process("server_that_dies", &server.folder, CONFIG, Some(server.child.id()));
}

#[test]
fn server_that_dies() {
    if !is_in_its_own_process() {
        return;
    }
    let plays = session(TONE);
    let (mut ears, mut microphone) = (Ears::default(), Microphone::default());
    plays.ask(Ask::Play);
    ears.wish(hear(&plays, Hears::Node));
    microphone.start(None);
    until("sound", || matches!(ears.told().ear, Ear::Sounds { .. }) && microphone.listens());
    let server = std::env::var("SOUND_SERVER").unwrap();
    assert!(Command::new("kill").args(["-9", &server]).status().unwrap().success());
    until("word of it", || {
        matches!(ears.told().ear, Ear::NoCard(_)) && matches!(microphone.told().state, State::Lost(_))
    });
    println!("{:?} {:?}", ears.told().ear, microphone.told().state);
    let before = plays.status().now_ns;
    until("the run", || plays.status().now_ns > before + 500_000_000);
    microphone.start(None);
    until("word of it", || matches!(microphone.told().state, State::Lost(_)));
}

#[test]
fn without_a_sound_card_that_is_said_and_the_run_goes_on() {
    let folder = folder("none");
    in_its_own_process("no_sound_card", &folder, "", None);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn no_sound_card() {
    if !is_in_its_own_process() {
        return;
    }
    let plays = session(TONE);
    let (mut ears, mut microphone) = (Ears::default(), Microphone::default());
    ears.wish(hear(&plays, Hears::Off));
    assert_eq!(ears.told().ear, Ear::Off);
    plays.ask(Ask::Play);
    ears.wish(hear(&plays, Hears::World));
    microphone.look();
    microphone.start(None);
    until("word of it", || {
        matches!(ears.told().ear, Ear::NoCard(_)) && matches!(microphone.told().state, State::Lost(_))
    });
    let (Ear::NoCard(ear), State::Lost(lost)) = (ears.told().ear, microphone.told().state) else {
        unreachable!()
    };
    assert!(!ear.is_empty() && !lost.is_empty());
    println!("{ear}; {lost}");
    let before = plays.status().now_ns;
    until("the run", || plays.status().now_ns > before + 500_000_000);
    ears.wish(hear(&plays, Hears::Off));
    until("silence", || ears.told().ear == Ear::Off);
    drop((plays, ears, microphone));

    // And the panel has the words.
    let mut desk = Desk::new(Arc::new(Catalogue::builtin()), true);
    desk.open(&nodetwin_tests::root().join("scenarios/sound-sensor.toml"), Vec::new(), None);
    desk.tree = dock::alone(Pane::Sound);
    let mut harness = Harness::builder()
        .with_size(egui::vec2(500.0, 700.0))
        .build_ui_state(|ui, desk: &mut Desk| desk.show(ui, None), desk);
    // From below: what a control says moves all below it.
    for control in ["Start", "The world"] {
        harness.run_steps(2);
        harness.get_by_label(control).click();
    }
    let started = Instant::now();
    for words in ["no sound card plays:", "no microphone:"] {
        while harness.query_by_label(words).is_none() {
            assert!(started.elapsed() < MOST, "waited for {words}");
            std::thread::sleep(Duration::from_millis(50));
            harness.run_steps(1);
        }
    }
    harness.get_by_label(&ear);
    harness.get_by_label("Play").click();
    harness.run_steps(2);
    until("the run", || harness.state().session.as_ref().unwrap().status().now_ns > 100_000_000);
}
