//! Changes written into a scenario's text where they belong: what stands there is replaced, what is new comes after its
//! neighbours, and every comment stays.
//!
//! A text is believed only after it was read again and says what the changes say: what cannot be written so is refused.

use scenarios::tree::{self, Entry, Kind, Table, Value};
use scenarios::{Set, overrides};
use std::ops::Range;

/// Why a change cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{set}` cannot be written into the file: {why}")]
pub struct Unwritable {
    pub set: String,
    pub why: String,
}

/// The text with all changes in it.
pub fn written(text: &str, sets: &[String]) -> Result<String, Unwritable> {
    sets.iter().try_fold(text.to_string(), |text, set| write(&text, set))
}

fn write(text: &str, set: &str) -> Result<String, Unwritable> {
    let refused = |why: String| Unwritable { set: set.into(), why };
    let parse = |text: &str| {
        tree::parse(text, 0).map_err(|problems| {
            refused(problems.into_iter().next().map_or_else(String::new, |problem| problem.message))
        })
    };
    let before = parse(text)?;
    let mut wanted = before.clone();
    overrides::apply(&mut wanted, &Set::new(set), 1)
        .map_err(|problem| refused(format!("{}; {}", problem.message, problem.help)))?;
    let (path, value) = set.split_once('=').unwrap_or((set, ""));
    let literal = literal(value);
    let segments: Vec<&str> = path.split('.').map(str::trim).collect();
    let edits = match find(&before, &segments) {
        Some(Spot::Value(value)) => vec![(value.span.range(), literal)],
        Some(Spot::Absent { table, rest }) => additions(text, table, &dotted(rest), &literal),
        None => Vec::new(),
    };
    let tried =
        edits.into_iter().map(|(range, new)| format!("{}{new}{}", &text[..range.start], &text[range.end..]));
    let says = |text: &String| tree::parse(text, 0).is_ok_and(|table| same_table(&table, &wanted));
    tried
        .into_iter()
        .find(says)
        .ok_or_else(|| refused("its place is not one line of its own; change it in the file by hand".into()))
}

/// The value as TOML: as it was given if it is, else as a text.
fn literal(value: &str) -> String {
    let plain = !value.contains(['\n', '\r', '#']);
    let toml = plain.then(|| tree::parse_value(value, 0, 0)).flatten();
    match toml {
        Some(_) => value.trim().to_string(),
        // JSON's escapes are TOML's.
        None => serde_json::Value::from(value.trim()).to_string(),
    }
}

fn dotted(path: &[&str]) -> String {
    let bare = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let quoted =
        |name: &&str| if bare(name) { name.to_string() } else { serde_json::Value::from(*name).to_string() };
    path.iter().map(quoted).collect::<Vec<_>>().join(".")
}

enum Spot<'a, 'p> {
    Value(&'a Value),
    /// The innermost table on the way that exists, and what it lacks.
    Absent {
        table: &'a Table,
        rest: &'p [&'p str],
    },
}

fn find<'a, 'p>(table: &'a Table, path: &'p [&'p str]) -> Option<Spot<'a, 'p>> {
    let (name, rest) = path.split_first()?;
    match table.get(name) {
        None => Some(Spot::Absent { table, rest: path }),
        Some(entry) => find_in(&entry.value, rest),
    }
}

fn find_in<'a, 'p>(value: &'a Value, path: &'p [&'p str]) -> Option<Spot<'a, 'p>> {
    let Some((segment, rest)) = path.split_first() else { return Some(Spot::Value(value)) };
    match &value.node {
        Kind::Table(table) => find(table, path),
        Kind::Array(items) => find_in(&items[index(items, segment)?], rest),
        _ => None,
    }
}

/// One among several, by its number or by its name, as overrides have it.
pub fn index(items: &[Value], segment: &str) -> Option<usize> {
    let name = |item: &Value| match &item.node {
        Kind::Table(table) => table.get("name").and_then(|entry| entry.value.as_str()) == Some(segment),
        _ => false,
    };
    let number = segment.parse::<usize>().ok().filter(|index| *index < items.len());
    number.or_else(|| items.iter().position(name))
}

/// Where a new key of a table could stand; the first that reads as wanted will do.
fn additions(text: &str, table: &Table, key: &str, literal: &str) -> Vec<(Range<usize>, String)> {
    let mut places = Vec::new();
    let span = table.span.range();
    let own = text.get(span.clone()).unwrap_or("");
    if own.starts_with('{') && own.ends_with('}') {
        let inside = own[1..own.len() - 1].trim_end();
        let at = span.start + 1 + inside.len();
        let comma = if inside.trim().is_empty() || inside.ends_with(',') { " " } else { ", " };
        places.push((at..span.end - 1, format!("{comma}{key} = {literal} ")));
    }
    let lines = |entry: &&Entry| {
        let value = entry.value.span.range();
        // Tables under headings of their own are further down.
        let heading = matches!(entry.value.node, Kind::Table(_) | Kind::Array(_))
            && text[value.clone()].starts_with('[');
        let list = matches!(&entry.value.node, Kind::Array(items) if !items.iter().any(|item| matches!(item.node, Kind::Table(_))));
        !value.is_empty() && (!heading || list)
    };
    if let Some(last) = table.entries.iter().filter(lines).max_by_key(|entry| entry.value.span.end) {
        let start = text[..last.key_span.range().start].rfind('\n').map_or(0, |at| at + 1);
        // `settings.` where the neighbour has it.
        let before = &text[start..last.key_span.range().start];
        places.push(new_line(text, last.value.span.range().end, &format!("{before}{key} = {literal}")));
    }
    if own.starts_with('[') {
        places.push(new_line(text, span.end, &format!("{key} = {literal}")));
    }
    places
}

/// After the line in which `at` is.
fn new_line(text: &str, at: usize, line: &str) -> (Range<usize>, String) {
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    (end..end, format!("\n{line}"))
}

fn same_table(a: &Table, b: &Table) -> bool {
    a.entries.len() == b.entries.len()
        && a.entries
            .iter()
            .all(|entry| b.get(&entry.key).is_some_and(|other| same(&entry.value, &other.value)))
}

/// Places aside.
fn same(a: &Value, b: &Value) -> bool {
    match (&a.node, &b.node) {
        (Kind::Table(a), Kind::Table(b)) => same_table(a, b),
        (Kind::Array(a), Kind::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = include_str!("../../../scenarios/sound-sensor.toml");

    fn sets(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| text.to_string()).collect()
    }

    #[test]
    fn keys_are_changed_where_they_stand_and_comments_stay() {
        let changes = sets(&["node.shelf.settings.block=16ms", "seed=9", "sound.1.level=\"60dB\""]);
        let after = written(FILE, &changes).unwrap();
        let changed: Vec<(&str, &str)> = FILE.lines().zip(after.lines()).filter(|(a, b)| a != b).collect();
        assert_eq!(
            changed,
            [
                (
                    "seed = 1            # all chance comes from here: the same seed gives the same run",
                    "seed = 9            # all chance comes from here: the same seed gives the same run"
                ),
                (
                    "block = \"32ms\"          # as much sound as is looked at in one go: 512 samples",
                    "block = \"16ms\"          # as much sound as is looked at in one go: 512 samples"
                ),
                ("level = \"55dB\"", "level = \"60dB\""),
            ]
        );
        assert_eq!(FILE.lines().count(), after.lines().count());
    }

    #[test]
    fn what_is_new_stands_beside_its_neighbours() {
        let changes = sets(&[
            "node.shelf.cpu=80MHz",
            "node.shelf.imu.noise=200%",
            "node.shelf.settings.loud_gap=1s",
            "strict=true",
        ]);
        let after = written(FILE, &changes).unwrap();
        for line in ["cpu = \"80MHz\"", "imu.noise = \"200%\"", "loud_gap = \"1s\"", "strict = true"] {
            assert_eq!(after.lines().filter(|found| *found == line).count(), 1, "{line}");
        }
        let kept = FILE.lines().all(|line| after.lines().any(|other| other == line));
        assert!(kept, "no line is lost");
    }

    #[test]
    fn every_way_to_write_a_table_has_room() {
        for (text, set, after) in [
            ("a = { b = 1 } # c", "a.d=2", "a = { b = 1, d = 2 } # c"),
            ("a = {}\n", "a.d=2", "a = { d = 2 }\n"),
            ("[a]\n# empty\n", "a.d=x y", "[a]\nd = \"x y\"\n# empty\n"),
            ("[[n]]\nname = \"m\"\ns.b = 1\n", "n.m.s.c=2", "[[n]]\nname = \"m\"\ns.b = 1\ns.c = 2\n"),
            ("k = [1, 2]\n", "k=[3]", "k = [3]\n"),
            ("k = [1, 2]", "l=[3]", "k = [1, 2]\nl = [3]"),
        ] {
            assert_eq!(written(text, &sets(&[set])).as_deref(), Ok(after), "{text} {set}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused_with_its_reason() {
        let why = |text: &str, set: &str| written(text, &sets(&[set])).unwrap_err().to_string();
        assert!(why("[[n]]\na = 1\n", "n.0=5").contains("by hand"));
        assert!(why("a = 1", "b.0.c=5").contains("no `b` to change"));
        assert!(why("a = ", "a=5").contains("not TOML"));
    }

    proptest! {
        #[test]
        fn no_change_panics_or_says_something_else(path in "[a-z0-9.]{1,20}", value in "(?s).{0,12}") {
            let set = format!("{path}={value}");
            if let Ok(after) = written(FILE, std::slice::from_ref(&set)) {
                let mut wanted = tree::parse(FILE, 0).unwrap();
                overrides::apply(&mut wanted, &Set::new(&set), 1).unwrap();
                prop_assert!(same_table(&tree::parse(&after, 0).unwrap(), &wanted));
            }
        }
    }
}
