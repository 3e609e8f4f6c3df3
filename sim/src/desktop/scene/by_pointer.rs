//! Judged as people use it: a pointer draws a gesture with the stick, and the node says what it was.

use super::Stage;
use crate::catalogue::Catalogue;
use crate::desktop::desk::{View, Want};
use crate::desktop::look::Look;
use crate::live::log::{Deed, Did};
use crate::live::{Ask, Log, Session, Source};
use egui::{Event, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use node_core::event::Event as Said;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const FRAME_NS: u64 = 40_000_000;
const PANEL: egui::Vec2 = vec2(600.0, 400.0);

fn session(log: Option<Log>) -> Session {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios/gestures.toml");
    let source = Source { catalogue: Arc::new(Catalogue::builtin()), file, sets: Vec::new(), log };
    Session::open(source).unwrap_or_else(|error| panic!("{error}"))
}

fn go(session: &Session, ask: Ask) {
    session.ask(ask);
    assert!(session.settle(Duration::from_secs(120)), "{:?}", session.status());
}

/// A panel with a pointer over it, a frame each 40 ms.
struct Panel {
    context: egui::Context,
    stage: Stage,
    session: Session,
    frames: u64,
}

impl Panel {
    fn new() -> Self {
        let panel = Self::of(session(None));
        go(&panel.session, Ask::Seek(1_000_000_000));
        panel
    }

    fn of(session: Session) -> Self {
        Self { context: egui::Context::default(), stage: Stage::default(), session, frames: 0 }
    }

    fn frame(&mut self, events: Vec<Event>) {
        let mut wants = Vec::new();
        {
            let (status, scenario) = (self.session.status(), self.session.scenario());
            let history = self.session.history();
            let catalogue = Arc::new(Catalogue::builtin());
            let view = View {
                catalogue: &catalogue,
                history: &history,
                status: &status,
                scenario: &scenario,
                node: 0,
                look: Look::DARK,
                sets: &[],
                still: false,
            };
            let input = RawInput {
                screen_rect: Some(Rect::from_min_size(Pos2::ZERO, PANEL)),
                time: Some(self.frames as f64 * FRAME_NS as f64 * 1e-9),
                events,
                ..RawInput::default()
            };
            let stage = &mut self.stage;
            let output = self.context.run_ui(input, |ui| stage.show(ui, &view, None, &mut wants));
            output.drop_without_applying_deltas();
        }
        for want in wants {
            match want {
                Want::Ask(ask) => self.session.ask(ask),
                other => panic!("nobody asked for {other:?}"),
            }
        }
        go(&self.session, Ask::Step(FRAME_NS));
        self.frames += 1;
    }

    /// Where a place of the stick is in the panel.
    fn sees(&self, place: bevy::math::Vec3) -> Pos2 {
        let actor = &self.stage.cast[0];
        let [x, y] = self.stage.orbit.appears(PANEL.x / PANEL.y, actor.middle + actor.turn * place).unwrap();
        pos2(x * PANEL.x, y * PANEL.y)
    }

    fn press(&mut self, pos: Pos2, pressed: bool) {
        let button = PointerButton::Primary;
        self.frame(vec![Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE }]);
    }

    /// Takes the stick, moves it along a way (parts of the panel's height; seconds), and lets go.
    fn draws(&mut self, seconds: f64, way: impl Fn(f64) -> [f64; 2]) -> std::ops::Range<u64> {
        self.frame(Vec::new());
        let start = self.sees(super::stick::SCREEN.middle);
        self.frame(vec![Event::PointerMoved(start)]);
        self.frame(vec![Event::PointerMoved(start)]);
        self.press(start, true);
        let from_ns = self.session.status().now_ns;
        let [x0, y0] = way(0.0);
        let frames = (seconds / (FRAME_NS as f64 * 1e-9)) as u64;
        let (mut furthest_m, mut aside_m) = (0.0f64, 0.0f64);
        for frame in 1..=frames {
            let [x, y] = way(frame as f64 * FRAME_NS as f64 * 1e-9);
            let by = vec2((x - x0) as f32, (y - y0) as f32) * PANEL.y;
            self.frame(vec![Event::PointerMoved(start + by)]);
            let history = self.session.history();
            let [x, y, z] = history.node(0).map(|node| node.place_m).unwrap_or_default();
            (furthest_m, aside_m) = (furthest_m.max(y.hypot(z)), aside_m.max(x.abs()));
        }
        let until_ns = self.session.status().now_ns;
        assert!(
            aside_m < 1e-3 && furthest_m > 0.2,
            "{furthest_m} m up and sideways, {aside_m} m out of the upright plane"
        );
        self.press(start, false);
        from_ns..until_ns
    }

    /// What the node said of windows that lay wholly between.
    fn said(&self, between: std::ops::Range<u64>) -> Vec<&'static str> {
        let history = self.session.history();
        let events = history.node(0).map(|node| node.events.clone()).unwrap_or_default();
        let inside =
            events.iter().filter(|said| between.contains(&said.start.0) && between.contains(&said.end.0));
        let class = |said: &hal_shim::trace::Said| match said.event {
            Said::Class { class, .. } => Some(class),
            _ => None,
        };
        inside.filter_map(class).collect()
    }
}

#[test]
fn a_gesture_drawn_with_the_pointer_is_recognised_and_replays_to_the_same_trace() {
    let mut panel = Panel::new();
    // As large as people draw it, once in 1.1 s.
    let drawn = panel.draws(6.0, |s| {
        let (sin, cos) = (s * std::f64::consts::TAU / 1.1).sin_cos();
        [0.32 * cos, -0.32 * sin]
    });
    let said = panel.said(drawn.start + 1_000_000_000..drawn.end);
    let circles = said.iter().filter(|class| **class == "circle").count();
    assert!(said.len() >= 5 && circles * 10 >= said.len() * 9, "{said:?}");
    assert!(panel.stage.orbit.lean > 0.5, "the eye came down to see it");

    // What was done is a log, and done again it is the same run.
    let path = std::env::temp_dir().join(format!("nodetwin-gesture-{}.jsonl", std::process::id()));
    go(&panel.session, Ask::SaveLog(path.clone()));
    let status = panel.session.status();
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {:?}", status.notice));
    std::fs::remove_file(&path).unwrap();
    let again = session(Some(Log::read(&text).unwrap()));
    go(&again, Ask::Seek(status.now_ns));
    assert_eq!(again.status().trace_hash, status.trace_hash);
    assert!(status.trace_hash.is_some());
}

#[test]
fn up_and_down_is_no_circle() {
    let mut panel = Panel::new();
    let drawn = panel.draws(5.0, |s| [0.0, -0.3 * (s * std::f64::consts::TAU / 0.95).sin()]);
    let said = panel.said(drawn.start + 1_000_000_000..drawn.end);
    let right = said.iter().filter(|class| **class == "updown").count();
    assert!(said.len() >= 4 && right * 10 >= said.len() * 9, "{said:?}");
}

#[test]
fn buttons_are_pressed_where_one_sees_them() {
    let mut panel = Panel::new();
    panel.frame(Vec::new());
    let at = panel.sees(super::stick::BUTTON_A.middle);
    panel.frame(vec![Event::PointerMoved(at)]);
    panel.press(at, true);
    panel.frame(Vec::new());
    assert!(panel.stage.cast[0].pressed[0], "it is seen to move in");
    panel.press(at, false);
    for _ in 0..5 {
        panel.frame(Vec::new());
    }
    assert!(!panel.stage.cast[0].pressed[0]);
    assert_eq!(panel.session.status().deeds, 2, "pressed once, and let go");
}

/// What hands did is seen again, whoever plays it and however one came there.
#[test]
fn buttons_move_in_replayed_and_scrubbed_as_they_did_live() {
    const MS: u64 = 1_000_000;
    let deed = |at_ms: u64, did| Deed { at_ns: at_ms * MS, node: "wand".into(), did };
    let log = Log {
        scenario: "gestures.toml".into(),
        deeds: vec![
            deed(1_000, Did::ButtonA(true)),
            deed(1_300, Did::ButtonB(true)),
            deed(1_500, Did::ButtonA(false)),
            deed(1_700, Did::ButtonB(false)),
            deed(1_800, Did::PowerKey { hold_ns: 200 * MS }),
        ],
        ..Log::default()
    };
    let mut panel = Panel::of(session(Some(log)));
    let mut drawn = |at_ms: u64| {
        // A frame is drawn before it steps on.
        go(&panel.session, Ask::Seek(at_ms * MS));
        panel.frame(Vec::new());
        panel.stage.cast[0].pressed
    };
    let moments = [900, 1_100, 1_400, 1_600, 1_750, 1_900, 2_100];
    let [none, a, b] = [[false; 3], [true, false, false], [false, true, false]];
    let expected = [none, a, [true, true, false], b, none, [false, false, true], none];
    assert_eq!(moments.map(&mut drawn), expected, "on");
    let mut back = moments;
    back.reverse();
    let mut seen = back.map(&mut drawn);
    seen.reverse();
    assert_eq!(seen, expected, "and back");
}
