//! What each operation of a plan needs and gives: the one place where fields are judged. Parsing runs through it to refuse,
//! extraction to know how long things are.

use super::{
    PlanError,
    fft::SIZES,
    frequency::SHAPES,
    op::{FRAME_COLUMNS, FRAME_STATISTICS, Op},
    time::STATISTICS,
};
use crate::dsp::{decimate, mfcc};

/// Widest running median, greatest decimation, most peaks: they size arrays on the stack.
pub const MAX_MEDIAN: usize = 31;
pub const MAX_FACTOR: usize = 16;
pub const MAX_PEAKS: usize = 8;
pub const MAX_BANDS: usize = 64;

/// A signal: samples and their rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub samples: usize,
    pub rate_hz: f32,
}

/// A power spectrum, DC to Nyquist.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bins {
    pub points: usize,
    pub bin_hz: f32,
}

impl Bins {
    pub(crate) fn len(&self) -> usize {
        self.points / 2 + 1
    }
}

/// A matrix of frames: `bands` columns of levels (or `coefficients`, once they are transformed), then others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matrix {
    pub frames: usize,
    pub width: usize,
    pub bands: usize,
    pub cepstral: bool,
    pub rate_hz: f32,
}

/// What there is at some point of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    pub channels: usize,
    pub window: Line,
    pub signal: Option<Line>,
    pub spectrum: Option<Bins>,
    pub matrix: Option<Matrix>,
}

/// What an operation takes and gives.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Need {
    pub outputs: usize,
    /// Room for: signal, spectrum, matrix, and besides.
    pub signal: usize,
    pub spectrum: usize,
    pub matrix: usize,
    pub work: usize,
    /// Rough count of multiply-adds.
    pub steps: u64,
}

/// Steps of a real FFT and the powers of its bins.
fn fft_steps(points: usize) -> u64 {
    points as u64 * (3 * u64::from(points.ilog2()) + 4)
}

/// Whole blocks of a signal, or one.
pub fn blocks(samples: usize, points: usize, hop: usize) -> usize {
    (samples.saturating_sub(points) / hop.max(1)) + 1
}

impl Layout {
    pub fn new(channels: usize, window: Line) -> Self {
        Self { channels, window, signal: None, spectrum: None, matrix: None }
    }

    fn has(&self, first: u8, count: u8) -> Result<(), PlanError> {
        let fits = count > 0 && usize::from(first) + usize::from(count) <= self.channels;
        fits.then_some(()).ok_or(PlanError::Field)
    }

    fn signal(&self) -> Result<Line, PlanError> {
        self.signal.ok_or(PlanError::NoSignal)
    }

    /// A new signal of the window's length, read from `channels` channels.
    fn read(&mut self, channels: u8) -> Need {
        self.signal = Some(self.window);
        let samples = self.window.samples;
        Need {
            signal: samples,
            work: samples,
            steps: 4 * u64::from(channels) * samples as u64,
            ..Need::default()
        }
    }

    /// The layout after an operation. An operation without its signal, spectrum or frames is refused, and so is a field
    /// out of its range.
    pub fn after(&mut self, op: &Op<'_>) -> Result<Need, PlanError> {
        let valid = |yes: bool| yes.then_some(()).ok_or(PlanError::Field);
        let mut need = Need::default();
        match *op {
            Op::Channel { channel } => {
                self.has(channel, 1)?;
                need = self.read(1);
            }
            Op::Length { first, count } | Op::Change { first, count } => {
                self.has(first, count)?;
                need = self.read(2 * count);
            }
            Op::Means { first, count } => {
                self.has(first, count)?;
                self.signal = Some(Line { samples: usize::from(count), rate_hz: 1.0 });
                need.signal = usize::from(count);
                need.work = self.window.samples;
                need.steps = 3 * u64::from(count) * self.window.samples as u64;
            }
            Op::Vertical { first } | Op::Horizontal { first } => {
                self.has(first, 3)?;
                need = self.read(9);
                need.work = 3 * self.window.samples;
            }
            Op::Course { first, count } => {
                let matrix = self.matrix.ok_or(PlanError::NoFrames)?;
                valid(count > 0 && usize::from(first) + usize::from(count) <= matrix.width)?;
                self.signal = Some(Line { samples: matrix.frames, rate_hz: matrix.rate_hz });
                need.signal = matrix.frames;
                need.steps = matrix.frames as u64 * u64::from(count);
            }

            Op::Centre {} | Op::Standardise {} | Op::Slope {} | Op::Rectify {} | Op::Replace { .. } => {
                need.steps = 4 * self.signal()?.samples as u64;
            }
            Op::Filter { kind, hz, q } => {
                let signal = self.signal()?;
                valid(kind <= 2 && hz > 0.0 && hz < 0.5 * signal.rate_hz && (0.05..=100.0).contains(&q))?;
                need.steps = 9 * signal.samples as u64;
            }
            Op::Median { width } => {
                let signal = self.signal()?;
                valid(width % 2 == 1 && usize::from(width) <= MAX_MEDIAN)?;
                need.steps = 4 * u64::from(width) * signal.samples as u64;
            }
            Op::Decimate { factor } => {
                let (signal, factor) = (self.signal()?, usize::from(factor));
                valid((2..=MAX_FACTOR).contains(&factor) && signal.samples >= factor)?;
                let samples = signal.samples / factor;
                self.signal = Some(Line { samples, rate_hz: signal.rate_hz / factor as f32 });
                need.work = signal.samples + decimate::taps(factor);
                need.steps = (samples * decimate::taps(factor)) as u64 + signal.samples as u64;
            }
            Op::Average { factor } => {
                let (signal, factor) = (self.signal()?, usize::from(factor));
                valid(factor >= 1 && signal.samples >= factor)?;
                let samples = signal.samples / factor;
                self.signal = Some(Line { samples, rate_hz: signal.rate_hz / factor as f32 });
                need.steps = signal.samples as u64;
            }
            Op::Derivative { side } | Op::Smooth { side } => {
                let signal = self.signal()?;
                valid(side >= 1)?;
                need.work = signal.samples;
                need.steps = (2 * u64::from(side) + 2) * signal.samples as u64;
            }
            Op::Logarithm { floor } => {
                valid(floor > 0.0)?;
                need.steps = 30 * self.signal()?.samples as u64;
            }
            Op::Power { exponent, .. } => {
                valid(exponent > 0.0 && exponent <= 16.0)?;
                need.steps = 60 * self.signal()?.samples as u64;
            }
            Op::Part { first, count } => {
                let signal = self.signal()?;
                valid(count > 0 && usize::from(first) + usize::from(count) <= signal.samples)?;
                self.signal = Some(Line { samples: usize::from(count), ..signal });
                need.steps = u64::from(count);
            }

            Op::Statistics { mask } => {
                valid(mask != 0 && mask >> STATISTICS == 0)?;
                need.outputs = mask.count_ones() as usize;
                need.steps = 12 * self.signal()?.samples as u64;
            }
            Op::Quantiles { percent } => {
                let signal = self.signal()?;
                valid(!percent.is_empty() && percent.iter().all(|&p| p <= 100))?;
                need.outputs = percent.len();
                need.work = signal.samples;
                need.steps = signal.samples as u64 * 4 * u64::from(signal.samples.max(2).ilog2());
            }
            Op::Values {} => {
                need.outputs = self.signal()?.samples;
                need.steps = need.outputs as u64;
            }
            Op::Differences {} => {
                let samples = self.signal()?.samples;
                need.outputs = samples.saturating_mul(samples.saturating_sub(1)) / 2;
                need.steps = need.outputs as u64;
            }
            Op::Parts { parts } => {
                let signal = self.signal()?;
                valid(parts > 0 && usize::from(parts) <= signal.samples)?;
                need.outputs = usize::from(parts);
                need.steps = signal.samples as u64;
            }
            Op::Periodicity { low_hz, high_hz } => {
                let signal = self.signal()?;
                valid(low_hz > 0.0 && low_hz < high_hz && high_hz <= 0.5 * signal.rate_hz)?;
                let lags = (signal.rate_hz / low_hz).min(signal.samples as f32) as u64 + 3;
                need.outputs = 2;
                need.work = signal.samples;
                need.steps = lags * signal.samples as u64;
            }
            Op::Correlation { a, b } => {
                self.has(a, 1)?;
                self.has(b, 1)?;
                need.outputs = 1;
                need.work = 2 * self.window.samples;
                need.steps = 7 * self.window.samples as u64;
            }

            Op::Spectrum { points, hop } => {
                let (signal, points) = (self.signal()?, usize::from(points));
                valid(SIZES.contains(&points) && hop > 0)?;
                let bins = Bins { points, bin_hz: signal.rate_hz / points as f32 };
                self.spectrum = Some(bins);
                need.spectrum = 2 * bins.len();
                need.work = 2 * points + bins.len();
                need.steps = blocks(signal.samples, points, usize::from(hop)) as u64 * fft_steps(points);
                need.steps += 30 * points as u64;
            }
            Op::Bands { scale, edges_hz } => {
                let bins = self.spectrum.ok_or(PlanError::NoSpectrum)?;
                let rising = edges_hz.iter().zip(edges_hz.iter().skip(1)).all(|(low, high)| low < high);
                valid(scale <= 2 && edges_hz.len() >= 2 && rising)?;
                valid(edges_hz.iter().next().is_some_and(|first| first >= 0.0))?;
                need.outputs = edges_hz.len() - 1;
                need.steps = 2 * bins.len() as u64 + 40 * need.outputs as u64;
            }
            Op::Shape { mask, rolloff } => {
                let bins = self.spectrum.ok_or(PlanError::NoSpectrum)?;
                valid(mask != 0 && mask >> (SHAPES + 1) == 0 && rolloff > 0.0 && rolloff < 1.0)?;
                need.outputs = mask.count_ones() as usize;
                need.steps = 40 * bins.len() as u64;
            }
            Op::Peaks { count } => {
                let bins = self.spectrum.ok_or(PlanError::NoSpectrum)?;
                valid((1..=MAX_PEAKS).contains(&usize::from(count)))?;
                need.outputs = 2 * usize::from(count);
                need.steps = bins.len() as u64 * (4 + u64::from(count));
            }
            Op::Bins { first, count } => {
                let bins = self.spectrum.ok_or(PlanError::NoSpectrum)?;
                valid(count > 0 && usize::from(first) + usize::from(count) <= bins.len())?;
                need.outputs = usize::from(count);
                need.steps = 10 * u64::from(count);
            }

            Op::Frames { channel, points, hop, bands, low_hz, high_hz, floor_db, columns } => {
                self.has(channel, 1)?;
                let Line { samples, rate_hz } = self.window;
                let (points, bands) = (usize::from(points), usize::from(bands));
                valid(SIZES.contains(&points) && points <= samples && hop > 0)?;
                valid((1..=MAX_BANDS).contains(&bands) && columns >> FRAME_COLUMNS == 0)?;
                valid(low_hz >= 0.0 && low_hz < high_hz && high_hz <= 0.5 * rate_hz && floor_db >= -200.0)?;
                let frames = blocks(samples, points, usize::from(hop));
                let width = bands + columns.count_ones() as usize;
                let rate_hz = rate_hz / f32::from(hop);
                self.matrix = Some(Matrix { frames, width, bands, cepstral: false, rate_hz });
                let bins = points / 2 + 1;
                need.matrix = frames.saturating_mul(width);
                need.work = 2 * points + 2 * bins + bands + 2;
                let extra = if columns == 0 { 0 } else { 40 * bins as u64 };
                need.steps =
                    frames as u64 * (fft_steps(points) + 3 * bins as u64 + 30 * bands as u64 + extra);
                need.steps += 30 * points as u64;
            }
            Op::Level { kind, range_db } => {
                let matrix = self.matrix.ok_or(PlanError::NoFrames)?;
                // The greatest level, and the mean of all, mean nothing among coefficients.
                valid(kind <= 2 && range_db >= 0.0 && (!matrix.cepstral || (kind == 0 && range_db == 0.0)))?;
                need.steps = 4 * (matrix.frames * matrix.bands) as u64;
            }
            Op::Active { below_db } => {
                let matrix = self.matrix.ok_or(PlanError::NoFrames)?;
                valid(below_db > 0.0 && !matrix.cepstral)?;
                need.steps = 2 * (matrix.frames * matrix.bands) as u64;
            }
            Op::Cepstrum { coefficients } => {
                let matrix = self.matrix.ok_or(PlanError::NoFrames)?;
                let coefficients = usize::from(coefficients);
                valid(!matrix.cepstral && (1..=matrix.bands).contains(&coefficients))?;
                let width = matrix.width - matrix.bands + coefficients;
                self.matrix = Some(Matrix { width, bands: coefficients, cepstral: true, ..matrix });
                need.work = mfcc::table_len(matrix.bands) + matrix.bands;
                need.steps =
                    (matrix.frames * matrix.bands * (coefficients + 1)) as u64 + 60 * matrix.bands as u64;
            }
            Op::FrameStatistics { mask } => {
                let matrix = self.matrix.ok_or(PlanError::NoFrames)?;
                valid(mask != 0 && mask >> FRAME_STATISTICS == 0)?;
                need.outputs = matrix.width * mask.count_ones() as usize;
                need.work = matrix.frames;
                let sorting = if mask >> 6 == 0 { 0 } else { 4 * u64::from(matrix.frames.max(2).ilog2()) };
                need.steps = (matrix.frames * matrix.width) as u64 * (8 + sorting);
            }
            Op::FrameParts { parts } => {
                let matrix = self.matrix.ok_or(PlanError::NoFrames)?;
                valid(parts > 0)?;
                need.outputs = matrix.width * usize::from(parts);
                need.steps = ((matrix.frames + usize::from(parts)) * matrix.width) as u64;
            }
            Op::Duration {} => {
                self.matrix.ok_or(PlanError::NoFrames)?;
                need.outputs = 1;
            }
        }
        Ok(need)
    }
}
