//! ESP32-C3: an ESP32-C3-DevKitM-1 with two breakout boards on jumper wires: an MPU6886 on I2C and an I2S microphone
//! (INMP441, or an ICS-43434 with the same figures), fed by the kit's 3.3 V. No power chip, no clock chip, no LCD; the
//! kit's lamp is an addressed RGB LED, not a pin that is lit.

use super::*;

/// Sources: kit, pins and BOOT button from its user guide (docs.espressif.com, ESP32-C3-DevKitM-1: GPIO9 is the button
/// and low when pressed, GPIO8 the RGB LED, GPIO18 and 19 USB, GPIO2 a strapping pin: none of them is used here); CPU
/// frequencies from the ESP32-C3 data sheet; sensitivity from the INMP441 data sheet, -26 dBFS (datasheet);
/// that of the radio at 802.11b, 1 Mbit/s, from the ESP32-C3 data sheet (datasheet).
pub static ESP32C3: BoardFacts = BoardFacts {
    name: "esp32c3",
    mcu: Mcu::Esp32C3,
    cpu_mhz: &[160, 80, 40, 20, 10],
    cpu_rail: Rail::Always,
    // 400 kHz is the most an MPU6886 does (datasheet); short wires, pull-ups on the breakout board.
    i2c: I2cFacts { sda: 5, scl: 6, hz: 400_000 },
    grove: None,
    imu: Some(ChipFacts { address: 0x68, rail: Rail::Always }),
    pmic: None,
    rtc: None,
    lcd: None,
    // L/R of the microphone to ground: it speaks in the left slot.
    microphone: Some(MicrophoneFacts {
        pins: MicrophonePins::I2s { bit_clock: 0, word_select: 1, data: 3 },
        rail: Rail::Always,
        sensitivity_centi_dbfs: -26_00,
    }),
    radio: Some(RadioFacts { channels: 13, sensitivity_dbm: -98 }),
    led: None,
    button_a: Some(PinFacts { gpio: 9, active_low: true }),
    button_b: None,
    // Of 4 MB: the partition behind the program (firmware-esp32/partitions.csv).
    flash: Some(FlashFacts { partition: "store", bytes: 0x8000 }),
};
