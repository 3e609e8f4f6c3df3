//! What recordings can be of, and who learns from them: one file a task.

use super::augment::Change;
use super::file::ModelFile;
use super::learnt::Asked;
use super::table::Copies;
use super::{Progress, Refusal, dataset, motion, position, sound, spectrum, vibration};
use crate::report::table::Paint;
use clap::ValueEnum;
use node_core::ml::ntm::Smoothing;
use std::io;
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
    /// Tables of scans of access points, a row each: the room, or coordinates
    Position,
}

/// What may be chosen. A task that has no use for a choice refuses it.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// `None`: the trainer chooses.
    pub window_s: Option<f64>,
    /// `None`: a part of the window, as the task has it.
    pub hop_s: Option<f64>,
    /// Listen to the accelerometer alone, even where there is a gyroscope.
    pub accel_only: bool,
    /// Which of equal groups go where, and how copies differ.
    pub seed: u64,
    /// What changes the copies that learn besides; empty: as the task has it.
    pub augment: Vec<Change>,
    pub model: Asked,
    /// No larger file is made.
    pub max_bytes: usize,
    /// An answer that is less sure is none.
    pub confidence: Option<f32>,
    pub smoothing: Smoothing,
    /// Of a table: the columns that are to be told, and the one that says what goes together.
    pub targets: Vec<String>,
    pub group: Option<String>,
    /// Of a machine: labels that are its states, and labels that are its faults; without either all are states.
    pub normal: Vec<String>,
    pub fault: Vec<String>,
}

/// What a model may take if nobody says otherwise: a part of the flash that hardly counts, on every chip of this class.
pub const MAX_BYTES: usize = 32_768;

impl Default for Choices {
    fn default() -> Self {
        Self {
            window_s: None,
            hop_s: None,
            accel_only: false,
            seed: 1,
            augment: Vec::new(),
            model: Asked::default(),
            max_bytes: MAX_BYTES,
            confidence: None,
            smoothing: Smoothing::None,
            targets: Vec::new(),
            group: None,
            normal: Vec::new(),
            fault: Vec::new(),
        }
    }
}

/// Changed copies of each window, if they are asked for.
const COPIES: usize = 3;

impl Choices {
    pub fn copies(&self, otherwise: Copies) -> Copies {
        if self.augment.is_empty() {
            return otherwise;
        }
        Copies { count: COPIES, changes: self.augment.clone(), seed: self.seed }
    }

    /// Of a table nothing is cut into windows, and nothing comes in a row.
    fn refuse_what_is_of_recordings(&self) -> Result<(), Refusal> {
        self.refuse_what_is_of_classes()?;
        let given = [
            ("--window", self.window_s.is_some()),
            ("--hop", self.hop_s.is_some()),
            ("--accel-only", self.accel_only),
        ];
        refuse(&given, "is for recordings, not for tables")
    }

    /// Of what tells classes of motion or sound apart.
    fn refuse_what_is_of_classes(&self) -> Result<(), Refusal> {
        let given = [
            ("--augment", !self.augment.is_empty()),
            ("--model", self.model != Asked::Auto),
            ("--confidence", self.confidence.is_some()),
            ("--smooth", self.smoothing != Smoothing::None),
        ];
        refuse(&given, "is for --task motion and sound")
    }

    fn refuse_what_is_of_tables(&self) -> Result<(), Refusal> {
        if self.targets.is_empty() && self.group.is_none() {
            return Ok(());
        }
        let help = "name labels and groups in an index.csv beside the recordings";
        Err(Refusal::new("--target and --group are for tables, not for recordings", help))
    }
}

fn refuse(given: &[(&str, bool)], what: &str) -> Result<(), Refusal> {
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Refusal::new(format!("{option} {what}"), "leave it out")),
        None => Ok(()),
    }
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

    /// All of it as an HTML page, if there is one.
    fn page(&self, _name: &str) -> Option<String> {
        None
    }

    /// What was tried as a PNG, if there is one.
    fn picture(&self) -> Option<io::Result<Vec<u8>>> {
        None
    }
}

pub fn train(
    task: Task,
    data: &[PathBuf],
    choices: &Choices,
    progress: Progress,
) -> Result<Trained, Refusal> {
    match task {
        Task::Motion | Task::Sound => choices.refuse_what_is_of_tables()?,
        Task::Vibration => {
            choices.refuse_what_is_of_tables()?;
            choices.refuse_what_is_of_classes()?;
        }
        Task::Spectrum | Task::Position => choices.refuse_what_is_of_recordings()?,
    }
    match task {
        Task::Motion => motion::train(&dataset::read(data)?, choices, progress),
        Task::Sound => sound::train(&dataset::read(data)?, choices, progress),
        Task::Vibration => vibration::train(&dataset::read(data)?, choices, progress),
        Task::Spectrum => spectrum::train(data, choices, progress),
        Task::Position => position::train(data, choices, progress),
    }
}
