//! Pages of the motion program: what it is doing, and the axes.

use super::status::header;
use super::{Align, Canvas, Figure, WIDTH, centi, status, theme, whole};
use crate::app::motion::learn::EXAMPLES;
use crate::app::panel::Status;
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_6X10, FONT_9X15_BOLD};

/// What the pages show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub class: &'static str,
    pub confidence_percent: u8,
    /// Examples of a gesture that is being learnt.
    pub lesson: Option<u8>,
    pub steps: u32,
    /// Mean deviation from 1 g in the last window.
    pub activity_mg: u16,
    /// Side that points up, "" until known.
    pub face: &'static str,
    pub accel_mg: [i16; 3],
    pub gyro_dps: [i16; 3],
    /// Tilt of the top edge and of the right edge, degrees.
    pub pitch_deg: i16,
    pub roll_deg: i16,
}

pub const PAGES: [super::Page<View>; 3] = [activity, axes, status::page];

pub fn activity(view: &View, status: &Status, canvas: &mut Canvas<'_, '_>) {
    header(canvas, "MOTION", status);
    let color = theme::by_limits(view.activity_mg, 100, 500);
    // A model's names may be longer than the rules'.
    let font = match view.class.len() {
        0..=8 => &FONT_9X15_BOLD,
        9..=13 => &FONT_6X10,
        _ => &FONT_5X8,
    };
    if let Some(examples) = view.lesson {
        canvas.text(Align::Centre, 20, "show me", &FONT_9X15_BOLD, theme::ACCENT);
        let seen = format_args!("{examples} of {EXAMPLES} seen");
        canvas.text(Align::Centre, 37, seen, &FONT_5X8, theme::DIM);
    } else {
        canvas.text(Align::Centre, 20, view.class, font, color);
        let sure = format_args!("{}% sure", view.confidence_percent);
        canvas.text(Align::Centre, 37, sure, &FONT_5X8, theme::DIM);
    }
    canvas.figure(Align::Centre, 54, || whole((view.steps % 100_000) as i32), Figure::MEDIUM, theme::INK);
    canvas.text(Align::Centre, 82, "steps", &FONT_6X10, theme::DIM);
    canvas.text(Align::Left, 100, "activity", &FONT_5X8, theme::DIM);
    canvas.text(Align::Right, 100, format_args!("{} mg", view.activity_mg), &FONT_5X8, theme::INK);
    canvas.bar(111, 8, view.activity_mg.into(), 1_000, color);
    canvas.text(Align::Left, 130, "facing", &FONT_6X10, theme::DIM);
    canvas.text(Align::Right, 130, view.face, &FONT_6X10, theme::INK);
    canvas.text(Align::Left, 145, "tilt", &FONT_6X10, theme::DIM);
    canvas.text(
        Align::Right,
        145,
        format_args!("{} {}", view.pitch_deg, view.roll_deg),
        &FONT_6X10,
        theme::INK,
    );
}

pub fn axes(view: &View, status: &Status, canvas: &mut Canvas<'_, '_>) {
    header(canvas, "AXES", status);
    for (index, name) in ["x", "y", "z"].into_iter().enumerate() {
        let y = 18 + 26 * index as i32;
        let mg = i32::from(view.accel_mg[index]);
        canvas.text(Align::Left, y, name, &FONT_6X10, theme::DIM);
        let value = || {
            let mut value = centi((mg + if mg < 0 { -5 } else { 5 }) / 10);
            value.push_str(" g").ok();
            value
        };
        canvas.text(Align::Right, y, value, &FONT_6X10, theme::INK);
        centred_bar(canvas, y + 12, mg, 2_000, theme::ACCENT);
    }
    canvas.text(Align::Left, 98, "turning, dps", &FONT_5X8, theme::DIM);
    for (index, &dps) in view.gyro_dps.iter().enumerate() {
        let y = 109 + 17 * index as i32;
        canvas.text(Align::Right, y, || whole(dps.into()), &FONT_5X8, theme::INK);
        canvas.text(Align::Left, y, ["x", "y", "z"][index], &FONT_5X8, theme::DIM);
        centred_bar(canvas, y + 9, dps.into(), 500, theme::WARM);
    }
}

/// A bar that grows from the middle to the side of the value's sign.
fn centred_bar(
    canvas: &mut Canvas<'_, '_>,
    y: i32,
    value: i32,
    full: i32,
    color: embedded_graphics::pixelcolor::Rgb565,
) {
    const HALF: i32 = (WIDTH - 4) / 2;
    let length = value.clamp(-full, full) * HALF / full;
    canvas.rect((2, y), (2 * HALF, 5), theme::TROUGH);
    canvas.rect((2 + HALF + length.min(0), y), (length.abs(), 5), color);
    canvas.rect((2 + HALF, y - 1), (1, 7), theme::DIM);
}
