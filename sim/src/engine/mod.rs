//! The engine: nodes are entities of a Bevy app, stepping is a system, and time is what we say it is.
//!
//! A step advances every node to the step's end, in parallel. Nodes share nothing within a step, and how long a step is
//! changes nothing (a node runs to its own events): threads, step lengths and frame rates are not part of a result.

mod assemble;
mod by_hand;
mod hand;
mod live;
pub(crate) mod world;

pub use by_hand::{Act, Command, Look, Plan};
pub use hand::{Hand, Pose};
pub use live::{
    FULL_SCALE_DB as LIVE_FULL_SCALE_DB, Kept as LiveKept, Live, RATE_HZ as LIVE_RATE_HZ, Turn as LiveTurn,
};
pub use world::{Felt, Heard};

use crate::catalogue::Catalogue;
use crate::outcome::{FaultOutcome, NodeOutcome, Outcome};
use assemble::{Assembled, Wanted, assemble};
use bevy_app::{App, FixedUpdate, Plugin, TaskPoolOptions, TaskPoolPlugin};
use bevy_ecs::prelude::*;
use bevy_ecs::schedule::SingleThreadedExecutor;
use bevy_time::{Fixed, Time, TimePlugin, TimeUpdateStrategy, Virtual};
use hal_shim::cost::{Calibration, CostTable};
use hal_shim::fault::Strikes;
use hal_shim::node::Node;
use hal_shim::tap::Tap;
use hal_shim::time::TrueTime;
use hal_shim::trace::Record;
use scenarios::label::{self, Label};
use scenarios::shelf::Shelf;
use scenarios::{LoadError, Scenario};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3;

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// End earlier than the scenario says.
    pub until_ns: Option<u64>,
    /// Keep every record, for a trace that people look at.
    pub recording: bool,
    /// Keep what the nodes were given to see.
    pub tapping: bool,
    /// Keep a tape of each node's calls ([`crate::tape`]).
    pub taping: bool,
    /// 1: all nodes on the calling thread. `None`: as many as there are cores.
    pub threads: Option<usize>,
    /// End at the first access that a model does not have; the scenario may ask for it as well.
    pub strict: bool,
    /// Simulated time per step.
    pub step_ns: Option<u64>,
    /// What a device measured, in place of the built-in prices of those kernels.
    pub calibration: Option<Arc<Calibration>>,
    /// What hands do, in order of time. `None`: no hand can ever be in it. More may come with [`Twin::act`].
    pub by_hand: Option<Vec<Command>>,
    /// What may sound at each node in place of the scenario's world, in the order of the nodes. Empty: nothing can.
    pub live: Vec<Live>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub now_ns: u64,
    pub end_ns: u64,
    pub done: bool,
}

/// A node of the scenario, as an entity.
#[derive(Component)]
pub struct Twinned {
    /// Its place in the scenario.
    pub index: usize,
    pub node: Node,
    cpu_mhz: u32,
    costs: Arc<CostTable>,
    records: Vec<Record>,
    tap: Option<Tap>,
    tape: Vec<u8>,
}

/// How far true time has come, and where it ends.
#[derive(Resource)]
pub struct TwinClock {
    pub now: TrueTime,
    pub end: TrueTime,
    /// Where the next step goes.
    until: TrueTime,
    step_ns: u64,
    parallel: bool,
}

/// Advances all nodes by one step of the fixed schedule.
pub struct TwinPlugin;

impl Plugin for TwinPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(FixedUpdate, (advance, collect).chain());
    }
}

fn advance(mut clock: ResMut<TwinClock>, mut nodes: Query<&mut Twinned>) {
    let until = clock.until.min(clock.end);
    if clock.parallel {
        nodes.par_iter_mut().for_each(|mut twinned| twinned.node.advance(until));
    } else {
        nodes.iter_mut().for_each(|mut twinned| twinned.node.advance(until));
    }
    clock.now = until;
}

/// Facts leave the nodes by value, at the step's end.
fn collect(mut nodes: Query<&mut Twinned>) {
    for mut twinned in &mut nodes {
        let records = twinned.node.take_records();
        let tap = twinned.node.take_tap();
        let tape = twinned.node.take_tape();
        twinned.tape.extend(tape);
        if !records.is_empty() {
            twinned.records.extend(records);
        }
        if let (Some(kept), Some(tap)) = (&mut twinned.tap, tap) {
            kept.audio.extend(tap.audio);
            kept.i2c.extend(tap.i2c);
        }
    }
}

/// One run of one scenario.
pub struct Twin {
    app: App,
    scenario: Scenario,
    /// The ground truth of each node.
    labels: Vec<Vec<Label>>,
    strikes: Vec<Strikes>,
    /// One a node, if hands were announced.
    hands: Vec<Hand>,
    /// What hands will do, in order of time.
    commands: VecDeque<Command>,
    /// What they did, until somebody asks.
    done: Vec<Command>,
}

impl Twin {
    /// Builds all nodes. What only the apps, the chips or the recordings can find wrong is found here.
    pub fn new(catalogue: &Catalogue, scenario: Scenario, options: &Options) -> Result<Self, LoadError> {
        let mut recordings = Shelf::open(&scenario)?;
        let labels =
            (0..scenario.nodes.len()).map(|node| label::labels(&scenario, node, &recordings)).collect();
        let strikes: Vec<Strikes> = scenario.faults.iter().map(|_| Strikes::default()).collect();
        let hands: Vec<Hand> = match options.by_hand {
            Some(_) => scenario.nodes.iter().map(|_| Hand::default()).collect(),
            None => Vec::new(),
        };
        let mut assembled = Vec::new();
        let mut problems = Vec::new();
        for index in 0..scenario.nodes.len() {
            let wanted = Wanted {
                catalogue,
                scenario: &scenario,
                index,
                strikes: &strikes,
                recording: options.recording,
                tapping: options.tapping,
                taping: options.taping,
                strict: options.strict || scenario.strict,
                calibration: options.calibration.as_deref(),
                hand: hands.get(index),
                live: options.live.get(index),
            };
            match assemble(&wanted, &mut recordings) {
                Ok(node) => assembled.push(node),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(LoadError::new(scenario.sources.clone(), problems));
        }
        let app = build_app(assembled, &scenario, options);
        let commands = options.by_hand.iter().flatten().copied().collect();
        Ok(Self { app, scenario, labels, strikes, hands, commands, done: Vec::new() })
    }

    /// One step. After the last, nothing happens any more.
    pub fn step(&mut self) -> Progress {
        let before = self.progress();
        let step_ns = self.app.world().resource::<TwinClock>().step_ns;
        self.step_to(before.now_ns.saturating_add(step_ns))
    }

    pub fn progress(&mut self) -> Progress {
        let clock = self.app.world().resource::<TwinClock>();
        let (now, end) = (clock.now, clock.end);
        let mut nodes = self.app.world_mut().query::<&mut Twinned>();
        let halted = nodes.iter_mut(self.app.world_mut()).all(|mut twinned| twinned.node.halted().is_some());
        Progress { now_ns: now.0, end_ns: end.0, done: now >= end || halted }
    }

    /// Runs to the end, or until `on_progress` breaks.
    pub fn run(mut self, mut on_progress: impl FnMut(Progress) -> ControlFlow<()>) -> Outcome {
        loop {
            let progress = self.step();
            if progress.done || on_progress(progress).is_break() {
                return self.finish();
            }
        }
    }

    /// What has come out so far.
    pub fn finish(mut self) -> Outcome {
        let progress = self.progress();
        let mut nodes: Vec<Twinned> = {
            let world = self.app.world_mut();
            let entities: Vec<Entity> = world.query_filtered::<Entity, With<Twinned>>().iter(world).collect();
            entities.into_iter().filter_map(|entity| world.entity_mut(entity).take::<Twinned>()).collect()
        };
        nodes.sort_by_key(|twinned| twinned.index);
        let nodes: Vec<NodeOutcome> = nodes
            .into_iter()
            .zip(self.labels)
            .map(|(twinned, labels)| node_outcome(&self.scenario, twinned, labels))
            .collect();
        let trace_hash = hash_of_all(nodes.iter().map(|node| node.trace_hash));
        let faults = self.scenario.faults.iter().zip(&self.strikes).map(|(fault, strikes)| FaultOutcome {
            kind: fault.kind.clone(),
            node: fault.node.map(|index| self.scenario.nodes[index].name.clone()),
            target: fault.target.clone(),
            strikes: strikes.count(),
        });
        Outcome {
            faults: faults.collect(),
            simulated_ns: progress.now_ns,
            wall: Duration::ZERO,
            trace_hash,
            interrupted: !progress.done,
            elsewhere: Vec::new(),
            nodes,
            scenario: self.scenario,
        }
    }
}

/// All nodes' hashes, in the order of the scenario.
fn hash_of_all(hashes: impl IntoIterator<Item = u64>) -> u64 {
    let mut hash = Xxh3::new();
    for node in hashes {
        hash.update(&node.to_le_bytes());
    }
    hash.digest()
}

fn node_outcome(scenario: &Scenario, mut twinned: Twinned, labels: Vec<Label>) -> NodeOutcome {
    let entry = &scenario.nodes[twinned.index];
    NodeOutcome {
        name: entry.name.clone(),
        board: entry.board.clone(),
        app: entry.app.clone(),
        cpu_mhz: twinned.cpu_mhz,
        costs: twinned.costs,
        trace_hash: twinned.node.trace_hash(),
        sums: twinned.node.sums(),
        records: twinned.records,
        tap: twinned.tap,
        tape: twinned.tape,
        labels,
        screen: twinned.node.screen(),
        clipped_samples: twinned.node.clipped_samples(),
        halt: twinned.node.halted(),
    }
}

/// Long enough that the schedule costs nothing beside the nodes, short enough to stop at.
const STEP_NS: u64 = 60_000_000_000;
/// Records pile up fast.
const RECORDING_STEP_NS: u64 = 1_000_000_000;

fn build_app(assembled: Vec<Assembled>, scenario: &Scenario, options: &Options) -> App {
    let step_ns =
        options.step_ns.unwrap_or(if options.recording { RECORDING_STEP_NS } else { STEP_NS }).max(1);
    let step = Duration::from_nanos(step_ns);
    let mut app = App::new();
    let mut pools = TaskPoolOptions::default();
    if let Some(threads) = options.threads {
        pools.compute.min_threads = threads;
        pools.compute.max_threads = threads.max(1);
    } else {
        pools.compute.min_threads = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    }
    app.add_plugins((TaskPoolPlugin { task_pool_options: pools }, TimePlugin, TwinPlugin));
    // One update is one fixed step, whatever the host's clock says.
    app.insert_resource(Time::<Fixed>::from_duration(step));
    app.insert_resource(TimeUpdateStrategy::ManualDuration(step));
    app.world_mut().resource_mut::<Time<Virtual>>().set_max_delta(Duration::MAX);
    // Nodes run in parallel within a system; the systems around them are not worth waking a thread for.
    for (_, schedule) in app.world_mut().resource_mut::<Schedules>().iter_mut() {
        schedule.set_executor(SingleThreadedExecutor::new());
    }
    let end = options.until_ns.map_or(scenario.duration_ns, |until| until.min(scenario.duration_ns));
    app.insert_resource(TwinClock {
        now: TrueTime::START,
        end: TrueTime(end),
        until: TrueTime::START,
        step_ns,
        parallel: options.threads != Some(1) && assembled.len() > 1,
    });
    for (index, Assembled { node, cpu_mhz, costs }) in assembled.into_iter().enumerate() {
        let tap = options.tapping.then(Tap::default);
        let (records, tape) = (Vec::new(), Vec::new());
        app.world_mut().spawn(Twinned { index, node, cpu_mhz, costs, records, tap, tape });
    }
    app.finish();
    app.cleanup();
    app
}
