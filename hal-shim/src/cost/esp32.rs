//! ESP32: what is charged beside kernels, and the whole table.

use super::{CostTable, FixedCosts, Grade, Graded, esp32_kernels};
use node_core::boards::Mcu;

const fn guess(value: u32, source: &'static str) -> Graded<u32> {
    Graded { value, grade: Grade::Assumed, source }
}

const fn derived(value: u32, source: &'static str) -> Graded<u32> {
    Graded { value, grade: Grade::Derived, source }
}

pub static TABLE: CostTable = CostTable::new(Mcu::Esp32, esp32_kernels::KERNELS, FIXED);

const FIXED: FixedCosts = FixedCosts {
    // ESP-IDF's own performance test allows 290 cycles to enter and 565 to leave an interrupt: upper limits.
    interrupt: guess(600, "between esp-idf's idf_performance limits (290 in, 565 out) and a bare handler"),
    // All joined tasks are asked, and what they wait for in turn; register windows overflow on the way down.
    poll: derived(
        2_100,
        "most emulated polls that charge nothing take 1,320 instructions (checks/tape-xtensa: 1,500 with the drivers' \
         parts) at 1.6 cycles, as the lab's kernels with as many branches",
    ),
    wake: guess(100, "return from WAITI and the executor's check"),
    measure: guess(20, "two RSR.CCOUNT, a subtraction, a store"),
    // A six-byte read takes over 200 us where the wire needs 180 at 400 kHz (esp-idf issue 9644): 20 us is the driver.
    i2c_transaction: guess(
        3_200,
        "20 us beside the wire time (espressif/esp-idf issue 9644), at ESP-IDF's default of 160 MHz",
    ),
    i2c_chunk: guess(700, "31 FIFO writes or reads over the APB bus"),
    spi_transfer: guess(
        4_300,
        "28 us per interrupt-driven DMA transaction less its wire time and interrupt \
         (espressif/esp-idf spi_master.rst)",
    ),
    gpio: guess(20, "one register write over the APB bus"),
    boot_us: guess(120_000, "second-stage loader and flash init; no source for bare esp-hal yet"),
};
