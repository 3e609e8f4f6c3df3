//! "This stage did this much work": how a node's computing is priced.
//!
//! The closure given to [`Meter::measure`] runs natively in both worlds and says what work it did. In the twin the
//! node's clock then moves forward by what that work costs on the target; on the chip the cycle counter is read before
//! and after. The closure sees no board, no clock and no event sink: whatever else it did could not be priced.

use crate::time::{Duration, Instant};
use core::future::{Future, poll_fn};
use core::pin::pin;

/// A step of a pipeline, by name: `Stage("fft")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stage(pub &'static str);

/// The kernels that a cost table prices. The unit of each is what [`Work::add`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kernel {
    /// i16 to f32, per sample
    Convert,
    /// DC removal, per sample
    DcRemoval,
    /// second-order sections, per section and sample
    Biquad,
    /// sum of squares, per sample
    SquareSum,
    /// exponential time weighting, per step (of a sub-block's energy)
    TimeWeighting,
    /// window multiplied in, per sample
    Window,
    /// real FFT, per call, one kernel a size
    RealFft64,
    RealFft128,
    RealFft256,
    RealFft512,
    RealFft1024,
    /// squared magnitude, per bin
    PowerSpectrum,
    /// search for the greatest, per value
    Search,
    /// octave bank, per sample at the full rate
    OctaveBank,
    /// logarithm (a level in dB), per value
    Log,
    /// level counted into a distribution, per entry
    Tally,
    /// percentile of a distribution, a call each, per class
    Percentile,
    /// bytes of a FIFO to scaled samples and their lengths, per record
    FifoParse,
    /// magnitude of a vector, per sample
    Magnitude,
    /// angles from gravity (atan2), per pose
    Tilt,
    /// attitude filter, per sample
    Attitude,
    /// activity of a window, per sample
    Activity,
    /// autocorrelation, a call each lag, per multiply-add
    Autocorrelation,
    /// step, shake, tap, fall and face detectors, per sample
    MotionDetectors,
    /// stripes of the screen cleared before they are drawn, and hashed after
    Stripes,
    /// rectangles and texts begun in a stripe, per shape
    Shapes,
    /// pixels drawn into a stripe, a call each row of a rectangle, per pixel
    Pixels,
    /// characters drawn into a stripe, a call each, per pixel of their cells
    Glyphs,
    /// bytes moved
    Copy,
    /// multiply-adds of someone's own kernel that has no row yet
    MultiplyAdd,
    /// samples of a channel read out of a window, a call each channel, per sample
    WindowRead,
    /// statistics of a signal, per sample
    Statistics,
    /// sorting, per value and binary digit of how many there are
    Sort,
    /// square roots, per value
    Root,
    /// cosines (of windows and tables), per value
    Cosine,
    /// exponentials, per value
    Exponential,
    /// powers, per value
    Power,
    /// two signals' correlation, per sample
    Correlation,
    /// real FFT of sizes that only features have, per call
    RealFft16,
    RealFft32,
    /// centroid, flatness and entropy of a spectrum, per bin
    SpectrumShape,
    /// mel bands of a spectrum, a call each band, per bin that lies in one
    MelBands,
    /// statistics of a column of frames, per frame
    ColumnStatistics,
    /// a forest's decisions, a call each tree, per decision on the way to its deepest leaf
    ForestDecision,
    /// a feature's place among a forest's thresholds, a call each feature, per comparison
    ForestRank,
    /// weights of a model times its features, a call each output, per weight
    Weights,
    /// weighted sums of a network of 8 bits, a call each output (its rounding), per multiply-add over all channels
    ByteSum,
    /// sums, means and maxima of a network of 8 bits in each channel by itself, a call each output, per number
    ByteChannel,
    /// numbers made into codes of 8 bits, a call each question of a network or of nearest points, per number
    Quantise,
    /// distances to a model's points, a call each point, per code
    PointDistance,
}

impl Kernel {
    pub const COUNT: usize = Self::PointDistance as usize + 1;

    pub const ALL: [Self; Self::COUNT] = {
        use Kernel::*;
        [
            Convert,
            DcRemoval,
            Biquad,
            SquareSum,
            TimeWeighting,
            Window,
            RealFft64,
            RealFft128,
            RealFft256,
            RealFft512,
            RealFft1024,
            PowerSpectrum,
            Search,
            OctaveBank,
            Log,
            Tally,
            Percentile,
            FifoParse,
            Magnitude,
            Tilt,
            Attitude,
            Activity,
            Autocorrelation,
            MotionDetectors,
            Stripes,
            Shapes,
            Pixels,
            Glyphs,
            Copy,
            MultiplyAdd,
            WindowRead,
            Statistics,
            Sort,
            Root,
            Cosine,
            Exponential,
            Power,
            Correlation,
            RealFft16,
            RealFft32,
            SpectrumShape,
            MelBands,
            ColumnStatistics,
            ForestDecision,
            ForestRank,
            Weights,
            ByteSum,
            ByteChannel,
            Quantise,
            PointDistance,
        ]
    };

    /// The FFT kernel of a size, or `None` for a size that is not built in.
    pub const fn real_fft(points: usize) -> Option<Self> {
        match points {
            16 => Some(Self::RealFft16),
            32 => Some(Self::RealFft32),
            64 => Some(Self::RealFft64),
            128 => Some(Self::RealFft128),
            256 => Some(Self::RealFft256),
            512 => Some(Self::RealFft512),
            1024 => Some(Self::RealFft1024),
            _ => None,
        }
    }
}

/// What a stage did: calls and units of each kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    calls: [u32; Kernel::COUNT],
    units: [u32; Kernel::COUNT],
}

impl Work {
    pub const NONE: Self = Self { calls: [0; Kernel::COUNT], units: [0; Kernel::COUNT] };

    /// One call of `kernel` over `units`.
    pub fn add(&mut self, kernel: Kernel, units: usize) {
        self.add_calls(kernel, 1, units);
    }
    /// So many calls of `kernel` over `units` altogether.
    pub fn add_calls(&mut self, kernel: Kernel, calls: usize, units: usize) {
        let add = |sum: &mut u32, more: usize| *sum = sum.saturating_add(more as u32);
        add(&mut self.calls[kernel as usize], calls);
        add(&mut self.units[kernel as usize], units);
    }
    /// All of another's.
    pub fn add_all(&mut self, other: &Self) {
        for kernel in Kernel::ALL {
            self.add_calls(kernel, other.calls(kernel) as usize, other.units(kernel) as usize);
        }
    }

    pub fn calls(&self, kernel: Kernel) -> u32 {
        self.calls[kernel as usize]
    }
    pub fn units(&self, kernel: Kernel) -> u32 {
        self.units[kernel as usize]
    }
}

/// One pass of a pipeline over one block: when its input was complete, when work on it began and ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    pub pipeline: Stage,
    pub released: Instant,
    pub started: Instant,
    pub finished: Instant,
    /// From release to finish, at most.
    pub deadline: Duration,
}

impl Window {
    pub fn missed(&self) -> bool {
        self.finished.since(self.released) > self.deadline
    }
}

pub trait Meter: Clone {
    fn measure<R>(&self, stage: Stage, stage_body: impl FnOnce(&mut Work) -> R) -> R;
    fn window(&self, window: Window);
    /// The task that runs from here on (for traces and for the name of one that never yields); returns the one before.
    fn enter(&self, task: Option<&'static str>) -> Option<&'static str>;
}

/// Runs `future` under a name.
pub async fn task<M: Meter, F: Future>(meter: &M, name: &'static str, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let outer = meter.enter(Some(name));
        let polled = future.as_mut().poll(context);
        meter.enter(outer);
        polled
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_is_listed_once_and_in_order() {
        for (index, kernel) in Kernel::ALL.into_iter().enumerate() {
            assert_eq!(kernel as usize, index);
        }
    }

    #[test]
    fn a_window_misses_only_past_its_deadline() {
        let at = Instant::from_micros;
        let window = |finished| Window {
            pipeline: Stage("p"),
            released: at(100),
            started: at(150),
            finished: at(finished),
            deadline: Duration::from_micros(50),
        };
        assert!(!window(150).missed());
        assert!(window(151).missed());
    }
}
