//! Every key that a scenario has or may have, as something to turn: name, unit, range, what it is for and what it costs.
//! Made from the lists that the loader goes by, so that no key is forgotten; what is right is still the loader's to say.

use super::drafts::path_of;
use crate::apps::setting::{self, AppSetting, settings_of};
use crate::train::file::ModelFile;
use scenarios::keys::{self, Key, TableKeys, Takes};
use scenarios::known::Known;
use scenarios::place::Span;
use scenarios::tree::{self, Kind, Table, Value};
use scenarios::units::{
    Accel, Angle, AngularRate, Decibels, Duration, Frequency, Length, Level, Percent, Power, Ppm, Quantity,
    Unit, Wavelength,
};
use scenarios::{Set, overrides};
use std::path::Path;

/// Knobs of one table of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Groups that lie together: `Sounds`.
    pub family: &'static str,
    pub title: String,
    pub about: &'static str,
    pub knobs: Vec<Knob>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// As in `--set`.
    pub path: String,
    pub name: String,
    pub about: String,
    /// What more of it takes from the node; empty where that is not known.
    pub costs: &'static str,
    pub control: Control,
    /// As the scenario has it with the changes; `None`: it does not say.
    pub now: Option<String>,
    /// What holds then, or what to begin with.
    pub usual: String,
    /// One of the changes is about it.
    pub changed: bool,
    pub required: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// In this unit, which has this size in the quantity's own; from low to high one may slide.
    Number {
        unit: &'static str,
        size: f64,
        low: f64,
        high: f64,
        whole: bool,
        ratios: bool,
    },
    Choice(Vec<String>),
    Flag,
    /// Anything; this is what it looks like.
    Text(String),
    /// The path of a file with this ending, from the scenario's folder.
    File(&'static str),
}

impl Knob {
    pub fn value(&self) -> &str {
        self.now.as_deref().unwrap_or(&self.usual)
    }

    /// The value as a number in the control's unit.
    pub fn number(&self) -> Option<f64> {
        let Control::Number { unit, size, .. } = self.control else { return None };
        number_in(self.value(), unit, size)
    }

    /// `low to high unit`, or the choices.
    pub fn range(&self) -> String {
        match &self.control {
            Control::Number { unit, low, high, .. } => format!("{} to {} {unit}", plain(*low), plain(*high)),
            Control::Choice(choices) => choices.join(", "),
            Control::Flag => "yes or no".into(),
            Control::Text(example) => format!("as in {example}"),
            Control::File(ending) => format!("the path of an .{ending} file, from the scenario's folder"),
        }
    }

    /// A number of the control as `--set` takes it.
    pub fn written(&self, number: f64) -> String {
        match &self.control {
            Control::Number { unit, whole: true, .. } => format!("{:.0}{unit}", number),
            Control::Number { unit, .. } => format!("{}{unit}", plain(number)),
            _ => plain(number),
        }
    }
}

/// Six digits at most, and no exponent.
pub fn plain(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return "0".into();
    }
    let digits = (5 - number.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// All knobs of a scenario's text with changes; nothing, where the text is no TOML. Files that it names are looked for from
/// its folder.
pub fn knobs(text: &str, folder: &Path, sets: &[String], known: &Known) -> Vec<Group> {
    let Ok(mut root) = tree::parse(text, 0) else { return Vec::new() };
    for (set, number) in sets.iter().zip(1u16..) {
        // What cannot be applied is told by whoever loads it.
        let _ = overrides::apply(&mut root, &Set::new(set), number);
    }
    let mut walk = Walk { text, folder, sets, known, root: &root, groups: Vec::new() };
    walk.root();
    walk.groups
}

struct Walk<'a> {
    text: &'a str,
    folder: &'a Path,
    sets: &'a [String],
    known: &'a Known,
    root: &'a Table,
    groups: Vec<Group>,
}

impl Walk<'_> {
    fn root(&mut self) {
        let run = self.group("Run", "The run".into(), &keys::ROOT, Some(self.root), "");
        let nodes = tables(Some(self.root), "node");
        for (index, node) in nodes.iter().enumerate() {
            let name = text_of(node, "name").map_or_else(|| index.to_string(), str::to_string);
            self.node(&name, node);
        }
        self.groups.push(run);
        for (key, family) in [
            ("sound", "Sounds"),
            ("motion", "Motions"),
            ("sample", "Samples"),
            ("light", "Light"),
            ("place", "Places"),
            ("access_point", "Radio"),
            ("wall", "Radio"),
            ("press", "Buttons"),
            ("fault", "Faults"),
            ("label", "Labels"),
            ("expect", "Expected"),
        ] {
            let Some(Key { takes: Takes::Tables(list), .. }) = keys::ROOT.key(key) else { continue };
            for (index, table) in tables(Some(self.root), key).into_iter().enumerate() {
                self.several(family, list, table, &format!("{key}.{index}"), format!("{key} {index}"));
            }
        }
        if self.root.get("access_point").is_some() {
            let air = table_of(Some(self.root), "air");
            let air = self.group("Radio", "air".into(), &keys::AIR, air, "air.");
            self.groups.push(air);
        }
        // Those that everybody looks for first.
        let order = |group: &Group| match group.family {
            "Program" => 0,
            "Board" => 1,
            "Run" => 2,
            _ => 3,
        };
        self.groups.sort_by_key(order);
    }

    fn node(&mut self, name: &str, node: &Table) {
        let path = format!("node.{name}");
        let app = text_of(node, "app").unwrap_or("");
        let settings = table_of(Some(node), "settings");
        let program = self.settings(app, settings, &format!("{path}.settings."));
        self.groups.push(Group {
            family: "Program",
            title: format!("{name}: {app}"),
            about: "The program's own settings.",
            knobs: program,
        });
        let board = self.group(
            "Board",
            format!("{name}: board and chips"),
            &keys::NODE_KEYS,
            Some(node),
            &format!("{path}."),
        );
        self.groups.push(board);
        for (key, list) in [("device", &keys::DEVICE), ("deadline", &keys::DEADLINE)] {
            for (index, table) in tables(Some(node), key).into_iter().enumerate() {
                self.several(
                    "Board",
                    list,
                    table,
                    &format!("{path}.{key}.{index}"),
                    format!("{name}: {key} {index}"),
                );
            }
        }
    }

    /// One of several tables, and those within it.
    fn several(
        &mut self,
        family: &'static str,
        list: &'static TableKeys,
        table: &Table,
        path: &str,
        title: String,
    ) {
        let what = ["kind", "button", "label"].iter().find_map(|key| text_of(table, key));
        let title = what.map_or(title.clone(), |what| format!("{title}: {what}"));
        let group = self.group(family, title.clone(), list, Some(table), &format!("{path}."));
        self.groups.push(group);
        for key in list.keys {
            if let Takes::Tables(inner) = key.takes {
                for (index, part) in tables(Some(table), key.name).into_iter().enumerate() {
                    let inner_path = format!("{path}.{}.{index}", key.name);
                    self.several(family, inner, part, &inner_path, format!("{title}, {} {index}", key.name));
                }
            }
        }
    }

    fn group(
        &self,
        family: &'static str,
        title: String,
        list: &'static TableKeys,
        table: Option<&Table>,
        path: &str,
    ) -> Group {
        let mut knobs = Vec::new();
        self.keys(list, table, path, "", &mut knobs);
        Group { family, title, about: list.about, knobs }
    }

    fn keys(
        &self,
        list: &'static TableKeys,
        table: Option<&Table>,
        path: &str,
        before: &str,
        into: &mut Vec<Knob>,
    ) {
        let kind = (!list.kinds.is_empty()).then(|| table.and_then(|table| text_of(table, "kind"))).flatten();
        for key in list.keys_of(kind) {
            let (inner, name) = (format!("{path}{}.", key.name), format!("{before}{}", key.name));
            match key.takes {
                // Tables of their own, or what names the file and not the run.
                Takes::Schema | Takes::Tables(_) => {}
                Takes::Text if std::ptr::eq(list, &keys::ROOT) => {}
                Takes::Table(sub) if key.name != "air" => {
                    let table = table_of(table, key.name);
                    self.keys(sub, table, &inner, &format!("{name}."), into);
                }
                Takes::Table(_) => {}
                // A program's settings have a group of their own.
                Takes::Free if std::ptr::eq(list, &keys::NODE_KEYS) => {}
                Takes::Free => {
                    let free = table_of(table, key.name).into_iter().flat_map(|table| &table.entries);
                    into.extend(free.map(|entry| self.free(&entry.key, &entry.value, &inner)));
                }
                _ => into.push(self.knob(list, key, table, path, name)),
            }
        }
    }

    fn knob(
        &self,
        list: &'static TableKeys,
        key: &'static Key,
        table: Option<&Table>,
        path: &str,
        name: String,
    ) -> Knob {
        let value = table.and_then(|table| table.get(key.name)).map(|entry| &entry.value);
        let now = value.map(|value| self.as_written(value));
        let example = key.example();
        let example = example.split_once(" = ").map_or("", |(_, value)| value).trim_matches('"').to_string();
        let (control, usual) = self.control(list, key, now.as_deref(), example);
        let usual = said_usual(key.about).or(usual).unwrap_or_default();
        self.with_place(Knob {
            path: format!("{path}{}", key.name),
            name,
            about: key.about.into(),
            costs: "",
            control,
            now,
            usual,
            changed: false,
            required: key.required,
        })
    }

    fn with_place(&self, knob: Knob) -> Knob {
        Knob { changed: self.sets.iter().any(|set| path_of(set) == knob.path), ..knob }
    }

    /// Its control, and what to begin with where nothing is said.
    fn control(
        &self,
        list: &'static TableKeys,
        key: &'static Key,
        now: Option<&str>,
        example: String,
    ) -> (Control, Option<String>) {
        let choice = |names: Vec<String>| {
            let first = names.first().cloned();
            (Control::Choice(names), first)
        };
        let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let text = |example: String| (Control::Text(example.clone()), Some(example));
        match &key.takes {
            Takes::Flag => (Control::Flag, Some("false".into())),
            Takes::Integer(low, high) => {
                // What has no end is slid over its beginning.
                let high = (*high).min(low + 1_000) as f64;
                let number = Control::Number {
                    unit: "",
                    size: 1.0,
                    low: *low as f64,
                    high,
                    whole: true,
                    ratios: false,
                };
                (number, Some(low.to_string()))
            }
            Takes::Quantity(unit) => match self.clocks(list, key) {
                Some(clocks) => choice(clocks),
                None => {
                    let start = now.map_or_else(|| start(unit, key.name), str::to_string);
                    (self.quantity(unit, key.name, &start), Some(start))
                }
            },
            Takes::Number => {
                let (low, high) = if key.name == "exponent" { (1.0, 6.0) } else { (0.0, 2.0) };
                let number = Control::Number { unit: "", size: 1.0, low, high, whole: false, ratios: false };
                (number, Some("1".into()))
            }
            Takes::OneOf(names) => choice(owned(names)),
            Takes::Board => choice(self.known.boards.iter().map(|board| board.name.clone()).collect()),
            Takes::App => choice(self.known.apps.clone()),
            Takes::FaultKind => choice(self.known.faults.iter().map(|fault| fault.name.clone()).collect()),
            Takes::DeviceKind => {
                choice(self.known.devices.iter().map(|device| device.name.clone()).collect())
            }
            Takes::EventKind => choice(self.known.events.clone()),
            Takes::Kind => choice(list.kinds.iter().map(|kind| kind.name.to_string()).collect()),
            Takes::Text if key.name == "node" => {
                let names = tables(Some(self.root), "node");
                choice(names.iter().filter_map(|node| text_of(node, "name")).map(str::to_string).collect())
            }
            _ => text(example),
        }
    }

    /// The clocks that the boards of this scenario have.
    fn clocks(&self, list: &'static TableKeys, key: &Key) -> Option<Vec<String>> {
        if !(std::ptr::eq(list, &keys::NODE_KEYS) && key.name == "cpu") && key.name != "fits_at" {
            return None;
        }
        let nodes = tables(Some(self.root), "node");
        let boards = nodes.iter().filter_map(|node| self.known.board(text_of(node, "board")?));
        let mut hz: Vec<u32> = boards.flat_map(|board| board.cpu_hz.iter().copied()).collect();
        hz.sort_unstable_by_key(|hz| std::cmp::Reverse(*hz));
        hz.dedup();
        (!hz.is_empty()).then(|| hz.iter().map(|hz| format!("{}MHz", plain(f64::from(*hz) / 1e6))).collect())
    }

    /// A number in the unit in which it is written.
    fn quantity(&self, unit: &'static Unit, key: &str, written: &str) -> Control {
        let whole_run = number_in(text_of(self.root, "duration").unwrap_or("60s"), "s", 1e9).unwrap_or(60.0);
        let (low, high, ratios) = usual_range(unit, key, whole_run);
        number_control(unit, written, low, high, ratios)
    }

    fn settings(&self, app: &str, table: Option<&Table>, path: &str) -> Vec<Knob> {
        let listed = settings_of(app);
        let entry = |key: &str| table.and_then(|table| table.get(key)).map(|entry| &entry.value);
        let has_model = entry("model").is_some();
        let trees = entry("model").and_then(|model| self.trees(model.as_str()?));
        let mut knobs: Vec<Knob> = Vec::new();
        for AppSetting { key, takes, usual, about, costs } in listed {
            let now = entry(key).map(|value| self.as_written(value));
            // A model that has none has no such knob, unless somebody asks it all the same.
            if matches!(takes, setting::Takes::Trees) && trees.is_none() && now.is_none() {
                continue;
            }
            let begin = match trees {
                Some(trees) if matches!(takes, setting::Takes::Trees) => trees.to_string(),
                _ if usual.is_empty() => example(takes).to_string(),
                _ => usual.to_string(),
            };
            let control = match takes {
                setting::Takes::Between { unit, low, high } => {
                    let [low, high] = [low, high].map(|end| in_own_unit(unit, end).unwrap_or(0.0));
                    number_control(
                        unit,
                        now.as_deref().unwrap_or(&begin),
                        low,
                        high,
                        low > 0.0 && high > 20.0 * low,
                    )
                }
                setting::Takes::Whole(low, high) => whole(*low as f64, *high as f64),
                setting::Takes::Trees => whole(1.0, trees.unwrap_or(1) as f64),
                setting::Takes::OneOf(names) => {
                    Control::Choice(names.iter().map(|name| name.to_string()).collect())
                }
                setting::Takes::Flag => Control::Flag,
                setting::Takes::File(ending) => Control::File(ending),
            };
            let models_own = if has_model && *key != "model" { " The model may say it." } else { "" };
            knobs.push(self.with_place(Knob {
                path: format!("{path}{key}"),
                name: key.to_string(),
                about: format!("{about}{models_own}"),
                costs,
                control,
                now,
                usual: begin,
                changed: false,
                required: false,
            }));
        }
        let strangers = table.into_iter().flat_map(|table| &table.entries);
        let strangers = strangers.filter(|entry| listed.iter().all(|known| known.key != entry.key));
        knobs.extend(strangers.map(|entry| self.free(&entry.key, &entry.value, path)));
        knobs
    }

    /// Trees of the model that a node names.
    fn trees(&self, model: &str) -> Option<usize> {
        let path = self.folder.join(model);
        let file = ModelFile::read(&path).ok()?;
        file.model(&path).ok()?.trees()
    }

    /// A setting of which only its owner knows what it may be: by what it is now.
    fn free(&self, key: &str, value: &Value, path: &str) -> Knob {
        let now = self.as_written(value);
        let control = match &value.node {
            Kind::Boolean(_) => Control::Flag,
            Kind::Integer(number) => {
                let number = *number as f64;
                let (low, high) = (number.min(0.0), (number.abs() * 4.0).max(10.0));
                Control::Number { unit: "", size: 1.0, low, high, whole: true, ratios: false }
            }
            Kind::Float(number) => {
                let (low, high) = (number.min(0.0), number.abs().max(0.25) * 4.0);
                Control::Number { unit: "", size: 1.0, low, high, whole: false, ratios: false }
            }
            Kind::String(text) => UNITS
                .iter()
                .find_map(|unit| Some((unit, in_own_unit(unit, text)?)))
                .map(|(unit, now)| number_control(unit, text, now.min(0.0), now.abs().max(1e-3) * 4.0, false))
                .unwrap_or_else(|| Control::Text(text.clone())),
            _ => Control::Text(now.clone()),
        };
        self.with_place(Knob {
            path: format!("{path}{key}"),
            name: key.into(),
            about: "A setting that only its owner knows.".into(),
            costs: "",
            control,
            usual: now.clone(),
            now: Some(now),
            changed: false,
            required: false,
        })
    }

    /// A value as `--set` would take it.
    fn as_written(&self, value: &Value) -> String {
        match &value.node {
            Kind::String(text) => text.clone(),
            Kind::Boolean(flag) => flag.to_string(),
            Kind::Integer(number) => number.to_string(),
            _ => self.source(value.span).to_string(),
        }
    }

    fn source(&self, span: Span) -> &str {
        let texts = std::iter::once(self.text).chain(self.sets.iter().map(String::as_str));
        let text = texts.into_iter().nth(usize::from(span.source)).unwrap_or("");
        text.get(span.range()).unwrap_or("").trim()
    }
}

const UNITS: &[&Unit] = &[
    Duration::UNIT,
    Level::UNIT,
    Accel::UNIT,
    AngularRate::UNIT,
    Frequency::UNIT,
    Percent::UNIT,
    Length::UNIT,
    Wavelength::UNIT,
    Angle::UNIT,
    Ppm::UNIT,
];

fn example(takes: &setting::Takes) -> &'static str {
    match takes {
        setting::Takes::Between { low, .. } => low,
        setting::Takes::Whole(..) => "2",
        setting::Takes::Trees => "1",
        setting::Takes::OneOf(names) => names.first().copied().unwrap_or(""),
        setting::Takes::Flag => "false",
        setting::Takes::File(_) => "",
    }
}

/// `... if absent` at the end of what is said of a key.
fn said_usual(about: &str) -> Option<String> {
    let (_, said) = about.strip_suffix(" if absent.")?.rsplit_once("; ")?;
    let word = said.split_whitespace().next()?;
    word.starts_with(|c: char| c.is_ascii_digit() || c == '-').then(|| word.to_string())
}

/// Something to begin with where nothing is said, in a unit that suits the key.
fn start(unit: &'static Unit, key: &str) -> String {
    let same = |other: &'static Unit| unit == other;
    match key {
        "at" | "from" | "skip" => "0s".into(),
        "i2c" => "400kHz".into(),
        "level" if same(Percent::UNIT) => "100%".into(),
        "noise" => "100%".into(),
        "amplitude" => "1g".into(),
        _ if same(Ppm::UNIT) => "0ppm".into(),
        _ if same(Angle::UNIT) => "0deg".into(),
        _ => unit.example().trim_matches('"').to_string(),
    }
}

/// From where to where one may slide, in the quantity's own unit. What lies outside may be typed, and is the loader's to
/// judge.
fn usual_range(unit: &'static Unit, key: &str, run_s: f64) -> (f64, f64, bool) {
    let same = |other: &'static Unit| unit == other;
    let run_ns = run_s * 1e9;
    match key {
        "i2c" => (10e3, 1e6, true),
        "noise" => (0.0, 1000.0, false),
        "cadence" => (0.5, 5.0, false),
        "duration" => (1e9, (run_ns * 4.0).max(60e9), true),
        "tolerance" | "fade" => (0.0, 5e9, false),
        "gap" | "period" => (50e6, 5e9, true),
        "within" => (1e6, 10e9, true),
        _ if same(Duration::UNIT) => (0.0, run_ns, false),
        _ if same(Level::UNIT) => (20.0, 120.0, false),
        _ if same(Accel::UNIT) => (0.0, 16.0, false),
        _ if same(Frequency::UNIT) => (1.0, 20e3, true),
        _ if same(Angle::UNIT) => (-180.0, 180.0, false),
        _ if same(AngularRate::UNIT) => (-2000.0, 2000.0, false),
        _ if same(Length::UNIT) => (-50.0, 50.0, false),
        _ if same(Wavelength::UNIT) => (400.0, 1000.0, false),
        _ if same(Power::UNIT) => (-100.0, 0.0, false),
        _ if same(Decibels::UNIT) => (0.0, 30.0, false),
        _ if same(Ppm::UNIT) => (-10_000.0, 10_000.0, false),
        _ if same(Percent::UNIT) => (0.0, 100.0, false),
        _ => (0.0, 10.0, false),
    }
}

fn whole(low: f64, high: f64) -> Control {
    Control::Number { unit: "", size: 1.0, low, high, whole: true, ratios: false }
}

/// Bounds are in the quantity's own unit; the control is in the unit of what is written.
fn number_control(unit: &'static Unit, written: &str, low: f64, high: f64, ratios: bool) -> Control {
    let (name, size) = unit_of(unit, written);
    Control::Number { unit: name, size, low: low / size, high: high / size, whole: false, ratios }
}

/// The unit in which something is written; the first of the quantity where that cannot be told.
fn unit_of(unit: &'static Unit, written: &str) -> (&'static str, f64) {
    let fits = |(name, _): &&(&'static str, f64)| {
        written.strip_suffix(name).is_some_and(|rest| rest.trim().parse::<f64>().is_ok())
    };
    // `min` and `m` both end a text: the longer name is meant.
    let found = unit.units.iter().filter(fits).max_by_key(|(name, _)| name.len());
    let several = || unit.units.iter().find(|(name, _)| *name == "s").or(unit.units.first());
    found.or_else(several).copied().unwrap_or(("", 1.0))
}

/// What is written, in the quantity's own unit.
fn in_own_unit(unit: &'static Unit, written: &str) -> Option<f64> {
    if unit == Duration::UNIT {
        return Duration::parse(written).ok().map(|duration| duration.ns as f64);
    }
    let (name, size) = unit_of(unit, written);
    written.strip_suffix(name)?.trim().parse::<f64>().ok().map(|number| number * size)
}

fn number_in(written: &str, unit: &str, size: f64) -> Option<f64> {
    let plain = written.strip_suffix(unit).and_then(|rest| rest.trim().parse::<f64>().ok());
    let other = || {
        let own = UNITS.iter().filter(|known| known.units.iter().any(|(name, _)| *name == unit));
        own.into_iter().find_map(|known| in_own_unit(known, written)).map(|own| own / size)
    };
    plain.or_else(other)
}

/// Files with this ending in a folder and the folders in it, as paths from there.
pub fn files(folder: &Path, ending: &str) -> Vec<String> {
    // A scenario beside a file system's root must not have all of it looked through.
    const MOST: usize = 2_000;
    let entries = |folder: &Path| {
        let found = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST);
        found.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let here = entries(folder);
    let inner = here.iter().filter(|path| path.is_dir()).flat_map(|path| entries(path));
    let all =
        here.iter().cloned().chain(inner).filter(|path| path.extension().is_some_and(|it| it == ending));
    let mut names: Vec<String> =
        all.filter_map(|path| Some(path.strip_prefix(folder).ok()?.display().to_string())).collect();
    names.sort();
    names
}

fn text_of<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key)?.value.as_str()
}

fn table_of<'a>(table: Option<&'a Table>, key: &str) -> Option<&'a Table> {
    match &table?.get(key)?.value.node {
        Kind::Table(table) => Some(table),
        _ => None,
    }
}

fn tables<'a>(table: Option<&'a Table>, key: &str) -> Vec<&'a Table> {
    let Some(Kind::Array(items)) = table.and_then(|table| table.get(key)).map(|entry| &entry.value.node)
    else {
        return Vec::new();
    };
    let table = |item: &'a Value| match &item.node {
        Kind::Table(table) => Some(table),
        _ => None,
    };
    items.iter().filter_map(table).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn folder() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios"))
    }

    fn of(file: &str, sets: &[&str]) -> Vec<Knob> {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
        knobs(&text, folder(), &sets, &Catalogue::builtin().known())
            .into_iter()
            .flat_map(|group| group.knobs)
            .collect()
    }

    fn knob(knobs: &[Knob], path: &str) -> Knob {
        knobs.iter().find(|knob| knob.path == path).unwrap_or_else(|| panic!("no {path}")).clone()
    }

    fn shipped() -> Vec<String> {
        let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
        let names = entries.map(|name| name.to_string_lossy().into_owned());
        let mut names: Vec<String> = names
            .filter(|name| name.ends_with(".toml") && name != "Cargo.toml" && name != "clippy.toml")
            .collect();
        names.sort();
        assert!(names.len() > 8, "{names:?}");
        names
    }

    #[test]
    fn a_model_without_trees_has_no_knob_for_them() {
        let knobs = of("gestures.toml", &[]);
        assert!(knobs.iter().any(|knob| knob.path == "node.wand.settings.model"));
        assert!(knobs.iter().all(|knob| knob.path != "node.wand.settings.trees"));
        let asked = of("gestures.toml", &["node.wand.settings.trees=4"]);
        knob(&asked, "node.wand.settings.trees");
    }

    #[test]
    fn what_the_first_minute_asks_for_is_there() {
        let knobs = of("sound-sensor.toml", &["node.shelf.settings.block=16ms"]);
        let block = knob(&knobs, "node.shelf.settings.block");
        assert_eq!((block.now.as_deref(), block.changed, block.number()), (Some("16ms"), true, Some(16.0)));
        let Control::Number { unit, low, high, .. } = block.control else { panic!() };
        assert_eq!((unit, low, high), ("ms", 4.0, 64.0));
        let Control::Choice(clocks) = knob(&knobs, "node.shelf.cpu").control else { panic!() };
        assert_eq!(clocks, ["240MHz", "160MHz", "80MHz", "40MHz", "20MHz", "10MHz"]);
        for path in [
            "seed",
            "duration",
            "node.shelf.i2c",
            "node.shelf.imu.noise",
            "node.shelf.drift.cpu",
            "node.shelf.battery.level",
            "node.shelf.settings.rate",
            "node.shelf.settings.model",
            "node.shelf.settings.screen_timeout",
            "sound.0.level",
            "expect.1.recall",
            "press.0.at",
        ] {
            knob(&knobs, path);
        }
        assert!(files(folder(), "ntm").contains(&"models/gestures.ntm".to_string()));
        let Control::Choice(names) = knob(&of("motion.toml", &[]), "node.wrist.settings.range").control
        else {
            panic!()
        };
        assert_eq!(names, ["2g", "4g", "8g", "16g"]);
    }

    /// Each knob at its value, put back with `--set`, is the scenario as it was; no key of a file is without one.
    #[test]
    fn every_key_of_every_shipped_scenario_is_a_knob_and_knows_its_value() {
        let known = Catalogue::builtin().known();
        for file in shipped() {
            let text = std::fs::read_to_string(folder().join(&file)).unwrap();
            let sets: Vec<Set> = of(&file, &[])
                .iter()
                .filter_map(|knob| Some(Set::new(format!("{}={}", knob.path, knob.now.as_ref()?))))
                .collect();
            let values =
                text.lines().filter(|line| !line.trim_start().starts_with('#') && line.contains(" = "));
            assert!(sets.len() + 4 >= values.count(), "{file}: {} knobs", sets.len());
            if let Err(error) = scenarios::load_str(&file, &text, folder(), &known, &sets) {
                panic!("{file}: {error}");
            }
        }
    }

    #[test]
    fn numbers_keep_their_unit_and_come_back_as_they_were() {
        for file in shipped() {
            for knob in of(&file, &[]) {
                if let (Some(number), Some(now)) = (knob.number(), &knob.now) {
                    let written = knob.written(number);
                    let Control::Number { unit, size, .. } = knob.control else { unreachable!() };
                    let again = number_in(&written, unit, size).unwrap();
                    assert!(
                        (again - number).abs() <= 1e-5 * number.abs(),
                        "{file} {}: {now} {written}",
                        knob.path
                    );
                } else if let Control::Number { .. } = knob.control {
                    assert!(knob.number().is_some(), "{file} {}: {:?}", knob.path, knob.value());
                }
            }
        }
        assert_eq!(number_in("2min30s", "s", 1e9), Some(150.0));
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(16_000.0), "16000");
        assert_eq!(plain(1e12), "1000000000000");
    }

    /// The ends of the ranges are such as the loader takes, where nothing else stands against them.
    #[test]
    fn ends_of_ranges_are_taken() {
        let known = Catalogue::builtin().known();
        let text = std::fs::read_to_string(folder().join("sound-sensor.toml")).unwrap();
        for knob in of("sound-sensor.toml", &[]) {
            let Control::Number { low, high, .. } = knob.control else { continue };
            // When something happens is bounded by when others do.
            if ["at", "for", "from", "to", "until", "every", "gap", "duration", "fade"]
                .contains(&knob.name.as_str())
            {
                continue;
            }
            for end in [low, high] {
                let set = Set::new(format!("{}={}", knob.path, knob.written(end)));
                if let Err(error) =
                    scenarios::load_str("s", &text, folder(), &known, std::slice::from_ref(&set))
                {
                    panic!("{}: {error}", set.text);
                }
            }
        }
    }
}
