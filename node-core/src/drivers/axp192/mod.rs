//! AXP192: rails, backlight, battery gauge, power key.
//!
//! Must not know what hangs on a rail: that is a fact of the board. The start-up values are those of the M5StickC's vendor.

pub mod regs;

use embedded_hal_async::i2c::I2c;
use regs::{
    adc_rate, coulomb_control, gpio0_function, irq_3, ldoio0_voltage, outputs, power_off, power_status, voff,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The bus failed at this register.
    Bus { register: u8, error: E },
}

/// A switched output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    Dcdc1,
    Dcdc2,
    Dcdc3,
    Ldo2,
    Ldo3,
    /// A GPIO pin that can be a regulator.
    LdoIo0,
    Exten,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Battery {
    pub millivolts: u16,
    /// Positive while it is charged.
    pub microamps: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vbus {
    pub millivolts: u16,
    pub microamps: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PowerStatus {
    pub vbus_present: bool,
    pub charging: bool,
}

/// Raw counters; [`Charge::microamp_hours`] is the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Charge {
    pub counts_in: u32,
    pub counts_out: u32,
    pub adc_hz: u32,
}

impl Charge {
    /// Net charge into the battery since the counters were cleared.
    pub const fn microamp_hours(&self) -> i64 {
        let net = self.counts_in as i64 - self.counts_out as i64;
        net * regs::COULOMB_UA_PER_COUNT as i64 / (3_600 * self.adc_hz as i64)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyPresses {
    pub short: bool,
    pub long: bool,
}

pub struct Axp192<I2C> {
    i2c: I2C,
    address: u8,
}

impl<I2C: I2c> Axp192<I2C> {
    pub const fn new(i2c: I2C, address: u8) -> Self {
        Self { i2c, address }
    }
    pub fn release(self) -> I2C {
        self.i2c
    }

    /// What the vendor's library writes on an M5StickC, in its order: LCD and backlight at 3.0 V, ADCs at 200 Hz, charging to
    /// 4.2 V with 100 mA, outputs on, 128 ms / 4 s power key, microphone at 2.8 V, off below 3.0 V.
    /// (m5stack/M5StickC@202fddd `src/AXP192.cpp`, `begin`.)
    pub async fn init(&mut self) -> Result<(), Error<I2C::Error>> {
        self.write(regs::LDO23_VOLTAGE, 0xCC).await?;
        self.write(regs::ADC_RATE, 0xF2).await?;
        self.write(regs::ADC_ENABLE_1, 0xFF).await?;
        self.write(regs::CHARGE_1, 0xC0).await?;
        let on = outputs::EXTEN | outputs::LDO3 | outputs::LDO2 | outputs::DCDC1;
        self.modify(regs::OUTPUTS, outputs::DCDC2, on).await?;
        self.write(regs::POWER_KEY, 0x0C).await?;
        self.write(regs::LDOIO0_VOLTAGE, 0xA0).await?;
        self.write(regs::GPIO0_FUNCTION, gpio0_function::LDO).await?;
        self.write(regs::VBUS_PATH, regs::vbus_path::NO_HOLD).await?;
        self.write(regs::CHARGE_HIGH_TEMPERATURE, 0xFC).await?;
        self.write(regs::BACKUP_CHARGE, 0xA2).await?;
        self.write(regs::POWER_OFF, 0x46).await?;
        self.modify(regs::VOFF, voff::LEVEL_MASK, 1 << 2).await
    }

    pub async fn set_output(&mut self, output: Output, on: bool) -> Result<(), Error<I2C::Error>> {
        let bit = match output {
            Output::Dcdc1 => outputs::DCDC1,
            Output::Dcdc2 => outputs::DCDC2,
            Output::Dcdc3 => outputs::DCDC3,
            Output::Ldo2 => outputs::LDO2,
            Output::Ldo3 => outputs::LDO3,
            Output::Exten => outputs::EXTEN,
            Output::LdoIo0 => {
                let function = if on { gpio0_function::LDO } else { gpio0_function::FLOATING };
                return self.modify(regs::GPIO0_FUNCTION, gpio0_function::MASK, function).await;
            }
        };
        self.modify(regs::OUTPUTS, bit, if on { bit } else { 0 }).await
    }

    pub async fn output(&mut self, output: Output) -> Result<bool, Error<I2C::Error>> {
        let (register, mask, on) = match output {
            Output::Dcdc1 => (regs::OUTPUTS, outputs::DCDC1, outputs::DCDC1),
            Output::Dcdc2 => (regs::OUTPUTS, outputs::DCDC2, outputs::DCDC2),
            Output::Dcdc3 => (regs::OUTPUTS, outputs::DCDC3, outputs::DCDC3),
            Output::Ldo2 => (regs::OUTPUTS, outputs::LDO2, outputs::LDO2),
            Output::Ldo3 => (regs::OUTPUTS, outputs::LDO3, outputs::LDO3),
            Output::Exten => (regs::OUTPUTS, outputs::EXTEN, outputs::EXTEN),
            Output::LdoIo0 => (regs::GPIO0_FUNCTION, gpio0_function::MASK, gpio0_function::LDO),
        };
        Ok(self.read(register).await? & mask == on)
    }

    /// Backlight voltage (LDO2), 1800 to 3300 mV in steps of 100, rounded down.
    pub async fn set_backlight_millivolts(&mut self, millivolts: u16) -> Result<(), Error<I2C::Error>> {
        self.modify(regs::LDO23_VOLTAGE, 0xF0, ldo_steps(millivolts) << 4).await
    }

    /// Backlight from 0 to 100, as the vendor's library maps it: 2.5 to 3.2 V. Off is [`Self::set_output`] of LDO2.
    pub async fn set_brightness(&mut self, percent: u8) -> Result<(), Error<I2C::Error>> {
        let percent = u16::from(percent.min(100));
        self.set_backlight_millivolts(2_500 + 7 * percent).await
    }

    /// Voltage of LDO3 (on the M5StickC: the LCD), 1800 to 3300 mV, rounded down to 100.
    pub async fn set_ldo3_millivolts(&mut self, millivolts: u16) -> Result<(), Error<I2C::Error>> {
        self.modify(regs::LDO23_VOLTAGE, 0x0F, ldo_steps(millivolts)).await
    }

    /// Voltage of LDOIO0 (on the M5StickC: the microphone), 1800 to 3300 mV, rounded down to 100.
    pub async fn set_ldoio0_millivolts(&mut self, millivolts: u16) -> Result<(), Error<I2C::Error>> {
        self.write(regs::LDOIO0_VOLTAGE, ldo_steps(millivolts) << ldoio0_voltage::SHIFT).await
    }

    /// Voltage and currents in one transaction.
    pub async fn battery(&mut self) -> Result<Battery, Error<I2C::Error>> {
        let mut raw = [0; 6];
        self.read_bytes(regs::BATTERY_VOLTAGE, &mut raw).await?;
        let [v_high, v_low, in_high, in_low, out_high, out_low] = raw;
        let net = bits_13(in_high, in_low) as i32 - bits_13(out_high, out_low) as i32;
        Ok(Battery {
            millivolts: millivolts(bits_12(v_high, v_low), regs::BATTERY_UV_PER_LSB),
            microamps: net * regs::BATTERY_CURRENT_UA_PER_LSB as i32,
        })
    }

    pub async fn vbus(&mut self) -> Result<Vbus, Error<I2C::Error>> {
        let mut raw = [0; 4];
        self.read_bytes(regs::VBUS_VOLTAGE, &mut raw).await?;
        let [v_high, v_low, i_high, i_low] = raw;
        Ok(Vbus {
            millivolts: millivolts(bits_12(v_high, v_low), regs::VBUS_UV_PER_LSB),
            microamps: bits_12(i_high, i_low) * regs::VBUS_UA_PER_LSB,
        })
    }

    /// Tenths of a degree Celsius of the die.
    pub async fn temperature_deci_celsius(&mut self) -> Result<i16, Error<I2C::Error>> {
        let mut raw = [0; 2];
        self.read_bytes(regs::TEMPERATURE, &mut raw).await?;
        Ok(bits_12(raw[0], raw[1]) as i16 + regs::TEMPERATURE_OFFSET_DECI_C)
    }

    pub async fn status(&mut self) -> Result<PowerStatus, Error<I2C::Error>> {
        let status = self.read(regs::POWER_STATUS).await?;
        Ok(PowerStatus {
            vbus_present: status & power_status::VBUS_PRESENT != 0,
            charging: status & power_status::CHARGING != 0,
        })
    }

    /// Clears the coulomb counters and lets them count.
    pub async fn start_coulomb_counter(&mut self) -> Result<(), Error<I2C::Error>> {
        self.write(regs::COULOMB_CONTROL, coulomb_control::ENABLE | coulomb_control::CLEAR).await
    }
    /// Holds the counters where they are.
    pub async fn suspend_coulomb_counter(&mut self) -> Result<(), Error<I2C::Error>> {
        self.write(regs::COULOMB_CONTROL, coulomb_control::ENABLE | coulomb_control::SUSPEND).await
    }
    /// The counters, and the ADC rate that says what a count is worth (asked of the chip: it depends on who set it).
    pub async fn charge(&mut self) -> Result<Charge, Error<I2C::Error>> {
        let rate = self.read(regs::ADC_RATE).await?;
        let mut raw = [0; 8];
        self.read_bytes(regs::COULOMB_IN, &mut raw).await?;
        let [a, b, c, d, e, f, g, h] = raw;
        Ok(Charge {
            counts_in: u32::from_be_bytes([a, b, c, d]),
            counts_out: u32::from_be_bytes([e, f, g, h]),
            adc_hz: adc_rate::BASE_HZ << (rate >> adc_rate::RATE_SHIFT),
        })
    }

    /// Presses of the power key since the last call.
    pub async fn power_key(&mut self) -> Result<KeyPresses, Error<I2C::Error>> {
        let seen = self.read(regs::IRQ_STATUS_3).await? & (irq_3::KEY_SHORT | irq_3::KEY_LONG);
        if seen != 0 {
            // Only what was seen: a press that comes in between is kept for the next call.
            self.write(regs::IRQ_STATUS_3, seen).await?;
        }
        Ok(KeyPresses { short: seen & irq_3::KEY_SHORT != 0, long: seen & irq_3::KEY_LONG != 0 })
    }

    /// Everything off but the clock chip's supply. On a real board this call does not come back.
    pub async fn power_off(&mut self) -> Result<(), Error<I2C::Error>> {
        self.modify(regs::POWER_OFF, 0, power_off::OFF).await
    }

    /// The vendor's sleep: wake by the power key, microphone's regulator floating, ADCs off, all outputs but DCDC1 off.
    /// [`Self::init`] undoes it.
    pub async fn sleep(&mut self) -> Result<(), Error<I2C::Error>> {
        self.modify(regs::VOFF, 0, voff::WAKE_BY_KEY).await?;
        self.modify(regs::GPIO0_FUNCTION, gpio0_function::MASK, gpio0_function::FLOATING).await?;
        self.write(regs::ADC_ENABLE_1, 0).await?;
        self.modify(regs::OUTPUTS, outputs::ALL & !outputs::DCDC1, 0).await
    }

    /// Clears, then sets; other bits stay.
    async fn modify(&mut self, register: u8, clear: u8, set: u8) -> Result<(), Error<I2C::Error>> {
        let value = self.read(register).await?;
        self.write(register, value & !clear | set).await
    }
    async fn read(&mut self, register: u8) -> Result<u8, Error<I2C::Error>> {
        let mut value = [0];
        self.read_bytes(register, &mut value).await?;
        Ok(value[0])
    }
    async fn read_bytes(&mut self, register: u8, into: &mut [u8]) -> Result<(), Error<I2C::Error>> {
        let read = self.i2c.write_read(self.address, &[register], into).await;
        read.map_err(|error| Error::Bus { register, error })
    }
    async fn write(&mut self, register: u8, value: u8) -> Result<(), Error<I2C::Error>> {
        let written = self.i2c.write(self.address, &[register, value]).await;
        written.map_err(|error| Error::Bus { register, error })
    }
}

const fn bits_12(high: u8, low: u8) -> u32 {
    (high as u32) << 4 | (low as u32 & 0x0F)
}
const fn bits_13(high: u8, low: u8) -> u32 {
    (high as u32) << 5 | (low as u32 & 0x1F)
}
/// 12 bits of at most 1.7 mV fit.
const fn millivolts(raw: u32, microvolts_per_lsb: u32) -> u16 {
    (raw * microvolts_per_lsb / 1_000) as u16
}
fn ldo_steps(millivolts: u16) -> u8 {
    (millivolts.saturating_sub(regs::LDO_BASE_MV) / regs::LDO_STEP_MV).min(15) as u8
}

#[cfg(test)]
mod tests;
