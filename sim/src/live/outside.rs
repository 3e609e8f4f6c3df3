//! What nodes heard live in a session, as files beside its log: without them it could not be done again.

use super::log::{Heard, Log};
use crate::engine::{LIVE_RATE_HZ, Live, LiveKept};
use scenarios::Scenario;
use scenarios::recording::{self, AudioTrack, Kind, Recording, RecordingError};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes a log, and beside it what was heard live by the nodes of these names.
pub fn write(path: &Path, mut log: Log, heard: Vec<(String, LiveKept)>) -> Result<(), RecordingError> {
    let name = |number: usize| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        PathBuf::from(format!("{stem}.live-{number}.wav"))
    };
    for (number, (node, kept)) in heard.into_iter().enumerate() {
        let LiveKept { start_ns: from_ns, end_ns: until_ns, from_ns: kept_from_ns, samples } = kept;
        let file = (!samples.is_empty()).then(|| name(number + 1));
        if let Some(file) = &file {
            save(&path.with_file_name(file), samples)?;
        }
        log.heard.push(Heard { node, from_ns, until_ns, kept_from_ns, heard: file });
    }
    // The log comes last: if there is one, what it names is there.
    let mut bytes = Vec::new();
    log.write(&mut bytes).and_then(|()| fs::write(path, bytes)).map_err(|error| {
        RecordingError::new(
            path,
            format!("could not be written: {error}"),
            "name a file in a folder that exists",
        )
    })
}

fn save(path: &Path, samples: Vec<f32>) -> Result<(), RecordingError> {
    let duration_ns = samples.len() as u64 * 1_000_000_000 / u64::from(LIVE_RATE_HZ);
    // As floats: what is heard again is the same bit for bit.
    let track = AudioTrack { rate_hz: f64::from(LIVE_RATE_HZ), samples, channels: 1, bits: 32 };
    let kind = Kind::Audio(Arc::new(track));
    recording::save(path, &Recording { source: String::new(), kind, labels: Vec::new(), duration_ns })
}

/// What each node of a scenario hears again, in the order of its nodes. Nothing was heard: none at all.
pub fn lives(log: &Log, scenario: &Scenario) -> Result<Vec<Live>, RecordingError> {
    if log.heard.is_empty() {
        return Ok(Vec::new());
    }
    let mut of_nodes: Vec<Vec<LiveKept>> = scenario.nodes.iter().map(|_| Vec::new()).collect();
    for heard in &log.heard {
        // What a node heard that is not there any more, nobody hears.
        if let Some(node) = scenario.node_index(&heard.node).and_then(|node| of_nodes.get_mut(node)) {
            node.push(read(heard)?);
        }
    }
    Ok(of_nodes.into_iter().map(Live::again).collect())
}

fn read(heard: &Heard) -> Result<LiveKept, RecordingError> {
    let Heard { from_ns, until_ns, kept_from_ns, heard: file, .. } = heard;
    let kept = |samples| LiveKept { start_ns: *from_ns, end_ns: *until_ns, from_ns: *kept_from_ns, samples };
    let Some(file) = file else { return Ok(kept(Vec::new())) };
    let recording = recording::open(file)?;
    let wanted = (until_ns - kept_from_ns) as f64 * 1e-9 * f64::from(LIVE_RATE_HZ);
    let sound = recording.audio().filter(|track| {
        track.rate_hz == f64::from(LIVE_RATE_HZ) && (track.samples.len() as f64 - wanted).abs() < 0.5
    });
    match sound {
        Some(track) => Ok(kept(track.samples.clone())),
        None => Err(RecordingError::new(
            file,
            format!("is not what was heard: {wanted:.0} samples at {LIVE_RATE_HZ} Hz"),
            "give the file that was saved with the session",
        )),
    }
}
