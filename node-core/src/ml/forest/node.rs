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

/// Where a side of a decision leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Class(u32),
    Half,
    Word,
    Double,
    /// Another decision.
    Node,
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

    /// Codes are classes, and from here up: decision, half, word, double.
    pub const fn first_code(self) -> u32 {
        (1 << self.code_bits()) - 4
    }

    pub const fn side(self, code: u32) -> Side {
        match code.wrapping_sub(self.first_code()) {
            0 => Side::Node,
            1 => Side::Half,
            2 => Side::Word,
            3 => Side::Double,
            _ => Side::Class(code),
        }
    }

    pub const fn code(self, side: Side) -> u32 {
        match side {
            Side::Class(class) => class,
            Side::Node => self.first_code(),
            Side::Half => self.first_code() + 1,
            Side::Word => self.first_code() + 2,
            Side::Double => self.first_code() + 3,
        }
    }

    /// Codes of the low and of the high side.
    pub const fn codes(self, word: u32) -> (u32, u32) {
        let mask = (1 << self.code_bits()) - 1;
        (word & mask, (word >> self.code_bits()) & mask)
    }

    /// Words of a side's leaf of its own; two halves share one.
    #[inline(always)]
    pub const fn words(self, code: u32) -> u32 {
        code.saturating_sub(self.first_code() + 1)
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
