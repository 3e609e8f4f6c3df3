//! Large digits in seven segments: they need no font in flash and are read across a room.

use super::canvas::Canvas;
use embedded_graphics::pixelcolor::Rgb565;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    pub width: i32,
    pub height: i32,
    pub stroke: i32,
    pub gap: i32,
}

impl Figure {
    /// Three digits and a point fill the screen's width.
    pub const LARGE: Self = Self { width: 18, height: 36, stroke: 5, gap: 4 };
    /// Five digits, or a time of day.
    pub const MEDIUM: Self = Self { width: 12, height: 24, stroke: 3, gap: 3 };

    pub fn width_of(&self, text: &str) -> i32 {
        let glyphs: i32 = text.bytes().map(|c| self.advance(c)).sum();
        (glyphs - self.gap).max(0)
    }
    fn advance(&self, c: u8) -> i32 {
        self.gap + if matches!(c, b'.' | b':') { self.stroke } else { self.width }
    }
}

/// Segments of a digit, from bit 0: top, upper left, upper right, middle, lower left, lower right, bottom.
const fn segments(c: u8) -> u8 {
    match c {
        b'0' => 0b111_0111,
        b'1' => 0b010_0100,
        b'2' => 0b101_1101,
        b'3' => 0b110_1101,
        b'4' => 0b010_1110,
        b'5' => 0b110_1011,
        b'6' => 0b111_1011,
        b'7' => 0b010_0101,
        b'8' => 0b111_1111,
        b'9' => 0b110_1111,
        b'-' => 0b000_1000,
        _ => 0,
    }
}

/// Draws digits, '-', '.', ':'; any other character is a space.
pub fn draw(canvas: &mut Canvas<'_, '_>, (mut x, y): (i32, i32), text: &str, size: Figure, color: Rgb565) {
    let Figure { width: w, height: h, stroke: s, .. } = size;
    let half = (h - s) / 2;
    let across = (w, s);
    let down = (s, half + s);
    let places = [
        ((0, 0), across),
        ((0, 0), down),
        ((w - s, 0), down),
        ((0, half), across),
        ((0, half), down),
        ((w - s, half), down),
        ((0, h - s), across),
    ];
    for c in text.bytes() {
        match c {
            b'.' => canvas.rect((x, y + h - s), (s, s), color),
            b':' => {
                canvas.rect((x, y + h / 3 - s / 2), (s, s), color);
                canvas.rect((x, y + 2 * h / 3 - s / 2), (s, s), color);
            }
            _ => {
                let lit = segments(c);
                for (bit, ((dx, dy), extent)) in places.into_iter().enumerate() {
                    if lit & 1 << bit != 0 {
                        canvas.rect((x + dx, y + dy), extent, color);
                    }
                }
            }
        }
        x += size.advance(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_differ_and_what_pages_write_fits_the_screen() {
        for a in b'0'..=b'9' {
            for b in b'0'..a {
                assert_ne!(segments(a), segments(b));
            }
        }
        for (text, size) in [
            ("99.9", Figure::LARGE),
            ("-10", Figure::LARGE),
            ("130", Figure::LARGE),
            ("99999", Figure::MEDIUM),
            ("23:59", Figure::MEDIUM),
        ] {
            assert!(size.width_of(text) <= super::super::WIDTH - 4, "{text}: {}", size.width_of(text));
        }
    }
}
