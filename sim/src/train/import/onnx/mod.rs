//! Networks of ONNX: a chain of layers that a node knows, from PyTorch, Keras, scikit-learn or whoever else writes the format.
//!
//! | operator | becomes |
//! |---|---|
//! | Gemm, MatMul | a dense layer |
//! | Conv (1D, 2D; one group, or a group a channel) | a convolution, or a depthwise one |
//! | Add, Sub, Mul, Div with constants, BatchNormalization | part of the layer before, or a depthwise layer of one place |
//! | Sub, Mul, Add, Div, Scaler before the first layer | the scaling of the inputs |
//! | Relu | the end that the layer before is held to |
//! | MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool | a pooling |
//! | Flatten, Reshape, Squeeze, Unsqueeze, Transpose | another order of the next layer's weights, or of the inputs |
//! | Softmax at the end | shares; what only chooses among them (ArgMax, ZipMap, ...) is left out |
//! | Identity, Dropout, Cast, Constant | nothing |
//!
//! Whatever else is refused by its operator's and its node's name. Nothing of the file is believed: sizes are held to what a
//! node takes before anything is made of them.

mod chain;
mod graph;
mod protobuf;
#[cfg(test)]
mod tests;

use crate::refusal::Refusal;
use crate::train::network::net::Net;
use crate::train::network::quantise::Inputs;
use graph::Graph;
use node_core::ml::linear::Answer;

/// A network as the file has it, in floats.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub net: Net,
    pub inputs: Inputs,
    pub answer: Answer,
    /// Dimensions of its input as the file has them, without the first one (how many are asked at once).
    pub dims: Vec<usize>,
}

/// Reads a file; `name` is for messages. Without a softmax in the end it answers `otherwise`.
pub fn read(file: &[u8], name: &str, otherwise: Answer) -> Result<Imported, Refusal> {
    let graph = Graph::read(file).map_err(|malformed| {
        let help = "give a whole .onnx file; `python -m onnx.checker` may say more of it";
        Refusal::new(format!("{name}: no ONNX model: {malformed}"), help)
    })?;
    chain::of(&graph, otherwise)
        .map_err(|refusal| Refusal::new(format!("{name}: {}", refusal.message), refusal.help))
}
