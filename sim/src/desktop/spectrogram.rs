//! Sound over time and frequency, as a picture: what rustfft computes here is looked at and enters no trace.
//!
//! Columns lie on a grid of time, so that a column that was computed once stays what it is while the picture moves on; they
//! are kept in a ring that is also the texture. A frame computes what is new, and no more than a few of those that are missing.

use super::desk::View;
use super::export::{self, Drawing, Format, Pixels};
use super::look;
use super::plot::{self, TimeAxis, Told};
use crate::live::{NodeHistory, Series};
use egui::{
    Align, Color32, ColorImage, Layout, Rect, RichText, Sense, TextureHandle, TextureOptions, Ui, pos2, vec2,
};
use egui_plot::{Plot, PlotImage, PlotPoint};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use scenarios::label::Label;
use std::sync::Arc;

/// Samples of a spectrum: 32 ms at 16 kHz.
const WINDOW: usize = 512;
/// Frequencies of a column: two lines of the spectrum each, of which the stronger is shown.
const ROWS: usize = 128;
/// Columns of the texture.
const RING: usize = 1_024;
/// The shortest time of a column; others are twice, four times ... as long.
const FINEST_NS: u64 = 4_000_000;
/// Spectra of a column that is longer than a window: evenly within, and the strongest is shown.
const MOST_OF_A_COLUMN: u64 = 4;
/// Spectra that a frame computes, at most: some tenths of a millisecond.
const A_FRAME: u64 = 96;
/// The darkest and the brightest colour, in dB of the RMS of a full-scale sine.
const LOW_DB: f32 = -120.0;
const HIGH_DB: f32 = -30.0;
/// A place of the ring that has no column yet.
const NOBODY: u64 = u64::MAX;

/// Columns were computed for this.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    run: u64,
    node: usize,
    step_ns: u64,
    rate_hz: f32,
}

pub struct Spectrogram {
    fft: Arc<dyn Fft<f32>>,
    shape: Vec<f32>,
    grid: Option<Grid>,
    /// Which column lies at each place of the ring.
    numbers: Vec<u64>,
    /// Levels in dB, column by column from low to high; NaN: there are no samples.
    levels: Vec<f32>,
    texture: Option<TextureHandle>,
    told: Told,
}

impl Default for Spectrogram {
    fn default() -> Self {
        let hann = |k: usize| 0.5 - 0.5 * (std::f32::consts::TAU * k as f32 / WINDOW as f32).cos();
        Self {
            fft: FftPlanner::new().plan_fft_forward(WINDOW),
            shape: (0..WINDOW).map(hann).collect(),
            grid: None,
            numbers: vec![NOBODY; RING],
            levels: vec![f32::NAN; RING * ROWS],
            texture: None,
            told: None,
        }
    }
}

impl Spectrogram {
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        time: &mut TimeAxis,
        node: &NodeHistory,
        height: f32,
        times: bool,
    ) {
        let heard = &node.heard;
        self.head(ui, view, time, &node.labels);
        let width = ui.available_width().max(64.0);
        let grid = grid_for(time, heard, view, width as u64);
        let (first, last) = self.compute(ui, view, time, heard, grid);
        let top_khz = f64::from(grid.rate_hz) * 0.5e-3;
        let images = self.images(grid, first, last, top_khz);
        let height = plot::height_of_plot(ui, height, times);
        let plot = plot::scale_of(Plot::new(("spectrogram", view.node)), height)
            .show_axes([times, true])
            .show_grid([false, false]);
        let bounds = Some((0.0, top_khz));
        let response = plot::within(ui, plot, time, &view.look, &[], bounds, move |plot| {
            images.into_iter().for_each(|image| plot.image(image));
        });
        let Some(at_s) = time.cursor_s else { return };
        let khz = response.response.hover_pos().map(|at| response.transform.value_from_position(at).y);
        let under = khz.and_then(|khz| Some((khz, self.level(grid, at_s, khz / top_khz)?)));
        let rows = under.map(|(khz, level)| {
            (format!("{} kHz {} dBFS", look::figure(khz), look::figure(f64::from(level))), view.look.text)
        });
        plot::readout(ui, &view.look, time, *response.transform.frame(), at_s, rows.into_iter());
    }

    /// Title, what the colours mean, and the menu.
    fn head(&mut self, ui: &mut Ui, view: &View<'_>, time: &TimeAxis, labels: &[Label]) {
        let size = vec2(ui.available_width(), plot::HEAD);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(plot::HEAD);
            ui.label(RichText::new("spectrogram, kHz").small().strong()).on_hover_text(
                "what the node read from its microphone, as spectra of 512 samples under a Hann window; a picture, no part of the \
                 trace",
            );
            if !plot::told(ui, &view.look, &self.told) {
                ui.label(RichText::new(format!("{LOW_DB:.0}")).small().color(view.look.quiet));
                let (bar, response) = ui.allocate_exact_size(vec2(72.0, 9.0), Sense::hover());
                for step in 0..24 {
                    let part = |n: i32| bar.left() + bar.width() * n as f32 / 24.0;
                    let piece = Rect::from_min_max(pos2(part(step), bar.top()), pos2(part(step + 1), bar.bottom()));
                    ui.painter().rect_filled(piece, 0.0, viridis(step as f32 / 23.0));
                }
                response.on_hover_text("0 dBFS is a sine of full scale; brighter is louder (viridis: even in grey)");
                ui.label(RichText::new(format!("{HIGH_DB:.0} dBFS")).small().color(view.look.quiet));
            }
            let mut said = self.told.take();
            plot::menu(ui, &mut said, |format| self.take_along(view, time, labels, format));
            self.told = said;
        });
    }

    /// Columns that are in sight and that there may be; computes some of those that are missing.
    fn compute(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        time: &TimeAxis,
        heard: &Series,
        grid: Grid,
    ) -> (u64, u64) {
        if self.grid != Some(grid) {
            self.grid = Some(grid);
            self.numbers.fill(NOBODY);
        }
        let (from_ns, to_ns) = time.range_ns();
        let first = from_ns / grid.step_ns;
        let half_ns = (WINDOW as f32 * 0.5e9 / grid.rate_hz) as u64;
        // A column is computed once all of its samples are there.
        let there = heard.end_ns().saturating_sub(half_ns) / grid.step_ns;
        let end = (to_ns / grid.step_ns + 1).min(there).min(first + RING as u64);
        let mut left = if view.still { u64::MAX } else { A_FRAME };
        let mut fresh: Vec<usize> = Vec::new();
        // The newest first: that is where people look.
        for number in (first..end).rev() {
            let place = number as usize % RING;
            if self.numbers[place] == number {
                continue;
            }
            let spectra = spectra_of(grid);
            if left < spectra {
                ui.ctx().request_repaint();
                break;
            }
            left -= spectra;
            self.column(heard, grid, number);
            self.numbers[place] = number;
            fresh.push(place);
        }
        self.paint(ui, fresh);
        (first, end)
    }

    /// The strongest of some spectra within a column.
    fn column(&mut self, heard: &Series, grid: Grid, number: u64) {
        let place = number as usize % RING;
        let levels = &mut self.levels[place * ROWS..(place + 1) * ROWS];
        levels.fill(f32::NAN);
        let window_ns = (WINDOW as f32 * 1e9 / grid.rate_hz) as u64;
        let spectra = spectra_of(grid);
        for part in 0..spectra {
            let middle = number * grid.step_ns + grid.step_ns * (2 * part + 1) / (2 * spectra);
            let from_ns = middle.saturating_sub(window_ns / 2);
            let (_, samples) = heard.samples(from_ns, from_ns + window_ns + window_ns / 16);
            let Some(samples) = samples.get(..WINDOW) else { continue };
            let mut values: Vec<Complex<f32>> = samples
                .iter()
                .zip(&self.shape)
                .map(|(sample, shape)| Complex::new(sample * shape, 0.0))
                .collect();
            self.fft.process(&mut values);
            // The sum of a Hann window is half of its length, and half of a sine is at the negative frequency.
            let full_scale = WINDOW as f32 / 4.0;
            for (row, level) in levels.iter_mut().enumerate() {
                let power = values[2 * row].norm_sqr().max(values[2 * row + 1].norm_sqr());
                let db = 10.0 * (power / (full_scale * full_scale)).max(1e-20).log10();
                *level = if level.is_nan() { db } else { level.max(db) };
            }
        }
    }

    /// Puts fresh columns into the texture; neighbours go together.
    fn paint(&mut self, ui: &Ui, mut fresh: Vec<usize>) {
        let options = TextureOptions::NEAREST;
        let texture = self.texture.get_or_insert_with(|| {
            let empty = ColorImage::filled([RING, ROWS], Color32::TRANSPARENT);
            ui.ctx().load_texture("spectrogram", empty, options)
        });
        fresh.sort_unstable();
        for run in fresh.chunk_by(|one, next| one + 1 == *next) {
            let mut pixels = Vec::with_capacity(run.len() * ROWS);
            for row in (0..ROWS).rev() {
                pixels.extend(run.iter().map(|place| colour(self.levels[place * ROWS + row])));
            }
            texture.set_partial([run[0], 0], ColorImage::new([run.len(), ROWS], pixels), options);
        }
    }

    /// Columns that are there, as pieces of the texture.
    fn images(&self, grid: Grid, first: u64, end: u64, top_khz: f64) -> Vec<PlotImage> {
        let Some(texture) = &self.texture else { return Vec::new() };
        let there: Vec<u64> =
            (first..end).filter(|number| self.numbers[*number as usize % RING] == *number).collect();
        let joins = |one: &u64, next: &u64| one + 1 == *next && !next.is_multiple_of(RING as u64);
        let step_s = grid.step_ns as f64 * 1e-9;
        there
            .chunk_by(joins)
            .map(|run| {
                let (from, count) = (run[0], run.len());
                let middle = PlotPoint::new((from as f64 + 0.5 * count as f64) * step_s, 0.5 * top_khz);
                let left = from as usize % RING;
                let part = |column: usize| column as f32 / RING as f32;
                let uv = Rect::from_min_max(pos2(part(left), 0.0), pos2(part(left + count), 1.0));
                let size = vec2((count as f64 * step_s) as f32, top_khz as f32);
                PlotImage::new("", texture.id(), middle, size).uv(uv).allow_hover(false)
            })
            .collect()
    }

    fn level(&self, grid: Grid, at_s: f64, part: f64) -> Option<f32> {
        let number = (at_s.max(0.0) * 1e9) as u64 / grid.step_ns;
        let place = number as usize % RING;
        let there = self.grid == Some(grid) && self.numbers[place] == number && (0.0..1.0).contains(&part);
        let level = there.then(|| self.levels[place * ROWS + (part * ROWS as f64) as usize])?;
        (!level.is_nan()).then_some(level)
    }

    fn take_along(&self, view: &View<'_>, time: &TimeAxis, labels: &[Label], format: Format) -> String {
        let Some(grid) = self.grid else { return "nothing was heard yet".into() };
        let (from_ns, to_ns) = time.range_ns();
        let (first, end) = (from_ns / grid.step_ns, to_ns / grid.step_ns + 1);
        let there = |number: &u64| self.numbers[*number as usize % RING] == *number;
        let row_hz = f64::from(grid.rate_hz) * 0.5 / ROWS as f64;
        let of = |number: u64| &self.levels[number as usize % RING * ROWS..][..ROWS];
        let place = export::place(view, "spectrogram", time, format);
        export::written(&place, |out| {
            if format == Format::Csv {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(["time_s", "from_hz", "to_hz", "dbfs"])?;
                for number in (first..end).filter(there) {
                    let at = format!("{:.6}", number as f64 * grid.step_ns as f64 * 1e-9);
                    for (row, level) in of(number).iter().enumerate().filter(|(_, level)| !level.is_nan()) {
                        let [low, high] = [row, row + 1].map(|row| format!("{:.1}", row as f64 * row_hz));
                        writer.write_record([&at, &low, &high, &format!("{level:.1}")])?;
                    }
                }
                return writer.flush();
            }
            let width = (end - first) as usize;
            let mut rgb = vec![[255; 3]; width * ROWS];
            for number in (first..end).filter(there) {
                for (row, level) in of(number).iter().enumerate().filter(|(_, level)| !level.is_nan()) {
                    let [r, g, b, _] = colour(*level).to_array();
                    rgb[(ROWS - 1 - row) * width + (number - first) as usize] = [r, g, b];
                }
            }
            let drawing = Drawing {
                title: format!("spectrogram, kHz; dark {LOW_DB} dBFS to bright {HIGH_DB} dBFS"),
                from_s: (first * grid.step_ns) as f64 * 1e-9,
                to_s: (end * grid.step_ns) as f64 * 1e-9,
                bounds: (0.0, f64::from(grid.rate_hz) * 0.5e-3),
                lines: Vec::new(),
                spans: plot::shown(labels, time)
                    .map(|label| {
                        (label.label.clone(), label.start_ns as f64 * 1e-9, label.end_ns as f64 * 1e-9)
                    })
                    .collect(),
                picture: Some(Pixels { width, height: ROWS, rgb }),
            };
            if format == Format::Svg { drawing.svg(out) } else { drawing.png(out) }
        })
    }
}

/// The finest grid whose columns fit on the screen and into the ring.
fn grid_for(time: &TimeAxis, heard: &Series, view: &View<'_>, width: u64) -> Grid {
    let room = width.min(RING as u64 - 2).max(1);
    let wanted = (time.length_s * 1e9) as u64 / room;
    let step_ns = FINEST_NS * wanted.div_ceil(FINEST_NS).max(1).next_power_of_two();
    let rate_hz = heard.step_ns().map_or(16_000.0, |step| (1e9 / step.max(1.0)) as f32);
    // A clock that drifts does not make it another microphone.
    Grid { run: view.status.run, node: view.node, step_ns, rate_hz: (rate_hz / 100.0).round() * 100.0 }
}

fn spectra_of(grid: Grid) -> u64 {
    let half_window_ns = (WINDOW as f32 * 0.5e9 / grid.rate_hz).max(1.0) as u64;
    (grid.step_ns / half_window_ns).clamp(1, MOST_OF_A_COLUMN)
}

fn colour(level_db: f32) -> Color32 {
    if level_db.is_nan() {
        return Color32::TRANSPARENT;
    }
    viridis((level_db - LOW_DB) / (HIGH_DB - LOW_DB))
}

/// Viridis (Smith and van der Walt), by the polynomials that M. Zucker fitted to it: even steps look even, in grey too and to
/// the colour-blind.
fn viridis(at: f32) -> Color32 {
    const RED: [f32; 7] = [0.277_727, 0.105_093, -0.330_862, -4.634_23, 6.228_27, 4.776_385, -5.435_456];
    const GREEN: [f32; 7] = [0.005_407, 1.404_614, 0.214_848, -5.799_101, 14.179_933, -13.745_145, 4.645_853];
    const BLUE: [f32; 7] = [0.334_1, 1.384_59, 0.095_095, -19.332_441, 56.690_55, -65.353_033, 26.312_435];
    let at = at.clamp(0.0, 1.0);
    let part = |of: [f32; 7]| {
        (of.iter().rev().fold(0.0, |sum, factor| sum * at + factor).clamp(0.0, 1.0) * 255.0) as u8
    };
    Color32::from_rgb(part(RED), part(GREEN), part(BLUE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid { run: 0, node: 0, step_ns: 32_000_000, rate_hz: 16_000.0 };

    #[test]
    fn a_tone_is_at_its_frequency_and_at_its_level() {
        let mut heard = Series::default();
        // 1 kHz at a tenth of full scale: -20 dBFS.
        heard.push(0, 62_500.0, (0..16_000).map(|k| 0.1 * (k as f32 * std::f32::consts::TAU / 16.0).sin()));
        let mut picture = Spectrogram::default();
        picture.column(&heard, GRID, 5);
        let levels = &picture.levels[5 * ROWS..6 * ROWS];
        let (row, level) = levels.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        // A row is 62.5 Hz.
        assert_eq!(row, 16);
        assert!((level + 20.0).abs() < 0.1, "{level} dBFS");
        assert!(levels[60] < -90.0, "{} dBFS", levels[60]);
    }

    #[test]
    fn where_nothing_was_heard_there_is_nothing() {
        let mut picture = Spectrogram::default();
        picture.column(&Series::default(), GRID, 0);
        assert!(picture.levels[..ROWS].iter().all(|level| level.is_nan()));
        assert_eq!(colour(f32::NAN), Color32::TRANSPARENT);
    }

    #[test]
    fn colours_grow_brighter_all_the_way() {
        let light = |at: f32| {
            let [r, g, b, _] = viridis(at).to_array();
            0.2126 * f32::from(r) + 0.7152 * f32::from(g) + 0.0722 * f32::from(b)
        };
        let steps: Vec<f32> = (0..=20).map(|n| light(n as f32 / 20.0)).collect();
        assert!(steps.windows(2).all(|pair| pair[1] > pair[0]), "{steps:?}");
        assert_eq!(viridis(-1.0), viridis(0.0));
    }
}
