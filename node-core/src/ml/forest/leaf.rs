//! What a tree says: shares of the classes, in as few bits as they need.
//!
//! Shares are in 256ths and sum to 256. A leaf with one class is a number in its node. Another is 16, 32 or 64 bits: from the
//! lowest up one bit for each class of the model (set: the class is in it); from the highest down, for each class that is in
//! it but the last, its share in as many of the highest bits of 8 as there is room for; between them zeros. The last class
//! has the rest. So a leaf of three classes of ten has shares to 1/256 in 32 bits, and one of six to 1/16.
//!
//! Sharing equal leaves between trees would save less than the references cost: of 2800 mixed leaves of a forest of ten
//! trees (20 features, 10 classes) 2300 differ.

use crate::ml::MAX_CLASSES;

/// The whole of a leaf's shares.
pub const WHOLE: u32 = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leaf {
    Class(u8),
    /// Lies in one word with its sibling, which has to be a half too.
    Half(u16),
    Word(u32),
    Double(u64),
}

/// Room for a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    Class,
    Half,
    Word,
    Double,
}

impl Room {
    const fn bits(self) -> usize {
        match self {
            Self::Class => 0,
            Self::Half => 16,
            Self::Word => 32,
            Self::Double => 64,
        }
    }
}

/// How a share is written, by the number of shares that are: its bits; 0: no room.
pub(super) type Widths = [u8; 32];

pub(super) const fn widths(room: Room, classes: usize) -> Widths {
    let mut widths = [0; 32];
    let mut shares = 1;
    while shares < classes {
        let width = room.bits().saturating_sub(classes) / shares;
        widths[shares] = if width < 8 { width as u8 } else { 8 };
        shares += 1;
    }
    widths
}

/// A leaf's classes, a bit each, and the bits of their shares, highest first.
pub(super) trait Shares: Copy {
    fn first(self) -> u32;
    fn past(self, width: u8) -> Self;
}

impl Shares for u32 {
    #[inline(always)]
    fn first(self) -> u32 {
        self >> 24
    }

    #[inline(always)]
    fn past(self, width: u8) -> Self {
        self << (width & 31)
    }
}

impl Shares for u64 {
    #[inline(always)]
    fn first(self) -> u32 {
        (self >> 56) as u32
    }

    #[inline(always)]
    fn past(self, width: u8) -> Self {
        self << (width & 63)
    }
}

/// Gives each class of a leaf its share. Ends after 32 classes whatever the bits are.
#[inline(always)]
pub(super) fn spread(
    mut mask: u32,
    mut shares: impl Shares,
    widths: &Widths,
    mut give: impl FnMut(u32, u32),
) {
    let mut others = mask & mask.wrapping_sub(1);
    let width = widths[(others.count_ones() & 31) as usize];
    let kept = (0xFF00 >> (width & 15)) & 0xFF;
    let mut rest = WHOLE;
    while others != 0 {
        let share = shares.first() & kept;
        rest = rest.wrapping_sub(share);
        give(mask.trailing_zeros(), share);
        shares = shares.past(width);
        mask = others;
        others &= others.wrapping_sub(1);
    }
    give(mask.trailing_zeros(), rest);
}

/// As [`spread`], with the same steps for any leaf of few classes, so that no branch depends on their number. Below the
/// shares there have to be zeros.
#[inline(always)]
pub(super) fn spread_evenly(mask: u32, mut shares: u64, widths: &Widths, mut give: impl FnMut(u32, u32)) {
    const STEPS: usize = 7;
    let others = mask & mask.wrapping_sub(1);
    let width = widths[(others.count_ones() & 31) as usize];
    let kept = (0xFF00 >> (width & 15)) & 0xFF;
    let (mut rest, mut left) = (WHOLE, mask);
    let mut step = |shares: u64| {
        // When all is given, class 0 is given nothing.
        let share = shares.first() & kept;
        rest = rest.wrapping_sub(share);
        give(left.trailing_zeros(), share);
        left &= left.wrapping_sub(1);
        shares.past(width)
    };
    for _ in 0..STEPS {
        shares = step(shares);
    }
    // A width of 0, which no checked leaf has, would never come to an end.
    while shares != 0 && width != 0 {
        shares = step(shares);
    }
    give(31 - (mask | 1).leading_zeros(), rest);
}

pub(super) const fn mask_of(classes: usize) -> u32 {
    (1 << classes) - 1
}

impl Leaf {
    /// Shares of a model's classes in 256ths; `None` if the bits are not those of a leaf.
    pub fn shares(&self, classes: usize) -> Option<[u16; MAX_CLASSES]> {
        let mut shares = [0; MAX_CLASSES];
        let (room, bits) = match *self {
            Self::Class(class) => {
                *shares[..classes].get_mut(usize::from(class))? = WHOLE as u16;
                return Some(shares);
            }
            Self::Half(bits) => (Room::Half, u64::from(bits)),
            Self::Word(bits) => (Room::Word, u64::from(bits)),
            Self::Double(bits) => (Room::Double, bits),
        };
        let mask = bits as u32 & mask_of(classes);
        let widths = widths(room, classes);
        if mask.count_ones() < 2 || widths[mask.count_ones() as usize - 1] == 0 {
            return None;
        }
        let mut sum = 0;
        let written = (bits & !u64::from(mask_of(classes))) << (64 - room.bits());
        // Between the classes and the shares.
        if written << (widths[mask.count_ones() as usize - 1] as u32 * (mask.count_ones() - 1)) != 0 {
            return None;
        }
        spread(mask, written, &widths, |class, share| {
            shares[class as usize] = share as u16;
            sum += u32::from(share as u16);
        });
        // More than the whole was given away before the last class, whose share then is a huge number.
        (sum == WHOLE).then_some(shares)
    }

    /// The leaf nearest to `shares` (which sum to 1) that fits into `room`, and how far it is: the sum of squares.
    ///
    /// Where there is no room for all, the smallest are left out as far as that brings it nearer.
    pub fn nearest(shares: &[f32], room: Room) -> (Self, f32) {
        let shares = &shares[..shares.len().min(MAX_CLASSES)];
        let mut order: [u8; MAX_CLASSES] = core::array::from_fn(|class| class as u8);
        let order = &mut order[..shares.len()];
        // Stable, so that of equal shares the first class comes first.
        for end in 1..order.len() {
            let mut at = end;
            while at > 0 && shares[usize::from(order[at - 1])] < shares[usize::from(order[at])] {
                order.swap(at - 1, at);
                at -= 1;
            }
        }
        let most = order.first().copied().unwrap_or(0);
        let mut best = (Self::Class(most), distance(shares, |class| if class == most { WHOLE } else { 0 }));
        let widths = widths(room, shares.len());
        for kept in 2..=shares.iter().filter(|share| **share > 0.0).count() {
            let width = widths[kept - 1];
            if width == 0 {
                break;
            }
            if let Some((leaf, far)) = written(shares, &order[..kept], width, room)
                && far < best.1
            {
                best = (leaf, far);
            }
        }
        best
    }
}

fn distance(shares: &[f32], quantised: impl Fn(u8) -> u32) -> f32 {
    let square = |(class, share): (usize, &f32)| {
        let difference = share - quantised(class as u8) as f32 / WHOLE as f32;
        difference * difference
    };
    shares.iter().enumerate().map(square).sum()
}

/// The classes `kept`, their shares scaled to the whole and rounded to `width` bits so that they still sum to it.
fn written(shares: &[f32], kept: &[u8], width: u8, room: Room) -> Option<(Leaf, f32)> {
    let steps = 1u32 << width;
    let sum: f32 = kept.iter().map(|class| shares[usize::from(*class)]).sum();
    let scale = steps as f32 / sum;
    let mut rounded = [0u32; MAX_CLASSES];
    let mut remainder = [-1f32; MAX_CLASSES];
    let mut given = 0;
    for class in kept.iter().map(|class| usize::from(*class)) {
        let exact = shares[class] * scale;
        rounded[class] = (exact as u32).min(steps);
        remainder[class] = exact - rounded[class] as f32;
        given += rounded[class];
    }
    // The largest remainders get what is left.
    for _ in given..steps {
        let largest = kept
            .iter()
            .map(|class| usize::from(*class))
            .reduce(|largest, class| if remainder[class] > remainder[largest] { class } else { largest })?;
        rounded[largest] += 1;
        remainder[largest] -= 1.0;
    }
    let last = kept.iter().copied().max()?;
    let (mut mask, mut bits, mut at) = (0u64, 0u64, room.bits());
    for (class, steps_of) in rounded.iter().enumerate().filter(|(class, _)| kept.contains(&(*class as u8))) {
        mask |= 1 << class;
        if class != usize::from(last) {
            if *steps_of >= steps {
                return None;
            }
            at -= usize::from(width);
            bits |= u64::from(*steps_of) << at;
        }
    }
    let unit = WHOLE / steps;
    let far = distance(shares, |class| rounded[usize::from(class)] * unit);
    let bits = bits | mask;
    let leaf = match room {
        Room::Class => return None,
        Room::Half => Leaf::Half(bits as u16),
        Room::Word => Leaf::Word(bits as u32),
        Room::Double => Leaf::Double(bits),
    };
    Some((leaf, far))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn a_leaf_sums_to_the_whole_and_more_room_brings_it_nearer(counts in prop::collection::vec(0u8..20, 2..=26)) {
            prop_assume!(counts.iter().any(|count| *count > 0));
            let sum: f32 = counts.iter().map(|count| f32::from(*count)).sum();
            let shares: Vec<f32> = counts.iter().map(|count| f32::from(*count) / sum).collect();
            let mut before = f32::MAX;
            for room in [Room::Class, Room::Half, Room::Word, Room::Double] {
                let (leaf, far) = Leaf::nearest(&shares, room);
                let quantised = leaf.shares(shares.len()).expect("a leaf that was written can be read");
                prop_assert_eq!(quantised.iter().map(|share| u32::from(*share)).sum::<u32>(), WHOLE);
                let again = distance(&shares, |class| quantised[usize::from(class)].into());
                prop_assert!((again - far).abs() < 1e-5, "{:?}: {} and {}", leaf, again, far);
                prop_assert!(far <= before + 1e-5);
                before = far;
            }
        }

        #[test]
        fn few_classes_are_held_to_a_256th(a in 1u32..255, classes in 4usize..=16) {
            let mut shares = [0.0; 16];
            shares[1] = a as f32 / 256.0;
            shares[classes - 1] = 1.0 - shares[1];
            let (leaf, far) = Leaf::nearest(&shares[..classes], Room::Word);
            prop_assert_eq!(far, 0.0, "{:?}", leaf);
        }

        #[test]
        fn any_bits_are_a_leaf_or_are_refused(bits: u64, classes in 1usize..=26) {
            for leaf in [Leaf::Half(bits as u16), Leaf::Word(bits as u32), Leaf::Double(bits), Leaf::Class(bits as u8)] {
                if let Some(shares) = leaf.shares(classes) {
                    prop_assert_eq!(shares.iter().map(|share| u32::from(*share)).sum::<u32>(), WHOLE);
                }
            }
        }
    }
}
