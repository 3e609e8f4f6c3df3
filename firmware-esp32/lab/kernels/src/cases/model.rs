//! What a model computes of its features: walks through trees, weighted sums.

use super::run;
use crate::inputs::{self, SOUND};
use crate::{Case, Laboratory};
use core::array::from_fn;
use node_core::dsp::convert::SCALE;
use node_core::meter::Kernel;
use node_core::ml::forest::{Input, Leaf, Node, Trees};
use node_core::ml::linear::Answer;
use node_core::ml::ntm::{Aligned, Channel, Model, Section, Unit, Writer};

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const CLASSES: usize = 4;

pub fn all(laboratory: &mut impl Laboratory) {
    let sound = inputs::sound();
    linear(laboratory, &sound.map(|sample| f32::from(sample) * SCALE));
    whole_forests(laboratory, &sound);
    ranked_forests(laboratory, &sound);
}

/// A file with so many readings, so many classes, and the model that `write` writes.
fn file<'r>(
    room: &'r mut Aligned<[u8; FILE]>,
    readings: usize,
    classes: usize,
    write: impl FnOnce(&mut Writer<'_>),
) -> Option<Model<'r>> {
    let channel = Channel { unit: Unit::Number, low: -1e6, high: 1e6, name: "x" };
    let mut writer = Writer::new(&mut room.0).ok()?;
    writer.section(Section::Inputs).ok()?;
    writer.inputs(0.0, &[channel; 64][..readings]).ok()?;
    writer.section(Section::Classes).ok()?;
    writer.classes(NAMES[..classes].iter().copied()).ok()?;
    writer.section(Section::Model).ok()?;
    write(&mut writer);
    Model::open(writer.finish().ok()?).ok()
}

const FILE: usize = 16 * 1024;

fn linear(laboratory: &mut impl Laboratory, sound: &[f32; SOUND]) {
    for features in [8, 16, 32, 64] {
        let mut room = Aligned([0; FILE]);
        let model = file(&mut room, features, CLASSES, |writer| {
            let _ = writer.linear(Answer::Values, &sound[..CLASSES * features], &[0.1; CLASSES]);
        });
        let Some(model) = model else { return };
        let case = Case::of_several(Kernel::Weights, CLASSES, CLASSES * features, 4);
        let call = |said: &mut [f32; CLASSES], index: usize| {
            let asked = model.ask(&sound[index..index + features], &mut []);
            said.copy_from_slice(&asked.unwrap_or_default()[..CLASSES]);
        };
        run(laboratory, case, &mut [0.0; CLASSES], call, |said, results| {
            results.floats(said);
        });
    }
}

const TREES: usize = 8;
/// Features that a forest takes.
const FEATURES: usize = 16;

/// A tree without gaps, all of whose leaves are `depth` decisions away; node `n` leads to `2n + 1` and `2n + 2`.
fn tree(room: &mut [Node], depth: usize, tree: usize, threshold: impl Fn(usize) -> u16) -> &[Node] {
    let inner = (1 << depth) - 1;
    let count = 2 * inner + 1;
    for (n, node) in room[..count].iter_mut().enumerate() {
        let next = 2 * n as u32;
        *node = if n < inner {
            let feature = ((7 * n + 5 * tree) % FEATURES) as u16;
            Node::Split { feature, threshold: threshold(n + tree), low: next + 1, high: next + 2 }
        } else {
            Node::Leaf(Leaf::Class(((n + tree) % CLASSES) as u8))
        };
    }
    &room[..count]
}

const NODES: usize = 128;
const NO_NODE: Node = Node::Leaf(Leaf::Class(0));

/// int16 features: nothing but the walk.
fn whole_forests(laboratory: &mut impl Laboratory, sound: &[i16; SOUND]) {
    for depth in [2, 3, 4, 5, 6] {
        let mut nodes = [[NO_NODE; NODES]; TREES];
        let mut at = 0;
        let trees = nodes.each_mut().map(|room| {
            at += 1;
            tree(room, depth, at, |n| sound[n % SOUND] as u16)
        });
        let mut room = Aligned([0; FILE]);
        let forest =
            Trees { input: Input::Whole, features: FEATURES as u16, classes: CLASSES as u8, trees: &trees };
        let model = file(&mut room, FEATURES, CLASSES, |writer| {
            let _ = writer.forest(&forest);
        });
        let Some(model) = model else { return };
        let case = Case::of_several(Kernel::ForestDecision, TREES, TREES * depth, 16);
        ask(laboratory, &model, case, sound);
    }
}

/// f32 features, each of which has a place among its thresholds first.
fn ranked_forests(laboratory: &mut impl Laboratory, sound: &[i16; SOUND]) {
    const DEPTH: usize = 4;
    for thresholds in [3, 7, 15, 31] {
        let table: [f32; 31] = from_fn(|n| (n as f32 - 0.5 * thresholds as f32) * 20.0);
        let tables = [&table[..thresholds]; FEATURES];
        let mut nodes = [[NO_NODE; NODES]; TREES];
        let mut at = 0;
        let trees = nodes.each_mut().map(|room| {
            at += 1;
            tree(room, DEPTH, at, |n| ((11 * n) % thresholds) as u16)
        });
        let mut room = Aligned([0; FILE]);
        let input = Input::Ranks(&tables);
        let forest = Trees { input, features: FEATURES as u16, classes: CLASSES as u8, trees: &trees };
        let model = file(&mut room, FEATURES, CLASSES, |writer| {
            let _ = writer.forest(&forest);
        });
        let Some(model) = model else { return };
        let each = (thresholds + 1).ilog2() as usize + 1;
        let mut case = Case::of_several(Kernel::ForestRank, FEATURES, FEATURES * each, 16);
        case.work.add_calls(Kernel::ForestDecision, TREES * case.calls, TREES * DEPTH * case.calls);
        ask(laboratory, &model, case, sound);
    }
}

fn ask(laboratory: &mut impl Laboratory, model: &Model<'_>, case: Case, sound: &[i16; SOUND]) {
    let features: [[f32; FEATURES]; 16] = from_fn(|call| from_fn(|n| f32::from(sound[call * FEATURES + n])));
    let call = |said: &mut [f32; CLASSES], index: usize| {
        let asked = model.ask(&features[index], &mut []);
        said.copy_from_slice(&asked.unwrap_or_default()[..CLASSES]);
    };
    run(laboratory, case, &mut [0.0; CLASSES], call, |said, results| {
        results.floats(said);
    });
}
