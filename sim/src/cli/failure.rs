//! Why a verb could not do what it was asked, shown once, at the program's edge.

use super::Ending;
use super::terminal;
use crate::refusal::Refusal;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use scenarios::LoadError;
use scenarios::recording::RecordingError;
use std::fmt;
use std::io;
use std::path::Path;

#[derive(Debug)]
pub enum Failure {
    /// A scenario was refused.
    Scenario(LoadError),
    Recording(RecordingError),
    /// Anything else that the caller can put right.
    Input {
        message: String,
        help: String,
    },
    /// The run, or the writing of what came out, broke down.
    Broken {
        message: String,
        help: String,
    },
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Scenario(error)
    }
}
impl From<RecordingError> for Failure {
    fn from(error: RecordingError) -> Self {
        Self::Recording(error)
    }
}
impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::input(refusal.message, refusal.help)
    }
}

impl Failure {
    pub fn input(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Input { message: message.into(), help: help.into() }
    }

    /// A file could not be read.
    pub fn unreadable(path: &Path, error: &io::Error, help: &str) -> Self {
        let what =
            if path.is_dir() { "is a folder, not a file".into() } else { format!("cannot be read: {error}") };
        Self::input(format!("{}: {what}", path.display()), help)
    }

    /// What was measured could not be written.
    pub fn unwritten(name: &str, error: io::Error) -> Self {
        let help = "nothing is wrong with the run: free the disk or name another file, and run again";
        Self::Broken { message: format!("{name} could not be written: {error}"), help: help.into() }
    }

    pub fn ending(&self) -> Ending {
        match self {
            Self::Scenario(_) | Self::Recording(_) | Self::Input { .. } => Ending::WrongInput,
            Self::Broken { .. } => Ending::Broken,
        }
    }

    /// Says it on stderr.
    pub fn tell(&self) -> Ending {
        terminal::tell(&self.text(terminal::stderr_paint().0));
        self.ending()
    }

    /// What a person reads.
    pub fn text(&self, colour: bool) -> String {
        let mut out = String::new();
        match self {
            Self::Scenario(error) => {
                for located in error.problems() {
                    let range = located.span();
                    let shown = Shown {
                        message: located.message().to_string(),
                        help: located.help().to_string(),
                        source: (!located.text().is_empty())
                            .then(|| NamedSource::new(located.file(), located.text().to_string())),
                        label: (range.start, range.len()),
                    };
                    if shown.source.is_none() {
                        out.push_str(&plain(
                            &format!("{}: {}", located.file(), shown.message),
                            &shown.help,
                            colour,
                        ));
                        continue;
                    }
                    let theme =
                        if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
                    let handler = GraphicalReportHandler::new_themed(theme).with_width(100);
                    if handler.render_report(&mut out, &shown).is_err() {
                        out.push_str(&plain(&shown.message, &shown.help, colour));
                    }
                }
                let count = error.problems().len();
                if count > 1 {
                    out.push_str(&format!("{count} things are wrong\n"));
                }
            }
            Self::Recording(error) => out = plain(&error.to_string(), &error.help, colour),
            Self::Input { message, help } | Self::Broken { message, help } => {
                out = plain(message, help, colour)
            }
        }
        out
    }
}

fn plain(message: &str, help: &str, colour: bool) -> String {
    let paint = crate::report::table::Paint(colour);
    let error = paint.text(crate::report::table::Tone::Bad, "error:");
    let cure = if help.is_empty() { String::new() } else { format!("  help: {help}\n") };
    format!("{error} {message}\n{cure}")
}

/// A problem as miette draws it.
#[derive(Debug)]
struct Shown {
    message: String,
    help: String,
    source: Option<NamedSource<String>>,
    label: (usize, usize),
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for Shown {}
impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new(Some("here".into()), self.label.0, self.label.1);
        Some(Box::new(std::iter::once(label)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenarios::Problem;
    use scenarios::place::{Source, Span};
    use std::sync::Arc;

    #[test]
    fn every_problem_is_shown_with_its_place_its_line_and_its_cure() {
        let text = "schema = 1\nnmae = \"x\"\nduration = \"10\"\n".to_string();
        let sources = Arc::new(vec![Source { name: "a.toml".into(), text }]);
        let problem = |at, message: &str, help: &str| Problem::new(Span::new(0, at), message, help);
        let problems = vec![
            problem(11..15, "unknown key `nmae`", "did you mean `name`?"),
            problem(33..37, "`10` has no unit", "a duration is written \"20ms\""),
        ];
        let failure = Failure::from(LoadError::new(sources, problems));
        let text = failure.text(false);
        for part in [
            "unknown key `nmae`",
            "[a.toml:2:1]",
            "did you mean `name`?",
            "nmae = \"x\"",
            "[a.toml:3:12]",
            "2 things",
        ] {
            assert!(text.contains(part), "`{part}` is missing in:\n{text}");
        }
        assert!(!text.contains('\x1b'));
        assert_eq!(failure.ending(), Ending::WrongInput);
    }
}
