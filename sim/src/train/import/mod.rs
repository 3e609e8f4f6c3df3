//! Models that were made elsewhere.
//!
//! - [`forest`]: scikit-learn's forests
//! - [`onnx`]: what its files hold, as layers
//! - [`foreign`]: such a network, quantised and put into a model's file

pub mod foreign;
pub mod forest;
pub mod onnx;
