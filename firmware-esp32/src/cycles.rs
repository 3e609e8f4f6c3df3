//! The CPU's own cycle counter. It counts what a stage takes with all interrupts that fell into it.

/// Wraps: differences are right as long as a stage takes less than 2^32 cycles (17 s at 240 MHz).
#[cfg(target_arch = "xtensa")]
#[inline(always)]
pub fn now() -> u32 {
    esp_hal::xtensa_lx::timer::get_cycle_count()
}

/// CCOUNT always runs.
#[cfg(target_arch = "xtensa")]
pub fn start() {}

/// The ESP32-C3 has no mcycle. Its own counter is `mpccr` (0x7E2), counting what `mpcer` (0x7E0) selects while `mpcmr`
/// (0x7E1) is on: technical reference manual, "Performance Counter".
#[cfg(target_arch = "riscv32")]
#[inline(always)]
pub fn now() -> u32 {
    let count;
    // SAFETY: reads a register, has no other effect.
    unsafe { core::arch::asm!("csrr {0}, 0x7e2", out(reg) count, options(nomem, nostack)) };
    count
}

/// Cycles (bit 0 of `mpcer`), on (bit 0 of `mpcmr`).
#[cfg(target_arch = "riscv32")]
pub fn start() {
    // SAFETY: nothing else in this program or in esp-hal sets these two registers.
    unsafe { core::arch::asm!("csrwi 0x7e0, 1", "csrwi 0x7e1, 1", options(nomem, nostack)) };
}
