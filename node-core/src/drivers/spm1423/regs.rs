//! SPM1423, PDM microphone (Knowles SPM1423HM4H-B): a chip without registers, so these are its figures.
//!
//! Source: lang-ship.com/blog/work/m5stickc-mic, which quotes the data sheet. Grade: datasheet, unless a line says otherwise.

/// Level of a 94 dB SPL, 1 kHz tone, in dBFS; and how far a part may be off.
pub const SENSITIVITY_DBFS: f32 = -22.0;
pub const SENSITIVITY_TOLERANCE_DB: f32 = 3.0;
/// The sound pressure level at which sensitivity and noise are stated.
pub const REFERENCE_DB_SPL: f32 = 94.0;
/// Signal to noise, A-weighted, of the reference tone: the noise floor is then 32.5 dB(A) SPL, -83.5 dBFS(A) (derived).
pub const SNR_DBA: f32 = 61.5;
pub const CLOCK_MIN_HZ: u32 = 1_000_000;
pub const CLOCK_MAX_HZ: u32 = 3_250_000;
pub const SUPPLY_UA: u32 = 600;
pub const SUPPLY_MIN_MV: u32 = 1_600;
pub const SUPPLY_MAX_MV: u32 = 3_600;
/// From clock or supply on until the output is valid. Assumed: not found; of the order that PDM microphones state.
pub const START_UP_MS: u32 = 10;
/// Acoustic overload point, dB SPL. Derived: full scale of the sensitivity, 94 + 22 (the data sheet's own was not found).
pub const OVERLOAD_DB_SPL: f32 = 116.0;
/// 0 dB SPL is 20 micropascals, RMS (definition).
pub const PASCAL_AT_0_DB_SPL: f32 = 20e-6;
