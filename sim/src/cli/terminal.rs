//! What the two streams can show, and writing to them when nobody may be listening.

use super::Failure;
use crate::report::table::Paint;
use std::io::{self, IsTerminal, Write};

fn colours_wanted() -> bool {
    // https://no-color.org: set and not empty.
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !unwanted && !dumb
}

pub fn stdout_paint() -> Paint {
    Paint(colours_wanted() && io::stdout().is_terminal())
}

pub fn stderr_paint() -> Paint {
    Paint(colours_wanted() && io::stderr().is_terminal())
}

/// Data. That nobody reads it any more (`nodetwin ... | head`) changes nothing.
pub fn show(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::unwritten("stdout", error)),
        _ => Ok(()),
    }
}

/// Verdicts and remarks. If nobody listens, nothing is lost.
pub fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
