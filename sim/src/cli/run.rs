//! `run`: one scenario, and everything that one can learn from it.

use super::execution::{self, Changes};
use super::output::{Output, refuse_mixing};
use super::progress::Bar;
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure, by_hand, stop};
use crate::budget::study::Study;
use crate::budget::trial::{Change, Trials};
use crate::catalogue::Catalogue;
use crate::engine::Options;
use crate::outcome::NodeOutcome;
use crate::parallel;
use crate::report::html::html;
use crate::report::junit::{Ran, Suite, junit};
use crate::report::table::Tone;
use crate::report::text::{self, text, verdict};
use crate::report::{Judgement, RunResult, perfetto, picture, result, seeds, survey, tap};
use crate::tape;
use hal_shim::tap::Tap;
use hal_shim::time::TrueTime;
use scenarios::Set;
use scenarios::schema::Measure;
use scenarios::units::{Duration, Quantity};
use std::path::{Path, PathBuf};

/// Runs a scenario and shows what came out
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin run scenarios/sound-sensor.toml
  nodetwin run scenarios/sound-sensor.toml --set node.desk.settings.block=16ms --until 90s
  nodetwin run scenarios/motion.toml --seeds 20
  nodetwin run scenarios/motion.toml --json result.json --stable --lcd screen.png --trace trace.json
  nodetwin run scenarios/motion.toml --json - | jq .trace_hash
  nodetwin run scenarios/motion.toml --frequencies --html report.html
  nodetwin run scenarios/motion.toml --by-hand motion.session.jsonl

A file named `-` is stdout; the table is left out then. Ctrl-C ends with what was measured so far (code 3).
Exit codes: 0 pass, 1 an expectation failed, 2 the input is wrong, 3 the run failed or was stopped.")]
pub struct Args {
    /// The scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    changes: Changes,
    /// Runs N times, with the seeds from the scenario's on, and shows means with 95 % intervals
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: Option<u64>,
    /// Runs the scenario at each CPU frequency of its boards as well, and tells what must change to fit, or how far one
    /// could go where it fits; whatever it recommends was run. --html does so by itself for up to ten minutes of nodes
    #[arg(long, conflicts_with = "seeds")]
    frequencies: bool,
    /// Writes a report as one HTML file: windows against deadlines, stages, a timeline of the worst window
    #[arg(long, value_name = "FILE.html", conflicts_with = "seeds")]
    html: Option<PathBuf>,
    /// The HTML report's timeline is of the first window from this time on, as in 12.5s, and not of the slowest one
    #[arg(long, value_name = "TIME", requires = "html", value_parser = moment)]
    window: Option<u64>,
    /// Writes result.json
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes JUnit XML
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    junit: Option<PathBuf>,
    /// Writes a trace for ui.perfetto.dev: tasks, stages, buses, interrupts, deadlines
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    trace: Option<PathBuf>,
    /// Writes the LCD as it is at the end; with several nodes one file each, named after them
    #[arg(long, value_name = "FILE.png", conflicts_with = "seeds")]
    lcd: Option<PathBuf>,
    /// Each of the LCD's pixels becomes a square of N by N
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=32))]
    lcd_scale: usize,
    /// Writes the sound that the node read from its microphone; with several nodes one file each
    #[arg(long, value_name = "FILE.wav", conflicts_with = "seeds")]
    wav: Option<PathBuf>,
    /// Writes the motion that the node read from its IMU, or the spectra or scans that it measured with what is true of each,
    /// as `nodetwin train` reads them; with several nodes one file each
    #[arg(long, value_name = "FILE.csv", conflicts_with = "seeds")]
    csv: Option<PathBuf>,
    /// Writes a tape: each call that crosses the node's board, with its answer and time, for playing to the same program
    /// on the target's instruction set (firmware-esp32/check); with several nodes one file each
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    tape: Option<PathBuf>,
    /// Does what hands did in a session that `nodetwin view` saved, with its changes of the scenario and until its end; fails
    /// if another trace comes out than did then
    #[arg(long, value_name = "FILE.jsonl", conflicts_with_all = ["seeds", "frequencies", "until"])]
    by_hand: Option<PathBuf>,
    /// Leaves wall time out, so that two runs give the same bytes
    #[arg(long)]
    stable: bool,
}

fn moment(text: &str) -> Result<u64, String> {
    Duration::parse(text).map(|time| time.ns).map_err(|error| format!("{}: {}", error.message, error.help))
}

/// Where a run's documents go, opened before it begins.
struct Outputs {
    json: Option<Output>,
    html: Option<Output>,
    junit: Option<Output>,
    trace: Option<Output>,
    /// One for each node.
    lcd: Vec<Output>,
    wav: Vec<Output>,
    csv: Vec<Output>,
    tape: Vec<Output>,
    /// stdout is taken: no table.
    stdout_taken: bool,
}

pub fn run(args: &Args, catalogue: &Catalogue) -> Result<Ending, Failure> {
    let log = args.by_hand.as_deref().map(by_hand::read).transpose()?;
    let mut sets: Vec<Set> = log.iter().flat_map(|log| log.sets.iter().map(Set::new)).collect();
    sets.extend(args.changes.sets(None));
    let scenario = execution::load(&args.file, catalogue, &sets)?;
    execution::warn(&scenario, stderr_paint());
    let names: Vec<String> = scenario.nodes.iter().map(|node| node.name.clone()).collect();
    let outputs = Outputs::open(args, &names)?;
    stop::listen();
    if let Some(count) = args.seeds {
        return over_seeds(args, catalogue, scenario.seed, count, outputs);
    }
    let mut options = args.changes.options();
    options.recording = args.trace.is_some() || args.window.is_some();
    options.tapping = args.wav.is_some() || args.csv.is_some();
    options.taping = args.tape.is_some();
    if let Some(log) = &log {
        options.by_hand = Some(by_hand::commands(log, &scenario)?);
        options.live = by_hand::lives(log, &scenario)?;
        options.until_ns = log.end.as_ref().map(|end| end.ended_ns);
    }
    let end = options.until_ns.unwrap_or(scenario.duration_ns).min(scenario.duration_ns);
    let bar = Bar::new(end, scenario.nodes.len());
    let judgement = execution::run(catalogue, scenario, &options, |progress| bar.show(progress))?;
    drop(bar);
    let further = Further { args, catalogue };
    let short = judgement.outcome.simulated_ns * names.len() as u64 <= SHORT_NS;
    let study = (args.frequencies || args.html.is_some() && short).then(|| Study::of(&judgement, &further));
    let table_wanted = !outputs.stdout_taken;
    outputs.write(args, &judgement, study.as_ref())?;
    if table_wanted {
        terminal::show(&text(&judgement, args.stable, stdout_paint()))?;
        if let Some(study) = &study {
            terminal::show(&text::study(study, stdout_paint()))?;
        }
    }
    hint(&judgement, study.is_some());
    let ending = ending(&judgement);
    let tone = if ending == Ending::Pass { Tone::Good } else { Tone::Bad };
    terminal::tell(&format!("{}\n", stderr_paint().text(tone, &verdict(&judgement))));
    if let Some(end) = log.and_then(|log| log.end) {
        by_hand::same(&end, &judgement.outcome)?;
    }
    Ok(ending)
}

/// Further runs of so much simulated time, all nodes together, are a matter of seconds.
const SHORT_NS: u64 = 600_000_000_000;

/// Runs of the same scenario with something changed, over all cores.
struct Further<'a> {
    args: &'a Args,
    catalogue: &'a Catalogue,
}

impl Trials for Further<'_> {
    fn run(&self, changes: &[Change]) -> Vec<Option<Judgement>> {
        let Self { args, catalogue } = self;
        let one = |change: &Change| {
            let mut sets = args.changes.sets(None);
            sets.extend(change.sets.iter().map(Set::new));
            let catalogue = change.catalogue(catalogue);
            // What a scenario or an app refuses is no way out.
            let mut scenario = execution::load(&args.file, &catalogue, &sets).ok()?;
            // What asks for another frequency would only cost a run more: a trial is about its own.
            scenario.expects.retain(|expect| !matches!(expect.what, Measure::FitsAt { .. }));
            let options = Options { threads: Some(1), ..args.changes.options() };
            let ran = execution::run(&catalogue, scenario, &options, |_| {}).ok()?;
            (!ran.outcome.interrupted).then_some(ran)
        };
        let mut runs = Vec::new();
        parallel::each(changes, parallel::threads(args.changes.threads), one, |_, run| runs.push(run));
        runs
    }
}

/// Who is late wants to know what would help.
fn hint(judgement: &Judgement, studied: bool) {
    let late = judgement.outcome.nodes.iter().any(|node| node.misses() > 0 || node.sums.overruns > 0);
    if late && !studied {
        terminal::tell("something was late or lost: --frequencies tells what has to change to fit\n");
    }
}

pub fn ending(judgement: &Judgement) -> Ending {
    if judgement.outcome.interrupted || !judgement.breakdowns().is_empty() {
        Ending::Broken
    } else if judgement.failed() > 0 {
        Ending::Fail
    } else {
        Ending::Pass
    }
}

impl Outputs {
    fn open(args: &Args, nodes: &[String]) -> Result<Self, Failure> {
        let one = |path: &Option<PathBuf>| path.as_deref().map(Output::open).transpose();
        let for_nodes = |path: &Option<PathBuf>| match path {
            None => Ok(Vec::new()),
            Some(path) => {
                nodes.iter().map(|node| Output::open(&named_after(path, node, nodes.len()))).collect()
            }
        };
        let mut outputs = Self {
            json: one(&args.json)?,
            html: one(&args.html)?,
            junit: one(&args.junit)?,
            trace: one(&args.trace)?,
            lcd: for_nodes(&args.lcd)?,
            wav: for_nodes(&args.wav)?,
            csv: for_nodes(&args.csv)?,
            tape: for_nodes(&args.tape)?,
            stdout_taken: false,
        };
        let Self { json, html, junit, trace, lcd, wav, csv, tape, .. } = &outputs;
        let single = [json, html, junit, trace].into_iter().flatten();
        outputs.stdout_taken = refuse_mixing(single.chain(lcd).chain(wav).chain(csv).chain(tape))?;
        Ok(outputs)
    }

    fn write(self, args: &Args, judgement: &Judgement, study: Option<&Study>) -> Result<(), Failure> {
        let run = &judgement.outcome;
        if let Some(output) = self.json {
            let result = RunResult::of(judgement, args.stable);
            let json = study.into_iter().fold(result, RunResult::with).to_json();
            output.write(|out| out.write_all(json.as_bytes()))?;
        }
        if let Some(output) = self.html {
            let html = html(judgement, study, args.window.map(TrueTime), args.stable);
            output.write(|out| out.write_all(html.as_bytes()))?;
        }
        if let Some(output) = self.junit {
            let name = args.file.display().to_string();
            let suite = Suite { name, ran: Ran::Judged(judgement), canary: false };
            let xml = junit(&[suite], args.stable);
            output.write(|out| out.write_all(xml.as_bytes()))?;
        }
        if let Some(output) = self.trace {
            output.write(|out| perfetto::write(run, out))?;
        }
        for (output, node) in self.lcd.into_iter().zip(&run.nodes) {
            output.write(|out| picture::png(&node.screen, args.lcd_scale, out))?;
        }
        for (output, node) in self.tape.into_iter().zip(&run.nodes) {
            let tape = tape::sealed(&node.board, &node.app, &node.tape);
            output.write(|out| out.write_all(&tape))?;
        }
        write_taps(self.wav, &run.nodes, |tap, _| tap::wav(tap))?;
        write_taps(self.csv, &run.nodes, |tap, node| {
            if let Some(examples) = survey::csv(run, node)? {
                return Ok(examples);
            }
            let mut bytes = Vec::new();
            tap::csv(tap, &node.labels, &mut bytes)?;
            Ok(bytes)
        })?;
        Ok(())
    }
}

/// One file for each node that has something to write. If none has, that is a wrong request, and not a broken run.
fn write_taps(
    outputs: Vec<Output>,
    nodes: &[NodeOutcome],
    make: impl Fn(&Tap, &NodeOutcome) -> std::io::Result<Vec<u8>>,
) -> Result<(), Failure> {
    let nothing = Tap::default();
    let mut missing = Vec::new();
    let asked = outputs.len();
    for (output, node) in outputs.into_iter().zip(nodes) {
        match make(node.tap.as_ref().unwrap_or(&nothing), node) {
            Ok(bytes) => output.write(|out| out.write_all(&bytes))?,
            Err(error) => missing.push(format!("{}: {error}", node.name)),
        }
    }
    if asked > 0 && missing.len() == asked {
        let help = "--wav is for apps that listen, --csv for apps that feel motion, see spectra or scan; leave the other out";
        return Err(Failure::input(missing.join("; "), help));
    }
    Ok(())
}

/// `lcd.png`, or `lcd-desk.png` where there are several nodes.
fn named_after(path: &Path, node: &str, nodes: usize) -> PathBuf {
    if nodes == 1 || path == Path::new("-") {
        return path.to_path_buf();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem}-{node}.{}", extension.to_string_lossy()),
        None => format!("{stem}-{node}"),
    };
    path.with_file_name(name)
}

fn over_seeds(
    args: &Args,
    catalogue: &Catalogue,
    first: u64,
    count: u64,
    outputs: Outputs,
) -> Result<Ending, Failure> {
    let all: Vec<u64> = (0..count).map(|offset| first.wrapping_add(offset)).collect();
    let bar = indicatif::ProgressBar::new(count);
    let one_run = |&seed: &u64| {
        let scenario = execution::load(&args.file, catalogue, &args.changes.sets(Some(seed)))?;
        let options = Options { threads: Some(1), ..args.changes.options() };
        execution::run(catalogue, scenario, &options, |_| {})
    };
    let mut runs = Vec::new();
    let mut failed = None;
    parallel::each(&all, parallel::threads(args.changes.threads), one_run, |_, run| {
        bar.inc(1);
        match run {
            Ok(judgement) => runs.push(judgement),
            Err(failure) => failed = Some(failure),
        }
    });
    bar.finish_and_clear();
    if let Some(failure) = failed {
        return Err(failure);
    }
    let table_wanted = !outputs.stdout_taken;
    if let Some(output) = outputs.json {
        let json = result::to_json(&seeds::summarise(&runs));
        output.write(|out| out.write_all(json.as_bytes()))?;
    }
    if table_wanted {
        terminal::show(&seeds::text(&runs, stdout_paint()))?;
    }
    let worst = runs.iter().map(ending).max_by_key(|ending| *ending as u8).unwrap_or(Ending::Pass);
    let passed = runs.iter().filter(|run| ending(run) == Ending::Pass).count();
    let tone = if worst == Ending::Pass { Tone::Good } else { Tone::Bad };
    terminal::tell(&format!("{}\n", stderr_paint().text(tone, &format!("{passed} of {count} seeds pass"))));
    Ok(worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that wakes itself for ever and never waits for anything.
    #[test]
    fn a_node_that_spins_breaks_the_run_whatever_was_expected() {
        use crate::catalogue::program;
        use std::future::poll_fn;
        use std::task::Poll;
        let catalogue = Catalogue::empty().app("spin", "never waits", |_| {
            Ok(program(|_| {
                poll_fn(|context| {
                    context.waker().wake_by_ref();
                    Poll::<node_core::board::Exit>::Pending
                })
            }))
        });
        let text = "schema = 1\nname = \"s\"\nduration = \"5s\"\nseed = 1\n\
            [[node]]\nname = \"n\"\nboard = \"m5stickc\"\napp = \"spin\"\n[[expect]]\noverruns = 0\n";
        let scenario = scenarios::load_str("s.toml", text, Path::new(""), &catalogue.known(), &[]).unwrap();
        let options = Options { threads: Some(1), ..Default::default() };
        let judgement = execution::run(&catalogue, scenario, &options, |_| {}).unwrap();
        assert_eq!(ending(&judgement), Ending::Broken);
        assert!(verdict(&judgement).starts_with("the run failed: n: task "), "{}", verdict(&judgement));
    }

    #[test]
    fn files_of_several_nodes_are_named_after_them() {
        let path = Path::new("out/lcd.png");
        assert_eq!(named_after(path, "desk", 1), path);
        assert_eq!(named_after(path, "desk", 2), Path::new("out/lcd-desk.png"));
        assert_eq!(named_after(Path::new("-"), "desk", 2), Path::new("-"));
    }
}
