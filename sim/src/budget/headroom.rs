//! What a node would do at its board's other CPU frequencies, by arithmetic over one run: the CPU's part of the time
//! scales with the frequency, the rest stays. Derived: who waits for whom may change as well, which only a run shows.

use crate::outcome::NodeOutcome;
use crate::report::numbers::percent;
use hal_shim::budget::PipelineSum;
use node_core::boards::BoardFacts;
use node_core::boards::esp32c3::ESP32C3;
use node_core::boards::m5stickc::M5STICKC;

/// Of a board that comes with this program.
pub fn facts(board: &str) -> Option<&'static BoardFacts> {
    [&M5STICKC, &ESP32C3].into_iter().find(|facts| facts.name == board)
}

/// Clock of the board's own bus, where a scenario does not say.
pub fn i2c_hz(board: &str) -> Option<u32> {
    facts(board).map(|facts| facts.i2c.hz)
}

/// The CPU frequencies of a board, the fastest first.
pub fn frequencies(board: &str) -> Vec<u32> {
    let mut found = facts(board).map_or(Vec::new(), |facts| facts.cpu_mhz.to_vec());
    found.sort_unstable_by_key(|mhz| std::cmp::Reverse(*mhz));
    found
}

#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    pub mhz: u32,
    /// Share of time that the CPU would be busy; above 1 it does not keep up. Of a late run a lower bound: what it had not
    /// done by its end, or had lost, is not in it.
    pub utilisation: f64,
    /// The longest response of each pipeline, in nanoseconds, and whether it is within the deadline.
    pub responses: Vec<(&'static str, f64, bool)>,
    /// Windows of this run waited for those before them: what of that a faster CPU would spare, only a run shows.
    queued: bool,
}

impl Predicted {
    /// The utilisation as a person reads it.
    pub fn load(&self) -> String {
        let sign = if self.queued { "≥ " } else { "" };
        format!("{sign}{}", percent(self.utilisation))
    }

    /// `None`: only a run tells.
    pub fn fits(&self) -> Option<bool> {
        let in_time = self.responses.iter().all(|(_, _, in_time)| *in_time);
        match (self.utilisation < 1.0, in_time) {
            (false, _) => Some(false),
            (true, true) => Some(true),
            (true, false) => (!self.queued).then_some(false),
        }
    }
}

pub fn predict(node: &NodeOutcome, simulated_ns: u64) -> Vec<Predicted> {
    let queued = node.sums.pipelines.iter().any(|sum| sum.misses > 0);
    let at = |mhz| {
        let slower = f64::from(node.cpu_mhz) / f64::from(mhz);
        let response = |sum: &PipelineSum| {
            let worst = response_ns(sum, slower);
            (sum.name, worst, worst <= sum.deadline_ns as f64)
        };
        Predicted {
            mhz,
            utilisation: node.cpu_load(simulated_ns) * slower,
            responses: node.sums.pipelines.iter().map(response).collect(),
            queued,
        }
    };
    frequencies(&node.board).into_iter().map(at).collect()
}

/// Of two passes: the one of the longest response, and one of the most CPU time, which a slower CPU makes the longest.
fn response_ns(sum: &PipelineSum, slower: f64) -> f64 {
    let more = slower - 1.0;
    let worst = sum.response.max() as f64 + sum.worst.cpu_ns as f64 * more;
    let busiest = sum.max_cpu_ns as f64 * slower;
    worst.max(busiest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_late_run_only_the_load_is_foretold() {
        let at = |utilisation, in_time, queued| {
            Predicted { mhz: 80, utilisation, responses: vec![("p", 1.0, in_time)], queued }.fits()
        };
        assert_eq!(at(0.5, true, true), Some(true));
        assert_eq!(at(0.5, false, false), Some(false));
        assert_eq!(at(0.5, false, true), None);
        assert_eq!(at(1.5, true, true), Some(false));
    }

    #[test]
    fn the_cpus_part_scales_and_the_rest_stays() {
        let mut sum = PipelineSum::new("p");
        sum.response.add(10_000_000);
        sum.worst.cpu_ns = 2_000_000;
        sum.max_cpu_ns = 3_000_000;
        assert_eq!(response_ns(&sum, 1.0), 10e6);
        assert_eq!(response_ns(&sum, 3.0), 14e6);
        assert_eq!(response_ns(&sum, 0.5), 9e6);
        // What has most CPU time overtakes: 24 times 3 ms.
        assert_eq!(response_ns(&sum, 24.0), 72e6);
    }
}
