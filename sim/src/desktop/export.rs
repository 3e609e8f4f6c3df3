//! What a plot shows, to take along: as a table of values, as a drawing and as a picture. Made from the signals themselves,
//! not from what is on the screen.

use super::desk::View;
use super::look;
use super::plot::{TimeAxis, seconds};
use crate::live::Series;
use crate::report::html::svg::{escaped, step};
use crate::report::paper::{Paper, point};
use crate::report::picture;
use egui::Color32;
use embedded_graphics::Drawable;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{DrawTarget, Pixel, Point, Primitive};
use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
use embedded_graphics::text::Alignment;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Png,
    Svg,
    Csv,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Png, Self::Svg, Self::Csv];

    pub fn title(self) -> &'static str {
        match self {
            Self::Png => "Picture (PNG)",
            Self::Svg => "Drawing (SVG)",
            Self::Csv => "Table (CSV)",
        }
    }

    pub fn about(self) -> &'static str {
        match self {
            Self::Png => "1200 x 400 pixels of what is shown, on white",
            Self::Svg => "what is shown, to be scaled and changed",
            Self::Csv => {
                "every sample of what is shown; where there are over a million or they are not kept any more, the \
                          least and the greatest of some together"
            }
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Csv => "csv",
        }
    }
}

/// Beside the scenario: its name, the node's, the plot's and the time.
pub fn place(view: &View<'_>, id: &str, time: &TimeAxis, format: Format) -> PathBuf {
    let file = &view.scenario.file;
    let stem = file.file_stem().map_or_else(|| "scenario".into(), |stem| stem.to_string_lossy().into_owned());
    let node = view.seen().map(|node| node.name.as_str()).unwrap_or_default();
    let (from, to) = (time.from_s().max(0.0), time.to_s.max(0.0));
    let name = format!("{stem}-{node}-{id}-{from:.3}s-{to:.3}s.{}", format.end());
    file.with_file_name(name)
}

/// Writes there, or where the program was started if it may not write there; says what became of it.
pub fn written(place: &Path, write: impl Fn(&mut dyn Write) -> io::Result<()>) -> String {
    let here = PathBuf::from(place.file_name().unwrap_or_default());
    let mut trouble = String::new();
    for path in [place, &here] {
        let done = File::create(path).map(BufWriter::new).and_then(|mut out| {
            write(&mut out)?;
            out.flush()
        });
        match done {
            Ok(()) => return format!("written: {}", path.display()),
            Err(error) => trouble = format!("not written: {}: {error}", path.display()),
        }
    }
    trouble
}

/// One signal of a table.
pub struct Column<'a> {
    pub name: &'a str,
    pub unit: &'a str,
    /// Seconds, least and greatest; the same where it is one sample.
    pub values: Vec<[f64; 3]>,
}

/// Samples in a table, at most.
const MOST_SAMPLES: usize = 1_000_000;

/// Every sample between two times; or bounds, if there are too many or they are not kept any more.
pub fn values(series: &Series, from_ns: u64, to_ns: u64, scale: f32) -> Vec<[f64; 3]> {
    let row = |at_ns: u64, least: f32, greatest: f32| {
        [at_ns as f64 * 1e-9, f64::from(least * scale), f64::from(greatest * scale)]
    };
    let kept = series.samples_from_ns().is_some_and(|first| first <= from_ns || first < 1_000_000_000);
    let step_ns = series.step_ns().unwrap_or(1.0).max(1.0);
    let count = to_ns.min(series.end_ns()).saturating_sub(from_ns) as f64 / step_ns;
    if kept && count <= MOST_SAMPLES as f64 {
        return series.each_sample(from_ns, to_ns).map(|(at, value)| row(at, value, value)).collect();
    }
    let columns = series.columns(from_ns, to_ns, MOST_SAMPLES / 20);
    let inside = columns.iter().filter(|column| (from_ns..to_ns).contains(&column.from_ns));
    inside.map(|column| row(column.from_ns, column.least, column.greatest)).collect()
}

/// A row for each value, whatever rate its signal has.
pub fn csv(columns: &[Column<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["time_s", "signal", "unit", "least", "greatest"])?;
    for column in columns {
        for [at, least, greatest] in &column.values {
            // Figures as short as they are exact for a single-precision sample.
            let [least, greatest] = [least, greatest].map(|value| (*value as f32).to_string());
            writer.write_record([&format!("{at:.9}"), column.name, column.unit, &least, &greatest])?;
        }
    }
    writer.flush()
}

/// A line as it is drawn.
pub struct Drawn {
    pub name: String,
    pub colour: Color32,
    /// Seconds and values.
    pub points: Vec<[f64; 2]>,
}

/// Pixels in place of lines: a spectrogram.
pub struct Pixels {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<[u8; 3]>,
}

/// A plot on white paper.
pub struct Drawing {
    pub title: String,
    pub from_s: f64,
    pub to_s: f64,
    pub bounds: (f64, f64),
    pub lines: Vec<Drawn>,
    /// Names, beginnings and ends in seconds.
    pub spans: Vec<(String, f64, f64)>,
    pub picture: Option<Pixels>,
}

const WIDE: f64 = 1200.0;
const HIGH: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 30.0;

const INK: [u8; 3] = [0x1b, 0x1f, 0x24];
const FAINT: [u8; 3] = [0x59, 0x63, 0x6e];
const GRID: [u8; 3] = [0xdd, 0xe2, 0xe7];
const SPAN: [u8; 3] = [0xe3, 0xef, 0xf6];

/// What a drawing is drawn with.
trait Pen {
    fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), colour: [u8; 3]);
    fn line(&mut self, points: &[(f64, f64)], colour: [u8; 3]);
    /// `side`: -1 ends there, 0 has its middle there, 1 begins there.
    fn text(&mut self, at: (f64, f64), side: i8, colour: [u8; 3], text: &str);
    fn pixels(&mut self, from: (f64, f64), to: (f64, f64), pixels: &Pixels) -> io::Result<()>;
}

impl Drawing {
    pub fn svg(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut pen = SvgPen { body: String::new() };
        self.draw(&mut pen)?;
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{}\" width=\"{WIDE}\" height=\"{HIGH}\" \
             viewBox=\"0 0 {WIDE} {HIGH}\" font-family=\"sans-serif\" font-size=\"12\">\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
            escaped(&self.title),
            pen.body
        )
    }

    pub fn png(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut paper = Paper::new(WIDE as u32, HIGH as u32);
        self.draw(&mut paper)?;
        paper.png(out)
    }

    fn draw(&self, pen: &mut impl Pen) -> io::Result<()> {
        let (right, bottom) = (WIDE - RIGHT, HIGH - BOTTOM);
        let (low, high) = self.bounds;
        let (length, range) = ((self.to_s - self.from_s).max(1e-12), (high - low).max(1e-30));
        let x = |at: f64| LEFT + (right - LEFT) * ((at - self.from_s) / length).clamp(0.0, 1.0);
        let y = |value: f64| bottom - (bottom - TOP) * ((value - low) / range).clamp(0.0, 1.0);
        for (_, start, end) in &self.spans {
            pen.rectangle((x(*start), TOP), (x(*end), bottom), SPAN);
        }
        if let Some(pixels) = &self.picture {
            pen.pixels((LEFT, TOP), (right, bottom), pixels)?;
        }
        for value in marks(low, high, 6.0) {
            pen.line(&[(LEFT, y(value)), (right, y(value))], GRID);
            pen.text((LEFT - 6.0, y(value) + 4.0), -1, FAINT, &look::figure(value));
        }
        for at in marks(self.from_s, self.to_s, 10.0) {
            pen.line(&[(x(at), TOP), (x(at), bottom)], GRID);
            pen.text((x(at), bottom + 18.0), 0, FAINT, &seconds(at));
        }
        // Names of spans do not lie on each other.
        let mut free_from = LEFT;
        for (name, start, _) in &self.spans {
            if x(*start) >= free_from {
                pen.text((x(*start) + 3.0, TOP + 12.0), 1, FAINT, name);
                free_from = x(*start) + 8.0 * (name.len() + 1) as f64;
            }
        }
        for line in &self.lines {
            let inside =
                |point: &&[f64; 2]| (self.from_s..=self.to_s).contains(&point[0]) && point[1].is_finite();
            let points: Vec<(f64, f64)> =
                line.points.iter().filter(inside).map(|[at, value]| (x(*at), y(*value))).collect();
            pen.line(&points, on_white(line.colour));
        }
        pen.text((LEFT, 20.0), 1, INK, &self.title);
        let mut at = right;
        for line in self.lines.iter().rev().filter(|_| self.lines.len() > 1) {
            pen.text((at, 20.0), -1, INK, &line.name);
            at -= 8.0 * (line.name.len() + 1) as f64;
            pen.line(&[(at - 20.0, 16.0), (at - 4.0, 16.0)], on_white(line.colour));
            at -= 34.0;
        }
        Ok(())
    }
}

/// Round values between two others.
fn marks(low: f64, high: f64, parts: f64) -> impl Iterator<Item = f64> {
    let step = step(high - low, parts);
    let first = (low / step - 1e-9).ceil();
    (0..100).map(move |n| (first + f64::from(n)) * step).take_while(move |at| *at <= high + 1e-9 * step)
}

/// Lines that were meant for a dark ground, dark enough for white paper.
fn on_white(colour: Color32) -> [u8; 3] {
    let [r, g, b, _] = colour.to_array();
    let light = 0.2126 * f32::from(r) + 0.7152 * f32::from(g) + 0.0722 * f32::from(b);
    let by = (130.0 / light.max(1.0)).min(1.0);
    [r, g, b].map(|part| (f32::from(part) * by) as u8)
}

struct SvgPen {
    body: String,
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

impl Pen for SvgPen {
    fn rectangle(&mut self, (left, top): (f64, f64), (right, bottom): (f64, f64), colour: [u8; 3]) {
        let (wide, high) = ((right - left).max(0.0), bottom - top);
        let fill = hex(colour);
        let _ = writeln!(
            self.body,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"{fill}\"/>"
        );
    }

    fn line(&mut self, points: &[(f64, f64)], colour: [u8; 3]) {
        let _ = write!(self.body, "<polyline fill=\"none\" stroke=\"{}\" points=\"", hex(colour));
        for (x, y) in points {
            let _ = write!(self.body, "{x:.1},{y:.1} ");
        }
        self.body.push_str("\"/>\n");
    }

    fn text(&mut self, (x, y): (f64, f64), side: i8, colour: [u8; 3], text: &str) {
        let anchor = ["end", "middle", "start"][(side.clamp(-1, 1) + 1) as usize];
        let (fill, text) = (hex(colour), escaped(text));
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{text}</text>"
        );
    }

    fn pixels(
        &mut self,
        (left, top): (f64, f64),
        (right, bottom): (f64, f64),
        pixels: &Pixels,
    ) -> io::Result<()> {
        let mut png = Vec::new();
        picture::rgb(pixels.width as u32, pixels.height as u32, pixels.rgb.as_flattened(), &mut png)?;
        let (wide, high, data) = (right - left, bottom - top, base64(&png));
        let _ = writeln!(
            self.body,
            "<image x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" preserveAspectRatio=\"none\" \
             href=\"data:image/png;base64,{data}\"/>"
        );
        Ok(())
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let all = part.iter().chain([&0, &0]).take(3).fold(0u32, |all, byte| all << 8 | u32::from(*byte));
        for place in 0..4 {
            let letter = LETTERS[(all >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= part.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

impl Pen for Paper {
    fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), [r, g, b]: [u8; 3]) {
        let area = Rectangle::with_corners(point(from), point(to));
        let Ok(()) = area.into_styled(PrimitiveStyle::with_fill(Rgb888::new(r, g, b))).draw(self);
    }

    fn line(&mut self, points: &[(f64, f64)], [r, g, b]: [u8; 3]) {
        for pair in points.windows(2) {
            Self::line(self, pair[0], pair[1], Rgb888::new(r, g, b));
        }
    }

    fn text(&mut self, at: (f64, f64), side: i8, [r, g, b]: [u8; 3], text: &str) {
        let alignment =
            [Alignment::Right, Alignment::Center, Alignment::Left][(side.clamp(-1, 1) + 1) as usize];
        Self::text(self, at, alignment, Rgb888::new(r, g, b), text);
    }

    fn pixels(&mut self, from: (f64, f64), to: (f64, f64), pixels: &Pixels) -> io::Result<()> {
        let (from, to) = (point(from), point(to));
        let (wide, high) = ((to.x - from.x).max(1), (to.y - from.y).max(1));
        let places = (0..high).flat_map(|y| (0..wide).map(move |x| (x, y)));
        let Ok(()) = self.draw_iter(places.map(|(x, y)| {
            let column = x as usize * pixels.width / wide as usize;
            let row = y as usize * pixels.height / high as usize;
            let [r, g, b] = pixels.rgb[row * pixels.width + column];
            Pixel(Point::new(from.x + x, from.y + y), Rgb888::new(r, g, b))
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing() -> Drawing {
        let line = |name: &str, scale: f64| Drawn {
            name: name.into(),
            colour: Color32::from_rgb(0xF5, 0x82, 0x3B),
            points: (0..=100).map(|k| [f64::from(k) * 0.1, scale * (f64::from(k) * 0.3).sin()]).collect(),
        };
        Drawing {
            title: "acceleration, g".into(),
            from_s: 0.0,
            to_s: 10.0,
            bounds: (-1.0, 1.0),
            lines: vec![line("x", 0.9), line("y", 0.3)],
            spans: vec![("walk & <run>".into(), 2.0, 4.0)],
            picture: None,
        }
    }

    #[test]
    fn a_table_has_every_sample_with_its_time_and_unit() {
        let mut series = Series::default();
        series.push(1_000_000_000, 1e7, (0..5).map(|k| k as f32 * 0.1));
        let table = [
            Column { name: "x", unit: "g", values: values(&series, 1_010_000_000, 1_040_000_000, 1.0) },
            Column { name: "a, b", unit: "Pa", values: vec![[0.5, -1.0, 2.0]] },
        ];
        let mut out = Vec::new();
        csv(&table, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "time_s,signal,unit,least,greatest\n1.010000000,x,g,0.1,0.1\n1.020000000,x,g,0.2,0.2\n\
             1.030000000,x,g,0.3,0.3\n0.500000000,\"a, b\",Pa,-1,2\n"
                .replace("0.3,0.3", &format!("{0},{0}", 3.0f32 * 0.1))
        );
    }

    #[test]
    fn of_more_than_a_million_samples_there_are_bounds() {
        let mut series = Series::default();
        series.push(0, 1_000.0, (0..1_500_000).map(|k| if k == 777_777 { 5.0 } else { 0.0 }));
        let rows = values(&series, 0, series.end_ns(), 2.0);
        assert!(rows.len() <= 2 * MOST_SAMPLES / 20 + 2, "{}", rows.len());
        assert_eq!(rows.iter().map(|row| row[2]).fold(0.0, f64::max), 10.0);
    }

    #[test]
    fn a_drawing_has_its_lines_names_and_units_as_text() {
        let mut out = Vec::new();
        drawing().svg(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("<svg xmlns=") && text.ends_with("</svg>\n"));
        assert!(
            text.contains(">acceleration, g</text>") && text.contains("walk &amp; &lt;run&gt;"),
            "{text}"
        );
        let points = |line: &str| line.split("points=\"").nth(1).unwrap().split_whitespace().count();
        let lines: Vec<usize> = text.lines().filter(|line| line.contains("polyline")).map(points).collect();
        assert_eq!(lines.iter().filter(|count| **count >= 101).count(), 2, "{lines:?}");
        let at: Vec<f64> =
            text.split('"').flat_map(|part| part.split([',', ' '])).filter_map(|n| n.parse().ok()).collect();
        assert!(at.iter().all(|value: &f64| (-1.0..=WIDE).contains(value)), "all of it is on the paper");
    }

    #[test]
    fn a_picture_shows_the_lines_and_the_span() {
        let mut out = Vec::new();
        drawing().png(&mut out).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(out)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (1200, 400));
        let count = |colour: [u8; 3]| pixels.chunks_exact(3).filter(|pixel| *pixel == colour).count();
        assert!(count(on_white(Color32::from_rgb(0xF5, 0x82, 0x3B))) > 1_000);
        assert!(count(SPAN) > 10_000);
    }

    #[test]
    fn bytes_as_letters() {
        let letters = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(letters, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }
}
