//! The desktop's own microphone: its level, and what a node hears of it.
//!
//! The card's thread measures each block, brings it to the node's rate and pushes it a little ahead of the run's time
//! ([`Live`]); how much ahead follows from what came too late before.

use super::resampler::Resampler;
use super::{decibels, join, words};
use crate::engine::{LIVE_FULL_SCALE_DB, LIVE_RATE_HZ, Live};
use crate::parallel::lock;
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{Data, Sample, SampleFormat};
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A microphone that the system knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// As the system calls it, and as it is chosen by.
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    #[default]
    Off,
    Opening,
    Listens {
        device: String,
        rate_hz: u32,
        channels: u16,
    },
    /// Nothing comes in, and why.
    Lost(String),
}

#[derive(Clone, Debug, Default)]
pub struct Told {
    pub state: State,
    /// What was found, once somebody had it looked for.
    pub devices: Option<Result<Vec<Device>, String>>,
}

/// How loud it is, in dBFS: a full-scale sine has an RMS of 0 dBFS (AES17) and a peak of 0 dBFS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    pub rms_dbfs: f32,
    pub peak_dbfs: f32,
    /// Samples at full scale.
    pub clipped: u64,
}

enum Ask {
    Look,
    Start(Option<String>),
    Stop,
}

/// What the card's thread leaves for others.
struct Shared {
    told: Mutex<Told>,
    mean_square: AtomicU32,
    peak: AtomicU32,
    clipped: AtomicU64,
    blocks: AtomicU64,
    /// Full scale of the card, as a share of what is full scale to a node.
    gain: AtomicU32,
    lead_ns: AtomicU64,
    /// Who hears it.
    target: Mutex<Option<Live>>,
}

/// The thread that listens, once it is wanted.
pub struct Microphone {
    asks: Option<Sender<Ask>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Default for Microphone {
    fn default() -> Self {
        let shared = Shared {
            told: Mutex::default(),
            mean_square: AtomicU32::new(0),
            peak: AtomicU32::new(0),
            clipped: AtomicU64::new(0),
            blocks: AtomicU64::new(0),
            gain: AtomicU32::new(0),
            lead_ns: AtomicU64::new(0),
            target: Mutex::default(),
        };
        let microphone = Self { asks: None, shared: Arc::new(shared), thread: None };
        microphone.calibrate(super::microphone::USUAL_DBFS);
        microphone
    }
}

/// What 94 dB SPL is on many digital microphones: their data sheets' -26 dBFS. A desktop's gain control is not in it.
pub const USUAL_DBFS: f32 = -26.0;

impl Microphone {
    fn ask(&mut self, ask: Ask) {
        if self.asks.is_none() {
            let (asks, asked) = unbounded();
            let shared = self.shared.clone();
            let listener = move || listen(&asked, &shared);
            self.thread = std::thread::Builder::new().name("microphone".into()).spawn(listener).ok();
            self.asks = Some(asks);
        }
        let _ = self.asks.as_ref().map(|asks| asks.send(ask));
    }

    /// Has the system asked which microphones there are.
    pub fn look(&mut self) {
        self.ask(Ask::Look);
    }

    /// Opens one by its id, or the one that the system takes by itself.
    pub fn start(&mut self, device: Option<String>) {
        lock(&self.shared.told).state = State::Opening;
        self.ask(Ask::Start(device));
    }

    pub fn stop(&mut self) {
        if self.asks.is_some() {
            self.ask(Ask::Stop);
        }
    }

    pub fn told(&self) -> Told {
        lock(&self.shared.told).clone()
    }

    pub fn listens(&self) -> bool {
        matches!(lock(&self.shared.told).state, State::Listens { .. })
    }

    /// 94 dB SPL is so many dBFS of it.
    pub fn calibrate(&self, reference_dbfs: f32) {
        let full_scale_db = 94.0 - reference_dbfs;
        self.shared.gain.store(super::factor(full_scale_db - LIVE_FULL_SCALE_DB).to_bits(), Relaxed);
    }

    /// Who hears it; it is heard while that one's live sound goes on.
    pub fn give_to(&self, target: Option<Live>) {
        *lock(&self.shared.target) = target;
    }

    /// Fast, as sound level meters are: 125 ms; the peak falls by 20 dB a second.
    pub fn level(&self) -> Level {
        let of = |value: &AtomicU32| f32::from_bits(value.load(Relaxed));
        Level {
            rms_dbfs: decibels((2.0 * of(&self.shared.mean_square)).sqrt()),
            peak_dbfs: decibels(of(&self.shared.peak)),
            clipped: self.shared.clipped.load(Relaxed),
        }
    }

    /// How much later than the room the node hears it, without the card's own delay.
    pub fn lead_ms(&self) -> f64 {
        self.shared.lead_ns.load(Relaxed) as f64 * 1e-6
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.asks = None;
        join(self.thread.take());
    }
}

/// A microphone that gives nothing for so long is gone, whether or not it says so.
const STUCK: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(50);

struct Open {
    /// Listens until it is dropped.
    _stream: cpal::Stream,
    failed: Arc<Mutex<Option<String>>>,
    name: String,
    progress: (u64, Instant),
}

fn listen(asked: &Receiver<Ask>, shared: &Arc<Shared>) {
    let mut open: Option<Open> = None;
    loop {
        let wait = if open.is_some() { TICK } else { Duration::from_secs(3600) };
        match asked.recv_timeout(wait) {
            Ok(Ask::Look) => lock(&shared.told).devices = Some(devices()),
            Ok(Ask::Start(device)) => {
                // Some cards open once only.
                drop(open.take());
                let state = match Open::new(device.as_deref(), shared) {
                    Ok((opened, state)) => {
                        open = Some(opened);
                        state
                    }
                    Err(why) => State::Lost(why),
                };
                lock(&shared.told).state = state;
            }
            Ok(Ask::Stop) => {
                open = None;
                shared.quiet();
                lock(&shared.told).state = State::Off;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let lost = open.as_mut().and_then(|open| open.lost(shared));
        if let Some(why) = lost {
            open = None;
            shared.quiet();
            lock(&shared.told).state = State::Lost(why);
        }
    }
}

fn devices() -> Result<Vec<Device>, String> {
    super::hush();
    let found = cpal::default_host().input_devices().map_err(|error| words(&error))?;
    let known = found.filter_map(|device| {
        let id = device.id().ok()?.to_string();
        let name = device.description().map_or_else(|_| id.clone(), |it| it.name().to_string());
        Some(Device { id, name })
    });
    Ok(known.collect())
}

impl Shared {
    fn quiet(&self) {
        self.mean_square.store(0, Relaxed);
        self.peak.store(0, Relaxed);
    }
}

impl Open {
    fn new(id: Option<&str>, shared: &Arc<Shared>) -> Result<(Self, State), String> {
        super::hush();
        let host = cpal::default_host();
        let device = match id {
            None => host.default_input_device().ok_or("the system names no microphone")?,
            Some(id) => {
                let known = id.parse().ok().and_then(|id| host.device_by_id(&id));
                known.ok_or_else(|| format!("{id} is not there any more: look again"))?
            }
        };
        let name = device.description().map_or_else(|_| "microphone".into(), |it| it.name().to_string());
        let known = device.default_input_config().map_err(|error| words(&error))?;
        let (format, mut config) = (known.sample_format(), known.config());
        let failed = Arc::new(Mutex::new(None));
        let begin = |config: cpal::StreamConfig| {
            let mut taker = Taker::new(shared.clone(), config.sample_rate, config.channels);
            let theirs = failed.clone();
            let taken = move |data: &Data, _: &cpal::InputCallbackInfo| taker.take(data);
            let fault = move |error: cpal::Error| {
                let passing = matches!(
                    error.kind(),
                    cpal::ErrorKind::Xrun | cpal::ErrorKind::DeviceChanged | cpal::ErrorKind::RealtimeDenied
                );
                if !passing && let Ok(mut failed) = theirs.try_lock() {
                    failed.get_or_insert_with(|| error.to_string());
                }
            };
            device.build_input_stream_raw(config, format, taken, fault, None)
        };
        // Blocks of 20 ms, where the card can: the node hears the sooner.
        let usual = config;
        config.buffer_size = cpal::BufferSize::Fixed(config.sample_rate / 50);
        let stream = begin(config).or_else(|_| begin(usual)).map_err(|error| words(&error))?;
        stream.play().map_err(|error| words(&error))?;
        let state =
            State::Listens { device: name.clone(), rate_hz: config.sample_rate, channels: config.channels };
        let progress = (shared.blocks.load(Relaxed), Instant::now());
        Ok((Self { _stream: stream, failed, name, progress }, state))
    }

    fn lost(&mut self, shared: &Shared) -> Option<String> {
        if let Some(why) = lock(&self.failed).take() {
            return Some(format!("{} went away: {why}", self.name));
        }
        let blocks = shared.blocks.load(Relaxed);
        if blocks != self.progress.0 {
            self.progress = (blocks, Instant::now());
        }
        (self.progress.1.elapsed() > STUCK)
            .then(|| format!("{} has given nothing for {} s", self.name, STUCK.as_secs()))
    }
}

/// On the card's thread.
struct Taker {
    shared: Arc<Shared>,
    rate_hz: f32,
    channels: usize,
    resampler: Resampler,
    pacer: Pacer,
    mono: Vec<f32>,
    out: Vec<f32>,
}

impl Taker {
    fn new(shared: Arc<Shared>, rate_hz: u32, channels: u16) -> Self {
        Self {
            shared,
            rate_hz: rate_hz as f32,
            channels: usize::from(channels.max(1)),
            resampler: Resampler::new(f64::from(rate_hz), f64::from(LIVE_RATE_HZ)),
            pacer: Pacer::default(),
            mono: Vec::new(),
            out: Vec::new(),
        }
    }

    fn take(&mut self, data: &Data) {
        let channels = self.channels;
        let mono = &mut self.mono;
        mono.clear();
        macro_rules! mix {
            ($($format:ident $type:ty),+) => {
                match data.sample_format() {
                    $(SampleFormat::$format => {
                        let samples = data.as_slice::<$type>().unwrap_or(&[]);
                        mono.extend(samples.chunks_exact(channels).map(|frame| {
                            frame.iter().map(|sample| sample.to_sample::<f32>()).sum::<f32>() / channels as f32
                        }));
                    })+
                    _ => {}
                }
            };
        }
        mix!(F32 f32, F64 f64, I8 i8, I16 i16, I24 cpal::I24, I32 i32, U8 u8, U16 u16, U24 cpal::U24, U32 u32);
        self.measure();
        self.give();
        self.shared.blocks.fetch_add(1, Relaxed);
    }

    fn measure(&self) {
        let Self { shared, mono, rate_hz, .. } = self;
        let count = mono.len() as f32;
        if mono.is_empty() {
            return;
        }
        let mean = mono.iter().map(|sample| sample * sample).sum::<f32>() / count;
        let keep = (-count / (0.125 * rate_hz)).exp();
        let before = f32::from_bits(shared.mean_square.load(Relaxed));
        shared.mean_square.store((keep * before + (1.0 - keep) * mean).to_bits(), Relaxed);
        let fallen = f32::from_bits(shared.peak.load(Relaxed)) * super::factor(-20.0 * count / rate_hz);
        let peak = mono.iter().fold(fallen, |peak, sample| peak.max(sample.abs()));
        shared.peak.store(peak.to_bits(), Relaxed);
        let clipped = mono.iter().filter(|sample| sample.abs() >= 0.9999).count();
        shared.clipped.fetch_add(clipped as u64, Relaxed);
    }

    fn give(&mut self) {
        let Self { shared, resampler, pacer, mono, out, .. } = self;
        let target = lock(&shared.target).clone();
        let Some(live) = target.filter(Live::goes_on) else {
            pacer.forget();
            resampler.clear();
            return;
        };
        out.clear();
        resampler.push(mono, pacer.faster(live.fixed_ns()), out);
        let gain = f32::from_bits(shared.gain.load(Relaxed));
        out.iter_mut().for_each(|sample| *sample *= gain);
        if let Some(at_ns) = pacer.place(live.fixed_ns(), out.len()) {
            live.push(at_ns, out);
        }
        shared.lead_ns.store(pacer.lead_ns, Relaxed);
    }
}

/// Where in the run's time the next samples belong: one after the other, and a little ahead.
#[derive(Debug)]
struct Pacer {
    next_ns: Option<u64>,
    /// So far ahead of what is fixed they should lie.
    lead_ns: u64,
    /// What was fixed when it last moved, and samples since.
    stood: (u64, u64),
}

impl Default for Pacer {
    fn default() -> Self {
        Self { next_ns: None, lead_ns: LEAD_NS, stood: (0, 0) }
    }
}

const LEAD_NS: u64 = 80_000_000;
const MOST_LEAD_NS: u64 = 500_000_000;
/// Somebody has paused the run: what is said meanwhile is not heard.
const PAUSED: u64 = LIVE_RATE_HZ as u64 / 4;

impl Pacer {
    fn forget(&mut self) {
        *self = Self::default();
    }

    /// The card's clock and the run's disagree by some ppm.
    fn faster(&self, fixed_ns: u64) -> f64 {
        let Some(next_ns) = self.next_ns else { return 1.0 };
        let lead = next_ns.saturating_sub(fixed_ns) as f64 / self.lead_ns as f64;
        1.0 + (0.0005 * (lead - 1.0)).clamp(-0.0005, 0.0005)
    }

    fn place(&mut self, fixed_ns: u64, count: usize) -> Option<u64> {
        if fixed_ns != self.stood.0 {
            self.stood = (fixed_ns, 0);
        }
        self.stood.1 += count as u64;
        if self.stood.1 > PAUSED {
            self.next_ns = None;
            return None;
        }
        let at_ns = match self.next_ns {
            Some(next_ns) if next_ns < fixed_ns => {
                // It came too late: the next time there is more to spare.
                self.lead_ns = (self.lead_ns * 3 / 2).min(MOST_LEAD_NS / 2);
                fixed_ns + self.lead_ns
            }
            Some(next_ns) if next_ns < fixed_ns + MOST_LEAD_NS => next_ns,
            _ => fixed_ns + self.lead_ns,
        };
        self.next_ns = Some(at_ns + count as u64 * 1_000_000_000 / u64::from(LIVE_RATE_HZ));
        Some(at_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn samples_follow_each_other_a_little_ahead_of_the_run() {
        let mut pacer = Pacer::default();
        assert_eq!(pacer.place(100 * MS, 320), Some(180 * MS));
        assert_eq!(pacer.place(120 * MS, 320), Some(200 * MS));
        assert!((pacer.faster(140 * MS) - 1.0).abs() < 1e-9);
        assert!(pacer.faster(100 * MS) > 1.0, "too far ahead: fewer samples");
        // The run was held up, and hurried on: what comes now would be late.
        assert_eq!(pacer.place(400 * MS, 320), Some(520 * MS));
        assert_eq!(pacer.lead_ns, 120 * MS);
    }

    #[test]
    fn what_is_said_in_a_pause_is_not_heard_after_it() {
        let mut pacer = Pacer::default();
        let given = (0..20).filter_map(|_| pacer.place(MS, 320)).count();
        assert_eq!(given, 12, "a quarter of a second");
        assert_eq!(pacer.place(2 * MS, 320), Some(82 * MS));
    }

    #[test]
    fn a_full_scale_sine_is_0_dbfs_by_both_measures() {
        let microphone = Microphone::default();
        let mut taker = Taker::new(microphone.shared.clone(), 48_000, 1);
        for block in 0..100 {
            let at = |n: usize| (std::f32::consts::TAU * 1_000.0 * (block * 480 + n) as f32 / 48_000.0).sin();
            taker.mono = (0..480).map(|n| 0.1 * at(n)).collect();
            taker.measure();
        }
        let level = microphone.level();
        assert!((level.rms_dbfs + 20.0).abs() < 0.1 && (level.peak_dbfs + 20.0).abs() < 0.1, "{level:?}");
        assert_eq!(level.clipped, 0);
        // 94 dB SPL at -26 dBFS: full scale is 120 dB, 10 dB above that of what a node hears live.
        let gain = f32::from_bits(microphone.shared.gain.load(Relaxed));
        assert!((decibels(gain) - 10.0).abs() < 1e-3);
    }
}
