//! What a node's model makes of each window: not only what the node says of it, but how sure it was of every class, and of
//! which features. Computed once more beside the node, by the code that it runs (its feature plan, model and smoothing),
//! from the samples that crossed its wires; so the answers are the node's own, bit for bit.

use super::series::Series;
use crate::apps::model;
use crate::train::feature_names::{self, Feature};
use hal_shim::tap::AudioBlock;
use hal_shim::time::TrueTime;
use node_core::app::recogniser::plan_of;
use node_core::app::sound::pipeline::{DC_CORNER_HZ, WARM_UP};
use node_core::app::vibration::condition;
use node_core::app::{motion, sound};
use node_core::drivers::mpu6886::{AccelRange, GyroRange};
use node_core::dsp::convert::to_f32;
use node_core::dsp::dc::DcBlocker;
use node_core::dsp::features::{Plan, Samples, Sliding};
use node_core::ml::ask::Says;
use node_core::ml::ntm::Model;
use node_core::ml::smooth::Smoother;
use scenarios::schema::Node;
use std::collections::VecDeque;

/// Answers that are kept: minutes of most models.
const KEPT: usize = 1_024;
/// Of how sure it was over time: samples, before there are bounds only.
const COURSE_KEPT: usize = 1 << 14;

/// One window, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub start_ns: u64,
    pub end_ns: u64,
    pub features: Vec<f32>,
    /// Of each class, as the model gives them, before smoothing and thresholds: how sure it is, or how far from the state
    /// ([`Recognised::distances`]).
    pub shares: Vec<f32>,
    /// What is told of it: class and how sure, in percent. `None`: nothing is sure enough.
    pub told: Option<(&'static str, u8)>,
}

/// A node's model, asked again.
pub struct Recognised {
    pub model: &'static Model<'static>,
    pub plan: Plan<'static>,
    pub answers: VecDeque<Answer>,
    /// All of them, the forgotten ones as well.
    pub count: u64,
    /// How sure the model was of each class, over time.
    pub courses: Vec<Series>,
    /// Samples of the last window, in order; of motion channel by channel in turn.
    recent: Sliding<f32, Vec<f32>>,
    /// Samples of a window as it is due: of a plan of frames, up to the end of its last frame.
    window: usize,
    smoother: Smoother,
    features: Vec<f32>,
    scratch: Vec<f32>,
    ear: Option<Ear>,
    /// A sound's samples go through it, others do not.
    hears: bool,
}

/// What lies between the microphone's samples and the model.
struct Ear {
    dc: DcBlocker,
    /// The first block settles it.
    started: bool,
    rate_hz: u32,
    /// Samples until the program listens.
    warming: usize,
}

/// A window whose frames end before the plan's window does: what is after them nobody reads.
struct Framed<'w> {
    ring: &'w dyn Samples,
    samples: usize,
}

impl Samples for Framed<'_> {
    fn channels(&self) -> usize {
        self.ring.channels()
    }
    fn samples(&self) -> usize {
        self.samples
    }
    fn read(&self, channel: usize, from: usize, out: &mut [f32]) {
        self.ring.read(channel, from, out);
    }
}

impl Recognised {
    /// Of a node whose program asks a model about windows of sound or motion; `None` for any other.
    pub fn of(node: &Node) -> Option<Self> {
        let mut settings = node.settings.clone();
        let hears = node.app == "sound";
        let fitting = match node.app.as_str() {
            "sound" => model::take(&mut settings, sound::trained::room),
            "motion" => model::take(&mut settings, motion::trained::room),
            "vibration" => model::take(&mut settings, condition::room),
            _ => return None,
        };
        // The engine has loaded the same before, and would have told what is wrong.
        let model = fitting.ok()??.model;
        let plan = if node.app == "vibration" { condition::plan_of(model) } else { plan_of(model) }.ok()?;
        let head = plan.head();
        let (window, hop) = if hears {
            let streaming = plan.streaming()?;
            let window = (streaming.frames - 1) * streaming.hop + streaming.framing.points;
            (window, streaming.frames_hop * streaming.hop)
        } else {
            (head.window, head.hop)
        };
        Some(Self {
            model,
            plan,
            answers: VecDeque::new(),
            count: 0,
            courses: (0..model.classes.count()).map(|_| Series::keeping(COURSE_KEPT)).collect(),
            recent: Sliding::new(vec![0.0; window * head.channels], head.channels, window, hop)?,
            window,
            smoother: Smoother::new(model.smoothing),
            features: vec![0.0; plan.outputs()],
            scratch: vec![0.0; plan.scratch().max(model.scratch())],
            ear: None,
            hears,
        })
    }

    /// The answers are distances from states, in standard deviations: the least is the state, and beyond its threshold it is
    /// none of them.
    pub fn distances(&self) -> bool {
        self.model.says() == Says::Distances
    }

    /// What each feature of an answer is.
    pub fn features(&self) -> Vec<Feature> {
        feature_names::of(&self.model.inputs, &self.plan)
    }

    /// Samples of a window, of each channel.
    pub fn window(&self) -> usize {
        self.window
    }

    /// What grows with a run, in bytes.
    pub fn bytes(&self) -> usize {
        self.courses.iter().map(Series::bytes).sum::<usize>() + self.answers.capacity() * self.answer_bytes()
    }

    /// The same at most, however long the run is.
    pub fn most_bytes(&self) -> usize {
        let answers = (KEPT + 1).next_power_of_two();
        self.courses.len() * Series::most_bytes(COURSE_KEPT) + answers * self.answer_bytes()
    }

    fn answer_bytes(&self) -> usize {
        size_of::<Answer>() + (self.features.len() + self.courses.len()) * size_of::<f32>()
    }

    /// The answer that was the latest then.
    pub fn at(&self, at_ns: u64) -> Option<&Answer> {
        let after = self.answers.partition_point(|answer| answer.end_ns <= at_ns);
        self.answers.get(after.checked_sub(1)?)
    }

    /// The program began anew.
    pub fn booted(&mut self) {
        self.ear = None;
        self.gap();
    }

    /// What comes does not follow what was.
    pub fn gap(&mut self) {
        self.recent.reset();
        self.smoother = Smoother::new(self.model.smoothing);
    }

    /// A block that the node read from its microphone.
    pub fn hear(&mut self, block: &AudioBlock) {
        if !self.hears || block.samples.is_empty() {
            return;
        }
        let rate_hz = block.rate_hz.max(1);
        if self.ear.as_ref().is_none_or(|ear| ear.rate_hz != rate_hz) {
            let warming = (WARM_UP.as_micros() * u64::from(rate_hz) / 1_000_000) as usize;
            let dc = DcBlocker::new(DC_CORNER_HZ, rate_hz as f32);
            self.ear = Some(Ear { dc, started: false, rate_hz, warming });
            self.gap();
        }
        if block.lost > 0 {
            self.gap();
        }
        let mut plain = vec![0.0; block.samples.len()];
        to_f32(&block.samples, &mut plain);
        let Some(ear) = &mut self.ear else { return };
        if !ear.started {
            ear.started = true;
            ear.dc.settle_at(plain[0]);
        }
        ear.dc.process(&mut plain);
        if ear.warming > 0 {
            ear.warming = ear.warming.saturating_sub(plain.len());
            return;
        }
        let step_ns = 1e9 / f64::from(rate_hz);
        for (index, sample) in plain.iter().enumerate() {
            if self.recent.push(&[*sample]) {
                let end_ns = block.at.0 + ((index + 1) as f64 * step_ns) as u64;
                self.judge(end_ns, step_ns);
            }
        }
    }

    /// A record of the IMU's FIFO, in counts: acceleration, then rotation.
    pub fn feel(&mut self, at: TrueTime, counts: [i16; 6], (accel, gyro): (AccelRange, GyroRange)) {
        if self.hears {
            return;
        }
        let (g, dps) = (1.0 / accel.lsb_per_g(), 1.0 / gyro.lsb_per_dps());
        let scale = [g, g, g, dps, dps, dps];
        let values: [f32; 6] = std::array::from_fn(|axis| f32::from(counts[axis]) * scale[axis]);
        let head = self.plan.head();
        if self.recent.push(&values[..head.channels.min(6)]) {
            self.judge(at.0, 1e9 / f64::from(head.rate_hz));
        }
    }

    /// As the node's own judge does it.
    fn judge(&mut self, end_ns: u64, step_ns: f64) {
        let ring = self.recent.window();
        let window = Framed { ring: &ring, samples: self.plan.head().window };
        if self.plan.extract(&mut self.scratch, &window, &mut self.features).is_err() {
            return;
        }
        let Some(said) = self.model.ask(&self.features, &mut self.scratch) else { return };
        let shares = said[..self.model.classes.count()].to_vec();
        let told = if self.distances() {
            let (state, confidence) = condition::nearest(&said, shares.len());
            let known = shares[state] <= self.model.thresholds.of(state);
            let name = self.model.classes.names().nth(state).filter(|_| known);
            name.map(|name| (name, (100.0 * confidence).round() as u8))
        } else {
            self.told(&shares)
        };
        let start_ns = end_ns.saturating_sub((self.window as f64 * step_ns) as u64);
        let hop_ns = self.plan.head().hop as f64 * step_ns;
        for (course, share) in self.courses.iter_mut().zip(&shares) {
            course.push(end_ns, hop_ns, [*share]);
        }
        self.answers.push_back(Answer { start_ns, end_ns, features: self.features.clone(), shares, told });
        if self.answers.len() > KEPT {
            self.answers.pop_front();
        }
        self.count += 1;
    }

    /// A class that is sure enough, after smoothing.
    fn told(&mut self, shares: &[f32]) -> Option<(&'static str, u8)> {
        let state = self.smoother.push(shares)?;
        let name = self.model.classes.names().nth(state.class)?;
        let sure = state.confidence >= self.model.thresholds.of(state.class);
        sure.then(|| (name, (100.0 * state.confidence.clamp(0.0, 1.0)).round() as u8))
    }
}
