//! What a scenario says, after loading: names resolved, quantities in one unit each, times in nanoseconds of true time.
//! These types know nothing of TOML, of chips or of the engine.
//!
//! Sound levels are dB SPL, frequencies Hz, accelerations g, angular rates degrees a second.

use std::path::PathBuf;

use crate::compare::Comparison;
use crate::error::{LoadError, Problem};
use crate::place::{Sources, Span};
use crate::recording::Channel;
use crate::settings::Settings;

/// True time in nanoseconds since the start of the scenario.
pub type Ns = u64;

/// The version of the file format that this crate reads.
pub const SCHEMA: i64 = 1;

/// A year and a day: further than any battery lasts, and a slip of the unit is caught.
pub const MAX_DURATION_NS: Ns = 366 * 24 * 3600 * 1_000_000_000;

#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: String,
    pub description: Option<String>,
    pub duration_ns: Ns,
    pub seed: u64,
    /// Access outside a chip's model ends the run.
    pub strict: bool,
    /// How far an event may lie outside the label it is matched with.
    pub tolerance_ns: Ns,
    pub nodes: Vec<Node>,
    pub sounds: Vec<Sound>,
    pub motions: Vec<Motion>,
    pub samples: Vec<Sample>,
    pub lights: Vec<Light>,
    pub radio: Radio,
    pub places: Vec<Place>,
    pub presses: Vec<Press>,
    pub faults: Vec<Fault>,
    pub labels: Vec<LabelEntry>,
    pub expects: Vec<Expect>,
    /// What is legal and yet probably not what was meant.
    pub warnings: Vec<String>,
    pub file: PathBuf,
    /// Recordings are looked for from here.
    pub dir: PathBuf,
    /// The texts that every span points into.
    pub sources: Sources,
}

impl Scenario {
    /// For what is found wrong after loading: an application's setting, a sensor that the board lacks.
    pub fn error(&self, problem: Problem) -> LoadError {
        LoadError::new(self.sources.clone(), vec![problem])
    }
    pub fn node_index(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }
}

#[derive(Clone, Debug)]
pub struct Node {
    pub name: String,
    pub board: String,
    pub app: String,
    /// The application's own; it takes them out, one by one.
    pub settings: Settings,
    /// None: as the board boots.
    pub cpu_hz: Option<u32>,
    /// Clock of the node's own I2C bus. None: as the board's facts say.
    pub i2c_hz: Option<u32>,
    pub drift: Drift,
    pub imu: Imu,
    /// State of charge at the start, 0 to 1. None: full.
    pub battery_level: Option<f32>,
    pub devices: Vec<Device>,
    pub deadlines: Vec<Deadline>,
    pub board_span: Span,
    pub app_span: Span,
    pub span: Span,
}

/// How fast each oscillator runs, in parts per million (positive: fast). None: drawn from the seed within the part's tolerance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Drift {
    pub cpu_ppm: Option<f64>,
    pub imu_ppm: Option<f64>,
    pub rtc_ppm: Option<f64>,
}

/// What this one specimen of the IMU adds. None: drawn from the seed within the data sheet's bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Imu {
    pub accel_bias_g: Option<[f32; 3]>,
    pub gyro_bias_dps: Option<[f32; 3]>,
    /// Noise as a multiple of the model's own (1 = as the data sheet says).
    pub noise: Option<f32>,
}

/// One more chip on one of a node's buses.
#[derive(Clone, Debug)]
pub struct Device {
    pub kind: String,
    /// 7-bit I2C address: as the scenario says, or else the device's usual one.
    pub address: u8,
    /// "grove" unless said otherwise.
    pub bus: String,
    pub settings: Settings,
    pub kind_span: Span,
    pub span: Span,
}

/// In what time a pipeline's windows have to be finished, in place of what the application asks of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub pipeline: String,
    /// From a window's release to its finish.
    pub within_ns: Ns,
    pub span: Span,
}

/// When something happens: once, or again and again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct When {
    pub at_ns: Ns,
    /// How long each occurrence lasts. None: as long as it naturally does (a recording).
    pub length_ns: Option<Ns>,
    /// From one start to the next.
    pub every_ns: Option<Ns>,
    /// Nothing starts at or after this time and nothing lasts beyond it. Never later than the scenario's end.
    pub until_ns: Ns,
    pub span: Span,
}

impl When {
    /// Start and end of each occurrence in order; `natural_ns` is the length where none was given.
    pub fn occurrences(self, natural_ns: Ns) -> impl Iterator<Item = (Ns, Ns)> + Clone {
        let length = self.length_ns.unwrap_or(natural_ns);
        let mut next = Some(self.at_ns);
        std::iter::from_fn(move || {
            let start = next.filter(|start| *start < self.until_ns)?;
            next = self.every_ns.filter(|every| *every > 0).and_then(|every| start.checked_add(every));
            Some((start, start.saturating_add(length).min(self.until_ns)))
        })
    }
}

#[derive(Clone, Debug)]
pub struct Sound {
    pub kind: SoundKind,
    pub level: SoundLevel,
    pub when: When,
    /// Index into [`Scenario::nodes`]. None: every node hears it.
    pub node: Option<usize>,
    pub label: Option<String>,
    /// Raised-cosine ramps at both ends.
    pub fade_ns: Ns,
    /// Its place among the `[[sound]]` entries: names its random stream.
    pub index: usize,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SoundLevel {
    /// RMS in dB SPL while it sounds. Of claps: the RMS over the first 125 ms of each, what a FAST meter about shows.
    /// Of a recording: its RMS over the whole file is brought here.
    Rms(f32),
    /// A recording whose full-scale sine (0 dBFS, AES17) stands for this many dB SPL.
    FullScale(f32),
}

#[derive(Clone, Debug, PartialEq)]
pub enum SoundKind {
    WhiteNoise,
    PinkNoise,
    Tone {
        frequency_hz: f32,
    },
    /// Exponential (equal time per octave) from one frequency to the other over its length.
    Sweep {
        from_hz: f32,
        to_hz: f32,
    },
    /// `count` claps, `gap_ns` from one to the next.
    Claps {
        count: u32,
        gap_ns: Ns,
    },
    /// Two tones in turn, each for half of `period_ns`.
    Alarm {
        low_hz: f32,
        high_hz: f32,
        period_ns: Ns,
    },
    /// Speech-like: `talkers` voices with syllables, pauses and formants.
    Babble {
        talkers: u32,
    },
    Recording(SoundRecording),
}

#[derive(Clone, Debug, PartialEq)]
pub struct SoundRecording {
    /// Absolute, or from where the program was started: ready to open.
    pub file: PathBuf,
    pub file_span: Span,
    pub channel: Channel,
    /// Where in the recording to begin.
    pub skip_ns: Ns,
}

/// One part of a node's motion. `still`, `orientation` and `rotate` set the attitude, which holds until the next one;
/// all else adds to it while it lasts. A recording replaces everything while it lasts.
#[derive(Clone, Debug)]
pub struct Motion {
    pub kind: MotionKind,
    pub when: When,
    /// Index into [`Scenario::nodes`]. None: every node, each with its own random draws.
    pub node: Option<usize>,
    pub label: Option<String>,
    /// Its place among the `[[motion]]` entries: names its random stream.
    pub index: usize,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MotionKind {
    /// At rest in the attitude it has.
    Still,
    /// `cadence_hz` steps a second; `amplitude_g` is the peak of the vertical acceleration above gravity.
    Walk {
        cadence_hz: f32,
        amplitude_g: f32,
    },
    Run {
        cadence_hz: f32,
        amplitude_g: f32,
    },
    /// To and fro along `axis`.
    Shake {
        frequency_hz: f32,
        amplitude_g: f32,
        axis: Axis,
    },
    /// `count` taps, `gap_ns` from one to the next, each with a peak of `amplitude_g`.
    Tap {
        amplitude_g: f32,
        count: u32,
        gap_ns: Ns,
        axis: Axis,
    },
    /// Free fall of `fall_ns`, an impact with a peak of `impact_g` that rings out, then rest on another face.
    Drop {
        fall_ns: Ns,
        impact_g: f32,
    },
    /// A shape drawn in the air once every `period_ns`, with a peak acceleration of `amplitude_g`.
    Gesture {
        shape: Shape,
        period_ns: Ns,
        amplitude_g: f32,
    },
    Vibration(Vibration),
    /// Turns about `axis` at a steady rate.
    Rotate {
        axis: Axis,
        rate_dps: f32,
    },
    /// Comes to lie like this within `When::length_ns`, then stays.
    Orientation(Attitude),
    Recording(MotionRecording),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    X,
    Y,
    Z,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Circle,
    UpDown,
    Wave,
    /// A lying eight.
    Snake,
}

/// Roll about the IMU's x axis, then pitch about its y axis, from flat with the z axis up; then yaw about the vertical.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Attitude {
    pub roll_deg: f32,
    pub pitch_deg: f32,
    pub yaw_deg: f32,
}

/// A machine: `frequency_hz` is its turning, `amplitude_g` the peak at that frequency.
#[derive(Clone, Debug, PartialEq)]
pub struct Vibration {
    pub frequency_hz: f32,
    pub amplitude_g: f32,
    /// Peaks of the 2nd, 3rd, ... harmonic as parts of `amplitude_g`.
    pub harmonics: Vec<f32>,
    pub axis: Axis,
    pub bearing: Option<Bearing>,
}

/// A damaged bearing: impulses at `frequency_hz`, each ringing at `resonance_hz` from a peak of `amplitude_g`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bearing {
    pub frequency_hz: f32,
    pub amplitude_g: f32,
    pub resonance_hz: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MotionRecording {
    /// Absolute, or from where the program was started: ready to open.
    pub file: PathBuf,
    pub file_span: Span,
    /// Where in the recording to begin.
    pub skip_ns: Ns,
    pub gaps: Gaps,
}

/// What the world does where a recording has no samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gaps {
    /// The last value stays.
    #[default]
    Hold,
    /// A straight line to the next value.
    Linear,
    /// As if the sensor were switched off: zero.
    Zero,
}

/// What lies before a node's spectrometer; nothing, where there is none.
#[derive(Clone, Debug)]
pub struct Sample {
    pub kind: SampleKind,
    pub when: When,
    pub node: Option<usize>,
    pub label: Option<String>,
    /// Its place among the `[[sample]]` entries: names its random stream.
    pub index: usize,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SampleKind {
    /// The same at every wavelength: a white tile, a black hole.
    Grey { reflectance: f32 },
    /// A base that sends back this share, and what is in it takes away (Beer and Lambert).
    Mixture { base: f32, parts: Vec<Part> },
    /// By wavelength (nm), ascending; straight between, and level outside.
    Table { points: Vec<(f32, f32)>, values: Vec<(String, f64)> },
}

/// A substance with one absorption band.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Under which its amount is known to scores and tables.
    pub name: String,
    pub peak_nm: f32,
    /// At half of its height.
    pub width_nm: f32,
    /// At the peak, of an amount of one: 1 leaves a tenth.
    pub absorbance: f32,
    pub amount: f64,
    /// Drawn evenly from `amount` to this, each time the sample is laid there anew.
    pub up_to: Option<f64>,
}

/// Light that falls on spectrometers besides their own, alike at every wavelength.
#[derive(Clone, Debug)]
pub struct Light {
    pub irradiance_per_nm: f32,
    pub when: When,
    pub node: Option<usize>,
    pub span: Span,
}

/// Access points and what lies between them and the nodes.
#[derive(Clone, Debug, Default)]
pub struct Radio {
    pub points: Vec<AccessPoint>,
    pub walls: Vec<Wall>,
    pub air: AirKeys,
}

#[derive(Clone, Debug)]
pub struct AccessPoint {
    pub bssid: [u8; 6],
    pub channel: u8,
    pub at_m: [f32; 2],
    /// A metre away, with nothing between.
    pub dbm_at_1m: f32,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wall {
    pub from_m: [f32; 2],
    pub to_m: [f32; 2],
    pub loss_db: f32,
}

/// How radio fades with distance and from place to place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AirKeys {
    pub exponent: f32,
    /// One standard deviation of what furniture, people and reflections do to a place for good.
    pub shadowing_db: f32,
    /// Over this distance it becomes another.
    pub shadow_length_m: f32,
    /// Which building: places keep their shadows from run to run, whatever the scenario's seed.
    pub site: u64,
}

impl Default for AirKeys {
    /// Assumed; offices and flats are published with exponents of 2 to 4, shadowing of 3 to 8 dB and lengths of 1 to 5 m.
    fn default() -> Self {
        Self { exponent: 2.5, shadowing_db: 4.0, shadow_length_m: 2.0, site: 1 }
    }
}

/// Where a node is for a while. From one place to the next it goes straight, at a steady pace.
#[derive(Clone, Debug)]
pub struct Place {
    pub at_m: [f32; 2],
    /// It strolls so far from there, in each direction.
    pub wander_m: f32,
    pub when: When,
    pub node: Option<usize>,
    pub label: Option<String>,
    pub index: usize,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    A,
    B,
    Power,
}

#[derive(Clone, Debug)]
pub struct Press {
    /// Index into [`Scenario::nodes`]. None: every node.
    pub node: Option<usize>,
    pub button: Button,
    /// `length_ns` is how long the button is held and always given.
    pub when: When,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Fault {
    pub kind: String,
    /// Index into [`Scenario::nodes`]. None: every node.
    pub node: Option<usize>,
    pub target: Option<String>,
    /// `length_ns` is always given.
    pub when: When,
    /// What this kind of fault wants to know besides.
    pub params: Settings,
    pub span: Span,
}

/// Ground truth by hand.
#[derive(Clone, Debug)]
pub struct LabelEntry {
    pub label: String,
    pub node: Option<usize>,
    /// `length_ns` is always given.
    pub when: When,
    pub span: Span,
}

/// One measure and what it has to be. An `[[expect]]` table with several measures becomes several of these.
#[derive(Clone, Debug)]
pub struct Expect {
    pub what: Measure,
    pub want: Comparison,
    /// Index into [`Scenario::nodes`]. None: counts are summed over all nodes, shares are the worst node's.
    pub node: Option<usize>,
    /// As a person would say it: `recall of "loud" for "door" >= 0.9`.
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    DeadlineMisses,
    Overruns,
    /// Samples or records that were gone.
    Lost,
    /// Share of time that the CPU was busy, 0 to 1.
    CpuLoad,
    /// Share of the CPU's time, and of each pipeline's deadline, that is left: the least of them. Of one pipeline, its
    /// deadline's alone.
    Headroom {
        pipeline: Option<String>,
    },
    /// Windows late and losses of data at another CPU frequency, by a run of its own.
    FitsAt {
        mhz: u32,
    },
    /// Accesses that a chip's model does not have.
    Unmodelled,
    Memory(MemoryMeasure),
    /// Class events against labels, 0 to 1.
    Accuracy,
    MacroF1,
    /// Mean distance of `value` events from what is in the sample: of one of its names, or of all.
    ValueError {
        name: Option<String>,
    },
    /// Mean distance of `position` events from where the node was, metres.
    PositionError,
    Stage {
        stage: String,
        of: StageMeasure,
    },
    /// Of one pipeline, or the worst of all.
    Pipeline {
        pipeline: Option<String>,
        of: PipelineMeasure,
    },
    /// Of one kind of event, against the labels (all, or those with this name).
    Event {
        event: String,
        label: Option<String>,
        of: EventMeasure,
    },
}

/// In bytes, as measured on the target's instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryMeasure {
    /// What the application keeps.
    State,
    /// Its deepest stack.
    Stack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageMeasure {
    /// Share of time that it held the CPU, 0 to 1.
    Utilisation,
    /// Nanoseconds that it takes.
    Mean,
    Max,
}

/// All in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipelineMeasure {
    /// From a window's release to its finish, so many thousandths of all at most.
    Response { permille: u16 },
    /// Deadline less response, the least.
    Slack,
    /// From the earliest start after release to the latest.
    Jitter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventMeasure {
    /// How many there were.
    Count,
    /// Share of labels that an event was matched with, 0 to 1.
    Recall,
    /// Share of events that were matched with a label, 0 to 1.
    Precision,
    /// Events that were matched with no label.
    FalseAlarms,
    /// Nanoseconds from a label's start to the report of its event, the longest.
    Latency,
}
