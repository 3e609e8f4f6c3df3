//! Where a plan reads from: the last window of a stream of samples, kept in a ring.
//!
//! Work: [`Sliding::push`] copies the sample it is given and nothing else; a window is two slices of the ring.

use core::marker::PhantomData;

/// What a ring may hold, and what it means as a float.
pub trait Sample: Copy + Default {
    fn value(self) -> f32;
}

impl Sample for f32 {
    fn value(self) -> f32 {
        self
    }
}

/// Sound: ±1.0 at full scale.
impl Sample for i16 {
    fn value(self) -> f32 {
        f32::from(self) * crate::dsp::convert::SCALE
    }
}

/// A window of equally long channels. A trait object: the plan's code exists once, whatever the samples are.
pub trait Samples {
    fn channels(&self) -> usize;
    /// Samples of each channel.
    fn samples(&self) -> usize;
    /// Copies a channel's samples from `from` on; what the window does not have stays as it is.
    fn read(&self, channel: usize, from: usize, out: &mut [f32]);
}

/// Samples of all channels in turn (x0 y0 z0 x1 y1 z1 ...), in two pieces because a ring wraps.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a, T> {
    channels: usize,
    older: &'a [T],
    newer: &'a [T],
}

impl<'a, T: Sample> Window<'a, T> {
    /// `None` unless there is a channel and the pieces hold whole samples of all channels.
    pub fn new(channels: usize, older: &'a [T], newer: &'a [T]) -> Option<Self> {
        let whole = |piece: &[T]| piece.len().checked_rem(channels) == Some(0);
        (whole(older) && whole(newer)).then_some(Self { channels, older, newer })
    }
}

impl<T: Sample> Samples for Window<'_, T> {
    fn channels(&self) -> usize {
        self.channels
    }

    fn samples(&self) -> usize {
        (self.older.len() + self.newer.len()) / self.channels
    }

    fn read(&self, channel: usize, from: usize, out: &mut [f32]) {
        if channel >= self.channels {
            return;
        }
        let first = from.saturating_mul(self.channels).saturating_add(channel);
        let older = self.older.get(first..).unwrap_or_default();
        let newer = self.newer.get(first.max(self.older.len()) - self.older.len()..);
        // A step starts with the slice's first value, and either slice starts with this channel's.
        let newer = if older.is_empty() { newer } else { self.newer.get(channel..) };
        let values = older.iter().step_by(self.channels);
        let values = values.chain(newer.unwrap_or_default().iter().step_by(self.channels));
        out.iter_mut().zip(values).for_each(|(out, &value)| *out = value.value());
    }
}

/// The last `window` samples of a stream, and when the next window is due. The ring is an array, or a slice of the caller's,
/// with room for a window of all channels.
#[derive(Clone, Debug)]
pub struct Sliding<T, R> {
    ring: R,
    sample: PhantomData<T>,
    channels: usize,
    /// Values of a window and of a hop: samples times channels.
    window: usize,
    hop: usize,
    next: usize,
    missing: usize,
}

impl<T: Sample, R: AsRef<[T]> + AsMut<[T]>> Sliding<T, R> {
    /// `None` if the window does not fit, or something is zero. What the ring holds before does not matter.
    pub fn new(ring: R, channels: usize, window: usize, hop: usize) -> Option<Self> {
        let (window, hop) = (window.checked_mul(channels)?, hop.checked_mul(channels)?);
        let fits = channels > 0 && (1..=ring.as_ref().len()).contains(&window) && hop > 0;
        fits.then_some(Self { ring, sample: PhantomData, channels, window, hop, next: 0, missing: window })
    }

    /// Takes one sample of all channels (what is too few or too many of them is not taken); true when a window is due.
    pub fn push(&mut self, sample: &[T]) -> bool {
        let room = self.ring.as_mut().get_mut(self.next..self.next + self.channels);
        let Some(room) = room.filter(|_| sample.len() == self.channels) else { return false };
        room.copy_from_slice(sample);
        self.next += self.channels;
        if self.next == self.window {
            self.next = 0;
        }
        self.missing -= self.channels;
        if self.missing > 0 {
            return false;
        }
        self.missing = self.hop;
        true
    }

    /// Takes samples from the front of a block until a window is due, or the block is used up; true when one is due.
    pub fn fill(&mut self, block: &mut &[T]) -> bool {
        while let Some((sample, rest)) =
            block.split_at_checked(self.channels).filter(|(sample, _)| !sample.is_empty())
        {
            *block = rest;
            if self.push(sample) {
                return true;
            }
        }
        *block = &[];
        false
    }

    /// The last window: right after [`Self::push`] said so.
    pub fn window(&self) -> Window<'_, T> {
        let ring = self.ring.as_ref().get(..self.window).unwrap_or_default();
        let (newer, older) = ring.split_at_checked(self.next).unwrap_or_default();
        Window { channels: self.channels, older, newer }
    }

    /// After a gap in the stream: the next window starts anew.
    pub fn reset(&mut self) {
        (self.next, self.missing) = (0, self.window);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn windows_are_the_streams_last_samples(
            channels in 1usize..4, window in 1usize..20, hop in 1usize..30, count in 0usize..100
        ) {
            let stream: Vec<f32> = (0..count * channels).map(|n| n as f32).collect();
            let mut sliding = Sliding::new([0.0f32; 60], channels, window, hop).unwrap();
            for (n, sample) in stream.chunks(channels).enumerate() {
                let due = n + 1 >= window && (n + 1 - window).is_multiple_of(hop);
                prop_assert_eq!(sliding.push(sample), due);
                if !due {
                    continue;
                }
                let view = sliding.window();
                prop_assert_eq!((view.channels(), view.samples()), (channels, window));
                for channel in 0..channels {
                    for from in 0..=window {
                        let mut out = [-1.0; 25];
                        view.read(channel, from, &mut out);
                        for (k, &out) in out.iter().enumerate() {
                            let at = (n + 1 - window + from + k) * channels + channel;
                            let exact = if from + k < window { stream[at] } else { -1.0 };
                            prop_assert_eq!(out, exact);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Sliding::new([0.0f32; 60], 3, 21, 1).is_none());
        assert!(
            Sliding::new([0.0f32; 60], 0, 20, 1).is_none() && Sliding::new([0.0f32; 60], 3, 20, 0).is_none()
        );
        assert!(Sliding::new([0.0f32; 60], usize::MAX, 2, 1).is_none());
        assert!(Window::new(3, &[0.0f32; 4], &[]).is_none() && Window::<f32>::new(0, &[], &[]).is_none());
        let mut sliding = Sliding::new([0i16; 6], 3, 2, 1).unwrap();
        assert!(!sliding.push(&[1, 2]) && !sliding.push(&[1, 2, 3]) && sliding.push(&[4, 5, 6]));
        sliding.reset();
        assert!(!sliding.push(&[1, 2, 3]));
    }
}
