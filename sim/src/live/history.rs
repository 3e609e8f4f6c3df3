//! What happened, as people look at it: signals, events, windows and the last state of each node. Its size has a bound,
//! whatever the run's length; what is old is kept coarser, or not at all.

use super::fingers::Fingers;
use super::recognised::Recognised;
use super::series::Series;
use super::touched::Touched;
use crate::engine::Look;
use crate::report::wire::Wire;
use hal_shim::device::st7735s::Framebuffer;
use hal_shim::device::view::ChipView;
use hal_shim::node::Halt;
use hal_shim::supply::Supply;
use hal_shim::tap::Tap;
use hal_shim::time::TrueTime;
use hal_shim::trace::{Fact, Record, Said, Sums};
use scenarios::Scenario;
use scenarios::label::Label;
use scenarios::signal::Quat;
use std::collections::VecDeque;

/// Records that are kept for the timeline: some seconds of a busy node.
const RECORDS: usize = 100_000;
/// Events that are kept: the sums have all of them.
const EVENTS: usize = 50_000;

/// Everything that was seen of a run so far.
#[derive(Default)]
pub struct History {
    pub now_ns: u64,
    pub nodes: Vec<NodeHistory>,
}

pub struct NodeHistory {
    pub name: String,
    pub board: String,
    pub app: String,
    pub cpu_mhz: u32,
    /// The ground truth.
    pub labels: Vec<Label>,
    /// Sound pressure at the microphone, Pa.
    pub sound: Series,
    /// Its level with the time weighting FAST and no weighting of frequencies, dB SPL.
    pub level: Series,
    /// What the node read from it, as a share of full scale.
    pub heard: Series,
    /// Motion of the board as it is: specific force in g along x, y, z, then rates in deg/s.
    pub motion: [Series; 6],
    /// What the node read of it, by its registers.
    pub felt: [Series; 6],
    /// Response of each pipeline's windows, ms.
    pub responses: Vec<(&'static str, Series)>,
    pub records: VecDeque<Record>,
    /// Records that were forgotten.
    pub records_gone: u64,
    pub events: VecDeque<Said>,
    /// Events that were forgotten.
    pub events_gone: u64,
    /// All but the events.
    pub sums: Sums,
    pub screen: Framebuffer,
    /// Counts changes of the screen.
    pub screen_changes: u64,
    pub led: bool,
    pub supply: Supply,
    pub halt: Option<Halt>,
    /// When fingers were on its buttons.
    pub fingers: Fingers,
    /// Where a hand has carried the board, m, in the world's axes; and how it lies.
    pub place_m: [f64; 3],
    pub attitude: Quat,
    /// What its model makes of each window, if it has one of classes.
    pub recognised: Option<Recognised>,
    /// Which registers the node used when.
    pub touched: Touched,
    /// The chips as they were at `chips_ns`: empty until somebody asks ([`super::Ask::Chips`]).
    pub chips: Vec<ChipView>,
    pub chips_ns: u64,
    /// Boots that the samples have not come to yet.
    booted: VecDeque<TrueTime>,
    wire: Wire,
    /// Mean square of the sound, as FAST weighs it, Pa².
    fast_pa2: f32,
    /// Samples since the latest level.
    unlevelled: u32,
}

/// Samples of motion that are kept: 22 minutes at 200 Hz.
const MOTION_KEPT: usize = 1 << 18;
/// Boots of which samples have still to come.
const BOOTS: usize = 1_024;
/// Time constant of FAST, by IEC 61672-1.
const FAST_NS: f32 = 125e6;
/// So often there is a level.
const LEVEL_STEP_NS: f32 = 20e6;
/// 0 dB SPL.
const REFERENCE_PA: f32 = 20e-6;
/// What there is no sound at all is drawn as.
const SILENCE_DB: f32 = 0.0;

impl History {
    pub fn of(scenario: &Scenario) -> Self {
        Self { now_ns: 0, nodes: scenario.nodes.iter().map(NodeHistory::new).collect() }
    }

    pub fn node(&self, index: usize) -> Option<&NodeHistory> {
        self.nodes.get(index)
    }

    /// Bytes that it takes now.
    pub fn bytes(&self) -> usize {
        self.nodes.iter().map(NodeHistory::bytes).sum()
    }

    /// Bytes that it takes at most, however long the run is.
    pub fn most_bytes(&self) -> usize {
        self.nodes.iter().map(NodeHistory::most_bytes).sum()
    }
}

/// Adds what is new, and forgets what is too old; returns how much that was. There is never room for more than twice what is
/// kept.
fn keep<T>(kept: &mut VecDeque<T>, new: impl ExactSizeIterator<Item = T>, most: usize) -> u64 {
    let skipped = new.len().saturating_sub(most);
    let surplus = (kept.len() + new.len() - skipped).saturating_sub(most);
    kept.drain(..surplus);
    kept.extend(new.skip(skipped));
    (surplus + skipped) as u64
}

impl NodeHistory {
    fn new(node: &scenarios::schema::Node) -> Self {
        Self {
            name: node.name.clone(),
            board: node.board.clone(),
            app: node.app.clone(),
            cpu_mhz: 0,
            labels: Vec::new(),
            sound: Series::default(),
            level: Series::keeping(MOTION_KEPT),
            heard: Series::default(),
            motion: std::array::from_fn(|_| Series::keeping(MOTION_KEPT)),
            felt: std::array::from_fn(|_| Series::keeping(MOTION_KEPT)),
            responses: Vec::new(),
            records: VecDeque::new(),
            records_gone: 0,
            events: VecDeque::new(),
            events_gone: 0,
            sums: Sums::default(),
            screen: Framebuffer { width: 0, height: 0, pixels: Vec::new() },
            screen_changes: 0,
            led: false,
            supply: Supply::on_battery(0),
            halt: None,
            fingers: Fingers::default(),
            place_m: [0.0; 3],
            attitude: Quat::IDENTITY,
            recognised: Recognised::of(node),
            touched: Touched::default(),
            chips: Vec::new(),
            chips_ns: 0,
            booted: VecDeque::new(),
            wire: Wire::default(),
            fast_pa2: 0.0,
            unlevelled: 0,
        }
    }

    /// What there was to hear, `step_ns` apart.
    pub fn sounded(&mut self, from_ns: u64, step_ns: f64, pascal: &[f32]) {
        self.sound.push(from_ns, step_ns, pascal.iter().copied());
        let share = (step_ns as f32 / FAST_NS).min(1.0);
        let each = (LEVEL_STEP_NS / step_ns as f32).max(1.0) as u32;
        for (index, pressure) in pascal.iter().enumerate() {
            self.fast_pa2 += share * (pressure * pressure - self.fast_pa2);
            self.unlevelled += 1;
            if self.unlevelled >= each {
                self.unlevelled = 0;
                let level = 10.0 * (self.fast_pa2 / (REFERENCE_PA * REFERENCE_PA)).log10();
                let at_ns = from_ns + (index as f64 * step_ns) as u64;
                self.level.push(at_ns, f64::from(each) * step_ns, [level.max(SILENCE_DB)]);
            }
        }
    }

    /// What crossed the node's wires.
    pub fn saw(&mut self, tap: &Tap) {
        for block in &tap.audio {
            self.broken(block.at);
            if let Some(recognised) = &mut self.recognised {
                recognised.hear(block);
            }
            let step_ns = 1e9 / f64::from(block.rate_hz.max(1));
            self.heard.push(
                block.at.0,
                step_ns,
                block.samples.iter().map(|&sample| f32::from(sample) / 32_768.0),
            );
        }
        let mut samples = Vec::new();
        for crossing in &tap.i2c {
            self.touched.follow(crossing);
            let (resets, ranges) = (self.wire.resets(), self.wire.ranges());
            self.wire.follow(crossing);
            let came = self.wire.take();
            if let Some(recognised) = &mut self.recognised {
                for sample in &came {
                    recognised.feel(TrueTime(sample.at_ns), sample.counts(ranges), ranges);
                }
                if self.wire.resets() != resets {
                    recognised.gap();
                }
            }
            samples.extend(came);
        }
        for (index, sample) in samples.iter().enumerate() {
            // A sample lasts until the next one.
            let neighbour = samples.get(index + 1).map(|next| next.at_ns.saturating_sub(sample.at_ns));
            let before =
                index.checked_sub(1).map(|before| sample.at_ns.saturating_sub(samples[before].at_ns));
            let step_ns = neighbour.or(before).unwrap_or(10_000_000).max(1) as f64;
            let axes = sample
                .accel_g
                .unwrap_or([f64::NAN; 3])
                .into_iter()
                .chain(sample.gyro_dps.unwrap_or([f64::NAN; 3]));
            for (series, value) in self.felt.iter_mut().zip(axes).filter(|(_, value)| value.is_finite()) {
                series.push(sample.at_ns, step_ns, [value as f32]);
            }
        }
    }

    /// Boots before `at`: what comes then does not follow what was.
    fn broken(&mut self, at: TrueTime) {
        while self.booted.pop_front_if(|booted| *booted <= at).is_some() {
            if let Some(recognised) = &mut self.recognised {
                recognised.booted();
            }
        }
    }

    /// What the world did at the node, `step_ns` apart.
    pub fn world_did(&mut self, from_ns: u64, step_ns: f64, axes: [&[f32]; 6]) {
        for (series, values) in self.motion.iter_mut().zip(axes) {
            series.push(from_ns, step_ns, values.iter().copied());
        }
    }

    pub fn happened(&mut self, records: Vec<Record>) {
        for record in &records {
            if let Fact::Boot { .. } = record.fact {
                self.booted.push_back(record.at);
                if self.booted.len() > BOOTS {
                    self.booted.pop_front();
                }
            }
            if let Fact::Window { window, released, finished } = record.fact {
                let response_ms = finished.since(released) as f32 * 1e-6;
                let name = window.pipeline.0;
                let place = self.responses.iter().position(|(known, _)| *known == name);
                let place = place.unwrap_or_else(|| {
                    self.responses.push((name, Series::keeping(MOTION_KEPT)));
                    self.responses.len() - 1
                });
                // A window stands until the next one: about a deadline later.
                let series = &mut self.responses[place].1;
                series.push(finished.0, 1_000.0, [response_ms]);
            }
        }
        self.records_gone += keep(&mut self.records, records.into_iter(), RECORDS);
    }

    /// The sums as they are; events that are not known yet are added to those that are.
    pub fn counts(&mut self, sums: &Sums) {
        let known = self.events_gone as usize + self.events.len();
        self.events_gone += keep(&mut self.events, sums.said.iter().skip(known).copied(), EVENTS);
        self.sums = sums.without_events();
    }

    pub fn looks(&mut self, look: Look) {
        if self.screen.pixels != look.screen.pixels {
            self.screen = look.screen;
            self.screen_changes += 1;
        }
        (self.led, self.supply, self.halt) = (look.led, look.supply, look.halt);
    }

    /// What grows with a run, in bytes: as much room as was made for it.
    pub fn bytes(&self) -> usize {
        let motion = self.motion.iter().chain(&self.felt).chain([&self.level]);
        let rare = self.responses.iter().map(|(_, series)| series).chain(motion);
        let series = rare.chain([&self.sound, &self.heard]).map(Series::bytes).sum::<usize>();
        series
            + self.records.capacity() * size_of::<Record>()
            + self.events.capacity() * size_of::<Said>()
            + self.booted.capacity() * size_of::<TrueTime>()
            + self.fingers.bytes()
            + self.recognised.as_ref().map_or(0, Recognised::bytes)
    }

    /// The same at most, however long the run is.
    pub fn most_bytes(&self) -> usize {
        let rare = self.responses.len() + self.motion.len() + self.felt.len() + 1;
        let series = rare * Series::most_bytes(MOTION_KEPT) + 2 * Series::most_bytes(Series::KEPT);
        series
            + 2 * (RECORDS * size_of::<Record>() + EVENTS * size_of::<Said>() + BOOTS * size_of::<TrueTime>())
            + Fingers::most_bytes()
            + self.recognised.as_ref().map_or(0, Recognised::most_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use node_core::meter::{Stage, Window};
    use node_core::time::{Duration, Instant};

    /// What one node's history may take, as the README says it.
    const BOUND: usize = 320 << 20;

    fn node() -> NodeHistory {
        let text = "schema = 1\nname = \"n\"\nseed = 1\nduration = \"1s\"\n[[node]]\nname = \"n\"\nboard = \"m5stickc\"\napp = \"sound\"\n";
        let known = crate::catalogue::Catalogue::builtin().known();
        let scenario = scenarios::load_str("n.toml", text, std::path::Path::new("."), &known, &[]).unwrap();
        NodeHistory::new(&scenario.nodes[0])
    }

    #[test]
    fn a_tone_of_one_pascal_is_94_decibel() {
        let mut node = node();
        let tone: Vec<f32> = (0..16_000)
            .map(|k| std::f32::consts::SQRT_2 * (k as f32 * std::f32::consts::TAU / 16.0).sin())
            .collect();
        for (block, part) in tone.chunks(1_000).enumerate() {
            node.sounded(block as u64 * 62_500_000, 62_500.0, part);
        }
        let level = node.level.at(999_000_000).unwrap();
        assert!((level - 93.98).abs() < 0.05, "{level} dB");
        assert_eq!(node.level.count(), 50, "one each 20 ms");
    }

    /// A microphone at 16 kHz, motion at 200 Hz and a thousand windows a second, of which none follows evenly on another.
    #[test]
    fn twelve_hours_of_a_node_have_a_bound() {
        let mut node = node();
        let window = |at: u64| {
            let (begun, done) = (Instant::from_micros(at / 1_000), Instant::from_micros(at / 1_000 + 900));
            let window = Window {
                pipeline: Stage("sound"),
                released: begun,
                started: begun,
                finished: done,
                deadline: Duration::from_micros(1_000),
            };
            let fact = Fact::Window { window, released: TrueTime(at), finished: TrueTime(at + 900_000) };
            Record { at: TrueTime(at), fact }
        };
        let (sound, motion) = ([0.1; 16_000], [0.1; 200]);
        // As many seconds as fill every list; what comes after is on top, where nothing may grow any more.
        let filled = |node: &mut NodeHistory, seconds: std::ops::Range<u64>| {
            for second in seconds {
                let from_ns = second * 1_000_000_000;
                node.sounded(from_ns, 62_500.0, &sound);
                node.heard.push(from_ns, 62_500.0, sound);
                node.world_did(from_ns, 5_000_000.0, [&motion; 6]);
                let records = (0..1_000).map(|n| window(from_ns + n * 1_000_000)).collect();
                node.happened(records);
            }
        };
        filled(&mut node, 0..200);
        let (early, most) = (node.bytes(), node.most_bytes());
        assert!(early <= most, "{early} B of {most} B");
        assert!(most <= BOUND, "{} MB", most >> 20);
        filled(&mut node, 200..400);
        assert_eq!((node.records.len(), node.records_gone), (RECORDS, 300_000));
        let late = node.bytes();
        assert!(late <= most, "{late} B of {most} B");
        assert!(node.responses[0].1.count() == 400_000 && node.sound.count() == 6_400_000);
    }

    #[test]
    fn of_a_batch_that_is_too_large_the_latest_are_kept() {
        let mut kept: VecDeque<u32> = [1, 2].into();
        assert_eq!(keep(&mut kept, [3, 4].into_iter(), 3), 1);
        assert_eq!(kept, [2, 3, 4]);
        assert_eq!(keep(&mut kept, (10..20).collect::<Vec<_>>().into_iter(), 3), 10);
        assert_eq!(kept, [17, 18, 19]);
    }
}
