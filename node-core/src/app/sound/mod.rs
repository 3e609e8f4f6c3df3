//! The sound level meter: listens, weighs, tells levels each second and minute, and says when it was loud; with a model also
//! what it hears.

pub mod loud;
pub mod pipeline;
pub mod record;
pub mod spectrum;
pub mod trained;

use super::bring_up::{self, Wanted};
use super::health::Health;
use super::panel::{Button, Panel, Status};
use super::recogniser::Recogniser;
use super::screen::Screen;
use super::{button, lamp, power, screen};
use crate::board::{Board, Exit, Parts};
use crate::bus::Shared;
use crate::drivers::bm8563::Bm8563;
use crate::dsp::weighting::Weighting;
use crate::event::CentiDb;
use crate::meter::task;
use crate::time::Duration;
use crate::ui::sound::{PAGES, View};
use core::future::pending;
use core::pin::pin;
use embassy_futures::join::join3;
use embassy_futures::select::{Either4, select4};
use embassy_sync::mutex::Mutex;
use trained::Trained;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// CPU frequency, one of the board's; `None` leaves the one after boot.
    pub cpu_mhz: Option<u32>,
    /// Sample rate asked of the microphone, Hz. Octave bands are named for 16 kHz.
    pub rate_hz: u32,
    /// What is taken at once: 64 to 1024 samples, rounded to a multiple of 16. Also the deadline of its processing.
    pub block: Duration,
    pub weighting: Weighting,
    /// A fast level from here on is loud, dB SPL.
    pub loud_above: CentiDb,
    /// It is over once the level was this far below for `loud_gap`.
    pub loud_hysteresis: CentiDb,
    pub loud_gap: Duration,
    /// After the last press.
    pub screen_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cpu_mhz: None,
            rate_hz: 16_000,
            block: Duration::from_millis(32),
            weighting: Weighting::A,
            loud_above: 70_00,
            loud_hysteresis: 3_00,
            loud_gap: Duration::from_millis(500),
            screen_timeout: Duration::from_secs(10),
        }
    }
}

/// Most samples of a block.
pub const MAX_BLOCK: usize = 1024;

impl Config {
    pub fn block_samples(&self) -> usize {
        let samples = self.block.as_micros() * u64::from(self.rate_hz) / 1_000_000;
        (samples as usize).next_multiple_of(16).clamp(64, MAX_BLOCK)
    }

    pub const fn unit(&self) -> &'static str {
        match self.weighting {
            Weighting::A => "dB(A)",
            Weighting::C => "dB(C)",
            Weighting::Z => "dB(Z)",
        }
    }
}

/// The level meter alone.
pub fn run<B: Board>(parts: Parts<B>, config: Config) -> impl Future<Output = Exit> {
    run_with(parts, config, None)
}

/// The level meter, and a model that tells what it hears; `config` is [`Config::for_model`].
pub async fn run_with<B: Board>(parts: Parts<B>, config: Config, model: Option<Recogniser<'_>>) -> Exit {
    let Parts { facts, i2c, lcd, led, button_a, button_b, audio, clock, delay, meter, .. } = parts;
    let (mut cpu, events) = (parts.power, parts.events);
    let retained = bring_up::boot::<B>(&mut cpu, parts.memory, config.cpu_mhz, &events);

    let bus = Mutex::new(i2c);
    let pmic = bring_up::pmic(facts, &bus);
    let mut pmic_health = Health::of("axp192");
    let wanted = Wanted { microphone: true };
    if let Some(pmic) = &pmic
        && let Err(error) = bring_up::rails(pmic, facts, wanted).await
    {
        pmic_health.fails(error, &events);
    }

    let status = Status { boots: retained.counters.boots, ..Status::default() };
    let panel = Panel::new(View::dark(&config, retained.counters.loud), status);
    let rtc = facts.rtc.as_ref().map(|chip| Bm8563::new(Shared::new(&bus), chip.address));

    // What is large stays here and is passed by reference, as are the futures: what is passed by value is kept twice.
    let mut trained = model.and_then(Trained::new);
    let pipeline = pin!(async {
        match (audio, &facts.microphone) {
            (Some(audio), Some(microphone)) => {
                let heard = (audio, microphone);
                pipeline::run::<B>(
                    heard,
                    &config,
                    trained.as_mut(),
                    retained,
                    &panel,
                    &clock,
                    &meter,
                    &events,
                )
                .await
            }
            _ => pending().await,
        }
    });
    let press = |button: Button| panel.press(button);
    let controls = pin!(join3(
        button::watch(button_a, facts.button_a.as_ref(), &clock, Button::A, press, button::NO_HOLDS),
        button::watch(button_b, facts.button_b.as_ref(), &clock, Button::B, press, button::NO_HOLDS),
        lamp::run(led, facts.led.as_ref(), &panel, &clock),
    ));
    let shown = Screen { lcd, pmic: pmic.as_ref(), facts, timeout: config.screen_timeout };
    let screen = pin!(screen::run(shown, &PAGES, &panel, (&clock, delay), &meter, &events));
    let power =
        pin!(power::keep::<B, _, _>(pmic.as_ref(), rtc, facts, wanted, pmic_health, &panel, &clock, &events));

    let ended = select4(
        task(&meter, "sound", pipeline),
        task(&meter, "controls", controls),
        task(&meter, "power", power),
        task(&meter, "screen", screen),
    );
    match ended.await {
        Either4::First(never) | Either4::Second((never, ..)) | Either4::Fourth(never) => match never {},
        Either4::Third(exit) => exit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_sub_blocks_within_the_buffers() {
        let samples = |ms, rate_hz| {
            Config { block: Duration::from_millis(ms), rate_hz, ..Config::default() }.block_samples()
        };
        assert_eq!(Config::default().block_samples(), 512);
        assert_eq!([samples(0, 16_000), samples(10, 16_000), samples(1_000, 48_000)], [64, 160, MAX_BLOCK]);
        assert!((1..100).all(|ms| samples(ms, 11_025).is_multiple_of(16)));
    }
}
