//! Tables in which each row is an example: a spectrum, a scan of access points.
//!
//! What a column is, it says by its name:
//! - a wavelength in nm: `nm_410`, `410nm`, `410`
//! - an access point: `anything_dbm`, or its address `a4:2b:b0:00:00:07`; 100, 0 or an empty cell mean "not heard"
//! - what goes together and must not both learn and judge: `--group`, else the first of [`GROUPS`] that tells at least
//!   [`LEAST_GROUPS`] apart; without one each row is a group of its own
//! - what is to be told: `--target`, else what the task looks for; of a spectrum every other column of numbers
//!
//! An empty cell, `NA` and `NaN` are values that are missing. All files must have the same columns, in any order.

use super::Refusal;
use scenarios::recording::{Limits, RecordingError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// Columns that say what goes together, the most telling first.
pub const GROUPS: [&str; 15] = [
    "group", "site", "session", "day", "date", "person", "subject", "author", "speaker", "device", "place",
    "plot", "study", "sample", "id",
];
/// Fewer groups are no folds.
pub const LEAST_GROUPS: usize = 3;
/// Columns that count rows and tell nothing.
const COUNTERS: [&str; 5] = ["row", "index", "n", "t_s", "timestamp"];

/// What an input's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    Wavelengths,
    AccessPoints,
}

#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub files: Vec<PathBuf>,
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    file: usize,
    line: u64,
    /// As many as there are columns.
    cells: Vec<String>,
}

/// The tables of some folders and files.
pub fn read(paths: &[PathBuf]) -> Result<Sheet, RecordingError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let unreadable = |error: std::io::Error| {
                RecordingError::new(
                    path,
                    format!("cannot be read: {error}"),
                    "see that the folder may be read",
                )
            };
            let mut found = Vec::new();
            for entry in fs::read_dir(path).map_err(unreadable)? {
                found.push(entry.map_err(unreadable)?.path());
            }
            let is_table = |path: &PathBuf| {
                let end = path.extension().and_then(|end| end.to_str()).unwrap_or("");
                matches!(end, "csv" | "tsv") && path.file_name().is_some_and(|name| name != "index.csv")
            };
            found.retain(is_table);
            found.sort();
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    let mut sheet = Sheet::default();
    for path in files {
        let unreadable = |error: std::io::Error| {
            RecordingError::new(
                &path,
                format!("cannot be read: {error}"),
                "see that the file is there and may be read",
            )
        };
        let most = Limits::default().file_bytes;
        if fs::metadata(&path).map_err(unreadable)?.len() > most {
            return Err(RecordingError::new(&path, format!("it has over {most} bytes"), "give it in parts"));
        }
        let bytes = fs::read(&path).map_err(unreadable)?;
        sheet.add(&path, &bytes)?;
    }
    if sheet.rows.is_empty() {
        let place = paths.first().map_or(Path::new("."), PathBuf::as_path);
        return Err(RecordingError::new(
            place,
            "there is no table below it that has a row",
            "give a .csv file (or a folder of them) with a header and a row for each example",
        ));
    }
    Ok(sheet)
}

impl Sheet {
    /// Takes the rows of one more file.
    pub fn add(&mut self, path: &Path, bytes: &[u8]) -> Result<(), RecordingError> {
        let text = core::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64;
            RecordingError::new(path, "this is not UTF-8 text", "save the table as CSV in UTF-8")
                .at_line(line)
        })?;
        let text = text.trim_start_matches('\u{feff}');
        let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
        let separators = [b',', b';', b'\t'];
        let uses = |separator: &u8| head.bytes().filter(|byte| byte == separator).count();
        let separator = separators.into_iter().rev().max_by_key(uses).unwrap_or(b',');
        let mut reader =
            csv::ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(text.as_bytes());
        let wrong = |error: csv::Error| {
            let help = "give each row as many cells as the header has, and close what is quoted";
            let fault = RecordingError::new(path, message(&error), help);
            match error.position().map(csv::Position::line) {
                Some(line) => fault.at_line(line),
                None => fault,
            }
        };
        let names: Vec<String> = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
        let place = self.place_of(path, names)?;
        self.files.push(path.to_path_buf());
        for row in reader.records() {
            let row = row.map_err(wrong)?;
            let line = row.position().map_or(0, csv::Position::line);
            let mut cells = vec![String::new(); self.columns.len()];
            for (cell, &at) in row.iter().zip(&place) {
                cells[at] = cell.to_owned();
            }
            self.rows.push(Row { file: self.files.len() - 1, line, cells });
        }
        Ok(())
    }

    /// Where each of a file's columns stands among ours.
    fn place_of(&mut self, path: &Path, names: Vec<String>) -> Result<Vec<usize>, RecordingError> {
        let fail = |message: String, help: &str| Err(RecordingError::new(path, message, help).at_line(1));
        let mut seen = BTreeSet::new();
        for (at, name) in names.iter().enumerate() {
            if name.is_empty() {
                return fail(format!("column {} has no name", at + 1), "name every column in the first line");
            }
            if !seen.insert(name) {
                return fail(format!("two columns are named `{name}`"), "give each column a name of its own");
            }
        }
        if self.files.is_empty() {
            self.columns = names;
            return Ok((0..self.columns.len()).collect());
        }
        if let Some(missing) = self.columns.iter().find(|column| !names.contains(column)) {
            let first = self.files[0].display();
            return fail(
                format!("it has no column `{missing}`, and {first} has"),
                "give all tables the same columns",
            );
        }
        let mut place = Vec::with_capacity(names.len());
        for name in &names {
            match self.find(name) {
                Some(at) => place.push(at),
                None => {
                    let first = self.files[0].display();
                    return fail(
                        format!("it has a column `{name}`, and {first} has not"),
                        "give all tables the same columns",
                    );
                }
            }
        }
        Ok(place)
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    pub fn text(&self, row: usize, column: usize) -> &str {
        &self.rows[row].cells[column]
    }

    /// `None`: it is missing.
    pub fn number(&self, row: usize, column: usize) -> Result<Option<f64>, RecordingError> {
        let text = self.text(row, column);
        if is_missing(text) {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(self.fault(row, column, "is no number", "write it like 12.5, or leave the cell empty")),
        }
    }

    /// What is wrong with a cell.
    pub fn fault(&self, row: usize, column: usize, wrong: &str, help: &str) -> RecordingError {
        let Row { file, line, .. } = &self.rows[row];
        let shown: String = self.text(row, column).chars().take(40).collect();
        let message = format!("column `{}`: `{shown}` {wrong}", self.columns[column]);
        RecordingError::new(&self.files[*file], message, help).at_line(*line)
    }

    /// What is wrong with the whole.
    pub fn refusal(&self, message: String, help: impl Into<String>) -> Refusal {
        let place = self.files.first().map_or_else(String::new, |file| format!("{}: ", file.display()));
        Refusal::new(place + &message, help)
    }

    /// Columns of what was measured, in their order; wavelengths from short to long.
    pub fn inputs(&self, measured: Measured) -> Result<Vec<usize>, Refusal> {
        let mut found: Vec<usize> = match measured {
            Measured::Wavelengths => self.of(|name| wavelength_nm(name).is_some()),
            Measured::AccessPoints => self.of(is_access_point),
        };
        if found.is_empty() {
            let (message, help) = match measured {
                Measured::Wavelengths => (
                    "no column is named like a wavelength",
                    "name them nm_410, nm_435, ... (or 410nm, or 410)",
                ),
                Measured::AccessPoints => (
                    "no column is named like an access point",
                    "name them lab_dbm, hall_dbm, ..., or by address",
                ),
            };
            return Err(self.refusal(message.into(), help));
        }
        if measured == Measured::Wavelengths {
            let nm = |column: &usize| wavelength_nm(&self.columns[*column]).unwrap_or(0.0);
            found.sort_by(|a, b| nm(a).total_cmp(&nm(b)));
            if let Some(pair) = found.windows(2).find(|pair| nm(&pair[0]) == nm(&pair[1])) {
                let [a, b] = [&self.columns[pair[0]], &self.columns[pair[1]]];
                return Err(
                    self.refusal(format!("`{a}` and `{b}` are the same wavelength"), "keep one of them")
                );
            }
        }
        Ok(found)
    }

    fn of(&self, wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        (0..self.columns.len()).filter(|&column| wanted(&self.columns[column])).collect()
    }

    /// The columns of these names.
    pub fn named(&self, names: &[String], what: &str) -> Result<Vec<usize>, Refusal> {
        let find = |name: &String| {
            self.find(name).ok_or_else(|| {
                let known = self.of(|name| wavelength_nm(name).is_none() && !is_access_point(name));
                let known: Vec<&str> = known.iter().map(|&at| self.columns[at].as_str()).collect();
                let help = format!("besides what was measured there are: {}", known.join(", "));
                self.refusal(format!("there is no column `{name}` for --{what}"), help)
            })
        };
        names.iter().map(find).collect()
    }

    /// Columns of numbers that are neither measured nor groups nor counters.
    pub fn other_numbers(&self, inputs: &[usize], group: Option<usize>) -> Vec<usize> {
        let of_numbers = |column: usize| {
            let mut numbers = 0;
            let all = (0..self.rows.len()).all(|row| {
                let there = self.number(row, column);
                numbers += usize::from(matches!(there, Ok(Some(_))));
                there.is_ok()
            });
            all && numbers > 0
        };
        let plain = |name: &str| {
            let name = name.to_ascii_lowercase();
            !GROUPS.contains(&name.as_str()) && !COUNTERS.contains(&name.as_str())
        };
        let wanted = |&column: &usize| {
            !inputs.contains(&column)
                && group != Some(column)
                && plain(&self.columns[column])
                && of_numbers(column)
        };
        (0..self.columns.len()).filter(wanted).collect()
    }

    /// The column that says what goes together.
    pub fn group(&self, asked: Option<&str>) -> Result<Option<usize>, Refusal> {
        if let Some(name) = asked {
            let column = self.named(&[name.to_owned()], "group")?[0];
            let groups = self.kinds(column);
            if groups < 2 {
                let message =
                    format!("column `{name}` has {groups} different values: nothing to tell groups by");
                return Err(self.refusal(message, "name another with --group, or leave it out"));
            }
            return Ok(Some(column));
        }
        let known = |name: &str| self.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        Ok(GROUPS.iter().filter_map(|name| known(name)).find(|&column| self.kinds(column) >= LEAST_GROUPS))
    }

    /// How many different texts a column has.
    fn kinds(&self, column: usize) -> usize {
        self.rows.iter().map(|row| &row.cells[column]).collect::<BTreeSet<_>>().len()
    }

    /// Each row's group by number, and how many there are. Without columns each row is one.
    pub fn groups(&self, columns: &[usize]) -> (Vec<usize>, usize) {
        if columns.is_empty() {
            return ((0..self.rows.len()).collect(), self.rows.len());
        }
        let mut known = BTreeMap::new();
        let of_row = |row: &Row| {
            let key: Vec<&str> = columns.iter().map(|&column| row.cells[column].as_str()).collect();
            let next = known.len();
            *known.entry(key.join("\u{1f}")).or_insert(next)
        };
        let groups = self.rows.iter().map(of_row).collect();
        (groups, known.len())
    }

    /// Of what was measured in each row, in whatever order and by whatever names the files came.
    pub fn fingerprint(&self, inputs: &[usize]) -> u64 {
        let of_row = |row: &Row| {
            let mut hash = Xxh3::new();
            for &column in inputs {
                hash.update(row.cells[column].as_bytes());
                hash.update(&[0]);
            }
            hash.digest()
        };
        let mut all: Vec<u64> = self.rows.iter().map(of_row).collect();
        all.sort_unstable();
        let mut hash = Xxh3::new();
        all.iter().for_each(|one| hash.update(&one.to_le_bytes()));
        hash.digest()
    }
}

/// What the reader of the text says, without its own position: that stands before it.
fn message(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells, and the header has {expected_len}")
        }
        _ => error.to_string(),
    }
}

pub fn is_missing(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("na") || text.eq_ignore_ascii_case("nan")
}

/// `nm_410`, `410nm`, `410`.
pub fn wavelength_nm(name: &str) -> Option<f64> {
    let name = name.to_ascii_lowercase();
    let number = name.strip_prefix("nm_").or_else(|| name.strip_suffix("nm")).unwrap_or(&name);
    let digits = number.trim_end_matches(['_', ' ']);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    digits.parse::<f64>().ok().filter(|nm| plain && (100.0..=100_000.0).contains(nm))
}

/// `hall_dbm`, `a4:2b:b0:00:00:07`.
pub fn is_access_point(name: &str) -> bool {
    let is_address = |name: &str| {
        let parts: Vec<&str> = name.split([':', '-']).collect();
        parts.len() == 6
            && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let name = name.to_ascii_lowercase();
    name.ends_with("_dbm") || is_address(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sheet(texts: &[&str]) -> Result<Sheet, RecordingError> {
        let mut sheet = Sheet::default();
        for (n, text) in texts.iter().enumerate() {
            sheet.add(Path::new(&format!("{n}.csv")), text.as_bytes())?;
        }
        Ok(sheet)
    }

    #[test]
    fn columns_say_what_they_are() {
        let text = "study,sample,dmc_pct,note,nm_440,nm_410\n\
                    A,1,40.5,ripe,0.5,0.6\nA,2,,green,0.4,0.7\nA,3,38,,0.4,0.7\n";
        let sheet = sheet(&[text]).unwrap();
        let inputs = sheet.inputs(Measured::Wavelengths).unwrap();
        assert_eq!(inputs, [5, 4], "from short to long");
        assert_eq!(sheet.group(None).unwrap(), Some(1), "there is one study only");
        assert_eq!(sheet.other_numbers(&inputs, Some(1)), [2]);
        assert_eq!(sheet.number(1, 2), Ok(None));
        assert_eq!(sheet.number(0, 2), Ok(Some(40.5)));
        assert_eq!(sheet.groups(&[0]), (vec![0, 0, 0], 1));
        assert_eq!(sheet.groups(&[]), (vec![0, 1, 2], 3));
        let none = sheet.inputs(Measured::AccessPoints).unwrap_err();
        assert!(none.help.contains("_dbm"), "{none:?}");
        let none = sheet.named(&["dmc".into()], "target").unwrap_err();
        assert!(none.help.contains("dmc_pct, note"), "{none:?}");
    }

    #[test]
    fn a_fault_names_file_line_column_and_cure() {
        let fault = sheet(&["a_dbm,room\n-50,1\n-5x,2\n"]).unwrap().number(1, 0).unwrap_err();
        assert_eq!(fault.to_string(), "0.csv:3: column `a_dbm`: `-5x` is no number");
        assert!(fault.help.contains("12.5"));
        let fault = sheet(&["a_dbm,room\n-50\n"]).unwrap_err();
        assert_eq!(fault.to_string(), "0.csv:2: 1 cells, and the header has 2");
        let fault = sheet(&["a,a\n"]).unwrap_err();
        assert_eq!(fault.to_string(), "0.csv:1: two columns are named `a`");
        let fault = sheet(&["a,b\n1,2\n", "b,c\n1,2\n"]).unwrap_err();
        assert_eq!(fault.to_string(), "1.csv:1: it has no column `a`, and 0.csv has");
        let fault = sheet(&["a,b\n1,2\n", "b,c,a\n1,2,3\n"]).unwrap_err();
        assert_eq!(fault.to_string(), "1.csv:1: it has a column `c`, and 0.csv has not");
        let both = sheet(&["a;b\n1;2\n", "b\ta\n3\t4\n"]).unwrap();
        assert_eq!((both.text(1, 0), both.text(1, 1)), ("4", "3"));
    }

    #[test]
    fn names_of_wavelengths_and_access_points() {
        assert_eq!(
            ["nm_350", "730nm", "1050.5"].map(wavelength_nm),
            [Some(350.0), Some(730.0), Some(1050.5)]
        );
        assert_eq!(["nm_", "dmc_pct", "7", "inf", "1e3", "-400"].map(wavelength_nm), [None; 6]);
        assert!(["ap1_dbm", "A4:2B:b0:00:00:07", "a4-2b-b0-00-00-07"].into_iter().all(is_access_point));
        assert!(!["dbm", "a4:2b:b0:00:00", "room"].into_iter().any(is_access_point));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_or_a_fault_with_a_cure(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            text in "([a-z_0-9,;\"\t.-]{0,12}\n?){0,30}",
        ) {
            for bytes in [&bytes[..], text.as_bytes()] {
                let mut sheet = Sheet::default();
                match sheet.add(Path::new("x.csv"), bytes) {
                    Err(fault) => prop_assert!(!fault.help.is_empty() && fault.line.is_some()),
                    Ok(()) => for row in 0..sheet.rows.len() {
                        for column in 0..sheet.columns.len() {
                            if let Err(fault) = sheet.number(row, column) {
                                prop_assert!(fault.line.is_some() && !fault.help.is_empty());
                            }
                        }
                    }
                }
            }
        }

        #[test]
        fn what_was_written_is_read(
            numbers in prop::collection::vec(prop::option::of(-1e6f64..1e6), 1..60),
            width in 1usize..6,
        ) {
            let names: Vec<String> = (0..width).map(|n| format!("c{n}")).collect();
            let mut text = names.join(",") + "\n";
            // A row of one empty cell is no row.
            let rows: Vec<_> =
                numbers.chunks_exact(width).filter(|row| width > 1 || row[0].is_some()).collect();
            for row in &rows {
                let cells: Vec<String> =
                    row.iter().map(|cell| cell.map_or(String::new(), |x| x.to_string())).collect();
                text += &(cells.join(",") + "\n");
            }
            let sheet = sheet(&[&text]).unwrap();
            prop_assert_eq!(sheet.rows.len(), rows.len());
            for (at, row) in rows.iter().enumerate() {
                for (column, &cell) in row.iter().enumerate() {
                    prop_assert_eq!(sheet.number(at, column), Ok(cell));
                }
            }
        }
    }
}
