//! Where the node is, indoors, by the WiFi access points that it hears.
//!
//! It scans now and then. Without a model it tells what it heard, which is how a building is surveyed; with one it tells the
//! room, or the place in metres, that the last few scans are like.

pub mod pipeline;
pub mod trained;

use super::bring_up::Wanted;
use super::live::{Show, live};
use super::panel::Panel;
use super::recogniser::Recogniser;
use super::start::{Node, Started, Supply, start};
use crate::board::{Board, Exit, Parts};
use crate::time::Duration;
use crate::ui::position::{PAGES, View};
use core::pin::pin;

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

pub async fn run_with<B: Board>(mut parts: Parts<B>, config: Config, model: Option<Recogniser<'_>>) -> Exit {
    let radio = parts.radio.take();
    let Started { node, face, bus, retained } = start(parts, config.cpu_mhz);
    let supply = Supply::up(&bus, &node, Wanted { microphone: false }).await;
    let panel = Panel::new(View::LOST, retained.counters.boots);
    let Node { clock, meter, events, .. } = &node;
    let pipeline = pin!(pipeline::run::<B>(radio, &config, model, &panel, clock, meter, events));
    let show = Show { pages: &PAGES, timeout: config.screen_timeout };
    live(("position", pipeline), &(), show, &panel, face, &supply, &node).await
}
