//! Pure signal processing: samples in, numbers out.
//!
//! State structs with block functions over slices; sizes come from const generics or from the caller's slices.
//! Nothing in here knows a clock, a bus, a board or an event, and nothing waits. All maths is f32 through `libm`, written
//! with a fixed order of operations, so a result is the same bits on every machine.
//!
//! Units: audio samples are ±1.0 at full scale; a *mean square* of 0.5 is therefore a full-scale sine, which is
//! 0 dBFS ([`level::dbfs`]). Acceleration is in g, rotation in degrees a second, frequency in hertz, time in seconds.
//!
//! Each module says under "Work" what it does for a given size, for whoever prices it.

pub mod activity;
pub mod biquad;
pub mod biquad_fixed;
pub mod convert;
pub mod dc;
pub mod decimate;
pub mod envelope;
pub mod fall;
pub mod features;
pub mod level;
pub mod median;
pub mod mel;
pub mod mfcc;
pub mod octaves;
pub mod shake;
pub mod spectrum;
pub mod steps;
pub mod tap;
pub mod tilt;
pub mod turns;
pub mod weighting;
pub mod window;

#[cfg(test)]
pub(crate) mod oracle;
