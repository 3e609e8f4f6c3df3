//! What the node will say in the end: only what it is sure enough of, and smoothed from one window to the next.

use super::linear;
use node_core::ml::MAX_CLASSES;
use node_core::ml::ntm::Smoothing;
use node_core::ml::smooth::Smoother;
use serde::Serialize;

/// What was said of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Of the recordings.
    pub item: usize,
    pub first: isize,
    pub class: usize,
    /// Of each class, together 1.
    pub shares: Vec<f64>,
}

/// Of all windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Decided {
    /// The share that got an answer.
    pub answered: f64,
    /// Of those the share that was right.
    pub accuracy: f64,
}

/// In order of time in each recording: the smoother starts anew with each. `least`: the threshold of each class.
pub fn decided(said: &[Said], smoothing: &Smoothing, least: impl Fn(usize) -> f64) -> Decided {
    let mut order: Vec<&Said> = said.iter().collect();
    order.sort_by_key(|said| (said.item, said.first));
    let (mut answered, mut right) = (0u32, 0u32);
    for recording in order.chunk_by(|a, b| a.item == b.item) {
        let mut smoother = Smoother::new(*smoothing);
        for said in recording {
            let shares: Vec<f32> = said.shares.iter().take(MAX_CLASSES).map(|share| *share as f32).collect();
            let state = smoother.push(&shares);
            if let Some(state) = state.filter(|state| f64::from(state.confidence) >= least(state.class)) {
                answered += 1;
                right += u32::from(state.class == said.class);
            }
        }
    }
    Decided {
        answered: f64::from(answered) / order.len().max(1) as f64,
        accuracy: f64::from(right) / f64::from(answered.max(1)),
    }
}

/// How well confidence is chance: answers in ten bins of confidence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Of each tenth of confidence: answers, their mean confidence, and how many of them were right.
    pub bins: [Bin; 10],
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    pub answers: u32,
    pub confidence: f64,
    pub right: f64,
}

impl Calibration {
    pub fn of(said: &[Said]) -> Self {
        let mut bins = [Bin::default(); 10];
        for said in said {
            let best = linear::best(&said.shares);
            let confidence = said.shares.get(best).copied().unwrap_or(0.0);
            let bin = &mut bins[((confidence * 10.0) as usize).min(9)];
            bin.answers += 1;
            bin.confidence += confidence;
            bin.right += f64::from(u8::from(best == said.class));
        }
        for bin in bins.iter_mut().filter(|bin| bin.answers > 0) {
            bin.confidence /= f64::from(bin.answers);
            bin.right /= f64::from(bin.answers);
        }
        Self { bins }
    }

    /// Expected calibration error: how far confidence is from the share that is right, on the mean over all answers.
    pub fn error(&self) -> f64 {
        let all: u32 = self.bins.iter().map(|bin| bin.answers).sum();
        let off = |bin: &Bin| f64::from(bin.answers) * (bin.confidence - bin.right).abs();
        self.bins.iter().map(off).sum::<f64>() / f64::from(all.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(item: usize, first: isize, class: usize, share: f64) -> Said {
        Said { item, first, class, shares: vec![share, 1.0 - share] }
    }

    #[test]
    fn a_slip_is_outvoted_and_doubt_is_no_answer() {
        let all = [said(0, 20, 0, 0.4), said(0, 0, 0, 0.9), said(0, 10, 0, 0.9), said(1, 0, 1, 0.45)];
        let plain = decided(&all, &Smoothing::None, |_| 0.0);
        assert_eq!(plain, Decided { answered: 1.0, accuracy: 0.75 });
        let smooth = decided(&all, &Smoothing::Majority { windows: 3 }, |_| 0.0);
        assert_eq!(smooth, Decided { answered: 1.0, accuracy: 1.0 });
        let sure = decided(&all, &Smoothing::None, |_| 0.8);
        assert_eq!(sure, Decided { answered: 0.5, accuracy: 1.0 });
    }

    #[test]
    fn who_says_nine_tenths_and_is_right_in_half_is_four_tenths_off() {
        let all: Vec<Said> = (0..100).map(|n| said(0, n, usize::from(n % 2 == 0), 0.9)).collect();
        assert!((Calibration::of(&all).error() - 0.4).abs() < 1e-9);
        assert_eq!(Calibration::of(&[]).error(), 0.0);
    }
}
