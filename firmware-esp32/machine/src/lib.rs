//! What a bare-metal binary needs of a machine that QEMU emulates, and no more: RISC-V `virt`, Arm `mps2-an386` and Xtensa
//! `sim`.
//!
//! A binary defines `#[unsafe(no_mangle)] extern "C" fn main() -> u32`: its result is QEMU's exit code. It is
//! run by the script `emulate`, which can hand it a [`blob`]. An exception or a panic is printed and ends the
//! run with a code that is not zero: nothing fails in silence.
//!
//! Must not know what runs on it.
#![no_std]

#[cfg_attr(target_arch = "arm", path = "arm/mod.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv/mod.rs")]
#[cfg_attr(target_arch = "xtensa", path = "xtensa/mod.rs")]
mod isa;

mod blob;
mod console;
mod failure;
pub mod marks;
pub mod stack;

pub use blob::blob;
pub use console::Out;
pub use isa::{ISA, exit, instructions_in, ticks};

unsafe extern "C" {
    safe fn main() -> u32;
}

/// Instructions executed since the start.
pub fn instructions() -> u64 {
    instructions_in(ticks())
}

/// Where the start-up code goes once there is a stack.
#[unsafe(no_mangle)]
extern "C" fn machine_start() -> ! {
    stack::paint();
    exit(main())
}
