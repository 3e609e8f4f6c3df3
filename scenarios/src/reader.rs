//! Walks one table by the list of keys in [`crate::keys`]: refuses what the list does not have, says what is missing, and
//! hands out typed values. Problems are collected, so that a person sees all of them at once.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use crate::closest::{closest, known_names};
use crate::compare::Comparison;
use crate::error::Problem;
use crate::keys::{Key, TableKeys, Takes};
use crate::place::Span;
use crate::recording::Channel;
use crate::settings::{Setting, Settings};
use crate::tree::{Entry, Kind, Table, Value};
use crate::units::{Duration, Quantity};

/// What was found wrong so far.
pub type Problems = RefCell<Vec<Problem>>;

pub struct Reader<'a> {
    table: &'a Table,
    list: &'static TableKeys,
    /// The table's `kind`, if it has one that is known.
    pub kind: Option<&'static str>,
    problems: &'a Problems,
}

impl<'a> Reader<'a> {
    pub fn new(table: &'a Table, list: &'static TableKeys, problems: &'a Problems) -> Self {
        let mut reader = Self { table, list, kind: None, problems };
        reader.read_kind();
        reader.refuse_strangers();
        reader.name_the_missing();
        reader
    }

    pub fn span(&self) -> Span {
        self.table.span
    }
    pub fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }
    /// The place of a value; of the whole table, if it is absent.
    pub fn span_of(&self, key: &str) -> Span {
        self.table.get(key).map_or(self.table.span, |entry| entry.value.span)
    }
    pub fn problem(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    pub fn list_is(&self, list: &'static TableKeys) -> bool {
        std::ptr::eq(self.list, list)
    }
    /// A text as it stands, without complaints: whoever reads it properly makes them.
    pub fn raw_text(&self, key: &str) -> Option<&'a str> {
        self.table.get(key)?.value.as_str()
    }
    /// One text of each table under a key, without complaints; empty where it has none.
    pub fn texts_under(&self, key: &str, inner: &str) -> Vec<String> {
        let Some(Kind::Array(items)) = self.table.get(key).map(|entry| &entry.value.node) else {
            return Vec::new();
        };
        // The same tables that `tables` hands out, so that numbers agree.
        let tables = items.iter().filter_map(|item| match &item.node {
            Kind::Table(table) => Some(table),
            _ => None,
        });
        tables
            .map(|table| table.get(inner).and_then(|entry| entry.value.as_str()).unwrap_or("").to_string())
            .collect()
    }
    fn read_kind(&mut self) {
        if self.list.kinds.is_empty() {
            return;
        }
        let Some(Entry { value, .. }) = self.table.get("kind") else { return };
        let names = self.list.kinds.iter().map(|kind| kind.name);
        match value.as_str() {
            Some(text) => match names.clone().find(|name| *name == text) {
                Some(name) => self.kind = Some(name),
                None => self.problem(Problem::new(
                    value.span,
                    format!("{} has no kind `{text}`", self.list.heading),
                    known_names(text, names),
                )),
            },
            None => self.problem(Problem::new(
                value.span,
                format!("`kind` is a name, not {}", value.describe()),
                known_names("", names),
            )),
        }
    }

    fn refuse_strangers(&self) {
        for entry in &self.table.entries {
            let allowed = self.list.keys_of(self.kind);
            if allowed.clone().any(|key| key.name == entry.key) {
                continue;
            }
            let kinds: Vec<&str> = self
                .list
                .keys
                .iter()
                .filter(|key| key.name == entry.key)
                .flat_map(|key| key.kinds.iter().copied())
                .collect();
            let names = || allowed.clone().map(|key| key.name);
            if kinds.is_empty() {
                self.problem(Problem::new(
                    entry.key_span,
                    format!("unknown key `{}` in {}", entry.key, self.list.heading),
                    known_names(&entry.key, names()),
                ));
            } else {
                self.problem(Problem::new(
                    entry.key_span,
                    format!("`{}` is for kind = \"{}\"", entry.key, kinds.join("\" or \"")),
                    format!(
                        "this one is \"{}\", which has: {}",
                        self.kind.unwrap_or_default(),
                        names().collect::<Vec<_>>().join(", ")
                    ),
                ));
            }
        }
    }

    fn name_the_missing(&self) {
        // Without its kind nobody knows what a table needs.
        let unknown_kind = !self.list.kinds.is_empty() && self.kind.is_none();
        for key in self.list.keys {
            let needed = key.required
                && match self.kind {
                    _ if key.kinds.is_empty() => !unknown_kind || key.name == "kind",
                    Some(kind) => key.kinds.contains(&kind),
                    None => false,
                };
            if needed && !self.has(key.name) {
                // A mistyped key has been reported already: its name says what was meant.
                let mistyped = self.table.entries.iter().any(|entry| {
                    self.list.key(&entry.key).is_none() && closest(&entry.key, [key.name]).is_some()
                });
                if !mistyped {
                    self.problem(missing(key, self.list, self.table.span));
                }
            }
        }
    }

    /// The value of a key that this table may have. A key of another kind has been refused already.
    fn value(&self, key: &str) -> Option<(&'static Key, &'a Value)> {
        debug_assert!(self.list.key(key).is_some(), "`{key}` is not in the list of {}", self.list.heading);
        let listed = self.list.keys_of(self.kind).find(|listed| listed.name == key)?;
        Some((listed, &self.table.get(key)?.value))
    }

    fn keep<T>(&self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.problem(problem)).ok()
    }

    pub fn text(&self, key: &str) -> Option<String> {
        let (_, value) = self.value(key)?;
        let text = self.keep(String::from_value(value))?;
        if text.trim().is_empty() {
            self.problem(Problem::new(
                value.span,
                format!("`{key}` is empty"),
                "write a name, or leave the line out",
            ));
            return None;
        }
        Some(text)
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        let (_, value) = self.value(key)?;
        self.keep(bool::from_value(value))
    }

    pub fn integer(&self, key: &str) -> Option<i64> {
        let (listed, value) = self.value(key)?;
        let Takes::Integer(low, high) = listed.takes else {
            unreachable!("`{key}` is listed as another type")
        };
        let help = format!("`{key}` is a whole number from {low} to {high}, without quotes");
        match value.node {
            Kind::Integer(number) if (low..=high).contains(&number) => Some(number),
            Kind::Integer(number) => {
                self.problem(Problem::new(value.span, format!("{number} is out of range"), help));
                None
            }
            _ => {
                let message = format!("a whole number is expected here, not {}", value.describe());
                self.problem(Problem::new(value.span, message, help));
                None
            }
        }
    }

    /// A quantity, inside bounds that a world or a part can have.
    pub fn quantity<Q: Quantity>(
        &self,
        key: &str,
        number: fn(&Q) -> f64,
        range: RangeInclusive<f64>,
    ) -> Option<Q> {
        let (listed, value) = self.value(key)?;
        debug_assert!(
            matches!(listed.takes, Takes::Quantity(unit) if unit == Q::UNIT),
            "`{key}` is listed as another type"
        );
        self.bounded(key, value, number, range)
    }

    fn bounded<Q: Quantity>(
        &self,
        key: &str,
        value: &Value,
        number: fn(&Q) -> f64,
        range: RangeInclusive<f64>,
    ) -> Option<Q> {
        let quantity = self.keep(Q::from_value(value))?;
        if range.contains(&number(&quantity)) {
            return Some(quantity);
        }
        let unit = Q::UNIT.units[0].0;
        self.problem(Problem::new(
            value.span,
            format!("`{}` is out of range", value.as_str().unwrap_or_default()),
            format!("`{key}` reaches from {}{unit} to {}{unit}", range.start(), range.end()),
        ));
        None
    }

    pub fn ns(&self, key: &str) -> Option<u64> {
        self.value(key).and_then(|(_, value)| self.keep(Duration::from_value(value))).map(|time| time.ns)
    }

    /// A length of time that is not zero.
    pub fn length_ns(&self, key: &str) -> Option<u64> {
        let ns = self.ns(key)?;
        if ns == 0 {
            let message = format!("`{key}` is zero");
            self.problem(Problem::new(
                self.span_of(key),
                message,
                "write a time above zero, or leave the line out",
            ));
            return None;
        }
        Some(ns)
    }

    pub fn per_axis<Q: Quantity>(&self, key: &str, number: fn(&Q) -> f64, limit: f64) -> Option<[f32; 3]> {
        let (_, value) = self.value(key)?;
        let one = |value: &Value| {
            self.bounded::<Q>(key, value, number, -limit..=limit).map(|quantity| number(&quantity) as f32)
        };
        match &value.node {
            Kind::Array(items) => match items.as_slice() {
                [x, y, z] => {
                    let (x, y, z) = (one(x), one(y), one(z));
                    Some([x?, y?, z?])
                }
                _ => {
                    let message = format!("`{key}` has {} values", items.len());
                    let help =
                        format!("one for all axes, or three: {key} = [{0}, {0}, {0}]", Q::UNIT.example());
                    self.problem(Problem::new(value.span, message, help));
                    None
                }
            },
            _ => one(value).map(|all| [all; 3]),
        }
    }

    /// A number without a unit.
    pub fn number(&self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let (_, value) = self.value(key)?;
        let number = match value.node {
            Kind::Integer(number) => number as f64,
            Kind::Float(number) => number,
            _ => f64::NAN,
        };
        if range.contains(&number) {
            return Some(number);
        }
        let message = format!("a number is expected here, from {} to {}", range.start(), range.end());
        self.problem(Problem::new(value.span, message, format!("{key} = 0.5, without quotes")));
        None
    }

    pub fn numbers(&self, key: &str, limit: f64) -> Option<Vec<f32>> {
        let (_, value) = self.value(key)?;
        let numbers = self.keep(Vec::<f64>::from_value(value))?;
        if numbers.len() > 64 || numbers.iter().any(|number| !(0.0..=limit).contains(number)) {
            let message = format!("`{key}` has a number that is out of range, or too many");
            self.problem(Problem::new(value.span, message, format!("at most 64 numbers from 0 to {limit}")));
            return None;
        }
        Some(numbers.into_iter().map(|number| number as f32).collect())
    }

    /// Index into the listed names.
    pub fn one_of(&self, key: &str) -> Option<usize> {
        let (listed, value) = self.value(key)?;
        let Takes::OneOf(names) = listed.takes else { unreachable!("`{key}` is listed as another type") };
        let name = self.name(key, value, names.iter().copied())?;
        names.iter().position(|known| *known == name)
    }

    /// One of the names that the caller knows.
    pub fn known<'n>(&self, key: &str, names: impl IntoIterator<Item = &'n str> + Clone) -> Option<String> {
        let (_, value) = self.value(key)?;
        self.name(key, value, names)
    }

    fn name<'n>(
        &self,
        key: &str,
        value: &Value,
        names: impl IntoIterator<Item = &'n str> + Clone,
    ) -> Option<String> {
        let text = match value.as_str() {
            Some(text) => text,
            None => {
                let message = format!("`{key}` is a name in quotes, not {}", value.describe());
                self.problem(Problem::new(value.span, message, known_names("", names)));
                return None;
            }
        };
        if names.clone().into_iter().any(|name| name == text) {
            return Some(text.to_string());
        }
        let message = if key == "kind" && self.list.kinds.is_empty() {
            format!("no model implements `{text}`")
        } else {
            format!("there is no {key} `{text}`")
        };
        self.problem(Problem::new(value.span, message, known_names(text, names)));
        None
    }

    pub fn channel(&self, key: &str) -> Option<Channel> {
        let (_, value) = self.value(key)?;
        match &value.node {
            Kind::Integer(number @ 0..=255) => Some(Channel::Number(*number as u16)),
            Kind::String(name) if !name.is_empty() => Some(Channel::Name(name.clone())),
            _ => {
                let message = format!("a channel is expected here, not {}", value.describe());
                self.problem(Problem::new(
                    value.span,
                    message,
                    "its number, counted from 0, or its name: \"left\"",
                ));
                None
            }
        }
    }

    pub fn wanted(&self, key: &str) -> Option<Comparison> {
        let (listed, value) = self.value(key)?;
        let Takes::Wanted(scale) = listed.takes else { unreachable!("`{key}` is listed as another type") };
        self.keep(Comparison::from_value(value, scale))
    }

    /// Settings that somebody else will read. Absent: empty, at this table's place.
    pub fn settings(&self, key: &str) -> Settings {
        let empty = || Settings::new(Table { entries: Vec::new(), span: self.table.span });
        match self.value(key) {
            None => empty(),
            Some((_, Value { node: Kind::Table(table), .. })) => Settings::new(table.clone()),
            Some((_, value)) => {
                self.not_a_table(key, value);
                empty()
            }
        }
    }

    pub fn table(&self, key: &str) -> Option<Reader<'a>> {
        let (listed, value) = self.value(key)?;
        let Takes::Table(list) = listed.takes else { unreachable!("`{key}` is listed as another type") };
        match &value.node {
            Kind::Table(table) => Some(Reader::new(table, list, self.problems)),
            _ => {
                self.not_a_table(key, value);
                None
            }
        }
    }

    fn not_a_table(&self, key: &str, value: &Value) {
        let message = format!("`{key}` is a table, not {}", value.describe());
        self.problem(Problem::new(value.span, message, format!("{key} = {{ name = value, ... }}")));
    }

    pub fn tables(&self, key: &str) -> Vec<Reader<'a>> {
        let Some((listed, value)) = self.value(key) else { return Vec::new() };
        let Takes::Tables(list) = listed.takes else { unreachable!("`{key}` is listed as another type") };
        let help = || format!("each begins with a line {}", list.heading);
        match &value.node {
            Kind::Array(items) => items
                .iter()
                .filter_map(|item| match &item.node {
                    Kind::Table(table) => Some(Reader::new(table, list, self.problems)),
                    _ => {
                        let message = format!("{} is a table, not {}", list.heading, item.describe());
                        self.problem(Problem::new(item.span, message, help()));
                        None
                    }
                })
                .collect(),
            Kind::Table(table) => {
                let message = format!("[{key}] stands for one table, and there can be several");
                self.problem(Problem::new(table.span, message, format!("write {}", list.heading)));
                Vec::new()
            }
            _ => {
                self.problem(Problem::new(
                    value.span,
                    format!("`{key}` is a table, not {}", value.describe()),
                    help(),
                ));
                Vec::new()
            }
        }
    }
}

fn missing(key: &Key, list: &TableKeys, span: Span) -> Problem {
    let help = match key.takes {
        Takes::Kind => known_names("", list.kinds.iter().map(|kind| kind.name)),
        _ => format!("{}    # {}", key.example(), key.about),
    };
    Problem::new(span, format!("{} needs `{}`", list.heading, key.name), help)
}
