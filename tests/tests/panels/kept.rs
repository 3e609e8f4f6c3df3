//! What the window remembers from one time to the next.

use crate::desk::{Window, click, folder, harness, labels, says};
use egui::accesskit::Role;
use nodetwin_tests::root;
use sim::catalogue::Catalogue;
use sim::desktop::desk::Desk;
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn come_in(file: &Path) -> Window {
    let mut desk = Desk::as_left_in(Some(file.into()), Arc::new(Catalogue::builtin()), false);
    desk.open(&root().join("scenarios/probe.toml"), Vec::new(), None);
    harness(desk)
}

const TOUR: &str = "Space plays and pauses.";

#[test]
fn who_comes_first_is_shown_around_and_who_comes_again_is_not() {
    let file = folder("tour").join("below/desk.json");
    let mut window = come_in(&file);
    assert!(says(&window, TOUR), "{:?}", labels(&window));
    for _ in 0..4 {
        click(&mut window, Role::Button, "Next");
    }
    assert!(says(&window, "What if?"), "{:?}", labels(&window));
    drop(window);
    // He had not come to its end.
    let mut window = come_in(&file);
    assert!(says(&window, TOUR));
    click(&mut window, Role::Button, "Enough");
    assert!(!says(&window, TOUR));
    drop(window);
    let mut window = come_in(&file);
    assert!(!says(&window, TOUR));
    // It is there for who wants it again.
    click(&mut window, Role::Button, "More");
    click(&mut window, Role::Button, "Show me around");
    assert!(says(&window, TOUR));
}

#[test]
fn panels_lie_and_look_as_they_were_left() {
    let file = folder("layout").join("desk.json");
    let in_the_log = |window: &Window| labels(window).iter().any(|label| label.ends_with(" found"));
    let mut window = come_in(&file);
    assert!(!in_the_log(&window) && window.state().look.dark);
    click(&mut window, Role::Button, "Enough");
    click(&mut window, Role::Button, "Log");
    click(&mut window, Role::Button, "More");
    click(&mut window, Role::Button, "Light");
    assert!(in_the_log(&window) && !window.state().look.dark);
    drop(window);
    let mut window = come_in(&file);
    assert!(in_the_log(&window) && !window.state().look.dark, "{:?}", labels(&window));
    click(&mut window, Role::Button, "More");
    click(&mut window, Role::Button, "Panels");
    click(&mut window, Role::Button, "Lay out as at first");
    assert!(!in_the_log(&window));
    drop(window);
    // What cannot be read is as if there were nothing.
    fs::write(&file, "{\"version\":1,").unwrap();
    assert!(says(&come_in(&file), TOUR));
}
