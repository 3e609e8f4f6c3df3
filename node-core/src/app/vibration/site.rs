//! What is normal at this place. The model knows machines of this kind; the one that the node hangs on is another, and hangs
//! otherwise. So for its first minutes the node takes every window for normal ([`Learner`]), and from then on an anomaly is what
//! is far from those, whatever the model thinks of it. It is kept through a power cut; somebody's word makes it learn anew.

use crate::dsp::features::Plan;
use crate::meter::Work;
use crate::ml::normal::site::{Learner, Phase, Verdict};
use crate::ml::work::{factor_work, learner_work};
use crate::storage::MAX_VALUE;

/// What is learnt is called so.
pub const NORMAL: &str = "normal";

/// Most features of a model beside which is learnt: what is known of so many is one value of the flash.
pub const MAX_FEATURES: usize = 20;
/// The plan's mark: of other features nothing is known.
const MARK: usize = 4;
const KNOWN_BYTES: usize = MARK + Learner::bytes(MAX_FEATURES);
const _: () = assert!(KNOWN_BYTES <= MAX_VALUE);

/// What is large: see `Room` of the motion program's pipeline.
pub struct SiteRoom {
    numbers: [f32; Learner::room(MAX_FEATURES)],
    /// What was learnt, as it is stored.
    pub known: [u8; KNOWN_BYTES],
}

impl SiteRoom {
    pub const EMPTY: Self = Self { numbers: [0.0; Learner::room(MAX_FEATURES)], known: [0; KNOWN_BYTES] };
}

/// What a window comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Judged {
    /// It was taken for normal.
    Taken,
    /// It was the last that was wanted, of so many.
    Learnt {
        windows: u32,
    },
    Held(Verdict),
}

pub struct Site<'r> {
    learner: Learner<'r>,
    known: &'r mut [u8; KNOWN_BYTES],
    mark: [u8; MARK],
}

impl<'r> Site<'r> {
    /// Knows what the room holds of `stored` bytes; if that was not learnt of this plan's features, it learns from so many
    /// windows. `None` of more than [`MAX_FEATURES`], or of fewer windows than say anything.
    pub fn new(plan: &Plan<'_>, windows: u32, room: &'r mut SiteRoom, stored: usize) -> Option<Self> {
        let SiteRoom { numbers, known } = room;
        let mark = plan.mark().to_le_bytes();
        let stored = known.get(..stored).and_then(|stored| stored.strip_prefix(&mark)).unwrap_or_default();
        let features = plan.outputs();
        let whole = Learner::open(numbers, stored)
            .is_ok_and(|learner| learner.features() == features && learner.phase() == Phase::Ready);
        let learner = if whole {
            Learner::open(numbers, stored).ok()
        } else {
            Learner::new(numbers, features, windows)
        };
        Some(Self { learner: learner?, known, mark })
    }

    /// Somebody's word: what comes now is normal.
    pub fn learn_anew(&mut self) {
        self.learner.restart();
    }

    pub fn judge(&mut self, features: &[f32], work: &mut Work) -> Judged {
        learner_work(features.len(), work);
        if let Some(verdict) = self.learner.ask(features) {
            return Judged::Held(verdict);
        }
        let before = self.learner.phase();
        let now = self.learner.take(features);
        if before == Phase::Learning && now != before {
            factor_work(features.len(), work);
        }
        match now {
            Phase::Ready => Judged::Learnt { windows: self.learner.progress().1 },
            _ => Judged::Taken,
        }
    }

    /// Of the windows that are wanted.
    pub fn percent(&self) -> u8 {
        let (taken, wanted) = self.learner.progress();
        (u64::from(taken) * 100 / u64::from(wanted.max(1))) as u8
    }

    /// All that is known, to be stored.
    pub fn bytes(&mut self) -> &[u8] {
        let (mark, state) = self.known.split_at_mut(MARK);
        mark.copy_from_slice(&self.mark);
        let length = self.learner.store(state).map_or(0, |length| MARK + length);
        self.known.get(..length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::dsp::features::{Op, PlanHead, plan};
    use crate::ml::normal::site::LEAST_WINDOWS;
    use proptest::prelude::*;
    use std::boxed::Box;
    use std::vec::Vec;

    /// Of two features.
    fn plan_bytes(window: usize) -> Vec<u8> {
        let head = PlanHead { channels: 1, window, hop: window, rate_hz: 100.0 };
        let mut room = std::vec![0; 256];
        let ops = [Op::Channel { channel: 0 }, Op::Statistics { mask: 0b11 }];
        let length = plan::write(&head, &ops, &mut room).unwrap();
        room.truncate(length);
        room
    }

    /// Of windows that go up and down a little.
    fn window(n: u32) -> [f32; 2] {
        [1.0 + 0.01 * (n % 5) as f32, 0.5 - 0.01 * (n % 3) as f32]
    }

    fn taught(site: &mut Site) {
        let mut work = Work::NONE;
        for n in 0..LEAST_WINDOWS - 1 {
            assert_eq!(site.judge(&window(n), &mut work), Judged::Taken);
        }
        let last = site.judge(&window(LEAST_WINDOWS), &mut work);
        assert_eq!((last, site.percent()), (Judged::Learnt { windows: LEAST_WINDOWS }, 100));
    }

    fn is_anomaly(site: &mut Site, features: [f32; 2]) -> bool {
        match site.judge(&features, &mut Work::NONE.clone()) {
            Judged::Held(verdict) => verdict.is_anomaly(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_stored_is_known_again_and_only_of_the_same_plan() {
        let bytes = plan_bytes(100);
        let plan = Plan::parse(&bytes).unwrap();
        let mut room = Box::new(SiteRoom::EMPTY);
        let mut site = Site::new(&plan, LEAST_WINDOWS, &mut room, 0).unwrap();
        taught(&mut site);
        let stored = site.bytes().to_vec();
        let again = |plan: &Plan, stored: &[u8], check: &dyn Fn(&mut Site)| {
            let mut room = Box::new(SiteRoom::EMPTY);
            room.known[..stored.len()].copy_from_slice(stored);
            check(&mut Site::new(plan, LEAST_WINDOWS, &mut room, stored.len()).unwrap());
        };
        again(&plan, &stored, &|site| {
            assert!(!is_anomaly(site, window(1)) && is_anomaly(site, [1.0, 9.0]));
        });
        // Its features are others, though they are as many.
        let other = plan_bytes(50);
        let other = Plan::parse(&other).unwrap();
        let learns = |site: &mut Site| assert_eq!(site.percent(), 0);
        again(&other, &stored, &learns);
        again(&plan, &stored[..stored.len() - 1], &learns);
        again(&plan, &[], &learns);
    }

    #[test]
    fn what_is_learnt_anew_replaces_what_was() {
        let bytes = plan_bytes(100);
        let plan = Plan::parse(&bytes).unwrap();
        let mut room = Box::new(SiteRoom::EMPTY);
        let mut site = Site::new(&plan, LEAST_WINDOWS, &mut room, 0).unwrap();
        taught(&mut site);
        let far = |n: u32| window(n).map(|x| 5.0 + x);
        assert!(is_anomaly(&mut site, far(0)));
        site.learn_anew();
        assert_eq!(site.percent(), 0);
        for n in 0..LEAST_WINDOWS {
            site.judge(&far(n), &mut Work::NONE.clone());
        }
        assert!(!is_anomaly(&mut site, far(1)) && is_anomaly(&mut site, window(1)));
    }

    proptest! {
        /// Whatever lies in the flash.
        #[test]
        fn any_bytes_are_known_or_forgotten(
            mut stored in prop::collection::vec(any::<u8>(), 0..KNOWN_BYTES), marked: bool, x: [f32; 2],
        ) {
            let bytes = plan_bytes(100);
            let plan = Plan::parse(&bytes).unwrap();
            if marked && stored.len() >= MARK {
                stored[..MARK].copy_from_slice(&plan.mark().to_le_bytes());
            }
            let mut room = Box::new(SiteRoom::EMPTY);
            room.known[..stored.len()].copy_from_slice(&stored);
            let mut site = Site::new(&plan, LEAST_WINDOWS, &mut room, stored.len()).unwrap();
            site.judge(&x, &mut Work::NONE.clone());
            prop_assert!(site.bytes().len() <= KNOWN_BYTES);
        }
    }
}
