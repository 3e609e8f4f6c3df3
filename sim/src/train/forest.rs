//! Forests of trees that are not alike by chance: random forests, and extra trees, whose thresholds are drawn too.
//!
//! All classes weigh the same, whatever the number of their rows, and a leaf keeps the shares of all of them. One seed gives
//! one forest, on any number of threads.
//!
//! Why not smartcore's: its trees keep one class a leaf, know no weights and no drawn thresholds, and are read out only
//! through their serialised form. It is the witness of this one (see the tests).

use super::trees::{Asked, Forest, Is, Tree, TreeNode};
use crate::parallel;
use scenarios::rng::{Stream, Streams};

/// How trees come to differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grow {
    /// Each learns from rows drawn with replacement, and asks the best question about each feature that it tries.
    Random,
    /// All learn from all rows; the threshold of each feature that is tried is drawn. Better where rows are few.
    Extra,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub grow: Grow,
    pub trees: usize,
    /// Questions on a path, 32 at most.
    pub depth: usize,
    /// Rows in a leaf, at least.
    pub leaf: usize,
    /// Features that a question is chosen from; `None`: the root of their number.
    pub tries: Option<usize>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { grow: Grow::Extra, trees: 40, depth: 12, leaf: 2, tries: None }
    }
}

/// Learns from rows of features, each of one of `count` classes.
pub fn fit(rows: &[&[f32]], classes: &[usize], count: usize, seed: u64, parameters: &Parameters) -> Forest {
    let features = rows.first().map_or(0, |row| row.len());
    let mut weights = vec![0.0; count];
    classes.iter().for_each(|class| weights[*class] += 1.0);
    let there = weights.iter().filter(|rows| **rows > 0.0).count().max(1) as f64;
    weights.iter_mut().for_each(|weight| *weight = rows.len() as f64 / (there * f64::max(*weight, 1.0)));
    let streams = Streams::new(seed);
    let numbers: Vec<usize> = (0..parameters.trees).collect();
    let plant = |number: &usize| {
        let mut chance = streams.stream(&format!("train.tree.{number}"));
        let drawn: Vec<usize> = match parameters.grow {
            Grow::Random => rows.iter().map(|_| below(&mut chance, rows.len())).collect(),
            Grow::Extra => (0..rows.len()).collect(),
        };
        let mut nursery = Nursery {
            rows,
            classes,
            weights: &weights,
            tries: parameters.tries.unwrap_or((features as f64).sqrt().round() as usize).max(1),
            parameters,
            features: (0..features).collect(),
            chance,
            tree: Tree { nodes: Vec::new() },
        };
        nursery.grow(drawn, parameters.depth.min(node_core::ml::forest::MAX_DEPTH));
        nursery.tree
    };
    let mut trees = Vec::new();
    parallel::each(&numbers, parallel::threads(None), plant, |_, tree| trees.push(tree));
    Forest { asked: Asked::Numbers, features, classes: count, trees }
}

/// Where one tree grows.
struct Nursery<'r> {
    rows: &'r [&'r [f32]],
    classes: &'r [usize],
    /// Of a row of each class.
    weights: &'r [f64],
    tries: usize,
    parameters: &'r Parameters,
    /// In the order in which they were last drawn.
    features: Vec<usize>,
    chance: Stream,
    tree: Tree,
}

struct Question {
    feature: usize,
    threshold: f32,
    /// What is still mixed on its sides: less is better.
    mixed: f64,
}

impl Nursery<'_> {
    /// Gives the node's place.
    fn grow(&mut self, members: Vec<usize>, depth: usize) -> usize {
        let mut sums = vec![0.0; self.weights.len()];
        for &row in &members {
            sums[self.classes[row]] += self.weights[self.classes[row]];
        }
        let weight: f64 = sums.iter().sum();
        let pure = sums.iter().filter(|sum| **sum > 0.0).count() < 2;
        let enough = depth > 0 && members.len() >= 2 * self.parameters.leaf.max(1) && !pure;
        let question = if enough { self.question(&members, &sums) } else { None };
        let place = self.tree.nodes.len();
        let shares = sums.iter().map(|sum| (sum / weight.max(1e-300)) as f32).collect();
        self.tree.nodes.push(TreeNode { weight, is: Is::Leaf(shares) });
        if let Some(Question { feature, threshold, .. }) = question {
            let is_low = |row: &usize| self.rows[*row][feature] <= threshold;
            let (low, high): (Vec<usize>, Vec<usize>) = members.into_iter().partition(is_low);
            let (low, high) = (self.grow(low, depth - 1), self.grow(high, depth - 1));
            self.tree.nodes[place].is = Is::Split { feature: feature as u16, threshold, low, high };
        }
        place
    }

    /// The best of a few; more features are tried only as long as none of them divides.
    fn question(&mut self, members: &[usize], sums: &[f64]) -> Option<Question> {
        let mut best: Option<Question> = None;
        for tried in 0..self.features.len() {
            if tried >= self.tries && best.is_some() {
                break;
            }
            let other = tried + below(&mut self.chance, self.features.len() - tried);
            self.features.swap(tried, other);
            let feature = self.features[tried];
            let found = match self.parameters.grow {
                Grow::Random => self.best_threshold(feature, members, sums),
                Grow::Extra => self.drawn_threshold(feature, members, sums),
            };
            if let Some(found) = found
                && best.as_ref().is_none_or(|best| found.mixed < best.mixed)
            {
                best = Some(found);
            }
        }
        best
    }

    fn drawn_threshold(&mut self, feature: usize, members: &[usize], sums: &[f64]) -> Option<Question> {
        let values = members.iter().map(|row| self.rows[*row][feature]);
        let (least, most) =
            values.fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), x| (least.min(x), most.max(x)));
        // Infinite the wrong way round where nothing is a number.
        if least >= most {
            return None;
        }
        let drawn = least + (most - least) * self.chance.uniform();
        let threshold = if drawn < most { drawn } else { least };
        let mut low = vec![0.0; sums.len()];
        let mut count = 0;
        for &row in members.iter().filter(|row| self.rows[**row][feature] <= threshold) {
            low[self.classes[row]] += self.weights[self.classes[row]];
            count += 1;
        }
        let least = self.parameters.leaf.max(1);
        let fits = count >= least && members.len() - count >= least;
        fits.then(|| Question { feature, threshold, mixed: mixed(&low, sums) })
    }

    fn best_threshold(&self, feature: usize, members: &[usize], sums: &[f64]) -> Option<Question> {
        let mut sorted: Vec<(f32, usize)> =
            members.iter().map(|row| (self.rows[*row][feature], self.classes[*row])).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let least = self.parameters.leaf.max(1);
        let mut low = vec![0.0; sums.len()];
        let mut best: Option<Question> = None;
        for (at, pair) in sorted.windows(2).enumerate() {
            let (value, class) = pair[0];
            low[class] += self.weights[class];
            let count = at + 1;
            if count < least || members.len() - count < least || value >= pair[1].0 {
                continue;
            }
            let mixed = mixed(&low, sums);
            if best.as_ref().is_none_or(|best| mixed < best.mixed) {
                let middle = value + (pair[1].0 - value) * 0.5;
                let threshold = if middle < pair[1].0 { middle } else { value };
                best = Some(Question { feature, threshold, mixed });
            }
        }
        best
    }
}

/// The impurity (Gini's) of two sides, given what is in the low one and in both.
fn mixed(low: &[f64], both: &[f64]) -> f64 {
    let impurity = |sums: &mut dyn Iterator<Item = f64>| {
        let (mut all, mut squares) = (0.0, 0.0);
        for sum in sums {
            all += sum;
            squares += sum * sum;
        }
        if all > 0.0 { all - squares / all } else { 0.0 }
    };
    impurity(&mut low.iter().copied()) + impurity(&mut both.iter().zip(low).map(|(both, low)| both - low))
}

fn below(chance: &mut Stream, end: usize) -> usize {
    ((u128::from(chance.next_u64()) * end as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::super::file::{ModelFile, ask};
    use super::super::linear::best;
    use super::*;
    use node_core::ml::ntm::{Channel, Section, Unit, Writer};
    use smartcore::ensemble::random_forest_classifier::{
        RandomForestClassifier, RandomForestClassifierParameters,
    };
    use smartcore::linalg::basic::matrix::DenseMatrix;
    use std::path::Path;

    /// Three classes in two rings and a disc, with features of noise beside; the rings have a third of the rows.
    fn rings(seed: u64) -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut chance = Streams::new(seed).stream("test.rings");
        (0..900)
            .map(|n| {
                let class = [0, 0, 0, 0, 1, 2][n % 6];
                let radius = class as f32 + chance.between(0.0, 1.1);
                let angle = chance.between(0.0, std::f32::consts::TAU);
                let mut row = vec![radius * angle.cos(), radius * angle.sin(), 7.0];
                row.extend((0..5).map(|_| chance.normal()));
                (row, class)
            })
            .unzip()
    }

    fn right(forest: &Forest, rows: &[Vec<f32>], classes: &[usize]) -> f64 {
        let right = rows.iter().zip(classes).filter(|(row, class)| best(&forest.scores(row)) == **class);
        right.count() as f64 / rows.len() as f64
    }

    #[test]
    fn both_kinds_learn_rings_and_a_seed_is_a_forest() {
        let (rows, classes) = rings(1);
        let (others, truth) = rings(2);
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        for grow in [Grow::Random, Grow::Extra] {
            let parameters = Parameters { grow, ..Parameters::default() };
            let forest = fit(&rows, &classes, 3, 5, &parameters);
            let share = right(&forest, &others, &truth);
            // A tenth of each edge is common ground.
            assert!(share > 0.85, "{grow:?} {share}");
            assert_eq!(forest, fit(&rows, &classes, 3, 5, &parameters), "the same seed");
            assert_ne!(forest, fit(&rows, &classes, 3, 6, &parameters), "another seed");
            let leaves = forest.trees.iter().flat_map(|tree| &tree.nodes);
            let small = leaves.filter(|node| matches!(node.is, Is::Leaf(_)) && node.weight < 0.9);
            assert_eq!(small.count(), 0, "a leaf has two rows, of half a weight at least each");
        }
    }

    /// smartcore's forest, which we did not write, on the same rows.
    #[test]
    fn it_tells_rows_apart_as_well_as_another_library_s() {
        let (rows, classes) = rings(4);
        let (others, truth) = rings(5);
        let refs: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let ours = fit(&refs, &classes, 3, 1, &Parameters { grow: Grow::Random, ..Parameters::default() });
        let witness = RandomForestClassifier::fit(
            &DenseMatrix::from_2d_vec(&rows).unwrap(),
            &classes.iter().map(|class| *class as u32).collect::<Vec<_>>(),
            RandomForestClassifierParameters::default().with_n_trees(40).with_max_depth(12).with_seed(1),
        );
        let said = witness.unwrap().predict(&DenseMatrix::from_2d_vec(&others).unwrap()).unwrap();
        let theirs = said.iter().zip(&truth).filter(|(said, is)| **said as usize == **is).count();
        let theirs = theirs as f64 / others.len() as f64;
        let ours = right(&ours, &others, &truth);
        assert!(theirs > 0.8 && ours > theirs - 0.02, "ours {ours}, smartcore's {theirs}");
    }

    #[test]
    fn the_file_says_what_the_forest_says_as_far_as_its_bytes_go() {
        let (rows, classes) = rings(3);
        let refs: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let forest = fit(&refs, &classes, 3, 1, &Parameters::default());
        let mut room = vec![0; 1 << 16];
        let mut alike_before = 0;
        for (bytes, least) in [(2_000, 0.85), (10_000, 0.93), (60_000, 0.99)] {
            let packed = forest.packed(bytes).expect("a tree in 2 kB");
            let mut writer = Writer::new(&mut room).unwrap();
            let channel = Channel { unit: Unit::Number, low: -10.0, high: 10.0, name: "x" };
            writer.section(Section::Inputs).unwrap();
            writer.inputs(0.0, &[channel; 8]).unwrap();
            writer.section(Section::Classes).unwrap();
            writer.classes(["disc", "ring", "outer"].into_iter()).unwrap();
            writer.section(Section::Model).unwrap();
            packed.write(&mut writer).unwrap();
            let file = ModelFile::new(writer.finish().unwrap());
            let length = file.bytes().len();
            // Head, inputs, classes and the heads of sections.
            assert!(length <= bytes + 160, "{length} of {bytes}");
            let model = file.model(Path::new("forest")).unwrap();
            let said = |row| best(&ask(&model, row).unwrap());
            let alike = rows.iter().filter(|row| said(row) == best(&forest.scores(row)));
            let alike = alike.count();
            assert!(alike as f64 > least * rows.len() as f64, "{bytes} bytes: {alike}");
            assert!(alike >= alike_before);
            alike_before = alike;
        }
        assert!(forest.packed(60_000).unwrap().trees() == 40 && forest.packed(100).is_none());
    }
}
