//! The recordings that a scenario names, each read once and shared by all nodes. What is wrong with a recording is told
//! at the line of the scenario that names it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{LoadError, Problem};
use crate::place::Span;
use crate::recording::{self, Channel, Kind, OpenOptions, Recording, RecordingError};
use crate::schema::{MotionKind, Scenario, SoundKind};

/// The key is the path as written and the channel.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    recordings: BTreeMap<(PathBuf, Channel), Recording>,
}

impl Shelf {
    /// Reads every recording that the scenario names.
    pub fn open(scenario: &Scenario) -> Result<Self, LoadError> {
        let mut shelf = Self::default();
        let mut problems = Vec::new();
        for sound in &scenario.sounds {
            if let SoundKind::Recording(of) = &sound.kind {
                problems.extend(shelf.check(&of.file, &of.channel, of.file_span, Wanted::Audio).err());
            }
        }
        for motion in &scenario.motions {
            if let MotionKind::Recording(of) = &motion.kind {
                problems.extend(shelf.check(&of.file, &Channel::Only, of.file_span, Wanted::Imu).err());
            }
        }
        if problems.is_empty() { Ok(shelf) } else { Err(LoadError::new(scenario.sources.clone(), problems)) }
    }

    /// Puts in a recording that was made and not read.
    pub fn put(&mut self, file: &Path, channel: &Channel, recording: Recording) {
        self.recordings.insert((file.to_path_buf(), channel.clone()), recording);
    }

    /// One that was read or put in before.
    pub fn get(&self, file: &Path, channel: &Channel) -> Option<&Recording> {
        self.recordings.get(&(file.to_path_buf(), channel.clone()))
    }

    /// One that was read before, or that is read now. The samples are shared, not copied.
    pub fn read(&mut self, file: &Path, channel: &Channel) -> Result<Recording, RecordingError> {
        if let Some(known) = self.get(file, channel) {
            return Ok(known.clone());
        }
        let options = OpenOptions { channel: channel.clone(), ..OpenOptions::default() };
        let recording = recording::open_with(file, &options)?;
        self.put(file, channel, recording.clone());
        Ok(recording)
    }

    fn check(&mut self, file: &Path, channel: &Channel, span: Span, wanted: Wanted) -> Result<(), Problem> {
        let recording =
            self.read(file, channel).map_err(|error| Problem::new(span, error.to_string(), error.help))?;
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
