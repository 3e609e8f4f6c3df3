//! Kinds of models that can learn classes from rows of features: one way to call all of them.

use super::boosted::{self, Boosted};
use super::linear::{self, Linear};
use super::nearest::{self, Nearest};
use super::network::{self, Network};
use super::trees::Forest;
use super::{Progress, Refusal, forest};
use clap::ValueEnum;
use node_core::ml::linear::Answer;
use node_core::ml::network::{Order, Shape};
use node_core::ml::ntm::{WriteError, Writer};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Asked {
    /// Linear, unless another is clearly better where it did not learn
    #[default]
    Auto,
    /// Discriminant analysis with a shrunk covariance: in closed form, some KB
    Linear,
    /// Extra trees with soft votes, as many as fit
    Forest,
    /// Small trees, each learning what those before it left wrong
    Boosted,
    /// The nearest of some points a class
    Nearest,
    /// A perceptron of one hidden layer, in 8 bits
    Mlp,
    /// Convolutions, in 8 bits: over time, of sound over time and frequency
    Cnn,
}

/// A kind besides the linear one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Forest,
    Boosted,
    Nearest,
    Mlp,
    /// Over a picture of the window: its rows are instants.
    Cnn(Shape, Order),
}

impl Asked {
    /// Those that the linear one is held against on the same features.
    pub fn rivals(self) -> &'static [Kind] {
        match self {
            Self::Auto => &[Kind::Forest, Kind::Boosted, Kind::Nearest, Kind::Mlp],
            Self::Forest => &[Kind::Forest],
            Self::Boosted => &[Kind::Boosted],
            Self::Nearest => &[Kind::Nearest],
            Self::Mlp => &[Kind::Mlp],
            Self::Linear | Self::Cnn => &[],
        }
    }
}

/// Numbers of the hidden layer.
const HIDDEN: usize = 24;
/// Outputs of each convolution.
const FILTERS: [usize; 3] = [8, 16, 24];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Forest => "forest",
            Self::Boosted => "boosted",
            Self::Nearest => "nearest",
            Self::Mlp => "mlp",
            Self::Cnn(..) => "cnn",
        }
    }

    /// Learns from rows of features, each of one of `count` classes. What can be made smaller gets `bytes` at most.
    pub fn fit(
        self,
        rows: &[&[f32]],
        classes: &[usize],
        count: usize,
        seed: u64,
        bytes: usize,
        progress: Progress,
    ) -> Result<Learnt, Refusal> {
        let features = rows.first().map_or(0, |row| row.len());
        match self {
            Self::Forest => {
                let forest = forest::fit(rows, classes, count, seed, &forest::Parameters::default());
                Ok(Learnt::Forest { forest, bytes })
            }
            Self::Boosted => {
                let boosted = boosted::fit(rows, classes, count, seed, &boosted::Parameters::default());
                let small = boosted.within(bytes).ok_or_else(|| {
                    let message = format!("not even one round of boosted trees has {bytes} bytes or less");
                    Refusal::new(message, "give a larger --max-bytes, or another --model")
                })?;
                Ok(Learnt::Boosted(small))
            }
            Self::Nearest => {
                Ok(Learnt::Nearest(nearest::fit(rows, classes, count, &nearest::Parameters::default())))
            }
            Self::Mlp => {
                let parameters = network::Parameters::perceptron(features, &[HIDDEN]);
                Ok(Learnt::Network(network::fit(rows, classes, count, seed, &parameters, progress)?))
            }
            Self::Cnn(shape, order) => {
                let parameters = network::Parameters::convolutions(shape, order, &FILTERS);
                Ok(Learnt::Network(network::fit(rows, classes, count, seed, &parameters, progress)?))
            }
        }
    }
}

/// What was learnt.
pub enum Learnt {
    Linear(Linear),
    Forest { forest: Forest, bytes: usize },
    Boosted(Boosted),
    Nearest(Nearest),
    Network(Network),
}

impl Learnt {
    /// Whether [`Self::cool`] does anything.
    pub fn can_cool(&self) -> bool {
        !matches!(self, Self::Forest { .. } | Self::Nearest(_))
    }

    /// Divides what becomes shares, where there is such a thing.
    pub fn cool(&mut self, temperature: f64) {
        match self {
            Self::Linear(linear) => linear.cool(temperature),
            Self::Boosted(boosted) => boosted.cool(temperature),
            // Votes are counted, not weighed by an exponential.
            Self::Forest { .. } | Self::Nearest(_) => {}
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
            Self::Forest { forest, bytes } => {
                let unfit = WriteError::Unfit("not even one tree is as small as was asked for");
                forest.packed(*bytes).ok_or(unfit)?.write(writer)
            }
            Self::Boosted(boosted) => boosted.write(writer),
            Self::Nearest(nearest) => nearest.write(writer),
            Self::Network(network) => network.write(writer),
        }
    }

    /// Before anything was rounded; `None` where that is nothing else than what the file says.
    pub fn exactly(&self, row: &[f32]) -> Option<usize> {
        match self {
            Self::Linear(linear) => Some(linear::best(&linear.scores(row))),
            Self::Forest { forest, .. } => Some(linear::best(&forest.shares(row))),
            Self::Boosted(boosted) => Some(linear::best(&boosted.scores(row))),
            Self::Nearest(nearest) => Some(linear::best(&nearest.scores(row))),
            Self::Network(network) => Some(linear::best(&network.floats(row))),
        }
    }
}
