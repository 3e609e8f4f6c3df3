//! The samples of recordings as a model wants them: its channels in turn, at its rate.

use super::Refusal;
use super::dataset::{Dataset, Item};
use super::resample::Resampler;
use crate::parallel;
use scenarios::recording::Kind;

/// How far a recording's rate may be from the model's: what a sensor's own clock is off, and what nobody resamples on a
/// node. Beyond, it is resampled here.
const RATE_TOLERANCE: f64 = 0.05;

#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    pub channels: usize,
    /// All channels of the first sample, then of the next.
    pub samples: Vec<f32>,
    /// When each sample was taken, from the first one.
    pub times_ns: Vec<u64>,
    /// The rate that it was brought from.
    pub resampled_hz: Option<f64>,
}

impl Signal {
    /// Samples of each channel.
    pub fn count(&self) -> usize {
        self.times_ns.len()
    }

    pub fn is_sound(&self) -> bool {
        self.channels == 1
    }
}

/// Of each recording. 1 channel: sound; 3: acceleration; 6: that and rotation.
pub fn all(data: &Dataset, channels: usize, rate_hz: f64) -> Result<Vec<Signal>, Refusal> {
    let mut signals = Vec::with_capacity(data.items.len());
    let one = |item: &Item| of(item, channels, rate_hz);
    parallel::each(&data.items, parallel::threads(None), one, |_, signal| signals.push(signal));
    signals.into_iter().collect()
}

fn of(item: &Item, channels: usize, rate_hz: f64) -> Result<Signal, Refusal> {
    let mut axes: Vec<&[f32]> = match &item.recording.kind {
        Kind::Audio(track) if channels == 1 => vec![&track.samples],
        Kind::Imu(track) if channels > 1 => track.accel_g.iter().map(Vec::as_slice).collect(),
        Kind::Audio(_) => return Err(is_other(item, "sound, not motion", "acceleration: CSV, JSON or CBOR")),
        Kind::Imu(_) => return Err(is_other(item, "motion, not sound", "sound: WAV, JSON or CBOR")),
    };
    if channels == 6 {
        let Kind::Imu(track) = &item.recording.kind else { unreachable!("only motion has six channels") };
        let gyro = track.gyro_dps.as_ref().ok_or_else(|| {
            Refusal::new(
                format!("{}: it has no rotation rate, and the model listens to it", item.path.display()),
                "give recordings with a gyroscope, or train with --accel-only",
            )
        })?;
        axes.extend(gyro.iter().map(Vec::as_slice));
    }
    let own_hz = item.rate_hz();
    let tolerance = if channels == 1 { 0.001 } else { RATE_TOLERANCE };
    if own_hz > 0.0 && (own_hz / rate_hz - 1.0).abs() > tolerance {
        let resampler = Resampler::new(own_hz, rate_hz);
        let axes: Vec<Vec<f32>> = axes.iter().map(|axis| resampler.run(axis)).collect();
        let slices: Vec<&[f32]> = axes.iter().map(Vec::as_slice).collect();
        let times_ns = (0..axes[0].len()).map(|at| (at as f64 * 1e9 / rate_hz) as u64).collect();
        return Ok(Signal { channels, samples: interleaved(&slices), times_ns, resampled_hz: Some(own_hz) });
    }
    let times_ns = (0..axes[0].len()).map(|at| item.time_ns(at)).collect();
    Ok(Signal { channels, samples: interleaved(&axes), times_ns, resampled_hz: None })
}

fn interleaved(axes: &[&[f32]]) -> Vec<f32> {
    let count = axes.first().map_or(0, |axis| axis.len());
    (0..count).flat_map(|at| axes.iter().map(move |axis| axis[at])).collect()
}

fn is_other(item: &Item, what: &str, wanted: &str) -> Refusal {
    Refusal::new(format!("{}: this is {what}", item.path.display()), format!("give recordings of {wanted}"))
}

/// What was done to them, for people.
pub fn notes(signals: &[Signal], rate_hz: f64) -> Vec<String> {
    let own = |signal: &Signal| signal.resampled_hz;
    let (Some(least), Some(most)) = (
        signals.iter().filter_map(own).min_by(f64::total_cmp),
        signals.iter().filter_map(own).max_by(f64::total_cmp),
    ) else {
        return Vec::new();
    };
    let count = signals.iter().filter_map(own).count();
    let from = if most - least < 0.05 { format!("{least:.1}") } else { format!("{least:.1} to {most:.1}") };
    let mut notes =
        vec![format!("{count} of {} recordings brought from {from} to {rate_hz:.1} Hz", signals.len())];
    if least < 0.9 * rate_hz {
        notes.push(format!(
            "what was recorded at {least:.1} Hz has nothing above {:.1} Hz, and the model listens up to {:.1} Hz",
            0.5 * least,
            0.5 * rate_hz
        ));
    }
    notes
}
