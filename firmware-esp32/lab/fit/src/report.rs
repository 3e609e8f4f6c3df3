//! The tables for people (Markdown) and for programs (JSON).

use crate::Wrong;
use crate::agreement;
use crate::folder::Folder;
use crate::table::{Row, Table, Unit};
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::path::Path;

pub fn write(lab: &Folder, tables: &[Table], folder: &Path) -> Result<(), Wrong> {
    for (name, content) in [("table.md", markdown(lab, tables)), ("table.json", json(lab, tables))] {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn markdown(lab: &Folder, tables: &[Table]) -> String {
    let mut text = String::new();
    let build = &lab.build;
    let _ = writeln!(text, "node-core {}, {}, {}\n", build.commit, build.compiler, build.flags);
    instructions(lab, &mut text);
    results(lab, &mut text);
    for table in tables {
        formulas(table, &mut text);
    }
    text
}

/// Every case on every machine: instructions of one call.
fn instructions(lab: &Folder, text: &mut String) {
    let _ = writeln!(text, "## Instructions of one call\n");
    let _ = write!(text, "| kernel | units |");
    for machine in &lab.machines {
        let _ = write!(text, " {} |", machine.isa);
    }
    let _ = writeln!(text, "\n|---|--:|{}", "--:|".repeat(lab.machines.len()));
    let Some(first) = lab.machines.first() else { return };
    for (index, line) in first.lines.iter().enumerate() {
        let name = line.name().replacen(&format!(" {}", line.units), "", 1);
        let _ = write!(text, "| {name} | {} |", line.units);
        for machine in &lab.machines {
            let count =
                machine.lines.get(index).and_then(|line| Some(line.instructions? / u64::from(line.calls)));
            let _ = write!(text, " {} |", count.map_or("-".into(), |count| count.to_string()));
        }
        let _ = writeln!(text);
    }
    let _ = writeln!(text, "\nWhat is in the same call and has a row of its own is in these counts.\n");
}

fn results(lab: &Folder, text: &mut String) {
    let machines: Vec<&str> = lab.machines.iter().map(|machine| machine.isa).collect();
    let found = agreement::differences(lab);
    let _ = writeln!(text, "## Results\n");
    let _ = writeln!(
        text,
        "{} cases on {} and on the host, by the CRC-32 of all they computed: {}\n",
        lab.host.len(),
        machines.join(", "),
        if found.is_empty() { "the same to the bit, without exception.".into() } else { found.join("; ") }
    );
}

fn formulas(table: &Table, text: &mut String) {
    let _ = writeln!(text, "## {}: {}\n", table.isa, heading(table));
    let _ = writeln!(
        text,
        "| kernel | a call | a unit | residual | left out | other data | error bar | other uses |"
    );
    let _ = writeln!(text, "|---|--:|--:|--:|--:|--:|--:|---|");
    for row in &table.rows {
        let Row { kernel, formula, residual, left_out, others, .. } = row;
        let _ = writeln!(
            text,
            "| {kernel:?} | {:.1} | {:.3} | {} | {} | {} | {} | {} |",
            formula.per_call,
            formula.per_unit,
            percent(*residual),
            left_out.map_or("one size".into(), percent),
            percent(row.other_data()),
            match table.unit {
                Unit::Instructions => "-".into(),
                Unit::Cycles(core) => percent(row.error_bar(core)),
            },
            others
                .iter()
                .filter(|other| !other.same_code)
                .map(|other| format!("{} {:+.0} %", other.name, 100.0 * other.error))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    let _ = writeln!(
        text,
        "\nLeft out: the worst prediction of a size from the others. Other uses: what the row says of other code that is \
         charged to it, against what was counted (+: too much).\n"
    );
}

fn heading(table: &Table) -> String {
    match table.unit {
        Unit::Instructions => "instructions".into(),
        Unit::Cycles(core) => format!("cycles of the {}", core.title),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn json(lab: &Folder, tables: &[Table]) -> String {
    let machines = lab.machines.iter().map(|machine| {
        let cases = machine.lines.iter().map(|line| {
            json!({
                "case": line.name(),
                "kernel": format!("{:?}", line.kernel),
                "units": line.units,
                "calls": line.calls,
                "instructions": line.instructions,
                "cycles": machine.cycles(line).ok(),
                "crc": line.crc,
            })
        });
        json!({ "isa": machine.isa, "cases": cases.collect::<Vec<Value>>() })
    });
    let tables = tables.iter().map(|table| {
        let rows = table.rows.iter().map(|row| {
            json!({
                "kernel": format!("{:?}", row.kernel),
                "per_call": row.formula.per_call,
                "per_unit": row.formula.per_unit,
                "residual": row.residual,
                "left_out": row.left_out,
                "other_data": row.other_data(),
                "sizes": row.sizes.iter().map(|size| json!({ "units": size.units, "took": size.took })).collect::<Vec<_>>(),
                "other_uses": row.others.iter()
                    .filter(|other| !other.same_code)
                    .map(|other| json!({ "use": other.name, "error": other.error }))
                    .collect::<Vec<_>>(),
            })
        });
        json!({ "isa": table.isa, "unit": table.unit.name(), "rows": rows.collect::<Vec<Value>>() })
    });
    let all = json!({
        "commit": lab.build.commit,
        "compiler": lab.build.compiler,
        "flags": lab.build.flags,
        "machines": machines.collect::<Vec<Value>>(),
        "tables": tables.collect::<Vec<Value>>(),
    });
    format!("{all:#}\n")
}
