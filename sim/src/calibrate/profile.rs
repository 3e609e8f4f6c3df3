//! What the firmware's meter printed: stage lines of its log, or the same fields as CSV.
//!
//! The log is described in `firmware-esp32/src/log.rs`. A line that does not make sense is an error with its place: a
//! garbled digit that passes for a figure would be worse.

use super::Refusal;
use node_core::meter::Kernel;

/// The log's version that is read here.
const VERSION: &str = "1";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// As the log's first line says; a CSV says nothing.
    pub board: Option<String>,
    pub cpu_mhz: Vec<u32>,
    pub commit: Option<String>,
    pub lines: Vec<StageLine>,
}

/// A stage over some runs of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageLine {
    /// File and line.
    pub place: String,
    pub stage: String,
    pub runs: u64,
    /// Of all runs.
    pub cycles: u64,
    /// Of a single run.
    pub min: u64,
    pub max: u64,
    pub work: Vec<Done>,
}

/// What all runs of a line did with one kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Done {
    /// Place in [`Kernel::ALL`].
    pub kernel: usize,
    pub calls: u64,
    pub units: u64,
}

impl Profile {
    /// A log as it came over the serial line.
    pub fn from_log(name: &str, text: &str) -> Result<Self, Refusal> {
        let mut profile = Self::default();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let place = format!("{name}:{}", index + 1);
            // Whoever stopped the log stopped it within a line: half a number is a number.
            let Some(line) = line.strip_suffix('\n') else { continue };
            let line = line.strip_suffix('\r').unwrap_or(line);
            if let Some(head) = line.strip_prefix("nodetwin ") {
                profile.head(head).map_err(|refusal| at(&place, refusal))?;
            } else if let Some(fields) = line.strip_prefix("S ") {
                profile.lines.push(stage_line(&place, fields).map_err(|refusal| at(&place, refusal))?);
            }
        }
        Ok(profile)
    }

    /// Columns `stage`, `n`, `cycles`, `min`, `max` and one for each kernel.
    pub fn from_csv(name: &str, text: &str) -> Result<Self, Refusal> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let wrong = |error: csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            let help = "a header line and as many cells in each row; see `nodetwin calibrate --help`";
            Refusal::new(format!("{name}:{line}: {error}"), help)
        };
        let header = reader.headers().map_err(wrong)?.clone();
        if let Some(missing) = ["stage", "n", "cycles", "min", "max"]
            .into_iter()
            .find(|column| header.iter().all(|is| is != *column))
        {
            let help = "the columns are stage,n,cycles,min,max and one for each kernel";
            return Err(Refusal::new(format!("{name}:1: no column `{missing}`"), help));
        }
        let mut profile = Self::default();
        for record in reader.records() {
            let record = record.map_err(wrong)?;
            let place = format!("{name}:{}", record.position().map_or(0, csv::Position::line));
            let mut fields = Fields::default();
            let mut stage = "";
            for (key, value) in header.iter().zip(&record) {
                match (key, value) {
                    ("stage", name) => stage = name,
                    (_, "") => {}
                    _ => fields.take(key, value).map_err(|refusal| at(&place, refusal))?,
                }
            }
            profile.lines.push(fields.line(&place, stage).map_err(|refusal| at(&place, refusal))?);
        }
        Ok(profile)
    }

    /// Two profiles of one kind of board.
    pub fn join(&mut self, other: Self) -> Result<(), Refusal> {
        if let Some(board) = other.board {
            self.is_of(&board)?;
        }
        other.cpu_mhz.into_iter().for_each(|mhz| self.runs_at(mhz));
        self.commit = self.commit.take().or(other.commit);
        self.lines.extend(other.lines);
        Ok(())
    }

    /// Takes the name of the board, or finds it confirmed.
    pub fn is_of(&mut self, board: &str) -> Result<(), Refusal> {
        match &self.board {
            Some(known) if known != board => {
                let message = format!("timings of two boards, {known} and {board}");
                Err(Refusal::new(message, "calibrate one board at a time"))
            }
            _ => {
                self.board = Some(board.to_string());
                Ok(())
            }
        }
    }

    fn runs_at(&mut self, mhz: u32) {
        if !self.cpu_mhz.contains(&mhz) {
            self.cpu_mhz.push(mhz);
        }
    }

    /// `1 board=m5stickc app=sound cpu_mhz=240 ... name=to the end of the line`
    fn head(&mut self, head: &str) -> Result<(), Refusal> {
        let (version, fields) = head.split_once(' ').unwrap_or((head, ""));
        if version != VERSION {
            let message = format!("the log is of version `{version}`, and this program reads {VERSION}");
            return Err(Refusal::new(message, "use the nodetwin of the firmware's own commit"));
        }
        for (key, value) in fields.split(' ').filter_map(|field| field.split_once('=')) {
            match key {
                "board" => self.is_of(value)?,
                "cpu_mhz" => self.runs_at(number(key, value)? as u32),
                "commit" => self.commit = Some(value.to_string()),
                "name" => break,
                _ => {}
            }
        }
        Ok(())
    }
}

fn at(place: &str, refusal: Refusal) -> Refusal {
    Refusal { message: format!("{place}: {}", refusal.message), ..refusal }
}

fn garbled(message: String) -> Refusal {
    Refusal::new(message, "if the serial line garbled it, delete the line; the rest is as good without it")
}

/// `<us> <stage> n=<runs> ...`
fn stage_line(place: &str, line: &str) -> Result<StageLine, Refusal> {
    let mut parts = line.split(' ');
    number("time", parts.next().unwrap_or_default())?;
    let stage = parts.next().unwrap_or_default();
    let mut fields = Fields::default();
    for part in parts.filter(|part| !part.is_empty()) {
        let (key, value) =
            part.split_once('=').ok_or_else(|| garbled(format!("`{part}` is no field: key=value")))?;
        fields.take(key, value)?;
    }
    fields.line(place, stage)
}

fn number(key: &str, text: &str) -> Result<u64, Refusal> {
    // `parse` alone would take `+7`.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or_else(|| garbled(format!("{key} is `{text}`, and should be a whole number")))
}

#[derive(Default)]
struct Fields {
    runs: Option<u64>,
    cycles: Option<u64>,
    min: Option<u64>,
    max: Option<u64>,
    work: Vec<Done>,
}

impl Fields {
    fn take(&mut self, key: &str, value: &str) -> Result<(), Refusal> {
        match key {
            "n" => self.runs = Some(number(key, value)?),
            "cycles" => self.cycles = Some(number(key, value)?),
            "min" => self.min = Some(number(key, value)?),
            "max" => self.max = Some(number(key, value)?),
            _ => self.kernel(key, value)?,
        }
        Ok(())
    }

    fn kernel(&mut self, key: &str, value: &str) -> Result<(), Refusal> {
        let known = Kernel::ALL.iter().position(|kernel| format!("{kernel:?}") == key);
        let (kernel, (calls, units)) = match (known, value.split_once('/')) {
            (Some(kernel), Some(pair)) => (kernel, pair),
            (Some(_), None) => {
                return Err(garbled(format!("{key} is `{value}`, and should be calls/units")));
            }
            // Work without a price would be charged to the kernels beside it.
            (None, Some((calls, units))) if number("", calls).is_ok() && number("", units).is_ok() => {
                let help = "use the nodetwin of the firmware's own commit; its names are those of \
                            node_core::meter::Kernel";
                return Err(Refusal::new(format!("no kernel is named `{key}`"), help));
            }
            // A field of a later firmware.
            (None, _) => return Ok(()),
        };
        if self.work.iter().any(|done| done.kernel == kernel) {
            return Err(garbled(format!("{key} is there twice")));
        }
        let (calls, units) = (number(key, calls)?, number(key, units)?);
        if calls > 0 {
            self.work.push(Done { kernel, calls, units });
        }
        Ok(())
    }

    fn line(mut self, place: &str, stage: &str) -> Result<StageLine, Refusal> {
        if stage.is_empty() || stage.contains('=') {
            return Err(garbled("the stage has no name".into()));
        }
        let wanted =
            |name: &str, value: Option<u64>| value.ok_or_else(|| garbled(format!("{stage}: no `{name}`")));
        let (runs, cycles) = (wanted("n", self.runs)?, wanted("cycles", self.cycles)?);
        let (min, max) = (wanted("min", self.min)?, wanted("max", self.max)?);
        let (all, least, most) =
            (u128::from(cycles), u128::from(runs) * u128::from(min), u128::from(runs) * u128::from(max));
        if runs == 0 || min == 0 || !(least..=most).contains(&all) {
            return Err(garbled(format!(
                "{stage}: {runs} runs of {min} to {max} cycles do not make {cycles} together"
            )));
        }
        self.work.sort_unstable();
        Ok(StageLine {
            place: place.to_string(),
            stage: stage.to_string(),
            runs,
            cycles,
            min,
            max,
            work: self.work,
        })
    }
}
