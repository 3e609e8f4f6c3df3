//! What the world does: scenario files, and (in `signal`, `recording`, `rng`) the signals they ask for.
//!
//! This crate knows no chip, no board and no engine: what boards, applications, devices and faults exist is told to the
//! loader by its caller.

pub mod closest;
pub mod compare;
pub mod error;
pub mod folder;
pub mod json_schema;
pub mod keys;
pub mod known;
pub mod label;
pub mod load;
pub mod overrides;
pub mod place;
mod reader;
pub mod recording;
pub mod rng;
pub mod schema;
pub mod settings;
pub mod shelf;
pub mod signal;
pub mod tree;
pub mod units;

pub use error::{LoadError, Problem};
pub use known::Known;
pub use load::{load, load_str};
pub use overrides::Set;
pub use schema::Scenario;
pub use settings::Settings;
