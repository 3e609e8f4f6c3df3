//! The console: text to QEMU's standard output.

use core::fmt::{self, Write};

/// `writeln!(Out, ...)` prints.
pub struct Out;

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        crate::isa::print(text.as_bytes());
        Ok(())
    }
}
