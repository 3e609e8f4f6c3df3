//! QEMU's Xtensa `sim` machine with the core `de233_fpu`: the ESP32's windowed registers, FPU and exception
//! vectors.

pub const ISA: &str = "xtensa-lx6";

// In start.S: upstream Rust has no inline assembly for Xtensa.
unsafe extern "C" {
    /// The simulator's system call; QEMU needs `-semihosting`.
    fn simcall(number: u32, a: u32, b: u32, c: u32) -> u32;
    /// CCOUNT, and in the upper half how often it went over.
    safe fn machine_ticks() -> u64;
}

// QEMU target/xtensa/xtensa-semi.c
const SYS_EXIT: u32 = 1;
const SYS_WRITE: u32 = 4;
const STDOUT: u32 = 1;

pub fn print(text: &[u8]) {
    // Safety: QEMU reads `text` and nothing else. What it could not write is lost, as on any console.
    unsafe { simcall(SYS_WRITE, STDOUT, text.as_ptr().addr() as u32, text.len() as u32) };
}

/// Ends QEMU with `code`.
pub fn exit(code: u32) -> ! {
    // Safety: the call does not come back.
    unsafe { simcall(SYS_EXIT, code, 0, 0) };
    unreachable!("QEMU ends at SYS_EXIT")
}

/// What is quickly read and grows with each instruction.
pub fn ticks() -> u64 {
    machine_ticks()
}

/// Instructions in so many ticks. Exact and repeatable under QEMU's `-icount shift=7`, meaningless without.
///
/// There an instruction takes 2^7 ns and the `sim` machine's CCOUNT runs at 40 MHz: 5.12 ticks an
/// instruction.
pub fn instructions_in(ticks: u64) -> u64 {
    (ticks * 100 + 256) / 512
}

/// Xtensa ISA reference manual, table 4-64 (EXCCAUSE).
pub fn exception_name(cause: u32) -> &'static str {
    match cause {
        0 => "illegal instruction",
        2 => "instruction fetch error",
        3 => "load or store error",
        6 => "integer divide by zero",
        8 => "privileged instruction",
        9 => "load or store address misaligned",
        12 | 14 => "no memory to fetch from",
        13 | 15 => "no memory at the address",
        20 => "instruction fetch prohibited",
        28 => "load prohibited",
        29 => "store prohibited",
        32..=39 => "coprocessor disabled",
        _ => "see EXCCAUSE in the ISA reference manual",
    }
}
