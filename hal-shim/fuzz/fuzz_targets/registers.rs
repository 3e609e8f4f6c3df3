//! Any conversation with any chip: nothing panics, and how often a chip was asked in between changes no byte.
#![no_main]

use hal_shim::device::axp192::Axp192;
use hal_shim::device::bm8563::{Bm8563, DateTime};
use hal_shim::device::mpu6886::{Imperfections, Mpu6886};
use hal_shim::device::st7735s::St7735s;
use hal_shim::device::{Ack, Direction, I2cDevice, Surroundings, Unmodelled};
use hal_shim::supply::Supply;
use hal_shim::time::{Drift, TrueTime};
use hal_shim::world::{Motion, MotionBlock, Noise};
use libfuzzer_sys::fuzz_target;
use node_core::boards::m5stickc::M5STICKC;
use std::collections::BTreeSet;

/// Each axis moves with time, the gyroscope's beyond its range.
struct Moving;

impl Motion for Moving {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: MotionBlock<'_>) {
        for (axis, slice) in out.accel_g.into_iter().chain(out.gyro_dps).enumerate() {
            for (k, slot) in slice.iter_mut().enumerate() {
                let ms = ((t0_ns as f64 + k as f64 * dt_ns) * 1e-6) as u64;
                *slot = (ms * (axis as u64 + 1) % 5_000) as f32 * 1e-3 * if axis < 3 { 1.0 } else { 900.0 };
            }
        }
    }
}

struct Dice(u64);

impl Noise for Dice {
    fn normal(&mut self, out: &mut [f32]) {
        out.iter_mut().for_each(|slot| *slot = (self.next_u64() >> 40) as f32 / (1u64 << 22) as f32 - 2.0);
    }
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0 ^ self.0 >> 29
    }
}

/// The fuzzer's bytes, from the front; zeros when there are no more.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn one(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }
    fn some(&mut self, most: usize) -> &'a [u8] {
        let count = usize::from(self.one()).min(most).min(self.0.len());
        let (some, rest) = self.0.split_at(count);
        self.0 = rest;
        some
    }
}

/// A chip on a bus, and how to ask it something that no node can see.
trait Subject: I2cDevice {
    /// Waits of up to 256 << this nanoseconds: what the chip simulates of them takes real time.
    const LONGEST: u32;
    fn nudge(&mut self, at: TrueTime, supply: &Supply);
}

impl Subject for Mpu6886 {
    const LONGEST: u32 = 27;
    fn nudge(&mut self, at: TrueTime, supply: &Supply) {
        self.settle(at, supply.celsius);
        self.interrupt(at, supply.celsius);
    }
}

impl Subject for Axp192 {
    const LONGEST: u32 = 30;
    fn nudge(&mut self, at: TrueTime, supply: &Supply) {
        self.settle(at, supply);
        self.interrupt(at, supply);
        self.next_event();
    }
}

impl Subject for Bm8563 {
    const LONGEST: u32 = 38;
    fn nudge(&mut self, at: TrueTime, _: &Supply) {
        self.settle(at);
        self.interrupt(at);
    }
}

/// Everything that the node could see of the chip.
fn converse<S: Subject>(mut chip: S, mut bytes: Bytes, often: bool) -> (Vec<u8>, Vec<Unmodelled>) {
    let (mut seen, mut unmodelled) = (Vec::new(), Vec::new());
    let mut supply = Supply::on_battery(3_800);
    let (mut now, mut powered) = (0u64, true);
    while !bytes.0.is_empty() {
        let step = bytes.one();
        match step % 8 {
            0..=2 => {
                let wait =
                    u64::from(bytes.one()) << (u32::from(step) * u32::from(bytes.one()) % (S::LONGEST + 1));
                if often {
                    for part in 1..4 {
                        chip.nudge(TrueTime(now + wait * part / 4), &supply);
                    }
                }
                now += wait;
            }
            3 => {
                // Whoever changes the supply settles with the old one first.
                chip.nudge(TrueTime(now), &supply);
                powered = !powered;
                chip.power(TrueTime(now), powered);
            }
            // The bus asks nothing of a chip without power.
            4.. if !powered => {}
            4..=5 => {
                let written = bytes.some(40);
                let around = &mut Surroundings { supply: &mut supply, unmodelled: &mut unmodelled };
                let answer = chip.start(TrueTime(now), Direction::Write, around);
                seen.push((answer == Ack::Ack) as u8);
                now += 22_500 * written.len() as u64;
                let taken = chip.write(TrueTime(now), written, around);
                assert!(taken <= written.len());
                seen.push(taken as u8);
                if step & 0x80 == 0 {
                    chip.stop(TrueTime(now), around);
                }
            }
            _ => {
                let mut out = [0xA5; 64];
                let out = &mut out[..usize::from(bytes.one()) % 65];
                let around = &mut Surroundings { supply: &mut supply, unmodelled: &mut unmodelled };
                if step & 0x40 != 0 {
                    chip.start(TrueTime(now), Direction::Write, around);
                    chip.write(TrueTime(now), &[bytes.one()], around);
                }
                chip.start(TrueTime(now), Direction::Read, around);
                chip.read(TrueTime(now), out, around);
                now += 22_500 * out.len() as u64;
                chip.stop(TrueTime(now), around);
                seen.extend_from_slice(out);
            }
        }
    }
    (seen, unmodelled)
}

/// The picture, and what was reported (how often depends on the pieces); `cut` sends data byte by byte.
fn draw(mut bytes: Bytes, cut: bool) -> (Vec<[u8; 3]>, BTreeSet<(u8, &'static str)>) {
    let mut chip = St7735s::new(M5STICKC.lcd.as_ref().unwrap());
    let mut supply = Supply::on_battery(3_800);
    let mut unmodelled = Vec::new();
    let (mut now, mut powered) = (0u64, true);
    chip.power(TrueTime(0), true);
    while !bytes.0.is_empty() {
        let step = bytes.one();
        let around = &mut Surroundings { supply: &mut supply, unmodelled: &mut unmodelled };
        match step % 8 {
            0 => now += u64::from(bytes.one()) * 1_000_000,
            1 => chip.reset_pin(TrueTime(now), step & 0x80 == 0),
            2 if step & 0xC0 == 0xC0 => {
                powered = !powered;
                chip.power(TrueTime(now), powered);
            }
            2..=4 => chip.write(TrueTime(now), false, &[bytes.one()], around),
            _ => {
                let data = bytes.some(64);
                let piece = if cut { 1 } else { data.len().max(1) };
                for piece in data.chunks(piece) {
                    chip.write(TrueTime(now), true, piece, around);
                }
            }
        }
    }
    let picture = chip.framebuffer();
    assert_eq!(picture.pixels.len(), (picture.width * picture.height) as usize);
    (picture.pixels, unmodelled.iter().map(|report| (report.register, report.why)).collect())
}

fuzz_target!(|input: &[u8]| {
    let Some((which, rest)) = input.split_first() else { return };
    let facts = &M5STICKC;
    match which % 4 {
        0 => {
            let chip = || {
                let facts = facts.imu.as_ref().unwrap();
                let drift = Drift::from_ppb(4_321_000);
                Mpu6886::new(facts, Box::new(Moving), Box::new(Dice(1)), drift, Imperfections::TYPICAL)
            };
            assert_eq!(converse(chip(), Bytes(rest), false), converse(chip(), Bytes(rest), true));
        }
        1 => {
            let mut rest = Bytes(rest);
            let (at, hold) = (1_000_000 + (u64::from(rest.one()) << 24), u64::from(rest.one()) << 27);
            let chip = || {
                let mut chip = Axp192::new(facts.pmic.as_ref().unwrap());
                chip.press(TrueTime(at), hold);
                chip
            };
            assert_eq!(converse(chip(), Bytes(rest.0), false), converse(chip(), Bytes(rest.0), true));
        }
        2 => {
            let start =
                DateTime { year: 2027, month: 12, day: 31, weekday: 5, hour: 23, minute: 59, second: 50 };
            let chip = || Bm8563::new(facts.rtc.as_ref().unwrap(), start, Drift::from_ppb(-20_000));
            assert_eq!(converse(chip(), Bytes(rest), false), converse(chip(), Bytes(rest), true));
        }
        // Thousands of pixels would drown the difference.
        _ => assert!(draw(Bytes(rest), false) == draw(Bytes(rest), true)),
    }
});
