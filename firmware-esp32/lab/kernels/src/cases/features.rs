//! What a plan computes of a window: the numbers of a signal, of a spectrum and of frames, and whole plans.

use super::run;
use crate::inputs::{self, Doing, MOTION, MOTION_RATE_HZ, PER_G, SOUND};
use crate::{Case, Laboratory, Purpose};
use core::array::from_fn;
use node_core::drivers::mpu6886::{FifoContent, Records};
use node_core::dsp::convert::SCALE;
use node_core::dsp::features::fft::real_fft;
use node_core::dsp::features::frames::Framing;
use node_core::dsp::features::plan::{self, Plan, PlanHead};
use node_core::dsp::features::{Floats, Op, Samples, Window, frames, frequency, time};
use node_core::dsp::{mel, window};
use node_core::meter::{Kernel, Work};
use node_core::ml::work::plan_work;

/// Samples of a window: half a second to four at 100 Hz.
const WINDOWS: [usize; 4] = [50, 100, 200, 400];

pub fn all(laboratory: &mut impl Laboratory) {
    let records = inputs::motion(Doing::Walks);
    let mut counts = [0i16; 3 * MOTION];
    let walk = Records::parse(records.as_flattened(), FifoContent::AccelGyro);
    for (counts, record) in counts.chunks_exact_mut(3).zip(walk) {
        counts.copy_from_slice(&record.accel);
    }
    let axis: [f32; MOTION] = from_fn(|n| f32::from(counts[3 * n]) / PER_G);
    let other: [f32; MOTION] = from_fn(|n| f32::from(counts[3 * n + 2]) / PER_G);
    let sound = inputs::sound().map(|sample| f32::from(sample) * SCALE);
    reads(laboratory, &counts, &sound);
    signals(laboratory, &axis, &other, &sound);
    maths(laboratory, &axis);
    small_fft::<16>(laboratory, &sound);
    small_fft::<32>(laboratory, &sound);
    spectra(laboratory, &sound);
    columns(laboratory, &sound);
    plans(laboratory, &counts, &sound);
}

fn reads(laboratory: &mut impl Laboratory, counts: &[i16; 3 * MOTION], sound: &[f32; SOUND]) {
    for size in WINDOWS {
        // As a ring that wraps in the middle.
        let (newer, older) = counts[..3 * size].split_at(3 * (size / 3));
        let Some(window) = Window::new(3, older, newer) else { return };
        let case = Case::new(Kernel::WindowRead, size, 3);
        let call = |out: &mut [f32; MOTION], channel| window.read(channel, 0, &mut out[..size]);
        run(laboratory, case, &mut [0.0; MOTION], call, |out, results| {
            results.floats(out);
        });
    }
    for size in [256, 512] {
        let Some(window) = Window::new(1, &sound[..size], &[]) else { return };
        let case = Case::new(Kernel::WindowRead, size, 1).for_purpose(Purpose::OtherUse("sound"));
        let call = |out: &mut [f32; MOTION], _| window.read(0, 0, &mut out[..size]);
        run(laboratory, case, &mut [0.0; MOTION], call, |out, results| {
            results.floats(out);
        });
    }
}

fn signals(
    laboratory: &mut impl Laboratory,
    axis: &[f32; MOTION],
    other: &[f32; MOTION],
    sound: &[f32; SOUND],
) {
    for (signal, purpose) in [(&axis[..], Purpose::Fit), (&sound[..MOTION], Purpose::OtherData("sound"))] {
        for size in WINDOWS {
            let case = Case::new(Kernel::Statistics, size, 1).for_purpose(purpose);
            let call = |found: &mut time::Statistics, _| {
                *found = time::Statistics::of(&signal[..size], MOTION_RATE_HZ);
            };
            run(laboratory, case, &mut time::Statistics::default(), call, |found, results| {
                results.floats(&found.values());
            });
        }
        for size in WINDOWS {
            let units = size * size.ilog2() as usize;
            let case = Case::new(Kernel::Sort, units, 1).beside(Kernel::Copy, 4 * size).for_purpose(purpose);
            let call = |sorted: &mut [f32; MOTION], _| {
                let sorted = &mut sorted[..size];
                sorted.copy_from_slice(&signal[..size]);
                sorted.sort_unstable_by(f32::total_cmp);
            };
            run(laboratory, case, &mut [0.0; MOTION], call, |sorted, results| {
                results.floats(sorted);
            });
        }
    }
    for size in WINDOWS {
        let case = Case::new(Kernel::Correlation, size, 1);
        let call = |found: &mut f32, _| *found = time::correlation(&axis[..size], &other[..size]);
        run(laboratory, case, &mut 0.0, call, |&found, results| {
            results.float(found);
        });
    }
}

fn maths(laboratory: &mut impl Laboratory, axis: &[f32; MOTION]) {
    for size in [32, 64, 128, 256] {
        let mut each = |kernel, of: fn(f32) -> f32| {
            let case = Case::new(kernel, size, 1);
            let call = |out: &mut [f32; 256], _| {
                for (out, x) in out[..size].iter_mut().zip(axis) {
                    *out = of(*x);
                }
            };
            run(laboratory, case, &mut [0.0; 256], call, |out, results| {
                results.floats(out);
            });
        };
        each(Kernel::Root, |x| libm::sqrtf(x * x + 0.5));
        each(Kernel::Exponential, |x| libm::expf(-8.0 * x * x));
        each(Kernel::Power, |x| libm::powf(0.6 + 0.2 * x, 1.5));
        let case = Case::new(Kernel::Cosine, size, 1);
        let call = |out: &mut [f32; 256], _| window::hann(&mut out[..size]);
        run(laboratory, case, &mut [0.0; 256], call, |out, results| {
            results.floats(out);
        });
    }
}

fn small_fft<const N: usize>(laboratory: &mut impl Laboratory, sound: &[f32; SOUND]) {
    let Some(kernel) = Kernel::real_fft(N) else { return };
    let block: [f32; N] = from_fn(|n| sound[n]);
    // The first is overwritten by the warm run.
    let mut state = ([block; 2], 0);
    let call = |(blocks, at): &mut ([[f32; N]; 2], usize), _| {
        real_fft(&mut blocks[*at % 2]);
        *at += 1;
    };
    run(laboratory, Case::new(kernel, 1, 1), &mut state, call, |(blocks, _), results| {
        results.floats(&blocks[0]);
    });
}

/// A power spectrum as sound has: falling, with lines.
fn power(sound: &[f32; SOUND]) -> [f32; SOUND] {
    from_fn(|n| sound[n] * sound[n] / (1.0 + n as f32) + 1e-9)
}

fn spectra(laboratory: &mut impl Laboratory, sound: &[f32; SOUND]) {
    let power = power(sound);
    for bins in [33, 65, 129, 257] {
        let case = Case::new(Kernel::SpectrumShape, bins, 1);
        let call = |found: &mut frequency::Shape, _| {
            *found = frequency::Shape::of(&power[..bins], 0.5, 0.85);
        };
        run(laboratory, case, &mut frequency::Shape::default(), call, |found, results| {
            results.floats(&found.values());
        });
    }
    for (points, bands, low_hz, high_hz) in [
        (128, 32, 100.0, 7_000.0),
        (256, 32, 100.0, 7_000.0),
        (512, 32, 100.0, 7_000.0),
        (1024, 32, 100.0, 7_000.0),
        (256, 20, 100.0, 3_800.0),
        (512, 20, 100.0, 3_800.0),
        (256, 40, 50.0, 7_800.0),
        (512, 40, 50.0, 7_800.0),
    ] {
        let rate_hz = 16_000.0;
        let framing = Framing { points, bands, low_hz, high_hz, rate_hz, floor_db: -90.0, columns: 0 };
        let mut corners = [0.0; 42];
        let corners = &mut corners[..bands + 2];
        mel::corners(low_hz, high_hz, points, rate_hz, corners);
        let case = Case::of_several(Kernel::MelBands, bands, framing.bins_in_bands(), 1);
        let bins = points / 2 + 1;
        let call = |out: &mut [f32; 40], _| mel::bands(&power[..bins], corners, &mut out[..bands]);
        run(laboratory, case, &mut [0.0; 40], call, |out, results| {
            results.floats(out);
        });
    }
}

fn columns(laboratory: &mut impl Laboratory, sound: &[f32; SOUND]) {
    const WIDTH: usize = 8;
    for frames in [16, 32, 64, 128] {
        let case = Case::new(Kernel::ColumnStatistics, frames, WIDTH);
        let call = |found: &mut [f32; 9], column| {
            *found = frames::statistics(&sound[..frames * WIDTH], WIDTH, column, false, &mut []);
        };
        run(laboratory, case, &mut [0.0; 9], call, |found, results| {
            results.floats(found);
        });
    }
}

/// Whole plans, priced by the rows of what they consist of.
fn plans(laboratory: &mut impl Laboratory, counts: &[i16; 3 * MOTION], sound: &[f32; SOUND]) {
    let mut edges = [0; 4 * 8];
    let hz = [0.3f32, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0];
    for (bytes, hz) in edges.as_chunks_mut::<4>().0.iter_mut().zip(hz) {
        *bytes = hz.to_le_bytes();
    }
    let Some(edges_hz) = Floats::new(&edges) else { return };
    let spectrum = Op::Spectrum { points: 128, hop: 64 };
    let motion = [
        Op::Channel { channel: 0 },
        Op::Statistics { mask: 0x7ff },
        Op::Quantiles { percent: &[25, 50, 75] },
        Op::Centre {},
        spectrum,
        Op::Bands { scale: 1, edges_hz },
        Op::Shape { mask: 0x1f, rolloff: 0.85 },
        Op::Peaks { count: 2 },
        Op::Length { first: 0, count: 3 },
        Op::Statistics { mask: 0x7ff },
        Op::Periodicity { low_hz: 0.4, high_hz: 8.0 },
        Op::Vertical { first: 0 },
        Op::Statistics { mask: 0x7ff },
        Op::Correlation { a: 0, b: 1 },
    ];
    for size in [100, 200, 400] {
        let Some(window) = Window::new(3, &counts[..3 * size], &[]) else { return };
        let head = PlanHead { channels: 3, window: size, hop: 25, rate_hz: MOTION_RATE_HZ };
        whole(laboratory, &head, &motion, &window, "plan-of-motion");
    }
    let frames = |points, hop| Op::Frames {
        channel: 0,
        points,
        hop,
        bands: 20,
        low_hz: 100.0,
        high_hz: 3_800.0,
        floor_db: -90.0,
        columns: 0,
    };
    let word = [
        frames(256, 128),
        Op::Active { below_db: 25.0 },
        Op::Level { kind: 2, range_db: 50.0 },
        Op::Cepstrum { coefficients: 13 },
        Op::FrameParts { parts: 7 },
        Op::FrameStatistics { mask: 2 },
    ];
    let Some(window) = Window::new(1, &sound[..], &[]) else { return };
    let head = PlanHead { channels: 1, window: SOUND, hop: 128, rate_hz: 16_000.0 };
    whole(laboratory, &head, &word, &window, "plan-of-a-word");
}

fn whole(
    laboratory: &mut impl Laboratory,
    head: &PlanHead,
    ops: &[Op<'_>],
    window: &dyn Samples,
    what: &'static str,
) {
    let mut bytes = [0; 512];
    let length = plan::write(head, ops, &mut bytes).unwrap_or(0);
    let Ok(plan) = Plan::parse(&bytes[..length]) else { return };
    let mut work = Work::NONE;
    plan_work(&plan, &mut work);
    let purpose = Purpose::OtherUse(what);
    let case = Case { kernel: Kernel::WindowRead, units: head.window, calls: 1, work, purpose };
    let mut state = ([0.0; 4096], [0.0; 512]);
    let call = |(scratch, out): &mut ([f32; 4096], [f32; 512]), _| {
        let _ = plan.extract(scratch, window, out);
    };
    run(laboratory, case, &mut state, call, |(_, out), results| {
        results.floats(out);
    });
}
