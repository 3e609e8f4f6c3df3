//! A forest's first trees, written as a forest of their own.

use super::Forest;
use crate::ml::ntm::{Kind, WriteError, Writer};

impl Writer<'_> {
    /// What a section with the forest's first `trees` holds.
    pub(in crate::ml) fn fewer_trees(&mut self, forest: &Forest, trees: usize) -> Result<(), WriteError> {
        self.u32(Kind::FOREST)?;
        self.first_trees(forest, trees)
    }

    /// As they lie: a tree is whole where it is, whatever comes behind it. Tables of thresholds stay, so that ranks do.
    pub(in crate::ml) fn first_trees(&mut self, forest: &Forest, trees: usize) -> Result<(), WriteError> {
        if !(1..=forest.trees()).contains(&trees) {
            return Err(WriteError::Unfit("it has not as many trees, or none are left"));
        }
        let end = if trees < forest.trees() { forest.root(trees) } else { forest.words.len() };
        let mut depth = 0;
        for tree in 0..trees {
            let until = if tree + 1 < forest.trees() { forest.root(tree + 1) } else { end };
            let deepest = forest.check_tree(forest.root(tree), until, 0, (&|_| true, ""));
            depth = depth.max(deepest.map_err(|_| WriteError::Unfit("a tree that cannot be walked"))?);
        }
        self.u8(forest.ranks.is_some().into())?;
        self.u8(forest.layout)?;
        self.u8(forest.classes)?;
        self.u8(depth as u8)?;
        self.u16(forest.features)?;
        self.u16(trees as u16)?;
        self.u32(end as u32)?;
        self.u32(forest.thresholds() as u32)?;
        let (roots, words) = (&forest.roots[..trees], &forest.words[..end]);
        let tables = forest.ranks.iter().flat_map(|ranks| ranks.begins.iter().chain(ranks.thresholds));
        // They are little-endian where they lie.
        roots.iter().chain(words).chain(tables).try_for_each(|word| self.u32(u32::from_le(*word)))
    }
}
