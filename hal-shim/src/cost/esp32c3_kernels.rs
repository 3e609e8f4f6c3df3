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

pub(super) const KERNELS: Kernels = Kernels {
    build: Some(Build {
        commit: "7544c82cf0",
        compiler: "rustc 1.96.0, LLVM 22.1.8",
        flags: "profile emulated: inherits release, opt-level 3, lto false",
    }),
    rows: [
        row(Kernel::Convert, 35.0, 129.945, 0.25),
        row(Kernel::DcRemoval, 47.0, 282.762, 0.25),
        row(Kernel::Biquad, 222.2, 609.043, 0.25),
        row(Kernel::SquareSum, 537.4, 154.696, 0.25),
        row(Kernel::TimeWeighting, 49.0, 243.406, 0.25),
        row(Kernel::Window, 25.6, 69.631, 0.25),
        row(Kernel::RealFft64, 77128.0, 0.0, 0.25),
        row(Kernel::RealFft128, 183152.0, 0.0, 0.25),
        row(Kernel::RealFft256, 423372.0, 0.0, 0.25),
        row(Kernel::RealFft512, 959146.0, 0.0, 0.25),
        row(Kernel::RealFft1024, 2143596.0, 0.0, 0.25),
        row(Kernel::PowerSpectrum, 91.1, 220.228, 0.25),
        row(Kernel::Search, 34.0, 36.0, 0.25),
        row(Kernel::OctaveBank, 722.0, 8068.168, 0.25),
        row(Kernel::Log, 28.0, 3127.141, 0.25),
        row(Kernel::Tally, 48.0, 468.438, 0.25),
        row(Kernel::Percentile, 980.8, 64.007, 0.25),
        row(Kernel::FifoParse, 123.0, 1753.727, 0.25),
        row(Kernel::Magnitude, 31.0, 577.145, 0.25),
        row(Kernel::Tilt, 33.0, 2943.625, 0.25),
        row(Kernel::Attitude, 34.0, 4143.898, 0.25),
        row(Kernel::Activity, 845.1, 463.103, 0.25),
        row(Kernel::Autocorrelation, 804.8, 151.09, 0.25),
        row(Kernel::MotionDetectors, 64.0, 4312.639, 0.251),
        row(Kernel::Stripes, 15464.0, 0.0, 0.25),
        row(Kernel::Shapes, 229.8, 0.0, 0.25),
        row(Kernel::Pixels, 12.2, 9.0, 0.25),
        row(Kernel::Glyphs, 677.2, 30.124, 0.253),
        row(Kernel::Copy, 40.0, 2.0, 0.25),
        row(Kernel::MultiplyAdd, 59.5, 156.848, 0.25),
        row(Kernel::WindowRead, 176.3, 148.338, 0.25),
        row(Kernel::Statistics, 4938.9, 1345.684, 0.252),
        row(Kernel::Sort, 633.0, 16.806, 0.26),
        row(Kernel::Root, 17.5, 338.654, 0.25),
        row(Kernel::Cosine, 0.0, 1689.727, 0.25),
        row(Kernel::Exponential, 0.0, 1065.025, 0.25),
        row(Kernel::Power, 2763.4, 7999.096, 0.25),
        row(Kernel::Correlation, 2160.9, 837.352, 0.252),
        row(Kernel::RealFft16, 11964.0, 0.0, 0.25),
        row(Kernel::RealFft32, 31372.0, 0.0, 0.25),
        row(Kernel::SpectrumShape, 1485.3, 2797.389, 0.25),
        row(Kernel::MelBands, 747.9, 655.587, 0.25),
        row(Kernel::ColumnStatistics, 1047.5, 901.779, 0.25),
        // To the deepest leaf, of three classes: files do not say which are reached, deadlines hold for all.
        row(Kernel::ForestDecision, 141.7, 20.242, 0.25),
        row(Kernel::ForestRank, 191.6, 36.557, 0.25),
        row(Kernel::Weights, 461.9, 157.5, 0.252),
        row(Kernel::ByteSum, 42.8, 9.997, 0.287),
        // Maxima; means, depthwise sums and few channels cost otherwise, which is in the error bar.
        row(Kernel::ByteChannel, 31.2, 13.097, 0.416),
        row(Kernel::Quantise, 2619.8, 559.293, 0.252),
        row(Kernel::PointDistance, 20.5, 9.947, 0.338),
    ],
};
