//! Networks of 8 bits. They are asked as a whole, so a kernel is had alone as what one network takes beyond another that has a
//! layer less. Both are charged as the apps charge them.

use super::run_parts;
use crate::inputs;
use crate::{Case, Laboratory, Purpose};
use core::array::from_fn;
use node_core::dsp::convert::SCALE;
use node_core::meter::{Kernel, Work};
use node_core::ml::MAX_CLASSES;
use node_core::ml::linear::Answer;
use node_core::ml::network::{Head, Layer, Network, Operation, Order, Patch, Scaling, Shape};
use node_core::ml::ntm::{Aligned, Writer};

use Operation::{Convolution, Depthwise, Greatest, Mean};

const FILE: usize = 16 * 1024;
const WEIGHTS: usize = 4 * 1024;
/// Most inputs.
const INPUTS: usize = 512;
/// Most layers before the last one.
const LAYERS: usize = 6;
/// Bytes that a network works in.
const ROOM: usize = 4 * 1024;
/// What stands before a network that is written without a section: the file's head and the kind.
const BEFORE: usize = 20;
/// Calls of a case, each with other inputs.
const CALLS: usize = 2;

/// A layer before the last: operation, height and width of its patch, its stride both ways, places beyond the edges, outputs.
type Step = (Operation, [u16; 2], u8, [u8; 4], u16);

/// A network: what comes in, the layers, and the outputs of the last one, which is dense.
struct Sketch<'s> {
    input: Shape,
    order: Order,
    scaling: Scaling,
    steps: &'s [Step],
    outputs: u16,
}

const fn shape(height: u16, width: u16, channels: u16) -> Shape {
    Shape { height, width, channels }
}

/// As `nodetwin train` makes perceptrons.
fn over_features(inputs: u16, steps: &[Step], outputs: u16) -> Sketch<'_> {
    let (order, scaling) = (Order::ChannelsLast, Scaling::Number);
    Sketch { input: shape(1, 1, inputs), order, scaling, steps, outputs }
}

/// As `nodetwin train` makes convolutions.
fn over_time(input: Shape, steps: &[Step], outputs: u16) -> Sketch<'_> {
    Sketch { input, order: Order::ChannelsFirst, scaling: Scaling::Channel, steps, outputs }
}

/// What all networks here are made of and asked.
struct Stock {
    weights: [i8; WEIGHTS],
    features: [f32; INPUTS + CALLS],
}

impl Stock {
    fn written<'r>(&self, sketch: &Sketch<'_>, room: &'r mut Aligned<[u8; FILE]>) -> Option<Network<'r>> {
        const NUMBERS: [u32; 64] = [0; 64];
        /// 2^-11: sums of some dozens of products fill 8 bits, and some do not fit.
        const FACTORS: [u32; 64] = [1 << 31 | 9; 64];
        const SCALES: [u32; MAX_CLASSES] = [0x38d1_b717; MAX_CLASSES]; // 1e-4
        let layer = |(operation, [height, width], stride, beyond, outputs): Step, channels: u16| {
            let weighted = matches!(operation, Convolution | Depthwise);
            let sums = if weighted { usize::from(outputs) } else { 0 };
            let deep = if operation == Convolution { usize::from(channels) } else { 1 };
            let patch = Patch { height, width, stride: [stride; 2], beyond };
            Layer {
                operation,
                zero: 0,
                low: if weighted { 0 } else { i8::MIN },
                high: i8::MAX,
                patch,
                outputs,
                biases: &NUMBERS[..sums],
                factors: &FACTORS[..sums],
                weights: &self.weights[..usize::from(height) * usize::from(width) * deep * sums],
            }
        };
        let mut layers = [layer((Mean, [1, 1], 1, [0; 4], 1), 1); LAYERS + 1];
        let mut now = sketch.input;
        for (place, step) in layers.iter_mut().zip(sketch.steps) {
            *place = layer(*step, now.channels);
            now = place.output(now)?;
        }
        let dense = (Convolution, [now.height, now.width], 1, [0; 4], sketch.outputs);
        let last = layer(dense, now.channels);
        layers[sketch.steps.len()] = Layer { factors: &SCALES[..usize::from(sketch.outputs)], ..last };
        let count = sketch.scaling.count(sketch.input);
        let head = Head {
            answer: Answer::Values,
            order: sketch.order,
            scaling: sketch.scaling,
            input: sketch.input,
            zero: 0,
            // The room's sound is loud enough with this for most of the 8 bits.
            factors: &[1_500.0; INPUTS][..count],
            offsets: &[3.0; INPUTS][..count],
        };
        let mut writer = Writer::new(&mut room.0).ok()?;
        writer.network(&head, &layers[..=sketch.steps.len()]).ok()?;
        Network::parse(&writer.finish().ok()?[BEFORE..], sketch.outputs.into()).ok()
    }

    /// What `whole` takes beyond `part`, or all of it.
    fn case(
        &self,
        laboratory: &mut impl Laboratory,
        kernel: Kernel,
        purpose: Purpose,
        whole: &Sketch<'_>,
        part: Option<&Sketch<'_>>,
    ) {
        let (mut whole_room, mut part_room) = (Aligned([0; FILE]), Aligned([0; FILE]));
        let Some(whole) = self.written(whole, &mut whole_room) else { return };
        let part = match part {
            None => None,
            Some(part) => match self.written(part, &mut part_room) {
                None => return,
                written => written,
            },
        };
        let work = beyond(&whole, part.as_ref());
        let units = work.units(kernel) as usize;
        let mut all_calls = Work::NONE;
        (0..CALLS).for_each(|_| all_calls.add_all(&work));
        let case = Case { kernel, units, calls: CALLS, work: all_calls, purpose };
        let ask = |network: &Network<'_>, (room, said): &mut State, index: usize| {
            let features = &self.features[index..index + network.features()];
            *said = network.ask(features, room).unwrap_or_default();
        };
        run_parts(
            laboratory,
            case,
            &mut ([0; ROOM], [0.0; MAX_CLASSES]),
            |state, index| ask(&whole, state, index),
            |state, index| {
                if let Some(part) = &part {
                    ask(part, state, index);
                }
            },
            |(_, said), results| {
                results.floats(said);
            },
        );
    }
}

/// What a network works in, and what it said last.
type State = ([i8; ROOM], [f32; MAX_CLASSES]);

/// What an app charges for `whole` beyond what it charges for `part`.
fn beyond(whole: &Network<'_>, part: Option<&Network<'_>>) -> Work {
    let (mut of_whole, mut of_part, mut more) = (Work::NONE, Work::NONE, Work::NONE);
    whole.work().tell(&mut of_whole);
    if let Some(part) = part {
        part.work().tell(&mut of_part);
    }
    for kernel in Kernel::ALL {
        let calls = of_whole.calls(kernel).saturating_sub(of_part.calls(kernel));
        let units = of_whole.units(kernel).saturating_sub(of_part.units(kernel));
        more.add_calls(kernel, calls as usize, units as usize);
    }
    more
}

pub fn all(laboratory: &mut impl Laboratory) {
    let sound = inputs::sound();
    let stock = Stock {
        weights: from_fn(|n| (sound[(n + n / 1000) % sound.len()] >> (n % 3)) as i8),
        features: from_fn(|n| f32::from(sound[n]) * SCALE),
    };
    sums(laboratory, &stock);
    channels(laboratory, &stock);
    quantising(laboratory, &stock);
    whole(laboratory, &stock);
}

/// Beyond the edges to all sides, so that as much goes out as came in.
const fn around(height: u8, width: u8) -> [u8; 4] {
    [height / 2, width / 2, height / 2, width / 2]
}

fn sums(laboratory: &mut impl Laboratory, stock: &Stock) {
    let dense = |outputs| [(Convolution, [1, 1], 1, [0; 4], outputs)];
    for inputs in [16, 32, 64, 128] {
        let (wide, narrow) = (dense(32), dense(8));
        let part = over_features(inputs, &narrow, 1);
        let whole = over_features(inputs, &wide, 1);
        stock.case(laboratory, Kernel::ByteSum, Purpose::Fit, &whole, Some(&part));
    }
    let (time, image) = (shape(32, 1, 6), shape(12, 10, 4));
    for (input, step, what) in [
        (time, (Convolution, [5, 1], 1, [0; 4], 16), "over-time"),
        (time, (Convolution, [5, 1], 1, around(5, 1), 16), "with-edges"),
        (image, (Convolution, [3, 3], 1, around(3, 3), 8), "over-an-image"),
    ] {
        let steps = [step];
        let (whole, part) = (over_time(input, &steps, 1), over_time(input, &[], 1));
        stock.case(laboratory, Kernel::ByteSum, Purpose::OtherData(what), &whole, Some(&part));
    }
}

fn channels(laboratory: &mut impl Laboratory, stock: &Stock) {
    let mut each = |purpose, input, step, outputs| {
        let steps = [step];
        let (whole, part) = (over_time(input, &steps, outputs), over_time(input, &[], 1));
        stock.case(laboratory, Kernel::ByteChannel, purpose, &whole, Some(&part));
    };
    let time = shape(24, 1, 16);
    for height in [3, 5, 7, 9] {
        each(Purpose::Fit, time, (Greatest, [height, 1], 1, around(height as u8, 1), 16), 1);
    }
    // Where less goes out than comes in, the last layer has so many outputs more that it takes as much.
    each(Purpose::OtherData("of-2"), time, (Greatest, [2, 1], 2, [0; 4], 16), 2);
    each(Purpose::OtherData("of-2-by-2"), shape(6, 4, 16), (Greatest, [2, 2], 2, [0; 4], 16), 4);
    each(Purpose::OtherData("8-channels"), shape(24, 1, 8), (Greatest, [2, 1], 2, [0; 4], 8), 2);
    each(Purpose::OtherData("24-channels"), shape(16, 1, 24), (Greatest, [2, 1], 2, [0; 4], 24), 2);
    each(Purpose::OtherData("mean"), time, (Mean, [24, 1], 1, [0; 4], 16), 24);
    each(Purpose::OtherData("depthwise"), time, (Depthwise, [5, 1], 1, around(5, 1), 16), 1);
    each(Purpose::OtherData("depthwise-image"), shape(6, 5, 16), (Depthwise, [3, 3], 1, around(3, 3), 16), 1);
}

fn quantising(laboratory: &mut impl Laboratory, stock: &Stock) {
    for inputs in [32, 64, 128, 256] {
        let whole = over_features(inputs, &[], 1);
        stock.case(laboratory, Kernel::Quantise, Purpose::Fit, &whole, None);
    }
    for (input, what) in [(shape(64, 1, 3), "3-channels"), (shape(64, 1, 6), "6-channels")] {
        let whole = over_time(input, &[], 1);
        stock.case(laboratory, Kernel::Quantise, Purpose::OtherData(what), &whole, None);
    }
}

/// As `nodetwin train` makes them.
fn whole(laboratory: &mut impl Laboratory, stock: &Stock) {
    let dense = |outputs| (Convolution, [1, 1], 1, [0; 4], outputs);
    let perceptron = [dense(32), dense(16)];
    let time = [
        (Convolution, [5, 1], 1, around(5, 1), 8),
        (Greatest, [2, 1], 2, [0; 4], 8),
        (Convolution, [5, 1], 1, around(5, 1), 16),
        (Mean, [32, 1], 1, [0; 4], 16),
    ];
    let image = [
        (Convolution, [3, 3], 1, around(3, 3), 8),
        (Greatest, [2, 2], 2, [0; 4], 8),
        (Convolution, [3, 3], 1, around(3, 3), 16),
        (Mean, [8, 6], 1, [0; 4], 16),
    ];
    for (sketch, what) in [
        (over_features(100, &perceptron, 8), "perceptron"),
        (over_time(shape(64, 1, 6), &time, 8), "convolutions-over-time"),
        (over_time(shape(16, 12, 1), &image, 8), "convolutions-over-an-image"),
    ] {
        stock.case(laboratory, Kernel::ByteSum, Purpose::OtherUse(what), &sketch, None);
    }
}
