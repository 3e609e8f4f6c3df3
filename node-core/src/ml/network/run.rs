//! The loops: each output is one sum over a patch, then one rounding.

use super::layer::{Layer, Operation, Patch, Shape, little};

/// Channels that are done together where each is by itself.
const BLOCK: usize = 16;

/// One layer at work.
pub(super) struct Run<'l, 'a> {
    pub layer: &'l Layer<'a>,
    pub input: Shape,
    pub output: Shape,
    /// What stands for 0 in the input.
    pub zero: i8,
}

/// The nearest whole number, held to 8 bits.
pub(super) fn nearest(x: f32) -> i8 {
    // Adding this leaves no room for a fraction: the hardware rounds, halves to the even number.
    const WHOLE: f32 = 12_582_912.0;
    // NaN stays NaN, and becomes 0 as a whole number.
    (x.clamp(-128.0, 127.0) + WHOLE - WHOLE) as i8
}

impl Run<'_, '_> {
    /// Fills `to` with all outputs.
    pub fn layer(&self, from: &[i8], to: &mut [i8], patch: &mut [i8]) {
        match self.layer.operation {
            Operation::Convolution => self.convolution(from, to, patch),
            Operation::Depthwise => self.depthwise(from, to),
            Operation::Greatest => self.greatest(from, to),
            Operation::Mean => self.mean(from, to),
        }
    }

    /// The last layer: sums as numbers.
    pub fn answer(&self, from: &[i8], said: &mut [f32]) {
        let rows = self.layer.weights.chunks_exact(from.len().max(1));
        let scales = self.layer.biases.iter().zip(self.layer.factors);
        for ((said, (bias, scale)), weights) in said.iter_mut().zip(scales).zip(rows) {
            let sum = little(bias) as i32 + dot(weights, from);
            *said = sum as f32 * f32::from_bits(little(scale));
        }
    }

    /// `sum` in the output's scale.
    fn rounded(&self, sum: i32, factor: u32) -> i8 {
        let multiplier = i64::from((factor & !0xff) >> 1);
        let shift = factor & 31;
        let high = ((i64::from(sum) * multiplier) >> 32) as i32;
        // A shift is 1 or more: opening it saw to that.
        let nearest = (high + ((1 << shift) >> 1)) >> shift;
        self.held(nearest + i32::from(self.layer.zero))
    }

    fn held(&self, x: i32) -> i8 {
        x.clamp(self.layer.low.into(), self.layer.high.into()) as i8
    }

    /// Where the patch of an output begins, down and across: before the input if that is negative.
    fn corner(&self, row: usize, column: usize) -> (isize, isize) {
        let Patch { stride: [down, across], beyond: [top, left, ..], .. } = self.layer.patch;
        let place =
            |at: usize, stride: u8, before: u8| (at * usize::from(stride)) as isize - isize::from(before);
        (place(row, down, top), place(column, across, left))
    }

    fn convolution(&self, from: &[i8], to: &mut [i8], room: &mut [i8]) {
        let (outputs, channels) = (usize::from(self.output.channels), usize::from(self.input.channels));
        let width = usize::from(self.input.width);
        let terms = self.layer.terms(self.input);
        let in_one_piece = self.layer.in_one_piece(self.input);
        let mut places = to.chunks_exact_mut(outputs.max(1));
        for row in 0..usize::from(self.output.height) {
            for column in 0..usize::from(self.output.width) {
                let Some(to) = places.next() else { return };
                let (top, left) = self.corner(row, column);
                let patch = if in_one_piece {
                    // No edge: neither is negative.
                    let begin = (top as usize * width + left as usize) * channels;
                    from.get(begin..begin + terms)
                } else {
                    self.copy(from, top, left, room);
                    room.get(..terms)
                };
                self.sums(patch.unwrap_or_default(), to);
            }
        }
    }

    /// The patch at a corner, its rows one after the other.
    fn copy(&self, from: &[i8], top: isize, left: isize, room: &mut [i8]) {
        let (channels, width) = (usize::from(self.input.channels), usize::from(self.input.width));
        let row_length = usize::from(self.layer.patch.width) * channels;
        // The same for each row: places before the input, and those within it.
        let before = (left.min(0).unsigned_abs() * channels).min(row_length);
        let first = left.max(0).unsigned_abs();
        let within = ((width - first.min(width)) * channels).min(row_length - before);
        for (row, room) in
            (top..).zip(room.chunks_exact_mut(row_length.max(1))).take(self.layer.patch.height.into())
        {
            let begin = usize::try_from(row).ok().filter(|row| *row < usize::from(self.input.height));
            let begin = begin.map(|row| (row * width + first) * channels);
            let Some(inside) = begin.and_then(|begin| from.get(begin..begin + within)) else {
                room.fill(self.zero);
                continue;
            };
            let (head, rest) = room.split_at_mut(before);
            let (middle, tail) = rest.split_at_mut(within);
            head.fill(self.zero);
            middle.copy_from_slice(inside);
            tail.fill(self.zero);
        }
    }

    /// All outputs of one patch.
    fn sums(&self, patch: &[i8], to: &mut [i8]) {
        let rows = self.layer.weights.chunks_exact(patch.len().max(1));
        let numbers = self.layer.biases.iter().zip(self.layer.factors);
        for ((to, (bias, factor)), weights) in to.iter_mut().zip(numbers).zip(rows) {
            *to = self.rounded(little(bias) as i32 + dot(weights, patch), little(factor));
        }
    }

    /// Calls `each` for every place of the patch at a corner: its number, and where in the input its channels begin if it is
    /// not beyond an edge.
    fn places(&self, top: isize, left: isize, mut each: impl FnMut(usize, Option<usize>)) {
        let Shape { height, width, channels } = self.input;
        let inside = |at: isize, length: u16| usize::try_from(at).ok().filter(|at| *at < usize::from(length));
        let mut place = 0;
        for row in (top..).take(self.layer.patch.height.into()) {
            for column in (left..).take(self.layer.patch.width.into()) {
                let at = inside(row, height).zip(inside(column, width));
                each(
                    place,
                    at.map(|(row, column)| (row * usize::from(width) + column) * usize::from(channels)),
                );
                place += 1;
            }
        }
    }

    /// Calls `each` for every block of channels of every output: its corner, its first channel, and its place in `to`.
    fn blocks(&self, to: &mut [i8], mut each: impl FnMut((isize, isize), usize, &mut [i8])) {
        let mut places = to.chunks_exact_mut(usize::from(self.output.channels).max(1));
        for row in 0..usize::from(self.output.height) {
            for column in 0..usize::from(self.output.width) {
                let Some(to) = places.next() else { return };
                let corner = self.corner(row, column);
                for (first, to) in (0..).step_by(BLOCK).zip(to.chunks_mut(BLOCK)) {
                    each(corner, first, to);
                }
            }
        }
    }

    fn depthwise(&self, from: &[i8], to: &mut [i8]) {
        let Layer { weights, biases, factors, .. } = self.layer;
        let channels = usize::from(self.input.channels);
        self.blocks(to, |(top, left), first, to| {
            let mut sums = [0i32; BLOCK];
            self.places(top, left, |place, at| {
                let weights = weights.get(place * channels + first..).unwrap_or_default();
                match at {
                    Some(at) => {
                        let from = from.get(at + first..).unwrap_or_default();
                        for ((sum, weight), x) in sums.iter_mut().zip(weights).zip(from).take(to.len()) {
                            *sum += i32::from(*weight) * i32::from(*x);
                        }
                    }
                    None => {
                        for (sum, weight) in sums.iter_mut().zip(weights).take(to.len()) {
                            *sum += i32::from(*weight) * i32::from(self.zero);
                        }
                    }
                }
            });
            let numbers = biases.iter().zip(*factors).skip(first);
            for ((to, sum), (bias, factor)) in to.iter_mut().zip(sums).zip(numbers) {
                *to = self.rounded(little(bias) as i32 + sum, little(factor));
            }
        });
    }

    fn greatest(&self, from: &[i8], to: &mut [i8]) {
        self.blocks(to, |(top, left), first, to| {
            to.fill(i8::MIN);
            self.places(top, left, |_, at| {
                let from = at.and_then(|at| from.get(at + first..)).unwrap_or_default();
                to.iter_mut().zip(from).for_each(|(most, x)| *most = (*most).max(*x));
            });
            to.iter_mut().for_each(|x| *x = self.held((*x).into()));
        });
    }

    fn mean(&self, from: &[i8], to: &mut [i8]) {
        // At most 65535 numbers of 8 bits: their sum has 24 bits, and its product with this 55.
        let count = self.layer.patch.places().max(1) as u64;
        let per_place = (((1 << 31) + count / 2) / count) as i64;
        self.blocks(to, |(top, left), first, to| {
            let mut sums = [0i32; BLOCK];
            self.places(top, left, |_, at| {
                let from = at.and_then(|at| from.get(at + first..)).unwrap_or_default();
                sums.iter_mut().zip(from).take(to.len()).for_each(|(sum, x)| *sum += i32::from(*x));
            });
            for (to, sum) in to.iter_mut().zip(sums) {
                *to = self.held(((i64::from(sum) * per_place + (1 << 30)) >> 31) as i32);
            }
        });
    }
}

/// Products of 8 bits have 15, so that two of them can be added where vectors are of 16. (Four rows of weights at once, each
/// number loaded once for all, took half as long again on x86-64: this loop is the one that compilers know.)
fn dot(weights: &[i8], numbers: &[i8]) -> i32 {
    weights.iter().zip(numbers).map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b))).sum()
}
