//! Trees that were trained, here or elsewhere, on their way into a file.
//!
//! A forest's file is to have so many bytes at most: as many trees as fit are kept, from the first on, and what is left goes to
//! those leaves that lose most without it (`room`).

mod room;

use node_core::ml::forest::{Input, Leaf, Node, Trees as Written};
use node_core::ml::ntm::{WriteError, Writer};

/// Arrays over the nodes, the root first, children after their parents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree<L = Vec<f32>> {
    pub nodes: Vec<TreeNode<L>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TreeNode<L = Vec<f32>> {
    /// Weight of the training rows that came to it.
    pub weight: f64,
    pub is: Is<L>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Is<L = Vec<f32>> {
    /// Goes to `low` unless the feature is above the threshold.
    Split { feature: u16, threshold: f32, low: usize, high: usize },
    /// What it says: of a forest the share of each class, together 1.
    Leaf(L),
}

impl<L> Tree<L> {
    pub fn leaf(&self, row: &[f32]) -> &L {
        let mut node = &self.nodes[0];
        loop {
            match &node.is {
                Is::Leaf(says) => return says,
                Is::Split { feature, threshold, low, high } => {
                    // What is no number is above all, as on the node.
                    let is_low = row[usize::from(*feature)] <= *threshold;
                    node = &self.nodes[if is_low { *low } else { *high }];
                }
            }
        }
    }

    pub(super) fn splits(&self) -> impl Iterator<Item = (u16, f32)> {
        self.nodes.iter().filter_map(|node| match node.is {
            Is::Split { feature, threshold, .. } => Some((feature, threshold)),
            Is::Leaf(_) => None,
        })
    }

    pub(super) fn is_leaf(&self, node: usize) -> bool {
        matches!(self.nodes[node].is, Is::Leaf(_))
    }
}

/// What a forest is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whole numbers of 16 bits: of a threshold the floor decides the same.
    Whole,
    Numbers,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    pub asked: Asked,
    pub features: usize,
    pub classes: usize,
    pub trees: Vec<Tree>,
}

/// A forest as it goes into a file: its first trees, and for their leaves how many bits.
#[derive(Clone, Debug)]
pub struct Packed<'f> {
    forest: &'f Forest,
    /// By tree and node; `None` where it decides.
    leaves: Vec<Vec<Option<Leaf>>>,
    /// Words of leaves.
    pub words: usize,
}

/// Kind and head.
const HEAD: usize = 20;

impl Forest {
    /// The mean share of each class.
    pub fn shares(&self, row: &[f32]) -> Vec<f64> {
        let mut sums = vec![0.0; self.classes];
        for tree in &self.trees {
            sums.iter_mut().zip(tree.leaf(row)).for_each(|(sum, share)| *sum += f64::from(*share));
        }
        let count = self.trees.len().max(1) as f64;
        sums.iter_mut().for_each(|sum| *sum /= count);
        sums
    }

    /// Logarithms of the shares: what softmax makes shares of again.
    pub fn scores(&self, row: &[f32]) -> Vec<f64> {
        self.shares(row).into_iter().map(|share| share.max(1e-6).ln()).collect()
    }

    /// As much of it as has a section of at most `bytes`. `None`: not even its first tree has.
    pub fn packed(&self, bytes: usize) -> Option<Packed<'_>> {
        let trees = (1..=self.trees.len().min(255)).rev().find(|trees| self.bare(*trees) <= bytes)?;
        let most = (bytes - self.bare(trees)) / 4;
        let (leaves, words) = room::leaves(&self.trees[..trees], most);
        Some(Packed { forest: self, leaves, words })
    }

    /// Bytes of the first trees without any leaf's words.
    fn bare(&self, trees: usize) -> usize {
        let trees = &self.trees[..trees];
        // A tree that is a leaf is a decision between the same.
        let decisions: usize = trees.iter().map(|tree| tree.splits().count().max(1)).sum();
        let tables = match self.asked {
            Asked::Whole => 0,
            Asked::Numbers => {
                self.features + 1 + tables(self.features, trees).iter().map(Vec::len).sum::<usize>()
            }
        };
        HEAD + 4 * (trees.len() + decisions + tables)
    }
}

/// Each feature's thresholds, ascending.
pub(super) fn tables<L>(features: usize, trees: &[Tree<L>]) -> Vec<Vec<f32>> {
    let mut tables = vec![Vec::new(); features];
    for (feature, threshold) in trees.iter().flat_map(Tree::splits) {
        tables[usize::from(feature)].push(threshold);
    }
    for table in &mut tables {
        table.sort_by(f32::total_cmp);
        table.dedup();
    }
    tables
}

/// A threshold's place in its feature's table.
pub(super) fn place(tables: &[Vec<f32>], feature: u16, threshold: f32) -> u16 {
    tables[usize::from(feature)].partition_point(|known| *known < threshold).min(65535) as u16
}

impl Packed<'_> {
    pub fn trees(&self) -> usize {
        self.leaves.len()
    }

    /// Of its section.
    pub fn bytes(&self) -> usize {
        self.forest.bare(self.trees()) + 4 * self.words
    }

    pub fn decisions(&self) -> usize {
        self.forest.trees[..self.trees()].iter().map(|tree| tree.splits().count()).sum()
    }

    /// Of a tree's node as it is written; `None` where it decides.
    pub fn leaf(&self, tree: usize, node: usize) -> Option<Leaf> {
        self.leaves[tree][node]
    }

    /// What a model's section holds.
    pub fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let unfit = |what: &'static str| move |_| WriteError::Unfit(what);
        let trees = &self.forest.trees[..self.trees()];
        let tables = match self.forest.asked {
            Asked::Whole => Vec::new(),
            Asked::Numbers => tables(self.forest.features, trees),
        };
        let place = |feature: u16, threshold: f32| match self.forest.asked {
            Asked::Whole => f64::from(threshold).floor().clamp(-32768.0, 32767.0) as i16 as u16,
            Asked::Numbers => self::place(&tables, feature, threshold),
        };
        let node = |(node, leaf): (&TreeNode, &Option<Leaf>)| match (&node.is, leaf) {
            (Is::Split { feature, threshold, low, high }, _) => Node::Split {
                feature: *feature,
                threshold: place(*feature, *threshold),
                low: *low as u32,
                high: *high as u32,
            },
            (Is::Leaf(_), leaf) => Node::Leaf(leaf.unwrap_or(Leaf::Class(0))),
        };
        let nodes = |(tree, leaves): (&Tree, &Vec<Option<Leaf>>)| {
            tree.nodes.iter().zip(leaves).map(node).collect::<Vec<_>>()
        };
        let nodes: Vec<Vec<Node>> = trees.iter().zip(&self.leaves).map(nodes).collect();
        let nodes: Vec<&[Node]> = nodes.iter().map(Vec::as_slice).collect();
        let tables: Vec<&[f32]> = tables.iter().map(Vec::as_slice).collect();
        writer.forest(&Written {
            input: if self.forest.asked == Asked::Whole { Input::Whole } else { Input::Ranks(&tables) },
            features: u16::try_from(self.forest.features).map_err(unfit("65535 features at most"))?,
            classes: u8::try_from(self.forest.classes).map_err(unfit("26 classes at most"))?,
            trees: &nodes,
        })
    }
}
