//! A model of places: from scans of access points to a room, or to coordinates.
//!
//! Each row of a table is a scan; which column is what, [`sheet`] says. With columns `x` and `y` (`x_m`,
//! `y_cm`, ...) it tells coordinates, each place judged by what other places taught; else rooms, from a column `room`,
//! `label`, `class`, `zone`, `area` or `place`. An access point that was not heard reads [`NOT_HEARD_DBM`], which is the
//! low end of its channel.
//!
//! Rooms are told from up to [`SCANS`] scans that follow each other in a room: one scan alone varies too much. The first
//! scans of a room count for those that are not there yet, as on a node that was just switched on.

use super::errors::{self, Pair};
use super::evaluation::{Evaluation, LeftOut, Values};
use super::file::{ModelFile, ask};
use super::judge::{Judges, spread};
use super::scores::Scores;
use super::sheet::{self, Measured, Sheet};
use super::task::{self, Choices, Trained};
use super::{Progress, Refusal, linear, split, text};
use crate::report::numbers::{bytes, counted, percent};
use crate::report::table::{Paint, Tone};
use node_core::dsp::features::{Op, Plan, PlanHead, Window, plan};
use node_core::ml::MAX_CLASSES;
use node_core::ml::nearest::{Bits, Metric, Points, Said, Step};
use node_core::ml::ntm::{Channel, Model, Section, Unit, WriteError, Writer};
use std::path::{Path, PathBuf};

pub const NOT_HEARD_DBM: f32 = -100.0;
/// Scans that a room is told from.
pub const SCANS: usize = 5;
/// Of more access points differences of any two are too many.
const DIFFERENCES: usize = 10;
const MOST_ACCESS_POINTS: usize = 255;
/// One that was heard in fewer of a hundred scans tells of few places, and costs as much as any.
const HEARD_PERCENT: usize = 2;
/// What the points of a file may take: with names and scale it stays under 32 KB.
const ROOM_BYTES: usize = 20_000;
const PLACE_BYTES: usize = 24_000;
const FOLDS: usize = 5;
const DRAWS: u64 = 3;

const ROOMS: [&str; 6] = ["room", "label", "class", "zone", "area", "place"];

/// Scans, and what they can be told by.
struct Scans {
    names: Vec<String>,
    /// Of each row the reading of each access point.
    readings: Vec<Vec<f32>>,
}

/// What is to be told.
enum Told {
    Rooms { names: Vec<String>, classes: Vec<usize>, starts: Vec<usize> },
    Places { names: [String; 2], places: Vec<[f64; 2]> },
}

#[derive(Clone, Debug, PartialEq)]
struct Report {
    scans: usize,
    heard: usize,
    left: usize,
    points: usize,
    bits: u8,
    judges: Judges,
    worth: Worth,
    bytes: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Worth {
    Rooms {
        scores: Scores,
        spread: f64,
    },
    /// Of the mean error over the draws.
    Places {
        values: Values,
        spread: f64,
        unit: String,
    },
}

impl Scans {
    /// Rows of these access points; those that the table does not have were never heard.
    fn read(sheet: &Sheet, columns: &[Option<usize>], names: Vec<String>) -> Result<Self, Refusal> {
        let reading = |row: usize, column: &Option<usize>| -> Result<f32, Refusal> {
            let Some(column) = *column else { return Ok(NOT_HEARD_DBM) };
            match sheet.number(row, column)? {
                Some(dbm) if dbm < 0.0 => Ok((dbm as f32).max(NOT_HEARD_DBM)),
                None => Ok(NOT_HEARD_DBM),
                Some(0.0 | 100.0) => Ok(NOT_HEARD_DBM),
                Some(_) => Err(sheet
                    .fault(
                        row,
                        column,
                        "is no strength in dBm",
                        "write -30 to -100, and 100 where it was not heard",
                    )
                    .into()),
            }
        };
        let of_row = |row| columns.iter().map(|column| reading(row, column)).collect();
        let readings = (0..sheet.rows.len()).map(of_row).collect::<Result<_, Refusal>>()?;
        Ok(Self { names, readings })
    }

    /// Keeps only access points that are heard often enough, the most heard ones if they are too many.
    fn keep_heard(&mut self) {
        let rows = self.readings.len();
        let heard = |at: usize| self.readings.iter().filter(|row| row[at] > NOT_HEARD_DBM).count();
        let least = (rows * HEARD_PERCENT / 100).max(1);
        let mut kept: Vec<(usize, usize)> = (0..self.names.len()).map(|at| (heard(at), at)).collect();
        kept.retain(|(heard, _)| *heard >= least);
        kept.sort_by_key(|(heard, at)| (std::cmp::Reverse(*heard), *at));
        kept.truncate(MOST_ACCESS_POINTS);
        let mut kept: Vec<usize> = kept.into_iter().map(|(_, at)| at).collect();
        kept.sort_unstable();
        self.names = kept.iter().map(|&at| self.names[at].clone()).collect();
        for row in &mut self.readings {
            *row = kept.iter().map(|&at| row[at]).collect();
        }
    }

    /// A window that ends with a scan and begins no earlier than another; where that are too few, they come again.
    fn window(&self, start: usize, end: usize, scans: usize) -> Vec<f32> {
        let first = start.max((end + 1).saturating_sub(scans));
        (0..scans).flat_map(|at| self.readings[first + at % (end + 1 - first)].iter().copied()).collect()
    }
}

/// Column of rooms, or of two coordinates.
fn targets(sheet: &Sheet, choices: &Choices) -> Result<Vec<usize>, Refusal> {
    if !choices.targets.is_empty() {
        let found = sheet.named(&choices.targets, "target")?;
        if found.len() > 2 {
            let message = format!("{} columns are to be told", found.len());
            return Err(sheet.refusal(message, "name one column of rooms, or two of coordinates"));
        }
        return Ok(found);
    }
    let axis = |axis: &str| {
        sheet.columns.iter().position(|name| {
            let name = name.to_ascii_lowercase();
            name == axis || [format!("{axis}_m"), format!("{axis}_cm"), format!("{axis}_mm")].contains(&name)
        })
    };
    if let (Some(x), Some(y)) = (axis("x"), axis("y")) {
        return Ok(vec![x, y]);
    }
    let room =
        ROOMS.iter().find_map(|room| sheet.columns.iter().position(|name| name.eq_ignore_ascii_case(room)));
    room.map(|room| vec![room]).ok_or_else(|| {
        let help = "add a column `room`, or `x_m` and `y_m`, or name one with --target";
        sheet.refusal("no column says where the scans were made".into(), help)
    })
}

fn coordinates(sheet: &Sheet, columns: [usize; 2]) -> Result<Vec<[f64; 2]>, Refusal> {
    let of = |row: usize, column: usize| -> Result<f64, Refusal> {
        sheet.number(row, column)?.ok_or_else(|| {
            sheet.fault(row, column, "is missing", "say where each scan was made, or take the row out").into()
        })
    };
    (0..sheet.rows.len()).map(|row| Ok([of(row, columns[0])?, of(row, columns[1])?])).collect()
}

/// Of each row the first of the rows before it that are of the same room (and group) without a break.
fn starts(rooms: &[&str], groups: &[usize]) -> Vec<usize> {
    let mut start = 0;
    let of = |row: usize| {
        if row > 0 && (rooms[row] != rooms[row - 1] || groups[row] != groups[row - 1]) {
            start = row;
        }
        start
    };
    (0..rooms.len()).map(of).collect()
}

pub fn train(paths: &[PathBuf], choices: &Choices, progress: Progress) -> Result<Trained, Refusal> {
    let sheet = sheet::read(paths)?;
    let inputs = sheet.inputs(Measured::AccessPoints)?;
    let targets = targets(&sheet, choices)?;
    let names = inputs.iter().map(|&column| sheet.columns[column].clone()).collect();
    let columns: Vec<Option<usize>> = inputs.iter().map(|column| Some(*column)).collect();
    let mut scans = Scans::read(&sheet, &columns, names)?;
    scans.keep_heard();
    if scans.names.is_empty() {
        return Err(sheet.refusal("no access point was ever heard".into(), "write strengths like -67"));
    }
    let left = inputs.len() - scans.names.len();
    let asked = choices.group.as_deref();
    let about = |what: &str| {
        let (rows, fingerprint) = (scans.readings.len(), sheet.fingerprint(&inputs));
        format!("position: {rows} scans, {what}; data {fingerprint:016x}")
    };
    match targets[..] {
        [x, y] => {
            let places = coordinates(&sheet, [x, y])?;
            let names = [x, y].map(|column| sheet.columns[column].clone());
            let group = asked.map(|name| sheet.group(Some(name))).transpose()?.flatten();
            let (groups, count) = sheet.groups(&group.map_or(vec![x, y], |group| vec![group]));
            if count < 2 * FOLDS {
                let message = format!("scans of {count} places are too few to learn from");
                return Err(sheet.refusal(message, format!("scan at {} places at least", 2 * FOLDS)));
            }
            let about = about("nearest places");
            let told = Told::Places { names, places };
            learn(&scans, &told, (&groups, count), left, &about, choices.seed, progress)
        }
        _ => {
            let room = targets[0];
            let texts: Vec<&str> = (0..sheet.rows.len()).map(|row| sheet.text(row, room)).collect();
            if let Some(row) = texts.iter().position(|text| sheet::is_missing(text)) {
                let fault =
                    sheet.fault(row, room, "is missing", "say where each scan was made, or take the row out");
                return Err(fault.into());
            }
            let mut names: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            names.sort();
            names.dedup();
            if !(2..=MAX_CLASSES).contains(&names.len()) {
                let message = format!("column `{}` names {} rooms", sheet.columns[room], names.len());
                return Err(sheet.refusal(message, format!("give scans of 2 to {MAX_CLASSES} rooms")));
            }
            // A column that tells nearly every row apart says nothing about who was there together.
            let group = sheet.group(asked)?.filter(|&group| {
                group != room && (asked.is_some() || 10 * sheet.groups(&[group]).1 <= sheet.rows.len())
            });
            let (groups, count) = group.map_or((vec![0; texts.len()], 1), |group| sheet.groups(&[group]));
            let classes: Vec<usize> = texts
                .iter()
                .map(|text| names.binary_search_by(|name| name.as_str().cmp(text)).unwrap_or(0))
                .collect();
            for (class, name) in names.iter().enumerate() {
                let rows = classes.iter().filter(|of| **of == class).count();
                if rows < 4 * SCANS {
                    let message = format!("room `{name}` has {}", counted(rows as u64, "scan"));
                    return Err(
                        sheet.refusal(message, format!("scan {} times in each room at least", 4 * SCANS))
                    );
                }
            }
            let starts = starts(&texts, &groups);
            let about = about("nearest neighbours");
            let told = Told::Rooms { names, classes, starts };
            learn(&scans, &told, (&groups, count), left, &about, choices.seed, progress)
        }
    }
}

/// The folds of scans: of each draw, the fold of each row.
fn folds(told: &Told, (groups, count): (&[usize], usize), seed: u64) -> (Judges, Vec<Vec<usize>>) {
    let names: Vec<String> = groups.iter().map(usize::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let classes = match told {
        Told::Rooms { classes, starts, .. } => {
            if !split::unscorable(&names, classes).is_empty() {
                return (Judges::Blocks { blocks: FOLDS }, vec![blocks(starts)]);
            }
            classes.clone()
        }
        Told::Places { places, .. } => vec![0; places.len()],
    };
    if count <= FOLDS {
        return (Judges::EachGroup { groups: count }, vec![split::leave_one_out(&names)]);
    }
    let draw = |draw| split::folds(&names, &classes, FOLDS, seed.wrapping_add(draw));
    let judges = Judges::Folds { groups: count, folds: FOLDS, draws: DRAWS as usize };
    (judges, (0..DRAWS).map(draw).collect())
}

/// Each stretch of rows of one room in parts, one after the other.
fn blocks(starts: &[usize]) -> Vec<usize> {
    let of = |(row, &start): (usize, &usize)| {
        let length = starts.iter().filter(|other| **other == start).count();
        (row - start) * FOLDS / length
    };
    starts.iter().enumerate().map(of).collect()
}

fn learn(
    scans: &Scans,
    told: &Told,
    groups: (&[usize], usize),
    left: usize,
    about: &str,
    seed: u64,
    progress: Progress,
) -> Result<Trained, Refusal> {
    let unfit = |error: WriteError| Refusal::new(error.to_string(), "give fewer rooms or shorter names");
    let (judges, draws) = folds(told, groups, seed);
    let steps: usize = draws.iter().map(|draw| draw.iter().max().map_or(0, |last| last + 1)).sum();
    let mut done = 0;
    let (mut scores, mut accuracies, mut errors) = (None, Vec::new(), Vec::new());
    for draw in &draws {
        let mut of_draw = Scores::new(match told {
            Told::Rooms { names, .. } => names.clone(),
            Told::Places { .. } => Vec::new(),
        });
        let mut places = Vec::new();
        for fold in 0..draw.iter().max().map_or(0, |last| last + 1) {
            progress(done, steps);
            done += 1;
            let by_time = matches!(judges, Judges::Blocks { .. });
            // In blocks of time, a window must not reach into the one that judges, nor lie right beside it.
            let learns = |row: usize| {
                let near = row.saturating_sub(2 * SCANS - 1)..=(row + SCANS).min(draw.len() - 1);
                draw[row] != fold && !(by_time && near.into_iter().any(|row| draw[row] == fold))
            };
            let rows: Vec<usize> = (0..draw.len()).filter(|&row| learns(row)).collect();
            let made = made(scans, told, &rows, about).map_err(unfit)?;
            let model = made.file.model(Path::new("a fold's model"))?;
            for row in (0..draw.len()).filter(|&row| draw[row] == fold) {
                match told {
                    Told::Rooms { classes, starts, .. } => {
                        // Its window is of rows that judge.
                        let first = (starts[row]..=row).rev().take_while(|&row| draw[row] == fold).last();
                        let window = scans.window(first.unwrap_or(row), row, SCANS);
                        of_draw.count(classes[row], linear::best(&tell(&model, &window).unwrap_or_default()));
                    }
                    Told::Places { places: known, .. } => {
                        let said = tell(&model, &scans.readings[row]).unwrap_or_default();
                        places.push([0, 1].map(|at| Pair { is: known[row][at], said: said[at] }));
                    }
                }
            }
        }
        match told {
            Told::Rooms { .. } => {
                accuracies.push(of_draw.accuracy());
                scores.get_or_insert(of_draw);
            }
            Told::Places { names, .. } => errors.push(errors::distances(names.clone(), &places)),
        }
    }
    progress(steps, steps);
    let everything: Vec<usize> = (0..scans.readings.len()).collect();
    let made = made(scans, told, &everything, about).map_err(unfit)?;
    let bytes = made.file.bytes().len();
    let worth = match (told, scores) {
        (Told::Places { names, .. }, _) => {
            let means: Vec<f64> = errors.iter().map(|values| values.mean_error).collect();
            let unit = unit_of(&names[0]).to_owned();
            Worth::Places { values: errors::mean(&errors), spread: spread(&means).1, unit }
        }
        (Told::Rooms { .. }, scores) => Worth::Rooms {
            scores: scores.unwrap_or_else(|| Scores::new(Vec::new())),
            spread: spread(&accuracies).1,
        },
    };
    let report = Report {
        scans: scans.readings.len(),
        heard: scans.names.len(),
        left,
        points: made.points,
        bits: made.bits.count(),
        judges,
        worth,
        bytes,
    };
    Ok(Trained { file: made.file, report: Box::new(report) })
}

struct Made {
    file: ModelFile,
    points: usize,
    bits: Bits,
}

/// A file that was learnt from these rows.
fn made(scans: &Scans, told: &Told, rows: &[usize], about: &str) -> Result<Made, WriteError> {
    let count = scans.names.len();
    let (window, ops, neighbours, power) = match told {
        Told::Rooms { .. } => {
            let mut ops = vec![Op::Means { first: 0, count: count as u8 }, Op::Values {}];
            ops.extend((count <= DIFFERENCES).then_some(Op::Differences {}));
            (SCANS, ops, 5, 0)
        }
        Told::Places { .. } => {
            // Near ones say more than far ones: what is strong weighs more than in decibels.
            let power = Op::Power { scale: 0.01, offset: 1.0, exponent: 1.5 };
            (1, vec![Op::Means { first: 0, count: count as u8 }, power, Op::Values {}], 6, 3)
        }
    };
    let head = PlanHead { channels: count, window, hop: 1, rate_hz: 1.0 };
    let mut bytes_of_plan = vec![0; 1024];
    let length = plan::write(&head, &ops, &mut bytes_of_plan).ok_or(WriteError::Full)?;
    let plan = Plan::parse(&bytes_of_plan[..length]).expect("a plan for up to 255 access points");

    let (names, points, classes, values) = match told {
        Told::Rooms { names, classes, starts } => {
            // Neighbouring windows are nearly the same: some are left out where they are too many.
            let most = (ROOM_BYTES / (plan.outputs() + 1)).max(1);
            let every = rows.len().div_ceil(most);
            let kept: Vec<usize> = rows.iter().copied().step_by(every).collect();
            let point = |&row: &usize| extract(&plan, &scans.window(starts[row], row, SCANS));
            let points: Vec<Vec<f32>> = kept.iter().map(point).collect();
            (names.clone(), points, kept.iter().map(|&row| classes[row] as u8).collect(), Vec::new())
        }
        Told::Places { names, places } => {
            let (points, values) = prototypes(scans, places, rows);
            let points = points.iter().map(|readings| extract(&plan, readings)).collect();
            (names.to_vec(), points, Vec::new(), values)
        }
    };
    let is_rooms = matches!(told, Told::Rooms { .. });
    let bits = if is_rooms {
        Bits::Eight
    } else {
        let fits =
            |bits: &Bits| points.len() * (8 + plan.outputs() * usize::from(bits.count()) / 8) <= PLACE_BYTES;
        [Bits::Eight, Bits::Six, Bits::Four].into_iter().find(fits).unwrap_or(Bits::Four)
    };
    let scale: Vec<Step> = if is_rooms {
        // Half a decibel is a code, for all alike: strengths from -110 dBm on, differences from -64 dB on.
        let zero = |at: usize| if at < count { NOT_HEARD_DBM - 10.0 } else { -64.0 };
        (0..plan.outputs()).map(|at| Step { zero: zero(at), codes: 2.0 }).collect()
    } else {
        let most = points.iter().flatten().copied().fold(f32::MIN_POSITIVE, f32::max);
        vec![Step { zero: 0.0, codes: f32::from(bits.most()) / most }; plan.outputs()]
    };
    let flat: Vec<f32> = points.iter().flatten().copied().collect();
    let nearest = Points {
        metric: Metric::Differences,
        neighbours: neighbours.min(points.len()) as u8,
        power,
        bits,
        outputs: names.len() as u8,
        scale: &scale,
        points: &flat,
        said: if is_rooms { Said::Classes(&classes) } else { Said::Values(&values) },
    };
    let text: usize = scans.names.iter().chain(&names).map(|name| name.len() + 16).sum();
    let mut room =
        vec![0; flat.len() + 8 * scale.len() + 4 * values.len() + classes.len() + text + (1 << 12)];
    let mut writer = Writer::new(&mut room)?;
    let channel = |name| Channel { unit: Unit::Dbm, low: NOT_HEARD_DBM, high: 0.0, name };
    let channels: Vec<Channel> = scans.names.iter().map(|name| channel(name.as_str())).collect();
    writer.section(Section::Inputs)?;
    writer.inputs(0.0, &channels)?;
    writer.section(Section::Plan)?;
    writer.plan(&head, &ops)?;
    writer.section(Section::Classes)?;
    writer.classes(names.iter().map(String::as_str))?;
    writer.section(Section::Model)?;
    writer.nearest(&nearest)?;
    writer.section(Section::About)?;
    writer.bytes(about.as_bytes())?;
    if !is_rooms {
        writer.section(Section::Units)?;
        writer.units(names.iter().map(|name| unit_of(name)))?;
    }
    let file = ModelFile::new(writer.finish()?);
    Ok(Made { file, points: points.len(), bits })
}

/// Of each place the mean of its scans, in the order in which places come first.
fn prototypes(scans: &Scans, places: &[[f64; 2]], rows: &[usize]) -> (Vec<Vec<f32>>, Vec<f32>) {
    let mut known: Vec<([f64; 2], Vec<f32>, f32)> = Vec::new();
    for &row in rows {
        let readings = &scans.readings[row];
        match known.iter_mut().find(|(place, ..)| *place == places[row]) {
            Some((_, sums, count)) => {
                sums.iter_mut().zip(readings).for_each(|(sum, x)| *sum += x);
                *count += 1.0;
            }
            None => known.push((places[row], readings.clone(), 1.0)),
        }
    }
    let values = known.iter().flat_map(|(place, ..)| place.map(|x| x as f32)).collect();
    let mean =
        |(_, sums, count): ([f64; 2], Vec<f32>, f32)| sums.into_iter().map(|sum| sum / count).collect();
    (known.into_iter().map(mean).collect(), values)
}

fn extract(plan: &Plan, readings: &[f32]) -> Vec<f32> {
    let (mut scratch, mut features) = (vec![0.0; plan.scratch()], vec![0.0; plan.outputs()]);
    let window = Window::new(plan.head().channels, readings, &[]);
    let made = window.map(|window| plan.extract(&mut scratch, &window, &mut features));
    assert_eq!(made, Some(Ok(())), "the readings are of the plan's size");
    features
}

fn tell(model: &Model, readings: &[f32]) -> Option<Vec<f64>> {
    ask(model, &extract(model.plan.as_ref()?, readings))
}

/// `x_cm` is in cm; without an end, metres are meant.
fn unit_of(name: &str) -> &str {
    let end = name.rsplit_once('_').map_or("", |(_, end)| end);
    if ["m", "cm", "mm"].contains(&end) { end } else { "m" }
}

/// Scans against where they were made.
pub fn evaluate(model: &Model, paths: &[PathBuf], progress: Progress) -> Result<Evaluation, Refusal> {
    let sheet = sheet::read(paths)?;
    let plan = model.plan.as_ref().ok_or_else(|| {
        Refusal::new("the model has no plan for scans", "make one with `nodetwin train --task position`")
    })?;
    let names: Vec<String> = model.inputs.channels().map(|channel| channel.name.to_owned()).collect();
    let columns: Vec<Option<usize>> = names.iter().map(|name| sheet.find(name)).collect();
    let there: Vec<usize> = columns.iter().flatten().copied().collect();
    if there.is_empty() {
        let message = format!("it has none of the model's access points ({} ...)", names[0]);
        return Err(sheet.refusal(message, "give scans of the site that the model was trained at"));
    }
    let mut notes = Vec::new();
    if there.len() < names.len() {
        let missing = names.len() - there.len();
        notes.push(format!(
            "{missing} of the model's {} access points are in no column: not heard",
            names.len()
        ));
    }
    let scans = Scans::read(&sheet, &columns, names)?;
    let all = sheet.inputs(Measured::AccessPoints)?;
    let learnt = model.about.ends_with(&format!("data {:016x}", sheet.fingerprint(&all)));
    let mut found = Evaluation {
        n: scans.readings.len() as u64,
        leak: learnt.then(|| "these are the scans that the model learnt from".into()),
        ..Evaluation::default()
    };
    let told: Vec<String> = model.classes.names().map(str::to_owned).collect();
    let rows = scans.readings.len();
    if model.says() == node_core::ml::ask::Says::Values {
        let columns = sheet.named(&told, "target")?;
        let [x, y] = columns[..] else {
            return Err(Refusal::new(
                "the model tells no two coordinates",
                "give a model of `--task position`",
            ));
        };
        let places = coordinates(&sheet, [x, y])?;
        let mut pairs = Vec::with_capacity(rows);
        for (row, place) in places.iter().enumerate() {
            progress(row, rows);
            let said = tell(model, &scans.readings[row]).unwrap_or_default();
            pairs.push([0, 1].map(|at| Pair { is: place[at], said: said[at] }));
        }
        found.values = Some(errors::distances([told[0].clone(), told[1].clone()], &pairs));
    } else {
        let room = targets(&sheet, &Choices::default())?[0];
        let texts: Vec<&str> = (0..rows).map(|row| sheet.text(row, room)).collect();
        let starts = starts(&texts, &vec![0; rows]);
        let mut scores = Scores::new(told.clone());
        let mut others = std::collections::BTreeSet::new();
        let mut left = 0;
        for row in 0..rows {
            progress(row, rows);
            let window = scans.window(starts[row], row, plan.head().window);
            let said = tell(model, &window).map(|shares| linear::best(&shares));
            match (told.iter().position(|name| name == texts[row]), said) {
                (Some(is), Some(said)) => scores.count(is, said),
                _ => {
                    left += 1;
                    others.insert(texts[row].to_owned());
                }
            }
        }
        if scores.n() == 0 {
            let message = format!("no scan is of a room that the model knows ({})", told.join(", "));
            return Err(sheet.refusal(message, "name the rooms as the model does"));
        }
        found.n = scores.n();
        found.classes = Some(scores);
        found.left_out = LeftOut {
            windows_of_other_labels: left,
            other_labels: others.into_iter().collect(),
            ..LeftOut::default()
        };
        let window = plan.head().window;
        notes.push(format!("each scan is told with up to {} before it in the same room", window - 1));
    }
    progress(rows, rows);
    found.notes = notes;
    Ok(found)
}

impl task::Report for Report {
    fn text(&self, paint: Paint) -> String {
        let mut out = format!(
            "{} of {}",
            counted(self.scans as u64, "scan"),
            counted(self.heard as u64, "access point")
        );
        if self.left > 0 {
            out += &format!(" (left out: {} that are hardly ever heard)", self.left);
        }
        let by = text::judges(self.judges).0.replace("recording", "room");
        match &self.worth {
            Worth::Rooms { scores, spread } => {
                let head = format!(
                    "\n\ncross-validated accuracy {} ± {}",
                    percent(scores.accuracy()),
                    percent(*spread)
                );
                out += &paint.text(Tone::Strong, &head);
                out += &format!(" (judged: {by}), macro F1 {:.3}\n", scores.macro_f1());
                out += &format!("a room is told from up to {SCANS} scans in a row\n");
                out += &text::judged(scores, paint);
            }
            Worth::Places { values, spread, unit } => {
                let head =
                    format!("\n\ncross-validated mean error {:.2} ± {spread:.2} {unit}", values.mean_error);
                out += &paint.text(Tone::Strong, &head);
                out += &format!(" (judged: {by}), rmse {:.2}, R2 {:.3}\n", values.rmse, values.r2);
                out += &text::values(values, None, paint);
            }
        }
        out + &format!(
            "\nthe file: {}, {} points of {} bits\n",
            bytes(self.bytes as u64),
            self.points,
            self.bits
        )
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if matches!(self.judges, Judges::Blocks { .. }) {
            remarks.push(
                "nothing says which scans were made together, so parts of the same walk judged: expect less of another \
                 day (a column `session` or `day` says it)"
                    .into(),
            );
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_to_their_room_and_come_again_where_they_are_short() {
        let readings: Vec<Vec<f32>> = (0..8).map(|n| vec![n as f32]).collect();
        let scans = Scans { names: vec!["a".into()], readings };
        let starts = starts(&["a", "a", "b", "b", "b", "b", "b", "a"], &[0, 0, 0, 0, 1, 1, 1, 1]);
        assert_eq!(starts, [0, 0, 2, 2, 4, 4, 4, 7]);
        assert_eq!(scans.window(2, 2, 3), [2.0, 2.0, 2.0]);
        assert_eq!(scans.window(2, 3, 3), [2.0, 3.0, 2.0]);
        assert_eq!(scans.window(2, 6, 3), [4.0, 5.0, 6.0]);
    }

    #[test]
    fn blocks_go_through_each_room() {
        let starts = [[0; 10].as_slice(), &[10; 5]].concat();
        assert_eq!(blocks(&starts), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 0, 1, 2, 3, 4]);
    }

    #[test]
    fn who_is_hardly_heard_is_left_out() {
        let mut readings = vec![vec![-50.0, NOT_HEARD_DBM, -70.0]; 200];
        readings[3][1] = -90.0;
        let names = ["a", "b", "c"].map(String::from).to_vec();
        let mut scans = Scans { names, readings };
        scans.keep_heard();
        assert_eq!(
            (scans.names, &scans.readings[3]),
            (vec!["a".to_string(), "c".into()], &vec![-50.0, -70.0])
        );
    }
}
