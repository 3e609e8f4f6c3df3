//! Decibels and pascals.

/// The reference of sound pressure level in air, 20 uPa RMS (IEC 61672-1).
pub const REFERENCE_PA: f64 = 20e-6;

/// The RMS pressure of a level in dB SPL.
pub fn pascal(db_spl: f64) -> f64 {
    REFERENCE_PA * libm::exp(db_spl * (core::f64::consts::LN_10 / 20.0))
}

/// The level in dB SPL of an RMS pressure.
pub fn db_spl(rms_pa: f64) -> f64 {
    20.0 * libm::log10(rms_pa / REFERENCE_PA)
}

/// What brings the RMS of `samples` to `rms`; nothing makes silence loud.
pub fn gain_to_rms(samples: &[f32], rms: f64) -> f64 {
    let energy: f64 = samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    if energy > 0.0 { rms * libm::sqrt(samples.len() as f64 / energy) } else { 0.0 }
}
