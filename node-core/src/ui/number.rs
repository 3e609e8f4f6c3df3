//! Numbers as people read them, from whole ones: no float is ever formatted.

use core::fmt::{self, Write};

/// A short text on the stack. What does not fit is left out.
pub type Text = heapless::String<16>;

pub fn written(words: fmt::Arguments<'_>) -> Text {
    let mut text = Text::new();
    text.write_fmt(words).ok();
    text
}

pub fn whole(value: i32) -> Text {
    written(format_args!("{value}"))
}

/// Tenths as "-3.4".
pub fn tenths(value: i32) -> Text {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    written(format_args!("{sign}{}.{}", value / 10, value % 10))
}

/// Hundredths as "-1.05".
pub fn centi(value: i32) -> Text {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    written(format_args!("{sign}{}.{:02}", value / 100, value % 100))
}

/// "07:45", hours and minutes or minutes and seconds.
pub fn clock_time(big: u32, small: u32) -> Text {
    written(format_args!("{:02}:{:02}", big % 100, small % 60))
}

/// A level for a large figure: "64.3", and "102" where three digits and a point would not fit. No lower than -99 dB.
pub fn level(centi_db: i16) -> Text {
    let rounded = (i32::from(centi_db) + if centi_db < 0 { -5 } else { 5 }) / 10;
    if (-99..1000).contains(&rounded) { tenths(rounded) } else { whole((rounded / 10).max(-99)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_their_sign_and_places() {
        assert_eq!(whole(-7), "-7");
        assert_eq!([tenths(0), tenths(-4), tenths(1234)], ["0.0", "-0.4", "123.4"]);
        assert_eq!([centi(-5), centi(98), centi(-250)], ["-0.05", "0.98", "-2.50"]);
        assert_eq!(clock_time(7, 45), "07:45");
    }

    #[test]
    fn a_level_is_rounded_and_short() {
        assert_eq!([level(6434), level(6435), level(9999), level(10_240)], ["64.3", "64.4", "100", "102"]);
        assert_eq!([level(-36), level(i16::MIN), level(i16::MAX)], ["-0.4", "-99", "327"]);
    }
}
