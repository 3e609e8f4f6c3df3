//! Speech-like babble: voices with a pitch, four formants that change with each syllable, about four syllables a second
//! and pauses. Nothing is said; level, spectrum and modulation are those of talk.

use std::sync::LazyLock;

use super::Run;
use crate::rng::{Stream, Streams, draw_at, signed_at};
use crate::signal::lanes::Four;
use crate::signal::{Instants, Turn};

/// More voices than this cannot be told apart: a crowd is rendered as this many, at the crowd's level.
const MOST_VOICES: u32 = 8;
/// The rate of syllables at which speech is modulated most (Houtgast and Steeneken, JASA 1985: 3 to 4 Hz).
const SYLLABLE_HZ: f64 = 4.0;
/// A syllable's boundary wanders by up to this part of its length.
const WANDER: f64 = 0.25;
/// One syllable in this many is a pause.
const PAUSE_IN: u64 = 6;

/// First three formants of ten vowels, men's means (Peterson and Barney, JASA 1952, table II); the fourth is held at
/// 3500 Hz, the usual neutral value.
const VOWELS: [[f64; 3]; 10] = [
    [270.0, 2290.0, 3010.0],
    [390.0, 1990.0, 2550.0],
    [530.0, 1840.0, 2480.0],
    [660.0, 1720.0, 2410.0],
    [730.0, 1090.0, 2440.0],
    [570.0, 840.0, 2410.0],
    [440.0, 1020.0, 2240.0],
    [300.0, 870.0, 2240.0],
    [640.0, 1190.0, 2390.0],
    [490.0, 1350.0, 1690.0],
];
const FOURTH_HZ: f64 = 3500.0;
/// Formant bandwidths in Hz and their strengths in a parallel synthesiser (assumed: rounded from Klatt, JASA 1980).
const WIDTH_HZ: [f64; 4] = [60.0, 90.0, 150.0, 200.0];
const STRENGTH: [f64; 4] = [1.0, 0.5, 0.25, 0.12];

#[derive(Debug)]
pub struct Babble {
    voices: Vec<Talker>,
    gain: f32,
}

#[derive(Debug)]
struct Talker {
    key: u64,
    breath: Stream,
    pitch_hz: f64,
    /// Size of the vocal tract against the table's.
    size: f64,
    syllable: Option<Syllable>,
    /// Position in the pitch period, 0 to 1.
    phase: f32,
    y1: Four,
    y2: Four,
}

/// What holds for one syllable.
#[derive(Debug, Clone, Copy)]
struct Syllable {
    turn: u64,
    for_dt_ns: f64,
    start_ns: f64,
    end_ns: f64,
    /// 0 in a pause.
    loudness: f32,
    step: f32,
    breathiness: f32,
    feed: Four,
    a1: Four,
    a2: Four,
}

impl Babble {
    pub fn new(streams: &Streams, name: &str, talkers: u32, rms_pa: f64) -> Self {
        let count = talkers.clamp(1, MOST_VOICES);
        let gain = rms_pa / (libm::sqrt(f64::from(count)) * *RMS_OF_ONE);
        Self { voices: talkers_of(streams, name, count), gain: gain as f32 }
    }

    pub fn add(&mut self, run: Run<'_>, out: &mut [f32]) {
        for voice in &mut self.voices {
            voice.add(run, self.gain, out);
        }
    }
}

fn talkers_of(streams: &Streams, name: &str, count: u32) -> Vec<Talker> {
    (0..count)
        .map(|i| {
            let name = format!("{name}/talker{i}");
            let key = streams.key(&name);
            // Half the voices are deep, half are high (typical speaking pitches of men and women, 120 and 210 Hz).
            let high = i % 2 == 1;
            let pitch_hz =
                if high { 210.0 } else { 120.0 } * (1.0 + 0.15 * f64::from(signed_at(key, u64::MAX)));
            let size = if high { 1.17 } else { 1.0 };
            let breath = streams.stream(&name);
            let (y1, y2) = (Four::ZERO, Four::ZERO);
            Talker { key, breath, pitch_hz, size, syllable: None, phase: 0.0, y1, y2 }
        })
        .collect()
}

/// The long-term RMS of a talker at gain 1: the mean over eight of them, 20 s each at 16 kHz, computed once.
static RMS_OF_ONE: LazyLock<f64> = LazyLock::new(|| {
    let (seconds, dt_ns) = (20, 62_500.0);
    let mut block = vec![0.0_f32; seconds * 16_000];
    let instants = Instants::new(0, dt_ns, block.len());
    let turn = Turn { number: 0, start_ns: 0, end_ns: u64::MAX };
    let mut energy = 0.0;
    for mut voice in talkers_of(&Streams::new(0), "babble.reference", MOST_VOICES) {
        block.fill(0.0);
        voice.add(Run { instants: &instants, from: 0, to: block.len(), turn }, 1.0, &mut block);
        energy += block.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
    }
    libm::sqrt(energy / (block.len() as f64 * f64::from(MOST_VOICES)))
});

impl Talker {
    /// When syllable `n` begins, from the turn's start.
    fn boundary_ns(&self, n: u64) -> f64 {
        let wander = if n == 0 { 0.0 } else { WANDER * f64::from(signed_at(self.key, 4 * n)) };
        (n as f64 + wander) * (1e9 / SYLLABLE_HZ)
    }

    fn syllable_at(&self, t_ns: f64, turn: &Turn, dt_ns: f64) -> Syllable {
        let since_ns = (t_ns - turn.start_ns as f64).max(0.0);
        let mut n = (since_ns * (SYLLABLE_HZ * 1e-9)) as u64;
        // A boundary wanders by less than half a syllable: the right one is at most one away.
        if since_ns < self.boundary_ns(n) {
            n = n.saturating_sub(1);
        } else if since_ns >= self.boundary_ns(n + 1) {
            n += 1;
        }
        let chance = draw_at(self.key, 4 * n + 1);
        let vowel = VOWELS[((chance >> 8) % VOWELS.len() as u64) as usize];
        let pause = (chance >> 32).is_multiple_of(PAUSE_IN);
        let mood = f64::from(signed_at(self.key, 4 * n + 2));
        let stress = f64::from(signed_at(self.key, 4 * n + 3));
        let (mut feed, mut a1, mut a2) = ([0.0; 4], [0.0; 4], [0.0; 4]);
        for lane in 0..4 {
            let hz = if lane < 3 { vowel[lane] } else { FOURTH_HZ } * self.size;
            let turns = (hz * dt_ns * 1e-9).min(0.45);
            let radius = libm::exp(-core::f64::consts::PI * WIDTH_HZ[lane] * dt_ns * 1e-9);
            let cos = libm::cos(core::f64::consts::TAU * turns);
            a1[lane] = (2.0 * radius * cos) as f32;
            a2[lane] = (-radius * radius) as f32;
            // Gain 1 at the formant: (1 - r) * sqrt(1 - 2 r cos 2w + r^2), signs alternating as in a parallel bank.
            let cos2 = 2.0 * cos * cos - 1.0;
            let peak = (1.0 - radius) * libm::sqrt(1.0 - 2.0 * radius * cos2 + radius * radius);
            let sign = if lane % 2 == 0 { 1.0 } else { -1.0 };
            feed[lane] = (sign * STRENGTH[lane] * peak) as f32;
        }
        Syllable {
            turn: turn.number,
            for_dt_ns: dt_ns,
            start_ns: turn.start_ns as f64 + self.boundary_ns(n),
            end_ns: turn.start_ns as f64 + self.boundary_ns(n + 1),
            loudness: if pause { 0.0 } else { (1.0 + 0.4 * stress) as f32 },
            step: (self.pitch_hz * (1.0 + 0.12 * mood) * dt_ns * 1e-9) as f32,
            breathiness: 0.05,
            feed: Four(feed),
            a1: Four(a1),
            a2: Four(a2),
        }
    }

    fn add(&mut self, run: Run<'_>, gain: f32, out: &mut [f32]) {
        let dt_ns = run.instants.dt_ns;
        let mut k = run.from;
        while k < run.to {
            let t_ns = run.instants.at(k);
            let syllable = match self.syllable {
                Some(now)
                    if now.turn == run.turn.number
                        && now.for_dt_ns == dt_ns
                        && t_ns >= now.start_ns
                        && t_ns < now.end_ns =>
                {
                    now
                }
                _ => {
                    let now = self.syllable_at(t_ns, &run.turn, dt_ns);
                    self.syllable = Some(now);
                    now
                }
            };
            let end = run.instants.first_at_or_after(libm::ceil(syllable.end_ns) as u64).clamp(k + 1, run.to);
            self.speak(&syllable, run.instants, k, gain, &mut out[k - run.from..end - run.from]);
            k = end;
        }
    }

    fn speak(&mut self, syllable: &Syllable, instants: &Instants, k: usize, gain: f32, out: &mut [f32]) {
        const PIECE: usize = 64;
        let Syllable { step, breathiness, feed, a1, a2, .. } = *syllable;
        let per_ns = 1.0 / (syllable.end_ns - syllable.start_ns);
        let loud = 16.0 * syllable.loudness * gain;
        let (mut y1, mut y2, mut phase) = (self.y1, self.y2, self.phase);
        let mut breath = [0.0_f32; PIECE];
        for (piece, out) in out.chunks_mut(PIECE).enumerate() {
            let breath = &mut breath[..out.len()];
            self.breath.fill_normal(breath);
            for (j, (out, breath)) in out.iter_mut().zip(breath).enumerate() {
                let t_ns = instants.at(k + piece * PIECE + j);
                let u = ((t_ns - syllable.start_ns) * per_ns) as f32;
                let hump = u * (1.0 - u);
                phase += step;
                phase = if phase >= 1.0 { phase - 1.0 } else { phase };
                // A falling saw has the 1/f harmonics of a glottis.
                let push = (0.5 - phase) + breathiness * *breath;
                let y = feed.times(Four::all(push)).add(a1.times(y1).add(a2.times(y2)));
                (y2, y1) = (y1, y);
                *out += loud * hump * hump * y.sum();
            }
        }
        (self.y1, self.y2, self.phase) = (y1, y2, phase);
    }
}
