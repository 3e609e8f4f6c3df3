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

/// Not counted yet: estimated from the rows above that do the like.
const fn guess(kernel: Kernel, per_call: f32, per_unit: f32) -> Row {
    let error = ErrorBar { relative: 0.5, kind: ErrorKind::Spread };
    Row::new(kernel, (per_call, per_unit), error, Grade::Assumed, "estimated by hand")
}

pub(super) const KERNELS: Kernels = Kernels {
    build: Some(Build {
        commit: "e07b276a44",
        compiler: "rustc 1.96.0, LLVM 22.1.8",
        flags: "profile emulated: inherits release, opt-level 3, lto false",
    }),
    rows: [
        row(Kernel::Convert, 35.0, 130.94, 0.25),
        row(Kernel::DcRemoval, 48.0, 279.066, 0.25),
        row(Kernel::Biquad, 219.6, 605.036, 0.25),
        row(Kernel::SquareSum, 522.1, 154.846, 0.25),
        row(Kernel::TimeWeighting, 47.0, 243.984, 0.25),
        row(Kernel::Window, 2.9, 70.145, 0.25),
        row(Kernel::RealFft64, 76350.0, 0.0, 0.25),
        row(Kernel::RealFft128, 181630.0, 0.0, 0.25),
        row(Kernel::RealFft256, 420397.0, 0.0, 0.25),
        row(Kernel::RealFft512, 952505.0, 0.0, 0.25),
        row(Kernel::RealFft1024, 2129498.0, 0.0, 0.25),
        row(Kernel::PowerSpectrum, 93.8, 221.216, 0.25),
        row(Kernel::Search, 34.0, 36.0, 0.25),
        row(Kernel::OctaveBank, 721.0, 7997.976, 0.25),
        row(Kernel::Log, 28.0, 3121.719, 0.25),
        row(Kernel::Tally, 48.0, 470.188, 0.25),
        row(Kernel::Percentile, 898.3, 60.657, 0.251),
        row(Kernel::FifoParse, 124.0, 1748.342, 0.25),
        row(Kernel::Magnitude, 31.0, 580.057, 0.25),
        row(Kernel::Tilt, 34.0, 2951.125, 0.25),
        row(Kernel::Attitude, 34.0, 4154.285, 0.25),
        row(Kernel::Activity, 821.8, 460.873, 0.25),
        row(Kernel::Autocorrelation, 747.6, 150.719, 0.25),
        row(Kernel::MotionDetectors, 63.0, 4317.125, 0.251),
        row(Kernel::Stripes, 15463.0, 0.0, 0.25),
        row(Kernel::Shapes, 227.8, 0.0, 0.25),
        row(Kernel::Pixels, 13.2, 8.0, 0.25),
        row(Kernel::Glyphs, 642.6, 29.101, 0.251),
        row(Kernel::Copy, 40.0, 2.0, 0.25),
        row(Kernel::MultiplyAdd, 54.3, 156.716, 0.25),
        row(Kernel::WindowRead, 176.3, 148.338, 0.25),
        row(Kernel::Statistics, 4937.9, 1346.684, 0.252),
        row(Kernel::Sort, 633.0, 16.806, 0.26),
        row(Kernel::Root, 17.5, 338.654, 0.25),
        row(Kernel::Cosine, 0.0, 2114.297, 0.25),
        row(Kernel::Exponential, 0.0, 1065.962, 0.25),
        row(Kernel::Power, 2749.0, 7999.704, 0.25),
        row(Kernel::Correlation, 2160.9, 837.352, 0.252),
        row(Kernel::RealFft16, 11960.0, 0.0, 0.25),
        row(Kernel::RealFft32, 31364.0, 0.0, 0.25),
        row(Kernel::SpectrumShape, 1490.3, 2797.39, 0.25),
        row(Kernel::MelBands, 23313.6, 564.878, 0.25),
        row(Kernel::ColumnStatistics, 1047.5, 901.779, 0.25),
        row(Kernel::ForestDecision, 540.0, 18.908, 0.25),
        row(Kernel::ForestRank, 0.0, 21.797, 0.456),
        row(Kernel::Weights, 458.4, 158.002, 0.252),
        guess(Kernel::ByteSum, 70.0, 9.0),
        guess(Kernel::ByteChannel, 70.0, 12.0),
        guess(Kernel::Quantise, 60.0, 450.0),
        guess(Kernel::PointDistance, 60.0, 10.0),
    ],
};
