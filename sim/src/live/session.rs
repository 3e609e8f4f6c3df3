//! A run on a thread of its own. Who watches sends what it wants over a channel and reads the history; it may be slow, the
//! run is not. What is done by hand is written down with its time, so that it can be done again.

use super::history::History;
use super::log::{Deed, End, Log};
use super::outside;
use crate::catalogue::Catalogue;
use crate::engine::{Act, Command, Felt, Hand, Heard, Live, LiveKept, Options, Plan, Twin};
use crate::parallel::lock;
use crate::report::result::hash_text;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use hal_shim::world::{Motion, MotionBlock, Sound};
use scenarios::shelf::Shelf;
use scenarios::signal::{MotionWorld, SoundWorld};
use scenarios::{LoadError, Problem, Scenario, Set};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// How fast the run goes, while it plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// As a multiple of real time.
    Times(f64),
    Max,
}

/// What one may ask of a run.
#[derive(Debug)]
pub enum Ask {
    Play,
    Pause,
    Speed(Speed),
    /// Goes on by so much, and pauses.
    Step(u64),
    /// To that time: on, or back by doing everything again.
    Seek(u64),
    /// Begins again when it has ended.
    Loop(bool),
    Act {
        node: usize,
        act: Act,
    },
    /// The scenario with other changes, from its file, to the time where it is.
    Change(Vec<String>),
    /// Somebody looks into the chips of this node, for the next moment.
    Chips {
        node: usize,
    },
    /// Writes down what hands did, and beside it what was heard live.
    SaveLog(PathBuf),
    /// From now on the node hears what is pushed into its [`Live`], in real time; nothing: the scenario again.
    Listen {
        node: usize,
        on: bool,
    },
}

/// Where the run is.
#[derive(Clone, Debug)]
pub struct Status {
    pub now_ns: u64,
    pub end_ns: u64,
    pub playing: bool,
    pub speed: Speed,
    pub looping: bool,
    /// On its way there, as fast as it can.
    pub seeking: Option<u64>,
    /// Simulated time a second of computing: how much faster than real time the engine is.
    pub engine_speed: f64,
    /// How far behind real time it is while it plays at a speed, and the most that it was.
    pub behind_ns: u64,
    pub most_behind_ns: u64,
    /// What hands did so far.
    pub deeds: usize,
    /// Something was heard live, or is.
    pub heard_live: bool,
    /// A session is being written down.
    pub writing: bool,
    /// Why the scenario as it is in its file now cannot be run; what runs is the one before.
    pub refused: Option<Arc<LoadError>>,
    /// The last thing worth saying: a file that was written, or could not be.
    pub notice: Option<String>,
    /// Counts the times that the run began anew.
    pub run: u64,
    pub trace_hash: Option<u64>,
    /// Asks that were answered.
    pub answered: u64,
}

struct Shared {
    history: Mutex<History>,
    status: Mutex<Status>,
    scenario: Mutex<Arc<Scenario>>,
    /// One a node.
    lives: Mutex<Vec<Live>>,
}

/// Looks at a run from another thread. It outlives the session, and sees nothing new then.
#[derive(Clone)]
pub struct Watch(Arc<Shared>);

impl Watch {
    pub fn status(&self) -> Status {
        lock(&self.0.status).clone()
    }

    /// The run waits while somebody holds this: copy, and let go.
    pub fn history(&self) -> MutexGuard<'_, History> {
        lock(&self.0.history)
    }

    /// What a node may hear in place of its scenario.
    pub fn live(&self, node: usize) -> Option<Live> {
        lock(&self.0.lives).get(node).cloned()
    }

    pub fn sees_same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A run that goes on.
pub struct Session {
    asks: Option<Sender<Ask>>,
    asked: AtomicU64,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Where a run comes from.
#[derive(Clone)]
pub struct Source {
    pub catalogue: Arc<Catalogue>,
    pub file: PathBuf,
    /// As in `--set`.
    pub sets: Vec<String>,
    /// What hands do again.
    pub log: Option<Log>,
}

impl Source {
    fn load(&self) -> Result<Scenario, LoadError> {
        let sets: Vec<Set> = self.sets.iter().map(Set::new).collect();
        scenarios::load(&self.file, &self.catalogue.known(), &sets)
    }
}

impl Session {
    /// Loads the scenario and waits at its beginning.
    pub fn open(source: Source) -> Result<Self, LoadError> {
        let scenario = source.load()?;
        // What only the engine finds wrong is found before there is a thread.
        let deeds = commands(source.log.as_ref(), &scenario);
        let lives = lives(source.log.as_ref(), &scenario)?;
        Twin::new(&source.catalogue, scenario.clone(), &options(deeds.clone(), Vec::new()))?;
        let shared = Arc::new(Shared {
            history: Mutex::new(History::of(&scenario)),
            status: Mutex::new(Status {
                now_ns: 0,
                end_ns: scenario.duration_ns,
                playing: false,
                speed: Speed::Times(1.0),
                looping: false,
                seeking: None,
                engine_speed: 0.0,
                behind_ns: 0,
                most_behind_ns: 0,
                deeds: deeds.len(),
                heard_live: lives.iter().any(|live| !live.is_silent()),
                writing: false,
                refused: None,
                notice: None,
                run: 0,
                trace_hash: None,
                answered: 0,
            }),
            scenario: Mutex::new(Arc::new(scenario.clone())),
            lives: Mutex::new(lives),
        });
        let (asks, asked) = unbounded();
        let theirs = shared.clone();
        let run = move || {
            if let Ok(mut run) = Run::new(source, scenario, deeds, theirs) {
                run.serve(&asked);
            }
        };
        let thread = std::thread::Builder::new().name("twin".into()).spawn(run).ok();
        Ok(Self { asks: Some(asks), asked: AtomicU64::new(0), shared, thread })
    }

    pub fn ask(&self, ask: Ask) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        // The thread ends with the session only: nobody is there who could not be asked.
        let _ = self.asks.as_ref().map(|asks| asks.send(ask));
    }

    pub fn status(&self) -> Status {
        lock(&self.shared.status).clone()
    }

    pub fn scenario(&self) -> Arc<Scenario> {
        lock(&self.shared.scenario).clone()
    }

    /// For who looks from another thread.
    pub fn watch(&self) -> Watch {
        Watch(self.shared.clone())
    }

    /// What happened so far. The run waits while somebody holds this: look, and let go.
    pub fn history(&self) -> MutexGuard<'_, History> {
        lock(&self.shared.history)
    }

    /// Waits until the run is where it was asked to go and stands, or the time is over.
    pub fn settle(&self, most: Duration) -> bool {
        let started = Instant::now();
        loop {
            let status = self.status();
            let answered = status.answered == self.asked.load(Ordering::Relaxed);
            if answered && !status.playing && status.seeking.is_none() && !status.writing {
                return true;
            }
            if started.elapsed() > most {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn options(by_hand: Vec<Command>, live: Vec<Live>) -> Options {
    let by_hand = Some(by_hand);
    Options { recording: true, tapping: true, threads: Some(1), by_hand, live, ..Options::default() }
}

fn commands(log: Option<&Log>, scenario: &Scenario) -> Vec<Command> {
    // Deeds at a node that is not there any more are not done.
    let known = |log: &Log| {
        let index = |name: &str| scenario.node_index(name);
        let deeds = log.deeds.iter();
        deeds
            .filter_map(|deed| {
                Some(Command { at_ns: deed.at_ns, node: index(&deed.node)?, act: deed.did.into() })
            })
            .collect()
    };
    log.map(known).unwrap_or_default()
}

/// One a node, with what was heard live in the session that is done again.
fn lives(log: Option<&Log>, scenario: &Scenario) -> Result<Vec<Live>, LoadError> {
    let mut lives = match log {
        Some(log) => outside::lives(log, scenario).map_err(|error| {
            let help = "the session's sound lies beside its log: bring both along";
            LoadError::new(
                scenario.sources.clone(),
                vec![Problem::new(Default::default(), error.to_string(), help)],
            )
        })?,
        None => Vec::new(),
    };
    lives.resize_with(scenario.nodes.len(), Live::default);
    Ok(lives)
}

/// What the world does at one node, computed once more for those who look.
struct Mirror {
    sound: Option<Heard>,
    motion: Option<Felt>,
    hand: Hand,
    sound_ns: u64,
    motion_ns: u64,
}

const SOUND_STEP_NS: u64 = 62_500; // 16 kHz, as our microphones are read
/// A chip may be asked for so much more than the step: a block that ends after it.
const LIVE_AHEAD_NS: u64 = 5_000_000;
const MOTION_STEP_NS: u64 = 5_000_000; // 200 Hz: gestures end at 20 Hz

/// Simulated time that is done at once, at most: history is given away in between.
const MOST_AT_ONCE_NS: u64 = 1_000_000_000;
/// Host time that one go should take: who asks for something waits as long.
const GO: Duration = Duration::from_millis(8);
/// Who looks into chips says so again and again: after this nobody does.
const LOOKING: Duration = Duration::from_millis(400);
/// Chips are looked into so often, while the run goes on: people read no faster.
const CHIPS_EVERY: Duration = Duration::from_millis(60);
/// Files are looked at so often.
const WATCH: Duration = Duration::from_millis(400);

struct Run {
    source: Source,
    shared: Arc<Shared>,
    twin: Twin,
    mirrors: Vec<Mirror>,
    /// Each node's presses to come.
    plans: Vec<Plan>,
    /// All that hands did, in order of time.
    deeds: Vec<Command>,
    /// What nodes may hear in place of the scenario.
    lives: Vec<Live>,
    playing: bool,
    looping: bool,
    speed: Speed,
    /// Simulated and host time from which pace is counted.
    anchor: (u64, Instant),
    goal: Option<u64>,
    at_once_ns: u64,
    most_behind_ns: u64,
    runs: u64,
    written: Option<SystemTime>,
    looked: Instant,
    refused: Option<Arc<LoadError>>,
    notice: Option<String>,
    engine_speed: f64,
    answered: u64,
    /// Whose chips somebody looks into, and when that was said last.
    looked_into: Option<(usize, Instant)>,
    chips_seen: Instant,
    /// Who writes a session down, and what is to be told of it: sound takes its time, and the run does not wait.
    writing: Option<JoinHandle<String>>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.wait_for_writer();
    }
}

impl Run {
    fn new(
        source: Source,
        scenario: Scenario,
        deeds: Vec<Command>,
        shared: Arc<Shared>,
    ) -> Result<Self, LoadError> {
        let lives = lock(&shared.lives).clone();
        let twin = Twin::new(&source.catalogue, scenario.clone(), &options(deeds.clone(), lives.clone()))?;
        let written = modified(&source.file);
        let mut run = Self {
            mirrors: mirrors(&scenario, &lives),
            plans: Vec::new(),
            lives,
            source,
            shared,
            twin,
            deeds,
            playing: false,
            looping: false,
            speed: Speed::Times(1.0),
            anchor: (0, Instant::now()),
            goal: None,
            at_once_ns: 10_000_000,
            most_behind_ns: 0,
            runs: 0,
            written,
            looked: Instant::now(),
            refused: None,
            notice: None,
            engine_speed: 0.0,
            answered: 0,
            looked_into: None,
            chips_seen: Instant::now(),
            writing: None,
        };
        run.begin_history();
        run.mirror_deeds();
        run.tell(0);
        Ok(run)
    }

    fn serve(&mut self, asked: &Receiver<Ask>) {
        loop {
            // Somebody who plays is looked after often, somebody who waits is not.
            let wait = match (self.playing || self.goal.is_some(), &self.writing) {
                (true, _) => Duration::ZERO,
                (false, Some(_)) => Duration::from_millis(5),
                (false, None) => Duration::from_millis(50),
            };
            match asked.recv_timeout(wait) {
                Ok(ask) => {
                    self.do_as(ask);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.watch();
            if self.writing.as_ref().is_some_and(JoinHandle::is_finished) {
                self.wait_for_writer();
                self.tell(0);
            }
            let idle = self.go_on();
            if !idle.is_zero()
                && (self.playing || self.goal.is_some())
                && let Ok(ask) = asked.recv_timeout(idle)
            {
                self.do_as(ask);
            }
        }
    }

    fn now_ns(&mut self) -> u64 {
        self.twin.progress().now_ns
    }

    fn do_as(&mut self, ask: Ask) {
        if let Ask::Chips { node } = ask {
            // Nothing happens to the run: its pace is not counted anew.
            self.looked_into = Some((node, Instant::now()));
            self.look_into_chips();
            self.answered += 1;
            lock(&self.shared.status).answered = self.answered;
            return;
        }
        let now = self.now_ns();
        match ask {
            Ask::Speed(speed) if self.listens() && speed != Speed::Times(1.0) => {
                self.notice = Some("it hears a live sound, and goes at 1x until that is stopped".into());
                self.answered += 1;
                return self.tell(0);
            }
            Ask::Step(_) | Ask::Seek(_) | Ask::Change(_) if self.listens() => {
                self.lives.iter().for_each(Live::end);
                self.notice = Some("the live sound has stopped: time does not go on as outside".into());
            }
            _ => {}
        }
        match ask {
            Ask::Play => {
                if self.twin.progress().done {
                    self.again();
                }
                self.playing = true;
            }
            Ask::Pause => (self.playing, self.goal) = (false, None),
            Ask::Speed(speed) => self.speed = speed,
            Ask::Step(ns) => (self.playing, self.goal) = (false, Some(now.saturating_add(ns))),
            Ask::Seek(to) => {
                if to < now {
                    self.again();
                }
                self.goal = Some(to);
            }
            Ask::Loop(looping) => self.looping = looping,
            Ask::Act { node, act } => {
                // What was done later in an earlier take is not done in this one.
                self.deeds.retain(|deed| deed.at_ns <= now);
                self.twin.forget_commands();
                let done = self.twin.act(node, act);
                self.deeds.push(done);
                self.mirror(done);
                // Who presses while the run stands sees it, too.
                let shared = self.shared.clone();
                self.see_hands(&mut lock(&shared.history));
            }
            Ask::Change(sets) => {
                let before = std::mem::replace(&mut self.source.sets, sets);
                if !self.reload() {
                    self.source.sets = before;
                }
            }
            Ask::Chips { .. } => {}
            Ask::SaveLog(path) => self.save(path),
            Ask::Listen { node, on: true } => {
                if self.twin.progress().done {
                    self.again();
                }
                let now = self.now_ns();
                if let Some(live) = self.lives.get(node) {
                    live.begin(now);
                    (self.playing, self.goal, self.speed) = (true, None, Speed::Times(1.0));
                }
            }
            Ask::Listen { node, on: false } => self.lives.get(node).iter().for_each(|live| live.end()),
        }
        self.anchor = (self.now_ns(), Instant::now());
        self.answered += 1;
        self.tell(0);
    }

    fn listens(&self) -> bool {
        self.lives.iter().any(Live::goes_on)
    }

    /// The same run from its beginning, with what hands did and what was heard live.
    fn again(&mut self) {
        let scenario = self.twin.scenario().clone();
        self.lives.iter().for_each(Live::rewind);
        match Twin::new(&self.source.catalogue, scenario, &options(self.deeds.clone(), self.lives.clone())) {
            Ok(twin) => self.begin(twin),
            // It could be built before, from the same texts: a recording has gone meanwhile.
            Err(error) => self.refused = Some(Arc::new(error)),
        }
    }

    fn begin(&mut self, twin: Twin) {
        self.twin = twin;
        self.mirrors = mirrors(self.twin.scenario(), &self.lives);
        self.runs += 1;
        self.begin_history();
        self.mirror_deeds();
    }

    fn begin_history(&mut self) {
        let mut history = History::of(self.twin.scenario());
        self.plans = (0..history.nodes.len()).map(|index| self.twin.plan(index)).collect();
        for (index, (node, plan)) in history.nodes.iter_mut().zip(&mut self.plans).enumerate() {
            node.labels = self.twin.labels(index).to_vec();
            node.cpu_mhz = self.twin.cpu_mhz(index).unwrap_or(0);
            node.fingers.follow(plan, 0);
        }
        *lock(&self.shared.history) = history;
        *lock(&self.shared.scenario) = Arc::new(self.twin.scenario().clone());
    }

    fn mirror_deeds(&mut self) {
        for deed in self.deeds.clone() {
            self.mirror(deed);
        }
    }

    fn mirror(&self, done: Command) {
        if let (Act::Hold(pose), Some(mirror)) = (done.act, self.mirrors.get(done.node)) {
            mirror.hand.reach(done.at_ns, pose);
        }
    }

    /// Loads the file again; false if it is refused.
    fn reload(&mut self) -> bool {
        let now = self.now_ns();
        let loaded = self.source.load().and_then(|scenario| {
            let names = self.twin.scenario().nodes.iter().map(|node| node.name.clone()).collect::<Vec<_>>();
            // Hands stay at the nodes of the same names.
            let follow =
                |deed: &Command| Some(Command { node: scenario.node_index(names.get(deed.node)?)?, ..*deed });
            self.deeds = self.deeds.iter().filter_map(follow).collect();
            let known = |node: &scenarios::schema::Node| {
                let place = names.iter().position(|name| *name == node.name);
                place.and_then(|place| self.lives.get(place)).cloned().unwrap_or_default()
            };
            let lives: Vec<Live> = scenario.nodes.iter().map(known).collect();
            lives.iter().for_each(Live::rewind);
            let twin =
                Twin::new(&self.source.catalogue, scenario, &options(self.deeds.clone(), lives.clone()))?;
            Ok((twin, lives))
        });
        match loaded {
            Ok((twin, lives)) => {
                *lock(&self.shared.lives) = lives.clone();
                self.lives = lives;
                self.refused = None;
                self.begin(twin);
                self.goal = Some(now);
                true
            }
            Err(error) => {
                self.refused = Some(Arc::new(error));
                false
            }
        }
    }

    fn watch(&mut self) {
        if self.looked.elapsed() < WATCH {
            return;
        }
        self.looked = Instant::now();
        let written = modified(&self.source.file);
        if written.is_some() && written != self.written {
            self.written = written;
            self.reload();
            self.anchor = (self.now_ns(), Instant::now());
            self.tell(0);
        }
    }

    /// One go; returns how long there is nothing to do.
    fn go_on(&mut self) -> Duration {
        let before = self.twin.progress();
        let end_ns = before.end_ns;
        let target = match (self.goal, self.playing, self.speed) {
            (Some(goal), ..) => goal.min(end_ns),
            (None, false, _) => return Duration::ZERO,
            (None, true, Speed::Max) => end_ns,
            (None, true, Speed::Times(times)) => {
                let (from, since) = self.anchor;
                let gone = since.elapsed().as_nanos() as f64 * times;
                from.saturating_add(gone as u64).min(end_ns)
            }
        };
        let paced = self.goal.is_none() && self.speed != Speed::Max;
        let to = target.min(before.now_ns.saturating_add(self.at_once_ns));
        let started = Instant::now();
        for live in &self.lives {
            live.fix(to.saturating_add(LIVE_AHEAD_NS));
        }
        let progress = self.twin.step_to(to);
        let waited = self.look(progress.now_ns);
        // Who looks for long must not make the goes shorter: there would be too few of them to keep up.
        let took = started.elapsed().saturating_sub(waited);
        let done_ns = progress.now_ns - before.now_ns;
        if done_ns > 0 {
            let speed = done_ns as f64 / took.as_nanos().max(1) as f64;
            self.engine_speed += 0.2 * (speed - self.engine_speed);
        }
        if took > GO {
            self.at_once_ns = (self.at_once_ns / 2).max(1_000_000);
        } else if to < target && took < GO / 3 {
            self.at_once_ns = (self.at_once_ns * 2).min(MOST_AT_ONCE_NS);
        }
        let mut behind_ns = 0;
        if paced {
            behind_ns = target.saturating_sub(progress.now_ns);
            self.most_behind_ns = self.most_behind_ns.max(behind_ns);
        }
        if self.goal.is_some_and(|goal| progress.now_ns >= goal.min(end_ns)) || progress.done {
            self.goal = None;
            self.anchor = (progress.now_ns, Instant::now());
        }
        if progress.done {
            self.lives.iter().for_each(Live::end);
        }
        if progress.done && self.playing {
            if self.looping {
                self.again();
                self.anchor = (0, Instant::now());
            } else {
                self.playing = false;
            }
        }
        self.tell(behind_ns);
        // At a pace there is a rest until the next few milliseconds are due.
        if paced && behind_ns == 0 { Duration::from_millis(4) } else { Duration::ZERO }
    }

    /// What hands did since the last time, whoever moved them.
    fn see_hands(&mut self, history: &mut History) {
        for Command { at_ns, node, act } in self.twin.take_done() {
            if let Some(node) = history.nodes.get_mut(node) {
                node.fingers.did(at_ns, act);
            }
        }
    }

    /// Puts what has happened into the history. Returns how long somebody who looks held it.
    fn look(&mut self, now_ns: u64) -> Duration {
        let asked = Instant::now();
        let shared = self.shared.clone();
        let mut history = lock(&shared.history);
        let waited = asked.elapsed();
        self.see_hands(&mut history);
        history.now_ns = now_ns;
        for (node, plan) in history.nodes.iter_mut().zip(&mut self.plans) {
            node.fingers.follow(plan, now_ns);
        }
        for (index, (node, mirror)) in history.nodes.iter_mut().zip(&mut self.mirrors).enumerate() {
            let (records, tap) = self.twin.take(index);
            node.happened(records);
            node.saw(&tap);
            mirror.catch_up(now_ns, node);
            self.twin.with_sums(index, |sums| node.counts(sums));
            if let Some(look) = self.twin.look(index) {
                node.looks(look);
            }
        }
        waited
    }

    /// For whoever asked, and for as long as somebody does.
    fn look_into_chips(&mut self) {
        let Some((node, since)) = self.looked_into else { return };
        if since.elapsed() > LOOKING {
            self.looked_into = None;
            return;
        }
        let chips = self.twin.chips(node).unwrap_or_default();
        let now_ns = self.now_ns();
        self.chips_seen = Instant::now();
        if let Some(node) = lock(&self.shared.history).nodes.get_mut(node) {
            (node.chips, node.chips_ns) = (chips, now_ns);
        }
    }

    fn tell(&mut self, behind_ns: u64) {
        let stands = !self.playing && self.goal.is_none();
        if stands || self.chips_seen.elapsed() > CHIPS_EVERY {
            self.look_into_chips();
        }
        let progress = self.twin.progress();
        let standing = !self.playing && self.goal.is_none();
        let trace_hash = standing.then(|| self.twin.trace_hash());
        *lock(&self.shared.status) = Status {
            now_ns: progress.now_ns,
            end_ns: progress.end_ns,
            playing: self.playing,
            speed: self.speed,
            looping: self.looping,
            seeking: self.goal,
            engine_speed: self.engine_speed,
            behind_ns,
            most_behind_ns: self.most_behind_ns,
            deeds: self.deeds.len(),
            heard_live: self.lives.iter().any(|live| !live.is_silent()),
            writing: self.writing.is_some(),
            refused: self.refused.clone(),
            notice: self.notice.clone(),
            run: self.runs,
            trace_hash,
            answered: self.answered,
        };
    }

    fn save(&mut self, path: PathBuf) {
        // One after the other: both may have been given the same name.
        self.wait_for_writer();
        let ended_ns = self.now_ns();
        let scenario = self.twin.scenario();
        let name = |node: usize| scenario.nodes.get(node).map(|node| node.name.clone()).unwrap_or_default();
        let deed = |done: &Command| Deed { at_ns: done.at_ns, node: name(done.node), did: done.act.into() };
        let log = Log {
            scenario: self.source.file.display().to_string(),
            sets: self.source.sets.clone(),
            heard: Vec::new(),
            deeds: self.deeds.iter().filter(|deed| deed.at_ns <= ended_ns).map(deed).collect(),
            end: None,
        };
        let kept = self.lives.iter().enumerate().flat_map(|(node, live)| {
            let name = name(node);
            live.kept().into_iter().map(move |kept| (name.clone(), kept))
        });
        let heard: Vec<(String, LiveKept)> = kept.filter(|(_, kept)| kept.start_ns < ended_ns).collect();
        let end = Some(End { ended_ns, trace_hash: hash_text(self.twin.trace_hash()) });
        let work = move || written(&path, Log { end, ..log }, heard);
        match std::thread::Builder::new().name("writer".into()).spawn(work) {
            Ok(writer) => self.writing = Some(writer),
            Err(error) => self.notice = Some(format!("the session could not be written: {error}")),
        }
    }

    fn wait_for_writer(&mut self) {
        if let Some(writer) = self.writing.take() {
            let broken = |_| "the session could not be written: the writer broke down".to_string();
            self.notice = Some(writer.join().unwrap_or_else(broken));
        }
    }
}

/// Writes a session down; what there is to tell of it.
fn written(path: &Path, log: Log, heard: Vec<(String, LiveKept)>) -> String {
    let scenario = log.scenario.clone();
    let gone = heard.iter().any(|(_, kept)| kept.from_ns > kept.start_ns);
    match outside::write(path, log, heard) {
        Ok(()) if gone => format!(
            "what hands did is in {}, but of the live sound only the last 20 minutes: it will not come to the same trace",
            path.display()
        ),
        Ok(()) => format!("what hands did is in {0}: nodetwin run {scenario} --by-hand {0}", path.display()),
        Err(error) => error.to_string(),
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|facts| facts.modified()).ok()
}

fn mirrors(scenario: &Scenario, lives: &[Live]) -> Vec<Mirror> {
    let mut shelf = Shelf::open(scenario).unwrap_or_default();
    let mut mirror = |(index, node): (usize, &scenarios::schema::Node)| {
        let hand = Hand::default();
        Mirror {
            // The engine has built the same before, and would have told what is wrong.
            sound: SoundWorld::with_shelf(scenario, &node.name, &mut shelf)
                .ok()
                .map(|world| Heard::new(world, lives.get(index).cloned())),
            motion: MotionWorld::with_shelf(scenario, &node.name, &mut shelf)
                .ok()
                .map(|world| Felt::new(world, Some(hand.clone()))),
            hand,
            sound_ns: 0,
            motion_ns: 0,
        }
    };
    scenario.nodes.iter().enumerate().map(&mut mirror).collect()
}

impl Mirror {
    fn catch_up(&mut self, now_ns: u64, node: &mut super::NodeHistory) {
        const BLOCK: usize = 1024;
        if let Some(world) = &mut self.sound {
            let mut block = [0.0; BLOCK];
            while self.sound_ns + SOUND_STEP_NS <= now_ns {
                let count = ((now_ns - self.sound_ns) / SOUND_STEP_NS).min(BLOCK as u64) as usize;
                world.render(self.sound_ns, SOUND_STEP_NS as f64, &mut block[..count]);
                node.sounded(self.sound_ns, SOUND_STEP_NS as f64, &block[..count]);
                self.sound_ns += count as u64 * SOUND_STEP_NS;
            }
        }
        if let Some(felt) = &mut self.motion {
            let mut axes = [[0.0f32; 64]; 6];
            while self.motion_ns + MOTION_STEP_NS <= now_ns {
                let count = ((now_ns - self.motion_ns) / MOTION_STEP_NS).min(64) as usize;
                let [ax, ay, az, gx, gy, gz] = &mut axes;
                felt.render(
                    self.motion_ns,
                    MOTION_STEP_NS as f64,
                    MotionBlock {
                        accel_g: [&mut ax[..count], &mut ay[..count], &mut az[..count]],
                        gyro_dps: [&mut gx[..count], &mut gy[..count], &mut gz[..count]],
                    },
                );
                let rows: [&[f32]; 6] = std::array::from_fn(|axis| &axes[axis][..count]);
                node.world_did(self.motion_ns, MOTION_STEP_NS as f64, rows);
                self.motion_ns += count as u64 * MOTION_STEP_NS;
            }
            (node.place_m, node.attitude) = felt.place(now_ns.min(self.motion_ns));
        }
    }
}
