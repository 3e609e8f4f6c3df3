//! What features cost on this machine, and our FFT beside those of others.
//!
//! `cargo bench -p node-core --bench features`
//!
//! rustfft and realfft plan ahead, allocate, and use the machine's vectors; microfft is what a node can have. Items are
//! samples, so divan's "items/s" are samples a second.

use divan::{Bencher, black_box, counter::ItemsCount};
use node_core::dsp::{
    biquad::{Cascade, Coefficients},
    biquad_fixed::{self, FixedCascade},
    decimate::Decimator,
    envelope::Envelope,
    features::{FrameStream, Op, Plan, PlanHead, Sliding, Window, fft, frequency, plan, time},
    median::Median,
    mel, mfcc,
};
use realfft::RealFftPlanner;
use rustfft::{FftPlanner, num_complex::Complex32};

fn main() {
    divan::main();
}

fn noise(samples: usize) -> Vec<f32> {
    let mut state = 1u32;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

/// Each pass starts from the same samples: the copy is part of what is timed.
fn on_copy(bencher: Bencher, samples: usize, mut kernel: impl FnMut(&mut [f32])) {
    let source = noise(samples);
    let mut block = source.clone();
    bencher.counter(ItemsCount::new(samples)).bench_local(|| {
        block.copy_from_slice(black_box(&source));
        kernel(&mut block);
        black_box(&block);
    });
}

mod real_fft {
    use super::*;

    #[divan::bench(args = [64, 256, 512, 1024])]
    fn microfft(bencher: Bencher, points: usize) {
        on_copy(bencher, points, |block| {
            black_box(fft::real_fft(block));
        });
    }

    #[divan::bench(args = [64, 256, 512, 1024])]
    fn realfft(bencher: Bencher, points: usize) {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(points);
        let (mut bins, mut work) = (fft.make_output_vec(), fft.make_scratch_vec());
        on_copy(bencher, points, |block| {
            let done = fft.process_with_scratch(block, &mut bins, &mut work);
            let _ = black_box((done, &bins));
        });
    }

    /// Complex, as rustfft has no other: twice the points' worth of work.
    #[divan::bench(args = [64, 256, 512, 1024])]
    fn rustfft(bencher: Bencher, points: usize) {
        let fft = FftPlanner::<f32>::new().plan_fft_forward(points);
        let source: Vec<_> = noise(points).into_iter().map(|x| Complex32::new(x, 0.0)).collect();
        let (mut block, mut work) =
            (source.clone(), vec![Complex32::default(); fft.get_inplace_scratch_len()]);
        bencher.counter(ItemsCount::new(points)).bench_local(|| {
            block.copy_from_slice(black_box(&source));
            fft.process_with_scratch(&mut block, &mut work);
            black_box(&block);
        });
    }
}

mod numbers {
    use super::*;

    #[divan::bench]
    fn statistics(bencher: Bencher) {
        let signal = noise(200);
        bencher.counter(ItemsCount::new(200usize)).bench(|| time::Statistics::of(black_box(&signal), 100.0));
    }

    #[divan::bench]
    fn correlation(bencher: Bencher) {
        let (a, b) = (noise(200), noise(201));
        bencher.counter(ItemsCount::new(200usize)).bench(|| time::correlation(black_box(&a), black_box(&b)));
    }

    #[divan::bench]
    fn periodicity(bencher: Bencher) {
        let signal = noise(200);
        bencher.counter(ItemsCount::new(200usize)).bench(|| time::periodicity(black_box(&signal), 25, 100));
    }

    #[divan::bench]
    fn shape_of_257_bins(bencher: Bencher) {
        let power: Vec<f32> = noise(257).iter().map(|x| x * x).collect();
        bencher.bench(|| frequency::Shape::of(black_box(&power), 31.25, 0.85));
    }

    #[divan::bench]
    fn mel_32_of_257_bins(bencher: Bencher) {
        let power: Vec<f32> = noise(257).iter().map(|x| x * x).collect();
        let (mut corners, mut bands) = ([0.0; 34], [0.0; 32]);
        mel::corners(50.0, 7800.0, 512, 16_000.0, &mut corners);
        bencher.bench_local(|| mel::bands(black_box(&power), &corners, black_box(&mut bands)));
    }

    #[divan::bench]
    fn cepstrum_13_of_32(bencher: Bencher) {
        let levels = noise(32);
        let (mut table, mut out) = ([0.0; mfcc::table_len(32)], [0.0; 13]);
        mfcc::table(32, &mut table);
        bencher.bench_local(|| mfcc::cepstrum(black_box(&levels), &table, black_box(&mut out)));
    }
}

mod filters {
    use super::*;

    #[divan::bench]
    fn cascade_2_f32(bencher: Bencher) {
        let mut cascade = Cascade::new([Coefficients::low_pass(1000.0, 0.7, 16_000.0); 2]);
        on_copy(bencher, 512, |block| cascade.process(block));
    }

    #[divan::bench]
    fn cascade_2_fixed(bencher: Bencher) {
        let Some(mut cascade) = FixedCascade::new(&[Coefficients::low_pass(1000.0, 0.7, 16_000.0); 2]) else {
            return;
        };
        let source: Vec<i32> =
            noise(512).iter().map(|x| biquad_fixed::from_i16((x * 20_000.0) as i16)).collect();
        let mut block = source.clone();
        bencher.counter(ItemsCount::new(512usize)).bench_local(|| {
            block.copy_from_slice(black_box(&source));
            cascade.process(&mut block);
            black_box(&block);
        });
    }

    #[divan::bench(args = [2, 4, 8])]
    fn decimate(bencher: Bencher, factor: usize) {
        let Some(mut decimator) = Decimator::<129>::new(factor) else { return };
        let mut out = [0.0; 256];
        on_copy(bencher, 512, |block| {
            decimator.process(block, black_box(&mut out));
        });
    }

    #[divan::bench(args = [3, 9, 31])]
    fn median(bencher: Bencher, width: usize) {
        let mut median = Median::<31>::with_width(width);
        on_copy(bencher, 512, |block| median.process(block));
    }

    #[divan::bench]
    fn envelope(bencher: Bencher) {
        let Some(mut envelope) = Envelope::<257>::new(3000.0, 800.0, 16_000.0, 16) else { return };
        let mut out = [0.0; 32];
        on_copy(bencher, 512, |block| {
            envelope.process(block, black_box(&mut out));
        });
    }
}

mod plans {
    use super::*;

    /// Statistics and spectrum of three axes and their length, 2 s at 100 Hz.
    #[divan::bench]
    fn motion(bencher: Bencher) {
        let head = PlanHead { channels: 3, window: 200, hop: 50, rate_hz: 100.0 };
        let mut ops = Vec::new();
        for channel in 0..4 {
            let signal =
                if channel < 3 { Op::Channel { channel } } else { Op::Length { first: 0, count: 3 } };
            let statistics = Op::Statistics { mask: 0x7ff };
            let spectrum = Op::Spectrum { points: 256, hop: 128 };
            ops.extend([
                signal,
                statistics,
                Op::Centre {},
                spectrum,
                Op::Shape { mask: 0x3f, rolloff: 0.85 },
            ]);
        }
        let mut bytes = [0; 1024];
        let length = plan::write(&head, &ops, &mut bytes).unwrap_or(0);
        let Ok(plan) = Plan::parse(&bytes[..length]) else { panic!("the plan is valid") };
        let mut sliding =
            Sliding::new([0.0f32; 600], 3, 200, 50).unwrap_or_else(|| panic!("200 of 3 are 600"));
        sliding.fill(&mut noise(600).as_slice());
        let (mut scratch, mut out) = (vec![0.0; plan.scratch()], vec![0.0; plan.outputs()]);
        bencher.counter(ItemsCount::new(200usize)).bench_local(|| {
            let done = plan.extract(&mut scratch, &sliding.window(), &mut out);
            let _ = black_box((done, &out));
        });
    }

    fn words() -> ([u8; 256], usize) {
        let head = PlanHead { channels: 1, window: 16_000, hop: 3_200, rate_hz: 16_000.0 };
        let frames = Op::Frames {
            channel: 0,
            points: 512,
            hop: 160,
            bands: 32,
            low_hz: 100.0,
            high_hz: 3800.0,
            floor_db: -90.0,
            columns: 0,
        };
        let ops = [
            frames,
            Op::Active { below_db: 25.0 },
            Op::Cepstrum { coefficients: 13 },
            Op::FrameParts { parts: 6 },
        ];
        let mut bytes = [0; 256];
        let length = plan::write(&head, &ops, &mut bytes).unwrap_or(0);
        (bytes, length)
    }

    /// A second of sound to cepstra, all at once.
    #[divan::bench]
    fn word_whole(bencher: Bencher) {
        let (bytes, length) = words();
        let Ok(plan) = Plan::parse(&bytes[..length]) else { panic!("the plan is valid") };
        let sound: Vec<i16> = noise(16_000).iter().map(|x| (x * 20_000.0) as i16).collect();
        let Some(window) = Window::new(1, &sound, &[]) else { return };
        let (mut scratch, mut out) = (vec![0.0; plan.scratch()], vec![0.0; plan.outputs()]);
        bencher.counter(ItemsCount::new(16_000usize)).bench_local(|| {
            let done = plan.extract(&mut scratch, &window, &mut out);
            let _ = black_box((done, &out));
        });
    }

    /// The same frame by frame, in blocks of 512, with a window each 200 ms.
    #[divan::bench]
    fn word_stream(bencher: Bencher) {
        let (bytes, length) = words();
        let Ok(plan) = Plan::parse(&bytes[..length]) else { panic!("the plan is valid") };
        let sound: Vec<i16> = noise(512).iter().map(|x| (x * 20_000.0) as i16).collect();
        let mut room = vec![0.0; FrameStream::<i16, [i16; 512]>::room(&plan).unwrap_or(0)];
        let Some(mut stream) = FrameStream::new(plan, [0i16; 512], &mut room) else { return };
        let (mut scratch, mut out) = (vec![0.0; plan.scratch()], vec![0.0; plan.outputs()]);
        bencher.counter(ItemsCount::new(512usize)).bench_local(|| {
            let mut block = black_box(sound.as_slice());
            while stream.fill(&mut block) {
                let done = stream.extract(&mut scratch, &mut out);
                let _ = black_box((done, &out));
            }
        });
    }
}
