//! The spectrometer's page: the bands, and what they were read as.

use super::status::header;
use super::{Align, Canvas, Figure, centi, status, tenths, theme, whole};
use crate::app::panel::Status;
use crate::event::BANDS;
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_6X10};

/// What the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// What the instrument waits for or did last.
    pub says: &'static str,
    pub permille: [i16; BANDS],
    /// The first of the model's values; "" without a model.
    pub name: &'static str,
    pub milli: i32,
    pub unit: &'static str,
}

impl View {
    pub const DARK: Self = Self { says: "starting", permille: [0; BANDS], name: "", milli: 0, unit: "" };
}

pub const PAGES: [super::Page<View>; 2] = [bands, status::page];

/// Where the columns stand, and what a white tile reaches.
const BOTTOM: i32 = 140;
const WHITE: i32 = 56;
const PITCH: i32 = 4;

pub fn bands(view: &View, status: &Status, canvas: &mut Canvas<'_, '_>) {
    header(canvas, "SPECTRUM", status);
    canvas.text(Align::Centre, 18, view.says, &FONT_6X10, theme::DIM);
    if !view.name.is_empty() {
        // As many digits as there is room for.
        let figure = || match view.milli.unsigned_abs() {
            0..9_995 => centi(view.milli / 10),
            9_995..999_950 => tenths(view.milli / 100),
            _ => whole(view.milli / 1_000),
        };
        canvas.figure(Align::Centre, 32, figure, Figure::MEDIUM, theme::INK);
        canvas.text(Align::Centre, 60, view.name, &FONT_5X8, theme::INK);
        canvas.text(Align::Centre, 70, view.unit, &FONT_5X8, theme::DIM);
    }
    for (band, &permille) in view.permille.iter().enumerate() {
        let height = (i32::from(permille) * WHITE / 1_000).clamp(1, WHITE + 4);
        let color = match band {
            0..=4 => theme::ACCENT,
            5..=10 => theme::INK,
            _ => theme::WARM,
        };
        canvas.column((4 + PITCH * band as i32, BOTTOM), (PITCH - 1, height), color);
    }
    canvas.text(Align::Left, 146, "410", &FONT_5X8, theme::DIM);
    canvas.text(Align::Right, 146, "940 nm", &FONT_5X8, theme::DIM);
}
