//! How a network learns: gradients backwards through its layers, and Adam's steps.
//!
//! One seed gives one result, to the last bit and on every machine: the order of all sums is fixed, chance comes from named
//! streams, and what is no plain arithmetic goes through `libm`.

use super::net::{Flow, Layer, Net};
use node_core::ml::network::{Operation, Shape};
use scenarios::rng::{Stream, Streams};

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesson {
    /// Times that everything is seen, and steps at least: few rows are seen more often.
    pub epochs: usize,
    pub least_steps: usize,
    /// Rows of a step.
    pub batch: usize,
    /// Length of the first steps; it falls to zero along half a cosine.
    pub rate: f32,
    /// Share of a weight that is lost, for a step of length 1.
    pub decay: f32,
    /// Chance that a number is left out before a dense layer behind another.
    pub dropout: f32,
    /// Standard deviation of what is added to each input, of which the standard deviation is 1.
    pub noise: f32,
    /// Places that an input may be moved down or up by (of a signal over time: later or earlier).
    pub shift: usize,
    /// Share of certainty that is given to all classes alike.
    pub doubt: f32,
}

/// Inputs, standardised and channels last, and what each of them is.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub inputs: &'a [Vec<f32>],
    pub labels: &'a [usize],
    pub classes: usize,
}

/// Draws the first weights, as wide as keeps the numbers' spread from layer to layer (He and others, 2015).
pub fn begin(net: &mut Net, streams: &Streams) {
    let mut stream = streams.stream("network.weights");
    let mut channels = usize::from(net.input.channels);
    for layer in net.layers.iter_mut().filter(|layer| layer.is_weighted()) {
        let terms = layer.terms(channels);
        let sets = layer.outputs;
        let scale = (2.0 / terms as f32).sqrt();
        layer.weights = (0..terms * sets).map(|_| stream.normal() * scale).collect();
        layer.biases = vec![0.0; sets];
        channels = layer.outputs;
    }
}

/// Adam (Kingma and Ba, 2015) with weights that decay by themselves (Loshchilov and Hutter, 2019).
struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Adam {
    const KEEP: [f32; 2] = [0.9, 0.999];

    fn new(count: usize) -> Self {
        Self { first: vec![0.0; count], second: vec![0.0; count] }
    }

    /// `mend`: what the means lack because they began at zero, of each.
    fn step(&mut self, numbers: &mut [f32], gradient: &[f32], rate: f32, decay: f32, mend: [f32; 2]) {
        let [keep_first, keep_second] = Self::KEEP;
        let means = self.first.iter_mut().zip(&mut self.second);
        for ((number, gradient), (first, second)) in numbers.iter_mut().zip(gradient).zip(means) {
            *first = keep_first * *first + (1.0 - keep_first) * gradient;
            *second = keep_second * *second + (1.0 - keep_second) * gradient * gradient;
            let step = (*first * mend[0]) / ((*second * mend[1]).sqrt() + 1e-8);
            *number -= rate * (step + decay * *number);
        }
    }
}

/// Learns from rows, of which each class counts alike.
pub fn learn(
    net: &mut Net,
    rows: &Rows,
    lesson: &Lesson,
    streams: &Streams,
    mut progress: impl FnMut(usize, usize),
) {
    let Some(flow) = Flow::of(net) else { return };
    let Rows { inputs, labels, classes } = *rows;
    if inputs.is_empty() {
        return;
    }
    let weights = balance(labels, classes);
    let mut back = Back::of(net, flow);
    let mut adams: Vec<[Adam; 2]> = net
        .layers
        .iter()
        .map(|layer| [&layer.weights, &layer.biases].map(|numbers| Adam::new(numbers.len())))
        .collect();
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    let mut shuffle = streams.stream("network.order");
    let mut chance = streams.stream("network.noise");
    let steps_of_epoch = inputs.len().div_ceil(lesson.batch.max(1));
    let epochs = lesson.epochs.max(lesson.least_steps.div_ceil(steps_of_epoch));
    let steps = epochs * steps_of_epoch;
    let mut step = 0;
    let mut kept = [1.0f32; 2];
    for _ in 0..epochs {
        shuffled(&mut order, &mut shuffle);
        for batch in order.chunks(lesson.batch.max(1)) {
            progress(step, steps);
            back.clear();
            let share = 1.0 / batch.len() as f32;
            for &row in batch {
                back.disturbed(&inputs[row], lesson, &mut chance);
                back.row(net, labels[row], weights[labels[row]] * share, lesson, &mut chance);
            }
            kept.iter_mut().zip(Adam::KEEP).for_each(|(kept, keep)| *kept *= keep);
            let mend = kept.map(|kept| 1.0 / (1.0 - kept));
            let part = step as f32 / steps as f32;
            let rate = lesson.rate * 0.5 * (1.0 + libm::cosf(core::f32::consts::PI * part));
            for ((layer, [of_weights, of_biases]), [weights, biases]) in
                net.layers.iter_mut().zip(&mut adams).zip(&back.gradients)
            {
                of_weights.step(&mut layer.weights, weights, rate, lesson.decay, mend);
                of_biases.step(&mut layer.biases, biases, rate, 0.0, mend);
            }
            step += 1;
        }
    }
    progress(steps, steps);
}

/// A weight a class, so that all classes have the same together.
fn balance(labels: &[usize], classes: usize) -> Vec<f32> {
    let mut counts = vec![0usize; classes];
    labels.iter().for_each(|label| counts[*label] += 1);
    let there = counts.iter().filter(|count| **count > 0).count();
    let all = labels.len() as f32 / there.max(1) as f32;
    counts.iter().map(|count| all / (*count).max(1) as f32).collect()
}

/// Fisher and Yates.
fn shuffled(order: &mut [usize], stream: &mut Stream) {
    for end in (1..order.len()).rev() {
        let other = (stream.next_u64() % (end as u64 + 1)) as usize;
        order.swap(end, other);
    }
}

/// Gradients: of each layer's numbers, and of its weights and biases.
struct Back {
    flow: Flow,
    of_numbers: Vec<Vec<f32>>,
    of_patch: Vec<f32>,
    gradients: Vec<[Vec<f32>; 2]>,
}

impl Back {
    fn of(net: &Net, flow: Flow) -> Self {
        let of_numbers = flow.numbers.iter().map(|numbers| vec![0.0; numbers.len()]).collect();
        let gradients = net
            .layers
            .iter()
            .map(|layer| [&layer.weights, &layer.biases].map(|numbers| vec![0.0; numbers.len()]));
        Self { gradients: gradients.collect(), of_numbers, of_patch: Vec::new(), flow }
    }

    fn clear(&mut self) {
        self.gradients.iter_mut().flatten().for_each(|numbers| numbers.fill(0.0));
    }

    /// Puts a row in, moved and with noise.
    fn disturbed(&mut self, row: &[f32], lesson: &Lesson, chance: &mut Stream) {
        let to = &mut self.flow.numbers[0];
        let Shape { height, .. } = self.flow.shapes[0];
        let line = to.len() / usize::from(height).max(1);
        let shift = if lesson.shift > 0 { chance.next_u64() as usize % (2 * lesson.shift + 1) } else { 0 };
        for (at, to) in to.chunks_exact_mut(line).enumerate() {
            // What moves in repeats the first or last line.
            let from = (at + shift).saturating_sub(lesson.shift).min(usize::from(height) - 1);
            to.copy_from_slice(&row[from * line..][..line]);
        }
        if lesson.noise > 0.0 {
            to.iter_mut().for_each(|x| *x += lesson.noise * chance.normal());
        }
    }

    /// One row: forwards, and backwards with what it adds to the gradients.
    fn row(&mut self, net: &Net, label: usize, weight: f32, lesson: &Lesson, chance: &mut Stream) {
        let whole = |index: usize| {
            net.layers.get(index + 1).is_some_and(|next| is_whole(next, self.flow.shapes[index + 1]))
        };
        let dropped: Vec<bool> =
            (0..net.layers.len()).map(|index| lesson.dropout > 0.0 && whole(index)).collect();
        let scale = 1.0 / (1.0 - lesson.dropout);
        let mut kept: Vec<Vec<bool>> = vec![Vec::new(); net.layers.len()];
        let said = self.flow.run(net, |index, numbers| {
            if dropped[index] {
                kept[index] = numbers.iter().map(|_| chance.uniform() >= lesson.dropout).collect();
                numbers
                    .iter_mut()
                    .zip(&kept[index])
                    .for_each(|(x, kept)| *x = if *kept { *x * scale } else { 0.0 });
            }
        });
        let most = said.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let shares: Vec<f32> = said.iter().map(|x| libm::expf(x - most)).collect();
        let all = 1.0 / shares.iter().sum::<f32>();
        let rest = lesson.doubt / said.len() as f32;
        let last = self.of_numbers.last_mut().expect("a layer at least");
        for (class, (gradient, share)) in last.iter_mut().zip(&shares).enumerate() {
            let wanted = if class == label { 1.0 - lesson.doubt + rest } else { rest };
            *gradient = weight * (share * all - wanted);
        }
        for index in (0..net.layers.len()).rev() {
            if dropped[index] {
                let gradients = self.of_numbers[index + 1].iter_mut().zip(&kept[index]);
                gradients
                    .for_each(|(gradient, kept)| *gradient = if *kept { *gradient * scale } else { 0.0 });
            }
            self.layer(net, index);
        }
    }

    fn layer(&mut self, net: &Net, index: usize) {
        let layer = &net.layers[index];
        let (before, behind) = self.of_numbers.split_at_mut(index + 1);
        let (to, from) = (&mut before[index][..], &mut behind[0][..]);
        let (taken, given) = (&self.flow.numbers[index], &self.flow.numbers[index + 1]);
        if layer.relu {
            from.iter_mut()
                .zip(given)
                .for_each(|(gradient, x)| *gradient = if *x > 0.0 { *gradient } else { 0.0 });
        }
        // Nobody asks for the gradient of what comes in.
        let wanted = index > 0;
        to.fill(0.0);
        let channels = usize::from(self.flow.shapes[index].channels);
        let places = &self.flow.places[index];
        let [of_weights, of_biases] = &mut self.gradients[index];
        if layer.operation == Operation::Convolution {
            let terms = layer.terms(channels);
            let patches = self.flow.patches[index].chunks_exact(terms);
            let rows = from.chunks_exact(layer.outputs).zip(patches).zip(places.patches());
            for ((gradients, patch), places) in rows {
                self.of_patch.clear();
                self.of_patch.resize(terms, 0.0);
                for (output, &gradient) in
                    gradients.iter().enumerate().filter(|(_, gradient)| **gradient != 0.0)
                {
                    of_biases[output] += gradient;
                    add(&mut of_weights[output * terms..][..terms], gradient, patch);
                    if wanted {
                        add(&mut self.of_patch, gradient, &layer.weights[output * terms..][..terms]);
                    }
                }
                if wanted {
                    for (place, gradients) in places.iter().zip(self.of_patch.chunks_exact(channels)) {
                        if let Some(place) = place {
                            add(&mut to[*place as usize * channels..][..channels], 1.0, gradients);
                        }
                    }
                }
            }
            return;
        }
        for (output, (gradients, places)) in from.chunks_exact(channels).zip(places.patches()).enumerate() {
            let inside =
                places.iter().enumerate().filter_map(|(at, place)| Some((at, (*place)? as usize * channels)));
            match layer.operation {
                Operation::Greatest => {
                    let given = &given[output * channels..][..channels];
                    for (channel, &gradient) in gradients.iter().enumerate().filter(|(_, g)| **g != 0.0) {
                        // The first of equals, as it was found.
                        let most = inside.clone().find(|(_, place)| taken[place + channel] >= given[channel]);
                        if let Some((_, place)) = most {
                            to[place + channel] += gradient;
                        }
                    }
                }
                Operation::Mean => {
                    let scale = 1.0 / places.len() as f32;
                    inside.for_each(|(_, place)| add(&mut to[place..][..channels], scale, gradients));
                }
                _ => {
                    add(of_biases, 1.0, gradients);
                    for (at, place) in inside {
                        let of_weights = &mut of_weights[at * channels..][..channels];
                        let taken = &taken[place..][..channels];
                        of_weights
                            .iter_mut()
                            .zip(gradients)
                            .zip(taken)
                            .for_each(|((sum, g), x)| *sum += g * x);
                        let weights = &layer.weights[at * channels..][..channels];
                        let to = &mut to[place..][..channels];
                        to.iter_mut()
                            .zip(gradients)
                            .zip(weights)
                            .for_each(|((sum, g), weight)| *sum += g * weight);
                    }
                }
            }
        }
    }
}

fn is_whole(layer: &Layer, shape: Shape) -> bool {
    layer.operation == Operation::Convolution
        && (layer.patch.height, layer.patch.width) == (shape.height, shape.width)
}

fn add(sums: &mut [f32], scale: f32, numbers: &[f32]) {
    sums.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += scale * x);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::network::net::dot;
    use node_core::ml::network::Patch;

    fn net(streams: &Streams) -> Net {
        let input = Shape { height: 6, width: 5, channels: 2 };
        let patch = |height, width, stride: u8, beyond| Patch { height, width, stride: [stride; 2], beyond };
        let layer = |operation, patch, outputs, relu| Layer {
            operation,
            patch,
            outputs,
            relu,
            weights: vec![],
            biases: vec![],
        };
        let mut net = Net {
            input,
            layers: vec![
                layer(Operation::Convolution, patch(3, 3, 1, [1; 4]), 4, true),
                layer(Operation::Greatest, patch(2, 2, 2, [0, 0, 0, 1]), 4, false),
                layer(Operation::Depthwise, patch(3, 3, 1, [1; 4]), 4, true),
                layer(Operation::Convolution, patch(1, 1, 1, [0; 4]), 5, true),
                layer(Operation::Mean, patch(3, 2, 1, [0; 4]), 5, false),
                layer(Operation::Convolution, patch(1, 2, 1, [0; 4]), 3, false),
            ],
        };
        begin(&mut net, streams);
        net
    }

    const LESSON: Lesson = Lesson {
        epochs: 1,
        least_steps: 0,
        batch: 1,
        rate: 0.01,
        decay: 0.0,
        dropout: 0.0,
        noise: 0.0,
        shift: 0,
        doubt: 0.1,
    };

    fn loss(net: &Net, row: &[f32], label: usize) -> f64 {
        let mut flow = Flow::of(net).unwrap();
        flow.numbers[0].copy_from_slice(row);
        let said: Vec<f64> = flow.run(net, |_, _| {}).iter().map(|x| f64::from(*x)).collect();
        let all = said.iter().map(|x| x.exp()).sum::<f64>().ln();
        let rest = f64::from(LESSON.doubt) / said.len() as f64;
        let of_class = |class| if class == label { 1.0 - f64::from(LESSON.doubt) + rest } else { rest };
        said.iter().enumerate().map(|(class, x)| of_class(class) * (all - x)).sum()
    }

    /// Every weight a little more and a little less: the loss changes as the gradient says.
    #[test]
    fn gradients_are_those_of_small_differences() {
        let streams = Streams::new(5);
        let mut net = net(&streams);
        let mut stream = streams.stream("test.row");
        // At exactly zero a ReLU has no slope to compare.
        net.layers
            .iter_mut()
            .flat_map(|layer| &mut layer.biases)
            .for_each(|bias| *bias = 0.2 * stream.normal());
        let row: Vec<f32> = (0..net.input.size()).map(|_| stream.normal()).collect();
        let mut back = Back::of(&net, Flow::of(&net).unwrap());
        back.disturbed(&row, &LESSON, &mut stream);
        back.row(&net, 1, 1.0, &LESSON, &mut stream);
        let mut compared = 0;
        for (index, layer) in net.layers.iter().enumerate() {
            for (at, gradient) in back.gradients[index].iter().flatten().enumerate() {
                let changed = |by: f32| {
                    let mut net = net.clone();
                    let layer_of = &mut net.layers[index];
                    match layer_of.weights.get_mut(at) {
                        Some(weight) => *weight += by,
                        None => layer_of.biases[at - layer.weights.len()] += by,
                    }
                    loss(&net, &row, 1)
                };
                let difference = (changed(1e-4) - changed(-1e-4)) / 2e-4;
                assert!(
                    (difference - f64::from(*gradient)).abs() < 2e-3,
                    "{index}, {at}: {difference} and {gradient}"
                );
                compared += usize::from(*gradient != 0.0);
            }
        }
        assert!(compared > 80, "{compared}");
    }

    #[test]
    fn one_seed_is_one_network_and_it_learns() {
        let streams = Streams::new(3);
        let mut stream = streams.stream("test.rows");
        let labels: Vec<usize> = (0..90).map(|n| n % 3).collect();
        let inputs: Vec<Vec<f32>> = labels
            .iter()
            .map(|label| {
                // Of two channels the first, the second, or both in every other line.
                let bright = |at: usize| match label {
                    0 => at.is_multiple_of(2),
                    1 => at % 2 == 1,
                    _ => (at / 10).is_multiple_of(2),
                };
                (0..60).map(|at| f32::from(u8::from(bright(at))) + 0.5 * stream.normal()).collect()
            })
            .collect();
        let rows = Rows { inputs: &inputs, labels: &labels, classes: 3 };
        let lesson = Lesson { epochs: 12, batch: 8, dropout: 0.1, noise: 0.1, shift: 1, ..LESSON };
        let learnt = |seed| {
            let streams = Streams::new(seed);
            let mut net = net(&streams);
            learn(&mut net, &rows, &lesson, &streams, |_, _| {});
            net
        };
        let (net, again) = (learnt(1), learnt(1));
        assert_eq!(net, again);
        assert_ne!(net, learnt(2));
        let mut flow = Flow::of(&net).unwrap();
        let right = inputs.iter().zip(&labels).filter(|(row, label)| {
            flow.numbers[0].copy_from_slice(row);
            let said = flow.run(&net, |_, _| {});
            (0..3).all(|class| said[class] <= said[**label])
        });
        assert!(right.count() > 80);
    }

    #[test]
    fn a_dot_is_that_of_f64() {
        let mut stream = Streams::new(1).stream("test.dot");
        let [a, b]: [Vec<f32>; 2] = std::array::from_fn(|_| (0..77).map(|_| stream.normal()).collect());
        let exact: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-4);
    }
}
