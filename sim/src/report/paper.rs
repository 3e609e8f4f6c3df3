//! White paper of pixels, for drawings that have to be seen without a browser.

use super::picture;
use embedded_graphics::Drawable;
use embedded_graphics::mono_font::{MonoTextStyle, ascii::FONT_7X13};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Pixel, Point, Primitive, RgbColor, Size};
use embedded_graphics::primitives::{Line, PrimitiveStyle};
use embedded_graphics::text::{Alignment, Text};
use std::convert::Infallible;
use std::io::{self, Write};

pub struct Paper {
    size: Size,
    pixels: Vec<Rgb888>,
}

impl Paper {
    pub fn new(wide: u32, high: u32) -> Self {
        Self { size: Size::new(wide, high), pixels: vec![Rgb888::WHITE; wide as usize * high as usize] }
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Rgb888) {
        let style = PrimitiveStyle::with_stroke(ink, 1);
        let Ok(()) = Line::new(point(from), point(to)).into_styled(style).draw(self);
    }

    pub fn text(&mut self, at: (f64, f64), alignment: Alignment, ink: Rgb888, text: &str) {
        // The font has no others.
        let text = text.replace('µ', "u");
        let style = MonoTextStyle::new(&FONT_7X13, ink);
        let Ok(_) = Text::with_alignment(&text, point(at), style, alignment).draw(self);
    }

    pub fn png(&self, out: impl Write) -> io::Result<()> {
        let rgb: Vec<u8> = self.pixels.iter().flat_map(|ink| [ink.r(), ink.g(), ink.b()]).collect();
        picture::rgb(self.size.width, self.size.height, &rgb, out)
    }
}

/// The pixel at a place.
pub fn point((x, y): (f64, f64)) -> Point {
    Point::new(x.round() as i32, y.round() as i32)
}

impl OriginDimensions for Paper {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Paper {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let Size { width, height } = self.size;
        for Pixel(Point { x, y }, ink) in pixels {
            if (0..width as i32).contains(&x) && (0..height as i32).contains(&y) {
                self.pixels[y as usize * width as usize + x as usize] = ink;
            }
        }
        Ok(())
    }
}
