//! Files that are dropped on the window.

use crate::desk::{S, Window, desk, folder, harness, labels, says, settle, until_settled};
use nodetwin_tests::root;
use sim::catalogue::Catalogue;
use sim::desktop::desk::Desk;
use sim::live::Ask;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug)]
struct File(PathBuf);

impl egui::DroppedFile for File {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// Drops it, and tells what the window says to that.
fn drop_on(window: &mut Window, file: PathBuf) -> String {
    window.input_mut().dropped_files.push(Arc::new(File(file)));
    window.run_steps(3);
    let said = window.state().panels.notice.text().unwrap_or_default().to_string();
    assert!(said.is_empty() || says(window, &said), "{said}");
    if window.state().session.is_some() {
        until_settled(window);
    }
    said
}

fn name(window: &Window) -> String {
    window.state().session.as_ref().unwrap().scenario().name.clone()
}

#[test]
fn a_scenario_opens_and_a_wrong_one_says_where() {
    let mut window = harness(Desk::new(Arc::new(Catalogue::builtin()), true));
    let said = drop_on(&mut window, root().join("scenarios/models/sounds.ntm"));
    assert!(said.contains("sounds.ntm: open a scenario first"), "{said}");
    drop_on(&mut window, root().join("scenarios/probe.toml"));
    assert_eq!(name(&window), "probe");
    let wrong = folder("dropped-wrong").join("wrong.toml");
    fs::write(&wrong, "schema = 1\nname = \"x\"\nduration = \"5 parsecs\"\n").unwrap();
    drop_on(&mut window, wrong);
    assert!(says(&window, "wrong.toml:3"), "{:?}", labels(&window));
    assert_eq!(name(&window), "probe", "what ran is still there");
    let said = drop_on(&mut window, root().join("README.md"));
    assert!(said.contains("README.md: nothing here takes it"), "{said}");
}

#[test]
fn a_model_is_run_and_one_that_the_program_does_not_take_is_refused_in_words() {
    let mut window = harness(desk("scenarios/gestures.toml", S));
    let said = drop_on(&mut window, root().join("scenarios/models/gestures.ntm"));
    assert!(said.contains("gestures.ntm: wand runs it"), "{said}");
    assert!(window.state().sets.iter().any(|set| set.starts_with("node.wand.settings.model=")));
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    window.run_steps(3);
    until_settled(&mut window);
    assert!(window.state().sets.is_empty(), "{:?}", window.state().sets);

    for (scenario, why) in [
        ("probe", "gestures.ntm is not taken: unknown setting `model`"),
        ("motion", "gestures.ntm is not taken: `window` is the model's own"),
    ] {
        let mut window = harness(desk(&format!("scenarios/{scenario}.toml"), S));
        let said = drop_on(&mut window, root().join("scenarios/models/gestures.ntm"));
        assert!(said.contains(why), "{said}");
        assert!(window.state().sets.is_empty());
    }
}

#[test]
fn a_recording_is_what_the_node_hears_or_feels() {
    let folder = folder("dropped");
    let mut csv = String::from("t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,label\n");
    for n in 0..1_000 {
        csv += &format!("{:.2},{:.4},0,1,0,0,0,\n", f64::from(n) * 0.01, 0.5 * (f64::from(n) * 0.3).sin());
    }
    let motion = folder.join("shaken.csv");
    fs::write(&motion, csv).unwrap();
    let mut window = harness(desk("scenarios/motion.toml", 6 * S));
    let said = drop_on(&mut window, motion);
    assert!(said.contains("shaken.csv: wrist feels it"), "{said}");
    let strongest = {
        let history = window.state().session.as_ref().unwrap().history();
        let (_, felt) = history.node(0).unwrap().felt[0].samples(S, 5 * S);
        felt.into_iter().fold(0.0f32, |most, g| most.max(g.abs()))
    };
    assert!((0.4..0.6).contains(&strongest), "{strongest} g");

    let sound = folder.join("tone.wav");
    let samples =
        (0..32_000).map(|n| 0.1 * (std::f32::consts::TAU * 880.0 * n as f32 / 16_000.0).sin()).collect();
    let track = scenarios::recording::AudioTrack { rate_hz: 16_000.0, samples, channels: 1, bits: 32 };
    let kind = scenarios::recording::Kind::Audio(Arc::new(track));
    let recording = scenarios::recording::Recording {
        source: String::new(),
        kind,
        labels: Vec::new(),
        duration_ns: 2 * S,
    };
    scenarios::recording::save(&sound, &recording).unwrap();
    let mut window = harness(desk("scenarios/sound-sensor.toml", 3 * S));
    let said = drop_on(&mut window, sound);
    assert!(said.contains("tone.wav: shelf hears it"), "{said}");
    let loudest = {
        let history = window.state().session.as_ref().unwrap().history();
        let columns = history.node(0).unwrap().sound.columns(S, 2 * S, 10);
        columns.iter().map(|column| column.greatest).fold(0.0, f32::max)
    };
    // 0.1 of full scale at 110 dB SPL: 90 dB, 0.632 Pa, and the peak of a sine.
    assert!((loudest / (0.632_456 * std::f32::consts::SQRT_2) - 1.0).abs() < 0.02, "{loudest} Pa");

    // A cut-off file is told, and what runs runs on.
    let broken = folder.join("broken.wav");
    fs::write(&broken, b"RIFF\x00\x00").unwrap();
    let sets = window.state().sets.clone();
    let said = drop_on(&mut window, broken);
    assert!(said.contains("broken.wav is not taken"), "{said}");
    assert_eq!(window.state().sets, sets);
}

#[test]
fn a_saved_session_is_played_again() {
    let path = folder("dropped-session").join("probe.session.jsonl");
    let mut window = harness(desk("scenarios/probe.toml", S));
    window.key_down(egui::Key::Num1);
    window.run_steps(2);
    window.state_mut().ask(Ask::Step(S / 5));
    settle(window.state());
    window.key_up(egui::Key::Num1);
    window.run_steps(2);
    window.state_mut().ask(Ask::Step(S));
    window.state_mut().ask(Ask::SaveLog(path.clone()));
    settle(window.state());
    window.run_steps(2);
    assert!(says(&window, "what hands did is in"), "what was written is told: {:?}", labels(&window));
    let status = window.state().session.as_ref().unwrap().status();
    assert_eq!(status.deeds, 2);

    let mut other = harness(desk("scenarios/motion.toml", S));
    drop_on(&mut other, path);
    assert_eq!(name(&other), "probe");
    other.state_mut().ask(Ask::Seek(status.now_ns));
    settle(other.state());
    assert_eq!(other.state().session.as_ref().unwrap().status().trace_hash, status.trace_hash);
}
