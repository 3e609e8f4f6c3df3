//! A run that somebody takes part in: paced, sought, acted on by hand, and done again to the same trace.

use sim::catalogue::Catalogue;
use sim::engine::{Act, Options, Pose, Twin};
use sim::live::{Ask, Log, Session, Source, Speed};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

const S: u64 = 1_000_000_000;
const MOST: Duration = Duration::from_secs(120);

fn scenario(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name)
}

fn source(file: PathBuf, log: Option<Log>) -> Source {
    Source { catalogue: Arc::new(Catalogue::builtin()), file, sets: Vec::new(), log }
}

fn open(name: &str) -> Session {
    Session::open(source(scenario(name), None)).unwrap_or_else(|error| panic!("{error}"))
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn go(session: &Session, ask: Ask) {
    session.ask(ask);
    assert!(session.settle(MOST), "{:?}", session.status());
}

/// The trace of a scenario that nobody touches, until then.
fn untouched(name: &str, until_ns: u64) -> u64 {
    let catalogue = Catalogue::builtin();
    let loaded = scenarios::load(&scenario(name), &catalogue.known(), &[]).unwrap();
    let options = Options { until_ns: Some(until_ns), threads: Some(1), ..Options::default() };
    let twin = Twin::new(&catalogue, loaded, &options).unwrap();
    twin.run(|_| std::ops::ControlFlow::Continue(())).trace_hash
}

#[test]
fn looking_on_changes_nothing() {
    let session = open("motion.toml");
    go(&session, Ask::Seek(20 * S));
    let status = session.status();
    assert_eq!(status.now_ns, 20 * S);
    assert_eq!(status.trace_hash, Some(untouched("motion.toml", 20 * S)));
    let history = session.history();
    let node = history.node(0).unwrap();
    assert!(node.felt[2].count() > 1_000 && node.motion[2].count() == 4_000, "{}", node.felt[2].count());
    assert!(!node.events.is_empty() && !node.records.is_empty());
}

#[test]
fn back_and_on_again_is_the_same_run() {
    let session = open("sound-sensor.toml");
    go(&session, Ask::Seek(30 * S));
    let (hash, events) = (session.status().trace_hash, session.history().node(0).unwrap().events.len());
    go(&session, Ask::Seek(10 * S));
    assert_eq!(session.status().now_ns, 10 * S);
    assert!(session.history().node(0).unwrap().events.len() < events);
    go(&session, Ask::Seek(30 * S));
    assert_eq!(session.status().trace_hash, hash);
    assert_eq!(session.history().node(0).unwrap().events.len(), events);
}

#[test]
fn what_hands_did_is_done_again_to_the_same_trace() {
    let path = folder("by-hand").join("motion.session.jsonl");
    let session = open("motion.toml");
    go(&session, Ask::Seek(2 * S));
    session.ask(Ask::Act { node: 0, act: Act::ButtonA(true) });
    go(&session, Ask::Step(S / 10));
    session.ask(Ask::Act { node: 0, act: Act::ButtonA(false) });
    for step in 0..40 {
        let angle = f64::from(step) * 0.4;
        let pose = Pose {
            shift_m: [0.0, 0.15 * angle.cos(), 0.15 * angle.sin()],
            turn_rad: [0.0, 0.0, 0.2 * angle.sin()],
        };
        session.ask(Ask::Act { node: 0, act: Act::Hold(Some(pose)) });
        go(&session, Ask::Step(S / 50));
    }
    session.ask(Ask::Act { node: 0, act: Act::Hold(None) });
    session.ask(Ask::Act { node: 0, act: Act::ButtonB(true) });
    go(&session, Ask::Step(3 * S));
    let status = session.status();
    let strongest = {
        let history = session.history();
        let node = history.node(0).unwrap();
        assert!(node.events.iter().any(|said| said.event.kind() == "screen-on"), "the button was felt");
        let (_, felt) = node.felt[1].samples(2 * S, 3 * S);
        felt.into_iter().fold(0.0f32, |most, g| most.max(g.abs()))
    };
    assert!(strongest > 0.3, "the hand was felt: {strongest} g");
    assert_ne!(status.trace_hash, Some(untouched("motion.toml", status.now_ns)), "it made a difference");
    go(&session, Ask::SaveLog(path.clone()));

    let log = Log::read(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(log.deeds.len(), status.deeds);
    let catalogue = Catalogue::builtin();
    let loaded = scenarios::load(&scenario("motion.toml"), &catalogue.known(), &[]).unwrap();
    let commands = log.commands(|name| loaded.node_index(name)).unwrap();
    let end = log.end.clone().unwrap();
    assert_eq!(end.ended_ns, status.now_ns);
    for step_ns in [None, Some(7_000_000)] {
        let options = Options {
            until_ns: Some(end.ended_ns),
            by_hand: Some(commands.clone()),
            step_ns,
            ..Options::default()
        };
        let twin = Twin::new(&catalogue, loaded.clone(), &options).unwrap();
        let hash = twin.run(|_| std::ops::ControlFlow::Continue(())).trace_hash;
        assert_eq!(Some(hash), status.trace_hash, "in steps of {step_ns:?}");
    }
    // And in a session of its own.
    let again = Session::open(source(scenario("motion.toml"), Some(log))).unwrap();
    go(&again, Ask::Seek(end.ended_ns));
    assert_eq!(again.status().trace_hash, status.trace_hash);
}

#[test]
fn a_finger_wakes_the_screen_that_had_gone_dark() {
    let session = open("sound-sensor.toml");
    go(&session, Ask::Seek(15 * S));
    let count = |session: &Session| {
        let history = session.history();
        history.node(0).unwrap().events.iter().filter(|said| said.event.kind() == "screen-on").count()
    };
    let before = count(&session);
    session.ask(Ask::Act { node: 0, act: Act::ButtonA(true) });
    go(&session, Ask::Step(S / 5));
    session.ask(Ask::Act { node: 0, act: Act::ButtonA(false) });
    go(&session, Ask::Step(S));
    assert_eq!(count(&session), before + 1);
}

/// Whoever draws holds the history as long as a frame takes: at three frames a second, at twenty-five where nearly all of each
/// frame is held, and at three hundred.
#[test]
fn at_real_time_the_run_keeps_up_however_slowly_one_looks() {
    for (held_ms, rest_ms) in [(8, 300), (30, 10), (2, 1)] {
        let session = open("sound-sensor.toml");
        let started = Instant::now();
        session.ask(Ask::Speed(Speed::Times(1.0)));
        session.ask(Ask::Play);
        let mut frames = 0;
        while started.elapsed() < Duration::from_secs(3) {
            let history = session.history();
            std::thread::sleep(Duration::from_millis(held_ms));
            drop(history);
            std::thread::sleep(Duration::from_millis(rest_ms));
            frames += 1;
        }
        let (gone, now) = (started.elapsed().as_nanos() as u64, session.status().now_ns);
        let looks = format!("{frames} frames in {} ms, each held for {held_ms} ms", gone / 1_000_000);
        assert!(now <= gone, "it does not run ahead: {looks}");
        assert!(gone - now < 250_000_000, "{} ms behind: {looks}", (gone - now) / 1_000_000);
    }
}

/// The history says when fingers were on the buttons: those of a hand, live or from a file, and those of the scenario.
#[test]
fn what_presses_a_button_is_seen_live_replayed_and_gone_back_to() {
    let file = folder("fingers").join("pressed.toml");
    let text = fs::read_to_string(scenario("probe.toml")).unwrap();
    let press = "\n[[press]]\nbutton = \"B\"\nat = \"2s\"\nfor = \"500ms\"\nevery = \"3s\"\n";
    fs::write(&file, format!("{text}{press}")).unwrap();
    let session = Session::open(source(file.clone(), None)).unwrap_or_else(|error| panic!("{error}"));
    let seen = |session: &Session| {
        let history = session.history();
        history.node(0).unwrap().fingers.at(history.now_ns)
    };
    go(&session, Ask::Seek(S));
    assert_eq!(seen(&session), [false; 3]);
    let act = |act| {
        session.ask(Ask::Act { node: 0, act });
        assert!(session.settle(MOST));
    };
    act(Act::ButtonA(true));
    assert_eq!(seen(&session), [true, false, false], "at once, though the run stands");
    go(&session, Ask::Step(S + S / 4));
    assert_eq!(seen(&session), [true, true, false], "the scenario's finger is on B, too");
    act(Act::ButtonA(false));
    assert_eq!(seen(&session), [false, true, false]);
    act(Act::PowerKey { hold_ns: S / 10 });
    assert_eq!(seen(&session), [false, true, true]);
    go(&session, Ask::Step(S / 2));
    assert_eq!(seen(&session), [false; 3]);
    go(&session, Ask::Seek(S + S / 2));
    assert_eq!(seen(&session), [true, false, false], "gone back to");

    go(&session, Ask::Seek(6 * S));
    let path = folder("fingers-log").join("pressed.session.jsonl");
    go(&session, Ask::SaveLog(path.clone()));
    let log = Log::read(&fs::read_to_string(&path).unwrap()).unwrap();
    let again = Session::open(source(file, Some(log))).unwrap_or_else(|error| panic!("{error}"));
    for (at_ms, expected) in [
        (1_100, [true, false, false]),
        (2_100, [true, true, false]),
        (2_300, [false, true, true]),
        (2_400, [false, true, false]),
        (4_300, [false; 3]),
        (5_400, [false, true, false]),
        (2_000, [true, true, false]),
        (999, [false; 3]),
    ] {
        go(&again, Ask::Seek(at_ms * S / 1_000));
        assert_eq!(seen(&again), expected, "at {at_ms} ms, from the file");
    }
}

#[test]
fn a_scenario_that_is_saved_wrongly_is_told_with_its_line_and_what_ran_runs_on() {
    let file = folder("hot").join("mine.toml");
    let text = fs::read_to_string(scenario("probe.toml")).unwrap();
    fs::write(&file, &text).unwrap();
    let session = Session::open(source(file.clone(), None)).unwrap();
    go(&session, Ask::Seek(S));
    let write = |text: &str| {
        // File times are coarse on some disks.
        std::thread::sleep(Duration::from_millis(30));
        fs::write(&file, text).unwrap();
    };
    let until = |what: &dyn Fn(&Session) -> bool| {
        let started = Instant::now();
        while !what(&session) {
            assert!(started.elapsed() < Duration::from_secs(30), "{:?}", session.status());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    write(&text.replacen("seed", "sead", 1));
    until(&|session| session.status().refused.is_some());
    let refused = session.status().refused.unwrap();
    let line = 1 + text.lines().position(|line| line.starts_with("seed")).unwrap();
    assert!(refused.problems().any(|problem| problem.line() == line), "{refused}");
    assert_eq!(session.status().now_ns, S, "what ran is still there");
    write(&text.replacen("name = \"", "name = \"another ", 1));
    until(&|session| session.scenario().name.starts_with("another"));
    assert!(session.status().refused.is_none());
    assert!(session.settle(MOST));
    assert_eq!(session.status().now_ns, S, "it goes on from where it was");
}

/// What comes from outside is no part of the scenario: what was heard of it stays, or the run could not be done again.
#[test]
fn what_was_heard_live_is_heard_again_and_a_recording_of_it_gives_the_same_trace() {
    let sets = vec!["sound=[]".to_string(), "expect=[]".to_string()];
    let session = Session::open(Source { sets, ..source(scenario("sound-sensor.toml"), None) }).unwrap();
    let live = session.watch().live(0).unwrap();
    go(&session, Ask::Seek(S / 2));
    session.ask(Ask::Listen { node: 0, on: true });
    let (mut next, started) = (0u64, Instant::now());
    while session.status().now_ns < 2 * S {
        assert!(started.elapsed() < MOST, "{:?}", session.status());
        let begun = live.turns().first().map_or(0, |turn| turn.start_ns);
        // Some of it comes too late, as it would from a busy computer.
        next = next.max(live.fixed_ns().saturating_sub(20_000_000)).max(begun);
        let tone: Vec<f32> =
            (0..800).map(|n| 0.05 * (std::f32::consts::TAU * 1_000.0 * n as f32 / 16_000.0).sin()).collect();
        // The first of it comes when the node has heard silence already.
        if begun > 0 && live.fixed_ns() > begun + 40_000_000 {
            live.push(next, &tone);
            next += 50_000_000;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    session.ask(Ask::Speed(Speed::Times(10.0)));
    session.ask(Ask::Listen { node: 0, on: false });
    go(&session, Ask::Pause);
    let (status, turn) = (session.status(), live.turns()[0]);
    assert_eq!(status.speed, Speed::Times(1.0), "it is tied to real time: {:?}", status.notice);
    assert!(!turn.goes_on && turn.end_ns - turn.start_ns > S, "{turn:?}");
    assert!(turn.late > 0, "{turn:?}");
    let loudest = |session: &Session| {
        let history = session.history();
        let columns = history.node(0).unwrap().heard.columns(turn.start_ns, turn.end_ns, 100);
        columns.iter().map(|column| column.greatest).fold(0.0, f32::max)
    };
    assert!(loudest(&session) > 0.02, "{}", loudest(&session));

    go(&session, Ask::Seek(0));
    go(&session, Ask::Seek(status.now_ns));
    assert_eq!(session.status().trace_hash, status.trace_hash, "gone back in");

    // Saved, its sound is beside the log, and whoever does it again hears it.
    let path = folder("live-session").join("heard.session.jsonl");
    go(&session, Ask::SaveLog(path.clone()));
    assert!(session.status().heard_live && session.status().deeds == 0);
    let log = Log::read(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(log.heard.len(), 1, "{:?}", session.status().notice);
    assert_eq!(log.heard[0].heard, Some("heard.session.live-1.wav".into()));
    assert_eq!((log.heard[0].from_ns, log.heard[0].until_ns), (turn.start_ns, turn.end_ns));
    let again = std::process::Command::new(env!("CARGO_BIN_EXE_nodetwin"))
        .arg("run")
        .arg(scenario("sound-sensor.toml"))
        .arg("--by-hand")
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("the trace is that of the session"), "{said}");
    let log = log.from_folder(path.parent().unwrap());
    let sets = vec!["sound=[]".to_string(), "expect=[]".to_string()];
    let again = Source { sets, ..source(scenario("sound-sensor.toml"), Some(log.clone())) };
    let again = Session::open(again).unwrap();
    go(&again, Ask::Seek(status.now_ns));
    assert_eq!(again.status().trace_hash, status.trace_hash, "in a session of its own");
    fs::remove_file(path.with_file_name("heard.session.live-1.wav")).unwrap();
    let error = Session::open(source(scenario("sound-sensor.toml"), Some(log))).err().unwrap();
    assert!(error.to_string().contains("heard.session.live-1.wav"), "{error}");

    let (start_ns, samples) = live.heard(turn.start_ns, turn.end_ns).unwrap();
    let take = sim::live::Take { label: "tone".into(), session: "test".into(), start_ns, samples };
    let file = take.save(&folder("live-sound")).unwrap();
    let sets = take.replayed(&file, "shelf", session.scenario().duration_ns);
    let sets: Vec<scenarios::Set> = sets.into_iter().map(scenarios::Set::new).collect();
    let catalogue = Catalogue::builtin();
    let loaded = scenarios::load(&scenario("sound-sensor.toml"), &catalogue.known(), &sets).unwrap();
    let options = Options { until_ns: Some(status.now_ns), threads: Some(1), ..Options::default() };
    let twin = Twin::new(&catalogue, loaded, &options).unwrap();
    let outcome = twin.run(|_| std::ops::ControlFlow::Continue(()));
    assert_eq!(Some(outcome.trace_hash), status.trace_hash, "as a recording");
    assert_eq!(outcome.nodes[0].labels[0].label, "tone");
}
