//! `memory`: what programs take of their chips.

use super::output::{self, Output};
use super::terminal::{self, stderr_paint, stdout_paint};
use super::{Ending, Failure};
use crate::memory::image::Image;
use crate::memory::measured::Sections;
use crate::memory::text;
use crate::report::result::to_json;
use crate::report::table::Tone;
use serde::Serialize;
use std::path::PathBuf;

/// Shows what the apps take of a chip's memory, or a firmware's ELF file
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin memory
  nodetwin memory firmware-esp32/target/xtensa-esp32-none-elf/release/firmware
  nodetwin memory firmware.elf --json memory.json

Without a file: state and deepest stack of the apps that come with it, as measured on the chips' instruction sets.
With one, of an ESP32 or an ESP32-C3: its sections, against what the chip has.
Exit codes: 0 all fits, 1 something does not, 2 the file is wrong.")]
pub struct Args {
    /// A firmware as the linker wrote it; symbols may be stripped, and then the app's state is not told
    #[arg(value_name = "ELF")]
    elf: Option<PathBuf>,
    /// Writes it as JSON; `-` is stdout, and then without the text
    #[arg(long, value_name = "FILE", requires = "elf")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Document<'a> {
    chip: &'a str,
    sections: Sections,
    budgets: Vec<Budget>,
}

#[derive(Serialize)]
struct Budget {
    what: String,
    taken: u64,
    there_is: u64,
    /// Of what there is.
    grade: String,
}

pub fn memory(args: &Args) -> Result<Ending, Failure> {
    let Some(elf) = &args.elf else {
        terminal::show(&text::apps(stdout_paint()))?;
        return Ok(Ending::Pass);
    };
    let json = args.json.as_deref().map(Output::open).transpose()?;
    let image = Image::read(elf)?;
    let rows = text::budgets(&image);
    let beyond: Vec<String> = rows
        .iter()
        .filter(|(_, taken, there_is, _)| taken > there_is)
        .map(|(what, taken, there_is, _)| format!("{what}: {} bytes too many", taken - there_is))
        .collect();
    let quiet = output::refuse_mixing(&json)?;
    if let Some(json) = json {
        let budget = |(what, taken, there_is, grade): (String, u64, u64, hal_shim::cost::Grade)| Budget {
            what,
            taken,
            there_is,
            grade: grade.to_string(),
        };
        let budgets = rows.into_iter().map(budget).collect();
        let document = to_json(&Document { chip: image.chip.name, sections: image.sections, budgets });
        json.write(|out| out.write_all(document.as_bytes()))?;
    }
    if !quiet {
        terminal::show(&text::image(&elf.display().to_string(), &image, stdout_paint()))?;
    }
    let (ending, tone, said) = match beyond.as_slice() {
        [] => (Ending::Pass, Tone::Good, "it fits".to_string()),
        _ => (Ending::Fail, Tone::Bad, format!("it does not fit: {}", beyond.join("; "))),
    };
    terminal::tell(&format!("{}\n", stderr_paint().text(tone, &said)));
    Ok(ending)
}
