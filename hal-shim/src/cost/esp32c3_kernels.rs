//! Cycles of node-core's kernels on the ESP32-C3 (RV32IMC). Written by `firmware-esp32/lab/run --update`: edit nothing here.
//!
//! Instructions are those of node-core's own compiled code under QEMU, in the order of execution; cycles are what
//! `nodetwin cycles --core esp32c3` makes of them, with warm caches.
//!
//! An error bar has three parts, joined as independent ones: the worst size that was left out of the fit, the worst of
//! other data for the same code, and 25 % for the pipeline model:
//! no cycles of this core are published: its pipeline is taken from a relative.

use super::{Build, ErrorBar, ErrorKind, Grade, Kernels, Row};
use node_core::meter::Kernel;

const SOURCE: &str = "node-core's own code on QEMU + ESP32C3 pipeline model";

const fn row(kernel: Kernel, per_call: f32, per_unit: f32, relative: f32) -> Row {
    let error = ErrorBar { relative, kind: ErrorKind::Spread };
    Row::new(kernel, (per_call, per_unit), error, Grade::Assumed, SOURCE)
}

/// Not counted yet: estimated from rows that do the like.
const fn guess(kernel: Kernel, per_call: f32, per_unit: f32) -> Row {
    let error = ErrorBar { relative: 0.5, kind: ErrorKind::Spread };
    Row::new(kernel, (per_call, per_unit), error, Grade::Assumed, "estimated by hand")
}

pub(super) const KERNELS: Kernels = Kernels {
    build: Some(Build {
        commit: "a1c6602029 and changes",
        compiler: "rustc 1.96.0, LLVM 22.1.8",
        flags: "profile emulated: inherits release, opt-level 3, lto false",
    }),
    rows: [
        row(Kernel::Convert, 36.0, 127.945, 0.25),
        row(Kernel::DcRemoval, 47.0, 282.762, 0.25),
        row(Kernel::Biquad, 222.2, 609.043, 0.25),
        row(Kernel::SquareSum, 539.4, 154.696, 0.25),
        row(Kernel::TimeWeighting, 47.0, 243.406, 0.25),
        row(Kernel::Window, 25.6, 69.631, 0.25),
        row(Kernel::RealFft64, 77122.0, 0.0, 0.25),
        row(Kernel::RealFft128, 183080.0, 0.0, 0.25),
        row(Kernel::RealFft256, 423412.0, 0.0, 0.25),
        row(Kernel::RealFft512, 958973.0, 0.0, 0.25),
        row(Kernel::RealFft1024, 2143376.0, 0.0, 0.25),
        row(Kernel::PowerSpectrum, 92.1, 221.228, 0.25),
        row(Kernel::Search, 33.0, 36.0, 0.25),
        row(Kernel::OctaveBank, 721.0, 8068.176, 0.25),
        row(Kernel::Log, 28.0, 3129.141, 0.25),
        row(Kernel::Tally, 48.0, 470.438, 0.25),
        row(Kernel::Percentile, 866.6, 64.33, 0.251),
        row(Kernel::FifoParse, 124.0, 1740.727, 0.25),
        row(Kernel::Magnitude, 31.0, 577.145, 0.25),
        row(Kernel::Tilt, 34.0, 2941.625, 0.25),
        row(Kernel::Attitude, 34.0, 4145.822, 0.25),
        row(Kernel::Activity, 845.1, 463.103, 0.25),
        row(Kernel::Autocorrelation, 812.9, 150.097, 0.25),
        row(Kernel::MotionDetectors, 63.0, 4311.639, 0.251),
        row(Kernel::Stripes, 16102.0, 0.0, 0.25),
        row(Kernel::Shapes, 228.8, 0.0, 0.25),
        row(Kernel::Pixels, 13.2, 8.0, 0.25),
        row(Kernel::Glyphs, 678.1, 28.965, 0.253),
        row(Kernel::Copy, 40.0, 2.0, 0.25),
        row(Kernel::MultiplyAdd, 59.5, 156.848, 0.25),
        row(Kernel::WindowRead, 175.3, 145.338, 0.25),
        row(Kernel::Statistics, 4937.9, 1346.684, 0.252),
        row(Kernel::Sort, 597.6, 16.703, 0.259),
        row(Kernel::Root, 16.5, 338.654, 0.25),
        row(Kernel::Cosine, 0.0, 1684.241, 0.25),
        row(Kernel::Exponential, 0.0, 1066.01, 0.25),
        row(Kernel::Power, 2762.4, 8002.096, 0.25),
        row(Kernel::Correlation, 2158.9, 837.352, 0.252),
        row(Kernel::RealFft16, 11964.0, 0.0, 0.25),
        row(Kernel::RealFft32, 31372.0, 0.0, 0.25),
        row(Kernel::SpectrumShape, 1485.3, 2797.389, 0.25),
        row(Kernel::MelBands, 23411.6, 564.878, 0.25),
        row(Kernel::ColumnStatistics, 1047.3, 903.779, 0.25),
        row(Kernel::ForestDecision, 539.6, 18.908, 0.25),
        row(Kernel::ForestRank, 0.0, 21.424, 0.471),
        row(Kernel::Weights, 459.9, 158.002, 0.252),
        guess(Kernel::ByteSum, 70.0, 9.0),
        guess(Kernel::ByteChannel, 70.0, 12.0),
        guess(Kernel::Quantise, 60.0, 450.0),
        guess(Kernel::PointDistance, 60.0, 10.0),
    ],
};
