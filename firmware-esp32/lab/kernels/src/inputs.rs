//! What the kernels get: sound, and motion as the chip's FIFO holds it. Made with integers and `libm` only, so the same on
//! every machine.

use core::f32::consts::TAU;
use node_core::drivers::mpu6886::regs::RECORD_ACCEL_GYRO_BYTES;

/// Samples of sound: 64 ms at 16 kHz.
pub const SOUND: usize = 1024;
/// Samples of motion: 5 s at 100 Hz.
pub const MOTION: usize = 512;
pub const MOTION_RATE_HZ: f32 = 100.0;
/// Counts of the accelerometer's and gyroscope's default ranges (8 g, 2000 degrees/s).
pub const PER_G: f32 = 4_096.0;
pub const PER_DPS: f32 = 16.4;

/// xorshift32
struct Noise(u32);

impl Noise {
    /// Uniform within ±1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// A room: low noise, a hum, a tone of 1 kHz, and the microphone's offset.
pub fn sound() -> [i16; SOUND] {
    let mut noise = Noise(0x5EED_0001);
    let mut low = 0.0;
    core::array::from_fn(|n| {
        let white = noise.next();
        low += 0.1 * (white - low);
        let sine = |hz: f32| libm::sinf(TAU * hz * n as f32 / 16_000.0);
        (1_200.0 * low + 60.0 * white + 250.0 * sine(1_000.0) + 120.0 * sine(100.0) - 350.0) as i16
    })
}

/// What somebody does.
#[derive(Clone, Copy)]
pub enum Doing {
    /// Walks, with the device at the wrist.
    Walks,
    /// Leaves it on a table.
    Nothing,
}

/// The FIFO's records: acceleration, temperature and turning, big-endian.
pub fn motion(doing: Doing) -> [[u8; RECORD_ACCEL_GYRO_BYTES]; MOTION] {
    let mut noise = Noise(0x5EED_0002);
    core::array::from_fn(|n| {
        let sine = |hz: f32, g: f32| g * libm::sinf(TAU * hz * n as f32 / MOTION_RATE_HZ);
        let (accel, gyro) = match doing {
            Doing::Walks => (
                [sine(0.9, 0.2), 0.3 + sine(1.8, 0.12), 0.95 + sine(1.8, 0.25) + sine(3.6, 0.1)],
                [sine(0.9, 40.0), sine(1.8, 25.0), sine(0.9, 60.0)],
            ),
            Doing::Nothing => ([0.0, 0.0, 1.0], [0.0; 3]),
        };
        let mut record = [0; RECORD_ACCEL_GYRO_BYTES];
        let mut put = |at: usize, value: f32| {
            record[at..at + 2].copy_from_slice(&(value as i16).to_be_bytes());
        };
        for axis in 0..3 {
            put(2 * axis, (accel[axis] + 0.004 * noise.next()) * PER_G);
            put(8 + 2 * axis, (gyro[axis] + noise.next()) * PER_DPS);
        }
        put(6, 326.8 * 5.0);
        record
    })
}
