//! The cost tables of the twin, as Rust: `hal-shim/src/cost/<mcu>_kernels.rs`.

use crate::Wrong;
use crate::folder::{Build, Core, Folder};
use crate::table::{Row, Table, Unit};
use node_core::boards::Mcu;
use node_core::meter::Kernel;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Writes a table for each core whose cycles are known, into the folder `costs`.
pub fn write(lab: &Folder, costs: &Path) -> Result<(), Wrong> {
    let mut written = 0;
    for table in lab.tables()? {
        let Unit::Cycles(core) = table.unit else { continue };
        let file = match core.mcu {
            Mcu::Esp32 => "esp32_kernels.rs",
            Mcu::Esp32C3 => "esp32c3_kernels.rs",
        };
        let path = costs.join(file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, source(&lab.build, core, &table, &before)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        written += 1;
    }
    if written == 0 { Err("no cycles are there, so no table was written".into()) } else { Ok(()) }
}

/// `before`: the file as it was, whose estimates stay where nothing was counted.
fn source(build: &Build, core: &Core, table: &Table, before: &str) -> Result<String, Wrong> {
    let Build { commit, compiler, flags } = build;
    let Core { title, name, known_by, off, grade, .. } = core;
    let mut text = format!(
        "//! Cycles of node-core's kernels on the {title}. Written by `firmware-esp32/lab/run --update`: edit nothing here.
//!
//! Instructions are those of node-core's own compiled code under QEMU, in the order of execution; cycles are what
//! `nodetwin cycles --core {name}` makes of them, with warm caches.
//!
//! An error bar has three parts, joined as independent ones: the worst size that was left out of the fit, the worst of
//! other data for the same code, and {:.0} % for the pipeline model:
//! {known_by}.

use super::{{Build, ErrorBar, ErrorKind, Grade, Kernels, Row}};
use node_core::meter::Kernel;

const SOURCE: &str = \"node-core's own code on QEMU + {} pipeline model\";

const fn row(kernel: Kernel, per_call: f32, per_unit: f32, relative: f32) -> Row {{
    let error = ErrorBar {{ relative, kind: ErrorKind::Spread }};
    Row::new(kernel, (per_call, per_unit), error, Grade::{grade}, SOURCE)
}}
{GUESS}
pub(super) const KERNELS: Kernels = Kernels {{
    build: Some(Build {{
        commit: {commit:?},
        compiler: {compiler:?},
        flags: {flags:?},
    }}),
    rows: [
",
        100.0 * off,
        name.to_uppercase(),
    );
    let mut estimated = false;
    for kernel in Kernel::ALL {
        let Some(row) = table.row(kernel) else {
            let estimate = before.lines().find(|line| line.contains(&format!(" guess(Kernel::{kernel:?},")));
            let Some(estimate) = estimate else {
                return Err(format!(
                    "no case for the kernel {kernel:?}, and no estimate: write one in lab/kernels"
                ));
            };
            estimated = true;
            text += estimate;
            text += "\n";
            continue;
        };
        let Row { kernel, formula, .. } = row;
        for (_, note) in NOTES.iter().filter(|(of, _)| of == kernel) {
            let _ = writeln!(text, "        // {note}");
        }
        let _ = writeln!(
            text,
            "        row(Kernel::{kernel:?}, {:?}, {:?}, {:?}),",
            rounded(formula.per_call, 10.0),
            rounded(formula.per_unit, 1000.0),
            rounded(row.error_bar(core), 1000.0),
        );
    }
    text += "    ],\n};\n";
    Ok(if estimated { text } else { text.replace(GUESS, "") })
}

/// What a reader of a row has to know of how it is charged.
const NOTES: [(Kernel, &str); 2] = [
    (
        Kernel::ForestDecision,
        "To the deepest leaf, of three classes: files do not say which are reached, deadlines hold for all.",
    ),
    (
        Kernel::ByteChannel,
        "Maxima; means, depthwise sums and few channels cost otherwise, which is in the error bar.",
    ),
];

const GUESS: &str = r#"
/// Not counted yet: estimated from rows that do the like.
const fn guess(kernel: Kernel, per_call: f32, per_unit: f32) -> Row {
    let error = ErrorBar { relative: 0.5, kind: ErrorKind::Spread };
    Row::new(kernel, (per_call, per_unit), error, Grade::Assumed, "estimated by hand")
}
"#;

/// Digits beyond these say nothing.
fn rounded(value: f64, digits: f64) -> f32 {
    ((value * digits).round() / digits) as f32
}
