//! Learning on the node: a few examples of something new, and it is known from then on.
//!
//! A [`Learner`] keeps examples as codes of a [`Scale`] in bytes that the caller has. A class is the mean of its examples (a
//! prototype); what is asked belongs to the nearest one, unless it is further from it than the class's examples are from
//! each other, some times over ([`Learner::ask`]). Three to five examples a class are enough; a class of
//! one example borrows the spread of the others.
//!
//! ```
//! # use node_core::ml::nearest::{Learner, Scale, Step, learner};
//! # let steps = [Step::standard(0.0, 1.0), Step::standard(5.0, 2.0)];
//! # let mut scale_room = [[0; 8]; 2];
//! # let scale = Scale::of(&mut scale_room, steps.into_iter()).unwrap();
//! // Of a model: `model.scale()`. Room for so many examples of so many codes:
//! let mut room = [0; learner::room(2, 30)];
//! let mut learner = Learner::new(scale, &mut room).unwrap();
//! let wave = learner.class("wave").unwrap();
//! for example in [[3.0, 1.0], [3.2, 1.5], [2.9, 0.5]] {
//!     learner.add(wave, &example).unwrap();
//! }
//! assert_eq!(learner.ask(&[3.1, 1.2], 2.0).map(|known| known.class), Some(wave));
//! assert_eq!(learner.ask(&[0.0, 5.0], 2.0), None);
//! // To flash, and back after a reset:
//! let mut stored = [0; learner::room(2, 30)];
//! let length = learner.bytes().len();
//! stored[..length].copy_from_slice(learner.bytes());
//! let again = Learner::open(scale, &mut stored, length).unwrap();
//! assert_eq!(again.name(wave), Some("wave"));
//! ```
//!
//! The bytes ([`Learner::bytes`], as many as are used): `"NTL\x01"`, CRC-32 of the scale (u32, little-endian), codes of an
//! example (u16), examples (u16), zero (u32); 8 names of 16 bytes, each its length (0: none) and the text with zeros behind it;
//! of each example its class (u8) and its codes (u8 each). Examples of a scale are of no use with another, so that a file
//! trained anew is met by an error. [`Learner::open`] looks at every field; codes may be any. Whether the bytes are those
//! that were stored is the storage's to know.
//!
//! Work: a question is an addition for each example and code, and for each class and code a multiplication and a
//! difference. Adding or forgetting costs as many questions as there are examples.

use super::scale::{CODES_A_SPREAD, Scale};
use core::fmt;

/// Classes at a time.
pub const CLASSES: usize = 8;
/// Bytes of a name.
pub const NAME: usize = 15;

const MAGIC: [u8; 4] = *b"NTL\x01";
const HEAD: usize = 16;
const SLOT: usize = NAME + 1;
const ROWS: usize = HEAD + CLASSES * SLOT;

/// Spreads a feature that examples of one class differ by at least: three that are alike by chance do not make a class that
/// nothing else belongs to.
const LEAST: f32 = 0.1;

/// The same, as long as no class has two examples.
const UNKNOWN: f32 = 0.4;

/// So many examples a class's own spread is worth those of all classes.
const EQUAL: f32 = 3.0;

/// Bytes for `examples` of `width` codes ([`Scale::width`]).
pub const fn room(width: usize, examples: usize) -> usize {
    ROWS + examples * (1 + width)
}

/// Classes that were learnt on the node, in the caller's bytes.
#[derive(Debug)]
pub struct Learner<'s> {
    scale: Scale<'s>,
    room: &'s mut [u8],
    /// How far an example of a class lies from the mean of the others, spreads a feature.
    typical: [f32; CLASSES],
}

/// Why something cannot be learnt or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnError {
    /// The room holds no example.
    Room { needs: usize, has: usize },
    /// Stored bytes are none of a learner, and where.
    Stored { at: usize, what: &'static str },
    /// They were stored with another scale: the model was trained anew.
    OtherScale,
    /// Room for more examples there is none: forget a class.
    Full,
    /// There are [`CLASSES`] already: forget one.
    Classes,
    /// A name has 1 to [`NAME`] bytes.
    Name,
    /// No such class, or not as many features as the scale takes.
    Unfit,
}

impl fmt::Display for LearnError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Room { needs, has } => {
                write!(out, "an example needs {needs} bytes of room, there are {has}")
            }
            Self::Stored { at, what } => write!(out, "byte {at} of what was learnt: {what}; learn it again"),
            Self::OtherScale => write!(out, "learnt with another model; learn it again"),
            Self::Full => write!(out, "no room for more examples; forget a class"),
            Self::Classes => write!(out, "{CLASSES} classes are learnt already; forget one"),
            Self::Name => write!(out, "a name has 1 to {NAME} bytes"),
            Self::Unfit => write!(out, "no such class, or not as many features as the model makes"),
        }
    }
}

impl core::error::Error for LearnError {}

/// What is nearest to what was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    pub class: usize,
    /// Spreads a feature, as the mean over the features.
    pub distance: f32,
    /// The same, of the class's own examples.
    pub typical: f32,
    /// Of the next class; infinite if there is none.
    pub next: f32,
}

/// What was recognised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    pub class: usize,
    /// 0.5 to 1: 0.5 where it could as well be another class or none.
    pub confidence: f32,
}

impl<'s> Learner<'s> {
    /// Knows nothing yet. What the room held is gone.
    pub fn new(scale: Scale<'s>, room: &'s mut [u8]) -> Result<Self, LearnError> {
        let needs = self::room(scale.width(), 1);
        if room.len() < needs {
            return Err(LearnError::Room { needs, has: room.len() });
        }
        room[..ROWS].fill(0);
        room[..4].copy_from_slice(&MAGIC);
        room[4..8].copy_from_slice(&scale.fingerprint().to_le_bytes());
        room[8..10].copy_from_slice(&(scale.width() as u16).to_le_bytes());
        Ok(Self { scale, room, typical: [UNKNOWN; CLASSES] })
    }

    /// Knows what was stored: the room begins with `stored` bytes that [`Self::bytes`] gave. There may be more room than
    /// before, or less, down to what is used.
    pub fn open(scale: Scale<'s>, room: &'s mut [u8], stored: usize) -> Result<Self, LearnError> {
        let wrong = |at, what| Err(LearnError::Stored { at, what });
        let Some(bytes) = room.get(..stored).filter(|bytes| bytes.len() >= ROWS) else {
            return wrong(stored, "it ends too early");
        };
        if bytes[..4] != MAGIC {
            return wrong(0, "it is of something else");
        }
        if bytes[4..8] != scale.fingerprint().to_le_bytes() {
            return Err(LearnError::OtherScale);
        }
        let number = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        if number(8) != scale.width() {
            return wrong(8, "the codes of an example are not the model's");
        }
        let (names, rows) = bytes[HEAD..].split_at(ROWS - HEAD);
        if rows.len() != number(10) * (1 + scale.width()) {
            return wrong(10, "the examples are not as many as it says");
        }
        if bytes[12..HEAD] != [0; 4] {
            return wrong(12, "it is of a newer program");
        }
        for (class, slot) in names.chunks_exact(SLOT).enumerate() {
            let at = HEAD + class * SLOT;
            if slot[0] > 0 && name_of(slot).is_none() {
                return wrong(at, "a name is too long or not UTF-8");
            }
            if slot.iter().skip(1 + usize::from(slot[0])).any(|byte| *byte != 0) {
                return wrong(at, "there is something behind a name");
            }
            let before = &mut names[..class * SLOT].chunks_exact(SLOT);
            if slot[0] > 0 && before.any(|before| before == slot) {
                return wrong(at, "a name is there twice");
            }
        }
        for (at, row) in rows.chunks_exact(1 + scale.width()).enumerate() {
            let slot = names.chunks_exact(SLOT).nth(row[0].into());
            if slot.and_then(name_of).is_none() {
                return wrong(ROWS + at * (1 + scale.width()), "an example of no class");
            }
        }
        let mut learner = Self { scale, room, typical: [UNKNOWN; CLASSES] };
        learner.measure();
        Ok(learner)
    }

    /// All that it knows, to be stored.
    pub fn bytes(&self) -> &[u8] {
        &self.room[..self::room(self.scale.width(), self.examples())]
    }

    /// Examples that there are.
    pub fn examples(&self) -> usize {
        usize::from(u16::from_le_bytes([self.room[10], self.room[11]]))
    }

    /// Examples that there is room for.
    pub fn capacity(&self) -> usize {
        ((self.room.len() - ROWS) / (1 + self.scale.width())).min(u16::MAX.into())
    }

    /// Of a class; `None` if there is none of that number.
    pub fn name(&self, class: usize) -> Option<&str> {
        self.room[HEAD..ROWS].chunks_exact(SLOT).nth(class).and_then(name_of)
    }

    /// Numbers, names and examples of the classes.
    pub fn classes(&self) -> impl Iterator<Item = (usize, &str, usize)> {
        (0..CLASSES).filter_map(|class| {
            let count = self.rows().filter(|row| usize::from(row[0]) == class).count();
            Some((class, self.name(class)?, count))
        })
    }

    /// The class of that name, a new one if there is none.
    pub fn class(&mut self, name: &str) -> Result<usize, LearnError> {
        if !(1..=NAME).contains(&name.len()) {
            return Err(LearnError::Name);
        }
        if let Some(known) = (0..CLASSES).find(|class| self.name(*class) == Some(name)) {
            return Ok(known);
        }
        let free = (0..CLASSES).find(|class| self.name(*class).is_none()).ok_or(LearnError::Classes)?;
        let slot = &mut self.room[HEAD + free * SLOT..][..SLOT];
        slot[0] = name.len() as u8;
        slot[1..=name.len()].copy_from_slice(name.as_bytes());
        Ok(free)
    }

    /// Learns an example of a class.
    pub fn add(&mut self, class: usize, features: &[f32]) -> Result<(), LearnError> {
        if self.name(class).is_none() || features.len() != self.scale.features() {
            return Err(LearnError::Unfit);
        }
        let (examples, row) = (self.examples(), 1 + self.scale.width());
        if examples >= self.capacity() {
            return Err(LearnError::Full);
        }
        let place = &mut self.room[ROWS + examples * row..][..row];
        place[0] = class as u8;
        let codes = self.scale.point_codes(features, u8::MAX);
        place[1..].iter_mut().zip(codes).for_each(|(place, code)| *place = code);
        self.count(examples + 1);
        self.measure();
        Ok(())
    }

    /// Forgets a class and its examples.
    pub fn forget(&mut self, class: usize) {
        if self.name(class).is_none() {
            return;
        }
        let row = 1 + self.scale.width();
        let mut kept = 0;
        for example in 0..self.examples() {
            let begin = ROWS + example * row;
            if usize::from(self.room[begin]) != class {
                self.room.copy_within(begin..begin + row, ROWS + kept * row);
                kept += 1;
            }
        }
        self.count(kept);
        self.room[HEAD + class * SLOT..][..SLOT].fill(0);
        self.measure();
    }

    /// What is nearest, however far. `None`: nothing is learnt, or these are not the features of the scale.
    pub fn near(&self, features: &[f32]) -> Option<Near> {
        if features.len() != self.scale.features() {
            return None;
        }
        let distances = self.distances(self.scale.codes(features), None);
        let nearest = |but: Option<usize>| {
            let classes = (0..CLASSES).filter(|class| Some(*class) != but && distances[*class].is_finite());
            classes.reduce(|best, class| if distances[class] < distances[best] { class } else { best })
        };
        let class = nearest(None)?;
        let next = nearest(Some(class)).map_or(f32::INFINITY, |next| distances[next]);
        Some(Near { class, distance: distances[class], typical: self.typical[class], next })
    }

    /// What it is, if it is no further from a class than `reject` times what the class's own examples are from each other: 2
    /// lets nearly all of the same in, 1.5 keeps more of others out.
    pub fn ask(&self, features: &[f32], reject: f32) -> Option<Known> {
        let Near { class, distance, typical, next } = self.near(features)?;
        let limit = reject * typical;
        if distance > limit {
            return None;
        }
        // Whatever is nearer, of another class and of none, contends; by the fourth power of the distance.
        let other = next.min(limit);
        let ratio = distance / other.max(f32::MIN_POSITIVE);
        let square = ratio * ratio;
        Some(Known { class, confidence: 1.0 / (1.0 + square * square) })
    }

    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.room[ROWS..].chunks_exact(1 + self.scale.width()).take(self.examples())
    }

    fn count(&mut self, examples: usize) {
        self.room[10..12].copy_from_slice(&(examples as u16).to_le_bytes());
    }

    /// To the mean of each class's examples (but one, if that is asked for), spreads a feature; infinite where there are none.
    fn distances(&self, query: impl Iterator<Item = i16>, but: Option<usize>) -> [f32; CLASSES] {
        let row = 1 + self.scale.width();
        let rows = &self.room[ROWS..ROWS + self.examples() * row];
        let class = |example: usize| usize::from(rows[example * row]) % CLASSES;
        let others = || (0..self.examples()).filter(|example| Some(*example) != but);
        let mut shares = [0.0; CLASSES];
        others().for_each(|example| shares[class(example)] += 1.0);
        shares.iter_mut().for_each(|share| *share = 1.0 / *share);
        let mut far = [0.0; CLASSES];
        for (at, query) in query.enumerate() {
            let mut sums = [0u32; CLASSES];
            others().for_each(|example| sums[class(example)] += u32::from(rows[example * row + 1 + at]));
            for ((far, sum), share) in far.iter_mut().zip(sums).zip(shares) {
                *far += (f32::from(query) - sum as f32 * share).abs();
            }
        }
        let scale = 1.0 / (CODES_A_SPREAD * self.scale.width() as f32);
        // Of a class without examples: 0 times infinity, which is no number.
        core::array::from_fn(
            |class| if shares[class].is_finite() { far[class] * scale } else { f32::INFINITY },
        )
    }

    /// How far the examples of each class are from each other, after these have changed.
    fn measure(&mut self) {
        let row = 1 + self.scale.width();
        let (mut sums, mut counts) = ([0.0; CLASSES], [0.0; CLASSES]);
        for example in 0..self.examples() {
            let begin = ROWS + example * row;
            let class = usize::from(self.room[begin]) % CLASSES;
            let codes = self.room[begin + 1..begin + row].iter().map(|code| i16::from(*code));
            let distance = self.distances(codes, Some(example))[class];
            if distance.is_finite() {
                sums[class] += distance;
                counts[class] += 1.0;
            }
        }
        let (sum, count) = (sums.iter().sum::<f32>(), counts.iter().sum::<f32>());
        let all = if count > 0.0 { sum / count } else { UNKNOWN };
        self.typical =
            core::array::from_fn(|class| ((sums[class] + EQUAL * all) / (counts[class] + EQUAL)).max(LEAST));
    }
}

/// `None`: no class, or what no name is.
fn name_of(slot: &[u8]) -> Option<&str> {
    let (length, text) = slot.split_first()?;
    let text = core::str::from_utf8(text.get(..usize::from(*length))?).ok()?;
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::super::scale::Step;
    use super::*;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    const FEATURES: usize = 5;

    /// The third feature never varied.
    fn scale(room: &mut [[u8; 8]; FEATURES]) -> Scale<'_> {
        let steps = [(0.0, 1.0), (10.0, 2.0), (4.0, 0.0), (-1.0, 0.5), (0.0, 100.0)];
        Scale::of(room, steps.into_iter().map(|(mean, spread)| Step::standard(mean, spread))).unwrap()
    }

    /// So many spreads from the mean in each feature that varies.
    fn at(spreads: [f32; 4]) -> [f32; FEATURES] {
        [spreads[0], 10.0 + 2.0 * spreads[1], 4.0, -1.0 + 0.5 * spreads[2], 100.0 * spreads[3]]
    }

    #[test]
    fn the_mean_of_few_examples_is_known_and_others_are_not() {
        let (mut scale_room, mut room) = ([[0; 8]; FEATURES], [0xFF; room(4, 8)]);
        let mut learner = Learner::new(scale(&mut scale_room), &mut room).unwrap();
        assert_eq!((learner.capacity(), learner.ask(&at([0.0; 4]), 2.0)), (8, None));
        let (a, b) = (learner.class("a").unwrap(), learner.class("b").unwrap());
        assert_eq!(learner.class("a"), Ok(a), "a name has one class");
        for (class, centre) in [(a, 2.0), (b, -2.0)] {
            for off in [-0.5, 0.0, 0.5] {
                learner.add(class, &at([centre + off, centre - off, centre + off, centre])).unwrap();
            }
        }
        let near = learner.near(&at([2.0, 2.0, 2.0, 3.0])).unwrap();
        // One of four features is one spread off; the other mean is 4, 4, 4 and 5 away.
        assert_eq!(near, Near { class: a, distance: 0.25, typical: near.typical, next: 4.25 });
        // From the mean of the others: 0.75 in three of four features for two examples of three.
        assert!((near.typical - 0.375).abs() < 1e-6, "{}", near.typical);
        assert_eq!(learner.ask(&at([2.0; 4]), 2.0), Some(Known { class: a, confidence: 1.0 }));
        assert_eq!(learner.ask(&at([0.5; 4]), 2.0), None, "too far");
        assert_eq!(learner.ask(&at([-2.0; 4]), 2.0).map(|known| known.class), Some(b));
        assert_eq!(learner.near(&[1.0; 4]), None, "other features");

        learner.add(b, &at([-2.0; 4])).unwrap();
        learner.add(b, &at([-2.0; 4])).unwrap();
        assert_eq!(learner.add(b, &at([-2.0; 4])), Err(LearnError::Full));
        learner.forget(a);
        assert_eq!(learner.near(&at([2.0; 4])).map(|near| near.class), Some(b));
        assert_eq!((learner.examples(), learner.name(a)), (5, None));
        assert_eq!(learner.class("c"), Ok(a), "its place is free again");
        assert_eq!(learner.classes().collect::<Vec<_>>(), [(a, "c", 0), (b, "b", 5)]);
    }

    #[test]
    fn limits_are_told() {
        let (mut scale_room, mut room, mut small) = ([[0; 8]; FEATURES], [0; room(4, 2)], [0; 20]);
        let scale = scale(&mut scale_room);
        let error = Learner::new(scale, &mut small).map(|_| ()).unwrap_err();
        assert_eq!(error, LearnError::Room { needs: 149, has: 20 });
        let mut learner = Learner::new(scale, &mut room).unwrap();
        for name in ["", "sixteen letters.", "0", "1", "2", "3", "4", "5", "6", "7"] {
            let right = learner.class(name);
            assert_eq!(right.is_ok(), name.len() == 1, "{name}: {right:?}");
        }
        assert_eq!(learner.class("8"), Err(LearnError::Classes));
        assert_eq!(learner.add(8, &at([0.0; 4])), Err(LearnError::Unfit));
        assert_eq!(learner.add(0, &[0.0; 4]), Err(LearnError::Unfit));
    }

    #[derive(Clone, Debug)]
    enum Act {
        Class(usize),
        Add(usize, [f32; 4]),
        Forget(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Act>> {
        let step = prop_oneof![
            (0usize..12).prop_map(Act::Class),
            (0usize..9, prop::array::uniform4(-9.0f32..9.0)).prop_map(|(class, at)| Act::Add(class, at)),
            (0usize..9).prop_map(Act::Forget),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        /// What is stored and opened again says the same, and nothing is kept but what was said: held against plain lists.
        #[test]
        fn what_was_stored_is_known_again(steps in steps(), asked in prop::array::uniform4(-9.0f32..9.0), more in 0usize..40) {
            let mut scale_room = [[0; 8]; FEATURES];
            let scale = scale(&mut scale_room);
            let mut room = [0xAA; room(4, 12)];
            let mut learner = Learner::new(scale, &mut room).unwrap();
            let mut plain: [Option<(usize, usize)>; CLASSES] = [None; CLASSES];
            for step in &steps {
                match step {
                    Act::Class(name) => {
                        let class = learner.class(std::format!("gesture {name}").as_str());
                        let known = plain.iter().position(|kept| kept.is_some_and(|(kept, _)| kept == *name));
                        let free = plain.iter().position(Option::is_none);
                        prop_assert_eq!(class.ok(), known.or(free));
                        if let (None, Some(free)) = (known, free) {
                            plain[free] = Some((*name, 0));
                        }
                    }
                    Act::Add(class, spreads) => {
                        let full = plain.iter().flatten().map(|(_, count)| count).sum::<usize>() == 12;
                        let kept = plain.get_mut(*class).and_then(Option::as_mut).filter(|_| !full);
                        prop_assert_eq!(learner.add(*class, &at(*spreads)).is_ok(), kept.is_some());
                        if let Some((_, count)) = kept {
                            *count += 1;
                        }
                    }
                    Act::Forget(class) => {
                        learner.forget(*class);
                        if let Some(kept) = plain.get_mut(*class) {
                            *kept = None;
                        }
                    }
                }
            }
            let counts: Vec<usize> = learner.classes().map(|(_, _, count)| count).collect();
            let expected: Vec<usize> = plain.iter().flatten().map(|(_, count)| *count).collect();
            prop_assert_eq!(counts, expected);
            let bytes = learner.bytes().to_vec();
            let mut stored = bytes.clone();
            stored.resize(bytes.len() + more, 0x55);
            let again = Learner::open(scale, &mut stored, bytes.len()).unwrap();
            prop_assert_eq!(again.near(&at(asked)), learner.near(&at(asked)));
            prop_assert_eq!(again.bytes(), bytes.as_slice());
        }

        #[test]
        fn changed_bytes_are_refused_or_harmless(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
            length in 0usize..400,
        ) {
            let mut scale_room = [[0; 8]; FEATURES];
            let scale = scale(&mut scale_room);
            let mut room = [0; room(4, 20)];
            let mut learner = Learner::new(scale, &mut room).unwrap();
            for name in ["a", "b", "c"] {
                let class = learner.class(name).unwrap();
                (0..4).for_each(|n| learner.add(class, &at([n as f32; 4])).unwrap());
            }
            let mut bytes = learner.bytes().to_vec();
            for (index, value) in &changes {
                let at = index.index(bytes.len());
                bytes[at] = *value;
            }
            let mut stored = vec![0; bytes.len().max(length)];
            stored[..bytes.len()].copy_from_slice(&bytes);
            let known = if length % 2 == 0 { bytes.len() } else { length };
            match Learner::open(scale, &mut stored, known) {
                Ok(mut learner) => {
                    let near = learner.near(&at([0.5; 4]));
                    prop_assert!(near.is_none_or(|near| learner.name(near.class).is_some()));
                    let _ = learner.class("d").map(|class| learner.add(class, &at([1.0; 4])));
                    (0..CLASSES).for_each(|class| learner.forget(class));
                    prop_assert_eq!(learner.examples(), 0);
                }
                Err(LearnError::Stored { at, what }) => prop_assert!(at <= known && !what.is_empty()),
                Err(error) => prop_assert_eq!(error, LearnError::OtherScale),
            }
        }
    }
}
