//! What a plan's features and a model's answer cost, as [`Work`]: the kernels that a cost table prices.
//!
//! Counted once, when a model is put to work, and charged with each window. It is what is computed of a usual window: a
//! quick path (silence, a constant signal) takes less. Trees are charged to their deepest leaf: a file does not say how
//! often a leaf is reached, and whoever has a deadline has to reach the deepest one in time. Of a tree most of the cost is
//! the call, so what is charged too much is a small part (the lab's case `ForestDecision (short ways)`).

use super::forest::Forest;
use super::linear::Answer;
use super::normal::Form;
use super::ntm::{Kind, Model};
use crate::dsp::decimate;
use crate::dsp::features::frames::Framing;
use crate::dsp::features::layout::{Layout, Line, Need, blocks};
use crate::dsp::features::op::Op;
use crate::dsp::features::plan::{Plan, Streaming};
use crate::dsp::mfcc;
use crate::meter::{Kernel, Work};

/// Of [`Plan::extract`], a window.
pub fn plan_work(plan: &Plan<'_>, work: &mut Work) {
    let mut layout = layout_of(plan);
    for op in plan.ops() {
        let before = layout;
        if let Ok(need) = layout.after(&op) {
            op_work(&op, &before, &layout, &need, work);
        }
    }
}

/// Of a window that [`Learner`](super::normal::site::Learner) takes or judges.
pub fn learner_work(features: usize, work: &mut Work) {
    passes(1, features, work);
    work.add_calls(Kernel::Weights, features, Form::Full.numbers(features));
    work.add(Kernel::Root, 1);
}

/// Of the one window after which it makes a factor of what it has summed up.
pub fn factor_work(features: usize, work: &mut Work) {
    work.add_calls(Kernel::Weights, features * features, features * features * features / 3);
    work.add(Kernel::Root, features);
}

/// Of a stream's frame, once for each of the plan's frame hops; the window's own work is [`rows_work`].
pub fn frame_work(streaming: &Streaming, work: &mut Work) {
    row_work(&streaming.framing, work);
    // Out of the ring, and once more when it came in.
    work.add_calls(Kernel::Copy, 2, 4 * (streaming.hop + streaming.framing.points));
}

/// Of [`Plan::extract_rows`], a window.
pub fn rows_work(plan: &Plan<'_>, work: &mut Work) {
    let mut layout = layout_of(plan);
    for (index, op) in plan.ops().enumerate() {
        let before = layout;
        let Ok(need) = layout.after(&op) else { return };
        if index > 0 {
            op_work(&op, &before, &layout, &need, work);
        } else {
            work.add(Kernel::Copy, 4 * need.matrix);
        }
    }
}

/// What a stream computes before its first frame.
pub fn framer_work(framing: &Framing, work: &mut Work) {
    work.add(Kernel::Cosine, framing.points);
    work.add(Kernel::Power, framing.bands + 2);
}

fn layout_of(plan: &Plan<'_>) -> Layout {
    let head = plan.head();
    Layout::new(head.channels, Line { samples: head.window, rate_hz: head.rate_hz })
}

impl Model<'_> {
    /// Of an answer, once its features are there.
    pub fn work(&self, work: &mut Work) {
        match &self.kind {
            Kind::Forest(forest) => forest_work(forest, work),
            Kind::Boosted(boosted) => {
                forest_work(boosted.trees(), work);
                if boosted.answer() == Answer::Shares {
                    work.add(Kernel::Exponential, boosted.outputs());
                }
            }
            Kind::Linear(linear) => {
                let outputs = linear.outputs();
                work.add_calls(Kernel::Weights, outputs, outputs * linear.features());
                if linear.answer() == Answer::Shares {
                    work.add(Kernel::Exponential, outputs);
                }
            }
            Kind::Network(network) => network.work().tell(work),
            Kind::Normal(normal) => {
                let (features, parts, states) = (normal.features(), normal.parts(), normal.states());
                passes(parts, features, work);
                match normal.form() {
                    Form::Full => {
                        let weights = Form::Full.numbers(features);
                        work.add_calls(Kernel::Weights, parts * features, parts * weights);
                    }
                    Form::Diagonal => work.add_calls(Kernel::Weights, parts, parts * features),
                }
                work.add(Kernel::Exponential, parts - states);
                work.add(Kernel::Root, states);
            }
            Kind::Nearest(nearest) => {
                let (points, width) = (nearest.points(), nearest.scale().width());
                work.add(Kernel::Quantise, nearest.features());
                work.add_calls(Kernel::PointDistance, points, points * width);
                // Or a division, which takes as long.
                work.add(Kernel::Root, nearest.neighbours());
            }
        }
    }
}

fn forest_work(forest: &Forest<'_>, work: &mut Work) {
    let trees = forest.trees();
    work.add_calls(Kernel::ForestDecision, trees, trees * forest.depth());
    let each = (forest.thresholds() / forest.features().max(1) + 1).ilog2() as usize + 1;
    work.add_calls(Kernel::ForestRank, forest.features(), forest.features() * each);
}

/// Of a frame: see [`crate::dsp::features::frames::Framer::row`].
fn row_work(framing: &Framing, work: &mut Work) {
    let Framing { points, bands, columns, .. } = *framing;
    let bins = points / 2 + 1;
    work.add(Kernel::WindowRead, points);
    work.add(Kernel::Window, points);
    fft_work(points, work);
    work.add_calls(Kernel::MelBands, bands, framing.bins_in_bands());
    work.add(Kernel::Log, bands);
    if columns != 0 {
        work.add(Kernel::SpectrumShape, bins);
        work.add_calls(Kernel::MultiplyAdd, 3, 3 * bins); // flux
        work.add(Kernel::Copy, 4 * bins);
        work.add(Kernel::Log, 1);
    }
}

fn fft_work(points: usize, work: &mut Work) {
    if let Some(fft) = Kernel::real_fft(points) {
        work.add(fft, 1);
    }
    work.add(Kernel::PowerSpectrum, points / 2 + 1);
}

/// `passes` over `values` with a few steps each.
fn passes(passes: usize, values: usize, work: &mut Work) {
    work.add_calls(Kernel::MultiplyAdd, passes, passes * values);
}

fn digits(count: usize) -> usize {
    count.max(2).ilog2() as usize
}

/// What happens from the layout `before` an operation to the one `after` it.
fn op_work(op: &Op<'_>, before: &Layout, after: &Layout, need: &Need, work: &mut Work) {
    let window = before.window.samples;
    let Line { samples, rate_hz } = before.signal.unwrap_or(Line { samples: 0, rate_hz: 1.0 });
    let bins = after.spectrum.map_or(0, |bins| bins.len());
    let (frames, width, bands) = after.matrix.map_or((0, 0, 0), |m| (m.frames, m.width, m.bands));
    let read = |channels: usize, work: &mut Work| {
        work.add_calls(Kernel::WindowRead, channels, channels * window);
    };
    match *op {
        Op::Channel { .. } => read(1, work),
        Op::Length { count, .. } | Op::Change { count, .. } => {
            read(count.into(), work);
            passes(usize::from(count) + 1, window, work);
            work.add(Kernel::Root, window);
        }
        Op::Vertical { .. } | Op::Horizontal { .. } => {
            read(3, work);
            passes(6, window, work);
            if let Op::Horizontal { .. } = op {
                passes(3, window, work);
                work.add(Kernel::Root, window);
            }
        }
        Op::Means { count, .. } => {
            read(count.into(), work);
            passes(count.into(), window, work);
        }
        Op::Course { count, .. } => {
            passes(1, frames * usize::from(count), work);
            passes(1, frames, work);
        }

        Op::Centre {} => passes(2, samples, work),
        Op::Standardise {} => passes(3, samples, work),
        Op::Slope {} | Op::Rectify {} | Op::Replace { .. } => passes(1, samples, work),
        Op::Filter { .. } => {
            work.add(Kernel::Cosine, 2);
            work.add(Kernel::Biquad, samples);
            passes(2, samples, work);
        }
        // One value leaves a sorted list, one enters it.
        Op::Median { width } => work.add_calls(Kernel::Search, 2 * samples, 2 * samples * usize::from(width)),
        Op::Decimate { factor } => {
            let taps = decimate::taps(factor.into());
            work.add(Kernel::Cosine, 3 * taps);
            work.add(Kernel::Copy, 4 * samples);
            let kept = after.signal.map_or(0, |line| line.samples);
            passes(kept, taps, work);
        }
        Op::Average { factor } => passes(samples / usize::from(factor).max(1), factor.into(), work),
        Op::Derivative { side } | Op::Smooth { side } => {
            work.add(Kernel::Copy, 4 * samples);
            passes(samples, 2 * usize::from(side) + 1, work);
        }
        Op::Logarithm { .. } => work.add(Kernel::Log, samples),
        Op::Power { .. } => work.add(Kernel::Power, samples),
        Op::Part { count, .. } => work.add(Kernel::Copy, 4 * usize::from(count)),

        Op::Statistics { .. } => work.add(Kernel::Statistics, samples),
        Op::Quantiles { .. } => {
            work.add(Kernel::Copy, 4 * samples);
            work.add(Kernel::Sort, samples * digits(samples));
        }
        Op::Values {} | Op::Differences {} => passes(1, need.outputs, work),
        Op::Parts { .. } => passes(1, samples, work),
        Op::Periodicity { low_hz, high_hz } => {
            passes(3, samples, work);
            let first = ((rate_hz / high_hz) as usize).max(1);
            let last = ((rate_hz / low_hz) as usize).min(samples.saturating_sub(2));
            if first <= last {
                let lags = last - first + 3;
                passes(lags, samples.saturating_sub((first + last) / 2), work);
            }
        }
        Op::Correlation { .. } => {
            read(2, work);
            work.add(Kernel::Correlation, window);
        }

        Op::Spectrum { points, hop } => {
            let points = usize::from(points);
            let (length, blocks) = (points.min(samples), blocks(samples, points, hop.into()));
            work.add(Kernel::Cosine, length);
            work.add(Kernel::Window, length);
            for _ in 0..blocks {
                work.add(Kernel::Window, length);
                fft_work(points, work);
                work.add_calls(Kernel::Copy, 2, 4 * (points + bins));
            }
            passes(blocks + 1, bins, work);
            passes(3 * blocks.saturating_sub(1), bins, work); // flux
        }
        Op::Bands { scale, .. } => {
            passes(2, bins, work);
            if scale == 1 {
                work.add(Kernel::Log, need.outputs);
            }
        }
        Op::Shape { .. } => work.add(Kernel::SpectrumShape, bins),
        Op::Peaks { count } => {
            work.add(Kernel::Search, bins);
            passes(1, bins + 8 * usize::from(count), work);
        }
        Op::Bins { count, .. } => work.add(Kernel::Root, count.into()),

        Op::Frames { points, bands, low_hz, high_hz, floor_db, columns, .. } => {
            let (points, bands) = (usize::from(points), usize::from(bands));
            let rate_hz = before.window.rate_hz;
            let framing = Framing { points, bands, low_hz, high_hz, floor_db, columns, rate_hz };
            framer_work(&framing, work);
            for _ in 0..frames {
                row_work(&framing, work);
            }
        }
        Op::Level { range_db, .. } => {
            passes(2, frames * bands, work);
            if range_db > 0.0 {
                passes(2, frames * bands, work);
            }
        }
        // From both ends to the first frame that is loud enough, and once for the loudest.
        Op::Active { .. } => passes(frames + frames / 2, bands, work),
        Op::Cepstrum { coefficients } => {
            let levels = before.matrix.map_or(0, |m| m.bands);
            work.add(Kernel::Cosine, mfcc::table_len(levels));
            work.add_calls(Kernel::Copy, 2 * frames, 4 * frames * width);
            passes(frames * usize::from(coefficients), levels, work);
        }
        Op::FrameStatistics { mask } => {
            work.add_calls(Kernel::ColumnStatistics, width, width * frames);
            if mask >> 6 != 0 {
                work.add_calls(Kernel::Sort, width, width * frames * digits(frames));
            }
        }
        Op::FrameParts { parts } => {
            passes(width * usize::from(parts), frames.div_ceil(usize::from(parts).max(1)), work);
        }
        Op::Duration {} => {}
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::dsp::features::{PlanHead, plan};
    use std::vec;

    fn priced(head: PlanHead, ops: &[Op<'_>], of: impl Fn(&Plan<'_>, &mut Work)) -> Work {
        let mut room = vec![0; 1024];
        let length = plan::write(&head, ops, &mut room).unwrap();
        let mut work = Work::NONE;
        of(&Plan::parse(&room[..length]).unwrap(), &mut work);
        work
    }

    #[test]
    fn a_window_is_charged_for_what_is_computed_of_it() {
        let head = PlanHead { channels: 3, window: 200, hop: 50, rate_hz: 100.0 };
        let ops = [
            Op::Length { first: 0, count: 3 },
            Op::Statistics { mask: 3 },
            Op::Centre {},
            Op::Spectrum { points: 64, hop: 32 },
            Op::Shape { mask: 1, rolloff: 0.85 },
        ];
        let work = priced(head, &ops, plan_work);
        assert_eq!((work.calls(Kernel::WindowRead), work.units(Kernel::WindowRead)), (3, 600));
        assert_eq!(work.units(Kernel::Root), 200);
        assert_eq!(work.units(Kernel::Statistics), 200);
        // 200 samples hold five blocks of 64, 32 apart.
        assert_eq!(work.calls(Kernel::RealFft64), 5);
        assert_eq!((work.units(Kernel::PowerSpectrum), work.units(Kernel::SpectrumShape)), (5 * 33, 33));
    }

    #[test]
    fn a_stream_does_frame_by_frame_what_a_window_does_at_once() {
        let head = PlanHead { channels: 1, window: 8_000, hop: 1_600, rate_hz: 16_000.0 };
        let frames = Op::Frames {
            channel: 0,
            points: 256,
            hop: 160,
            bands: 20,
            low_hz: 100.0,
            high_hz: 3_800.0,
            floor_db: -90.0,
            columns: 0,
        };
        let ops = [frames, Op::Cepstrum { coefficients: 13 }, Op::FrameStatistics { mask: 2 }];
        let whole = priced(head, &ops, plan_work);
        let streamed = priced(head, &ops, |plan, work| {
            let streaming = plan.streaming().unwrap();
            framer_work(&streaming.framing, work);
            (0..streaming.frames).for_each(|_| frame_work(&streaming, work));
            rows_work(plan, work);
        });
        for kernel in Kernel::ALL.into_iter().filter(|kernel| *kernel != Kernel::Copy) {
            assert_eq!(whole.calls(kernel), streamed.calls(kernel), "{kernel:?}");
            assert_eq!(whole.units(kernel), streamed.units(kernel), "{kernel:?}");
        }
    }
}
