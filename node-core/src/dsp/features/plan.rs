//! A feature plan: a list of operations with all their parameters, as bytes that a model's file carries.
//!
//! The head (20 bytes, little-endian): version u8, channels u8, operations u16, window u32 and hop u32 in samples, rate f32
//! in hertz, outputs u32. Then the operations (see [`Op`]), which work on one current signal, one spectrum and one matrix
//! of frames, and append outputs.
//!
//! [`Plan::parse`] judges every field, so [`Plan::extract`] can only fail for what its caller hands it. Rooms and work are
//! bounded: a plan that wants more than [`MAX_ROOM`] floats or [`MAX_STEPS`] multiply-adds a window is refused.
//!
//! Work: [`Plan::steps`] multiply-adds a window, roughly.

#[cfg(test)]
mod tests;

use super::{
    fft::real_fft,
    frames::{self, Framing, Reference},
    frequency,
    layout::{Layout, Line, MAX_FACTOR, MAX_MEDIAN, MAX_PEAKS, Matrix, Need},
    op::Op,
    samples::Samples,
    time,
};
use crate::crc::crc32;
use crate::dsp::{
    biquad::{Cascade, Coefficients},
    decimate,
    median::Median,
    mfcc,
    spectrum::squared_magnitudes,
    window,
};
use core::{fmt, ops::Range};

pub const VERSION: u8 = 1;
pub const MAX_CHANNELS: usize = 255;
pub const MAX_WINDOW: usize = 1 << 20;
pub const MAX_OUTPUTS: usize = 4096;
/// Floats of scratch: 512 KB, more than any node here has.
pub const MAX_ROOM: usize = 1 << 17;
/// A window must not take a node for minutes: at one multiply-add a cycle and 240 MHz this is a second.
pub const MAX_STEPS: u64 = 240_000_000;

/// Why bytes are no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// Fewer bytes than the head, or than its operations need; or more.
    Length,
    /// Made by a later version: train again, or update the firmware.
    Version(u8),
    /// Channels, window, hop or rate out of range.
    Head,
    /// No operation has this code with such fields.
    Operation,
    /// A field is out of its range.
    Field,
    /// The operation needs a signal, a spectrum or frames, and no operation before it makes one.
    NoSignal,
    NoSpectrum,
    NoFrames,
    /// The head names another number of outputs than the operations give, or it is zero or over [`MAX_OUTPUTS`].
    Outputs,
    /// Over [`MAX_ROOM`] or [`MAX_STEPS`].
    TooMuch,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => {
                write!(f, "the feature plan is cut off, or something follows it: copy the file again")
            }
            Self::Version(version) => {
                write!(
                    f,
                    "the feature plan has version {version}, this program knows {VERSION}: train again or update"
                )
            }
            Self::Head => write!(f, "the feature plan's channels, window, hop or rate are out of range"),
            Self::Operation => write!(f, "the feature plan has an operation that this program does not know"),
            Self::Field => write!(f, "the feature plan has an operation whose parameters are out of range"),
            Self::NoSignal => write!(f, "the feature plan works on a signal before it has one"),
            Self::NoSpectrum => write!(f, "the feature plan works on a spectrum before it has one"),
            Self::NoFrames => write!(f, "the feature plan works on frames before it has some"),
            Self::Outputs => write!(f, "the feature plan does not give the number of features it says"),
            Self::TooMuch => write!(f, "the feature plan wants more memory or time than a node has"),
        }
    }
}

/// Why features could not be had from a window: the caller's mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtractError {
    /// The window has other channels or another length than the plan.
    Window,
    /// Less scratch than [`Plan::scratch`], or fewer outputs than [`Plan::outputs`].
    Room,
}

/// What a plan is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanHead {
    pub channels: usize,
    /// Samples of a window, and from one window to the next.
    pub window: usize,
    pub hop: usize,
    pub rate_hz: f32,
}

/// Length of a head.
const HEAD: usize = 20;

/// A plan that was found valid, in its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan<'a> {
    head: PlanHead,
    ops: &'a [u8],
    rooms: Need,
}

/// Writes a plan; returns its length. `None` if there is not room enough. What is written may still be refused by
/// [`Plan::parse`].
pub fn write(head: &PlanHead, ops: &[Op<'_>], room: &mut [u8]) -> Option<usize> {
    let mut layout = Layout::new(head.channels, Line { samples: head.window, rate_hz: head.rate_hz });
    // An invalid operation has no outputs; parsing will name it.
    let outputs: usize = ops.iter().map(|op| layout.after(op).map_or(0, |need| need.outputs)).sum();
    let mut used = HEAD;
    for op in ops {
        used += op.write(room.get_mut(used..)?)?;
    }
    if used > room.len() {
        return None;
    }
    let number = |n: usize| u32::try_from(n).ok().map(u32::to_le_bytes);
    let [count_low, count_high] = u16::try_from(ops.len()).ok()?.to_le_bytes();
    let first = [VERSION, u8::try_from(head.channels).ok()?, count_low, count_high];
    let words =
        [first, number(head.window)?, number(head.hop)?, head.rate_hz.to_le_bytes(), number(outputs)?];
    room.get_mut(..HEAD)?.copy_from_slice(words.as_flattened());
    Some(used)
}

impl<'a> Plan<'a> {
    /// All of `bytes` must be the plan.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PlanError> {
        let (words, ops) = bytes.split_at_checked(HEAD).ok_or(PlanError::Length)?;
        let (&[first, window, hop, rate, outputs], &[]) =
            (words.as_chunks::<4>().0, words.as_chunks::<4>().1)
        else {
            return Err(PlanError::Length);
        };
        let [version, channels, count_low, count_high] = first;
        if version != VERSION {
            return Err(PlanError::Version(version));
        }
        let number = |word: [u8; 4]| usize::try_from(u32::from_le_bytes(word)).map_err(|_| PlanError::Head);
        let (window, hop, rate_hz) = (number(window)?, number(hop)?, f32::from_le_bytes(rate));
        let channels = usize::from(channels);
        let sane = (1..=MAX_CHANNELS).contains(&channels)
            && (1..=MAX_WINDOW).contains(&window)
            && (1..=MAX_WINDOW).contains(&hop)
            && (1e-3..=1e6).contains(&rate_hz);
        if !sane {
            return Err(PlanError::Head);
        }
        let head = PlanHead { channels, window, hop, rate_hz };
        let mut layout = Layout::new(channels, Line { samples: window, rate_hz });
        let mut rooms = Need::default();
        let mut rest = ops;
        for _ in 0..u16::from_le_bytes([count_low, count_high]) {
            if rest.is_empty() {
                return Err(PlanError::Length);
            }
            let op = Op::next(&mut rest).ok_or(PlanError::Operation)?;
            let need = layout.after(&op)?;
            rooms.outputs += need.outputs;
            rooms.signal = rooms.signal.max(need.signal);
            rooms.spectrum = rooms.spectrum.max(need.spectrum);
            rooms.matrix = rooms.matrix.max(need.matrix);
            rooms.work = rooms.work.max(need.work);
            rooms.steps = rooms.steps.saturating_add(need.steps);
            let room = [rooms.spectrum, rooms.matrix, rooms.work]
                .into_iter()
                .fold(rooms.signal, usize::saturating_add);
            if room > MAX_ROOM || rooms.steps > MAX_STEPS {
                return Err(PlanError::TooMuch);
            }
            if rooms.outputs > MAX_OUTPUTS {
                return Err(PlanError::Outputs);
            }
        }
        if !rest.is_empty() {
            return Err(PlanError::Length);
        }
        if rooms.outputs == 0 || number(outputs) != Ok(rooms.outputs) {
            return Err(PlanError::Outputs);
        }
        Ok(Self { head, ops, rooms })
    }

    pub fn head(&self) -> PlanHead {
        self.head
    }

    /// Plans that make the same of a window have the same one.
    pub fn mark(&self) -> u32 {
        let PlanHead { channels, window, hop, rate_hz } = self.head;
        let head = [channels as u32, window as u32, hop as u32, rate_hz.to_bits()].map(u32::to_le_bytes);
        crc32(crc32(0, head.as_flattened()), self.ops)
    }

    /// Numbers that a window gives.
    pub fn outputs(&self) -> usize {
        self.rooms.outputs
    }

    /// Floats that [`Self::extract`] needs besides the window and the outputs.
    pub fn scratch(&self) -> usize {
        self.rooms.signal + self.rooms.spectrum + self.rooms.matrix + self.rooms.work
    }

    /// Roughly how many multiply-adds a window takes.
    pub fn steps(&self) -> u64 {
        self.rooms.steps
    }

    pub fn ops(&self) -> impl Iterator<Item = Op<'a>> + use<'a> {
        let mut rest = self.ops;
        core::iter::from_fn(move || Op::next(&mut rest))
    }

    /// How a plan that reads the window by frames alone can be had frame by frame ([`super::stream`]): its framing, the
    /// frames' hop, and how many frames a window and its hop are. Only for one channel.
    pub fn streaming(&self) -> Option<Streaming> {
        let mut ops = self.ops();
        let Some(Op::Frames { points, hop, bands, low_hz, high_hz, floor_db, columns, .. }) = ops.next()
        else {
            return None;
        };
        let reads = |op: Op<'_>| {
            use Op::{Change, Channel, Correlation, Frames, Horizontal, Length, Means, Vertical};
            matches!(
                op,
                Channel { .. }
                    | Length { .. }
                    | Vertical { .. }
                    | Horizontal { .. }
                    | Change { .. }
                    | Means { .. }
                    | Correlation { .. }
                    | Frames { .. }
            )
        };
        let hop = usize::from(hop);
        if self.head.channels != 1 || ops.any(reads) || !self.head.hop.is_multiple_of(hop) {
            return None;
        }
        let rate_hz = self.head.rate_hz;
        let framing = Framing {
            points: usize::from(points),
            bands: usize::from(bands),
            low_hz,
            high_hz,
            floor_db,
            columns,
            rate_hz,
        };
        let frames = self.rooms.matrix / framing.width();
        Some(Streaming { framing, hop, frames, frames_hop: self.head.hop / hop })
    }

    /// As [`Self::extract`], for a plan that is [`Self::streaming`]: from a window's rows, older ones first.
    pub fn extract_rows(
        &self,
        scratch: &mut [f32],
        rows: [&[f32]; 2],
        out: &mut [f32],
    ) -> Result<(), ExtractError> {
        let Some(streaming) = self.streaming() else { return Err(ExtractError::Window) };
        let [older, newer] = rows;
        if older.len() + newer.len() != self.rooms.matrix {
            return Err(ExtractError::Window);
        }
        let mut run = self.run(scratch, &Rows, out)?;
        let mut ops = self.ops();
        if let Some(frames) = ops.next() {
            // Parsing went through it: there is a matrix now.
            let _ = run.layout.after(&frames);
        }
        run.rows = 0..streaming.frames;
        let (front, back) = run.matrix.split_at_mut_checked(older.len()).ok_or(ExtractError::Room)?;
        front.copy_from_slice(older);
        back.copy_from_slice(newer);
        // A window's first frame has none before it, as when the window came whole.
        if let Some(flux) = streaming.framing.flux_column().and_then(|column| run.matrix.get_mut(column)) {
            *flux = 0.0;
        }
        run.finish(ops);
        Ok(())
    }

    /// The features of a window. All outputs are finite: what is not (from samples that are not) becomes 0.
    pub fn extract(
        &self,
        scratch: &mut [f32],
        window: &dyn Samples,
        out: &mut [f32],
    ) -> Result<(), ExtractError> {
        if window.channels() != self.head.channels || window.samples() != self.head.window {
            return Err(ExtractError::Window);
        }
        self.run(scratch, window, out)?.finish(self.ops());
        Ok(())
    }

    fn run<'r>(
        &self,
        scratch: &'r mut [f32],
        window: &'r dyn Samples,
        out: &'r mut [f32],
    ) -> Result<Run<'r>, ExtractError> {
        let Need { signal, spectrum, matrix, .. } = self.rooms;
        let out = out.get_mut(..self.rooms.outputs).ok_or(ExtractError::Room)?;
        let scratch = scratch.get_mut(..self.scratch()).ok_or(ExtractError::Room)?;
        let (signal, rest) = scratch.split_at_mut_checked(signal).ok_or(ExtractError::Room)?;
        let (spectrum, rest) = rest.split_at_mut_checked(spectrum).ok_or(ExtractError::Room)?;
        let (matrix, work) = rest.split_at_mut_checked(matrix).ok_or(ExtractError::Room)?;
        let line = Line { samples: self.head.window, rate_hz: self.head.rate_hz };
        let layout = Layout::new(self.head.channels, line);
        Ok(Run { layout, window, signal, spectrum, matrix, work, rows: 0..0, flux: 0.0, out, filled: 0 })
    }
}

/// See [`Plan::streaming`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Streaming {
    pub framing: Framing,
    /// Samples from frame to frame.
    pub hop: usize,
    /// Frames of a window, and from window to window.
    pub frames: usize,
    pub frames_hop: usize,
}

impl Streaming {
    /// Floats that [`super::FrameStream`] needs beside the latest samples.
    pub fn room(&self) -> usize {
        self.framing.room() + self.frames * self.framing.width()
    }
}

/// Stands where the window would be, when its frames are known already.
struct Rows;

impl Samples for Rows {
    fn channels(&self) -> usize {
        1
    }

    fn samples(&self) -> usize {
        0
    }

    fn read(&self, _: usize, _: usize, _: &mut [f32]) {}
}

/// A plan at work on a window.
struct Run<'r> {
    layout: Layout,
    window: &'r dyn Samples,
    signal: &'r mut [f32],
    spectrum: &'r mut [f32],
    matrix: &'r mut [f32],
    work: &'r mut [f32],
    /// The active frames.
    rows: Range<usize>,
    flux: f32,
    out: &'r mut [f32],
    filled: usize,
}

impl Run<'_> {
    fn finish<'a>(mut self, ops: impl Iterator<Item = Op<'a>>) {
        ops.for_each(|op| self.apply(&op));
        self.out.iter_mut().filter(|x| !x.is_finite()).for_each(|x| *x = 0.0);
    }

    fn put(&mut self, value: f32) {
        if let Some(out) = self.out.get_mut(self.filled) {
            *out = value;
        }
        self.filled += 1;
    }

    fn put_chosen(&mut self, values: &[f32], mask: u32) {
        for (bit, &value) in values.iter().enumerate() {
            if mask >> bit & 1 == 1 {
                self.put(value);
            }
        }
    }

    /// The active rows of the matrix.
    fn active(&self, matrix: Matrix) -> &[f32] {
        self.matrix.get(self.rows.start * matrix.width..self.rows.end * matrix.width).unwrap_or_default()
    }

    fn active_mut(&mut self, matrix: Matrix) -> &mut [f32] {
        self.matrix.get_mut(self.rows.start * matrix.width..self.rows.end * matrix.width).unwrap_or_default()
    }

    fn apply(&mut self, op: &Op<'_>) {
        let before = self.layout;
        // Parsing has been through this: it cannot fail any more.
        if self.layout.after(op).is_err() {
            return;
        }
        match *op {
            Op::Channel { .. }
            | Op::Length { .. }
            | Op::Vertical { .. }
            | Op::Horizontal { .. }
            | Op::Change { .. }
            | Op::Means { .. }
            | Op::Course { .. } => self.read(op),
            Op::Statistics { .. }
            | Op::Quantiles { .. }
            | Op::Values {}
            | Op::Parts { .. }
            | Op::Differences {}
            | Op::Periodicity { .. }
            | Op::Correlation { .. } => self.describe(op),
            Op::Spectrum { .. }
            | Op::Bands { .. }
            | Op::Shape { .. }
            | Op::Peaks { .. }
            | Op::Bins { .. } => {
                self.analyse(op);
            }
            Op::Frames { .. }
            | Op::Level { .. }
            | Op::Active { .. }
            | Op::Cepstrum { .. }
            | Op::FrameStatistics { .. }
            | Op::FrameParts { .. }
            | Op::Duration {} => self.frames(op, before),
            _ => self.transform(op, before),
        }
    }

    /// From the window, or the frames, to the signal.
    fn read(&mut self, op: &Op<'_>) {
        let samples = self.layout.signal.map_or(0, |line| line.samples);
        let rate_hz = self.layout.window.rate_hz;
        let Some(signal) = self.signal.get_mut(..samples) else { return };
        match *op {
            Op::Channel { channel } => self.window.read(usize::from(channel), 0, signal),
            Op::Length { first, count } | Op::Change { first, count } => {
                let Some(work) = self.work.get_mut(..samples) else { return };
                signal.iter_mut().for_each(|x| *x = 0.0);
                for channel in usize::from(first)..usize::from(first) + usize::from(count) {
                    self.window.read(channel, 0, work);
                    if matches!(op, Op::Length { .. }) {
                        signal.iter_mut().zip(&*work).for_each(|(sum, x)| *sum += x * x);
                    } else {
                        let steps = work.iter().zip(work.iter().skip(1)).map(|(a, b)| b - a);
                        signal.iter_mut().skip(1).zip(steps).for_each(|(sum, step)| *sum += step * step);
                    }
                }
                let scale = if matches!(op, Op::Length { .. }) { 1.0 } else { rate_hz };
                signal.iter_mut().for_each(|x| *x = libm::sqrtf(*x) * scale);
                // The first sample has none before it: as the second.
                if let (Op::Change { .. }, [first, second, ..]) = (op, signal) {
                    *first = *second;
                }
            }
            Op::Vertical { first } | Op::Horizontal { first } => {
                let mut axes = self.work.chunks_exact_mut(samples.max(1));
                let (Some(x), Some(y), Some(z)) = (axes.next(), axes.next(), axes.next()) else { return };
                let first = usize::from(first);
                self.window.read(first, 0, x);
                self.window.read(first + 1, 0, y);
                self.window.read(first + 2, 0, z);
                let mean = |axis: &[f32]| axis.iter().sum::<f32>();
                let [mx, my, mz] = [mean(x), mean(y), mean(z)];
                let length = libm::sqrtf(mx * mx + my * my + mz * mz);
                let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
                let [ux, uy, uz] = [mx * scale, my * scale, mz * scale];
                for (((out, x), y), z) in signal.iter_mut().zip(x).zip(y).zip(z) {
                    let up = *x * ux + *y * uy + *z * uz;
                    *out = if matches!(op, Op::Vertical { .. }) {
                        up
                    } else {
                        let [hx, hy, hz] = [*x - up * ux, *y - up * uy, *z - up * uz];
                        libm::sqrtf(hx * hx + hy * hy + hz * hz)
                    };
                }
            }
            Op::Means { first, .. } => {
                let Some(work) = self.work.get_mut(..self.layout.window.samples) else { return };
                let per_sample = 1.0 / work.len() as f32;
                for (channel, out) in (usize::from(first)..).zip(signal) {
                    self.window.read(channel, 0, work);
                    *out = work.iter().sum::<f32>() * per_sample;
                }
            }
            Op::Course { first, count } => {
                let Some(matrix) = self.layout.matrix else { return };
                let scale = 1.0 / f32::from(count);
                let (mut sum, active) = (0.0, self.rows.len().max(1) as f32);
                for (n, (out, row)) in signal.iter_mut().zip(self.matrix.chunks(matrix.width)).enumerate() {
                    let columns = row.iter().skip(usize::from(first)).take(usize::from(count));
                    *out = columns.sum::<f32>() * scale;
                    sum += if self.rows.contains(&n) { *out } else { 0.0 };
                }
                // What is around the active frames says nothing of them.
                let (mean, rows) = (sum / active, self.rows.clone());
                let around = signal.iter_mut().enumerate().filter(|(n, _)| !rows.contains(n));
                around.for_each(|(_, out)| *out = mean);
            }
            _ => {}
        }
    }

    /// From signal to signal.
    fn transform(&mut self, op: &Op<'_>, before: Layout) {
        let Some(Line { samples, rate_hz }) = before.signal else { return };
        let Some(signal) = self.signal.get_mut(..samples) else { return };
        let per_sample = 1.0 / samples as f32;
        match *op {
            Op::Centre {} => {
                let mean = signal.iter().sum::<f32>() * per_sample;
                signal.iter_mut().for_each(|x| *x -= mean);
            }
            Op::Standardise {} => {
                let mean = signal.iter().sum::<f32>() * per_sample;
                let variance = signal.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() * per_sample;
                let scale = if variance > 0.0 { 1.0 / libm::sqrtf(variance) } else { 0.0 };
                signal.iter_mut().for_each(|x| *x = (*x - mean) * scale);
            }
            Op::Slope {} => {
                for n in (1..samples).rev() {
                    if let [a, b] = signal[n - 1..=n] {
                        signal[n] = (b - a) * rate_hz;
                    }
                }
                if let [first, rest @ ..] = signal {
                    *first = rest.first().copied().unwrap_or_default();
                }
            }
            Op::Rectify {} => signal.iter_mut().for_each(|x| *x = x.abs()),
            Op::Filter { kind, hz, q } => {
                let section = match kind {
                    0 => Coefficients::low_pass(hz, q, rate_hz),
                    1 => Coefficients::high_pass(hz, q, rate_hz),
                    _ => Coefficients::band_pass(hz, q, rate_hz),
                };
                // Settled at the first sample: that is filtered as a constant, and only the rest goes through.
                let first = signal.first().copied().unwrap_or_default();
                let at_rest = if kind == 0 { first } else { 0.0 };
                signal.iter_mut().for_each(|x| *x -= first);
                Cascade::new([section]).process(signal);
                signal.iter_mut().for_each(|x| *x += at_rest);
            }
            Op::Median { width } => Median::<MAX_MEDIAN>::with_width(usize::from(width)).window(signal),
            Op::Decimate { factor } => {
                let factor = usize::from(factor).min(MAX_FACTOR);
                let Some((copy, rest)) = self.work.split_at_mut_checked(samples) else { return };
                let Some(taps) = rest.get_mut(..decimate::taps(factor)) else { return };
                decimate::low_pass(factor, taps);
                decimate::window(signal, factor, taps, copy);
            }
            Op::Average { factor } => {
                let factor = usize::from(factor).max(1);
                let scale = 1.0 / factor as f32;
                for n in 0..samples / factor {
                    let part = signal.get(n * factor..(n + 1) * factor).unwrap_or_default();
                    let mean = part.iter().sum::<f32>() * scale;
                    if let Some(out) = signal.get_mut(n) {
                        *out = mean;
                    }
                }
            }
            Op::Derivative { side } | Op::Smooth { side } => {
                let (side, side_f) = (isize::from(side), f32::from(side));
                let Some(copy) = self.work.get_mut(..samples) else { return };
                copy.copy_from_slice(signal);
                let last = copy.len().saturating_sub(1);
                // Sum of the squares -side..=side, and their count. Beyond the ends the end samples go on.
                let squares = side_f * (side_f + 1.0) * (2.0 * side_f + 1.0) * (1.0 / 3.0);
                let (per_slope, per_mean) = (rate_hz / squares, 1.0 / (2.0 * side_f + 1.0));
                let at = |n: isize| {
                    copy.get(usize::try_from(n).unwrap_or(0).min(last)).copied().unwrap_or_default()
                };
                for (n, out) in (0isize..).zip(signal.iter_mut()) {
                    *out = if matches!(op, Op::Derivative { .. }) {
                        let sum: f32 = (1..=side).map(|k| k as f32 * (at(n + k) - at(n - k))).sum();
                        sum * per_slope
                    } else {
                        (-side..=side).map(|k| at(n + k)).sum::<f32>() * per_mean
                    };
                }
            }
            Op::Logarithm { floor } => signal.iter_mut().for_each(|x| *x = libm::logf(x.max(floor))),
            Op::Power { scale, offset, exponent } => {
                signal.iter_mut().for_each(|x| *x = libm::powf((*x * scale + offset).max(0.0), exponent));
            }
            Op::Replace { from, to } => {
                signal.iter_mut().filter(|x| **x == from).for_each(|x| *x = to);
            }
            Op::Part { first, count } => {
                let first = usize::from(first);
                if first + usize::from(count) <= samples {
                    signal.copy_within(first..first + usize::from(count), 0);
                }
            }
            _ => {}
        }
    }

    /// Outputs of the signal.
    fn describe(&mut self, op: &Op<'_>) {
        let line = self.layout.signal.unwrap_or(Line { samples: 0, rate_hz: 1.0 });
        let samples = line.samples;
        match *op {
            Op::Statistics { mask } => {
                let statistics =
                    time::Statistics::of(self.signal.get(..samples).unwrap_or_default(), line.rate_hz);
                self.put_chosen(&statistics.values(), mask);
            }
            Op::Quantiles { percent } => {
                let (Some(signal), Some(sorted)) = (self.signal.get(..samples), self.work.get_mut(..samples))
                else {
                    return;
                };
                sorted.copy_from_slice(signal);
                sorted.sort_unstable_by(f32::total_cmp);
                for &percent in percent {
                    let sorted = self.work.get(..samples).unwrap_or_default();
                    self.put(time::quantile(sorted, f32::from(percent) * 0.01));
                }
            }
            Op::Values {} => {
                for n in 0..samples {
                    self.put(self.signal.get(n).copied().unwrap_or_default());
                }
            }
            Op::Differences {} => {
                let at = |run: &Self, n: usize| run.signal.get(n).copied().unwrap_or_default();
                for earlier in 0..samples {
                    for later in earlier + 1..samples {
                        let difference = at(self, earlier) - at(self, later);
                        self.put(difference);
                    }
                }
            }
            Op::Parts { parts } => {
                let parts = usize::from(parts);
                for n in 0..parts {
                    let part = self.signal.get(frames::part(samples, n, parts)).unwrap_or_default();
                    self.put(part.iter().sum::<f32>() / part.len().max(1) as f32);
                }
            }
            Op::Periodicity { low_hz, high_hz } => {
                let (Some(signal), Some(centred)) =
                    (self.signal.get(..samples), self.work.get_mut(..samples))
                else {
                    return;
                };
                let mean = signal.iter().sum::<f32>() / samples.max(1) as f32;
                centred.iter_mut().zip(signal).for_each(|(out, x)| *out = x - mean);
                let (lag, height) = time::periodicity(
                    centred,
                    (line.rate_hz / high_hz) as usize,
                    (line.rate_hz / low_hz) as usize,
                );
                self.put(if lag > 0.0 { line.rate_hz / lag } else { 0.0 });
                self.put(height);
            }
            Op::Correlation { a, b } => {
                let Some((x, y)) = self.work.split_at_mut_checked(self.layout.window.samples) else { return };
                let Some(y) = y.get_mut(..x.len()) else { return };
                self.window.read(usize::from(a), 0, x);
                self.window.read(usize::from(b), 0, y);
                let correlation = time::correlation(x, y);
                self.put(correlation);
            }
            _ => {}
        }
    }

    /// The spectrum and outputs of it.
    fn analyse(&mut self, op: &Op<'_>) {
        let Some(bins) = self.layout.spectrum else { return };
        let len = bins.len();
        match *op {
            Op::Spectrum { points, hop } => {
                let samples = self.layout.signal.map_or(0, |line| line.samples);
                let (points, hop) = (usize::from(points), usize::from(hop));
                let Some(signal) = self.signal.get(..samples) else { return };
                let Some((power, before)) = self.spectrum.split_at_mut_checked(len) else { return };
                self.flux = welch(signal, points, hop, power, before, self.work).unwrap_or_default();
            }
            Op::Bands { scale, edges_hz } => {
                let all: f32 = self.spectrum.get(1..len).unwrap_or_default().iter().sum();
                for (low, high) in edges_hz.iter().zip(edges_hz.iter().skip(1)) {
                    let power =
                        frequency::band(self.spectrum.get(..len).unwrap_or_default(), bins.bin_hz, low, high);
                    self.put(match scale {
                        0 => power,
                        1 => 10.0 * libm::log10f(power.max(1e-12)),
                        _ if all > 0.0 => power / all,
                        _ => 0.0,
                    });
                }
            }
            Op::Shape { mask, rolloff } => {
                let power = self.spectrum.get(..len).unwrap_or_default();
                let values = frequency::Shape::of(power, bins.bin_hz, rolloff).values();
                self.put_chosen(&values, u32::from(mask));
                if mask >> frequency::SHAPES & 1 == 1 {
                    self.put(self.flux);
                }
            }
            Op::Peaks { count } => {
                let mut peaks = [(0.0, 0.0); MAX_PEAKS];
                let Some(peaks) = peaks.get_mut(..usize::from(count)) else { return };
                let power = self.spectrum.get(..len).unwrap_or_default();
                frequency::peaks(power, peaks);
                let all: f32 = power.iter().skip(1).sum();
                let share = if all > 0.0 { 1.0 / all } else { 0.0 };
                for &mut (bin, power) in peaks {
                    self.put(bin * bins.bin_hz);
                    self.put(power * share);
                }
            }
            Op::Bins { first, count } => {
                for bin in usize::from(first)..usize::from(first) + usize::from(count) {
                    self.put(libm::sqrtf(self.spectrum.get(bin).copied().unwrap_or_default()));
                }
            }
            _ => {}
        }
    }

    /// Frames and outputs of them.
    fn frames(&mut self, op: &Op<'_>, before: Layout) {
        let Some(matrix) = self.layout.matrix else { return };
        match *op {
            Op::Frames { channel, points, hop, bands, low_hz, high_hz, floor_db, columns } => {
                let (points, bands, rate_hz) =
                    (usize::from(points), usize::from(bands), self.layout.window.rate_hz);
                let framing = Framing { points, bands, low_hz, high_hz, floor_db, columns, rate_hz };
                let Some(mut framer) = framing.framer(self.work) else { return };
                let rows = self.matrix.chunks_exact_mut(matrix.width).take(matrix.frames);
                for (n, row) in rows.enumerate() {
                    framer.row(self.window, usize::from(channel), n * usize::from(hop), row);
                }
                self.rows = 0..matrix.frames;
            }
            Op::Level { kind, range_db } => {
                let reference = match kind {
                    0 => Reference::BandMeans,
                    1 => Reference::Mean,
                    _ => Reference::Greatest,
                };
                frames::level(self.active_mut(matrix), matrix.width, matrix.bands, reference, range_db);
            }
            Op::Active { below_db } => {
                let active = frames::active(self.active(matrix), matrix.width, matrix.bands, below_db);
                self.rows = self.rows.start + active.start..self.rows.start + active.end;
            }
            Op::Cepstrum { coefficients } => {
                let Some(old) = before.matrix else { return };
                let (bands, coefficients) = (old.bands, usize::from(coefficients));
                let Some((table, work)) = self.work.split_at_mut_checked(mfcc::table_len(bands)) else {
                    return;
                };
                let Some(levels) = work.get_mut(..bands) else { return };
                mfcc::table(bands, table);
                // Rows get narrower and move forward: each is read before another is written over it.
                for row in 0..old.frames {
                    let (from, to) = (row * old.width, row * matrix.width);
                    levels.copy_from_slice(self.matrix.get(from..from + bands).unwrap_or_default());
                    self.matrix.copy_within(from + bands..from + old.width, to + coefficients);
                    let Some(out) = self.matrix.get_mut(to..to + coefficients) else { return };
                    mfcc::cepstrum(levels, table, out);
                }
            }
            Op::FrameStatistics { mask } => {
                let sort = mask >> 6 != 0;
                for column in 0..matrix.width {
                    let rows = self.rows.start * matrix.width..self.rows.end * matrix.width;
                    let active = self.matrix.get(rows).unwrap_or_default();
                    let values = frames::statistics(active, matrix.width, column, sort, self.work);
                    self.put_chosen(&values, u32::from(mask));
                }
            }
            Op::FrameParts { parts } => {
                let parts = usize::from(parts);
                for n in 0..parts {
                    let rows = frames::part(self.rows.len(), n, parts);
                    let scale = 1.0 / rows.len().max(1) as f32;
                    for column in 0..matrix.width {
                        let active =
                            self.active(matrix).get(rows.start * matrix.width..rows.end * matrix.width);
                        let values = active.unwrap_or_default().iter().skip(column).step_by(matrix.width);
                        let mean = values.sum::<f32>() * scale;
                        self.put(mean);
                    }
                }
            }
            Op::Duration {} => self.put(self.rows.len() as f32 / matrix.rate_hz),
            _ => {}
        }
    }
}

/// Mean power spectrum of all whole blocks of a signal (of one, filled up with zeros, if it is shorter), a full-scale sine
/// being 1. Returns the mean flux from block to block. `None` if there is not room enough.
fn welch(
    signal: &[f32],
    points: usize,
    hop: usize,
    power: &mut [f32],
    before: &mut [f32],
    work: &mut [f32],
) -> Option<f32> {
    let (hann, work) = work.split_at_mut_checked(points)?;
    let (block, work) = work.split_at_mut_checked(points)?;
    let here = work.get_mut(..power.len())?;
    let length = points.min(signal.len());
    let hann = hann.get_mut(..length)?;
    window::hann(hann);
    let scale = 4.0 / length.max(1) as f32;
    hann.iter_mut().for_each(|c| *c *= scale);
    power.iter_mut().for_each(|p| *p = 0.0);
    let (mut blocks, mut flux) = (0u32, 0.0);
    let mut from = 0;
    while let Some(samples) = signal.get(from..from + length).filter(|samples| !samples.is_empty()) {
        block.iter_mut().for_each(|x| *x = 0.0);
        for ((out, x), c) in block.iter_mut().zip(samples).zip(&*hann) {
            *out = x * c;
        }
        squared_magnitudes(real_fft(block)?, here);
        if blocks > 0 {
            flux += frequency::flux(before, here);
        }
        before.copy_from_slice(here);
        power.iter_mut().zip(&*here).for_each(|(sum, p)| *sum += p);
        blocks += 1;
        from += hop.max(1);
    }
    let per_block = 1.0 / blocks.max(1) as f32;
    power.iter_mut().for_each(|p| *p *= per_block);
    Some(flux / blocks.saturating_sub(1).max(1) as f32)
}
