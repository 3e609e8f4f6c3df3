//! What a device's own stage timings say of the predicted costs: one factor a kernel, and how sure it is.
//!
//! [`profile`] reads what the firmware prints, [`fit()`] finds the factors, [`mod@file`] keeps them, [`text`] shows them. A
//! calibration replaces rows of a [`hal_shim::cost::CostTable`]: with it a run's kernels are `measured`.

pub mod file;
mod fit;
pub mod profile;
pub mod text;

pub use crate::refusal::Refusal;
pub use fit::{Fit, Scale, StageFit, Taken, fit};
