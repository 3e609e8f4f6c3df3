//! Getting at a file's bytes without trusting it: no folders, no devices, no more than a limit.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::RecordingError;

/// Opens a regular file of at most `most` bytes; also tells its length.
pub fn open_file(path: &Path, most: u64) -> Result<(File, u64), RecordingError> {
    // The kind of file is asked before it is opened: opening a pipe would wait for ever.
    let facts = std::fs::metadata(path).map_err(|error| cannot_open(path, &error))?;
    if facts.is_dir() {
        return Err(RecordingError::new(path, "is a folder, not a recording", "name one file in it"));
    }
    if !facts.is_file() {
        return Err(RecordingError::new(
            path,
            "is not a regular file",
            "copy what it holds into a file first",
        ));
    }
    if facts.len() == 0 {
        return Err(RecordingError::new(
            path,
            "is empty",
            "record again, or see whether the copy was cut off",
        ));
    }
    refuse_above(path, facts.len(), most)?;
    let file = File::open(path).map_err(|error| cannot_open(path, &error))?;
    Ok((file, facts.len()))
}

pub fn refuse_above(path: &Path, length: u64, most: u64) -> Result<(), RecordingError> {
    if length <= most {
        return Ok(());
    }
    let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(RecordingError::new(
        path,
        format!("has {} MiB; at most {} MiB are read", mebibytes(length), mebibytes(most)),
        "cut the recording into parts",
    ))
}

/// The first bytes, and back to the start.
pub fn peek(path: &Path, file: &mut File) -> Result<Vec<u8>, RecordingError> {
    let mut beginning = Vec::new();
    file.by_ref()
        .take(512)
        .read_to_end(&mut beginning)
        .and_then(|_| file.seek(SeekFrom::Start(0)))
        .map_err(|error| cannot_open(path, &error))?;
    Ok(beginning)
}

fn cannot_open(path: &Path, error: &std::io::Error) -> RecordingError {
    let help = match error.kind() {
        std::io::ErrorKind::NotFound => {
            "see that the path is right; a scenario's recordings are looked for from its own folder"
        }
        std::io::ErrorKind::PermissionDenied => "give yourself the right to read it",
        _ => "see that it can be read",
    };
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => format!("cannot be opened: {error}"),
    };
    RecordingError::new(path, message, help)
}
