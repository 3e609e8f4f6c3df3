//! What each kernel of `dsp` costs on this machine. Items are samples, so divan's "items/s" are samples a second.
//!
//! `cargo bench -p node-core --bench dsp`

use divan::{Bencher, black_box, counter::ItemsCount};
use node_core::dsp::{
    activity::{self, Activity},
    biquad::{Cascade, Coefficients},
    convert,
    dc::DcBlocker,
    fall::{FallConfig, FallDetector},
    level::{self, Percentiles, SoundLevel},
    octaves::OctaveBank,
    shake::{ShakeConfig, ShakeDetector},
    spectrum::Spectrum,
    steps::{StepConfig, StepDetector},
    tap::{TapConfig, TapDetector},
    tilt::{Attitude, AttitudeConfig, Orientation, OrientationConfig},
    weighting::{Weighting, WeightingFilter},
    window,
};

fn main() {
    divan::main();
}

const RATE_HZ: f32 = 16_000.0;
/// 32 ms at 16 kHz, what the sound app takes at once.
const BLOCK: usize = 512;
/// 10 s of motion at 100 Hz.
const MOTION: usize = 1000;

fn sound_i16() -> [i16; BLOCK] {
    let mut state = 1u32;
    core::array::from_fn(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 18) as i16 - 8192
    })
}

fn sound() -> [f32; BLOCK] {
    let mut block = [0.0; BLOCK];
    convert::to_f32(&sound_i16(), &mut block);
    block
}

/// Walking at 2 Hz, roughly.
fn motion() -> Vec<[f32; 3]> {
    let noise = sound();
    (0..MOTION)
        .map(|n| {
            let swing = 0.3 * libm::sinf(n as f32 * 0.1257);
            [0.1 * noise[n % BLOCK], 0.2 * swing, 1.0 + swing + 0.05 * noise[(n + 7) % BLOCK]]
        })
        .collect()
}

/// Each pass starts from the same samples; the copy (512 floats) is part of what is timed, and is benched alone.
fn in_place(bencher: Bencher, mut kernel: impl FnMut(&mut [f32; BLOCK])) {
    let source = sound();
    let mut block = source;
    bencher.counter(ItemsCount::new(BLOCK)).bench_local(|| {
        block.copy_from_slice(black_box(&source));
        kernel(&mut block);
        black_box(&block);
    });
}

#[divan::bench]
fn copy_alone(bencher: Bencher) {
    in_place(bencher, |_| {});
}

#[divan::bench]
fn convert_to_f32(bencher: Bencher) {
    let samples = sound_i16();
    in_place(bencher, |block| convert::to_f32(black_box(&samples), block));
}

#[divan::bench]
fn convert_sum_of_squares_i16(bencher: Bencher) {
    let samples = sound_i16();
    bencher.counter(ItemsCount::new(BLOCK)).bench_local(|| convert::sum_of_squares(black_box(&samples)));
}

#[divan::bench]
fn dc_blocker(bencher: Bencher) {
    let mut filter = DcBlocker::new(10.0, RATE_HZ);
    in_place(bencher, |block| filter.process(block));
}

#[divan::bench(args = [Weighting::A, Weighting::C])]
fn weighting(bencher: Bencher, weighting: Weighting) {
    let mut filter = WeightingFilter::new(weighting, RATE_HZ);
    in_place(bencher, |block| filter.process(block));
}

#[divan::bench]
fn biquad_cascade_of_3(bencher: Bencher) {
    let section = Coefficients::band_pass(1000.0, 1.0, RATE_HZ);
    let mut cascade = Cascade::new([section; 3]);
    in_place(bencher, |block| cascade.process(block));
}

#[divan::bench]
fn level_sum_of_squares(bencher: Bencher) {
    let block = sound();
    bencher.counter(ItemsCount::new(BLOCK)).bench_local(|| level::sum_of_squares(black_box(&block)));
}

#[divan::bench]
fn level_fast_slow_leq(bencher: Bencher) {
    let block = sound();
    let mut level = SoundLevel::new(RATE_HZ);
    bencher.counter(ItemsCount::new(BLOCK)).bench_local(|| level.process(black_box(&block)));
}

#[divan::bench]
fn level_db_one_value(bencher: Bencher) {
    bencher.bench_local(|| level::dbfs(black_box(0.0123)));
}

#[divan::bench]
fn percentiles_one_entry(bencher: Bencher) {
    let mut percentiles = Percentiles::<256>::new(0.0, 0.5);
    bencher.bench_local(|| percentiles.add(black_box(54.3)));
}

#[divan::bench]
fn window_apply(bencher: Bencher) {
    let mut coefficients = [0.0; BLOCK];
    window::hann(&mut coefficients);
    in_place(bencher, |block| window::apply(block, black_box(&coefficients)));
}

#[divan::bench(consts = [64, 128, 256, 512, 1024])]
fn spectrum<const N: usize>(bencher: Bencher) {
    let spectrum = Spectrum::<N>::new();
    let source = sound();
    let samples: [f32; N] = core::array::from_fn(|n| source[n % BLOCK]);
    let mut power = [0.0; 513];
    bencher.counter(ItemsCount::new(N)).bench_local(|| {
        let mut block = *black_box(&samples);
        spectrum.process(&mut block, black_box(&mut power))
    });
}

#[divan::bench]
fn octave_bank_of_7(bencher: Bencher) {
    let block = sound();
    let mut bank = OctaveBank::<7>::new(RATE_HZ);
    bencher.counter(ItemsCount::new(BLOCK)).bench_local(|| bank.process(black_box(&block)));
}

/// Everything that the sound app does to a block: convert, A-weighting, levels, octaves, spectrum.
#[divan::bench]
fn sound_chain(bencher: Bencher) {
    let samples = sound_i16();
    let mut filter = WeightingFilter::new(Weighting::A, RATE_HZ);
    let mut level = SoundLevel::new(RATE_HZ);
    let mut bank = OctaveBank::<7>::new(RATE_HZ);
    let spectrum = Spectrum::<BLOCK>::new();
    let mut power = [0.0; BLOCK / 2 + 1];
    bencher.counter(ItemsCount::new(BLOCK)).bench_local(|| {
        let mut block = [0.0; BLOCK];
        convert::to_f32(black_box(&samples), &mut block);
        bank.process(&block);
        let mut weighted = block;
        filter.process(&mut weighted);
        level.process(&weighted);
        spectrum.process(&mut block, &mut power);
        black_box(&power);
    });
}

fn motion_bench(bencher: Bencher, mut kernel: impl FnMut(&[[f32; 3]])) {
    let motion = motion();
    bencher.counter(ItemsCount::new(MOTION)).bench_local(|| kernel(black_box(&motion)));
}

#[divan::bench]
fn motion_activity(bencher: Bencher) {
    motion_bench(bencher, |samples| {
        let mut activity = Activity::new();
        samples.iter().for_each(|&g| activity.push(activity::magnitude(g)));
        black_box(activity.take());
    });
}

#[divan::bench]
fn motion_rhythm_of_400(bencher: Bencher) {
    let magnitudes: Vec<f32> = motion().into_iter().take(400).map(activity::magnitude).collect();
    let mut scratch = [0.0; 400];
    bencher
        .counter(ItemsCount::new(400usize))
        .bench_local(|| activity::rhythm(black_box(&magnitudes), 100.0, &mut scratch));
}

#[divan::bench]
fn motion_steps(bencher: Bencher) {
    let mut steps = StepDetector::new(StepConfig::at(100.0));
    motion_bench(bencher, |samples| {
        for &g in samples {
            black_box(steps.push(activity::magnitude(g)));
        }
    });
}

#[divan::bench]
fn motion_shake_tap_fall(bencher: Bencher) {
    let mut shake = ShakeDetector::new(ShakeConfig::at(100.0));
    let mut tap = TapDetector::new(TapConfig::at(100.0));
    let mut fall = FallDetector::new(FallConfig::at(100.0));
    motion_bench(bencher, |samples| {
        for &g in samples {
            black_box((shake.push(g), tap.push(g), fall.push(activity::magnitude(g))));
        }
    });
}

#[divan::bench]
fn motion_orientation(bencher: Bencher) {
    let mut orientation = Orientation::new(OrientationConfig::at(100.0));
    motion_bench(bencher, |samples| {
        for &g in samples {
            black_box(orientation.push(g));
        }
    });
}

#[divan::bench]
fn motion_attitude(bencher: Bencher) {
    let mut attitude = Attitude::new(AttitudeConfig::at(100.0));
    motion_bench(bencher, |samples| {
        for &g in samples {
            black_box(attitude.push(g, [1.0, 2.0, 3.0]));
        }
    });
}
