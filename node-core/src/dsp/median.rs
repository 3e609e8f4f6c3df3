//! Running median: takes out spikes and keeps edges.
//!
//! Work: for a width of W, at most 2·W compares and moves a sample (one value leaves a sorted list, one enters it).

/// The median of the last `W` samples, `W` odd. Before there were as many, of those there are.
#[derive(Clone, Debug)]
pub struct Median<const W: usize> {
    ring: [f32; W],
    sorted: [f32; W],
    next: usize,
    count: usize,
    width: usize,
}

impl<const W: usize> Default for Median<W> {
    fn default() -> Self {
        Self { ring: [0.0; W], sorted: [0.0; W], next: 0, count: 0, width: W }
    }
}

impl<const W: usize> Median<W> {
    /// Narrower than its room: at least 1, at most `W`.
    pub fn with_width(width: usize) -> Self {
        Self { width: width.clamp(1, W), ..Self::default() }
    }

    pub fn reset(&mut self) {
        (self.next, self.count) = (0, 0);
    }

    fn sorted(&self) -> &[f32] {
        self.sorted.get(..self.count).unwrap_or_default()
    }

    fn forget(&mut self, value: f32) {
        let place = self.sorted().iter().position(|x| x.total_cmp(&value).is_eq()).unwrap_or(0);
        self.sorted.copy_within((place + 1).min(self.count)..self.count, place);
        self.count -= 1;
    }

    pub fn step(&mut self, sample: f32) -> f32 {
        if self.count == self.width {
            self.forget(self.ring.get(self.next).copied().unwrap_or_default());
        }
        if let Some(room) = self.ring.get_mut(self.next) {
            *room = sample;
        }
        self.next = if self.next + 1 == self.width { 0 } else { self.next + 1 };
        let place = self.sorted().iter().position(|x| x.total_cmp(&sample).is_gt()).unwrap_or(self.count);
        self.sorted.copy_within(place..self.count, place + 1);
        if let Some(room) = self.sorted.get_mut(place) {
            *room = sample;
        }
        self.count += 1;
        self.middle()
    }

    /// The lower one of two middle values.
    fn middle(&self) -> f32 {
        self.sorted().get((self.count - 1) / 2).copied().unwrap_or_default()
    }

    /// In place.
    pub fn process(&mut self, block: &mut [f32]) {
        block.iter_mut().for_each(|sample| *sample = self.step(*sample));
    }

    /// A whole window in place and without delay: value n is the median around sample n, fewer at the ends.
    pub fn window(&mut self, signal: &mut [f32]) {
        self.reset();
        let side = (self.width - 1) / 2;
        // The value for sample n is known once n + side came; by then nothing reads sample n any more.
        let length = signal.len();
        for n in 0..if length == 0 { 0 } else { length + side } {
            let value = match signal.get(n) {
                Some(&sample) => self.step(sample),
                None => {
                    // Past the end nothing comes, but what is too far from sample n - side still goes.
                    if n >= self.width {
                        let oldest = (self.next + self.width - self.count) % self.width;
                        self.forget(self.ring.get(oldest).copied().unwrap_or_default());
                    }
                    self.middle()
                }
            };
            if let Some(out) = n.checked_sub(side).and_then(|n| signal.get_mut(n)) {
                *out = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn median(values: &[f32]) -> f32 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f32::total_cmp);
        sorted[(sorted.len() - 1) / 2]
    }

    proptest! {
        #[test]
        fn is_the_sorted_middle(
            values in prop::collection::vec(-3i8..3, 0..80), side in 0usize..5
        ) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let width = 2 * side + 1;
            let mut running = Median::<9>::with_width(width);
            for n in 0..values.len() {
                let from = (n + 1).saturating_sub(width);
                prop_assert_eq!(running.step(values[n]), median(&values[from..=n]));
            }
            let mut whole = values.clone();
            running.window(&mut whole);
            for n in 0..values.len() {
                let around = &values[n.saturating_sub(side)..(n + side + 1).min(values.len())];
                prop_assert_eq!(whole[n], median(around), "{} of {:?}", n, values);
            }
        }

        #[test]
        fn takes_anything(values in prop::collection::vec(any::<f32>(), 0..40)) {
            let mut values = values;
            Median::<5>::default().window(&mut values);
            Median::<5>::default().process(&mut values);
        }
    }

    #[test]
    fn a_spike_goes_and_an_edge_stays() {
        let mut signal = [0.0, 0.0, 9.0, 0.0, 1.0, 1.0, 1.0, -9.0, 1.0];
        Median::<3>::default().window(&mut signal);
        assert_eq!(signal, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, -9.0]);
    }
}
