//! What is soldered where: one file a board, chosen by feature. A file names the peripherals; pins, addresses and speeds come
//! from [`node_core::boards`]. Here is what the files share.

#[cfg(feature = "esp32c3")]
pub mod esp32c3;
#[cfg(feature = "m5stickc")]
pub mod m5stickc;

#[cfg(feature = "esp32c3")]
pub use esp32c3::{Esp32C3 as ThisBoard, FACTS, start};
#[cfg(feature = "m5stickc")]
pub use m5stickc::{FACTS, M5StickC as ThisBoard, start};

use esp_hal::Async;
use esp_hal::gpio::{AnyPin, Input, InputConfig, Pull};
use esp_hal::i2c::master::{BusTimeout, Config, I2c, Instance};
use esp_hal::peripherals::{FLASH, FROM_CPU_INTR0, LPWR, RTC_TIMER, TIMG0};
use esp_hal::time::Rate;
use esp_hal::uart::UartTx;
use node_core::boards::{I2cFacts, PinFacts};

/// What a board has that is no part of the node: the firmware's own.
pub struct Rest {
    pub timer: TIMG0<'static>,
    pub interrupt: FROM_CPU_INTR0<'static>,
    pub watchdog: RTC_TIMER<'static>,
    pub sleep: LPWR<'static>,
    pub flash: FLASH<'static>,
    pub console: UartTx<'static, Async>,
    #[cfg(feature = "wifi")]
    pub radio: esp_hal::peripherals::WIFI<'static>,
}

/// The node's radio; none in an image without WiFi.
#[cfg(feature = "wifi")]
pub type Radio = crate::wifi::Scanner;
#[cfg(not(feature = "wifi"))]
pub type Radio = crate::absent::Absent;
#[cfg(feature = "wifi")]
const RADIO: Option<Radio> = Some(crate::wifi::Scanner);
#[cfg(not(feature = "wifi"))]
const RADIO: Option<Radio> = None;

/// The pin that a fact names.
fn pin(gpio: u8) -> AnyPin<'static> {
    // SAFETY: a board names each pin once (a test in node_core::boards holds it), its file asks once for each, and nobody takes
    // the typed pins but for the console, which no fact names.
    unsafe { AnyPin::steal(gpio) }
}

/// A bus that is held low gives up by itself, so that the node can tell of it and go on.
fn i2c(controller: impl Instance + 'static, facts: &I2cFacts) -> I2c<'static, Async> {
    let config = Config::default().with_frequency(Rate::from_hz(facts.hz)).with_timeout(BusTimeout::Maximum);
    I2c::new(controller, config)
        .expect("the bus runs at the speed that the board's facts name")
        .with_sda(pin(facts.sda))
        .with_scl(pin(facts.scl))
        .into_async()
}

fn button(facts: &PinFacts, pull: Pull) -> Input<'static> {
    Input::new(pin(facts.gpio), InputConfig::default().with_pull(pull))
}
