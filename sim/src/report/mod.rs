//! What is made of an [`Outcome`]: one file a form. A report decides nothing and measures
//! nothing; a fact that it lacks has to come out of the run.

pub mod diff;
pub mod html;
pub mod junit;
pub mod numbers;
pub mod paper;
pub mod perfetto;
pub mod picture;
pub mod result;
pub mod seeds;
pub mod survey;
pub mod table;
pub mod tap;
#[cfg(test)]
mod tests;
pub mod text;
pub mod wire;

pub use result::RunResult;

use crate::outcome::Outcome;
use crate::score::{self, Judged};

/// A run and its verdict: what the reports are written from.
pub struct Judgement {
    pub outcome: Outcome,
    pub judged: Vec<Judged>,
}

impl Judgement {
    pub fn of(outcome: Outcome) -> Self {
        Self { judged: score::judge(&outcome), outcome }
    }

    pub fn failed(&self) -> usize {
        self.judged.iter().filter(|judged| !judged.ok).count()
    }

    /// Why the run itself came to a bad end, if it did: a sentence for each node. Switching itself off is a node's right.
    pub fn breakdowns(&self) -> Vec<String> {
        use hal_shim::node::Halt;
        let bad = |halt: &&Halt| !matches!(halt, Halt::Off);
        let nodes = self.outcome.nodes.iter();
        nodes.filter_map(|node| Some(format!("{}: {}", node.name, node.halt.as_ref().filter(bad)?))).collect()
    }
}
