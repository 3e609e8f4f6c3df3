//! A node over the frequencies of its board: predicted, and truly run.

use super::advice::{self, Advice};
use super::headroom::{self, Predicted};
use super::trial::{Change, Trial, Trials};
use crate::report::Judgement;

pub struct Study {
    pub nodes: Vec<NodeStudy>,
    /// Runs that were made for it.
    pub runs: usize,
}

pub struct NodeStudy {
    pub name: String,
    /// What the scenario runs it at.
    pub mhz: u32,
    pub base: Trial,
    /// The fastest first.
    pub rows: Vec<Row>,
    pub advice: Vec<Advice>,
}

pub struct Row {
    pub predicted: Predicted,
    /// `None`: the scenario could not be run so.
    pub run: Option<Trial>,
}

impl Study {
    /// `base` is the run of the scenario as it stands.
    pub fn of(base: &Judgement, trials: &dyn Trials) -> Self {
        let counted = Counted { trials, runs: Default::default() };
        let run = &base.outcome;
        // Nodes do not touch each other: one run shows all of them at a frequency.
        let mut all: Vec<u32> =
            run.nodes.iter().flat_map(|node| headroom::frequencies(&node.board)).collect();
        all.sort_unstable();
        all.dedup();
        let changes: Vec<Change> = all
            .iter()
            .map(|mhz| {
                let able = run.nodes.iter().filter(|node| headroom::frequencies(&node.board).contains(mhz));
                let sets = able.map(|node| cpu(&node.name, *mhz)).collect();
                Change { sets, stage: None }
            })
            .collect();
        let runs = counted.run(&changes);
        let nodes = (0..run.nodes.len()).map(|index| {
            let node = &run.nodes[index];
            let base = Trial::of(run, index);
            let rows: Vec<Row> = headroom::predict(node, run.simulated_ns)
                .into_iter()
                .map(|predicted| {
                    let place = all.iter().position(|mhz| *mhz == predicted.mhz);
                    let judgement = place.and_then(|place| runs[place].as_ref());
                    Row { run: judgement.map(|judgement| Trial::of(&judgement.outcome, index)), predicted }
                })
                .collect();
            let advice = advice::advise(run, index, &base, &rows, &counted);
            NodeStudy { name: node.name.clone(), mhz: node.cpu_mhz, base, rows, advice }
        });
        let nodes = nodes.collect();
        Self { nodes, runs: counted.runs.get() }
    }
}

pub(super) fn cpu(node: &str, mhz: u32) -> String {
    format!("node.{node}.cpu={mhz}MHz")
}

struct Counted<'a> {
    trials: &'a dyn Trials,
    runs: std::cell::Cell<usize>,
}

impl Trials for Counted<'_> {
    fn run(&self, changes: &[Change]) -> Vec<Option<Judgement>> {
        let done = self.trials.run(changes);
        self.runs.set(self.runs.get() + done.iter().flatten().count());
        done
    }
}
