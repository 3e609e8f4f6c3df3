//! ESP32 (Xtensa LX6, single-precision FPU). A first table, to be replaced by the lab's figures from the node's own
//! compiled code: until then predictions are within a factor of two, no better, and say "assumed".
//!
//! Anchors: esp-dsp's published ESP32 cycles (asm and ANSI C, -O2) and the latencies of the LX6 pipeline
//! (FP add/mul 4 cycles dependent, 1 independent; load 2; float division 169 in software).

use super::{CostTable, FixedCosts, Grade, Graded, Row};
use node_core::boards::Mcu;
use node_core::meter::Kernel;

const ESP_DSP: &str = "espressif/esp-dsp@3c8ac0f docs/esp_bm_results.csv";
const PIPELINE: &str = "instruction count by hand over LX6 latencies (gcc xtensa.md); not compiled, not run";

const fn assumed(kernel: Kernel, per_call: f32, per_unit: f32) -> Row {
    Row { kernel, per_call, per_unit, grade: Grade::Assumed, source: PIPELINE }
}
const fn derived(kernel: Kernel, per_call: f32, per_unit: f32, source: &'static str) -> Row {
    Row { kernel, per_call, per_unit, grade: Grade::Derived, source }
}
const fn guess(value: u32, source: &'static str) -> Graded<u32> {
    Graded { value, grade: Grade::Assumed, source }
}

pub static TABLE: CostTable = CostTable {
    mcu: Mcu::Esp32,
    rows: [
        assumed(Kernel::Convert, 20.0, 6.0),
        assumed(Kernel::DcRemoval, 20.0, 12.0),
        // esp-dsp's asm biquad takes 17.03 cycles a sample; compiled code without madd.s and hardware loops more.
        assumed(Kernel::Biquad, 30.0, 28.0),
        assumed(Kernel::SquareSum, 20.0, 6.0),
        assumed(Kernel::TimeWeighting, 30.0, 12.0),
        assumed(Kernel::Window, 20.0, 7.0),
        // esp-dsp ANSI C complex FFT of half the points, plus the split of a real transform (8 cycles a point).
        derived(Kernel::RealFft64, 3_900.0, 0.0, ESP_DSP),
        derived(Kernel::RealFft128, 8_100.0, 0.0, ESP_DSP),
        derived(Kernel::RealFft256, 18_100.0, 0.0, ESP_DSP),
        derived(Kernel::RealFft512, 40_200.0, 0.0, ESP_DSP),
        derived(Kernel::RealFft1024, 88_200.0, 0.0, ESP_DSP),
        assumed(Kernel::PowerSpectrum, 20.0, 10.0),
        assumed(Kernel::OctaveBank, 200.0, 110.0),
        assumed(Kernel::Log, 0.0, 400.0),
        assumed(Kernel::Percentile, 20.0, 15.0),
        assumed(Kernel::FifoParse, 20.0, 30.0),
        assumed(Kernel::Magnitude, 20.0, 90.0),
        assumed(Kernel::Tilt, 20.0, 900.0),
        assumed(Kernel::Attitude, 20.0, 220.0),
        assumed(Kernel::Activity, 60.0, 20.0),
        // esp-dsp's ANSI C dot product: 1311 cycles for 256 points.
        derived(Kernel::Autocorrelation, 30.0, 5.2, ESP_DSP),
        assumed(Kernel::MotionDetectors, 20.0, 60.0),
        assumed(Kernel::Pixels, 40.0, 5.0),
        assumed(Kernel::Glyphs, 60.0, 900.0),
        assumed(Kernel::Copy, 20.0, 1.0),
        derived(Kernel::MultiplyAdd, 30.0, 5.2, ESP_DSP),
    ],
    fixed: FixedCosts {
        // ESP-IDF's own performance test allows 290 cycles to enter and 565 to leave an interrupt: upper limits.
        interrupt: guess(
            600,
            "between esp-idf's idf_performance limits (290 in, 565 out) and a bare handler",
        ),
        poll: guess(300, "seven joined tasks, a call and a compare each"),
        wake: guess(100, "return from WAITI and the executor's check"),
        measure: guess(20, "two RSR.CCOUNT, a subtraction, a store"),
        // A six-byte read takes over 200 us where the wire needs 180 at 400 kHz (esp-idf issue 9644): 20 us is the driver.
        i2c_transaction: guess(3_200, "20 us of 240 MHz beside the wire time (espressif/esp-idf issue 9644)"),
        i2c_chunk: guess(700, "31 FIFO writes or reads over the APB bus"),
        spi_transfer: guess(
            4_300,
            "28 us per interrupt-driven DMA transaction less its wire time and interrupt \
             (espressif/esp-idf spi_master.rst)",
        ),
        gpio: guess(20, "one register write over the APB bus"),
        boot_us: guess(120_000, "second-stage loader and flash init; no source for bare esp-hal yet"),
    },
};
