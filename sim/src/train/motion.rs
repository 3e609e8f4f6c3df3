//! What a model of motion listens to, and how it may see it.

use super::classifier::{self, Setup, Way};
use super::dataset::Dataset;
use super::table::Copies;
use super::task::{Choices, Trained};
use super::{Progress, Refusal, plans, signal};
use node_core::dsp::features::PlanHead;
use node_core::ml::ntm::{Channel, Unit};
use scenarios::recording::{ImuTrack, Kind};

/// Windows that are tried if nobody chooses, those first that are to be preferred.
const WINDOWS_S: [f64; 5] = [2.5, 2.0, 1.5, 1.0, 4.0];

/// Of what is usually labelled in one go, a window takes so much at most: one that fills a recording shows each only once,
/// and leaves out whatever is a little shorter.
const SPAN_SHARE: f64 = 0.7;

/// How far the covariance may be moved; `RECIPES.md` has what others give.
const SHRINKAGES: [f64; 1] = [0.1];

/// Windows begin so much of a window after each other.
const HOP: f64 = 0.125;

pub fn train(data: &Dataset, choices: &Choices, progress: Progress) -> Result<Trained, Refusal> {
    let tracks = tracks(data);
    let gyro = !choices.accel_only && tracks.iter().all(|track| track.gyro_dps.is_some());
    let count = if gyro { 6 } else { 3 };
    let rate_hz = classifier::rate_hz(data);
    let signals = signal::all(data, count, rate_hz)?;
    let windows_s = choices.window_s.map_or_else(|| windows_s(data), |window_s| vec![window_s]);
    let mut ways = Vec::new();
    for window_s in windows_s {
        let samples = |seconds: f64| (seconds * rate_hz).round().max(1.0) as usize;
        let head = PlanHead {
            channels: count,
            window: samples(window_s),
            hop: samples(choices.hop_s.unwrap_or(window_s * HOP)),
            rate_hz: rate_hz as f32,
        };
        if head.window < 8 {
            let message = format!("a window of {window_s} s is {} samples", head.window);
            return Err(Refusal::new(message, "give a longer --window: 8 samples at least"));
        }
        ways.push(Way::new("", head, &plans::motion(&head, &plans::edges(head.rate_hz)))?);
    }
    let setup = Setup {
        what: "motion",
        data,
        signals: &signals,
        ways,
        shrinkages: &SHRINKAGES,
        copies: choices.copies(Copies::default()),
        channels: channels(&tracks, gyro),
        picture: &plans::motion_picture,
        choices,
    };
    classifier::train(setup, progress)
}

/// Those that fit what is labelled; the shortest if none does.
fn windows_s(data: &Dataset) -> Vec<f64> {
    let labelled =
        data.items.iter().flat_map(|item| &item.recording.labels).filter(|span| !span.label.is_empty());
    let mut spans_s: Vec<f64> = labelled.map(|span| (span.end_ns - span.start_ns) as f64 * 1e-9).collect();
    spans_s.sort_by(f64::total_cmp);
    let longest = SPAN_SHARE * spans_s.get(spans_s.len() / 2).copied().unwrap_or(0.0);
    let shortest = WINDOWS_S.into_iter().fold(f64::INFINITY, f64::min);
    WINDOWS_S.into_iter().filter(|window_s| *window_s <= longest.max(shortest)).collect()
}

/// Of the recordings that are of motion.
pub(super) fn tracks(data: &Dataset) -> Vec<&ImuTrack> {
    data.items
        .iter()
        .filter_map(|item| match &item.recording.kind {
            Kind::Imu(track) => Some(track.as_ref()),
            Kind::Audio(_) => None,
        })
        .collect()
}

/// In a sensor's ranges that hold these tracks.
pub(super) fn channels(tracks: &[&ImuTrack], with_gyro: bool) -> Vec<Channel<'static>> {
    let most = |axes: &mut dyn Iterator<Item = &[Vec<f32>; 3]>| {
        axes.flatten().flatten().fold(0.0f32, |most, x| most.max(x.abs()))
    };
    let accel = most(&mut tracks.iter().map(|track| &track.accel_g));
    let gyro = most(&mut tracks.iter().filter_map(|track| track.gyro_dps.as_ref()));
    let channel = |unit, full: f32, name| Channel { unit, low: -full, high: full, name };
    let g = range(accel, [2.0, 4.0, 8.0, 16.0]);
    let dps = range(gyro, [250.0, 500.0, 1000.0, 2000.0]);
    let mut channels = ["ax", "ay", "az"].map(|name| channel(Unit::G, g, name)).to_vec();
    if with_gyro {
        channels.extend(["gx", "gy", "gz"].map(|name| channel(Unit::DegreesPerSecond, dps, name)));
    }
    channels
}

/// The least of a sensor's usual ranges that holds `most`, but for the last half per cent: a rounded end is the end.
fn range(most: f32, usual: [f32; 4]) -> f32 {
    usual.into_iter().find(|full| most <= full * 1.005).unwrap_or(most)
}
