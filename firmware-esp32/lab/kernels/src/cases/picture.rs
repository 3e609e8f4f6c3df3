//! What the screen draws, stripe by stripe.

use super::{run, run_parts};
use crate::{Case, Laboratory, Purpose};
use embedded_graphics::mono_font::MonoFont;
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_6X10, FONT_9X15_BOLD};
use node_core::app::panel::{Battery, Status};
use node_core::drivers::bm8563::DateTime;
use node_core::drivers::st7735s::{Rotation, STRIPE_BYTES, STRIPES, Stripe, hash};
use node_core::event::OCTAVES;
use node_core::meter::{Kernel, Work};
use node_core::time::Duration;
use node_core::ui::{Align, Canvas, Page, motion, sound, theme};

pub fn all(laboratory: &mut impl Laboratory) {
    stripes(laboratory);
    rectangles(laboratory);
    texts(laboratory, &FONT_5X8);
    texts(laboratory, &FONT_6X10);
    texts(laboratory, &FONT_9X15_BOLD);
    for (page, name) in sound::PAGES.into_iter().zip(["page-level", "page-spectrum", "page-status"]) {
        frame(laboratory, name, page, &heard());
    }
    for (page, name) in motion::PAGES.into_iter().zip(["page-activity", "page-axes"]) {
        frame(laboratory, name, page, &felt());
    }
}

/// What the driver does before and after a stripe is drawn.
fn stripes(laboratory: &mut impl Laboratory) {
    let case = Case::new(Kernel::Stripes, 1, STRIPES);
    let mut state = ([0x5A; STRIPE_BYTES], 0);
    let call = |(bytes, hashes): &mut ([u8; STRIPE_BYTES], u32), index| {
        let stripe = Stripe::new(bytes, Rotation::Portrait.size(), index);
        *hashes ^= hash(stripe.bytes());
    };
    run(laboratory, case, &mut state, call, |(bytes, hashes), results| {
        results.bytes(bytes).number(*hashes as i32);
    });
}

/// Set-up, and rows beyond the first.
fn rectangles(laboratory: &mut impl Laboratory) {
    const CALLS: usize = 4;
    for (width, purpose) in [(2, Purpose::OtherUse("2-wide")), (8, Purpose::Fit), (76, Purpose::Fit)] {
        for more in [3, 7, 15] {
            let case =
                Case::of_several(Kernel::Pixels, more, more * width as usize, CALLS).for_purpose(purpose);
            let whole = |canvas: &mut Canvas<'_, '_>, _| rectangle(canvas, (width, 1 + more as i32));
            drawing(laboratory, case, whole, |canvas, _| rectangle(canvas, (width, 1)));
        }
    }
    for (width, purpose) in [(8, Purpose::Fit), (76, Purpose::OtherUse("wide"))] {
        let mut case = Case::new(Kernel::Shapes, 1, CALLS).for_purpose(purpose);
        case.work.add_calls(Kernel::Pixels, CALLS, CALLS * width as usize);
        let whole = |canvas: &mut Canvas<'_, '_>, _| rectangle(canvas, (width, 1));
        drawing(laboratory, case, whole, |_, _| {});
    }
}

/// In one piece with no constant in it: so the same code for all.
#[inline(never)]
fn rectangle(canvas: &mut Canvas<'_, '_>, extent: (i32, i32)) {
    canvas.rect((2, 0), extent, theme::ACCENT);
}

/// Draws in the screen's topmost stripe.
fn drawing(
    laboratory: &mut impl Laboratory,
    case: Case,
    whole: impl Fn(&mut Canvas<'_, '_>, usize),
    part: impl Fn(&mut Canvas<'_, '_>, usize),
) {
    let mut bytes = [0; STRIPE_BYTES];
    let mut stripe = Stripe::new(&mut bytes, Rotation::Portrait.size(), 0);
    let call = |stripe: &mut Stripe<'_>, index| whole(&mut Canvas::new(stripe), index);
    let part = |stripe: &mut Stripe<'_>, index| part(&mut Canvas::new(stripe), index);
    run_parts(laboratory, case, &mut stripe, call, part, |stripe, results| {
        results.bytes(stripe.bytes());
    });
}

/// Numbers of so many digits, each beginning with another, so that all lengths have the same ink.
fn texts(laboratory: &mut impl Laboratory, font: &MonoFont<'_>) {
    const DIGITS: &str = "012345678901234567";
    const NUMBERS: usize = 10;
    let cell = (font.character_size.width * font.character_size.height) as usize;
    for (length, purpose) in
        [(1, Purpose::OtherUse("single")), (2, Purpose::Fit), (4, Purpose::Fit), (8, Purpose::Fit)]
    {
        let number = |canvas: &mut Canvas<'_, '_>, index: usize| {
            canvas.text(Align::Left, 1, &DIGITS[index..index + length], font, theme::INK);
        };
        let mut work = Work::NONE;
        for index in 0..NUMBERS {
            let mut bytes = [0; STRIPE_BYTES];
            let mut stripe = Stripe::new(&mut bytes, Rotation::Portrait.size(), 0);
            let mut canvas = Canvas::new(&mut stripe);
            number(&mut canvas, index);
            canvas.charge(&mut work);
        }
        let (kernel, units) = (Kernel::Glyphs, length * cell);
        drawing(laboratory, Case { kernel, units, calls: NUMBERS, work, purpose }, number, |_, _| {});
    }
}

/// A whole screen, as the app draws it.
fn frame<V>(laboratory: &mut impl Laboratory, name: &'static str, page: Page<V>, view: &V) {
    let status = status();
    let mut bytes = [0; STRIPE_BYTES];
    let mut work = Work::NONE;
    for index in 0..STRIPES {
        let mut stripe = Stripe::new(&mut bytes, Rotation::Portrait.size(), index);
        let mut canvas = Canvas::new(&mut stripe);
        page(view, &status, &mut canvas);
        canvas.charge(&mut work);
    }
    let purpose = Purpose::OtherUse(name);
    let case = Case {
        kernel: Kernel::Glyphs,
        units: work.units(Kernel::Glyphs) as usize,
        calls: STRIPES,
        work,
        purpose,
    };
    let mut picture = [[0; STRIPE_BYTES]; STRIPES];
    // The stripes are cleared beforehand: the driver does it outside of the stage.
    let mut rows = picture.iter_mut().enumerate();
    let mut stripes: [_; STRIPES] = core::array::from_fn(|_| {
        let (index, bytes) = rows.next().expect("as many");
        Stripe::new(bytes, Rotation::Portrait.size(), index)
    });
    let call = |stripes: &mut [Stripe<'_>; STRIPES], index: usize| {
        page(view, &status, &mut Canvas::new(&mut stripes[index]));
    };
    run(laboratory, case, &mut stripes, call, |stripes, results| {
        stripes.iter().for_each(|stripe| {
            results.bytes(stripe.bytes());
        });
    });
}

fn status() -> Status {
    Status {
        battery: Some(Battery { percent: 76, millivolts: 3_950, charging: false }),
        time: Some(DateTime { year: 2026, month: 1, day: 5, hour: 9, minute: 41, second: 7 }),
        uptime: Duration::from_secs(3_725),
        boots: 3,
    }
}

fn heard() -> sound::View {
    sound::View {
        unit: "dB(A)",
        fast: 64_30,
        fast_max: 71_20,
        average: 58_00,
        bands: core::array::from_fn::<_, OCTAVES, _>(|band| 30_00 + 500 * band as i16),
        spectrum: core::array::from_fn(|column| 80_00 - 100 * column as i16),
        spectrum_hz: (62, 8_000),
        tone_hz: 1_000,
        loud_above: 70_00,
        loud: 2,
        class: "",
        confidence_percent: 0,
    }
}

fn felt() -> motion::View {
    motion::View {
        lesson: None,
        class: "walk",
        confidence_percent: 87,
        steps: 1_234,
        activity_mg: 180,
        face: "up",
        accel_mg: [-80, 980, 120],
        gyro_dps: [12, -40, 3],
        pitch_deg: 82,
        roll_deg: -45,
    }
}
