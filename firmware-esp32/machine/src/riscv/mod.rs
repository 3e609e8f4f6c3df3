//! QEMU's `virt` board with a 32-bit RISC-V core.

use core::arch::{asm, global_asm};

global_asm!(include_str!("start.S"));

#[cfg(not(target_feature = "f"))]
pub const ISA: &str = "riscv32imc";
#[cfg(target_feature = "f")]
pub const ISA: &str = "riscv32imafc";

/// NS16550A, transmit register (QEMU hw/riscv/virt.c, VIRT_UART0). QEMU's takes a byte at any time.
const UART: *mut u8 = 0x1000_0000 as *mut u8;
/// `sifive_test` (VIRT_TEST): a write ends QEMU with the code in the upper half.
const FINISHER: *mut u32 = 0x10_0000 as *mut u32;
const PASS: u32 = 0x5555;
const FAIL: u32 = 0x3333;

pub fn print(text: &[u8]) {
    for byte in text {
        // Safety: the UART's register, which nothing else in this program knows of.
        unsafe { UART.write_volatile(*byte) }
    }
}

/// Ends QEMU with `code` (its low 16 bits).
pub fn exit(code: u32) -> ! {
    let word = if code == 0 { PASS } else { code << 16 | FAIL };
    // Safety: the finisher's register; the write takes effect before the next instruction.
    unsafe { FINISHER.write_volatile(word) }
    unreachable!("QEMU ends at the finisher")
}

/// Instructions in so many ticks: a tick is one.
pub fn instructions_in(ticks: u64) -> u64 {
    ticks
}

/// What is quickly read and grows with each instruction. Exact and repeatable under QEMU's `-icount`, meaningless without.
pub fn ticks() -> u64 {
    loop {
        let (high, low, again): (u32, u32, u32);
        // Safety: reads two counters.
        unsafe {
            asm!("csrr {}, minstreth", "csrr {}, minstret", "csrr {}, minstreth",
                out(reg) high, out(reg) low, out(reg) again, options(nomem, nostack));
        }
        if high == again {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// RISC-V privileged architecture 1.12, table 3.6 (mcause).
pub fn exception_name(cause: u32) -> &'static str {
    match cause {
        0 => "instruction address misaligned",
        1 => "instruction access fault",
        2 => "illegal instruction",
        3 => "breakpoint",
        4 => "load address misaligned",
        5 => "load access fault",
        6 => "store address misaligned",
        7 => "store access fault",
        11 => "environment call",
        _ => "see mcause in the privileged architecture",
    }
}
