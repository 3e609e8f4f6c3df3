//! From one answer after another to what is going on: a state that does not flicker.
//!
//! How is said by the model's file ([`Smoothing`]). An answer is the shares of the classes, as a model gives them.
//!
//! Work: an answer costs a pass over the classes; with a majority also one over the windows.

use super::MAX_CLASSES;
use super::ntm::Smoothing;

/// Most answers that are remembered; the file may not ask for more.
const MOST: usize = 64;

/// What goes on, so far.
#[derive(Clone, Debug)]
pub struct Smoother {
    how: Smoothing,
    /// Classes of the last answers, a ring.
    last: [u8; MOST],
    answers: u32,
    /// What the answers before lead to expect, of each class.
    belief: [f32; MAX_CLASSES],
    /// The class that has begun and not ended.
    current: Option<u8>,
    /// A class that may begin, and in how many answers in a row it was sure enough.
    candidate: (u8, u8),
}

/// A class and how sure it is, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    pub class: usize,
    pub confidence: f32,
}

impl Smoother {
    pub const fn new(how: Smoothing) -> Self {
        Self {
            how,
            last: [0; MOST],
            answers: 0,
            belief: [0.0; MAX_CLASSES],
            current: None,
            candidate: (0, 0),
        }
    }

    /// Takes the next answer. `None`: no class is sure enough, or the answer has no classes.
    pub fn push(&mut self, shares: &[f32]) -> Option<State> {
        let shares = &shares[..shares.len().min(MAX_CLASSES)];
        let best = best(shares)?;
        let state = match self.how {
            Smoothing::None => Some(best),
            Smoothing::Majority { windows } => Some(self.majority(best, usize::from(windows).clamp(1, MOST))),
            Smoothing::Hysteresis { windows, enter, leave } => {
                self.hysteresis(shares, best, windows, enter, leave)
            }
            Smoothing::Hidden { stay } => self.hidden(shares, stay),
        };
        self.answers = self.answers.saturating_add(1);
        state
    }

    /// The class with most of the last answers, of equals the latest.
    fn majority(&mut self, best: State, windows: usize) -> State {
        self.last.copy_within(..windows - 1, 1);
        self.last[0] = best.class as u8;
        let known = windows.min(self.answers as usize + 1);
        let mut counts = [0u8; MAX_CLASSES];
        let mut most = best.class;
        for class in self.last[..known].iter().map(|class| usize::from(*class)) {
            counts[class] += 1;
        }
        for class in self.last[..known].iter().map(|class| usize::from(*class)) {
            if counts[class] > counts[most] {
                most = class;
            }
        }
        State { class: most, confidence: f32::from(counts[most]) / known as f32 }
    }

    fn hysteresis(
        &mut self,
        shares: &[f32],
        best: State,
        windows: u8,
        enter: f32,
        leave: f32,
    ) -> Option<State> {
        let class = best.class as u8;
        // A share that is no number is not sure.
        let sure = best.confidence >= enter;
        let row = if self.candidate.0 == class { self.candidate.1 } else { 0 };
        self.candidate = (class, if sure { row.saturating_add(1) } else { 0 });
        if sure && self.candidate.1 >= windows {
            self.current = Some(class);
        }
        let current = usize::from(self.current?);
        let confidence = shares.get(current).copied().unwrap_or(0.0);
        if confidence >= leave {
            return Some(State { class: current, confidence });
        }
        self.current = None;
        None
    }

    /// One step of a hidden Markov model: what is expected, times what is seen.
    fn hidden(&mut self, shares: &[f32], stay: f32) -> Option<State> {
        // A class that the model gave no share at all may still come back.
        const LEAST: f32 = 1e-4;
        let belief = &mut self.belief[..shares.len()];
        let even = 1.0 / shares.len() as f32;
        let others = if shares.len() > 1 { (1.0 - stay) / (shares.len() - 1) as f32 } else { 0.0 };
        let mut sum = 0.0;
        for (belief, share) in belief.iter_mut().zip(shares) {
            let expected = if self.answers == 0 { even } else { stay * *belief + others * (1.0 - *belief) };
            *belief = expected.max(LEAST) * share.max(LEAST);
            sum += *belief;
        }
        let scale = 1.0 / sum;
        belief.iter_mut().for_each(|belief| *belief *= scale);
        best(belief)
    }
}

/// The largest share, the first of equals; one that is no number is none.
fn best(shares: &[f32]) -> Option<State> {
    let first = State { class: 0, confidence: *shares.first()? };
    Some(shares.iter().enumerate().fold(first, |best, (class, confidence)| {
        let larger = *confidence > best.confidence || best.confidence.is_nan();
        if larger { State { class, confidence: *confidence } } else { best }
    }))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn classes(how: Smoothing, answers: &[[f32; 2]]) -> Vec<Option<usize>> {
        let mut smoother = Smoother::new(how);
        answers.iter().map(|answer| smoother.push(answer).map(|state| state.class)).collect()
    }

    const A: [f32; 2] = [0.9, 0.1];
    const B: [f32; 2] = [0.2, 0.8];
    const UNSURE: [f32; 2] = [0.5, 0.5];

    #[test]
    fn a_majority_outvotes_one_slip_and_follows_a_change() {
        let how = Smoothing::Majority { windows: 3 };
        let said = classes(how, &[A, A, B, A, B, B, B]);
        assert_eq!(said, [0, 0, 0, 0, 1, 1, 1].map(Some));
    }

    #[test]
    fn hysteresis_begins_late_holds_through_doubt_and_ends() {
        let how = Smoothing::Hysteresis { windows: 2, enter: 0.7, leave: 0.4 };
        let said = classes(how, &[A, A, UNSURE, A, B, B, UNSURE, A]);
        assert_eq!(said, [None, Some(0), Some(0), Some(0), None, Some(1), Some(1), None]);
    }

    #[test]
    fn a_hidden_class_needs_evidence_to_change() {
        let how = Smoothing::Hidden { stay: 0.98 };
        assert_eq!(classes(how, &[A, A, B, A, B, B, B, B]), [0, 0, 0, 0, 0, 0, 1, 1].map(Some));
    }

    proptest! {
        #[test]
        fn any_answers_give_a_class_that_there_is(
            answers in prop::collection::vec(prop::collection::vec(any::<f32>(), 0..30), 0..80),
            how in prop_oneof![
                Just(Smoothing::None),
                any::<u8>().prop_map(|windows| Smoothing::Majority { windows }),
                (any::<u8>(), 0.0f32..1.0).prop_map(|(windows, leave)| {
                    Smoothing::Hysteresis { windows, enter: leave, leave }
                }),
                (0.0f32..=1.0).prop_map(|stay| Smoothing::Hidden { stay }),
            ],
        ) {
            let mut smoother = Smoother::new(how);
            for answer in &answers {
                let state = smoother.push(answer);
                prop_assert!(state.is_none_or(|state| state.class < MAX_CLASSES));
                prop_assert!(!answer.is_empty() || state.is_none());
            }
        }
    }
}
