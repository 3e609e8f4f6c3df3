//! Gestures that are learnt on the node: shown a few times, known from then on.
//!
//! A lesson begins and ends at somebody's word. While it goes on, windows with movement are examples of a new class; after
//! it, a window belongs to the class whose examples it is nearest to, if it is near enough. Nothing here knows a button, a
//! flash or an event.
//!
//! A window is told by sixteen numbers: of each axis its mean, and how much, how fast and how often it varies, of each two
//! axes how they go together, and how much all of it varies. They are on a scale of this file's own, so that two
//! windows can be compared before anything was learnt: one step of it is what windows of one gesture differ by, roughly.
//! Window, scale and limit were chosen on recordings of three gestures by one person (`tests/tests/learning.rs` holds what comes of
//! them); frequency bands besides brought nothing.
//!
//! Work: a window of N samples is two passes of statistics over three axes and a correlation of each two; what was learnt costs
//! a difference for each example and number.

use crate::app::recogniser::Class;
use crate::dsp::features::time::{Statistics, correlation};
use crate::meter::{Kernel, Work};
use crate::ml::nearest::learner::{self, LearnError};
use crate::ml::nearest::{Learner, Scale, Step};
use crate::time::Duration;
use libm::{logf, sqrtf};

/// What learnt gestures are called.
pub const NAMES: [&str; learner::CLASSES] =
    ["gesture-1", "gesture-2", "gesture-3", "gesture-4", "gesture-5", "gesture-6", "gesture-7", "gesture-8"];
/// A lesson is over after so many examples.
pub const EXAMPLES: usize = 4;
/// One that ends with fewer has taught nothing.
pub const LEAST_EXAMPLES: usize = 3;

/// Length of a window, and from one to the next.
const WINDOW_S: f32 = 2.5;
const HOP_S: f32 = 0.25;
/// Hops from example to example: half a window, so that they differ.
const BETWEEN_EXAMPLES: u32 = 5;
/// After the word that begins a lesson: the hand has left the button.
const GRACE_S: f32 = 1.0;
/// Faster samples are averaged down to this rate at most.
const RATE_HZ: f32 = 100.0;
/// Samples of a window at that rate, and a few for a chip's rounded dividers.
const MAX_SAMPLES: usize = 256;
/// All axes together vary at least this much where there is movement, g. A hand that holds still: 0.04.
const MOVED_G: f32 = 0.05;
/// Steps of the scale, in the mean over the features, that a window may be away from what it belongs to.
const LIMIT: f32 = 0.95;

const FEATURES: usize = 16;
/// One step: of a mean, g; of a logarithm; of a correlation.
const MEAN_STEP_G: f32 = 0.3;
const LOG_STEP: f32 = 0.5;
const CORRELATION_STEP: f32 = 0.3;
/// Below these nothing is told apart: g, g a second, crossings a second.
const STD_FLOOR_G: f32 = 0.02;
const JERK_FLOOR: f32 = 0.5;
const CROSSINGS_FLOOR: f32 = 1.0;

/// Bytes of all that can be known.
pub const KNOWN_BYTES: usize = learner::room(FEATURES, EXAMPLES * learner::CLASSES);

/// What is large: see `Room` of the pipeline.
pub struct LearnRoom {
    axes: [[f32; MAX_SAMPLES]; 3],
    steps: [[u8; 8]; FEATURES],
    /// What was learnt, as it is stored.
    pub known: [u8; KNOWN_BYTES],
}

impl LearnRoom {
    pub const EMPTY: Self =
        Self { axes: [[0.0; MAX_SAMPLES]; 3], steps: [[0; 8]; FEATURES], known: [0; KNOWN_BYTES] };
}

/// What a lesson or its end comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The class will be known from now on.
    Learnt { class: &'static str, examples: u8 },
    /// It is not known, or not any more.
    Forgotten { class: &'static str },
}

#[derive(Clone, Copy, Debug)]
struct Lesson {
    class: usize,
    examples: usize,
    /// Windows until the next one may be an example.
    wait: u32,
}

pub struct Gestures<'r> {
    learner: Learner<'r>,
    recent: Recent<'r>,
    lesson: Option<Lesson>,
    now: Option<Class>,
}

impl<'r> Gestures<'r> {
    /// What [`Self::now`] speaks of, back from the latest sample.
    pub const WINDOW: Duration = Duration::from_micros((WINDOW_S * 1e6) as u64);

    /// Knows what the room holds of `stored` bytes; nothing, if they are none of a learner's.
    pub fn new(rate_hz: f32, room: &'r mut LearnRoom, stored: usize) -> Option<Self> {
        let LearnRoom { axes, steps, known } = room;
        let scale = Scale::of(steps, scale().into_iter())?;
        // Opened twice, because a room that was lent for good is not given back.
        let whole = Learner::open(scale, &mut *known, stored).is_ok();
        let learner = if whole { Learner::open(scale, known, stored) } else { Learner::new(scale, known) };
        Some(Self { learner: learner.ok()?, recent: Recent::new(rate_hz, axes), lesson: None, now: None })
    }

    /// All that is known, to be stored.
    pub fn bytes(&self) -> &[u8] {
        self.learner.bytes()
    }

    /// Classes that are known, and their examples.
    pub fn classes(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.learner.classes().filter_map(|(_, name, examples)| Some((known_name(name)?, examples)))
    }

    /// What goes on: a learnt gesture, in the window that ended last.
    pub fn now(&self) -> Option<Class> {
        self.now
    }

    /// Examples of the lesson that goes on.
    pub fn lesson(&self) -> Option<u8> {
        self.lesson.map(|lesson| lesson.examples as u8)
    }

    /// Somebody's word: a lesson begins, or the one that goes on ends.
    pub fn begin_or_end(&mut self) -> Result<Option<Told>, LearnError> {
        if let Some(lesson) = self.lesson {
            return Ok(Some(self.end(lesson)));
        }
        let taken = |name: &str| self.learner.classes().any(|(_, known, _)| known == name);
        let name = NAMES.into_iter().find(|name| !taken(name)).ok_or(LearnError::Classes)?;
        let class = self.learner.class(name)?;
        self.lesson = Some(Lesson { class, examples: 0, wait: 0 });
        self.now = None;
        self.recent.begin_after(GRACE_S);
        Ok(None)
    }

    /// Forgets the last of the classes, or gives up the lesson.
    pub fn forget(&mut self) -> Option<Told> {
        let last = self.learner.classes().map(|(class, ..)| class).last();
        let class = self.lesson.take().map(|lesson| lesson.class).or(last)?;
        self.now = None;
        Some(self.drop_class(class))
    }

    fn end(&mut self, lesson: Lesson) -> Told {
        self.lesson = None;
        let Lesson { class, examples, .. } = lesson;
        if examples < LEAST_EXAMPLES {
            return self.drop_class(class);
        }
        Told::Learnt { class: self.name(class), examples: examples as u8 }
    }

    fn drop_class(&mut self, class: usize) -> Told {
        let name = self.name(class);
        self.learner.forget(class);
        Told::Forgotten { class: name }
    }

    fn name(&self, class: usize) -> &'static str {
        self.learner.name(class).and_then(known_name).unwrap_or("gesture")
    }

    /// One sample, g; true when a window is due.
    pub fn push(&mut self, g: [f32; 3]) -> bool {
        self.recent.push(g)
    }

    /// Samples were lost: what comes does not go on from what was.
    pub fn gap(&mut self) {
        self.recent.len = 0;
        self.now = None;
    }

    /// The window that is due: an example, or a question.
    pub fn judge(&mut self, work: &mut Work) -> Option<Told> {
        let (features, moved) = self.recent.features(work);
        self.recent.advance();
        let Some(lesson) = &mut self.lesson else {
            self.now = if moved { self.nearest(&features, work) } else { None };
            return None;
        };
        lesson.wait = lesson.wait.saturating_sub(1);
        if !moved || lesson.wait > 0 {
            return None;
        }
        if self.learner.add(lesson.class, &features).is_ok() {
            lesson.examples += 1;
            lesson.wait = BETWEEN_EXAMPLES;
            if lesson.examples < EXAMPLES {
                return None;
            }
        }
        // Enough, or no room for more.
        let lesson = *lesson;
        Some(self.end(lesson))
    }

    fn nearest(&self, features: &[f32; FEATURES], work: &mut Work) -> Option<Class> {
        let examples = self.learner.examples();
        work.add_calls(Kernel::PointDistance, 2 * examples, 2 * examples * FEATURES);
        let near = self.learner.near(features)?;
        // Of examples that lie as near together as half-overlapping windows do, the spread says little: the limit is absolute.
        let known = self.learner.ask(features, LIMIT / near.typical)?;
        let confidence_percent = (100.0 * known.confidence) as u8;
        Some(Class { name: self.name(known.class), confidence_percent })
    }
}

fn known_name(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| *known == name)
}

fn scale() -> [Step; FEATURES] {
    core::array::from_fn(|feature| match feature {
        0 | 4 | 8 => Step::standard(0.0, MEAN_STEP_G),
        // What varies little lies low, and what varies much is not rare: the middle of what a hand does.
        1 | 5 | 9 | 15 => Step::standard(logf(0.2), LOG_STEP),
        2 | 6 | 10 => Step::standard(logf(4.0), LOG_STEP),
        3 | 7 | 11 => Step::standard(logf(6.0), LOG_STEP),
        _ => Step::standard(0.0, CORRELATION_STEP),
    })
}

/// The latest samples of three axes, oldest first.
struct Recent<'r> {
    axes: &'r mut [[f32; MAX_SAMPLES]; 3],
    len: usize,
    window: usize,
    hop: usize,
    rate_hz: f32,
    /// So many samples are averaged to one, and of these there are some.
    thin: u32,
    sum: [f32; 3],
    summed: u32,
    /// Samples that are not listened to.
    skip: usize,
}

impl<'r> Recent<'r> {
    fn new(rate_hz: f32, axes: &'r mut [[f32; MAX_SAMPLES]; 3]) -> Self {
        let thin = libm::ceilf(rate_hz / (RATE_HZ * 1.02)).max(1.0);
        let rate_hz = rate_hz / thin;
        let window = ((WINDOW_S * rate_hz) as usize).clamp(2, MAX_SAMPLES);
        let hop = ((HOP_S * rate_hz) as usize).clamp(1, window);
        let thin = thin as u32;
        Self { axes, len: 0, window, hop, rate_hz, thin, sum: [0.0; 3], summed: 0, skip: 0 }
    }

    fn begin_after(&mut self, seconds: f32) {
        self.len = 0;
        self.skip = (seconds * self.rate_hz) as usize;
    }

    fn push(&mut self, g: [f32; 3]) -> bool {
        for (sum, g) in self.sum.iter_mut().zip(g) {
            *sum += g;
        }
        self.summed += 1;
        if self.summed < self.thin {
            return false;
        }
        let share = 1.0 / self.thin as f32;
        let sample = core::mem::take(&mut self.sum).map(|sum| sum * share);
        self.summed = 0;
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.len < self.window {
            for (axis, g) in self.axes.iter_mut().zip(sample) {
                axis[self.len] = g;
            }
            self.len += 1;
        }
        self.len == self.window
    }

    /// Makes room for the next hop.
    fn advance(&mut self) {
        for axis in self.axes.iter_mut() {
            axis.copy_within(self.hop..self.window, 0);
        }
        self.len = self.len.saturating_sub(self.hop);
    }

    /// Of a full window; and whether anything moved in it.
    fn features(&self, work: &mut Work) -> ([f32; FEATURES], bool) {
        let window = self.window;
        work.add_calls(Kernel::Statistics, 3, 3 * window);
        work.add_calls(Kernel::Correlation, 3, 3 * window);
        work.add(Kernel::Log, 10);
        work.add(Kernel::Copy, 3 * size_of::<f32>() * (window - self.hop));
        let [x, y, z] = self.axes.each_ref().map(|axis| &axis[..window]);
        let axes = [x, y, z];
        let statistics = axes.map(|axis| Statistics::of(axis, self.rate_hz));
        let mut features = [0.0; FEATURES];
        let (of_axes, of_pairs) = features.split_at_mut(12);
        for (told, of) in of_axes.chunks_exact_mut(4).zip(&statistics) {
            told.copy_from_slice(&[
                of.mean,
                logf(of.std + STD_FLOOR_G),
                logf(of.jerk + JERK_FLOOR),
                logf(of.mean_crossings + CROSSINGS_FLOOR),
            ]);
        }
        for (told, (a, b)) in of_pairs.iter_mut().zip([(0, 1), (0, 2), (1, 2)]) {
            // Two axes that hardly vary go together by chance.
            let varies = statistics[a].std * statistics[b].std;
            *told = correlation(axes[a], axes[b]) * varies / (varies + STD_FLOOR_G * STD_FLOOR_G);
        }
        let all = sqrtf(statistics.iter().map(|of| of.std * of.std).sum());
        of_pairs[3] = logf(all + STD_FLOOR_G);
        (features, all >= MOVED_G)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::boxed::Box;
    use std::vec::Vec;

    /// `seconds` of a swing along two axes: how often a second, how far in g, and how much of it sideways.
    fn swing(hz: f32, g: f32, sideways: f32, seconds: f32, rate_hz: f32) -> Vec<[f32; 3]> {
        let count = (seconds * rate_hz) as usize;
        let wave = |n: usize| g * libm::sinf(2.0 * core::f32::consts::PI * hz * n as f32 / rate_hz);
        (0..count).map(|n| [wave(n), sideways * wave(n), 1.0]).collect()
    }

    fn feed(gestures: &mut Gestures, samples: &[[f32; 3]]) -> (Vec<Told>, Vec<Option<Class>>) {
        let (mut told, mut classes) = (Vec::new(), Vec::new());
        for sample in samples {
            if gestures.push(*sample) {
                told.extend(gestures.judge(&mut Work::NONE.clone()));
                classes.push(gestures.now());
            }
        }
        (told, classes)
    }

    fn learnt(gestures: &mut Gestures, samples: &[[f32; 3]]) -> Vec<Told> {
        assert_eq!(gestures.begin_or_end(), Ok(None));
        feed(gestures, samples).0
    }

    #[test]
    fn two_gestures_are_told_apart_and_others_are_none() {
        for rate_hz in [25.0, 100.0, 250.0] {
            let mut room = Box::new(LearnRoom::EMPTY);
            let mut gestures = Gestures::new(rate_hz, &mut room, 0).unwrap();
            let (slow, quick) = ((0.8, 0.6, 0.3), (2.5, 0.5, -0.8));
            let of = |(hz, g, sideways), seconds| swing(hz, g, sideways, seconds, rate_hz);
            let learnt_now = |class| [Told::Learnt { class, examples: 4 }];
            assert_eq!(learnt(&mut gestures, &of(slow, 9.0)), learnt_now("gesture-1"), "{rate_hz}");
            assert_eq!(learnt(&mut gestures, &of(quick, 9.0)), learnt_now("gesture-2"), "{rate_hz}");
            for (motion, name) in
                [(slow, Some("gesture-1")), (quick, Some("gesture-2")), ((6.0, 1.5, 0.0), None)]
            {
                gestures.gap();
                let (_, classes) = feed(&mut gestures, &of(motion, 5.0));
                assert!(
                    !classes.is_empty() && classes.iter().all(|class| class.map(|class| class.name) == name)
                );
            }
            gestures.gap();
            let (_, still) = feed(&mut gestures, &of((1.0, 0.001, 0.0), 5.0));
            assert!(still.iter().all(Option::is_none), "no movement is no gesture");
        }
    }

    #[test]
    fn what_was_stored_is_known_again_and_what_is_damaged_is_not() {
        let mut room = Box::new(LearnRoom::EMPTY);
        let mut gestures = Gestures::new(100.0, &mut room, 0).unwrap();
        learnt(&mut gestures, &swing(1.0, 0.5, 0.5, 9.0, 100.0));
        let stored = gestures.bytes().to_vec();
        let mut again = Box::new(LearnRoom::EMPTY);
        again.known[..stored.len()].copy_from_slice(&stored);
        let mut gestures = Gestures::new(100.0, &mut again, stored.len()).unwrap();
        assert_eq!(gestures.classes().collect::<Vec<_>>(), [("gesture-1", 4)]);
        let (_, classes) = feed(&mut gestures, &swing(1.0, 0.5, 0.5, 5.0, 100.0));
        assert!(classes.iter().all(|class| class.is_some_and(|class| class.name == "gesture-1")));
        let mut damaged = Box::new(LearnRoom::EMPTY);
        let gestures = Gestures::new(100.0, &mut damaged, stored.len()).unwrap();
        assert_eq!(gestures.classes().count(), 0);
    }

    #[test]
    fn a_lesson_without_movement_teaches_nothing_and_a_class_can_be_forgotten() {
        let mut room = Box::new(LearnRoom::EMPTY);
        let mut gestures = Gestures::new(100.0, &mut room, 0).unwrap();
        assert_eq!(learnt(&mut gestures, &swing(1.0, 0.001, 0.0, 20.0, 100.0)), []);
        assert_eq!(gestures.lesson(), Some(0));
        assert_eq!(gestures.begin_or_end(), Ok(Some(Told::Forgotten { class: "gesture-1" })));
        assert_eq!((gestures.classes().count(), gestures.forget()), (0, None));

        for class in NAMES {
            let told = learnt(&mut gestures, &swing(1.0, 0.5, 0.0, 9.0, 100.0));
            assert_eq!(told, [Told::Learnt { class, examples: 4 }]);
        }
        assert_eq!(gestures.begin_or_end(), Err(LearnError::Classes));
        assert_eq!(gestures.forget(), Some(Told::Forgotten { class: "gesture-8" }));
        assert_eq!(gestures.begin_or_end(), Ok(None));
        assert_eq!(gestures.forget(), Some(Told::Forgotten { class: "gesture-8" }), "the lesson is given up");
        assert_eq!(gestures.classes().count(), 7);
    }

    #[test]
    fn a_lesson_ended_early_keeps_three_examples() {
        let mut room = Box::new(LearnRoom::EMPTY);
        let mut gestures = Gestures::new(100.0, &mut room, 0).unwrap();
        // 1 s of grace, a window, and two more halves of one.
        assert_eq!(learnt(&mut gestures, &swing(1.0, 0.5, 0.0, 6.1, 100.0)), []);
        assert_eq!(gestures.lesson(), Some(3));
        assert_eq!(gestures.begin_or_end(), Ok(Some(Told::Learnt { class: "gesture-1", examples: 3 })));
    }

    proptest! {
        /// Whatever is stored and whatever is felt.
        #[test]
        fn nothing_panics(stored in prop::collection::vec(any::<u8>(), 0..KNOWN_BYTES), felt: [f32; 3], rate in 4f32..1_000.0) {
            let mut room = Box::new(LearnRoom::EMPTY);
            room.known[..stored.len()].copy_from_slice(&stored);
            let mut gestures = Gestures::new(rate, &mut room, stored.len()).unwrap();
            gestures.begin_or_end().ok();
            feed(&mut gestures, &[felt; 2_000]);
            gestures.forget();
        }
    }
}
