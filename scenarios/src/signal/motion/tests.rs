use super::*;
use crate::recording::ImuTrack;
use crate::schema::{Attitude, Bearing, Gaps, Shape, Vibration};
use std::sync::Arc;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;
const ALWAYS: Occasion = Occasion::new(0, u64::MAX);

/// Six axes at 1 kHz, rendered in blocks of `cut` instants.
fn rendered(world: &mut MotionWorld, t0_ns: u64, count: usize, cut: usize) -> [Vec<f32>; 6] {
    let mut axes: [Vec<f32>; 6] = Default::default();
    let mut block = MotionBlock::new(0);
    while axes[0].len() < count {
        block.len = cut.min(count - axes[0].len()).min(MotionBlock::CAP);
        world.render(t0_ns + axes[0].len() as u64 * MS, 1e6, &mut block);
        for (axis, values) in axes.iter_mut().zip(block.accel_g.iter().chain(&block.gyro_dps)) {
            axis.extend(&values[..block.len]);
        }
    }
    axes
}

fn to(roll_deg: f32, pitch_deg: f32, at_once: bool) -> Change {
    Change::To { target: Quat::from_attitude(&Attitude { roll_deg, pitch_deg, yaw_deg: 0.0 }), at_once }
}

fn peak(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most, x| most.max(x.abs()))
}

#[test]
fn a_still_node_feels_gravity_alone() {
    let mut flat = MotionWorld::from_parts([], []);
    let axes = rendered(&mut flat, 5, 300, 256);
    assert!(axes[2].iter().all(|x| *x == 1.0) && axes[0].iter().chain(&axes[3]).all(|x| *x == 0.0));
    let mut rolled = MotionWorld::from_parts([(Occasion::new(0, 1), to(90.0, 0.0, true))], []);
    assert!((rendered(&mut rolled, 0, 1, 1)[1][0] - 1.0).abs() < 1e-6);
}

/// Integrates the gyroscope from a known attitude; returns the largest disagreement of gravity.
fn gravity_error(world: &mut MotionWorld, from: Quat, count: usize) -> f64 {
    let axes = rendered(world, 0, count, 256);
    let (mut attitude, mut worst) = (from, 0.0_f64);
    for k in 0..count {
        let up = attitude.to_chip([0.0, 0.0, 1.0]);
        for axis in 0..3 {
            worst = worst.max((up[axis] - f64::from(axes[axis][k])).abs());
        }
        if k + 1 < count {
            let rate = [3, 4, 5].map(|i| 0.5 * f64::from(axes[i][k] + axes[i][k + 1]).to_radians());
            let size = libm::sqrt(rate.iter().map(|x| x * x).sum());
            if size > 0.0 {
                attitude = attitude.then_inner(Quat::about(rate.map(|x| x / size), size * 1e-3));
            }
        }
    }
    worst
}

#[test]
fn angular_rate_integrates_to_gravity() {
    let changes = vec![
        (Occasion::new(100 * MS, 700 * MS), to(120.0, 30.0, false)),
        (Occasion::new(900 * MS, 500 * MS), Change::Spin { axis: Axis::Y, rate_dps: 200.0 }),
        (Occasion::new(1600 * MS, 300 * MS), to(-45.0, 80.0, false)),
    ];
    let mut world = MotionWorld::from_parts(changes, []);
    let worst = gravity_error(&mut world, Quat::IDENTITY, 2200);
    // A spin starts and stops within one step of the integration: half a step of 200 deg/s is 0.0017 rad.
    assert!(worst < 0.004, "{worst}");
}

#[test]
fn the_pose_is_the_attitude_that_gravity_shows() {
    let changes = vec![
        (Occasion::new(100 * MS, 700 * MS), to(120.0, 30.0, false)),
        (Occasion::new(900 * MS, 500 * MS), Change::Spin { axis: Axis::Z, rate_dps: 300.0 }),
    ];
    let mut world = MotionWorld::from_parts(changes, []);
    for t in (0..2000).step_by(37) {
        let axes = rendered(&mut world, t * MS, 1, 1);
        let up = world.pose(t * MS).to_chip([0.0, 0.0, 1.0]);
        for axis in 0..3 {
            assert!((f64::from(axes[axis][0]) - up[axis]).abs() < 1e-5, "at {t} ms");
        }
    }
}

#[test]
fn a_walker_steps_at_his_cadence_with_his_force() {
    let mut world = MotionWorld::from_parts([], [(ALWAYS, Force::Cycle(Cycle::walk(7, 1.8, 0.4)))]);
    let axes = rendered(&mut world, 2 * SECOND, 30_000, 250);
    // Steps: the highest point of each; counted where the vertical rises through 0.2 g after a pause.
    let (mut steps, mut last) = (0, 0);
    for k in 1..30_000 {
        if axes[2][k - 1] < 1.2 && axes[2][k] >= 1.2 && k - last > 300 {
            (steps, last) = (steps + 1, k);
        }
    }
    assert!((53..=55).contains(&steps), "{steps} steps in 30 s");
    let highest = axes[2].iter().fold(0.0_f32, |most, x| most.max(*x)) - 1.0;
    assert!((0.36..0.46).contains(&highest), "{highest}");
    let mean = axes[2].iter().sum::<f32>() / 30_000.0;
    assert!((mean - 1.0).abs() < 0.05, "walking does not lift off: {mean}");
    // The swing's rate: 20 degrees at 0.9 Hz.
    let swing = peak(&axes[4]);
    assert!((100.0..135.0).contains(&swing), "{swing}");
}

#[test]
fn every_gesture_has_its_peak_and_its_period() {
    for shape in [Shape::Circle, Shape::UpDown, Shape::Wave, Shape::Snake] {
        let mut world =
            MotionWorld::from_parts([], [(ALWAYS, Force::Cycle(Cycle::gesture(7, shape, SECOND, 0.5)))]);
        let axes = rendered(&mut world, SECOND, 20_000, 256);
        let most = (0..20_000)
            .map(|k| {
                // Without gravity's own way through the swing: from the pose.
                let up = world_up(&world, SECOND + k as u64 * MS);
                let v = [0, 1, 2].map(|axis| f64::from(axes[axis][k]) - up[axis]);
                libm::sqrt(v.iter().map(|x| x * x).sum())
            })
            .fold(0.0, f64::max);
        assert!((0.45..0.6).contains(&most), "{shape:?}: {most}");
    }
}

fn world_up(world: &MotionWorld, t_ns: u64) -> [f64; 3] {
    world.pose(t_ns).to_chip([0.0, 0.0, 1.0])
}

#[test]
fn a_fall_is_weightless_for_its_time_then_hits_and_rests() {
    let (fall, impact) = (450 * MS, 12.0);
    let drop = Occasion::new(SECOND, fall + impact::RING_NS);
    let world = || {
        MotionWorld::from_parts(
            [(drop, Change::Tumble { key: 3, fall_ns: fall })],
            [(ALWAYS, Force::Cycle(Cycle::walk(1, 1.8, 0.3))), (drop, Force::Fall(Fall::new(fall, impact)))],
        )
    };
    // Nobody walks with it any more: only the fall.
    let mut only = MotionWorld::from_parts(
        [(drop, Change::Tumble { key: 3, fall_ns: fall })],
        [(drop, Force::Fall(Fall::new(fall, impact)))],
    );
    let axes = rendered(&mut only, 0, 2500, 256);
    let size = |axes: &[Vec<f32>; 6], k: usize| libm::sqrtf((0..3).map(|i| axes[i][k] * axes[i][k]).sum());
    let weightless = (0..2500).filter(|k| size(&axes, *k) < 0.05).count();
    assert!((445..=452).contains(&weightless), "{weightless} ms");
    let hit = (0..2500).map(|k| size(&axes, k)).fold(0.0, f32::max);
    assert!((11.0..14.5).contains(&hit), "{hit}");
    assert!((size(&axes, 2499) - 1.0).abs() < 1e-5 && axes[2][2499].abs() < 0.999, "rests on another face");
    // 90 or 180 degrees in 0.45 s.
    let spin = [3, 4, 5].map(|axis: usize| axes[axis][1200].abs()).into_iter().fold(0.0, f32::max);
    assert!((spin - 200.0).abs() < 1.0 || (spin - 400.0).abs() < 1.0, "{spin}");
    // In the middle of a walk it is as weightless.
    let walked = rendered(&mut world(), 0, 2500, 256);
    assert!((1010..1440).all(|k| size(&walked, k) < 0.01));
}

#[test]
fn taps_come_at_their_times() {
    let taps = Force::Taps(Taps::new(Axis::Z, 3.0, 3, 200 * MS));
    let mut world = MotionWorld::from_parts([], [(Occasion::new(100 * MS, 400 * MS + impact::TAP_NS), taps)]);
    let axes = rendered(&mut world, 0, 1000, 100);
    let hits: Vec<usize> = (1..1000).filter(|k| axes[2][k - 1] < 3.9 && axes[2][*k] >= 3.9).collect();
    assert_eq!(hits, [103, 303, 503]);
    assert!((112..300).all(|k| (axes[2][k] - 1.0).abs() < 1e-5));
}

fn machine(bearing: Option<Bearing>) -> Machine {
    let vibration =
        Vibration { frequency_hz: 25.0, amplitude_g: 0.2, harmonics: vec![0.0, 0.5], axis: Axis::X, bearing };
    Machine::new(9, &vibration)
}

fn amplitude_at(values: &[f32], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (k, x) in values.iter().enumerate() {
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * hz * 1e-3 * k as f64);
        (re, im) = (re + cos * f64::from(*x), im + sin * f64::from(*x));
    }
    2.0 * libm::sqrt(re * re + im * im) / values.len() as f64
}

#[test]
fn a_machine_has_its_harmonics_and_a_bearing_rings() {
    let mut sound = MotionWorld::from_parts([], [(ALWAYS, Force::Machine(Box::new(machine(None))))]);
    let axes = rendered(&mut sound, 0, 8000, 256);
    for (hz, want) in [(25.0, 0.2), (50.0, 0.0), (75.0, 0.1), (100.0, 0.0)] {
        assert!((amplitude_at(&axes[0], hz) - want).abs() < 1e-3, "{hz} Hz");
    }
    let bearing = Bearing { frequency_hz: 10.0, amplitude_g: 1.0, resonance_hz: 150.0 };
    let mut worn = MotionWorld::from_parts([], [(ALWAYS, Force::Machine(Box::new(machine(Some(bearing)))))]);
    let worn = rendered(&mut worn, 0, 8000, 256);
    let added: Vec<f32> = worn[0].iter().zip(&axes[0]).map(|(a, b)| a - b).collect();
    assert!((0.85..1.05).contains(&peak(&added)));
    // Ten times a second, dead in between.
    let hits = (20..8000).filter(|k| added[*k].abs() > 0.4 && peak(&added[k - 20..*k]) <= 0.4).count();
    assert!((78..=81).contains(&hits), "{hits}");
}

fn everything() -> MotionWorld {
    let again = |at, length, every| Occasion {
        every_ns: Some(every),
        ..Occasion::new(at, length).with_fade(20 * MS)
    };
    let bearing = Bearing { frequency_hz: 87.0, amplitude_g: 0.4, resonance_hz: 320.0 };
    MotionWorld::from_parts(
        [
            (again(10 * MS, 300 * MS, 900 * MS), to(50.0, 10.0, false)),
            (again(400 * MS, 300 * MS, 900 * MS), Change::Spin { axis: Axis::X, rate_dps: 77.0 }),
        ],
        [
            (again(0, 2 * SECOND, 3 * SECOND), Force::Cycle(Cycle::walk(3, 1.9, 0.3))),
            (again(500 * MS, 700 * MS, SECOND), Force::Cycle(Cycle::gesture(4, Shape::Wave, 400 * MS, 0.3))),
            (again(SECOND, SECOND, 3 * SECOND), Force::Machine(Box::new(machine(Some(bearing))))),
            (again(1234 * MS, 400 * MS, SECOND), Force::Taps(Taps::new(Axis::Y, 2.0, 2, 90 * MS))),
            (again(2500 * MS, 400 * MS, 4 * SECOND), Force::Fall(Fall::new(200 * MS, 9.0))),
            (again(3600 * MS, 200 * MS, 4 * SECOND), Force::Replay(Replay::new(ramp(), 0, Gaps::Hold))),
        ],
    )
}

#[test]
fn how_blocks_are_cut_changes_no_bit() {
    let whole = rendered(&mut everything(), 0, 9000, 256);
    for cut in [1, 7, 64, 100] {
        let parts = rendered(&mut everything(), 0, 9000, cut);
        for axis in 0..6 {
            let differing =
                whole[axis].iter().zip(&parts[axis]).position(|(a, b)| a.to_bits() != b.to_bits());
            assert_eq!(differing, None, "axis {axis}, blocks of {cut}");
        }
    }
}

#[test]
fn a_node_that_slept_moves_as_if_it_had_not() {
    let whole = rendered(&mut everything(), 0, 9000, 256);
    let mut sleeper = everything();
    rendered(&mut sleeper, 0, 10, 10);
    let late = rendered(&mut sleeper, 7000 * MS, 500, 64);
    for axis in 0..6 {
        assert_eq!(late[axis][..], whole[axis][7000..7500], "axis {axis}");
    }
    // Back in time is answered too.
    let early = rendered(&mut sleeper, 100 * MS, 50, 50);
    assert_eq!(early[0][..], whole[0][100..150]);
}

/// 100 Hz; x rises by 0.01 g a sample, with a gap of 100 ms after the tenth.
fn ramp() -> Arc<ImuTrack> {
    let t_ns: Vec<u64> = (0..20).map(|i| i * 10 * MS + if i >= 10 { 90 * MS } else { 0 }).collect();
    let x: Vec<f32> = t_ns.iter().map(|t| *t as f32 * 1e-9).collect();
    let accel_g = [x.clone(), x.iter().map(|x| -x).collect(), vec![1.0; 20]];
    Arc::new(ImuTrack { t_ns, accel_g, gyro_dps: None, step_ns: 10 * MS, ..ImuTrack::default() })
}

#[test]
fn a_recording_passes_through_its_samples_and_over_its_gaps() {
    for (gaps, in_gap) in [(Gaps::Hold, 0.09), (Gaps::Linear, 0.14), (Gaps::Zero, 0.0)] {
        let replay = Force::Replay(Replay::new(ramp(), 0, gaps));
        let mut world = MotionWorld::from_parts([], [(Occasion::new(SECOND, 280 * MS), replay)]);
        let axes = rendered(&mut world, SECOND, 300, 77);
        for k in (0..90).chain(190..280) {
            // Between samples a sinc of 32 leaves a little.
            let most = if k % 10 == 0 { 1e-6 } else { 5e-5 };
            let off = [axes[0][k] - k as f32 * 1e-3, axes[2][k] - 1.0];
            assert!(off.iter().all(|off| off.abs() < most), "{k}: {off:?}");
        }
        assert!((axes[0][140] - in_gap).abs() < 1e-6, "{gaps:?}: {}", axes[0][140]);
        assert_eq!((axes[0][290], axes[2][290], axes[3][100]), (0.0, 1.0, 0.0));
    }
}

#[test]
fn skipping_begins_inside_the_recording() {
    let replay = Force::Replay(Replay::new(ramp(), 50 * MS, Gaps::Hold));
    let mut world = MotionWorld::from_parts([], [(Occasion::new(0, 40 * MS), replay)]);
    let axes = rendered(&mut world, 0, 40, 40);
    assert!((axes[0][0] - 0.05).abs() < 1e-6 && (axes[0][39] - 0.089).abs() < 5e-5);
}
