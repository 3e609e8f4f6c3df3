//! Settings of the position program.

use crate::apps::setting::{AppSetting, SCREEN_TIMEOUT, TREES, Takes, model, setting};
use crate::apps::{checked, model, node_duration};
use crate::catalogue::program;
use hal_shim::node::Program;
use node_core::app::position::{Config, run_with, trained};
use node_core::board::Board;
use scenarios::units::{Duration, Quantity};
use scenarios::{Problem, Settings};

pub const ABOUT: &str = "indoor position: scans of WiFi access points, the room or place that they are like";

pub static SETTINGS: &[AppSetting] = &[
    model("Which place a scan is like: a file that `nodetwin train --task position` made."),
    TREES,
    setting(
        "every",
        Takes::Between { unit: Duration::UNIT, low: "2s", high: "1h" },
        "3s",
        "From one scan to the next; a scan of 13 channels takes 1.56 s.",
        "shorter: battery for the radio",
    ),
    setting("tell_scans", Takes::Flag, "true", "Each scan is reported, not the place alone.", "records"),
    SCREEN_TIMEOUT,
];

pub fn build(settings: &mut Settings) -> Result<Program, Problem> {
    let model = model::take(settings, trained::room)?;
    let usual = Config::default();
    let every_at = settings.span_of("every");
    let every = settings.take_or("every", Duration::from_ns(usual.every.as_micros() * 1_000))?;
    let cure = "every = \"3s\": 2 s to an hour; a scan of 13 channels takes 1.56 s";
    checked(every_at, "every", every.ms(), 2_000.0..=3_600_000.0, cure)?;
    let config = Config {
        cpu_mhz: None,
        every: node_duration(every),
        tell_scans: settings.take_or("tell_scans", usual.tell_scans)?,
        screen_timeout: node_duration(
            settings
                .take_or("screen_timeout", Duration::from_ns(usual.screen_timeout.as_micros() * 1_000))?,
        ),
    };
    Ok(program(move |board| {
        // A tape begins with the split, before the first poll.
        let (parts, room) = (board.split(), model.clone());
        async move {
            let mut room = room.map(model::Fitting::room);
            let model = room.as_mut().and_then(|room| room.given_to(trained::recogniser));
            run_with(parts, config, model).await
        }
    }))
}
