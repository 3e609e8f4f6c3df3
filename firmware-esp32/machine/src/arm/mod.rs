//! QEMU's `mps2-an386` board: a Cortex-M4 with FPU. No board of node-core's has one; it is a third opinion.

use core::arch::{asm, global_asm};

global_asm!(include_str!("start.S"));

pub const ISA: &str = "thumbv7em";

/// CMSDK UART0 (QEMU hw/arm/mps2.c): data, state, control, -, baud rate divider.
const UART: *mut u32 = 0x4000_4000 as *mut u32;
const STATE: usize = 1;
const CONTROL: usize = 2;
const DIVIDER: usize = 4;
const TRANSMITS: u32 = 1;
const FULL: u32 = 1;
/// CMSDK TIMER0: the value counts down at 25 MHz, from all ones (start.S).
const TIMER_VALUE: *const u32 = 0x4000_0004 as *const u32;

pub fn print(text: &[u8]) {
    // Safety: the UART's registers, which nothing else in this program knows of.
    unsafe {
        UART.add(DIVIDER).write_volatile(16);
        UART.add(CONTROL).write_volatile(TRANSMITS);
        for byte in text {
            while UART.add(STATE).read_volatile() & FULL != 0 {}
            UART.write_volatile((*byte).into());
        }
    }
}

/// Ends QEMU with `code`; it needs `-semihosting`.
pub fn exit(code: u32) -> ! {
    const SYS_EXIT_EXTENDED: u32 = 0x20;
    const APPLICATION_EXIT: u32 = 0x2_0026;
    let reason = [APPLICATION_EXIT, code];
    // Safety: the debugger, which is QEMU, reads two words and does not come back.
    unsafe { asm!("bkpt 0xAB", in("r0") SYS_EXIT_EXTENDED, in("r1") reason.as_ptr()) };
    unreachable!("QEMU ends at SYS_EXIT_EXTENDED")
}

/// What is quickly read and grows with each instruction, for 1,300 million of them.
pub fn ticks() -> u64 {
    // Safety: reads a counter.
    u64::from(!unsafe { TIMER_VALUE.read_volatile() })
}

/// Instructions in so many ticks. Exact and repeatable under QEMU's `-icount shift=7`, meaningless without.
///
/// There an instruction takes 2^7 ns and the timer runs at 25 MHz: 3.2 ticks an instruction.
pub fn instructions_in(ticks: u64) -> u64 {
    (ticks * 10 + 16) / 32
}

/// Armv7-M architecture reference manual, B1.5.2 (exception numbers).
pub fn exception_name(cause: u32) -> &'static str {
    match cause {
        2 => "NMI",
        3 => "HardFault",
        4 => "MemManage",
        5 => "BusFault",
        6 => "UsageFault",
        11 => "SVCall",
        _ => "see IPSR in the Armv7-M reference manual",
    }
}
