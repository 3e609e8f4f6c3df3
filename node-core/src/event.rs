//! Everything a node can say, as one enum. Values are whole numbers in stated units: they can be compared, hashed and
//! logged on the chip without float formatting.

use crate::board::BootCause;
use crate::time::Instant;

/// A sound level in hundredths of a decibel.
pub type CentiDb = i16;

/// Octave bands reported by the sound app: 63 Hz to 4 kHz.
pub const OCTAVES: usize = 7;

/// Bands of a spectrum, from short waves to long.
pub const BANDS: usize = crate::drivers::as7265x::BANDS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    Booted {
        cause: BootCause,
        boots: u32,
    },
    /// A chip answered wrongly or not at all. The node goes on without it, or tries again.
    ChipFailed {
        chip: &'static str,
        error: ChipError,
    },
    /// Data was lost before the node could read it (samples or records).
    Overrun {
        source: &'static str,
        lost: u32,
    },

    ScreenOn,
    ScreenOff,
    Page {
        index: u8,
    },

    /// Each second: what the sound level meter reads.
    Level {
        at: Instant,
        laeq: CentiDb,
        laf_max: CentiDb,
        las: CentiDb,
        bands: [CentiDb; OCTAVES],
        /// Strongest line of the unweighted spectrum, Hz; 0 if none stands out.
        tone_hz: u16,
    },
    LoudStarted {
        at: Instant,
        level: CentiDb,
    },
    Loud {
        start: Instant,
        end: Instant,
        peak: CentiDb,
    },
    SoundMinute {
        at: Instant,
        laeq: CentiDb,
        laf_max: CentiDb,
        l10: CentiDb,
        l50: CentiDb,
        l90: CentiDb,
        loud: u16,
    },

    /// A classified window.
    Class {
        start: Instant,
        end: Instant,
        class: &'static str,
        confidence_percent: u8,
    },
    Orientation {
        at: Instant,
        face: &'static str,
    },
    /// `count` steps since the last power cut, this one included. The first few of a walk are told together.
    Step {
        at: Instant,
        count: u32,
    },
    Shake {
        at: Instant,
    },
    Tap {
        at: Instant,
        peak_mg: u16,
    },
    FreeFall {
        start: Instant,
        end: Instant,
    },
    /// Free fall, then an impact, then rest.
    Fall {
        at: Instant,
        impact_mg: u16,
    },
    /// A class was learnt on the node, from so many examples.
    Learnt {
        class: &'static str,
        examples: u8,
    },
    /// It is not known any more; or a lesson had too few examples.
    Forgotten {
        class: &'static str,
    },
    MotionMinute {
        at: Instant,
        steps: u32,
        activity_mg: u16,
        still_percent: u8,
    },

    /// Reflectance against the white reference, in thousandths, by band.
    Spectrum {
        at: Instant,
        permille: [i16; BANDS],
    },
    /// What a model reads out of a measurement, in thousandths of its unit.
    Value {
        at: Instant,
        name: &'static str,
        milli: i32,
        unit: &'static str,
    },
    /// One of the access points that a scan heard; those of a scan have the same time.
    Heard {
        at: Instant,
        bssid: [u8; 6],
        channel: u8,
        rssi_dbm: i8,
    },
    /// Where the node is, by the scans between.
    Position {
        start: Instant,
        end: Instant,
        x_cm: i32,
        y_cm: i32,
    },

    /// What someone else's app has to say: a named value and its unit scale is theirs to document.
    Custom {
        name: &'static str,
        at: Instant,
        value: i32,
    },

    /// An alarm begins: windows in a row were in no state that is known. How far the farthest was from the nearest, and from
    /// where on that is an anomaly, both in hundredths of a standard deviation.
    Anomaly {
        start: Instant,
        end: Instant,
        distance: u32,
        threshold: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChipError {
    /// No acknowledge, or the bus failed.
    Bus,
    /// It answered as another chip would.
    WrongIdentity { found: u8 },
    /// It did not become ready in time.
    Timeout,
    /// Its own flag says that what it holds cannot be trusted (a clock that lost power, an overflowed FIFO).
    Untrustworthy,
}

impl Event {
    /// The name under which reports count it and expectations ask for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Booted { .. } => "booted",
            Self::ChipFailed { .. } => "chip-failed",
            Self::Overrun { .. } => "overrun",
            Self::ScreenOn => "screen-on",
            Self::ScreenOff => "screen-off",
            Self::Page { .. } => "page",
            Self::Level { .. } => "level",
            Self::LoudStarted { .. } => "loud-started",
            Self::Loud { .. } => "loud",
            Self::SoundMinute { .. } => "sound-minute",
            Self::Class { .. } => "class",
            Self::Anomaly { .. } => "anomaly",
            Self::Orientation { .. } => "orientation",
            Self::Step { .. } => "step",
            Self::Shake { .. } => "shake",
            Self::Tap { .. } => "tap",
            Self::FreeFall { .. } => "free-fall",
            Self::Fall { .. } => "fall",
            Self::Learnt { .. } => "learnt",
            Self::Forgotten { .. } => "forgotten",
            Self::MotionMinute { .. } => "motion-minute",
            Self::Spectrum { .. } => "spectrum",
            Self::Value { .. } => "value",
            Self::Heard { .. } => "heard",
            Self::Position { .. } => "position",
            Self::Custom { name, .. } => name,
        }
    }

    /// Every kind the built-in apps can emit, for messages that name what would have been right.
    pub const KINDS: &'static [&'static str] = &[
        "booted",
        "chip-failed",
        "overrun",
        "screen-on",
        "screen-off",
        "page",
        "level",
        "loud-started",
        "loud",
        "sound-minute",
        "class",
        "anomaly",
        "orientation",
        "step",
        "shake",
        "tap",
        "free-fall",
        "fall",
        "learnt",
        "forgotten",
        "motion-minute",
        "spectrum",
        "value",
        "heard",
        "position",
    ];

    /// The span of node time that the event speaks of, where it speaks of one (else: when it was said).
    pub fn span(&self) -> Option<(Instant, Instant)> {
        match *self {
            Self::Loud { start, end, .. }
            | Self::Class { start, end, .. }
            | Self::Anomaly { start, end, .. }
            | Self::FreeFall { start, end }
            | Self::Position { start, end, .. } => Some((start, end)),
            Self::Level { at, .. }
            | Self::LoudStarted { at, .. }
            | Self::SoundMinute { at, .. }
            | Self::Orientation { at, .. }
            | Self::Step { at, .. }
            | Self::Shake { at }
            | Self::Tap { at, .. }
            | Self::Fall { at, .. }
            | Self::MotionMinute { at, .. }
            | Self::Spectrum { at, .. }
            | Self::Value { at, .. }
            | Self::Heard { at, .. }
            | Self::Custom { at, .. } => Some((at, at)),
            _ => None,
        }
    }
}
