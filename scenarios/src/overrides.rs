//! `--set path=value`: any key of a scenario, changed from outside. The value keeps its own place, so that what is wrong
//! with it is shown in the argument and not in the file.

use crate::closest::known_names;
use crate::error::Problem;
use crate::place::Span;
use crate::tree::{self, Entry, Kind, Table, Value};

/// One override as it was given: `node.desk.settings.block=16ms`, `sound.0.level=50dB`, `seed=7`.
///
/// A table among several is named by its number from 0, or by its `name`. The value is TOML, or else a text as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub text: String,
}

impl Set {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

impl From<&str> for Set {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

const HELP: &str = "path=value, for example seed=7, sound.0.level=50dB or node.desk.settings.block=16ms";

/// Changes `root` as the override says. `source` is the number under which its text is known.
pub fn apply(root: &mut Table, set: &Set, source: u16) -> Result<(), Problem> {
    let text = set.text.as_str();
    let whole = Span::new(source, 0..text.len());
    let Some((path, value)) = text.split_once('=') else {
        return Err(Problem::new(whole, "an override has a path, `=` and a value", HELP));
    };
    let value_offset = path.len() + 1;
    // Comments and line breaks are TOML's, not an argument's.
    let plain = !value.contains(['\n', '\r', '#']);
    let value =
        plain.then(|| tree::parse_value(value, source, value_offset)).flatten().unwrap_or_else(|| Value {
            node: Kind::String(value.trim().to_string()),
            span: Span::new(source, value_offset..text.len()),
        });

    let mut segments = Vec::new();
    let mut start = 0;
    for part in path.split('.') {
        let span = Span::new(source, start..start + part.len());
        start += part.len() + 1;
        if part.trim().is_empty() {
            return Err(Problem::new(whole, "a path has a name before and after each dot", HELP));
        }
        segments.push((part.trim(), span));
    }
    put_in_table(root, &segments, value)
}

fn put_in_table(table: &mut Table, path: &[(&str, Span)], value: Value) -> Result<(), Problem> {
    let [(name, span), rest @ ..] = path else { return Ok(()) };
    if rest.is_empty() {
        // The new key's place is the argument, so that an unknown one is shown there.
        let entry = Entry { key: name.to_string(), key_span: *span, value };
        match table.get_mut(name) {
            Some(old) => *old = entry,
            None => table.entries.push(entry),
        }
        return Ok(());
    }
    if table.get(name).is_none() {
        let fresh = Value { node: Kind::Table(Table { entries: Vec::new(), span: *span }), span: *span };
        // `sound.0.level` where there is no sound at all, or a mistyped name.
        if rest[0].0.parse::<usize>().is_ok() {
            let names: Vec<&str> = table.entries.iter().map(|entry| entry.key.as_str()).collect();
            return Err(Problem::new(
                *span,
                format!("there is no `{name}` to change"),
                known_names(name, names),
            ));
        }
        table.entries.push(Entry { key: name.to_string(), key_span: *span, value: fresh });
    }
    match table.get_mut(name) {
        Some(entry) => put_in_value(&mut entry.value, name, *span, rest, value),
        None => Ok(()),
    }
}

fn put_in_value(
    place: &mut Value,
    name: &str,
    name_span: Span,
    path: &[(&str, Span)],
    value: Value,
) -> Result<(), Problem> {
    let [(segment, span), rest @ ..] = path else { return Ok(()) };
    match &mut place.node {
        Kind::Table(table) => put_in_table(table, path, value),
        Kind::Array(items) => {
            let names: Vec<String> =
                items.iter().filter_map(|item| name_of(item).map(String::from)).collect();
            let count = items.len();
            let index = segment
                .parse::<usize>()
                .ok()
                .filter(|index| *index < count)
                .or_else(|| items.iter().position(|item| name_of(item) == Some(*segment)));
            let Some(index) = index else {
                let numbers = match count {
                    0 => "there are none".to_string(),
                    1 => "there is one, number 0".to_string(),
                    _ => format!("there are {count}, numbered 0 to {}", count - 1),
                };
                let help = if names.is_empty() {
                    numbers
                } else {
                    format!("{}; {numbers}", known_names(segment, names.iter().map(String::as_str)))
                };
                return Err(Problem::new(*span, format!("there is no `{name}.{segment}` to change"), help));
            };
            if rest.is_empty() {
                items[index] = value;
                Ok(())
            } else {
                put_in_value(&mut items[index], segment, *span, rest, value)
            }
        }
        _ => Err(Problem::new(
            name_span,
            format!("`{name}` is {}, and has nothing in it called `{segment}`", place.describe()),
            HELP,
        )),
    }
}

fn name_of(value: &Value) -> Option<&str> {
    match &value.node {
        Kind::Table(table) => table.get("name")?.value.as_str(),
        _ => None,
    }
}
