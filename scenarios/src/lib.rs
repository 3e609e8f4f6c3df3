//! What the world does: scenario files, and (in `signal`, `recording`, `rng`) the signals they ask for.
//!
//! This crate knows no chip, no board and no engine: what boards, applications, devices and faults exist is told to the
//! loader by its caller.

pub mod compare;
pub mod place;
pub mod schema;
pub mod settings;
pub mod tree;
