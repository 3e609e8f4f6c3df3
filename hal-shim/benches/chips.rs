//! What the chip models cost, without the world: a cheap still one and a noise about as fast as the scenario's.
//!
//! Budgets on one core: 35 ns per 1 kHz instant of the IMU, noise included; 8 ns per sample of the microphone.

use divan::Bencher;
use divan::counter::ItemsCount;
use hal_shim::device::mpu6886::{Imperfections, Mpu6886};
use hal_shim::device::spm1423::Spm1423;
use hal_shim::device::st7735s::St7735s;
use hal_shim::device::{Direction, I2cDevice, Surroundings};
use hal_shim::supply::Supply;
use hal_shim::time::{Drift, TrueTime};
use hal_shim::world::{AtRest, Noise, Silence};
use node_core::boards::m5stickc::M5STICKC;

fn main() {
    divan::main();
}

/// xorshift64* and the sum of four bytes pairs: not normal in the tails, but as quick as a ziggurat.
struct Quick(u64);

impl Noise for Quick {
    fn normal(&mut self, out: &mut [f32]) {
        for slot in out {
            let word = self.next_u64();
            let sum = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48);
            *slot = (sum as i32 - 131_070) as f32 * (1.0 / 37_837.0);
        }
    }
    fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

/// One second of FIFO at 1000 Hz / (1 + divider), read every so often as a driver does.
fn imu_second(bencher: Bencher, divider: u8, reads: u64, quirks: Imperfections) {
    let facts = M5STICKC.imu.as_ref().expect("the board has one");
    let mut chip = Mpu6886::new(
        facts,
        Box::new(AtRest),
        Box::new(Quick(88_172_645_463_325_252)),
        Drift::from_ppb(3_000_000),
        quirks,
    );
    let mut supply = Supply::on_battery(3_800);
    let mut unmodelled = Vec::new();
    let around = &mut Surroundings { supply: &mut supply, unmodelled: &mut unmodelled };
    for pair in [[0x6B, 1], [0x1A, 1], [0x19, divider], [0x1D, 1], [0x23, 0x18], [0x6A, 0x40]] {
        chip.start(TrueTime::START, Direction::Write, around);
        chip.write(TrueTime::START, &pair, around);
        chip.stop(TrueTime::START, around);
    }
    let mut now = TrueTime::START;
    let mut record = [0; 1024];
    bencher.counter(ItemsCount::new(1_000usize)).bench_local(|| {
        for _ in 0..reads {
            now = now + 1_000_000_000 / reads;
            chip.start(now, Direction::Write, around);
            chip.write(now, &[0x72], around);
            chip.start(now, Direction::Read, around);
            let mut count = [0; 2];
            chip.read(now, &mut count, around);
            let count = u16::from_be_bytes(count) as usize;
            chip.start(now, Direction::Write, around);
            chip.write(now, &[0x74], around);
            chip.start(now, Direction::Read, around);
            chip.read(now, &mut record[..count], around);
            chip.stop(now, around);
        }
        record[0]
    });
}

#[divan::bench]
fn imu_100_hz(bencher: Bencher) {
    imu_second(bencher, 9, 4, Imperfections::TYPICAL);
}

#[divan::bench]
fn imu_1000_hz(bencher: Bencher) {
    imu_second(bencher, 0, 20, Imperfections::TYPICAL);
}

#[divan::bench]
fn imu_100_hz_without_noise(bencher: Bencher) {
    imu_second(bencher, 9, 4, Imperfections::NONE);
}

#[divan::bench]
fn microphone_block(bencher: Bencher) {
    let facts = M5STICKC.microphone.as_ref().expect("the board has one");
    let mut microphone = Spm1423::new(facts, Box::new(Silence), Box::new(Quick(88_172_645_463_325_252)));
    microphone.power(TrueTime::START, true);
    let mut out = [0i16; 512];
    let mut t0 = 1_000_000_000;
    bencher.counter(ItemsCount::new(512usize)).bench_local(|| {
        microphone.render(t0, 62_500.0, &mut out);
        t0 += 32_000_000;
        out[0]
    });
}

#[divan::bench]
fn noise_alone(bencher: Bencher) {
    let mut noise = Quick(88_172_645_463_325_252);
    let mut out = [0.0f32; 512];
    bencher.counter(ItemsCount::new(512usize)).bench_local(|| {
        noise.normal(&mut out);
        out[0]
    });
}

#[divan::bench]
fn lcd_stripe(bencher: Bencher) {
    let mut lcd = St7735s::new(M5STICKC.lcd.as_ref().expect("the board has one"));
    let mut supply = Supply::on_battery(3_800);
    let mut unmodelled = Vec::new();
    let around = &mut Surroundings { supply: &mut supply, unmodelled: &mut unmodelled };
    lcd.power(TrueTime::START, true);
    let now = TrueTime::from_millis(200);
    let stripe = [0x5A; 80 * 16 * 2];
    lcd.write(now, false, &[0x3A], around);
    lcd.write(now, true, &[0x05], around);
    bencher.counter(ItemsCount::new(1_280usize)).bench_local(|| {
        for (command, data) in [(0x2A, [0, 26, 0, 105]), (0x2B, [0, 1, 0, 16])] {
            lcd.write(now, false, &[command], around);
            lcd.write(now, true, &data, around);
        }
        lcd.write(now, false, &[0x2C], around);
        lcd.write(now, true, &stripe, around);
    });
}
