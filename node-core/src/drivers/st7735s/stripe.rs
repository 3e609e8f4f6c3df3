//! A band of the screen in memory, which embedded-graphics draws into as if it were the whole screen.
//!
//! What falls outside the band is dropped: a page is drawn once per stripe and each time a tenth of it remains. Must not
//! know of the bus.

use core::convert::Infallible;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::pixelcolor::{IntoStorage, Rgb565};
use embedded_graphics::primitives::Rectangle;

/// 80 x 16 upright, 160 x 8 lying: the same memory, ten of them a screen.
pub const STRIPE_BYTES: usize = 80 * 16 * 2;
pub const STRIPES: usize = 10;

pub struct Stripe<'b> {
    bytes: &'b mut [u8; STRIPE_BYTES],
    screen: Size,
    top: i32,
    rows: i32,
    pixels: u32,
}

impl<'b> Stripe<'b> {
    /// Stripe `index` of a screen of 80x160 or 160x80, black.
    pub fn new(bytes: &'b mut [u8; STRIPE_BYTES], screen: Size, index: usize) -> Self {
        bytes.fill(0);
        let rows = (screen.height / STRIPES as u32) as i32;
        Self { bytes, screen, top: index as i32 * rows, rows, pixels: 0 }
    }

    /// The part of the screen that this stripe keeps, for pages that want to leave out what does not touch it.
    pub fn visible(&self) -> Rectangle {
        Rectangle::new(Point::new(0, self.top), Size::new(self.screen.width, self.rows as u32))
    }

    /// Pixels written so far: the work that was done.
    pub fn pixels(&self) -> u32 {
        self.pixels
    }

    /// The stripe as it goes to the screen: RGB565, high byte first, row by row.
    pub fn bytes(&self) -> &[u8; STRIPE_BYTES] {
        self.bytes
    }

    /// Byte range of `width` pixels from (x, y) in screen coordinates, all of which must be visible.
    fn span(&self, x: i32, y: i32, width: usize) -> core::ops::Range<usize> {
        let start = ((y - self.top) as usize * self.screen.width as usize + x as usize) * 2;
        start..start + width * 2
    }
}

/// The whole screen, so that pages can centre and align.
impl OriginDimensions for Stripe<'_> {
    fn size(&self) -> Size {
        self.screen
    }
}

impl DrawTarget for Stripe<'_> {
    type Color = Rgb565;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb565>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let (width, rows) = (self.screen.width, self.rows as u32);
        for Pixel(at, color) in pixels {
            let row = at.y.wrapping_sub(self.top) as u32;
            // Negative coordinates wrap to large ones: one comparison each.
            if (at.x as u32) < width && row < rows {
                let start = ((row * width + at.x as u32) * 2) as usize;
                self.bytes[start..start + 2].copy_from_slice(&color.into_storage().to_be_bytes());
                self.pixels += 1;
            }
        }
        Ok(())
    }

    fn fill_contiguous<I: IntoIterator<Item = Rgb565>>(
        &mut self,
        area: &Rectangle,
        colors: I,
    ) -> Result<(), Infallible> {
        // Most of a page lies outside a given stripe: do not walk its pixels.
        let kept = area.intersection(&self.visible());
        if kept.is_zero_sized() {
            return Ok(());
        }
        use embedded_graphics::primitives::PointsIter;
        self.draw_iter(area.points().zip(colors).map(|(at, color)| Pixel(at, color)))
    }

    fn fill_solid(&mut self, area: &Rectangle, color: Rgb565) -> Result<(), Infallible> {
        let kept = area.intersection(&self.visible());
        let (width, height) = (kept.size.width as usize, kept.size.height as i32);
        let color = color.into_storage().to_be_bytes();
        for y in kept.top_left.y..kept.top_left.y + height {
            let span = self.span(kept.top_left.x, y, width);
            for pixel in self.bytes[span].as_chunks_mut::<2>().0 {
                *pixel = color;
            }
        }
        self.pixels += kept.size.width * kept.size.height;
        Ok(())
    }
}
