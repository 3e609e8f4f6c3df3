//! What recordings can be of, and who learns from them: one file a task.

use super::file::ModelFile;
use super::{Progress, Refusal, dataset, motion, sound, spectrum, vibration};
use crate::report::table::Paint;
use clap::ValueEnum;
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// Accelerations, and rotations where there are any
    Motion,
    /// Words and scenes, at 16 kHz
    Sound,
    /// Accelerations of a machine: which state it is in, and whether it is well
    Vibration,
    /// Tables of spectra, a row each: what is in the samples
    Spectrum,
}

/// What may be chosen. A task that has no use for a choice refuses it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// `None`: the trainer chooses.
    pub window_s: Option<f64>,
    /// `None`: a part of the window, as the task has it.
    pub hop_s: Option<f64>,
    /// Listen to the accelerometer alone, even where there is a gyroscope.
    pub accel_only: bool,
    /// Which of equal groups go where.
    pub seed: u64,
    /// Of a table: the columns that are to be told, and the one that says what goes together.
    pub targets: Vec<String>,
    pub group: Option<String>,
    /// Of a machine: labels that are its states, and labels that are its faults; without either all are states.
    pub normal: Vec<String>,
    pub fault: Vec<String>,
}

/// A model, and what it came to.
pub struct Trained {
    pub file: ModelFile,
    pub report: Box<dyn Report>,
}

/// What a training came to, for people.
pub trait Report {
    fn text(&self, paint: Paint) -> String;

    /// What one should know before one believes the figures.
    fn remarks(&self) -> Vec<String>;
}

pub fn train(
    task: Task,
    data: &[PathBuf],
    choices: &Choices,
    progress: Progress,
) -> Result<Trained, Refusal> {
    match task {
        Task::Motion => motion::train(&dataset::read(data)?, choices, progress),
        Task::Sound => sound::train(&dataset::read(data)?, choices, progress),
        Task::Vibration => vibration::train(&dataset::read(data)?, choices, progress),
        Task::Spectrum => spectrum::train(data, choices, progress),
    }
}
