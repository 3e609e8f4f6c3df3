//! Worlds and dice for the tests of the models: nothing that a scenario uses.

use super::{Direction, I2cDevice, Surroundings, Unmodelled};
use crate::supply::Supply;
use crate::time::TrueTime;
use crate::world::{Motion, MotionBlock, Noise};

/// SplitMix64 and Box-Muller: slow and plain.
pub(crate) struct Dice {
    state: u64,
    spare: Option<f32>,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, spare: None }
    }
    fn uniform(&mut self) -> f64 {
        ((self.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
}

impl Noise for Dice {
    fn normal(&mut self, out: &mut [f32]) {
        for slot in out {
            *slot = match self.spare.take() {
                Some(spare) => spare,
                None => {
                    let radius = libm::sqrt(-2.0 * libm::log(self.uniform()));
                    let (sin, cos) = libm::sincos(2.0 * core::f64::consts::PI * self.uniform());
                    self.spare = Some((radius * sin) as f32);
                    (radius * cos) as f32
                }
            };
        }
    }
    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// The same on and on.
pub(crate) struct Held {
    pub g: [f32; 3],
    pub dps: [f32; 3],
}

impl Motion for Held {
    fn render(&mut self, _: u64, _: f64, out: MotionBlock<'_>) {
        for (slice, value) in
            out.accel_g.into_iter().zip(self.g).chain(out.gyro_dps.into_iter().zip(self.dps))
        {
            slice.fill(value);
        }
    }
}

/// Every axis moves with time, and a call that goes back in time fails the test.
#[derive(Default)]
pub(crate) struct Moving {
    rendered_to: f64,
}

impl Motion for Moving {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: MotionBlock<'_>) {
        // A nanosecond of rounding is not a step back.
        assert!(t0_ns as f64 + 2.0 > self.rendered_to, "asked for {t0_ns} after {}", self.rendered_to);
        for (axis, slice) in out.accel_g.into_iter().chain(out.gyro_dps).enumerate() {
            for (k, slot) in slice.iter_mut().enumerate() {
                let seconds = (t0_ns as f64 + k as f64 * dt_ns) * 1e-9;
                *slot = libm::sin(seconds * (axis as f64 + 1.0) * 9.0) as f32
                    * if axis < 3 { 1.5 } else { 120.0 };
            }
            self.rendered_to = t0_ns as f64 + slice.len() as f64 * dt_ns;
        }
    }
}

/// A bus with one chip on it and no wire time.
pub(crate) struct Bench<D> {
    pub chip: D,
    pub supply: Supply,
    pub unmodelled: Vec<Unmodelled>,
}

impl<D: I2cDevice> Bench<D> {
    pub fn new(chip: D) -> Self {
        Self { chip, supply: Supply::on_battery(3_800), unmodelled: Vec::new() }
    }
    pub fn write(&mut self, at: TrueTime, bytes: &[u8]) -> usize {
        let around = &mut Surroundings { supply: &mut self.supply, unmodelled: &mut self.unmodelled };
        self.chip.start(at, Direction::Write, around);
        let taken = self.chip.write(at, bytes, around);
        self.chip.stop(at, around);
        taken
    }
    pub fn read<const N: usize>(&mut self, at: TrueTime, register: u8) -> [u8; N] {
        let mut out = [0xA5; N];
        self.read_into(at, register, &mut out);
        out
    }
    pub fn read_into(&mut self, at: TrueTime, register: u8, out: &mut [u8]) {
        let around = &mut Surroundings { supply: &mut self.supply, unmodelled: &mut self.unmodelled };
        self.chip.start(at, Direction::Write, around);
        self.chip.write(at, &[register], around);
        self.chip.start(at, Direction::Read, around);
        self.chip.read(at, out, around);
        self.chip.stop(at, around);
    }
    /// What was touched outside the model since the last call.
    pub fn findings(&mut self) -> Vec<u8> {
        self.unmodelled.drain(..).map(|u| u.register).collect()
    }
}

/// One step of a random conversation with a chip.
#[derive(Clone, Debug)]
pub(crate) enum Talk {
    Wait(u64),
    Write(Vec<u8>),
    Read(u8, usize),
    Power(bool),
    Celsius(f32),
}

pub(crate) fn talk() -> impl proptest::strategy::Strategy<Value = Vec<Talk>> {
    use proptest::prelude::*;
    let step = prop_oneof![
        4 => (0u64..3_000_000_000).prop_map(Talk::Wait),
        1 => (0u64..20_000).prop_map(Talk::Wait),
        8 => prop::collection::vec(any::<u8>(), 0..6).prop_map(Talk::Write),
        8 => (any::<u8>(), 0usize..80).prop_map(|(register, n)| Talk::Read(register, n)),
        1 => any::<bool>().prop_map(Talk::Power),
        1 => any::<f32>().prop_map(Talk::Celsius),
    ];
    prop::collection::vec(step, 0..60)
}

impl<D: I2cDevice> Bench<D> {
    /// Has the conversation; the bytes read.
    pub fn converse(&mut self, steps: &[Talk]) -> Vec<u8> {
        let mut now = TrueTime::START;
        let mut heard = Vec::new();
        for step in steps {
            match step {
                Talk::Wait(ns) => now = now + *ns,
                Talk::Write(bytes) => {
                    assert!(self.write(now, bytes) <= bytes.len());
                }
                Talk::Read(register, n) => {
                    let mut out = vec![0; *n];
                    self.read_into(now, *register, &mut out);
                    heard.extend(out);
                }
                Talk::Power(on) => self.chip.power(now, *on),
                Talk::Celsius(celsius) => self.supply.celsius = *celsius,
            }
        }
        heard
    }
}
