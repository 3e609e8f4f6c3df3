//! One folder a chip: `regs` is what the data sheet says, `mod` is what to do with it.
//!
//! Drivers speak embedded-hal traits only. They know nothing of boards, apps, DSP or prices. A simulator's model of a
//! chip may use its `regs`, never its driver: a model that shares its driver's arithmetic proves nothing.

pub mod as7265x;
pub mod axp192;
pub mod bm8563;
pub mod mpu6886;
pub mod spm1423;
pub mod st7735s;
