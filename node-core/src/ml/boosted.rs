//! Gradient-boosted trees: each adds a little to what the trees before it said.
//!
//! The trees are those of a [`Forest`], 255 at most, but a leaf is one number of 16 bits; sums are of whole numbers, so the
//! order does not matter. Tree after tree adds to the sums in turn. There is one sum a class, made shares by softmax; of two
//! classes one sum is enough (of the second, the first stays at 0); of values one a value.
//!
//! In the file (a [`Section::Model`](super::ntm::Section::Model) after its kind): answer (u8, 0: values, 1: shares), sums (u8),
//! zero (u16), what one step of a leaf is (f32), where each sum begins (f32 each); then as a forest. A leaf is half a word, or,
//! beside a decision, a word with zeros above.
//!
//! Work: as a forest's, with one addition a tree; a multiply-add a sum, for shares an exponential a class and one division.

use super::MAX_CLASSES;
use super::forest::{Forest, Leaf, Trees};
use super::linear::{Answer, softmax};
use super::ntm::{Fields, Kind, NtmError, WriteError, Writer, check, check_number};

/// Boosted trees where they lie.
#[derive(Clone, Debug)]
pub struct Boosted<'a> {
    answer: Answer,
    step: f32,
    /// Little-endian f32.
    begins: &'a [[u8; 4]],
    trees: Forest<'a>,
    outputs: u8,
}

impl<'a> Boosted<'a> {
    pub(super) fn open(mut fields: Fields<'a>, classes: usize) -> Result<Self, NtmError> {
        let at = fields.at();
        let answer = fields.u8("the answer of boosted trees")?;
        check(answer < 2, at, "the answer of boosted trees", answer, "0 (values) and 1 (shares)")?;
        let answer = if answer == 0 { Answer::Values } else { Answer::Shares };
        let sums_at = fields.at();
        let sums = usize::from(fields.u8("the sums")?);
        let right = sums == classes || (sums == 1 && classes == 2 && answer == Answer::Shares);
        check(right, sums_at, "the sums", sums, "one a class, or one for two classes")?;
        let at = fields.at();
        let zero = fields.u16("a reserved field")?;
        check(zero == 0, at, "a reserved field", zero, "0")?;
        let at = fields.at();
        let step = fields.f32("a leaf's step")?;
        check_number((0.0..1e12).contains(&step), at, "a leaf's step", step, "0 to 1e12")?;
        let mut numbers = fields.clone();
        let (begins, _) = fields.take(4 * sums, "where sums begin")?.as_chunks();
        for _ in 0..sums {
            let at = numbers.at();
            let number = numbers.f32("where a sum begins")?;
            check_number(number.abs() < 1e18, at, "where a sum begins", number, "less than 1e18")?;
        }
        let known = |leaf| match leaf {
            Leaf::Half(_) => true,
            Leaf::Word(bits) => bits >> 16 == 0,
            Leaf::Class(_) | Leaf::Double(_) => false,
        };
        let trees = Forest::open_with(fields, classes, known, "half a word, or a word with zeros above")?;
        let count = trees.trees();
        check(count.is_multiple_of(sums), sums_at, "the trees", count, "as many for each sum")?;
        Ok(Self { answer, step, begins, trees, outputs: classes as u8 })
    }

    /// Numbers that it takes.
    pub fn features(&self) -> usize {
        self.trees.features()
    }

    pub fn outputs(&self) -> usize {
        self.outputs.into()
    }

    pub fn answer(&self) -> Answer {
        self.answer
    }

    /// What is walked.
    pub fn trees(&self) -> &Forest<'a> {
        &self.trees
    }

    /// One tree of each round adds to each.
    pub fn sums(&self) -> usize {
        self.begins.len()
    }

    /// What it says; the first [`Self::outputs`] count. `None` if there are not as many numbers as it takes.
    pub fn ask(&self, features: &[f32]) -> Option<[f32; MAX_CLASSES]> {
        let count = self.begins.len().clamp(1, MAX_CLASSES);
        let mut sums = [0i32; MAX_CLASSES];
        let mut turn = 0;
        // Trees come in order, so that no remainder has to be computed.
        self.trees.leaves_f32(features, |_, leaf| {
            let bits = match leaf {
                Leaf::Half(bits) => bits,
                Leaf::Word(bits) => bits as u16,
                Leaf::Class(_) | Leaf::Double(_) => 0,
            };
            sums[turn] = sums[turn].wrapping_add((bits as i16).into());
            turn = if turn + 1 < count { turn + 1 } else { 0 };
        })?;
        let mut said = [0.0; MAX_CLASSES];
        // Of two classes with one sum, the first stays at 0.
        let first = self.outputs().saturating_sub(self.begins.len()).min(1);
        for ((said, sum), begin) in said[first..].iter_mut().zip(sums).zip(self.begins) {
            *said = f32::from_le_bytes(*begin) + self.step * sum as f32;
        }
        if self.answer == Answer::Shares {
            softmax(&mut said[..self.outputs().min(MAX_CLASSES)]);
        }
        Some(said)
    }
}

/// Boosted trees to be written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Boosting<'s> {
    pub answer: Answer,
    /// What a leaf of 1 adds.
    pub step: f32,
    /// One a sum: as many as there are classes or values, or one for two classes.
    pub begins: &'s [f32],
    /// Leaves are halves where both sides are leaves, else words; their bits are those of an i16.
    pub trees: Trees<'s>,
}

impl Writer<'_> {
    /// What a section with boosted trees holds.
    pub fn boosted(&mut self, boosting: &Boosting) -> Result<(), WriteError> {
        self.boosted_head(boosting.answer, boosting.begins.len(), boosting.step)?;
        boosting.begins.iter().try_for_each(|begin| self.f32(*begin))?;
        self.trees(&boosting.trees)
    }

    /// What a section with the first `trees` of boosted trees holds.
    pub(super) fn fewer_boosted(&mut self, boosted: &Boosted, trees: usize) -> Result<(), WriteError> {
        let sums = boosted.begins.len();
        if !trees.is_multiple_of(sums.max(1)) {
            return Err(WriteError::Unfit("boosted trees come in rounds, one for each sum"));
        }
        self.boosted_head(boosted.answer, sums, boosted.step)?;
        self.bytes(boosted.begins.as_flattened())?;
        self.first_trees(&boosted.trees, trees)
    }

    fn boosted_head(&mut self, answer: Answer, sums: usize, step: f32) -> Result<(), WriteError> {
        let sums = u8::try_from(sums).map_err(|_| WriteError::Unfit("26 sums at most"))?;
        self.u32(Kind::BOOSTED)?;
        self.u8((answer == Answer::Shares).into())?;
        self.u8(sums)?;
        self.u16(0)?;
        self.f32(step)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::ml::forest::{Input, Node};
    use crate::ml::ntm::{Channel, HEAD, Model, Section, Unit};
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    const NAMES: [&str; 4] = ["a", "b", "c", "d"];

    #[derive(Clone, Debug)]
    struct Shape {
        answer: Answer,
        classes: usize,
        begins: Vec<f32>,
        step: f32,
        /// Of each tree: two thresholds' places, one on each side, and three leaves.
        trees: Vec<([u16; 2], [i16; 3])>,
        table: Vec<f32>,
    }

    impl Shape {
        fn nodes(&self) -> Vec<Vec<Node>> {
            let half = |number: i16| Node::Leaf(Leaf::Half(number as u16));
            let word = |number: i16| Node::Leaf(Leaf::Word((number as u16).into()));
            let tree = |(places, leaves): &([u16; 2], [i16; 3])| {
                let split = |at: usize, low, high| Node::Split {
                    feature: at as u16,
                    threshold: places[at],
                    low,
                    high,
                };
                vec![split(0, 1, 2), word(leaves[0]), split(1, 3, 4), half(leaves[1]), half(leaves[2])]
            };
            self.trees.iter().map(tree).collect()
        }

        fn file(&self) -> Vec<u32> {
            let mut room = vec![0u32; 1 << 12];
            let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room)).unwrap();
            let channel = Channel { unit: Unit::Number, low: -1.0, high: 1.0, name: "x" };
            writer.section(Section::Inputs).unwrap();
            writer.inputs(0.0, &[channel; 2]).unwrap();
            writer.section(Section::Classes).unwrap();
            writer.classes(NAMES[..self.classes].iter().copied()).unwrap();
            writer.section(Section::Model).unwrap();
            let nodes = self.nodes();
            let nodes: Vec<&[Node]> = nodes.iter().map(Vec::as_slice).collect();
            let tables = [self.table.as_slice(); 2];
            let trees = Trees {
                input: Input::Ranks(&tables),
                features: 2,
                classes: self.classes as u8,
                trees: &nodes,
            };
            let boosting = Boosting { answer: self.answer, step: self.step, begins: &self.begins, trees };
            writer.boosted(&boosting).unwrap();
            let length = writer.finish().unwrap().len();
            room.truncate(length / 4);
            room
        }

        fn plain(&self, [x, y]: [f32; 2]) -> Vec<f64> {
            let mut sums: Vec<f64> = self.begins.iter().map(|begin| f64::from(*begin)).collect();
            let count = sums.len();
            for (at, (places, leaves)) in self.trees.iter().enumerate() {
                let low = |number: f32, side: usize| number <= self.table[usize::from(places[side])];
                let leaf = if low(x, 0) {
                    0
                } else if low(y, 1) {
                    1
                } else {
                    2
                };
                sums[at % count] += f64::from(self.step) * f64::from(leaves[leaf]);
            }
            if self.answer == Answer::Values {
                return sums;
            }
            if count < self.classes {
                sums.insert(0, 0.0);
            }
            let most = sums.iter().copied().fold(f64::MIN, f64::max);
            let whole: f64 = sums.iter().map(|sum| libm::exp(sum - most)).sum();
            sums.iter().map(|sum| libm::exp(sum - most) / whole).collect()
        }
    }

    fn shapes() -> impl Strategy<Value = Shape> {
        let table = prop::collection::btree_set(-1000i32..1000, 1..30)
            .prop_map(|places| places.into_iter().map(|place| place as f32 * 0.01).collect::<Vec<_>>());
        (1usize..=4, 1usize..8, table, any::<bool>(), any::<bool>()).prop_flat_map(
            |(classes, rounds, table, shares, one)| {
                let sums = if shares && one && classes == 2 { 1 } else { classes };
                let places = 0..table.len() as u16;
                let tree = (prop::array::uniform2(places), prop::array::uniform3(any::<i16>()));
                (
                    prop::collection::vec(-2.0f32..2.0, sums),
                    prop::collection::vec(tree, sums * rounds),
                    1e-6f32..1e-4,
                )
                    .prop_map(move |(begins, trees, step)| Shape {
                        answer: if shares { Answer::Shares } else { Answer::Values },
                        classes,
                        begins,
                        step,
                        trees,
                        table: table.clone(),
                    })
            },
        )
    }

    proptest! {
        #[test]
        fn sums_are_those_of_a_plain_walk(shape in shapes(), asked in prop::collection::vec(prop::array::uniform2(-11.0f32..11.0), 1..30)) {
            let words = shape.file();
            let model = Model::open(bytemuck::cast_slice(&words)).unwrap();
            for question in asked {
                let said = model.ask(&question, &mut []).unwrap();
                for (said, expected) in said.iter().zip(shape.plain(question)) {
                    prop_assert!((f64::from(*said) - expected).abs() < 1e-4, "{} and {}", said, expected);
                }
            }
            prop_assert_eq!(model.ask(&[0.0], &mut []), None);
        }

        #[test]
        fn a_changed_file_is_refused_or_harmless(
            shape in shapes(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let mut words = shape.file();
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
            for (index, value) in &changes {
                let at = HEAD + index.index(bytes.len() - HEAD);
                bytes[at] = *value;
            }
            let crc = crate::crc::crc32(crate::crc::crc32(0, &bytes[..12]), &bytes[HEAD..]);
            bytes[12..16].copy_from_slice(&crc.to_le_bytes());
            match Model::open(bytes) {
                Ok(model) => {
                    let features = vec![f32::NAN; model.kind.features()];
                    let said = model.ask(&features, &mut vec![0.0; model.scratch()]);
                    prop_assert!(said.is_some());
                }
                Err(error) => prop_assert!(error.at <= bytes.len()),
            }
        }
    }
}
