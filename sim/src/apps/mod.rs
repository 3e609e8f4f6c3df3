//! The built-in apps: how a scenario's settings become their configuration. The apps themselves are node-core's.

pub mod model;
pub mod motion;
pub mod position;
pub mod probe;
pub mod setting;
pub mod sound;
pub mod spectrometer;
pub mod vibration;

use scenarios::Problem;
use scenarios::place::Span;
use scenarios::units;
use std::ops::RangeInclusive;

fn node_duration(duration: units::Duration) -> node_core::time::Duration {
    node_core::time::Duration::from_micros(duration.us())
}

/// A figure within its range, or the error that names the range.
fn checked(
    span: Span,
    key: &str,
    value: f64,
    range: RangeInclusive<f64>,
    cure: &str,
) -> Result<f64, Problem> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(Problem::new(span, format!("`{key}` is out of range"), cure.to_string()))
}
