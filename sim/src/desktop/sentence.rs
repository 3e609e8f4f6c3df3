//! What happened, in words: an event or a record as a person would say it, with units.

use super::look;
use hal_shim::trace::{Fact, FlashCall};
use node_core::board::{BootCause, Exit};
use node_core::event::{ChipError, Event};

fn decibel(centi: i16) -> String {
    format!("{:.1} dB", f64::from(centi) * 0.01)
}

fn between(start: node_core::time::Instant, end: node_core::time::Instant) -> String {
    look::duration(end.since(start).as_micros() as f64 * 1e3)
}

fn times(count: u64, what: &str) -> String {
    if count == 1 { format!("{count} {what}") } else { format!("{count} {what}s") }
}

fn boot(cause: BootCause) -> &'static str {
    match cause {
        BootCause::PowerOn => "the power came on",
        BootCause::Reset => "a reset",
        BootCause::Watchdog => "its watchdog",
        BootCause::WakeTimer => "its timer woke it",
        BootCause::WakeButton => "a button woke it",
    }
}

/// What the node said.
pub fn event(event: &Event) -> String {
    match *event {
        Event::Booted { cause, boots } => {
            format!("booted: {} ({})", boot(cause), times(u64::from(boots), "boot"))
        }
        Event::ChipFailed { chip, error } => format!("the {chip} failed: {}", chip_error(error)),
        Event::Overrun { source, lost } => {
            format!("{source} came too fast: {} lost", times(u64::from(lost), "sample"))
        }
        Event::ScreenOn => "screen on".into(),
        Event::ScreenOff => "screen off".into(),
        Event::Page { index } => format!("screen shows page {}", index + 1),
        Event::Level { laeq, laf_max, tone_hz, .. } => {
            let tone = if tone_hz > 0 { format!(", a tone at {tone_hz} Hz") } else { String::new() };
            format!("level {} over a second, at most {}{tone}", decibel(laeq), decibel(laf_max))
        }
        Event::LoudStarted { level, .. } => format!("it became loud: {}", decibel(level)),
        Event::Loud { start, end, peak } => {
            format!("it was loud for {}, at most {}", between(start, end), decibel(peak))
        }
        Event::SoundMinute { laeq, laf_max, loud, .. } => format!(
            "a minute of sound: {} on average, at most {}, loud {}",
            decibel(laeq),
            decibel(laf_max),
            times(u64::from(loud), "time")
        ),
        Event::Class { start, end, class, .. } => format!("{class}, by a window of {}", between(start, end)),
        Event::Orientation { face, .. } => format!("lies with its {face} up"),
        Event::Step { count, .. } => format!("step {count}"),
        Event::Shake { .. } => "shaken".into(),
        Event::Tap { peak_mg, .. } => format!("tapped, {} g", look::figure(f64::from(peak_mg) * 1e-3)),
        Event::FreeFall { start, end } => format!("fell freely for {}", between(start, end)),
        Event::Fall { impact_mg, .. } => {
            format!("somebody fell: impact of {} g", look::figure(f64::from(impact_mg) * 1e-3))
        }
        Event::Learnt { class, examples } => {
            format!("learnt {class} from {}", times(u64::from(examples), "example"))
        }
        Event::Forgotten { class } => format!("does not know {class} (any more)"),
        Event::MotionMinute { steps, activity_mg, still_percent, .. } => format!(
            "a minute of motion: {}, activity {} g, still {still_percent} % of it",
            times(u64::from(steps), "step"),
            look::figure(f64::from(activity_mg) * 1e-3)
        ),
        Event::Spectrum { permille, .. } => {
            let mean =
                permille.iter().map(|part| f64::from(*part)).sum::<f64>() / permille.len().max(1) as f64;
            format!("a spectrum: {} of the light comes back on average", look::percent(mean * 1e-3))
        }
        Event::Value { name, milli, unit, .. } => {
            format!("{name} is {} {unit}", look::figure(f64::from(milli) * 1e-3)).trim_end().to_string()
        }
        Event::Heard { bssid: [a, b, c, d, e, f], channel, rssi_dbm, .. } => {
            format!(
                "heard {a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x} on channel {channel} at {rssi_dbm} dBm"
            )
        }
        Event::Position { x_cm, y_cm, .. } => {
            format!("is at {:.2} m, {:.2} m", f64::from(x_cm) * 0.01, f64::from(y_cm) * 0.01)
        }
        Event::Custom { name, value, .. } => format!("{name}: {value}"),
        Event::Anomaly { start, end, distance, threshold } => format!(
            "nothing known for {}: {} standard deviations away, {} are an anomaly",
            between(start, end),
            look::figure(f64::from(distance) * 0.01),
            look::figure(f64::from(threshold) * 0.01)
        ),
    }
}

fn chip_error(error: ChipError) -> String {
    match error {
        ChipError::Bus => "it does not answer".into(),
        ChipError::WrongIdentity { found } => format!("another chip answers, 0x{found:02x}"),
        ChipError::Timeout => "it did not become ready in time".into(),
        ChipError::Untrustworthy => "its own flag says that what it holds cannot be trusted".into(),
    }
}

/// How sure the node was, in percent.
pub fn confidence(event: &Event) -> Option<u8> {
    match *event {
        Event::Class { confidence_percent, .. } => Some(confidence_percent),
        _ => None,
    }
}

/// How much a record matters to who looks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Each poll, transfer and stage.
    Detail,
    /// Windows, pins, boots.
    Step,
    /// What the node said.
    Said,
    /// Something was lost, refused or late.
    Trouble,
}

impl Weight {
    pub const ALL: [Self; 4] = [Self::Detail, Self::Step, Self::Said, Self::Trouble];

    pub fn title(self) -> &'static str {
        match self {
            Self::Detail => "all",
            Self::Step => "steps",
            Self::Said => "said",
            Self::Trouble => "trouble",
        }
    }

    pub fn about(self) -> &'static str {
        match self {
            Self::Detail => "everything: each poll, transfer and stage too",
            Self::Step => "windows, pins and boots, and what matters more",
            Self::Said => "what the node said, and trouble",
            Self::Trouble => "only what was lost, refused, late or not modelled",
        }
    }

    /// Stands before the record, so that colour is not all there is.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Detail => " ",
            Self::Step => "-",
            Self::Said => ">",
            Self::Trouble => "!",
        }
    }
}

/// Kinds of records, as they are filtered by.
pub const KINDS: [&str; 15] = [
    "boot",
    "exit",
    "power",
    "poll",
    "task",
    "stage",
    "window",
    "interrupt",
    "held",
    "i2c",
    "spi",
    "flash",
    "audio",
    "scan",
    "pin",
];

/// Which kind of record it is; events and what is not modelled have names of their own.
pub fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Boot { .. } => "boot",
        Fact::Exit { .. } => "exit",
        Fact::PowerLost => "power",
        Fact::Poll { .. } => "poll",
        Fact::Task { .. } => "task",
        Fact::Stage { .. } => "stage",
        Fact::Window { .. } => "window",
        Fact::Interrupt { .. } => "interrupt",
        Fact::Held { .. } => "held",
        Fact::I2c { .. } => "i2c",
        Fact::Spi { .. } => "spi",
        Fact::Flash { .. } => "flash",
        Fact::Audio { .. } => "audio",
        Fact::Scan { .. } => "scan",
        Fact::Pin { .. } => "pin",
        Fact::Event { .. } => "event",
        Fact::Unmodelled(_) => "unmodelled",
    }
}

pub fn weight(fact: &Fact) -> Weight {
    match fact {
        Fact::PowerLost
        | Fact::Held { .. }
        | Fact::Unmodelled(_)
        | Fact::I2c { nack: true, .. }
        | Fact::Event { event: Event::ChipFailed { .. } | Event::Overrun { .. }, .. } => Weight::Trouble,
        Fact::Audio { lost, .. } if *lost > 0 => Weight::Trouble,
        Fact::Window { window, .. } if window.missed() => Weight::Trouble,
        Fact::Event { .. } => Weight::Said,
        Fact::Boot { .. }
        | Fact::Exit { .. }
        | Fact::Window { .. }
        | Fact::Pin { .. }
        | Fact::Scan { .. } => Weight::Step,
        _ => Weight::Detail,
    }
}

/// A record that began at `at_ns`.
pub fn fact(at_ns: u64, fact: &Fact) -> String {
    let took = |end: hal_shim::time::TrueTime| look::duration(end.0.saturating_sub(at_ns) as f64);
    let bytes = |count: u32| format!("{count} B");
    match fact {
        Fact::Boot { cause } => format!("boots: {}", boot(*cause)),
        Fact::Exit { exit } => match exit {
            Exit::DeepSleep { wake } => {
                let after = wake
                    .after
                    .map(|after| format!(" for {}", look::duration(after.as_micros() as f64 * 1e3)));
                let button = if wake.on_button_a { ", or until button A" } else { "" };
                format!("sleeps deeply{}{button}", after.unwrap_or_default())
            }
            Exit::Reset => "resets itself".into(),
            Exit::Off => "switches itself off".into(),
        },
        Fact::PowerLost => "the CPU's supply went off under the program".into(),
        Fact::Poll { end } => format!("ran for {}", took(*end)),
        Fact::Task { name, end } => format!("task {name} for {}", took(*end)),
        Fact::Stage { stage, end } => format!("stage {} took {}", stage.0, took(*end)),
        Fact::Window { window, released, finished } => {
            let deadline = window.deadline.as_micros() as f64 * 1e3;
            let verdict = if window.missed() { "too late" } else { "in time" };
            format!(
                "window of {} answered after {} of {}: {verdict}",
                window.pipeline.0,
                look::duration(finished.since(*released) as f64),
                look::duration(deadline)
            )
        }
        Fact::Interrupt { source, end } => format!("interrupt {source} for {}", took(*end)),
        Fact::Held { end } => format!("the CPU was held from outside for {}", took(*end)),
        Fact::I2c { bus, address, end, written, read, nack } => {
            let nack = if *nack { ": nobody acknowledged" } else { "" };
            format!(
                "{bus} 0x{address:02x}: {} out, {} in, {}{nack}",
                bytes(*written),
                bytes(*read),
                took(*end)
            )
        }
        Fact::Spi { end, bytes: count } => format!("{} out over SPI in {}", bytes(*count), took(*end)),
        Fact::Flash { call, end } => {
            let what = match *call {
                FlashCall::Read { offset, bytes } => format!("{bytes} B read at 0x{offset:06x}"),
                FlashCall::Write { offset, bytes } => format!("{bytes} B written at 0x{offset:06x}"),
                FlashCall::Erase { from, to } => format!("erased 0x{from:06x} to 0x{to:06x}"),
            };
            format!("flash: {what} in {}", took(*end))
        }
        Fact::Audio { samples, lost, .. } => {
            let gone = if *lost > 0 { format!(", {lost} lost before them") } else { String::new() };
            format!("{samples} samples from the microphone{gone}")
        }
        Fact::Scan { end, heard } => {
            format!("scanned for {}: {} heard", took(*end), times(u64::from(*heard), "access point"))
        }
        Fact::Pin { pin, level } => format!("pin {pin} goes {}", if *level { "high" } else { "low" }),
        Fact::Event { event: said, .. } => {
            // Its own name stands where other records have their kind.
            let sure = confidence(said).map(|percent| format!(", {percent} % sure")).unwrap_or_default();
            format!("{}{sure}", event(said))
        }
        Fact::Unmodelled(access) => format!("not modelled: {access}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hal_shim::time::TrueTime;
    use node_core::time::Instant;

    #[test]
    fn events_read_like_sentences_with_units() {
        let at = Instant::from_micros;
        let said = [
            Event::Loud { start: at(1_000_000), end: at(1_480_000), peak: 86_24 },
            Event::Class { start: at(0), end: at(1_280_000), class: "walk", confidence_percent: 93 },
            Event::Tap { at: at(5), peak_mg: 2_340 },
            Event::Page { index: 0 },
        ];
        assert_eq!(
            said.map(|said| event(&said)),
            [
                "it was loud for 480 ms, at most 86.2 dB",
                "walk, by a window of 1.28 s",
                "tapped, 2.34 g",
                "screen shows page 1"
            ]
        );
        assert_eq!(said.map(|said| confidence(&said)), [None, Some(93), None, None]);
    }

    #[test]
    fn records_say_what_took_how_long_and_trouble_stands_out() {
        let nack = Fact::I2c {
            bus: "internal",
            address: 0x68,
            end: TrueTime(51_000),
            written: 1,
            read: 6,
            nack: true,
        };
        assert_eq!(fact(1_000, &nack), "internal 0x68: 1 B out, 6 B in, 50.0 us: nobody acknowledged");
        assert_eq!(weight(&nack), Weight::Trouble);
        let poll = Fact::Poll { end: TrueTime(3_500) };
        assert_eq!((fact(1_000, &poll).as_str(), weight(&poll)), ("ran for 2.50 us", Weight::Detail));
        assert!(Weight::ALL.is_sorted() && KINDS.contains(&kind(&poll)));
    }
}
