//! From the IMU's FIFO to events and classes.
//!
//! The chip's clock and the node's are strangers (±1 %): how many samples there are is what the FIFO says, and when they
//! were taken is spread evenly from one read to the next. Nothing is counted by time.

use super::classify::{STILL, activity, classify, features, is_still, rhythm_samples};
use super::detectors::{Detectors, Found, milli};
use super::history::History;
use super::kept::Kept;
use super::learn::{Gestures, LearnRoom, NAMES, Told};
use super::record::Minute;
use super::trained::Trained;
use super::{Config, MAX_WINDOW};
use crate::app::RETRY;
use crate::app::health::Health;
use crate::app::panel::{Button, Panel};
use crate::app::recogniser::Class;
use crate::app::retained::Retained;
use crate::board::{Board, Events};
use crate::drivers::mpu6886::{Burst, Loss, Mpu6886, Odr, Records, Scale, regs};
use crate::dsp::tilt::Angles;
use crate::event::{ChipError, Event};
use crate::meter::{Kernel, Meter, Stage, Window};
use crate::time::{Clock, Duration, Instant};
use crate::ui::motion::View;
use core::convert::Infallible;
use core::future::pending;
use embedded_hal_async::i2c::I2c;

const MOTION: Stage = Stage("motion");
/// Records of a full FIFO.
const MAX_RECORDS: usize = regs::FIFO_BYTES / regs::RECORD_ACCEL_GYRO_BYTES;
/// Reads in a row that fail, or bring nothing, before the chip is started anew: it may have lost its supply.
const PATIENCE: u32 = 3;
/// What the FIFO holds after this much of a start is thrown away: the chip's filters begin at zero, and gravity would come as a blow. Four time
/// constants of the slowest filter that a rate picks by itself (10 Hz: 16 ms).
pub(in crate::app) const SETTLE: Duration = Duration::from_millis(64);
const MINUTE: Duration = Duration::from_secs(60);

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

/// Samples of one read, taken after `from` and up to `to`.
#[derive(Clone, Copy)]
pub(in crate::app) struct Span {
    pub from: Instant,
    pub to: Instant,
    pub count: usize,
}

impl Span {
    /// When sample `index` (from 0) was taken.
    pub fn at(&self, index: usize) -> Instant {
        let length = self.to.since(self.from).as_micros();
        self.from + Duration::from_micros(length * (index as u64 + 1) / self.count.max(1) as u64)
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
    (clock, mut delay): (&B::Clock, B::Delay),
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let Some(mut imu) = imu else { return pending().await };
    let mut health = Health::of("mpu6886");
    let mut buffer = [0; regs::FIFO_BYTES];
    let every = config.read_every();
    let mut room = Room::EMPTY;
    let flash = flash.filter(|_| config.learn);
    let (mut kept, stored) = Kept::open(flash, &mut room.learn.known, events).await;
    let mut chain = Chain::new(config, imu.scale(), retained.counters.steps, trained, &mut room, stored);
    let mut minute_ends = clock.now() + MINUTE;
    loop {
        if let Err(error) = imu.init(&mut delay).await {
            health.fails(error, events);
            clock.until(clock.now() + RETRY).await;
            continue;
        }
        clock.until(clock.now() + SETTLE).await;
        if let Err(error) = imu.reset_fifo().await {
            health.fails(error, events);
            continue;
        }
        chain.gap();
        let mut last_read = clock.now();
        let mut due = last_read + every;
        let mut in_vain = 0;
        while in_vain < PATIENCE {
            clock.until(due).await;
            let started = clock.now();
            match imu.read_fifo(&mut buffer).await {
                Err(error) => {
                    health.fails(error, events);
                    in_vain += 1;
                }
                Ok(Burst::Lost(loss)) => {
                    lost(loss, last_read, started, config.odr(), events);
                    chain.gap();
                    last_read = started;
                }
                Ok(Burst::Records(records)) if records.len() == 0 => {
                    in_vain += 1;
                    if in_vain == PATIENCE {
                        health.fails(ChipError::Timeout, events);
                    }
                }
                Ok(Burst::Records(records)) => {
                    in_vain = 0;
                    health.works();
                    let count = chain.parse(meter, records.clone());
                    let span = Span { from: last_read, to: started, count };
                    last_read = started;
                    for event in chain.detect(meter, span) {
                        chain.shaking |= matches!(event, Event::Shake { .. });
                        if matches!(event, Event::Step { .. } | Event::Fall { .. } | Event::Shake { .. }) {
                            panel.blink();
                        }
                        events.emit(event);
                    }
                    if chain.gestures(span, panel, meter, events)
                        && let Some(gestures) = &chain.gestures
                    {
                        kept.keep(gestures.bytes(), events).await;
                    }
                    if chain.trained.is_some() {
                        chain.recognise::<B>(records, span, panel, meter, events);
                    } else {
                        chain.classes::<B>(span, panel, meter, events);
                    }
                    if panel.lit().is_some() {
                        show(&chain, count, &buffer, panel, meter);
                    }
                }
            }
            retained.counters.steps = chain.detectors.steps();
            meter.window(Window {
                pipeline: MOTION,
                released: due,
                started,
                finished: clock.now(),
                deadline: every,
            });
            if clock.now() >= minute_ends {
                minute_ends += MINUTE;
                minute::<B>(&mut chain, clock.now(), &mut retained, events);
            }
            due += every;
            if due < clock.now() {
                // So late that a read was missed: the next one finds its samples too.
                due = clock.now();
            }
        }
        clock.until(clock.now() + RETRY).await;
    }
}

/// How many records are gone is known by the clock only: all since the last good read.
pub(in crate::app) fn lost(loss: Loss, last_read: Instant, now: Instant, odr: Odr, events: &impl Events) {
    let since = now.since(last_read).as_micros() / u64::from(odr.period_us());
    let lost = match loss {
        Loss::Overflow { held } => (since as u32).max(held.into()),
        Loss::Interrupted => since as u32,
    };
    events.emit(Event::Overrun { source: "imu", lost });
}

/// The latest sample, for the screen.
fn show<M: Meter>(chain: &Chain<'_, '_>, count: usize, buffer: &[u8], panel: &Panel<View>, meter: &M) {
    let Some(latest) = chain.samples[..count].last() else { return };
    let angles = meter.measure(Stage("tilt"), |work| {
        work.add(Kernel::Tilt, 1);
        Angles::from_gravity(latest.g)
    });
    let bytes = &buffer[(count - 1) * regs::RECORD_ACCEL_GYRO_BYTES..count * regs::RECORD_ACCEL_GYRO_BYTES];
    let gyro = Records::parse(bytes, crate::drivers::mpu6886::FifoContent::AccelGyro).next();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_lie_evenly_between_two_reads_and_the_last_at_the_second() {
        let (from, to) = (Instant::from_micros(1_000_000), Instant::from_micros(1_320_000));
        // A clock that is a percent slow: 31 samples where 32 were due.
        let span = Span { from, to, count: 31 };
        assert_eq!(span.at(30), to);
        assert!(span.at(0) > from && (1..31).all(|n| span.at(n) > span.at(n - 1)));
    }
}
