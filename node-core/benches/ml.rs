//! What asking a model costs on this machine. Items are questions.
//!
//! `cargo bench -p node-core --bench ml`. Each question is another one: branches cannot learn the answers. The comparison
//! with emlearn, over a forest that was trained, is tests/emlearn/run.

use divan::{Bencher, black_box, counter::ItemsCount};
use node_core::ml::forest::{Input, Leaf, Node, Room, Trees};
use node_core::ml::ntm::{Channel, Kind, Model, Section, Unit, Writer};

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
    let channel = Channel { unit: Unit::Counts, low: -32768.0, high: 32767.0, name: "x" };
    let mut room = vec![0u32; 1 << 18];
    let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room)).expect("room for the head");
    writer.section(Section::Inputs).expect("room");
    writer.inputs(0.0, &[channel; FEATURES]).expect("room");
    writer.section(Section::Classes).expect("room");
    writer.classes(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].into_iter()).expect("room");
    writer.section(Section::Model).expect("room");
    let forest =
        Trees { input: Input::Whole, features: FEATURES as u16, classes: CLASSES as u8, trees: &trees };
    writer.forest(&forest).expect("it fits");
    let bytes = writer.finish().expect("room").len();
    room.truncate(bytes / 4);
    room
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
