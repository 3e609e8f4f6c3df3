//! From a file to a judged run: what `run` and `test` have in common.

use super::Failure;
use super::{calibrate, stop, terminal};
use crate::budget::elsewhere;
use crate::catalogue::Catalogue;
use crate::engine::{Options, Progress, Twin};
use crate::report::Judgement;
use crate::report::table::{Paint, Tone};
use clap::Args;
use hal_shim::cost::Calibration;
use scenarios::units::{Duration, Quantity};
use scenarios::{Scenario, Set};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// What changes a scenario from outside.
#[derive(Debug, Args)]
pub struct Changes {
    /// Replaces the scenario's seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Changes any key of the scenario, as in node.desk.settings.block=16ms; may be given again and again
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Ends earlier than the scenario says, as in 90s
    #[arg(long, value_name = "TIME", value_parser = until)]
    pub until: Option<u64>,
    /// Ends the run (code 3) at the first access that a chip's model does not have
    #[arg(long)]
    pub strict: bool,
    /// How many threads to use; all cores if absent. The result is the same
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub threads: Option<usize>,
    /// Prices kernels as a device measured them (`nodetwin calibrate` writes the file)
    #[arg(long, value_name = "FILE.toml", value_parser = calibrate::load)]
    pub calibration: Option<Arc<Calibration>>,
}

fn until(text: &str) -> Result<u64, String> {
    let time = Duration::parse(text).map_err(|error| format!("{}: {}", error.message, error.help))?;
    if time.ns == 0 { Err("nothing happens in no time: give at least 1ms".into()) } else { Ok(time.ns) }
}

impl Changes {
    pub fn sets(&self, seed: Option<u64>) -> Vec<Set> {
        let seed = seed.or(self.seed).map(|seed| Set::new(format!("seed={seed}")));
        self.sets.iter().map(Set::new).chain(seed).collect()
    }

    pub fn options(&self) -> Options {
        Options {
            until_ns: self.until,
            threads: self.threads,
            strict: self.strict,
            calibration: self.calibration.clone(),
            ..Options::default()
        }
    }
}

pub fn load(path: &Path, catalogue: &Catalogue, sets: &[Set]) -> Result<Scenario, Failure> {
    Ok(scenarios::load(path, &catalogue.known(), sets)?)
}

pub fn warn(scenario: &Scenario, paint: Paint) {
    for warning in &scenario.warnings {
        terminal::tell(&format!("{} {warning}\n", paint.text(Tone::Warning, "warning:")));
    }
}

/// Runs to the end, or until somebody asks to stop.
pub fn run(
    catalogue: &Catalogue,
    scenario: Scenario,
    options: &Options,
    mut on_progress: impl FnMut(Progress),
) -> Result<Judgement, Failure> {
    let go_on = || if stop::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let twin = Twin::new(catalogue, scenario, options)?;
    let started = Instant::now();
    let mut outcome = twin.run(|progress| {
        on_progress(progress);
        go_on()
    });
    outcome.wall = started.elapsed();
    if !outcome.interrupted {
        match elsewhere::run(catalogue, &outcome.scenario, options, |_| go_on())? {
            Some(runs) => outcome.elsewhere = runs,
            None => outcome.interrupted = true,
        }
    }
    let mut judgement = Judgement::of(outcome);
    // They have been judged, and a night of each would fill the memory.
    judgement.outcome.elsewhere.clear();
    Ok(judgement)
}
