//! `test`: scenarios as tests, from files and folders. Those in a folder named `canary` have to fail.

use super::execution::{self, Changes};
use super::output::Output;
use super::run::ending;
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure, stop};
use crate::catalogue::Catalogue;
use crate::engine::Options;
use crate::parallel;
use crate::report::Judgement;
use crate::report::junit::{Ran, Suite, junit};
use crate::report::numbers::said_time;
use crate::report::table::{Paint, Tone};
use crate::report::text::verdict;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs scenarios against what they expect
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin test scenarios
  nodetwin test scenarios/motion.toml scenarios/regress --junit report.xml --stable
  nodetwin test scenarios --set duration=30s

Folders are searched for .toml files, and theirs in turn (Cargo's, clippy's and rustfmt's are no scenarios). A scenario
in a folder named `canary` has to fail: if one passes, the test fails.
Exit codes: 0 all as they have to be, 1 not so, 2 a scenario is wrong, 3 a run failed or was stopped.")]
pub struct Args {
    /// Scenarios, or folders of them
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Writes JUnit XML of all scenarios
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Leaves wall time out of the JUnit file, so that two runs give the same bytes
    #[arg(long)]
    stable: bool,
}

/// A scenario to run.
#[derive(Debug, PartialEq, Eq)]
struct Case {
    path: PathBuf,
    canary: bool,
}

pub fn test(args: &Args, catalogue: &Catalogue) -> Result<Ending, Failure> {
    let cases = find(&args.paths)?;
    let output = args.junit.as_deref().map(Output::open).transpose()?;
    let to_stdout = output.as_ref().is_none_or(|output| !output.is_stdout());
    stop::listen();
    let sets = args.changes.sets(None);
    let options = Options { threads: Some(1), ..args.changes.options() };
    let run = |case: &Case| {
        let scenario = execution::load(&case.path, catalogue, &sets)?;
        execution::run(catalogue, scenario, &options, |_| {})
    };
    let mut results: Vec<(&Case, Result<Judgement, String>)> = Vec::new();
    let mut tally = Tally::default();
    let mut unshown = None;
    parallel::each(&cases, parallel::threads(args.changes.threads), run, |place, ran| {
        let case = &cases[place];
        let text = line(case, &ran, if to_stdout { stdout_paint() } else { stderr_paint() });
        if to_stdout {
            unshown = unshown.take().or(terminal::show(&text).err());
        } else {
            terminal::tell(&text);
        }
        tally.count(case, &ran);
        let kept = ran.map(slim).map_err(|failure: Failure| {
            terminal::tell(&failure.text(stderr_paint().0));
            failure.text(false)
        });
        results.push((case, kept));
    });
    if let Some(output) = output {
        let suites: Vec<Suite> = results.iter().map(|(case, ran)| suite(case, ran)).collect();
        let xml = junit(&suites, args.stable);
        output.write(|out| out.write_all(xml.as_bytes()))?;
    }
    let ending = tally.ending();
    let tone = if ending == Ending::Pass { Tone::Good } else { Tone::Bad };
    terminal::tell(&format!("{}\n", stderr_paint().text(tone, &tally.text())));
    unshown.map_or(Ok(ending), Err)
}

/// What is left of a run once its line is printed: a night of events times a folder of scenarios would fill the memory.
fn slim(mut judgement: Judgement) -> Judgement {
    for node in &mut judgement.outcome.nodes {
        node.sums.said = Vec::new();
        node.records = Vec::new();
        node.labels = Vec::new();
    }
    judgement
}

fn suite<'a>(case: &Case, ran: &'a Result<Judgement, String>) -> Suite<'a> {
    let ran = match ran {
        Ok(judgement) => Ran::Judged(judgement),
        Err(why) => Ran::Refused(why),
    };
    Suite { name: case.path.display().to_string(), ran, canary: case.canary }
}

/// Whether a scenario came out as it has to.
fn as_wanted(case: &Case, ran: &Result<Judgement, Failure>) -> bool {
    match ran {
        Ok(judgement) if judgement.outcome.interrupted => false,
        Ok(judgement) => (ending(judgement) == Ending::Pass) != case.canary,
        // One that does not load was never run.
        Err(_) => false,
    }
}

fn line(case: &Case, ran: &Result<Judgement, Failure>, paint: Paint) -> String {
    let wanted = as_wanted(case, ran);
    let (word, tone) = if wanted { ("ok  ", Tone::Good) } else { ("FAIL", Tone::Bad) };
    let path = case.path.display();
    let mut out = format!("{}  {path}  ", paint.text(tone, word));
    match ran {
        Err(_) => out.push_str("could not be run\n"),
        Ok(judgement) => {
            let simulated = said_time(judgement.outcome.simulated_ns);
            let said = match (case.canary, wanted) {
                (true, true) => "a canary, and it fails as it has to".to_string(),
                (true, false) => "a canary that has to fail, and it passed".to_string(),
                (false, _) => format!("{simulated}, {}", verdict(judgement)),
            };
            out.push_str(&said);
            out.push('\n');
            if !case.canary {
                for judged in judgement.judged.iter().filter(|judged| !judged.ok) {
                    out.push_str(&format!("      ✗ {}: {}\n", judged.what, judged.actual));
                }
            }
        }
    }
    out
}

#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    canaries: u64,
    /// The gravest ending among those that are not as they have to be.
    refused: bool,
    broken: bool,
}

impl Tally {
    fn count(&mut self, case: &Case, ran: &Result<Judgement, Failure>) {
        if as_wanted(case, ran) {
            self.passed += 1;
            self.canaries += u64::from(case.canary);
            return;
        }
        self.failed += 1;
        match ran {
            Err(failure) => match failure.ending() {
                Ending::WrongInput => self.refused = true,
                _ => self.broken = true,
            },
            Ok(judgement) => self.broken |= !case.canary && ending(judgement) == Ending::Broken,
        }
    }

    fn ending(&self) -> Ending {
        match self {
            Self { failed: 0, .. } => Ending::Pass,
            Self { refused: true, .. } => Ending::WrongInput,
            Self { broken: true, .. } => Ending::Broken,
            _ => Ending::Fail,
        }
    }

    fn text(&self) -> String {
        let canaries = match self.canaries {
            0 => String::new(),
            1 => " (1 canary failed as it has to)".into(),
            count => format!(" ({count} canaries failed as they have to)"),
        };
        format!("{} passed{canaries}, {} failed", self.passed, self.failed)
    }
}

/// No scenario, and often beside some.
const OTHERS: [&str; 6] =
    ["Cargo.toml", "clippy.toml", ".clippy.toml", "rustfmt.toml", ".rustfmt.toml", "deny.toml"];

fn find(paths: &[PathBuf]) -> Result<Vec<Case>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        let here = found.len();
        if path.is_dir() {
            walk(path, 0, &mut found)?;
            found[here..].sort();
            if found.len() == here {
                let help = "scenarios are files that end in .toml; `nodetwin new FILE` writes one";
                return Err(Failure::input(
                    format!("{}: there is no scenario in this folder", path.display()),
                    help,
                ));
            }
        } else {
            // Whether it is there, loading it will say.
            found.push(path.clone());
        }
    }
    let mut cases: Vec<Case> = Vec::new();
    for path in found {
        let canary = is_canary(&path);
        let case = Case { path, canary };
        if !cases.contains(&case) {
            cases.push(case);
        }
    }
    Ok(cases)
}

/// Deeper than this is a loop of links.
const DEEPEST: usize = 32;

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable =
        |error: &std::io::Error| Failure::unreadable(folder, error, "name a folder that you may read");
    if depth > DEEPEST {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(|error| {
        Failure::input(format!("{}: {error}", folder.display()), "name a folder that you may read")
    })? {
        let path = entry.map_err(|error| unreadable(&error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            // Build products and hidden folders hold no scenarios of anybody's.
            if name != "target" && !name.starts_with('.') {
                walk(&path, depth + 1, found)?;
            }
        } else if name.ends_with(".toml") && !OTHERS.contains(&name.as_str()) {
            found.push(path);
        }
    }
    Ok(())
}

/// Below a folder of that name, as the path was given, or directly in one.
fn is_canary(path: &Path) -> bool {
    let named = |path: &Path| path.file_name().is_some_and(|name| name == "canary");
    let given = path.ancestors().skip(1).any(named);
    given || path.canonicalize().ok().as_deref().and_then(Path::parent).is_some_and(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_and_canaries_known_by_theirs() {
        let folder = std::env::temp_dir().join(format!("nodetwin-find-{}", std::process::id()));
        for name in
            ["b.toml", "a.toml", "Cargo.toml", "canary/c.toml", "target/x.toml", ".git/y.toml", "notes.txt"]
        {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let cases = find(std::slice::from_ref(&folder)).unwrap();
        let names: Vec<(String, bool)> = cases
            .iter()
            .map(|case| (case.path.strip_prefix(&folder).unwrap().display().to_string(), case.canary))
            .collect();
        assert_eq!(
            names,
            [("a.toml".into(), false), ("b.toml".into(), false), ("canary/c.toml".into(), true)]
        );
        // A file is taken at its word, and once.
        let twice = [folder.join("a.toml"), folder.clone()];
        assert_eq!(find(&twice).unwrap().len(), 3);
        fs::remove_dir_all(folder.join("canary")).unwrap();
        fs::remove_file(folder.join("a.toml")).unwrap();
        fs::remove_file(folder.join("b.toml")).unwrap();
        assert!(find(std::slice::from_ref(&folder)).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
