//! What a run left behind: everything a report, a score or a comparison is made from. Facts only, no judgement.

use hal_shim::cost::CostTable;
use hal_shim::device::st7735s::Framebuffer;
use hal_shim::node::Halt;
use hal_shim::tap::Tap;
use hal_shim::trace::{Record, Sums};
use scenarios::label::Label;
use std::sync::Arc;
use std::time::Duration;

pub struct Outcome {
    pub scenario: scenarios::Scenario,
    pub simulated_ns: u64,
    /// Wall time of the run, as whoever ran it measured; the engine knows no host time and leaves zero. The only figure
    /// here that differs from run to run.
    pub wall: Duration,
    pub nodes: Vec<NodeOutcome>,
    /// All nodes' hashes, in the order of the scenario.
    pub trace_hash: u64,
    pub faults: Vec<FaultOutcome>,
    /// Somebody stopped the run before its end.
    pub interrupted: bool,
    /// The same scenario with its CPUs at another frequency (MHz), where an expectation asks for it.
    pub elsewhere: Vec<(u32, Outcome)>,
}

pub struct NodeOutcome {
    pub name: String,
    pub board: String,
    pub app: String,
    pub cpu_mhz: u32,
    /// What its computing was priced with.
    pub costs: Arc<CostTable>,
    pub trace_hash: u64,
    pub sums: Sums,
    /// Everything that happened, if the run was asked to record.
    pub records: Vec<Record>,
    /// What the node was given to see, if the run was asked to tap.
    pub tap: Option<Tap>,
    /// The records of a tape of its calls, if the run was asked to keep one ([`crate::tape::sealed`] makes it whole).
    pub tape: Vec<u8>,
    /// The ground truth, in true time.
    pub labels: Vec<Label>,
    /// The LCD as it was at the end.
    pub screen: Framebuffer,
    pub clipped_samples: u64,
    pub halt: Option<Halt>,
}

/// A fault that the scenario asked for, and how often it struck.
pub struct FaultOutcome {
    pub kind: String,
    pub node: Option<String>,
    pub target: Option<String>,
    pub strikes: u64,
}

impl NodeOutcome {
    /// Share of true time that the CPU was busy.
    pub fn cpu_load(&self, simulated_ns: u64) -> f64 {
        if simulated_ns == 0 { 0.0 } else { self.sums.busy_ns as f64 / simulated_ns as f64 }
    }

    /// Deadline misses of all its pipelines.
    pub fn misses(&self) -> u64 {
        self.sums.stages.iter().map(|stage| stage.misses).sum()
    }
}

impl Outcome {
    pub fn simulated_s(&self) -> f64 {
        self.simulated_ns as f64 * 1e-9
    }

    /// Simulated node-seconds per wall second.
    pub fn realtime_factor(&self) -> f64 {
        self.simulated_s() * self.nodes.len() as f64 / self.wall.as_secs_f64().max(1e-9)
    }
}
