//! AXP192, power management: registers, fields, scales. Facts only.
//!
//! Sources: DS: X-Powers AXP192 data sheet v1.1; M5: m5stack/M5StickC@202fddd `src/AXP192.cpp`; RS: crate `axp192` 0.2.0.
//! Grade: datasheet as M5 or RS use it; what rests on DS alone was written without the sheet at hand: `assumed`.

pub const ADDRESS: u8 = 0x34;

// Register addresses. (DS, M5, RS)
pub const POWER_STATUS: u8 = 0x00;
pub const CHARGE_STATUS: u8 = 0x01;
/// 0x06..=0x0B: six bytes that survive as long as the chip is powered.
pub const STORAGE: u8 = 0x06;
pub const STORAGE_BYTES: usize = 6;
/// EXTEN (bit 2) and DCDC2 (bit 0), an older window on 0x12.
pub const EXTEN_DCDC2: u8 = 0x10;
pub const OUTPUTS: u8 = 0x12;
pub const DCDC2_VOLTAGE: u8 = 0x23;
pub const DCDC1_VOLTAGE: u8 = 0x26;
pub const DCDC3_VOLTAGE: u8 = 0x27;
pub const LDO23_VOLTAGE: u8 = 0x28;
pub const VBUS_PATH: u8 = 0x30;
pub const VOFF: u8 = 0x31;
pub const POWER_OFF: u8 = 0x32;
pub const CHARGE_1: u8 = 0x33;
pub const CHARGE_2: u8 = 0x34;
pub const BACKUP_CHARGE: u8 = 0x35;
pub const POWER_KEY: u8 = 0x36;
pub const DCDC_FREQUENCY: u8 = 0x37;
/// Battery-temperature thresholds of charging and discharging.
pub const CHARGE_LOW_TEMPERATURE: u8 = 0x38;
pub const CHARGE_HIGH_TEMPERATURE: u8 = 0x39;
pub const IRQ_ENABLE_1: u8 = 0x40;
pub const IRQ_ENABLE_2: u8 = 0x41;
pub const IRQ_ENABLE_3: u8 = 0x42;
pub const IRQ_ENABLE_4: u8 = 0x43;
/// Flags of 0x44..=0x47 and 0x4D are cleared by writing 1.
pub const IRQ_STATUS_1: u8 = 0x44;
pub const IRQ_STATUS_2: u8 = 0x45;
pub const IRQ_STATUS_3: u8 = 0x46;
pub const IRQ_STATUS_4: u8 = 0x47;
pub const IRQ_ENABLE_5: u8 = 0x4A;
pub const IRQ_STATUS_5: u8 = 0x4D;
pub const ACIN_VOLTAGE: u8 = 0x56;
pub const ACIN_CURRENT: u8 = 0x58;
pub const VBUS_VOLTAGE: u8 = 0x5A;
pub const VBUS_CURRENT: u8 = 0x5C;
pub const TEMPERATURE: u8 = 0x5E;
pub const BATTERY_POWER: u8 = 0x70;
pub const BATTERY_VOLTAGE: u8 = 0x78;
pub const CHARGE_CURRENT: u8 = 0x7A;
pub const DISCHARGE_CURRENT: u8 = 0x7C;
pub const APS_VOLTAGE: u8 = 0x7E;
pub const ADC_ENABLE_1: u8 = 0x82;
pub const ADC_ENABLE_2: u8 = 0x83;
pub const ADC_RATE: u8 = 0x84;
pub const GPIO0_FUNCTION: u8 = 0x90;
pub const LDOIO0_VOLTAGE: u8 = 0x91;
pub const GPIO1_FUNCTION: u8 = 0x92;
pub const GPIO2_FUNCTION: u8 = 0x93;
pub const GPIO_LEVEL: u8 = 0x94;
pub const GPIO34_FUNCTION: u8 = 0x95;
pub const GPIO34_LEVEL: u8 = 0x96;
pub const COULOMB_IN: u8 = 0xB0;
pub const COULOMB_OUT: u8 = 0xB4;
pub const COULOMB_CONTROL: u8 = 0xB8;

pub mod power_status {
    pub const ACIN_PRESENT: u8 = 1 << 7;
    pub const ACIN_USABLE: u8 = 1 << 6;
    pub const VBUS_PRESENT: u8 = 1 << 5;
    pub const VBUS_USABLE: u8 = 1 << 4;
    /// Current flows into the battery.
    pub const CHARGING: u8 = 1 << 2;
}

pub mod charge_status {
    pub const OVER_TEMPERATURE: u8 = 1 << 7;
    pub const CHARGING: u8 = 1 << 6;
    pub const BATTERY_PRESENT: u8 = 1 << 5;
}

/// Bits of [`OUTPUTS`].
pub mod outputs {
    pub const EXTEN: u8 = 1 << 6;
    pub const DCDC2: u8 = 1 << 4;
    pub const LDO3: u8 = 1 << 3;
    pub const LDO2: u8 = 1 << 2;
    pub const DCDC3: u8 = 1 << 1;
    pub const DCDC1: u8 = 1 << 0;
    pub const ALL: u8 = EXTEN | DCDC2 | LDO3 | LDO2 | DCDC3 | DCDC1;
}

pub mod vbus_path {
    /// Do not hold VBUS above VHOLD (no input limit by voltage). (M5) "Disable vbus hold limit"
    pub const NO_HOLD: u8 = 1 << 7;
}

pub mod voff {
    /// A short press of the power key wakes the outputs again. (M5)
    pub const WAKE_BY_KEY: u8 = 1 << 3;
    /// 2.6 V + 0.1 V per step.
    pub const LEVEL_MASK: u8 = 0b111;
    pub const BASE_MV: u16 = 2_600;
    pub const STEP_MV: u16 = 100;
}

pub mod power_off {
    pub const OFF: u8 = 1 << 7;
    pub const BATTERY_DETECTION: u8 = 1 << 6;
}

pub mod charge_1 {
    pub const ENABLE: u8 = 1 << 7;
    /// 4.1, 4.15, 4.2, 4.36 V.
    pub const TARGET_SHIFT: u8 = 5;
    pub const TARGET_MASK: u8 = 0b11 << TARGET_SHIFT;
    pub const TARGET_MV: [u16; 4] = [4_100, 4_150, 4_200, 4_360];
    /// Charging ends at 15 % of the set current (0: 10 %).
    pub const END_AT_15_PERCENT: u8 = 1 << 4;
    pub const CURRENT_MASK: u8 = 0b1111;
    /// By code, in mA: 100, 190, 280, 360, 450, 550, 630, 700, 780, 880, 960, 1000, 1080, 1160, 1240, 1320. (DS)
    pub const CURRENT_MA: [u16; 16] =
        [100, 190, 280, 360, 450, 550, 630, 700, 780, 880, 960, 1_000, 1_080, 1_160, 1_240, 1_320];
}

/// [`IRQ_ENABLE_3`] and [`IRQ_STATUS_3`].
pub mod irq_3 {
    pub const KEY_SHORT: u8 = 1 << 1;
    pub const KEY_LONG: u8 = 1 << 0;
}

/// Bits of [`ADC_ENABLE_1`].
pub mod adc_enable_1 {
    pub const BATTERY_VOLTAGE: u8 = 1 << 7;
    pub const BATTERY_CURRENT: u8 = 1 << 6;
    pub const ACIN_VOLTAGE: u8 = 1 << 5;
    pub const ACIN_CURRENT: u8 = 1 << 4;
    pub const VBUS_VOLTAGE: u8 = 1 << 3;
    pub const VBUS_CURRENT: u8 = 1 << 2;
    pub const APS_VOLTAGE: u8 = 1 << 1;
    pub const TS_PIN: u8 = 1 << 0;
}

pub mod adc_rate {
    pub const RATE_SHIFT: u8 = 6;
    /// 25 Hz times 2 to the code: 25, 50, 100, 200.
    pub const BASE_HZ: u32 = 25;
}

pub mod gpio0_function {
    pub const MASK: u8 = 0b111;
    pub const OPEN_DRAIN: u8 = 0b000;
    pub const INPUT: u8 = 0b001;
    /// Low-noise regulator LDOIO0.
    pub const LDO: u8 = 0b010;
    pub const ADC: u8 = 0b100;
    pub const LOW: u8 = 0b101;
    pub const FLOATING: u8 = 0b111;
}

pub mod ldoio0_voltage {
    /// 1.8 V + 0.1 V per step, in the high nibble.
    pub const SHIFT: u8 = 4;
}

pub mod coulomb_control {
    pub const ENABLE: u8 = 1 << 7;
    pub const SUSPEND: u8 = 1 << 6;
    /// Clears both counters, then itself.
    pub const CLEAR: u8 = 1 << 5;
}

/// LDO2 (high nibble), LDO3 (low nibble) and LDOIO0: 1.8 V + 0.1 V per step. (DS, M5, RS)
pub const LDO_BASE_MV: u16 = 1_800;
pub const LDO_STEP_MV: u16 = 100;
/// DCDC1 and DCDC3: 0.7 V + 25 mV per step. (RS)
pub const DCDC_BASE_MV: u16 = 700;
pub const DCDC_STEP_MV: u16 = 25;

// ADC steps. Voltages and input currents: 12 bits, high 8 then low 4. Battery currents: 13 bits, high 8 then low 5. (M5, RS)
pub const BATTERY_UV_PER_LSB: u32 = 1_100;
pub const BATTERY_CURRENT_UA_PER_LSB: u32 = 500;
pub const ACIN_UV_PER_LSB: u32 = 1_700;
pub const ACIN_UA_PER_LSB: u32 = 625;
pub const VBUS_UV_PER_LSB: u32 = 1_700;
pub const VBUS_UA_PER_LSB: u32 = 375;
pub const APS_UV_PER_LSB: u32 = 1_400;
/// 0.1 degrees Celsius per step, from -144.7.
pub const TEMPERATURE_OFFSET_DECI_C: i16 = -1_447;

/// A coulomb count is this many microamperes times one ADC period:
/// charge in mAh = 65536 * 0.5 mA * (in - out) / 3600 / ADC rate. (M5)
pub const COULOMB_UA_PER_COUNT: u64 = 65_536 * 500;

/// Power-key times set by [`POWER_KEY`] = 0x0C. (M5) "128ms power on, 4s power off"; a long press
/// (bits 5:4 = 00) is 1 s (crate axp192, `KeyMode`).
pub const KEY_ON_MS: u32 = 128;
pub const KEY_LONG_MS: u32 = 1_000;
pub const KEY_OFF_MS: u32 = 4_000;

/// Registers after power-on, as far as the M5StickC depends on them. Outputs: DCDC1 and the always-on LDO1 feed the CPU
/// before any software runs; which others the part's factory setting switches on differs from order to order, so
/// "DCDC1 alone" is assumed, and so is every other value here.
pub const RESET_VALUES: [(u8, u8); 10] = [
    (OUTPUTS, outputs::DCDC1),
    (DCDC1_VOLTAGE, 0x68),                      // 3.3 V (derived: the ESP32's supply)
    (LDO23_VOLTAGE, 0xCF),                      // assumed
    (VBUS_PATH, 0x60),                          // (DS)
    (VOFF, 0x03),                               // (DS) 2.9 V
    (POWER_OFF, 0x46),                          // (DS)
    (CHARGE_1, 0xC8),                           // (DS), the current's code is a factory setting: assumed
    (ADC_ENABLE_1, 0x83),                       // (DS)
    (ADC_RATE, 0x32),                           // (DS) 25 Hz
    (GPIO0_FUNCTION, gpio0_function::FLOATING), // (DS)
];
