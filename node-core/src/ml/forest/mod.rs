//! Random forests and extra trees with soft votes.
//!
//! A decision is one word of 4 bytes: threshold, feature, and where its two sides lead. A tree lies in the order in which it
//! is walked low side first, so the low side needs no address; leaves of one class are part of the decision, the words of the
//! others follow it ([`leaf`]). A feature that is **not above** its threshold goes to the low side, as in scikit-learn.
//!
//! Thresholds are exact. Either features are int16 and so are thresholds (of a fractional threshold the floor: for whole
//! numbers it decides the same), or features are f32 and each has a table of its thresholds in ascending order; before the
//! walk a feature is replaced by the number of thresholds that it is above, and the walk is the same, over ranks. NaN is
//! above all.
//!
//! In the file (a [`Section::Model`](super::ntm::Section::Model) after its kind): input (u8, 0: int16, 1: ranks), layout (u8:
//! bits of threshold and feature, 0: 16 + 5, 1: 16 + 6, 2: 12 + 7, 3: 10 + 8), classes (u8), depth (u8), features (u16),
//! trees (u16), number of words (u32), number of thresholds (u32); the first word of each tree (u32 each), the words; for
//! ranks also where the thresholds of each feature begin (u32 each, and the end) and the thresholds (f32).
//!
//! Work: one step for each decision on the path, at most [`Forest::depth`] a tree; for each tree one addition for each class
//! in its leaf; with f32 features log2 of the number of its thresholds for each feature. Where a core has many execution
//! units several trees are walked at a time, without branches; sums are of whole numbers, so the order does not matter.

mod fewer;
pub mod leaf;
mod node;
#[cfg(test)]
mod tests;
mod write;

pub use leaf::{Leaf, Room};
pub use node::MAX_DEPTH;
pub use write::{Input, Node, Trees};

use super::MAX_CLASSES;
use super::ntm::{Fields, NtmError, Wrong, check, check_number};
use core::hint::select_unpredictable;
use leaf::{WHOLE, Widths, mask_of, spread, widths};
use node::{LAYOUTS, Layout, Side};

/// Trees walked at a time.
const LANES: usize = if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) { 5 } else { 1 };

/// A forest where it lies.
#[derive(Clone, Debug)]
pub struct Forest<'a> {
    layout: u8,
    classes: u8,
    depth: u8,
    features: u16,
    /// Each tree's first word.
    roots: &'a [u32],
    words: &'a [u32],
    ranks: Option<Ranks<'a>>,
    /// By room.
    widths: [Widths; 4],
    share: f32,
}

/// Thresholds of each feature, ascending.
#[derive(Clone, Debug)]
struct Ranks<'a> {
    begins: &'a [u32],
    thresholds: &'a [u32],
}

/// What the trees said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Votes {
    /// A multiple of 8 so that clearing and adding need few instructions; classes are 26 at most.
    votes: [u16; 32],
    classes: u8,
    share: f32,
}

impl Votes {
    /// Of each class, in 256ths of a tree.
    pub fn counts(&self) -> &[u16] {
        &self.votes[..usize::from(self.classes).min(MAX_CLASSES)]
    }

    /// A class's share of all votes, 0 to 1.
    pub fn share(&self, class: usize) -> f32 {
        self.counts().get(class).map_or(0.0, |count| f32::from(*count) * self.share)
    }

    /// Never more than 255 trees' wholes together, which a count has room for.
    #[inline(always)]
    fn give(&mut self, class: u32, share: u32) {
        let votes = &mut self.votes[(class & 31) as usize];
        *votes = votes.wrapping_add(share as u16);
    }

    /// The class with most votes, the first of equals.
    pub fn best(&self) -> usize {
        let mut best = (0, 0);
        for (class, count) in self.counts().iter().enumerate() {
            if *count > best.1 {
                best = (class, *count);
            }
        }
        best.0
    }
}

impl<'a> Forest<'a> {
    pub(super) fn open(fields: Fields<'a>, classes: usize) -> Result<Self, NtmError> {
        let shares = |leaf: Leaf| leaf.shares(classes).is_some();
        Self::open_with(fields, classes, shares, "classes of the model whose shares make up 256")
    }

    /// Trees whose leaves are what somebody else makes of them: `known` looks at each.
    pub(super) fn open_with(
        mut fields: Fields<'a>,
        classes: usize,
        known: impl Fn(Leaf) -> bool,
        leaves: &'static str,
    ) -> Result<Self, NtmError> {
        let at = fields.at();
        let input = fields.u8("the forest's input")?;
        check(input < 2, at, "the forest's input", input, "0 (int16) and 1 (ranks)")?;
        let at = fields.at();
        let layout = fields.u8("the layout")?;
        let allowed = if input == 0 { 2 } else { LAYOUTS.len() };
        check(usize::from(layout) < allowed, at, "the layout", layout, "0 and 1, of ranks 0 to 3")?;
        let bits = LAYOUTS[usize::from(layout)];
        let at = fields.at();
        let of_classes = fields.u8("the forest's classes")?;
        let right = usize::from(of_classes) == classes && classes <= bits.first_code() as usize;
        check(right, at, "the forest's classes", of_classes, "as many as have names and fit the layout")?;
        let depth_at = fields.at();
        let depth = fields.u8("the depth")?;
        let at = fields.at();
        let features = fields.u16("the forest's features")?;
        let right = (1..=1 << bits.feature_bits).contains(&features);
        check(right, at, "the forest's features", features, "1 to what the layout has room for")?;
        let at = fields.at();
        let trees = fields.u16("the number of trees")?;
        check((1..=255).contains(&trees), at, "the number of trees", trees, "1 to 255")?;
        let count = fields.u32("the number of words")? as usize;
        let thresholds_at = fields.at();
        let thresholds = fields.u32("the number of thresholds")? as usize;
        check(
            input == 1 || thresholds == 0,
            thresholds_at,
            "the number of thresholds",
            thresholds,
            "0 of int16",
        )?;
        let roots_at = fields.at();
        let roots = fields.words(trees.into(), "the trees' first words")?;
        let words_at = fields.at();
        let words = fields.words(count, "the decisions")?;
        let ranks = match input {
            0 => None,
            _ => Some(Ranks::open(&mut fields, features.into(), thresholds, bits)?),
        };
        fields.end("the forest")?;

        let forest = Self {
            layout,
            classes: of_classes,
            depth,
            features,
            roots,
            words,
            ranks,
            widths: [Room::Class, Room::Half, Room::Word, Room::Double].map(|room| widths(room, classes)),
            share: 1.0 / (WHOLE as f32 * f32::from(trees)),
        };
        let mut deepest = 0;
        for tree in 0..roots.len() {
            let root_at = roots_at + 4 * tree;
            let begin = forest.root(tree);
            let end = if tree + 1 < roots.len() { forest.root(tree + 1) } else { words.len() };
            let right = begin < end && end <= words.len() && (tree > 0 || begin == 0);
            check(right, root_at, "a tree's first word", begin, "ascending from 0 and among the words")?;
            deepest = deepest.max(forest.check_tree(begin, end, words_at, (&known, leaves))?);
        }
        check(usize::from(depth) == deepest, depth_at, "the depth", depth, "the longest path's decisions")?;
        Ok(forest)
    }

    /// Numbers that it takes.
    pub fn features(&self) -> usize {
        self.features.into()
    }

    pub fn trees(&self) -> usize {
        self.roots.len()
    }

    /// Most decisions on any path.
    pub fn depth(&self) -> usize {
        self.depth.into()
    }

    /// Thresholds that a feature is compared with before the walk; 0 with int16.
    pub fn thresholds(&self) -> usize {
        self.ranks.as_ref().map_or(0, |ranks| ranks.thresholds.len())
    }

    fn root(&self, tree: usize) -> usize {
        self.roots.get(tree).map_or(usize::MAX, |root| u32::from_le(*root) as usize)
    }

    /// Follows every path of the tree in `begin..end`; gives the number of decisions on the longest.
    fn check_tree(
        &self,
        begin: usize,
        end: usize,
        words_at: usize,
        (known, allowed): (&impl Fn(Leaf) -> bool, &'static str),
    ) -> Result<usize, NtmError> {
        let layout = LAYOUTS[usize::from(self.layout)];
        // High sides that are still to come, and the decisions above them.
        let mut waiting = [(0, 0); MAX_DEPTH];
        let mut count = 0usize;
        let (mut at, mut above, mut deepest) = (begin, 0, 0);
        loop {
            let byte = words_at + 4 * at;
            let Some(word) = self.words[..end].get(at).map(|word| u32::from_le(*word)) else {
                return Err(NtmError::new(byte, Wrong::Short { field: "a tree", needs: 4, left: 0 }));
            };
            above += 1;
            deepest = deepest.max(above);
            check(above <= MAX_DEPTH, byte, "the decisions on a path", above, "up to 32")?;
            let feature = layout.feature(word);
            check(
                feature < self.features.into(),
                byte,
                "a feature",
                feature,
                "less than the forest's features",
            )?;
            if let Some(ranks) = &self.ranks {
                let rank = layout.threshold(word) + layout.bias();
                let of = ranks.of(feature as usize).len();
                // A tree that is one leaf compares nothing.
                check(
                    (rank as usize) < of.max(1),
                    byte,
                    "a rank",
                    rank,
                    "less than the feature's thresholds",
                )?;
            }
            if word & layout.ends() == 0 {
                let high = at + (word & (layout.ends() - 1)) as usize + 1;
                let until = count.checked_sub(1).map_or(end, |top| waiting[top].0);
                let right = high > at + 1 && high < until;
                check(
                    right,
                    byte,
                    "a high side's distance",
                    high - at,
                    "behind the low side, within the tree",
                )?;
                waiting[count] = (high, above);
                count += 1;
                at += 1;
                continue;
            }
            let (low, high) = layout.codes(word);
            let sides = [layout.side(low), layout.side(high)];
            let halves = sides.iter().filter(|side| **side == Side::Half).count();
            check(halves != 1, byte, "the halves of a decision", halves, "0 and 2")?;
            at += 1;
            for (index, side) in sides.into_iter().enumerate() {
                let byte = words_at + 4 * at;
                let word = |offset| self.words[..end].get(at + offset).map_or(0, |word| u32::from_le(*word));
                let leaf = match side {
                    Side::Node(_) => continue,
                    Side::Class(class) => Leaf::Class(class.min(255) as u8),
                    Side::Half => Leaf::Half((word(0) >> (16 * index)) as u16),
                    Side::Word => Leaf::Word(word(0)),
                    Side::Double => Leaf::Double(u64::from(word(0)) | u64::from(word(1)) << 32),
                };
                check(known(leaf), byte, "a leaf", word(0), allowed)?;
                at += side.words() as usize;
            }
            if halves == 2 {
                at += 1;
            }
            let field = "the words to a decision behind a leaf";
            match sides {
                [Side::Node(_), Side::Node(both)] => check(false, byte, field, both, "none beside another")?,
                [Side::Node(step), other] | [other, Side::Node(step)] => {
                    check(step == 1 + other.words(), byte, field, step, "one, and those of the leaf")?;
                    continue;
                }
                _ => {}
            }
            match count.checked_sub(1).map(|top| waiting[top]) {
                Some((high, decisions)) => {
                    count -= 1;
                    check(
                        at == high,
                        words_at + 4 * at,
                        "the end of a low side",
                        at,
                        "where the high side begins",
                    )?;
                    above = decisions;
                }
                None => {
                    check(at == end, words_at + 4 * at, "the end of a tree", at, "where the next begins")?;
                    return Ok(deepest);
                }
            }
        }
    }

    /// Asks every tree about whole numbers. `None` if there are not as many as it takes.
    pub fn votes_i16(&self, features: &[i16]) -> Option<Votes> {
        if features.len() != self.features() {
            return None;
        }
        Some(match &self.ranks {
            None => {
                self.ask(|copy| copy.iter_mut().zip(features).for_each(|(copy, feature)| *copy = *feature))
            }
            Some(ranks) => self.ask(|copy| ranks.of_all(&|index| features[index].into(), copy, self.bias())),
        })
    }

    /// Asks every tree. `None` if there are not as many numbers as it takes.
    pub fn votes_f32(&self, features: &[f32]) -> Option<Votes> {
        if features.len() != self.features() {
            return None;
        }
        Some(self.ask(|copy| self.fill_f32(features, copy)))
    }

    /// The leaf that each tree comes to. `None` if there are not as many numbers as it takes.
    pub(super) fn leaves_f32(&self, features: &[f32], mut give: impl FnMut(usize, Leaf)) -> Option<()> {
        if features.len() != self.features() {
            return None;
        }
        // The widest room does for any layout; what lies behind the features is not asked about.
        let mut room = [0; 256];
        self.fill_f32(features, &mut room);
        match self.layout {
            0 => self.leaves::<0, 32>(&room, &mut give),
            1 => self.leaves::<1, 64>(&room, &mut give),
            2 => self.leaves::<2, 128>(&room, &mut give),
            _ => self.leaves::<3, 256>(&room, &mut give),
        }
        Some(())
    }

    fn leaves<const LAYOUT: usize, const N: usize>(
        &self,
        room: &[i16; 256],
        give: &mut impl FnMut(usize, Leaf),
    ) {
        let Some(features) = room.first_chunk::<N>() else { return };
        let walk = Walk::<LAYOUT, N> { words: self.words, features };
        let (groups, rest) = if LANES > 1 { self.roots.as_chunks::<LANES>() } else { (&[][..], self.roots) };
        for (group, first) in groups.iter().zip((0..).step_by(LANES)) {
            let ends = walk.together(group.map(|root| u32::from_le(root) as usize));
            ends.iter().zip(first..).for_each(|(at, tree)| give(tree, walk.leaf(*at)));
        }
        for (root, tree) in rest.iter().zip(groups.len() * LANES..) {
            give(tree, walk.leaf(walk.alone(u32::from_le(*root) as usize)));
        }
    }

    #[inline(always)]
    fn fill_f32(&self, features: &[f32], copy: &mut [i16]) {
        match &self.ranks {
            // Above a whole threshold is what is above it when rounded up.
            None => {
                for (copy, feature) in copy.iter_mut().zip(features) {
                    *copy = if feature.is_nan() { i16::MAX } else { libm::ceilf(*feature) as i16 };
                }
            }
            Some(ranks) => ranks.of_all(&|index| features[index], copy, self.bias()),
        }
    }

    fn bias(&self) -> i32 {
        LAYOUTS[usize::from(self.layout) & 3].bias()
    }

    /// `fill` is given room for the features, a power of two of it, so that no index has to be checked in the walk.
    #[inline(always)]
    fn ask(&self, fill: impl Fn(&mut [i16])) -> Votes {
        let mut votes = Votes { votes: [0; 32], classes: self.classes, share: self.share };
        match self.layout {
            0 => self.walk::<0, 32>(&filled(fill), &mut votes),
            1 => self.walk::<1, 64>(&filled(fill), &mut votes),
            2 => self.walk::<2, 128>(&filled(fill), &mut votes),
            _ => self.walk::<3, 256>(&filled(fill), &mut votes),
        }
        votes
    }

    fn walk<const LAYOUT: usize, const N: usize>(&self, features: &[i16; N], votes: &mut Votes) {
        let walk = Walk::<LAYOUT, N> { words: self.words, features };
        let (groups, rest) = if LANES > 1 { self.roots.as_chunks::<LANES>() } else { (&[][..], self.roots) };
        for group in groups {
            for at in walk.together(group.map(|root| u32::from_le(root) as usize)) {
                let (room, mask, shares) = walk.parts(at, self.mask());
                leaf::spread_evenly(mask, shares, &self.widths[room & 3], |class, share| {
                    votes.give(class, share)
                });
            }
        }
        for root in rest {
            self.vote(walk.leaf(walk.alone(u32::from_le(*root) as usize)), votes);
        }
    }

    /// A bit for each class.
    fn mask(&self) -> u32 {
        mask_of(usize::from(self.classes) & 31)
    }

    #[inline(always)]
    fn vote(&self, leaf: Leaf, votes: &mut Votes) {
        let [_, half, word, double] = &self.widths;
        let mask = self.mask();
        let give = |class, share| votes.give(class, share);
        match leaf {
            Leaf::Class(class) => votes.give(class.into(), WHOLE),
            Leaf::Half(bits) => spread(u32::from(bits) & mask, u32::from(bits) << 16, half, give),
            Leaf::Word(bits) => spread(bits & mask, bits, word, give),
            Leaf::Double(bits) => spread(bits as u32 & mask, bits, double, give),
        }
    }
}

fn filled<const N: usize>(fill: impl Fn(&mut [i16])) -> [i16; N] {
    let mut room = [0; N];
    fill(&mut room);
    room
}

impl Layout {
    /// A rank is stored less this, so that ranks are signed as int16 thresholds are.
    const fn bias(self) -> i32 {
        1 << (self.threshold_bits - 1)
    }
}

impl<'a> Ranks<'a> {
    fn open(
        fields: &mut Fields<'a>,
        features: usize,
        count: usize,
        layout: Layout,
    ) -> Result<Self, NtmError> {
        let begins_at = fields.at();
        let begins = fields.words(features + 1, "where thresholds begin")?;
        let at = fields.at();
        let thresholds = fields.words(count, "the thresholds")?;
        let most = (1 << layout.threshold_bits) - 1;
        for (index, pair) in begins.windows(2).enumerate() {
            let (begin, end) = (u32::from_le(pair[0]) as usize, u32::from_le(pair[1]) as usize);
            let ends_right = index + 1 < features || end == count;
            let right = begin <= end && end <= count && end - begin <= most && ends_right;
            let right = right && (index > 0 || begin == 0);
            let field = "where a feature's thresholds begin";
            check(right, begins_at + 4 * index, field, begin, "ascending from 0, few enough for the layout")?;
            let mut before = f32::NEG_INFINITY;
            for (offset, bits) in thresholds[begin..end].iter().enumerate() {
                let threshold = f32::from_bits(u32::from_le(*bits));
                let right = threshold.is_finite() && threshold > before;
                let at = at + 4 * (begin + offset);
                check_number(right, at, "a threshold", threshold, "finite and ascending")?;
                before = threshold;
            }
        }
        Ok(Self { begins, thresholds })
    }

    fn of(&self, feature: usize) -> &'a [u32] {
        let begin = |index: usize| self.begins.get(index).map_or(0, |begin| u32::from_le(*begin) as usize);
        self.thresholds.get(begin(feature)..begin(feature + 1)).unwrap_or_default()
    }

    /// Of each feature, how many of its thresholds it is above, less the bias.
    #[inline(never)]
    fn of_all(&self, feature: &dyn Fn(usize) -> f32, out: &mut [i16], bias: i32) {
        let features = self.begins.len() - 1;
        for (index, rank) in out.iter_mut().enumerate().take(features) {
            let number = feature(index);
            let above = |bits: &u32| {
                let threshold = f32::from_bits(u32::from_le(*bits));
                number > threshold || number.is_nan()
            };
            *rank = (self.of(index).partition_point(above) as i32 - bias) as i16;
        }
    }
}

/// The trees and what they are asked about.
struct Walk<'w, const LAYOUT: usize, const N: usize> {
    words: &'w [u32],
    features: &'w [i16; N],
}

impl<const LAYOUT: usize, const N: usize> Walk<'_, LAYOUT, N> {
    const BITS: Layout = LAYOUTS[LAYOUT];

    /// Beyond the words, where no walk of a checked forest comes, lies a decision between two leaves.
    #[inline(always)]
    fn word(&self, at: usize) -> u32 {
        self.words.get(at).map_or(Self::BITS.ends(), |word| u32::from_le(*word))
    }

    #[inline(always)]
    fn feature(&self, word: u32) -> i32 {
        const { assert!(N == 1 << Self::BITS.feature_bits) };
        self.features[(word >> Self::BITS.link_bits()) as usize & (N - 1)].into()
    }

    #[inline(always)]
    fn above(&self, word: u32) -> bool {
        self.feature(word) > Self::BITS.threshold(word)
    }

    #[inline(always)]
    fn code(&self, word: u32, above: bool) -> u32 {
        let (low, high) = Self::BITS.codes(word);
        if above { high } else { low }
    }

    /// Follows one tree to its last decision. Every step is forward.
    #[inline(always)]
    fn alone(&self, mut at: usize) -> usize {
        loop {
            let word = self.word(at);
            let above = self.above(word);
            if word & Self::BITS.ends() == 0 {
                at += 1;
                if above {
                    at += (word & (Self::BITS.ends() - 1)) as usize;
                }
                continue;
            }
            match Self::BITS.step(self.code(word, above)) {
                0 => return at,
                step => at += step as usize,
            }
        }
    }

    /// As [`Self::alone`], of several trees in step: those that are at their end wait. Which side it is cannot be foreseen,
    /// so it is a choice of numbers and not of ways.
    #[inline(always)]
    fn together(&self, mut at: [usize; LANES]) -> [usize; LANES] {
        loop {
            let mut moved = 0;
            for at in &mut at {
                let word = self.word(*at);
                let above = self.above(word);
                let fork = 1 + select_unpredictable(above, word & (Self::BITS.ends() - 1), 0);
                let (low, high) = Self::BITS.codes(word);
                let past = Self::BITS.step(select_unpredictable(above, high, low));
                let past = select_unpredictable(past == 0, 0, past);
                let step = select_unpredictable(word & Self::BITS.ends() == 0, fork, past);
                *at += step as usize;
                moved |= step;
            }
            if moved == 0 {
                return at;
            }
        }
    }

    /// What the last decision of a walk leads to.
    #[inline(always)]
    fn leaf(&self, at: usize) -> Leaf {
        let word = self.word(at);
        let above = self.above(word);
        match Self::BITS.side(self.code(word, above)) {
            Side::Class(class) => Leaf::Class(class as u8),
            Side::Half => Leaf::Half((self.word(at + 1) >> if above { 16 } else { 0 }) as u16),
            side => {
                let at = at + 1 + self.words_before(word, above);
                if side == Side::Word {
                    Leaf::Word(self.word(at))
                } else {
                    Leaf::Double(u64::from(self.word(at)) | u64::from(self.word(at + 1)) << 32)
                }
            }
        }
    }

    /// Words of the low side's leaf, if the high side is asked for.
    #[inline(always)]
    fn words_before(&self, word: u32, above: bool) -> usize {
        let (low, _) = Self::BITS.codes(word);
        if above { Self::BITS.side(low).words() as usize } else { 0 }
    }

    /// As [`Self::leaf`], without branches: the number of the leaf's room, its classes, and its shares with zeros below. A
    /// leaf of one class is one without shares.
    #[inline(always)]
    fn parts(&self, at: usize, classes: u32) -> (usize, u32, u64) {
        let word = self.word(at);
        let above = self.above(word);
        let (low, high) = Self::BITS.codes(word);
        let code = select_unpredictable(above, high, low);
        let room = (code + 1).saturating_sub(Self::BITS.first_code()) as usize & 3;
        let before = select_unpredictable(above, Self::BITS.side(low).words(), 0);
        let begin = at + 1 + before as usize;
        let (first, second) = (self.word(begin), self.word(begin + 1));
        let first = select_unpredictable(above & (room == 1), first >> 16, first);
        let mask = select_unpredictable(room == 0, 1 << (code & 31), first & classes);
        let short = u64::from(first & !classes) << [0, 48, 32, 0][room];
        let long = u64::from(first & !classes) | u64::from(second) << 32;
        let shares = select_unpredictable(room == 3, long, short);
        (room, mask, select_unpredictable(room == 0, 0, shares))
    }
}
