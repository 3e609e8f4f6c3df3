//! The one list of what a node needs from hardware.
//!
//! `split` gives everything away as public fields, so that an app's tasks can own different peripherals. A part that a
//! board may lack is an `Option`. Nothing here is `Send`: real drivers are not. A part enters this list together with its
//! first consumer: network is not here yet.

use crate::audio::AudioIn;
use crate::boards::BoardFacts;
use crate::event::Event;
use crate::meter::Meter;
use crate::radio::Scan;
use crate::time::{Clock, Duration};
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::digital::Wait;
use embedded_hal_async::i2c::I2c;
use embedded_hal_async::spi::SpiDevice;
use embedded_storage_async::nor_flash::NorFlash;

pub trait Board: Sized {
    type I2c: I2c;
    type Grove: I2c;
    type LcdSpi: SpiDevice;
    type LcdPin: OutputPin;
    type Led: OutputPin;
    type Button: InputPin + Wait;
    type Audio: AudioIn;
    type Radio: Scan;
    type Clock: Clock;
    type Delay: DelayNs + Clone;
    type Meter: Meter;
    type Power: Power;
    type RtcMemory: RtcMemory;
    type Flash: NorFlash;
    type Events: Events;

    fn split(self) -> Parts<Self>;
}

pub struct Parts<B: Board> {
    /// Pins, addresses and speeds: the same that the twin wires.
    pub facts: &'static BoardFacts,
    /// The bus of the chips on the board.
    pub i2c: B::I2c,
    /// The bus of the socket for other people's chips.
    pub grove: Option<B::Grove>,
    pub lcd: Option<LcdParts<B>>,
    /// Level as on the pin: whether low means lit is a fact of the board.
    pub led: Option<B::Led>,
    pub button_a: Option<B::Button>,
    pub button_b: Option<B::Button>,
    pub audio: Option<B::Audio>,
    pub radio: Option<B::Radio>,
    pub clock: B::Clock,
    pub delay: B::Delay,
    pub meter: B::Meter,
    pub power: B::Power,
    pub memory: B::RtcMemory,
    /// The part of the NOR flash that is the node's own ([`crate::boards::FlashFacts`]): what outlives a power cut.
    pub flash: Option<B::Flash>,
    pub events: B::Events,
}

pub struct LcdParts<B: Board> {
    pub spi: B::LcdSpi,
    pub dc: B::LcdPin,
    pub reset: B::LcdPin,
}

/// The CPU's own power management, and why it runs.
pub trait Power {
    fn boot_cause(&self) -> BootCause;
    fn cpu_mhz(&self) -> u32;
    /// One of the board's frequencies ([`BoardFacts::cpu_mhz`]).
    fn set_cpu_mhz(&mut self, mhz: u32) -> Result<(), UnsupportedFrequency>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsupportedFrequency;

/// Memory that deep sleep and a reset leave alone, and a power cut clears.
pub trait RtcMemory {
    const CAPACITY: usize;
    /// Fills `bytes` from the start of the memory (at most `CAPACITY`).
    fn load(&self, bytes: &mut [u8]);
    fn store(&mut self, bytes: &[u8]);
}

/// Where a node's events go: a log line on the chip, the trace in the twin.
pub trait Events: Clone {
    fn emit(&self, event: Event);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BootCause {
    PowerOn,
    Reset,
    Watchdog,
    WakeTimer,
    WakeButton,
}

/// How a node's program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// RAM is lost; the program runs again from its start when `wake` says so.
    DeepSleep {
        wake: Wake,
    },
    Reset,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wake {
    pub after: Option<Duration>,
    pub on_button_a: bool,
}
