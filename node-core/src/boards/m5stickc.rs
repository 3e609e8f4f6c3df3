//! M5StickC: ESP32-PICO-D4, MPU6886, AXP192, BM8563, ST7735S, SPM1423.

use super::*;

/// Sources: wiring and start-up values from the vendor's library (m5stack/M5StickC@202fddd, `src/AXP192.cpp`,
/// `src/utility/In_eSPI_Setup.h`) and its pin map; microphone sensitivity from the SPM1423 data sheet (datasheet).
pub static M5STICKC: BoardFacts = BoardFacts {
    name: "m5stickc",
    mcu: Mcu::Esp32,
    // 240 is the vendor's default after boot; the others are the ESP32's PLL and crystal dividers (datasheet).
    cpu_mhz: &[240, 160, 80, 40, 20, 10],
    cpu_rail: Rail::Dcdc1,
    i2c: I2cFacts { sda: 21, scl: 22, hz: 400_000 },
    grove: Some(I2cFacts { sda: 32, scl: 33, hz: 100_000 }),
    // The 3.3 V of DCDC1 feeds the CPU as well: a node that runs sees these chips powered (vendor schematic).
    imu: Some(ChipFacts { address: 0x68, rail: Rail::Dcdc1 }),
    pmic: Some(ChipFacts { address: 0x34, rail: Rail::Always }),
    rtc: Some(ChipFacts { address: 0x51, rail: Rail::Always }),
    lcd: Some(LcdFacts {
        mosi: 15,
        sclk: 13,
        cs: 5,
        dc: 23,
        reset: 18,
        // 27 MHz asked for, 80/3 MHz made.
        spi_hz: 26_666_666,
        rail: Rail::Ldo3,
        backlight: Rail::Ldo2,
    }),
    microphone: Some(MicrophoneFacts {
        pins: MicrophonePins::Pdm { clock: 0, data: 34 },
        rail: Rail::LdoIo0,
        sensitivity_centi_dbfs: -22_00,
    }),
    // Sensitivity at 802.11b, 1 Mbit/s: ESP32 data sheet, RF characteristics (datasheet). Channels of Europe.
    radio: Some(RadioFacts { channels: 13, sensitivity_dbm: -98 }),
    led: Some(PinFacts { gpio: 10, active_low: true }),
    button_a: Some(PinFacts { gpio: 37, active_low: true }),
    button_b: Some(PinFacts { gpio: 39, active_low: true }),
    // Of 4 MB: the partition behind the program (firmware-esp32/partitions.csv).
    flash: Some(FlashFacts { partition: "store", bytes: 0x8000 }),
};
