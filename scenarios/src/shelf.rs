//! The recordings that a scenario names, each read once. What is wrong with a recording is told at the line of the
//! scenario that names it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{LoadError, Problem};
use crate::place::Span;
use crate::recording::{Channel, Kind, Recording};
use crate::schema::{MotionKind, Scenario, SoundKind};
use crate::signal;

#[derive(Debug, Default)]
pub struct Shelf {
    /// The same recordings as the signals know them: samples are shared, not copied.
    opened: signal::Shelf,
    recordings: BTreeMap<(PathBuf, String), Arc<Recording>>,
}

impl Shelf {
    /// Reads every recording that the scenario names.
    pub fn open(scenario: &Scenario) -> Result<Self, LoadError> {
        let mut shelf = Self::default();
        let mut problems = Vec::new();
        for sound in &scenario.sounds {
            if let SoundKind::Recording(of) = &sound.kind {
                problems.extend(shelf.read(&of.file, &of.channel, of.file_span, Wanted::Audio).err());
            }
        }
        for motion in &scenario.motions {
            if let MotionKind::Recording(of) = &motion.kind {
                problems.extend(shelf.read(&of.file, &Channel::Only, of.file_span, Wanted::Imu).err());
            }
        }
        if problems.is_empty() { Ok(shelf) } else { Err(LoadError::new(scenario.sources.clone(), problems)) }
    }

    /// For the worlds that are built from the same scenario, so that no file is read twice.
    pub fn for_worlds(&mut self) -> &mut signal::Shelf {
        &mut self.opened
    }

    /// Puts in a recording that was made and not read.
    pub fn put(&mut self, file: &Path, channel: &Channel, recording: Arc<Recording>) {
        self.recordings.insert(key(file, channel), recording);
    }

    /// One that [`Shelf::open`] has read.
    pub fn get(&self, file: &Path, channel: &Channel) -> Option<&Arc<Recording>> {
        self.recordings.get(&key(file, channel))
    }

    fn read(&mut self, file: &Path, channel: &Channel, span: Span, wanted: Wanted) -> Result<(), Problem> {
        let key = key(file, channel);
        let recording = match self.recordings.get(&key) {
            Some(recording) => recording.clone(),
            None => {
                let read = self
                    .opened
                    .open(file, channel)
                    .map_err(|error| Problem::new(span, error.to_string(), error.help))?;
                let read = Arc::new(read);
                self.recordings.insert(key, read.clone());
                read
            }
        };
        let shown = file.display();
        match (&recording.kind, wanted) {
            (Kind::Audio(_), Wanted::Audio) | (Kind::Imu(_), Wanted::Imu) => Ok(()),
            (Kind::Imu(_), Wanted::Audio) => {
                Err(Problem::new(span, format!("{shown} holds motion, not sound"), "name it in a [[motion]]"))
            }
            (Kind::Audio(_), Wanted::Imu) => {
                Err(Problem::new(span, format!("{shown} holds sound, not motion"), "name it in a [[sound]]"))
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Wanted {
    Audio,
    Imu,
}

fn key(file: &Path, channel: &Channel) -> (PathBuf, String) {
    let channel = match channel {
        Channel::Only => String::new(),
        Channel::Number(number) => number.to_string(),
        // A name may look like a number.
        Channel::Name(name) => format!("name {name}"),
    };
    (file.to_path_buf(), channel)
}
