//! Settings of an application, a device or a fault: kept as they were written until their owner takes them out, one by
//! one and by type. What nobody took is refused, with the names that would have been right.

use crate::closest::known_names;
use crate::error::Problem;
use crate::place::Span;
use crate::tree::{Entry, Kind, Table, Value};
use crate::units::{Duration, Quantity};
use std::path::{Path, PathBuf};

/// As much flash as an M5StickC has.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Values whose names and types only their owner knows.
///
/// ```
/// # use scenarios::{settings::Settings, units::{Duration, Level}};
/// # fn read(mut settings: Settings) -> Result<(), scenarios::error::Problem> {
/// let block = settings.take_or("block", Duration::from_ms(32))?;
/// let loud_above: Level = settings.take("loud_above")?;
/// settings.finish()
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    table: Table,
    /// Where paths start from.
    folder: PathBuf,
    /// What was asked for, and where it stood if it was there.
    asked: Vec<(String, Option<Span>)>,
}

impl Settings {
    pub fn new(table: Table) -> Self {
        Self { table, folder: PathBuf::new(), asked: Vec::new() }
    }
    /// Paths in them start from `folder`.
    pub fn in_folder(self, folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), ..self }
    }

    /// Parses `key = value` lines outside any file, for tests and for programs that build settings themselves.
    pub fn from_text(text: &str) -> Result<Self, Problem> {
        crate::tree::parse(text, 0).map(Self::new).map_err(|problems| {
            problems.into_iter().next().unwrap_or_else(|| unreachable!("an error has a problem"))
        })
    }

    /// Where the settings stand; where the owner would have them, if there are none.
    pub fn span(&self) -> Span {
        self.table.span
    }
    /// Where one value stands (taken or not), for what its owner finds wrong with it; all of them, if it is absent.
    pub fn span_of(&self, key: &str) -> Span {
        let taken = || self.asked.iter().find(|(asked, _)| asked == key).and_then(|(_, span)| *span);
        self.table.get(key).map(|entry| entry.value.span).or_else(taken).unwrap_or(self.table.span)
    }
    pub fn is_empty(&self) -> bool {
        self.table.entries.is_empty()
    }
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.table.entries.iter().map(|entry| entry.key.as_str())
    }

    /// A setting that has to be there.
    pub fn take<T: Setting>(&mut self, key: &str) -> Result<T, Problem> {
        self.take_optional(key)?.ok_or_else(|| {
            Problem::new(self.table.span, format!("`{key}` is missing"), format!("{key} = {}", T::EXAMPLE))
        })
    }

    pub fn take_or<T: Setting>(&mut self, key: &str, default: T) -> Result<T, Problem> {
        Ok(self.take_optional(key)?.unwrap_or(default))
    }

    pub fn take_optional<T: Setting>(&mut self, key: &str) -> Result<Option<T>, Problem> {
        match self.remove(key) {
            Some(entry) => T::from_value(&entry.value).map(Some),
            None => Ok(None),
        }
    }

    /// The path of a file, started from the scenario's folder, and its bytes.
    pub fn take_file(&mut self, key: &str) -> Result<Option<(PathBuf, Vec<u8>)>, Problem> {
        let Some(name) = self.take_optional::<String>(key)? else { return Ok(None) };
        let path = self.folder.join(&name);
        let unreadable = |error: std::io::Error| {
            let help =
                format!("it was looked for at {}; paths start from the scenario's folder", path.display());
            Problem::new(self.span_of(key), format!("`{name}` cannot be read: {error}"), help)
        };
        let length = std::fs::metadata(&path).map_err(unreadable)?.len();
        if length > MAX_FILE_BYTES {
            let message = format!("`{name}` has {length} bytes");
            let help = format!("{MAX_FILE_BYTES} are the most that a node has room for");
            return Err(Problem::new(self.span_of(key), message, help));
        }
        let bytes = std::fs::read(&path).map_err(unreadable)?;
        Ok(Some((path, bytes)))
    }

    /// One of a few names, and what each stands for.
    pub fn take_one_of<T: Copy>(&mut self, key: &str, names: &[(&str, T)], default: T) -> Result<T, Problem> {
        let Some(entry) = self.remove(key) else { return Ok(default) };
        let list = || names.iter().map(|(name, _)| *name);
        let text = entry.value.as_str().ok_or_else(|| {
            let example = names.first().map_or("", |(name, _)| name);
            Problem::new(
                entry.value.span,
                format!("`{key}` is a name, not {}", entry.value.describe()),
                format!("{key} = \"{example}\"; {}", known_names("", list())),
            )
        })?;
        names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
            Problem::new(entry.value.span, format!("`{text}` is no `{key}`"), known_names(text, list()))
        })
    }

    /// Refuses what nobody asked for.
    pub fn finish(self) -> Result<(), Problem> {
        match self.table.entries.first() {
            None => Ok(()),
            Some(entry) => Err(Problem::new(
                entry.key_span,
                format!("unknown setting `{}`", entry.key),
                known_names(&entry.key, self.asked.iter().map(|(asked, _)| asked.as_str())),
            )),
        }
    }

    fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.table.entries.iter().position(|entry| entry.key == key);
        let entry = at.map(|at| self.table.entries.remove(at));
        if !self.asked.iter().any(|(asked, _)| asked == key) {
            self.asked.push((key.to_string(), entry.as_ref().map(|entry| entry.value.span)));
        }
        entry
    }
}

/// A type that a setting may have.
pub trait Setting: Sized {
    /// As it would stand in a file.
    const EXAMPLE: &'static str;
    fn from_value(value: &Value) -> Result<Self, Problem>;
}

impl<Q: Quantity> Setting for Q {
    const EXAMPLE: &'static str = Q::UNIT.examples;
    fn from_value(value: &Value) -> Result<Self, Problem> {
        let problem = match &value.node {
            Kind::String(text) => match Q::parse(text) {
                Ok(quantity) => return Ok(quantity),
                Err(error) => error,
            },
            Kind::Integer(number) => Q::UNIT.no_unit(number),
            Kind::Float(number) => Q::UNIT.no_unit(number),
            _ => return Err(wrong(value, Q::UNIT.what, Q::UNIT.help())),
        };
        Err(Problem::unit(value.span, problem))
    }
}

fn wrong(value: &Value, what: &str, help: impl Into<String>) -> Problem {
    Problem::new(value.span, format!("{what} is expected here, not {}", value.describe()), help)
}

impl Setting for bool {
    const EXAMPLE: &'static str = "true";
    fn from_value(value: &Value) -> Result<Self, Problem> {
        match value.node {
            Kind::Boolean(flag) => Ok(flag),
            _ => Err(wrong(value, "true or false", "write true or false, without quotes")),
        }
    }
}

impl Setting for String {
    const EXAMPLE: &'static str = "\"...\"";
    fn from_value(value: &Value) -> Result<Self, Problem> {
        match &value.node {
            Kind::String(text) => Ok(text.clone()),
            Kind::Integer(number) => Err(wrong(value, "a text", format!("put it in quotes: \"{number}\""))),
            _ => Err(wrong(value, "a text", "texts stand in quotes: \"...\"")),
        }
    }
}

impl Setting for f64 {
    const EXAMPLE: &'static str = "0.5";
    fn from_value(value: &Value) -> Result<Self, Problem> {
        match value.node {
            Kind::Integer(number) => Ok(number as f64),
            Kind::Float(number) if number.is_finite() => Ok(number),
            Kind::String(_) => {
                Err(wrong(value, "a plain number", "write it without quotes and without a unit"))
            }
            _ => Err(wrong(value, "a plain number", "write it like 0.5")),
        }
    }
}

macro_rules! whole_number {
    ($($int:ty),*) => {$(
        impl Setting for $int {
            const EXAMPLE: &'static str = "1";
            fn from_value(value: &Value) -> Result<Self, Problem> {
                let help = format!("from {} to {}", <$int>::MIN, <$int>::MAX);
                match value.node {
                    Kind::Integer(number) => <$int>::try_from(number).map_err(|_| {
                        Problem::new(value.span, format!("{number} is out of range"), help)
                    }),
                    _ => Err(wrong(value, "a whole number", format!("a number {help}, without quotes"))),
                }
            }
        }
    )*};
}
whole_number!(u8, u16, u32, u64, i64);

impl<T: Setting> Setting for Vec<T> {
    const EXAMPLE: &'static str = "[...]";
    fn from_value(value: &Value) -> Result<Self, Problem> {
        match &value.node {
            Kind::Array(items) => items.iter().map(T::from_value).collect(),
            _ => Err(wrong(value, "a list", format!("lists stand in brackets: [{}]", T::EXAMPLE))),
        }
    }
}

/// A length of time as the standard library has it, for callers that do not want ours.
impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        Self::from_nanos(duration.ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Level;

    #[test]
    fn settings_are_taken_by_type_and_leftovers_are_refused() {
        let mut settings =
            Settings::from_text("block = \"32ms\"\nfft = 512\nweighting = \"A\"\nloud_abvoe = \"70dB\"")
                .unwrap();
        assert_eq!(settings.take::<Duration>("block"), Ok(Duration::from_ms(32)));
        assert_eq!(settings.take_or("fft", 256u32), Ok(512));
        assert_eq!(settings.take_one_of("weighting", &[("A", 1), ("C", 2)], 2), Ok(1));
        assert_eq!(settings.take_or("loud_above", Level { db_spl: 60.0 }), Ok(Level { db_spl: 60.0 }));
        assert_eq!(settings.span_of("block").range(), 8..14);
        let left = settings.finish().unwrap_err();
        assert_eq!(left.message, "unknown setting `loud_abvoe`");
        assert_eq!(left.help, "did you mean `loud_above`? known: block, fft, weighting, loud_above");
        assert_eq!(left.span.range(), 41..51);
    }

    #[test]
    fn a_wrong_type_is_told_what_would_be_right() {
        let problem = |text: &str| {
            let mut settings = Settings::from_text(text).unwrap();
            settings.take::<Duration>("x").unwrap_err()
        };
        assert_eq!(problem("x = 5").message, "`5` has no unit, and a duration needs one");
        assert_eq!(problem("x = true").message, "a duration is expected here, not true");
        assert_eq!(problem("y = 1").message, "`x` is missing");
        let fft = Settings::from_text("fft = -1").unwrap().take::<u32>("fft").unwrap_err();
        assert_eq!((fft.message.as_str(), fft.help.as_str()), ("-1 is out of range", "from 0 to 4294967295"));
        let weighting =
            Settings::from_text("w = \"B\"").unwrap().take_one_of("w", &[("A", 1), ("C", 2)], 1).unwrap_err();
        assert_eq!((weighting.message.as_str(), weighting.help.as_str()), ("`B` is no `w`", "known: A, C"));
    }
}
