//! Cycles of node-core's kernels on the ESP32 (Xtensa LX6). Written by `firmware-esp32/lab/run --update`: edit nothing here.
//!
//! Instructions are those of node-core's own compiled code under QEMU, in the order of execution; cycles are what
//! `nodetwin cycles --core lx6` makes of them, with warm caches.
//!
//! An error bar has three parts, joined as independent ones: the worst size that was left out of the fit, the worst of
//! other data for the same code, and 5 % for the pipeline model:
//! published cycles of assembler kernels are met within 5 % (lab/witness).

use super::{Build, ErrorBar, ErrorKind, Grade, Kernels, Row};
use node_core::meter::Kernel;

const SOURCE: &str = "node-core's own code on QEMU + LX6 pipeline model";

const fn row(kernel: Kernel, per_call: f32, per_unit: f32, relative: f32) -> Row {
    let error = ErrorBar { relative, kind: ErrorKind::Spread };
    Row::new(kernel, (per_call, per_unit), error, Grade::Derived, SOURCE)
}

pub(super) const KERNELS: Kernels = Kernels {
    build: Some(Build {
        commit: "7544c82cf0",
        compiler: "rustc 1.96.0, LLVM 22.1.8",
        flags: "profile emulated: inherits release, opt-level 3, lto false",
    }),
    rows: [
        row(Kernel::Convert, 34.0, 16.0, 0.05),
        row(Kernel::DcRemoval, 34.0, 19.0, 0.05),
        row(Kernel::Biquad, 102.0, 32.667, 0.05),
        row(Kernel::SquareSum, 688.8, 6.58, 0.05),
        row(Kernel::TimeWeighting, 35.0, 22.594, 0.05),
        row(Kernel::Window, 13.0, 15.0, 0.05),
        row(Kernel::RealFft64, 5737.0, 0.0, 0.05),
        row(Kernel::RealFft128, 13265.0, 0.0, 0.05),
        row(Kernel::RealFft256, 30039.0, 0.0, 0.05),
        row(Kernel::RealFft512, 67319.0, 0.0, 0.05),
        row(Kernel::RealFft1024, 150030.0, 0.0, 0.05),
        row(Kernel::PowerSpectrum, 31.0, 22.0, 0.05),
        row(Kernel::Search, 37.0, 21.0, 0.05),
        row(Kernel::OctaveBank, 903.0, 537.961, 0.05),
        row(Kernel::Log, 52.0, 610.266, 0.05),
        row(Kernel::Tally, 46.0, 39.0, 0.05),
        row(Kernel::Percentile, 560.7, 12.051, 0.05),
        row(Kernel::FifoParse, 168.0, 566.123, 0.05),
        row(Kernel::Magnitude, 54.0, 456.123, 0.05),
        row(Kernel::Tilt, 54.0, 1380.0, 0.05),
        row(Kernel::Attitude, 55.0, 1466.65, 0.05),
        row(Kernel::Activity, 802.7, 33.99, 0.05),
        row(Kernel::Autocorrelation, 396.9, 9.866, 0.05),
        row(Kernel::MotionDetectors, 61.0, 705.459, 0.054),
        row(Kernel::Stripes, 19372.0, 0.0, 0.05),
        row(Kernel::Shapes, 318.3, 0.0, 0.05),
        row(Kernel::Pixels, 17.7, 9.0, 0.051),
        row(Kernel::Glyphs, 883.7, 50.354, 0.059),
        row(Kernel::Copy, 93.0, 2.25, 0.05),
        row(Kernel::MultiplyAdd, 35.0, 15.0, 0.05),
        row(Kernel::WindowRead, 197.6, 36.676, 0.05),
        row(Kernel::Statistics, 3631.6, 114.069, 0.054),
        row(Kernel::Sort, 1643.4, 24.784, 0.082),
        row(Kernel::Root, 47.6, 439.145, 0.05),
        row(Kernel::Cosine, 380.0, 100.0, 0.05),
        row(Kernel::Exponential, 0.0, 441.599, 0.052),
        row(Kernel::Power, 105.9, 1169.63, 0.05),
        row(Kernel::Correlation, 1370.4, 49.008, 0.05),
        row(Kernel::RealFft16, 567.0, 0.0, 0.05),
        row(Kernel::RealFft32, 1760.0, 0.0, 0.05),
        row(Kernel::SpectrumShape, 1561.1, 445.412, 0.052),
        row(Kernel::MelBands, 505.4, 32.944, 0.054),
        row(Kernel::ColumnStatistics, 1687.0, 83.351, 0.05),
        // To the deepest leaf, of three classes: files do not say which are reached, deadlines hold for all.
        row(Kernel::ForestDecision, 237.6, 27.255, 0.051),
        row(Kernel::ForestRank, 158.1, 13.888, 0.05),
        row(Kernel::Weights, 302.7, 10.75, 0.05),
        row(Kernel::ByteSum, 98.2, 15.995, 0.1),
        // Maxima; means, depthwise sums and few channels cost otherwise, which is in the error bar.
        row(Kernel::ByteChannel, 33.2, 17.567, 0.291),
        row(Kernel::Quantise, 2829.8, 82.005, 0.144),
        row(Kernel::PointDistance, 29.3, 13.928, 0.165),
    ],
};
