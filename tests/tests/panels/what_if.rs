//! What if: a change is a run of its own beside the file's, the way back, and the best of many.

use crate::desk::{
    S, click, drag, find, folder, harness, onto, panel, says, short, type_into, until_settled,
};
use crate::desk::{Window, labels};
use egui::accesskit::Role;
use egui_kittest::kittest::NodeT;
use sim::catalogue::Catalogue;
use sim::desktop::dock::Pane;
use sim::engine::{Options, Twin};
use std::ops::ControlFlow;
use std::path::Path;

fn window(name: &str, duration: &str) -> Window {
    let file = short("scenarios/sound-sensor.toml", "90s", duration, &folder(name));
    let mut window = harness(onto(&file, S));
    // A step back is one once a hand has rested.
    window.state_mut().still = false;
    until_settled(&mut window);
    window
}

fn hashes(window: &Window) -> [Option<u64>; 2] {
    window.state().panels.what_if.ran().map(|ran| ran.map(|ran| ran.trace_hash))
}

fn headless(file: &Path) -> u64 {
    let catalogue = Catalogue::builtin();
    let scenario = scenarios::load(file, &catalogue.known(), &[]).unwrap_or_else(|error| panic!("{error}"));
    let options = Options { threads: Some(1), ..Options::default() };
    Twin::new(&catalogue, scenario, &options).unwrap().run(|_| ControlFlow::Continue(())).trace_hash
}

#[test]
fn a_slider_that_is_moved_gives_a_rival_and_there_is_a_way_back() {
    let mut window = window("slider", "15s");
    let slider = find(&window, Role::Slider, "loud_above").expect("loud_above").rect();
    assert_eq!(hashes(&window), [None, None], "nothing runs beside, unasked");
    // Its middle, and to the left: what is no louder than talk counts as loud.
    drag(&mut window, slider.center(), egui::vec2(-0.25 * slider.width(), 0.0));
    until_settled(&mut window);
    assert!(says(&window, "1 setting changed"), "{:?}", labels(&window));
    let [a, b] = hashes(&window);
    assert!(a.is_some() && b.is_some() && a != b, "{a:?} {b:?}");

    click(&mut window, Role::Button, "A and B");
    let told = ["better", "alike"].iter().any(|word| says(&window, word));
    assert!(told && says(&window, "What the scenario expects"), "{:?}", labels(&window));
    for figure in ["CPU load", "deadline misses"] {
        assert!(says(&window, figure), "{figure}: {:?}", labels(&window));
    }

    click(&mut window, Role::Button, "Undo");
    until_settled(&mut window);
    assert!(!says(&window, "1 setting changed") && hashes(&window)[1].is_none());
    click(&mut window, Role::Button, "Redo");
    until_settled(&mut window);
    assert!(says(&window, "1 setting changed"));
    assert_eq!(hashes(&window), [a, b], "the same run again");

    click(&mut window, Role::Button, "Adopt B");
    until_settled(&mut window);
    let desk = window.state();
    assert_eq!(desk.sets.len(), 1, "{:?}", desk.sets);
    assert!(desk.sets[0].starts_with("node.shelf.settings.loud_above="), "{:?}", desk.sets);
    let status = desk.session.as_ref().unwrap().status();
    assert_eq!((status.now_ns, status.refused.is_none()), (S, true), "it plays on from where it was");
    // What was adopted is taken back too.
    click(&mut window, Role::Button, "Undo");
    until_settled(&mut window);
    assert!(window.state().sets.is_empty());
}

#[test]
fn a_change_is_saved_as_a_scenario_whose_run_is_that_of_b() {
    let mut window = window("save", "15s");
    for change in ["node.shelf.settings.block=16ms", "node.shelf.cpu=160MHz"] {
        type_into(&mut window, "any setting", change);
    }
    until_settled(&mut window);
    assert!(says(&window, "2 settings changed"), "{:?}", labels(&window));
    click(&mut window, Role::Button, "Save as ...");
    type_into(&mut window, "name of the new file", "theirs.toml");
    assert!(says(&window, "saved: nodetwin run"), "{:?}", labels(&window));
    let folder = window.state().file.clone().unwrap().parent().unwrap().to_path_buf();
    let text = std::fs::read_to_string(folder.join("theirs.toml")).unwrap();
    assert!(text.contains("block = \"16ms\"") && text.contains("# as much sound as is looked at"), "{text}");
    let [a, b] = hashes(&window);
    assert_eq!(b, Some(headless(&folder.join("theirs.toml"))));
    assert_eq!(a, Some(headless(&folder.join("mine.toml"))));
    // A name that there is already is not written over.
    click(&mut window, Role::Button, "Save as ...");
    type_into(&mut window, "name of the new file", "theirs.toml");
    let write = find(&window, Role::Button, "Write").expect("it still asks");
    assert!(write.accesskit_node().is_disabled());
}

#[test]
fn what_is_refused_says_why_at_its_setting() {
    let mut window = window("refused", "15s");
    type_into(&mut window, "any setting", "node.shelf.settings.block=2s");
    until_settled(&mut window);
    assert!(says(&window, "not run: `block` is out of range"), "{:?}", labels(&window));
    let adopt = find(&window, Role::Button, "Adopt B").unwrap();
    assert!(adopt.accesskit_node().is_disabled());
    adopt.hover();
    window.run_steps(90);
    assert!(says(&window, "B is refused: what is wrong is told at its setting"), "{:?}", labels(&window));
    // A path that there is nowhere is told too, above the settings.
    click(&mut window, Role::Button, "As the file");
    type_into(&mut window, "any setting", "node.shelf.settings.blokc=16ms");
    until_settled(&mut window);
    assert!(says(&window, "unknown setting `blokc`"), "{:?}", labels(&window));
    assert!(window.state().session.as_ref().unwrap().status().refused.is_none(), "what plays plays on");
}

#[test]
fn of_many_designs_one_on_the_front_is_adopted_by_a_click() {
    let file = short("scenarios/sound-sensor.toml", "90s", "3s", &folder("best"));
    let mut window = panel(onto(&file, S), Pane::WhatIf);
    until_settled(&mut window);
    if find(&window, Role::Button, "Find the best").is_some() {
        click(&mut window, Role::Button, "Find the best");
    }
    click(&mut window, Role::Button, "Run ");
    until_settled(&mut window);
    assert!(says(&window, "that nothing beats"), "{:?}", labels(&window));
    let design = find(&window, Role::Unknown, "design ")
        .or_else(|| find(&window, Role::GenericContainer, "design "))
        .unwrap_or_else(|| panic!("no design: {:?}", labels(&window)));
    let (name, at) = (design.accesskit_node().label().unwrap(), design.rect().center());
    window.hover_at(at);
    window.run_steps(2);
    window.drag_at(at);
    window.drop_at(at);
    window.run_steps(2);
    until_settled(&mut window);
    let sets = &window.state().sets;
    assert_eq!(sets.len(), 2, "{sets:?}");
    // `design block 16ms, cpu 80MHz`
    for said in name.trim_start_matches("design ").split(", ") {
        let (setting, value) = said.split_once(' ').unwrap();
        let wanted = format!("{setting}={value}");
        assert!(sets.iter().any(|set| set.ends_with(&wanted)), "{said}: {sets:?}");
    }
}
