//! Linear models: weighted sums, as they are (regression) or as shares of classes (logistic regression, by softmax).
//!
//! Scaling that a trainer put before the model is part of its weights and biases.
//!
//! In the file (a [`Section::Model`](super::ntm::Section::Model) after its kind): answer (u8, 0: values, 1: shares), outputs
//! (u8), features (u16), then f32: the weights of each output, and the biases.
//!
//! Work: a multiply-add for each output and feature; for shares an exponential for each output and one division.

use super::MAX_CLASSES;
use super::ntm::{Fields, Kind, NtmError, WriteError, Writer, check, check_number};

/// What the sums are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Values,
    /// Of the classes, each 0 to 1, together 1.
    Shares,
}

/// A linear model where it lies.
#[derive(Clone, Debug)]
pub struct Linear<'a> {
    answer: Answer,
    features: u16,
    /// Each output's weights, little-endian f32, and where its bias lies in `biases`.
    weights: &'a [u32],
    biases: &'a [u32],
}

impl<'a> Linear<'a> {
    pub(super) fn open(mut fields: Fields<'a>, classes: usize) -> Result<Self, NtmError> {
        let at = fields.at();
        let answer = fields.u8("the answer of a linear model")?;
        check(answer < 2, at, "the answer of a linear model", answer, "0 (values) and 1 (shares)")?;
        let at = fields.at();
        let outputs = fields.u8("the outputs")?;
        check(usize::from(outputs) == classes, at, "the outputs", outputs, "as many as have names")?;
        let at = fields.at();
        let features = fields.u16("the linear model's features")?;
        check(features > 0, at, "the linear model's features", features, "1 to 65535")?;
        let mut numbers = fields.clone();
        let weights = fields.words(usize::from(outputs) * usize::from(features), "the weights")?;
        let biases = fields.words(outputs.into(), "the biases")?;
        fields.end("the linear model")?;
        for _ in 0..weights.len() + biases.len() {
            let at = numbers.at();
            let number = numbers.f32("a weight or bias")?;
            check_number(number.abs() < 1e18, at, "a weight or bias", number, "less than 1e18")?;
        }
        let answer = if answer == 0 { Answer::Values } else { Answer::Shares };
        Ok(Self { answer, features, weights, biases })
    }

    /// Numbers that it takes.
    pub fn features(&self) -> usize {
        self.features.into()
    }

    pub fn outputs(&self) -> usize {
        self.biases.len()
    }

    pub fn answer(&self) -> Answer {
        self.answer
    }

    /// What it says; the first [`Self::outputs`] count. `None` if there are not as many numbers as it takes.
    pub fn ask(&self, features: &[f32]) -> Option<[f32; MAX_CLASSES]> {
        if features.len() != self.features() {
            return None;
        }
        let mut said = [0.0; MAX_CLASSES];
        let rows = self.weights.chunks_exact(self.features().max(1));
        for ((said, weights), bias) in said.iter_mut().zip(rows).zip(self.biases) {
            *said = number(bias) + dot(weights, features);
        }
        if self.answer == Answer::Shares {
            softmax(said.get_mut(..self.biases.len())?);
        }
        Some(said)
    }
}

/// Scores to shares: their exponentials, together 1.
pub(super) fn softmax(scores: &mut [f32]) {
    // Less the largest, so that no exponential overflows.
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for share in scores.iter_mut() {
        *share = libm::expf(*share - most);
        sum += *share;
    }
    let scale = 1.0 / sum;
    scores.iter_mut().for_each(|share| *share *= scale);
}

pub(super) fn number(bits: &u32) -> f32 {
    f32::from_bits(u32::from_le(*bits))
}

/// In a fixed order with 4 partial sums.
pub(super) fn dot(weights: &[u32], features: &[f32]) -> f32 {
    let (groups, rest) = weights.as_chunks::<4>();
    let (feature_groups, feature_rest) = features.as_chunks::<4>();
    let mut partial = [0.0f32; 4];
    for (weights, features) in groups.iter().zip(feature_groups) {
        for ((sum, weight), feature) in partial.iter_mut().zip(weights).zip(features) {
            *sum += number(weight) * feature;
        }
    }
    let last: f32 = rest.iter().zip(feature_rest).map(|(weight, feature)| number(weight) * feature).sum();
    partial.iter().sum::<f32>() + last
}

impl Writer<'_> {
    /// What a section with a linear model holds: `weights` are all of the first output, then all of the next.
    pub fn linear(&mut self, answer: Answer, weights: &[f32], biases: &[f32]) -> Result<(), WriteError> {
        let unfit =
            || WriteError::Unfit("1 to 26 outputs, each with a weight for each of up to 65535 features");
        let outputs = u8::try_from(biases.len()).map_err(|_| unfit())?;
        let features = u16::try_from(weights.len().checked_div(biases.len()).ok_or_else(unfit)?);
        if !weights.len().is_multiple_of(biases.len()) {
            return Err(unfit());
        }
        self.u32(Kind::LINEAR)?;
        self.u8((answer == Answer::Shares) as u8)?;
        self.u8(outputs)?;
        self.u16(features.map_err(|_| unfit())?)?;
        weights.iter().chain(biases).try_for_each(|number| self.f32(*number))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::ml::ntm::{Channel, Model, Section, Unit};
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    const NAMES: [&str; MAX_CLASSES] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
        "u", "v", "w", "x", "y", "z",
    ];

    fn file(answer: Answer, weights: &[f32], biases: &[f32]) -> Vec<u32> {
        let mut room = vec![0u32; 1 << 14];
        let mut writer = Writer::new(bytemuck::cast_slice_mut(&mut room)).unwrap();
        let channel = Channel { unit: Unit::Number, low: -1.0, high: 1.0, name: "x" };
        writer.section(Section::Inputs).unwrap();
        writer.inputs(0.0, &vec![channel; weights.len() / biases.len()]).unwrap();
        writer.section(Section::Classes).unwrap();
        writer.classes(NAMES[..biases.len()].iter().copied()).unwrap();
        writer.section(Section::Model).unwrap();
        writer.linear(answer, weights, biases).unwrap();
        let length = writer.finish().unwrap().len();
        room.truncate(length / 4);
        room
    }

    proptest! {
        #[test]
        fn sums_and_shares_are_those_of_f64(
            outputs in 1usize..=26,
            features in prop::collection::vec(-10.0f32..10.0, 1..40),
            seed in prop::collection::vec(-2.0f32..2.0, 26 * 41),
            shares: bool,
        ) {
            let weights = &seed[..outputs * features.len()];
            let biases = &seed[seed.len() - outputs..];
            let answer = if shares { Answer::Shares } else { Answer::Values };
            let words = file(answer, weights, biases);
            let model = Model::open(bytemuck::cast_slice(&words)).unwrap();
            let Kind::Linear(linear) = &model.kind else { panic!("{:?}", model.kind) };
            let said = linear.ask(&features).unwrap();
            let mut sums: Vec<f64> = weights
                .chunks_exact(features.len())
                .zip(biases)
                .map(|(weights, bias)| {
                    let products = weights.iter().zip(&features).map(|(w, x)| f64::from(*w) * f64::from(*x));
                    f64::from(*bias) + products.sum::<f64>()
                })
                .collect();
            if shares {
                let most = sums.iter().copied().fold(f64::MIN, f64::max);
                sums.iter_mut().for_each(|sum| *sum = libm::exp(*sum - most));
                let all: f64 = sums.iter().sum();
                sums.iter_mut().for_each(|sum| *sum /= all);
            }
            for (said, expected) in said.iter().zip(&sums) {
                let far = (f64::from(*said) - expected).abs();
                prop_assert!(far < 1e-3, "{} and {}", said, expected);
            }
            prop_assert_eq!(linear.ask(&features[1..]), None);
        }
    }

    #[test]
    fn what_is_no_number_is_refused_where_it_stands() {
        let mut words = file(Answer::Shares, &[1.0, 2.0], &[0.5]);
        let last = words.len() - 1;
        words[last] = f32::NAN.to_bits();
        let mut bytes: Vec<u8> = bytemuck::cast_slice(&words).to_vec();
        let crc = crate::crc::crc32(crate::crc::crc32(0, &bytes[..12]), &bytes[16..]);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        bytemuck::cast_slice_mut(&mut words).copy_from_slice(&bytes);
        let error = Model::open(bytemuck::cast_slice(&words)).map(|_| ()).unwrap_err();
        assert_eq!(error.at, 4 * last);
        assert!(std::format!("{error}").ends_with("a weight or bias is NaN, allowed: finite numbers"));
    }
}
