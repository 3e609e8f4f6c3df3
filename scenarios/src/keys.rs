//! Every table and key that a scenario file may have, in one list: the loader refuses what is not in it and the editors'
//! schema is made from it, so the two cannot disagree.

use crate::compare::Scale;
use crate::units::{self, Quantity, Unit};

/// One kind of table: `[[sound]]`, `[node.drift]`.
#[derive(Debug)]
pub struct TableKeys {
    /// As it stands in the file: `[[sound]]`.
    pub heading: &'static str,
    pub about: &'static str,
    /// The values of its key `kind`; empty if it has none (or if its kinds are known to the caller alone).
    pub kinds: &'static [KindName],
    pub keys: &'static [Key],
}

#[derive(Debug)]
pub struct KindName {
    pub name: &'static str,
    pub about: &'static str,
}

#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub takes: Takes,
    /// The kinds that have this key; empty: all of them.
    pub kinds: &'static [&'static str],
    pub required: bool,
    pub about: &'static str,
}

/// What a key's value may be.
#[derive(Debug)]
pub enum Takes {
    Schema,
    Text,
    Flag,
    /// A whole number in this range.
    Integer(i64, i64),
    Quantity(&'static Unit),
    /// One of these, or a list of three for x, y and z.
    PerAxis(&'static Unit),
    /// Any number, in the unit of whoever gives it.
    Number,
    /// Numbers from 0 on.
    Numbers,
    OneOf(&'static [&'static str]),
    /// A number from 0 or a name.
    Channel,
    Wanted(Scale),
    Board,
    App,
    FaultKind,
    DeviceKind,
    EventKind,
    /// One of the table's [`TableKeys::kinds`].
    Kind,
    /// Settings that only their owner knows.
    Free,
    Table(&'static TableKeys),
    Tables(&'static TableKeys),
}

impl TableKeys {
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
    /// The keys that a table of this kind may have. `None`: the kind is not known, so none is out of place.
    pub fn keys_of<'a>(
        &'static self,
        kind: Option<&'a str>,
    ) -> impl Iterator<Item = &'static Key> + Clone + use<'a> {
        self.keys
            .iter()
            .filter(move |key| key.kinds.is_empty() || kind.is_none_or(|kind| key.kinds.contains(&kind)))
    }
}

impl Key {
    /// As it would stand in a file.
    pub fn example(&self) -> String {
        let value = match self.takes {
            Takes::Schema => "1".into(),
            Takes::Text | Takes::Channel => "\"...\"".into(),
            Takes::Flag => "true".into(),
            Takes::Integer(low, _) => low.to_string(),
            Takes::Quantity(unit) | Takes::PerAxis(unit) => unit.example(),
            Takes::Number => "0.5".into(),
            Takes::Numbers => "[0.5, 0.25]".into(),
            Takes::OneOf(names) => format!("\"{}\"", names.join("\" or \"")),
            Takes::Wanted(scale) => scale.examples().into(),
            Takes::Board => "\"m5stickc\"".into(),
            Takes::App | Takes::FaultKind | Takes::DeviceKind | Takes::EventKind | Takes::Kind => {
                "\"...\"".into()
            }
            Takes::Free | Takes::Table(_) | Takes::Tables(_) => "{ ... }".into(),
        };
        format!("{} = {value}", self.name)
    }
}

const fn key(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, takes, kinds: &[], required: false, about }
}
const fn required(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { required: true, ..key(name, takes, about) }
}
const fn only(kinds: &'static [&'static str], name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { kinds, ..key(name, takes, about) }
}
const fn required_only(
    kinds: &'static [&'static str],
    name: &'static str,
    takes: Takes,
    about: &'static str,
) -> Key {
    Key { kinds, required: true, ..key(name, takes, about) }
}
const fn kind(name: &'static str, about: &'static str) -> KindName {
    KindName { name, about }
}

const DURATION: Takes = Takes::Quantity(units::Duration::UNIT);
const LEVEL: Takes = Takes::Quantity(units::Level::UNIT);
const ACCEL: Takes = Takes::Quantity(units::Accel::UNIT);
const FREQUENCY: Takes = Takes::Quantity(units::Frequency::UNIT);
const PPM: Takes = Takes::Quantity(units::Ppm::UNIT);
const PERCENT: Takes = Takes::Quantity(units::Percent::UNIT);
const ANGLE: Takes = Takes::Quantity(units::Angle::UNIT);

const AT: Key = key("at", DURATION, "When it starts; from the start of the scenario if absent.");
const FOR: Key = key("for", DURATION, "How long it lasts, each time.");
const UNTIL: Key = key("until", DURATION, "When it ends; with `every`, when the repetition ends.");
const EVERY: Key = key("every", DURATION, "From one start to the next, if it happens again and again.");
const NODE: Key = key("node", Takes::Text, "The node that it concerns; every node if absent.");
const LABEL: Key =
    key("label", Takes::Text, "What it is called in the ground truth that events are scored against.");

pub const AXES: &[&str] = &["x", "y", "z"];
pub const SHAPES: &[&str] = &["circle", "updown", "wave", "snake"];
pub const GAPS: &[&str] = &["hold", "linear", "zero"];
pub const BUTTONS: &[&str] = &["A", "B", "power"];

pub static ROOT: TableKeys = TableKeys {
    heading: "the scenario",
    about: "A scenario: nodes, the world around them, and what is expected.",
    kinds: &[],
    keys: &[
        required("schema", Takes::Schema, "Version of this format: 1."),
        required("name", Takes::Text, "What reports call it."),
        key("description", Takes::Text, "What it is for."),
        required("duration", DURATION, "How much time is simulated; at most 366 days."),
        required(
            "seed",
            Takes::Integer(0, i64::MAX),
            "All chance comes from here: the same seed gives the same run.",
        ),
        key("strict", Takes::Flag, "Access to a register that a chip's model lacks ends the run."),
        key(
            "tolerance",
            DURATION,
            "How far an event may lie outside the label that it is matched with; 500ms if absent.",
        ),
        key("node", Takes::Tables(&NODE_KEYS), "A node: a board and the program on it."),
        key("sound", Takes::Tables(&SOUND), "Something to hear."),
        key("motion", Takes::Tables(&MOTION), "Something that moves the board."),
        key("sample", Takes::Tables(&SAMPLE), "Something before a spectrometer."),
        key("light", Takes::Tables(&LIGHT), "Light that falls on spectrometers besides their own."),
        key("access_point", Takes::Tables(&ACCESS_POINT), "A WiFi access point."),
        key("wall", Takes::Tables(&WALL), "A wall that radio has to pass."),
        key("air", Takes::Table(&AIR), "How radio fades."),
        key("place", Takes::Tables(&PLACE), "Where a node is."),
        key("press", Takes::Tables(&PRESS), "A finger on a button."),
        key("fault", Takes::Tables(&FAULT), "Something that goes wrong."),
        key("label", Takes::Tables(&LABEL_KEYS), "Ground truth by hand."),
        key("expect", Takes::Tables(&EXPECT), "What the run is held against."),
    ],
};

pub static NODE_KEYS: TableKeys = TableKeys {
    heading: "[[node]]",
    about: "A board and the program on it.",
    kinds: &[],
    keys: &[
        required("name", Takes::Text, "Letters, digits, `-` and `_`."),
        required("board", Takes::Board, "Which board."),
        required("app", Takes::App, "Which program."),
        key("settings", Takes::Free, "The program's own settings."),
        key("cpu", FREQUENCY, "Clock of the CPU; as the board boots if absent."),
        key("i2c", FREQUENCY, "Clock of the board's own I2C bus."),
        key("drift", Takes::Table(&DRIFT), "How fast this specimen's oscillators run."),
        key("imu", Takes::Table(&IMU), "This specimen of the motion sensor."),
        key("battery", Takes::Table(&BATTERY), "The battery at the start."),
        key("device", Takes::Tables(&DEVICE), "One more chip on one of its buses."),
        key("deadline", Takes::Tables(&DEADLINE), "In what time a pipeline's windows have to be finished."),
    ],
};

pub static DEADLINE: TableKeys = TableKeys {
    heading: "[[node.deadline]]",
    about: "In what time a pipeline's windows have to be finished, in place of the time from one window to the next.",
    kinds: &[],
    keys: &[
        required("pipeline", Takes::Text, "Which one; a run's table of windows names them."),
        required(
            "within",
            DURATION,
            "From the completion of a window's input to its end; whole microseconds.",
        ),
    ],
};

pub static DRIFT: TableKeys = TableKeys {
    heading: "[node.drift]",
    about: "How fast this specimen's oscillators run (positive: fast); drawn from the seed if absent.",
    kinds: &[],
    keys: &[
        key("cpu", PPM, "The CPU's crystal."),
        key("imu", PPM, "The motion sensor's own oscillator."),
        key("rtc", PPM, "The real-time clock's crystal."),
    ],
};

pub static IMU: TableKeys = TableKeys {
    heading: "[node.imu]",
    about: "What this specimen of the motion sensor adds; drawn from the seed if absent.",
    kinds: &[],
    keys: &[
        key("accel_bias", Takes::PerAxis(units::Accel::UNIT), "Reading at zero g: one value, or three."),
        key("gyro_bias", Takes::PerAxis(units::AngularRate::UNIT), "Reading at rest: one value, or three."),
        key(
            "noise",
            PERCENT,
            "Of the noise in the data sheet: \"200%\" is a bad specimen, \"0%\" an ideal one.",
        ),
    ],
};

pub static BATTERY: TableKeys = TableKeys {
    heading: "[node.battery]",
    about: "The battery at the start.",
    kinds: &[],
    keys: &[key("level", PERCENT, "How full it is; full if absent.")],
};

pub static DEVICE: TableKeys = TableKeys {
    heading: "[[node.device]]",
    about: "One more chip on one of the node's buses.",
    kinds: &[],
    keys: &[
        required("kind", Takes::DeviceKind, "Which chip."),
        key("address", Takes::Integer(0x08, 0x77), "Its 7-bit I2C address; its usual one if absent."),
        key("bus", Takes::Text, "Where it is attached; \"grove\" if absent."),
        key("settings", Takes::Free, "The device's own settings."),
    ],
};

const TONAL: &[&str] = &["tone"];
const SWEEP: &[&str] = &["sweep"];
const CLAPS: &[&str] = &["claps"];
const ALARM: &[&str] = &["alarm"];
const BABBLE: &[&str] = &["babble"];
const RECORDING: &[&str] = &["recording"];
const SYNTHETIC_SOUND: &[&str] =
    &["white-noise", "pink-noise", "tone", "sweep", "clap", "claps", "alarm", "babble"];

pub static SOUND: TableKeys = TableKeys {
    heading: "[[sound]]",
    about: "Something to hear. Sounds add up.",
    kinds: &[
        kind("white-noise", "The same power in every hertz."),
        kind("pink-noise", "The same power in every octave: a room, rain, traffic."),
        kind("tone", "A sine."),
        kind("sweep", "A sine that glides from one frequency to another, an octave in equal times."),
        kind("clap", "One clap of the hands, or a door."),
        kind("claps", "Several claps."),
        kind("alarm", "Two tones in turn."),
        kind("babble", "Like speech: syllables, pauses, formants; no words."),
        kind("recording", "A sound file."),
    ],
    keys: &[
        required("kind", Takes::Kind, "What sort of sound."),
        required_only(
            SYNTHETIC_SOUND,
            "level",
            LEVEL,
            "Sound pressure level at the microphone: RMS while it sounds; of claps over 125 ms of each.",
        ),
        only(
            RECORDING,
            "level",
            LEVEL,
            "The RMS of the whole recording is brought to this level. Or say `full_scale`.",
        ),
        only(
            RECORDING,
            "full_scale",
            LEVEL,
            "The sound pressure level of 0 dBFS, a full-scale sine, in the recording. Or say `level`.",
        ),
        required_only(RECORDING, "file", Takes::Text, "Path of the recording, from the scenario's folder."),
        only(RECORDING, "channel", Takes::Channel, "Which channel: its number from 0, or its name."),
        only(RECORDING, "skip", DURATION, "Where in the recording to begin."),
        required_only(TONAL, "frequency", FREQUENCY, "Of the sine."),
        required_only(SWEEP, "from", FREQUENCY, "Where it begins."),
        required_only(SWEEP, "to", FREQUENCY, "Where it ends."),
        only(CLAPS, "count", Takes::Integer(1, 1000), "How many; 3 if absent."),
        only(CLAPS, "gap", DURATION, "From one clap to the next; 400ms if absent."),
        only(ALARM, "low", FREQUENCY, "The lower tone; 800Hz if absent."),
        only(ALARM, "high", FREQUENCY, "The higher tone; 1kHz if absent."),
        only(ALARM, "period", DURATION, "Both tones once; 1s if absent."),
        only(BABBLE, "talkers", Takes::Integer(1, 16), "How many voices; 1 if absent."),
        key("fade", DURATION, "Rise and fall at its ends; 5ms for synthetic sounds if absent."),
        AT,
        FOR,
        UNTIL,
        EVERY,
        NODE,
        LABEL,
    ],
};

const STEPS: &[&str] = &["walk", "run"];
const AMPLITUDE: &[&str] = &["walk", "run", "shake", "tap", "gesture"];
const TAP: &[&str] = &["tap"];
const DROP: &[&str] = &["drop"];
const GESTURE: &[&str] = &["gesture"];
const VIBRATION: &[&str] = &["vibration"];
const ROTATE: &[&str] = &["rotate"];
const ORIENTATION: &[&str] = &["orientation"];

pub static MOTION: TableKeys = TableKeys {
    heading: "[[motion]]",
    about: "Something that moves the board. Attitudes hold until the next one; all else adds up.",
    kinds: &[
        kind("still", "At rest in the attitude it has."),
        kind("walk", "Carried by someone who walks."),
        kind("run", "Carried by someone who runs."),
        kind("shake", "To and fro, by hand."),
        kind("tap", "A finger taps the case."),
        kind("drop", "Falls, hits the ground and comes to rest."),
        kind("gesture", "A shape drawn in the air."),
        kind("vibration", "Mounted on a machine."),
        kind("rotate", "Turns at a steady rate."),
        kind("orientation", "Is laid down another way."),
        kind("recording", "A recorded motion."),
    ],
    keys: &[
        required("kind", Takes::Kind, "What sort of motion."),
        only(STEPS, "cadence", FREQUENCY, "Steps a second; 1.8Hz walking and 2.7Hz running if absent."),
        only(AMPLITUDE, "amplitude", ACCEL, "Peak acceleration above gravity."),
        only(&["shake"], "frequency", FREQUENCY, "To and fro in a second; 4Hz if absent."),
        required_only(VIBRATION, "frequency", FREQUENCY, "The machine's turning: \"24Hz\" or \"1450rpm\"."),
        required_only(VIBRATION, "amplitude", ACCEL, "Peak acceleration at the turning frequency."),
        only(
            &["shake", "tap", "vibration"],
            "axis",
            Takes::OneOf(AXES),
            "Along which axis of the sensor; z if absent (shake: x).",
        ),
        required_only(ROTATE, "axis", Takes::OneOf(AXES), "About which axis of the sensor."),
        required_only(
            ROTATE,
            "rate",
            Takes::Quantity(units::AngularRate::UNIT),
            "How fast; negative turns the other way.",
        ),
        only(TAP, "count", Takes::Integer(1, 1000), "How many; 1 if absent."),
        only(TAP, "gap", DURATION, "From one tap to the next; 300ms if absent."),
        only(DROP, "height", Takes::Quantity(units::Length::UNIT), "How far it falls; 1m if absent."),
        only(DROP, "impact", ACCEL, "Peak acceleration as it lands; 12g if absent."),
        required_only(GESTURE, "shape", Takes::OneOf(SHAPES), "What is drawn."),
        only(GESTURE, "period", DURATION, "How long one drawing takes; 1s if absent."),
        only(
            VIBRATION,
            "harmonics",
            Takes::Numbers,
            "Peaks of the 2nd, 3rd, ... harmonic as parts of the amplitude.",
        ),
        only(VIBRATION, "bearing", Takes::Table(&BEARING), "A damaged bearing."),
        only(ORIENTATION, "roll", ANGLE, "About the sensor's x axis, from flat with z up."),
        only(ORIENTATION, "pitch", ANGLE, "Then about its y axis."),
        only(ORIENTATION, "yaw", ANGLE, "Then about the vertical."),
        required_only(RECORDING, "file", Takes::Text, "Path of the recording, from the scenario's folder."),
        only(RECORDING, "skip", DURATION, "Where in the recording to begin."),
        only(
            RECORDING,
            "gaps",
            Takes::OneOf(GAPS),
            "Where it has no samples: the last value stays, a straight line, or zero.",
        ),
        AT,
        FOR,
        UNTIL,
        EVERY,
        NODE,
        LABEL,
    ],
};

pub static BEARING: TableKeys = TableKeys {
    heading: "bearing",
    about: "Impulses of a damaged bearing.",
    kinds: &[],
    keys: &[
        required("frequency", FREQUENCY, "How often the fault is struck."),
        required("amplitude", ACCEL, "Peak acceleration of each impulse."),
        key("resonance", FREQUENCY, "What it rings at; 300Hz if absent."),
    ],
};

pub static PRESS: TableKeys = TableKeys {
    heading: "[[press]]",
    about: "A finger on a button.",
    kinds: &[],
    keys: &[
        required("button", Takes::OneOf(BUTTONS), "Which button."),
        required("at", DURATION, "When it goes down."),
        key("for", DURATION, "How long it is held; 120ms if absent."),
        UNTIL,
        EVERY,
        NODE,
    ],
};

pub static FAULT: TableKeys = TableKeys {
    heading: "[[fault]]",
    about: "Something that goes wrong.",
    kinds: &[],
    keys: &[
        required("kind", Takes::FaultKind, "What goes wrong."),
        key("target", Takes::Text, "What it strikes."),
        key("params", Takes::Free, "What this fault wants to know besides."),
        AT,
        FOR,
        UNTIL,
        EVERY,
        NODE,
    ],
};

const MIXTURE: &[&str] = &["mixture"];
const TABLE: &[&str] = &["table"];

pub static SAMPLE: TableKeys = TableKeys {
    heading: "[[sample]]",
    about: "Something before a spectrometer, which its lamps shine on.",
    kinds: &[
        kind("grey", "Sends back the same share of every wavelength: a white tile."),
        kind("mixture", "A base with substances in it, each with one absorption band."),
        kind("table", "A measured spectrum."),
    ],
    keys: &[
        required("kind", Takes::Kind, "What sort of sample."),
        only(
            &["grey", "mixture"],
            "reflectance",
            PERCENT,
            "Share of light that comes back, of the base of a mixture: 100% and 90% if absent.",
        ),
        only(MIXTURE, "part", Takes::Tables(&PART), "A substance in it."),
        required_only(
            TABLE,
            "file",
            Takes::Text,
            "A CSV of wavelength in nm and reflectance from 0 to 1, from the scenario's folder.",
        ),
        only(TABLE, "value", Takes::Number, "What is known to be in it."),
        only(TABLE, "name", Takes::Text, "Of that value."),
        AT,
        FOR,
        UNTIL,
        EVERY,
        NODE,
        LABEL,
    ],
};

pub static PART: TableKeys = TableKeys {
    heading: "[[sample.part]]",
    about: "A substance with one absorption band; its amount is the truth that values are scored against.",
    kinds: &[],
    keys: &[
        required("name", Takes::Text, "What its amount is called, as the model calls it."),
        required("peak", Takes::Quantity(units::Wavelength::UNIT), "Where it absorbs most."),
        key("width", Takes::Quantity(units::Wavelength::UNIT), "At half of its height; 60nm if absent."),
        key("absorbance", Takes::Number, "At the peak, of an amount of one: 1 leaves a tenth; 1 if absent."),
        required("amount", Takes::Number, "How much of it, in its own unit."),
        key("up_to", Takes::Number, "Drawn from `amount` to this each time the sample is laid there anew."),
    ],
};

pub static LIGHT: TableKeys = TableKeys {
    heading: "[[light]]",
    about: "Light that falls on spectrometers besides their own, alike at every wavelength.",
    kinds: &[],
    keys: &[
        required(
            "strength",
            Takes::Quantity(units::SpectralIrradiance::UNIT),
            "How much falls on the sensor.",
        ),
        AT,
        FOR,
        UNTIL,
        EVERY,
        NODE,
    ],
};

const LENGTH: Takes = Takes::Quantity(units::Length::UNIT);
const LOSS: Takes = Takes::Quantity(units::Decibels::UNIT);

pub static ACCESS_POINT: TableKeys = TableKeys {
    heading: "[[access_point]]",
    about: "A WiFi access point.",
    kinds: &[],
    keys: &[
        required("bssid", Takes::Text, "Its address: \"02:00:00:00:00:01\"."),
        required("channel", Takes::Integer(1, 14), "Where it sends."),
        required("x", LENGTH, "Where it is."),
        required("y", LENGTH, "Where it is."),
        key("strength", Takes::Quantity(units::Power::UNIT), "A metre away; -38dBm if absent."),
    ],
};

pub static WALL: TableKeys = TableKeys {
    heading: "[[wall]]",
    about: "A wall that radio has to pass, straight from one point to another.",
    kinds: &[],
    keys: &[
        required("x1", LENGTH, "One end."),
        required("y1", LENGTH, "One end."),
        required("x2", LENGTH, "The other end."),
        required("y2", LENGTH, "The other end."),
        key("loss", LOSS, "What it takes; 5dB if absent."),
    ],
};

pub static AIR: TableKeys = TableKeys {
    heading: "[air]",
    about: "How radio fades with distance, and from place to place.",
    kinds: &[],
    keys: &[
        key("exponent", Takes::Number, "Of distance: 2 in the open; 2.5 if absent."),
        key(
            "shadowing",
            LOSS,
            "What reflections and furniture do to places, one standard deviation; 4dB if absent.",
        ),
        key("shadow_length", LENGTH, "Over this distance that becomes another; 2m if absent."),
        key(
            "site",
            Takes::Integer(0, i64::MAX),
            "Which building: its places keep their shadows, whatever the seed; 1 if absent.",
        ),
    ],
};

pub static PLACE: TableKeys = TableKeys {
    heading: "[[place]]",
    about: "Where a node is for a while; from one place to the next it goes straight.",
    kinds: &[],
    keys: &[
        required("x", LENGTH, "Where."),
        required("y", LENGTH, "Where."),
        key("wander", LENGTH, "It strolls so far from there, each way; 0m if absent."),
        AT,
        FOR,
        UNTIL,
        EVERY,
        NODE,
        LABEL,
    ],
};

pub static LABEL_KEYS: TableKeys = TableKeys {
    heading: "[[label]]",
    about: "Ground truth by hand.",
    kinds: &[],
    keys: &[
        required("label", Takes::Text, "What it is called."),
        AT,
        key("from", DURATION, "The same as `at`."),
        FOR,
        UNTIL,
        key("to", DURATION, "The same as `until`."),
        EVERY,
        NODE,
    ],
};

pub static EXPECT: TableKeys = TableKeys {
    heading: "[[expect]]",
    about: "What the run is held against: one or more measures, and what each has to be.",
    kinds: &[],
    keys: &[
        key("deadline_misses", Takes::Wanted(Scale::Count), "Windows that were finished too late."),
        key("overruns", Takes::Wanted(Scale::Count), "Times that data was lost before the node read it."),
        key("unmodelled", Takes::Wanted(Scale::Count), "Accesses that a chip's model does not have."),
        key("lost", Takes::Wanted(Scale::Count), "Samples or records that were lost in overruns."),
        key("cpu_load", Takes::Wanted(Scale::Share), "Share of time that the CPU was busy."),
        key("state", Takes::Wanted(Scale::Size), "Memory that the app keeps; `nodetwin memory` tells of it."),
        key("stack", Takes::Wanted(Scale::Size), "The app's deepest stack beside that."),
        key(
            "utilisation",
            Takes::Wanted(Scale::Share),
            "Share of time that `stage` held the CPU; without a `stage`, that the CPU was busy.",
        ),
        key("stage", Takes::Text, "The stage that `utilisation`, `mean` and `max` are about."),
        key("mean", Takes::Wanted(Scale::Time), "How long the stage takes, the mean."),
        key("max", Takes::Wanted(Scale::Time), "How long the stage takes, the longest."),
        key(
            "pipeline",
            Takes::Text,
            "The pipeline that the following are about; if absent, the worst of the node's.",
        ),
        key(
            "response_p50",
            Takes::Wanted(Scale::Time),
            "From the completion of a window's input to its end: half of all windows took no longer.",
        ),
        key("response_p99", Takes::Wanted(Scale::Time), "The same: 99 of 100 windows took no longer."),
        key("response_max", Takes::Wanted(Scale::Time), "The same: the longest."),
        key(
            "slack",
            Takes::Wanted(Scale::Time),
            "What was left of the deadline, the least; a missed deadline is below any.",
        ),
        key(
            "jitter",
            Takes::Wanted(Scale::Time),
            "From the earliest to the latest start of work after a window's input was complete.",
        ),
        key(
            "headroom",
            Takes::Wanted(Scale::Share),
            "Share that is left of the CPU's time and of each deadline, the least; with `pipeline`, of its deadline.",
        ),
        key(
            "fits_at",
            FREQUENCY,
            "A clock of the CPU at which nothing may be late or lost either: it is run there as well.",
        ),
        key("accuracy", Takes::Wanted(Scale::Share), "Share of windows whose class is their label."),
        key("macro_f1", Takes::Wanted(Scale::Share), "Mean over classes of F1."),
        key(
            "value_error",
            Takes::Wanted(Scale::Number),
            "How far the `value` events are from what is in the sample, the mean; in the value's own unit.",
        ),
        key("value", Takes::Text, "The value that `value_error` is about; all of them if absent."),
        key(
            "position_error",
            Takes::Wanted(Scale::Length),
            "How far the `position` events are from where the node was, the mean.",
        ),
        key("event", Takes::EventKind, "The kind of event that the following are about."),
        key("label", Takes::Text, "Only labels with this name."),
        key("count", Takes::Wanted(Scale::Count), "How many events there were."),
        key("recall", Takes::Wanted(Scale::Share), "Share of labels that had their event."),
        key("precision", Takes::Wanted(Scale::Share), "Share of events that had a label."),
        key("false_alarms", Takes::Wanted(Scale::Count), "Events without a label."),
        key(
            "latency",
            Takes::Wanted(Scale::Time),
            "From a label's start to its event's report, the longest.",
        ),
        key("node", Takes::Text, "Of this node; of all together if absent."),
    ],
};
