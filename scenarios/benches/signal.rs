//! What the world costs: one core must render it thousands of times faster than it passes.
//! Each figure is for one block; divan prints items (samples, or 1 kHz instants of six axes) a second beside it.

use divan::Bencher;
use divan::counter::ItemsCount;
use scenarios::recording::{AudioTrack, ImuTrack};
use scenarios::rng::Streams;
use scenarios::schema::{Axis, Bearing, Gaps, Shape, Vibration};
use scenarios::signal::motion::Force;
use scenarios::signal::motion::attitude::Change;
use scenarios::signal::motion::cycle::Cycle;
use scenarios::signal::motion::machine::Machine;
use scenarios::signal::motion::replay::Replay;
use scenarios::signal::sound::Voice;
use scenarios::signal::sound::alarm::Alarm;
use scenarios::signal::sound::babble::Babble;
use scenarios::signal::sound::clap::Claps;
use scenarios::signal::sound::level::pascal;
use scenarios::signal::sound::noise::{Pink, White};
use scenarios::signal::sound::resampled::Resampled;
use scenarios::signal::sound::sweep::Sweep;
use scenarios::signal::sound::tone::Tone;
use scenarios::signal::{MotionBlock, MotionWorld, Occasion, SoundWorld};
use std::sync::Arc;

fn main() {
    divan::main();
}

const ALWAYS: Occasion = Occasion::new(0, u64::MAX);
/// 32 ms of sound.
const SOUND: usize = 512;

#[divan::bench]
fn normal_numbers(bencher: Bencher) {
    let mut stream = Streams::new(1).stream("bench");
    let mut block = [0.0_f32; SOUND];
    bencher.counter(ItemsCount::new(SOUND)).bench_local(|| {
        stream.fill_normal(&mut block);
        block[0]
    });
}

fn sound(bencher: Bencher, voices: Vec<(Occasion, Voice)>) {
    let mut world = SoundWorld::from_voices(voices);
    let mut block = [0.0_f32; SOUND];
    let mut t_ns = 0;
    bencher.counter(ItemsCount::new(SOUND)).bench_local(|| {
        // 70 ppm fast, as an oscillator is.
        world.render(t_ns, 62_495.6, &mut block);
        t_ns += 31_997_747;
        block[0]
    });
}

fn stream() -> scenarios::rng::Stream {
    Streams::new(1).stream("bench")
}

#[divan::bench]
fn sound_nothing(bencher: Bencher) {
    let far = Occasion::new(u64::MAX / 2, 1_000_000);
    sound(
        bencher,
        vec![
            (far, Voice::Tone(Box::new(Tone::new(1000.0, 1.0)))),
            (far, Voice::Tone(Box::new(Tone::new(2000.0, 1.0)))),
        ],
    );
}

#[divan::bench]
fn sound_white(bencher: Bencher) {
    sound(bencher, vec![(ALWAYS, Voice::White(White::new(stream(), pascal(60.0))))]);
}

#[divan::bench]
fn sound_pink(bencher: Bencher) {
    sound(bencher, vec![(ALWAYS, Voice::Pink(Pink::new(stream(), pascal(60.0))))]);
}

#[divan::bench]
fn sound_tone(bencher: Bencher) {
    sound(bencher, vec![(ALWAYS, Voice::Tone(Box::new(Tone::new(1000.0, pascal(60.0)))))]);
}

#[divan::bench]
fn sound_sweep(bencher: Bencher) {
    let long = Occasion::new(0, 1_000_000_000_000_000);
    sound(bencher, vec![(long, Voice::Sweep(Sweep::new(100.0, 7000.0, 1.0)))]);
}

#[divan::bench]
fn sound_claps(bencher: Bencher) {
    let claps = Claps::new(stream(), u32::MAX, 150_000_000, 1.0);
    sound(bencher, vec![(ALWAYS, Voice::Claps(claps))]);
}

#[divan::bench]
fn sound_alarm(bencher: Bencher) {
    sound(bencher, vec![(ALWAYS, Voice::Alarm(Box::new(Alarm::new(1000.0, 1300.0, 500_000_000, 1.0))))]);
}

#[divan::bench(args = [1, 4])]
fn sound_babble(bencher: Bencher, talkers: u32) {
    let babble = Babble::new(&Streams::new(1), "bench", talkers, 1.0);
    sound(bencher, vec![(ALWAYS, Voice::Babble(Box::new(babble)))]);
}

#[divan::bench(args = [16_000, 44_100])]
fn sound_recording(bencher: Bencher, rate: u32) {
    let samples = (0..rate * 5).map(|i| (i % 97) as f32 / 97.0 - 0.5).collect();
    let track = Arc::new(AudioTrack { rate_hz: f64::from(rate), samples, channels: 1, bits: 16 });
    let turns = Occasion { every_ns: Some(5_000_000_000), ..Occasion::new(0, 5_000_000_000) };
    sound(bencher, vec![(turns, Voice::Recording(Resampled::new(track, 0, 1.0)))]);
}

fn motion(bencher: Bencher, changes: Vec<(Occasion, Change)>, forces: Vec<(Occasion, Force)>) {
    let mut world = MotionWorld::from_parts(changes, forces);
    let mut block = MotionBlock::new(MotionBlock::CAP);
    let mut t_ns = 0;
    bencher.counter(ItemsCount::new(MotionBlock::CAP)).bench_local(|| {
        // 1 kHz, 0.4 % slow.
        world.render(t_ns, 1_004_016.0, &mut block);
        t_ns += 257_028_096;
        block.accel_g[0][0]
    });
}

fn lying() -> Vec<(Occasion, Change)> {
    let attitude = scenarios::schema::Attitude { roll_deg: 30.0, pitch_deg: 10.0, yaw_deg: 0.0 };
    let target = scenarios::signal::Quat::from_attitude(&attitude);
    vec![(Occasion::new(0, 1), Change::To { target, at_once: true })]
}

#[divan::bench]
fn motion_still(bencher: Bencher) {
    let far = Occasion::new(u64::MAX / 2, 1_000_000);
    motion(bencher, lying(), vec![(far, Force::Cycle(Cycle::walk(1, 1.8, 0.3)))]);
}

#[divan::bench]
fn motion_walk(bencher: Bencher) {
    motion(bencher, lying(), vec![(ALWAYS, Force::Cycle(Cycle::walk(1, 1.8, 0.3)))]);
}

#[divan::bench]
fn motion_gesture(bencher: Bencher) {
    let snake = Cycle::gesture(1, Shape::Snake, 1_000_000_000, 0.5);
    motion(bencher, lying(), vec![(ALWAYS, Force::Cycle(snake))]);
}

#[divan::bench]
fn motion_rotating(bencher: Bencher) {
    let long = Occasion::new(0, 1_000_000_000_000_000);
    motion(bencher, vec![(long, Change::Spin { axis: Axis::X, rate_dps: 90.0 })], vec![]);
}

#[divan::bench]
fn motion_machine_with_bearing(bencher: Bencher) {
    let vibration = Vibration {
        frequency_hz: 24.8,
        amplitude_g: 0.2,
        harmonics: vec![0.5, 0.25, 0.1],
        axis: Axis::Z,
        bearing: Some(Bearing { frequency_hz: 87.3, amplitude_g: 0.4, resonance_hz: 320.0 }),
    };
    motion(bencher, lying(), vec![(ALWAYS, Force::Machine(Box::new(Machine::new(1, &vibration))))]);
}

#[divan::bench]
fn motion_recording(bencher: Bencher) {
    let count = 10_000_usize;
    let axis = |phase: usize| -> Vec<f32> { (0..count).map(|i| ((i + phase) % 53) as f32 / 53.0).collect() };
    let axes = || [axis(0), axis(10), axis(20)];
    let track = ImuTrack {
        t_ns: (0..count as u64).map(|i| i * 10_000_000).collect(),
        accel_g: axes(),
        gyro_dps: Some(axes()),
        step_ns: 10_000_000,
        ..ImuTrack::default()
    };
    let turns = Occasion { every_ns: Some(100_000_000_000), ..Occasion::new(0, 100_000_000_000) };
    motion(bencher, vec![], vec![(turns, Force::Replay(Replay::new(Arc::new(track), 0, Gaps::Hold)))]);
}
