//! Plots: the value under the cursor, zoom and pan over one time, and what they show as files.

use crate::desk::{S, Window, click, desk, drag, find, folder, labels, onto, painted, panel, says, short};
use egui::accesskit::Role;
use egui_kittest::kittest::NodeT;
use sim::desktop::dock::Pane;
use sim::desktop::look;
use std::fs;
use std::path::Path;

fn saw() -> Window {
    panel(desk("scenarios/motion.toml", 20 * S), Pane::Saw)
}

/// Somewhere in the upper plot.
const INSIDE: egui::Pos2 = egui::pos2(700.0, 300.0);

#[test]
fn the_cursor_reads_the_value_of_that_time() {
    let mut window = saw();
    window.hover_at(INSIDE);
    window.run_steps(3);
    let at_s = window.state().time.cursor_s.expect("somebody points");
    assert!((10.0..20.0).contains(&at_s), "{at_s}");
    let at_ns = (at_s * 1e9) as u64;
    let texts = painted(&window);
    assert!(texts.contains(&look::clock(at_ns)), "{texts:?}");
    let z = window.state().session.as_ref().unwrap().history().node(0).unwrap().felt[2].at(at_ns).unwrap();
    let wanted = format!("z {} g", look::figure(f64::from(z)));
    assert!(texts.contains(&wanted), "{wanted}: {texts:?}");
    // The other plot has its own values of the same time.
    assert!(texts.iter().any(|text| text.starts_with("z ") && text.ends_with(" deg/s")), "{texts:?}");
    window.remove_cursor();
    window.run_steps(3);
    assert_eq!(window.state().time.cursor_s, None);
}

fn wheel(window: &mut Window, lines: f32) {
    window.hover_at(INSIDE);
    window.run_steps(2);
    window.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: egui::vec2(0.0, lines),
        phase: egui::TouchPhase::Move,
        modifiers: egui::Modifiers::NONE,
    });
    // The wheel's way is spread over some frames.
    window.run_steps(30);
}

#[test]
fn the_wheel_zooms_about_the_pointer_a_drag_pans_and_a_double_click_follows_again() {
    let mut window = saw();
    let before = window.state().time;
    assert!(before.follows && before.to_s == 20.0);
    drag(&mut window, INSIDE, egui::vec2(200.0, 0.0));
    let panned = window.state().time;
    assert!(!panned.follows && panned.length_s == before.length_s);
    assert!((15.0..19.8).contains(&panned.to_s), "{panned:?}");

    window.hover_at(INSIDE);
    window.run_steps(3);
    let pointed_s = window.state().time.cursor_s.unwrap();
    wheel(&mut window, 3.0);
    let zoomed = window.state().time;
    assert!(zoomed.length_s < 0.9 * panned.length_s, "{zoomed:?}");
    let still_s = zoomed.cursor_s.unwrap();
    assert!((still_s - pointed_s).abs() < 0.02 * zoomed.length_s, "{still_s} {pointed_s}");
    wheel(&mut window, -6.0);
    assert!(window.state().time.length_s > zoomed.length_s);

    for _ in 0..2 {
        window.drag_at(INSIDE);
        window.event(egui::Event::PointerButton {
            pos: INSIDE,
            button: egui::PointerButton::Primary,
            pressed: false,
            modifiers: egui::Modifiers::NONE,
        });
        window.run_steps(1);
    }
    window.run_steps(2);
    assert!(window.state().time.follows);
    assert_eq!(window.state().time.to_s, 20.0f64.max(window.state().time.length_s));
}

#[test]
fn who_has_no_wheel_has_buttons() {
    let mut window = saw();
    let length_s = |window: &Window| window.state().time.length_s;
    let before = length_s(&window);
    click(&mut window, Role::Button, "+");
    assert_eq!(length_s(&window), 0.5 * before);
    click(&mut window, Role::Button, "-");
    assert_eq!(length_s(&window), before);
    click(&mut window, Role::Button, "follow");
    assert!(!window.state().time.follows);
}

#[test]
fn a_line_whose_name_is_clicked_is_hidden() {
    let mut window = saw();
    click(&mut window, Role::Button, "z");
    window.hover_at(INSIDE);
    window.run_steps(3);
    let texts = painted(&window);
    assert!(!texts.iter().any(|text| text.starts_with("z ") && text.ends_with(" g")), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("x ") && text.ends_with(" g")), "{texts:?}");
}

/// Width and height of a PNG whose parts are all there.
fn size_of_png(bytes: &[u8]) -> (u32, u32) {
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut at = 8;
    while &bytes[at + 4..at + 8] != b"IEND" {
        at += 12 + word(at) as usize;
    }
    assert_eq!(at + 12, bytes.len());
    (word(16), word(20))
}

/// Takes what the n-th plot of a panel shows along, and tells the file.
fn taken(window: &mut Window, nth: usize, format: &str, folder: &Path) -> (String, Vec<u8>) {
    let before: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let menus = window.root().children_recursive();
    let menus: Vec<_> =
        menus.filter(|node| node.accesskit_node().label().is_some_and(|label| label == "...")).collect();
    menus[nth].click();
    drop(menus);
    window.run_steps(3);
    click(window, Role::Button, format);
    assert!(says(window, "written: "), "{:?}", labels(window));
    let after = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let new: Vec<_> = after.filter(|path| !before.contains(path)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    (new[0].file_name().unwrap().to_string_lossy().into_owned(), fs::read(&new[0]).unwrap())
}

#[test]
fn every_plot_is_taken_along_as_picture_drawing_and_table() {
    for (scenario, length, units) in [
        ("motion", "60s", ["time_s,signal,unit,", ",x,g,", "time_s,signal,unit,", ",x,deg/s,"]),
        ("sound-sensor", "90s", ["time_s,signal,unit,", ",node,of full scale,", "_hz,dbfs", ""]),
    ] {
        let folder = folder(&format!("taken-{scenario}"));
        let file = short(&format!("scenarios/{scenario}.toml"), length, length, &folder);
        let mut window = panel(onto(&file, 20 * S), Pane::Saw);
        for (nth, units) in units.chunks(2).enumerate() {
            let (name, png) = taken(&mut window, nth, "Picture (PNG)", &folder);
            assert!(name.starts_with("mine-") && name.ends_with(".png"), "{name}");
            assert_eq!(size_of_png(&png), (1200, 400));
            let (_, svg) = taken(&mut window, nth, "Drawing (SVG)", &folder);
            let svg = String::from_utf8(svg).unwrap();
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
            assert!(svg.contains("<polyline") || svg.contains("<image"));
            let (_, csv) = taken(&mut window, nth, "Table (CSV)", &folder);
            let csv = String::from_utf8(csv).unwrap();
            let mut rows = csv.lines();
            let header = rows.next().unwrap();
            assert!(header.starts_with("time_s,"), "{header}");
            let mut count = 0;
            for row in rows {
                let fields: Vec<&str> = row.split(',').collect();
                assert_eq!(fields.len(), header.split(',').count(), "{row}");
                let at_s: f64 = fields[0].parse().unwrap();
                assert!((9.9..=20.1).contains(&at_s), "{row}");
                count += 1;
            }
            assert!(count > 500, "{count} rows");
            assert!(header.contains(units[0]) && csv.contains(units[1]), "{units:?}: {header}");
        }
    }
}

#[test]
fn a_plot_that_shows_nothing_yet_is_told_in_words() {
    let window = panel(desk("scenarios/motion.toml", 0), Pane::Saw);
    assert!(says(&window, "Press Play"), "{:?}", labels(&window));
    assert!(find(&window, Role::Button, "...").is_none());
}
