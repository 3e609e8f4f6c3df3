//! Sessions that were driven by hand, from their files.

use super::{Failure, terminal};
use crate::engine::{Command, Live};
use crate::live::log::End;
use crate::live::{Log, outside};
use crate::outcome::Outcome;
use crate::report::result::hash_text;
use scenarios::Scenario;
use std::fs;
use std::path::Path;

const HELP: &str = "a session is what `nodetwin view` saves: More, Save what hands did";

pub fn read(path: &Path) -> Result<Log, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error, HELP))?;
    let log =
        Log::read(&text).map_err(|error| Failure::input(format!("{}: {error}", path.display()), HELP))?;
    Ok(log.from_folder(path.parent().unwrap_or(Path::new(""))))
}

/// What nodes heard live in the session.
pub fn lives(log: &Log, scenario: &Scenario) -> Result<Vec<Live>, Failure> {
    outside::lives(log, scenario).map_err(|error| {
        Failure::input(error.to_string(), "the session's sound lies beside its log: bring both along")
    })
}

pub fn commands(log: &Log, scenario: &Scenario) -> Result<Vec<Command>, Failure> {
    log.commands(|name| scenario.node_index(name)).map_err(|name| {
        let message = format!("hands did something to `{name}`, and this scenario has no such node");
        Failure::input(message, format!("the session was of {}", log.scenario))
    })
}

/// Whether the run came to where the session did.
pub fn same(end: &End, run: &Outcome) -> Result<(), Failure> {
    let hash = hash_text(run.trace_hash);
    if hash == end.trace_hash {
        terminal::tell("the trace is that of the session\n");
        return Ok(());
    }
    let message = format!("the trace is {hash}, and was {} by hand", end.trace_hash);
    let help = "the scenario, its recordings or the program have changed since, or another version ran it";
    Err(Failure::Broken { message, help: help.into() })
}
