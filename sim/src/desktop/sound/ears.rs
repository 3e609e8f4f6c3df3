//! What one hears of a run. A small thread copies out of the history what has newly happened, brings it to the card's rate
//! and leaves it in a queue; the card takes from the queue, and never waits for anybody.

use super::resampler::Resampler;
use super::{factor, join, share_per_pascal, words};
use crate::live::{Speed, Status, Watch};
use crate::parallel::lock;
use cpal::traits::{DeviceTrait, HostTrait};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use crossbeam::queue::ArrayQueue;
use rodio::{DeviceSinkBuilder, MixerDeviceSink, Source};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Whose ears one has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hears {
    #[default]
    Off,
    /// What happens at the microphone.
    World,
    /// What the node read from it.
    Node,
}

#[derive(Clone, Default)]
pub struct Wish {
    pub hears: Hears,
    pub volume_db: f32,
    pub node: usize,
    pub watch: Option<Watch>,
}

impl Wish {
    fn same_as(&self, other: &Self) -> bool {
        let watch = match (&self.watch, &other.watch) {
            (Some(a), Some(b)) => a.sees_same_as(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        watch && (self.hears, self.volume_db, self.node) == (other.hears, other.volume_db, other.node)
    }

    /// As heard by the same ears at the same place.
    fn is_elsewhere(&self, other: &Self) -> bool {
        !self.same_as(&Self { volume_db: self.volume_db, ..other.clone() })
    }
}

/// What came of a wish.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Ear {
    #[default]
    Off,
    /// Nothing is heard, and why.
    Silent(String),
    /// There is no sound card that plays, and why.
    NoCard(String),
    Sounds {
        device: String,
        rate_hz: u32,
        /// How much later it is heard than seen, about.
        behind_ms: f32,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub ear: Ear,
    /// Times that the card wanted more than there was.
    pub starved: u64,
    /// Samples that were too loud for the card, and were made to fit.
    pub limited: u64,
}

/// The thread that plays, once it is wanted.
#[derive(Default)]
pub struct Ears {
    wishes: Option<Sender<Wish>>,
    last: Wish,
    told: Arc<Mutex<Told>>,
    thread: Option<JoinHandle<()>>,
}

impl Ears {
    /// To be told as often as one likes; no card is touched before somebody wants to hear something.
    pub fn wish(&mut self, wish: Wish) {
        if self.wishes.is_none() && wish.hears == Hears::Off || wish.same_as(&self.last) {
            return;
        }
        if self.wishes.is_none() {
            let (wishes, wished) = unbounded();
            let told = self.told.clone();
            let feeder = move || feed(&wished, &told);
            self.thread = std::thread::Builder::new().name("ears".into()).spawn(feeder).ok();
            self.wishes = Some(wishes);
        }
        self.last = wish.clone();
        let _ = self.wishes.as_ref().map(|wishes| wishes.send(wish));
    }

    pub fn told(&self) -> Told {
        lock(&self.told).clone()
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.wishes = None;
        join(self.thread.take());
    }
}

/// The history is looked at so often.
const TICK: Duration = Duration::from_millis(10);
/// What should wait in the queue: the run's own pauses are shorter, even on a busy computer.
const FILL_S: f64 = 0.09;
/// With more than that it is too late for what is seen.
const MOST_FILL_S: f64 = 0.35;
/// A node reads its microphone in blocks: what it has heard is known so much later.
const NODE_LATER_NS: u64 = 150_000_000;
/// A card that was not there may come.
const AGAIN: Duration = Duration::from_secs(5);
/// A card that takes nothing for so long is gone, whether or not it says so.
const STUCK: Duration = Duration::from_secs(3);

fn feed(wished: &Receiver<Wish>, told: &Mutex<Told>) {
    let mut wish = Wish::default();
    let mut card: Option<Card> = None;
    let mut tried: Option<(Instant, String)> = None;
    let mut pull = Pull::default();
    loop {
        let wait = if wish.hears == Hears::Off { Duration::from_secs(3600) } else { TICK };
        match wished.recv_timeout(wait) {
            Ok(new) => {
                if new.is_elsewhere(&wish) {
                    pull.forget();
                    card.iter().for_each(Card::hush);
                }
                wish = new;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let why = card.as_mut().and_then(Card::lost);
        if let Some(why) = why {
            card = None;
            tried = Some((Instant::now(), why));
        }
        if wish.hears == Hears::Off {
            (card, tried) = (None, None);
            *lock(told) = Told::default();
            continue;
        }
        let Some(watch) = &wish.watch else { continue };
        if card.is_none() && tried.as_ref().is_none_or(|(at, _)| at.elapsed() > AGAIN) {
            match Card::open() {
                Ok(opened) => (card, tried) = (Some(opened), None),
                Err(why) => tried = Some((Instant::now(), why)),
            }
        }
        let ear = match (&card, &tried) {
            (Some(card), _) => {
                card.pipe.volume.store(factor(wish.volume_db).to_bits(), Relaxed);
                match silent(&watch.status()) {
                    Some(why) => {
                        pull.forget();
                        card.hush();
                        Ear::Silent(why)
                    }
                    None => card.feed(&mut pull, watch, &wish),
                }
            }
            (None, Some((_, why))) => Ear::NoCard(why.clone()),
            (None, None) => continue,
        };
        let pipe = card.as_ref().map(|card| &card.pipe);
        let count = |of: fn(&Pipe) -> &AtomicU64| pipe.map_or(0, |pipe| of(pipe).load(Relaxed));
        *lock(told) =
            Told { ear, starved: count(|pipe| &pipe.starved), limited: count(|pipe| &pipe.limited) };
    }
}

/// Why nothing can be heard of a run that is so.
fn silent(status: &Status) -> Option<String> {
    if status.seeking.is_some() {
        return Some("silent: on the way to another time".into());
    }
    if !status.playing {
        return Some("silent: the run is paused".into());
    }
    match status.speed {
        Speed::Times(1.0) => None,
        Speed::Times(times) => {
            Some(format!("silent: the run plays at {times}x, and sound is true at 1x only"))
        }
        Speed::Max => Some("silent: the run goes as fast as it can, and sound is true at 1x only".into()),
    }
}

/// Where the history has been copied to.
#[derive(Default)]
struct Pull {
    cursor_ns: Option<u64>,
    run: u64,
    resampler: Option<(f64, Resampler)>,
    slow: f32,
    block: Vec<f32>,
    out: Vec<f32>,
}

impl Pull {
    fn forget(&mut self) {
        self.cursor_ns = None;
        self.slow = 0.0;
        self.resampler.iter_mut().for_each(|(_, resampler)| resampler.clear());
    }

    /// What has happened since the last time, in shares of full scale; and at which rate. Where the node read nothing
    /// there is silence.
    fn take(&mut self, watch: &Watch, node: usize, hears: Hears) -> Option<f64> {
        self.block.clear();
        let run = watch.status().run;
        if run != self.run {
            self.forget();
            self.run = run;
        }
        let history = watch.history();
        let seen = history.node(node)?;
        let (series, later_ns) =
            if hears == Hears::Node { (&seen.heard, NODE_LATER_NS) } else { (&seen.sound, 0) };
        let to_ns = history.now_ns.saturating_sub(later_ns);
        let step_ns = series.step_ns().unwrap_or(62_500.0);
        let near = |cursor: &u64| (*cursor..cursor + 500_000_000).contains(&to_ns);
        let cursor_ns = match self.cursor_ns.filter(near) {
            Some(cursor_ns) => cursor_ns,
            None => {
                self.forget();
                to_ns
            }
        };
        let (start_ns, samples) = series.samples(cursor_ns, to_ns);
        drop(history);
        let steps = |from_ns: f64, to_ns: f64| ((to_ns - from_ns) / step_ns).max(0.0) as usize;
        if !samples.is_empty() {
            self.block.resize(steps(cursor_ns as f64, start_ns as f64), 0.0);
        }
        let end_ns = start_ns as f64 + samples.len() as f64 * step_ns;
        self.block.extend(samples);
        // The last one or two may only not be there yet.
        let missing = steps(end_ns, to_ns as f64);
        let filled = if missing > 2 { missing } else { 0 };
        self.block.extend(std::iter::repeat_n(0.0, filled));
        let next_ns = end_ns + filled as f64 * step_ns;
        // Half a sample early, so that the next one is not missed for a nanosecond.
        let early = if self.block.is_empty() { 0.0 } else { 0.5 * step_ns };
        self.cursor_ns = Some((next_ns - early) as u64);
        if hears == Hears::World {
            let share = share_per_pascal();
            self.block.iter_mut().for_each(|sample| *sample *= share);
        } else {
            // Chips of this kind have an offset: it would click at each begin and end.
            const SLOWNESS: f32 = 0.005;
            for sample in &mut self.block {
                self.slow += SLOWNESS * (*sample - self.slow);
                *sample -= self.slow;
            }
        }
        Some(1e9 / step_ns)
    }
}

/// What the card's thread and ours share: no lock.
struct Pipe {
    queue: ArrayQueue<f32>,
    /// There is enough to begin with.
    runs: AtomicBool,
    volume: AtomicU32,
    /// Frames that the card took.
    played: AtomicU64,
    starved: AtomicU64,
    limited: AtomicU64,
}

struct Card {
    /// Plays until it is dropped.
    _sink: MixerDeviceSink,
    pipe: Arc<Pipe>,
    failed: Arc<Mutex<Option<String>>>,
    name: String,
    rate_hz: u32,
    /// What the card itself holds.
    own_s: f64,
    progress: (u64, Instant),
}

impl Card {
    fn open() -> Result<Self, String> {
        super::hush();
        let device = cpal::default_host()
            .default_output_device()
            .ok_or("the system names no sound card to play on")?;
        let name =
            device.description().map(|it| it.name().to_string()).unwrap_or_else(|_| "sound card".into());
        let failed = Arc::new(Mutex::new(None));
        let theirs = failed.clone();
        let builder = DeviceSinkBuilder::from_device(device).map_err(|error| words(&error))?;
        let builder = builder.with_error_callback(move |error: cpal::Error| {
            // A card that was late once goes on.
            let passing = matches!(
                error.kind(),
                cpal::ErrorKind::Xrun | cpal::ErrorKind::DeviceChanged | cpal::ErrorKind::RealtimeDenied
            );
            if !passing && let Ok(mut failed) = theirs.try_lock() {
                failed.get_or_insert_with(|| error.to_string());
            }
        });
        let mut sink = builder.open_stream().map_err(|error| words(&error))?;
        sink.log_on_drop(false);
        let config = *sink.config();
        let rate_hz = config.sample_rate().get();
        let own_s = match config.buffer_size() {
            cpal::BufferSize::Fixed(frames) => 2.0 * f64::from(*frames) / f64::from(rate_hz),
            cpal::BufferSize::Default => 0.0,
        };
        let pipe = Arc::new(Pipe {
            queue: ArrayQueue::new(rate_hz as usize / 2),
            runs: AtomicBool::new(false),
            volume: AtomicU32::new(0f32.to_bits()),
            played: AtomicU64::new(0),
            starved: AtomicU64::new(0),
            limited: AtomicU64::new(0),
        });
        sink.mixer().add(Tap {
            pipe: pipe.clone(),
            channels: config.channel_count(),
            rate: config.sample_rate(),
            channel: 0,
            value: 0.0,
            heard: 0.0,
            gain: 0.0,
            volume: 0.0,
        });
        Ok(Self { _sink: sink, pipe, failed, name, rate_hz, own_s, progress: (0, Instant::now()) })
    }

    /// Why it plays no more.
    fn lost(&mut self) -> Option<String> {
        if let Some(why) = lock(&self.failed).take() {
            return Some(format!("{} went away: {why}", self.name));
        }
        let played = self.pipe.played.load(Relaxed);
        if played != self.progress.0 {
            self.progress = (played, Instant::now());
        }
        (self.progress.1.elapsed() > STUCK)
            .then(|| format!("{} has taken nothing for {} s", self.name, STUCK.as_secs()))
    }

    fn hush(&self) {
        self.pipe.runs.store(false, Relaxed);
        while self.pipe.queue.pop().is_some() {}
    }

    fn feed(&self, pull: &mut Pull, watch: &Watch, wish: &Wish) -> Ear {
        let rate = f64::from(self.rate_hz);
        let Some(from_hz) = pull.take(watch, wish.node, wish.hears) else {
            return Ear::Silent("silent: there is no such node".into());
        };
        if pull.resampler.as_ref().is_none_or(|(known, _)| (known / from_hz - 1.0).abs() > 1e-3) {
            pull.resampler = Some((from_hz, Resampler::new(from_hz, rate)));
        }
        let fill_s = self.pipe.queue.len() as f64 / rate;
        // The card's clock and the computer's disagree by some ppm: at most 0.5 per mille, a hundredth of a semitone.
        let faster = 1.0 + (0.0005 * (fill_s - FILL_S) / FILL_S).clamp(-0.0005, 0.0005);
        let Pull { resampler, block, out, .. } = pull;
        out.clear();
        if let Some((_, resampler)) = resampler {
            resampler.push(block, faster, out);
        }
        // The run had stood and made up for it: what is too late is left out.
        if fill_s > MOST_FILL_S {
            let surplus = ((fill_s - FILL_S) * rate) as usize;
            for _ in 0..surplus {
                self.pipe.queue.pop();
            }
        }
        for sample in out.iter() {
            let _ = self.pipe.queue.push(*sample);
        }
        let fill_s = self.pipe.queue.len() as f64 / rate;
        if fill_s >= FILL_S {
            self.pipe.runs.store(true, Relaxed);
        }
        let later_s = if wish.hears == Hears::Node { NODE_LATER_NS as f64 * 1e-9 } else { 0.0 };
        Ear::Sounds {
            device: self.name.clone(),
            rate_hz: self.rate_hz,
            behind_ms: ((fill_s + later_s + self.own_s) * 1e3) as f32,
        }
    }
}

/// What the card pulls: the queue, with volume, without clicks.
struct Tap {
    pipe: Arc<Pipe>,
    channels: NonZero<u16>,
    rate: NonZero<u32>,
    channel: u16,
    /// The last sample that was there.
    value: f32,
    heard: f32,
    /// Fades in and out as there is something to hear.
    gain: f32,
    volume: f32,
}

/// How a peak approaches full scale: straight to 0.8, then bent.
fn bent(sample: f32) -> f32 {
    const STRAIGHT: f32 = 0.8;
    let over = sample.abs() - STRAIGHT;
    if over <= 0.0 {
        return sample;
    }
    (STRAIGHT + (1.0 - STRAIGHT) * (over / (1.0 - STRAIGHT)).tanh()).copysign(sample)
}

impl Iterator for Tap {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if self.channel == 0 {
            let pipe = &self.pipe;
            pipe.played.fetch_add(1, Relaxed);
            let mut runs = pipe.runs.load(Relaxed);
            if runs {
                match pipe.queue.pop() {
                    Some(sample) => self.value = sample,
                    None => {
                        runs = false;
                        pipe.starved.fetch_add(1, Relaxed);
                        pipe.runs.store(false, Relaxed);
                    }
                }
            }
            // 5 ms.
            let step = 200.0 / self.rate.get() as f32;
            let wanted = if runs { 1.0 } else { 0.0 };
            self.gain += (wanted - self.gain).clamp(-step, step);
            self.volume += (f32::from_bits(pipe.volume.load(Relaxed)) - self.volume) * 0.25 * step;
            let loud = self.value * self.gain * self.volume;
            if loud.abs() > 1.0 {
                pipe.limited.fetch_add(1, Relaxed);
            }
            self.heard = bent(loud);
        }
        self.channel = (self.channel + 1) % self.channels.get();
        Some(self.heard)
    }
}

impl Source for Tap {
    fn current_span_len(&self) -> Option<usize> {
        None
    }
    fn channels(&self) -> NonZero<u16> {
        self.channels
    }
    fn sample_rate(&self) -> NonZero<u32> {
        self.rate
    }
    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tap(queue: &[f32]) -> Tap {
        let pipe = Pipe {
            queue: ArrayQueue::new(48_000),
            runs: AtomicBool::new(true),
            volume: AtomicU32::new(1f32.to_bits()),
            played: AtomicU64::new(0),
            starved: AtomicU64::new(0),
            limited: AtomicU64::new(0),
        };
        queue.iter().for_each(|sample| pipe.queue.push(*sample).unwrap());
        Tap {
            pipe: Arc::new(pipe),
            channels: NonZero::new(2).unwrap(),
            rate: NonZero::new(48_000).unwrap(),
            channel: 0,
            value: 0.0,
            heard: 0.0,
            gain: 0.0,
            volume: 1.0,
        }
    }

    #[test]
    fn it_fades_in_is_on_both_sides_and_fades_out_where_nothing_comes() {
        let mut tap = tap(&[0.5; 1_000]);
        let heard: Vec<f32> = tap.by_ref().take(2 * 2_000).collect();
        assert!(heard.chunks(2).all(|frame| frame[0] == frame[1]));
        assert!((heard[2 * 900] - 0.5).abs() < 1e-3);
        assert!(heard.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01), "no click");
        assert_eq!(heard[2 * 1_999], 0.0);
        assert_eq!(tap.pipe.starved.load(Relaxed), 1);
        assert_eq!(tap.pipe.played.load(Relaxed), 2_000);
    }

    #[test]
    fn too_loud_is_made_to_fit_and_counted() {
        let mut tap = tap(&[3.0; 1_000]);
        assert!(tap.by_ref().take(2_000).all(|sample| sample.abs() <= 1.0));
        assert!(tap.pipe.limited.load(Relaxed) > 500);
        assert_eq!(bent(0.7), 0.7);
        assert!(bent(-0.9) > -0.9 && bent(-0.9) < -0.8);
    }

    #[test]
    fn silence_has_its_reasons() {
        let mut status = Status {
            now_ns: 0,
            end_ns: 1,
            playing: true,
            speed: Speed::Times(1.0),
            looping: false,
            seeking: None,
            engine_speed: 0.0,
            behind_ns: 0,
            most_behind_ns: 0,
            deeds: 0,
            heard_live: false,
            writing: false,
            refused: None,
            notice: None,
            run: 0,
            trace_hash: None,
            answered: 0,
        };
        assert_eq!(silent(&status), None);
        status.speed = Speed::Times(10.0);
        assert!(silent(&status).unwrap().contains("10x"));
        status.playing = false;
        assert!(silent(&status).unwrap().contains("paused"));
    }
}
