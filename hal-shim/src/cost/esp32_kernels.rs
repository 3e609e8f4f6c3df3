//! Cycles of node-core's kernels on the ESP32 (Xtensa LX6, single-precision FPU). A first table, from no compiled code:
//! predictions are within a factor of two, no better.
//!
//! Anchors: esp-dsp's published ESP32 cycles (asm and ANSI C, -O2) and the latencies of the LX6 pipeline
//! (FP add/mul 4 cycles dependent, 1 independent; load 2; float division 169 in software).

use super::{ErrorBar, ErrorKind, Grade, Kernels, Row};
use node_core::meter::Kernel;

const ESP_DSP: &str = "espressif/esp-dsp@3c8ac0f docs/esp_bm_results.csv";
const PIPELINE: &str = "instruction count by hand over LX6 latencies (gcc xtensa.md); not compiled, not run";
const FACTOR_OF_TWO: ErrorBar = ErrorBar { relative: 1.0, kind: ErrorKind::Spread };

const fn assumed(kernel: Kernel, per_call: f32, per_unit: f32) -> Row {
    Row::new(kernel, (per_call, per_unit), FACTOR_OF_TWO, Grade::Assumed, PIPELINE)
}
const fn derived(kernel: Kernel, per_call: f32, per_unit: f32) -> Row {
    Row::new(kernel, (per_call, per_unit), FACTOR_OF_TWO, Grade::Derived, ESP_DSP)
}

pub(super) const KERNELS: Kernels = Kernels {
    build: None,
    rows: [
        assumed(Kernel::Convert, 20.0, 6.0),
        assumed(Kernel::DcRemoval, 20.0, 12.0),
        // esp-dsp's asm biquad takes 17.03 cycles a sample; compiled code without madd.s and hardware loops more.
        assumed(Kernel::Biquad, 30.0, 28.0),
        assumed(Kernel::SquareSum, 20.0, 6.0),
        assumed(Kernel::TimeWeighting, 30.0, 12.0),
        assumed(Kernel::Window, 20.0, 7.0),
        // esp-dsp ANSI C complex FFT of half the points, plus the split of a real transform (8 cycles a point).
        derived(Kernel::RealFft64, 3_900.0, 0.0),
        derived(Kernel::RealFft128, 8_100.0, 0.0),
        derived(Kernel::RealFft256, 18_100.0, 0.0),
        derived(Kernel::RealFft512, 40_200.0, 0.0),
        derived(Kernel::RealFft1024, 88_200.0, 0.0),
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
        derived(Kernel::Autocorrelation, 30.0, 5.2),
        assumed(Kernel::MotionDetectors, 20.0, 60.0),
        assumed(Kernel::Pixels, 40.0, 5.0),
        assumed(Kernel::Glyphs, 60.0, 900.0),
        assumed(Kernel::Copy, 20.0, 1.0),
        derived(Kernel::MultiplyAdd, 30.0, 5.2),
    ],
};
