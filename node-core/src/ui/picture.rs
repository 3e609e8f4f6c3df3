//! Pages drawn through the driver's stripes into a whole picture; and what must hold for each of them.

extern crate std;
use super::{Canvas, HEIGHT, Page, WIDTH, motion, sound, status, vibration};
use crate::app::panel::{Battery, Status};
use crate::drivers::bm8563::DateTime;
use crate::drivers::st7735s::{STRIPE_BYTES, STRIPES, Stripe};
use crate::event::OCTAVES;
use crate::time::Duration;
use embedded_graphics::geometry::Size;
use proptest::prelude::*;
use std::vec::Vec;

const SIZE: Size = Size::new(WIDTH as u32, HEIGHT as u32);

/// RGB565 words, row by row. Fails if something is drawn beyond the screen.
fn picture<V>(page: Page<V>, view: &V, status: &Status) -> Vec<u16> {
    let mut words = Vec::new();
    for index in 0..STRIPES {
        let mut bytes = [0; STRIPE_BYTES];
        let mut stripe = Stripe::new(&mut bytes, SIZE, index);
        let mut canvas = Canvas::new(&mut stripe);
        page(view, status, &mut canvas);
        assert!(!canvas.outside, "drawn beyond the screen");
        words.extend(stripe.bytes().as_chunks::<2>().0.iter().map(|&word| u16::from_be_bytes(word)));
    }
    words
}

/// Lit pixels of some rows.
fn lit(picture: &[u16], rows: core::ops::Range<usize>) -> usize {
    let width = WIDTH as usize;
    picture[rows.start * width..rows.end * width].iter().filter(|&&word| word != 0).count()
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
        bands: core::array::from_fn(|band| 30_00 + 500 * band as i16),
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

#[test]
fn each_page_is_a_page_and_differs_from_the_others() {
    let mut pictures: Vec<Vec<u16>> =
        sound::PAGES.iter().map(|&page| picture(page, &heard(), &status())).collect();
    pictures.extend(motion::PAGES[..2].iter().map(|&page| picture(page, &felt(), &status())));
    for (index, picture) in pictures.iter().enumerate() {
        assert_eq!(picture.len(), (WIDTH * HEIGHT) as usize);
        // Ink in the header, the middle and the foot; and more black than ink, or nothing could be read.
        assert!(
            lit(picture, 0..12) > 60 && lit(picture, 12..80) > 150 && lit(picture, 80..160) > 150,
            "page {index}"
        );
        assert!(lit(picture, 0..160) < picture.len() * 6 / 10, "page {index}");
        assert!(pictures[..index].iter().all(|other| other != picture), "page {index}");
    }
}

#[test]
fn a_louder_level_is_a_longer_bar_in_another_colour() {
    let bar = |fast| {
        let quiet_marks = sound::View { fast, fast_max: 20_00, loud_above: 11_000, ..heard() };
        let picture = picture(sound::level, &quiet_marks, &status());
        picture[77 * WIDTH as usize..78 * WIDTH as usize].to_vec()
    };
    let length = |row: &[u16]| row.iter().filter(|&&word| word == row[10]).count();
    assert!(length(&bar(80_00)) > length(&bar(50_00)) + 20);
    let figure =
        |fast| picture(sound::level, &sound::View { fast, ..heard() }, &status())[20 * 80..56 * 80].to_vec();
    let inks = |fast| figure(fast).into_iter().find(|&word| word != 0);
    assert_ne!(inks(50_00), inks(75_00));
}

#[test]
fn a_board_without_battery_and_clock_has_its_pages_too() {
    let bare = picture(status::page, &(), &Status::default());
    assert!(lit(&bare, 12..60) > 100);
    assert!(bare != picture(status::page, &(), &status()));
    // The battery icon is absent, not empty.
    assert!(bare[..12 * 80].chunks_exact(80).all(|row| row[60..].iter().all(|&word| word == 0)));
}

proptest! {
    /// Whatever is measured, nothing falls off the screen.
    #[test]
    fn sound_pages_hold_any_value(
        levels: [i16; 4],
        band: i16,
        tone_hz in 0u16..=24_000,
        loud: u32,
        percent in 0u8..=100,
        uptime_s in 0u64..1_000_000_000,
        boots: u32,
    ) {
        let [fast, fast_max, average, loud_above] = levels;
        let view = sound::View {
            fast, fast_max, average, loud_above, tone_hz, loud,
            bands: [band; OCTAVES],
            spectrum: [band; sound::COLUMNS],
            ..heard()
        };
        let status = Status {
            battery: Some(Battery { percent, millivolts: 4_200, charging: true }),
            uptime: Duration::from_secs(uptime_s),
            time: None,
            boots,
        };
        for page in sound::PAGES {
            picture(page, &view, &status);
        }
    }

    #[test]
    fn motion_pages_hold_any_value(
        steps: u32,
        activity_mg: u16,
        accel_mg: [i16; 3],
        gyro_dps in prop::array::uniform3(-2_000i16..=2_000),
        pitch_deg in -90i16..=90,
        roll_deg in -180i16..=180,
    ) {
        let view = motion::View { steps, activity_mg, accel_mg, gyro_dps, pitch_deg, roll_deg, ..felt() };
        for page in motion::PAGES {
            picture(page, &view, &status());
        }
    }

    #[test]
    fn vibration_pages_hold_any_value(
        distance: u32,
        threshold: u32,
        alarms: u32,
        alarm: bool,
        confidence_percent in 0u8..=100,
        state in prop::sample::select(
            &["", "off", "nearly at rest", "fan_0_high_0_weight", "Lüfter läuft ganz schnell"][..]
        ),
    ) {
        let view = vibration::View { state, confidence_percent, alarm, distance, threshold, alarms };
        for page in vibration::PAGES {
            picture(page, &view, &status());
        }
    }
}
