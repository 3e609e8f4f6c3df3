//! A model at work in a program: whether it fits, the room that it needs, and what is said of its answers.
//!
//! A program is given a [`Recogniser`]: a model that was found to fit (the program's own rules are in its folder) and the
//! caller's memory for the window, features and sums, as much as `Recogniser::room` says. On the chip both are static; the
//! twin has a room for each boot.
//!
//! What is told of an answer: the model's smoothing makes a state of it, and a state that is less sure than its class's
//! threshold is not told.

use crate::dsp::features::Plan;
use crate::meter::Work;
use crate::ml::ask::Says;
use crate::ml::ntm::{Model, Unit};
use crate::ml::smooth::Smoother;
use core::fmt;

/// Most floats that a model may ask of a program: 96 KB, about half of what an ESP32 without WiFi has in one piece.
pub const MAX_ROOM: usize = 24 * 1024;

/// A class that goes on, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    pub name: &'static str,
    pub confidence_percent: u8,
}

/// Why a model cannot work in a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unfit {
    /// It has no feature plan: its inputs are single readings.
    NoPlan,
    /// It gives numbers or distances, and the program tells classes.
    NoClasses,
    /// It tells classes or distances, and the program reads values.
    NoValues,
    /// It gives classes or numbers, and the program wants to know how far from normal.
    NoDistances,
    /// Another number of channels, or other units.
    Channels { takes: &'static str },
    /// The sensor cannot sample near this rate.
    Rate { hz: f32, program: &'static str },
    /// The sensor's widest range is less than what it was trained with.
    Range { unit: Unit, high: f32, widest: f32 },
    /// It needs its window of sound whole, and the program keeps a frame of it.
    WholeWindow { samples: usize },
    /// Window, features and sums together, in bytes.
    Room { needs: usize, has: usize },
}

impl Unfit {
    /// What would be right.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::NoPlan => {
                "a model made by `nodetwin train --task motion` or `--task sound` has a feature plan"
            }
            Self::NoClasses => "give a model of classes; `nodetwin inspect` says what a model tells",
            Self::NoValues => "give a model of numbers, made by `nodetwin train --task spectrum`",
            Self::NoDistances => "`nodetwin train --task vibration` makes models of what is normal",
            Self::Channels { .. } => "train on recordings of this sensor, or give the model to another app",
            Self::Rate { .. } => "train on recordings that were brought to such a rate",
            Self::Range { .. } => "train on recordings within the sensor's range",
            Self::WholeWindow { .. } => "give a plan of frames alone, whose hop is a whole number of frames",
            Self::Room { .. } => "train with a shorter window or fewer features",
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoPlan => write!(out, "the model has no feature plan, and the app gives it no readings"),
            Self::NoClasses => write!(out, "the model does not tell classes"),
            Self::NoValues => write!(out, "the model does not tell numbers"),
            Self::NoDistances => write!(out, "the model does not tell how far from normal"),
            Self::Channels { takes } => write!(out, "the model takes other channels than {takes}"),
            Self::Rate { hz, program } => write!(out, "the model wants {hz} Hz, and the app gives {program}"),
            Self::Range { unit, high, widest } => {
                let unit = if unit == Unit::G { "g" } else { "dps" };
                write!(
                    out,
                    "the model was trained within ±{high} {unit}, and the chip goes to ±{widest} {unit}"
                )
            }
            Self::WholeWindow { samples } => {
                write!(out, "the model's plan needs {samples} samples of sound at once")
            }
            Self::Room { needs, has } => {
                write!(out, "the model needs {needs} bytes of memory to work in, and there are {has}")
            }
        }
    }
}

/// The model's plan, if it is one that makes classes of windows.
pub fn plan_of(model: &'static Model<'static>) -> Result<Plan<'static>, Unfit> {
    if model.says() != Says::Shares {
        return Err(Unfit::NoClasses);
    }
    model.plan.ok_or(Unfit::NoPlan)
}

/// A model and its room. See [`super::motion::trained::recogniser`] and [`super::sound::trained::recogniser`].
#[derive(Debug)]
pub struct Recogniser<'r> {
    pub(super) model: &'static Model<'static>,
    pub(super) plan: Plan<'static>,
    pub(super) room: &'r mut [f32],
}

impl<'r> Recogniser<'r> {
    /// Of a model that fits but for its room.
    pub(super) fn new(
        model: &'static Model<'static>,
        plan: Plan<'static>,
        needs: usize,
        room: &'r mut [f32],
    ) -> Result<Self, Unfit> {
        let has = room.len().min(MAX_ROOM);
        let room = room.get_mut(..needs).filter(|_| needs <= MAX_ROOM);
        let room = room.ok_or(Unfit::Room { needs: 4 * needs, has: 4 * has })?;
        Ok(Self { model, plan, room })
    }
}

/// A model that is asked about one window after another.
pub struct Judge<'r> {
    model: &'static Model<'static>,
    smoother: Smoother,
    features: &'r mut [f32],
    /// Of the plan, then of the model.
    scratch: &'r mut [f32],
    /// What an answer costs, its features included.
    cost: Work,
}

impl<'r> Judge<'r> {
    /// Floats of room that it needs.
    pub fn room(model: &Model<'_>, plan: &Plan<'_>) -> usize {
        plan.outputs() + plan.scratch().max(model.scratch())
    }

    /// `features_cost`: of a window's features. `None` if the room is less than [`Self::room`].
    pub fn new(
        model: &'static Model<'static>,
        plan: &Plan<'_>,
        features_cost: Work,
        room: &'r mut [f32],
    ) -> Option<Self> {
        let (features, scratch) = room.split_at_mut_checked(plan.outputs())?;
        let mut cost = features_cost;
        model.work(&mut cost);
        (scratch.len() >= plan.scratch().max(model.scratch())).then_some(Self {
            model,
            smoother: Smoother::new(model.smoothing),
            features,
            scratch,
            cost,
        })
    }

    /// Features by `extract` (scratch, features), then the model. `None`: no class is sure enough.
    pub fn ask<E>(
        &mut self,
        extract: impl FnOnce(&mut [f32], &mut [f32]) -> Result<(), E>,
        work: &mut Work,
    ) -> Option<Class> {
        extract(self.scratch, self.features).ok()?;
        work.add_all(&self.cost);
        let said = self.model.ask(self.features, self.scratch)?;
        let classes = self.model.classes.count();
        let state = self.smoother.push(said.get(..classes)?)?;
        if state.confidence < self.model.thresholds.of(state.class) {
            return None;
        }
        let name = self.model.classes.names().nth(state.class)?;
        // Saturates, and what is no number is no confidence.
        Some(Class { name, confidence_percent: libm::roundf(100.0 * state.confidence.clamp(0.0, 1.0)) as u8 })
    }

    /// Windows were lost: what comes does not go on from what was.
    pub fn gap(&mut self) {
        self.smoother = Smoother::new(self.model.smoothing);
    }
}
