//! One way to ask any model.
//!
//! What comes back is numbers, one for each name in the model's classes; [`Kind::says`] tells what they mean.
//!
//! Work: that of the kind, and none of its own.

use super::MAX_CLASSES;
use super::linear::Answer;
use super::ntm::{Kind, Model};

/// What a model's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Says {
    /// Of the classes, each 0 to 1, together 1.
    Shares,
    /// Readings, in the units that the file tells ([`Model::unit`]).
    Values,
    /// How far from each state, 0 and more: the least is the state, and beyond the threshold it is none of them.
    Distances,
}

impl From<Answer> for Says {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Values => Self::Values,
            Answer::Shares => Self::Shares,
        }
    }
}

impl Kind<'_> {
    pub fn says(&self) -> Says {
        match self {
            Self::Forest(_) => Says::Shares,
            Self::Linear(linear) => linear.answer().into(),
            Self::Boosted(boosted) => boosted.answer().into(),
            Self::Nearest(nearest) => nearest.answer().into(),
            Self::Network(network) => network.answer().into(),
            Self::Normal(_) => Says::Distances,
        }
    }

    /// Numbers of room that [`Self::ask`] needs.
    pub fn scratch(&self) -> usize {
        match self {
            Self::Forest(_) | Self::Linear(_) | Self::Boosted(_) => 0,
            Self::Nearest(nearest) => nearest.scratch(),
            Self::Network(network) => network.scratch().div_ceil(size_of::<f32>()),
            Self::Normal(normal) => normal.features(),
        }
    }

    /// The first as many as there are classes count, the others are 0. `None`: other than [`Self::features`] numbers, or
    /// less room than [`Self::scratch`]. What the room holds before does not matter.
    pub fn ask(&self, features: &[f32], scratch: &mut [f32]) -> Option<[f32; MAX_CLASSES]> {
        if scratch.len() < self.scratch() {
            return None;
        }
        match self {
            Self::Forest(forest) => {
                let votes = forest.votes_f32(features)?;
                Some(core::array::from_fn(|class| votes.share(class)))
            }
            Self::Linear(linear) => linear.ask(features),
            Self::Boosted(boosted) => boosted.ask(features),
            Self::Nearest(nearest) => nearest.ask(features, scratch),
            Self::Network(network) => network.ask(features, bytemuck::cast_slice_mut(scratch)),
            Self::Normal(normal) => normal.ask(features, scratch),
        }
    }
}

impl Model<'_> {
    /// What the numbers of [`Self::ask`] mean.
    pub fn says(&self) -> Says {
        self.kind.says()
    }

    /// Numbers of room that [`Self::ask`] needs.
    pub fn scratch(&self) -> usize {
        self.kind.scratch()
    }

    /// Features in (what the plan made, or the readings where there is none), one number a class out: see [`Kind::ask`].
    pub fn ask(&self, features: &[f32], scratch: &mut [f32]) -> Option<[f32; MAX_CLASSES]> {
        self.kind.ask(features, scratch)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::ml::ntm::{Channel, Section, Unit, Writer};
    use std::format;

    fn file<'r>(room: &'r mut [u32], units: &[&str]) -> &'r [u8] {
        let mut writer = Writer::new(bytemuck::cast_slice_mut(room)).unwrap();
        let channel = Channel { unit: Unit::Reflectance, low: 0.0, high: 1.0, name: "680 nm" };
        writer.section(Section::Inputs).unwrap();
        writer.inputs(0.0, &[channel; 2]).unwrap();
        writer.section(Section::Classes).unwrap();
        writer.classes(["dry matter", "ratio"].into_iter()).unwrap();
        writer.section(Section::Model).unwrap();
        writer.linear(Answer::Values, &[10.0, 0.0, 0.0, 2.0], &[1.0, -1.0]).unwrap();
        writer.section(Section::Units).unwrap();
        writer.units(units.iter().copied()).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn readings_come_with_their_units() {
        let mut room = [0; 64];
        let model = Model::open(file(&mut room, &["%", ""])).unwrap();
        assert_eq!((model.says(), model.scratch()), (Says::Values, 0));
        assert_eq!(model.ask(&[0.5, 0.25], &mut []).unwrap()[..2], [6.0, -0.5]);
        assert_eq!([0, 1, 2].map(|output| model.unit(output)), ["%", "", ""]);
        assert_eq!(model.ask(&[0.5], &mut []), None);
    }

    #[test]
    fn units_are_as_many_as_outputs() {
        let told = |units| format!("{}", Model::open(file(&mut [0; 64], units)).unwrap_err());
        assert!(told(&["%"]).ends_with("a unit's length needs 1 bytes and 0 are left"));
        assert!(told(&["%", "", "g"]).ends_with("2 bytes too many at the end of units"));
    }
}
