//! Sessions that were driven by hand, from their files.

use super::{Failure, terminal};
use crate::engine::Command;
use crate::live::Log;
use crate::live::log::End;
use crate::outcome::Outcome;
use crate::report::result::hash_text;
use scenarios::Scenario;
use std::fs;
use std::path::Path;

const HELP: &str = "a session is what `nodetwin view` saves: More, Save what hands did";

pub fn read(path: &Path) -> Result<Log, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error, HELP))?;
    Log::read(&text).map_err(|error| Failure::input(format!("{}: {error}", path.display()), HELP))
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
