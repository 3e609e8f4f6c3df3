//! What a model reads out of a spectrum.

use super::Config;
use crate::app::recogniser::{Recogniser, Unfit};
use crate::drivers::as7265x::{BANDS, CENTRES_NM};
use crate::dsp::features::{Plan, Window};
use crate::meter::Work;
use crate::ml::MAX_CLASSES;
use crate::ml::ask::Says;
use crate::ml::ntm::Model;
use crate::ml::work::plan_work;

impl Config {
    /// Nothing of it is the model's; a model that cannot run here is refused.
    pub fn for_model(self, model: &'static Model<'static>) -> Result<Self, Unfit> {
        room(model).map(|_| self)
    }
}

/// A model for this program and the memory that it works in, `Err` if it cannot run in it or has too little.
pub fn recogniser<'r>(model: &'static Model<'static>, room: &'r mut [f32]) -> Result<Recogniser<'r>, Unfit> {
    let needs = self::room(model)?;
    Recogniser::new(model, model.plan.ok_or(Unfit::NoPlan)?, needs, room)
}

/// Floats that the model works in: features and sums.
pub fn room(model: &'static Model<'static>) -> Result<usize, Unfit> {
    let plan = model.plan.ok_or(Unfit::NoPlan)?;
    if model.says() != Says::Values {
        return Err(Unfit::NoValues);
    }
    let bands = model.inputs.channels().map(|channel| nanometres(channel.name)).eq(CENTRES_NM.map(Some));
    if !bands || plan.head().window != 1 {
        return Err(Unfit::Channels { takes: "the 18 bands nm_410 to nm_940 of an AS7265x" });
    }
    Ok(plan.outputs() + plan.scratch().max(model.scratch()))
}

/// `nm_410`, `410nm`, `410`.
fn nanometres(name: &str) -> Option<u16> {
    name.trim_start_matches("nm_").trim_end_matches("nm").parse().ok()
}

pub struct Trained<'r> {
    model: &'static Model<'static>,
    plan: Plan<'static>,
    features: &'r mut [f32],
    /// Of the plan, then of the model.
    scratch: &'r mut [f32],
    cost: Work,
}

impl<'r> Trained<'r> {
    /// `None` for what [`recogniser`] did not make.
    pub fn new(recogniser: Recogniser<'r>) -> Option<Self> {
        let Recogniser { model, plan, room } = recogniser;
        let (features, scratch) = room.split_at_mut_checked(plan.outputs())?;
        let mut cost = Work::NONE;
        plan_work(&plan, &mut cost);
        model.work(&mut cost);
        Some(Self { model, plan, features, scratch, cost })
    }

    /// One number for each of [`Self::names`].
    pub fn read(&mut self, reflectances: &[f32; BANDS], work: &mut Work) -> Option<[f32; MAX_CLASSES]> {
        let window = Window::new(BANDS, reflectances, &[])?;
        self.plan.extract(self.scratch, &window, self.features).ok()?;
        work.add_all(&self.cost);
        self.model.ask(self.features, self.scratch)
    }

    /// Names and units of what it reads.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let model = self.model;
        model.classes.names().enumerate().map(|(output, name)| (name, model.unit(output)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_known_by_their_centres() {
        assert_eq!(
            ["nm_410", "940nm", "535", "red"].map(nanometres),
            [Some(410), Some(940), Some(535), None]
        );
    }
}
