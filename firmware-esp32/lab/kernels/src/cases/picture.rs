//! What the screen draws, stripe by stripe.

use super::run;
use crate::{Case, Laboratory, Purpose};
use embedded_graphics::mono_font::MonoFont;
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_6X10, FONT_9X15_BOLD};
use node_core::app::panel::{Battery, Status};
use node_core::drivers::bm8563::DateTime;
use node_core::drivers::st7735s::{Rotation, STRIPE_BYTES, STRIPES, Stripe};
use node_core::event::OCTAVES;
use node_core::meter::{Kernel, Work};
use node_core::time::Duration;
use node_core::ui::{Align, Canvas, Page, motion, sound, theme};

pub fn all(laboratory: &mut impl Laboratory) {
    for (width, purpose) in [
        (76, Purpose::Fit),
        (8, Purpose::OtherUse("column-8-wide")),
        (2, Purpose::OtherUse("column-2-wide")),
    ] {
        for height in [1, 2, 4, 8, 16] {
            let case = Case::new(Kernel::Pixels, (width * height) as usize, 4).for_purpose(purpose);
            drawing(laboratory, case, |canvas, _| canvas.rect((2, 0), (width, height), theme::ACCENT));
        }
    }
    texts(laboratory, &FONT_6X10, Purpose::Fit);
    texts(laboratory, &FONT_5X8, Purpose::OtherUse("font-5x8"));
    texts(laboratory, &FONT_9X15_BOLD, Purpose::OtherUse("font-9x15"));
    for (page, name) in sound::PAGES.into_iter().zip(["page-level", "page-spectrum", "page-status"]) {
        frame(laboratory, name, page, &heard());
    }
    for (page, name) in motion::PAGES.into_iter().zip(["page-activity", "page-axes"]) {
        frame(laboratory, name, page, &felt());
    }
}

/// Draws in the screen's topmost stripe.
fn drawing(laboratory: &mut impl Laboratory, case: Case, draw: impl Fn(&mut Canvas<'_, '_>, usize)) {
    let mut bytes = [0; STRIPE_BYTES];
    let mut stripe = Stripe::new(&mut bytes, Rotation::Portrait.size(), 0);
    let call = |stripe: &mut Stripe<'_>, index| draw(&mut Canvas::new(stripe), index);
    run(laboratory, case, &mut stripe, call, |stripe, results| {
        results.bytes(stripe.bytes());
    });
}

/// Numbers of so many digits, each beginning with another, so that all lengths have the same ink.
fn texts(laboratory: &mut impl Laboratory, font: &MonoFont<'_>, purpose: Purpose) {
    const DIGITS: &str = "012345678901234567";
    const NUMBERS: usize = 10;
    for length in [1, 2, 4, 8] {
        let number = |canvas: &mut Canvas<'_, '_>, index: usize| {
            canvas.text(Align::Left, 1, &DIGITS[index..index + length], font, theme::INK);
        };
        let mut case = Case::new(Kernel::Glyphs, length, NUMBERS).for_purpose(purpose);
        let mut bytes = [0; STRIPE_BYTES];
        for index in 0..NUMBERS {
            let mut stripe = Stripe::new(&mut bytes, Rotation::Portrait.size(), 0);
            number(&mut Canvas::new(&mut stripe), index);
            case.work.add(Kernel::Pixels, stripe.pixels() as usize);
        }
        drawing(laboratory, case, number);
    }
}

/// A whole screen, as the app draws it.
fn frame<V>(laboratory: &mut impl Laboratory, name: &'static str, page: Page<V>, view: &V) {
    let status = status();
    let mut bytes = [0; STRIPE_BYTES];
    let mut work = Work::NONE;
    let mut glyphs = 0;
    for index in 0..STRIPES {
        let mut stripe = Stripe::new(&mut bytes, Rotation::Portrait.size(), index);
        let mut canvas = Canvas::new(&mut stripe);
        page(view, &status, &mut canvas);
        glyphs += canvas.glyphs() as usize;
        work.add(Kernel::Glyphs, canvas.glyphs() as usize);
        work.add(Kernel::Pixels, stripe.pixels() as usize);
    }
    let purpose = Purpose::OtherUse(name);
    let case = Case { kernel: Kernel::Glyphs, units: glyphs, calls: STRIPES, work, purpose };
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
    }
}

fn felt() -> motion::View {
    motion::View {
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
