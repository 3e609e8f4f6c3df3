//! The window, and ways to find and touch things in it.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use nodetwin_tests::root;
use sim::catalogue::Catalogue;
use sim::desktop::desk::Desk;
use sim::desktop::dock::{self, Pane};
use sim::live::Ask;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub const S: u64 = 1_000_000_000;
const MOST: Duration = Duration::from_secs(300);

pub type Window = Harness<'static, Desk>;

/// A window onto one of our scenarios, at that time of it.
pub fn desk(scenario: &str, at_ns: u64) -> Desk {
    onto(&root().join(scenario), at_ns)
}

pub fn onto(file: &Path, at_ns: u64) -> Desk {
    let mut desk = Desk::new(Arc::new(Catalogue::builtin()), true);
    desk.still = true;
    desk.open(file, Vec::new(), None);
    assert!(desk.refused.is_none(), "{:?}", desk.refused);
    desk.ask(Ask::Seek(at_ns));
    settle(&desk);
    desk
}

/// A folder of a test's own.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("panels").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A copy of one of our scenarios with another length, so that runs of it take no time.
pub fn short(scenario: &str, was: &str, duration: &str, folder: &Path) -> PathBuf {
    let text = fs::read_to_string(root().join(scenario)).unwrap();
    let (was, now) = (format!("duration = {was:?}"), format!("duration = {duration:?}"));
    assert!(text.contains(&was), "{was}");
    let file = folder.join("mine.toml");
    fs::write(&file, text.replace(&was, &now)).unwrap();
    file
}

pub fn settle(desk: &Desk) {
    assert!(desk.session.as_ref().unwrap().settle(MOST));
}

pub fn harness(desk: Desk) -> Window {
    harness_of(desk, 1280.0, 720.0)
}

pub fn harness_of(desk: Desk, width: f32, height: f32) -> Window {
    let mut harness = Harness::builder()
        .with_size(egui::vec2(width, height))
        .with_step_dt(1.0 / 60.0)
        .build_ui_state(|ui, desk: &mut Desk| desk.show(ui, None), desk);
    harness.run_steps(3);
    harness
}

/// One panel alone.
pub fn panel(mut desk: Desk, pane: Pane) -> Window {
    desk.tree = dock::alone(pane);
    harness(desk)
}

/// Frame after frame, until it is so.
pub fn until(window: &mut Window, what: &str, ready: impl Fn(&Window) -> bool) {
    let started = Instant::now();
    loop {
        window.run_steps(2);
        if ready(window) {
            return;
        }
        assert!(started.elapsed() < MOST, "{what} did not come; there is: {:?}", labels(window));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Until all runs beside the one that plays have ended, and the session stands.
pub fn until_settled(window: &mut Window) {
    window.run_steps(2);
    until(window, "the end of all runs", |window| window.state().panels.what_if.settled());
    settle(window.state());
    window.run_steps(2);
}

/// What all controls and texts say.
pub fn labels(window: &Window) -> Vec<String> {
    let all = window.root().children_recursive();
    // Runs are parts of a text that is told as a whole.
    let whole = all.filter(|node| node.accesskit_node().role() != Role::TextRun);
    let said = whole.flat_map(|node| {
        let node = node.accesskit_node();
        let label = node.label();
        // A text is both.
        let value = node.value().filter(|value| Some(value) != label.as_ref());
        [label, value]
    });
    said.flatten().collect()
}

pub fn says(window: &Window, text: &str) -> bool {
    labels(window).iter().any(|label| label.contains(text))
}

/// The first control of that role whose label has that in it.
pub fn find<'a>(window: &'a Window, role: Role, label: &str) -> Option<Node<'a>> {
    window.root().children_recursive().find(|node| {
        let node = node.accesskit_node();
        node.role() == role && node.label().is_some_and(|it| it.contains(label))
    })
}

pub fn click(window: &mut Window, role: Role, label: &str) {
    match find(window, role, label) {
        Some(node) => node.click(),
        None => panic!("no {role:?} {label}; there is: {:?}", labels(window)),
    }
    window.run_steps(3);
}

/// A hand on it that moves by so much.
pub fn drag(window: &mut Window, from: egui::Pos2, by: egui::Vec2) {
    window.hover_at(from);
    window.run_steps(1);
    window.drag_at(from);
    window.run_steps(1);
    for part in 1..=4 {
        window.hover_at(from + by * (part as f32 / 4.0));
        window.run_steps(1);
    }
    window.drop_at(from + by);
    window.run_steps(2);
}

/// Types into a field that is found by what it has for a label, or is the only one; Enter ends it.
pub fn type_into(window: &mut Window, label: &str, text: &str) {
    let field = match label {
        "" => window.get_by_role(Role::TextInput),
        label => find(window, Role::TextInput, label).unwrap_or_else(|| panic!("no field {label}")),
    };
    field.click();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    match text {
        "" => window.key_press(egui::Key::Delete),
        text => window.event(egui::Event::Text(text.into())),
    }
    window.run_steps(2);
    window.key_press(egui::Key::Enter);
    window.run_steps(2);
}

/// What is painted as text, and is no control.
pub fn painted(window: &Window) -> Vec<String> {
    fn texts(shape: &egui::Shape, found: &mut Vec<String>) {
        match shape {
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| texts(shape, found)),
            egui::Shape::Text(text) => found.push(text.galley.text().to_string()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    window.output().shapes.iter().for_each(|clipped| texts(&clipped.shape, &mut found));
    found
}
