//! Page of the machine watcher: the state, and how far from normal.

use super::status::header;
use super::{Align, Canvas, Figure, centi, status, theme, whole};
use crate::app::panel::Status;
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_6X10, FONT_9X15_BOLD};

/// What the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub state: &'static str,
    pub confidence_percent: u8,
    pub alarm: bool,
    /// In hundredths of a standard deviation, and from where on it is an anomaly.
    pub distance: u32,
    pub threshold: u32,
    /// How often an alarm began since boot.
    pub alarms: u32,
}

impl View {
    /// Before the first window.
    pub const DARK: Self =
        Self { state: "-", confidence_percent: 0, alarm: false, distance: 0, threshold: 0, alarms: 0 };
}

pub const PAGES: [super::Page<View>; 2] = [condition, status::page];

pub fn condition(view: &View, status: &Status, canvas: &mut Canvas<'_, '_>) {
    header(canvas, "MACHINE", status);
    let color = theme::by_limits(view.distance, view.threshold / 4 * 3, view.threshold.saturating_add(1));
    let state = if view.alarm { "ALARM" } else { view.state };
    // As much of a long name as fits the screen in the smallest letters.
    let fits = state.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= 16);
    let state = state.get(..fits.last().unwrap_or(0)).unwrap_or_default();
    let font = match state.len() {
        0..=8 => &FONT_9X15_BOLD,
        9..=13 => &FONT_6X10,
        _ => &FONT_5X8,
    };
    canvas.text(Align::Centre, 22, state, font, color);
    if !view.alarm {
        let sure = format_args!("{}% sure", view.confidence_percent);
        canvas.text(Align::Centre, 40, sure, &FONT_5X8, theme::DIM);
    }
    let shown = |centis: u32| (centis / 10).min(9_999) as i32;
    canvas.figure(Align::Centre, 58, || super::tenths(shown(view.distance)), Figure::MEDIUM, color);
    canvas.text(Align::Centre, 86, "from normal", &FONT_6X10, theme::DIM);
    let full = (view.threshold / 10).clamp(1, 9_999) as i32;
    canvas.bar(101, 10, shown(view.distance), full, color);
    canvas.text(Align::Left, 118, "limit", &FONT_6X10, theme::DIM);
    let limit = || centi(view.threshold.min(999_999) as i32);
    canvas.text(Align::Right, 118, limit, &FONT_6X10, theme::INK);
    canvas.text(Align::Left, 138, "alarms", &FONT_6X10, theme::DIM);
    let alarms = || whole(view.alarms.min(99_999) as i32);
    canvas.text(Align::Right, 138, alarms, &FONT_6X10, theme::INK);
}
