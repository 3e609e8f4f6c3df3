//! BM8563, real-time clock (register-compatible with NXP's PCF8563): registers, fields, times. Facts only.
//!
//! Sources: NXP: PCF8563 product data sheet rev. 11; BM: Belling BM8563 data sheet (as in docs.rs `pcf8563-dd`);
//! LX: Linux `drivers/rtc/rtc-pcf8563.c`; M5: m5stack/M5StickC@202fddd `src/RTC.cpp`;
//! RS: crate `pcf8563` 0.2.1. Grade: datasheet as LX, M5 or RS use it; single lines say otherwise.

pub const ADDRESS: u8 = 0x51;

pub const CONTROL_1: u8 = 0x00;
pub const CONTROL_2: u8 = 0x01;
/// Time, BCD: 0x02..=0x08. Read or write all seven at once: the chip holds its carry for the transaction (1 s at most).
pub const SECONDS: u8 = 0x02;
pub const MINUTES: u8 = 0x03;
pub const HOURS: u8 = 0x04;
pub const DAYS: u8 = 0x05;
pub const WEEKDAYS: u8 = 0x06;
pub const MONTHS: u8 = 0x07;
pub const YEARS: u8 = 0x08;
/// Alarm, BCD: 0x09..=0x0C.
pub const MINUTE_ALARM: u8 = 0x09;
pub const HOUR_ALARM: u8 = 0x0A;
pub const DAY_ALARM: u8 = 0x0B;
pub const WEEKDAY_ALARM: u8 = 0x0C;
pub const CLKOUT_CONTROL: u8 = 0x0D;
pub const TIMER_CONTROL: u8 = 0x0E;
pub const TIMER: u8 = 0x0F;
/// The address wraps to 0 after this many registers.
pub const REGISTER_COUNT: u8 = 16;

pub mod control_1 {
    pub const TEST1: u8 = 1 << 7;
    /// The clock stands still.
    pub const STOP: u8 = 1 << 5;
    pub const TESTC: u8 = 1 << 3;
}

/// A flag (AF, TF) is cleared by writing 0 and left alone by writing 1.
pub mod control_2 {
    /// The timer's interrupt is a pulse.
    pub const TI_TP: u8 = 1 << 4;
    pub const AF: u8 = 1 << 3;
    pub const TF: u8 = 1 << 2;
    pub const AIE: u8 = 1 << 1;
    pub const TIE: u8 = 1 << 0;
}

/// In SECONDS: supply was too low, the time is not to be trusted. Cleared by writing the register.
pub const VOLTAGE_LOW: u8 = 1 << 7;
/// In MONTHS: 1 is 19xx, 0 is 20xx (as M5 uses it; toggles when the years roll over).
pub const CENTURY: u8 = 1 << 7;
pub const SECONDS_MASK: u8 = 0x7F;
pub const MINUTES_MASK: u8 = 0x7F;
pub const HOURS_MASK: u8 = 0x3F;
pub const DAYS_MASK: u8 = 0x3F;
pub const WEEKDAYS_MASK: u8 = 0x07;
pub const MONTHS_MASK: u8 = 0x1F;

/// In each alarm register: 1 takes the field *out* of the comparison.
pub const ALARM_DISABLED: u8 = 1 << 7;

pub mod clkout_control {
    pub const ENABLE: u8 = 1 << 7;
    pub const FREQUENCY_MASK: u8 = 0b11;
}

pub mod timer_control {
    pub const ENABLE: u8 = 1 << 7;
    pub const CLOCK_MASK: u8 = 0b11;
}

/// Source clock of the countdown timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TimerClock {
    Hz4096 = 0,
    Hz64 = 1,
    Hz1 = 2,
    PerMinute = 3,
}

impl TimerClock {
    pub const fn from_code(code: u8) -> Self {
        match code & timer_control::CLOCK_MASK {
            0 => Self::Hz4096,
            1 => Self::Hz64,
            2 => Self::Hz1,
            _ => Self::PerMinute,
        }
    }
    /// Length of one count, in nanoseconds (244,140.625 ns for 4096 Hz: rounded down).
    pub const fn period_ns(self) -> u64 {
        match self {
            Self::Hz4096 => 244_140,
            Self::Hz64 => 15_625_000,
            Self::Hz1 => 1_000_000_000,
            Self::PerMinute => 60_000_000_000,
        }
    }
}

/// After power-on. Assumed: written without NXP's table of reset values at hand; bits that it leaves undefined are zero
/// here. VL is set.
pub const RESET_VALUES: [(u8, u8); 8] = [
    (CONTROL_1, 0x08),
    (SECONDS, VOLTAGE_LOW),
    (MINUTE_ALARM, ALARM_DISABLED),
    (HOUR_ALARM, ALARM_DISABLED),
    (DAY_ALARM, ALARM_DISABLED),
    (WEEKDAY_ALARM, ALARM_DISABLED),
    (CLKOUT_CONTROL, clkout_control::ENABLE),
    (TIMER_CONTROL, 0x03),
];

/// Typical supply current at 3 V, clock output off. (BM)
pub const SUPPLY_NA: u32 = 500;
