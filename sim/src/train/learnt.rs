//! Kinds of models that can learn classes from rows of features: one way to call all of them.

use super::linear::{self, Linear};
use super::network::{self, Network};
use super::{Progress, Refusal};
use clap::ValueEnum;
use node_core::ml::linear::Answer;
use node_core::ml::ntm::{WriteError, Writer};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Asked {
    /// Linear, unless another is clearly better where it did not learn
    #[default]
    Auto,
    /// Discriminant analysis with a shrunk covariance: in closed form, some KB
    Linear,
    /// A perceptron of one hidden layer, in 8 bits
    Mlp,
}

/// A kind besides the linear one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Mlp,
}

impl Asked {
    /// Those that the linear one is held against.
    pub fn rivals(self) -> &'static [Kind] {
        match self {
            Self::Auto => &[Kind::Mlp],
            Self::Linear => &[],
            Self::Mlp => &[Kind::Mlp],
        }
    }
}

/// Numbers of the hidden layer.
const HIDDEN: usize = 24;

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Mlp => "mlp",
        }
    }

    /// Learns from rows of features, each of one of `count` classes.
    pub fn fit(
        self,
        rows: &[&[f32]],
        classes: &[usize],
        count: usize,
        seed: u64,
        progress: Progress,
    ) -> Result<Learnt, Refusal> {
        let features = rows.first().map_or(0, |row| row.len());
        match self {
            Self::Mlp => {
                let parameters = network::Parameters::perceptron(features, &[HIDDEN]);
                Ok(Learnt::Network(network::fit(rows, classes, count, seed, &parameters, progress)?))
            }
        }
    }
}

/// What was learnt.
pub enum Learnt {
    Linear(Linear),
    Network(Network),
}

impl Learnt {
    /// Divides what becomes shares, where there is such a thing.
    pub fn cool(&mut self, temperature: f64) {
        match self {
            Self::Linear(linear) => linear.cool(temperature),
            Self::Network(network) => network.cool(temperature),
        }
    }

    /// As a model's section holds it.
    pub fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        match self {
            Self::Linear(linear) => {
                let all = |numbers: &mut dyn Iterator<Item = &f64>| numbers.map(|x| *x as f32).collect();
                let weights: Vec<f32> = all(&mut linear.weights.iter().flatten());
                let biases: Vec<f32> = all(&mut linear.biases.iter());
                writer.linear(Answer::Shares, &weights, &biases)
            }
            Self::Network(network) => network.write(writer),
        }
    }

    /// Before anything was rounded; `None` where that is nothing else than what the file says.
    pub fn exactly(&self, row: &[f32]) -> Option<usize> {
        match self {
            Self::Linear(linear) => Some(linear::best(&linear.scores(row))),
            Self::Network(network) => Some(linear::best(&network.floats(row))),
        }
    }
}
