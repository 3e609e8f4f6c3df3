//! What the world does, over true time, in physical units: sound pressure in pascal, specific force in g, angular
//! rate in deg/s.
//!
//! Signals are *pulled*: a chip's model asks for the values at `t0 + k * dt`, where its own oscillator decides `dt`,
//! in order of time, with gaps where the node slept. What a signal is at a given instant does not depend on how the
//! instants were cut into blocks: recurrences start afresh on an absolute raster of instants ([`Instants`]), chance is
//! drawn either per sample in order or by index. Where `dt` is a whole number of nanoseconds the samples are the same
//! bits; where a caller had to round `t0`, they differ by what the signal moves in that half nanosecond.
//!
//! Nothing here knows chips or nodes' clocks.

pub mod error;
pub mod instants;
pub mod kernel;
mod lanes;
pub mod light;
pub mod motion;
pub mod occasion;
pub mod path;
pub mod radio;
pub mod sound;

pub use error::WorldError;
pub use instants::Instants;
pub use light::LightWorld;
pub use motion::{MotionBlock, MotionWorld, Quat};
pub use occasion::{Occasion, Turn};
pub use path::Path;
pub use radio::RadioWorld;
pub use sound::SoundWorld;

use crate::schema::Scenario;

fn node_index(scenario: &Scenario, name: &str) -> Result<usize, WorldError> {
    scenario.nodes.iter().position(|node| node.name == name).ok_or_else(|| WorldError::UnknownNode {
        name: name.to_owned(),
        known: scenario.nodes.iter().map(|node| node.name.clone()).collect(),
    })
}
