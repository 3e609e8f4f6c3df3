//! ST7735S: the LCD, drawn stripe by stripe so that no frame buffer is needed and no other task waits long.
//!
//! A page is a function that draws the whole screen. It is called once per stripe with a target that keeps 1/10 of it; a
//! stripe that came out as it was last sent is not sent again. Must not know what is on a page, nor of the backlight.

pub mod regs;
mod stripe;

pub use stripe::{STRIPE_BYTES, STRIPES, Stripe};

use core::ops::Range;
use embassy_futures::yield_now;
use embedded_graphics::geometry::Size;
use embedded_hal::digital::OutputPin;
use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::spi::SpiDevice;
use regs::madctl;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<S, P> {
    /// The bus failed in this command.
    Spi { command: u8, error: S },
    /// The data/command or the reset pin failed.
    Pin(P),
}

/// How the picture stands on the panel. The codes are the vendor's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// 80 x 160
    #[default]
    Portrait,
    /// 160 x 80
    Landscape,
    PortraitFlipped,
    LandscapeFlipped,
}

impl Rotation {
    /// (M5) `ST7735_Rotation.h`, GREENTAB160x80.
    const fn madctl(self) -> u8 {
        match self {
            Self::Portrait => madctl::MX | madctl::MY | madctl::MH | madctl::BGR,
            Self::Landscape => madctl::MV | madctl::MY | madctl::BGR,
            Self::PortraitFlipped => madctl::BGR,
            Self::LandscapeFlipped => madctl::MX | madctl::MV | madctl::BGR,
        }
    }
    const fn is_landscape(self) -> bool {
        matches!(self, Self::Landscape | Self::LandscapeFlipped)
    }
    pub const fn size(self) -> Size {
        if self.is_landscape() {
            Size::new(regs::HEIGHT as u32, regs::WIDTH as u32)
        } else {
            Size::new(regs::WIDTH as u32, regs::HEIGHT as u32)
        }
    }
    /// First column and first row of the panel in the controller's memory.
    const fn offsets(self) -> (u16, u16) {
        if self.is_landscape() {
            (regs::ROW_OFFSET, regs::COLUMN_OFFSET)
        } else {
            (regs::COLUMN_OFFSET, regs::ROW_OFFSET)
        }
    }
}

/// What a drawing cost on the bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Drawn {
    pub sent: u8,
    /// Drawn, and found to be on the screen already.
    pub unchanged: u8,
}

/// The vendor's start-up after SLPOUT: command, parameters. (M5 `ST7735_Init.h`, `Rcmd1`, GREENTAB160x80, `Rcmd3`.)
const SETTINGS: [(u8, &[u8]); 18] = [
    (regs::FRMCTR1, &[0x05, 0x3C, 0x3C]),
    (regs::FRMCTR2, &[0x05, 0x3C, 0x3C]),
    (regs::FRMCTR3, &[0x05, 0x3C, 0x3C, 0x05, 0x3C, 0x3C]),
    (regs::INVCTR, &[0x03, 0x02]),
    (regs::PWCTR1, &[0xA4, 0x04, 0x84]),
    (regs::PWCTR2, &[0xC5]),
    (regs::PWCTR3, &[0x0D, 0x00]),
    (regs::PWCTR4, &[0x8D, 0x6A]),
    (regs::PWCTR5, &[0x8D, 0xEE]),
    (regs::VMCTR1, &[0x21]),
    (regs::PWCTR6, &[0x80]),
    (regs::VENDOR_F0, &[0x11]),
    (regs::VENDOR_D6, &[0xCB]),
    // The panel is normally white: inverted, zero is black.
    (regs::INVON, &[]),
    (regs::COLMOD, &[regs::colmod::BITS_16]),
    (
        regs::GMCTRP1,
        &[0x0D, 0x0C, 0x0C, 0x0E, 0x0E, 0x00, 0x00, 0x00, 0x00, 0x09, 0x23, 0x31, 0x00, 0x0C, 0x03, 0x1A],
    ),
    (
        regs::GMCTRN1,
        &[0x0A, 0x05, 0x06, 0x07, 0x08, 0x01, 0x00, 0x00, 0x00, 0x05, 0x20, 0x2E, 0x00, 0x0A, 0x01, 0x1A],
    ),
    (regs::NORON, &[]),
];

pub struct St7735s<SPI, DC, RST> {
    spi: SPI,
    dc: DC,
    reset: RST,
    rotation: Rotation,
    /// Hash of what each stripe shows, where that is known.
    shown: [Option<u32>; STRIPES],
}

type DriverError<SPI, DC> = Error<
    <SPI as embedded_hal_async::spi::ErrorType>::Error,
    <DC as embedded_hal::digital::ErrorType>::Error,
>;

impl<SPI: SpiDevice, DC: OutputPin, RST: OutputPin<Error = DC::Error>> St7735s<SPI, DC, RST> {
    pub const fn new(spi: SPI, dc: DC, reset: RST, rotation: Rotation) -> Self {
        Self { spi, dc, reset, rotation, shown: [None; STRIPES] }
    }
    pub fn release(self) -> (SPI, DC, RST) {
        (self.spi, self.dc, self.reset)
    }
    pub fn size(&self) -> Size {
        self.rotation.size()
    }

    /// From any state, or from power-on, to a lit panel that shows what its memory happens to hold: draw before the
    /// backlight goes on. Takes 0.4 s.
    pub async fn init(&mut self, delay: &mut impl DelayNs) -> Result<(), DriverError<SPI, DC>> {
        self.shown = [None; STRIPES];
        self.reset.set_low().map_err(Error::Pin)?;
        delay.delay_us(regs::RESET_PULSE_US).await;
        self.reset.set_high().map_err(Error::Pin)?;
        delay.delay_ms(regs::RESET_TO_COMMAND_MS).await;
        self.command(regs::SWRESET, &[]).await?;
        delay.delay_ms(regs::SWRESET_MS).await;
        self.command(regs::SLPOUT, &[]).await?;
        delay.delay_ms(regs::SLPOUT_MS).await;
        for (command, parameters) in SETTINGS {
            self.command(command, parameters).await?;
        }
        self.command(regs::MADCTL, &[self.rotation.madctl()]).await?;
        delay.delay_ms(regs::NORON_MS).await;
        self.command(regs::DISPON, &[]).await?;
        delay.delay_ms(regs::DISPON_MS).await;
        Ok(())
    }

    pub async fn set_rotation(&mut self, rotation: Rotation) -> Result<(), DriverError<SPI, DC>> {
        self.command(regs::MADCTL, &[rotation.madctl()]).await?;
        self.rotation = rotation;
        self.shown = [None; STRIPES];
        Ok(())
    }

    /// Panel and booster off; the memory stays, and so does what can be skipped. 120 ms must pass before [`Self::wake`].
    pub async fn sleep(&mut self, delay: &mut impl DelayNs) -> Result<(), DriverError<SPI, DC>> {
        self.command(regs::DISPOFF, &[]).await?;
        self.command(regs::SLPIN, &[]).await?;
        delay.delay_ms(regs::SLEEP_TO_COMMAND_MS).await;
        Ok(())
    }

    /// Out of [`Self::sleep`], with the picture that was there.
    pub async fn wake(&mut self, delay: &mut impl DelayNs) -> Result<(), DriverError<SPI, DC>> {
        self.command(regs::SLPOUT, &[]).await?;
        delay.delay_ms(regs::SLPOUT_MS).await;
        self.command(regs::DISPON, &[]).await
    }

    /// Draws the whole screen.
    pub async fn draw(
        &mut self,
        buffer: &mut [u8; STRIPE_BYTES],
        page: impl FnMut(&mut Stripe<'_>),
    ) -> Result<Drawn, DriverError<SPI, DC>> {
        let rows = 0..self.rotation.size().height as u16;
        self.draw_rows(buffer, rows, page).await
    }

    /// Draws the stripes that `rows` touch. Other tasks run between two stripes.
    pub async fn draw_rows(
        &mut self,
        buffer: &mut [u8; STRIPE_BYTES],
        rows: Range<u16>,
        mut page: impl FnMut(&mut Stripe<'_>),
    ) -> Result<Drawn, DriverError<SPI, DC>> {
        let screen = self.rotation.size();
        let stripe_rows = (screen.height / STRIPES as u32) as u16;
        let first = usize::from(rows.start / stripe_rows);
        let end = if rows.is_empty() { 0 } else { usize::from(rows.end.div_ceil(stripe_rows)).min(STRIPES) };
        let (column, row) = self.rotation.offsets();
        let mut drawn = Drawn::default();
        for index in first..end {
            let mut stripe = Stripe::new(buffer, screen, index);
            page(&mut stripe);
            let hash = hash(buffer);
            if self.shown[index] == Some(hash) {
                drawn.unchanged += 1;
            } else {
                // Unknown until all of it is there: the write may fail or be cancelled half way.
                self.shown[index] = None;
                let top = row + index as u16 * stripe_rows;
                self.command(regs::CASET, &span(column, screen.width as u16)).await?;
                self.command(regs::RASET, &span(top, stripe_rows)).await?;
                self.command(regs::RAMWR, buffer).await?;
                self.shown[index] = Some(hash);
                drawn.sent += 1;
            }
            yield_now().await;
        }
        Ok(drawn)
    }

    /// After the panel was without power: nothing is known of its memory.
    pub fn forget_shown(&mut self) {
        self.shown = [None; STRIPES];
    }

    async fn command(&mut self, command: u8, parameters: &[u8]) -> Result<(), DriverError<SPI, DC>> {
        self.dc.set_low().map_err(Error::Pin)?;
        self.spi.write(&[command]).await.map_err(|error| Error::Spi { command, error })?;
        if !parameters.is_empty() {
            self.dc.set_high().map_err(Error::Pin)?;
            self.spi.write(parameters).await.map_err(|error| Error::Spi { command, error })?;
        }
        Ok(())
    }
}

/// Parameters of CASET and RASET: first and last, 16 bits each.
const fn span(first: u16, count: u16) -> [u8; 4] {
    let [first_high, first_low] = first.to_be_bytes();
    let [last_high, last_low] = (first + count - 1).to_be_bytes();
    [first_high, first_low, last_high, last_low]
}

/// Each step is a bijection of the state and of the word, so two stripes that differ in one word never collide.
pub fn hash(bytes: &[u8; STRIPE_BYTES]) -> u32 {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().fold(0, |state: u32, &word| {
        (state.rotate_left(5) ^ u32::from_le_bytes(word)).wrapping_mul(0x9E37_79B1)
    })
}

#[cfg(test)]
mod tests;
