//! Small neural networks in whole numbers: multilayer perceptrons, and convolutions over time (1D) or over time and
//! frequency (2D), with weights and activations of 8 bits and sums of 32.
//!
//! What goes from layer to layer has a height, a width and channels, channels innermost; of a signal over time the height is
//! time and the width 1. There are four operations ([`Operation`]), because the rest are cases of them: a dense layer is a
//! convolution whose patch is all that comes in, a global pooling is a pooling of that kind, a ReLU is the `low` end that a
//! layer's outputs are held to. The last layer is dense; its sums leave as f32: values, or shares by softmax.
//!
//! A number x stands for `scale * (x - zero)`, as in TensorFlow Lite. Scales are not in the file: a layer's biases have
//! taken its input's zero in, and the quotient of scales for each output is a factor of 24 bits and a shift ([`factor`]).
//!
//! # Rounding
//! - inputs: `x * factor + offset` in f32, held to -128..=127, to the nearest whole number, halves to the even one; NaN is 0
//! - sums: `floor((sum * m + 2^(s + 31)) / 2^(s + 32))` with a multiplier m of 31 bits and a shift s of 1 to 31: to the
//!   nearest, halves upwards; then the output's zero is added, and the result is held to `low..=high`
//! - means: likewise, of the sum times 2^31 / (numbers in the patch), itself rounded
//!
//! Nothing in between is a float, so the sums are the same bits everywhere.
//!
//! In the file (a [`Section::Model`](super::ntm::Section::Model) after its kind): answer (u8, 0: values, 1: shares), order
//! of the inputs (u8, 0: channels innermost, 1: channel after channel), scaling (u8, 0: one for all, 1: one a channel, 2: one
//! a number), layers (u8), height, width and channels of the inputs (u16 each), the inputs' zero (i8), 0 (u8), the scaling's
//! factors and then its offsets (f32 each), and the layers ([`Layer`] says how).
//!
//! Work ([`Network::work`]): a multiply-add for each weight and place that it is used at, one rounding for each output,
//! one addition or comparison for each number under a pooling patch, a multiply-add and a rounding for each input, and for
//! shares an exponential for each class and one division. A patch that does not lie in one piece is copied once for all
//! its outputs.

mod layer;
mod run;
#[cfg(test)]
mod tests;
mod write;

pub use layer::{Layer, Operation, Patch, Shape, factor};
pub use write::Head;

use super::MAX_CLASSES;
use super::linear::Answer;
use super::ntm::{Fields, NtmError, check, check_number};
use crate::meter::{self, Kernel};
use layer::little;

/// Most layers of a network.
pub const MAX_LAYERS: usize = 64;
/// Most numbers that go from one layer to the next.
pub const MAX_NUMBERS: usize = 1 << 17;
/// Most multiply-adds of a question: a node must not be busy for minutes.
pub const MAX_STEPS: u64 = 240_000_000;

/// In which order the numbers of a question come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// All channels of a place, then the next place.
    ChannelsLast,
    /// A whole channel, then the next: signals one after the other.
    ChannelsFirst,
}

/// What the inputs' factors and offsets belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scaling {
    All,
    Channel,
    Number,
}

impl Scaling {
    /// Factors that inputs of a shape have.
    pub fn count(self, shape: Shape) -> usize {
        match self {
            Self::All => 1,
            Self::Channel => shape.channels.into(),
            Self::Number => shape.size(),
        }
    }
}

/// A network where it lies.
#[derive(Clone, Debug)]
pub struct Network<'a> {
    answer: Answer,
    order: Order,
    scaling: Scaling,
    input: Shape,
    zero: i8,
    factors: &'a [u32],
    offsets: &'a [u32],
    count: u8,
    // Validated when the file was opened.
    layers: Fields<'a>,
    outputs: u8,
    work: Work,
    /// Most numbers that a layer has before and behind it, and the longest patch that is copied.
    activations: usize,
    patch: usize,
}

/// What one question takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Numbers that come in.
    pub inputs: u64,
    /// Multiply-adds of whole numbers.
    pub dense: u64,
    pub convolution: u64,
    pub depthwise: u64,
    /// Numbers under pooling patches.
    pub pooled: u64,
    /// Numbers copied into patches, and the rows that they are copied by.
    pub copied: u64,
    pub rows: u64,
    /// Numbers that leave a layer; those of them that are weighted sums, each rounded once; and those that are sums over all
    /// channels.
    pub outputs: u64,
    pub sums: u64,
    pub across: u64,
    /// Exponentials of the softmax.
    pub exponentials: u64,
}

impl Work {
    pub fn multiply_adds(&self) -> u64 {
        self.dense + self.convolution + self.depthwise
    }

    /// As kernels of a cost table.
    pub fn tell(&self, work: &mut meter::Work) {
        let Self { dense, convolution, depthwise, pooled, .. } = *self;
        let of = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        work.add(Kernel::Quantise, of(self.inputs));
        work.add_calls(Kernel::ByteSum, of(self.sums), of(dense + convolution));
        work.add_calls(Kernel::ByteChannel, of(self.outputs - self.across), of(depthwise + pooled));
        work.add_calls(Kernel::Copy, of(self.rows), of(self.copied));
        if self.exponentials > 0 {
            work.add(Kernel::Exponential, of(self.exponentials));
        }
    }

    fn steps(&self) -> u64 {
        self.multiply_adds().saturating_add(self.pooled).saturating_add(self.copied)
    }
}

impl<'a> Network<'a> {
    /// A network in the bytes of a section of its own, as [`Writer::network`](super::ntm::Writer::network) writes it, behind
    /// the kind: for trainers, which ask a network before there is a file.
    pub fn parse(bytes: &'a [u8], classes: usize) -> Result<Self, NtmError> {
        Self::open(Fields::new(bytes, 0), classes)
    }

    pub(super) fn open(mut fields: Fields<'a>, classes: usize) -> Result<Self, NtmError> {
        let at = fields.at();
        let answer = fields.u8("the answer of a network")?;
        check(answer < 2, at, "the answer of a network", answer, "0 (values) and 1 (shares)")?;
        let at = fields.at();
        let order = fields.u8("the order of the inputs")?;
        check(order < 2, at, "the order of the inputs", order, "0 (channels last) and 1 (channels first)")?;
        let at = fields.at();
        let scaling = match fields.u8("the scaling of the inputs")? {
            0 => Scaling::All,
            1 => Scaling::Channel,
            number => {
                check(number == 2, at, "the scaling of the inputs", number, "0 to 2")?;
                Scaling::Number
            }
        };
        let at = fields.at();
        let count = fields.u8("the number of layers")?;
        check((1..=MAX_LAYERS).contains(&count.into()), at, "the number of layers", count, "1 to 64")?;
        let input = Shape::read(&mut fields)?;
        let zero = fields.i8("the inputs' zero")?;
        let at = fields.at();
        let reserved = fields.u8("a network's reserved field")?;
        check(reserved == 0, at, "a network's reserved field", reserved, "0")?;
        let mut numbers = fields.clone();
        let factors = fields.words(scaling.count(input), "the factors of the inputs")?;
        let offsets = fields.words(scaling.count(input), "the offsets of the inputs")?;
        for _ in 0..2 * factors.len() {
            let at = numbers.at();
            let number = numbers.f32("a factor or offset of the inputs")?;
            check_number(
                number.abs() < 1e18,
                at,
                "a factor or offset of the inputs",
                number,
                "less than 1e18",
            )?;
        }

        let begin = fields.at();
        let mut network = Self {
            answer: if answer == 0 { Answer::Values } else { Answer::Shares },
            order: if order == 0 { Order::ChannelsLast } else { Order::ChannelsFirst },
            scaling,
            input,
            zero,
            factors,
            offsets,
            count,
            layers: fields.clone(),
            outputs: 0,
            work: Work { inputs: input.size() as u64, ..Work::default() },
            activations: 0,
            patch: 0,
        };
        let (mut shape, mut zero) = (input, zero);
        for index in 1..=count {
            let at = fields.at();
            let layer = Layer::read(&mut fields, shape)?;
            let output = layer.check(at, shape, zero, index == count)?;
            layer.tell(shape, output, &mut network.work);
            network.activations = network.activations.max(shape.size() + output.size());
            network.patch = network.patch.max(layer.copied(shape));
            (shape, zero) = (output, layer.zero);
        }
        fields.end("the network")?;
        let field = "the network's outputs";
        check(
            shape.size() == classes && classes <= MAX_CLASSES,
            begin,
            field,
            shape.size(),
            "as many as have names",
        )?;
        // At most 26, as was just found.
        network.outputs = shape.size() as u8;
        let steps = network.work.steps();
        check(steps <= MAX_STEPS, begin, "the network's multiply-adds", steps, "240 million a question")?;
        if network.answer == Answer::Shares {
            network.work.exponentials = shape.size() as u64;
        }
        Ok(network)
    }

    /// Numbers that it takes.
    pub fn features(&self) -> usize {
        self.input.size()
    }

    pub fn outputs(&self) -> usize {
        self.outputs.into()
    }

    pub fn input(&self) -> Shape {
        self.input
    }

    pub fn order(&self) -> Order {
        self.order
    }

    pub fn answer(&self) -> Answer {
        self.answer
    }

    pub fn work(&self) -> Work {
        self.work
    }

    /// Bytes that [`Self::ask`] needs to work in.
    pub fn scratch(&self) -> usize {
        self.activations + self.patch
    }

    /// Each layer, and the shape that it gives.
    pub fn layers(&self) -> impl Iterator<Item = (Layer<'a>, Shape)> + use<'a> {
        let (mut fields, mut shape) = (self.layers.clone(), self.input);
        (0..self.count).map_while(move |_| {
            let layer = Layer::read(&mut fields, shape).ok()?;
            shape = layer.output(shape)?;
            Some((layer, shape))
        })
    }

    /// What it says; the first [`Self::outputs`] count. `None` if there are not as many numbers as it takes, or less than
    /// [`Self::scratch`] bytes to work in.
    pub fn ask(&self, features: &[f32], scratch: &mut [i8]) -> Option<[f32; MAX_CLASSES]> {
        let mut said = self.sums(features, scratch)?;
        if self.answer == Answer::Shares {
            super::linear::softmax(said.get_mut(..self.outputs())?);
        }
        Some(said)
    }

    /// As [`Self::ask`], before the softmax.
    pub fn sums(&self, features: &[f32], scratch: &mut [i8]) -> Option<[f32; MAX_CLASSES]> {
        if features.len() != self.features() {
            return None;
        }
        let (activations, rest) = scratch.split_at_mut_checked(self.activations)?;
        let patch = rest.get_mut(..self.patch)?;
        self.quantise(features, activations.get_mut(..self.features())?);
        let (mut shape, mut zero) = (self.input, self.zero);
        let mut said = [0.0; MAX_CLASSES];
        // What comes in lies at the front and what goes out at the back, and the next time the other way round.
        let mut at_front = true;
        for (index, (layer, output)) in (1..).zip(self.layers()) {
            let split = if at_front { shape.size() } else { activations.len().checked_sub(shape.size())? };
            let (front, back) = activations.split_at_mut_checked(split)?;
            let (from, to) = if at_front { (front, back) } else { (back, front) };
            let run = run::Run { layer: &layer, input: shape, output, zero };
            if index == self.count {
                run.answer(from, &mut said);
            } else {
                let skipped = if at_front { to.len().checked_sub(output.size())? } else { 0 };
                run.layer(from, to.get_mut(skipped..)?.get_mut(..output.size())?, patch);
            }
            at_front = !at_front;
            (shape, zero) = (output, layer.zero);
        }
        Some(said)
    }

    /// From the caller's numbers to ours, in our order.
    fn quantise(&self, features: &[f32], out: &mut [i8]) {
        let (channels, places) = (usize::from(self.input.channels), self.input.places());
        // From one channel to the next of the same place, and from one place to the next.
        let (next_channel, next_place) = match self.order {
            Order::ChannelsLast => (1, channels),
            Order::ChannelsFirst => (places, 1),
        };
        // Likewise of the scaling, whose numbers always have channels innermost.
        let (next_factor, next_factors) = match self.scaling {
            Scaling::All => (0, 0),
            Scaling::Channel => (1, 0),
            Scaling::Number => (1, channels),
        };
        for (place, out) in out.chunks_exact_mut(channels.max(1)).enumerate() {
            let features = features.get(place * next_place..).unwrap_or_default();
            for (channel, out) in out.iter_mut().enumerate() {
                let scale = place * next_factors + channel * next_factor;
                let number = |words: &[u32]| f32::from_bits(words.get(scale).map_or(0, little));
                let feature = features.get(channel * next_channel).copied().unwrap_or(0.0);
                *out = run::nearest(feature * number(self.factors) + number(self.offsets));
            }
        }
    }
}
