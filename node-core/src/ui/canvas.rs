//! What pages draw with: a few shapes on a stripe, left out where the stripe does not show them, and counted.

use super::figure::{self, Figure};
use super::{WIDTH, number, theme};
use crate::drivers::st7735s::Stripe;
use crate::meter::{Kernel, Work};
use core::fmt;
use embedded_graphics::Drawable;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Baseline, Text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
    Right,
}

impl Align {
    /// Left edge of something so wide, on a whole line with a margin of two.
    fn left(self, width: i32) -> i32 {
        match self {
            Self::Left => 2,
            Self::Centre => (WIDTH - width) / 2,
            Self::Right => WIDTH - 2 - width,
        }
    }
}

/// A text, or what makes one: asked only where the stripe shows it, or a page would write its numbers ten times a picture.
pub trait Words {
    fn told_to(self, to: impl FnOnce(&str));
}

impl Words for &str {
    fn told_to(self, to: impl FnOnce(&str)) {
        to(self);
    }
}

impl Words for fmt::Arguments<'_> {
    fn told_to(self, to: impl FnOnce(&str)) {
        to(&number::written(self));
    }
}

impl<F: FnOnce() -> number::Text> Words for F {
    fn told_to(self, to: impl FnOnce(&str)) {
        to(&self());
    }
}

/// The work that was done.
#[derive(Clone, Copy, Debug, Default)]
struct Drawn {
    shapes: usize,
    /// Of rectangles.
    rows: usize,
    glyphs: usize,
    /// Pixels of their cells.
    cells: usize,
}

pub struct Canvas<'s, 'b> {
    stripe: &'s mut Stripe<'b>,
    top: i32,
    bottom: i32,
    drawn: Drawn,
    /// Something was drawn beyond the screen.
    #[cfg(test)]
    pub(super) outside: bool,
}

impl<'s, 'b> Canvas<'s, 'b> {
    pub fn new(stripe: &'s mut Stripe<'b>) -> Self {
        let shown = stripe.visible();
        let top = shown.top_left.y;
        Self {
            stripe,
            top,
            bottom: top + shown.size.height as i32,
            drawn: Drawn::default(),
            #[cfg(test)]
            outside: false,
        }
    }

    /// Says what was drawn so far.
    pub fn charge(&self, work: &mut Work) {
        let Drawn { shapes, rows, glyphs, cells } = self.drawn;
        let pixels = self.stripe.pixels() as usize;
        work.add_calls(Kernel::Shapes, shapes, shapes);
        work.add_calls(Kernel::Pixels, rows, pixels);
        work.add_calls(Kernel::Glyphs, glyphs, cells);
    }

    /// Whether the stripe shows any of these rows.
    pub fn shows(&self, y: i32, height: i32) -> bool {
        y < self.bottom && y + height > self.top
    }

    pub fn rect(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), color: Rgb565) {
        self.claim((x, y), (width, height));
        if width > 0 && height > 0 && self.shows(y, height) {
            let area = Rectangle::new(Point::new(x, y), Size::new(width as u32, height as u32));
            let Ok(()) = self.stripe.fill_solid(&area, color);
            self.drawn.shapes += 1;
            self.drawn.rows += ((y + height).min(self.bottom) - y.max(self.top)) as usize;
        }
    }

    /// Notes what pages would lose: the stripe drops it silently.
    #[cfg(test)]
    fn claim(&mut self, (x, y): (i32, i32), (width, height): (i32, i32)) {
        let inside = x >= 0 && y >= 0 && x + width <= WIDTH && y + height <= super::HEIGHT;
        self.outside |= width > 0 && height > 0 && !inside;
    }
    #[cfg(not(test))]
    fn claim(&mut self, _: (i32, i32), _: (i32, i32)) {}

    /// The outline of a rectangle, one pixel wide.
    pub fn frame(&mut self, (x, y): (i32, i32), (width, height): (i32, i32), color: Rgb565) {
        self.rect((x, y), (width, 1), color);
        self.rect((x, y + height - 1), (width, 1), color);
        self.rect((x, y), (1, height), color);
        self.rect((x + width - 1, y), (1, height), color);
    }

    pub fn text(&mut self, align: Align, y: i32, words: impl Words, font: &MonoFont<'_>, color: Rgb565) {
        // Tests look at what is left out too.
        if cfg!(test) || self.shows(y, font.character_size.height as i32) {
            words.told_to(|text| self.write(align, y, text, font, color));
        }
    }

    fn write(&mut self, align: Align, y: i32, text: &str, font: &MonoFont<'_>, color: Rgb565) {
        let advance = (font.character_size.width + font.character_spacing) as i32;
        let width = advance * text.len() as i32 - font.character_spacing as i32;
        let x = align.left(width);
        self.claim((x, y), (width, font.character_size.height as i32));
        if self.shows(y, font.character_size.height as i32) {
            let style = MonoTextStyle::new(font, color);
            let Ok(_) = Text::with_baseline(text, Point::new(x, y), style, Baseline::Top).draw(self.stripe);
            self.drawn.shapes += 1;
            self.drawn.glyphs += text.len();
            self.drawn.cells +=
                text.len() * (font.character_size.width * font.character_size.height) as usize;
        }
    }

    /// A number in large digits.
    pub fn figure(&mut self, align: Align, y: i32, words: impl Words, size: Figure, color: Rgb565) {
        if self.shows(y, size.height) {
            words.told_to(|text| figure::draw(self, (align.left(size.width_of(text)), y), text, size, color));
        }
    }

    /// A bar over the whole line, `filled` of `full`.
    pub fn bar(&mut self, y: i32, height: i32, filled: i32, full: i32, color: Rgb565) {
        let length = WIDTH - 4;
        let filled = filled.clamp(0, full.max(1)) * length / full.max(1);
        self.rect((2, y), (length, height), theme::TROUGH);
        self.rect((2, y), (filled, height), color);
    }

    /// A column that stands on `bottom`.
    pub fn column(&mut self, (x, bottom): (i32, i32), (width, height): (i32, i32), color: Rgb565) {
        self.rect((x, bottom - height), (width, height), color);
    }
}
