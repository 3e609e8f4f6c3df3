//! Bytes by hand from DS-000193 and its family's register map; no driver.

use super::*;
use crate::device::test_world::{Bench, Dice, Held, Moving, Talk, talk};
use proptest::prelude::*;

const FACTS: ChipFacts = ChipFacts { address: 0x68, rail: Rail::Dcdc1 };

fn ms(ms: u64) -> TrueTime {
    TrueTime::from_millis(ms)
}

fn chip(motion: impl Motion + 'static, ppb: i32, quirks: Imperfections) -> Bench<Mpu6886> {
    let dice = Box::new(Dice::new(3));
    Bench::new(Mpu6886::new(&FACTS, Box::new(motion), dice, Drift::from_ppb(ppb), quirks))
}

/// Awake, 176 and 218 Hz, 100 Hz out, +-8 g and +-2000 dps.
fn running(bench: &mut Bench<Mpu6886>, at: TrueTime) {
    for pair in [[0x6B, 0x01], [0x1A, 0x01], [0x19, 9], [0x1B, 0x18], [0x1C, 0x10], [0x1D, 0x01]] {
        assert_eq!(bench.write(at, &pair), 2);
    }
}

fn axes(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks(2).map(|b| i16::from_be_bytes([b[0], b[1]])).collect()
}

const UPRIGHT: Held = Held { g: [0.25, -0.5, 1.0], dps: [100.0, -200.0, 10.0] };

#[test]
fn reset_values() {
    let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
    assert_eq!(bench.read::<1>(ms(1), 0x75), [0x19]);
    assert_eq!(bench.read::<2>(ms(1), 0x6B), [0x41, 0x00]);
    assert_eq!(bench.read::<6>(ms(1), 0x19), [0x00, 0x80, 0x00, 0x00, 0x00, 0x00]);
    assert_eq!(bench.read::<14>(ms(500), 0x3B), [0; 14], "asleep: nothing measured");
    assert_eq!(bench.findings(), []);
}

#[test]
fn a_still_world_in_counts_at_every_range() {
    for (code, per_g) in [(0u8, 16384.0), (1, 8192.0), (2, 4096.0), (3, 2048.0f32)] {
        for (gyro_code, per_dps) in [(0u8, 131.0), (1, 65.5), (2, 32.8), (3, 16.4f32)] {
            let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
            running(&mut bench, ms(0));
            bench.write(ms(0), &[0x1B, gyro_code << 3, code << 3]);
            let got = axes(&bench.read::<14>(ms(500), 0x3B));
            let dps = |x: f32| libm::roundf(x * per_dps).clamp(-32768.0, 32767.0) as i16;
            let g = |x: f32| (x * per_g) as i16;
            assert_eq!(got[..3], [g(0.25), g(-0.5), g(1.0)]);
            assert_eq!(got[4..], [dps(100.0), dps(-200.0), dps(10.0)]);
            // 25 degrees around it, one more inside: 326.8 counts.
            assert_eq!(got[3], 327);
        }
    }
}

#[test]
fn beyond_the_range_it_stays_at_the_end() {
    let mut bench = chip(Held { g: [3.0, -3.0, 0.0], dps: [0.0; 3] }, 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(0), &[0x1C, 0x00]);
    assert_eq!(axes(&bench.read::<6>(ms(500), 0x3B)), [32767, -32768, 0]);
}

#[test]
fn bias_is_added() {
    let quirks =
        Imperfections { bias_g: [0.125, 0.0, 0.0], bias_dps: [0.0, 5.0, 0.0], ..Imperfections::NONE };
    let mut bench = chip(Held { g: [0.0; 3], dps: [0.0; 3] }, 0, quirks);
    running(&mut bench, ms(0));
    assert_eq!(axes(&bench.read::<14>(ms(500), 0x3B)), [512, 0, 0, 327, 0, 82, 0]);
}

#[test]
fn nothing_before_the_sensors_have_started() {
    let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
    bench.write(ms(100), &[0x6B, 0x01]);
    bench.write(ms(100), &[0x1A, 0x01]);
    assert_eq!(axes(&bench.read::<14>(ms(119), 0x3B))[..3], [0; 3]);
    let accel = axes(&bench.read::<14>(ms(130), 0x3B));
    assert!(accel[2] > 16000 && accel[4..] == [0; 3], "{accel:?}");
    assert!(axes(&bench.read::<14>(ms(140), 0x3B))[4] > 12_000);
}

fn fifo_count(bench: &mut Bench<Mpu6886>, at: TrueTime) -> u16 {
    u16::from_be_bytes(bench.read(at, 0x72))
}

#[test]
fn rate_follows_the_divider_and_the_oscillator() {
    for (divider, ppb, seconds, expected) in [
        (9u8, 0, 1, 100u32),
        (4, 0, 1, 200),
        (0, 0, 1, 1000),
        (9, 10_000_000, 100, 10_100),
        (9, -10_000_000, 100, 9_900),
    ] {
        let mut bench = chip(UPRIGHT, ppb, Imperfections::NONE);
        running(&mut bench, ms(0));
        bench.write(ms(0), &[0x19, divider]);
        bench.write(ms(0), &[0x23, 0x18]);
        bench.write(ms(0), &[0x6A, 0x40]);
        let mut bytes = 0;
        for step in 1..=seconds * 20 {
            let count = fifo_count(&mut bench, ms(step * 50));
            bench.read_into(ms(step * 50), 0x74, &mut vec![0; count as usize]);
            bytes += count as u32;
        }
        assert_eq!(bytes % 14, 0);
        assert!((bytes / 14).abs_diff(expected) <= 1, "{} instead of {expected}", bytes / 14);
        assert_eq!(bench.read::<1>(ms(seconds * 1000), 0x3A)[0] & 0x10, 0, "no overflow");
    }
}

#[test]
fn two_seconds_late_the_fifo_has_overflown_by_exactly_as_much() {
    // 200 records of 14 bytes in two seconds, where 73 and two bytes fit.
    let mut bench = chip(Held { g: [0.0, 0.0, 1.0], dps: [0.0; 3] }, 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(995), &[0x23, 0x18]);
    bench.write(ms(995), &[0x6A, 0x44]);
    assert_eq!(fifo_count(&mut bench, ms(995)), 0);
    assert_eq!(fifo_count(&mut bench, ms(1720)), 73 * 14);
    assert_eq!(bench.read::<1>(ms(1725), 0x3A), [0x01], "full records only: nothing lost yet");
    assert_eq!(fifo_count(&mut bench, ms(2995)), 1024);
    assert_eq!(bench.read::<1>(ms(2995), 0x3A), [0x11]);
    assert_eq!(bench.read::<1>(ms(2995), 0x3A), [0x00], "cleared by reading");
    // Written 2800 bytes, the last 1024 remain: they begin 1776 = 126 * 14 + 12 bytes in, inside a record.
    let bytes: [u8; 1024] = bench.read(ms(2995), 0x74);
    assert_eq!(&bytes[2..16], &[0, 0, 0, 0, 0x10, 0x00, 0x01, 0x47, 0, 0, 0, 0, 0, 0]);
    assert_eq!(&bytes[1024 - 14..], &bytes[2..16]);
    assert_eq!(bench.read::<3>(ms(2995), 0x74), [0xFF; 3], "empty");
}

#[test]
fn in_stop_mode_the_oldest_remain() {
    let mut bench = chip(Moving::default(), 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(0), &[0x1A, 0x41]);
    bench.write(ms(995), &[0x23, 0x08]);
    bench.write(ms(995), &[0x6A, 0x44]);
    let first: [u8; 6] = bench.read(ms(1005), 0x3B);
    assert_eq!(fifo_count(&mut bench, ms(60_000)), 1024);
    assert_eq!(bench.read::<6>(ms(60_000), 0x74), first);
    assert_eq!(bench.read::<1>(ms(60_000), 0x3A)[0] & 0x10, 0x10);
}

#[test]
fn reading_the_high_count_latches_the_low() {
    let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(0), &[0x23, 0x18]);
    bench.write(ms(0), &[0x6A, 0x40]);
    assert_eq!(bench.read::<1>(ms(100), 0x72), [0]);
    assert_eq!(bench.read::<1>(ms(200), 0x73), [140], "as of 100 ms");
    assert_eq!(fifo_count(&mut bench, ms(200)), 280);
}

#[test]
fn a_write_counts_for_samples_after_it() {
    let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(995), &[0x23, 0x08]);
    bench.write(ms(995), &[0x6A, 0x44]);
    bench.write(ms(1015), &[0x1C, 0x18]); // 8 g to 16 g: half the counts
    let z: Vec<i16> = bench.read::<32>(ms(1035), 0x74).chunks(8).map(|r| axes(r)[2]).collect();
    assert_eq!(z, [4096, 4096, 2048, 2048]);
}

#[test]
fn sleep_holds_the_sample_and_the_fifo() {
    let mut bench = chip(Moving::default(), 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(0), &[0x23, 0x18]);
    bench.write(ms(0), &[0x6A, 0x40]);
    bench.write(ms(505), &[0x6B, 0x41]);
    let data = bench.read::<14>(ms(506), 0x3B);
    let count = fifo_count(&mut bench, ms(506));
    assert_eq!(count, 50 * 14);
    assert_eq!(bench.read::<14>(ms(5_000), 0x3B), data);
    assert_eq!(fifo_count(&mut bench, ms(5_000)), count);
}

#[test]
fn device_reset_takes_its_time_and_everything_with_it() {
    let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(500), &[0x6B, 0x80]);
    assert_eq!(bench.read::<1>(ms(500), 0x6B), [0xC1]);
    bench.write(ms(500), &[0x19, 7]);
    assert_eq!(bench.findings(), [0x19], "lost, and said so");
    assert_eq!(bench.read::<1>(ms(502), 0x6B), [0x41]);
    assert_eq!(bench.read::<2>(ms(502), 0x19), [0x00, 0x80]);
    assert_eq!(bench.read::<14>(ms(700), 0x3B), [0; 14]);
}

#[test]
fn standby_axes_keep_their_value() {
    let mut bench = chip(Moving::default(), 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(505), &[0x6C, 0x20 | 0x07]); // accelerometer X, all of the gyroscope
    let before = axes(&bench.read::<14>(ms(506), 0x3B));
    let after = axes(&bench.read::<14>(ms(777), 0x3B));
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    assert_eq!(before[4..], after[4..]);
}

struct StepAt(u64);
impl Motion for StepAt {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: MotionBlock<'_>) {
        for axis in out.gyro_dps {
            axis.fill(0.0);
        }
        for (axis, slice) in out.accel_g.into_iter().enumerate() {
            for (k, slot) in slice.iter_mut().enumerate() {
                let moved = t0_ns as f64 + k as f64 * dt_ns >= self.0 as f64;
                *slot = if axis == 2 { 1.0 } else { 0.0 } + if moved && axis == 0 { 0.1 } else { 0.0 };
            }
        }
    }
}

fn wake_on_motion(threshold: u8) -> Bench<Mpu6886> {
    let mut bench = chip(StepAt(1_500_000_000), 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    for pair in
        [[0x6C, 0x07], [0x20, threshold], [0x21, threshold], [0x22, threshold], [0x69, 0xC0], [0x38, 0xE0]]
    {
        bench.write(ms(100), &pair);
    }
    bench.write(ms(100), &[0x19, 99]);
    bench.write(ms(100), &[0x37, 0x20]);
    bench.write(ms(100), &[0x6B, 0x21]);
    bench
}

#[test]
fn motion_over_the_threshold_wakes() {
    let mut bench = wake_on_motion(24); // 96 mg, and the step is 100 mg
    assert!(!bench.chip.interrupt(ms(1_499), 25.0));
    assert!(bench.chip.interrupt(ms(1_500), 25.0));
    assert!(bench.chip.interrupt(ms(9_000), 25.0), "latched");
    assert_eq!(bench.read::<1>(ms(9_000), 0x3A), [0x81]);
    assert!(!bench.chip.interrupt(ms(9_000), 25.0));
    assert_eq!(bench.findings(), []);
    let mut bench = wake_on_motion(26); // 104 mg
    assert!(!bench.chip.interrupt(ms(9_000), 25.0));
}

#[test]
fn an_unlatched_interrupt_is_a_pulse() {
    let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.write(ms(0), &[0x38, 0x01]);
    assert!(bench.chip.interrupt(ms(100), 25.0));
    assert!(bench.chip.interrupt(ms(100) + 49_999, 25.0));
    assert!(!bench.chip.interrupt(ms(100) + 50_000, 25.0));
    bench.write(ms(101), &[0x37, 0x80]);
    assert!(bench.chip.interrupt(ms(102), 25.0), "active low");
}

#[test]
fn noise_density_within_5_percent() {
    let mut bench = chip(Held { g: [0.0; 3], dps: [0.0; 3] }, 0, Imperfections::TYPICAL);
    running(&mut bench, ms(0));
    bench.write(ms(0), &[0x1B, 0x00, 0x00, 0x03]); // 250 dps, 2 g, 44.8 Hz
    bench.write(ms(0), &[0x1A, 0x03]); // 41 Hz
    bench.write(ms(1_000), &[0x23, 0x18]);
    bench.write(ms(1_000), &[0x6A, 0x44]);
    let (mut accel, mut gyro, mut n) = (0.0f64, 0.0f64, 0);
    for step in 1..=400 {
        let at = ms(1_000 + step * 500);
        let mut bytes = vec![0; fifo_count(&mut bench, at) as usize];
        bench.read_into(at, 0x74, &mut bytes);
        for record in bytes.chunks(14) {
            let v = axes(record);
            accel += v[..3].iter().map(|x| (*x as f64) * (*x as f64)).sum::<f64>() / 3.0;
            gyro += v[4..].iter().map(|x| (*x as f64) * (*x as f64)).sum::<f64>() / 3.0;
            n += 1;
        }
    }
    // Quantisation adds 1/12 of a count squared. Bandwidths of this filter: 500 Hz * k/(1+k), 62.0 and 57.3 Hz.
    let rms = |sum: f64| libm::sqrt(sum / n as f64 - 1.0 / 12.0);
    let accel_expected = 100e-6 * libm::sqrt(62.04) * 16384.0;
    let gyro_expected = 4e-3 * libm::sqrt(57.33) * 131.0;
    assert!((rms(accel) / accel_expected - 1.0).abs() < 0.05, "{} instead of {accel_expected}", rms(accel));
    assert!((rms(gyro) / gyro_expected - 1.0).abs() < 0.05, "{} instead of {gyro_expected}", rms(gyro));
}

#[test]
fn what_the_model_lacks_is_reported() {
    let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    assert_eq!(bench.findings(), []);
    bench.write(ms(0), &[0x60, 1]); // FIFO watermark
    bench.write(ms(0), &[0x1B, 0xE0]); // self-test
    bench.write(ms(0), &[0x77, 1]); // offset
    bench.read::<1>(ms(0), 0x0D);
    bench.read::<1>(ms(0), 0x39);
    assert_eq!(bench.findings(), [0x60, 0x1B, 0x77, 0x0D, 0x39]);
    bench.write(ms(0), &[0x23, 0x18]);
    bench.write(ms(0), &[0x6A, 0x40]);
    bench.write(ms(0), &[0x1A, 0x00]);
    assert_eq!(bench.findings(), [0x1A], "an 8 kHz FIFO");
}

#[test]
fn without_power_it_is_not_there() {
    let mut bench = chip(UPRIGHT, 0, Imperfections::NONE);
    running(&mut bench, ms(0));
    bench.chip.power(ms(100), false);
    assert_eq!(bench.write(ms(200), &[0x19, 1]), 0);
    bench.chip.power(ms(300), true);
    assert_eq!(bench.read::<1>(ms(300), 0x6B), [0x41]);
    assert_eq!(bench.read::<14>(ms(900), 0x3B), [0; 14]);
}

/// Registers that matter, so that a random conversation gets somewhere.
fn likely() -> impl Strategy<Value = Vec<Talk>> {
    let pairs = [
        [0x6B, 0x01],
        [0x6B, 0x21],
        [0x6B, 0x41],
        [0x6B, 0x80],
        [0x1A, 0x01],
        [0x1A, 0x43],
        [0x19, 0],
        [0x19, 9],
        [0x19, 99],
        [0x1B, 0x18],
        [0x1C, 0x10],
        [0x1D, 0x06],
        [0x23, 0x18],
        [0x23, 0x08],
        [0x6A, 0x40],
        [0x6A, 0x44],
        [0x6C, 0x07],
        [0x6C, 0x00],
        [0x69, 0xC0],
        [0x20, 8],
        [0x38, 0xF1],
        [0x37, 0x20],
    ];
    let step = prop_oneof![
        5 => (0u64..400_000_000).prop_map(Talk::Wait),
        6 => prop::sample::select(pairs.to_vec()).prop_map(|pair| Talk::Write(pair.to_vec())),
        3 => prop::sample::select(vec![(0x3Bu8, 14usize), (0x74, 200), (0x72, 2), (0x3A, 1)])
            .prop_map(|(register, n)| Talk::Read(register, n)),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn no_conversation_makes_it_panic(steps in talk()) {
        chip(UPRIGHT, 1_234_567, Imperfections::TYPICAL).converse(&steps);
    }

    /// Asking more often changes no byte.
    #[test]
    fn lazy(steps in likely(), asks in prop::collection::vec(0u64..400_000_000, 1..8)) {
        let plain = chip(Moving::default(), -7_654_321, Imperfections::TYPICAL).converse(&steps);
        let mut curious = chip(Moving::default(), -7_654_321, Imperfections::TYPICAL);
        let mut now = TrueTime::START;
        let mut heard = Vec::new();
        let mut asks = asks.iter().cycle();
        for step in &steps {
            match step {
                Talk::Wait(ns) => {
                    let mut at = now;
                    loop {
                        at = at + *asks.next().unwrap() / 3 + 1;
                        if at >= now + *ns { break }
                        curious.chip.settle(at, 25.0);
                        curious.chip.interrupt(at, 25.0);
                    }
                    now = now + *ns;
                }
                Talk::Write(bytes) => { curious.write(now, bytes); }
                Talk::Read(register, n) => {
                    let mut out = vec![0; *n];
                    curious.read_into(now, *register, &mut out);
                    heard.extend(out);
                }
                _ => {}
            }
        }
        prop_assert_eq!(plain, heard);
    }
}
