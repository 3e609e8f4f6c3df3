//! The type of a part that a board does not have. There is no value of it, so nobody can call it, and the compiler leaves out
//! all that would have used one.

use core::convert::Infallible;
use embedded_hal::digital::OutputPin;
use embedded_hal_async::i2c::I2c;
use embedded_hal_async::spi::SpiDevice;
use embedded_hal_async::{i2c, spi};
use node_core::radio::{Scan, Seen};

pub enum Absent {}

impl i2c::ErrorType for Absent {
    type Error = Infallible;
}
impl I2c for Absent {
    async fn transaction(&mut self, _: u8, _: &mut [i2c::Operation<'_>]) -> Result<(), Infallible> {
        match *self {}
    }
}

impl spi::ErrorType for Absent {
    type Error = Infallible;
}
impl SpiDevice for Absent {
    async fn transaction(&mut self, _: &mut [spi::Operation<'_, u8>]) -> Result<(), Infallible> {
        match *self {}
    }
}

impl embedded_hal::digital::ErrorType for Absent {
    type Error = Infallible;
}
impl OutputPin for Absent {
    fn set_low(&mut self) -> Result<(), Infallible> {
        match *self {}
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        match *self {}
    }
}

impl Scan for Absent {
    type Error = Infallible;

    async fn scan(&mut self, _: &mut [Seen]) -> Result<usize, Infallible> {
        match *self {}
    }
}
