//! One more run of the same scenario with something changed, and what came of it for a node.

use super::words;
use crate::catalogue::Catalogue;
use crate::outcome::Outcome;
use crate::report::Judgement;
use crate::report::numbers::{counted, grouped};
use crate::score::expectation::{is_budget, judge_on};
use hal_shim::board::SimBoard;
use hal_shim::node::{Halt, Program};
use scenarios::schema::Measure;
use std::collections::BTreeSet;

/// What a further run changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// As `--set` takes them.
    pub sets: Vec<String>,
    /// A stage of this name costs so many thousandths of what it does.
    pub stage: Option<(String, u32)>,
}

impl Change {
    pub fn set(text: String) -> Self {
        Self { sets: vec![text], stage: None }
    }

    /// The catalogue that runs with this change.
    pub fn catalogue(&self, catalogue: &Catalogue) -> Catalogue {
        let Some((stage, permille)) = self.stage.clone() else { return catalogue.clone() };
        catalogue.apps().fold(catalogue.clone(), |changed, (name, about)| {
            let (original, stage) = (catalogue.clone(), stage.clone());
            changed.app(name, about, move |settings| {
                let program = original
                    .build_app(name, settings)
                    .unwrap_or_else(|| unreachable!("`{name}` is an app of this very catalogue"))?;
                let stage = stage.clone();
                let cheaper = move |board: SimBoard| {
                    board.scale_stage(&stage, permille);
                    program(board)
                };
                Ok(Box::new(cheaper) as Program)
            })
        })
    }
}

/// Who can make further runs: the command line over all cores, a test one after the other.
pub trait Trials {
    /// A run for each change; `None` where the scenario refuses it.
    fn run(&self, changes: &[Change]) -> Vec<Option<Judgement>>;
}

/// What a run came to, for one node.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub utilisation: f64,
    pub windows: u64,
    pub misses: u64,
    pub overruns: u64,
    pub lost: u64,
    /// Pipeline, longest response and deadline of the one with the least slack.
    pub worst: Option<(&'static str, u64, u64)>,
    pub halted: bool,
    /// The first loss of data, with what stood before it.
    pub loss: Option<String>,
    /// What was expected of the node and did not come, in words: of its timing, and of all else.
    late: Vec<String>,
    wrong: BTreeSet<String>,
}

impl Trial {
    pub fn of(run: &Outcome, index: usize) -> Self {
        let node = &run.nodes[index];
        let pipelines = &node.sums.pipelines;
        let (mut late, mut wrong) = (Vec::new(), BTreeSet::new());
        for expect in run.scenario.expects.iter().filter(|expect| expect.node.is_none_or(|of| of == index)) {
            // What asks for another frequency does not speak of this run.
            if matches!(expect.what, Measure::FitsAt { .. }) {
                continue;
            }
            if judge_on(run, expect, index).ok {
                continue;
            }
            match is_budget(&expect.what) {
                true => late.push(expect.text.clone()),
                false => _ = wrong.insert(expect.text.clone()),
            }
        }
        Self {
            utilisation: node.cpu_load(run.simulated_ns),
            windows: pipelines.iter().map(|sum| sum.response.count()).sum(),
            misses: node.misses(),
            overruns: node.sums.overruns,
            lost: node.sums.lost,
            worst: pipelines
                .iter()
                .min_by_key(|sum| sum.slack_ns)
                .map(|sum| (sum.name, sum.response.max(), sum.deadline_ns)),
            loss: node.sums.overruns_first.first().map(words::overrun),
            halted: node.halt.as_ref().is_some_and(|halt| *halt != Halt::Off),
            late,
            wrong,
        }
    }

    /// Nothing was late or lost, and all that is expected of its timing came.
    pub fn in_time(&self) -> bool {
        !self.halted && self.windows > 0 && self.misses == 0 && self.overruns == 0 && self.late.is_empty()
    }

    /// In time, and nothing else fails that did not fail before.
    pub fn fits(&self, before: &Self) -> bool {
        self.in_time() && self.wrong.is_subset(&before.wrong)
    }

    /// What stands against it beside misses and losses, if anything does.
    pub fn unmet<'a>(&'a self, before: &'a Self) -> Option<String> {
        let unmet: Vec<&str> =
            self.late.iter().chain(self.wrong.difference(&before.wrong)).map(|text| &**text).collect();
        (!unmet.is_empty()).then(|| format!("not met: {}", unmet.join(", ")))
    }

    /// What stands against it, if it does not fit.
    pub fn against(&self, before: &Self) -> String {
        let mut said = Vec::new();
        if self.halted {
            said.push("it halts".to_string());
        } else if self.windows == 0 {
            said.push("no window ends".into());
        }
        if self.misses > 0 {
            said.push(format!("{} of {} missed", grouped(self.misses), counted(self.windows, "window")));
        }
        if self.overruns > 0 {
            said.push(format!(
                "{}, {} lost",
                counted(self.overruns, "overrun"),
                counted(self.lost, "sample")
            ));
        }
        said.extend(self.unmet(before));
        said.join("; ")
    }
}
