//! Counts of the tree's tables against those of now: the same compiler must not need 2 % more or less for any case without
//! somebody having looked.
//!
//! A file an instruction set: the build's lines, then `case: instructions` in the order of the bench, then `kernel = a call,
//! a unit`, the formulas of them.

use crate::Wrong;
use crate::fit::Formula;
use crate::folder::{Build, Folder, Machine};
use crate::table::Table;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const MOVES_AT_MOST: f64 = 0.02;

fn file(machine: &Machine, counts: &Path) -> PathBuf {
    counts.join(format!("{}.txt", machine.isa))
}

pub fn write(lab: &Folder, counts: &Path) -> Result<(), Wrong> {
    for machine in &lab.machines {
        let Build { commit, compiler, flags } = &lab.build;
        let mut text = format!("commit={commit}\ncompiler={compiler}\nflags={flags}\n");
        for line in &machine.lines {
            let _ = writeln!(text, "{}: {}", line.name(), line.instructions.unwrap_or(0));
        }
        for row in Table::of_instructions(machine)?.rows {
            let Formula { per_call, per_unit } = row.formula;
            let _ = writeln!(text, "{:?} = {per_call:.1}, {per_unit:.3}", row.kernel);
        }
        let path = file(machine, counts);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Says how far counts have moved; refuses if they did on the same compiler.
pub fn hold(lab: &Folder, counts: &Path) -> Result<(), Wrong> {
    let mut moved = Vec::new();
    for machine in &lab.machines {
        let path = file(machine, counts);
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}. `lab/run --update` writes it", path.display()))?;
        let then = Build::parse(&text).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
        let found = moves(machine, &text);
        if then.compiler != lab.build.compiler {
            println!(
                "{}: the table was made with {}, this is {}: re-measured, {} of {} counts are elsewhere by more than {:.0} %",
                machine.isa,
                then.compiler,
                lab.build.compiler,
                found.len(),
                machine.lines.len(),
                100.0 * MOVES_AT_MOST
            );
            found.iter().for_each(|found| println!("  {found}"));
        } else {
            moved.extend(found.into_iter().map(|found| format!("{}: {found}", machine.isa)));
        }
    }
    if moved.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} counts have moved by more than {:.0} % from the table's; if that is meant, run `lab/run --update` and commit:\n  {}",
        moved.len(),
        100.0 * MOVES_AT_MOST,
        moved.join("\n  ")
    ))
}

fn moves(machine: &Machine, text: &str) -> Vec<String> {
    let then: BTreeMap<&str, u64> = text
        .lines()
        .filter_map(|line| line.rsplit_once(": "))
        .filter_map(|(name, count)| Some((name, count.parse().ok()?)))
        .collect();
    let mut found = Vec::new();
    for line in &machine.lines {
        let (name, now) = (line.name(), line.instructions.unwrap_or(0));
        match then.get(&name[..]) {
            None => found.push(format!("{name} is new")),
            Some(&then) if then.abs_diff(now) as f64 > MOVES_AT_MOST * then as f64 => {
                let by = 100.0 * (now as f64 / then as f64 - 1.0);
                found.push(format!("{name}: {then} then, {now} now ({by:+.1} %)"));
            }
            Some(_) => {}
        }
    }
    let names: Vec<String> = machine.lines.iter().map(crate::console::Line::name).collect();
    let gone = then.keys().filter(|name| !names.iter().any(|there| there == *name));
    found.extend(gone.map(|name| format!("{name} is gone")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Line;

    fn machine(instructions: u64) -> Machine {
        let line =
            format!("kernel=Log units=8 calls=1 work=Log:1:8 purpose=fit instructions={instructions} crc=0");
        Machine { isa: "made-up", core: None, lines: vec![Line::parse(&line).unwrap()], regions: Vec::new() }
    }

    #[test]
    fn two_percent_are_nothing_and_more_is_told() {
        let then = "commit=a\nLog 8: 1000\n";
        assert_eq!(moves(&machine(1020), then), [""; 0]);
        assert_eq!(moves(&machine(980), then), [""; 0]);
        assert_eq!(moves(&machine(1021), then), ["Log 8: 1000 then, 1021 now (+2.1 %)"]);
    }

    #[test]
    fn cases_that_come_and_go_are_told() {
        assert_eq!(moves(&machine(1000), "Tilt 1: 5\n"), ["Log 8 is new", "Tilt 1 is gone"]);
    }
}
