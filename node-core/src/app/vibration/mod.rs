//! The machine watcher: screwed to a machine, it tells which of its known states the machine is in, and whether it is in
//! any of them at all.
//!
//! Rate, range, window and what is normal are the model's ([`Config::for_model`]): one of distances, as `nodetwin train
//! --task vibration` makes it. Only the accelerometer runs; its FIFO is read as often as it must be.

pub mod alarm;
pub mod condition;
pub mod pipeline;
pub mod site;

use super::bring_up::Wanted;
use super::button::Hands;
use super::live::{Show, live};
use super::panel::{Button, Panel};
use super::recogniser::{Recogniser, Unfit};
use super::start::{Node, Started, Supply, start};
use crate::board::{Board, Exit, Parts};
use crate::bus::Shared;
use crate::drivers::mpu6886::{self, AccelRange, Dlpf, FifoContent, GyroRange, Mpu6886, Odr, regs};
use crate::ml::ntm::{Model, Unit};
use crate::time::Duration;
use crate::ui::vibration::{PAGES, View};
use core::pin::pin;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// CPU frequency, one of the board's; `None` leaves the one after boot.
    pub cpu_mhz: Option<u32>,
    /// Output data rate of the chip, which makes 1000 Hz divided by a whole number.
    pub odr: Odr,
    pub accel: AccelRange,
    /// Of the model, by the chip's nominal clock, in samples.
    pub window: usize,
    pub hop: usize,
    /// An alarm begins after this many windows in a row: a machine that changes its state is in neither for one or two.
    pub alarm_after: u8,
    /// After the last press.
    pub screen_timeout: Duration,
    /// How long it learns what is normal at its place: from its first boot on, or once more after a button was held. `None`: what
    /// is normal is what the model says.
    pub learn: Option<Duration>,
}

/// The chip's rate may be off by this much of the model's (as in the motion program: assumed).
const RATE_MAY_DIFFER: f32 = 0.05;
/// Slowest rate that is of use for a machine, and what the chip's divider reaches.
const LONGEST_PERIOD_MS: u32 = 40;

impl Config {
    /// As the model wants it.
    pub fn for_model(model: &'static Model<'static>) -> Result<Self, Unfit> {
        let head = condition::plan_of(model)?.head();
        if head.channels != 3 || model.inputs.channels().any(|channel| channel.unit != Unit::G) {
            return Err(Unfit::Channels { takes: "three of acceleration (g)" });
        }
        let high = model.inputs.channels().map(|channel| channel.high.max(-channel.low)).fold(0.0, f32::max);
        // A rounded end is the end.
        let accel = AccelRange::ALL
            .into_iter()
            .find(|range| high <= f32::from(range.full_scale_g()) * 1.005)
            .ok_or(Unfit::Range { unit: Unit::G, high, widest: 16.0 })?;
        let off = |period_ms: &u32| (1e3 / *period_ms as f32 - head.rate_hz).abs();
        let period_ms = (1..=LONGEST_PERIOD_MS).min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(1);
        if off(&period_ms) > RATE_MAY_DIFFER * head.rate_hz {
            let program = "1000 Hz by a whole number, 25 to 1000 Hz";
            return Err(Unfit::Rate { hz: head.rate_hz, program });
        }
        Ok(Self {
            cpu_mhz: None,
            odr: Odr::from_divider((period_ms - 1) as u8),
            accel,
            window: head.window,
            hop: head.hop,
            alarm_after: 2,
            screen_timeout: Duration::from_secs(10),
            learn: None,
        })
    }

    fn samples(&self, count: usize) -> Duration {
        Duration::from_micros(count as u64 * u64::from(self.odr.period_us()))
    }

    /// Windows that it learns from.
    pub fn learn_windows(&self) -> Option<u32> {
        let hop = self.samples(self.hop).as_micros().max(1);
        self.learn.map(|learn| (learn.as_micros() / hop).min(u64::from(u32::MAX)) as u32)
    }

    /// From FIFO read to FIFO read: a hop, but no more than half of what the FIFO holds.
    pub fn read_every(&self) -> Duration {
        self.samples(self.hop.min(FifoContent::Accel.capacity() / 2))
    }

    pub fn chip(&self) -> mpu6886::Config {
        // The widest filter below half the rate; the chip has none wider than the first.
        let dlpf = match regs::BASE_RATE_HZ / (self.odr.period_us() / 1_000).max(1) {
            353.. => Dlpf::Hz176,
            185.. => Dlpf::Hz92,
            82.. => Dlpf::Hz41,
            40.. => Dlpf::Hz20,
            _ => Dlpf::Hz10,
        };
        mpu6886::Config {
            odr: self.odr,
            accel: self.accel,
            gyro: GyroRange::Dps250,
            dlpf,
            fifo: FifoContent::Accel,
        }
    }
}

/// `config` is [`Config::for_model`] of the same model.
pub async fn run<B: Board>(mut parts: Parts<B>, config: Config, model: Recogniser<'_>) -> Exit {
    let flash = parts.flash.take();
    let Started { node, face, bus, retained } = start(parts, config.cpu_mhz);
    let supply = Supply::up(&bus, &node, Wanted { microphone: false }).await;
    let panel = Panel::new(View::DARK, retained.counters.boots);
    let Node { facts, clock, delay, meter, events } = &node;
    let imu = facts.imu.as_ref().map(|chip| Mpu6886::new(Shared::new(&bus), chip.address, config.chip()));
    let clocks = (clock, delay.clone());
    let pipeline = pin!(pipeline::run::<B, _>(imu, &config, model, flash, &panel, clocks, meter, events));
    let show = Show { pages: &PAGES, timeout: config.screen_timeout };
    live(("vibration", pipeline), &config, show, &panel, face, &supply, &node).await
}

/// A hold is for learning.
impl Hands for Config {
    fn holds(&self, button: Button) -> bool {
        self.learn.is_some() && button == Button::A
    }
}
