//! BM8563: the clock that runs while everything else is off; alarm and countdown timer.
//!
//! Must not know of zones or of the network. A time whose voltage-low flag is set is an error, not a time.

mod datetime;
pub mod regs;

pub use datetime::{DateTime, FIRST_YEAR, LAST_YEAR, Weekday};
pub use regs::TimerClock;

use embedded_hal_async::i2c::I2c;
use regs::{clkout_control, control_1, control_2, timer_control};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The bus failed at this register.
    Bus { register: u8, error: E },
    /// The chip lost its supply since the time was set.
    VoltageLow,
    /// The time registers, from SECONDS on, hold no moment that exists.
    InvalidRegisters { registers: [u8; 7] },
    /// The caller's time or alarm does not exist.
    InvalidInput,
}

/// Fields that are `None` match always. All `None` switches the alarm off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Alarm {
    pub minute: Option<u8>,
    pub hour: Option<u8>,
    pub day: Option<u8>,
    pub weekday: Option<Weekday>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    pub alarm: bool,
    pub timer: bool,
}

pub struct Bm8563<I2C> {
    i2c: I2C,
    address: u8,
}

impl<I2C: I2c> Bm8563<I2C> {
    pub const fn new(i2c: I2C, address: u8) -> Self {
        Self { i2c, address }
    }
    pub fn release(self) -> I2C {
        self.i2c
    }

    /// Lets the clock run and its clock output rest. Time, alarm, timer and their flags stay: they may be why we woke.
    pub async fn init(&mut self) -> Result<(), Error<I2C::Error>> {
        let control = self.read(regs::CONTROL_1).await?;
        let stopped = control_1::TEST1 | control_1::STOP | control_1::TESTC;
        if control & stopped != 0 {
            self.write(&[regs::CONTROL_1, 0]).await?;
        }
        if self.read(regs::CLKOUT_CONTROL).await? & clkout_control::ENABLE != 0 {
            self.write(&[regs::CLKOUT_CONTROL, 0]).await?;
        }
        Ok(())
    }

    pub async fn time(&mut self) -> Result<DateTime, Error<I2C::Error>> {
        let mut registers = [0; 7];
        self.read_bytes(regs::SECONDS, &mut registers).await?;
        if registers[0] & regs::VOLTAGE_LOW != 0 {
            return Err(Error::VoltageLow);
        }
        decode_time(&registers).ok_or(Error::InvalidRegisters { registers })
    }

    /// Sets time and day of the week, and clears the voltage-low flag.
    pub async fn set_time(&mut self, time: &DateTime) -> Result<(), Error<I2C::Error>> {
        if !time.is_valid() {
            return Err(Error::InvalidInput);
        }
        let [s, m, h, d, w, mo, y] = encode_time(time);
        self.write(&[regs::SECONDS, s, m, h, d, w, mo, y]).await
    }

    /// Sets the alarm, clears its flag, and lets it pull the interrupt pin.
    pub async fn set_alarm(&mut self, alarm: &Alarm) -> Result<(), Error<I2C::Error>> {
        let in_range = alarm.minute.is_none_or(|m| m < 60)
            && alarm.hour.is_none_or(|h| h < 24)
            && alarm.day.is_none_or(|d| (1..=31).contains(&d));
        if !in_range {
            return Err(Error::InvalidInput);
        }
        let field = |value: Option<u8>| value.map_or(regs::ALARM_DISABLED, to_bcd);
        let on = *alarm != Alarm::default();
        self.write(&[
            regs::MINUTE_ALARM,
            field(alarm.minute),
            field(alarm.hour),
            field(alarm.day),
            field(alarm.weekday.map(|w| w as u8)),
        ])
        .await?;
        self.modify_control_2(control_2::AIE | control_2::AF, if on { control_2::AIE } else { 0 }).await
    }

    /// Counts `count` periods of `clock` down, again and again; each time the flag is set and the interrupt pin pulled.
    /// Zero stops the timer.
    pub async fn set_timer(&mut self, clock: TimerClock, count: u8) -> Result<(), Error<I2C::Error>> {
        // Stopped first: a running timer would take the new value at its next end only.
        self.write(&[regs::TIMER_CONTROL, clock as u8, count]).await?;
        let on = count != 0;
        self.modify_control_2(control_2::TIE | control_2::TF, if on { control_2::TIE } else { 0 }).await?;
        if on {
            self.write(&[regs::TIMER_CONTROL, timer_control::ENABLE | clock as u8]).await?;
        }
        Ok(())
    }

    pub async fn flags(&mut self) -> Result<Flags, Error<I2C::Error>> {
        let control = self.read(regs::CONTROL_2).await?;
        Ok(Flags { alarm: control & control_2::AF != 0, timer: control & control_2::TF != 0 })
    }

    /// Clears the flags that are named, and lets go of the interrupt pin as far as they pulled it.
    pub async fn clear_flags(&mut self, flags: Flags) -> Result<(), Error<I2C::Error>> {
        let alarm = if flags.alarm { control_2::AF } else { 0 };
        let timer = if flags.timer { control_2::TF } else { 0 };
        self.modify_control_2(alarm | timer, 0).await
    }

    /// A flag is left alone by writing 1: so that one which comes between the read and the write is not lost, flags that are
    /// not to be cleared are always written as 1.
    async fn modify_control_2(&mut self, clear: u8, set: u8) -> Result<(), Error<I2C::Error>> {
        let value = self.read(regs::CONTROL_2).await? | control_2::AF | control_2::TF;
        self.write(&[regs::CONTROL_2, value & !clear | set]).await
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
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error<I2C::Error>> {
        let written = self.i2c.write(self.address, bytes).await;
        written.map_err(|error| Error::Bus { register: bytes[0], error })
    }
}

/// Of 0 to 99.
const fn to_bcd(value: u8) -> u8 {
    ((value / 10) << 4) | (value % 10)
}

/// `None` where a digit is not one.
const fn from_bcd(bcd: u8) -> Option<u8> {
    let (tens, ones) = (bcd >> 4, bcd & 0x0F);
    if tens > 9 || ones > 9 { None } else { Some(tens * 10 + ones) }
}

/// The day of the week follows from the date, so what the chip says of it is not asked. A set century bit means 19xx: not ours.
fn decode_time(registers: &[u8; 7]) -> Option<DateTime> {
    let [second, minute, hour, day, _, month, year] = *registers;
    if month & regs::CENTURY != 0 {
        return None;
    }
    let time = DateTime {
        year: FIRST_YEAR + u16::from(from_bcd(year)?),
        month: from_bcd(month & regs::MONTHS_MASK)?,
        day: from_bcd(day & regs::DAYS_MASK)?,
        hour: from_bcd(hour & regs::HOURS_MASK)?,
        minute: from_bcd(minute & regs::MINUTES_MASK)?,
        second: from_bcd(second & regs::SECONDS_MASK)?,
    };
    time.is_valid().then_some(time)
}

fn encode_time(time: &DateTime) -> [u8; 7] {
    [
        to_bcd(time.second),
        to_bcd(time.minute),
        to_bcd(time.hour),
        to_bcd(time.day),
        time.weekday() as u8,
        to_bcd(time.month),
        to_bcd((time.year - FIRST_YEAR) as u8),
    ]
}

#[cfg(test)]
mod tests;
