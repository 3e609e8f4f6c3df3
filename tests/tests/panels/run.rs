//! The window around a run: transport, tabs, and what is said where there is none.

use crate::desk::{S, desk, harness, harness_of, settle};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use sim::catalogue::Catalogue;
use sim::desktop::desk::Desk;
use sim::live::Ask;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn play_pause_step_and_the_keys_for_them() {
    let mut harness = harness(desk("scenarios/probe.toml", S));
    harness.get_by_label("Play").click();
    harness.run_steps(2);
    std::thread::sleep(Duration::from_millis(200));
    harness.run_steps(2);
    assert!(harness.state().session.as_ref().unwrap().status().playing);
    harness.get_by_label("Pause").click();
    harness.run_steps(2);
    settle(harness.state());
    let now = |harness: &Harness<'_, Desk>| harness.state().session.as_ref().unwrap().status().now_ns;
    let before = now(&harness);
    assert!(before > S);
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(2);
    settle(harness.state());
    assert_eq!(now(&harness), before + S / 10);
    harness.key_press(egui::Key::Home);
    harness.run_steps(2);
    settle(harness.state());
    assert_eq!(now(&harness), 0);
}

#[test]
fn a_key_held_is_a_button_held() {
    let mut harness = harness(desk("scenarios/sound-sensor.toml", 15 * S));
    harness.key_down(egui::Key::Num1);
    harness.run_steps(2);
    harness.state_mut().ask(Ask::Step(S / 5));
    settle(harness.state());
    harness.key_up(egui::Key::Num1);
    harness.run_steps(2);
    harness.state_mut().ask(Ask::Step(S));
    settle(harness.state());
    let session = harness.state().session.as_ref().unwrap();
    assert_eq!(session.status().deeds, 2);
    let history = session.history();
    let woken = history
        .node(0)
        .unwrap()
        .events
        .iter()
        .any(|said| said.event.kind() == "screen-on" && said.at.0 > 15 * S);
    assert!(woken, "the screen came on");
}

#[test]
fn tabs_come_to_the_front_and_each_panel_has_something_to_say() {
    let mut harness = harness(desk("scenarios/motion.toml", 20 * S));
    for tab in ["Events", "Log", "Budget", "Chips", "Memory", "Sound", "What if", "Pipeline", "Node saw"] {
        harness.get_all_by_label(tab).next().unwrap_or_else(|| panic!("no tab {tab}")).click();
        harness.run_steps(3);
    }
}

#[test]
fn however_wide_the_window_is_one_can_drag_through_the_run() {
    for (width, least) in [(960.0, 250.0), (1_280.0, 400.0), (1_920.0, 1_000.0)] {
        let harness = harness_of(desk("scenarios/motion.toml", 2 * S), width, 600.0);
        let [slider, more] = ["moment of the run", "More"].map(|label| harness.get_by_label(label).rect());
        assert!(slider.width() >= least, "{} of {width} points", slider.width());
        assert!(more.right() <= width && more.right() > width - 40.0, "More ends at {}", more.right());
    }
}

#[test]
fn each_stage_has_its_own_error_bar() {
    let bars = |scenario| -> BTreeSet<String> {
        let mut harness = harness(desk(scenario, 30 * S));
        harness.get_by_label("Budget").click();
        harness.run_steps(3);
        let all = harness.query_all_by_label_contains("±").filter_map(|node| node.value());
        all.map(|bar| bar.trim().to_string()).filter(|bar| bar.ends_with('%')).collect()
    };
    let (sound, places) = (bars("scenarios/sound-sensor.toml"), bars("scenarios/indoor-position.toml"));
    assert!(!sound.is_empty() && !places.is_empty());
    assert_ne!(sound, places, "filters and nearest points are predicted with different bars");
}

#[test]
fn without_a_scenario_one_is_told_how_to_begin() {
    let harness = harness(Desk::new(Arc::new(Catalogue::builtin()), true));
    harness.get_by_label("No scenario is open");
}

#[test]
fn a_scenario_that_is_wrong_is_told_with_its_place() {
    let mut desk = Desk::new(Arc::new(Catalogue::builtin()), false);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong.toml");
    std::fs::write(&file, "schema = 1\nname = \"x\"\nduration = \"5 parsecs\"\n").unwrap();
    desk.open(&file, Vec::new(), None);
    let harness = harness(desk);
    assert!(harness.query_all_by_label_contains("wrong.toml:3").next().is_some());
}
