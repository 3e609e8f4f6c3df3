//! Neural networks: learnt in floats, quantised to the 8 bits of [`node_core::ml::network`], and judged by these.
//!
//! A trainer of our own, because one seed has to give one file: every sum has its order, and nothing asks the machine how
//! many threads or which vectors it has. It knows the layers that the node knows, and no others.

pub mod learn;
pub mod net;
pub mod quantise;

use learn::{Lesson, Rows};
use net::{Flow, Layer, Net};
use node_core::ml::linear::Answer;
use node_core::ml::network::{self, Operation, Order, Patch, Scaling, Shape};
use node_core::ml::ntm::{WriteError, Writer};
use quantise::{Inputs, Quantised, Section};
use scenarios::rng::Streams;

use super::{Progress, Refusal};

/// What a network is made of, and how it learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub input: Shape,
    pub order: Order,
    pub scaling: Scaling,
    /// Without weights, and without the last one, which has an output a class.
    pub layers: Vec<Layer>,
    pub lesson: Lesson,
}

fn layer(operation: Operation, patch: Patch, outputs: usize) -> Layer {
    let relu = matches!(operation, Operation::Convolution | Operation::Depthwise);
    Layer { operation, patch, outputs, relu, weights: Vec::new(), biases: Vec::new() }
}

impl Parameters {
    /// Layers of so many numbers over features of any kind.
    pub fn perceptron(features: usize, hidden: &[usize]) -> Self {
        let shape =
            |numbers: usize| Shape { height: 1, width: 1, channels: numbers.min(u16::MAX.into()) as u16 };
        let input = shape(features);
        let layers =
            hidden.iter().map(|outputs| layer(Operation::Convolution, Patch::whole(shape(1)), *outputs));
        let lesson = Lesson {
            epochs: 60,
            least_steps: 600,
            batch: 16,
            rate: 3e-3,
            decay: 0.1,
            dropout: 0.2,
            noise: 0.2,
            shift: 0,
            doubt: 0.05,
        };
        Self { input, order: Order::ChannelsLast, scaling: Scaling::Number, layers: layers.collect(), lesson }
    }

    /// Convolutions with so many outputs each, over time (where the width is 1) or over time and frequency; between them
    /// the greatest of two or of two by two, in the end the mean of all places.
    pub fn convolutions(input: Shape, order: Order, outputs: &[usize]) -> Self {
        let (tall, wide) = if input.width > 1 { (3, 3) } else { (5, 1) };
        let mut shape = input;
        let mut layers = Vec::new();
        for (at, &count) in outputs.iter().enumerate() {
            let beyond = [tall / 2, wide / 2, tall / 2, wide / 2];
            let patch = Patch { height: tall.into(), width: wide.into(), stride: [1, 1], beyond };
            layers.push(layer(Operation::Convolution, patch, count));
            shape.channels = count.min(u16::MAX.into()) as u16;
            if at + 1 < outputs.len() && shape.height >= 4 {
                let across = shape.width.min(2);
                let patch = Patch { height: 2, width: across, stride: [2, across as u8], beyond: [0; 4] };
                layers.push(layer(Operation::Greatest, patch, count));
                (shape.height, shape.width) = (shape.height / 2, shape.width / across);
            }
        }
        layers.push(layer(Operation::Mean, Patch::whole(shape), shape.channels.into()));
        let lesson = Lesson {
            epochs: 40,
            least_steps: 800,
            batch: 16,
            rate: 4e-3,
            decay: 0.05,
            dropout: 0.2,
            noise: 0.1,
            shift: usize::from(input.height) / 10,
            doubt: 0.05,
        };
        Self { input, order, scaling: Scaling::Channel, layers, lesson }
    }
}

/// A network that has learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    net: Net,
    inputs: Inputs,
    quantised: Quantised,
    section: Section,
    classes: usize,
}

/// Each layer for people: what it does, and the shape that it gives.
pub fn layers(network: &network::Network) -> Vec<String> {
    let mut before = network.input();
    let said = network.layers().map(|(layer, shape)| {
        let whole = layer.is_whole(before);
        before = shape;
        let Shape { height, width, channels } = shape;
        let what = match layer.operation {
            Operation::Convolution if whole => return format!("dense {}", shape.size()),
            Operation::Convolution => "convolution",
            Operation::Depthwise => "depthwise",
            Operation::Greatest => "greatest",
            Operation::Mean => "mean",
        };
        format!("{what} {}x{} to {height}x{width}x{channels}", layer.patch.height, layer.patch.width)
    });
    said.collect()
}

/// Rows that the 8 bits are chosen by.
const CALIBRATION: usize = 256;

/// Learns from rows of numbers, each of one of `classes`.
pub fn fit(
    rows: &[&[f32]],
    labels: &[usize],
    classes: usize,
    seed: u64,
    parameters: &Parameters,
    progress: Progress,
) -> Result<Network, Refusal> {
    let misfit = || {
        let message = "the network's layers do not fit together".to_owned();
        Refusal::new(message, "choose a longer window, or fewer layers")
    };
    let Parameters { input, order, scaling, ref layers, ref lesson } = *parameters;
    let mut net = Net { input, layers: layers.clone() };
    let last = Flow::of(&net).and_then(|flow| flow.shapes.last().copied()).ok_or_else(misfit)?;
    net.layers.push(Layer { relu: false, ..layer(Operation::Convolution, Patch::whole(last), classes) });
    if rows.iter().any(|row| row.len() != input.size()) {
        return Err(misfit());
    }
    let streams = Streams::new(seed);
    learn::begin(&mut net, &streams);
    let inputs = Inputs::of(rows, input, order, scaling);
    let standard: Vec<Vec<f32>> = rows.iter().map(|row| inputs.standard(row, input)).collect();
    learn::learn(&mut net, &Rows { inputs: &standard, labels, classes }, lesson, &streams, progress);
    // From all over the rows: neighbours are alike.
    let every = rows.len().div_ceil(CALIBRATION).max(1);
    let calibration: Vec<Vec<f32>> = standard.into_iter().step_by(every).collect();
    Network::of(net, inputs, Answer::Shares, &calibration).ok_or_else(misfit)
}

impl Network {
    /// Quantises a net; `calibration`: rows as the net has them.
    pub fn of(net: Net, inputs: Inputs, answer: Answer, calibration: &[Vec<f32>]) -> Option<Self> {
        let quantised = Quantised::of(&net, &inputs, answer, calibration)?;
        let section = quantised.section().ok()?;
        let classes = net.layers.last()?.outputs;
        let network = Self { net, inputs, quantised, section, classes };
        network.opened().is_some().then_some(network)
    }

    /// As a node has it.
    pub fn opened(&self) -> Option<network::Network<'_>> {
        network::Network::parse(self.section.bytes(), self.classes).ok()
    }

    /// What the node says of a row, before the softmax.
    pub fn scores(&self, row: &[f32]) -> Vec<f64> {
        let network = self.opened().expect("it was opened when it was made");
        let said =
            network.sums(row, &mut vec![0; network.scratch()]).expect("a row of the size that it learnt");
        said[..self.classes].iter().copied().map(f64::from).collect()
    }

    /// What the floats say of a row, before they were quantised (and cooled).
    pub fn floats(&self, row: &[f32]) -> Vec<f64> {
        let mut flow = Flow::of(&self.net).expect("it fitted when it was made");
        flow.numbers[0] = self.inputs.standard(row, self.net.input);
        flow.run(&self.net, |_, _| {}).iter().copied().map(f64::from).collect()
    }

    /// Divides all scores: the classes stay in order, the confidence changes.
    pub fn cool(&mut self, temperature: f64) {
        self.quantised.cool(temperature);
        self.section = self.quantised.section().expect("it has the size that it had");
    }

    /// Of a model's section.
    pub fn bytes(&self) -> usize {
        self.section.bytes().len() + size_of::<u32>()
    }

    pub fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        self.quantised.write(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three rhythms of two axes, each with noise.
    fn rows(seed: u64) -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut stream = Streams::new(seed).stream("test.rows");
        let labels: Vec<usize> = (0..150).map(|n| n % 3).collect();
        let rows = labels.iter().map(|label| {
            let phase = stream.between(0.0, 6.0);
            let turns = [0.3, 0.7, 1.4][*label];
            let wave = |at: usize| 5.0 + 2.0 * libm::sinf(phase + turns * (at % 40) as f32);
            (0..80).map(|at| wave(at) + 0.6 * stream.normal()).collect()
        });
        (rows.collect(), labels)
    }

    fn right(network: &Network, rows: &[Vec<f32>], labels: &[usize]) -> [usize; 3] {
        let best = |scores: Vec<f64>| crate::train::linear::best(&scores);
        let (mut float, mut byte, mut same) = (0, 0, 0);
        for (row, label) in rows.iter().zip(labels) {
            let (of_floats, of_bytes) = (best(network.floats(row)), best(network.scores(row)));
            float += usize::from(of_floats == *label);
            byte += usize::from(of_bytes == *label);
            same += usize::from(of_floats == of_bytes);
        }
        [float, byte, same]
    }

    #[test]
    fn rhythms_are_told_apart_wherever_they_begin_in_floats_and_in_bytes() {
        let (learnt, labels) = rows(1);
        let learnt: Vec<&[f32]> = learnt.iter().map(Vec::as_slice).collect();
        let shape = Shape { height: 40, width: 1, channels: 2 };
        let parameters = Parameters::convolutions(shape, Order::ChannelsFirst, &[6, 8]);
        let lesson = Lesson { epochs: 12, least_steps: 0, ..parameters.lesson };
        let parameters = Parameters { lesson, ..parameters };
        let mut network = fit(&learnt, &labels, 3, 7, &parameters, &mut |_, _| {}).unwrap();
        let again = fit(&learnt, &labels, 3, 7, &parameters, &mut |_, _| {}).unwrap();
        assert_eq!(network, again);
        let (fresh, labels) = rows(2);
        let [float, byte, same] = right(&network, &fresh, &labels);
        assert!(float > 140 && byte > 140 && same > 145, "{float} {byte} {same} of 150");
        let scores = network.scores(&fresh[0]);
        network.cool(2.0);
        assert!(
            network
                .scores(&fresh[0])
                .iter()
                .zip(&scores)
                .all(|(cool, score)| (cool * 2.0 - score).abs() < 1e-5)
        );
    }

    #[test]
    fn features_of_any_scale_are_told_apart() {
        let mut stream = Streams::new(1).stream("test.features");
        let labels: Vec<usize> = (0..200).map(|n| n % 2).collect();
        // Only both together tell: an exclusive or, at scales far apart, beside a feature that never changes.
        let rows: Vec<Vec<f32>> = labels
            .iter()
            .map(|label| {
                let a = stream.next_u64() % 2;
                let b = a ^ *label as u64;
                vec![a as f32 * 1e-4 + 3.0, 7.0, b as f32 * 1e6 + 1e5 * stream.normal()]
            })
            .collect();
        let learnt: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let parameters = Parameters::perceptron(3, &[12]);
        let network = fit(&learnt, &labels, 2, 3, &parameters, &mut |_, _| {}).unwrap();
        let [float, byte, _] = right(&network, &rows, &labels);
        assert!(float > 190 && byte > 190, "{float} {byte} of 200");
    }

    #[test]
    fn layers_are_told_with_their_shapes() {
        let shape = Shape { height: 40, width: 1, channels: 2 };
        let mut parameters = Parameters::convolutions(shape, Order::ChannelsFirst, &[6, 8]);
        parameters.lesson = Lesson { epochs: 1, least_steps: 0, ..parameters.lesson };
        let row = vec![0.5; 80];
        let network = fit(&[&row, &row], &[0, 1], 3, 7, &parameters, &mut |_, _| {}).unwrap();
        assert_eq!(
            layers(&network.opened().unwrap()).join(", "),
            "convolution 5x1 to 40x1x6, greatest 2x1 to 20x1x6, convolution 5x1 to 20x1x8, mean 20x1 to 1x1x8, dense 3"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let shape = Shape { height: 1, width: 3, channels: 1 };
        let mut parameters = Parameters::perceptron(3, &[2]);
        parameters.input = shape;
        parameters.layers[0].patch.height = 2;
        assert!(fit(&[&[1.0, 2.0, 3.0]], &[0], 1, 1, &parameters, &mut |_, _| {}).is_err());
        let parameters = Parameters::perceptron(4, &[2]);
        assert!(fit(&[&[1.0, 2.0, 3.0]], &[0], 1, 1, &parameters, &mut |_, _| {}).is_err());
    }
}
