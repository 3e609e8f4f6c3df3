//! Recordings of folders, with what tells them apart: a label, and the group that it must not be split from.
//!
//! Where a label comes from, first that has one: the recording itself (a column, an Edge Impulse label), the folder's
//! `index.csv` (column `label`), the file's name up to its first `_` if the folder names somebody (`theo/3_theo_0.wav`), the
//! folder (`dog/1-30226-A.wav`), else the name itself up to its first `_` or `.`. Where a model's classes are known, a folder
//! that was given by itself is one of them by its own name, unless the file's name begins with one (`dog/`, but `dog/cat_1.wav`).
//! Where a group comes from: the index's `author`, `subject`, `speaker` or `session`, the folder that names somebody, a
//! name that begins with one letter and a number (`s01_03_sw.csv`), else the recording is its own group.

use super::Refusal;
use scenarios::recording::{self, Finding, Format, Kind, Recording, RecordingError, Span};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// A recording, its labels in place, and who or what it came from.
#[derive(Clone, Debug)]
pub struct Item {
    pub path: PathBuf,
    /// Its labels cover what is labelled, wherever they came from.
    pub recording: Recording,
    pub group: String,
}

/// What keeps recordings together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grouping {
    /// Nothing is known but the file: the weakest split, to be told.
    Recording,
    /// The beginning of the name.
    Name,
    Folder,
    /// A column of `index.csv`.
    Index(&'static str),
}

#[derive(Clone, Debug)]
pub struct Dataset {
    /// In order of path.
    pub items: Vec<Item>,
    /// Of all labels, in order of name.
    pub classes: Vec<String>,
    /// The weakest grouping of any item.
    pub grouping: Grouping,
}

/// Columns of an index that name a group, the most telling first.
const GROUP_COLUMNS: [&str; 4] = ["author", "subject", "speaker", "session"];

/// Columns of an index that name a file, with or without its extension.
const FILE_COLUMNS: [&str; 4] = ["file", "recording", "condition", "name"];

/// A row of an index: label, and column and name of the group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    label: Option<String>,
    group: Option<(&'static str, String)>,
}

/// Rows of a folder's `index.csv` by the names of files.
type Index = BTreeMap<String, Known>;

/// All recordings below some folders; a path may also be one recording.
pub fn read(paths: &[PathBuf]) -> Result<Dataset, RecordingError> {
    read_for(paths, &[])
}

/// As [`read`], for a model that knows some classes.
pub fn read_for(paths: &[PathBuf], classes: &[&str]) -> Result<Dataset, RecordingError> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let index = read_index(&path.join("index.csv"))?;
            let mut files = Vec::new();
            walk(path, &mut files)?;
            found.extend(files.into_iter().map(|file| (file, path.clone(), index.clone())));
        } else {
            let root = path.parent().unwrap_or(Path::new("")).to_path_buf();
            found.push((path.clone(), root, Index::new()));
        }
    }
    if found.is_empty() {
        let place = paths.first().map_or(Path::new("."), PathBuf::as_path);
        return Err(RecordingError::new(
            place,
            "there is no recording below it",
            "give folders with .csv, .wav, .json or .cbor files",
        ));
    }
    let mut items = Vec::with_capacity(found.len());
    let mut grouping = None;
    for (path, root, index) in found {
        let mut recording = recording::open(&path)?;
        let known = known(&index, &root, &path);
        if recording.labels.is_empty() {
            let label = known.label.or_else(|| label_of(&root, &path, classes)).unwrap_or_default();
            recording.labels.push(Span { start_ns: 0, end_ns: recording.duration_ns, label });
        }
        let (by, group) = match known.group {
            Some((column, group)) => (Grouping::Index(column), group),
            None => group_of(&root, &path),
        };
        grouping = Some(grouping.map_or(by, |weakest: Grouping| weakest.min(by)));
        items.push(Item { path, recording, group });
    }
    items.sort_by(|a, b| a.path.cmp(&b.path));
    let labels = items.iter().flat_map(|item| &item.recording.labels);
    let mut classes: Vec<String> = labels.map(|span| span.label.clone()).collect();
    classes.sort();
    classes.dedup();
    Ok(Dataset { items, classes, grouping: grouping.unwrap_or(Grouping::Recording) })
}

/// Files that may be recordings, in order of name, folders after files.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), RecordingError> {
    let unreadable = |error: std::io::Error| {
        RecordingError::new(folder, format!("cannot be read: {error}"), "see that the folder may be read")
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    let is_recording = |path: &PathBuf| {
        let format = Format::by_extension(path);
        let text = path.extension().is_some_and(|end| end == "txt");
        format.is_some() && !text && path.file_name().is_some_and(|name| name != "index.csv")
    };
    files.extend(entries.iter().filter(|path| path.is_file() && is_recording(path)).cloned());
    entries.iter().filter(|path| path.is_dir()).try_for_each(|folder| walk(folder, files))
}

/// Empty where there is no index: it may lack.
fn read_index(path: &Path) -> Result<Index, RecordingError> {
    if !path.is_file() {
        return Ok(Index::new());
    }
    let wrong = |error: csv::Error| {
        let fault =
            RecordingError::new(path, error.to_string(), "give each row as many columns as the header has");
        match error.position().map(csv::Position::line) {
            Some(line) => fault.at_line(line),
            None => fault,
        }
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(wrong)?;
    let header = reader.headers().map_err(wrong)?.clone();
    let column = |name: &str| header.iter().position(|column| column == name);
    let Some(file) = FILE_COLUMNS.into_iter().find_map(column) else { return Ok(Index::new()) };
    let group = GROUP_COLUMNS.into_iter().find_map(|name| Some((name, column(name)?)));
    let label = column("label");
    let mut index = Index::new();
    for row in reader.records() {
        let row = row.map_err(wrong)?;
        let text = |column: usize| row.get(column).filter(|text| !text.is_empty()).map(str::to_owned);
        let Some(name) = text(file) else { continue };
        let group = group.and_then(|(name, column)| Some((name, text(column)?)));
        index.insert(name, Known { label: label.and_then(text), group });
    }
    Ok(index)
}

/// What an index says about a file: by its path below the folder, its name, or its name without the extension.
fn known(index: &Index, root: &Path, path: &Path) -> Known {
    let below = path.strip_prefix(root).ok().and_then(Path::to_str);
    let names = [below, path.file_name().and_then(|name| name.to_str()), stem(path)];
    names.into_iter().flatten().find_map(|name| index.get(name)).cloned().unwrap_or_default()
}

fn stem(path: &Path) -> Option<&str> {
    path.file_stem()?.to_str()
}

/// The folder right around a file, if it is not the one that was given.
fn folder<'a>(root: &Path, path: &'a Path) -> Option<&'a str> {
    let parent = path.parent().filter(|parent| *parent != root)?;
    parent.file_name()?.to_str()
}

/// A folder that each name repeats after its own beginning: `theo/3_theo_0.wav`.
fn names_somebody(folder: &str, stem: &str) -> bool {
    stem.split('_').skip(1).any(|part| part == folder)
}

fn label_of(root: &Path, path: &Path, classes: &[&str]) -> Option<String> {
    let stem = stem(path)?;
    let beginning = stem.split(['_', '.']).next().unwrap_or(stem);
    let label = match folder(root, path) {
        Some(folder) if !names_somebody(folder, stem) => folder.to_owned(),
        None if !classes.contains(&beginning) => {
            own_name(root).filter(|name| classes.contains(&name.as_str())).unwrap_or(beginning.to_owned())
        }
        _ => beginning.to_owned(),
    };
    Some(label)
}

/// Of a folder, however it was given (`.` has one too).
fn own_name(folder: &Path) -> Option<String> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    Some(fs::canonicalize(here).ok()?.file_name()?.to_str()?.to_owned())
}

fn group_of(root: &Path, path: &Path) -> (Grouping, String) {
    let stem = stem(path).unwrap_or_default();
    if let Some(folder) = folder(root, path).filter(|folder| names_somebody(folder, stem)) {
        return (Grouping::Folder, folder.to_owned());
    }
    let beginning = stem.split('_').next().unwrap_or_default();
    let mut letters = beginning.chars();
    let numbered = letters.next().is_some_and(char::is_alphabetic)
        && !letters.as_str().is_empty()
        && letters.all(|letter| letter.is_ascii_digit());
    if numbered && beginning != stem {
        return (Grouping::Name, beginning.to_owned());
    }
    (Grouping::Recording, path.display().to_string())
}

impl Dataset {
    /// The same recording twice would learn and judge.
    pub fn refuse_twins(&self) -> Result<(), Refusal> {
        let mut seen = BTreeMap::new();
        for item in &self.items {
            if let Some(twin) = seen.insert(item.fingerprint(), &item.path) {
                return Err(Refusal::new(
                    format!("{} and {} are the same recording", twin.display(), item.path.display()),
                    "take one away: a recording that learns and judges makes every score worthless",
                ));
            }
        }
        Ok(())
    }

    /// A note where gravity has not the size that it has on a node: what is learnt from that is worth nothing there.
    pub fn wrong_units(&self) -> Option<String> {
        let wrong = |item: &Item| {
            let findings = recording::analyse(&item.recording).findings;
            findings.into_iter().find(|finding| matches!(finding, Finding::UnitMistake { .. }))
        };
        let found: Vec<(&Item, Finding)> =
            self.items.iter().filter_map(|item| Some((item, wrong(item)?))).collect();
        let (item, first) = found.first()?;
        Some(format!(
            "{} of {} recordings have units that no node will feel; {}: {}; {}",
            found.len(),
            self.items.len(),
            item.path.display(),
            first.sentence(),
            first.cure()
        ))
    }

    /// Of the samples of each recording, whatever its name.
    pub fn fingerprints(&self) -> Vec<u64> {
        self.items.iter().map(Item::fingerprint).collect()
    }
}

impl Item {
    fn fingerprint(&self) -> u64 {
        let mut hash = Xxh3::new();
        let mut take = |samples: &[f32]| samples.iter().for_each(|x| hash.update(&x.to_le_bytes()));
        match &self.recording.kind {
            Kind::Audio(track) => take(&track.samples),
            Kind::Imu(track) => {
                track.accel_g.iter().chain(track.gyro_dps.iter().flatten()).for_each(|axis| take(axis));
            }
        }
        hash.digest()
    }

    /// Samples a second: of a coarse clock the mean over the whole recording.
    pub fn rate_hz(&self) -> f64 {
        match &self.recording.kind {
            Kind::Audio(track) => track.rate_hz,
            Kind::Imu(track) => {
                let span = track.t_ns.last().copied().unwrap_or(0) as f64;
                if span > 0.0 { (track.t_ns.len() - 1) as f64 * 1e9 / span } else { 0.0 }
            }
        }
    }

    pub fn samples(&self) -> usize {
        match &self.recording.kind {
            Kind::Audio(track) => track.samples.len(),
            Kind::Imu(track) => track.t_ns.len(),
        }
    }

    /// When a sample was taken, from the first one.
    pub fn time_ns(&self, sample: usize) -> u64 {
        match &self.recording.kind {
            Kind::Audio(track) => (sample as f64 * 1e9 / track.rate_hz) as u64,
            Kind::Imu(track) => track.t_ns.get(sample).copied().unwrap_or(self.recording.duration_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(root: &str, path: &str) -> (Option<String>, (Grouping, String)) {
        (label_of(Path::new(root), Path::new(path), &[]), group_of(Path::new(root), Path::new(path)))
    }

    #[test]
    fn names_and_folders_tell_label_and_group() {
        let (label, group) = place("d", "d/theo/3_theo_0.wav");
        assert_eq!((label.as_deref(), group), (Some("3"), (Grouping::Folder, "theo".into())));
        let (label, group) = place("d", "d/dog/1-30226-A.wav");
        assert_eq!((label.as_deref(), group.0), (Some("dog"), Grouping::Recording));
        let (label, group) = place("d", "d/s01_03_sw.csv");
        assert_eq!((label.as_deref(), group), (Some("s01"), (Grouping::Name, "s01".into())));
        let (label, group) = place("d", "d/wave.4a2b.json");
        assert_eq!((label.as_deref(), group.0), (Some("wave"), Grouping::Recording));
        // A class that is a letter and numbers only by its whole name is no person.
        assert_eq!(place("d", "d/s01.csv").1.0, Grouping::Recording);
        assert_eq!(place("d", "d/walk_01.csv").1.0, Grouping::Recording);
    }

    #[test]
    fn a_folder_that_is_given_by_itself_is_the_class_that_it_names() {
        let root = std::env::temp_dir().join(format!("nodetwin-one-class-{}", std::process::id()));
        let dog = root.join("dog");
        fs::create_dir_all(&dog).unwrap();
        let rows: String = (0..10).map(|n| format!("0.{n}0,0,0,1\n")).collect();
        for name in ["1-30226-A.csv", "cat_1.csv"] {
            fs::write(dog.join(name), format!("t_s,ax_g,ay_g,az_g\n{rows}")).unwrap();
        }
        let classes = |path: &Path, known: &[&str]| read_for(&[path.to_path_buf()], known).unwrap().classes;
        assert_eq!(
            classes(&dog, &["cat", "dog"]),
            ["cat", "dog"],
            "a name that begins with a class is of it"
        );
        assert_eq!(classes(&dog.join("."), &["bird", "dog"]), ["dog"]);
        assert_eq!(classes(&dog.join("1-30226-A.csv"), &["bird", "dog"]), ["dog"]);
        assert_eq!(classes(&dog, &["bird"]), ["1-30226-A", "cat"], "a session's name is no class");
        assert_eq!(classes(&root, &["cat", "dog"]), ["dog"], "as ever from above");
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_folder_is_read_with_its_index() {
        let root = std::env::temp_dir().join(format!("nodetwin-dataset-{}", std::process::id()));
        fs::create_dir_all(root.join("dog")).unwrap();
        fs::write(root.join("index.csv"), "file,label,author\ndog/a.csv,bark,ann\n").unwrap();
        let rows: String = (0..10).map(|n| format!("0.{n}0,0,0,1\n")).collect();
        let text = format!("t_s,ax_g,ay_g,az_g\n{rows}");
        fs::write(root.join("dog/a.csv"), &text).unwrap();
        fs::write(root.join("dog/b.csv"), &text).unwrap();
        let dataset = read(std::slice::from_ref(&root)).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(dataset.classes, ["bark", "dog"]);
        assert_eq!(dataset.grouping, Grouping::Recording, "b.csv is not in the index");
        assert_eq!(dataset.items[0].group, "ann");
        assert_eq!((dataset.items[0].samples(), dataset.items[0].rate_hz().round()), (10, 10.0));
        assert!(read(&[root]).is_err());
    }

    #[test]
    fn gravity_of_a_thousandth_is_told_with_its_file_and_cure() {
        let root = std::env::temp_dir().join(format!("nodetwin-units-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        for (name, gravity) in [("right", 1.0), ("wrong", 0.001)] {
            let rows: String = (0..50)
                .map(|n| format!("0.{n:02},0,0,{}\n", gravity * (1.0 + 0.01 * f64::from(n % 3))))
                .collect();
            fs::write(root.join(format!("{name}.csv")), format!("t_s,ax_g,ay_g,az_g\n{rows}")).unwrap();
        }
        let note = |path: &Path| read(&[path.to_path_buf()]).unwrap().wrong_units();
        let both = note(&root).unwrap();
        assert!(both.starts_with("1 of 2") && both.contains("wrong.csv") && both.contains("1000"), "{both}");
        assert_eq!(note(&root.join("right.csv")), None);
        fs::remove_dir_all(&root).unwrap();
    }

    /// `NODETWIN_DATA`, or the folder beside the project.
    fn shared(name: &str) -> Option<PathBuf> {
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
        let root = std::env::var_os("NODETWIN_DATA").map_or(beside, PathBuf::from);
        let folder = root.join(name);
        if !folder.is_dir() {
            eprintln!("skipped: {} is missing (set NODETWIN_DATA)", folder.display());
            return None;
        }
        Some(folder)
    }

    #[test]
    fn real_sets_have_their_classes_and_groups() {
        for (name, classes, groups, grouping) in [
            ("imu_gestures_emlearn", 4, 15, Grouping::Recording),
            ("imu_har_geotec_watch", 5, 15, Grouping::Index("subject")),
            ("audio_fsdd_digits", 10, 4, Grouping::Index("speaker")),
            ("audio_esc10", 10, 45, Grouping::Index("author")),
        ] {
            let Some(folder) = shared(name) else { continue };
            let dataset = read(&[folder]).unwrap();
            let mut found: Vec<_> = dataset.items.iter().map(|item| item.group.clone()).collect();
            found.sort();
            found.dedup();
            assert_eq!(
                (dataset.classes.len(), found.len(), dataset.grouping),
                (classes, groups, grouping),
                "{name}"
            );
        }
    }
}
