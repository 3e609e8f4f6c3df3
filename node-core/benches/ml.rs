//! What asking a model costs on this machine. Items are questions.
//!
//! `cargo bench -p node-core --bench ml`. Each question is another one: branches cannot learn the answers. The comparison
//! with emlearn, over a forest that was trained, is tests/emlearn/run. Beside boosted trees and nearest points stand their
//! bare counterparts: the same trees and points as whoever needs no file, no codes and no shares would write them down.

use divan::{Bencher, black_box, counter::ItemsCount};
use node_core::ml::boosted::Boosting;
use node_core::ml::forest::{Input, Leaf, Node, Room, Trees};
use node_core::ml::linear::Answer;
use node_core::ml::nearest::{Bits, Metric, Points, Said, Step};
use node_core::ml::ntm::{Channel, Kind, Model, Section, Unit, WriteError, Writer};

fn main() {
    divan::main();
}

const FEATURES: usize = 20;
const CLASSES: usize = 10;
const QUESTIONS: usize = 4096;
/// Decisions on every path.
const DEPTH: u32 = 9;

fn chance(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

/// Full trees with thresholds around zero; every leaf has three classes.
fn tree(state: &mut u32) -> Vec<Node> {
    let decisions = (1u32 << DEPTH) - 1;
    (0..2 * decisions + 1)
        .map(|index| {
            if index < decisions {
                let threshold = (chance(state) % 4000) as i16 - 2000;
                return Node::whole(
                    (chance(state) % FEATURES as u32) as u16,
                    threshold,
                    2 * index + 1,
                    2 * index + 2,
                );
            }
            let mut shares = [0.0; CLASSES];
            for share in [0.5, 0.3, 0.2] {
                shares[chance(state) as usize % CLASSES] += share;
            }
            // Shares that fall together leave one class, which is a smaller leaf.
            Node::Leaf(Leaf::nearest(&shares, Room::Word).0)
        })
        .collect()
}

fn file(trees: usize) -> Vec<u32> {
    let state = &mut 7;
    let trees: Vec<Vec<Node>> = (0..trees).map(|_| tree(state)).collect();
    let trees: Vec<&[Node]> = trees.iter().map(Vec::as_slice).collect();
    written(|writer| {
        writer.forest(&Trees {
            input: Input::Whole,
            features: FEATURES as u16,
            classes: CLASSES as u8,
            trees: &trees,
        })
    })
}

/// A file with a model.
fn written(model: impl FnOnce(&mut Writer<'_>) -> Result<(), WriteError>) -> Vec<u32> {
    let channel = Channel { unit: Unit::Counts, low: -32768.0, high: 32767.0, name: "x" };
    let mut room = vec![0u32; 1 << 18];
    let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room)).expect("room for the head");
    writer.section(Section::Inputs).expect("room");
    writer.inputs(0.0, &[channel; FEATURES]).expect("room");
    writer.section(Section::Classes).expect("room");
    writer.classes(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].into_iter()).expect("room");
    writer.section(Section::Model).expect("room");
    model(&mut writer).expect("it fits");
    let bytes = writer.finish().expect("room").len();
    room.truncate(bytes / 4);
    room
}

fn questions() -> Vec<[f32; FEATURES]> {
    let state = &mut 1;
    let number = |state: &mut u32| ((chance(state) % 4000) as i16 - 2000).into();
    (0..QUESTIONS).map(|_| core::array::from_fn(|_| number(state))).collect()
}

#[divan::bench(args = [1, 10, 30])]
fn forest_i16(bencher: Bencher, trees: usize) {
    let file = file(trees);
    let model = Model::open(bytemuck::cast_slice(&file)).expect("a file just written");
    let Kind::Forest(forest) = model.kind else { panic!("a forest was written") };
    let state = &mut 1;
    let questions: Vec<[i16; FEATURES]> =
        (0..QUESTIONS).map(|_| core::array::from_fn(|_| (chance(state) % 4000) as i16 - 2000)).collect();
    bencher.counter(ItemsCount::new(QUESTIONS)).bench_local(|| {
        questions
            .iter()
            .filter_map(|question| forest.votes_i16(black_box(question)))
            .map(|v| v.best())
            .sum::<usize>()
    });
}

#[divan::bench(args = [10])]
fn open(bencher: Bencher, trees: usize) {
    let file = file(trees);
    bencher.bench_local(|| Model::open(bytemuck::cast_slice(black_box(&file))).is_ok());
}

/// Asks all questions; the sum keeps the compiler from leaving an answer out.
fn ask_all(bencher: Bencher, file: &[u32]) {
    let model = Model::open(bytemuck::cast_slice(file)).expect("a file just written");
    let mut scratch = vec![0.0; model.scratch()];
    let questions = questions();
    bencher.counter(ItemsCount::new(QUESTIONS)).bench_local(|| {
        questions
            .iter()
            .filter_map(|question| model.ask(black_box(question), &mut scratch))
            .map(|said| said[0])
            .sum::<f32>()
    });
}

/// Trees of a boosted model: shallower, and with a number in each leaf.
const BOOSTED_DEPTH: u32 = 4;

fn boosted_tree(state: &mut u32) -> Vec<Node> {
    let decisions = (1u32 << BOOSTED_DEPTH) - 1;
    let decision = |state: &mut u32, index: u32| {
        let feature = (chance(state) % FEATURES as u32) as u16;
        Node::whole(feature, (chance(state) % 4000) as i16 - 2000, 2 * index + 1, 2 * index + 2)
    };
    (0..2 * decisions + 1)
        .map(|index| match index {
            _ if index < decisions => decision(state, index),
            _ => Node::Leaf(Leaf::Half(chance(state) as u16)),
        })
        .collect()
}

fn boosted_trees(trees: usize) -> Vec<Vec<Node>> {
    let state = &mut 7;
    (0..trees).map(|_| boosted_tree(state)).collect()
}

#[divan::bench(args = [50, 250])]
fn boosted(bencher: Bencher, trees: usize) {
    let trees = boosted_trees(trees);
    let trees: Vec<&[Node]> = trees.iter().map(Vec::as_slice).collect();
    let trees =
        Trees { input: Input::Whole, features: FEATURES as u16, classes: CLASSES as u8, trees: &trees };
    let boosting = Boosting { answer: Answer::Values, step: 1e-3, begins: &[0.0; CLASSES], trees };
    ask_all(bencher, &written(|writer| writer.boosted(&boosting)));
}

/// A decision as one would first write it: 12 bytes, f32 thresholds, a leaf's number in the threshold's place.
struct BareNode {
    threshold: f32,
    feature: u16,
    is_leaf: bool,
    sides: [u16; 2],
}

#[divan::bench(args = [50, 250])]
fn bare_boosted(bencher: Bencher, trees: usize) {
    let bare = |node: &Node| match *node {
        Node::Split { feature, threshold, low, high } => BareNode {
            threshold: f32::from(threshold as i16),
            feature,
            is_leaf: false,
            sides: [low as u16, high as u16],
        },
        Node::Leaf(Leaf::Half(bits)) => {
            BareNode { threshold: 1e-3 * f32::from(bits as i16), feature: 0, is_leaf: true, sides: [0; 2] }
        }
        Node::Leaf(_) => unreachable!("boosted trees have halves"),
    };
    let trees: Vec<Vec<BareNode>> =
        boosted_trees(trees).iter().map(|tree| tree.iter().map(bare).collect()).collect();
    let questions = questions();
    bencher.counter(ItemsCount::new(QUESTIONS)).bench_local(|| {
        let ask = |question: &[f32; FEATURES]| {
            let mut sums = [0.0; CLASSES];
            for (tree, class) in trees.iter().zip((0..CLASSES).cycle()) {
                let mut node = &tree[0];
                while !node.is_leaf {
                    let above = question[usize::from(node.feature)] > node.threshold;
                    node = &tree[usize::from(node.sides[usize::from(above)])];
                }
                sums[class] += node.threshold;
            }
            sums[0]
        };
        questions.iter().map(|question| ask(black_box(question))).sum::<f32>()
    });
}

const NEIGHBOURS: u8 = 5;

/// Points whose features are as those of the questions.
fn points(count: usize) -> Vec<f32> {
    let state = &mut 9;
    (0..count * FEATURES).map(|_| f32::from((chance(state) % 4000) as i16 - 2000)).collect()
}

fn codes_of(value: f32) -> i16 {
    ((value + 2000.0) * (255.0 / 4000.0) + 0.5).clamp(0.0, 255.0) as i16
}

#[divan::bench(args = [64, 512])]
fn nearest(bencher: Bencher, count: usize) {
    let said: Vec<u8> = (0..count).map(|point| (point % CLASSES) as u8).collect();
    let points = Points {
        metric: Metric::Squares,
        neighbours: NEIGHBOURS,
        power: 2,
        bits: Bits::Eight,
        outputs: CLASSES as u8,
        scale: &[Step { zero: -2000.0, codes: 255.0 / 4000.0 }; FEATURES],
        points: &points(count),
        said: Said::Classes(&said),
    };
    ask_all(bencher, &written(|writer| writer.nearest(&points)));
}

/// The squares of all differences, and the least sum: without codes of a question, without order among the nearest.
#[divan::bench(args = [64, 512])]
fn bare_nearest(bencher: Bencher, count: usize) {
    let points: Vec<u8> = points(count).into_iter().map(|value| codes_of(value) as u8).collect();
    let questions: Vec<[i16; FEATURES]> = questions().iter().map(|question| question.map(codes_of)).collect();
    bencher.counter(ItemsCount::new(QUESTIONS)).bench_local(|| {
        let ask = |question: &[i16; FEATURES]| {
            let far = |point: &[u8]| {
                let squares = point.iter().zip(question).map(|(code, query)| {
                    let difference = i32::from(*query) - i32::from(*code);
                    (difference * difference) as u32
                });
                squares.sum::<u32>()
            };
            points.chunks_exact(FEATURES).map(far).min().unwrap_or(0)
        };
        questions.iter().map(|question| ask(black_box(question))).fold(0, u32::wrapping_add)
    });
}
