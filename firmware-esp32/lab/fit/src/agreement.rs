//! Whether all machines computed the same, to the bit.

use crate::Wrong;
use crate::folder::Folder;

/// Kernels that may differ, with cause and bound. None does: all of node-core's float maths is IEEE 754's basic operations and
/// `libm`, and no compiler joins a multiplication and an addition unasked.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// Cases that came to something else on a machine than on the host.
pub fn differences(lab: &Folder) -> Vec<String> {
    let mut found = Vec::new();
    for machine in &lab.machines {
        if machine.lines.len() != lab.host.len() {
            found.push(format!(
                "{}: {} cases, {} on the host",
                machine.isa,
                machine.lines.len(),
                lab.host.len()
            ));
        }
        for (here, there) in lab.host.iter().zip(&machine.lines) {
            let excepted = EXCEPTIONS.iter().any(|(name, _)| *name == here.name());
            if (here.name(), &here.crc) != (there.name(), &there.crc) && !excepted {
                found.push(format!(
                    "{}: {} is {}, on the host {}",
                    machine.isa,
                    there.name(),
                    there.crc,
                    here.crc
                ));
            }
        }
    }
    found
}

pub fn demand(lab: &Folder) -> Result<(), Wrong> {
    let found = differences(lab);
    if found.is_empty() {
        return Ok(());
    }
    Err(format!("not the same on all machines, to the bit:\n  {}", found.join("\n  ")))
}
