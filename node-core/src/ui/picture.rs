//! Pages drawn through the driver's stripes into a whole picture, for tests; and what must hold for each of them.

extern crate std;
use super::{Canvas, HEIGHT, Page, WIDTH};
use crate::app::panel::{Battery, Status};
use crate::drivers::bm8563::DateTime;
use crate::drivers::st7735s::{STRIPE_BYTES, STRIPES, Stripe};
use crate::event::OCTAVES;
use crate::time::Duration;
use core::convert::Infallible;
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::Size;
use std::vec::Vec;

const SIZE: Size = Size::new(WIDTH as u32, HEIGHT as u32);

/// RGB565 words, row by row.
pub fn picture<V>(page: Page<V>, view: &V, status: &Status) -> Vec<u16> {
    let mut words = Vec::new();
    for index in 0..STRIPES {
        let mut bytes = [0; STRIPE_BYTES];
        let mut stripe = Stripe::new(&mut bytes, SIZE, index);
        page(view, status, &mut Canvas::new(&mut stripe));
        words.extend(stripe.bytes().as_chunks::<2>().0.iter().map(|&word| u16::from_be_bytes(word)));
    }
    words
}
