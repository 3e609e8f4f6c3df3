//! Keys alone: each does what the list of keys says, and Tab comes to every control.

use crate::desk::until_settled;
use crate::desk::{S, Window, desk, folder, harness, labels, onto, panel, says, settle, short, type_into};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::NodeT;
use sim::desktop::desk::Desk;
use sim::desktop::dock::Pane;
use sim::desktop::keys::{Does, OF_CONTROLS, TABLE};
use sim::live::Ask;
use std::collections::BTreeSet;

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(3);
    settle(window.state());
    window.run_steps(2);
}

fn now_ns(desk: &Desk) -> u64 {
    desk.session.as_ref().unwrap().status().now_ns
}

/// Presses it, and sees that what the list says has happened.
fn does_it(window: &mut Window, does: Does, modifiers: Modifiers, key: Key) {
    let (now, time) = (now_ns(window.state()), window.state().time);
    if does == Does::PlayOrPause {
        window.key_press_modifiers(modifiers, key);
        window.run_steps(2);
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(window.state().session.as_ref().unwrap().status().playing);
        window.key_press_modifiers(modifiers, key);
        window.run_steps(2);
        settle(window.state());
        assert!(now_ns(window.state()) > now);
        return;
    }
    if does == Does::Beginning || does == Does::Follow {
        window.state_mut().time.pan(-0.5);
    }
    press(window, modifiers, key);
    let after = window.state();
    match does {
        Does::PlayOrPause => {}
        Does::Back => assert_eq!(now_ns(after), now - S / 10),
        Does::On => assert_eq!(now_ns(after), now + S / 10),
        Does::BackFar => assert_eq!(now_ns(after), now - S),
        Does::OnFar => assert_eq!(now_ns(after), now + S),
        Does::Beginning => {
            assert_eq!(now_ns(after), 0);
            after.session.as_ref().unwrap().ask(Ask::Seek(3 * S));
            settle(after);
        }
        // Pressed, and let go.
        Does::ButtonA(_) => assert_eq!(after.session.as_ref().unwrap().status().deeds, 2),
        Does::ButtonB(_) => assert_eq!(after.session.as_ref().unwrap().status().deeds, 4),
        Does::SceneAlone => {
            assert!(after.scene_alone);
            press(window, Modifiers::NONE, Key::Escape);
            assert!(!window.state().scene_alone, "and Esc leaves it");
        }
        Does::Closer => assert_eq!(after.time.length_s, 0.5 * time.length_s),
        Does::Wider => assert_eq!(after.time.length_s, 2.0 * time.length_s),
        Does::Earlier => assert!(!after.time.follows),
        Does::Later => assert!(after.time.to_s > time.to_s || time.to_s == after.time.to_s && time.follows),
        Does::Follow => assert!(after.time.follows),
        Does::Undo => {
            until_settled(window);
            assert!(!says(window, "1 setting changed"), "{:?}", labels(window));
        }
        Does::Redo => {
            until_settled(window);
            assert!(says(window, "1 setting changed"), "{:?}", labels(window));
            // For the other keys that do the same.
            press(window, Modifiers::COMMAND, Key::Z);
        }
        Does::Save => assert!(says(window, "There is no change to save"), "{:?}", labels(window)),
        Does::Quit => assert!(after.quits),
        Does::Overlay => {
            assert!(after.overlay);
            press(window, modifiers, key);
            assert!(!window.state().overlay);
        }
        Does::List => {
            assert!(says(window, "takes the last what-if back"), "{:?}", labels(window));
            press(window, Modifiers::NONE, Key::Escape);
            assert!(!says(window, "takes the last what-if back"), "and Esc closes it");
        }
        // Seen with what it leaves.
        Does::Leave => {}
    }
}

#[test]
fn every_key_of_the_list_does_what_it_says() {
    let mut window = harness(desk("scenarios/probe.toml", 3 * S));
    type_into(&mut window, "any setting", "node.bench.cpu=80MHz");
    until_settled(&mut window);
    assert!(says(&window, "1 setting changed"), "{:?}", labels(&window));
    press(&mut window, Modifiers::NONE, Key::Escape);
    for shortcut in &TABLE {
        for (modifiers, key) in shortcut.keys {
            println!("{}: {}", shortcut.name, shortcut.what);
            does_it(&mut window, shortcut.does, *modifiers, *key);
        }
    }
}

#[test]
fn the_list_of_keys_is_the_table_that_is_obeyed() {
    let mut window = harness(desk("scenarios/probe.toml", S));
    press(&mut window, Modifiers::NONE, Key::F1);
    let said = labels(&window);
    let ours = TABLE.iter().map(|shortcut| (shortcut.name, shortcut.what));
    for (keys, what) in ours.chain(OF_CONTROLS) {
        assert!(said.iter().any(|it| it == keys) && said.iter().any(|it| it == what), "{keys}: {what}");
    }
}

#[test]
fn keys_that_mean_something_to_a_text_are_the_texts() {
    let mut window = harness(desk("scenarios/probe.toml", S));
    let field = crate::desk::find(&window, Role::TextInput, "any setting").unwrap();
    field.click();
    window.run_steps(2);
    let before = now_ns(window.state());
    for key in [Key::Space, Key::Home, Key::F, Key::Num1, Key::ArrowRight, Key::Minus] {
        press(&mut window, Modifiers::NONE, key);
    }
    let desk = window.state();
    assert_eq!(now_ns(desk), before);
    assert!(!desk.scene_alone && desk.session.as_ref().unwrap().status().deeds == 0);
}

/// A finger that is on a button while the keys go elsewhere comes off it all the same.
#[test]
fn a_button_is_let_go_wherever_the_keys_go() {
    let mut window = harness(desk("scenarios/probe.toml", S));
    window.key_down(Key::Num1);
    window.run_steps(2);
    let field = crate::desk::find(&window, Role::TextInput, "any setting").unwrap();
    field.click();
    window.run_steps(2);
    window.key_up(Key::Num1);
    window.run_steps(2);
    settle(window.state());
    assert_eq!(window.state().session.as_ref().unwrap().status().deeds, 2);
}

#[test]
fn ctrl_s_asks_for_a_name_and_enter_writes_it() {
    let file = short("scenarios/sound-sensor.toml", "90s", "3s", &folder("ctrl-s"));
    let mut window = harness(onto(&file, S));
    until_settled(&mut window);
    type_into(&mut window, "any setting", "seed=5");
    until_settled(&mut window);
    // From anywhere: another tab lies over it, and a text has the keys.
    crate::desk::click(&mut window, Role::Button, "Chips");
    press(&mut window, Modifiers::COMMAND, Key::S);
    press(&mut window, Modifiers::COMMAND, Key::A);
    window.event(egui::Event::Text("five.toml".into()));
    window.run_steps(2);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(says(&window, "saved: nodetwin run"), "{:?}", labels(&window));
    let text = std::fs::read_to_string(file.with_file_name("five.toml")).unwrap();
    assert!(text.contains("seed = 5 "), "{text}");
}

/// Controls that one can press, turn or type in, by where they are.
fn controls(window: &Window) -> BTreeSet<(String, [i32; 2])> {
    let touched = [
        Role::Button,
        Role::CheckBox,
        Role::RadioButton,
        Role::Slider,
        Role::SpinButton,
        Role::TextInput,
        Role::ComboBox,
        Role::Link,
    ];
    let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1280.0, 720.0));
    let all = window.root().children_recursive().filter(|node| {
        let it = node.accesskit_node();
        // What is scrolled away comes into sight when it is chosen: it is there then.
        touched.contains(&it.role())
            && !it.is_disabled()
            && it.bounding_box().is_some_and(|_| screen.contains_rect(node.rect()))
    });
    all.map(|node| told(&node)).collect()
}

fn told(node: &egui_kittest::Node<'_>) -> (String, [i32; 2]) {
    let it = node.accesskit_node();
    let name = format!("{:?} {}", it.role(), it.label().or(it.value()).unwrap_or_default());
    let at = node.rect().left_top();
    (name, [at.x as i32, at.y as i32])
}

#[test]
fn tab_comes_to_every_control_of_every_panel() {
    let panes = Pane::ALL.into_iter().filter(|pane| *pane != Pane::Scene);
    for pane in panes {
        let mut window = panel(desk("scenarios/motion.toml", 20 * S), pane);
        until_settled(&mut window);
        let wanted = controls(&window);
        let (mut reached, mut places) = (BTreeSet::new(), BTreeSet::new());
        let mut first = None;
        for _ in 0..400 {
            window.key_press(Key::Tab);
            window.run_steps(2);
            let focused = window.root().children_recursive().find(|node| node.is_focused());
            let Some(focused) = focused else { continue };
            let it = told(&focused);
            reached.insert(it.0.clone());
            places.insert(it.1);
            // Once around.
            match &first {
                None => first = Some(it),
                Some(first) if *first == it => break,
                Some(_) => {}
            }
        }
        // By name, for it may have come into another place; or by place: a number becomes a field to type in.
        let came = |(name, at): &(String, [i32; 2])| reached.contains(name) || places.contains(at);
        let missed: Vec<_> = wanted.iter().filter(|control| !came(control)).collect();
        assert!(missed.is_empty(), "{}: Tab does not come to {missed:?}", pane.title());
        assert!(wanted.len() > 10, "{}: {wanted:?}", pane.title());
    }
}
