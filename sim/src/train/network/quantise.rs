//! From floats to the 8 bits of a node: after learning, by what goes through the network in rows that it learnt from.
//!
//! Each output of a layer has a scale of its own for its weights. What goes between two layers has one scale and one zero,
//! such that the squares of all errors, of rounding and of what is cut off, are least.

use super::net::{Flow, Net};
use node_core::ml::linear::Answer;
use node_core::ml::network::{self, Head, MAX_LAYERS, Operation, Order, Scaling, Shape, factor};
use node_core::ml::ntm::{self, WriteError, Writer};

/// How numbers that come in become the ones that a net learnt from: (x - mean) / spread.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    pub order: Order,
    pub scaling: Scaling,
    pub mean: Vec<f32>,
    /// 0: it never changes, and counts as its mean.
    pub spread: Vec<f32>,
}

impl Inputs {
    /// Taken as they come.
    pub fn plain(order: Order) -> Self {
        Self { order, scaling: Scaling::All, mean: vec![0.0], spread: vec![1.0] }
    }

    /// Mean 0 and standard deviation 1 over some rows.
    pub fn of(rows: &[&[f32]], shape: Shape, order: Order, scaling: Scaling) -> Self {
        let count = scaling.count(shape);
        let (mut sums, mut squares) = (vec![0.0f64; count], vec![0.0f64; count]);
        let each = (rows.len() * shape.size() / count).max(1) as f64;
        let all = |visit: &mut dyn FnMut(usize, f64)| {
            for row in rows {
                places(shape, order, scaling, |at, _, scale| visit(scale, f64::from(row[at])));
            }
        };
        all(&mut |scale, x| sums[scale] += x);
        let mean: Vec<f64> = sums.iter().map(|sum| sum / each).collect();
        all(&mut |scale, x| squares[scale] += (x - mean[scale]) * (x - mean[scale]));
        // Of a feature that never changes the last bits are no spread.
        let spread = squares.iter().zip(&mean).map(|(square, mean)| {
            let spread = (square / each).sqrt();
            if spread > 1e-6 * mean.abs() && spread > 1e-20 { spread as f32 } else { 0.0 }
        });
        Self {
            order,
            scaling,
            spread: spread.collect(),
            mean: mean.iter().map(|mean| *mean as f32).collect(),
        }
    }

    /// A row as the net has it: channels last.
    pub fn standard(&self, row: &[f32], shape: Shape) -> Vec<f32> {
        let mut to = vec![0.0; shape.size()];
        places(shape, self.order, self.scaling, |at, last, scale| {
            if self.spread[scale] > 0.0 {
                to[last] = (row[at] - self.mean[scale]) / self.spread[scale];
            }
        });
        to
    }
}

/// Calls `each` for every number: its place in a row, its place with channels last, and its scale's.
fn places(shape: Shape, order: Order, scaling: Scaling, mut each: impl FnMut(usize, usize, usize)) {
    let channels = usize::from(shape.channels);
    for place in 0..shape.places() {
        for channel in 0..channels {
            let last = place * channels + channel;
            let at = if order == Order::ChannelsLast { last } else { channel * shape.places() + place };
            let scale = match scaling {
                Scaling::All => 0,
                Scaling::Channel => channel,
                Scaling::Number => last,
            };
            each(at, last, scale);
        }
    }
}

/// What 256 steps stand for: a number q for `scale * (q - zero)`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    scale: f64,
    zero: i8,
}

impl Grid {
    fn over(low: f64, high: f64) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let scale = ((high - low) / 255.0).max(1e-12);
        Self { scale, zero: libm::rint(-128.0 - low / scale).clamp(-128.0, 127.0) as i8 }
    }

    fn error(&self, values: &[f32]) -> f64 {
        let per_scale = 1.0 / self.scale;
        let of = |x: &f32| {
            let x = f64::from(*x);
            let step = libm::rint(x * per_scale) + f64::from(self.zero);
            let far = (step.clamp(-128.0, 127.0) - f64::from(self.zero)) * self.scale - x;
            far * far
        };
        values.iter().map(of).sum()
    }

    /// The one with the least squares of errors.
    fn best(values: &[f32]) -> Self {
        let low = values.iter().copied().fold(0.0, f32::min);
        let high = values.iter().copied().fold(0.0, f32::max);
        let grids = (4..=20).rev().map(|part| {
            let part = f64::from(part) * 0.05;
            Self::over(f64::from(low) * part, f64::from(high) * part)
        });
        let judged = grids.map(|grid| (grid.error(values), grid));
        // The first of equals: the one that cuts least off.
        judged.reduce(|best, next| if next.0 < best.0 { next } else { best }).expect("17 of them").1
    }
}

/// A layer's numbers in the format's terms.
#[derive(Clone, Debug, PartialEq)]
struct Layer {
    operation: Operation,
    patch: network::Patch,
    grid: Grid,
    relu: bool,
    outputs: u16,
    biases: Vec<u32>,
    factors: Vec<u32>,
    weights: Vec<i8>,
}

/// A network in 8 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    answer: Answer,
    order: Order,
    scaling: Scaling,
    input: Shape,
    zero: i8,
    factors: Vec<f32>,
    offsets: Vec<f32>,
    layers: Vec<Layer>,
}

/// Values that a grid is chosen by.
const SAMPLE: usize = 20_000;

impl Quantised {
    /// `rows`: some that it learnt from, as the net has them. `None` if its layers do not fit together.
    pub fn of(net: &Net, inputs: &Inputs, answer: Answer, rows: &[Vec<f32>]) -> Option<Self> {
        let mut flow = Flow::of(net)?;
        let grids = grids(net, &mut flow, rows);
        let per_number: Vec<(f64, f64)> = inputs
            .mean
            .iter()
            .zip(&inputs.spread)
            .map(
                |(mean, spread)| {
                    if *spread > 0.0 { (1.0 / f64::from(*spread), f64::from(*mean)) } else { (0.0, 0.0) }
                },
            )
            .collect();
        let first = grids[0];
        let factors = per_number.iter().map(|(per_spread, _)| (per_spread / first.scale) as f32);
        let offset =
            |(per_spread, mean): &(f64, f64)| f64::from(first.zero) - mean * per_spread / first.scale;
        let mut before = first;
        let mut layers = Vec::new();
        for (index, (layer, shape)) in net.layers.iter().zip(&flow.shapes).enumerate() {
            let last = index + 1 == net.layers.len();
            let mut made = Layer {
                operation: layer.operation,
                patch: layer.patch,
                // A pooling's numbers are of the kind that comes in.
                grid: if layer.is_weighted() { grids[index + 1] } else { before },
                relu: layer.relu,
                outputs: u16::try_from(layer.outputs).ok()?,
                biases: Vec::new(),
                factors: Vec::new(),
                weights: Vec::new(),
            };
            if layer.is_weighted() {
                made.weigh(layer, layer.terms(shape.channels.into()), before, last);
            }
            before = made.grid;
            layers.push(made);
        }
        Some(Self {
            answer,
            order: inputs.order,
            scaling: inputs.scaling,
            input: net.input,
            zero: first.zero,
            factors: factors.collect(),
            offsets: per_number.iter().map(|number| offset(number) as f32).collect(),
            layers,
        })
    }

    /// Divides what the last layer says: the classes stay in order, the confidence changes.
    pub fn cool(&mut self, temperature: f64) {
        let scales = self.layers.last_mut().into_iter().flat_map(|layer| &mut layer.factors);
        scales.for_each(|scale| {
            let cooled = f64::from(f32::from_bits(u32::from_le(*scale))) / temperature;
            *scale = (cooled as f32).to_bits().to_le();
        });
    }

    /// What a section with the network holds.
    pub fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let Self { answer, order, scaling, input, zero, .. } = *self;
        let head =
            Head { answer, order, scaling, input, zero, factors: &self.factors, offsets: &self.offsets };
        let layers: Vec<network::Layer> = self.layers.iter().map(Layer::borrowed).collect();
        writer.network(&head, &layers)
    }

    /// The section's bytes behind the kind, at a multiple of 4.
    pub fn section(&self) -> Result<Section, WriteError> {
        let numbers = |layer: &Layer| 32 + 8 * layer.biases.len() + layer.weights.len();
        let bytes: usize = self.layers.iter().map(numbers).sum::<usize>() + 8 * self.factors.len() + 64;
        let mut room = vec![0u32; bytes.div_ceil(4)];
        let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room))?;
        self.write(&mut writer)?;
        let length = writer.finish()?.len();
        room.truncate(length / 4);
        room.drain(..ntm::HEAD / 4 + 1);
        Ok(Section(room))
    }
}

/// See [`Quantised::section`].
#[derive(Clone, Debug, PartialEq)]
pub struct Section(Vec<u32>);

impl Section {
    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl Layer {
    /// Fills in weights, biases and factors of a layer that takes numbers of the grid `before`.
    fn weigh(&mut self, layer: &super::net::Layer, terms: usize, before: Grid, last: bool) {
        let sets = layer.outputs;
        // A depthwise layer has its channels innermost.
        let (next_set, next_term) =
            if layer.operation == Operation::Convolution { (terms, 1) } else { (1, sets) };
        let weight = |set: usize, term: usize| f64::from(layer.weights[set * next_set + term * next_term]);
        let scales: Vec<f64> = (0..sets)
            .map(|set| {
                let most = (0..terms).map(|term| weight(set, term).abs()).fold(0.0, f64::max) / 127.0;
                // A bias that is large beside its weights needs steps that it can be counted in.
                most.max(f64::from(layer.biases[set]).abs() / before.scale / f64::from(1 << 29)).max(1e-12)
            })
            .collect();
        if !last {
            // A factor is at most a quarter, and at least 2^-33.
            let most = scales.iter().copied().fold(0.0, f64::max);
            self.grid.scale = self.grid.scale.max(before.scale * most * 4.01);
        }
        self.weights = vec![0; terms * sets];
        for (set, scale) in scales.iter().enumerate() {
            let mut sum = 0;
            for term in 0..terms {
                let step = libm::rint(weight(set, term) / scale).clamp(-127.0, 127.0) as i8;
                self.weights[set * next_set + term * next_term] = step;
                sum += i64::from(step);
            }
            let bias = libm::rint(f64::from(layer.biases[set]) / (before.scale * scale)) as i64;
            let bias = (bias - i64::from(before.zero) * sum).clamp(-(1 << 30), 1 << 30) as i32;
            self.biases.push((bias as u32).to_le());
            let product = before.scale * scale;
            let word = if last {
                (product as f32).to_bits()
            } else {
                // Weights that are all zero may have any factor.
                factor((product / self.grid.scale).max(1e-9)).expect("from 2^-33 to 1/4")
            };
            self.factors.push(word.to_le());
        }
    }

    fn borrowed(&self) -> network::Layer<'_> {
        network::Layer {
            operation: self.operation,
            zero: self.grid.zero,
            low: if self.relu { self.grid.zero } else { i8::MIN },
            high: i8::MAX,
            patch: self.patch,
            outputs: self.outputs,
            biases: &self.biases,
            factors: &self.factors,
            weights: &self.weights,
        }
    }
}

/// Of what comes in, and of what each layer gives.
fn grids(net: &Net, flow: &mut Flow, rows: &[Vec<f32>]) -> Vec<Grid> {
    let mut samples: Vec<Vec<f32>> = vec![Vec::new(); net.layers.len().min(MAX_LAYERS) + 1];
    // Not a divisor of usual sizes, so that all places come in turn.
    let steps: Vec<usize> =
        flow.shapes.iter().map(|shape| (rows.len() * shape.size() / SAMPLE) | 1).collect();
    let mut begins = vec![0; steps.len()];
    for row in rows {
        let mut take = |index: usize, numbers: &[f32]| {
            samples[index].extend(numbers.iter().skip(begins[index]).step_by(steps[index]));
            let left = numbers.len().saturating_sub(begins[index]) % steps[index];
            begins[index] = if begins[index] >= numbers.len() {
                begins[index] - numbers.len()
            } else if left == 0 {
                0
            } else {
                steps[index] - left
            };
        };
        flow.numbers[0].copy_from_slice(row);
        take(0, row);
        flow.run(net, |index, numbers| take(index + 1, numbers));
    }
    samples.iter().map(|values| Grid::best(values)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_zero_exactly_and_cuts_what_is_rare() {
        let grid = Grid::over(-1.0, 3.0);
        assert_eq!(grid.zero, -64);
        assert_eq!(Grid::over(0.5, 2.0).zero, -128);
        // One number in a thousand, a hundred times as large.
        let mut values: Vec<f32> = (0..1000).map(|at| (at % 100) as f32 / 100.0).collect();
        assert!((Grid::best(&values).scale - 0.99 / 255.0).abs() < 1e-6);
        values.push(2.0);
        assert!(Grid::best(&values).scale <= 2.0 / 255.0);
    }

    #[test]
    fn rows_are_standardised_in_the_nets_order() {
        let shape = Shape { height: 2, width: 1, channels: 2 };
        let rows: [&[f32]; 2] = [&[1.0, 3.0, 7.0, 7.0], &[1.0, 3.0, 7.0, 7.0]];
        let inputs = Inputs::of(&rows, shape, Order::ChannelsFirst, Scaling::Channel);
        assert_eq!((&inputs.mean[..], &inputs.spread[..]), (&[2.0, 7.0][..], &[1.0, 0.0][..]));
        assert_eq!(inputs.standard(rows[0], shape), [-1.0, 0.0, 1.0, 0.0]);
    }
}
