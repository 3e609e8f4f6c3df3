//! Pages of the sound program: the level, and the spectrum.

use super::status::header;
use super::{Align, Canvas, Figure, WIDTH, number, status, theme, whole};
use crate::app::panel::Status;
use crate::event::{CentiDb, OCTAVES};
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_6X10};

/// Columns of the spectrum page.
pub const COLUMNS: usize = 38;

/// What the pages show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// "dB(A)"
    pub unit: &'static str,
    /// Fast level now.
    pub fast: CentiDb,
    /// Its greatest and the average of the last second.
    pub fast_max: CentiDb,
    pub average: CentiDb,
    pub bands: [CentiDb; OCTAVES],
    /// Level of each column, equal steps in pitch from `spectrum_hz.0` to `.1`.
    pub spectrum: [CentiDb; COLUMNS],
    pub spectrum_hz: (u16, u16),
    /// Strongest line, 0 if there is none.
    pub tone_hz: u16,
    pub loud_above: CentiDb,
    pub loud: u32,
    /// What a model hears; "" where there is none, "-" where it is not sure of anything.
    pub class: &'static str,
    pub confidence_percent: u8,
}

/// What bars and columns span.
const FLOOR: CentiDb = 2_000;
const CEILING: CentiDb = 11_000;

/// Of a level within what bars span, in `full` steps.
fn steps(level: CentiDb, full: i32) -> i32 {
    (i32::from(level.clamp(FLOOR, CEILING)) - i32::from(FLOOR)) * full / i32::from(CEILING - FLOOR)
}

pub const PAGES: [super::Page<View>; 3] = [level, spectrum, status::page];

pub fn level(view: &View, status: &Status, canvas: &mut Canvas<'_, '_>) {
    header(canvas, "SOUND", status);
    let color = theme::by_limits(view.fast, view.loud_above.saturating_sub(1_000), view.loud_above);
    if !view.class.is_empty() {
        let heard = format_args!("{} {}%", view.class, view.confidence_percent);
        canvas.text(Align::Centre, 11, heard, &FONT_5X8, theme::INK);
    }
    canvas.figure(Align::Centre, 20, || number::level(view.fast), Figure::LARGE, color);
    canvas.text(Align::Right, 60, view.unit, &FONT_6X10, theme::DIM);
    canvas.text(Align::Left, 60, "fast", &FONT_6X10, theme::DIM);
    canvas.bar(73, 8, steps(view.fast, 100), 100, color);
    let length = WIDTH - 4;
    canvas.rect((2 + steps(view.loud_above, length), 72), (1, 10), theme::INK);
    canvas.rect((2 + steps(view.fast_max, length - 2), 73), (2, 8), theme::HOT);
    canvas.text(Align::Left, 86, "1s max", &FONT_6X10, theme::DIM);
    canvas.text(Align::Right, 86, || number::level(view.fast_max), &FONT_6X10, theme::INK);
    canvas.text(Align::Left, 97, "1s avg", &FONT_6X10, theme::DIM);
    canvas.text(Align::Right, 97, || number::level(view.average), &FONT_6X10, theme::INK);
    for (index, &band) in view.bands.iter().enumerate() {
        let x = 3 + 11 * index as i32;
        canvas.column((x, 148), (8, 37), theme::TROUGH);
        canvas.column((x, 148), (8, steps(band, 37)), theme::ACCENT);
    }
    canvas.text(Align::Left, 151, "63", &FONT_5X8, theme::DIM);
    canvas.text(Align::Right, 151, "4k Hz", &FONT_5X8, theme::DIM);
}

pub fn spectrum(view: &View, status: &Status, canvas: &mut Canvas<'_, '_>) {
    header(canvas, "SPECTRUM", status);
    match view.tone_hz {
        0 => canvas.text(Align::Left, 16, "no tone", &FONT_6X10, theme::INK),
        hz => canvas.text(Align::Left, 16, format_args!("{hz} Hz"), &FONT_6X10, theme::INK),
    }
    canvas.text(Align::Right, 16, || whole((i32::from(view.fast) + 50) / 100), &FONT_6X10, theme::DIM);
    const BOTTOM: i32 = 148;
    const TALL: i32 = 116;
    for db in [4_000, 6_000, 8_000, 10_000] {
        canvas.rect((2, BOTTOM - steps(db, TALL)), (WIDTH - 4, 1), theme::TROUGH);
    }
    for (index, &column) in view.spectrum.iter().enumerate() {
        let color = theme::by_limits(column, view.loud_above.saturating_sub(1_000), view.loud_above);
        canvas.column((2 + 2 * index as i32, BOTTOM), (2, steps(column, TALL)), color);
    }
    canvas.text(Align::Left, 151, || whole(view.spectrum_hz.0.into()), &FONT_5X8, theme::DIM);
    canvas.text(Align::Right, 151, || whole(view.spectrum_hz.1.into()), &FONT_5X8, theme::DIM);
}
