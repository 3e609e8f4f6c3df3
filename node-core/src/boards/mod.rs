//! Facts of boards: pins, addresses, speeds, who feeds whom. The twin wires its models and the firmware its peripherals
//! from the same tables. Facts only: what to do with them is an app's bring-up.

pub mod esp32c3;
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
    pub radio: Option<RadioFacts>,
    pub led: Option<PinFacts>,
    pub button_a: Option<PinFacts>,
    pub button_b: Option<PinFacts>,
    pub flash: Option<FlashFacts>,
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
    pub pins: MicrophonePins,
    pub rail: Rail,
    /// Level of a 94 dB SPL, 1 kHz tone, in hundredths of dBFS.
    pub sensitivity_centi_dbfs: i16,
}

/// The wires of a microphone, by what it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MicrophonePins {
    /// A bit a clock; the MCU makes samples of them.
    Pdm { clock: u8, data: u8 },
    /// Samples, in the left half of a frame of two 32-bit slots.
    I2s { bit_clock: u8, word_select: u8, data: u8 },
}

/// WiFi at 2.4 GHz.
#[derive(Debug)]
pub struct RadioFacts {
    /// It listens on channels 1 to this one.
    pub channels: u8,
    /// Weakest signal whose beacons (1 Mbit/s) it receives.
    pub sensitivity_dbm: i8,
}

#[derive(Debug)]
pub struct PinFacts {
    pub gpio: u8,
    pub active_low: bool,
}

/// The part of the NOR flash that is the node's own, beside its program.
#[derive(Debug)]
pub struct FlashFacts {
    /// Name of the partition, as in the firmware's table.
    pub partition: &'static str,
    pub bytes: u32,
}

impl FlashFacts {
    /// What the CPU's flash controller reads and writes at least, and its alignment.
    pub const WORD_BYTES: usize = 4;
    /// What one program command reaches at most. Every SPI NOR flash of this size has these (W25Q32JV, GD25Q32C; datasheet).
    pub const PAGE_BYTES: usize = 256;
    /// What is erased at least.
    pub const SECTOR_BYTES: usize = 4_096;
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

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn pins(board: &BoardFacts) -> Vec<u8> {
        let mut pins = Vec::from([board.i2c.sda, board.i2c.scl]);
        pins.extend(board.grove.iter().flat_map(|bus| [bus.sda, bus.scl]));
        pins.extend(board.lcd.iter().flat_map(|lcd| [lcd.mosi, lcd.sclk, lcd.cs, lcd.dc, lcd.reset]));
        match board.microphone.as_ref().map(|microphone| microphone.pins) {
            Some(MicrophonePins::Pdm { clock, data }) => pins.extend([clock, data]),
            Some(MicrophonePins::I2s { bit_clock, word_select, data }) => {
                pins.extend([bit_clock, word_select, data]);
            }
            None => {}
        }
        pins.extend([&board.led, &board.button_a, &board.button_b].into_iter().flatten().map(|pin| pin.gpio));
        pins
    }

    /// The firmware makes one driver a pin and relies on it.
    #[test]
    fn no_pin_has_two_uses() {
        for board in [&m5stickc::M5STICKC, &esp32c3::ESP32C3] {
            let mut pins = pins(board);
            let count = pins.len();
            pins.sort_unstable();
            pins.dedup();
            assert_eq!(pins.len(), count, "{}", board.name);
        }
    }

    /// A board that cannot switch its rails must not have a chip behind one.
    #[test]
    fn without_a_power_chip_everything_is_fed() {
        let board = &esp32c3::ESP32C3;
        assert!(board.pmic.is_none());
        assert_eq!(board.imu.as_ref().map(|chip| chip.rail), Some(Rail::Always));
        assert_eq!(board.microphone.as_ref().map(|microphone| microphone.rail), Some(Rail::Always));
    }
}
