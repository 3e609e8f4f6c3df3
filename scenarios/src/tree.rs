//! TOML values that own their text and know their place. The loader walks this tree, so that a value from the file and
//! one from an override are treated alike.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Problem;
use crate::place::Span;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// In the order of the file.
    pub entries: Vec<Entry>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub node: Kind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Date(String),
    Array(Vec<Value>),
    Table(Table),
}

impl Table {
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == key)
    }
}

impl Value {
    /// For "... is expected, this is a table".
    pub fn describe(&self) -> String {
        match &self.node {
            Kind::String(text) => format!("the text \"{}\"", text.chars().take(40).collect::<String>()),
            Kind::Integer(number) => format!("the number {number}"),
            Kind::Float(number) => format!("the number {number}"),
            Kind::Boolean(flag) => format!("{flag}"),
            Kind::Date(text) => format!("the date {text}"),
            Kind::Array(_) => "a list".into(),
            Kind::Table(_) => "a table".into(),
        }
    }
    /// A value that stands for itself in messages, if it is short.
    pub fn as_str(&self) -> Option<&str> {
        match &self.node {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Parses a whole document; syntax errors are all reported at once.
pub fn parse(text: &str, source: u16) -> Result<Table, Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<Problem> = errors
        .iter()
        .map(|error| {
            let range = error.span().unwrap_or(0..0);
            let help = syntax_help(text, range.start);
            Problem::new(Span::new(source, range), format!("this is not TOML: {}", error.message()), help)
        })
        .collect();
    let range = document.span();
    let table = table_of(document.into_inner(), range, source, 0, &mut problems);
    if problems.is_empty() { Ok(table) } else { Err(problems) }
}

/// Parses the value of an override; None if it is no TOML value and so stands for itself.
pub fn parse_value(text: &str, source: u16, offset: usize) -> Option<Value> {
    let (value, errors) = DeValue::parse_recoverable(text);
    let mut problems = Vec::new();
    let value = value_of(value, source, offset, &mut problems);
    (errors.is_empty() && problems.is_empty()).then_some(value)
}

/// The commonest slip is a quantity without quotes.
fn syntax_help(text: &str, at: usize) -> String {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or("");
    if let Some((key, value)) = line.split_once('=') {
        let value = value.split('#').next().unwrap_or("").trim();
        let bare = value.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && !value.contains(['"', '\'', '[', '{', ',']);
        if bare && value.contains(|c: char| c.is_alphabetic() || c == '%') {
            return format!("quantities stand in quotes: {} = \"{value}\"", key.trim());
        }
    }
    "a line is `key = value` or a [[heading]]; texts and quantities stand in quotes, as in level = \"45dB\""
        .into()
}

fn table_of(
    table: DeTable<'_>,
    range: std::ops::Range<usize>,
    source: u16,
    offset: usize,
    problems: &mut Vec<Problem>,
) -> Table {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| {
            let key_span = shifted(key.span(), source, offset);
            let key = key.into_inner().into_owned();
            Entry { key, key_span, value: value_of(value, source, offset, problems) }
        })
        .collect();
    // The parser sorts by name; a person reads from top to bottom.
    entries.sort_by_key(|entry| entry.key_span.start);
    Table { entries, span: shifted(range, source, offset) }
}

fn value_of(value: Spanned<DeValue<'_>>, source: u16, offset: usize, problems: &mut Vec<Problem>) -> Value {
    let range = value.span();
    let span = shifted(range.clone(), source, offset);
    let node = match value.into_inner() {
        DeValue::String(text) => Kind::String(text.into_owned()),
        DeValue::Integer(number) => {
            Kind::Integer(i64::from_str_radix(number.as_str(), number.radix()).unwrap_or_else(|_| {
                problems.push(Problem::new(
                    span,
                    format!("`{number}` is too large a number"),
                    format!("whole numbers reach from {} to {}", i64::MIN, i64::MAX),
                ));
                0
            }))
        }
        DeValue::Float(number) => Kind::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Kind::Boolean(flag),
        DeValue::Datetime(date) => Kind::Date(date.to_string()),
        DeValue::Array(items) => {
            Kind::Array(items.into_iter().map(|item| value_of(item, source, offset, problems)).collect())
        }
        DeValue::Table(table) => Kind::Table(table_of(table, range, source, offset, problems)),
    };
    Value { node, span }
}

fn shifted(range: std::ops::Range<usize>, source: u16, offset: usize) -> Span {
    Span::new(source, range.start + offset..range.end + offset)
}
