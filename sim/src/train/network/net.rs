//! A network in floats: as it learns, and as it is before it is quantised.
//!
//! Layers are those of [`node_core::ml::network`], with the same order of numbers and weights, so that quantising changes the
//! numbers and nothing else.

use node_core::ml::network::{Operation, Patch, Shape};

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub operation: Operation,
    pub patch: Patch,
    pub outputs: usize,
    pub relu: bool,
    /// Of a convolution: each output's, in the order of the patch. Of a depthwise one: each place's, channels innermost.
    pub weights: Vec<f32>,
    pub biases: Vec<f32>,
}

impl Layer {
    pub fn is_weighted(&self) -> bool {
        matches!(self.operation, Operation::Convolution | Operation::Depthwise)
    }

    /// Weights of one sum, of an input of so many channels.
    pub fn terms(&self, channels: usize) -> usize {
        let places = usize::from(self.patch.height) * usize::from(self.patch.width);
        if self.operation == Operation::Convolution { places * channels } else { places }
    }

    /// `None` if the patch does not fit, or outputs are too many.
    pub fn output(&self, shape: Shape) -> Option<Shape> {
        // The node's own arithmetic.
        node_core::ml::network::Layer {
            operation: self.operation,
            zero: 0,
            low: 0,
            high: 0,
            patch: self.patch,
            outputs: u16::try_from(self.outputs).ok()?,
            biases: &[],
            factors: &[],
            weights: &[],
        }
        .output(shape)
    }
}

/// Layers one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub input: Shape,
    pub layers: Vec<Layer>,
}

/// Where a patch's places lie: for each output place and each place of the patch the input's place, if it has one.
#[derive(Clone, Debug)]
pub struct Places {
    per_patch: usize,
    places: Vec<Option<u32>>,
}

impl Places {
    pub fn of(patch: &Patch, input: Shape, output: Shape) -> Self {
        let [down, across] = patch.stride.map(i64::from);
        let [top, left, ..] = patch.beyond.map(i64::from);
        let mut places = Vec::new();
        for row in 0..i64::from(output.height) {
            for column in 0..i64::from(output.width) {
                for y in (row * down - top..).take(patch.height.into()) {
                    for x in (column * across - left..).take(patch.width.into()) {
                        let inside =
                            (0..input.height.into()).contains(&y) && (0..input.width.into()).contains(&x);
                        places.push(inside.then_some((y * i64::from(input.width) + x) as u32));
                    }
                }
            }
        }
        Self { per_patch: usize::from(patch.height) * usize::from(patch.width), places }
    }

    /// Of each output.
    pub fn patches(&self) -> impl Iterator<Item = &[Option<u32>]> {
        self.places.chunks_exact(self.per_patch.max(1))
    }
}

/// A net with what goes through it: room that is used again for each question.
#[derive(Clone, Debug)]
pub struct Flow {
    pub shapes: Vec<Shape>,
    pub places: Vec<Places>,
    /// What comes in, and what each layer gives.
    pub numbers: Vec<Vec<f32>>,
    /// Of each convolution: its patches, one after the other.
    pub patches: Vec<Vec<f32>>,
}

impl Flow {
    /// `None` if the layers do not fit together.
    pub fn of(net: &Net) -> Option<Self> {
        let mut shapes = vec![net.input];
        for layer in &net.layers {
            shapes.push(layer.output(*shapes.last()?)?);
        }
        let pairs = || net.layers.iter().zip(shapes.windows(2));
        let places = pairs().map(|(layer, pair)| Places::of(&layer.patch, pair[0], pair[1])).collect();
        let patches = pairs().map(|(layer, pair)| match layer.operation {
            Operation::Convolution => vec![0.0; layer.terms(pair[0].channels.into()) * pair[1].places()],
            _ => Vec::new(),
        });
        let (patches, numbers) =
            (patches.collect(), shapes.iter().map(|shape| vec![0.0; shape.size()]).collect());
        Some(Self { shapes, places, numbers, patches })
    }

    /// What the last layer gives of `numbers[0]`. `after` sees what each layer gives, and may change it.
    pub fn run(&mut self, net: &Net, mut after: impl FnMut(usize, &mut [f32])) -> &[f32] {
        for (index, layer) in net.layers.iter().enumerate() {
            let (before, behind) = self.numbers.split_at_mut(index + 1);
            let (from, to) = (&before[index][..], &mut behind[0][..]);
            let channels = usize::from(self.shapes[index].channels);
            match layer.operation {
                Operation::Convolution => {
                    let patches = &mut self.patches[index];
                    copy_patches(&self.places[index], from, channels, patches);
                    let terms = layer.terms(channels);
                    for (patch, to) in patches.chunks_exact(terms).zip(to.chunks_exact_mut(layer.outputs)) {
                        let rows = layer.weights.chunks_exact(terms).zip(&layer.biases);
                        for (to, (weights, bias)) in to.iter_mut().zip(rows) {
                            *to = bias + dot(weights, patch);
                        }
                    }
                }
                _ => channelwise(layer, &self.places[index], from, channels, to),
            }
            if layer.relu {
                to.iter_mut().for_each(|x| *x = x.max(0.0));
            }
            after(index, to);
        }
        self.numbers.last().expect("what comes in, at least")
    }
}

fn copy_patches(places: &Places, from: &[f32], channels: usize, to: &mut [f32]) {
    for (place, to) in places.places.iter().zip(to.chunks_exact_mut(channels)) {
        match place {
            Some(place) => to.copy_from_slice(&from[*place as usize * channels..][..channels]),
            None => to.fill(0.0),
        }
    }
}

fn channelwise(layer: &Layer, places: &Places, from: &[f32], channels: usize, to: &mut [f32]) {
    for (patch, to) in places.patches().zip(to.chunks_exact_mut(channels)) {
        let inside = patch.iter().enumerate().filter_map(|(at, place)| Some((at, (*place)? as usize)));
        let rows = inside.map(|(at, place)| (at, &from[place * channels..][..channels]));
        match layer.operation {
            Operation::Greatest => {
                to.fill(f32::NEG_INFINITY);
                rows.for_each(|(_, from)| to.iter_mut().zip(from).for_each(|(most, x)| *most = most.max(*x)));
            }
            Operation::Mean => {
                to.fill(0.0);
                rows.for_each(|(_, from)| to.iter_mut().zip(from).for_each(|(sum, x)| *sum += x));
                let scale = 1.0 / patch.len() as f32;
                to.iter_mut().for_each(|sum| *sum *= scale);
            }
            _ => {
                to.copy_from_slice(&layer.biases);
                for (at, from) in rows {
                    let weights = &layer.weights[at * channels..][..channels];
                    to.iter_mut().zip(from).zip(weights).for_each(|((sum, x), weight)| *sum += x * weight);
                }
            }
        }
    }
}

/// In a fixed order with 16 partial sums: the same bits on every machine, and vectors on most.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (groups, rest) = a.as_chunks::<16>();
    let (other_groups, other_rest) = b.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for (a, b) in groups.iter().zip(other_groups) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let last: f32 = rest.iter().zip(other_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + last
}
