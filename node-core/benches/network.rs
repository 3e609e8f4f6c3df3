//! What a network costs on this machine. Items are multiply-adds.
//!
//! `cargo bench -p node-core --bench network`. The bare kernel is one sum of products of bytes as a compiler makes it, over as
//! many multiply-adds, without layers, edges or rounding.

use divan::{Bencher, black_box, counter::ItemsCount};
use node_core::ml::linear::Answer;
use node_core::ml::network::{Head, Layer, Network, Operation, Order, Patch, Scaling, Shape, factor};
use node_core::ml::ntm::Writer;

fn main() {
    divan::main();
}

fn chance(state: &mut u32) -> i8 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 24) as i8
}

/// Operation, height and width of the patch, stride, places beyond each edge, outputs.
type Row = (Operation, u16, u16, u8, [u8; 4], u16);

use Operation::{Convolution, Depthwise, Greatest, Mean};

const CLASSES: u16 = 10;

/// A perceptron over features, a convolution over time of six axes, one over a spectrogram, and a separable one.
fn nets() -> [(&'static str, Shape, Vec<Row>); 4] {
    let shape = |height, width, channels| Shape { height, width, channels };
    let dense = |shape: Shape, outputs| (Convolution, shape.height, shape.width, 1, [0; 4], outputs);
    let flat = shape(1, 1, 125);
    let around = [1; 4];
    [
        (
            "dense 125-32-16",
            flat,
            vec![dense(flat, 32), dense(shape(1, 1, 32), 16), dense(shape(1, 1, 16), CLASSES)],
        ),
        (
            "time 100x6",
            shape(100, 1, 6),
            vec![
                (Convolution, 5, 1, 2, [2, 0, 2, 0], 16),
                (Convolution, 5, 1, 2, [2, 0, 2, 0], 24),
                (Mean, 25, 1, 1, [0; 4], 24),
                dense(shape(1, 1, 24), CLASSES),
            ],
        ),
        (
            "image 32x20",
            shape(32, 20, 1),
            vec![
                (Convolution, 3, 3, 1, around, 8),
                (Greatest, 2, 2, 2, [0; 4], 8),
                (Convolution, 3, 3, 1, around, 16),
                (Greatest, 2, 2, 2, [0; 4], 16),
                (Convolution, 3, 3, 1, around, 32),
                (Mean, 8, 5, 1, [0; 4], 32),
                dense(shape(1, 1, 32), CLASSES),
            ],
        ),
        (
            "separable 32x20",
            shape(32, 20, 1),
            vec![
                (Convolution, 3, 3, 2, around, 16),
                (Depthwise, 3, 3, 1, around, 16),
                (Convolution, 1, 1, 1, [0; 4], 32),
                (Depthwise, 3, 3, 2, around, 32),
                (Convolution, 1, 1, 1, [0; 4], 32),
                (Mean, 8, 5, 1, [0; 4], 32),
                dense(shape(1, 1, 32), CLASSES),
            ],
        ),
    ]
}

fn written(name: &str) -> Vec<u32> {
    let (_, input, rows) =
        nets().into_iter().find(|(known, ..)| *known == name).expect("a network of the list");
    let state = &mut 7;
    let mut channels = input.channels;
    let mut owned = Vec::new();
    for (index, (operation, height, width, _, _, outputs)) in rows.iter().enumerate() {
        let sums = if matches!(operation, Convolution | Depthwise) { usize::from(*outputs) } else { 0 };
        let deep = if *operation == Convolution { channels } else { 1 };
        let terms = usize::from(*height) * usize::from(*width) * usize::from(deep);
        let weights: Vec<i8> = (0..terms * sums).map(|_| chance(state)).collect();
        let last = index + 1 == rows.len();
        let word =
            if last { 1e-4f32.to_bits() } else { factor(0.005 / (terms as f64).sqrt()).expect("in range") };
        owned.push((weights, vec![0u32; sums], vec![word; sums]));
        channels = *outputs;
    }
    let layers: Vec<Layer> = rows
        .iter()
        .zip(&owned)
        .map(|((operation, height, width, stride, beyond, outputs), (weights, biases, factors))| Layer {
            operation: *operation,
            zero: 0,
            low: if matches!(operation, Convolution | Depthwise) { 0 } else { -128 },
            high: 127,
            patch: Patch { height: *height, width: *width, stride: [*stride; 2], beyond: *beyond },
            outputs: *outputs,
            biases,
            factors,
            weights,
        })
        .collect();
    let (answer, order, scaling) = (Answer::Shares, Order::ChannelsLast, Scaling::All);
    let head = Head { answer, order, scaling, input, zero: 0, factors: &[50.0], offsets: &[0.0] };
    let mut room = vec![0u32; 1 << 16];
    let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room)).expect("room for a head");
    writer.network(&head, &layers).expect("it fits");
    let bytes = writer.finish().expect("room").len();
    room.truncate(bytes / 4);
    room
}

/// What stands before a network that is written without a section: the file's head and the kind.
const BEFORE: usize = 20;

#[divan::bench(args = nets().map(|(name, ..)| name))]
fn network(bencher: Bencher, name: &str) {
    let words = written(name);
    let bytes = &bytemuck::cast_slice(&words)[BEFORE..];
    let network = Network::parse(bytes, CLASSES.into()).expect("just written");
    let mut scratch = vec![0; network.scratch()];
    let state = &mut 3;
    let features: Vec<f32> = (0..network.features()).map(|_| f32::from(chance(state)) / 64.0).collect();
    let counter = ItemsCount::new(network.work().multiply_adds());
    bencher.counter(counter).bench_local(|| network.ask(black_box(&features), &mut scratch));
}

#[divan::bench(args = nets().map(|(name, ..)| name))]
fn bare(bencher: Bencher, name: &str) {
    let words = written(name);
    let network =
        Network::parse(&bytemuck::cast_slice(&words)[BEFORE..], CLASSES.into()).expect("just written");
    let count = network.work().multiply_adds();
    let state = &mut 3;
    // As long as the patches of such networks are.
    let [a, b]: [Vec<i8>; 2] = std::array::from_fn(|_| (0..144).map(|_| chance(state)).collect());
    let dots = count.div_ceil(a.len() as u64);
    bencher.counter(ItemsCount::new(dots * a.len() as u64)).bench_local(|| {
        (0..dots)
            .map(|_| {
                let (a, b) = (black_box(&a), black_box(&b));
                a.iter().zip(b.iter()).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum::<i32>()
            })
            .fold(0, i32::wrapping_add)
    });
}
