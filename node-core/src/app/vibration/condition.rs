//! The window as it came, and the model that says how far it is from each state.

use crate::app::motion::trained::Scaled;
use crate::app::recogniser::{Recogniser, Unfit};
use crate::drivers::mpu6886::{Records, Scale, regs};
use crate::dsp::features::{Plan, Sliding};
use crate::meter::{Kernel, Work};
use crate::ml::MAX_CLASSES;
use crate::ml::ask::Says;
use crate::ml::ntm::Model;
use crate::ml::work::plan_work;

/// The model's plan, if it is one that makes distances of windows.
pub fn plan_of(model: &'static Model<'static>) -> Result<Plan<'static>, Unfit> {
    if model.says() != Says::Distances {
        return Err(Unfit::NoDistances);
    }
    model.plan.ok_or(Unfit::NoPlan)
}

/// A model for this program and the memory that it works in, `Err` if it cannot run in it or has too little.
pub fn recogniser<'r>(model: &'static Model<'static>, room: &'r mut [f32]) -> Result<Recogniser<'r>, Unfit> {
    super::Config::for_model(model)?;
    Recogniser::new(model, plan_of(model)?, self::room(model)?, room)
}

/// Floats that the model works in: window (in counts, two bytes each), features and what is between.
pub fn room(model: &'static Model<'static>) -> Result<usize, Unfit> {
    let plan = plan_of(model)?;
    let scratch = plan.scratch().max(model.scratch());
    Ok(ring(&plan).saturating_add(plan.outputs()).saturating_add(scratch))
}

fn ring(plan: &Plan<'_>) -> usize {
    let head = plan.head();
    head.channels.saturating_mul(head.window).div_ceil(2)
}

/// What a window says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The nearest state, and how much nearer than others.
    pub state: &'static str,
    pub confidence_percent: u8,
    /// In standard deviations, and from where on it is an anomaly.
    pub distance: f32,
    pub threshold: f32,
}

impl Verdict {
    pub fn is_anomaly(&self) -> bool {
        self.distance > self.threshold
    }
}

pub struct Condition<'r> {
    recent: Sliding<i16, &'r mut [i16]>,
    model: &'static Model<'static>,
    plan: Plan<'static>,
    features: &'r mut [f32],
    /// Of the plan, then of the model.
    scratch: &'r mut [f32],
    /// What a window costs.
    cost: Work,
    g_per_count: f32,
}

impl<'r> Condition<'r> {
    /// `None` for what [`recogniser`] did not make.
    pub fn new(recogniser: Recogniser<'r>, scale: Scale) -> Option<Self> {
        let Recogniser { model, plan, room } = recogniser;
        let head = plan.head();
        let (recent, rest) = room.split_at_mut_checked(ring(&plan))?;
        let recent = Sliding::new(bytemuck::cast_slice_mut(recent), head.channels, head.window, head.hop)?;
        let (features, scratch) = rest.split_at_mut_checked(plan.outputs())?;
        let mut cost = Work::NONE;
        plan_work(&plan, &mut cost);
        model.work(&mut cost);
        // Of each state an exponential, for the confidence.
        cost.add(Kernel::Exponential, model.classes.count());
        Some(Self { recent, model, plan, features, scratch, cost, g_per_count: scale.g_per_lsb })
    }

    /// Takes records up to the end of the next window; returns how many, and whether there is one.
    pub fn extend(&mut self, records: &mut Records<'_>, work: &mut Work) -> (usize, bool) {
        let (mut taken, mut due) = (0, false);
        for record in records {
            taken += 1;
            due = self.recent.push(&record.accel);
            if due {
                break;
            }
        }
        work.add_calls(Kernel::Copy, taken, taken * regs::RECORD_ACCEL_BYTES);
        (taken, due)
    }

    /// Of the window that just ended.
    pub fn verdict(&mut self, work: &mut Work) -> Option<Verdict> {
        let per_count = [self.g_per_count, self.g_per_count, self.g_per_count, 0.0, 0.0, 0.0];
        let window = Scaled { counts: self.recent.window(), per_count };
        self.plan.extract(self.scratch, &window, self.features).ok()?;
        work.add_all(&self.cost);
        let distances = self.model.ask(self.features, self.scratch)?;
        let (state, confidence) = nearest(&distances, self.model.classes.count());
        let distance = distances.get(state).copied()?;
        Some(Verdict {
            state: self.model.classes.names().nth(state)?,
            confidence_percent: libm::roundf(100.0 * confidence) as u8,
            distance,
            threshold: self.model.thresholds.of(state),
        })
    }

    /// What the plan made of the window that was judged last.
    pub fn features(&self) -> &[f32] {
        self.features
    }

    /// Samples were lost.
    pub fn gap(&mut self) {
        self.recent.reset();
    }
}

/// The state with the least distance, and its chance if one of them it is: of normal distributions exp(-d²/2).
pub fn nearest(distances: &[f32; MAX_CLASSES], states: usize) -> (usize, f32) {
    let distances = distances.get(..states).unwrap_or(distances);
    let nearer = |best: usize, at: usize| if distances[at] < distances[best] { at } else { best };
    let best = (0..distances.len()).fold(0, nearer);
    let least = distances[best];
    let chance = |distance: &f32| libm::expf(-0.5 * (distance - least) * (distance + least));
    // One that is infinitely far has no chance; where all are, nothing is known.
    let sum: f32 = distances.iter().filter(|distance| distance.is_finite()).map(chance).sum();
    (best, if sum >= 1.0 { 1.0 / sum } else { 0.0 })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::super::Config;
    use super::*;
    use crate::drivers::mpu6886::{AccelRange, FifoContent};
    use crate::dsp::features::{Op, PlanHead};
    use crate::ml::normal::{Form, Part};
    use crate::ml::ntm::{Channel, Section, Unit, Writer};
    use std::boxed::Box;
    use std::vec;
    use std::vec::Vec;

    /// Two states by the mean of x: 0 g and 1 g, a tenth of a g wide each.
    fn model(rate_hz: f32, unit: Unit, high: f32) -> &'static Model<'static> {
        let room = Box::leak(vec![0u32; 1024].into_boxed_slice());
        let mut writer = Writer::new(bytemuck::cast_slice_mut(room)).unwrap();
        writer.section(Section::Inputs).unwrap();
        writer.inputs(rate_hz, &[Channel { unit, low: -high, high, name: "c" }; 3]).unwrap();
        writer.section(Section::Plan).unwrap();
        let head = PlanHead { channels: 3, window: 40, hop: 20, rate_hz };
        writer.plan(&head, &[Op::Channel { channel: 0 }, Op::Statistics { mask: 1 }]).unwrap();
        writer.section(Section::Classes).unwrap();
        writer.classes(["low", "high"].into_iter()).unwrap();
        writer.section(Section::Model).unwrap();
        let part = |state, mean| Part { state, offset: 0.0, mean, factor: &[10.0] };
        writer.normal(Form::Full, &[part(0, &[0.0]), part(1, &[1.0])]).unwrap();
        writer.section(Section::Thresholds).unwrap();
        writer.thresholds(&[4.0]).unwrap();
        Box::leak(Box::new(Model::open(writer.finish().unwrap()).unwrap()))
    }

    #[test]
    fn the_chip_is_set_as_the_model_was_trained() {
        let config = |rate_hz, high| Config::for_model(model(rate_hz, Unit::G, high));
        let fits = config(200.0, 2.0).unwrap();
        assert_eq!((fits.odr.period_us(), fits.accel, fits.window), (5_000, AccelRange::G2, 40));
        assert_eq!(fits.read_every(), crate::time::Duration::from_millis(100));
        let fast = config(1_000.0, 3.0).unwrap();
        assert_eq!((fast.odr.period_us(), fast.accel), (1_000, AccelRange::G4));
        assert!(matches!(config(1_600.0, 2.0), Err(Unfit::Rate { .. })));
        assert!(matches!(config(200.0, 20.0), Err(Unfit::Range { .. })));
        let sound = model(200.0, Unit::FullScale, 1.0);
        assert!(matches!(Config::for_model(sound), Err(Unfit::Channels { .. })));
        let needs = room(model(200.0, Unit::G, 2.0)).unwrap();
        let mut little = vec![0.0; needs - 1];
        assert!(matches!(recogniser(model(200.0, Unit::G, 2.0), &mut little), Err(Unfit::Room { .. })));
    }

    #[test]
    fn states_are_told_and_what_is_far_from_both() {
        let model = model(200.0, Unit::G, 2.0);
        let mut room = vec![0.0; self::room(model).unwrap()];
        let scale = Scale { g_per_lsb: 1.0 / 16_384.0, dps_per_lsb: 1.0 };
        let mut condition = Condition::new(recogniser(model, &mut room).unwrap(), scale).unwrap();
        let mut work = Work::NONE;
        let mut window = |x: i16, count: usize| {
            let mut record = [0; regs::RECORD_ACCEL_BYTES];
            record[..2].copy_from_slice(&x.to_be_bytes());
            let bytes: Vec<u8> = record.repeat(count);
            let mut records = Records::parse(&bytes, FifoContent::Accel);
            assert_eq!(condition.extend(&mut records, &mut work), (count, true));
            condition.verdict(&mut work).unwrap()
        };
        let low = window(0, 40);
        assert_eq!((low.state, low.confidence_percent, low.distance), ("low", 100, 0.0));
        // Half of the window is what was before.
        let between = window(16_384, 20);
        assert!((between.distance - 5.0).abs() < 1e-4 && between.is_anomaly(), "{between:?}");
        assert_eq!(between.confidence_percent, 50);
        let high = window(16_384, 20);
        assert_eq!((high.state, high.is_anomaly()), ("high", false));
        assert!(work.calls(Kernel::Statistics) == 3, "{work:?}");
    }

    #[test]
    fn what_is_infinitely_far_has_no_chance() {
        let mut distances = [0.0; MAX_CLASSES];
        distances[..3].copy_from_slice(&[f32::INFINITY, 2.0, f32::INFINITY]);
        assert_eq!(nearest(&distances, 3), (1, 1.0));
        assert_eq!(nearest(&[f32::INFINITY; MAX_CLASSES], 3).1, 0.0);
    }
}
