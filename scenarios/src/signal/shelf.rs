//! Recordings that were read once and are shared by all nodes of a scenario. It does not know what they are used for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::recording::{self, Channel, OpenOptions, Recording, RecordingError};

/// Keeps what it opens. The key is the path as written and the channel.
#[derive(Debug, Default)]
pub struct Shelf {
    opened: BTreeMap<(PathBuf, Channel), Recording>,
}

impl Shelf {
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens `path`, or hands out what was opened before (the samples are shared, not copied).
    pub fn open(&mut self, path: &Path, channel: &Channel) -> Result<Recording, RecordingError> {
        let key = (path.to_path_buf(), channel.clone());
        if let Some(known) = self.opened.get(&key) {
            return Ok(known.clone());
        }
        let recording =
            recording::open_with(path, &OpenOptions { channel: channel.clone(), ..OpenOptions::default() })?;
        self.opened.insert(key, recording.clone());
        Ok(recording)
    }
}
