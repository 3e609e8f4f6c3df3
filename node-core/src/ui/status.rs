//! The page that every program has, and the line that every page has: time, battery, what counts across resets.

use super::{Align, Canvas, Figure, WIDTH, clock_time, theme, whole};
use crate::app::panel::{Battery, Status};
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_6X10};

/// A title on the left, the battery on the right.
pub fn header(canvas: &mut Canvas<'_, '_>, title: &str, status: &Status) {
    canvas.text(Align::Left, 2, title, &FONT_5X8, theme::DIM);
    if let Some(battery) = status.battery {
        battery_icon(canvas, (WIDTH - 19, 2), battery);
    }
}

fn battery_icon(canvas: &mut Canvas<'_, '_>, (x, y): (i32, i32), battery: Battery) {
    let color = match battery {
        Battery { charging: true, .. } => theme::ACCENT,
        Battery { percent: 0..15, .. } => theme::HOT,
        _ => theme::INK,
    };
    canvas.frame((x, y), (15, 8), theme::DIM);
    canvas.rect((x + 15, y + 2), (2, 4), theme::DIM);
    canvas.rect((x + 2, y + 2), (11 * i32::from(battery.percent.min(100)) / 100, 4), color);
}

/// Time of day (or since boot, where the clock cannot be trusted), battery, boots.
pub fn page<V>(_: &V, status: &Status, canvas: &mut Canvas<'_, '_>) {
    header(canvas, "STATUS", status);
    let up = (status.uptime.as_millis() / 1_000) as u32;
    match status.time {
        Some(time) => {
            canvas.figure(
                Align::Centre,
                26,
                || clock_time(time.hour.into(), time.minute.into()),
                Figure::MEDIUM,
                theme::INK,
            );
            canvas.text(
                Align::Centre,
                56,
                format_args!("{}-{:02}-{:02}", time.year, time.month, time.day),
                &FONT_6X10,
                theme::DIM,
            );
        }
        None => {
            let shown = || if up < 3_600 { clock_time(up / 60, up) } else { clock_time(up / 3_600, up / 60) };
            canvas.figure(Align::Centre, 26, shown, Figure::MEDIUM, theme::INK);
            canvas.text(Align::Centre, 56, "since boot", &FONT_6X10, theme::DIM);
        }
    }
    if let Some(battery) = status.battery {
        let color = theme::by_limits(100 - i32::from(battery.percent), 70, 85);
        canvas.text(Align::Left, 82, format_args!("{}%", battery.percent), &FONT_6X10, theme::INK);
        let centivolts = (battery.millivolts + 5) / 10;
        canvas.text(
            Align::Right,
            82,
            format_args!("{}.{:02} V", centivolts / 100, centivolts % 100),
            &FONT_6X10,
            theme::INK,
        );
        canvas.bar(95, 8, battery.percent.into(), 100, color);
        let state = if battery.charging { "charging" } else { "on battery" };
        canvas.text(Align::Left, 107, state, &FONT_5X8, theme::DIM);
    } else {
        canvas.text(Align::Centre, 90, "no battery", &FONT_6X10, theme::DIM);
        canvas.text(Align::Centre, 102, "gauge", &FONT_6X10, theme::DIM);
    }
    canvas.text(Align::Left, 128, "boots", &FONT_6X10, theme::DIM);
    canvas.text(Align::Right, 128, || whole(status.boots.min(99_999) as i32), &FONT_6X10, theme::INK);
    canvas.text(Align::Left, 142, "up", &FONT_6X10, theme::DIM);
    canvas.text(
        Align::Right,
        142,
        format_args!("{}:{:02} h", up / 3_600, up / 60 % 60),
        &FONT_6X10,
        theme::INK,
    );
}
