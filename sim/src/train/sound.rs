//! What a model of sound listens to, and how it may hear it.

use super::augment::Change;
use super::classifier::{self, Setup, Way};
use super::dataset::Dataset;
use super::plans::{self, Sound};
use super::table::Copies;
use super::task::{Choices, Trained};
use super::{Progress, Refusal, signal};
use node_core::dsp::features::PlanHead;
use node_core::ml::ntm::{Channel, Unit};
use scenarios::recording::Span;

/// What the node's microphone gives. Recordings of other rates are brought to it.
const RATE_HZ: f64 = 16_000.0;

/// Windows that are tried if nobody chooses.
const WINDOWS_S: [f64; 3] = [1.0, 2.5, 5.0];
/// A window need not be longer than this share of all that is labelled in one go.
const HELD: f64 = 0.9;

/// Few groups and more features than they can tell: the covariance is hardly to be believed.
const SHRINKAGES: [f64; 1] = [0.7];

/// Windows begin so much of a window after each other.
const HOP: f64 = 0.25;

pub fn train(data: &Dataset, choices: &Choices, progress: Progress) -> Result<Trained, Refusal> {
    let signals = signal::all(data, 1, RATE_HZ)?;
    let windows_s = choices.window_s.map_or_else(|| windows_s(data), |window_s| vec![window_s]);
    let edges = plans::course_edges();
    let mut ways = Vec::new();
    // The longest is preferred, and a word is listened to by that alone.
    for (at, &window_s) in windows_s.iter().rev().enumerate() {
        for sound in [Sound::Word, Sound::Scene].into_iter().skip(usize::from(at > 0)) {
            let samples = |seconds: f64| (seconds * RATE_HZ).round() as usize;
            // Whole frames from window to window: so the node can hear them as they come.
            let frame = sound.frame_hop();
            let hop = samples(choices.hop_s.unwrap_or(window_s * HOP)).div_ceil(frame) * frame;
            let head = PlanHead { channels: 1, window: samples(window_s), hop, rate_hz: RATE_HZ as f32 };
            if head.window < samples(0.1) {
                let message = format!("a window of {window_s} s holds no sound that tells anything");
                return Err(Refusal::new(message, "give a longer --window: 100ms at least"));
            }
            ways.push(Way::new(sound.name(), head, &plans::sound(sound, &edges))?);
        }
    }
    let setup = Setup {
        what: "sound",
        data,
        signals: &signals,
        ways,
        shrinkages: &SHRINKAGES,
        copies: choices.copies(Copies { count: 2, changes: vec![Change::Microphone], seed: choices.seed }),
        channels: vec![Channel { unit: Unit::FullScale, low: -1.0, high: 1.0, name: "sound" }],
        picture: &|_| plans::sound_picture(),
        choices,
    };
    classifier::train(setup, progress)
}

/// Up to the least that holds nearly all of what is labelled.
fn windows_s(data: &Dataset) -> Vec<f64> {
    let seconds = |span: &Span| (span.end_ns - span.start_ns) as f64 * 1e-9;
    let labels = data.items.iter().flat_map(|item| &item.recording.labels);
    let mut lengths: Vec<f64> = labels.map(seconds).collect();
    lengths.sort_by(f64::total_cmp);
    let long = lengths.get((lengths.len() as f64 * HELD) as usize).or(lengths.last()).copied();
    let enough = WINDOWS_S.iter().position(|window_s| Some(*window_s) >= long);
    WINDOWS_S[..=enough.unwrap_or(WINDOWS_S.len() - 1)].to_vec()
}
