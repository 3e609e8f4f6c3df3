//! What the sound app does with each block, second and minute. Sizes are those that a block may have.

use super::run;
use crate::inputs::{self, SOUND};
use crate::{Case, Laboratory, Purpose};
use core::array::from_fn;
use node_core::app::sound::record::{CLASSES, centi};
use node_core::dsp::convert::to_f32;
use node_core::dsp::dc::DcBlocker;
use node_core::dsp::level::{Percentiles, SUBBLOCK, SoundLevel, TimeWeighting, dbfs};
use node_core::dsp::octaves::OctaveBank;
use node_core::dsp::weighting::{Weighting, WeightingFilter};
use node_core::event::OCTAVES;
use node_core::meter::Kernel;

const RATE_HZ: f32 = 16_000.0;
const BLOCKS: [usize; 5] = [64, 128, 256, 512, 1024];

pub fn all(laboratory: &mut impl Laboratory) {
    let raw = inputs::sound();
    let mut plain = [0.0; SOUND];
    for size in BLOCKS {
        let case = Case::new(Kernel::Convert, size, SOUND / size);
        let call =
            |plain: &mut [f32; SOUND], index| to_f32(part(&raw, size, index), part_mut(plain, size, index));
        run(laboratory, case, &mut plain, call, |plain, results| {
            results.floats(plain);
        });
    }
    for size in BLOCKS {
        let case = Case::new(Kernel::DcRemoval, size, SOUND / size);
        let mut dc = DcBlocker::new(5.0, RATE_HZ);
        dc.settle_at(plain[0]);
        let call =
            |(dc, block): &mut (DcBlocker, [f32; SOUND]), index| dc.process(part_mut(block, size, index));
        run(laboratory, case, &mut (dc, plain), call, |(_, block), results| {
            results.floats(block);
        });
    }
    weightings(laboratory, &plain);
    levels(laboratory, &plain);
    octaves(laboratory, &plain);
    logarithms(laboratory);
    tallies(laboratory);
    percentiles::<125>(laboratory);
    percentiles::<250>(laboratory);
    percentiles::<500>(laboratory);
    percentiles::<1000>(laboratory);
}

/// Part `index` of `samples`, round and round.
fn part<T>(samples: &[T], size: usize, index: usize) -> &[T] {
    let start = index * size % samples.len();
    &samples[start..start + size]
}
fn part_mut<T>(samples: &mut [T], size: usize, index: usize) -> &mut [T] {
    let start = index * size % samples.len();
    &mut samples[start..start + size]
}

fn weightings(laboratory: &mut impl Laboratory, plain: &[f32; SOUND]) {
    for (weighting, purpose) in
        [(Weighting::A, Purpose::Fit), (Weighting::C, Purpose::OtherUse("weighting-c"))]
    {
        for size in BLOCKS {
            let case =
                Case::new(Kernel::Biquad, size * weighting.sections(), SOUND / size).for_purpose(purpose);
            let mut state = (WeightingFilter::new(weighting, RATE_HZ), *plain);
            let call = |(filter, block): &mut (WeightingFilter, [f32; SOUND]), index| {
                filter.process(part_mut(block, size, index));
            };
            run(laboratory, case, &mut state, call, |(_, block), results| {
                results.floats(block);
            });
        }
    }
}

fn levels(laboratory: &mut impl Laboratory, plain: &[f32; SOUND]) {
    let sums: [f32; 64] = from_fn(|n| plain[n] * plain[n] * SUBBLOCK as f32);
    for size in [8, 16, 32, 64] {
        let case = Case::new(Kernel::TimeWeighting, size, sums.len() / size);
        let call = |weighting: &mut TimeWeighting, index| {
            for &sum in part(&sums, size, index) {
                weighting.step(sum);
            }
        };
        run(laboratory, case, &mut TimeWeighting::fast(RATE_HZ), call, |weighting, results| {
            results.float(weighting.mean_square()).float(weighting.max_mean_square());
        });
    }
    for size in BLOCKS {
        // One pass does both.
        let case = Case::new(Kernel::SquareSum, size, SOUND / size)
            .beside(Kernel::TimeWeighting, 2 * size.div_ceil(SUBBLOCK));
        let mut state = (SoundLevel::new(RATE_HZ), 0.0);
        let call =
            |(level, mean): &mut (SoundLevel, f32), index| *mean = level.process(part(plain, size, index));
        run(laboratory, case, &mut state, call, |(level, mean), results| {
            results.float(*mean).float(level.fast.mean_square()).float(level.slow.mean_square());
            results.float(level.leq.mean_square());
        });
    }
}

fn octaves(laboratory: &mut impl Laboratory, plain: &[f32; SOUND]) {
    for size in BLOCKS {
        let mut case = Case::new(Kernel::OctaveBank, size, SOUND / size);
        if size < 128 {
            // Smaller than what the bank takes at once.
            case = case.for_purpose(Purpose::OtherUse("small-blocks"));
        }
        let call = |bank: &mut OctaveBank<OCTAVES>, index| bank.process(part(plain, size, index));
        run(laboratory, case, &mut OctaveBank::new(RATE_HZ), call, |bank, results| {
            results.floats(&bank.clone().take());
        });
    }
}

/// A level in dB from a mean square, as a number that can be told.
fn logarithms(laboratory: &mut impl Laboratory) {
    const VALUES: usize = 64;
    // From a quiet room to a shout, -100 to -20 dBFS.
    let squares: [f32; VALUES] =
        from_fn(|n| libm::exp10f(-10.0 + 8.0 * ((n * 37) % VALUES) as f32 / VALUES as f32));
    for size in [2, 8, 16, 32, 64] {
        let case = Case::new(Kernel::Log, size, VALUES / size);
        let call = |levels: &mut [i16; VALUES], index| {
            for (level, &square) in part_mut(levels, size, index).iter_mut().zip(part(&squares, size, index))
            {
                *level = level_of(square);
            }
        };
        run(laboratory, case, &mut [0; VALUES], call, |levels, results| {
            levels.iter().for_each(|&level| {
                results.number(level.into());
            });
        });
    }
}

#[inline(never)]
fn level_of(mean_square: f32) -> i16 {
    centi(dbfs(mean_square) + 116.0)
}

/// A minute's end: three percentiles of one distribution, which is then emptied. Levels spread over the same share of any number of
/// classes, about the middle, as those of a minute do.
fn percentiles<const OF: usize>(laboratory: &mut impl Laboratory) {
    let mut filled = Percentiles::<OF>::new(20.0, 100.0 / OF as f32);
    for n in 0..400u32 {
        filled.add(35.0 + 20.0 * ((n * 271 % 400) as f32 / 400.0));
    }
    let case = Case::of_several(Kernel::Percentile, 3, 3 * OF, 1);
    // The first is emptied by the warm run.
    let mut state = ([filled.clone(), filled.clone()], 0, [0.0; 3]);
    let call = |(minutes, at, told): &mut ([Percentiles<OF>; 2], usize, [f32; 3]), _| {
        let minute = &mut minutes[*at % 2];
        *told = [10.0, 50.0, 90.0].map(|percent| minute.exceeded(percent).unwrap_or(0.0));
        minute.reset();
        *at += 1;
    };
    run(laboratory, case, &mut state, call, |(.., told), results| {
        results.floats(told);
    });
}

/// Each block's level.
fn tallies(laboratory: &mut impl Laboratory) {
    for size in [1, 4, 16, 64] {
        let case = Case::new(Kernel::Tally, size, 64 / size);
        let call = |levels: &mut Percentiles<CLASSES>, index: usize| {
            for n in index * size..(index + 1) * size {
                levels.add(35.0 + n as f32 * 0.3);
            }
        };
        run(laboratory, case, &mut Percentiles::new(20.0, 0.2), call, |levels, results| {
            results.number(levels.count() as i32).float(levels.exceeded(50.0).unwrap_or(0.0));
        });
    }
}
