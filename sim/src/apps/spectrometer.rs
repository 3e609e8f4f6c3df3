//! Settings of the spectrometer.

use crate::apps::setting::{AppSetting, SCREEN_TIMEOUT, TREES, Takes, model, setting};
use crate::apps::{checked, model, node_duration};
use crate::catalogue::program;
use hal_shim::node::Program;
use node_core::app::spectrometer::{Config, run_with, trained};
use node_core::board::Board;
use node_core::drivers::as7265x::{Config as Chip, Gain, LampCurrent};
use scenarios::units::{Duration, Quantity};
use scenarios::{Problem, Settings};

pub const ABOUT: &str =
    "spectrometer: reflectance in 18 bands (AS7265x in the socket), values that a model reads out of it";

pub static SETTINGS: &[AppSetting] = &[
    model("What is read out of a spectrum: a file that `nodetwin train --task spectrum` made."),
    TREES,
    setting(
        "every",
        Takes::Between { unit: Duration::UNIT, low: "1s", high: "1d" },
        "5s",
        "From one measurement to the next.",
        "shorter: battery for the lamps",
    ),
    setting(
        "integration",
        Takes::Between { unit: Duration::UNIT, low: "2.8ms", high: "716ms" },
        "140ms",
        "How long light is gathered, in steps of 2.8 ms.",
        "longer: less noise, more battery for the lamps, and sooner too bright",
    ),
    setting(
        "shots",
        Takes::Whole(1, 16),
        "2",
        "Measurements that are averaged.",
        "time and battery in proportion; noise falls with the root",
    ),
    setting(
        "gain",
        Takes::OneOf(&["1x", "3.7x", "16x", "64x"]),
        "64x",
        "Of the sensor's amplifier.",
        "higher: sooner too bright",
    ),
    setting(
        "lamps",
        Takes::OneOf(&["12.5mA", "25mA", "50mA", "100mA"]),
        "25mA",
        "Current of each lamp.",
        "battery in proportion",
    ),
    setting(
        "tell_spectra",
        Takes::Flag,
        "true",
        "Each spectrum is reported, not what is read out of it alone.",
        "records",
    ),
    SCREEN_TIMEOUT,
];

pub fn build(settings: &mut Settings) -> Result<Program, Problem> {
    let model = model::take(settings, trained::room)?;
    let usual = Config::default();
    let [every_at, integration_at, shots_at] =
        ["every", "integration", "shots"].map(|key| settings.span_of(key));
    let every = settings.take_or("every", Duration::from_ns(usual.every.as_micros() * 1_000))?;
    checked(every_at, "every", every.ms(), 1_000.0..=86_400_000.0, "every = \"5s\": 1 s to a day")?;
    let integration = settings.take_or("integration", Duration::from_ns(140_000_000))?;
    let cure = "integration = \"140ms\": 2.8 to 716 ms, in steps of 2.8 ms";
    checked(integration_at, "integration", integration.ms(), 2.8..=716.9, cure)?;
    let shots: i64 = settings.take_or("shots", usual.shots.into())?;
    checked(
        shots_at,
        "shots",
        shots as f64,
        1.0..=16.0,
        "shots = 2: 1 to 16 measurements that are averaged",
    )?;
    let gains = [("1x", Gain::X1), ("3.7x", Gain::X3_7), ("16x", Gain::X16), ("64x", Gain::X64)];
    let currents = [
        ("12.5mA", LampCurrent::Ma12_5),
        ("25mA", LampCurrent::Ma25),
        ("50mA", LampCurrent::Ma50),
        ("100mA", LampCurrent::Ma100),
    ];
    let config = Config {
        cpu_mhz: None,
        every: node_duration(every),
        chip: Chip {
            gain: settings.take_one_of("gain", &gains, usual.chip.gain)?,
            integration_steps: (integration.ms() / 2.8).round() as u16,
            current: settings.take_one_of("lamps", &currents, usual.chip.current)?,
        },
        shots: shots as u8,
        tell_spectra: settings.take_or("tell_spectra", usual.tell_spectra)?,
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
