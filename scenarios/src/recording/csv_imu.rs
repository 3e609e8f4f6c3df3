//! Motion as comma-separated text: this project's own header (`t_s,ax_g,...,label`) and Edge Impulse's
//! (`timestamp,accX,accY,accZ`, milliseconds and m/s2). Read line by line, with no line longer than a bound.

use std::io::{BufRead, Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::stamps;
use super::{ImuTrack, Kind, Limits, Recording, RecordingError, Span, error};

/// Standard gravity (CGPM 1901), m/s2.
pub const GRAVITY: f64 = 9.806_65;
/// No honest line of seven numbers is longer.
const LONGEST_LINE: u64 = 4096;
/// Ten years: what lies beyond is a stamp in another unit.
const LONGEST_S: f64 = 3.2e8;

const HEADER: &str = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,label";

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Column {
    /// Seconds per unit.
    Time(f64),
    /// Axis, g per unit.
    Accel(usize, f64),
    /// Axis, deg/s per unit.
    Gyro(usize, f64),
    Label,
    /// A number that changes where another snippet begins, whose time starts again.
    Snippet,
    Other,
}

/// A sensor's quantity and axis by its name and, where it is known, unit; used for Edge Impulse files too.
pub(super) fn sensor(name: &str, unit: Option<&str>) -> Option<(bool, usize, f64)> {
    let name = name.trim().to_ascii_lowercase();
    let (stem, suffix) = name.split_once('_').unwrap_or((&name, ""));
    let unit = unit.map(str::to_ascii_lowercase);
    let axis_of = |letter: u8| match letter {
        b'x' => Some(0),
        b'y' => Some(1),
        b'z' => Some(2),
        _ => None,
    };
    let (is_gyro, axis) = match stem.as_bytes() {
        [b'a', letter] => (false, axis_of(*letter)?),
        [b'g', letter] => (true, axis_of(*letter)?),
        bytes => {
            // accX, acc_x, accelerometerX, gyrX, gyroscope_x, ...
            let all: &[u8] = if suffix.len() == 1 { suffix.as_bytes() } else { bytes };
            let axis = axis_of(*all.last()?)?;
            if stem.starts_with("acc") {
                (false, axis)
            } else if stem.starts_with("gyr") {
                (true, axis)
            } else {
                return None;
            }
        }
    };
    let unit = unit.as_deref().unwrap_or(match suffix {
        "" | "x" | "y" | "z" if is_gyro => "dps",
        "" | "x" | "y" | "z" => "m/s2",
        unit => unit,
    });
    let scale = match (is_gyro, unit) {
        (false, "g") => 1.0,
        (false, "mg") => 1e-3,
        (false, "m/s2" | "ms2" | "mps2" | "m/s^2" | "m/s²") => 1.0 / GRAVITY,
        (true, "dps" | "deg/s" | "°/s") => 1.0,
        (true, "mdps") => 1e-3,
        (true, "rad/s" | "rads" | "rps") => core::f64::consts::PI.recip() * 180.0,
        _ => return None,
    };
    Some((is_gyro, axis, scale))
}

fn column(name: &str) -> Column {
    match name.to_ascii_lowercase().as_str() {
        "t_s" | "time_s" | "time" | "t" | "seconds" => Column::Time(1.0),
        "timestamp" | "t_ms" | "time_ms" | "timestamp_ms" => Column::Time(1e-3),
        "t_us" | "time_us" | "timestamp_us" => Column::Time(1e-6),
        "label" | "class" | "activity" => Column::Label,
        "sample" | "snippet" => Column::Snippet,
        other => match sensor(other, None) {
            Some((false, axis, scale)) => Column::Accel(axis, scale),
            Some((true, axis, scale)) => Column::Gyro(axis, scale),
            None => Column::Other,
        },
    }
}

pub fn read(path: &Path, mut input: impl BufRead, limits: &Limits) -> Result<Recording, RecordingError> {
    let mut line = Vec::new();
    let mut number = 0;
    let fail =
        |line: u64, message: String, help: &str| Err(RecordingError::new(path, message, help).at_line(line));

    // The header: the first line that is not blank.
    let header = loop {
        if !next_line(path, &mut input, &mut line, &mut number)? {
            return fail(
                number.max(1),
                "there is no line in it".into(),
                &format!("begin with the header {HEADER}"),
            );
        }
        let text = text_of(path, &line, number)?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.is_empty() {
            break text.to_owned();
        }
    };
    let separator = [',', ';', '\t'].into_iter().max_by_key(|c| header.matches(*c).count()).unwrap_or(',');
    let names: Vec<&str> = header.split(separator).map(unquoted).collect();
    let columns: Vec<Column> = names.iter().map(|name| column(name)).collect();
    let header_line = number;
    let count = |wanted: fn(&Column) -> bool| columns.iter().filter(|column| wanted(column)).count();
    if count(|c| matches!(c, Column::Time(_))) != 1 {
        let message = format!("the header `{}` has no column of time, or several", shown(&header));
        return fail(
            header_line,
            message,
            &format!("name one column t_s (or timestamp, in ms); the whole header is {HEADER}"),
        );
    }
    for axis in 0..3 {
        let of = columns.iter().filter(|column| matches!(column, Column::Accel(a, _) if *a == axis)).count();
        if of != 1 {
            let message = format!("the header `{}` must name each axis of acceleration once", shown(&header));
            return fail(
                header_line,
                message,
                &format!("name them ax_g,ay_g,az_g or accX,accY,accZ; the whole header is {HEADER}"),
            );
        }
    }
    let gyro_columns = count(|c| matches!(c, Column::Gyro(..)));
    let gyro_axes =
        (0..3).filter(|axis| columns.iter().any(|c| matches!(c, Column::Gyro(a, _) if a == axis))).count();
    if gyro_columns != gyro_axes || (gyro_columns != 0 && gyro_columns != 3) {
        let message = format!("the header names {gyro_columns} columns of angular rate");
        return fail(header_line, message, "name all of gx_dps,gy_dps,gz_dps, or none");
    }

    let mut raw_ns: Vec<u64> = Vec::new();
    let mut accel: [Vec<f32>; 3] = Default::default();
    let mut gyro: [Vec<f32>; 3] = Default::default();
    let mut has_gyro: Option<bool> = None;
    let mut labels = LabelRuns::default();
    let mut clock = Clock::default();
    while next_line(path, &mut input, &mut line, &mut number)? {
        let text = text_of(path, &line, number)?;
        let text = text.trim_end_matches(['\n', '\r']);
        if text.trim().is_empty() {
            continue;
        }
        if raw_ns.len() >= limits.samples {
            return fail(
                number,
                format!("more than {} samples", limits.samples),
                "cut the recording into parts",
            );
        }
        let mut fields = 0;
        let (mut time_s, mut snippet, mut label) = (0.0, None, "");
        let (mut a, mut g, mut rates) = ([0.0_f64; 3], [0.0_f64; 3], 0);
        for (field, column) in text.split(separator).map(unquoted).zip(&columns) {
            fields += 1;
            let name = names[fields - 1];
            match *column {
                Column::Time(scale) => time_s = value(path, number, name, field)? * scale,
                Column::Accel(axis, scale) => a[axis] = value(path, number, name, field)? * scale,
                Column::Gyro(axis, scale) if !field.is_empty() => {
                    g[axis] = value(path, number, name, field)? * scale;
                    rates += 1;
                }
                Column::Label => label = field,
                Column::Snippet => snippet = Some(value(path, number, name, field)?),
                Column::Gyro(..) | Column::Other => {}
            }
        }
        let found = text.split(separator).count();
        if fields < columns.len() || found > columns.len() {
            let message = format!("{found} fields where the header has {}", columns.len());
            return fail(
                number,
                message,
                "give every line as many fields as the header; empty ones keep their commas",
            );
        }
        let filled = rates == 3;
        if rates % 3 != 0 || *has_gyro.get_or_insert(filled) != filled {
            let message = "angular rate is given on some lines only, or for some axes only".into();
            return fail(
                number,
                message,
                "fill all three columns on every line, or leave them empty on every line",
            );
        }
        let t_ns = match clock.place(time_s, snippet) {
            Ok(t_ns) => t_ns,
            Err((message, help)) => return fail(number, message, help),
        };
        for axis in 0..3 {
            accel[axis].push(a[axis] as f32);
            if filled {
                gyro[axis].push(g[axis] as f32);
            }
        }
        labels.push(label, raw_ns.len());
        raw_ns.push(t_ns);
    }
    if raw_ns.len() < 2 {
        let message = format!("{} samples: a motion needs two at least", raw_ns.len());
        return fail(number.max(1), message, "record longer, or see whether the copy was cut off");
    }
    if raw_ns[raw_ns.len() - 1] == 0 {
        return fail(
            number,
            "every line has the same time stamp".into(),
            "let the clock run while recording",
        );
    }
    let gyro = has_gyro.unwrap_or(false).then_some(gyro);
    Ok(assemble(raw_ns, accel, gyro, labels))
}

/// From stamps and samples to a recording.
pub(super) fn assemble(
    raw_ns: Vec<u64>,
    accel_g: [Vec<f32>; 3],
    gyro_dps: Option<[Vec<f32>; 3]>,
    labels: LabelRuns,
) -> Recording {
    let stamps = stamps::spread(raw_ns);
    let last_ns = stamps.t_ns.last().copied().unwrap_or(0);
    let duration_ns = last_ns + last_ns / (stamps.t_ns.len() as u64 - 1).max(1);
    let labels = labels.spans(&stamps.t_ns, duration_ns);
    let track = ImuTrack {
        t_ns: stamps.t_ns,
        accel_g,
        gyro_dps,
        step_ns: stamps.step_ns,
        gaps: stamps.gaps,
        repeated_stamps: stamps.repeated,
    };
    Recording { source: String::new(), kind: Kind::Imu(Arc::new(track)), labels, duration_ns }
}

/// Labels as they come, sample by sample.
#[derive(Debug, Default)]
pub(super) struct LabelRuns {
    /// Label and its first sample; an empty label says nothing.
    runs: Vec<(String, usize)>,
}

impl LabelRuns {
    pub fn push(&mut self, label: &str, sample: usize) {
        if self.runs.last().is_none_or(|(last, _)| last != label) {
            self.runs.push((label.to_owned(), sample));
        }
    }

    fn spans(self, t_ns: &[u64], duration_ns: u64) -> Vec<Span> {
        let ends: Vec<usize> =
            self.runs.iter().skip(1).map(|(_, start)| *start).chain([t_ns.len()]).collect();
        self.runs
            .into_iter()
            .zip(ends)
            .filter(|((label, _), _)| !label.is_empty())
            .map(|((label, start), end)| Span {
                start_ns: t_ns[start],
                end_ns: t_ns.get(end).copied().unwrap_or(duration_ns),
                label,
            })
            .collect()
    }
}

/// Turns a file's stamps into nanoseconds since its first.
#[derive(Debug, Default)]
struct Clock {
    first_s: Option<f64>,
    last_s: f64,
    step_s: f64,
    snippet: Option<f64>,
    /// What is added to a snippet's own time.
    shift_s: f64,
}

impl Clock {
    fn place(&mut self, time_s: f64, snippet: Option<f64>) -> Result<u64, (String, &'static str)> {
        let first_s = *self.first_s.get_or_insert(time_s);
        let mut now_s = time_s - first_s + self.shift_s;
        if snippet != self.snippet && self.snippet.is_some() && now_s <= self.last_s {
            // Another snippet whose time begins again: it follows the one before by a step.
            self.shift_s += self.last_s + self.step_s - now_s;
            now_s = self.last_s + self.step_s;
        }
        self.snippet = snippet;
        if now_s < self.last_s {
            return Err((
                format!("time goes back from {:.6} s to {:.6} s after the start", self.last_s, now_s),
                "sort the lines by time, or cut the file where the clock was set",
            ));
        }
        if now_s > LONGEST_S {
            return Err((
                "lies more than ten years after the first line".into(),
                "see that the time column is in its header's unit",
            ));
        }
        if self.step_s == 0.0 {
            self.step_s = now_s - self.last_s;
        }
        self.last_s = now_s;
        Ok(libm::rint(now_s * 1e9) as u64)
    }
}

/// Reads one line into `line`; `false` at the end.
fn next_line(
    path: &Path,
    input: &mut impl BufRead,
    line: &mut Vec<u8>,
    number: &mut u64,
) -> Result<bool, RecordingError> {
    line.clear();
    let read = input.by_ref().take(LONGEST_LINE).read_until(b'\n', line).map_err(|error| {
        RecordingError::new(path, format!("cannot be read: {error}"), "see that the disk is well")
            .at_line(*number + 1)
    })?;
    *number += u64::from(read > 0);
    if read as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
        let message = format!("a line of more than {LONGEST_LINE} bytes: this is no table of motion");
        return Err(RecordingError::new(path, message, format!("give text with the header {HEADER}"))
            .at_line(*number));
    }
    Ok(read > 0)
}

fn text_of<'a>(path: &Path, line: &'a [u8], number: u64) -> Result<&'a str, RecordingError> {
    core::str::from_utf8(line).ok().filter(|text| !text.contains('\0')).ok_or_else(|| {
        RecordingError::new(path, "this is not text", "save it as CSV in UTF-8").at_line(number)
    })
}

fn unquoted(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).unwrap_or(field)
}

fn value(path: &Path, line: u64, name: &str, field: &str) -> Result<f64, RecordingError> {
    let refuse = |message: String, help: String| Err(RecordingError::new(path, message, help).at_line(line));
    match field.parse::<f64>() {
        Ok(value) if value.is_finite() && value.abs() < 1e15 => Ok(value),
        Ok(_) => refuse(
            format!("{} is `{}`", shown(name), shown(field)),
            "delete the line (its time becomes a gap) or give the value that was measured".into(),
        ),
        Err(_) if field.is_empty() => refuse(
            format!("{} is missing", shown(name)),
            "only the columns of angular rate and the label may be empty".into(),
        ),
        Err(_) => refuse(
            format!("{} is `{}`, which is no number", shown(name), shown(field)),
            "write numbers with a decimal point".into(),
        ),
    }
}

/// At most so much of a file's own words in a message.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().nth(80).is_some() {
        short.push_str("...");
    }
    short
}

/// Writes this project's own header and every sample, so that reading it gives the same bits back.
pub fn write(path: &Path, output: &mut impl Write, recording: &Recording) -> Result<(), RecordingError> {
    let Kind::Imu(track) = &recording.kind else {
        return Err(RecordingError::new(
            path,
            "sound has no place in a CSV of motion",
            "end the name with .wav",
        ));
    };
    let mut write_all = || -> std::io::Result<()> {
        writeln!(output, "{HEADER}")?;
        let mut spans = recording.labels.iter().peekable();
        for (i, t_ns) in track.t_ns.iter().enumerate() {
            while spans.next_if(|span| span.end_ns <= *t_ns).is_some() {}
            let label = spans.peek().filter(|span| span.start_ns <= *t_ns).map_or("", |span| &span.label);
            write!(output, "{}.{:09}", t_ns / 1_000_000_000, t_ns % 1_000_000_000)?;
            for axis in &track.accel_g {
                write!(output, ",{}", axis[i])?;
            }
            match &track.gyro_dps {
                Some(gyro) => {
                    for axis in gyro {
                        write!(output, ",{}", axis[i])?;
                    }
                }
                None => write!(output, ",,,")?,
            }
            // A separator or a line's end inside a label would be another field.
            writeln!(output, ",{}", label.replace([',', ';', '\t', '\n', '\r', '"'], " ").trim())?;
        }
        Ok(())
    };
    write_all().map_err(|error| error::while_writing(path, &error))
}
