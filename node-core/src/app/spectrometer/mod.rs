//! The spectrometer: reflectance in 18 bands against a white tile, and what a model reads out of it.
//!
//! A measurement is one in the dark and some with the lamps on; the difference, band by band, against the same difference for
//! the white tile is the reflectance. The first measurement after a power cut is the tile's; holding button B takes
//! it anew, pressing it measures at once. The reference outlives a reset.

pub mod pipeline;
pub mod reference;
pub mod trained;

use super::bring_up::{self, Wanted};
use super::button::NO_HOLDS;
use super::health::Health;
use super::panel::{Button, Panel, Status};
use super::recogniser::Recogniser;
use super::screen::Screen;
use super::{button, lamp, power, screen};
use crate::board::{Board, Exit, Parts};
use crate::bus::Shared;
use crate::drivers::as7265x;
use crate::drivers::bm8563::Bm8563;
use crate::meter::task;
use crate::time::Duration;
use crate::ui::spectrometer::{PAGES, View};
use core::pin::pin;
use embassy_futures::join::join3;
use embassy_futures::select::{Either4, select4};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embassy_sync::signal::Signal;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// CPU frequency, one of the board's; `None` leaves the one after boot.
    pub cpu_mhz: Option<u32>,
    /// From measurement to measurement; button B asks for more.
    pub every: Duration,
    pub chip: as7265x::Config,
    /// Measurements with the lamps on that are averaged, 1 to 16.
    pub shots: u8,
    /// Whether each spectrum is told, beside what the model reads out of it.
    pub tell_spectra: bool,
    /// After the last press.
    pub screen_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cpu_mhz: None,
            every: Duration::from_secs(5),
            chip: as7265x::Config {
                gain: as7265x::Gain::X64,
                integration_steps: 50,
                current: as7265x::LampCurrent::Ma25,
            },
            shots: 2,
            tell_spectra: true,
            screen_timeout: Duration::from_secs(10),
        }
    }
}

/// What the buttons ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Measure,
    White,
}

/// Of [`Asked`], the last; none of it is lost while a measurement is on.
pub type Requests = Signal<NoopRawMutex, Asked>;

/// The program without a model: it tells spectra.
pub fn run<B: Board>(parts: Parts<B>, config: Config) -> impl Future<Output = Exit> {
    run_with(parts, config, None)
}

pub async fn run_with<B: Board>(parts: Parts<B>, config: Config, model: Option<Recogniser<'_>>) -> Exit {
    let Parts { facts, i2c, grove, lcd, led, button_a, button_b, clock, delay, meter, .. } = parts;
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
    let requests = Requests::new();
    let rtc = facts.rtc.as_ref().map(|chip| Bm8563::new(Shared::new(&bus), chip.address));

    // Pinned here and passed by reference: a future that is passed by value is kept twice.
    let clocks = (&clock, delay.clone());
    let pipeline =
        pin!(pipeline::run::<B>(grove, &config, model, retained, &panel, &requests, clocks, &meter, &events));
    let controls = pin!(join3(
        button::watch(
            button_a,
            facts.button_a.as_ref(),
            &clock,
            Button::A,
            |button| panel.press(button),
            NO_HOLDS,
        ),
        button::watch(
            button_b,
            facts.button_b.as_ref(),
            &clock,
            Button::B,
            |button| {
                panel.press(button);
                requests.signal(Asked::Measure);
            },
            Some(|_| requests.signal(Asked::White)),
        ),
        lamp::run(led, facts.led.as_ref(), &panel, &clock),
    ));
    let shown = Screen { lcd, pmic: pmic.as_ref(), facts, timeout: config.screen_timeout };
    let screen = pin!(screen::run(shown, &PAGES, &panel, (&clock, delay.clone()), &meter, &events));
    let power =
        pin!(power::keep::<B, _, _>(pmic.as_ref(), rtc, facts, wanted, pmic_health, &panel, &clock, &events));

    let ended = select4(
        task(&meter, "spectrum", pipeline),
        task(&meter, "controls", controls),
        task(&meter, "power", power),
        task(&meter, "screen", screen),
    );
    match ended.await {
        Either4::First(never) | Either4::Second((never, ..)) | Either4::Fourth(never) => match never {},
        Either4::Third(exit) => exit,
    }
}
