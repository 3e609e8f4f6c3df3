//! Forests of chance, written, opened and held against a plain walk; and what is left of them when bytes change.

extern crate std;
use super::leaf::Room;
use super::*;
use crate::crc::crc32;
use crate::dsp::features::{Op, PlanHead};
use crate::ml::ntm::{Channel, HEAD, Kind, Model, Section, Smoothing, Unit, Writer};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

const CHANNEL: Channel = Channel { unit: Unit::Counts, low: -32768.0, high: 32767.0, name: "x" };

/// What a chance generator needs to know.
#[derive(Clone, Debug)]
struct Shape {
    seed: u64,
    features: u16,
    classes: u8,
    trees: usize,
    depth: usize,
    ranked: bool,
}

fn shapes() -> impl Strategy<Value = Shape> {
    (any::<u64>(), 1u16..=64, 1u8..=10, 1usize..=13, 0usize..=9, any::<bool>()).prop_map(
        |(seed, features, classes, trees, depth, ranked)| Shape {
            seed,
            features,
            classes,
            trees,
            depth,
            ranked,
        },
    )
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}

struct Grown {
    trees: Vec<Vec<Node>>,
    tables: Vec<Vec<f32>>,
}

fn leaf(chance: &mut Chance, classes: u8, room: Room) -> Leaf {
    let mut counts: Vec<f32> =
        (0..classes).map(|_| if chance.below(2) == 0 { 0.0 } else { chance.below(30) as f32 }).collect();
    counts[chance.below(classes.into()) as usize] += 1.0;
    let sum: f32 = counts.iter().sum();
    counts.iter_mut().for_each(|count| *count /= sum);
    Leaf::nearest(&counts, room).0
}

fn grow(shape: &Shape) -> Grown {
    let chance = &mut Chance(shape.seed | 1);
    let tables: Vec<Vec<f32>> = (0..shape.features)
        .map(|_| {
            let mut table: Vec<f32> =
                (0..1 + chance.below(20)).map(|_| chance.below(4000) as f32 / 16.0 - 125.0).collect();
            table.sort_by(f32::total_cmp);
            table.dedup();
            table
        })
        .collect();
    let trees = (0..shape.trees).map(|_| {
        let mut tree = vec![Node::Leaf(Leaf::Class(0))];
        let mut open = vec![(0usize, 0usize)];
        while let Some((index, depth)) = open.pop() {
            if depth < shape.depth && chance.below(8) > 0 {
                let feature = chance.below(shape.features.into()) as u16;
                let threshold = if shape.ranked {
                    chance.below(tables[usize::from(feature)].len() as u64) as u16
                } else {
                    (chance.below(2000) as i16 - 1000) as u16
                };
                let (low, high) = (tree.len() as u32, tree.len() as u32 + 1);
                tree[index] = Node::Split { feature, threshold, low, high };
                tree.extend([Node::Leaf(Leaf::Class(0)); 2]);
                open.extend([(low as usize, depth + 1), (high as usize, depth + 1)]);
            }
        }
        for index in 0..tree.len() {
            if let Node::Split { low, high, .. } = tree[index] {
                let children = [low as usize, high as usize];
                let both_end = children.iter().all(|child| matches!(tree[*child], Node::Leaf(_)));
                let halves = both_end && chance.below(2) == 0;
                let rooms = [Room::Class, Room::Word, Room::Double];
                let mut leaves = children.map(|_| {
                    let room = if halves { Room::Half } else { rooms[chance.below(3) as usize] };
                    leaf(chance, shape.classes, room)
                });
                if leaves.iter().filter(|leaf| matches!(leaf, Leaf::Half(_))).count() == 1 {
                    leaves = [Leaf::Class(0), Leaf::Class(shape.classes - 1)];
                }
                for (child, leaf) in children.into_iter().zip(leaves) {
                    if matches!(tree[child], Node::Leaf(_)) {
                        tree[child] = Node::Leaf(leaf);
                    }
                }
            }
        }
        tree
    });
    let trees = trees.collect();
    Grown { trees, tables }
}

/// At an address that a model can be read from.
fn aligned(bytes: &[u8]) -> Vec<u32> {
    let mut words = vec![0u32; bytes.len().div_ceil(4)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}

fn file(shape: &Shape, grown: &Grown) -> Vec<u8> {
    let mut room = vec![0xAA; 1 << 20];
    let mut writer = Writer::new(&mut room).unwrap();
    let tables: Vec<&[f32]> = grown.tables.iter().map(Vec::as_slice).collect();
    let trees: Vec<&[Node]> = grown.trees.iter().map(Vec::as_slice).collect();
    let names: Vec<std::string::String> =
        (0..shape.classes).map(|class| std::format!("class {class}")).collect();
    writer.section(Section::Inputs).unwrap();
    writer.inputs(100.0, &[CHANNEL; 3]).unwrap();
    writer.section(Section::Plan).unwrap();
    let window = usize::from(shape.features);
    let head = PlanHead { channels: 3, window, hop: 1, rate_hz: 100.0 };
    writer.plan(&head, &[Op::Channel { channel: 0 }, Op::Values {}]).unwrap();
    writer.section(Section::Classes).unwrap();
    writer.classes(names.iter().map(|name| name.as_str())).unwrap();
    writer.section(Section::Model).unwrap();
    let forest = Trees {
        input: if shape.ranked { Input::Ranks(&tables) } else { Input::Whole },
        features: shape.features,
        classes: shape.classes,
        trees: &trees,
    };
    writer.forest(&forest).unwrap();
    writer.section(Section::Thresholds).unwrap();
    writer.thresholds(&[0.4]).unwrap();
    writer.section(Section::Smoothing).unwrap();
    writer.smoothing(&Smoothing::Hysteresis { windows: 3, enter: 0.6, leave: 0.4 }).unwrap();
    writer.section(Section::About).unwrap();
    writer.bytes("trees of chance".as_bytes()).unwrap();
    writer.finish().unwrap().to_vec()
}

/// The votes of the same leaves, by a walk as one writes it first.
fn plain(shape: &Shape, grown: &Grown, features: &[f32]) -> Vec<f64> {
    let mut votes = vec![0.0; shape.classes.into()];
    for tree in &grown.trees {
        let mut node = tree[0];
        while let Node::Split { feature, threshold, low, high } = node {
            let table = &grown.tables[usize::from(feature)];
            let threshold = if shape.ranked {
                f64::from(table[usize::from(threshold)])
            } else {
                f64::from(threshold as i16)
            };
            let low_side = f64::from(features[usize::from(feature)]) <= threshold;
            node = tree[(if low_side { low } else { high }) as usize];
        }
        let Node::Leaf(leaf) = node else { unreachable!() };
        let shares = leaf.shares(shape.classes.into()).unwrap();
        votes.iter_mut().zip(shares).for_each(|(vote, share)| *vote += f64::from(share) / 256.0);
    }
    votes
}

/// Uses all that a model has.
fn use_up(model: &Model, numbers: &[f32]) {
    assert!(model.inputs.channels().count() > 0);
    assert_eq!(model.classes.names().count(), model.classes.count());
    if let Some(plan) = &model.plan {
        assert_eq!(plan.outputs(), model.kind.features());
        assert!(plan.ops().count() > 0);
    }
    let _ = model.thresholds.of(0);
    let Kind::Forest(forest) = &model.kind else { return };
    let features: Vec<f32> = (0..forest.features()).map(|index| numbers[index % numbers.len()]).collect();
    let whole: Vec<i16> = features.iter().map(|number| *number as i16).collect();
    for votes in [forest.votes_f32(&features).unwrap(), forest.votes_i16(&whole).unwrap()] {
        assert!(votes.best() < model.classes.count());
        let sum: u32 = votes.counts().iter().map(|count| u32::from(*count)).sum();
        assert_eq!(sum, WHOLE * forest.trees() as u32);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_first_trees_alone_vote_as_if_no_others_had_grown(shape in shapes(), seed: u64) {
        let mut grown = grow(&shape);
        let file = aligned(&file(&shape, &grown));
        let whole: &[u8] = bytemuck::cast_slice(&file);
        // `aligned` rounds up; the head says how long the file is.
        let whole = &whole[..u32::from_le_bytes(whole[8..12].try_into().unwrap()) as usize];
        let model = Model::open(whole).unwrap();
        let mut room = vec![0; whole.len()];
        let chance = &mut Chance(seed | 1);
        let trees = 1 + chance.below(shape.trees as u64) as usize;
        let fewer = aligned(model.with_fewer_trees(whole, trees, &mut room).unwrap());
        let fewer = Model::open(bytemuck::cast_slice(&fewer)).unwrap();
        prop_assert_eq!(fewer.trees(), Some(trees));
        prop_assert!(fewer.bytes <= model.bytes && fewer.about == model.about);
        grown.trees.truncate(trees);
        let Kind::Forest(forest) = &fewer.kind else { panic!("{:?}", fewer.kind) };
        for _ in 0..20 {
            let features: Vec<f32> =
                (0..shape.features).map(|_| chance.below(20_000) as f32 - 10_000.0).collect();
            let votes = forest.votes_f32(&features).unwrap();
            for (class, plain) in plain(&shape, &grown, &features).into_iter().enumerate() {
                prop_assert!((f64::from(votes.share(class)) - plain / trees as f64).abs() < 1e-6);
            }
        }
        for wrong in [0, shape.trees + 1] {
            prop_assert!(model.with_fewer_trees(whole, wrong, &mut room).is_err());
        }
        // All of them: the file itself.
        prop_assert_eq!(model.with_fewer_trees(whole, shape.trees, &mut room).unwrap(), whole);
    }

    #[test]
    fn a_forest_votes_as_a_plain_walk_does(shape in shapes(), seed: u64) {
        let grown = grow(&shape);
        let file = aligned(&file(&shape, &grown));
        let model = Model::open(bytemuck::cast_slice(&file)).unwrap();
        let Kind::Forest(forest) = &model.kind else { panic!("{:?}", model.kind) };
        prop_assert_eq!(forest.trees(), shape.trees);
        let chance = &mut Chance(seed | 1);
        for _ in 0..50 {
            let features: Vec<f32> = (0..shape.features)
                .map(|feature| {
                    let table = &grown.tables[usize::from(feature)];
                    match chance.below(12) {
                        0 if shape.ranked => f32::NAN,
                        1 if shape.ranked => f32::INFINITY,
                        2 => -32768.0,
                        // On a threshold itself, and as near to it as numbers are.
                        3 => table[chance.below(table.len() as u64) as usize],
                        4 if shape.ranked => table[chance.below(table.len() as u64) as usize].next_up(),
                        5 if shape.ranked => table[chance.below(table.len() as u64) as usize].next_down(),
                        _ => chance.below(2400) as f32 - 1200.0,
                    }
                })
                .collect();
            let votes = forest.votes_f32(&features).unwrap();
            let expected = plain(&shape, &grown, &features);
            for (class, expected) in expected.iter().enumerate() {
                prop_assert_eq!(f64::from(votes.counts()[class]) / 256.0, *expected);
            }
            if features.iter().all(|number| number.fract() == 0.0) {
                let whole: Vec<i16> = features.iter().map(|number| *number as i16).collect();
                prop_assert_eq!(forest.votes_i16(&whole), Some(votes));
            }
        }
        prop_assert_eq!(forest.votes_f32(&[]), None);
    }

    #[test]
    fn a_changed_file_is_refused_or_harmless(
        shape in shapes(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..6),
        cut in any::<prop::sample::Index>(),
        cuts in 0u8..10,
    ) {
        let grown = grow(&shape);
        let mut bytes = file(&shape, &grown);
        for (index, value, how) in &changes {
            let at = HEAD + index.index(bytes.len() - HEAD);
            bytes[at] = match how {
                0 => *value,
                1 => bytes[at] ^ (1 << (value & 7)),
                _ => bytes[at].wrapping_add(1),
            };
        }
        if cuts == 0 {
            bytes.truncate(cut.index(bytes.len()));
        }
        let accident = aligned(&bytes);
        let accident = &bytemuck::cast_slice::<u32, u8>(&accident)[..bytes.len()];
        let refused = Model::open(accident).map(|_| ());
        // The CRC finds any change of up to 32 bits in a row, and these are further apart with odds of 2^-32.
        if bytes != file(&shape, &grown) {
            prop_assert!(refused.is_err());
        }
        // Someone who means harm writes the right length and CRC.
        if bytes.len() >= HEAD {
            let length = bytes.len() as u32;
            bytes[8..12].copy_from_slice(&length.to_le_bytes());
            let crc = crc32(crc32(0, &bytes[..12]), &bytes[HEAD..]);
            bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        }
        let words = aligned(&bytes);
        match Model::open(&bytemuck::cast_slice::<u32, u8>(&words)[..bytes.len()]) {
            Ok(model) => use_up(&model, &[0.0, -32768.0, 700.0, f32::NAN, 3.5, -12.0]),
            Err(error) => {
                prop_assert!(error.at <= bytes.len());
                let told = std::format!("{error}");
                prop_assert!(!told.is_empty());
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let split = |low, high| Node::whole(0, 5, low, high);
    let leaf = Node::Leaf(Leaf::Class(0));
    let write = |features, classes, tree: &[Node]| {
        let mut room = [0; 4096];
        let mut writer = Writer::new(&mut room).unwrap();
        writer
            .forest(&Trees { input: Input::Whole, features, classes, trees: &[tree] })
            .map_err(|error| std::format!("{error}"))
    };
    assert_eq!(write(20, 10, &[split(1, 2), leaf, leaf]), Ok(()));
    assert_eq!(write(20, 10, &[leaf]), Ok(()));
    assert!(write(65, 10, &[leaf]).unwrap_err().contains("features"));
    assert!(write(20, 27, &[leaf]).unwrap_err().contains("classes"));
    assert!(write(20, 10, &[split(1, 9), leaf, leaf]).unwrap_err().contains("not in the tree"));
    assert!(write(20, 10, &[split(0, 1), leaf]).unwrap_err().contains("before its parent"));
    let half = Node::Leaf(Leaf::Half(3));
    assert!(write(20, 10, &[split(1, 2), half, leaf]).unwrap_err().contains("half"));
    let chain: Vec<Node> = (0..40)
        .flat_map(|level| [split(2 * level + 1, 2 * level + 2), leaf])
        .enumerate()
        .map(|(index, node)| if index % 2 == 0 { split(index as u32 + 1, index as u32 + 2) } else { node })
        .chain([leaf])
        .collect();
    assert!(write(20, 10, &chain).unwrap_err().contains("32 decisions"));
}

#[test]
fn an_error_says_what_and_where() {
    let shape = Shape { seed: 5, features: 4, classes: 3, trees: 2, depth: 3, ranked: false };
    let good = file(&shape, &grow(&shape));
    let told = |change: &dyn Fn(&mut Vec<u8>), mend: bool| {
        let mut bytes = good.clone();
        change(&mut bytes);
        if mend {
            let crc = crc32(crc32(0, &bytes[..12]), &bytes[HEAD..]);
            bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        }
        let words = aligned(&bytes);
        let opened = Model::open(&bytemuck::cast_slice::<u32, u8>(&words)[..bytes.len()]).map(|_| ());
        std::format!("{}", opened.unwrap_err())
    };
    assert_eq!(told(&|b| b[0] = b'x', false), "byte 0: this is no .ntm file; `nodetwin train` makes one");
    assert_eq!(told(&|b| b[4] = 9, false), "byte 4: format version 9, this reads 1: export the model again");
    assert!(told(&|b| b.truncate(40), false).starts_with("byte 8: the file says it has "));
    assert!(told(&|b| b[60] ^= 1, false).starts_with("byte 12: damaged: the CRC-32 is "));
    assert_eq!(
        told(&|b| b[16] = 99, true),
        "byte 16: section 99 is not known; the file is newer than this program"
    );
    assert_eq!(told(&|b| b[24..28].fill(0xFF), true), "byte 24: the rate is NaN, allowed: finite numbers");
    let shifted: Vec<u8> = [0].into_iter().chain(good.iter().copied()).collect();
    let words = aligned(&shifted);
    let opened = Model::open(&bytemuck::cast_slice::<u32, u8>(&words)[1..shifted.len()]).map(|_| ());
    assert!(std::format!("{}", opened.unwrap_err()).contains("multiple of 4"));
}
