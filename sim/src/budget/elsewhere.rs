//! The runs that `fits_at` asks for: the same scenario, its CPUs at another frequency.

use super::headroom;
use crate::catalogue::Catalogue;
use crate::engine::{Options, Progress, Twin};
use crate::outcome::Outcome;
use scenarios::schema::Measure;
use scenarios::{LoadError, Scenario};
use std::ops::ControlFlow;

/// The frequencies that expectations ask for, each once, the fastest first.
pub fn asked(scenario: &Scenario) -> Vec<u32> {
    let mut asked: Vec<u32> = scenario
        .expects
        .iter()
        .filter_map(|expect| match expect.what {
            Measure::FitsAt { mhz } => Some(mhz),
            _ => None,
        })
        .collect();
    asked.sort_unstable_by_key(|mhz| std::cmp::Reverse(*mhz));
    asked.dedup();
    asked
}

/// A run for each of them. Nodes do not touch each other: one run has all of them at a frequency, as far as their boards
/// can. None if somebody stopped one.
pub fn run(
    catalogue: &Catalogue,
    scenario: &Scenario,
    options: &Options,
    mut on_progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Option<Vec<(u32, Outcome)>>, LoadError> {
    let options = Options { recording: false, tapping: false, taping: false, ..options.clone() };
    let mut runs = Vec::new();
    for mhz in asked(scenario) {
        let mut there = scenario.clone();
        for node in &mut there.nodes {
            if headroom::frequencies(&node.board).contains(&mhz) {
                node.cpu_hz = Some(mhz * 1_000_000);
            }
        }
        let outcome = Twin::new(catalogue, there, &options)?.run(&mut on_progress);
        if outcome.interrupted {
            return Ok(None);
        }
        runs.push((mhz, outcome));
    }
    Ok(Some(runs))
}
