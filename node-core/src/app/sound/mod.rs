//! The sound level meter: listens, weighs, tells levels each second and minute, and says when it was loud; with a model also
//! what it hears.

pub mod loud;
pub mod pipeline;
pub mod record;
pub mod spectrum;
pub mod trained;

use super::bring_up::Wanted;
use super::live::{Show, live};
use super::panel::Panel;
use super::recogniser::Recogniser;
use super::start::{Node, Started, Supply, start};
use crate::board::{Board, Exit, Parts};
use crate::dsp::weighting::Weighting;
use crate::event::CentiDb;
use crate::time::Duration;
use crate::ui::sound::{PAGES, View};
use core::future::pending;
use core::pin::pin;
use trained::Trained;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// CPU frequency, one of the board's; `None` leaves the one after boot.
    pub cpu_mhz: Option<u32>,
    /// Sample rate asked of the microphone, Hz. Octave bands are named for 16 kHz.
    pub rate_hz: u32,
    /// What is taken at once: 64 to 1024 samples, rounded to a multiple of 16. Also the deadline of its processing.
    pub block: Duration,
    pub weighting: Weighting,
    /// A fast level from here on is loud, dB SPL.
    pub loud_above: CentiDb,
    /// It is over once the level was this far below for `loud_gap`.
    pub loud_hysteresis: CentiDb,
    pub loud_gap: Duration,
    /// After the last press.
    pub screen_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cpu_mhz: None,
            rate_hz: 16_000,
            block: Duration::from_millis(32),
            weighting: Weighting::A,
            loud_above: 70_00,
            loud_hysteresis: 3_00,
            loud_gap: Duration::from_millis(500),
            screen_timeout: Duration::from_secs(10),
        }
    }
}

/// Most samples of a block.
pub const MAX_BLOCK: usize = 1024;

impl Config {
    pub fn block_samples(&self) -> usize {
        let samples = self.block.as_micros() * u64::from(self.rate_hz) / 1_000_000;
        (samples as usize).next_multiple_of(16).clamp(64, MAX_BLOCK)
    }

    pub const fn unit(&self) -> &'static str {
        match self.weighting {
            Weighting::A => "dB(A)",
            Weighting::C => "dB(C)",
            Weighting::Z => "dB(Z)",
        }
    }
}

/// The level meter alone.
pub fn run<B: Board>(parts: Parts<B>, config: Config) -> impl Future<Output = Exit> {
    run_with(parts, config, None)
}

/// The level meter, and a model that tells what it hears; `config` is [`Config::for_model`].
pub async fn run_with<B: Board>(mut parts: Parts<B>, config: Config, model: Option<Recogniser<'_>>) -> Exit {
    let audio = parts.audio.take();
    let Started { node, face, bus, retained } = start(parts, config.cpu_mhz);
    let supply = Supply::up(&bus, &node, Wanted { microphone: true }).await;
    let panel = Panel::new(View::dark(&config, retained.counters.loud), retained.counters.boots);
    let Node { facts, clock, meter, events, .. } = &node;
    // What is large stays here and is passed by reference, as is the future: what is passed by value is kept twice.
    let mut trained = model.and_then(Trained::new);
    let pipeline = pin!(async {
        match (audio, &facts.microphone) {
            (Some(audio), Some(microphone)) => {
                let heard = (audio, microphone);
                pipeline::run::<B>(heard, &config, trained.as_mut(), retained, &panel, clock, meter, events)
                    .await
            }
            _ => pending().await,
        }
    });
    let show = Show { pages: &PAGES, timeout: config.screen_timeout };
    live(("sound", pipeline), &(), show, &panel, face, &supply, &node).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_sub_blocks_within_the_buffers() {
        let samples = |ms, rate_hz| {
            Config { block: Duration::from_millis(ms), rate_hz, ..Config::default() }.block_samples()
        };
        assert_eq!(Config::default().block_samples(), 512);
        assert_eq!([samples(0, 16_000), samples(10, 16_000), samples(1_000, 48_000)], [64, 160, MAX_BLOCK]);
        assert!((1..100).all(|ms| samples(ms, 11_025).is_multiple_of(16)));
    }
}
