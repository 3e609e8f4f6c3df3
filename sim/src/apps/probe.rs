//! Settings of the probe.

use crate::apps::setting::{AppSetting, Takes, setting};
use crate::apps::{checked, node_duration};
use crate::catalogue::program;
use hal_shim::node::Program;
use node_core::app::probe::{Config, run};
use node_core::board::Board;
use scenarios::units::{Duration, Quantity};
use scenarios::{Problem, Settings};

pub const ABOUT: &str = "first program on a new board: asks each part what it is and what it reads";

pub static SETTINGS: &[AppSetting] = &[setting(
    "every",
    Takes::Between { unit: Duration::UNIT, low: "100ms", high: "1h" },
    "1s",
    "From one look at each part to the next.",
    "shorter: CPU and I2C time",
)];

pub fn build(settings: &mut Settings) -> Result<Program, Problem> {
    let usual = Config::default();
    let span = settings.span_of("every");
    let every = settings.take_or("every", Duration::from_ns(usual.every.as_micros() * 1_000))?;
    checked(span, "every", every.ms(), 100.0..=3_600_000.0, "every = \"1s\": 100 ms to an hour")?;
    let config = Config { every: node_duration(every) };
    Ok(program(move |board| run(board.split(), config)))
}
