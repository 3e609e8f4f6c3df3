//! AS7265x: reflected or ambient light in 18 bands from 410 to 940 nm, with a lamp for each die.
//!
//! Must not know what the bands mean to anyone: it hands out counts, or what the chip's own calibration makes of them. Bands
//! are always in order of wavelength ([`CENTRES_NM`]), whatever die they are on.
//!
//! The chip has three registers; everything else is behind them, byte for byte, each with a handshake. A reading of all bands
//! is about 150 transactions: at 100 kHz they take about 60 ms, on top of the integration.

pub mod regs;

use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::i2c::I2c;
use regs::{config, device_select, led_config, status};

pub const BANDS: usize = regs::CHANNELS;

/// Centres of the bands, nm, as all readings are ordered.
pub const CENTRES_NM: [u16; BANDS] = {
    let mut centres = [0; BANDS];
    let mut band = 0;
    while band < BANDS {
        let (die, channel) = PLACES[band];
        centres[band] = regs::CENTRE_NM[die as usize][channel as usize];
        band += 1;
    }
    centres
};

/// Die and channel of each band.
const PLACES: [(u8, u8); BANDS] = [
    (2, 0),
    (2, 1),
    (2, 2),
    (2, 3),
    (2, 4),
    (2, 5),
    (1, 0),
    (1, 1),
    (0, 0),
    (1, 2),
    (0, 1),
    (1, 3),
    (0, 2),
    (0, 3),
    (0, 4),
    (0, 5),
    (1, 4),
    (1, 5),
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Gain {
    X1 = 0,
    X3_7 = 1,
    #[default]
    X16 = 2,
    X64 = 3,
}

/// Through each lamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LampCurrent {
    #[default]
    Ma12_5 = 0,
    Ma25 = 1,
    Ma50 = 2,
    Ma100 = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    pub gain: Gain,
    /// Steps of 2.8 ms, 1 to 256. Counts end at 1024 a step, and at 65535.
    pub integration_steps: u16,
    pub current: LampCurrent,
}

impl Default for Config {
    /// 140 ms, as the vendor's library has it.
    fn default() -> Self {
        Self { gain: Gain::X16, integration_steps: 50, current: LampCurrent::Ma12_5 }
    }
}

impl Config {
    const fn steps(&self) -> u32 {
        match self.integration_steps {
            0 => 1,
            256.. => 256,
            steps => steps as u32,
        }
    }
    /// From the start of a measurement to its data.
    pub const fn measurement_us(&self) -> u32 {
        self.steps() * regs::INTEGRATION_STEP_US * regs::INTEGRATIONS_OF_SIX
    }
    /// Counts above which a band may be at its end.
    pub const fn full_scale(&self) -> u16 {
        let steps = self.steps();
        if steps >= 64 { u16::MAX } else { (1_024 * steps - 1) as u16 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The bus failed at this one of the chip's three registers.
    Bus {
        register: u8,
        error: E,
    },
    /// The handshake with the chip's firmware did not go on, at this virtual register.
    NoAnswer {
        register: u8,
    },
    WrongIdentity {
        found: u8,
    },
    /// The second or the third die does not answer the first.
    DieMissing {
        select: u8,
    },
    /// A measurement took half as long again as it should.
    NotReady,
}

/// How often it looks whether the chip's firmware has taken or given a byte, and how often before it gives up.
const POLL_US: u32 = 500;
const POLLS: u32 = 100;

pub struct As7265x<I2C> {
    i2c: I2C,
    address: u8,
    config: Config,
    /// A write whose address the chip has and whose data it waits for: a call failed or was dropped in between.
    unfinished: Option<u8>,
}

impl<I2C: I2c> As7265x<I2C> {
    pub const fn new(i2c: I2C, address: u8, config: Config) -> Self {
        Self { i2c, address, config, unfinished: None }
    }
    pub fn release(self) -> I2C {
        self.i2c
    }
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Waits until the chip has started, asks what it is, and sets gain, integration time and lamps (off).
    pub async fn init(&mut self, delay: &mut impl DelayNs) -> Result<(), Error<I2C::Error>> {
        delay.delay_ms(regs::START_UP_MS).await;
        let found = self.read(regs::HW_VERSION_HIGH, delay).await?;
        if found != regs::DEVICE_TYPE {
            return Err(Error::WrongIdentity { found });
        }
        let select = self.read(regs::DEVICE_SELECT, delay).await?;
        if select & device_select::PRESENT != device_select::PRESENT {
            return Err(Error::DieMissing { select });
        }
        self.write(regs::INTEGRATION, (self.config.steps() - 1) as u8, delay).await?;
        self.lamps(false, delay).await
    }

    /// All three lamps.
    pub async fn lamps(&mut self, on: bool, delay: &mut impl DelayNs) -> Result<(), Error<I2C::Error>> {
        let lamp = if on { led_config::BULB } else { 0 };
        let value = (self.config.current as u8) << led_config::BULB_CURRENT_SHIFT | lamp;
        for die in 0..regs::DIES as u8 {
            self.write(regs::DEVICE_SELECT, die, delay).await?;
            self.write(regs::LED_CONFIG, value, delay).await?;
        }
        Ok(())
    }

    /// Measures all bands once; [`Self::counts`] or [`Self::irradiances`] read them.
    pub async fn measure(&mut self, delay: &mut impl DelayNs) -> Result<(), Error<I2C::Error>> {
        let gain = (self.config.gain as u8) << config::GAIN_SHIFT;
        let one_shot = config::MODE_ONE_SHOT << config::MODE_SHIFT;
        self.write(regs::CONFIG, gain | one_shot, delay).await?;
        let us = self.config.measurement_us();
        delay.delay_us(us).await;
        // Its clock is its own: half as long again, in eighths.
        for _ in 0..4 {
            if self.read(regs::CONFIG, delay).await? & config::DATA_READY != 0 {
                return Ok(());
            }
            delay.delay_us(us / 8).await;
        }
        Err(Error::NotReady)
    }

    /// The last measurement, as the converters counted.
    pub async fn counts(&mut self, delay: &mut impl DelayNs) -> Result<[u16; BANDS], Error<I2C::Error>> {
        let mut bytes = [[0; 2]; BANDS];
        self.bands(regs::RAW, &mut bytes, delay).await?;
        Ok(bytes.map(u16::from_be_bytes))
    }

    /// The last measurement in µW/cm², by the chip's factory calibration.
    pub async fn irradiances(&mut self, delay: &mut impl DelayNs) -> Result<[f32; BANDS], Error<I2C::Error>> {
        let mut bytes = [[0; 4]; BANDS];
        self.bands(regs::CALIBRATED, &mut bytes, delay).await?;
        Ok(bytes.map(f32::from_be_bytes))
    }

    /// Whole degrees Celsius of a die, 0 to 2.
    pub async fn celsius(&mut self, die: u8, delay: &mut impl DelayNs) -> Result<i8, Error<I2C::Error>> {
        self.write(regs::DEVICE_SELECT, die & device_select::MASK, delay).await?;
        self.read(regs::TEMPERATURE, delay).await.map(|value| value as i8)
    }

    /// Die by die, so that each is selected once.
    async fn bands<const N: usize>(
        &mut self,
        from: u8,
        into: &mut [[u8; N]; BANDS],
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<I2C::Error>> {
        for die in 0..regs::DIES as u8 {
            self.write(regs::DEVICE_SELECT, die, delay).await?;
            for (band, (_, channel)) in PLACES
                .iter()
                .enumerate()
                .filter(|(_, (of, _))| *of == die)
                .map(|(band, place)| (band, *place))
            {
                for (at, byte) in into[band].iter_mut().enumerate() {
                    *byte = self.read(from + channel * N as u8 + at as u8, delay).await?;
                }
            }
        }
        Ok(())
    }

    // ---- virtual registers ----

    async fn read(&mut self, register: u8, delay: &mut impl DelayNs) -> Result<u8, Error<I2C::Error>> {
        self.finish(register, delay).await?;
        // Left over from a read that was given up.
        if self.get(regs::STATUS).await? & status::RX_VALID != 0 {
            self.get(regs::READ).await?;
        }
        self.wait(status::TX_VALID, 0, register, delay).await?;
        self.put(register).await?;
        self.wait(status::RX_VALID, status::RX_VALID, register, delay).await?;
        self.get(regs::READ).await
    }

    async fn write(
        &mut self,
        register: u8,
        value: u8,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<I2C::Error>> {
        self.finish(register, delay).await?;
        self.wait(status::TX_VALID, 0, register, delay).await?;
        self.put(register | regs::WRITE_FLAG).await?;
        self.unfinished = Some(value);
        self.finish(register, delay).await
    }

    /// Whatever byte came next, the chip would take it for the data of a write that was begun.
    async fn finish(&mut self, register: u8, delay: &mut impl DelayNs) -> Result<(), Error<I2C::Error>> {
        if let Some(value) = self.unfinished {
            self.wait(status::TX_VALID, 0, register, delay).await?;
            self.put(value).await?;
            self.unfinished = None;
        }
        Ok(())
    }

    /// Until the bits of STATUS are as wanted.
    async fn wait(
        &mut self,
        bits: u8,
        wanted: u8,
        register: u8,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<I2C::Error>> {
        for _ in 0..POLLS {
            if self.get(regs::STATUS).await? & bits == wanted {
                return Ok(());
            }
            delay.delay_us(POLL_US).await;
        }
        Err(Error::NoAnswer { register })
    }

    async fn get(&mut self, register: u8) -> Result<u8, Error<I2C::Error>> {
        let mut byte = [0];
        let read = self.i2c.write_read(self.address, &[register], &mut byte).await;
        read.map(|()| byte[0]).map_err(|error| Error::Bus { register, error })
    }
    async fn put(&mut self, byte: u8) -> Result<(), Error<I2C::Error>> {
        let written = self.i2c.write(self.address, &[regs::WRITE, byte]).await;
        written.map_err(|error| Error::Bus { register: regs::WRITE, error })
    }
}

#[cfg(test)]
mod tests;
