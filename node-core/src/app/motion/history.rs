//! The latest samples, as far back as windows and rhythm look, and when a hop is full.

use super::MAX_WINDOW;
use super::pipeline::Sample;

pub struct History<'r> {
    magnitude: &'r mut [f32; MAX_WINDOW],
    /// Squared rate of turning, (degrees/s)².
    turning: &'r mut [f32; MAX_WINDOW],
    len: usize,
    /// How much is kept.
    keep: usize,
    hop: usize,
    in_hop: usize,
}

impl<'r> History<'r> {
    /// Keeps `keep` samples (at most [`MAX_WINDOW`]) and is full every `hop`, of them at most.
    pub fn new(keep: usize, hop: usize, [magnitude, turning]: &'r mut [[f32; MAX_WINDOW]; 2]) -> Self {
        let keep = keep.clamp(1, MAX_WINDOW);
        let hop = hop.clamp(1, keep);
        Self { magnitude, turning, len: 0, keep, hop, in_hop: 0 }
    }

    /// Takes samples up to the end of the present hop; returns how many.
    pub fn extend(&mut self, samples: &[Sample]) -> usize {
        if self.in_hop == self.hop {
            self.in_hop = 0;
        }
        let count = samples.len().min(self.hop - self.in_hop);
        let excess = (self.len + count).saturating_sub(self.keep);
        if excess > 0 {
            self.magnitude.copy_within(excess..self.len, 0);
            self.turning.copy_within(excess..self.len, 0);
            self.len -= excess;
        }
        for sample in &samples[..count] {
            self.magnitude[self.len] = sample.magnitude;
            self.turning[self.len] = sample.turning;
            self.len += 1;
        }
        self.in_hop += count;
        count
    }

    /// A hop just ended.
    pub fn hop_is_full(&self) -> bool {
        self.in_hop == self.hop
    }

    /// Samples were lost: what comes does not go on from what is kept.
    pub fn gap(&mut self) {
        (self.len, self.in_hop) = (0, 0);
    }

    pub fn len(&self) -> usize {
        self.len
    }
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// All that is kept, oldest first.
    pub fn magnitudes(&self) -> &[f32] {
        &self.magnitude[..self.len]
    }
    /// The latest `count` magnitudes and turning rates; `None` if there are not as many.
    pub fn latest(&self, count: usize) -> Option<(&[f32], &[f32])> {
        let from = self.len.checked_sub(count)?;
        Some((&self.magnitude[from..self.len], &self.turning[from..self.len]))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn numbered(from: usize, count: usize) -> Vec<Sample> {
        (from..from + count).map(|n| Sample { magnitude: n as f32, ..Sample::default() }).collect()
    }

    proptest! {
        /// However samples come, the history holds the latest of them in order, and hops end every `hop`.
        #[test]
        fn the_latest_are_kept_in_order(
            keep in 1usize..200,
            hop in 1usize..200,
            reads in prop::collection::vec(0usize..80, 0..20),
        ) {
            let mut room = [[0.0; MAX_WINDOW]; 2];
            let mut history = History::new(keep, hop, &mut room);
            let hop = hop.min(keep);
            let (mut taken, mut hops) = (0, 0);
            for read in reads {
                let samples = numbered(taken, read);
                let mut rest = &samples[..];
                while !rest.is_empty() {
                    let count = history.extend(rest);
                    prop_assert!(count > 0);
                    rest = &rest[count..];
                    taken += count;
                    hops += usize::from(history.hop_is_full());
                    let expected: Vec<f32> = (taken - taken.min(keep)..taken).map(|n| n as f32).collect();
                    prop_assert_eq!(history.magnitudes(), &expected[..]);
                }
            }
            prop_assert_eq!(hops, taken / hop);
        }
    }

    #[test]
    fn a_gap_empties_it() {
        let mut room = [[0.0; MAX_WINDOW]; 2];
        let mut history = History::new(8, 4, &mut room);
        history.extend(&numbered(0, 4));
        assert!(history.hop_is_full() && history.latest(4).is_some());
        history.gap();
        assert!(history.is_empty() && !history.hop_is_full() && history.latest(1).is_none());
    }
}
