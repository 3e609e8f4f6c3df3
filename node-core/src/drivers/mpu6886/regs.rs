//! MPU-6886, 6-axis IMU: registers, fields, scales and times. Facts only.
//!
//! Sources: DS: TDK InvenSense DS-000193 rev. 1.1 (MPU-6886); M5: m5stack/M5StickC@202fddd
//! `src/utility/MPU6886.{h,cpp}`; MP: jonnor/micropython-mpu6886 `mpu6886.py`; FAM: the InvenSense family with this
//! register file (ICM-20602, DS-000176). Grade: what DS, M5 or MP stands at is `datasheet`; what rests on FAM alone
//! was written from knowledge of the family, without the sheet at hand: `assumed`.

/// 7-bit address with AD0 low (0x69 with AD0 high). (DS, M5)
pub const ADDRESS: u8 = 0x68;
/// What `WHO_AM_I` answers. (DS, M5)
pub const IDENTITY: u8 = 0x19;

// Register addresses (DS, M5); those that M5 does not name: FAM.
pub const SELF_TEST_X_ACCEL: u8 = 0x0D;
pub const SELF_TEST_Y_ACCEL: u8 = 0x0E;
pub const SELF_TEST_Z_ACCEL: u8 = 0x0F;
pub const XG_OFFS_USRH: u8 = 0x13;
pub const XG_OFFS_USRL: u8 = 0x14;
pub const YG_OFFS_USRH: u8 = 0x15;
pub const YG_OFFS_USRL: u8 = 0x16;
pub const ZG_OFFS_USRH: u8 = 0x17;
pub const ZG_OFFS_USRL: u8 = 0x18;
pub const SMPLRT_DIV: u8 = 0x19;
pub const CONFIG: u8 = 0x1A;
pub const GYRO_CONFIG: u8 = 0x1B;
pub const ACCEL_CONFIG: u8 = 0x1C;
pub const ACCEL_CONFIG2: u8 = 0x1D;
pub const LP_MODE_CFG: u8 = 0x1E;
pub const ACCEL_WOM_X_THR: u8 = 0x20;
pub const ACCEL_WOM_Y_THR: u8 = 0x21;
pub const ACCEL_WOM_Z_THR: u8 = 0x22;
pub const FIFO_EN: u8 = 0x23;
pub const FSYNC_INT: u8 = 0x36;
pub const INT_PIN_CFG: u8 = 0x37;
pub const INT_ENABLE: u8 = 0x38;
pub const FIFO_WM_INT_STATUS: u8 = 0x39;
/// Reading it clears all its bits.
pub const INT_STATUS: u8 = 0x3A;
pub const ACCEL_XOUT_H: u8 = 0x3B;
pub const ACCEL_XOUT_L: u8 = 0x3C;
pub const ACCEL_YOUT_H: u8 = 0x3D;
pub const ACCEL_YOUT_L: u8 = 0x3E;
pub const ACCEL_ZOUT_H: u8 = 0x3F;
pub const ACCEL_ZOUT_L: u8 = 0x40;
pub const TEMP_OUT_H: u8 = 0x41;
pub const TEMP_OUT_L: u8 = 0x42;
pub const GYRO_XOUT_H: u8 = 0x43;
pub const GYRO_XOUT_L: u8 = 0x44;
pub const GYRO_YOUT_H: u8 = 0x45;
pub const GYRO_YOUT_L: u8 = 0x46;
pub const GYRO_ZOUT_H: u8 = 0x47;
pub const GYRO_ZOUT_L: u8 = 0x48;
pub const SELF_TEST_X_GYRO: u8 = 0x50;
pub const SELF_TEST_Y_GYRO: u8 = 0x51;
pub const SELF_TEST_Z_GYRO: u8 = 0x52;
pub const FIFO_WM_TH1: u8 = 0x60;
pub const FIFO_WM_TH2: u8 = 0x61;
pub const SIGNAL_PATH_RESET: u8 = 0x68;
pub const ACCEL_INTEL_CTRL: u8 = 0x69;
pub const USER_CTRL: u8 = 0x6A;
pub const PWR_MGMT_1: u8 = 0x6B;
pub const PWR_MGMT_2: u8 = 0x6C;
pub const I2C_IF: u8 = 0x70;
/// Reading the high byte latches the low one.
pub const FIFO_COUNTH: u8 = 0x72;
pub const FIFO_COUNTL: u8 = 0x73;
/// The address does not advance here: a burst goes on reading the FIFO.
pub const FIFO_R_W: u8 = 0x74;
pub const WHO_AM_I: u8 = 0x75;
pub const XA_OFFSET_H: u8 = 0x77;
pub const XA_OFFSET_L: u8 = 0x78;
pub const YA_OFFSET_H: u8 = 0x7A;
pub const YA_OFFSET_L: u8 = 0x7B;
pub const ZA_OFFSET_H: u8 = 0x7D;
pub const ZA_OFFSET_L: u8 = 0x7E;

/// Registers that are not zero after a reset. (Factory trims, which differ from part to part, are not listed.)
/// 0x1A: bit 7 "should be cleared by the user" (MP); 0x6B: asleep, clock automatic (FAM).
pub const RESET_VALUES: [(u8, u8); 3] = [(CONFIG, 0x80), (PWR_MGMT_1, 0x41), (WHO_AM_I, IDENTITY)];

pub mod config {
    /// 1: a full FIFO takes no more; 0: new data replaces the oldest. (FAM, MP)
    pub const FIFO_MODE_STOP: u8 = 1 << 6;
    pub const DLPF_CFG_MASK: u8 = 0b111;
}

pub mod gyro_config {
    pub const FS_SEL_SHIFT: u8 = 3;
    pub const FS_SEL_MASK: u8 = 0b11 << FS_SEL_SHIFT;
    /// Not 0: the filter is bypassed, and SMPLRT_DIV has no effect.
    pub const FCHOICE_B_MASK: u8 = 0b11;
}

pub mod accel_config {
    pub const FS_SEL_SHIFT: u8 = 3;
    pub const FS_SEL_MASK: u8 = 0b11 << FS_SEL_SHIFT;
}

pub mod accel_config2 {
    /// FIFO size on siblings (MPU-6500, ICM-20689: 512 B, 1, 2, 4 KB). Reserved in ICM-20602; M5 and MP leave it 0, and
    /// the MPU-6886 has 1 KB: assumed to be without effect here.
    pub const FIFO_SIZE_SHIFT: u8 = 6;
    pub const FIFO_SIZE_MASK: u8 = 0b11 << FIFO_SIZE_SHIFT;
    /// Averaging in the low-power mode: 4, 8, 16, 32 samples. (M5)
    pub const DEC2_CFG_SHIFT: u8 = 4;
    pub const DEC2_CFG_MASK: u8 = 0b11 << DEC2_CFG_SHIFT;
    /// 1: the filter is bypassed, output at 4 kHz.
    pub const ACCEL_FCHOICE_B: u8 = 1 << 3;
    pub const A_DLPF_CFG_MASK: u8 = 0b111;
}

pub mod lp_mode_cfg {
    pub const GYRO_CYCLE: u8 = 1 << 7;
}

pub mod fifo_en {
    /// Gyroscope into the FIFO (with the temperature before it). (FAM, MP)
    pub const GYRO_FIFO_EN: u8 = 1 << 4;
    /// Accelerometer and temperature into the FIFO. (FAM, MP)
    pub const ACCEL_FIFO_EN: u8 = 1 << 3;
}

pub mod int_pin_cfg {
    pub const ACTIVE_LOW: u8 = 1 << 7;
    pub const OPEN_DRAIN: u8 = 1 << 6;
    pub const LATCH: u8 = 1 << 5;
    pub const READ_ANY_CLEARS: u8 = 1 << 4;
}

/// Bits of INT_ENABLE and of INT_STATUS alike.
pub mod interrupt {
    pub const WOM_X: u8 = 1 << 7;
    pub const WOM_Y: u8 = 1 << 6;
    pub const WOM_Z: u8 = 1 << 5;
    pub const WOM: u8 = WOM_X | WOM_Y | WOM_Z;
    pub const FIFO_OFLOW: u8 = 1 << 4;
    pub const GDRIVE: u8 = 1 << 2;
    pub const DATA_RDY: u8 = 1 << 0;
}

pub mod signal_path_reset {
    pub const ACCEL_RST: u8 = 1 << 1;
    pub const TEMP_RST: u8 = 1 << 0;
}

pub mod accel_intel_ctrl {
    pub const ACCEL_INTEL_EN: u8 = 1 << 7;
    /// 1: compare with the sample before.
    pub const ACCEL_INTEL_MODE: u8 = 1 << 6;
    pub const OUTPUT_LIMIT: u8 = 1 << 1;
    /// 1: all axes must be over their threshold; 0: any.
    pub const WOM_TH_MODE_ALL: u8 = 1 << 0;
}

pub mod user_ctrl {
    pub const FIFO_EN: u8 = 1 << 6;
    /// Clears itself.
    pub const FIFO_RST: u8 = 1 << 2;
    /// Clears itself; resets the signal paths and the sensor registers.
    pub const SIG_COND_RST: u8 = 1 << 0;
}

pub mod pwr_mgmt_1 {
    /// Clears itself when the reset is done.
    pub const DEVICE_RESET: u8 = 1 << 7;
    pub const SLEEP: u8 = 1 << 6;
    /// The accelerometer sleeps and wakes at the sample rate.
    pub const CYCLE: u8 = 1 << 5;
    pub const GYRO_STANDBY: u8 = 1 << 4;
    pub const TEMP_DIS: u8 = 1 << 3;
    pub const CLKSEL_MASK: u8 = 0b111;
    /// PLL if ready, else the internal oscillator.
    pub const CLKSEL_AUTO: u8 = 1;
}

pub mod pwr_mgmt_2 {
    pub const STBY_ACCEL: u8 = 0b0011_1000;
    pub const STBY_GYRO: u8 = 0b0000_0111;
}

/// (DS) "1 kB FIFO".
pub const FIFO_BYTES: usize = 1024;
/// Accelerometer and temperature. (shared figures: "accel-only record 8 B incl temp")
pub const RECORD_ACCEL_BYTES: usize = 8;
/// Accelerometer, temperature, gyroscope: the order of the output registers.
pub const RECORD_ACCEL_GYRO_BYTES: usize = 14;

/// Rate that SMPLRT_DIV divides: output rate = 1000 Hz / (1 + SMPLRT_DIV), while FCHOICE_B = 0 and 0 < DLPF_CFG < 7. (DS)
pub const BASE_RATE_HZ: u32 = 1_000;
/// Rate with DLPF_CFG 0 or 7. (FAM)
pub const UNFILTERED_GYRO_RATE_HZ: u32 = 8_000;
/// Tolerance of the internal oscillator with the gyroscope on, of +-1 % typical. (FAM)
pub const OSCILLATOR_TOLERANCE_PERCENT: f32 = 1.0;

/// Wake-on-motion threshold step, whatever the full scale. (FAM)
pub const WOM_MG_PER_LSB: u16 = 4;

/// Celsius = raw / 326.8 + 25. (DS, MP)
pub const TEMPERATURE_LSB_PER_C: f32 = 326.8;
pub const TEMPERATURE_OFFSET_C: f32 = 25.0;

/// Noise densities. (DS) (the data sheet's front page)
pub const ACCEL_NOISE_UG_PER_RTHZ: f32 = 100.0;
pub const GYRO_NOISE_MDPS_PER_RTHZ: f32 = 4.0;

/// Pause of the vendor's library after a reset, and after waking. (M5) (vendor library)
pub const RESET_MS: u32 = 10;
/// Supply to registers usable, at most. (FAM)
pub const POWER_ON_MAX_MS: u32 = 100;
/// From sleep to valid data. (FAM)
pub const GYRO_START_UP_MS: u32 = 35;
pub const ACCEL_START_UP_MS: u32 = 20;

/// Accelerometer full scale: the code in ACCEL_CONFIG. LSB/g: 16384, 8192, 4096, 2048. (DS, MP)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AccelRange {
    G2 = 0,
    G4 = 1,
    #[default]
    G8 = 2,
    G16 = 3,
}

impl AccelRange {
    pub const ALL: [Self; 4] = [Self::G2, Self::G4, Self::G8, Self::G16];

    pub const fn from_code(code: u8) -> Self {
        Self::ALL[(code & 0b11) as usize]
    }
    pub const fn full_scale_g(self) -> u8 {
        2 << (self as u8)
    }
    pub const fn lsb_per_g(self) -> f32 {
        [16384.0, 8192.0, 4096.0, 2048.0][self as usize]
    }
}

/// Gyroscope full scale: the code in GYRO_CONFIG. LSB per degree/s: 131, 65.5, 32.8, 16.4. (DS) (MP has 62.5 for
/// 500 degrees/s: a slip, 32768 / 500 is 65.5.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum GyroRange {
    Dps250 = 0,
    Dps500 = 1,
    Dps1000 = 2,
    #[default]
    Dps2000 = 3,
}

impl GyroRange {
    pub const ALL: [Self; 4] = [Self::Dps250, Self::Dps500, Self::Dps1000, Self::Dps2000];

    pub const fn from_code(code: u8) -> Self {
        Self::ALL[(code & 0b11) as usize]
    }
    pub const fn full_scale_dps(self) -> u16 {
        250 << (self as u16)
    }
    pub const fn lsb_per_dps(self) -> f32 {
        [131.0, 65.5, 32.8, 16.4][self as usize]
    }
}

/// -3 dB and noise bandwidth of a filter code, in Hz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bandwidth {
    pub hz: f32,
    pub noise_hz: f32,
}

/// Gyroscope and temperature filter by DLPF_CFG, FCHOICE_B = 0. (FAM) (codes 0 and 7 run at 8 kHz)
pub const GYRO_DLPF: [Bandwidth; 8] = [
    Bandwidth { hz: 250.0, noise_hz: 306.6 },
    Bandwidth { hz: 176.0, noise_hz: 177.0 },
    Bandwidth { hz: 92.0, noise_hz: 108.6 },
    Bandwidth { hz: 41.0, noise_hz: 59.0 },
    Bandwidth { hz: 20.0, noise_hz: 30.5 },
    Bandwidth { hz: 10.0, noise_hz: 15.6 },
    Bandwidth { hz: 5.0, noise_hz: 8.0 },
    Bandwidth { hz: 3281.0, noise_hz: 3451.0 },
];

/// Accelerometer filter by A_DLPF_CFG, ACCEL_FCHOICE_B = 0. (FAM); code 1 is 218.1 Hz in M5 too.
pub const ACCEL_DLPF: [Bandwidth; 8] = [
    Bandwidth { hz: 218.1, noise_hz: 235.0 },
    Bandwidth { hz: 218.1, noise_hz: 235.0 },
    Bandwidth { hz: 99.0, noise_hz: 121.3 },
    Bandwidth { hz: 44.8, noise_hz: 61.5 },
    Bandwidth { hz: 21.2, noise_hz: 31.0 },
    Bandwidth { hz: 10.2, noise_hz: 15.5 },
    Bandwidth { hz: 5.1, noise_hz: 7.8 },
    Bandwidth { hz: 420.0, noise_hz: 441.6 },
];
/// Accelerometer with ACCEL_FCHOICE_B = 1: 4 kHz output. (FAM)
pub const ACCEL_UNFILTERED: Bandwidth = Bandwidth { hz: 1046.0, noise_hz: 1100.0 };
pub const ACCEL_UNFILTERED_RATE_HZ: u32 = 4_000;
