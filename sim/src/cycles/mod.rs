//! Cycles of compiled code: an ELF runs in QEMU, a plugin streams the instructions it executes between the
//! markers `twin_begin` and `twin_end`, and a model of the chip's pipeline says how long they take there.
//!
//! - [`program`]: what is asked of the ELF: its machine, its markers, its functions
//! - [`emulator`]: QEMU with the tracer of `firmware-esp32/lab/tracer`; [`stream`]: what the tracer sends
//! - [`xtensa`], [`riscv`]: what an instruction reads, writes and is; one they do not know is refused, by
//!   name
//! - [`lx6`], [`esp32c3`]: the figures of the two cores, each with its source and grade
//! - [`pipeline`]: one instruction after the other, and who waits for whom
//! - [`region`]: what was counted between two markers; [`report`]: the document and the text made of it
//!
//! The stream is used up as it comes: memory grows with the program's size, not with the length of its run.

pub mod core;
pub mod emulator;
pub mod esp32c3;
pub mod instruction;
pub mod lx6;
pub mod pipeline;
pub mod program;
pub mod region;
pub mod report;
pub mod riscv;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod xtensa;

/// Why there are no cycles to report.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    pub message: String,
    pub help: String,
    /// Whether the run broke down, rather than being asked for the wrong thing.
    pub broken: bool,
}

impl Trouble {
    pub fn input(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), broken: false }
    }

    pub fn broken(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), broken: true }
    }
}
