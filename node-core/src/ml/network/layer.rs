//! One layer: what it does, over which part of what comes in, and its weights where they lie.

use super::{MAX_NUMBERS, Work};
use crate::ml::MAX_CLASSES;
use crate::ml::ntm::{Fields, NtmError, check, check_number};

/// Numbers between two layers: channels innermost, then across, then down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    pub height: u16,
    pub width: u16,
    pub channels: u16,
}

impl Shape {
    pub fn places(self) -> usize {
        usize::from(self.height) * usize::from(self.width)
    }

    /// More than there is room for anywhere counts as [`usize::MAX`].
    pub fn size(self) -> usize {
        self.places().saturating_mul(self.channels.into())
    }

    pub(super) fn read(fields: &mut Fields) -> Result<Self, NtmError> {
        let at = fields.at();
        let height = fields.u16("the height of the inputs")?;
        let width = fields.u16("the width of the inputs")?;
        let channels = fields.u16("the channels of the inputs")?;
        let shape = Self { height, width, channels };
        check(
            (1..=MAX_NUMBERS).contains(&shape.size()),
            at,
            "the inputs' size",
            shape.size(),
            "1 to 131072",
        )?;
        Ok(shape)
    }
}

/// What a layer does at each place. The discriminants are the format's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Operation {
    /// A weighted sum of all channels of a patch for each output.
    Convolution = 0,
    /// A weighted sum over the patch, each channel by itself.
    Depthwise = 1,
    /// The greatest of a patch, each channel by itself.
    Greatest = 2,
    /// The mean of a patch, each channel by itself.
    Mean = 3,
}

/// The part of what comes in that one output looks at, and how it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Patch {
    pub height: u16,
    pub width: u16,
    /// Down and across.
    pub stride: [u8; 2],
    /// Places beyond the edges, where everything is zero: top, left, bottom, right. Each less than the patch is high or
    /// wide, so that a patch never lies outside as a whole.
    pub beyond: [u8; 4],
}

impl Patch {
    /// All that comes in.
    pub fn whole(shape: Shape) -> Self {
        Self { height: shape.height, width: shape.width, stride: [1, 1], beyond: [0; 4] }
    }

    pub(super) fn places(&self) -> usize {
        usize::from(self.height) * usize::from(self.width)
    }

    /// How often it fits down and across; `None` if never, or if it may lie outside as a whole.
    fn fits(&self, shape: Shape) -> Option<(u16, u16)> {
        let [top, left, bottom, right] = self.beyond.map(u32::from);
        let times = |length: u16, patch: u16, stride: u8, before: u32, behind: u32| {
            let patch = u32::from(patch);
            let room = (u32::from(length) + before + behind).checked_sub(patch)?;
            let inside = patch > before.max(behind);
            u16::try_from(room.checked_div(stride.into())? + 1).ok().filter(|_| inside)
        };
        let [down, across] = self.stride;
        let height = times(shape.height, self.height, down, top, bottom)?;
        Some((height, times(shape.width, self.width, across, left, right)?))
    }
}

/// A layer where it lies; also what a writer takes. Words are little-endian, as in the file.
///
/// In the file: operation (u8), zero, low and high (i8 each), height and width of the patch (u16 each), its stride down and
/// across (u8 each), places beyond the edges: top, left, bottom, right (u8 each), outputs (u16). For a weighted sum then
/// a bias for each output (i32), a factor for each output (u32, see [`factor`]; of the last layer the f32 that makes sums
/// into values), the weights (i8), and zeros to the next multiple of 4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer<'a> {
    pub operation: Operation,
    /// The number that stands for 0 in what it gives.
    pub zero: i8,
    /// What it gives is held to these; `low` at zero is a ReLU. Of no meaning in the last layer.
    pub low: i8,
    pub high: i8,
    pub patch: Patch,
    /// Channels that it gives: of anything but a convolution as many as it takes.
    pub outputs: u16,
    pub biases: &'a [u32],
    pub factors: &'a [u32],
    /// Of a convolution: each output's, in the order of what comes in. Of a depthwise one: each place's, channels innermost.
    pub weights: &'a [i8],
}

/// Terms of a sum and its bias that together stay below 2^31: 65535 products of at most 2^14.
const MAX_TERMS: usize = 65535;
const MAX_BIAS: i32 = 1 << 30;

impl<'a> Layer<'a> {
    /// `shape`: of what comes in.
    pub(super) fn read(fields: &mut Fields<'a>, shape: Shape) -> Result<Self, NtmError> {
        let at = fields.at();
        let operation = match fields.u8("a layer's operation")? {
            0 => Operation::Convolution,
            1 => Operation::Depthwise,
            2 => Operation::Greatest,
            number => {
                check(number == 3, at, "a layer's operation", number, "0 to 3")?;
                Operation::Mean
            }
        };
        let zero = fields.i8("a layer's zero")?;
        let low = fields.i8("a layer's low end")?;
        let high = fields.i8("a layer's high end")?;
        let (height, width) = (fields.u16("a patch's height")?, fields.u16("a patch's width")?);
        let stride = [fields.u8("a stride down")?, fields.u8("a stride across")?];
        let mut beyond = [0; 4];
        for places in &mut beyond {
            *places = fields.u8("places beyond an edge")?;
        }
        let patch = Patch { height, width, stride, beyond };
        let outputs = fields.u16("a layer's outputs")?;
        let mut layer =
            Self { operation, zero, low, high, patch, outputs, biases: &[], factors: &[], weights: &[] };
        if layer.is_weighted() {
            layer.biases = fields.words(outputs.into(), "a layer's biases")?;
            layer.factors = fields.words(outputs.into(), "a layer's factors")?;
            let count = layer.terms(shape).saturating_mul(layer.sets());
            layer.weights = bytemuck::cast_slice(fields.take(count, "a layer's weights")?);
            let at = fields.at();
            let padding = fields.take(count.wrapping_neg() % 4, "the zeros after a layer's weights")?;
            check(padding.iter().all(|byte| *byte == 0), at, "a byte after a layer's weights", 1, "0")?;
        }
        Ok(layer)
    }

    pub(super) fn is_weighted(&self) -> bool {
        matches!(self.operation, Operation::Convolution | Operation::Depthwise)
    }

    /// Weights of one sum.
    pub(super) fn terms(&self, shape: Shape) -> usize {
        let channels = if self.operation == Operation::Convolution { shape.channels.into() } else { 1 };
        self.patch.places().saturating_mul(channels)
    }

    /// Sums with weights of their own.
    fn sets(&self) -> usize {
        self.outputs.into()
    }

    /// The shape that it makes of a shape; `None` if its patch does not fit.
    pub fn output(&self, shape: Shape) -> Option<Shape> {
        let (height, width) = self.patch.fits(shape)?;
        Some(Shape { height, width, channels: self.outputs })
    }

    /// Whether its patch is all that comes in: a dense layer, or a global pooling.
    pub fn is_whole(&self, shape: Shape) -> bool {
        (self.patch.height, self.patch.width) == (shape.height, shape.width) && self.patch.beyond == [0; 4]
    }

    /// Whether each patch lies in one piece: it is as wide as what comes in, and nothing of it is beyond.
    pub(super) fn in_one_piece(&self, shape: Shape) -> bool {
        self.patch.width == shape.width && self.patch.beyond == [0; 4] || self.is_point()
    }

    fn is_point(&self) -> bool {
        self.patch.places() == 1
    }

    /// Room for a patch that has to be copied.
    pub(super) fn copied(&self, shape: Shape) -> usize {
        let copies = self.operation == Operation::Convolution && !self.in_one_piece(shape);
        if copies { self.terms(shape) } else { 0 }
    }

    /// Looks at all fields of a layer that lies at `at`, takes `shape` with `zero`, and may be the last.
    pub(super) fn check(&self, at: usize, shape: Shape, zero: i8, last: bool) -> Result<Shape, NtmError> {
        let output = self.output(shape);
        let places = self.patch.places();
        check(output.is_some(), at + 4, "a patch's places", places, "what fits into the layer's input")?;
        let output = output.unwrap_or(shape);
        let size = output.size();
        check((1..=MAX_NUMBERS).contains(&size), at + 14, "the numbers a layer gives", size, "1 to 131072")?;
        check(self.low <= self.high, at + 2, "a layer's low end", self.low, "up to its high end")?;
        let field = "the channels a layer gives";
        let same = self.operation == Operation::Convolution || self.outputs == shape.channels;
        check(same, at + 14, field, self.outputs, "as many as it takes, unless it is a convolution")?;
        if last {
            let dense = self.operation == Operation::Convolution && self.is_whole(shape);
            check(
                dense,
                at,
                "the last layer's operation",
                self.operation as u8,
                "0, over all that comes in",
            )?;
            check(size <= MAX_CLASSES, at + 14, "the last layer's outputs", size, "1 to 26")?;
        }
        if !self.is_weighted() {
            check(self.zero == zero, at + 1, "a pooling's zero", self.zero, "that of what comes in")?;
            let edges = self.operation == Operation::Greatest || self.patch.beyond == [0; 4];
            check(edges, at + 10, "a mean's places beyond the edges", 1, "0")?;
        }
        let terms = self.terms(shape);
        check(terms <= MAX_TERMS, at + 4, "the terms of a sum", terms, "1 to 65535")?;
        let begin = at + 16;
        for (at, bias) in (begin..).step_by(4).zip(self.biases) {
            let bias = little(bias) as i32;
            let right = (-MAX_BIAS..=MAX_BIAS).contains(&bias);
            check(right, at, "a layer's bias", bias, "-2^30 to 2^30")?;
        }
        for (at, factor) in (begin + 4 * self.biases.len()..).step_by(4).zip(self.factors) {
            let factor = little(factor);
            if last {
                let scale = f32::from_bits(factor);
                let right = scale.abs() < 1e9;
                check_number(right, at, "a scale of the last layer", scale, "numbers less than 1e9")?;
            } else {
                let right = factor >> 31 == 1 && (1..=31).contains(&(factor & 0xff));
                check(
                    right,
                    at,
                    "a factor",
                    factor,
                    "24 bits, the first of them set, and a shift of 1 to 31",
                )?;
            }
        }
        Ok(output)
    }

    /// Adds what a question costs in this layer.
    pub(super) fn tell(&self, shape: Shape, output: Shape, work: &mut Work) {
        let terms = self.patch.places() as u64 * output.size() as u64;
        match self.operation {
            Operation::Convolution => {
                let terms = terms * u64::from(shape.channels);
                *(if self.is_whole(shape) { &mut work.dense } else { &mut work.convolution }) += terms;
                work.across += output.size() as u64;
                work.copied += self.copied(shape) as u64 * output.places() as u64;
                if self.copied(shape) > 0 {
                    work.rows += u64::from(self.patch.height) * output.places() as u64;
                }
            }
            Operation::Depthwise => work.depthwise += terms,
            Operation::Greatest | Operation::Mean => work.pooled += terms,
        }
        work.outputs += output.size() as u64;
        if self.is_weighted() {
            work.sums += output.size() as u64;
        }
    }
}

/// A word of the file.
pub(super) fn little(word: &u32) -> u32 {
    u32::from_le(*word)
}

/// The factor nearest to a quotient of scales: the upper 24 bits are a number from 2^23 to 2^24, the lower 8 a shift s of 1
/// to 31, together number / 2^(25 + s). `None` unless the quotient lies between 2^-33 and 1/4.
pub fn factor(quotient: f64) -> Option<u32> {
    if !(quotient > 0.0 && quotient < 0.25) {
        return None;
    }
    // 0.5 to 1, times 2 to a power of -2 or less.
    let (part, power) = libm::frexp(quotient);
    let number = libm::rint(part * 16_777_216.0) as u32;
    let (number, power) = if number == 1 << 24 { (1 << 23, power + 1) } else { (number, power) };
    // number / 2^24 * 2^power = number / 2^(25 + s)
    let shift = u32::try_from(-1 - power).ok().filter(|shift| (1..=31).contains(shift))?;
    Some(number << 8 | shift)
}
