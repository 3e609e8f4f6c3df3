//! MPU-6886: accelerometer, gyroscope, thermometer, with a FIFO that lets the CPU come by seldom.
//!
//! Must not know what the samples mean to anyone. It hands out raw counts and says, by [`Mpu6886::scale`], what a count is
//! worth.
//!
//! The FIFO is run in its "stop when full" mode: what a burst reads is then always aligned to whole records, even when
//! the FIFO fills between the reading of its level and the burst; the overflow is found by the next call.

pub mod regs;

pub use regs::{AccelRange, GyroRange};

use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::i2c::I2c;
use regs::{accel_intel_ctrl, config, fifo_en, interrupt, pwr_mgmt_1, pwr_mgmt_2, user_ctrl};

/// Output data rate: 1000 Hz / (1 + divider).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Odr {
    divider: u8,
}

impl Odr {
    pub const fn from_divider(divider: u8) -> Self {
        Self { divider }
    }
    /// `None` unless the chip can make exactly `hz`.
    pub const fn from_hz(hz: u32) -> Option<Self> {
        if hz == 0 || !regs::BASE_RATE_HZ.is_multiple_of(hz) {
            return None;
        }
        let divider = regs::BASE_RATE_HZ / hz - 1;
        if divider > u8::MAX as u32 { None } else { Some(Self { divider: divider as u8 }) }
    }
    pub const fn divider(self) -> u8 {
        self.divider
    }
    pub const fn period_us(self) -> u32 {
        1_000_000 / regs::BASE_RATE_HZ * (1 + self.divider as u32)
    }
}

/// Low-pass filter, by the gyroscope's bandwidth; the accelerometer gets the filter of the same code (218, 99, 45, 21, 10, 5
/// Hz). Only the codes at which the sample-rate divider works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Dlpf {
    Hz176 = 1,
    Hz92 = 2,
    Hz41 = 3,
    Hz20 = 4,
    Hz10 = 5,
    Hz5 = 6,
}

/// What the chip writes into its FIFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FifoContent {
    /// The FIFO is off; both sensors run.
    None,
    /// Accelerometer and temperature; the gyroscope stands by.
    Accel,
    /// Accelerometer, temperature, gyroscope.
    AccelGyro,
}

impl FifoContent {
    pub const fn record_bytes(self) -> usize {
        match self {
            Self::None | Self::AccelGyro => regs::RECORD_ACCEL_GYRO_BYTES,
            Self::Accel => regs::RECORD_ACCEL_BYTES,
        }
    }
    /// Whole records that the full FIFO holds.
    pub const fn capacity(self) -> usize {
        regs::FIFO_BYTES / self.record_bytes()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    pub odr: Odr,
    pub accel: AccelRange,
    pub gyro: GyroRange,
    pub dlpf: Dlpf,
    pub fifo: FifoContent,
}

impl Default for Config {
    /// 100 Hz, +-8 g, +-2000 degrees/s (the vendor's ranges), a filter below half the rate, everything into the FIFO.
    fn default() -> Self {
        Self {
            odr: Odr::from_divider(9),
            accel: AccelRange::G8,
            gyro: GyroRange::Dps2000,
            dlpf: Dlpf::Hz41,
            fifo: FifoContent::AccelGyro,
        }
    }
}

/// What one count is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub g_per_lsb: f32,
    pub dps_per_lsb: f32,
}

/// One measurement, in counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sample {
    pub accel: [i16; 3],
    pub temp: i16,
    /// Zero where the FIFO holds no gyroscope data.
    pub gyro: [i16; 3],
}

impl Sample {
    pub fn celsius(&self) -> f32 {
        celsius(self.temp)
    }
}

fn celsius(raw: i16) -> f32 {
    f32::from(raw) / regs::TEMPERATURE_LSB_PER_C + regs::TEMPERATURE_OFFSET_C
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The bus failed at this register.
    Bus { register: u8, error: E },
    /// Another chip answers at this address.
    WrongIdentity { found: u8 },
    /// The chip did not end its reset.
    ResetTimeout,
    /// The caller's buffer has no room for a single record.
    BufferTooSmall,
    /// [`Config::fifo`] is `None`.
    FifoOff,
}

/// What a FIFO read brought.
#[derive(Clone, Debug)]
pub enum Burst<'b> {
    /// Whole records, oldest first; perhaps none.
    Records(Records<'b>),
    /// Data was lost. The FIFO was emptied and fills from now on.
    Lost(Loss),
}

/// Why FIFO data was lost. All that was taken since the last successful read is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// The FIFO was full and the chip dropped what came then.
    Overflow {
        /// Records it still held, which were discarded too: after them comes a gap.
        held: u16,
    },
    /// An earlier burst ended in the middle (a bus error, a cancelled future): nobody knows where the next record begins.
    Interrupted,
}

impl Sample {
    fn of(record: &[u8]) -> Self {
        let word = |at| i16::from_be_bytes([record[at], record[at + 1]]);
        let gyro = if record.len() == regs::RECORD_ACCEL_GYRO_BYTES {
            [word(8), word(10), word(12)]
        } else {
            [0; 3]
        };
        Self { accel: [word(0), word(2), word(4)], temp: word(6), gyro }
    }
}

/// Typed samples over FIFO bytes. Never a partial one.
#[derive(Clone, Debug)]
pub struct Records<'b> {
    records: core::slice::ChunksExact<'b, u8>,
}

impl<'b> Records<'b> {
    /// `bytes` in the FIFO's format. What does not fill a record at the end is left out.
    pub fn parse(bytes: &'b [u8], content: FifoContent) -> Self {
        Self { records: bytes.chunks_exact(content.record_bytes()) }
    }

    /// The last of what is left.
    pub fn latest(&self) -> Option<Sample> {
        self.records.clone().next_back().map(Sample::of)
    }
}

impl Iterator for Records<'_> {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        self.records.next().map(Sample::of)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.records.size_hint()
    }
}

impl ExactSizeIterator for Records<'_> {}

pub struct Mpu6886<I2C> {
    i2c: I2C,
    address: u8,
    config: Config,
    /// A burst was begun and not ended.
    in_burst: bool,
}

/// Polls of the reset bit, each after [`regs::RESET_MS`]. The whole stays within [`regs::POWER_ON_MAX_MS`].
const RESET_POLLS: u32 = regs::POWER_ON_MAX_MS / regs::RESET_MS;

impl<I2C: I2c> Mpu6886<I2C> {
    pub const fn new(i2c: I2C, address: u8, config: Config) -> Self {
        Self { i2c, address, config, in_burst: false }
    }

    pub fn release(self) -> I2C {
        self.i2c
    }
    pub fn config(&self) -> &Config {
        &self.config
    }
    pub fn scale(&self) -> Scale {
        Scale {
            g_per_lsb: 1.0 / self.config.accel.lsb_per_g(),
            dps_per_lsb: 1.0 / self.config.gyro.lsb_per_dps(),
        }
    }
    /// By the chip's nominal clock; its oscillator may be off by a percent.
    pub fn sample_period_us(&self) -> u32 {
        self.config.odr.period_us()
    }

    /// Identity check, reset, and the configuration. Takes 45 ms or a little more.
    pub async fn init(&mut self, delay: &mut impl DelayNs) -> Result<(), Error<I2C::Error>> {
        let found = self.read_register(regs::WHO_AM_I).await?;
        if found != regs::IDENTITY {
            return Err(Error::WrongIdentity { found });
        }
        self.write(regs::PWR_MGMT_1, pwr_mgmt_1::DEVICE_RESET).await?;
        for _ in 0..RESET_POLLS {
            delay.delay_ms(regs::RESET_MS).await;
            if self.read_register(regs::PWR_MGMT_1).await? & pwr_mgmt_1::DEVICE_RESET == 0 {
                return self.wake(delay).await;
            }
        }
        Err(Error::ResetTimeout)
    }

    /// From sleep or wake-on-motion back to measuring; the FIFO begins empty.
    pub async fn wake(&mut self, delay: &mut impl DelayNs) -> Result<(), Error<I2C::Error>> {
        self.write(regs::PWR_MGMT_1, pwr_mgmt_1::CLKSEL_AUTO).await?;
        let standby = match self.config.fifo {
            FifoContent::Accel => pwr_mgmt_2::STBY_GYRO,
            FifoContent::None | FifoContent::AccelGyro => 0,
        };
        self.write(regs::PWR_MGMT_2, standby).await?;
        // Before the FIFO is on, so that it holds no sample of a sensor that is still starting.
        delay.delay_ms(regs::GYRO_START_UP_MS).await;
        self.apply().await
    }

    /// Another configuration from now on; the FIFO begins empty.
    pub async fn configure(
        &mut self,
        config: Config,
        delay: &mut impl DelayNs,
    ) -> Result<(), Error<I2C::Error>> {
        self.config = config;
        self.wake(delay).await
    }

    async fn apply(&mut self) -> Result<(), Error<I2C::Error>> {
        let Config { odr, accel, gyro, dlpf, fifo } = self.config;
        self.write(regs::ACCEL_INTEL_CTRL, 0).await?;
        // SMPLRT_DIV to ACCEL_CONFIG2 are neighbours.
        let block = [
            regs::SMPLRT_DIV,
            odr.divider,
            config::FIFO_MODE_STOP | dlpf as u8,
            (gyro as u8) << regs::gyro_config::FS_SEL_SHIFT,
            (accel as u8) << regs::accel_config::FS_SEL_SHIFT,
            dlpf as u8,
        ];
        self.write_bytes(&block).await?;
        let (content, interrupts) = match fifo {
            FifoContent::None => (0, interrupt::DATA_RDY),
            FifoContent::Accel => (fifo_en::ACCEL_FIFO_EN, interrupt::FIFO_OFLOW),
            FifoContent::AccelGyro => (fifo_en::ACCEL_FIFO_EN | fifo_en::GYRO_FIFO_EN, interrupt::FIFO_OFLOW),
        };
        self.write(regs::INT_ENABLE, interrupts).await?;
        self.write(regs::FIFO_EN, content).await?;
        self.reset_fifo().await?;
        // Reading clears: an overflow of earlier days is not ours.
        self.read_register(regs::INT_STATUS).await.map(drop)
    }

    /// Empties the FIFO.
    pub async fn reset_fifo(&mut self) -> Result<(), Error<I2C::Error>> {
        let on = if self.config.fifo == FifoContent::None { 0 } else { user_ctrl::FIFO_EN };
        self.write(regs::USER_CTRL, on | user_ctrl::FIFO_RST).await?;
        self.in_burst = false;
        Ok(())
    }

    /// The present measurement, past the FIFO.
    pub async fn read(&mut self) -> Result<Sample, Error<I2C::Error>> {
        let mut bytes = [0; regs::RECORD_ACCEL_GYRO_BYTES];
        self.read_bytes(regs::ACCEL_XOUT_H, &mut bytes).await?;
        // The output registers lie in the order of a full record.
        Ok(Records::parse(&bytes, FifoContent::AccelGyro).next().unwrap_or_default())
    }

    /// Whole records out of the FIFO, as many as it holds and `buffer` takes: two short reads (overflow flag, level), then
    /// one burst. A call that is dropped half way is noticed by the next one, as [`Loss::Interrupted`].
    pub async fn read_fifo<'b>(&mut self, buffer: &'b mut [u8]) -> Result<Burst<'b>, Error<I2C::Error>> {
        let content = self.config.fifo;
        let record = content.record_bytes();
        if content == FifoContent::None {
            return Err(Error::FifoOff);
        }
        if buffer.len() < record {
            return Err(Error::BufferTooSmall);
        }
        if self.in_burst {
            self.reset_fifo().await?;
            self.read_register(regs::INT_STATUS).await?;
            return Ok(Burst::Lost(Loss::Interrupted));
        }
        let status = self.read_register(regs::INT_STATUS).await?;
        let level = usize::from(self.fifo_level().await?);
        // Full without the flag happens: the last record filled it, and the flag comes with the next one. Not lost yet.
        if status & interrupt::FIFO_OFLOW != 0 || level > regs::FIFO_BYTES {
            self.reset_fifo().await?;
            return Ok(Burst::Lost(Loss::Overflow { held: (level / record) as u16 }));
        }
        let records = level.min(buffer.len()) / record;
        let bytes = &mut buffer[..records * record];
        if records > 0 {
            self.in_burst = true;
            self.read_bytes(regs::FIFO_R_W, bytes).await?;
            self.in_burst = false;
        }
        Ok(Burst::Records(Records::parse(bytes, content)))
    }

    /// Bytes in the FIFO.
    pub async fn fifo_level(&mut self) -> Result<u16, Error<I2C::Error>> {
        let mut level = [0; 2];
        self.read_bytes(regs::FIFO_COUNTH, &mut level).await?;
        Ok(u16::from_be_bytes(level))
    }

    /// Degrees Celsius of the die.
    pub async fn temperature(&mut self) -> Result<f32, Error<I2C::Error>> {
        let mut raw = [0; 2];
        self.read_bytes(regs::TEMP_OUT_H, &mut raw).await?;
        Ok(celsius(i16::from_be_bytes(raw)))
    }

    /// Low-power mode in which the accelerometer wakes at the configured rate, and sets its flag when an axis differs from
    /// the sample before by more than `threshold_mg` (steps of 4 mg, rounded up; 1020 mg at most). [`Self::wake`] ends it.
    pub async fn wake_on_motion(&mut self, threshold_mg: u16) -> Result<(), Error<I2C::Error>> {
        let threshold = threshold_mg.div_ceil(regs::WOM_MG_PER_LSB).clamp(1, 255) as u8;
        self.write(regs::USER_CTRL, user_ctrl::FIFO_RST).await?;
        self.write(regs::FIFO_EN, 0).await?;
        // The order of the data sheet: run the accelerometer alone, filter, interrupt, thresholds, logic, rate, cycle.
        self.write(regs::PWR_MGMT_1, pwr_mgmt_1::CLKSEL_AUTO).await?;
        self.write(regs::PWR_MGMT_2, pwr_mgmt_2::STBY_GYRO).await?;
        self.write(regs::ACCEL_CONFIG2, Dlpf::Hz176 as u8).await?;
        self.write(regs::INT_ENABLE, interrupt::WOM).await?;
        self.write_bytes(&[regs::ACCEL_WOM_X_THR, threshold, threshold, threshold]).await?;
        self.write(
            regs::ACCEL_INTEL_CTRL,
            accel_intel_ctrl::ACCEL_INTEL_EN
                | accel_intel_ctrl::ACCEL_INTEL_MODE
                | accel_intel_ctrl::OUTPUT_LIMIT,
        )
        .await?;
        self.write(regs::SMPLRT_DIV, self.config.odr.divider).await?;
        self.read_register(regs::INT_STATUS).await?;
        self.write(regs::PWR_MGMT_1, pwr_mgmt_1::CYCLE | pwr_mgmt_1::CLKSEL_AUTO).await
    }

    /// Whether motion was seen since the last call (reading clears the flag).
    pub async fn motion_pending(&mut self) -> Result<bool, Error<I2C::Error>> {
        Ok(self.read_register(regs::INT_STATUS).await? & interrupt::WOM != 0)
    }

    /// All sensors off; registers keep their values. [`Self::wake`] ends it.
    pub async fn sleep(&mut self) -> Result<(), Error<I2C::Error>> {
        self.write(regs::PWR_MGMT_1, pwr_mgmt_1::SLEEP | pwr_mgmt_1::CLKSEL_AUTO).await
    }

    async fn read_register(&mut self, register: u8) -> Result<u8, Error<I2C::Error>> {
        let mut value = [0];
        self.read_bytes(register, &mut value).await?;
        Ok(value[0])
    }
    async fn read_bytes(&mut self, register: u8, into: &mut [u8]) -> Result<(), Error<I2C::Error>> {
        let read = self.i2c.write_read(self.address, &[register], into).await;
        read.map_err(|error| Error::Bus { register, error })
    }
    async fn write(&mut self, register: u8, value: u8) -> Result<(), Error<I2C::Error>> {
        self.write_bytes(&[register, value]).await
    }
    async fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), Error<I2C::Error>> {
        let written = self.i2c.write(self.address, bytes).await;
        written.map_err(|error| Error::Bus { register: bytes[0], error })
    }
}

#[cfg(test)]
mod tests;
