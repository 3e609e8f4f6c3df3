//! The command line: one file a verb. Here is what they share on the outside: names, help, and how a program ends.
//!
//! Verdict and progress go to stderr, data to stdout. Exit codes: 0 pass, 1 an expectation failed, 2 the input is wrong,
//! 3 the run itself failed or was stopped by hand. (`diff`: 0 the same, 1 different, 2 trouble, as diff(1) does.)

mod bench;
mod by_hand;
mod calibrate;
mod convert;
mod cycles;
mod diff;
mod doctor;
mod eval;
mod execution;
mod failure;
mod import;
mod inspect;
mod memory;
mod new;
mod output;
mod progress;
mod prune;
mod run;
mod schema;
mod shot;
mod stop;
mod terminal;
mod test;
mod train;
mod view;

pub use failure::Failure;

use crate::catalogue::Catalogue;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Ending {
    Pass = 0,
    /// An expectation failed, or two results differ.
    Fail = 1,
    WrongInput = 2,
    /// The run itself failed, or was stopped by hand.
    Broken = 3,
}

#[derive(Debug, Parser)]
#[command(
    name = "nodetwin",
    version,
    about = "Runs sensor-node programs in a simulated board, faster than real time and the same on every machine",
    after_help = "Start here:
  nodetwin run scenarios/sound-sensor.toml      run a scenario and read what came out
  nodetwin test scenarios                       run all of them against what they expect
  nodetwin new mine.toml --app sound            write a commented scenario to change

Exit codes: 0 pass, 1 an expectation failed, 2 the input is wrong, 3 the run failed or was stopped.",
    propagate_version = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    // Boxed: it is many times the size of the others.
    Run(Box<run::Args>),
    Test(test::Args),
    New(new::Args),
    Diff(diff::Args),
    Schema(schema::Args),
    Calibrate(calibrate::Args),
    Convert(convert::Args),
    Doctor(doctor::Args),
    Bench(bench::Args),
    Cycles(cycles::Args),
    Memory(memory::Args),
    Train(train::Args),
    Eval(eval::Args),
    Inspect(inspect::Args),
    Prune(prune::Args),
    Import(import::Args),
    View(view::Args),
    Shot(shot::Args),
}

/// The whole program, with the apps and chips of `catalogue`. Somebody else's `main` is a call of this.
pub fn main(catalogue: Catalogue) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(message) => {
            // Help goes to stdout, a mistake to stderr with code 2. That nobody reads it is no failure.
            let _ = message.print();
            return ExitCode::from(message.exit_code() as u8);
        }
    };
    let ended = match cli.verb {
        Verb::Run(args) => run::run(&args, &catalogue),
        Verb::Test(args) => test::test(&args, &catalogue),
        Verb::New(args) => new::new(&args, &catalogue),
        Verb::Diff(args) => diff::diff(&args),
        Verb::Schema(args) => schema::schema(&args, &catalogue),
        Verb::Calibrate(args) => calibrate::calibrate(&args, &catalogue),
        Verb::Convert(args) => convert::convert(&args),
        Verb::Doctor(args) => doctor::doctor(&args, &catalogue),
        Verb::Bench(args) => bench::bench(&args),
        Verb::Cycles(args) => cycles::cycles(&args),
        Verb::Memory(args) => memory::memory(&args),
        Verb::Train(args) => train::train(&args),
        Verb::Eval(args) => eval::eval(&args),
        Verb::Inspect(args) => inspect::inspect(&args),
        Verb::Prune(args) => prune::prune(&args),
        Verb::Import(args) => import::import(&args),
        Verb::View(args) => view::view(&args, catalogue),
        Verb::Shot(args) => shot::shot(&args, catalogue),
    };
    let ending = ended.unwrap_or_else(|failure| failure.tell());
    ExitCode::from(ending as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_commands_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_shows_examples_and_every_option_says_what_it_does() {
        for verb in Cli::command().get_subcommands() {
            let examples = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(
                examples.contains(&format!("nodetwin {}", verb.get_name())),
                "{} has no example",
                verb.get_name()
            );
            for argument in verb.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {} has no help",
                    verb.get_name(),
                    argument.get_id()
                );
            }
        }
    }

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        let parse = |line: &str| Cli::try_parse_from(line.split_whitespace());
        assert!(
            parse("nodetwin run a.toml --seed 7 --set a=1 --set b=2 --until 10s --json - --threads 1")
                .is_ok()
        );
        assert!(parse("nodetwin run a.toml --seeds 20").is_ok());
        assert!(parse("nodetwin run a.toml --seeds 20 --lcd x.png").is_err());
        assert!(parse("nodetwin run a.toml --seeds 0").is_err());
        assert!(parse("nodetwin run a.toml --threads 0").is_err());
        assert!(parse("nodetwin run a.toml --until 10").is_err());
        assert!(parse("nodetwin run").is_err());
        assert!(parse("nodetwin test").is_err());
        assert!(parse("nodetwin diff a.json").is_err());
    }
}
