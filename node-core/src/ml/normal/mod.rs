//! Normal distributions: how far something is from each state that is known (Mahalanobis distance, Gaussian mixtures).
//!
//! A state has one part or more, each a mean, a factor W and an offset. Of features x a part's distance is the length of
//! W (x - mean): with W the inverse of the covariance's Cholesky factor, how many standard deviations away x lies. Of a
//! state with one part (offset 0) that is the answer. Of several (a mixture) it is the d of exp(-d²/2) = Σ exp(offset -
//! dᵢ²/2), where an offset is the logarithm of the part's weight over its volume, so shifted that none is above 0.
//! What is no number is infinitely far.
//!
//! [`site`] learns one such state on the node, from windows of a machine that is known to be well.
//!
//! In the file (a [`Section::Model`](super::ntm::Section::Model) after its kind): form (u8, 0: full factors, 1: diagonal
//! ones), parts (u8), features (u16); the state of each part (u8 each, none before the one before it; zeros to the next
//! multiple of 4); then of each part as f32: offset, means, factor (the lower triangle row by row, or the diagonal).
//!
//! Work: for a part a subtraction a feature and features · (features + 1) / 2 multiply-adds (diagonal: one a feature); an
//! exponential for each part of a state but its first; a root and, of mixtures, a logarithm for each state.

pub mod site;

use super::MAX_CLASSES;
use super::linear::{dot, number};
use super::ntm::{Fields, Kind, NtmError, WriteError, Writer, check, check_number};

/// Most parts of all states.
pub const MAX_PARTS: usize = 64;

/// What a factor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    Full,
    /// Features are taken as independent.
    Diagonal,
}

impl Form {
    /// Numbers of a factor.
    pub const fn numbers(self, features: usize) -> usize {
        match self {
            Self::Full => features * (features + 1) / 2,
            Self::Diagonal => features,
        }
    }
}

/// States where they lie.
#[derive(Clone, Debug)]
pub struct Normal<'a> {
    form: Form,
    features: u16,
    /// Of each part the state that it belongs to.
    states: &'a [u8],
    /// Of each part offset, means and factor; little-endian f32.
    parts: &'a [u32],
}

impl<'a> Normal<'a> {
    pub(super) fn open(mut fields: Fields<'a>, classes: usize) -> Result<Self, NtmError> {
        let at = fields.at();
        let form = fields.u8("the form of the factors")?;
        check(form < 2, at, "the form of the factors", form, "0 (full) and 1 (diagonal)")?;
        let form = if form == 0 { Form::Full } else { Form::Diagonal };
        let at = fields.at();
        let count = fields.u8("the number of parts")?;
        let right = (classes..=MAX_PARTS).contains(&count.into());
        check(right, at, "the number of parts", count, "1 a state or more, together up to 64")?;
        let at = fields.at();
        let features = fields.u16("the model's features")?;
        check((1..=1024).contains(&features), at, "the model's features", features, "1 to 1024")?;
        let at = fields.at();
        let states = fields.take(count.into(), "the parts' states")?;
        let mut before = None;
        for &state in states {
            let next = before.map_or(0, |before| before + 1);
            let right = Some(state) == before || (state == next && usize::from(state) < classes);
            check(right, at, "a part's state", state, "each state, in their order")?;
            before = Some(state);
        }
        let last = usize::from(states.last().copied().unwrap_or(0)) + 1;
        check(last == classes, at, "the states that have parts", last, "all")?;
        let at = fields.at();
        let zeros = fields.take(states.len().wrapping_neg() % 4, "the zeros after the states")?;
        check(zeros.iter().all(|byte| *byte == 0), at, "a byte after the states", 1, "0")?;
        let mut numbers = fields.clone();
        let of_part = 1 + usize::from(features) + form.numbers(features.into());
        let parts = fields.words(states.len() * of_part, "the parts")?;
        fields.end("the normal distributions")?;
        for place in 0..parts.len() {
            let at = numbers.at();
            let number = numbers.f32("a number of a part")?;
            check_number(number.abs() < 1e18, at, "a number of a part", number, "less than 1e18")?;
            if place % of_part == 0 {
                check_number((-1e6..=0.0).contains(&number), at, "a part's offset", number, "-1000000 to 0")?;
            }
        }
        Ok(Self { form, features, states, parts })
    }

    /// Numbers that it takes.
    pub fn features(&self) -> usize {
        self.features.into()
    }

    pub fn form(&self) -> Form {
        self.form
    }

    pub fn parts(&self) -> usize {
        self.states.len()
    }

    pub fn states(&self) -> usize {
        self.states.last().map_or(0, |last| usize::from(*last) + 1)
    }

    /// How far from each state; the others are 0. `None` if there are not as many numbers as it takes, or not as much
    /// room.
    pub fn ask(&self, features: &[f32], room: &mut [f32]) -> Option<[f32; MAX_CLASSES]> {
        if features.len() != self.features() {
            return None;
        }
        let off = room.get_mut(..features.len())?;
        // Of each state: the least squared distance so far, and the sum of exponentials under it.
        let mut squares = [f32::INFINITY; MAX_CLASSES];
        let mut sums = [0.0f32; MAX_CLASSES];
        let of_part = 1 + features.len() + self.form.numbers(features.len());
        for (&state, part) in self.states.iter().zip(self.parts.chunks_exact(of_part)) {
            let (offset, part) = part.split_first()?;
            let (means, factor) = part.split_at_checked(features.len())?;
            for ((off, feature), mean) in off.iter_mut().zip(features).zip(means) {
                *off = feature - number(mean);
            }
            let square = self.form.square(factor, off) - 2.0 * number(offset);
            let square = if square.is_nan() { f32::INFINITY } else { square };
            let (least, sum) = (squares.get_mut(usize::from(state))?, sums.get_mut(usize::from(state))?);
            if *sum == 0.0 {
                (*least, *sum) = (square, 1.0);
            } else if square < *least {
                *sum = 1.0 + *sum * libm::expf(0.5 * (square - *least));
                *least = square;
            } else if square.is_finite() {
                *sum += libm::expf(0.5 * (*least - square));
            }
        }
        let mut distances = [0.0; MAX_CLASSES];
        for ((distance, square), sum) in distances.iter_mut().zip(squares).zip(sums).take(self.states()) {
            let square = if sum == 1.0 { square } else { square - 2.0 * libm::logf(sum) };
            *distance = libm::sqrtf(square.max(0.0));
        }
        Some(distances)
    }
}

impl Form {
    /// The squared length of what a factor makes of `off`.
    fn square(self, factor: &[u32], off: &[f32]) -> f32 {
        let mut sum = 0.0;
        match self {
            Self::Full => {
                let mut rest = factor;
                for row in 1..=off.len() {
                    let Some((weights, after)) = rest.split_at_checked(row) else { break };
                    rest = after;
                    let along = dot(weights, off.get(..row).unwrap_or_default());
                    sum += along * along;
                }
            }
            Self::Diagonal => {
                for (weight, off) in factor.iter().zip(off) {
                    let along = number(weight) * off;
                    sum += along * along;
                }
            }
        }
        sum
    }
}

/// A part to be written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part<'s> {
    pub state: u8,
    pub offset: f32,
    pub mean: &'s [f32],
    /// [`Form::numbers`] of it.
    pub factor: &'s [f32],
}

impl Writer<'_> {
    /// What a section with normal distributions holds; parts in the order of their states.
    pub fn normal(&mut self, form: Form, parts: &[Part<'_>]) -> Result<(), WriteError> {
        let unfit = |right: bool, why| if right { Ok(()) } else { Err(WriteError::Unfit(why)) };
        let features = parts.first().map_or(0, |part| part.mean.len());
        unfit((1..=MAX_PARTS).contains(&parts.len()), "1 to 64 parts of normal distributions")?;
        unfit((1..=1024).contains(&features), "1 to 1024 features of a normal distribution")?;
        let whole = |part: &Part| part.mean.len() == features && part.factor.len() == form.numbers(features);
        unfit(parts.iter().all(whole), "each part has a mean for each feature and a factor of its form")?;
        self.u32(Kind::NORMAL)?;
        self.u8((form == Form::Diagonal) as u8)?;
        self.u8(parts.len() as u8)?;
        self.u16(features as u16)?;
        parts.iter().try_for_each(|part| self.u8(part.state))?;
        self.bytes(&[0; 3][..parts.len().wrapping_neg() % 4])?;
        for part in parts {
            self.f32(part.offset)?;
            part.mean.iter().chain(part.factor).try_for_each(|number| self.f32(*number))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::ml::ask::Says;
    use crate::ml::ntm::{Channel, Model, Section, Unit};
    use proptest::prelude::*;
    use std::format;
    use std::vec;
    use std::vec::Vec;

    /// A file with these parts, each of one state or the next.
    fn file(form: Form, features: usize, states: &[u8], numbers: &[f32]) -> Vec<u32> {
        let of_factor = form.numbers(features);
        let parts: Vec<Part> = states
            .iter()
            .zip(numbers.chunks_exact(1 + features + of_factor))
            .map(|(&state, numbers)| Part {
                state,
                offset: -numbers[0].abs(),
                mean: &numbers[1..=features],
                factor: &numbers[1 + features..],
            })
            .collect();
        let mut room = vec![0u32; 1 << 15];
        let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room)).unwrap();
        let channel = Channel { unit: Unit::Number, low: -1.0, high: 1.0, name: "x" };
        writer.section(Section::Inputs).unwrap();
        writer.inputs(0.0, &vec![channel; features]).unwrap();
        writer.section(Section::Classes).unwrap();
        let names = ["a", "b", "c", "d"];
        writer.classes(names[..=usize::from(states[states.len() - 1])].iter().copied()).unwrap();
        writer.section(Section::Model).unwrap();
        writer.normal(form, &parts).unwrap();
        let length = writer.finish().unwrap().len();
        room.truncate(length / 4);
        room
    }

    /// As the module's text says it, in f64.
    fn oracle(form: Form, states: &[u8], numbers: &[f32], x: &[f32]) -> Vec<f64> {
        let features = x.len();
        let mut sums = vec![0.0f64; usize::from(states[states.len() - 1]) + 1];
        for (&state, part) in states.iter().zip(numbers.chunks_exact(1 + features + form.numbers(features))) {
            let off: Vec<f64> =
                x.iter().zip(&part[1..=features]).map(|(x, m)| f64::from(*x) - f64::from(*m)).collect();
            let factor = |row: usize, column: usize| match form {
                Form::Full => part[1 + features + row * (row + 1) / 2 + column],
                Form::Diagonal if row == column => part[1 + features + row],
                Form::Diagonal => 0.0,
            };
            let along = |row: usize| (0..=row).map(|at| f64::from(factor(row, at)) * off[at]).sum::<f64>();
            let square: f64 = (0..features).map(|row| along(row) * along(row)).sum();
            sums[usize::from(state)] += libm::exp(-f64::from(part[0].abs()) - 0.5 * square);
        }
        sums.into_iter().map(|sum| libm::sqrt(-2.0 * libm::log(sum))).collect()
    }

    proptest! {
        #[test]
        fn distances_are_those_of_f64(
            features in 1usize..12,
            diagonal: bool,
            states in prop::sample::select(vec![&[0u8][..], &[0, 1], &[0, 0, 0], &[0, 1, 1, 2, 3, 3]]),
            numbers in prop::collection::vec(-2.0f32..2.0, 6 * (1 + 11 + 66)),
            x in prop::collection::vec(-2.0f32..2.0, 12),
        ) {
            let form = if diagonal { Form::Diagonal } else { Form::Full };
            let words = file(form, features, states, &numbers);
            let model = Model::open(bytemuck::cast_slice(&words)).unwrap();
            prop_assert_eq!((model.says(), model.scratch()), (Says::Distances, features));
            let said = model.ask(&x[..features], &mut vec![7.0; features]).unwrap();
            for (said, exact) in said.iter().zip(oracle(form, states, &numbers, &x[..features])) {
                // exp(-700) is where the oracle ends.
                prop_assume!(exact < 36.0);
                prop_assert!((f64::from(*said) - exact).abs() < 1e-3 * (1.0 + exact), "{said} and {exact}");
            }
            prop_assert_eq!(model.ask(&x[..features], &mut vec![0.0; features - 1]), None);
            prop_assert_eq!(model.ask(&x[..features - 1], &mut vec![0.0; features]), None);
        }

        #[test]
        fn a_hostile_file_is_refused_or_answers(
            at in 0usize..400, with: [u8; 4], x in prop::collection::vec(any::<f32>(), 3),
        ) {
            let numbers: Vec<f32> = (0..40).map(|n| n as f32 * 0.1).collect();
            let mut words = file(Form::Full, 3, &[0, 1, 1], &numbers);
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
            let at = 16 + at % (bytes.len() - 20);
            bytes[at..at + 4].copy_from_slice(&with);
            let crc = crate::crc::crc32(crate::crc::crc32(0, &bytes[..12]), &bytes[16..]);
            bytes[12..16].copy_from_slice(&crc.to_le_bytes());
            if let Ok(model) = Model::open(bytes) && let Some(said) = model.ask(&x, &mut [0.0; 8]) {
                let states = &said[..model.classes.count()];
                prop_assert!(model.says() != Says::Distances || states.iter().all(|d| *d >= 0.0), "{:?}", states);
            }
        }
    }

    #[test]
    fn by_hand_and_infinitely_far() {
        // Means 1 and 2, twice the one and a tenth of both.
        let words = file(Form::Full, 2, &[0], &[0.0, 1.0, 2.0, 2.0, 0.1, 0.1]);
        let model = Model::open(bytemuck::cast_slice(&words)).unwrap();
        let ask = |x: [f32; 2]| model.ask(&x, &mut [0.0; 2]).unwrap()[0];
        assert_eq!(ask([1.0, 2.0]), 0.0);
        assert!((ask([3.0, 7.0]) - libm::sqrtf(16.0 + 0.49)).abs() < 1e-6);
        assert_eq!(ask([f32::NAN, 0.0]), f32::INFINITY);
        assert_eq!(ask([f32::MAX, f32::MAX]), f32::INFINITY);
    }

    #[test]
    fn states_without_a_part_are_refused() {
        let words = file(Form::Diagonal, 1, &[0, 2], &[0.0, 1.0, 1.0, 0.0, 2.0, 1.0]);
        let error = Model::open(bytemuck::cast_slice(&words)).map(|_| ()).unwrap_err();
        assert!(
            format!("{error}").contains("a number of parts is 2")
                || format!("{error}").contains("the number of parts is 2")
        );
    }
}
