//! What a node heard live, as a labelled recording: one that `nodetwin train` reads at once, and that a scenario can name.
//!
//! A folder has one subfolder a label, and an `index.csv` that says of each file its label and the session that it must
//! not be split from.

use crate::engine::{LIVE_FULL_SCALE_DB, LIVE_RATE_HZ};
use scenarios::recording::{self, AudioTrack, Kind, Recording, RecordingError};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const HEADER: &str = "file,label,session,full_scale_db,start_s\n";

/// A stretch of live sound that somebody named.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    pub label: String,
    /// Who or where it was: what is recorded together must not both learn and judge.
    pub session: String,
    /// When in the run it began.
    pub start_ns: u64,
    /// 1.0 is full scale.
    pub samples: Vec<f32>,
}

impl Take {
    pub fn duration_ns(&self) -> u64 {
        self.samples.len() as u64 * 1_000_000_000 / u64::from(LIVE_RATE_HZ)
    }

    /// Writes it into a folder of recordings, and tells the file.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, RecordingError> {
        let fail = |path: &Path, what: String, help: &str| Err(RecordingError::new(path, what, help));
        let (label, session) = (plain(&self.label), plain(&self.session));
        if label.is_empty() || session.is_empty() {
            let what = "a recording needs a label and a session with a letter or a figure in each".into();
            return fail(folder, what, "name what is to be heard, and who or where it is");
        }
        if self.samples.is_empty() {
            return fail(
                folder,
                "nothing was heard in that time".into(),
                "record while the microphone is live",
            );
        }
        let index = folder.join("index.csv");
        // Somebody else's index says other things: it is theirs.
        let known = fs::read_to_string(&index).unwrap_or_default();
        if !known.is_empty() && !known.starts_with(HEADER) {
            let what = format!("its header is not {}", HEADER.trim_end());
            return fail(&index, what, "choose another folder to record into");
        }
        let below = folder.join(&label);
        if let Err(error) = fs::create_dir_all(&below) {
            return fail(&below, format!("cannot be made: {error}"), "choose a folder that may be written");
        }
        let name = |number: u32| format!("{session}-{number:03}.wav");
        let number = (1..).find(|number| !below.join(name(*number)).exists()).unwrap_or(1);
        let path = below.join(name(number));
        let track = AudioTrack {
            rate_hz: f64::from(LIVE_RATE_HZ),
            samples: self.samples.clone(),
            channels: 1,
            // As floats: a recording of it must sound as it did, bit for bit.
            bits: 32,
        };
        let duration_ns = self.duration_ns();
        let kind = Kind::Audio(Arc::new(track));
        recording::save(&path, &Recording { source: String::new(), kind, labels: Vec::new(), duration_ns })?;
        let row = format!(
            "{label}/{},{label},{session},{LIVE_FULL_SCALE_DB},{:.3}\n",
            name(number),
            self.start_ns as f64 * 1e-9
        );
        let head = if known.is_empty() { HEADER } else { "" };
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&index)
            .and_then(|mut file| file.write_all(format!("{head}{row}").as_bytes()));
        match written {
            Ok(()) => Ok(path),
            Err(error) => {
                fail(&index, format!("cannot be written: {error}"), "choose a folder that may be written")
            }
        }
    }

    /// Changes of a scenario, as in `--set`, with which the node hears the file in place of all other sound, when it was
    /// heard live. What is expected of the scenario's own sounds is not asked.
    pub fn replayed(&self, file: &Path, node: &str, scenario_ns: u64) -> Vec<String> {
        let end_ns = self.start_ns + self.duration_ns();
        let file = file.display().to_string();
        let mut sets = heard_instead(&file, self.start_ns, node, Some(&plain(&self.label)));
        if end_ns > scenario_ns {
            sets.push(format!("duration={}s", end_ns.div_ceil(1_000_000_000)));
        }
        sets
    }
}

/// Changes of a scenario with which a node hears a file in place of all other sound.
pub fn heard_instead(file: &str, at_ns: u64, node: &str, label: Option<&str>) -> Vec<String> {
    let label = label.map_or_else(String::new, |label| format!(", label = {label:?}"));
    let sound = format!(
        "sound=[{{ kind = \"recording\", file = {file:?}, full_scale = \"{LIVE_FULL_SCALE_DB}dB\", at = \"{at_ns}ns\", \
         node = {node:?}{label} }}]"
    );
    vec!["expect=[]".into(), sound]
}

/// Letters, figures and `-`: what a folder, a table and a scenario can all say, and a file's name is not cut at.
pub fn plain(text: &str) -> String {
    let kept = |letter: char| if letter.is_alphanumeric() { letter } else { '-' };
    let text: String = text.trim().chars().map(kept).take(60).collect();
    text.trim_matches('-').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::dataset;

    fn take(label: &str, hz: f32) -> Take {
        let samples = (0..8_000).map(|n| 0.2 * libm::sinf(hz * n as f32 / 2_546.5)).collect();
        Take { label: label.into(), session: "kitchen".into(), start_ns: 1_500_000_000, samples }
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("nodetwin-take-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn takes_are_a_dataset_with_labels_and_sessions() {
        let folder = folder("dataset");
        let first = take("door bell", 880.0).save(&folder).unwrap();
        assert!(first.ends_with("door-bell/kitchen-001.wav"), "{first:?}");
        take("door bell", 900.0).save(&folder).unwrap();
        take("kettle", 300.0).save(&folder).unwrap();
        let data = dataset::read(std::slice::from_ref(&folder)).unwrap();
        assert_eq!(data.classes, ["door-bell", "kettle"]);
        assert_eq!(data.grouping, dataset::Grouping::Index("session"));
        assert_eq!(data.items.len(), 3);
        assert!(data.items.iter().all(|item| item.group == "kitchen" && item.rate_hz() == 16_000.0));
        let audio = data.items[0].recording.audio().unwrap().clone();
        assert_eq!(audio.samples, take("door bell", 880.0).samples, "bit for bit");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_cannot_be_kept_is_refused_in_words() {
        let folder = folder("refused");
        let no_label = take("?!", 880.0).save(&folder).unwrap_err();
        assert!(no_label.to_string().contains("needs a label"), "{no_label}");
        let nothing = Take { samples: Vec::new(), ..take("door", 1.0) }.save(&folder).unwrap_err();
        assert!(nothing.to_string().contains("nothing was heard"), "{nothing}");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.csv"), "file,author\n").unwrap();
        let theirs = take("door", 1.0).save(&folder).unwrap_err();
        assert!(theirs.to_string().contains("header"), "{theirs}");
        assert_eq!(fs::read_to_string(folder.join("index.csv")).unwrap(), "file,author\n");
        fs::remove_dir_all(&folder).unwrap();
    }
}
