//! Panics and CPU exceptions: told, then the end.

use crate::{Out, exit};
use core::fmt::Write;
use core::panic::PanicInfo;

const PANICKED: u32 = 101;
const EXCEPTION: u32 = 102;

#[panic_handler]
fn panicked(info: &PanicInfo) -> ! {
    let _ = writeln!(Out, "{info}");
    exit(PANICKED)
}

/// Where the start-up code's trap vectors end, on a stack of its own.
///
/// An access to a misaligned address comes here too where the machine traps it: Xtensa's does, `virt`'s does
/// not.
#[unsafe(no_mangle)]
extern "C" fn machine_exception(cause: u32, at: u32, address: u32) -> ! {
    let name = crate::isa::exception_name(cause);
    let _ = writeln!(Out, "CPU exception {cause} ({name}) at {at:#010x}, address {address:#010x}");
    exit(EXCEPTION)
}
