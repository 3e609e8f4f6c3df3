//! What the node tells the world: plain text on the console, 115200 baud, one line a fact.
//!
//! Version 1, which the first line after each boot states. Fields are separated by one space; a reader skips lines that
//! begin with another letter and fields that it does not know. `<us>` is microseconds since boot by the node's clock.
//!
//! ```text
//! nodetwin 1 board=<name> app=<name> cpu_mhz=<n> run_bytes=<size of the app's future> commit=<hash> name=<to the end of the line>
//! P <to the end of the line: why the last run ended in a panic>
//! E <us> <kind> <field>=<value>...
//!     an event, `kind` as in scenarios (`Event::kind`). Values are whole numbers or words without spaces, times in us;
//!     `bands` is a list with commas.
//! S <us> <stage> n=<runs> cycles=<sum> min=<fewest> max=<most> <kernel>=<calls>/<units>...
//!     a stage since its last S line (every 10 s, and only if it ran). Cycles of the CPU, interrupts included: `min` is
//!     the cleanest. Kernels are named as in `node_core::meter::Kernel`, those without work are left out.
//! W <us> <pipeline> n=<windows> missed=<past their deadline> worst_us=<longest from release to finish>
//!     since its last W line
//! L <us> events=<lost, the queue was full> stages=<measured without a row>
//!     what the lines above do not tell; only if there is something
//! I <us> <to the end of the line: for people>
//! ```
//!
//! An event is put in a queue where it happens, and formatted and sent by [`report`], another task: the app waits for
//! neither.

use crate::clock::HardwareClock;
use crate::meter::Totals;
use core::fmt::Write;
use core::sync::atomic::{AtomicU32, Ordering};
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use embassy_time::{Duration, Ticker, Timer};
use esp_hal::Async;
use esp_hal::uart::UartTx;
use heapless::String;
use node_core::board::Events;
use node_core::event::{ChipError, Event};
use node_core::meter::{Kernel, Work};
use node_core::time::{Clock, Instant};

pub const BAUD: u32 = 115_200;
const TOTALS_EVERY: Duration = Duration::from_secs(10);

enum Entry {
    Event(Event),
    Note(&'static str),
}

/// A minute's worth of what the apps say at once; 32 in a burst.
static QUEUE: Channel<CriticalSectionRawMutex, (Instant, Entry), 32> = Channel::new();
static LOST: AtomicU32 = AtomicU32::new(0);

fn queue(entry: Entry) {
    if QUEUE.try_send((HardwareClock.now(), entry)).is_err() {
        LOST.store(LOST.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

/// A line for people.
pub fn note(text: &'static str) {
    queue(Entry::Note(text));
}

#[derive(Clone, Copy)]
pub struct EventLog;

impl Events for EventLog {
    fn emit(&self, event: Event) {
        queue(Entry::Event(event));
    }
}

/// Room for the longest line: a stage with every kernel.
type Line = String<640>;

pub struct Console(UartTx<'static, Async>);

impl Console {
    pub fn new(uart: UartTx<'static, Async>) -> Self {
        Self(uart)
    }

    /// What does not fit a line is cut: a line always ends.
    pub async fn line(&mut self, text: core::fmt::Arguments<'_>) {
        let mut line = Line::new();
        line.write_fmt(text).ok();
        let mut rest = line.as_bytes();
        while let Ok(sent @ 1..) = self.0.write_async(rest).await {
            rest = &rest[sent..];
            if rest.is_empty() {
                break;
            }
        }
        self.0.write_async(b"\n").await.ok();
    }

    async fn entry(&mut self, (at, entry): (Instant, Entry)) {
        let us = at.as_micros();
        match entry {
            Entry::Event(event) => self.line(format_args!("E {us} {}", Fields(&event))).await,
            Entry::Note(text) => self.line(format_args!("I {us} {text}")).await,
        }
    }

    async fn totals(&mut self, totals: &Totals) {
        let us = HardwareClock.now().as_micros();
        // As many rows as there are now: while a line is being sent the app measures on, and adds rows at the end.
        let (stages, windows) = (totals.stages.borrow().len(), totals.windows.borrow().len());
        for _ in 0..stages {
            let row = totals.stages.borrow_mut().remove(0);
            let (stage, n, min, max) = (row.stage.0, row.count, row.min, row.max);
            let (cycles, work) = (row.cycles, Kernels(&row.work));
            self.line(format_args!("S {us} {stage} n={n} cycles={cycles} min={min} max={max}{work}")).await;
        }
        for _ in 0..windows {
            let row = totals.windows.borrow_mut().remove(0);
            let (pipeline, n, missed, worst) = (row.pipeline.0, row.count, row.missed, row.worst_us);
            self.line(format_args!("W {us} {pipeline} n={n} missed={missed} worst_us={worst}")).await;
        }
        let (events, stages) = (LOST.load(Ordering::Relaxed), totals.unlisted.take());
        if events != 0 || stages != 0 {
            LOST.store(0, Ordering::Relaxed);
            self.line(format_args!("L {us} events={events} stages={stages}")).await;
        }
    }
}

/// Sends what is queued, and the meter's totals now and then.
#[embassy_executor::task]
pub async fn report(mut console: Console, totals: &'static Totals) {
    let mut ticker = Ticker::every(TOTALS_EVERY);
    loop {
        match select(QUEUE.receive(), ticker.next()).await {
            Either::First(entry) => console.entry(entry).await,
            Either::Second(()) => console.totals(totals).await,
        }
    }
}

/// Until the last lines are out: what is queued, the line on its way, the UART's FIFO (128 bytes, 11 ms).
pub async fn sent() {
    while !QUEUE.is_empty() {
        Timer::after_millis(10).await;
    }
    Timer::after_millis(100).await;
}

struct Kernels<'a>(&'a Work);

impl core::fmt::Display for Kernels<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for kernel in Kernel::ALL {
            let (calls, units) = (self.0.calls(kernel), self.0.units(kernel));
            if calls != 0 {
                write!(f, " {kernel:?}={calls}/{units}")?;
            }
        }
        Ok(())
    }
}

struct Fields<'a>(&'a Event);

impl core::fmt::Display for Fields<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.0.kind())?;
        let us = Instant::as_micros;
        match *self.0 {
            Event::Booted { cause, boots } => write!(f, " cause={cause:?} boots={boots}"),
            Event::ChipFailed { chip, error } => match error {
                ChipError::WrongIdentity { found } => {
                    write!(f, " chip={chip} error=WrongIdentity found={found}")
                }
                error => write!(f, " chip={chip} error={error:?}"),
            },
            Event::Overrun { source, lost } => write!(f, " source={source} lost={lost}"),
            Event::ScreenOn | Event::ScreenOff => Ok(()),
            Event::Page { index } => write!(f, " index={index}"),
            Event::Level { at, laeq, laf_max, las, bands, tone_hz } => {
                write!(f, " at={} laeq={laeq} laf_max={laf_max} las={las} bands=", us(at))?;
                for (index, band) in bands.iter().enumerate() {
                    write!(f, "{}{band}", if index == 0 { "" } else { "," })?;
                }
                write!(f, " tone_hz={tone_hz}")
            }
            Event::LoudStarted { at, level } => write!(f, " at={} level={level}", us(at)),
            Event::Loud { start, end, peak } => {
                write!(f, " start={} end={} peak={peak}", us(start), us(end))
            }
            Event::SoundMinute { at, laeq, laf_max, l10, l50, l90, loud } => write!(
                f,
                " at={} laeq={laeq} laf_max={laf_max} l10={l10} l50={l50} l90={l90} loud={loud}",
                us(at)
            ),
            Event::Class { start, end, class, confidence_percent } => {
                let (start, end) = (us(start), us(end));
                write!(f, " start={start} end={end} class={class} confidence_percent={confidence_percent}")
            }
            Event::Anomaly { start, end, distance, threshold } => {
                let (start, end) = (us(start), us(end));
                write!(f, " start={start} end={end} distance={distance} threshold={threshold}")
            }
            Event::Orientation { at, face } => write!(f, " at={} face={face}", us(at)),
            Event::Step { at, count } => write!(f, " at={} count={count}", us(at)),
            Event::Shake { at } => write!(f, " at={}", us(at)),
            Event::Tap { at, peak_mg } => write!(f, " at={} peak_mg={peak_mg}", us(at)),
            Event::FreeFall { start, end } => write!(f, " start={} end={}", us(start), us(end)),
            Event::Fall { at, impact_mg } => write!(f, " at={} impact_mg={impact_mg}", us(at)),
            Event::Learnt { class, examples } => write!(f, " class={class} examples={examples}"),
            Event::Forgotten { class } => write!(f, " class={class}"),
            Event::MotionMinute { at, steps, activity_mg, still_percent } => write!(
                f,
                " at={} steps={steps} activity_mg={activity_mg} still_percent={still_percent}",
                us(at)
            ),
            Event::Spectrum { at, permille } => {
                write!(f, " at={} permille=", us(at))?;
                for (index, share) in permille.iter().enumerate() {
                    write!(f, "{}{share}", if index == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Event::Value { at, name, milli, unit } => {
                write!(f, " at={} name={name} milli={milli} unit={unit}", us(at))
            }
            Event::Heard { at, bssid: [a, b, c, d, e, g], channel, rssi_dbm } => write!(
                f,
                " at={} bssid={a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x} channel={channel} rssi_dbm={rssi_dbm}",
                us(at)
            ),
            Event::Position { start, end, x_cm, y_cm } => {
                let (start, end) = (us(start), us(end));
                write!(f, " start={start} end={end} x_cm={x_cm} y_cm={y_cm}")
            }
            Event::Custom { name: _, at, value } => write!(f, " at={} value={value}", us(at)),
        }
    }
}
