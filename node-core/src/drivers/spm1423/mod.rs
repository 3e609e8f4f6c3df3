//! SPM1423: a microphone has no registers, so its driver is the arithmetic from counts to sound pressure.
//!
//! Samples come through the board's audio input. 0 dBFS is the RMS of a full-scale sine (AES17).

pub mod regs;

use core::f32::consts::SQRT_2;

/// How loud a microphone is: the level of a 94 dB SPL tone in dBFS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    pub dbfs_at_94: f32,
}

impl Default for Calibration {
    /// The data sheet's typical part; a single one may be 3 dB off.
    fn default() -> Self {
        Self { dbfs_at_94: regs::SENSITIVITY_DBFS }
    }
}

impl Calibration {
    pub const fn from_centi_dbfs(centi: i16) -> Self {
        Self { dbfs_at_94: centi as f32 / 100.0 }
    }

    /// Level in dB SPL = level in dBFS + this.
    pub fn spl_offset_db(&self) -> f32 {
        regs::REFERENCE_DB_SPL - self.dbfs_at_94
    }

    /// Pascal per count of a 16-bit sample.
    pub fn pascal_per_lsb(&self) -> f32 {
        let full_scale_rms_pascal = regs::PASCAL_AT_0_DB_SPL * libm::powf(10.0, self.spl_offset_db() / 20.0);
        full_scale_rms_pascal * SQRT_2 / FULL_SCALE
    }

    /// What to add to 10 log10 of the mean square of 16-bit samples to get dB SPL.
    pub fn mean_square_offset_db(&self) -> f32 {
        self.spl_offset_db() - 20.0 * libm::log10f(FULL_SCALE / SQRT_2)
    }
}

/// Peak of a full-scale sine in 16-bit samples.
const FULL_SCALE: f32 = 32_767.0;

#[cfg(test)]
mod tests;
