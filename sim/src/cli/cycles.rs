//! `cycles`: what compiled code costs on the chip.

use super::output::{self, Output};
use super::terminal::{self, stdout_paint};
use super::{Ending, Failure};
use crate::cycles::Trouble;
use crate::cycles::core::Core;
use crate::cycles::emulator::{self, Options};
use crate::cycles::instruction::Rule;
use crate::cycles::program::Program;
use crate::cycles::report::Report;
use crate::report::result::to_json;
use std::path::PathBuf;
use std::time::Duration;

/// Predicts the cycles of compiled code, between markers in a bare-metal ELF, on the chip's pipeline
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin cycles kernel.elf
  nodetwin cycles kernel.elf --json cycles.json
  nodetwin cycles kernel.elf --region 2 --without load-use

The ELF runs in QEMU (apt install qemu-system-misc): Xtensa on `-M sim -cpu de233_fpu`, RISC-V on `-M virt -bios none`. It
calls the empty functions twin_begin and twin_end around what is to be measured, as often as it likes, and ends QEMU by
itself. What it prints goes to stderr.
Each region is counted from twin_begin's return to the call of twin_end, with a warm cache; what a cold one adds is told apart.")]
pub struct Args {
    /// The program, linked for QEMU and not stripped
    #[arg(value_name = "ELF")]
    elf: PathBuf,
    /// lx6 (ESP32) or esp32c3; by the ELF's machine if absent
    #[arg(long, value_name = "CORE")]
    core: Option<String>,
    /// Write all of it to FILE as JSON; `-` is stdout, and then without the text
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Report region N only, and stop when it has ended
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    region: Option<u32>,
    /// Leave a stall rule out: load-use, multiply, divide, float, special, branch, jump, window, barrier or exception
    #[arg(long, value_name = "RULE")]
    without: Option<String>,
    /// The plugin for QEMU; NODETWIN_TRACER or firmware-esp32/lab/tracer/target/release/libtracer.so if absent
    #[arg(long, value_name = "FILE")]
    tracer: Option<PathBuf>,
    /// Seconds of wall time after which a program that has not ended is stopped
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let Trouble { message, help, broken } = trouble;
        if broken { Self::Broken { message, help } } else { Self::input(message, help) }
    }
}

pub fn cycles(args: &Args) -> Result<Ending, Failure> {
    let without = args.without.as_deref().map(rule).transpose()?;
    let program = Program::read(&args.elf)?;
    let core = match &args.core {
        Some(name) => Core::named(name)?,
        None => Core::of(program.isa),
    };
    let json = args.json.as_deref().map(Output::open).transpose()?;
    let only = args.region.map(|number| number as usize);
    let options = Options {
        tracer: args.tracer.clone(),
        without,
        until_region: only,
        limit: Duration::from_secs(args.limit),
    };
    let regions = emulator::measure(&program, core, &options)?;
    if let Some(only) = only.filter(|only| *only > regions.len()) {
        return Err(Failure::input(
            format!("there is no region {only}: the program has {}", regions.len()),
            "regions are numbered from 1, in the order of execution",
        ));
    }
    let report = Report::new(core, without, regions, only);
    let quiet = output::refuse_mixing(&json)?;
    if let Some(json) = json {
        let document = to_json(&report);
        json.write(|out| out.write_all(document.as_bytes()))?;
    }
    if !quiet {
        terminal::show(&report.text(core, stdout_paint()))?;
    }
    Ok(Ending::Pass)
}

fn rule(name: &str) -> Result<Rule, Failure> {
    Rule::named(name).ok_or_else(|| {
        let names: Vec<&str> = Rule::ALL.into_iter().map(Rule::name).collect();
        Failure::input(format!("`{name}` is no stall rule"), format!("rules: {}", names.join(", ")))
    })
}
