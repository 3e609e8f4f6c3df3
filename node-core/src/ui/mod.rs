//! LCD pages: pure functions from what is known to a picture of 80 x 160.
//!
//! A page draws the whole screen each time and is asked once per stripe; the [`Canvas`] leaves out what the stripe does
//! not show. Nothing here waits, measures or knows a board. Numbers come as whole ones and are written without floats.

mod canvas;
mod figure;
pub mod motion;
mod number;
pub mod position;
pub mod sound;
pub mod spectrometer;
pub mod status;
pub mod theme;
pub mod vibration;

pub use canvas::{Align, Canvas};
pub use figure::Figure;
pub use number::{Text, centi, clock_time, tenths, whole};

use crate::app::panel::Status;

/// One page of a program that measures a `V`.
pub type Page<V> = fn(&V, &Status, &mut Canvas<'_, '_>);

/// What pages are laid out for.
pub const WIDTH: i32 = 80;
pub const HEIGHT: i32 = 160;

#[cfg(test)]
pub(crate) mod picture;
