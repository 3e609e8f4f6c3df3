//! Sessions that were driven by hand, from their files.

use super::Failure;
use crate::live::Log;
use std::fs;
use std::path::Path;

const HELP: &str = "a session is what `nodetwin view` saves: More, Save what hands did";

pub fn read(path: &Path) -> Result<Log, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error, HELP))?;
    Log::read(&text).map_err(|error| Failure::input(format!("{}: {error}", path.display()), HELP))
}
