//! The simulated board, in virtual time.
#![deny(unsafe_code)]

pub mod device;
pub mod supply;
pub mod time;
pub mod world;
