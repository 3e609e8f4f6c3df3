//! Events, log and chips: what is looked for is found, and counts grow.

use crate::desk::{S, Window, click, desk, labels, panel, says, settle, type_into};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use sim::desktop::dock::Pane;
use sim::live::Ask;

/// `123 found`
fn found(window: &Window) -> usize {
    let all = labels(window);
    let said = all.iter().find_map(|label| label.strip_suffix(" found"));
    said.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{all:?}"))
}

/// Rows of the log begin with a time.
fn rows(window: &Window) -> Vec<String> {
    let time = |label: &String| label.as_bytes().get(2) == Some(&b':');
    let of_the_run = |label: &String| label.contains(" / ");
    labels(window).into_iter().filter(|label| time(label) && !of_the_run(label)).collect()
}

#[test]
fn the_log_is_filtered_by_weight_kind_and_words() {
    let mut window = panel(desk("scenarios/motion.toml", 20 * S), Pane::Log);
    let steps = found(&window);
    assert!(steps > 10 && !rows(&window).is_empty());
    click(&mut window, Role::Button, "all");
    let all = found(&window);
    assert!(all > steps, "{all} of {steps}");
    click(&mut window, Role::Button, "said");
    let said = found(&window);
    assert!(said < steps && said > 0, "{said} of {steps}");

    type_into(&mut window, "", "SCREEN");
    let few = found(&window);
    assert!(few > 0 && few < said, "{few}");
    let seen = rows(&window);
    assert!(!seen.is_empty() && seen.iter().all(|row| row.to_lowercase().contains("screen")), "{seen:?}");
    type_into(&mut window, "", "there is no such word");
    assert!(says(&window, "None of the records"), "{:?}", labels(&window));
    type_into(&mut window, "", "");
    assert_eq!(found(&window), said);

    // Of one kind, whatever its weight.
    window.get_by_role(Role::ComboBox).click();
    window.run_steps(3);
    // However far down in the list it is.
    window.get_by_label("pin").click_accesskit();
    window.run_steps(3);
    let seen = rows(&window);
    assert!(!seen.is_empty() && seen.iter().all(|row| row.contains(" pin")), "{seen:?}");
}

#[test]
fn registers_are_found_by_name_address_and_meaning() {
    let mut window = panel(desk("scenarios/motion.toml", 20 * S), Pane::Chips);
    let registers = |window: &Window| {
        // `75 WHO_AM_I            19`
        let head = |label: &String| {
            let mut parts = label.split_whitespace();
            let address = parts.next().is_some_and(|it| it.len() == 2 && u8::from_str_radix(it, 16).is_ok());
            address && parts.next().is_some_and(|it| it.len() > 3 && it.to_uppercase() == it)
        };
        labels(window).into_iter().filter(head).collect::<Vec<_>>()
    };
    let all = registers(&window);
    assert!(all.len() > 20, "{:?}", labels(&window));
    type_into(&mut window, "", "who_am_i");
    let few = registers(&window);
    assert!(!few.is_empty() && few.iter().all(|row| row.contains("WHO_AM_I")), "{few:?}");
    type_into(&mut window, "", "75");
    assert!(registers(&window).iter().any(|row| row.starts_with("75 ")), "{:?}", registers(&window));
    type_into(&mut window, "", "");
    assert_eq!(registers(&window).len(), all.len());
    click(&mut window, Role::CheckBox, "used");
    let used = registers(&window);
    assert!(!used.is_empty() && used.len() < all.len(), "{} of {}", used.len(), all.len());
}

/// `12 of 13 right: accuracy 0.92   macro F1 0.90`
fn judged(window: &Window) -> (u64, u64) {
    let all = labels(window);
    let line =
        all.iter().find(|label| label.contains(" right: accuracy ")).unwrap_or_else(|| panic!("{all:?}"));
    let mut words = line.split_whitespace();
    let right = words.next().unwrap().parse().unwrap();
    (right, words.nth(1).unwrap().parse().unwrap())
}

#[test]
fn the_confusion_matrix_grows_with_the_run_and_kinds_are_hidden_by_a_click() {
    let mut window = panel(desk("scenarios/gestures.toml", 8 * S), Pane::Events);
    let (right, windows) = judged(&window);
    assert!(windows > 0 && right <= windows);
    window.state_mut().ask(Ask::Seek(18 * S));
    settle(window.state());
    window.run_steps(30);
    let (_, later) = judged(&window);
    assert!(later > windows, "{later} after {windows}");
    // Brackets are right: their sum is the count of them.
    let brackets = labels(&window)
        .into_iter()
        .filter_map(|label| label.strip_prefix('[')?.strip_suffix(']')?.parse::<u64>().ok());
    assert_eq!(brackets.sum::<u64>(), judged(&window).0);
    // Back in time it is as it was.
    window.state_mut().ask(Ask::Seek(8 * S));
    settle(window.state());
    window.run_steps(30);
    assert_eq!(judged(&window), (right, windows));

    let listed = |window: &Window| labels(window).iter().filter(|label| label.contains("% sure")).count();
    let before = listed(&window);
    let kind = labels(&window).into_iter().find(|label| label.starts_with("class ")).unwrap();
    window.get_by_label(&kind).click();
    window.run_steps(3);
    assert!(before > 0 && listed(&window) < before, "{before}");
}

#[test]
fn an_event_that_is_clicked_is_shown_in_all_plots() {
    let mut window = panel(desk("scenarios/gestures.toml", 18 * S), Pane::Events);
    let rows = window.root().children_recursive().filter(|node| {
        let it = node.accesskit_node();
        it.label().or(it.value()).is_some_and(|it| it.contains("% sure"))
    });
    // One in the middle: the first may be cut off.
    let rows: Vec<_> = rows.collect();
    rows[rows.len() / 2].click();
    drop(rows);
    window.run_steps(3);
    assert!(!window.state().time.follows);
}
