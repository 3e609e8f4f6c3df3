//! Facts of boards: pins, addresses, speeds, who feeds whom. The twin wires its models and the firmware its peripherals
//! from the same tables. Facts only: what to do with them is an app's bring-up.

pub mod m5stickc;

#[derive(Debug)]
pub struct BoardFacts {
    pub name: &'static str,
    pub mcu: Mcu,
    /// CPU frequencies that the board can run at, the one after reset first.
    pub cpu_mhz: &'static [u32],
    /// What feeds the CPU.
    pub cpu_rail: Rail,
    pub i2c: I2cFacts,
    pub grove: Option<I2cFacts>,
    pub imu: Option<ChipFacts>,
    pub pmic: Option<ChipFacts>,
    pub rtc: Option<ChipFacts>,
    pub lcd: Option<LcdFacts>,
    pub microphone: Option<MicrophoneFacts>,
    pub led: Option<PinFacts>,
    pub button_a: Option<PinFacts>,
    pub button_b: Option<PinFacts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mcu {
    Esp32,
    Esp32C3,
}

#[derive(Debug)]
pub struct I2cFacts {
    pub sda: u8,
    pub scl: u8,
    pub hz: u32,
}

/// A chip on the board's I2C bus.
#[derive(Debug)]
pub struct ChipFacts {
    pub address: u8,
    pub rail: Rail,
}

#[derive(Debug)]
pub struct LcdFacts {
    pub mosi: u8,
    pub sclk: u8,
    pub cs: u8,
    pub dc: u8,
    pub reset: u8,
    pub spi_hz: u32,
    pub rail: Rail,
    pub backlight: Rail,
}

#[derive(Debug)]
pub struct MicrophoneFacts {
    pub clock: u8,
    pub data: u8,
    pub rail: Rail,
    /// Level of a 94 dB SPL, 1 kHz tone, in hundredths of dBFS.
    pub sensitivity_centi_dbfs: i16,
}

#[derive(Debug)]
pub struct PinFacts {
    pub gpio: u8,
    pub active_low: bool,
}

/// What feeds a chip. The names are the power chip's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rail {
    /// Fed whenever the board is.
    Always,
    Dcdc1,
    Ldo2,
    Ldo3,
    LdoIo0,
    Exten,
}
