//! The motion sensor: what the device is doing, by windows, and what happened to it: steps, shakes, taps, falls, turns.

pub mod classify;
pub mod detectors;
pub mod history;
pub mod learn;
pub mod pipeline;
pub mod record;
pub mod trained;

use super::bring_up::Wanted;
use super::button::Hands;
use super::live::{Show, live};
use super::panel::{Button, Panel};
use super::recogniser::Recogniser;
use super::start::{Node, Started, Supply, start};
use crate::board::{Board, Exit, Parts};
use crate::bus::Shared;
use crate::drivers::mpu6886::{self, AccelRange, Dlpf, FifoContent, GyroRange, Mpu6886, Odr, regs};
use crate::time::Duration;
use crate::ui::motion::{PAGES, View};
use core::pin::pin;
use trained::Trained;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// CPU frequency, one of the board's; `None` leaves the one after boot.
    pub cpu_mhz: Option<u32>,
    /// Output data rate of the chip, Hz: 25 to 250, the nearest at or above that divides 1000.
    pub rate_hz: u32,
    pub accel: AccelRange,
    pub gyro: GyroRange,
    /// `None`: the widest filter below half the rate.
    pub dlpf: Option<Dlpf>,
    /// What a class speaks of, by the chip's nominal clock (which may be a percent off): up to 512 samples.
    pub window: Duration,
    /// From window to window. The FIFO is read as often, or as often as it must be.
    pub hop: Duration,
    /// Acceleration that varies less than this (standard deviation) is no motion, in thousandths of g.
    pub still_below_mg: u16,
    /// After the last press.
    pub screen_timeout: Duration,
    /// Gestures can be shown to the node: holding A begins and ends a lesson, holding B forgets the last one.
    pub learn: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cpu_mhz: None,
            rate_hz: 100,
            accel: AccelRange::G8,
            gyro: GyroRange::Dps2000,
            dlpf: None,
            window: Duration::from_millis(1_280),
            hop: Duration::from_millis(320),
            still_below_mg: 25,
            screen_timeout: Duration::from_secs(10),
            learn: false,
        }
    }
}

/// Most samples of a window.
pub const MAX_WINDOW: usize = 512;

impl Config {
    pub const fn odr(&self) -> Odr {
        let hz = if self.rate_hz < 25 {
            25
        } else if self.rate_hz > 250 {
            250
        } else {
            self.rate_hz
        };
        Odr::from_divider((regs::BASE_RATE_HZ / hz - 1) as u8)
    }

    fn samples(&self, length: Duration) -> usize {
        let period = u64::from(self.odr().period_us());
        ((length.as_micros() + period / 2) / period) as usize
    }
    pub fn window_samples(&self) -> usize {
        self.samples(self.window).clamp(16, MAX_WINDOW)
    }
    pub fn hop_samples(&self) -> usize {
        self.samples(self.hop).clamp(4, self.window_samples())
    }
    /// From FIFO read to FIFO read: a hop, but no more than half of what the FIFO holds.
    pub fn read_every(&self) -> Duration {
        let samples = self.hop_samples().min(FifoContent::AccelGyro.capacity() / 2);
        Duration::from_micros(samples as u64 * u64::from(self.odr().period_us()))
    }

    pub fn chip(&self) -> mpu6886::Config {
        let odr = self.odr();
        let rate_hz = 1_000_000 / odr.period_us();
        let fitting = match rate_hz {
            185.. => Dlpf::Hz92,
            82.. => Dlpf::Hz41,
            40.. => Dlpf::Hz20,
            _ => Dlpf::Hz10,
        };
        mpu6886::Config {
            odr,
            accel: self.accel,
            gyro: self.gyro,
            dlpf: self.dlpf.unwrap_or(fitting),
            fifo: FifoContent::AccelGyro,
        }
    }
}

/// The program with its own rules for what motion is called.
pub fn run<B: Board>(parts: Parts<B>, config: Config) -> impl Future<Output = Exit> {
    run_with(parts, config, None)
}

/// The program with a model in the place of the rules; `config` is [`Config::for_model`].
pub async fn run_with<B: Board>(mut parts: Parts<B>, config: Config, model: Option<Recogniser<'_>>) -> Exit {
    let flash = parts.flash.take();
    let Started { node, face, bus, retained } = start(parts, config.cpu_mhz);
    let supply = Supply::up(&bus, &node, Wanted { microphone: false }).await;
    let panel = Panel::new(View::dark(retained.counters.steps), retained.counters.boots);
    let Node { facts, clock, delay, meter, events } = &node;
    // What is large stays here and is passed by reference, as is the future: what is passed by value is kept twice.
    let imu = facts.imu.as_ref().map(|chip| Mpu6886::new(Shared::new(&bus), chip.address, config.chip()));
    let scale = imu.as_ref().map(Mpu6886::scale);
    let mut trained = model.zip(scale).and_then(|(model, scale)| Trained::new(model, scale));
    let pipeline = pin!(pipeline::run::<B, _>(
        imu,
        &config,
        trained.as_mut(),
        flash,
        retained,
        &panel,
        (clock, delay.clone()),
        meter,
        events
    ));
    let show = Show { pages: &PAGES, timeout: config.screen_timeout };
    live(("motion", pipeline), &config, show, &panel, face, &supply, &node).await
}

/// Holds are for lessons.
impl Hands for Config {
    fn holds(&self, _: Button) -> bool {
        self.learn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_128_samples_every_32_and_fit_the_fifo() {
        let config = Config::default();
        assert_eq!((config.window_samples(), config.hop_samples()), (128, 32));
        assert_eq!(config.read_every(), Duration::from_millis(320));
        assert_eq!(config.chip(), mpu6886::Config::default());
    }

    #[test]
    fn the_fifo_is_never_left_to_fill() {
        for rate_hz in [1, 25, 50, 100, 200, 250, 1_000] {
            let config = Config { rate_hz, ..Config::default() };
            let held = config.read_every().as_micros() / u64::from(config.odr().period_us());
            assert!(held as usize <= FifoContent::AccelGyro.capacity() / 2, "{rate_hz} Hz");
            assert!(config.hop_samples() <= config.window_samples());
        }
    }
}
