//! Recordings that were read once and are shared by all nodes of a scenario. It does not know what they are used for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::recording::{self, Channel, OpenOptions, Recording, RecordingError};

/// Keeps what it opens. The key is the path as written and the channel.
#[derive(Debug, Default)]
pub struct Shelf {
    opened: BTreeMap<(PathBuf, Option<u16>), Recording>,
}

impl Shelf {
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens `path`, or hands out what was opened before (the samples are shared, not copied).
    pub fn open(&mut self, path: &Path, channel: Option<u16>) -> Result<Recording, RecordingError> {
        let key = (path.to_path_buf(), channel);
        if let Some(known) = self.opened.get(&key) {
            return Ok(known.clone());
        }
        let channel = channel.map_or(Channel::Only, Channel::Number);
        let recording = recording::open_with(path, &OpenOptions { channel, ..OpenOptions::default() })?;
        self.opened.insert(key, recording.clone());
        Ok(recording)
    }
}
