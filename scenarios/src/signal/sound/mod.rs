//! What is to be heard at a node's microphone: the sum of the scenario's `[[sound]]` entries, in pascal.
//!
//! Each kind of sound is one file, which knows how to *add* itself to a run of instants and nothing else: when it
//! sounds, and how it fades, is decided here.

pub mod alarm;
pub mod babble;
pub mod clap;
pub mod level;
pub mod noise;
pub mod resampled;
pub mod sweep;
pub mod tone;

use crate::recording::Kind;
use crate::rng::Streams;
use crate::schema::{Scenario, SoundKind, SoundLevel};
use crate::shelf::Shelf;
use crate::signal::{Instants, Occasion, Turn, WorldError};

use alarm::Alarm;
use babble::Babble;
use clap::Claps;
use noise::{Pink, White};
use resampled::Resampled;
use sweep::Sweep;
use tone::Tone;

/// One kind of sound with its parameters and its state.
#[derive(Debug)]
pub enum Voice {
    White(White),
    Pink(Pink),
    Tone(Box<Tone>),
    Sweep(Sweep),
    Claps(Claps),
    Alarm(Box<Alarm>),
    Babble(Box<Babble>),
    Recording(Resampled),
}

/// A run of instants inside one turn of a sound: what a voice is asked to add.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub instants: &'a Instants,
    pub from: usize,
    pub to: usize,
    pub turn: Turn,
}

impl Voice {
    /// Adds instants `run.from..run.to` to `out`, which has just that length.
    fn add(&mut self, run: Run<'_>, out: &mut [f32]) {
        match self {
            Self::White(voice) => voice.add(out),
            Self::Pink(voice) => voice.add(run.instants.dt_ns, out),
            Self::Tone(voice) => voice.add(run, out),
            Self::Sweep(voice) => voice.add(run, out),
            Self::Claps(voice) => voice.add(run, out),
            Self::Alarm(voice) => voice.add(run, out),
            Self::Babble(voice) => voice.add(run, out),
            Self::Recording(voice) => voice.add(run, out),
        }
    }
}

/// How long a sound of this kind lasts where the scenario does not say: claps until the last one has rung out, all else
/// as long as it is let. (A recording's length is the file's: see [`Shelf`].)
pub fn natural_length_ns(kind: &SoundKind) -> u64 {
    match kind {
        SoundKind::Claps { count, gap_ns } => {
            u64::from(count.saturating_sub(1)).saturating_mul(*gap_ns).saturating_add(clap::RING_NS)
        }
        _ => u64::MAX,
    }
}

#[derive(Debug)]
struct Entry {
    occasion: Occasion,
    /// The turn that acts now or next.
    turn: Turn,
    voice: Voice,
}

/// The sound pressure at one node.
#[derive(Debug, Default)]
pub struct SoundWorld {
    entries: Vec<Entry>,
    /// No entry acts before this time, as long as time only goes forward.
    quiet_until_ns: u64,
    last_t0_ns: u64,
}

/// Fades are applied in pieces of this many instants.
const PIECE: usize = 256;

impl SoundWorld {
    pub fn new(scenario: &Scenario, node_name: &str) -> Result<Self, WorldError> {
        Self::with_shelf(scenario, node_name, &mut Shelf::default())
    }

    /// Like [`new`](Self::new), with recordings shared between nodes.
    pub fn with_shelf(scenario: &Scenario, node_name: &str, shelf: &mut Shelf) -> Result<Self, WorldError> {
        let node = super::node_index(scenario, node_name)?;
        let streams = Streams::new(scenario.seed);
        let mut entries = Vec::new();
        for sound in scenario.sounds.iter().filter(|sound| sound.node.is_none_or(|only| only == node)) {
            // Every node has its own draws: two microphones never hear the same noise sample by sample.
            let name = format!("sound.{}/{node_name}", sound.index);
            let rms = match sound.level {
                SoundLevel::Rms(db) | SoundLevel::FullScale(db) => level::pascal(f64::from(db)),
            };
            let mut natural_ns = natural_length_ns(&sound.kind);
            let voice = match &sound.kind {
                SoundKind::WhiteNoise => Voice::White(White::new(streams.stream(&name), rms)),
                SoundKind::PinkNoise => Voice::Pink(Pink::new(streams.stream(&name), rms)),
                SoundKind::Tone { frequency_hz } => {
                    Voice::Tone(Box::new(Tone::new(f64::from(*frequency_hz), rms)))
                }
                SoundKind::Sweep { from_hz, to_hz } => {
                    Voice::Sweep(Sweep::new(f64::from(*from_hz), f64::from(*to_hz), rms))
                }
                SoundKind::Claps { count, gap_ns } => {
                    Voice::Claps(Claps::new(streams.stream(&name), *count, *gap_ns, rms))
                }
                SoundKind::Alarm { low_hz, high_hz, period_ns } => {
                    let (low, high) = (f64::from(*low_hz), f64::from(*high_hz));
                    Voice::Alarm(Box::new(Alarm::new(low, high, *period_ns, rms)))
                }
                SoundKind::Babble { talkers } => {
                    Voice::Babble(Box::new(Babble::new(&streams, &name, *talkers, rms)))
                }
                SoundKind::Recording(recorded) => {
                    let recording = shelf.read(&recorded.file, &recorded.channel)?;
                    let Kind::Audio(track) = recording.kind else {
                        return Err(WorldError::WrongKind {
                            file: recording.source,
                            found: "motion",
                            wanted: "sound",
                        });
                    };
                    natural_ns = recording.duration_ns.saturating_sub(recorded.skip_ns);
                    let gain = match sound.level {
                        SoundLevel::Rms(_) => level::gain_to_rms(&track.samples, rms),
                        SoundLevel::FullScale(_) => rms * core::f64::consts::SQRT_2,
                    };
                    Voice::Recording(Resampled::new(track, recorded.skip_ns, gain))
                }
            };
            entries.push((Occasion::from_when(&sound.when, natural_ns).with_fade(sound.fade_ns), voice));
        }
        Ok(Self::from_voices(entries))
    }

    /// A world of voices made by hand.
    pub fn from_voices(voices: impl IntoIterator<Item = (Occasion, Voice)>) -> Self {
        let entries = voices
            .into_iter()
            .map(|(occasion, voice)| Entry { occasion, turn: occasion.turn_at_or_after(0), voice })
            .collect();
        Self { entries, quiet_until_ns: 0, last_t0_ns: 0 }
    }

    /// Sound pressure in pascal at `t0 + k * dt`. Calls come in order of time; gaps cost nothing.
    pub fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
        out.fill(0.0);
        let instants = Instants::new(t0_ns, dt_ns, out.len());
        let end_ns = instants.end_ns();
        if t0_ns < self.last_t0_ns {
            // Out of order: allowed, and only costs the search for each entry's turn.
            self.quiet_until_ns = 0;
            for entry in &mut self.entries {
                entry.turn = entry.occasion.turn_at_or_after(t0_ns);
            }
        }
        self.last_t0_ns = t0_ns;
        if end_ns <= self.quiet_until_ns {
            return;
        }
        let mut quiet_until_ns = u64::MAX;
        for entry in &mut self.entries {
            entry.render(&instants, t0_ns, end_ns, out);
            quiet_until_ns = quiet_until_ns.min(entry.turn.start_ns);
        }
        self.quiet_until_ns = quiet_until_ns;
    }
}

impl Entry {
    fn render(&mut self, instants: &Instants, t0_ns: u64, end_ns: u64, out: &mut [f32]) {
        if self.turn.end_ns <= t0_ns {
            self.turn = self.occasion.turn_at_or_after(t0_ns);
        }
        while self.turn.start_ns < end_ns {
            let turn = self.turn;
            let from = if turn.start_ns <= t0_ns { 0 } else { instants.first_at_or_after(turn.start_ns) };
            let to =
                if turn.end_ns >= end_ns { instants.len } else { instants.first_at_or_after(turn.end_ns) };
            if from < to {
                let run = Run { instants, from, to, turn };
                if self.occasion.fades_between(&turn, instants.at(from), instants.at(to - 1)) {
                    self.add_fading(run, &mut out[from..to]);
                } else {
                    self.voice.add(run, &mut out[from..to]);
                }
            }
            if turn.end_ns >= end_ns {
                break;
            }
            self.turn = self.occasion.turn_at_or_after(turn.end_ns);
        }
    }

    fn add_fading(&mut self, run: Run<'_>, out: &mut [f32]) {
        let mut from = run.from;
        for out in out.chunks_mut(PIECE) {
            let mut piece = [0.0_f32; PIECE];
            let piece = &mut piece[..out.len()];
            self.voice.add(Run { from, to: from + out.len(), ..run }, piece);
            for (k, (out, add)) in out.iter_mut().zip(piece).enumerate() {
                *out += *add * self.occasion.gain(&run.turn, run.instants.at(from + k));
            }
            from += out.len();
        }
    }
}

#[cfg(test)]
mod tests;
