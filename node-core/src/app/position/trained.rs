//! What a model makes of scans: a room, or a place.

use super::Config;
use crate::app::recogniser::{Class, Judge, Recogniser, Unfit};
use crate::dsp::features::{Plan, Sliding};
use crate::meter::{Kernel, Work};
use crate::ml::ask::Says;
use crate::ml::ntm::Model;
use crate::ml::work::plan_work;
use crate::radio::Seen;

const TAKES: &str = "addresses of access points (02:00:00:00:00:01)";

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

/// Floats that the model works in: scans, features and sums.
pub fn room(model: &'static Model<'static>) -> Result<usize, Unfit> {
    let plan = model.plan.ok_or(Unfit::NoPlan)?;
    match model.says() {
        Says::Shares => {}
        Says::Values if model.classes.count() == 2 => {}
        Says::Values => return Err(Unfit::NoValues),
        Says::Distances => return Err(Unfit::NoClasses),
    }
    if !model.inputs.channels().all(|channel| address(channel.name).is_some()) {
        return Err(Unfit::Channels { takes: TAKES });
    }
    Ok(ring(&plan).saturating_add(Judge::room(model, &plan)))
}

fn ring(plan: &Plan) -> usize {
    plan.head().channels.saturating_mul(plan.head().window)
}

/// `02:00:00:00:00:01`.
pub fn address(text: &str) -> Option<[u8; 6]> {
    let mut bytes = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.len() == 2 && !part.starts_with('+'))?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

/// What is told of the last few scans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    Room(Class),
    /// Metres.
    Place([f32; 2]),
}

/// The scans as they came, and the model that is asked about them.
pub struct Trained<'r> {
    model: &'static Model<'static>,
    plan: Plan<'static>,
    recent: Sliding<f32, &'r mut [f32]>,
    answers: Answers<'r>,
}

enum Answers<'r> {
    Rooms(Judge<'r>),
    Places { features: &'r mut [f32], scratch: &'r mut [f32], cost: Work },
}

impl<'r> Trained<'r> {
    /// `None` for what [`recogniser`] did not make.
    pub fn new(recogniser: Recogniser<'r>) -> Option<Self> {
        let Recogniser { model, plan, room } = recogniser;
        let head = plan.head();
        let (recent, rest) = room.split_at_mut_checked(ring(&plan))?;
        let recent = Sliding::new(recent, head.channels, head.window, head.hop)?;
        let mut cost = Work::NONE;
        plan_work(&plan, &mut cost);
        let answers = if model.says() == Says::Shares {
            Answers::Rooms(Judge::new(model, &plan, cost, rest)?)
        } else {
            model.work(&mut cost);
            let (features, scratch) = rest.split_at_mut_checked(plan.outputs())?;
            Answers::Places { features, scratch, cost }
        };
        Some(Self { model, plan, recent, answers })
    }

    /// Takes a scan, in the model's order of access points; one that was not heard reads the low end of its channel, as where
    /// the model learnt. True when there is a window to ask about.
    pub fn hear(&mut self, seen: &[Seen], work: &mut Work) -> bool {
        const MOST: usize = u8::MAX as usize;
        let mut readings = [0.0; MOST];
        let mut channels = 0;
        for (reading, channel) in readings.iter_mut().zip(self.model.inputs.channels()) {
            channels += 1;
            let wanted = address(channel.name);
            let heard = seen.iter().find(|seen| wanted == Some(seen.bssid));
            *reading = heard.map_or(channel.low, |seen| f32::from(seen.rssi_dbm).max(channel.low));
        }
        // An address is read from its text, then looked for among those that were heard.
        work.add(Kernel::Search, channels * (17 + seen.len()));
        readings.get(..channels).is_some_and(|scan| self.recent.push(scan))
    }

    /// Of the window that [`Self::hear`] told of. `None`: not sure enough.
    pub fn ask(&mut self, work: &mut Work) -> Option<Told> {
        let Self { model, plan, recent, answers } = self;
        let window = recent.window();
        match answers {
            Answers::Rooms(judge) => {
                let extract =
                    |scratch: &mut [f32], features: &mut [f32]| plan.extract(scratch, &window, features);
                judge.ask(extract, work).map(Told::Room)
            }
            Answers::Places { features, scratch, cost } => {
                plan.extract(scratch, &window, features).ok()?;
                work.add_all(cost);
                let [x, y, ..] = model.ask(features, scratch)?;
                Some(Told::Place([x, y]))
            }
        }
    }

    /// Scans of a window.
    pub fn scans(&self) -> usize {
        self.plan.head().window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_six_bytes() {
        assert_eq!(address("02:00:5e:00:0A:ff"), Some([2, 0, 0x5E, 0, 10, 255]));
        for wrong in
            ["", "kitchen", "02:00:5e:00:0a", "02:00:5e:00:0a:ff:01", "2:0:5e:0:a:f", "02:00:5e:00:0a:+f"]
        {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }
}
