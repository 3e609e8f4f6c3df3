//! What a node's inertial sensor feels: specific force and angular rate in chip axes.
//!
//! Three layers. The attitude ([`attitude`]) sets gravity and changes only by `orientation`, `rotate` and `drop`. What a
//! body does (steps, gestures, a fall) adds in the world's axes (x forward, y left, z up) and is turned into the chip's;
//! what is done to the chip (shakes, taps, a machine) adds along its own. A recording replaces all of it while it lasts.
//!
//! Where amplitudes and shapes stand for people or machines they are *assumed* unless a comment names a source: they
//! exercise a pipeline, they are no substitute for recordings.

pub mod attitude;
pub mod bearing;
pub mod cycle;
pub mod impact;
pub mod machine;
pub mod quat;
pub mod replay;

pub use quat::Quat;

use crate::recording::Kind;
use crate::rng::Streams;
use crate::schema::{Axis, MotionKind, Scenario};
use crate::shelf::Shelf;
use crate::signal::{Instants, Occasion, Turn, WorldError};

use attitude::{AttitudeTrack, Change};
use cycle::Cycle;
use impact::{Fall, Taps};
use machine::Machine;
use replay::Replay;

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

/// Specific force (0..3, in g, gravity included) and angular rate (3..6, in deg/s) in the world's axes.
pub type WorldAxes = [[f32; MotionBlock::CAP]; 6];

/// A run of instants inside one turn of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub instants: &'a Instants,
    pub from: usize,
    pub to: usize,
    pub turn: Turn,
    pub occasion: &'a Occasion,
}

impl Run<'_> {
    /// Whether a fade moves inside this run.
    pub fn fades(&self) -> bool {
        self.occasion.fades_between(&self.turn, self.instants.at(self.from), self.instants.at(self.to - 1))
    }
}

/// One thing that acts on the node, in the order in which things act.
#[derive(Debug)]
pub enum Force {
    /// Steps and gestures.
    Cycle(Cycle),
    Fall(Fall),
    Taps(Taps),
    Machine(Box<Machine>),
    Replay(Replay),
}

impl Force {
    fn rank(&self) -> u8 {
        match self {
            Self::Cycle(_) => 0,
            Self::Fall(_) => 1,
            Self::Taps(_) | Self::Machine(_) => 2,
            Self::Replay(_) => 3,
        }
    }

    fn acts_in_world_axes(&self) -> bool {
        matches!(self, Self::Cycle(_) | Self::Fall(_))
    }
}

/// How long a motion of this kind lasts where the scenario does not say. (A recording's length is the file's.)
pub fn natural_length_ns(kind: &MotionKind) -> u64 {
    match kind {
        MotionKind::Tap { count, gap_ns, .. } => {
            u64::from(count.saturating_sub(1)).saturating_mul(*gap_ns).saturating_add(impact::TAP_NS)
        }
        MotionKind::Drop { fall_ns, .. } => fall_ns.saturating_add(impact::RING_NS),
        MotionKind::Orientation(_) => attitude::TURN_NS,
        _ => u64::MAX,
    }
}

#[derive(Debug)]
struct Entry {
    occasion: Occasion,
    /// The turn that acts now or next.
    turn: Turn,
    force: Force,
}

/// The motion of one node.
#[derive(Debug)]
pub struct MotionWorld {
    attitude: AttitudeTrack,
    /// In order of rank.
    entries: Vec<Entry>,
    /// No entry acts before this time, as long as time only goes forward.
    quiet_until_ns: u64,
    last_t0_ns: u64,
    world: Box<WorldAxes>,
}

/// People and machines take a moment to start and to stop (assumed).
const BODY_FADE_NS: u64 = 250_000_000;
const SHAKE_FADE_NS: u64 = 50_000_000;

impl MotionWorld {
    pub fn new(scenario: &Scenario, node_name: &str) -> Result<Self, WorldError> {
        Self::with_shelf(scenario, node_name, &mut Shelf::default())
    }

    /// Like [`new`](Self::new), with recordings shared between nodes.
    pub fn with_shelf(scenario: &Scenario, node_name: &str, shelf: &mut Shelf) -> Result<Self, WorldError> {
        let node = super::node_index(scenario, node_name)?;
        let streams = Streams::new(scenario.seed);
        let (mut changes, mut forces) = (Vec::new(), Vec::new());
        for motion in scenario.motions.iter().filter(|motion| motion.node.is_none_or(|only| only == node)) {
            let key = streams.key(&format!("motion.{}/{node_name}", motion.index));
            let occasion = Occasion::from_when(&motion.when, natural_length_ns(&motion.kind));
            // A fade never eats more than half of a short turn.
            let faded = |fade_ns: u64| occasion.with_fade(fade_ns.min(occasion.length_ns / 4));
            let cycle = |cycle| (faded(BODY_FADE_NS), Force::Cycle(cycle));
            match &motion.kind {
                MotionKind::Still => {}
                MotionKind::Walk { cadence_hz, amplitude_g } => {
                    forces.push(cycle(Cycle::walk(key, f64::from(*cadence_hz), f64::from(*amplitude_g))));
                }
                MotionKind::Run { cadence_hz, amplitude_g } => {
                    forces.push(cycle(Cycle::run(key, f64::from(*cadence_hz), f64::from(*amplitude_g))));
                }
                MotionKind::Gesture { shape, period_ns, amplitude_g } => {
                    forces.push(cycle(Cycle::gesture(key, *shape, *period_ns, f64::from(*amplitude_g))));
                }
                MotionKind::Shake { frequency_hz, amplitude_g, axis } => {
                    let machine = Machine::shake(*axis, f64::from(*frequency_hz), f64::from(*amplitude_g));
                    forces.push((faded(SHAKE_FADE_NS), Force::Machine(Box::new(machine))));
                }
                MotionKind::Vibration(vibration) => {
                    let machine = Machine::new(key, vibration);
                    forces.push((faded(BODY_FADE_NS), Force::Machine(Box::new(machine))));
                }
                MotionKind::Tap { amplitude_g, count, gap_ns, axis } => {
                    let taps = Taps::new(*axis, f64::from(*amplitude_g), *count, *gap_ns);
                    forces.push((occasion, Force::Taps(taps)));
                }
                MotionKind::Drop { fall_ns, impact_g } => {
                    forces.push((occasion, Force::Fall(Fall::new(*fall_ns, f64::from(*impact_g)))));
                    changes.push((occasion, Change::Tumble { key, fall_ns: *fall_ns }));
                }
                MotionKind::Rotate { axis, rate_dps } => {
                    changes.push((occasion, Change::Spin { axis: *axis, rate_dps: f64::from(*rate_dps) }));
                }
                MotionKind::Orientation(attitude) => {
                    // Nobody saw it being laid down before the scenario began.
                    let at_once = motion.when.at_ns == 0 && motion.when.length_ns.is_none();
                    changes.push((occasion, Change::To { target: Quat::from_attitude(attitude), at_once }));
                }
                MotionKind::Recording(recorded) => {
                    let recording = shelf.read(&recorded.file, &crate::recording::Channel::Only)?;
                    let Kind::Imu(track) = recording.kind else {
                        return Err(WorldError::WrongKind {
                            file: recording.source,
                            found: "sound",
                            wanted: "motion",
                        });
                    };
                    let natural_ns = recording.duration_ns.saturating_sub(recorded.skip_ns);
                    let occasion = Occasion::from_when(&motion.when, natural_ns);
                    forces
                        .push((occasion, Force::Replay(Replay::new(track, recorded.skip_ns, recorded.gaps))));
                }
            }
        }
        Ok(Self::from_parts(changes, forces))
    }

    /// A world of changes of attitude and of forces made by hand.
    pub fn from_parts(
        changes: impl IntoIterator<Item = (Occasion, Change)>,
        forces: impl IntoIterator<Item = (Occasion, Force)>,
    ) -> Self {
        let mut entries: Vec<Entry> = forces
            .into_iter()
            .map(|(occasion, force)| Entry { occasion, turn: occasion.turn_at_or_after(0), force })
            .collect();
        entries.sort_by_key(|entry| entry.force.rank());
        Self {
            attitude: AttitudeTrack::new(changes.into_iter().collect()),
            entries,
            quiet_until_ns: 0,
            last_t0_ns: 0,
            world: Box::new([[0.0; MotionBlock::CAP]; 6]),
        }
    }

    /// Fills the first `out.len` instants at `t0 + k * dt`. Calls come in order of time; gaps cost nothing.
    pub fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut MotionBlock) {
        let instants = Instants::new(t0_ns, dt_ns, out.len.min(MotionBlock::CAP));
        let end_ns = instants.end_ns();
        if t0_ns < self.last_t0_ns {
            // Out of order: allowed, and only costs the search for where everything stands.
            self.quiet_until_ns = 0;
            self.attitude.rewind();
            for entry in &mut self.entries {
                entry.turn = entry.occasion.turn_at_or_after(t0_ns);
            }
        }
        self.last_t0_ns = t0_ns;
        if end_ns <= self.quiet_until_ns {
            self.attitude.render_rest(&instants, out);
            return;
        }
        let mut quiet_until_ns = u64::MAX;
        let (mut in_world, mut at) = (false, 0);
        // Forces in the world's axes come first in the order of ranks.
        while let Some(entry) = self.entries.get_mut(at).filter(|entry| entry.force.acts_in_world_axes()) {
            entry.skip_to(t0_ns);
            if entry.turn.start_ns < end_ns {
                if !in_world {
                    in_world = true;
                    for (axis, rest) in self.world.iter_mut().zip([0.0, 0.0, 1.0, 0.0, 0.0, 0.0]) {
                        axis[..instants.len].fill(rest);
                    }
                }
                entry.for_each_run(&instants, t0_ns, end_ns, |force, run| match force {
                    Force::Cycle(cycle) => cycle.add(run, &mut self.world),
                    Force::Fall(fall) => fall.apply(run, &mut self.world),
                    _ => {}
                });
            }
            quiet_until_ns = quiet_until_ns.min(entry.turn.start_ns);
            at += 1;
        }
        if in_world {
            self.attitude.render(&instants, &self.world, out);
        } else {
            self.attitude.render_rest(&instants, out);
        }
        for entry in &mut self.entries[at..] {
            entry.skip_to(t0_ns);
            if entry.turn.start_ns < end_ns {
                entry.for_each_run(&instants, t0_ns, end_ns, |force, run| match force {
                    Force::Taps(taps) => taps.add(run, &mut out.accel_g),
                    Force::Machine(machine) => machine.add(run, &mut out.accel_g),
                    Force::Replay(replay) => replay.put(run, out),
                    _ => {}
                });
            }
            quiet_until_ns = quiet_until_ns.min(entry.turn.start_ns);
        }
        self.quiet_until_ns = quiet_until_ns;
    }

    /// The true attitude at `t_ns` (not before the last block that was rendered), for those who draw it. What the body
    /// swings is in it; of a recording only the tilt is known, from where its gravity points.
    pub fn pose(&self, t_ns: u64) -> Quat {
        let mut pose = self.attitude.at(t_ns);
        for entry in &self.entries {
            let turn = entry.occasion.turn_at_or_after(t_ns);
            if turn.start_ns > t_ns {
                continue;
            }
            match &entry.force {
                Force::Cycle(cycle) => {
                    let gain = f64::from(entry.occasion.gain(&turn, t_ns as f64));
                    pose = cycle.swing_at(&turn, t_ns as f64, gain).then_inner(pose);
                }
                Force::Replay(replay) => pose = replay.tilt(&turn, t_ns).unwrap_or(pose),
                Force::Fall(_) | Force::Taps(_) | Force::Machine(_) => {}
            }
        }
        pose.normalised()
    }
}

impl Entry {
    fn skip_to(&mut self, t_ns: u64) {
        if self.turn.end_ns <= t_ns {
            self.turn = self.occasion.turn_at_or_after(t_ns);
        }
    }

    fn for_each_run(
        &mut self,
        instants: &Instants,
        t0_ns: u64,
        end_ns: u64,
        mut act: impl FnMut(&mut Force, Run<'_>),
    ) {
        while self.turn.start_ns < end_ns {
            let turn = self.turn;
            let from = if turn.start_ns <= t0_ns { 0 } else { instants.first_at_or_after(turn.start_ns) };
            let to =
                if turn.end_ns >= end_ns { instants.len } else { instants.first_at_or_after(turn.end_ns) };
            if from < to {
                act(&mut self.force, Run { instants, from, to, turn, occasion: &self.occasion });
            }
            if turn.end_ns >= end_ns {
                break;
            }
            self.turn = self.occasion.turn_at_or_after(turn.end_ns);
        }
    }
}

/// Where an axis is in `[x, y, z]`.
pub fn axis_index(axis: Axis) -> usize {
    match axis {
        Axis::X => 0,
        Axis::Y => 1,
        Axis::Z => 2,
    }
}

#[cfg(test)]
mod tests;
