//! Where the node is, indoors, by the WiFi access points that it hears.
//!
//! It scans now and then. Without a model it tells what it heard, which is how a building is surveyed; with one it tells the
//! room, or the place in metres, that the last few scans are like.

pub mod pipeline;
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
use crate::meter::task;
use crate::time::Duration;
use crate::ui::position::{PAGES, View};
use core::pin::pin;
use embassy_futures::join::join3;
use embassy_futures::select::{Either4, select4};
use embassy_sync::mutex::Mutex;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// CPU frequency, one of the board's; `None` leaves the one after boot.
    pub cpu_mhz: Option<u32>,
    /// From scan to scan; a scan of 13 channels takes 1.56 s.
    pub every: Duration,
    /// Whether each access point of each scan is told.
    pub tell_scans: bool,
    /// After the last press.
    pub screen_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cpu_mhz: None,
            every: Duration::from_secs(3),
            tell_scans: true,
            screen_timeout: Duration::from_secs(10),
        }
    }
}

/// The program without a model: it tells what it hears.
pub fn run<B: Board>(parts: Parts<B>, config: Config) -> impl Future<Output = Exit> {
    run_with(parts, config, None)
}

pub async fn run_with<B: Board>(parts: Parts<B>, config: Config, model: Option<Recogniser<'_>>) -> Exit {
    let Parts { facts, i2c, radio, lcd, led, button_a, button_b, clock, delay, meter, .. } = parts;
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
    let panel = Panel::new(View::LOST, status);
    let rtc = facts.rtc.as_ref().map(|chip| Bm8563::new(Shared::new(&bus), chip.address));

    // Pinned here and passed by reference: a future that is passed by value is kept twice.
    let pipeline = pin!(pipeline::run::<B>(radio, &config, model, &panel, &clock, &meter, &events));
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
        task(&meter, "position", pipeline),
        task(&meter, "controls", controls),
        task(&meter, "power", power),
        task(&meter, "screen", screen),
    );
    match ended.await {
        Either4::First(never) | Either4::Second((never, ..)) | Either4::Fourth(never) => match never {},
        Either4::Third(exit) => exit,
    }
}
