//! Settings of the sound level meter.

use crate::apps::setting::{AppSetting, SCREEN_TIMEOUT, TREES, Takes, model, setting};
use crate::apps::{checked, model, node_duration};
use crate::catalogue::program;
use hal_shim::node::Program;
use node_core::app::sound::{Config, MAX_BLOCK, run_with, trained};
use node_core::board::Board;
use node_core::dsp::weighting::Weighting;
use node_core::event::CentiDb;
use scenarios::units::{Duration, Frequency, Level, Quantity};
use scenarios::{Problem, Settings};

pub const ABOUT: &str = "sound level meter: dB(A), octave bands, loud events, minute records";

pub static SETTINGS: &[AppSetting] = &[
    model("What it hears besides levels: a file that `nodetwin train --task sound` made."),
    TREES,
    setting(
        "rate",
        Takes::Between { unit: Frequency::UNIT, low: "8kHz", high: "48kHz" },
        "16kHz",
        "Samples of the microphone a second; half of it is the highest tone that is heard.",
        "CPU time and DMA in proportion",
    ),
    setting(
        "block",
        Takes::Between { unit: Duration::UNIT, low: "4ms", high: "64ms" },
        "32ms",
        "As much sound as is looked at in one go, 64 to 1024 samples: the FFT's size.",
        "longer: later answers; shorter: less CPU time to do it in, and coarser bands",
    ),
    setting(
        "weighting",
        Takes::OneOf(&["A", "C", "Z"]),
        "A",
        "A as the ear hears, C for loud sounds, Z flat.",
        "a filter's CPU time",
    ),
    setting(
        "loud_above",
        Takes::Between { unit: Level::UNIT, low: "30dB", high: "120dB" },
        "70dB",
        "From this level on it is loud.",
        "lower: more events, and false alarms among them",
    ),
    setting(
        "loud_hysteresis",
        Takes::Between { unit: Level::UNIT, low: "0dB", high: "40dB" },
        "3dB",
        "So much quieter it has to be before it is no longer loud.",
        "more: events that run into one another",
    ),
    setting(
        "loud_gap",
        Takes::Between { unit: Duration::UNIT, low: "10ms", high: "10s" },
        "500ms",
        "Loud sounds nearer than this are one event.",
        "longer: events are told later",
    ),
    SCREEN_TIMEOUT,
];

pub fn build(settings: &mut Settings) -> Result<Program, Problem> {
    let model = model::take(settings, trained::room)?;
    let usual = match &model {
        Some(model) => Config::default().for_model(model.model).map_err(|unfit| model.refused(unfit))?,
        None => Config::default(),
    };
    let (rate_at, block, loud_above) =
        (settings.span_of("rate"), settings.span_of("block"), settings.span_of("loud_above"));
    let rate: Frequency = settings.take_or("rate", Frequency { hz: f64::from(usual.rate_hz) })?;
    let rate_hz =
        checked(rate_at, "rate", rate.hz, 8_000.0..=48_000.0, "rate = \"16kHz\": 8 to 48 kHz")? as u32;
    if let Some(model) = &model {
        model.demand(rate_hz == usual.rate_hz, rate_at, "rate", format_args!("{} Hz", usual.rate_hz))?;
    }
    let length = settings.take_or("block", Duration::from_ns(usual.block.as_micros() * 1_000))?;
    let longest = MAX_BLOCK as f64 / f64::from(rate_hz) * 1e3;
    let shortest = 64.0 / f64::from(rate_hz) * 1e3;
    let cure = format!("64 to {MAX_BLOCK} samples: {shortest:.0} to {longest:.0} ms at {rate_hz} Hz");
    checked(block, "block", length.ms(), shortest..=longest, &cure)?;
    let loud: Level = settings.take_or("loud_above", Level { db_spl: centi(usual.loud_above) })?;
    let cure = "loud_above = \"70dB\": 30 to 120 dB SPL, what the microphone can tell";
    let loud = checked(loud_above, "loud_above", loud.db_spl, 30.0..=120.0, cure)?;
    let hysteresis = settings.span_of("loud_hysteresis");
    let below: Level = settings.take_or("loud_hysteresis", Level { db_spl: centi(usual.loud_hysteresis) })?;
    let below = checked(hysteresis, "loud_hysteresis", below.db_spl, 0.0..=40.0, "0 to 40 dB")?;
    let config = Config {
        cpu_mhz: None,
        rate_hz,
        block: node_duration(length),
        weighting: settings.take_one_of(
            "weighting",
            &[("A", Weighting::A), ("C", Weighting::C), ("Z", Weighting::Z)],
            usual.weighting,
        )?,
        loud_above: (loud * 100.0).round() as CentiDb,
        loud_hysteresis: (below * 100.0).round() as CentiDb,
        loud_gap: node_duration(
            settings.take_or("loud_gap", Duration::from_ns(usual.loud_gap.as_micros() * 1_000))?,
        ),
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

fn centi(level: CentiDb) -> f64 {
    f64::from(level) / 100.0
}
