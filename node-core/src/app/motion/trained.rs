//! A trained model in the place of the rules: its own window, hop and rate, its channels in g and degrees/s.

use super::Config;
use crate::app::recogniser::{Class, Judge, Recogniser, Unfit, plan_of};
use crate::drivers::mpu6886::{AccelRange, GyroRange, Records, Scale, regs};
use crate::dsp::features::{Plan, Samples, Sliding, Window};
use crate::meter::{Kernel, Work};
use crate::ml::ntm::{Model, Unit};
use crate::ml::work::plan_work;
use crate::time::Duration;

/// The chip's rate may be off by this much of the model's: as far as people's motions differ in pace anyway (assumed), and
/// what the chip's whole dividers need between 25 and 250 Hz.
const RATE_MAY_DIFFER: f32 = 0.05;

impl Config {
    /// As the model wants it: the chip's nearest rate, and ranges that hold what it was trained with.
    pub fn for_model(self, model: &'static Model<'static>) -> Result<Self, Unfit> {
        let head = plan_of(model)?.head();
        let (mut accel, mut gyro) = (0.0f32, 0.0f32);
        let mut units = [Unit::Number; 6];
        for (channel, unit) in model.inputs.channels().zip(&mut units) {
            *unit = channel.unit;
            let high = channel.high.max(-channel.low);
            match channel.unit {
                Unit::G => accel = accel.max(high),
                _ => gyro = gyro.max(high),
            }
        }
        use Unit::{DegreesPerSecond as Dps, G};
        let right = match head.channels {
            3 => units[..3] == [G; 3],
            6 => units == [G, G, G, Dps, Dps, Dps],
            _ => false,
        };
        if !right {
            return Err(Unfit::Channels {
                takes: "three of acceleration (g), or these and three of rotation (dps)",
            });
        }
        let rate_hz = nearest_rate(head.rate_hz)
            .ok_or(Unfit::Rate { hz: head.rate_hz, program: "1000 Hz by a whole number, 25 to 250 Hz" })?;
        // A rounded end is the end.
        let holds = |full: f32, high: f32| high <= full * 1.005;
        let accel = AccelRange::ALL
            .into_iter()
            .find(|range| holds(range.full_scale_g().into(), accel))
            .ok_or(Unfit::Range { unit: Unit::G, high: accel, widest: 16.0 })?;
        let gyro = GyroRange::ALL
            .into_iter()
            .find(|range| holds(range.full_scale_dps().into(), gyro))
            .ok_or(Unfit::Range { unit: Unit::DegreesPerSecond, high: gyro, widest: 2_000.0 })?;
        let config = Self { rate_hz, accel, gyro, ..self };
        let period = u64::from(config.odr().period_us());
        let length = |samples: usize| Duration::from_micros(samples as u64 * period);
        Ok(Self { window: length(head.window), hop: length(head.hop), ..config })
    }
}

/// Of the rates that [`Config::rate_hz`] can ask for the nearest, if it is near enough.
fn nearest_rate(wanted_hz: f32) -> Option<u32> {
    let off = |hz: &u32| {
        let given_hz = 1e6 / Config { rate_hz: *hz, ..Config::default() }.odr().period_us() as f32;
        (given_hz - wanted_hz).abs() / wanted_hz
    };
    let nearest = (25..=250).rev().min_by(|a, b| off(a).total_cmp(&off(b)))?;
    (off(&nearest) <= RATE_MAY_DIFFER).then_some(nearest)
}

/// A model for this program and the memory that it works in, `Err` if it cannot run in it or has too little.
pub fn recogniser<'r>(model: &'static Model<'static>, room: &'r mut [f32]) -> Result<Recogniser<'r>, Unfit> {
    Config::default().for_model(model)?;
    Recogniser::new(model, plan_of(model)?, self::room(model)?, room)
}

/// Floats that the model works in: window (in counts, two bytes each), features and sums.
pub fn room(model: &'static Model<'static>) -> Result<usize, Unfit> {
    let plan = plan_of(model)?;
    Ok(ring(plan.head().channels, plan.head().window).saturating_add(Judge::room(model, &plan)))
}

fn ring(channels: usize, window: usize) -> usize {
    channels.saturating_mul(window).div_ceil(2)
}

/// The window as it came, and the model that is asked about it.
pub struct Trained<'r> {
    recent: Sliding<i16, &'r mut [i16]>,
    judge: Judge<'r>,
    plan: Plan<'static>,
    per_count: [f32; 6],
}

impl<'r> Trained<'r> {
    /// `None` for what [`recogniser`] did not make.
    pub fn new(recogniser: Recogniser<'r>, scale: Scale) -> Option<Self> {
        let Recogniser { model, plan, room } = recogniser;
        let head = plan.head();
        let (recent, rest) = room.split_at_mut_checked(ring(head.channels, head.window))?;
        let recent = Sliding::new(bytemuck::cast_slice_mut(recent), head.channels, head.window, head.hop)?;
        let mut cost = Work::NONE;
        plan_work(&plan, &mut cost);
        let Scale { g_per_lsb: g, dps_per_lsb: dps } = scale;
        let judge = Judge::new(model, &plan, cost, rest)?;
        Some(Self { recent, judge, plan, per_count: [g, g, g, dps, dps, dps] })
    }

    /// Takes records up to the end of the next window; returns how many, and whether there is one.
    pub fn extend(&mut self, records: &mut Records<'_>, work: &mut Work) -> (usize, bool) {
        let channels = self.plan.head().channels;
        let mut taken = 0;
        let mut due = false;
        for record in records {
            let [ax, ay, az] = record.accel;
            let [gx, gy, gz] = record.gyro;
            taken += 1;
            due = self.recent.push(&[ax, ay, az, gx, gy, gz][..channels]);
            if due {
                break;
            }
        }
        work.add_calls(Kernel::Copy, taken, taken * regs::RECORD_ACCEL_GYRO_BYTES);
        (taken, due)
    }

    /// What goes on in the window that just ended. `None`: nothing that it is sure of.
    pub fn class(&mut self, work: &mut Work) -> Option<Class> {
        let window = Scaled { counts: self.recent.window(), per_count: self.per_count };
        self.judge.ask(|scratch, features| self.plan.extract(scratch, &window, features), work)
    }

    /// Samples of a window.
    pub fn window(&self) -> usize {
        self.plan.head().window
    }

    /// Samples were lost.
    pub fn gap(&mut self) {
        self.recent.reset();
        self.judge.gap();
    }
}

/// Counts as g and degrees/s, the same bits as a scaled sample has.
pub(in crate::app) struct Scaled<'w> {
    pub counts: Window<'w, i16>,
    pub per_count: [f32; 6],
}

impl Samples for Scaled<'_> {
    fn channels(&self) -> usize {
        self.counts.channels()
    }

    fn samples(&self) -> usize {
        self.counts.samples()
    }

    fn read(&self, channel: usize, from: usize, out: &mut [f32]) {
        self.counts.read(channel, from, out);
        // Full scale of a count is 1 there; powers of two, so exact.
        let scale = self.per_count.get(channel).map_or(0.0, |per_count| per_count * 32_768.0);
        let read = out.len().min(self.samples().saturating_sub(from));
        out[..read].iter_mut().for_each(|x| *x *= scale);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::app::recogniser::MAX_ROOM;
    use crate::drivers::mpu6886::FifoContent;
    use crate::dsp::features::{Op, PlanHead};
    use crate::ml::linear::Answer;
    use crate::ml::ntm::{Channel, Section, Writer};
    use std::boxed::Box;
    use std::vec;
    use std::vec::Vec;

    /// Which of two is greater: the mean of x, or the mean of y.
    fn model(rate_hz: f32, window: usize, units: &[Unit], high: f32) -> &'static Model<'static> {
        let room = Box::leak(vec![0u32; 1024].into_boxed_slice());
        let mut writer = Writer::new(bytemuck::cast_slice_mut(room)).unwrap();
        let channels: Vec<Channel> =
            units.iter().map(|unit| Channel { unit: *unit, low: -high, high, name: "c" }).collect();
        writer.section(Section::Inputs).unwrap();
        writer.inputs(rate_hz, &channels).unwrap();
        writer.section(Section::Plan).unwrap();
        let head = PlanHead { channels: units.len(), window, hop: 10, rate_hz };
        let mean = Op::Statistics { mask: 1 };
        let ops = [Op::Channel { channel: 0 }, mean, Op::Channel { channel: 1 }, mean];
        writer.plan(&head, &ops).unwrap();
        writer.section(Section::Classes).unwrap();
        writer.classes(["x", "y"].into_iter()).unwrap();
        writer.section(Section::Model).unwrap();
        writer.linear(Answer::Shares, &[4.0, -4.0, -4.0, 4.0], &[0.0, 0.0]).unwrap();
        Box::leak(Box::new(Model::open(writer.finish().unwrap()).unwrap()))
    }

    const ACCEL: [Unit; 3] = [Unit::G; 3];

    #[test]
    fn the_chip_is_set_as_the_model_was_trained() {
        let config = |rate_hz, high| Config::default().for_model(model(rate_hz, 40, &ACCEL, high));
        let fits = config(100.0, 4.01).unwrap();
        assert_eq!(
            (fits.rate_hz, fits.accel, fits.window_samples(), fits.hop_samples()),
            (100, AccelRange::G4, 40, 10)
        );
        assert_eq!(config(26.0, 2.0).unwrap().odr().period_us(), 38_000);
        assert_eq!(config(104.0, 2.0).unwrap().odr().period_us(), 10_000);
        assert_eq!(
            config(180.0, 2.0).unwrap_err(),
            Unfit::Rate { hz: 180.0, program: "1000 Hz by a whole number, 25 to 250 Hz" }
        );
        assert_eq!(
            config(100.0, 20.0).unwrap_err(),
            Unfit::Range { unit: Unit::G, high: 20.0, widest: 16.0 }
        );
    }

    #[test]
    fn what_is_no_model_of_motion_is_refused() {
        let two = model(100.0, 40, &[Unit::G; 2], 2.0);
        assert!(matches!(Config::default().for_model(two), Err(Unfit::Channels { .. })));
        let sound = model(100.0, 40, &[Unit::FullScale; 3], 1.0);
        assert!(matches!(Config::default().for_model(sound), Err(Unfit::Channels { .. })));
        let mut room = vec![0.0; MAX_ROOM];
        let large = model(100.0, 20_000, &ACCEL, 2.0);
        let needs = 4 * self::room(large).unwrap();
        assert_eq!(recogniser(large, &mut room).unwrap_err(), Unfit::Room { needs, has: 4 * MAX_ROOM });
        let fits = model(100.0, 40, &ACCEL, 2.0);
        let needs = self::room(fits).unwrap();
        assert!(recogniser(fits, &mut room[..needs]).is_ok());
        let little = Unfit::Room { needs: 4 * needs, has: 4 * (needs - 1) };
        assert_eq!(recogniser(fits, &mut room[..needs - 1]).unwrap_err(), little);
    }

    #[test]
    fn windows_are_those_of_the_records_in_g() {
        let model = model(100.0, 40, &ACCEL, 2.0);
        let mut room = vec![0.0; self::room(model).unwrap()];
        let scale = Scale { g_per_lsb: 1.0 / 16_384.0, dps_per_lsb: 1.0 };
        let mut trained = Trained::new(recogniser(model, &mut room).unwrap(), scale).unwrap();
        let record = |x: i16, y: i16| {
            let mut bytes = [0; regs::RECORD_ACCEL_GYRO_BYTES];
            bytes[..2].copy_from_slice(&x.to_be_bytes());
            bytes[2..4].copy_from_slice(&y.to_be_bytes());
            bytes
        };
        let mut work = Work::NONE;
        let bytes = [record(16_384, 0); 64].concat();
        let mut records = Records::parse(&bytes, FifoContent::AccelGyro);
        assert_eq!(trained.extend(&mut records, &mut work), (40, true));
        // A difference of 1 g, 4 + 4 a g: 1 / (1 + exp(-8)).
        assert_eq!(trained.class(&mut work), Some(Class { name: "x", confidence_percent: 100 }));
        assert_eq!(trained.extend(&mut records, &mut work), (10, true));
        assert_eq!(trained.extend(&mut records, &mut work), (10, true));
        assert_eq!(trained.extend(&mut records, &mut work), (4, false));
        trained.gap();
        let bytes = [record(8_192, 12_288); 40].concat();
        let mut records = Records::parse(&bytes, FifoContent::AccelGyro);
        assert_eq!(trained.extend(&mut records, &mut work), (40, true));
        // A quarter of a g: 1 / (1 + exp(-2)).
        assert_eq!(trained.class(&mut work), Some(Class { name: "y", confidence_percent: 88 }));
        assert!(work.calls(Kernel::Statistics) == 4 && work.calls(Kernel::Weights) == 4, "{work:?}");
    }
}
