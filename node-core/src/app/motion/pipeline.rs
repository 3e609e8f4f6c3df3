//! From the IMU's FIFO to events and classes.

use super::classify::{STILL, activity, classify, features, is_still, rhythm_samples};
use super::detectors::{Detectors, Found, milli};
use super::history::History;
use super::learn::{Gestures, KNOWN_BYTES, LearnRoom, NAMES, Told};
use super::record::Minute;
use super::trained::Trained;
use super::{Config, MAX_WINDOW};
use crate::app::imu::{self, Feels, Rhythm, Span};
use crate::app::kept::{GESTURES, Kept};
use crate::app::panel::{Button, Panel};
use crate::app::recogniser::Class;
use crate::app::retained::Retained;
use crate::board::{Board, Events};
use crate::drivers::mpu6886::{Mpu6886, Records, Scale, regs};
use crate::dsp::tilt::Angles;
use crate::event::Event;
use crate::meter::{Kernel, Meter, Stage};
use crate::storage::{Buffer, MAX_VALUE};
use crate::time::{Clock, Duration, Instant};
use crate::ui::motion::View;
use core::convert::Infallible;
use core::future::pending;
use embedded_hal_async::i2c::I2c;

const MOTION: Stage = Stage("motion");
/// Records of a full FIFO.
const MAX_RECORDS: usize = regs::FIFO_BYTES / regs::RECORD_ACCEL_GYRO_BYTES;
const MINUTE: Duration = Duration::from_secs(60);
const _: () = assert!(KNOWN_BYTES <= MAX_VALUE);

/// One record, scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    pub g: [f32; 3],
    /// Length of `g`.
    pub magnitude: f32,
    /// Squared rate of turning, (degrees/s)².
    pub turning: f32,
}

impl View {
    /// Before anything moved.
    pub fn dark(steps: u32) -> Self {
        Self {
            class: "-",
            confidence_percent: 0,
            lesson: None,
            steps,
            activity_mg: 0,
            face: "",
            accel_mg: [0; 3],
            gyro_dps: [0; 3],
            pitch_deg: 0,
            roll_deg: 0,
        }
    }
}

/// What is large, all zeros to begin with. Apart from what has to be computed, so that it comes to life where it stays: a
/// struct with both would be built on the stack and copied, and take twice its size of the node's stack.
struct Room {
    samples: [Sample; MAX_RECORDS],
    scratch: [f32; MAX_WINDOW],
    history: [[f32; MAX_WINDOW]; 2],
    learn: LearnRoom,
}

impl Room {
    const EMPTY: Self = Self {
        samples: [Sample { g: [0.0; 3], magnitude: 0.0, turning: 0.0 }; MAX_RECORDS],
        scratch: [0.0; MAX_WINDOW],
        history: [[0.0; MAX_WINDOW]; 2],
        learn: LearnRoom::EMPTY,
    };
}

/// Everything between a burst and what is told of it.
struct Chain<'r, 'm> {
    scale: Scale,
    rate_hz: f32,
    window: usize,
    /// By the chip's nominal clock: a percent of a window is less than a sample's jitter in a single read.
    window_length: Duration,
    still_below_g: f32,
    samples: &'r mut [Sample; MAX_RECORDS],
    detectors: Detectors,
    history: History<'r>,
    scratch: &'r mut [f32; MAX_WINDOW],
    /// A shake was told, and the windows since have not been calm.
    shaking: bool,
    /// In the place of the rules.
    trained: Option<&'r mut Trained<'m>>,
    /// Beside either.
    gestures: Option<Gestures<'r>>,
    minute: Minute,
}

impl<'r, 'm> Chain<'r, 'm> {
    fn new(
        config: &Config,
        scale: Scale,
        steps_before: u32,
        trained: Option<&'r mut Trained<'m>>,
        room: &'r mut Room,
        stored: usize,
    ) -> Self {
        let rate_hz = 1e6 / config.odr().period_us() as f32;
        let window = config.window_samples();
        let length = trained.as_ref().map_or(window, |trained| trained.window());
        Self {
            scale,
            rate_hz,
            window,
            window_length: Duration::from_micros(length as u64 * u64::from(config.odr().period_us())),
            still_below_g: f32::from(config.still_below_mg.max(1)) * 1e-3,
            samples: &mut room.samples,
            detectors: Detectors::new(rate_hz, steps_before),
            history: History::new(
                window.max(rhythm_samples(rate_hz)),
                config.hop_samples(),
                &mut room.history,
            ),
            scratch: &mut room.scratch,
            shaking: false,
            trained,
            gestures: if config.learn { Gestures::new(rate_hz, &mut room.learn, stored) } else { None },
            minute: Minute::starting_at(steps_before),
        }
    }

    /// Scales the records; returns how many there were.
    fn parse<M: Meter>(&mut self, meter: &M, records: Records<'_>) -> usize {
        meter.measure(Stage("parse"), |work| {
            let (per_g, per_dps) = (self.scale.g_per_lsb, self.scale.dps_per_lsb);
            let mut count = 0;
            for (sample, record) in self.samples.iter_mut().zip(records) {
                let g = record.accel.map(|raw| f32::from(raw) * per_g);
                let dps = record.gyro.map(|raw| f32::from(raw) * per_dps);
                let square = |v: [f32; 3]| v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
                *sample = Sample { g, magnitude: libm::sqrtf(square(g)), turning: square(dps) };
                count += 1;
            }
            work.add(Kernel::FifoParse, count);
            count
        })
    }

    fn detect<M: Meter>(&mut self, meter: &M, span: Span) -> Found {
        meter.measure(Stage("detect"), |work| {
            let mut found = Found::new();
            for (index, sample) in self.samples[..span.count].iter().enumerate() {
                self.detectors.push(sample, || span.at(index), &mut found);
            }
            work.add(Kernel::MotionDetectors, span.count);
            found
        })
    }

    /// Gestures that are shown or recognised in these samples; what came of it is told and, if anything did, to be kept.
    fn gestures(
        &mut self,
        span: Span,
        panel: &Panel<View>,
        meter: &impl Meter,
        events: &impl Events,
    ) -> bool {
        let Some(gestures) = &mut self.gestures else { return false };
        let told = match panel.take_hold() {
            Some(Button::A) => gestures.begin_or_end().unwrap_or_else(|_| {
                // Nothing is forgotten unasked.
                events.emit(Event::Custom { name: "gestures-full", at: span.to, value: NAMES.len() as i32 });
                None
            }),
            Some(Button::B) => gestures.forget(),
            None => None,
        };
        let samples = &self.samples[..span.count];
        let shown = meter.measure(Stage("gestures"), |work| {
            work.add(Kernel::Copy, 3 * size_of::<f32>() * span.count);
            samples
                .iter()
                .filter_map(|sample| gestures.push(sample.g).then(|| gestures.judge(work)).flatten())
                .last()
        });
        if panel.lit().is_some() {
            panel.view.borrow_mut().lesson = gestures.lesson();
        }
        for told in [told, shown].into_iter().flatten() {
            panel.blink();
            events.emit(match told {
                Told::Learnt { class, examples } => Event::Learnt { class, examples },
                Told::Forgotten { class } => Event::Forgotten { class },
            });
        }
        told.or(shown).is_some()
    }

    /// Names each window that ends within these samples.
    fn classes<B: Board>(&mut self, span: Span, panel: &Panel<View>, meter: &B::Meter, events: &B::Events) {
        let mut done = 0;
        while done < span.count {
            let rest = &self.samples[done..span.count];
            let history = &mut self.history;
            let (taken, full) = meter.measure(Stage("window"), |work| {
                let taken = history.extend(rest);
                // What is kept moves up to make room.
                work.add(Kernel::Copy, 2 * size_of::<f32>() * (history.len() + taken));
                (taken, history.hop_is_full())
            });
            done += taken;
            if !full {
                continue;
            }
            let told = meter.measure(Stage("classify"), |work| {
                let (still, shaking) = (self.still_below_g, self.shaking);
                let scratch = &mut *self.scratch;
                let features =
                    features(&self.history, self.window, self.rate_hz, still, shaking, scratch, work)?;
                Some((features, classify(&features, still)))
            });
            let Some((features, class)) = told else { continue };
            self.shaking = features.shaking;
            self.minute.add(class.name == STILL, features.deviation_g);
            self.tell(Some(class), features.deviation_g, span.at(done - 1), panel, events);
        }
    }

    /// Asks the model about each window that ends within these samples.
    fn recognise<B: Board>(
        &mut self,
        mut records: Records<'_>,
        span: Span,
        panel: &Panel<View>,
        meter: &B::Meter,
        events: &B::Events,
    ) {
        let mut done = 0;
        while done < span.count {
            let Some(trained) = &mut self.trained else { return };
            let history = &mut self.history;
            let samples = &self.samples[done..span.count];
            let (taken, due) = meter.measure(Stage("window"), |work| {
                let (taken, due) = trained.extend(&mut records, work);
                let mut kept = 0;
                while kept < taken {
                    kept += history.extend(&samples[kept..taken]);
                    work.add(Kernel::Copy, 2 * size_of::<f32>() * history.len());
                }
                (taken, due)
            });
            done += taken;
            if !due {
                continue;
            }
            let (class, moved) = meter.measure(Stage("classify"), |work| {
                // The history keeps less than a long window.
                let moved = activity(history, self.window.min(history.len()), work);
                (trained.class(work), moved)
            });
            let (deviation_g, still) = moved.map_or((0.0, false), |(level, turning_dps)| {
                (level.deviation_g, is_still(level.std_g, turning_dps, self.still_below_g))
            });
            self.minute.add(still, deviation_g);
            self.tell(class, deviation_g, span.at(done - 1), panel, events);
        }
    }

    /// What a window that ended at `end` was. `None`: nothing that the model is sure of.
    fn tell(
        &self,
        class: Option<Class>,
        deviation_g: f32,
        end: Instant,
        panel: &Panel<View>,
        events: &impl Events,
    ) {
        // What somebody showed it is what somebody wants to know.
        let shown = self.gestures.as_ref().and_then(Gestures::now);
        let length = if shown.is_some() { Gestures::WINDOW } else { self.window_length };
        let class = shown.or(class);
        if let Some(Class { name, confidence_percent }) = class {
            let start = end - length;
            events.emit(Event::Class { start, end, class: name, confidence_percent });
        }
        if panel.lit().is_some() {
            let mut view = panel.view.borrow_mut();
            (view.class, view.confidence_percent) =
                class.map_or(("-", 0), |class| (class.name, class.confidence_percent));
            view.activity_mg = milli(deviation_g);
        }
    }

    /// Samples were lost.
    fn gap(&mut self) {
        self.history.gap();
        if let Some(trained) = &mut self.trained {
            trained.gap();
        }
        if let Some(gestures) = &mut self.gestures {
            gestures.gap();
        }
    }
}

#[allow(clippy::too_many_arguments)] // the parts of the board that it needs, each another type
pub async fn run<B: Board, I: I2c>(
    imu: Option<Mpu6886<I>>,
    config: &Config,
    trained: Option<&mut Trained<'_>>,
    flash: Option<B::Flash>,
    mut retained: Retained<B::RtcMemory>,
    panel: &Panel<View>,
    (clock, delay): (&B::Clock, B::Delay),
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let Some(imu) = imu else { return pending().await };
    let mut room = Room::EMPTY;
    let flash = flash.filter(|_| config.learn);
    let mut buffer = Buffer::EMPTY;
    let (mut kept, stored) = Kept::open(flash, GESTURES, &mut buffer, &mut room.learn.known, events).await;
    let mut chain = Chain::new(config, imu.scale(), retained.counters.steps, trained, &mut room, stored);
    let minute_ends = clock.now() + MINUTE;
    let mut felt = Felt::<B> {
        chain: &mut chain,
        kept: &mut kept,
        retained: &mut retained,
        minute_ends,
        panel,
        clock,
        meter,
        events,
    };
    let rhythm = Rhythm { every: config.read_every(), odr: config.odr(), pipeline: MOTION };
    imu::run::<B, I>(imu, rhythm, &mut felt, (clock, delay), meter, events).await
}

/// The chain beside what it tells its results to.
struct Felt<'a, 'r, 'm, B: Board> {
    chain: &'a mut Chain<'r, 'm>,
    kept: &'a mut Kept<'r, B::Flash>,
    retained: &'a mut Retained<B::RtcMemory>,
    minute_ends: Instant,
    panel: &'a Panel<View>,
    clock: &'a B::Clock,
    meter: &'a B::Meter,
    events: &'a B::Events,
}

impl<B: Board> Feels for Felt<'_, '_, '_, B> {
    async fn take(&mut self, records: Records<'_>, span: Span) {
        let Self { chain, kept, panel, meter, events, .. } = self;
        chain.parse(*meter, records.clone());
        for event in chain.detect(*meter, span) {
            chain.shaking |= matches!(event, Event::Shake { .. });
            if matches!(event, Event::Step { .. } | Event::Fall { .. } | Event::Shake { .. }) {
                panel.blink();
            }
            events.emit(event);
        }
        if chain.gestures(span, panel, *meter, *events)
            && let Some(gestures) = &chain.gestures
        {
            kept.keep(gestures.bytes(), *events).await;
        }
        if chain.trained.is_some() {
            chain.recognise::<B>(records.clone(), span, panel, meter, events);
        } else {
            chain.classes::<B>(span, panel, meter, events);
        }
        if panel.lit().is_some() {
            show(chain, span.count, records, panel, *meter);
        }
    }

    fn gap(&mut self) {
        self.chain.gap();
    }

    fn read(&mut self) {
        self.retained.counters.steps = self.chain.detectors.steps();
        if self.clock.now() >= self.minute_ends {
            self.minute_ends += MINUTE;
            minute::<B>(self.chain, self.clock.now(), self.retained, self.events);
        }
    }
}

/// The latest sample, for the screen.
fn show<M: Meter>(chain: &Chain<'_, '_>, count: usize, records: Records<'_>, panel: &Panel<View>, meter: &M) {
    let Some(latest) = chain.samples[..count].last() else { return };
    let angles = meter.measure(Stage("tilt"), |work| {
        work.add(Kernel::Tilt, 1);
        Angles::from_gravity(latest.g)
    });
    let gyro = records.latest();
    let mut view = panel.view.borrow_mut();
    view.accel_mg = latest.g.map(|g| libm::roundf(g * 1_000.0) as i16);
    view.gyro_dps = gyro
        .unwrap_or_default()
        .gyro
        .map(|raw| libm::roundf(f32::from(raw) * chain.scale.dps_per_lsb) as i16);
    (view.pitch_deg, view.roll_deg) =
        (libm::roundf(angles.pitch_deg) as i16, libm::roundf(angles.roll_deg) as i16);
    view.face = chain.detectors.face();
    view.steps = chain.detectors.steps();
}

fn minute<B: Board>(
    chain: &mut Chain<'_, '_>,
    at: Instant,
    retained: &mut Retained<B::RtcMemory>,
    events: &B::Events,
) {
    let record = chain.minute.take(chain.detectors.steps());
    events.emit(Event::MotionMinute {
        at,
        steps: record.steps,
        activity_mg: record.activity_mg,
        still_percent: record.still_percent,
    });
    retained.counters.minutes = retained.counters.minutes.saturating_add(1);
    retained.save();
}
