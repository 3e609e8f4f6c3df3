//! The lab's desk: reads what the bench printed on each machine, says whether all computed the same, fits a formula to each
//! kernel, and writes the tables or holds the counts against them.
//!
//!     lab-fit host                        runs the kernels here and prints what they came to
//!     lab-fit report FOLDER               FOLDER/table.md and table.json of all that FOLDER holds
//!     lab-fit update FOLDER COUNTS COSTS  the same; and the counts and cost tables of the tree are written anew
//!     lab-fit hold FOLDER COUNTS          the same; and fails if a count has moved from that in the folder COUNTS
//!
//! FOLDER holds `build.txt` (lines `commit=`, `compiler=`, `flags=`), what was printed (`host.txt`, and `<isa>.txt` for each
//! machine), and what `nodetwin cycles` wrote (`<core>.json`).

mod agreement;
mod console;
mod drift;
mod fit;
mod folder;
mod host;
mod report;
mod rust;
mod table;

use std::path::Path;
use std::process::ExitCode;

/// What went wrong, in words for whoever runs the lab.
type Wrong = String;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done =
        match words[..] {
            ["host"] => {
                host::run();
                Ok(())
            }
            ["report", folder] => report(folder).map(|_| ()),
            ["update", folder, counts, costs] => report(folder).and_then(|lab| {
                drift::write(&lab, Path::new(counts))?;
                rust::write(&lab, Path::new(costs))
            }),
            ["hold", folder, counts] => report(folder).and_then(|lab| drift::hold(&lab, Path::new(counts))),
            _ => Err("usage: lab-fit host | report FOLDER | update FOLDER COUNTS COSTS | hold FOLDER COUNTS"
                .into()),
        };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("lab-fit: {wrong}");
            ExitCode::FAILURE
        }
    }
}

/// Reads a folder, reports on it, and only then complains of what is wrong with it.
fn report(folder: &str) -> Result<folder::Folder, Wrong> {
    let lab = folder::Folder::read(Path::new(folder))?;
    let tables = lab.tables()?;
    report::write(&lab, &tables, Path::new(folder))?;
    agreement::demand(&lab)?;
    tables.iter().try_for_each(table::Table::demand)?;
    Ok(lab)
}
