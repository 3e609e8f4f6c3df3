//! ESP32-C3: what is charged beside kernels, and the whole table.

use super::{CostTable, FixedCosts, Grade, Graded, esp32c3_kernels};
use node_core::boards::Mcu;

const fn guess(value: u32, source: &'static str) -> Graded<u32> {
    Graded { value, grade: Grade::Assumed, source }
}

const fn derived(value: u32, source: &'static str) -> Graded<u32> {
    Graded { value, grade: Grade::Derived, source }
}

pub static TABLE: CostTable = CostTable::new(Mcu::Esp32C3, esp32c3_kernels::KERNELS, FIXED);

const FIXED: FixedCosts = FixedCosts {
    // No register windows and no FPU to save, but esp-hal finds the source by software.
    interrupt: guess(
        600,
        "a DMA interrupt's way through the firmware's image: trap 140 instructions, dispatch 160, handler 100, wakers \
         160, most of them executed, at 1.3 cycles",
    ),
    // All joined tasks are asked, and what they wait for in turn.
    poll: derived(
        1_500,
        "1,130 instructions of an emulated poll that charges nothing (checks/tape-riscv) at 1.3 cycles",
    ),
    wake: guess(100, "return from WFI and the executor's check"),
    measure: guess(20, "two CSR reads at 4 cycles, a subtraction, a store"),
    i2c_transaction: guess(3_200, "the ESP32's 20 us (espressif/esp-idf issue 9644) at 160 MHz"),
    i2c_chunk: guess(700, "the ESP32's: 31 FIFO writes or reads over the APB bus"),
    spi_transfer: guess(
        4_300,
        "the ESP32's 28 us; esp-idf's limit for the C3 is 32 us where the ESP32's is 30 \
         (espressif/esp-idf components/idf_test/include/esp32c3/idf_performance_target.h)",
    ),
    gpio: guess(20, "one register write over the APB bus"),
    boot_us: guess(120_000, "the ESP32's; no source for bare esp-hal yet"),
};
