//! `diff`: what changed between two runs, in words.

use super::{Ending, Failure, terminal};
use crate::report::RunResult;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Says what changed between two runs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin run a.toml --json before.json
  nodetwin run a.toml --json after.json --set node.desk.cpu=80MHz
  nodetwin diff before.json after.json

Exit codes: 0 the same (but for wall time), 1 different, 2 a file is wrong. One of the files may be `-` for stdin.")]
pub struct Args {
    /// The result.json of the run before
    #[arg(value_name = "A.json")]
    a: PathBuf,
    /// The result.json of the run after
    #[arg(value_name = "B.json")]
    b: PathBuf,
}

pub fn diff(args: &Args) -> Result<Ending, Failure> {
    let changes = crate::report::diff::diff(&read(&args.a)?, &read(&args.b)?);
    if changes.is_empty() {
        terminal::tell("the same\n");
        return Ok(Ending::Pass);
    }
    terminal::show(&(changes.join("\n") + "\n"))?;
    Ok(Ending::Fail)
}

/// A result is small; what is not is no result.
const MOST_BYTES: u64 = 64 << 20;

fn read(path: &Path) -> Result<RunResult, Failure> {
    const HELP: &str = "`nodetwin run FILE --json result.json` writes one";
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MOST_BYTES).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::unreadable(path, &error, HELP))?;
    RunResult::from_json(&text).map_err(|why| Failure::input(format!("{}: {why}", path.display()), ""))
}
