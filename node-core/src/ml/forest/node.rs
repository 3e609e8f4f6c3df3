//! One decision in one word, and the four ways in which its bits are divided.

/// Longest path of any tree: what a check of a tree has to remember is bounded.
pub const MAX_DEPTH: usize = 32;

/// How the 32 bits of a decision are divided. The number is the format's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub threshold_bits: u32,
    pub feature_bits: u32,
}

pub(super) const LAYOUTS: [Layout; 4] = [
    Layout { threshold_bits: 16, feature_bits: 5 },
    Layout { threshold_bits: 16, feature_bits: 6 },
    Layout { threshold_bits: 12, feature_bits: 7 },
    Layout { threshold_bits: 10, feature_bits: 8 },
];

/// Where a side of a decision leads, if one of its sides is a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Class(u32),
    Half,
    Word,
    Double,
    /// Another decision, this many words on: behind the leaf of the other side.
    Node(u32),
}

impl Side {
    /// Words of a leaf of its own; two halves share one.
    pub const fn words(self) -> u32 {
        match self {
            Self::Word => 1,
            Self::Double => 2,
            Self::Class(_) | Self::Half | Self::Node(_) => 0,
        }
    }
}

impl Layout {
    pub const fn link_bits(self) -> u32 {
        32 - self.threshold_bits - self.feature_bits
    }

    /// This bit is 0 where both sides are decisions: the low side follows at once, the high side lies as many words
    /// after it as the bits below say, plus one. It is 1 where a side is a leaf: the bits below are the codes of both
    /// sides, and the words of their leaves follow the decision, before the side that is a decision.
    pub const fn ends(self) -> u32 {
        1 << (self.link_bits() - 1)
    }

    pub const fn code_bits(self) -> u32 {
        (self.link_bits() - 1) / 2
    }

    /// Codes are classes, and from here up: half, word, double, decisions 1 to 3 words on.
    pub const fn first_code(self) -> u32 {
        (1 << self.code_bits()) - 6
    }

    pub const fn side(self, code: u32) -> Side {
        match code.wrapping_sub(self.first_code()) {
            0 => Side::Half,
            1 => Side::Word,
            2 => Side::Double,
            step @ 3..6 => Side::Node(step - 2),
            _ => Side::Class(code),
        }
    }

    pub const fn code(self, side: Side) -> u32 {
        match side {
            Side::Class(class) => class,
            Side::Half => self.first_code(),
            Side::Word => self.first_code() + 1,
            Side::Double => self.first_code() + 2,
            Side::Node(step) => self.first_code() + 2 + step,
        }
    }

    /// Words to the decision that a code leads to, 0 if it is a leaf.
    #[inline(always)]
    pub const fn step(self, code: u32) -> u32 {
        code.saturating_sub(self.first_code() + 2)
    }

    /// Codes of the low and of the high side.
    pub const fn codes(self, word: u32) -> (u32, u32) {
        let mask = (1 << self.code_bits()) - 1;
        (word & mask, (word >> self.code_bits()) & mask)
    }

    pub const fn feature(self, word: u32) -> u32 {
        (word >> self.link_bits()) & ((1 << self.feature_bits) - 1)
    }

    pub const fn threshold(self, word: u32) -> i32 {
        (word as i32) >> (32 - self.threshold_bits)
    }

    /// The word without its link.
    pub const fn word(self, feature: u32, threshold: i32) -> u32 {
        ((threshold as u32) << (32 - self.threshold_bits)) | (feature << self.link_bits())
    }
}
