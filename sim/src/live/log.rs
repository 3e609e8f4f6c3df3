//! What hands did, as a file: one JSON object a line, so that a session that was cut off is still a session.
//!
//! The first line names the scenario and what was changed in it, the last (if it was ended well) the trace that came out.

use crate::engine::{Act, Command, Pose};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Raised whenever an older reader would misunderstand.
const VERSION: u32 = 1;

/// A session that was driven by hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    pub scenario: String,
    /// As in `--set`.
    pub sets: Vec<String>,
    pub heard: Vec<Heard>,
    pub deeds: Vec<Deed>,
    pub end: Option<End>,
}

/// What a node heard live, in place of its scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heard {
    pub node: String,
    pub from_ns: u64,
    pub until_ns: u64,
    /// The file begins here: what was before had been forgotten when the session was saved.
    pub kept_from_ns: u64,
    /// Beside the log; nothing: all of it had been forgotten.
    pub heard: Option<PathBuf>,
}

/// One thing that a hand did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    pub at_ns: u64,
    pub node: String,
    #[serde(flatten)]
    pub did: Did,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// A finger is on it from now on, or off it.
    ButtonA(bool),
    ButtonB(bool),
    PowerKey {
        hold_ns: u64,
    },
    /// Where the hand wants the board; nothing: it lets go.
    Hold(Option<Pose>),
}

/// Where the session ended, and what its trace was then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    pub ended_ns: u64,
    pub trace_hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    nodetwin_session: u32,
    scenario: String,
    #[serde(default)]
    set: Vec<String>,
}

impl From<Act> for Did {
    fn from(act: Act) -> Self {
        match act {
            Act::ButtonA(closed) => Self::ButtonA(closed),
            Act::ButtonB(closed) => Self::ButtonB(closed),
            Act::PowerKey { hold_ns } => Self::PowerKey { hold_ns },
            Act::Hold(pose) => Self::Hold(pose),
        }
    }
}

impl From<Did> for Act {
    fn from(did: Did) -> Self {
        match did {
            Did::ButtonA(closed) => Self::ButtonA(closed),
            Did::ButtonB(closed) => Self::ButtonB(closed),
            Did::PowerKey { hold_ns } => Self::PowerKey { hold_ns },
            Did::Hold(pose) => Self::Hold(pose),
        }
    }
}

/// Why a file is no session: with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct BadLog {
    pub line: usize,
    pub message: String,
}

impl Log {
    pub fn read(text: &str) -> Result<Self, BadLog> {
        let bad = |line: usize, message: String| BadLog { line: line + 1, message };
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (at, first) = lines.next().ok_or_else(|| bad(0, "there is nothing in it".into()))?;
        let head: Head = serde_json::from_str(first)
            .map_err(|error| bad(at, format!("this is no session that `nodetwin view` saved: {error}")))?;
        if head.nodetwin_session != VERSION {
            let message =
                format!("version {} of a session; this program reads {VERSION}", head.nodetwin_session);
            return Err(bad(at, message));
        }
        let mut log = Self { scenario: head.scenario, sets: head.set, ..Self::default() };
        for (at, line) in lines {
            if log.end.is_some() {
                return Err(bad(at, "the session ended on the line before".into()));
            }
            if line.contains("\"ended_ns\"") {
                log.end = Some(serde_json::from_str(line).map_err(|error| bad(at, error.to_string()))?);
                continue;
            }
            if line.contains("\"heard\":") {
                let heard: Heard = serde_json::from_str(line).map_err(|error| bad(at, error.to_string()))?;
                if !(heard.from_ns..=heard.until_ns).contains(&heard.kept_from_ns) {
                    return Err(bad(at, "what is kept of a live sound begins and ends within it".into()));
                }
                log.heard.push(heard);
                continue;
            }
            let deed: Deed = serde_json::from_str(line).map_err(|error| bad(at, error.to_string()))?;
            if log.deeds.last().is_some_and(|last| last.at_ns > deed.at_ns) {
                return Err(bad(at, format!("{} ns is before the line above", deed.at_ns)));
            }
            if let Did::Hold(Some(Pose { shift_m, turn_rad })) = deed.did
                && !shift_m.iter().chain(&turn_rad).all(|value| value.abs() <= 1e3)
            {
                return Err(bad(
                    at,
                    "a hand reaches no further than 1000 m, and turns no more than 1000 rad".into(),
                ));
            }
            log.deeds.push(deed);
        }
        Ok(log)
    }

    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let head =
            Head { nodetwin_session: VERSION, scenario: self.scenario.clone(), set: self.sets.clone() };
        let line = |out: &mut dyn Write, text: serde_json::Result<String>| {
            writeln!(out, "{}", text.map_err(io::Error::other)?)
        };
        line(out, serde_json::to_string(&head))?;
        for heard in &self.heard {
            line(out, serde_json::to_string(heard))?;
        }
        for deed in &self.deeds {
            line(out, serde_json::to_string(deed))?;
        }
        self.end.iter().try_for_each(|end| line(out, serde_json::to_string(end)))
    }

    /// As it was read from a file in that folder: what lies beside it is found.
    pub fn from_folder(mut self, folder: &Path) -> Self {
        for file in self.heard.iter_mut().filter_map(|heard| heard.heard.as_mut()) {
            *file = folder.join(&*file);
        }
        self
    }

    /// As commands to the nodes of a scenario; or the name that it does not have.
    pub fn commands(&self, node_index: impl Fn(&str) -> Option<usize>) -> Result<Vec<Command>, String> {
        let command = |deed: &Deed| {
            let node = node_index(&deed.node).ok_or_else(|| deed.node.clone())?;
            Ok(Command { at_ns: deed.at_ns, node, act: deed.did.into() })
        };
        self.deeds.iter().map(command).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some() -> Log {
        let deed = |at_ns, did| Deed { at_ns, node: "shelf".into(), did };
        Log {
            scenario: "scenarios/sound-sensor.toml".into(),
            sets: vec!["seed=7".into()],
            heard: vec![
                Heard {
                    node: "shelf".into(),
                    from_ns: 3,
                    until_ns: 8,
                    kept_from_ns: 5,
                    heard: Some("session.live-1.wav".into()),
                },
                Heard { node: "heard".into(), from_ns: 3, until_ns: 8, kept_from_ns: 8, heard: None },
            ],
            deeds: vec![
                deed(5, Did::ButtonA(true)),
                deed(9, Did::ButtonA(false)),
                deed(9, Did::PowerKey { hold_ns: 1_000 }),
                deed(12, Did::Hold(Some(Pose { shift_m: [0.1, 0.0, -0.25], turn_rad: [0.0, 1.5, 0.0] }))),
                deed(13, Did::Hold(None)),
            ],
            end: Some(End { ended_ns: 99, trace_hash: "0123456789abcdef".into() }),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut bytes = Vec::new();
        some().write(&mut bytes).unwrap();
        assert_eq!(Log::read(std::str::from_utf8(&bytes).unwrap()), Ok(some()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |text: &str| Log::read(text).unwrap_err();
        assert_eq!(wrong("").line, 1);
        assert!(wrong("[1]").message.contains("no session"));
        assert!(wrong("{\"nodetwin_session\":2,\"scenario\":\"a\"}").message.contains("version 2"));
        let head = "{\"nodetwin_session\":1,\"scenario\":\"a\"}\n";
        let backwards =
            "{\"at_ns\":5,\"node\":\"n\",\"button_a\":true}\n{\"at_ns\":4,\"node\":\"n\",\"button_a\":false}";
        assert_eq!(wrong(&format!("{head}{backwards}")).line, 3);
        assert_eq!(wrong(&format!("{head}\n{{\"at_ns\":5,\"node\":\"n\",\"button_c\":true}}")).line, 3);
        let heard = "{\"node\":\"n\",\"from_ns\":5,\"until_ns\":9,\"kept_from_ns\":2,\"heard\":\"a.wav\"}";
        assert_eq!(wrong(&format!("{head}{heard}")).line, 2);
        assert_eq!(some().commands(|_| None), Err("shelf".into()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,200}", lines in prop::collection::vec("[{}\"a-z_:,0-9\\[\\]]{0,40}", 0..8)) {
            let _ = Log::read(&text);
            let head = "{\"nodetwin_session\":1,\"scenario\":\"a\"}\n";
            let _ = Log::read(&format!("{head}{}", lines.join("\n")));
        }
    }
}
