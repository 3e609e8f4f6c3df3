//! What is to be heard at a node's microphone: the sum of the scenario's `[[sound]]` entries, in pascal.

use crate::schema::Scenario;
use crate::signal::{Shelf, WorldError};

/// The sound pressure at one node.
#[derive(Debug)]
pub struct SoundWorld {}

impl SoundWorld {
    pub fn new(scenario: &Scenario, node_name: &str) -> Result<Self, WorldError> {
        Self::with_shelf(scenario, node_name, &mut Shelf::new())
    }

    /// Like [`new`](Self::new), with recordings shared between nodes.
    pub fn with_shelf(scenario: &Scenario, node_name: &str, shelf: &mut Shelf) -> Result<Self, WorldError> {
        let _ = (scenario, node_name, shelf);
        Ok(Self {})
    }

    /// Sound pressure in pascal at `t0 + k * dt`. Calls come in order of time; gaps cost nothing.
    pub fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
        let _ = (t0_ns, dt_ns);
        out.fill(0.0);
    }
}
