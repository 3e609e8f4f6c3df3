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

    /// A choice that the task has no use for is refused, by its name and with the reason: it is never ignored.
    fn refuse_what_is_of_no_use(&self, task: Task) -> Result<(), Refusal> {
        use Task::{Motion, Position, Sound, Spectrum, Vibration};
        let recordings: &[Task] = &[Motion, Sound, Vibration];
        let classes: &[Task] = &[Motion, Sound];
        let tables: &[Task] = &[Spectrum, Position];
        let row = "a row of a table is an example by itself";
        let table = "labels and groups of recordings stand in an index.csv beside them";
        let answers = "it is of answers that are classes, window after window";
        let choices: [(&str, bool, &[Task], &str); 11] = [
            ("--window", self.window_s.is_some(), recordings, row),
            ("--hop", self.hop_s.is_some(), recordings, row),
            ("--accel-only", self.accel_only, &[Motion], "no other task listens to a gyroscope"),
            ("--augment", !self.augment.is_empty(), classes, "it learns from its examples as they are"),
            ("--model", self.model != Asked::Auto, classes, "it has one kind of model"),
            ("--confidence", self.confidence.is_some(), classes, answers),
            ("--smooth", self.smoothing != Smoothing::None, classes, answers),
            ("--target", !self.targets.is_empty(), tables, table),
            ("--group", self.group.is_some(), tables, table),
            ("--normal", !self.normal.is_empty(), &[Vibration], "only a machine has faults"),
            ("--fault", !self.fault.is_empty(), &[Vibration], "only a machine has faults"),
        ];
        let unfit = |(_, given, of, _): &&(&str, bool, &[Task], &str)| *given && !of.contains(&task);
        let Some((option, _, of, why)) = choices.iter().find(unfit) else { return Ok(()) };
        let of: Vec<String> = of.iter().map(|task| task.name()).collect();
        let message = format!("--task {} has no use for {option}: {why}", task.name());
        Err(Refusal::new(message, format!("leave it out; it is for --task {}", of.join(", "))))
    }
}

impl Task {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
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
    choices.refuse_what_is_of_no_use(task)?;
    let trained = match task {
        Task::Motion => motion::train(&dataset::read(data)?, choices, progress),
        Task::Sound => sound::train(&dataset::read(data)?, choices, progress),
        Task::Vibration => vibration::train(&dataset::read(data)?, choices, progress),
        Task::Spectrum => spectrum::train(data, choices, progress),
        Task::Position => position::train(data, choices, progress),
    }?;
    let bytes = trained.file.bytes().len();
    if bytes > choices.max_bytes {
        let message = format!("the model has {bytes} bytes, more than the {} allowed", choices.max_bytes);
        return Err(Refusal::new(message, "give a larger --max-bytes, or fewer labels or columns"));
    }
    Ok(trained)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_task_has_no_use_for_is_refused_by_name() {
        let usual = Choices::default();
        for task in Task::value_variants() {
            assert_eq!(usual.refuse_what_is_of_no_use(*task).map_err(|refusal| refusal.message), Ok(()));
        }
        let told = |task, choices: Choices| choices.refuse_what_is_of_no_use(task).unwrap_err();
        let sure = || Choices { confidence: Some(0.5), ..Choices::default() };
        assert!(sure().refuse_what_is_of_no_use(Task::Sound).is_ok());
        let refusal = told(Task::Spectrum, sure());
        assert!(refusal.message.starts_with("--task spectrum has no use for --confidence: "), "{refusal:?}");
        assert_eq!(refusal.help, "leave it out; it is for --task motion, sound");
        let fault = || Choices { fault: vec!["loose".into()], ..Choices::default() };
        assert!(told(Task::Motion, fault()).message.contains("--fault"));
        assert!(fault().refuse_what_is_of_no_use(Task::Vibration).is_ok());
        let alone = || Choices { accel_only: true, ..Choices::default() };
        assert!(told(Task::Vibration, alone()).message.contains("--accel-only"));
    }
}
