//! Writes a network as [`Network`](super::Network) reads it.

use super::{Layer, Order, Scaling, Shape};
use crate::ml::linear::Answer;
use crate::ml::ntm::{Kind, WriteError, Writer};

/// What stands before the layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head<'s> {
    pub answer: Answer,
    pub order: Order,
    pub scaling: Scaling,
    pub input: Shape,
    /// The number that stands for 0 in the inputs: what lies beyond their edges.
    pub zero: i8,
    /// An input x becomes `x * factor + offset`; channels innermost, whatever the order of the inputs.
    pub factors: &'s [f32],
    pub offsets: &'s [f32],
}

impl Writer<'_> {
    /// What a section with a network holds. What does not fit together is found by opening it.
    pub fn network(&mut self, head: &Head, layers: &[Layer]) -> Result<(), WriteError> {
        let count = u8::try_from(layers.len()).map_err(|_| WriteError::Unfit("64 layers at most"))?;
        let all = head.scaling.count(head.input);
        if head.factors.len() != all || head.offsets.len() != all {
            return Err(WriteError::Unfit("a factor and an offset for all that the scaling says"));
        }
        self.u32(Kind::NETWORK)?;
        self.u8((head.answer == Answer::Shares) as u8)?;
        self.u8((head.order == Order::ChannelsFirst) as u8)?;
        self.u8(head.scaling as u8)?;
        self.u8(count)?;
        for length in [head.input.height, head.input.width, head.input.channels] {
            self.u16(length)?;
        }
        self.bytes(&[head.zero as u8, 0])?;
        head.factors.iter().chain(head.offsets).try_for_each(|number| self.f32(*number))?;
        layers.iter().try_for_each(|layer| self.layer(layer))
    }

    fn layer(&mut self, layer: &Layer) -> Result<(), WriteError> {
        let sums = usize::from(layer.outputs) * usize::from(layer.is_weighted());
        if layer.biases.len() != sums || layer.factors.len() != sums {
            return Err(WriteError::Unfit("a bias and a factor for each output of a weighted sum"));
        }
        self.bytes(&[layer.operation as u8, layer.zero as u8, layer.low as u8, layer.high as u8])?;
        self.u16(layer.patch.height)?;
        self.u16(layer.patch.width)?;
        self.bytes(&layer.patch.stride)?;
        self.bytes(&layer.patch.beyond)?;
        self.u16(layer.outputs)?;
        self.bytes(bytemuck::cast_slice(layer.biases))?;
        self.bytes(bytemuck::cast_slice(layer.factors))?;
        self.bytes(bytemuck::cast_slice(layer.weights))?;
        self.bytes(&[0; 3][..layer.weights.len().wrapping_neg() % 4])
    }
}
