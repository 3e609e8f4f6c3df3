//! A scenario and the same with changes, run beside the one that plays: each to its end, on a thread of its own, over the
//! same world and seed. What is said of them is what a run of the command line would say.

use super::figures::{Figures, of_run};
use crate::budget::elsewhere;
use crate::catalogue::Catalogue;
use crate::engine::{Options, Progress, Twin};
use crate::report::Judgement;
use crate::score::Judged;
use crossbeam::channel::{Receiver, unbounded};
use scenarios::place::{Source, Sources};
use scenarios::{LoadError, Problem, Scenario, Set, load_str};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A scenario's text, to which changes are made. What hands did in the window is in none of these runs.
#[derive(Clone)]
pub struct Base {
    pub catalogue: Arc<Catalogue>,
    pub name: String,
    pub text: Arc<str>,
    pub file: PathBuf,
    pub folder: PathBuf,
}

/// What came out of a run that went to its end.
#[derive(Clone, Debug)]
pub struct Ran {
    pub trace_hash: u64,
    pub simulated_ns: u64,
    pub judged: Vec<Judged>,
    /// One a node.
    pub nodes: Vec<Figures>,
    /// Why the run came to a bad end, if it did.
    pub breakdowns: Vec<String>,
}

/// Simulated time between two looks at whether the run is still wanted.
const STEP_NS: u64 = 500_000_000;

impl Base {
    /// As the scenario stands in its file, without the changes it was loaded with.
    pub fn of(catalogue: &Arc<Catalogue>, scenario: &Scenario) -> Self {
        let source = scenario.sources.first().cloned();
        let Source { name, text } = source.unwrap_or(Source { name: String::new(), text: String::new() });
        Self {
            catalogue: catalogue.clone(),
            name,
            text: text.into(),
            file: scenario.file.clone(),
            folder: scenario.dir.clone(),
        }
    }

    pub fn load(&self, sets: &[String]) -> Result<Scenario, LoadError> {
        let sets: Vec<Set> = sets.iter().map(Set::new).collect();
        let scenario = load_str(&self.name, &self.text, &self.folder, &self.catalogue.known(), &sets)?;
        Ok(Scenario { file: self.file.clone(), ..scenario })
    }

    /// Runs to the end; nothing if somebody stopped it.
    pub fn run(
        &self,
        sets: &[String],
        mut go_on: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Option<Ran>, LoadError> {
        let options = Options { threads: Some(1), step_ns: Some(STEP_NS), ..Options::default() };
        let scenario = self.load(sets)?;
        let mut outcome = Twin::new(&self.catalogue, scenario, &options)?.run(&mut go_on);
        if outcome.interrupted {
            return Ok(None);
        }
        match elsewhere::run(&self.catalogue, &outcome.scenario, &options, &mut go_on)? {
            Some(runs) => outcome.elsewhere = runs,
            None => return Ok(None),
        }
        let judgement = Judgement::of(outcome);
        Ok(Some(Ran {
            trace_hash: judgement.outcome.trace_hash,
            simulated_ns: judgement.outcome.simulated_ns,
            nodes: (0..judgement.outcome.nodes.len()).map(|node| of_run(&judgement.outcome, node)).collect(),
            breakdowns: judgement.breakdowns(),
            judged: judgement.judged,
        }))
    }

    fn broken(&self) -> LoadError {
        let sources: Sources =
            Arc::new(vec![Source { name: self.name.clone(), text: self.text.to_string() }]);
        let help = "this is a fault of the program or of an app: run it with `nodetwin run` to see where";
        LoadError::new(
            sources,
            vec![Problem::new(Default::default(), "the run in the background broke down", help)],
        )
    }
}

enum Word {
    /// Share of the run that is done.
    Progress(f64),
    Ended(Result<Ran, Box<LoadError>>),
}

/// How far a run is.
#[derive(Clone, Debug)]
pub enum State {
    Running(f64),
    Done(Arc<Ran>),
    Refused(Arc<LoadError>),
}

/// One run in the background; it is given up when this is dropped.
pub struct Rival {
    pub sets: Vec<String>,
    state: State,
    words: Receiver<Word>,
    unwanted: Arc<AtomicBool>,
}

impl Rival {
    pub fn begin(base: &Base, sets: &[String]) -> Self {
        let (say, words) = unbounded();
        let unwanted = Arc::new(AtomicBool::new(false));
        let (base, theirs, flag) = (base.clone(), sets.to_vec(), unwanted.clone());
        let work = move || {
            let run = base.run(&theirs, |progress| {
                let share = progress.now_ns as f64 / progress.end_ns.max(1) as f64;
                let heard = say.send(Word::Progress(share)).is_ok();
                if heard && !flag.load(Ordering::Relaxed) {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            let ended = match run {
                Ok(Some(ran)) => Ok(ran),
                Ok(None) => return,
                Err(error) => Err(Box::new(error)),
            };
            // Nobody may be left to hear it.
            let _ = say.send(Word::Ended(ended));
        };
        let started = std::thread::Builder::new().name("what if".into()).spawn(work);
        // A run that could not begin has dropped its end of the channel, which is noticed like one that broke down.
        drop(started);
        Self { sets: sets.to_vec(), state: State::Running(0.0), words, unwanted }
    }

    /// Takes in what has happened since.
    pub fn poll(&mut self, base: &Base) -> &State {
        use crossbeam::channel::TryRecvError;
        while let State::Running(_) = self.state {
            match self.words.try_recv() {
                Ok(Word::Progress(share)) => self.state = State::Running(share),
                Ok(Word::Ended(Ok(ran))) => self.state = State::Done(Arc::new(ran)),
                Ok(Word::Ended(Err(error))) => self.state = State::Refused(error.into()),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.state = State::Refused(Arc::new(base.broken())),
            }
        }
        &self.state
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn ran(&self) -> Option<&Arc<Ran>> {
        match &self.state {
            State::Done(ran) => Some(ran),
            _ => None,
        }
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::saved::written;
    use std::path::Path;
    use std::time::{Duration, Instant};

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/sound-sensor.toml");

    fn base() -> Base {
        let catalogue = Arc::new(Catalogue::builtin());
        let scenario = scenarios::load(Path::new(FILE), &catalogue.known(), &[]).unwrap();
        Base::of(&catalogue, &scenario)
    }

    fn sets(more: &[&str]) -> Vec<String> {
        // Fifteen seconds have a door in them.
        ["duration=15s"].iter().chain(more).map(|set| set.to_string()).collect()
    }

    fn ended(rival: &mut Rival, base: &Base) -> State {
        let started = Instant::now();
        while let State::Running(_) = rival.poll(base) {
            assert!(started.elapsed() < Duration::from_secs(300));
            std::thread::sleep(Duration::from_millis(2));
        }
        rival.state().clone()
    }

    /// B is a true run: the same, hash for hash, as a headless run of the file in which the changes are written.
    #[test]
    fn b_is_what_a_headless_run_of_the_saved_scenario_is() {
        let base = base();
        let changes =
            sets(&["node.shelf.settings.block=16ms", "node.shelf.cpu=160MHz", "node.shelf.imu.noise=150%"]);
        let mut rival = Rival::begin(&base, &changes);
        let State::Done(ran) = ended(&mut rival, &base) else { panic!("{:?}", rival.state()) };

        let text = written(&base.text, &changes).unwrap();
        let path = std::env::temp_dir().join(format!("nodetwin-what-if-{}.toml", std::process::id()));
        std::fs::write(&path, &text).unwrap();
        let scenario = scenarios::load(&path, &base.catalogue.known(), &[]).unwrap();
        std::fs::remove_file(&path).unwrap();
        let twin = Twin::new(&base.catalogue, scenario, &Options::default()).unwrap();
        let headless = twin.run(|_| ControlFlow::Continue(()));
        assert_eq!(ran.trace_hash, headless.trace_hash);

        let unchanged = base.run(&sets(&[]), |_| ControlFlow::Continue(())).unwrap().unwrap();
        assert_ne!(ran.trace_hash, unchanged.trace_hash);
    }

    #[test]
    fn what_the_loader_or_the_app_refuses_is_told_in_its_own_words() {
        let base = base();
        for (set, message) in [
            ("node.shelf.settings.block=2s", "`block` is out of range"),
            ("node.shelf.cpu=100MHz", "the CPU of `m5stickc` has no such clock"),
            ("node.shelf.settings.blokc=16ms", "unknown setting `blokc`"),
        ] {
            let mut rival = Rival::begin(&base, &sets(&[set]));
            let State::Refused(error) = ended(&mut rival, &base) else { panic!("{set}") };
            assert_eq!((error.message(), error.text()), (message, set));
        }
    }

    #[test]
    fn a_run_that_is_not_wanted_any_more_ends() {
        let base = base();
        let rival = Rival::begin(&base, &["duration=300d".into()]);
        let (words, flag) = (rival.words.clone(), rival.unwanted.clone());
        drop(rival);
        assert!(flag.load(Ordering::Relaxed));
        let started = Instant::now();
        // The channel closes when the thread has ended.
        while words.recv_timeout(Duration::from_secs(60)).is_ok() {
            assert!(started.elapsed() < Duration::from_secs(120));
        }
    }
}
