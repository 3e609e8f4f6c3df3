//! Writes a forest into the words that [`Forest`](super::Forest) reads.

use super::leaf::Leaf;
use super::node::{LAYOUTS, Layout, MAX_DEPTH, Side};
use crate::ml::ntm::{Kind, WriteError, Writer};

/// A node of a tree as trainers have them. The root is the first; children come after their parent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    /// Goes to `low` unless the feature is above the threshold: a whole number, or, where features have tables of
    /// thresholds, the threshold's place in its table.
    Split {
        feature: u16,
        threshold: u16,
        low: u32,
        high: u32,
    },
    Leaf(Leaf),
}

impl Node {
    pub fn whole(feature: u16, threshold: i16, low: u32, high: u32) -> Self {
        Self::Split { feature, threshold: threshold as u16, low, high }
    }
}

/// What the thresholds of decisions are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input<'s> {
    /// int16, as they are.
    Whole,
    /// Places in these tables, one a feature, each ascending.
    Ranks(&'s [&'s [f32]]),
}

/// A forest to be written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trees<'s> {
    pub input: Input<'s>,
    pub features: u16,
    pub classes: u8,
    pub trees: &'s [&'s [Node]],
}

impl Writer<'_> {
    /// What a section with a forest holds, in the first layout that it fits.
    pub fn forest(&mut self, forest: &Trees) -> Result<(), WriteError> {
        self.u32(Kind::FOREST)?;
        self.trees(forest)
    }

    /// Trees behind what their kind has before them.
    pub(in crate::ml) fn trees(&mut self, forest: &Trees) -> Result<(), WriteError> {
        let layouts = if forest.input == Input::Whole { 2 } else { LAYOUTS.len() };
        let begin = self.at();
        let mut why = WriteError::Full;
        for layout in 0..layouts {
            self.back_to(begin);
            match self.forest_as(forest, layout) {
                Err(WriteError::Unfit(text)) => why = WriteError::Unfit(text),
                other => return other,
            }
        }
        Err(why)
    }

    fn forest_as(&mut self, forest: &Trees, number: usize) -> Result<(), WriteError> {
        let layout = LAYOUTS[number];
        let unfit = |right: bool, why| if right { Ok(()) } else { Err(WriteError::Unfit(why)) };
        unfit(forest.features <= 1 << layout.feature_bits, "more features than a decision has bits for")?;
        unfit(
            u32::from(forest.classes) <= layout.first_code(),
            "more classes than a decision has bits for; with fewer features there are more",
        )?;
        unfit((1..=255).contains(&forest.trees.len()), "1 to 255 trees")?;
        let tables = match forest.input {
            Input::Whole => &[],
            Input::Ranks(tables) => tables,
        };
        let most = (1 << layout.threshold_bits) - 1;
        unfit(
            tables.iter().all(|table| table.len() <= most),
            "more thresholds of a feature than bits for them",
        )?;
        self.u8((forest.input != Input::Whole) as u8)?;
        self.u8(number as u8)?;
        self.u8(forest.classes)?;
        let depth_at = self.at();
        self.u8(0)?;
        self.u16(forest.features)?;
        self.u16(forest.trees.len() as u16)?;
        let count_at = self.at();
        self.u32(0)?;
        self.u32(tables.iter().map(|table| table.len() as u32).sum())?;
        let roots_at = self.at();
        for _ in forest.trees {
            self.u32(0)?;
        }
        let words_at = self.at();
        let bias = if forest.input == Input::Whole { 0 } else { layout.bias() };
        let mut depth = 0;
        for (index, tree) in forest.trees.iter().enumerate() {
            let root = (self.at() - words_at) / 4;
            self.merge(roots_at + 4 * index, &(root as u32).to_le_bytes());
            depth = depth.max(self.tree(tree, layout, bias)?);
        }
        let words = (self.at() - words_at) / 4;
        self.merge(count_at, &(words as u32).to_le_bytes());
        self.merge(depth_at, &[depth as u8]);
        if let Input::Ranks(tables) = forest.input {
            let mut begin = 0;
            self.u32(begin)?;
            for table in tables {
                begin += table.len() as u32;
                self.u32(begin)?;
            }
            tables.iter().copied().flatten().try_for_each(|threshold| self.f32(*threshold))?;
        }
        Ok(())
    }

    /// Gives the number of decisions on the longest path.
    fn tree(&mut self, tree: &[Node], layout: Layout, bias: i32) -> Result<usize, WriteError> {
        let node =
            |index: u32| tree.get(index as usize).ok_or(WriteError::Unfit("a child that is not in the tree"));
        // High sides to come: node, the decision that has to be told where it is, decisions above.
        let mut waiting = [(0u32, 0usize, 0usize); MAX_DEPTH];
        let (mut count, mut index, mut above, mut deepest) = (0, 0, 0, 0);
        loop {
            above += 1;
            deepest = deepest.max(above);
            if above > MAX_DEPTH {
                return Err(WriteError::Unfit("a path of more than 32 decisions"));
            }
            let at = self.at();
            let (mut word, sides) = match *node(index)? {
                // A tree that is a leaf asks a question whose answers are the same.
                Node::Leaf(leaf) => (layout.word(0, -bias), [(Some(leaf), 0); 2]),
                Node::Split { feature, threshold, low, high } => {
                    if low <= index || high <= index {
                        return Err(WriteError::Unfit("a child that comes before its parent"));
                    }
                    let threshold =
                        if bias == 0 { (threshold as i16).into() } else { i32::from(threshold) - bias };
                    let side = |child| node(child).map(|node| (leaf_of(node), child));
                    (layout.word(feature.into(), threshold), [side(low)?, side(high)?])
                }
            };
            if let [(None, low), (None, high)] = sides {
                self.u32(word)?;
                waiting[count] = (high, at, above);
                (count, index) = (count + 1, low);
                continue;
            }
            let side = |leaf: Leaf| match leaf {
                Leaf::Class(class) => Side::Class(class.into()),
                Leaf::Half(_) => Side::Half,
                Leaf::Word(_) => Side::Word,
                Leaf::Double(_) => Side::Double,
            };
            let [(low, _), (high, _)] = sides;
            let code = |leaf: Option<Leaf>, other: Option<Leaf>| {
                let past = || Side::Node(1 + other.map_or(0, |other| side(other).words()));
                layout.code(leaf.map_or_else(past, side))
            };
            word |= layout.ends() | code(low, high) | code(high, low) << layout.code_bits();
            self.u32(word)?;
            match (low, high) {
                (Some(Leaf::Half(low)), Some(Leaf::Half(high))) => {
                    self.u16(low)?;
                    self.u16(high)?;
                }
                (Some(Leaf::Half(_)), _) | (_, Some(Leaf::Half(_))) => {
                    return Err(WriteError::Unfit("half a word whose sibling is none"));
                }
                _ => {
                    for leaf in [low, high].into_iter().flatten() {
                        match leaf {
                            Leaf::Word(bits) => self.u32(bits)?,
                            Leaf::Double(bits) => self.bytes(&bits.to_le_bytes())?,
                            Leaf::Class(_) | Leaf::Half(_) => {}
                        }
                    }
                }
            }
            if let Some((_, child)) = sides.iter().find(|(leaf, _)| leaf.is_none()) {
                index = *child;
                continue;
            }
            if count == 0 {
                return Ok(deepest);
            }
            count -= 1;
            let (high, fork, decisions) = waiting[count];
            let distance = ((self.at() - fork) / 4) as u32;
            if distance > layout.ends() {
                return Err(WriteError::Unfit(
                    "a tree too large for its number of features: limit depth or leaves",
                ));
            }
            self.merge(fork, &(distance - 1).to_le_bytes());
            (index, above) = (high, decisions);
        }
    }
}

fn leaf_of(node: &Node) -> Option<Leaf> {
    match node {
        Node::Leaf(leaf) => Some(*leaf),
        Node::Split { .. } => None,
    }
}
