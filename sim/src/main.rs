//! The program `nodetwin`: the command line with the apps that come with it.

use std::process::ExitCode;

fn main() -> ExitCode {
    sim::cli::main(sim::catalogue::Catalogue::builtin())
}
