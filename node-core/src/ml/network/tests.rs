extern crate std;

use super::*;
use crate::dsp::features::{Op, PlanHead};
use crate::ml::ntm::{Channel, Kind, Model, Section, Unit, Writer};
use proptest::prelude::*;
use std::{format, string::String, vec, vec::Vec};

/// A layer that owns its numbers.
#[derive(Clone, Debug)]
struct Made {
    operation: Operation,
    zero: i8,
    low: i8,
    high: i8,
    patch: Patch,
    outputs: u16,
    biases: Vec<i32>,
    /// Quotients of scales; of the last layer its scales.
    quotients: Vec<f64>,
    weights: Vec<i8>,
}

#[derive(Clone, Debug)]
struct Net {
    answer: Answer,
    order: Order,
    scaling: Scaling,
    input: Shape,
    zero: i8,
    factors: Vec<f32>,
    offsets: Vec<f32>,
    layers: Vec<Made>,
}

fn shape(height: u16, width: u16, channels: u16) -> Shape {
    Shape { height, width, channels }
}

impl Net {
    fn head(&self) -> Head<'_> {
        let Self { answer, order, scaling, input, zero, .. } = *self;
        Head { answer, order, scaling, input, zero, factors: &self.factors, offsets: &self.offsets }
    }

    /// A section's words, with the kind in front.
    fn words(&self) -> Vec<u32> {
        let last = self.layers.len() - 1;
        let words: Vec<[Vec<u32>; 2]> = self
            .layers
            .iter()
            .enumerate()
            .map(|(index, layer)| {
                let word = |quotient: &f64| {
                    let scale = (*quotient as f32).to_bits();
                    if index == last { scale } else { factor(*quotient).unwrap() }
                };
                let biases = layer.biases.iter().map(|bias| (*bias as u32).to_le()).collect();
                [biases, layer.quotients.iter().map(|quotient| word(quotient).to_le()).collect()]
            })
            .collect();
        let layers: Vec<Layer> = self
            .layers
            .iter()
            .zip(&words)
            .map(|(layer, [biases, factors])| Layer {
                operation: layer.operation,
                zero: layer.zero,
                low: layer.low,
                high: layer.high,
                patch: layer.patch,
                outputs: layer.outputs,
                biases,
                factors,
                weights: &layer.weights,
            })
            .collect();
        let mut room = vec![0u32; 1 << 16];
        let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room)).unwrap();
        let channel = Channel { unit: Unit::Number, low: -1.0, high: 1.0, name: "x" };
        writer.section(Section::Inputs).unwrap();
        writer.inputs(0.0, &[channel]).unwrap();
        writer.section(Section::Plan).unwrap();
        let head = PlanHead { channels: 1, window: self.input.size(), hop: 1, rate_hz: 1.0 };
        writer.plan(&head, &[Op::Channel { channel: 0 }, Op::Values {}]).unwrap();
        writer.section(Section::Classes).unwrap();
        let names: Vec<String> = (0..self.layers[last].outputs).map(|n| format!("{n}")).collect();
        writer.classes(names.iter().map(String::as_str)).unwrap();
        writer.section(Section::Model).unwrap();
        writer.network(&self.head(), &layers).unwrap();
        let length = writer.finish().unwrap().len();
        room.truncate(length / 4);
        room
    }

    /// What it should say, in f64 place by place; rounding as the format says it.
    fn oracle(&self, features: &[f32]) -> Vec<f64> {
        let Shape { height, width, channels } = self.input;
        let (height, width, channels) = (usize::from(height), usize::from(width), usize::from(channels));
        let mut now = Vec::new();
        for place in 0..height * width {
            for channel in 0..channels {
                let index = match self.order {
                    Order::ChannelsLast => place * channels + channel,
                    Order::ChannelsFirst => channel * height * width + place,
                };
                let scale = match self.scaling {
                    Scaling::All => 0,
                    Scaling::Channel => channel,
                    Scaling::Number => place * channels + channel,
                };
                let x = features[index] * self.factors[scale] + self.offsets[scale];
                now.push(libm::rint(f64::from(x).clamp(-128.0, 127.0)));
            }
        }
        let (mut shape, mut zero) = (self.input, f64::from(self.zero));
        for (index, layer) in self.layers.iter().enumerate() {
            let output = layer.output(shape);
            let mut next = Vec::new();
            for row in 0..output.height {
                for column in 0..output.width {
                    for out in 0..usize::from(output.channels) {
                        let sum = layer.one(&now, shape, zero, [row, column], out);
                        if index + 1 == self.layers.len() {
                            next.push(sum * f64::from(layer.quotients[out] as f32));
                            continue;
                        }
                        let exact = match layer.operation {
                            Operation::Greatest | Operation::Mean => sum,
                            _ => sum * in_24_bits(layer.quotients[out]) + f64::from(layer.zero),
                        };
                        next.push(libm::floor(exact + 0.5).clamp(layer.low.into(), layer.high.into()));
                    }
                }
            }
            (now, shape, zero) = (next, output, layer.zero.into());
        }
        if self.answer == Answer::Shares {
            let most = now.iter().copied().fold(f64::MIN, f64::max);
            now.iter_mut().for_each(|x| *x = libm::exp(*x - most));
            let all: f64 = now.iter().sum();
            now.iter_mut().for_each(|x| *x /= all);
        }
        now
    }
}

fn in_24_bits(quotient: f64) -> f64 {
    let word = factor(quotient).unwrap();
    f64::from(word >> 8) / f64::from(word & 0xff).exp2() / 33_554_432.0
}

impl Made {
    fn output(&self, shape: Shape) -> Shape {
        let [down, across] = self.patch.stride.map(u16::from);
        let [top, left, bottom, right] = self.patch.beyond.map(u16::from);
        Shape {
            height: (shape.height + top + bottom - self.patch.height) / down + 1,
            width: (shape.width + left + right - self.patch.width) / across + 1,
            channels: self.outputs,
        }
    }

    /// The sum, greatest or mean of one output.
    fn one(&self, from: &[f64], shape: Shape, zero: f64, [row, column]: [u16; 2], out: usize) -> f64 {
        let channels = usize::from(shape.channels);
        let (mut sum, mut most, mut term) = (0.0, -128.0f64, 0);
        for down in 0..self.patch.height {
            for across in 0..self.patch.width {
                let y =
                    i32::from(row * u16::from(self.patch.stride[0]) + down) - i32::from(self.patch.beyond[0]);
                let x = i32::from(column * u16::from(self.patch.stride[1]) + across)
                    - i32::from(self.patch.beyond[1]);
                let inside =
                    (0..i32::from(shape.height)).contains(&y) && (0..i32::from(shape.width)).contains(&x);
                let begin = (y * i32::from(shape.width) + x) as usize;
                let at = |channel| if inside { from[begin * channels + channel] } else { zero };
                match self.operation {
                    Operation::Convolution => {
                        for channel in 0..channels {
                            let terms = self.weights.len() / usize::from(self.outputs);
                            sum += f64::from(self.weights[out * terms + term * channels + channel])
                                * at(channel);
                        }
                    }
                    Operation::Depthwise => sum += f64::from(self.weights[term * channels + out]) * at(out),
                    Operation::Greatest => most = if inside { most.max(at(out)) } else { most },
                    Operation::Mean => sum += at(out),
                }
                term += 1;
            }
        }
        match self.operation {
            Operation::Greatest => most,
            Operation::Mean => {
                let places = f64::from(self.patch.height) * f64::from(self.patch.width);
                sum * libm::floor(2_147_483_648.0 / places + 0.5) / 2_147_483_648.0
            }
            _ => sum + f64::from(self.biases[out]),
        }
    }
}

/// Numbers for a test, from one seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end.max(1) as u64) as usize
    }

    fn i8(&mut self) -> i8 {
        (self.below(256) as i32 - 128) as i8
    }

    fn f32(&mut self) -> f32 {
        self.below(2001) as f32 / 1000.0 - 1.0
    }

    fn net(&mut self) -> Net {
        let input = match self.below(3) {
            0 => shape(1, 1, 1 + self.below(40) as u16),
            1 => shape(4 + self.below(12) as u16, 1, 1 + self.below(7) as u16),
            _ => shape(4 + self.below(6) as u16, 4 + self.below(6) as u16, 1 + self.below(19) as u16),
        };
        let scaling = [Scaling::All, Scaling::Channel, Scaling::Number][self.below(3)];
        let mut net = Net {
            answer: [Answer::Values, Answer::Shares][self.below(2)],
            order: [Order::ChannelsLast, Order::ChannelsFirst][self.below(2)],
            scaling,
            input,
            zero: self.i8(),
            factors: (0..scaling.count(input)).map(|_| 90.0 * self.f32()).collect(),
            offsets: (0..scaling.count(input)).map(|_| 30.0 * self.f32()).collect(),
            layers: Vec::new(),
        };
        let (mut now, mut zero) = (input, net.zero);
        for _ in 0..self.below(4) {
            let layer = self.layer(now, zero);
            (now, zero) = (layer.output(now), layer.zero);
            net.layers.push(layer);
        }
        let outputs = 1 + self.below(26) as u16;
        net.layers.push(self.weighted(Operation::Convolution, Patch::whole(now), now, outputs, 1e-4));
        net
    }

    fn layer(&mut self, from: Shape, zero: i8) -> Made {
        let operations = [Operation::Convolution, Operation::Depthwise, Operation::Greatest, Operation::Mean];
        let operation = operations[self.below(4)];
        let (height, width) =
            (1 + self.below(from.height.min(5).into()), 1 + self.below(from.width.min(5).into()));
        let mut beyond = [height, width, height, width].map(|length| self.below(length.min(3)) as u8);
        if operation == Operation::Mean {
            beyond = [0; 4];
        }
        let stride = [1 + self.below(3) as u8, 1 + self.below(3) as u8];
        let mut patch = Patch { height: height as u16, width: width as u16, stride, beyond };
        if self.below(4) == 0 {
            patch = Patch::whole(from);
        }
        let outputs =
            if operation == Operation::Convolution { 1 + self.below(21) as u16 } else { from.channels };
        let quotient = 0.02 / libm::sqrt(f64::from(patch.height) * f64::from(patch.width));
        let mut layer = self.weighted(operation, patch, from, outputs, quotient);
        if matches!(operation, Operation::Greatest | Operation::Mean) {
            layer.zero = zero;
        }
        layer
    }

    fn weighted(
        &mut self,
        operation: Operation,
        patch: Patch,
        from: Shape,
        outputs: u16,
        about: f64,
    ) -> Made {
        let weighted = matches!(operation, Operation::Convolution | Operation::Depthwise);
        let sets = if weighted { usize::from(outputs) } else { 0 };
        let places = usize::from(patch.height) * usize::from(patch.width);
        let channels = if operation == Operation::Convolution { usize::from(from.channels) } else { 1 };
        let zero = self.i8();
        Made {
            operation,
            zero,
            low: [zero, -128][self.below(2)],
            high: zero.max(100),
            patch,
            outputs,
            biases: (0..sets).map(|_| self.below(20_000) as i32 - 10_000).collect(),
            quotients: (0..sets).map(|_| about * (0.1 + self.below(1000) as f64 / 500.0)).collect(),
            weights: (0..places * channels * sets).map(|_| self.i8()).collect(),
        }
    }
}

fn ask(words: &[u32], features: &[f32]) -> Vec<f32> {
    let model = Model::open(bytemuck::cast_slice(words)).unwrap();
    // What the room holds before does not matter.
    let mut scratch = vec![f32::from_bits(0x5a5a_5a5a); model.scratch()];
    let said = model.ask(features, &mut scratch).unwrap();
    said[..model.classes.count()].to_vec()
}

proptest! {
    #[test]
    fn what_it_says_is_what_f64_says_of_the_same_weights(seed: u64) {
        let mut chance = Chance(seed);
        let net = chance.net();
        let words = net.words();
        let features: Vec<f32> = (0..net.input.size()).map(|_| chance.f32()).collect();
        for (said, expected) in ask(&words, &features).iter().zip(net.oracle(&features)) {
            prop_assert!((f64::from(*said) - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{said} and {expected}");
        }
    }

    #[test]
    fn a_network_says_how_it_is_made(seed: u64) {
        let net = Chance(seed).net();
        let words = net.words();
        let model = Model::open(bytemuck::cast_slice(&words)).unwrap();
        let Kind::Network(network) = &model.kind else { panic!("{:?}", model.kind) };
        let mut shape = net.input;
        let mut work = Work { inputs: shape.size() as u64, ..Work::default() };
        let (mut sums, mut across) = (0, 0);
        prop_assert_eq!(network.layers().count(), net.layers.len());
        for ((layer, output), made) in network.layers().zip(&net.layers) {
            let terms = made.weights.len() / usize::from(made.outputs);
            let places = output.places() as u64;
            let each = (terms * usize::from(made.outputs)) as u64 * places;
            prop_assert_eq!(output, made.output(shape));
            prop_assert_eq!(layer.weights, &made.weights[..]);
            let weighted = matches!(made.operation, Operation::Convolution | Operation::Depthwise);
            sums += if weighted { output.size() as u64 } else { 0 };
            across += if made.operation == Operation::Convolution { output.size() as u64 } else { 0 };
            match made.operation {
                Operation::Convolution if layer.is_whole(shape) => work.dense += each,
                Operation::Convolution => work.convolution += each,
                Operation::Depthwise => work.depthwise += each,
                _ => work.pooled += places * (layer.patch.places() * usize::from(made.outputs)) as u64,
            }
            work.outputs += output.size() as u64;
            shape = output;
        }
        work.exponentials = if net.answer == Answer::Shares { shape.size() as u64 } else { 0 };
        (work.sums, work.across) = (sums, across);
        prop_assert_eq!(Work { copied: 0, rows: 0, ..network.work() }, work);
        prop_assert_eq!(network.work().copied > 0, network.work().rows > 0);
        let mut small = vec![0.0; model.scratch() - 1];
        prop_assert_eq!(model.ask(&vec![0.0; net.input.size()], &mut small), None);
        let mut enough = vec![0.0; model.scratch()];
        prop_assert_eq!(model.ask(&vec![0.0; net.input.size() + 1], &mut enough), None);
    }

    #[test]
    fn changed_bytes_are_refused_or_answered(seed: u64, at: prop::sample::Index, byte: u8, also: prop::sample::Index) {
        let mut words = Chance(seed).net().words();
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        // The layers' fields, more often than the weights: from the section on.
        let from = bytes.windows(4).position(|field| field == Kind::NETWORK.to_le_bytes()).unwrap();
        let (at, also) = (from + at.index(64), from + also.index(bytes.len() - from));
        if let Some(changed) = bytes.get_mut(at) {
            *changed = byte;
        }
        bytes[also] = !byte;
        let crc = crate::crc::crc32(crate::crc::crc32(0, &bytes[..12]), &bytes[16..]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        match Model::open(bytes) {
            Err(error) => prop_assert!(error.at <= bytes.len()),
            Ok(model) => {
                let mut scratch = vec![0.0; model.scratch()];
                let features = vec![f32::NAN; model.kind.features()];
                prop_assert!(model.ask(&features, &mut scratch).is_some());
            }
        }
    }

    #[test]
    fn a_factor_is_the_nearest_of_24_bits(part in 0.5f64..1.0, power in -32i32..-1) {
        let quotient = part * f64::from(power).exp2();
        let far = (in_24_bits(quotient) / quotient - 1.0).abs();
        prop_assert!(far <= (-24.0f64).exp2(), "{quotient}: {far}");
    }
}

#[test]
fn factors_have_limits() {
    for quotient in [0.0, -0.1, 0.25, f64::NAN, f64::INFINITY, 1e-12] {
        assert_eq!(factor(quotient), None, "{quotient}");
    }
    assert_eq!(factor(0.125), Some((1 << 23 << 8) | 1));
}

#[test]
fn inputs_are_rounded_to_the_even_number_and_held() {
    let rounded: Vec<i8> =
        [0.5, 1.5, -0.5, -2.5, 2.4999, 126.6, 1e9, -1e9, f32::NAN].map(run::nearest).to_vec();
    assert_eq!(rounded, [0, 2, 0, -2, 2, 127, 127, -128, 0]);
}

/// 2 inputs, a layer of 2 with a ReLU, and 1 value.
fn small() -> Net {
    let weights = |weights: &[i8], biases: &[i32], quotients: &[f64], low| Made {
        operation: Operation::Convolution,
        zero: -128,
        low,
        high: 127,
        patch: Patch { height: 1, width: 1, stride: [1, 1], beyond: [0; 4] },
        outputs: biases.len() as u16,
        biases: biases.to_vec(),
        quotients: quotients.to_vec(),
        weights: weights.to_vec(),
    };
    Net {
        answer: Answer::Values,
        order: Order::ChannelsLast,
        scaling: Scaling::All,
        input: shape(1, 1, 2),
        zero: 0,
        factors: vec![64.0],
        offsets: vec![0.0],
        layers: vec![
            weights(&[100, 0, 0, -100], &[0, 0], &[0.015625, 0.015625], -128),
            // Both zeros are 128 below: 128 * (50 + 25) more.
            weights(&[50, 25], &[9600], &[0.001], -128),
        ],
    }
}

/// 64 x 100 / 64 = 100 over zero, times 50 is 5000; the other is below zero and held there.
#[test]
fn a_small_one_is_as_by_hand() {
    assert_eq!(ask(&small().words(), &[1.0, 1.0]), [5.0]);
    assert_eq!(ask(&small().words(), &[-1.0, -1.0]), [2.5]);
}

#[test]
fn what_is_wrong_is_refused_where_it_stands() {
    type Change = fn(&mut Net);
    let wrong: [(Change, &str); 9] = [
        (
            |net| net.layers[0].patch.height = 2,
            "a patch's places is 2, allowed: what fits into the layer's input",
        ),
        (
            |net| net.layers[0].patch.stride = [0, 1],
            "a patch's places is 1, allowed: what fits into the layer's input",
        ),
        (|net| net.layers[0].patch.beyond = [1, 0, 0, 0], "a patch's places is 1, allowed: what fits into"),
        (|net| net.layers[0].low = 127, ""),
        (
            |net| (net.layers[0].low, net.layers[0].high) = (5, 4),
            "a layer's low end is 5, allowed: up to its high end",
        ),
        (
            |net| net.layers[0].biases[1] = (1 << 30) + 1,
            "a layer's bias is 1073741825, allowed: -2^30 to 2^30",
        ),
        (
            |net| net.layers[1].quotients[0] = 1e10,
            "a scale of the last layer is 10000000000, allowed: numbers less",
        ),
        (
            |net| net.layers[1].quotients[0] = f64::NAN,
            "a scale of the last layer is NaN, allowed: numbers less",
        ),
        (
            |net| net.factors[0] = f32::INFINITY,
            "a factor or offset of the inputs is inf, allowed: finite numbers",
        ),
    ];
    for (change, expected) in wrong {
        let mut net = small();
        change(&mut net);
        let words = net.words();
        let found = Model::open(bytemuck::cast_slice(&words))
            .map_or_else(|error| format!("{error}"), |_| String::new());
        assert!(
            found.contains(expected) && found.is_empty() == expected.is_empty(),
            "{found:?}, not {expected:?}"
        );
    }
    // One place, but not of all that comes in.
    let mut net = small();
    (net.input, net.layers[0].patch) = (shape(1, 2, 1), Patch::whole(shape(1, 2, 1)));
    net.layers[0].weights = vec![1, 2, 3, 4];
    assert!(Model::open(bytemuck::cast_slice(&net.words())).is_ok());
    net.layers.remove(1);
    (net.layers[0].patch.width, net.layers[0].patch.stride) = (1, [1, 2]);
    net.layers[0].weights = vec![1, 2];
    let words = net.words();
    let error = Model::open(bytemuck::cast_slice(&words)).map(|_| ()).unwrap_err();
    assert!(
        format!("{error}").ends_with("the last layer's operation is 0, allowed: 0, over all that comes in")
    );

    let mut net = small();
    net.layers.pop();
    let last = net.layers.len() - 1;
    (net.layers[last].operation, net.layers[last].weights) = (Operation::Depthwise, vec![1, 2]);
    let words = net.words();
    let error = Model::open(bytemuck::cast_slice(&words)).map(|_| ()).unwrap_err();
    assert!(
        format!("{error}").ends_with("the last layer's operation is 1, allowed: 0, over all that comes in")
    );
}
