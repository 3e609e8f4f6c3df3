//! Sound as a matrix: a row for each frame, a column for each mel band, and a few more.
//!
//! Work for a frame of N points: N multiplies, one real FFT of N, 3 multiply-adds for each of N/2 + 1 bins twice, a
//! logarithm a band; centroid, flatness and flux take a logarithm a bin more.

use super::{fft::real_fft, frequency, samples::Samples};
use crate::dsp::{mel, spectrum::squared_magnitudes, window};
use core::ops::Range;

/// What a frame has in its row, besides bands: by bit, in this order.
pub mod column {
    pub const LEVEL: u8 = 1;
    pub const CENTROID: u8 = 2;
    pub const ROLLOFF: u8 = 4;
    pub const FLATNESS: u8 = 8;
    pub const FLUX: u8 = 16;
    pub const ZERO_CROSSINGS: u8 = 32;
}

/// How a frame is made into a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framing {
    pub points: usize,
    pub bands: usize,
    pub low_hz: f32,
    pub high_hz: f32,
    pub floor_db: f32,
    pub columns: u8,
    pub rate_hz: f32,
}

/// The room that rows are made in: the window's coefficients, the bands' corners, and the spectrum before.
pub struct Framer<'a> {
    framing: Framing,
    coefficients: &'a mut [f32],
    block: &'a mut [f32],
    power: &'a mut [f32],
    before: &'a mut [f32],
    corners: &'a mut [f32],
    first: bool,
}

fn db(power: f32, floor_db: f32) -> f32 {
    // The least number that is not zero has -450 dB.
    (10.0 * libm::log10f(power.max(f32::MIN_POSITIVE))).max(floor_db)
}

impl Framing {
    pub fn width(&self) -> usize {
        self.bands + self.columns.count_ones() as usize
    }

    /// Where in a row the flux is, if it is there.
    pub fn flux_column(&self) -> Option<usize> {
        let before = self.columns & (column::FLUX - 1);
        (self.columns & column::FLUX != 0).then_some(self.bands + before.count_ones() as usize)
    }

    /// Bins from the lowest band's lower corner to the highest one's upper, which a spectrum's bands are made of.
    pub fn bins_in_bands(&self) -> usize {
        let bin =
            |hz: f32| (libm::ceilf(hz * self.points as f32 / self.rate_hz) as usize).min(self.points / 2 + 1);
        bin(self.high_hz).saturating_sub(bin(self.low_hz))
    }

    /// Floats that a framer needs.
    pub fn room(&self) -> usize {
        2 * self.points + 2 * (self.points / 2 + 1) + self.bands + 2
    }

    /// `None` if there is not room enough.
    pub fn framer(self, room: &mut [f32]) -> Option<Framer<'_>> {
        let bins = self.points / 2 + 1;
        let (coefficients, room) = room.split_at_mut_checked(self.points)?;
        let (block, room) = room.split_at_mut_checked(self.points)?;
        let (power, room) = room.split_at_mut_checked(bins)?;
        let (before, room) = room.split_at_mut_checked(bins)?;
        let corners = room.get_mut(..self.bands + 2)?;
        window::hann(coefficients);
        // A full-scale sine has a power of 1, as in `dsp::spectrum`.
        let scale = 4.0 / self.points as f32;
        coefficients.iter_mut().for_each(|c| *c *= scale);
        mel::corners(self.low_hz, self.high_hz, self.points, self.rate_hz, corners);
        Some(Framer { framing: self, coefficients, block, power, before, corners, first: true })
    }
}

impl Framer<'_> {
    /// The row of the frame that starts at a sample of a window's channel.
    pub fn row(&mut self, samples: &dyn Samples, channel: usize, from: usize, row: &mut [f32]) {
        let Framing { bands, columns, rate_hz, points, floor_db, .. } = self.framing;
        self.block.iter_mut().for_each(|x| *x = 0.0);
        samples.read(channel, from, self.block);
        let crossings = if columns & column::ZERO_CROSSINGS == 0 {
            0.0
        } else {
            let changes =
                self.block.windows(2).filter(|pair| matches!(pair, [a, b] if (*a < 0.0) != (*b < 0.0)));
            changes.count() as f32 * rate_hz / points as f32
        };
        window::apply(self.block, self.coefficients);
        if let Some(bins) = real_fft(self.block) {
            squared_magnitudes(bins, self.power);
        }
        let (levels, others) = row.split_at_mut(bands.min(row.len()));
        mel::bands(self.power, self.corners, levels);
        levels.iter_mut().for_each(|level| *level = db(*level, floor_db));
        if columns == 0 {
            return;
        }
        let bin_hz = rate_hz / points as f32;
        let shape = frequency::Shape::of(self.power, bin_hz, 0.85);
        let flux = if self.first { 0.0 } else { frequency::flux(self.before, self.power) };
        let all = [db(shape.power, floor_db), shape.centroid, shape.rolloff, shape.flatness, flux, crossings];
        let chosen = all.into_iter().enumerate().filter(|(bit, _)| columns >> bit & 1 == 1);
        others.iter_mut().zip(chosen).for_each(|(out, (_, value))| *out = value);
        self.before.copy_from_slice(self.power);
        self.first = false;
    }
}

/// Which reference [`level`] takes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Each band's own mean over the frames: what a microphone or a room does to a band.
    BandMeans,
    /// The mean of all: how loud it is.
    Mean,
    Greatest,
}

/// Takes a level out of the first `bands` columns of a matrix; then nothing is more than `range_db` under the greatest.
pub fn level(matrix: &mut [f32], width: usize, bands: usize, reference: Reference, range_db: f32) {
    let frames = matrix.len().checked_div(width).unwrap_or(0);
    if frames == 0 || bands == 0 {
        return;
    }
    let per_frame = 1.0 / frames as f32;
    match reference {
        Reference::BandMeans => {
            for band in 0..bands {
                let mean = matrix.iter().skip(band).step_by(width).sum::<f32>() * per_frame;
                matrix.iter_mut().skip(band).step_by(width).for_each(|x| *x -= mean);
            }
        }
        Reference::Mean => {
            let sum: f32 = matrix.chunks(width).flat_map(|row| row.iter().take(bands)).sum();
            let mean = sum * per_frame / bands as f32;
            matrix.chunks_mut(width).flat_map(|row| row.iter_mut().take(bands)).for_each(|x| *x -= mean);
        }
        Reference::Greatest => {
            let top = greatest(matrix, width, bands);
            matrix.chunks_mut(width).flat_map(|row| row.iter_mut().take(bands)).for_each(|x| *x -= top);
        }
    }
    if range_db > 0.0 {
        let least = greatest(matrix, width, bands) - range_db;
        matrix.chunks_mut(width).flat_map(|row| row.iter_mut().take(bands)).for_each(|x| *x = x.max(least));
    }
}

fn greatest(matrix: &[f32], width: usize, bands: usize) -> f32 {
    matrix.chunks(width).flat_map(|row| row.iter().take(bands)).fold(f32::MIN, |top, &x| top.max(x))
}

/// From the first to the last frame whose mean band is less than `below_db` under the loudest frame's.
pub fn active(matrix: &[f32], width: usize, bands: usize, below_db: f32) -> Range<usize> {
    let per_band = 1.0 / bands.max(1) as f32;
    let mean = |row: &[f32]| row.iter().take(bands).sum::<f32>() * per_band;
    let rows = || matrix.chunks_exact(width.max(1));
    let edge = rows().map(mean).fold(f32::MIN, f32::max) - below_db;
    let first = rows().position(|row| mean(row) >= edge).unwrap_or(0);
    let last = rows().rposition(|row| mean(row) >= edge).unwrap_or(0);
    first..(last + 1).min(rows().count())
}

/// One column over the frames: [`super::op::Op::FrameStatistics`]' values. `work` holds as many values as there are frames.
pub fn statistics(matrix: &[f32], width: usize, column: usize, sort: bool, work: &mut [f32]) -> [f32; 9] {
    let values = || matrix.iter().skip(column).step_by(width.max(1)).copied();
    let frames = matrix.len().checked_div(width).unwrap_or(0);
    let Some(first) = values().next() else { return [0.0; 9] };
    let per_frame = 1.0 / frames as f32;
    let mean = values().sum::<f32>() * per_frame;
    let half = frames / 2;
    let (mut squares, mut least, mut greatest, mut steps) = (0.0, first, first, 0.0);
    let (mut early, mut late, mut last) = (0.0, 0.0, first);
    for (n, x) in values().enumerate() {
        let d = x - mean;
        squares += d * d;
        least = x.min(least);
        greatest = x.max(greatest);
        steps += (x - last).abs();
        last = x;
        if n < half { early += d } else { late += d }
    }
    let trend = if half > 0 { late / (frames - half) as f32 - early / half as f32 } else { 0.0 };
    let mut quantiles = [0.0; 3];
    if sort && let Some(sorted) = work.get_mut(..frames) {
        sorted.iter_mut().zip(values()).for_each(|(out, x)| *out = x);
        sorted.sort_unstable_by(f32::total_cmp);
        quantiles = [0.1, 0.5, 0.9].map(|share| super::time::quantile(sorted, share));
    }
    let step = steps / frames.saturating_sub(1).max(1) as f32;
    let [low, middle, high] = quantiles;
    [mean, libm::sqrtf(squares * per_frame), least, greatest, step, trend, low, middle, high]
}

/// The frames of part `part` of `parts`, at least one.
pub fn part(frames: usize, part: usize, parts: usize) -> Range<usize> {
    let edge = |part: usize| part * frames / parts.max(1);
    let from = edge(part).min(frames.saturating_sub(1));
    from..edge(part + 1).max(from + 1).min(frames)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::dsp::{features::Window, oracle};
    use rustfft::{FftPlanner, num_complex::Complex};
    use std::{vec, vec::Vec};

    const FRAMING: Framing = Framing {
        points: 512,
        bands: 32,
        low_hz: 50.0,
        high_hz: 7800.0,
        floor_db: -120.0,
        columns: 0b11_1111,
        rate_hz: 16_000.0,
    };

    #[test]
    fn rows_follow_the_definition_in_f64() {
        let sound = oracle::noise(3, 2048);
        let samples = Window::new(1, &sound, &[]).unwrap();
        let mut room = vec![0.0; FRAMING.room()];
        let mut framer = FRAMING.framer(&mut room).unwrap();
        for from in [0, 700, 1536] {
            let mut row = vec![0.0; FRAMING.width()];
            framer.row(&samples, 0, from, &mut row);
            let hann = |n: usize| 0.5 - 0.5 * libm::cos(2.0 * core::f64::consts::PI * n as f64 / 512.0);
            let frame = &sound[from..from + 512];
            let mut bins: Vec<_> = frame
                .iter()
                .enumerate()
                .map(|(n, &x)| Complex::new(f64::from(x) * hann(n) / 128.0, 0.0))
                .collect();
            FftPlanner::new().plan_fft_forward(512).process(&mut bins);
            let mel = |hz: f64| 2595.0 * libm::log10(1.0 + hz / 700.0);
            let (low, high) = (mel(50.0), mel(7800.0));
            let corner = |n: usize| {
                let mel = low + (high - low) * n as f64 / 33.0;
                700.0 * (libm::pow(10.0, mel / 2595.0) - 1.0) * 512.0 / 16_000.0
            };
            for (band, &got) in row.iter().enumerate().take(32) {
                let (a, b, c) = (corner(band), corner(band + 1), corner(band + 2));
                let weight = |k: f64| ((k - a) / (b - a)).min((c - k) / (c - b)).max(0.0);
                let sum: f64 = (0..=256)
                    .map(|k| weight(k as f64) * bins[k].norm_sqr() * if k % 256 == 0 { 0.5 } else { 1.0 })
                    .sum();
                assert!((f64::from(got) - oracle::db(sum)).abs() < 0.01, "{from}/{band}: {got}");
            }
        }
    }

    #[test]
    fn a_loud_tone_is_where_it_should_be_and_silence_is_the_floor() {
        let tone = oracle::sine(1000.0, 16_000.0, 1.0, 512);
        let samples = Window::new(1, &tone, &[]).unwrap();
        let mut room = vec![0.0; FRAMING.room()];
        let mut row = vec![0.0; FRAMING.width()];
        FRAMING.framer(&mut room).unwrap().row(&samples, 0, 0, &mut row);
        let [level, centroid, rolloff, flatness, flux, crossings] = row[32..] else { panic!("six columns") };
        assert!((level - oracle::db(1.5) as f32).abs() < 0.01 && (centroid - 1000.0).abs() < 1.0, "{row:?}");
        assert!((1000.0..1040.0).contains(&rolloff) && flatness < 1e-3 && flux == 0.0);
        assert!((crossings - 2000.0).abs() < 40.0, "{crossings}");
        let samples = Window::new(1, &[0i16; 512], &[]).unwrap();
        FRAMING.framer(&mut room).unwrap().row(&samples, 0, 0, &mut row);
        assert_eq!(row[..33], [-120.0; 33]);
        assert!(FRAMING.framer(&mut room[1..]).is_none());
    }

    #[test]
    fn levels_are_taken_out() {
        // Two bands and another column, three frames.
        let matrix = [-10.0, -40.0, 7.0, -20.0, -50.0, 8.0, -30.0, -60.0, 9.0];
        let run = |reference, range| {
            let mut m = matrix;
            level(&mut m, 3, 2, reference, range);
            m
        };
        assert_eq!(run(Reference::BandMeans, 0.0), [10.0, 10.0, 7.0, 0.0, 0.0, 8.0, -10.0, -10.0, 9.0]);
        assert_eq!(run(Reference::Mean, 0.0), [25.0, -5.0, 7.0, 15.0, -15.0, 8.0, 5.0, -25.0, 9.0]);
        assert_eq!(run(Reference::Greatest, 35.0), [0.0, -30.0, 7.0, -10.0, -35.0, 8.0, -20.0, -35.0, 9.0]);
        assert_eq!(active(&matrix, 3, 2, 10.5), 0..2);
        assert_eq!(active(&matrix, 3, 2, 1.0), 0..1);
        assert_eq!(active(&[], 3, 2, 1.0), 0..0);
        let mut work = [0.0; 3];
        let s = statistics(&matrix, 3, 0, true, &mut work);
        assert!((s[1] - 8.164_966).abs() < 1e-4, "{s:?}");
        assert_eq!(
            [s[0], s[2], s[3], s[4], s[5], s[6], s[7], s[8]],
            [-20.0, -30.0, -10.0, 10.0, -15.0, -28.0, -20.0, -12.0]
        );
    }

    #[test]
    fn parts_cover_all_frames_and_are_never_empty() {
        assert_eq!((0..3).map(|p| part(10, p, 3)).collect::<Vec<_>>(), [0..3, 3..6, 6..10]);
        assert_eq!((0..4).map(|p| part(2, p, 4)).collect::<Vec<_>>(), [0..1, 0..1, 1..2, 1..2]);
        assert_eq!(part(0, 0, 4), 0..0);
    }
}
