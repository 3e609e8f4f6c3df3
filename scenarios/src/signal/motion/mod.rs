//! What a node's inertial sensor feels: specific force and angular rate in chip axes.

pub mod quat;

pub use quat::Quat;

use crate::schema::Scenario;
use crate::signal::{Shelf, WorldError};

/// A block of instants, one array per axis. The caller owns it and sets `len` (at most [`CAP`](Self::CAP)).
#[derive(Debug, Clone)]
pub struct MotionBlock {
    pub len: usize,
    /// Specific force: at rest it points up with 1 g.
    pub accel_g: [[f32; Self::CAP]; 3],
    pub gyro_dps: [[f32; Self::CAP]; 3],
}

impl MotionBlock {
    pub const CAP: usize = 256;

    pub const fn new(len: usize) -> Self {
        Self { len, accel_g: [[0.0; Self::CAP]; 3], gyro_dps: [[0.0; Self::CAP]; 3] }
    }
}

/// The motion of one node.
#[derive(Debug)]
pub struct MotionWorld {}

impl MotionWorld {
    pub fn new(scenario: &Scenario, node_name: &str) -> Result<Self, WorldError> {
        Self::with_shelf(scenario, node_name, &mut Shelf::new())
    }

    /// Like [`new`](Self::new), with recordings shared between nodes.
    pub fn with_shelf(scenario: &Scenario, node_name: &str, shelf: &mut Shelf) -> Result<Self, WorldError> {
        let _ = (scenario, node_name, shelf);
        Ok(Self {})
    }

    /// Fills the first `out.len` instants at `t0 + k * dt`. Calls come in order of time; gaps cost nothing.
    pub fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut MotionBlock) {
        let _ = (t0_ns, dt_ns);
        let len = out.len.min(MotionBlock::CAP);
        for (axis, rest) in out.accel_g.iter_mut().zip([0.0, 0.0, 1.0]) {
            axis[..len].fill(rest);
        }
        for axis in &mut out.gyro_dps {
            axis[..len].fill(0.0);
        }
    }

    /// The true attitude at `t_ns`, for those who draw it.
    pub fn pose(&self, t_ns: u64) -> Quat {
        let _ = t_ns;
        Quat::IDENTITY
    }
}
