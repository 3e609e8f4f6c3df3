//! The machine watcher: screwed to a machine, it tells which of its known states the machine is in, and whether it is in
//! any of them at all.
//!
//! Rate, range, window and what is normal are the model's ([`Config::for_model`]): one of distances, as `nodetwin train
//! --task vibration` makes it. Only the accelerometer runs; its FIFO is read as often as it must be.

pub mod alarm;
pub mod condition;
pub mod pipeline;

use super::bring_up::{self, Wanted};
use super::health::Health;
use super::panel::{Button, Panel, Status};
use super::recogniser::{Recogniser, Unfit};
use super::screen::Screen;
use super::{button, lamp, power, screen};
use crate::board::{Board, Exit, Parts};
use crate::bus::Shared;
use crate::drivers::bm8563::Bm8563;
use crate::drivers::mpu6886::{self, AccelRange, Dlpf, FifoContent, GyroRange, Mpu6886, Odr, regs};
use crate::meter::task;
use crate::ml::ntm::{Model, Unit};
use crate::time::Duration;
use crate::ui::vibration::{PAGES, View};
use core::pin::pin;
use embassy_futures::join::join3;
use embassy_futures::select::{Either4, select4};
use embassy_sync::mutex::Mutex;

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
        })
    }

    fn samples(&self, count: usize) -> Duration {
        Duration::from_micros(count as u64 * u64::from(self.odr.period_us()))
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
pub async fn run<B: Board>(parts: Parts<B>, config: Config, model: Recogniser<'_>) -> Exit {
    let Parts { facts, i2c, lcd, led, button_a, button_b, clock, delay, meter, .. } = parts;
    let (mut cpu, events) = (parts.power, parts.events);
    let retained = bring_up::boot::<B>(&mut cpu, parts.memory, config.cpu_mhz, &events);

    let bus = Mutex::new(i2c);
    let pmic = bring_up::pmic(facts, &bus);
    let mut pmic_health = Health::of("axp192");
    let wanted = Wanted { microphone: false };
    if let Some(pmic) = &pmic
        && let Err(error) = bring_up::rails(pmic, facts, wanted).await
    {
        pmic_health.fails(error, &events);
    }

    let status = Status { boots: retained.counters.boots, ..Status::default() };
    let panel = Panel::new(View::DARK, status);
    let rtc = facts.rtc.as_ref().map(|chip| Bm8563::new(Shared::new(&bus), chip.address));
    let imu = facts.imu.as_ref().map(|chip| Mpu6886::new(Shared::new(&bus), chip.address, config.chip()));
    let clocks = (&clock, delay.clone());
    let pipeline = pin!(pipeline::run::<B, _>(imu, &config, model, &panel, clocks, &meter, &events));
    let press = |button: Button| panel.press(button);
    let controls = pin!(join3(
        button::watch(button_a, facts.button_a.as_ref(), &clock, Button::A, press, button::NO_HOLDS),
        button::watch(button_b, facts.button_b.as_ref(), &clock, Button::B, press, button::NO_HOLDS),
        lamp::run(led, facts.led.as_ref(), &panel, &clock),
    ));
    let shown = Screen { lcd, pmic: pmic.as_ref(), facts, timeout: config.screen_timeout };
    let screen = pin!(screen::run(shown, &PAGES, &panel, (&clock, delay.clone()), &meter, &events));
    let power =
        pin!(power::keep::<B, _, _>(pmic.as_ref(), rtc, facts, wanted, pmic_health, &panel, &clock, &events));

    let ended = select4(
        task(&meter, "vibration", pipeline),
        task(&meter, "controls", controls),
        task(&meter, "power", power),
        task(&meter, "screen", screen),
    );
    match ended.await {
        Either4::First(never) | Either4::Second((never, ..)) | Either4::Fourth(never) => match never {},
        Either4::Third(exit) => exit,
    }
}
