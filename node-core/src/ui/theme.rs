//! Colours, so that all pages look alike: few, and bright on black.

use embedded_graphics::pixelcolor::Rgb565;

const fn rgb(r: u8, g: u8, b: u8) -> Rgb565 {
    Rgb565::new(r >> 3, g >> 2, b >> 3)
}

pub const INK: Rgb565 = rgb(236, 240, 244);
pub const DIM: Rgb565 = rgb(120, 132, 148);
/// Empty part of a bar, lines of a grid.
pub const TROUGH: Rgb565 = rgb(32, 38, 48);
pub const CALM: Rgb565 = rgb(64, 208, 144);
pub const WARM: Rgb565 = rgb(248, 184, 56);
pub const HOT: Rgb565 = rgb(248, 80, 72);
pub const ACCENT: Rgb565 = rgb(72, 168, 248);

/// How alarming a value is between two limits.
pub fn by_limits<T: PartialOrd>(value: T, warm: T, hot: T) -> Rgb565 {
    if value >= hot {
        HOT
    } else if value >= warm {
        WARM
    } else {
        CALM
    }
}
