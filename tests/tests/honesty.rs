//! Tests that keep the simulator honest: what a node sees goes through registers, wires and time, or it is a story.

use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::i2c::I2c;
use hal_shim::device::mpu6886::Imperfections;
use hal_shim::node::Node;
use hal_shim::world::{Motion, MotionBlock};
use node_core::board::{Board, Events, Parts};
use node_core::drivers::mpu6886::{AccelRange, Config, Dlpf, FifoContent, GyroRange, Mpu6886, Odr, regs};
use node_core::event::Event;
use node_core::time::Clock;
use nodetwin_tests::{Bench, run, shipped};
use sim::engine::Options;
use sim::outcome::Outcome;
use sim::score::classes_against_labels;
use std::future::pending;

fn say<B: Board>(parts: &Parts<B>, name: &'static str, value: i32) {
    parts.events.emit(Event::Custom { name, at: parts.clock.now(), value });
}

fn values(node: &mut Node, wanted: &str) -> Vec<i32> {
    let value = |event| match event {
        Event::Custom { name, value, .. } if name == wanted => Some(value),
        _ => None,
    };
    node.sums().said.iter().filter_map(|said| value(said.event)).collect()
}

const CONFIG: Config = Config {
    odr: Odr::from_divider(9),
    accel: AccelRange::G8,
    gyro: GyroRange::Dps500,
    dlpf: Dlpf::Hz176,
    fifo: FifoContent::AccelGyro,
};

#[test]
fn a_range_changed_behind_the_driver_makes_its_g_wrong_by_exactly_that_factor() {
    let mut node = Bench::default().run_for(2.0, |board| async move {
        let mut parts = board.split();
        let address = parts.facts.imu.as_ref().unwrap().address;
        for range in [AccelRange::G8, AccelRange::G4, AccelRange::G16] {
            let mut imu = Mpu6886::new(&mut parts.i2c, address, CONFIG);
            imu.init(&mut parts.delay).await.unwrap();
            let g_per_lsb = imu.scale().g_per_lsb;
            // The driver believes in 8 g.
            parts.i2c.write(address, &[regs::ACCEL_CONFIG, (range as u8) << 3]).await.unwrap();
            parts.delay.delay_ms(100).await;
            let mut bytes = [0; 6];
            parts.i2c.write_read(address, &[regs::ACCEL_XOUT_H], &mut bytes).await.unwrap();
            let z = i16::from_be_bytes([bytes[4], bytes[5]]);
            say(&parts, "milli-g", (f32::from(z) * g_per_lsb * 1_000.0).round() as i32);
        }
        pending().await
    });
    assert_eq!(values(&mut node, "milli-g"), [1_000, 2_000, 500]);
}

/// Acceleration along x that grows by 10 LSB of the 8 g range every 10 ms: each sample tells when it was taken.
struct Ramp;

impl Motion for Ramp {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: MotionBlock<'_>) {
        let [x, y, z] = out.accel_g;
        for (index, x) in x.iter_mut().enumerate() {
            let seconds = (t0_ns as f64 + index as f64 * dt_ns) * 1e-9;
            *x = (seconds * 1_000.0 / 4_096.0) as f32;
        }
        y.fill(0.0);
        z.fill(1.0);
        for axis in out.gyro_dps {
            axis.fill(0.0);
        }
    }
}

#[test]
fn a_fifo_read_two_seconds_late_has_lost_exactly_what_does_not_fit() {
    let bench = Bench { motion: Box::new(Ramp), imu: Imperfections::NONE, ..Bench::default() };
    let mut node = bench.run_for(4.0, |board| async move {
        let mut parts = board.split();
        let address = parts.facts.imu.as_ref().unwrap().address;
        let mut imu = Mpu6886::new(&mut parts.i2c, address, CONFIG);
        imu.init(&mut parts.delay).await.unwrap();
        imu.reset_fifo().await.unwrap();
        let from = parts.clock.now();
        parts.delay.delay_ms(2_000).await;
        // Raw, as the driver would throw the rest away: 73 records of 14 bytes fit into 1024.
        let i2c = imu.release();
        let mut level = [0; 2];
        i2c.write_read(address, &[regs::FIFO_COUNTH], &mut level).await.unwrap();
        let mut bytes = [0; 73 * 14];
        i2c.write_read(address, &[regs::FIFO_R_W], &mut bytes).await.unwrap();
        i2c.write(address, &[regs::USER_CTRL, 0x44]).await.unwrap();
        let passed_us = parts.clock.now().since(from).as_micros();
        parts.delay.delay_ms(50).await;
        let mut next = [0; 2];
        i2c.write_read(address, &[regs::FIFO_R_W], &mut next).await.unwrap();
        say(&parts, "passed us", passed_us as i32);
        say(&parts, "level", u16::from_be_bytes(level).into());
        for record in bytes.chunks_exact(14) {
            say(&parts, "x", i16::from_be_bytes([record[0], record[1]]).into());
        }
        say(&parts, "next", i16::from_be_bytes(next).into());
        pending().await
    });
    // In LSB of the 8 g range (4096 per g) the ramp is 1000 LSB a second, 10 a sample.
    let kept = values(&mut node, "x");
    assert_eq!(kept.len(), 73);
    assert!((1_022..=1_024).contains(&values(&mut node, "level")[0]));
    assert!(
        kept.windows(2).all(|pair| (pair[1] - pair[0] - 10).abs() <= 1),
        "the oldest are kept, in a row: {kept:?}"
    );
    let lost = (values(&mut node, "next")[0] - kept[72]) / 10 - 1;
    // One sample each 10 ms between the two resets; 73 were kept, the rest is gone.
    let made = values(&mut node, "passed us")[0] / 10_000;
    assert!((lost - (made - 73)).abs() <= 1, "{lost} lost of {made} made");
    assert!(lost > 120, "{lost}");
}

#[test]
fn a_slower_cpu_changes_the_trace() {
    let hash = |cpu: &str| run(shipped("scenarios/motion.toml", &[cpu]), &Options::default()).trace_hash;
    assert_ne!(hash("node.wrist.cpu=160MHz"), hash("node.wrist.cpu=80MHz"));
}

#[test]
fn with_the_sensor_dead_scores_fall_to_chance() {
    let accuracy = |outcome: &Outcome| {
        let scores = classes_against_labels(outcome, &outcome.nodes[0]).expect("windows were classified");
        scores.accuracy().expect("windows lie inside labels")
    };
    let honest = run(shipped("scenarios/motion.toml", &[]), &Options::default());
    assert!(accuracy(&honest) >= 0.8);
    let mut dead = shipped("scenarios/motion.toml", &[]);
    let stuck = shipped("scenarios/canary/sensor-stuck-at-zero.toml", &[]);
    dead.faults = stuck.faults;
    dead.faults[0].when.until_ns = dead.duration_ns;
    dead.faults[0].when.length_ns = Some(dead.duration_ns);
    let outcome = run(dead, &Options::default());
    assert!(outcome.faults[0].strikes > 0);
    // A dead sensor calls everything the same: right as often as that class is.
    let labelled: u64 = outcome.nodes[0].labels.iter().map(|label| label.end_ns - label.start_ns).sum();
    let commonest = ["still", "walk", "run", "shake"]
        .map(|class| {
            let of_class = outcome.nodes[0].labels.iter().filter(|label| label.label == class);
            of_class.map(|label| label.end_ns - label.start_ns).sum::<u64>()
        })
        .into_iter()
        .max()
        .unwrap();
    let chance = commonest as f64 / labelled as f64;
    let got = accuracy(&outcome);
    assert!(got <= chance + 0.05, "{got} with a dead sensor, chance is {chance}");
}
