//! The spectrometer: reflectance in 18 bands against a white tile, and what a model reads out of it.
//!
//! A measurement is one in the dark and some with the lamps on; the difference, band by band, against the same difference for
//! the white tile is the reflectance. The first measurement after a power cut is the tile's; holding button B takes
//! it anew, pressing it measures at once. The reference outlives a reset.

pub mod pipeline;
pub mod reference;
pub mod trained;

use super::bring_up::Wanted;
use super::button::Hands;
use super::live::{Show, live};
use super::panel::{Button, Panel};
use super::recogniser::Recogniser;
use super::start::{Node, Started, Supply, start};
use crate::board::{Board, Exit, Parts};
use crate::drivers::as7265x;
use crate::time::Duration;
use crate::ui::spectrometer::{PAGES, View};
use core::pin::pin;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
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

impl Hands for Requests {
    fn pressed(&self, button: Button) {
        if button == Button::B {
            self.signal(Asked::Measure);
        }
    }
    fn holds(&self, button: Button) -> bool {
        button == Button::B
    }
    fn held(&self, _: Button) {
        self.signal(Asked::White);
    }
}

/// The program without a model: it tells spectra.
pub fn run<B: Board>(parts: Parts<B>, config: Config) -> impl Future<Output = Exit> {
    run_with(parts, config, None)
}

pub async fn run_with<B: Board>(mut parts: Parts<B>, config: Config, model: Option<Recogniser<'_>>) -> Exit {
    let grove = parts.grove.take();
    let Started { node, face, bus, retained } = start(parts, config.cpu_mhz);
    let supply = Supply::up(&bus, &node, Wanted { microphone: false }).await;
    let panel = Panel::new(View::DARK, retained.counters.boots);
    let requests = Requests::new();
    let Node { clock, delay, meter, events, .. } = &node;
    let clocks = (clock, delay.clone());
    let pipeline =
        pin!(pipeline::run::<B>(grove, &config, model, retained, &panel, &requests, clocks, meter, events));
    let show = Show { pages: &PAGES, timeout: config.screen_timeout };
    live(("spectrum", pipeline), &requests, show, &panel, face, &supply, &node).await
}
