extern crate std;
use super::{super::FrameStream, super::Window, super::op::Floats, *};
use crate::dsp::{convert, oracle};
use proptest::prelude::*;
use std::{vec, vec::Vec};

fn bytes(head: &PlanHead, ops: &[Op<'_>]) -> Vec<u8> {
    let mut room = vec![0; 4096];
    let length = write(head, ops, &mut room).unwrap();
    room.truncate(length);
    room
}

fn features(head: &PlanHead, ops: &[Op<'_>], samples: &[f32]) -> Vec<f32> {
    let bytes = bytes(head, ops);
    let plan = Plan::parse(&bytes).unwrap();
    assert_eq!((plan.head(), plan.ops().collect::<Vec<_>>()), (*head, ops.to_vec()));
    let (mut scratch, mut out) = (vec![f32::NAN; plan.scratch()], vec![f32::NAN; plan.outputs()]);
    plan.extract(&mut scratch, &Window::new(head.channels, samples, &[]).unwrap(), &mut out).unwrap();
    out
}

const MOTION: PlanHead = PlanHead { channels: 6, window: 200, hop: 50, rate_hz: 100.0 };

fn edges() -> Vec<u8> {
    [1.0f32, 4.0, 12.0, 50.0].iter().flat_map(|edge| edge.to_le_bytes()).collect()
}

/// Every operation on a window of motion, in an order that is valid.
fn all_of_motion(edges: &[u8]) -> Vec<Op<'_>> {
    let everything = Op::Statistics { mask: (1 << time::STATISTICS) - 1 };
    vec![
        Op::Channel { channel: 2 },
        everything,
        Op::Replace { from: 0.0, to: 0.1 },
        Op::Median { width: 5 },
        Op::Smooth { side: 2 },
        Op::Quantiles { percent: &[0, 25, 50, 100] },
        Op::Filter { kind: 1, hz: 0.5, q: 0.7 },
        Op::Spectrum { points: 64, hop: 32 },
        Op::Bands { scale: 1, edges_hz: Floats::new(edges).unwrap() },
        Op::Bands { scale: 2, edges_hz: Floats::new(edges).unwrap() },
        Op::Shape { mask: 0x7f, rolloff: 0.85 },
        Op::Peaks { count: 3 },
        Op::Bins { first: 1, count: 8 },
        Op::Length { first: 3, count: 3 },
        Op::Derivative { side: 3 },
        Op::Rectify {},
        Op::Decimate { factor: 2 },
        Op::Periodicity { low_hz: 0.5, high_hz: 8.0 },
        Op::Average { factor: 7 },
        Op::Standardise {},
        Op::Values {},
        Op::Vertical { first: 0 },
        Op::Slope {},
        Op::Part { first: 20, count: 100 },
        Op::Parts { parts: 8 },
        Op::Horizontal { first: 0 },
        Op::Logarithm { floor: 1e-3 },
        Op::Centre {},
        everything,
        Op::Change { first: 0, count: 3 },
        Op::Power { scale: 0.01, offset: 0.1, exponent: 0.5 },
        everything,
        Op::Correlation { a: 0, b: 5 },
        Op::Means { first: 1, count: 4 },
        Op::Differences {},
    ]
}

const SOUND: PlanHead = PlanHead { channels: 1, window: 8000, hop: 1600, rate_hz: 16_000.0 };

fn all_of_sound() -> Vec<Op<'static>> {
    let frames = |columns| Op::Frames {
        channel: 0,
        points: 512,
        hop: 160,
        bands: 24,
        low_hz: 60.0,
        high_hz: 7600.0,
        floor_db: -100.0,
        columns,
    };
    vec![
        frames(0x3f),
        Op::Course { first: 0, count: 24 },
        Op::Statistics { mask: 3 },
        Op::Active { below_db: 10.0 },
        Op::Duration {},
        Op::Level { kind: 2, range_db: 40.0 },
        Op::FrameStatistics { mask: 0x1ff },
        Op::Cepstrum { coefficients: 13 },
        Op::Level { kind: 0, range_db: 0.0 },
        Op::FrameParts { parts: 5 },
    ]
}

/// Noise that comes and goes.
fn sound(seed: u64, samples: usize) -> Vec<i16> {
    let mut out = vec![0; samples];
    let noise = oracle::noise(seed, samples);
    let swell = |n: usize| libm::sinf(n as f32 * 6e-4 + seed as f32);
    for (n, (out, x)) in out.iter_mut().zip(noise).enumerate() {
        *out = (x * swell(n) * swell(n) * 20_000.0) as i16;
    }
    out
}

#[test]
fn the_course_of_what_is_active_knows_no_silence_around_it() {
    let mut burst = vec![0.0; SOUND.window];
    burst[2400..5600].copy_from_slice(&oracle::noise(5, 3200));
    let [frames, course, spread, active, ..] = all_of_sound()[..] else { panic!("it begins so") };
    let spread_db = |ops: &[Op]| features(&SOUND, ops, &burst)[1];
    assert!(spread_db(&[frames, course, spread]) > 20.0);
    assert!(spread_db(&[frames, active, course, spread]) < 3.0);
}

#[test]
fn what_is_asked_for_comes_out_in_order() {
    let head = PlanHead { channels: 3, window: 4, hop: 1, rate_hz: 2.0 };
    // Held still with 1 g along (0.6, 0, 0.8), then moved.
    let samples = [0.6, 0.0, 0.8, 0.6, 0.0, 0.8, 0.6, 3.0, 0.8, 0.6, -3.0, 0.8];
    let ops = [
        Op::Channel { channel: 1 },
        Op::Values {},
        Op::Statistics { mask: 0b11_1000 },
        Op::Vertical { first: 0 },
        Op::Values {},
        Op::Horizontal { first: 0 },
        Op::Values {},
        Op::Change { first: 0, count: 3 },
        Op::Values {},
        Op::Correlation { a: 1, b: 1 },
        Op::Means { first: 0, count: 3 },
        Op::Differences {},
    ];
    let out = features(&head, &ops, &samples);
    let exact = [
        0.0, 0.0, 3.0, -3.0, // the channel
        -3.0, 3.0, 6.0, // least, greatest, range
        1.0, 1.0, 1.0, 1.0, // vertical
        0.0, 0.0, 3.0, 3.0, // horizontal
        0.0, 0.0, 6.0, 12.0, // change a second
        1.0, 0.6, -0.2, -0.8,
    ];
    assert_eq!(out.len(), exact.len());
    for (n, (got, exact)) in out.iter().zip(exact).enumerate() {
        assert!((got - exact).abs() < 1e-3, "{n}: {got} for {exact}");
    }
}

#[test]
fn a_tone_is_found_through_filter_and_decimation() {
    let head = PlanHead { channels: 1, window: 1024, hop: 1024, rate_hz: 400.0 };
    let slow = oracle::sine(7.0, 400.0, 1.0, 1024);
    let fast = oracle::sine(150.0, 400.0, 3.0, 1024);
    let samples: Vec<f32> = slow.iter().zip(&fast).map(|(a, b)| a + b + 5.0).collect();
    let peak = |ops: &[Op<'_>]| {
        let mut all = vec![Op::Channel { channel: 0 }];
        all.extend_from_slice(ops);
        all.extend([Op::Centre {}, Op::Spectrum { points: 256, hop: 128 }, Op::Peaks { count: 1 }]);
        features(&head, &all, &samples)
    };
    assert!((peak(&[])[0] - 150.0).abs() < 1.0);
    let low = peak(&[Op::Decimate { factor: 4 }]);
    assert!((low[0] - 7.0).abs() < 0.2 && low[1] > 0.3, "{low:?}");
    assert!((peak(&[Op::Filter { kind: 0, hz: 12.0, q: 0.7 }])[0] - 7.0).abs() < 1.0);
}

#[test]
fn a_filter_is_settled_at_the_first_sample() {
    let head = PlanHead { channels: 1, window: 50, hop: 50, rate_hz: 50.0 };
    for (kind, exact) in [(0, 4.0), (1, 0.0), (2, 0.0)] {
        let filter = Op::Filter { kind, hz: 3.0, q: 0.7 };
        let out = features(&head, &[Op::Channel { channel: 0 }, filter, Op::Values {}], &[4.0; 50]);
        assert!(out.iter().all(|x| (x - exact).abs() < 1e-5), "{kind}: {out:?}");
    }
}

#[test]
fn spectra_of_light_follow_f64() {
    // Standard normal variate, then a Savitzky-Golay slope, then means of four.
    let head = PlanHead { channels: 1, window: 64, hop: 64, rate_hz: 0.5 };
    let samples = oracle::noise(11, 64);
    let ops = [
        Op::Channel { channel: 0 },
        Op::Standardise {},
        Op::Derivative { side: 3 },
        Op::Average { factor: 4 },
        Op::Values {},
    ];
    let out = features(&head, &ops, &samples);
    let x: Vec<f64> = samples.iter().map(|&x| f64::from(x)).collect();
    let mean = x.iter().sum::<f64>() / 64.0;
    let std = oracle::mean_square(x.iter().map(|x| x - mean)).sqrt();
    let at = |n: isize| (x[n.clamp(0, 63) as usize] - mean) / std;
    let slope = |n: isize| (1..=3).map(|k| k as f64 * (at(n + k) - at(n - k))).sum::<f64>() / 28.0 * 0.5;
    for (n, &got) in out.iter().enumerate() {
        let exact = (0..4).map(|k| slope(n as isize * 4 + k)).sum::<f64>() / 4.0;
        assert!((f64::from(got) - exact).abs() < 1e-5, "{n}: {got} for {exact}");
    }
}

#[test]
fn a_stream_of_frames_gives_the_bits_of_whole_windows() {
    let bytes = bytes(&SOUND, &all_of_sound());
    let plan = Plan::parse(&bytes).unwrap();
    let sound = sound(5, 30_000);
    let mut room = vec![0.0; FrameStream::<i16, [i16; 512]>::room(&plan).unwrap()];
    let mut stream = FrameStream::new(plan, [0i16; 512], &mut room).unwrap();
    let mut scratch = vec![0.0; plan.scratch()];
    let mut windows = 0;
    for block in sound.chunks(333) {
        let mut block = block;
        while stream.fill(&mut block) {
            let (mut streamed, mut whole) = (vec![0.0; plan.outputs()], vec![1.0; plan.outputs()]);
            stream.extract(&mut scratch, &mut streamed).unwrap();
            let from = windows * 1600;
            let window = Window::new(1, &sound[from..from + 8000], &[]).unwrap();
            plan.extract(&mut scratch, &window, &mut whole).unwrap();
            assert_eq!(streamed, whole, "window {windows}");
            windows += 1;
        }
    }
    // A window is due with its last whole frame, which may end before the window does.
    assert!(windows == 14 || windows == 15, "{windows}");
    assert!(FrameStream::new(plan, [0i16; 256], &mut room).is_none(), "a frame has no room");
    assert!(FrameStream::new(plan, [0i16; 512], &mut room[1..]).is_none());
}

#[test]
fn a_plan_that_reads_its_window_besides_cannot_stream() {
    let mut ops = all_of_sound();
    ops.push(Op::Channel { channel: 0 });
    let bytes = bytes(&SOUND, &ops);
    assert_eq!(Plan::parse(&bytes).unwrap().streaming(), None);
}

#[test]
fn i16_and_f32_windows_agree() {
    let sound = sound(9, 8000);
    let mut floats = vec![0.0; 8000];
    convert::to_f32(&sound, &mut floats);
    let bytes = bytes(&SOUND, &all_of_sound());
    let plan = Plan::parse(&bytes).unwrap();
    let (mut scratch, mut out) = (vec![0.0; plan.scratch()], vec![0.0; plan.outputs()]);
    plan.extract(&mut scratch, &Window::new(1, &sound[..3000], &sound[3000..]).unwrap(), &mut out).unwrap();
    assert_eq!(out, features(&SOUND, &all_of_sound(), &floats));
}

#[test]
fn what_is_wrong_is_named() {
    let refused = |head: &PlanHead, ops: &[Op<'_>]| Plan::parse(&bytes(head, ops)).unwrap_err();
    let channel = Op::Channel { channel: 0 };
    assert_eq!(refused(&MOTION, &[Op::Centre {}]), PlanError::NoSignal);
    assert_eq!(refused(&MOTION, &[channel, Op::Peaks { count: 1 }]), PlanError::NoSpectrum);
    assert_eq!(refused(&MOTION, &[channel, Op::Duration {}]), PlanError::NoFrames);
    assert_eq!(refused(&MOTION, &[Op::Channel { channel: 6 }]), PlanError::Field);
    assert_eq!(refused(&MOTION, &[channel, Op::Filter { kind: 0, hz: 50.0, q: 1.0 }]), PlanError::Field);
    assert_eq!(refused(&MOTION, &[channel, Op::Spectrum { points: 100, hop: 50 }]), PlanError::Field);
    assert_eq!(refused(&MOTION, &[channel]), PlanError::Outputs);
    let huge = PlanHead { window: MAX_WINDOW, ..MOTION };
    assert_eq!(refused(&huge, &[channel, Op::Statistics { mask: 1 }]), PlanError::TooMuch);
    assert_eq!(
        refused(&PlanHead { rate_hz: f32::NAN, ..MOTION }, &[channel, Op::Values {}]),
        PlanError::Head
    );
    // A frame for each sample of a minute.
    let minute = PlanHead { window: 960_000, hop: 1, ..SOUND };
    assert_eq!(refused(&minute, &all_of_sound()), PlanError::TooMuch);

    let mut good = bytes(&MOTION, &[channel, Op::Statistics { mask: 1 }]);
    assert!(Plan::parse(&good).is_ok());
    good[0] = 9;
    assert_eq!(Plan::parse(&good), Err(PlanError::Version(9)));
    good[0] = VERSION;
    good.push(0);
    assert_eq!(Plan::parse(&good), Err(PlanError::Length));
    assert_eq!(Plan::parse(&good[..10]), Err(PlanError::Length));
    assert!(std::format!("{}", PlanError::Version(9)).contains('9'));
}

#[test]
fn a_wrong_window_or_room_is_the_callers_mistake() {
    let bytes = bytes(&MOTION, &[Op::Channel { channel: 0 }, Op::Statistics { mask: 3 }]);
    let plan = Plan::parse(&bytes).unwrap();
    let samples = [0.0f32; 1200];
    let window = Window::new(6, &samples, &[]).unwrap();
    let mut scratch = vec![0.0; plan.scratch()];
    assert_eq!(plan.extract(&mut scratch, &window, &mut [0.0]), Err(ExtractError::Room));
    assert_eq!(plan.extract(&mut scratch[1..], &window, &mut [0.0; 2]), Err(ExtractError::Room));
    let short = Window::new(6, &samples[6..], &[]).unwrap();
    assert_eq!(plan.extract(&mut scratch, &short, &mut [0.0; 2]), Err(ExtractError::Window));
    assert_eq!(plan.extract_rows(&mut scratch, [&[], &[]], &mut [0.0; 2]), Err(ExtractError::Window));
}

/// Whatever the bytes are: refused, or a plan that does its window.
fn run_if_valid(bytes: &[u8]) {
    let Ok(plan) = Plan::parse(bytes) else { return };
    let head = plan.head();
    // What is bounded for a node is still too slow for thousands of cases.
    if plan.steps() > 2_000_000 || head.window * head.channels > 100_000 {
        return;
    }
    let samples = vec![0.5f32; head.window * head.channels];
    let (mut scratch, mut out) = (vec![f32::NAN; plan.scratch()], vec![f32::NAN; plan.outputs()]);
    plan.extract(&mut scratch, &Window::new(head.channels, &samples, &[]).unwrap(), &mut out).unwrap();
    assert!(out.iter().all(|x| x.is_finite()));
}

proptest! {
    #[test]
    fn any_samples_give_finite_features(seed in any::<u64>(), odd in any::<f32>(), at in 0usize..1200) {
        let mut samples = oracle::noise(seed, 1200);
        samples[at] = odd;
        let out = features(&MOTION, &all_of_motion(&edges()), &samples);
        prop_assert!(out.iter().all(|x| x.is_finite()), "{:?}", out);
    }

    #[test]
    fn scratch_may_hold_anything_before(seed in any::<u64>()) {
        // `features` fills it with NaN; here it holds what another window left.
        let bytes = bytes(&SOUND, &all_of_sound());
        let plan = Plan::parse(&bytes).unwrap();
        let mut scratch = vec![7.0; plan.scratch()];
        let mut out = vec![0.0; plan.outputs()];
        let floats: Vec<f32> = sound(seed, 8000).into_iter().map(|x| f32::from(x) * convert::SCALE).collect();
        for _ in 0..2 {
            plan.extract(&mut scratch, &Window::new(1, &floats, &[]).unwrap(), &mut out).unwrap();
        }
        prop_assert_eq!(out, features(&SOUND, &all_of_sound(), &floats));
    }

    #[test]
    fn any_bytes_are_refused_or_run(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        run_if_valid(&bytes);
    }

    #[test]
    fn a_damaged_plan_is_refused_or_runs(
        motion in any::<bool>(), hits in prop::collection::vec((0usize..400, any::<u8>()), 1..4), cut in 0usize..400
    ) {
        let edges = edges();
        let mut bytes = if motion { bytes(&MOTION, &all_of_motion(&edges)) } else { bytes(&SOUND, &all_of_sound()) };
        let length = bytes.len();
        for (at, value) in hits {
            bytes[at % length] = value;
        }
        run_if_valid(&bytes);
        bytes.truncate(cut);
        run_if_valid(&bytes);
    }

    #[test]
    fn operations_with_any_fields_are_refused_or_run(
        ops in prop::collection::vec((1u8..0x48, prop::collection::vec(any::<u8>(), 0..24)), 1..6),
        channels in 1u8..7, window in 1u32..300, outputs in 0u32..40
    ) {
        let mut bytes = vec![VERSION, channels, ops.len() as u8, 0];
        bytes.extend(window.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(100.0f32.to_le_bytes());
        bytes.extend(outputs.to_le_bytes());
        // A signal to start from, so that more of them are valid.
        bytes[2] += 1;
        bytes.extend([1, 1, 0]);
        for (code, fields) in ops {
            bytes.extend([code, fields.len() as u8]);
            bytes.extend(fields);
        }
        run_if_valid(&bytes);
    }
}
