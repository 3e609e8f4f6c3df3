//! What a device's own stage timings say of the predicted costs: one factor a kernel, and how sure it is.
//!
//! [`profile`] reads what the firmware prints, [`fit()`] finds the factors, [`mod@file`] keeps them, [`text`] shows them. A
//! calibration replaces rows of a [`hal_shim::cost::CostTable`]: with it a run's kernels are `measured`.

pub mod file;
mod fit;
mod matrix;
pub mod profile;
pub mod text;

pub use fit::{Fit, Scale, StageFit, Taken, fit};

/// Why there is no calibration, and what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    pub help: String,
}

impl Refusal {
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}
