//! Sound cards: what one hears of a run, and the desktop's own microphone for a node to hear.
//!
//! - [`ears`]: plays what happens at a node's microphone, or what the node read from it
//! - [`microphone`]: takes sound in, tells its level, and gives it to a node
//! - [`resampler`]: from one rate to another, a little faster or slower where two clocks disagree
//!
//! Devices are opened, closed and waited for on threads of their own: neither the window nor the run ever waits for a sound
//! card. Where there is none, or it goes away, that is told in words and all else goes on.

pub mod ears;
pub mod microphone;
pub mod resampler;

pub use ears::{Ear, Ears, Hears, Wish};
pub use microphone::{Microphone, State};

use scenarios::signal::sound::level;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Sound pressure of 94 dB SPL, 1 Pa, is played so far below a full-scale sine: claps still fit.
pub const PLAYED_94_DB_AT_DBFS: f64 = -20.0;

/// What a pascal is as a share of full scale.
pub fn share_per_pascal() -> f32 {
    (10f64.powf(PLAYED_94_DB_AT_DBFS / 20.0) / (level::pascal(94.0) * std::f64::consts::SQRT_2)) as f32
}

/// A factor in decibels; nothing is -120 dB.
pub fn decibels(factor: f32) -> f32 {
    20.0 * factor.max(1e-6).log10()
}

pub fn factor(decibels: f32) -> f32 {
    10f32.powf(decibels / 20.0)
}

/// Errors of sound cards with what caused them.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text += &format!(": {deeper}");
        cause = deeper.source();
    }
    text
}

/// ALSA tells stderr what it has not found, a dozen lines each time that a card is looked for. What matters of it is told in the
/// window; this thread's lines are kept until the next call, and then forgotten.
#[cfg(target_os = "linux")]
fn hush() {
    let _ = alsa::Output::local_error_handler();
}

#[cfg(not(target_os = "linux"))]
fn hush() {}

/// Waits for a thread that was told to end; one that hangs in a driver is left alone.
fn join(thread: Option<JoinHandle<()>>) {
    let Some(thread) = thread else { return };
    let started = Instant::now();
    while !thread.is_finished() && started.elapsed() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(5));
    }
    if thread.is_finished() {
        let _ = thread.join();
    }
}
