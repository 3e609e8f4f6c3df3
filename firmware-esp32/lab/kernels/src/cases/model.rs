//! What a model computes of its features: walks through trees, weighted sums.

use super::{run, run_parts};
use crate::inputs::{self, SOUND};
use crate::{Case, Laboratory, Purpose};
use core::array::from_fn;
use node_core::dsp::convert::SCALE;
use node_core::meter::{Kernel, Work};
use node_core::ml::boosted::Boosting;
use node_core::ml::forest::{Input, Leaf, Node, Room, Trees};
use node_core::ml::linear::Answer;
use node_core::ml::ntm::{Aligned, Channel, Model, Section, Unit, Writer};

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const CLASSES: usize = 4;

pub fn all(laboratory: &mut impl Laboratory) {
    let sound = inputs::sound();
    linear(laboratory, &sound.map(|sample| f32::from(sample) * SCALE));
    whole_forests(laboratory, &sound);
    ranked_forests(laboratory, &sound);
    short_ways(laboratory, &sound);
    boosted(laboratory, &sound);
}

/// A file with so many readings, so many classes, and the model that `write` writes.
pub(super) fn file<'r>(
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

pub(super) const FILE: usize = 16 * 1024;

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

/// Three classes in a word, as most leaves of trained forests have.
fn soft_leaf(number: usize) -> Leaf {
    let mut shares = [0.0; CLASSES];
    for (next, share) in [0.5, 0.3, 0.2].into_iter().enumerate() {
        shares[(number + next) % CLASSES] = share;
    }
    Leaf::nearest(&shares, Room::Word).0
}

fn one_class(number: usize) -> Leaf {
    Leaf::Class((number % CLASSES) as u8)
}

/// A tree without gaps, all of whose leaves are `depth` decisions away; node `n` leads to `2n + 1` and `2n + 2`.
fn tree(
    room: &mut [Node],
    depth: usize,
    tree: usize,
    leaf: fn(usize) -> Leaf,
    threshold: impl Fn(usize) -> u16,
) -> &[Node] {
    let inner = (1 << depth) - 1;
    let count = 2 * inner + 1;
    for (n, node) in room[..count].iter_mut().enumerate() {
        let next = 2 * n as u32;
        *node = if n < inner {
            let feature = ((7 * n + 5 * tree) % FEATURES) as u16;
            Node::Split { feature, threshold: threshold(n + tree), low: next + 1, high: next + 2 }
        } else {
            Node::Leaf(leaf(n + tree))
        };
    }
    &room[..count]
}

const NODES: usize = 128;
const NO_NODE: Node = Node::Leaf(Leaf::Class(0));

/// Of int16 features: what a forest takes beyond one with fewer trees, which is nothing but the walk.
fn whole_forests(laboratory: &mut impl Laboratory, sound: &[i16; SOUND]) {
    const FEWER: usize = 2;
    for (depth, soft, purpose) in [
        (2, true, Purpose::Fit),
        (3, true, Purpose::Fit),
        (4, true, Purpose::Fit),
        (5, true, Purpose::Fit),
        (6, true, Purpose::Fit),
        (4, false, Purpose::OtherUse("one-class")),
    ] {
        let mut nodes = [[NO_NODE; NODES]; TREES];
        let mut at = 0;
        let trees = nodes.each_mut().map(|room| {
            at += 1;
            tree(room, depth, at, if soft { soft_leaf } else { one_class }, |n| sound[n % SOUND] as u16)
        });
        let (mut room, mut fewer_room) = (Aligned([0; FILE]), Aligned([0; FILE]));
        let written = |room, trees| {
            let forest =
                Trees { input: Input::Whole, features: FEATURES as u16, classes: CLASSES as u8, trees };
            file(room, FEATURES, CLASSES, |writer| {
                let _ = writer.forest(&forest);
            })
        };
        let Some(model) = written(&mut room, &trees) else { return };
        let Some(fewer) = written(&mut fewer_room, &trees[..FEWER]) else { return };
        let walked = TREES - FEWER;
        let case = Case::of_several(Kernel::ForestDecision, walked, walked * depth, 16).for_purpose(purpose);
        ask_beyond(laboratory, &model, Some(&fewer), case, sound);
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
            tree(room, DEPTH, at, soft_leaf, |n| ((11 * n) % thresholds) as u16)
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

/// Trees most of whose leaves lie above the deepest, as in trained ones: what is charged too much for them.
fn short_ways(laboratory: &mut impl Laboratory, sound: &[i16; SOUND]) {
    const DEEPEST: usize = 8;
    let mut nodes = [[NO_NODE; NODES]; TREES];
    let mut at = 0;
    let trees = nodes.each_mut().map(|room| {
        at += 1;
        let (mut depths, mut next) = ([0; NODES], 1);
        for n in 0..NODES {
            let open = n < next && depths[n] < DEEPEST && next + 2 <= NODES && !(depths[n] > 1 && n % 3 == 0);
            room[n] = if open {
                let deeper = depths[n] + 1;
                depths[next..next + 2].fill(deeper);
                let low = next as u32;
                next += 2;
                let threshold = sound[(n + at) % SOUND] as u16;
                let feature = ((7 * n + 5 * at) % FEATURES) as u16;
                Node::Split { feature, threshold, low, high: low + 1 }
            } else {
                Node::Leaf(soft_leaf(n + at))
            };
        }
        &room[..next]
    });
    let mut room = Aligned([0; FILE]);
    let forest =
        Trees { input: Input::Whole, features: FEATURES as u16, classes: CLASSES as u8, trees: &trees };
    let model = file(&mut room, FEATURES, CLASSES, |writer| {
        let _ = writer.forest(&forest);
    });
    let Some(model) = model else { return };
    ask_charged(laboratory, &model, "short-ways", sound);
}

/// Leaves of one number each, and a sum a class.
fn boosted(laboratory: &mut impl Laboratory, sound: &[i16; SOUND]) {
    const DEPTH: usize = 4;
    let mut nodes = [[NO_NODE; NODES]; TREES];
    let mut at = 0;
    let trees = nodes.each_mut().map(|room| {
        at += 1;
        tree(room, DEPTH, at, |number| Leaf::Half((37 * number) as u16), |n| sound[n % SOUND] as u16)
    });
    let trees =
        Trees { input: Input::Whole, features: FEATURES as u16, classes: CLASSES as u8, trees: &trees };
    let boosting = Boosting { answer: Answer::Shares, step: 1e-3, begins: &[0.1; CLASSES], trees };
    let mut room = Aligned([0; FILE]);
    let model = file(&mut room, FEATURES, CLASSES, |writer| {
        let _ = writer.boosted(&boosting);
    });
    let Some(model) = model else { return };
    ask_charged(laboratory, &model, "boosted", sound);
}

/// Another use of the forests' rows, charged as the apps charge it.
fn ask_charged(
    laboratory: &mut impl Laboratory,
    model: &Model<'_>,
    what: &'static str,
    sound: &[i16; SOUND],
) {
    const CALLS: usize = 16;
    let mut work = Work::NONE;
    (0..CALLS).for_each(|_| model.work(&mut work));
    let units = work.units(Kernel::ForestDecision) as usize / CALLS;
    let purpose = Purpose::OtherUse(what);
    ask(
        laboratory,
        model,
        Case { kernel: Kernel::ForestDecision, units, calls: CALLS, work, purpose },
        sound,
    );
}

fn ask(laboratory: &mut impl Laboratory, model: &Model<'_>, case: Case, sound: &[i16; SOUND]) {
    ask_beyond(laboratory, model, None, case, sound);
}

/// What a model takes beyond another, if there is one.
fn ask_beyond(
    laboratory: &mut impl Laboratory,
    model: &Model<'_>,
    other: Option<&Model<'_>>,
    case: Case,
    sound: &[i16; SOUND],
) {
    let features: [[f32; FEATURES]; 16] = from_fn(|call| from_fn(|n| f32::from(sound[call * FEATURES + n])));
    let ask = |model: &Model<'_>, said: &mut [f32; CLASSES], index: usize| {
        let asked = model.ask(&features[index], &mut []);
        said.copy_from_slice(&asked.unwrap_or_default()[..CLASSES]);
    };
    run_parts(
        laboratory,
        case,
        &mut [0.0; CLASSES],
        |said, index| ask(model, said, index),
        |said, index| {
            if let Some(other) = other {
                ask(other, said, index);
            }
        },
        |said, results| {
            results.floats(said);
        },
    );
}
