//! From the microphone's blocks to levels, bands, spectrum and loud events.

use super::loud::{LoudConfig, LoudDetector, Told};
use super::record::{CLASSES, Minute, centi};
use super::spectrum::Analyser;
use super::trained::Trained;
use super::{Config, MAX_BLOCK};
use crate::app::RETRY;
use crate::app::health::Health;
use crate::app::panel::Panel;
use crate::app::recogniser::Class;
use crate::app::retained::Retained;
use crate::audio::AudioIn;
use crate::board::{Board, Events};
use crate::boards::MicrophoneFacts;
use crate::drivers::spm1423::Calibration;
use crate::dsp::convert::to_f32;
use crate::dsp::dc::DcBlocker;
use crate::dsp::level::{SUBBLOCK, SoundLevel, dbfs};
use crate::dsp::octaves::OctaveBank;
use crate::dsp::weighting::WeightingFilter;
use crate::event::{CentiDb, ChipError, Event, OCTAVES};
use crate::meter::{Kernel, Meter, Stage, Window};
use crate::time::{Clock, Duration, Instant};
use crate::ui::sound::{COLUMNS, View};
use core::convert::Infallible;

/// Not judged after a start: the microphone needs 10 ms (`spm1423::regs::START_UP_MS`), the DC blocker and the weighting's
/// lowest poles 5 time constants of 32 and 8 ms, and the fast level starts from silence. Such blocks pass through the
/// filters; their levels are thrown away.
pub const WARM_UP: Duration = Duration::from_millis(200);
/// Corner of the DC blocker. At 63 Hz, the lowest octave, it takes 0.03 dB.
pub const DC_CORNER_HZ: f32 = 5.0;
/// Which page shows the spectrum: it is computed each block while that one is lit.
const SPECTRUM_PAGE: u8 = 1;

const SOUND: Stage = Stage("sound");

impl View {
    /// Before anything was heard.
    pub fn dark(config: &Config, loud: u32) -> Self {
        Self {
            unit: config.unit(),
            fast: 0,
            fast_max: 0,
            average: 0,
            bands: [0; OCTAVES],
            spectrum: [0; COLUMNS],
            spectrum_hz: (0, 0),
            tone_hz: 0,
            loud_above: config.loud_above,
            loud,
            class: "",
            confidence_percent: 0,
        }
    }
}

/// Everything between a block and what is told of it.
struct Chain {
    dc: DcBlocker,
    weighting: WeightingFilter,
    level: SoundLevel,
    octaves: OctaveBank<OCTAVES>,
    analyser: Analyser,
    loud: LoudDetector,
    minute: Minute,
    offset_db: f32,
    /// Samples until levels count.
    warming: usize,
    /// Samples of the present second.
    in_second: usize,
    seconds: u8,
    /// Greatest fast level of the present second.
    fast_max: CentiDb,
    started: bool,
}

impl Chain {
    fn new(config: &Config, rate_hz: u32, offset_db: f32) -> Self {
        let rate = rate_hz as f32;
        Self {
            dc: DcBlocker::new(DC_CORNER_HZ, rate),
            weighting: WeightingFilter::new(config.weighting, rate),
            level: SoundLevel::new(rate),
            octaves: OctaveBank::new(rate),
            analyser: Analyser::new(rate, offset_db),
            loud: LoudDetector::new(LoudConfig {
                above: config.loud_above,
                hysteresis: config.loud_hysteresis,
                gap: config.loud_gap,
            }),
            minute: Minute::new(offset_db),
            offset_db,
            warming: (WARM_UP.as_micros() * u64::from(rate_hz) / 1_000_000) as usize,
            in_second: 0,
            seconds: 0,
            fast_max: CentiDb::MIN,
            started: false,
        }
    }

    fn convert<M: Meter>(&mut self, meter: &M, raw: &[i16], plain: &mut [f32]) {
        meter.measure(Stage("convert"), |work| {
            to_f32(raw, plain);
            if !self.started {
                // As if the microphone's offset had always been there.
                self.started = true;
                self.dc.settle_at(plain[0]);
            }
            self.dc.process(plain);
            work.add(Kernel::Convert, raw.len());
            work.add(Kernel::DcRemoval, raw.len());
        });
    }

    fn weigh<M: Meter>(&mut self, meter: &M, plain: &[f32], weighted: &mut [f32]) {
        meter.measure(Stage("weighting"), |work| {
            weighted.copy_from_slice(plain);
            self.weighting.process(weighted);
            work.add(Kernel::Copy, size_of_val(plain));
            work.add(Kernel::Biquad, plain.len() * self.weighting.weighting().sections());
        });
    }

    fn bands<M: Meter>(&mut self, meter: &M, plain: &[f32]) {
        meter.measure(Stage("octaves"), |work| {
            self.octaves.process(plain);
            work.add(Kernel::OctaveBank, plain.len());
            work.add(Kernel::Copy, self.analyser.keep(plain));
        });
    }

    /// The fast level at the block's end and its greatest within, dB SPL. Warming up, `None`.
    fn level<M: Meter>(&mut self, meter: &M, weighted: &[f32]) -> Option<(f32, CentiDb)> {
        meter.measure(Stage("level"), |work| {
            self.level.process(weighted);
            work.add(Kernel::SquareSum, weighted.len());
            work.add(Kernel::TimeWeighting, 2 * weighted.len().div_ceil(SUBBLOCK));
            let greatest = self.level.fast.take_max();
            if self.warming > 0 {
                self.warming = self.warming.saturating_sub(weighted.len());
                self.level.leq.take();
                self.octaves.take();
                return None;
            }
            work.add(Kernel::Log, 2);
            let fast_db = dbfs(self.level.fast.mean_square()) + self.offset_db;
            let fast_max = centi(dbfs(greatest) + self.offset_db);
            self.fast_max = self.fast_max.max(fast_max);
            self.minute.add_block(fast_db, fast_max);
            work.add(Kernel::Tally, 1);
            Some((fast_db, fast_max))
        })
    }
}

#[allow(clippy::too_many_arguments)] // the parts of the board that it needs, each another type
pub async fn run<B: Board>(
    (mut audio, microphone): (B::Audio, &MicrophoneFacts),
    config: &Config,
    mut trained: Option<&mut Trained<'_>>,
    mut retained: Retained<B::RtcMemory>,
    panel: &Panel<View>,
    clock: &B::Clock,
    meter: &B::Meter,
    events: &B::Events,
) -> Infallible {
    let mut health = Health::of("spm1423");
    let offset_db = Calibration::from_centi_dbfs(microphone.sensitivity_centi_dbfs).spl_offset_db();
    let block = config.block_samples();
    let (mut raw, mut plain, mut weighted) = ([0i16; MAX_BLOCK], [0.0f32; MAX_BLOCK], [0.0f32; MAX_BLOCK]);
    let (raw, plain, weighted) = (&mut raw[..block], &mut plain[..block], &mut weighted[..block]);
    loop {
        if audio.start(config.rate_hz).await.is_err() {
            health.fails(ChipError::Bus, events);
            clock.until(clock.now() + RETRY).await;
            continue;
        }
        let rate_hz = audio.rate_hz().max(1);
        let length = Duration::of_samples(block as u64, rate_hz);
        let mut chain = Chain::new(config, rate_hz, offset_db);
        if let Some(trained) = &mut trained {
            trained.gap();
        }
        panel.view.borrow_mut().spectrum_hz = chain.analyser.span_hz();
        loop {
            let Ok(captured) = audio.read(raw).await else {
                health.fails(ChipError::Bus, events);
                break;
            };
            let started = clock.now();
            if captured.lost > 0 {
                events.emit(Event::Overrun { source: "microphone", lost: captured.lost });
                chain.analyser.gap();
                if let Some(trained) = &mut trained {
                    trained.gap();
                }
            }
            // A microphone that lives is never this quiet.
            if raw.iter().all(|&sample| sample == raw[0]) {
                health.fails(ChipError::Untrustworthy, events);
            } else {
                health.works();
            }
            chain.convert(meter, raw, plain);
            chain.weigh(meter, plain, weighted);
            chain.bands(meter, plain);
            let to = captured.complete_at;
            let level = chain.level(meter, weighted);
            if let Some((fast_db, fast_max)) = level {
                let told = chain.loud.push(to - length, to, fast_max);
                tell(told, &mut chain.minute, &mut retained, panel, events);
                if let Some(trained) = &mut trained {
                    recognise(trained, plain, (to, rate_hz), panel, meter, events);
                }
                look(&mut chain, fast_db, panel, meter);
                // What was lost took its time as well: seconds stay seconds.
                let samples = block + captured.lost as usize;
                second::<B>(&mut chain, (samples, rate_hz), to, &mut retained, panel, meter, events);
            }
            meter.window(Window {
                pipeline: SOUND,
                released: to,
                started,
                finished: clock.now(),
                deadline: length,
            });
        }
        audio.stop().await.ok();
        clock.until(clock.now() + RETRY).await;
    }
}

fn tell<M: crate::board::RtcMemory>(
    told: Option<Told>,
    minute: &mut Minute,
    retained: &mut Retained<M>,
    panel: &Panel<View>,
    events: &impl Events,
) {
    match told {
        None => {}
        Some(Told::Started { at, level }) => {
            events.emit(Event::LoudStarted { at, level });
            panel.blink();
        }
        Some(Told::Ended { start, end, peak }) => {
            events.emit(Event::Loud { start, end, peak });
            minute.add_loud();
            retained.counters.loud = retained.counters.loud.saturating_add(1);
        }
    }
}

/// Asks the model about each window that ends within a block, which was complete at `to`.
fn recognise<M: Meter>(
    trained: &mut Trained<'_>,
    plain: &[f32],
    (to, rate_hz): (Instant, u32),
    panel: &Panel<View>,
    meter: &M,
    events: &impl Events,
) {
    let mut rest = plain;
    while !rest.is_empty() {
        if !meter.measure(Stage("frames"), |work| trained.fill(&mut rest, work)) {
            continue;
        }
        let class = meter.measure(Stage("classify"), |work| trained.class(work));
        let end = to - Duration::of_samples(rest.len() as u64, rate_hz);
        if let Some(Class { name, confidence_percent }) = class {
            let start = end - Duration::of_samples(trained.window() as u64, rate_hz);
            events.emit(Event::Class { start, end, class: name, confidence_percent });
        }
        // Dark or lit: who wakes the screen wants to see what was heard last.
        let mut view = panel.view.borrow_mut();
        (view.class, view.confidence_percent) =
            class.map_or(("-", 0), |class| (class.name, class.confidence_percent));
    }
}

/// What the screen shows of each block, if anyone looks.
fn look<M: Meter>(chain: &mut Chain, fast_db: f32, panel: &Panel<View>, meter: &M) {
    let Some(page) = panel.lit() else { return };
    let mut view = panel.view.borrow_mut();
    view.fast = centi(fast_db);
    if page == SPECTRUM_PAGE {
        meter.measure(Stage("spectrum"), |work| {
            if chain.analyser.transform(work) {
                view.spectrum = chain.analyser.columns(work);
                view.tone_hz = chain.analyser.tone_hz(work);
            }
        });
    }
}

/// Counts a block; at the end of a second, and of a minute, tells what it was like.
fn second<B: Board>(
    chain: &mut Chain,
    (samples, rate_hz): (usize, u32),
    at: Instant,
    retained: &mut Retained<B::RtcMemory>,
    panel: &Panel<View>,
    meter: &B::Meter,
    events: &B::Events,
) {
    chain.in_second += samples;
    if chain.in_second < rate_hz as usize {
        return;
    }
    // The rest belongs to the next: seconds do not drift away from the blocks.
    chain.in_second %= rate_hz as usize;
    let (laeq, las, bands, tone_hz) = meter.measure(Stage("second"), |work| {
        let energy = chain.level.leq.take();
        chain.minute.add_second(&energy);
        work.add(Kernel::Log, 2 + OCTAVES);
        let db = |mean_square| centi(dbfs(mean_square) + chain.offset_db);
        let bands = chain.octaves.take().map(db);
        let tone_hz = if chain.analyser.transform(work) { chain.analyser.tone_hz(work) } else { 0 };
        (db(energy.mean_square()), db(chain.level.slow.mean_square()), bands, tone_hz)
    });
    let laf_max = core::mem::replace(&mut chain.fast_max, CentiDb::MIN);
    events.emit(Event::Level { at, laeq, laf_max, las, bands, tone_hz });
    // Dark or lit: who wakes the screen wants to see the last second, not a zero.
    let mut view = panel.view.borrow_mut();
    (view.fast_max, view.average, view.bands, view.tone_hz) = (laf_max, laeq, bands, tone_hz);
    view.loud = retained.counters.loud;
    drop(view);
    chain.seconds += 1;
    if chain.seconds == 60 {
        chain.seconds = 0;
        let record = meter.measure(Stage("minute"), |work| {
            work.add(Kernel::Log, 1);
            work.add_calls(Kernel::Percentile, 3, 3 * CLASSES);
            chain.minute.take()
        });
        events.emit(Event::SoundMinute {
            at,
            laeq: record.average,
            laf_max: record.fast_max,
            l10: record.l10,
            l50: record.l50,
            l90: record.l90,
            loud: record.loud,
        });
        retained.counters.minutes = retained.counters.minutes.saturating_add(1);
        retained.save();
    }
}
