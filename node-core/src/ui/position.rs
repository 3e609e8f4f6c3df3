//! The position program's page: where the node is, and what it heard last.

use super::status::header;
use super::{Align, Canvas, centi, status, theme};
use crate::app::panel::Status;
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_6X10, FONT_9X15_BOLD};

/// What the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub room: &'static str,
    pub confidence_percent: u8,
    /// By a model of positions.
    pub at_cm: Option<[i32; 2]>,
    /// In the last scan.
    pub heard: u8,
    pub strongest_dbm: i8,
}

impl View {
    pub const LOST: Self = Self { room: "-", confidence_percent: 0, at_cm: None, heard: 0, strongest_dbm: 0 };
}

pub const PAGES: [super::Page<View>; 2] = [place, status::page];

pub fn place(view: &View, status: &Status, canvas: &mut Canvas<'_, '_>) {
    header(canvas, "PLACE", status);
    match view.at_cm {
        None => {
            canvas.text(Align::Centre, 40, view.room, &FONT_9X15_BOLD, theme::INK);
            canvas.text(
                Align::Centre,
                62,
                format_args!("{}% sure", view.confidence_percent),
                &FONT_5X8,
                theme::DIM,
            );
        }
        Some(at) => {
            for (name, y, cm) in [("x", 36, at[0]), ("y", 56, at[1])] {
                canvas.text(Align::Left, y, name, &FONT_6X10, theme::DIM);
                // A building ends before the line does.
                let value = || {
                    let mut value = centi(cm.clamp(-99_999, 99_999));
                    value.push_str(" m").ok();
                    value
                };
                canvas.text(Align::Right, y, value, &FONT_6X10, theme::INK);
            }
        }
    }
    canvas.text(Align::Left, 100, "heard", &FONT_6X10, theme::DIM);
    canvas.text(Align::Right, 100, format_args!("{}", view.heard), &FONT_6X10, theme::INK);
    canvas.text(Align::Left, 116, "best", &FONT_6X10, theme::DIM);
    canvas.text(Align::Right, 116, format_args!("{} dBm", view.strongest_dbm), &FONT_6X10, theme::INK);
}
