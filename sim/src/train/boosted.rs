//! Gradient boosting: small trees, each learning what those before it left wrong.
//!
//! By second-order steps on the classes' shares, over histograms of at most 64 bins a feature. All classes weigh the same. One
//! seed gives the same trees on any number of threads.

use super::trees::{Is, Tree, TreeNode, place, tables};
use crate::parallel;
use node_core::ml::boosted::Boosting;
use node_core::ml::forest::{Input, Leaf, Node, Trees};
use node_core::ml::linear::Answer;
use node_core::ml::ntm::{WriteError, Writer};
use scenarios::rng::{Stream, Streams};

#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Trees a class, as far as 255 trees go (one sum is enough for two classes).
    pub rounds: usize,
    /// Questions on a path.
    pub depth: usize,
    /// How much of what is left wrong a tree puts right.
    pub rate: f64,
    /// Part of the features that a tree may ask about.
    pub columns: f64,
    /// Holds leaves of few rows back.
    pub ridge: f64,
    /// Rows in a leaf, at least.
    pub leaf: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { rounds: 40, depth: 3, rate: 0.2, columns: 0.3, ridge: 1.0, leaf: 2 }
    }
}

/// Most thresholds of a feature.
const THRESHOLDS: usize = 63;

#[derive(Clone, Debug, PartialEq)]
pub struct Boosted {
    pub features: usize,
    pub classes: usize,
    /// One a class, or one for two.
    pub sums: usize,
    /// Round by round, a tree for each sum.
    pub trees: Vec<Tree<f32>>,
}

/// Learns from rows of features, each of one of `count` classes.
pub fn fit(rows: &[&[f32]], classes: &[usize], count: usize, seed: u64, parameters: &Parameters) -> Boosted {
    let features = rows.first().map_or(0, |row| row.len());
    let sums = if count == 2 { 1 } else { count };
    let mut weights = vec![0.0; count];
    classes.iter().for_each(|class| weights[*class] += 1.0);
    let there = weights.iter().filter(|rows| **rows > 0.0).count().max(1) as f64;
    weights.iter_mut().for_each(|weight| *weight = rows.len() as f64 / (there * f64::max(*weight, 1.0)));
    let columns: Vec<Column> = (0..features).map(|feature| Column::new(rows, feature)).collect();
    let streams = Streams::new(seed);
    let mut boosted = Boosted { features, classes: count, sums, trees: Vec::new() };
    let mut scores = vec![vec![0.0; sums]; rows.len()];
    let each: Vec<usize> = (0..sums).collect();
    for round in 0..parameters.rounds.min(255 / sums.max(1)) {
        let shares: Vec<Vec<f64>> = scores.iter().map(|scores| shares(scores)).collect();
        let plant = |sum: &usize| {
            let of = |row: usize| {
                // One sum is of the second class.
                let class = if sums < count { 1 } else { *sum };
                let (share, weight) = (shares[row][*sum], weights[classes[row]]);
                let is = f64::from(u8::from(classes[row] == class));
                Slope { slope: weight * (share - is), bend: (weight * share * (1.0 - share)).max(1e-9) }
            };
            let slopes: Vec<Slope> = (0..rows.len()).map(of).collect();
            let chance = streams.stream(&format!("train.boosted.{round}.{sum}"));
            let mut nursery = Nursery {
                columns: &columns,
                chosen: chosen(features, parameters.columns, chance),
                slopes: &slopes,
                parameters,
                tree: Tree { nodes: Vec::new() },
            };
            nursery.grow((0..rows.len()).collect(), parameters.depth);
            nursery.tree
        };
        parallel::each(&each, parallel::threads(None), plant, |sum, tree| {
            for (scores, row) in scores.iter_mut().zip(rows) {
                scores[sum] += f64::from(*tree.leaf(row));
            }
            boosted.trees.push(tree);
        });
    }
    boosted
}

/// Of one sum by itself, or of all.
fn shares(scores: &[f64]) -> Vec<f64> {
    if let [score] = scores {
        return vec![1.0 / (1.0 + (-score).exp())];
    }
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let whole: f64 = scores.iter().map(|score| (score - most).exp()).sum();
    scores.iter().map(|score| (score - most).exp() / whole).collect()
}

fn chosen(features: usize, part: f64, mut chance: Stream) -> Vec<usize> {
    let count = ((features as f64 * part).round() as usize).clamp(features.min(8), features);
    let mut all: Vec<usize> = (0..features).collect();
    for at in 0..count {
        let other = at + ((u128::from(chance.next_u64()) * (features - at) as u128) >> 64) as usize;
        all.swap(at, other);
    }
    all.truncate(count);
    all.sort_unstable();
    all
}

/// A feature of all rows, as places among its thresholds.
struct Column {
    thresholds: Vec<f32>,
    bins: Vec<u8>,
}

impl Column {
    fn new(rows: &[&[f32]], feature: usize) -> Self {
        let mut values: Vec<f32> = rows.iter().map(|row| row[feature]).filter(|x| x.is_finite()).collect();
        values.sort_by(f32::total_cmp);
        // Between neighbours that differ, at even parts of the rows.
        let between = |at: usize| {
            let (a, b) = (values[at - 1], values[at]);
            let middle = a + (b - a) * 0.5;
            (a < b).then_some(if middle < b { middle } else { a })
        };
        let edges: Vec<usize> = (1..values.len()).filter(|at| values[at - 1] < values[*at]).collect();
        let picked = (0..edges.len().min(THRESHOLDS)).map(|n| {
            if edges.len() <= THRESHOLDS {
                return edges[n];
            }
            let even = (n + 1) * values.len() / (THRESHOLDS + 1);
            edges[edges.partition_point(|edge| *edge < even).min(edges.len() - 1)]
        });
        let mut thresholds: Vec<f32> = picked.filter_map(between).collect();
        thresholds.dedup();
        let bin = |row: &&[f32]| {
            let above = |threshold: &f32| row[feature] > *threshold || row[feature].is_nan();
            thresholds.partition_point(above) as u8
        };
        let bins = rows.iter().map(bin).collect();
        Self { thresholds, bins }
    }
}

/// How the loss of a row changes with its score.
#[derive(Clone, Copy, Default)]
struct Slope {
    slope: f64,
    bend: f64,
}

struct Nursery<'r> {
    columns: &'r [Column],
    chosen: Vec<usize>,
    slopes: &'r [Slope],
    parameters: &'r Parameters,
    tree: Tree<f32>,
}

impl Nursery<'_> {
    /// Gives the node's place.
    fn grow(&mut self, members: Vec<usize>, depth: usize) -> usize {
        let mut whole = Slope::default();
        for row in &members {
            whole.slope += self.slopes[*row].slope;
            whole.bend += self.slopes[*row].bend;
        }
        let ridge = self.parameters.ridge;
        let says = (-self.parameters.rate * whole.slope / (whole.bend + ridge)) as f32;
        let question = if depth > 0 { self.question(&members, whole) } else { None };
        let place = self.tree.nodes.len();
        self.tree.nodes.push(TreeNode { weight: whole.bend, is: Is::Leaf(says) });
        if let Some((feature, bin)) = question {
            let column = &self.columns[feature];
            let threshold = column.thresholds[usize::from(bin)];
            let (low, high): (Vec<usize>, Vec<usize>) =
                members.into_iter().partition(|row| column.bins[*row] <= bin);
            let (low, high) = (self.grow(low, depth - 1), self.grow(high, depth - 1));
            self.tree.nodes[place].is = Is::Split { feature: feature as u16, threshold, low, high };
        }
        place
    }

    /// The feature, and the last bin of the low side, that put most right.
    fn question(&self, members: &[usize], whole: Slope) -> Option<(usize, u8)> {
        let ridge = self.parameters.ridge;
        let worth = |of: Slope| of.slope * of.slope / (of.bend + ridge);
        let least = self.parameters.leaf.max(1);
        let mut best = (1e-9, None);
        for &feature in &self.chosen {
            let mut bins = [(Slope::default(), 0usize); THRESHOLDS + 1];
            let column = &self.columns[feature];
            for row in members {
                let (sum, count) = &mut bins[usize::from(column.bins[*row])];
                sum.slope += self.slopes[*row].slope;
                sum.bend += self.slopes[*row].bend;
                *count += 1;
            }
            let (mut low, mut count) = (Slope::default(), 0);
            for (bin, (sum, rows)) in bins[..column.thresholds.len()].iter().enumerate() {
                low.slope += sum.slope;
                low.bend += sum.bend;
                count += rows;
                if count < least || members.len() - count < least {
                    continue;
                }
                let high = Slope { slope: whole.slope - low.slope, bend: whole.bend - low.bend };
                let gain = worth(low) + worth(high) - worth(whole);
                if gain > best.0 {
                    best = (gain, Some((feature, bin as u8)));
                }
            }
        }
        best.1
    }
}

impl Boosted {
    /// Of each class.
    pub fn scores(&self, row: &[f32]) -> Vec<f64> {
        let mut sums = vec![0.0; self.sums];
        for (at, tree) in self.trees.iter().enumerate() {
            sums[at % self.sums] += f64::from(*tree.leaf(row));
        }
        if self.sums < self.classes {
            sums.insert(0, 0.0);
        }
        sums
    }

    /// Divides all scores: the classes stay in order, the confidence changes.
    pub fn cool(&mut self, temperature: f64) {
        for node in self.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
            if let Is::Leaf(says) = &mut node.is {
                *says = (f64::from(*says) / temperature) as f32;
            }
        }
    }

    /// Its first rounds, as many as a section of `bytes` holds. `None`: not even one.
    pub fn within(&self, bytes: usize) -> Option<Self> {
        let first = |rounds: usize| Self { trees: self.trees[..rounds * self.sums].to_vec(), ..*self };
        let rounds = self.trees.len() / self.sums.max(1);
        (1..=rounds).rev().map(first).find(|boosted| boosted.bytes() <= bytes)
    }

    /// Of its section.
    fn bytes(&self) -> usize {
        let of_tree = |tree: &Tree<f32>| -> usize {
            let of_node = |node: &TreeNode<f32>| match node.is {
                // A decision, and a word where one side or both are leaves.
                Is::Split { low, high, .. } => 1 + usize::from(tree.is_leaf(low) || tree.is_leaf(high)),
                Is::Leaf(_) => 0,
            };
            1 + tree.nodes.iter().map(of_node).sum::<usize>().max(2)
        };
        let thresholds: usize = tables(self.features, &self.trees).iter().map(Vec::len).sum();
        let words: usize = self.trees.iter().map(of_tree).sum();
        36 + 4 * (self.sums + words + self.features + 1 + thresholds)
    }

    /// What a model's section holds.
    pub fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let unfit = |what: &'static str| move |_| WriteError::Unfit(what);
        let says = self.trees.iter().flat_map(|tree| &tree.nodes).filter_map(|node| match node.is {
            Is::Leaf(says) => Some(says.abs()),
            Is::Split { .. } => None,
        });
        let step = (says.fold(0.0, f32::max) / 32767.0).max(1e-9);
        let tables = tables(self.features, &self.trees);
        let nodes = |tree: &Tree<f32>| -> Vec<Node> {
            // A half lies beside another half; alone a leaf has a word.
            let mut halves = vec![true; tree.nodes.len()];
            for node in &tree.nodes {
                if let Is::Split { low, high, .. } = node.is {
                    let both = tree.is_leaf(low) && tree.is_leaf(high);
                    (halves[low], halves[high]) = (both, both);
                }
            }
            let node = |(node, half): (&TreeNode<f32>, bool)| match node.is {
                Is::Split { feature, threshold, low, high } => Node::Split {
                    feature,
                    threshold: place(&tables, feature, threshold),
                    low: low as u32,
                    high: high as u32,
                },
                Is::Leaf(says) => {
                    let bits = (says / step).round() as i16 as u16;
                    Node::Leaf(if half { Leaf::Half(bits) } else { Leaf::Word(bits.into()) })
                }
            };
            tree.nodes.iter().zip(halves).map(node).collect()
        };
        let nodes: Vec<Vec<Node>> = self.trees.iter().map(nodes).collect();
        let nodes: Vec<&[Node]> = nodes.iter().map(Vec::as_slice).collect();
        let tables: Vec<&[f32]> = tables.iter().map(Vec::as_slice).collect();
        writer.boosted(&Boosting {
            answer: Answer::Shares,
            step,
            begins: &vec![0.0; self.sums],
            trees: Trees {
                input: Input::Ranks(&tables),
                features: u16::try_from(self.features).map_err(unfit("65535 features at most"))?,
                classes: u8::try_from(self.classes).map_err(unfit("26 classes at most"))?,
                trees: &nodes,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::{ModelFile, ask};
    use super::super::linear::best;
    use super::*;
    use node_core::ml::ntm::{Channel, Section, Unit};
    use std::path::Path;

    /// Stripes along a diagonal, in two or three classes, with features of noise beside.
    fn stripes(seed: u64, classes: usize) -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut chance = Streams::new(seed).stream("test.stripes");
        (0..600)
            .map(|_| {
                let mut row: Vec<f32> = (0..6).map(|_| chance.between(0.0, 3.0)).collect();
                row.push(f32::NAN);
                let class = (row[0] + 0.5 * row[1]) as usize % classes;
                (row, class)
            })
            .unzip()
    }

    #[test]
    fn stripes_are_learnt_and_the_bytes_say_the_same() {
        for classes in [2, 3] {
            let (rows, truth) = stripes(1, classes);
            let (others, others_truth) = stripes(2, classes);
            let refs: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
            let boosted = fit(&refs, &truth, classes, 1, &Parameters::default());
            let right =
                others.iter().zip(&others_truth).filter(|(row, class)| best(&boosted.scores(row)) == **class);
            let right = right.count();
            assert!(right > 480, "{classes} classes: {right} of 600");
            assert_eq!(boosted, fit(&refs, &truth, classes, 1, &Parameters::default()), "the same seed");
            assert_eq!(boosted.sums, if classes == 2 { 1 } else { 3 });

            let small = boosted.within(2_000).expect("a round in 2 kB");
            assert!(small.trees.len() < boosted.trees.len() && small.trees.len().is_multiple_of(small.sums));
            for boosted in [&boosted, &small] {
                let mut room = vec![0; 1 << 16];
                let mut writer = Writer::new(&mut room).unwrap();
                let channel = Channel { unit: Unit::Number, low: 0.0, high: 3.0, name: "x" };
                writer.section(Section::Inputs).unwrap();
                writer.inputs(0.0, &[channel; 7]).unwrap();
                writer.section(Section::Classes).unwrap();
                writer.classes(["a", "b", "c"][..classes].iter().copied()).unwrap();
                writer.section(Section::Model).unwrap();
                boosted.write(&mut writer).unwrap();
                let file = ModelFile::new(writer.finish().unwrap());
                // Head, inputs, classes and the heads of sections.
                assert!(file.bytes().len() <= boosted.bytes() + 160);
                let model = file.model(Path::new("boosted")).unwrap();
                for row in &others {
                    let said = ask(&model, row).unwrap();
                    let scores = boosted.scores(row);
                    let expected = match shares(&scores[scores.len() - boosted.sums..]) {
                        one if one.len() == 1 => vec![1.0 - one[0], one[0]],
                        all => all,
                    };
                    let near =
                        said.iter().zip(&expected).all(|(said, expected)| (said - expected).abs() < 2e-3);
                    assert!(near, "{said:?} and {expected:?}");
                }
            }
        }
    }
}
