//! MPU6886, the six-axis IMU.
//!
//! Its oscillator ticks at 1 kHz on a grid that never restarts; ticks are worked off when somebody asks. The world is
//! rendered in blocks that reach a little ahead, and all that a node can read depends on registers and true time alone,
//! never on how often it was asked. What is modelled and what not: FIDELITY.md.

mod fifo;
mod sensor;
mod view;

use super::view::RegisterView;
use super::{Ack, Direction, I2cDevice, Surroundings, Unmodelled};
use crate::supply::Supply;
use crate::time::{Drift, TrueTime};
use crate::world::{Motion, MotionBlock, Noise};
use fifo::Fifo;
use node_core::boards::{ChipFacts, Rail};
use node_core::drivers::mpu6886::regs::{self, *};
use sensor::{Draws, Sensor, round_to_i16};

/// How this one chip differs from an ideal one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imperfections {
    pub bias_g: [f32; 3],
    pub bias_dps: [f32; 3],
    /// g per root hertz.
    pub accel_noise_density: f32,
    /// Degrees a second per root hertz.
    pub gyro_noise_density: f32,
}

impl Imperfections {
    /// No bias, no noise: what is left is the converter.
    pub const NONE: Self =
        Self { bias_g: [0.0; 3], bias_dps: [0.0; 3], accel_noise_density: 0.0, gyro_noise_density: 0.0 };
    /// Noise densities of DS-000193 (datasheet); no bias.
    pub const TYPICAL: Self = Self {
        accel_noise_density: ACCEL_NOISE_UG_PER_RTHZ * 1e-6,
        gyro_noise_density: GYRO_NOISE_MDPS_PER_RTHZ * 1e-3,
        ..Self::NONE
    };
}

const NAME: &str = "mpu6886";
const TICK_NS: u64 = 1_000_000;
/// Instants of the world rendered at once, and so how far a model may look ahead: 128 ms.
const BLOCK: usize = 128;
/// From DEVICE_RESET until the chip listens again. Assumed: the data sheet does not say; the vendor's library waits 10 ms.
const RESET_NS: u64 = 1_000_000;
/// INT pulse without latching, 50 us (datasheet: DS-000193 INT_PIN_CFG, as in its family).
const PULSE_NS: u64 = 50_000;
/// The die over its surroundings while the gyroscope runs: about 3 mA at 3.3 V into 100 K/W. Assumed.
const SELF_HEATING_C: f32 = 1.0;
/// Low-power mode, noise bandwidth by DEC2_CFG: 4, 8, 16, 32 samples averaged. Derived: the sibling ICM-20602's table.
const LOW_POWER_NOISE_HZ: [f32; 4] = [441.6, 235.4, 121.3, 61.5];
/// Accelerometer (6), temperature (2), gyroscope (6): the order of the output registers and of the FIFO.
const DATA: usize = 14;
const REGISTERS: usize = 0x80;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Asleep,
    /// Everything that is not in standby runs.
    Running,
    /// One sample of the accelerometer at each output, asleep in between.
    Cycle,
}

struct World {
    motion: Box<dyn Motion>,
    first_tick: u64,
    len: usize,
    samples: [[f32; BLOCK]; 6],
}

impl World {
    /// Where in the block `tick` is, rendering up to the next multiple of [`BLOCK`] if it is not there yet.
    #[inline]
    fn locate(&mut self, tick: u64, drift: Drift, single: bool) -> usize {
        let at = tick.wrapping_sub(self.first_tick);
        if at < self.len as u64 {
            return at as usize;
        }
        self.first_tick = tick;
        self.len = if single { 1 } else { BLOCK - tick as usize % BLOCK };
        let n = self.len;
        let [ax, ay, az, gx, gy, gz] = &mut self.samples;
        let out = MotionBlock {
            accel_g: [&mut ax[..n], &mut ay[..n], &mut az[..n]],
            gyro_dps: [&mut gx[..n], &mut gy[..n], &mut gz[..n]],
        };
        self.motion.render(drift.true_ns(tick * TICK_NS), drift.period_ns(1_000.0), out);
        0
    }
}

pub struct Mpu6886 {
    rail: Rail,
    drift: Drift,
    world: Box<World>,
    draws: Draws,
    accel: Sensor,
    gyro: Sensor,
    celsius: f32,

    powered: bool,
    registers: [u8; REGISTERS],
    fifo: Fifo,
    /// The newest sample, as the output registers hold it.
    data: [u8; DATA],
    status: u8,
    /// Tick of the newest event that drives the INT pin.
    event_tick: Option<u64>,
    /// What wake-on-motion compares with.
    reference: Option<[i16; 3]>,
    resetting_until: TrueTime,

    // derived from the registers
    mode: Mode,
    accel_on: bool,
    gyro_on: bool,
    /// First ticks with valid data.
    accel_from: u64,
    gyro_from: u64,
    divider: u64,
    until_output: u64,

    /// Worked off up to and with this one.
    tick: u64,

    // the transaction
    pointer: Option<u8>,
    shadow: [u8; DATA],
    count_low: u8,
}

impl Mpu6886 {
    pub fn new(
        facts: &ChipFacts,
        motion: Box<dyn Motion>,
        noise: Box<dyn Noise>,
        drift: Drift,
        quirks: Imperfections,
    ) -> Self {
        let mut chip = Self {
            rail: facts.rail,
            drift,
            world: Box::new(World { motion, first_tick: 0, len: 0, samples: [[0.0; BLOCK]; 6] }),
            draws: Draws::new(noise),
            accel: Sensor::new(quirks.bias_g, quirks.accel_noise_density),
            gyro: Sensor::new(quirks.bias_dps, quirks.gyro_noise_density),
            celsius: 25.0,
            powered: true,
            registers: [0; REGISTERS],
            fifo: Fifo::new(),
            data: [0; DATA],
            status: 0,
            event_tick: None,
            reference: None,
            resetting_until: TrueTime::START,
            mode: Mode::Asleep,
            accel_on: false,
            gyro_on: false,
            accel_from: 0,
            gyro_from: 0,
            divider: 1,
            until_output: 1,
            tick: 0,
            pointer: None,
            shadow: [0; DATA],
            count_low: 0,
        };
        chip.reset_registers();
        chip
    }

    /// Level of the INT pin; true is high.
    pub fn interrupt(&mut self, at: TrueTime, celsius: f32) -> bool {
        self.settle(at, celsius);
        let pins = self.registers[INT_PIN_CFG as usize];
        let active = if pins & int_pin_cfg::LATCH != 0 {
            self.status & self.registers[INT_ENABLE as usize] != 0 && self.event_tick.is_some()
        } else {
            self.event_tick
                .is_some_and(|tick| at.since(TrueTime(self.drift.true_ns(tick * TICK_NS))) < PULSE_NS)
        };
        self.powered && active != (pins & int_pin_cfg::ACTIVE_LOW != 0)
    }

    /// Works off all ticks up to `at`, at this temperature. A node cannot tell whether it was called. Call it before
    /// the temperature changes.
    pub fn settle(&mut self, at: TrueTime, celsius: f32) {
        self.celsius = celsius;
        let target = self.drift.local_ns(at.0) / TICK_NS;
        if target > self.tick {
            self.run_to(target);
        }
    }

    fn run_to(&mut self, target: u64) {
        if !self.powered || self.mode == Mode::Asleep {
            self.tick = target;
            self.align();
            return;
        }
        let temperature = self.temperature();
        if self.mode == Mode::Cycle {
            while self.tick + self.until_output <= target {
                self.tick += self.until_output;
                self.until_output = self.divider;
                if self.accel_on {
                    let at = self.world.locate(self.tick, self.drift, true);
                    let x = core::array::from_fn(|axis| self.world.samples[axis][at]);
                    let averaging = self.registers[ACCEL_CONFIG2 as usize] & accel_config2::DEC2_CFG_MASK;
                    let noise_hz = LOW_POWER_NOISE_HZ[(averaging >> accel_config2::DEC2_CFG_SHIFT) as usize];
                    let counts = self.accel.single(x, noise_hz, &mut self.draws);
                    self.put(0, counts, pwr_mgmt_2::STBY_ACCEL);
                }
                self.publish(temperature);
            }
            self.until_output -= target - self.tick;
            self.tick = target;
            return;
        }
        while self.tick < target {
            let next = self.tick + 1;
            let mut n = self.until_output.min(target - self.tick);
            for from in [self.accel_from, self.gyro_from] {
                if next < from {
                    n = n.min(from - next);
                }
            }
            let accel = self.accel_on && next >= self.accel_from;
            let gyro = self.gyro_on && next >= self.gyro_from;
            let mut begin = 0;
            if accel || gyro {
                begin = self.world.locate(next, self.drift, false);
                n = n.min((self.world.len - begin) as u64);
            }
            self.tick += n;
            self.until_output -= n;
            let output = self.until_output == 0;
            let end = begin + n as usize;
            let silent = begin..end - output as usize;
            let [ax, ay, az, gx, gy, gz] = &self.world.samples;
            if accel {
                self.accel.advance([&ax[silent.clone()], &ay[silent.clone()], &az[silent.clone()]]);
            }
            if gyro {
                self.gyro.advance([&gx[silent.clone()], &gy[silent.clone()], &gz[silent]]);
            }
            if output {
                self.until_output = self.divider;
                let last = end.wrapping_sub(1);
                let mut counts = [[0; 3]; 2];
                if accel {
                    counts[0] = self.accel.output([ax[last], ay[last], az[last]], &mut self.draws);
                }
                if gyro {
                    counts[1] = self.gyro.output([gx[last], gy[last], gz[last]], &mut self.draws);
                }
                // Not started yet: zero (assumed).
                if self.accel_on {
                    self.put(0, counts[0], pwr_mgmt_2::STBY_ACCEL);
                }
                if self.gyro_on {
                    self.put(8, counts[1], pwr_mgmt_2::STBY_GYRO);
                }
                self.publish(temperature);
            }
        }
    }

    fn temperature(&self) -> [u8; 2] {
        if self.registers[PWR_MGMT_1 as usize] & pwr_mgmt_1::TEMP_DIS != 0 {
            return [self.data[6], self.data[7]];
        }
        let heating = if self.gyro_on { SELF_HEATING_C } else { 0.0 };
        round_to_i16((self.celsius + heating - TEMPERATURE_OFFSET_C) * TEMPERATURE_LSB_PER_C).to_be_bytes()
    }

    /// Three axes into the data from `offset` on; an axis in standby keeps what it had (assumed).
    #[inline]
    fn put(&mut self, offset: usize, counts: [i16; 3], standby_bits: u8) {
        let standby = self.registers[PWR_MGMT_2 as usize] & standby_bits;
        let standby = standby >> standby_bits.trailing_zeros();
        for (axis, counts) in counts.into_iter().enumerate() {
            if standby & (4 >> axis) == 0 {
                let at = offset + 2 * axis;
                self.data[at..at + 2].copy_from_slice(&counts.to_be_bytes());
            }
        }
    }

    /// An output: FIFO, data ready, wake-on-motion.
    #[inline]
    fn publish(&mut self, temperature: [u8; 2]) {
        self.data[6..8].copy_from_slice(&temperature);
        let mut events = interrupt::DATA_RDY;
        if self.registers[USER_CTRL as usize] & user_ctrl::FIFO_EN != 0 {
            let accel = self.registers[FIFO_EN as usize] & fifo_en::ACCEL_FIFO_EN != 0;
            let gyro = self.registers[FIFO_EN as usize] & fifo_en::GYRO_FIFO_EN != 0;
            let record = match (accel, gyro) {
                (true, true) => &self.data[..],
                (true, false) => &self.data[..8],
                (false, true) => &self.data[6..],
                (false, false) => &[],
            };
            let stop = self.registers[CONFIG as usize] & config::FIFO_MODE_STOP != 0;
            if self.fifo.push(record, stop) {
                events |= interrupt::FIFO_OFLOW;
            }
        }
        if self.registers[ACCEL_INTEL_CTRL as usize] & accel_intel_ctrl::ACCEL_INTEL_EN != 0 && self.accel_on
        {
            events |= self.motion();
        }
        self.status |= events;
        if events & self.registers[INT_ENABLE as usize] != 0 {
            self.event_tick = Some(self.tick);
        }
    }

    fn motion(&mut self) -> u8 {
        let control = self.registers[ACCEL_INTEL_CTRL as usize];
        let now: [i16; 3] =
            core::array::from_fn(|axis| i16::from_be_bytes([self.data[2 * axis], self.data[2 * axis + 1]]));
        let before = *self.reference.get_or_insert(now);
        if control & accel_intel_ctrl::ACCEL_INTEL_MODE != 0 {
            self.reference = Some(now);
        }
        let lsb_per_g = self.accel_range().lsb_per_g() as u32;
        let mut over = 0;
        for (axis, bit) in [interrupt::WOM_X, interrupt::WOM_Y, interrupt::WOM_Z].into_iter().enumerate() {
            let threshold = self.registers[ACCEL_WOM_X_THR as usize + axis] as u32;
            let change = now[axis].abs_diff(before[axis]) as u32;
            if change * 1_000 > threshold * WOM_MG_PER_LSB as u32 * lsb_per_g {
                over |= bit;
            }
        }
        let all = control & accel_intel_ctrl::WOM_TH_MODE_ALL != 0;
        if all && over != interrupt::WOM { 0 } else { over }
    }

    fn accel_range(&self) -> AccelRange {
        AccelRange::from_code(self.registers[ACCEL_CONFIG as usize] >> accel_config::FS_SEL_SHIFT)
    }

    fn reset_registers(&mut self) {
        self.registers = [0; REGISTERS];
        for (register, value) in RESET_VALUES {
            self.registers[register as usize] = value;
        }
        self.fifo.clear();
        self.data = [0; DATA];
        self.status = 0;
        self.event_tick = None;
        self.reference = None;
        self.accel.clear();
        self.gyro.clear();
        self.mode = Mode::Asleep;
        self.accel_on = false;
        self.gyro_on = false;
        self.configure();
    }

    /// The next output is at the next multiple of the divider.
    fn align(&mut self) {
        self.until_output = self.divider - self.tick % self.divider;
    }

    /// Gyroscope at 8 kHz or more: no divider, another filter.
    fn unfiltered(&self) -> bool {
        let dlpf = self.registers[CONFIG as usize] & config::DLPF_CFG_MASK;
        let bypass = self.registers[GYRO_CONFIG as usize] & gyro_config::FCHOICE_B_MASK != 0;
        bypass || dlpf == 0 || dlpf == 7
    }

    /// Derives everything from the registers.
    fn configure(&mut self) {
        let r = |register: u8| self.registers[register as usize];
        let power = r(PWR_MGMT_1);
        let mode = if power & pwr_mgmt_1::SLEEP != 0 {
            Mode::Asleep
        } else if power & pwr_mgmt_1::CYCLE != 0 {
            Mode::Cycle
        } else {
            Mode::Running
        };
        let standby = r(PWR_MGMT_2);
        let accel_on = mode != Mode::Asleep && standby & pwr_mgmt_2::STBY_ACCEL != pwr_mgmt_2::STBY_ACCEL;
        let gyro_on = mode == Mode::Running
            && power & pwr_mgmt_1::GYRO_STANDBY == 0
            && standby & pwr_mgmt_2::STBY_GYRO != pwr_mgmt_2::STBY_GYRO;
        if mode == Mode::Running && accel_on && !(self.accel_on && self.mode == Mode::Running) {
            self.accel.clear();
            self.accel_from = self.tick + ACCEL_START_UP_MS as u64;
        }
        if gyro_on && !self.gyro_on {
            self.gyro.clear();
            self.gyro_from = self.tick + GYRO_START_UP_MS as u64;
        }
        (self.mode, self.accel_on, self.gyro_on) = (mode, accel_on, gyro_on);

        let divider = if self.unfiltered() && mode != Mode::Cycle {
            1
        } else {
            1 + self.registers[SMPLRT_DIV as usize] as u64
        };
        self.divider = divider;
        self.align();

        let gyro = GyroRange::from_code(self.registers[GYRO_CONFIG as usize] >> gyro_config::FS_SEL_SHIFT);
        self.gyro.set_range(gyro.lsb_per_dps());
        self.accel.set_range(self.accel_range().lsb_per_g());

        // What the model's 1 kHz cannot carry passes unfiltered.
        let dlpf = self.registers[CONFIG as usize] & config::DLPF_CFG_MASK;
        let bypass = self.registers[GYRO_CONFIG as usize] & gyro_config::FCHOICE_B_MASK != 0 || dlpf == 7;
        self.gyro.set_filter((!bypass).then(|| GYRO_DLPF[dlpf as usize].hz), &mut self.draws);
        let accel = self.registers[ACCEL_CONFIG2 as usize];
        let bypass = accel & accel_config2::ACCEL_FCHOICE_B != 0;
        let code = (accel & accel_config2::A_DLPF_CFG_MASK) as usize;
        self.accel.set_filter((!bypass).then(|| ACCEL_DLPF[code].hz), &mut self.draws);
    }

    fn write_register(&mut self, at: TrueTime, register: u8, value: u8, around: &mut Surroundings) {
        let report = |around: &mut Surroundings, why| {
            around.unmodelled.push(Unmodelled { chip: NAME, register, written: Some(value), why });
        };
        if at < self.resetting_until {
            return report(around, "written while the chip resets: lost");
        }
        let keep = match register {
            SMPLRT_DIV | ACCEL_WOM_X_THR | ACCEL_WOM_Y_THR | ACCEL_WOM_Z_THR => value,
            CONFIG => {
                if value & 0b0011_1000 != 0 {
                    report(around, "FSYNC sampling");
                }
                value
            }
            GYRO_CONFIG => {
                if value & 0b1110_0000 != 0 {
                    report(around, "self-test");
                }
                if value & gyro_config::FCHOICE_B_MASK != 0 {
                    report(around, "gyroscope above 1 kHz");
                }
                value
            }
            ACCEL_CONFIG => {
                if value & 0b1110_0000 != 0 {
                    report(around, "self-test");
                }
                value
            }
            ACCEL_CONFIG2 => {
                if value & accel_config2::ACCEL_FCHOICE_B != 0 {
                    report(around, "accelerometer above 1 kHz");
                }
                value
            }
            LP_MODE_CFG => {
                if value & lp_mode_cfg::GYRO_CYCLE != 0 {
                    report(around, "gyroscope in low-power mode");
                }
                value
            }
            FIFO_EN => {
                if value & !(fifo_en::ACCEL_FIFO_EN | fifo_en::GYRO_FIFO_EN) != 0 {
                    report(around, "reserved bits");
                }
                value
            }
            INT_PIN_CFG => {
                if value & 0x0F != 0 {
                    report(around, "FSYNC as an interrupt");
                }
                value
            }
            INT_ENABLE => value,
            SIGNAL_PATH_RESET => {
                if value & !(signal_path_reset::ACCEL_RST | signal_path_reset::TEMP_RST) != 0 {
                    report(around, "reserved bits");
                }
                if value & signal_path_reset::ACCEL_RST != 0 {
                    self.accel.clear();
                }
                0
            }
            ACCEL_INTEL_CTRL => {
                let on = accel_intel_ctrl::ACCEL_INTEL_EN;
                if value & on == 0 || self.registers[register as usize] & on == 0 {
                    self.reference = None;
                }
                value
            }
            USER_CTRL => {
                if value & !(user_ctrl::FIFO_EN | user_ctrl::FIFO_RST | user_ctrl::SIG_COND_RST) != 0 {
                    report(around, "reserved bits");
                }
                if value & user_ctrl::FIFO_RST != 0 {
                    self.fifo.clear();
                }
                if value & user_ctrl::SIG_COND_RST != 0 {
                    self.accel.clear();
                    self.gyro.clear();
                    self.data = [0; DATA];
                }
                value & !(user_ctrl::FIFO_RST | user_ctrl::SIG_COND_RST)
            }
            PWR_MGMT_1 => {
                if value & pwr_mgmt_1::DEVICE_RESET != 0 {
                    self.reset_registers();
                    self.resetting_until = at + RESET_NS;
                    return;
                }
                if value & pwr_mgmt_1::CLKSEL_MASK == 7 {
                    report(around, "clock stopped");
                }
                value
            }
            PWR_MGMT_2 => {
                if value & 0b1100_0000 != 0 {
                    report(around, "FIFO in low-power mode");
                }
                value
            }
            I2C_IF => {
                if value != 0 {
                    report(around, "I2C switched off");
                }
                value
            }
            // Read-only: the chip ignores it as well.
            INT_STATUS | FIFO_COUNTH | FIFO_COUNTL | WHO_AM_I | FSYNC_INT => return,
            ACCEL_XOUT_H..=GYRO_ZOUT_L => return,
            _ => return report(around, "no such register in the model"),
        };
        self.registers[register as usize] = keep;
        let fifo_runs = self.registers[USER_CTRL as usize] & user_ctrl::FIFO_EN != 0
            && self.registers[FIFO_EN as usize] != 0
            && self.mode == Mode::Running;
        if matches!(register, CONFIG | FIFO_EN | USER_CTRL) && fifo_runs && self.unfiltered() {
            report(around, "FIFO at 8 kHz (DLPF_CFG 0 or 7): filled at 1 kHz");
        }
        self.configure();
    }

    fn read_register(&mut self, at: TrueTime, register: u8, around: &mut Surroundings) -> u8 {
        match register {
            ACCEL_XOUT_H..=GYRO_ZOUT_L => self.shadow[(register - ACCEL_XOUT_H) as usize],
            INT_STATUS => {
                self.event_tick = None;
                core::mem::take(&mut self.status)
            }
            FIFO_COUNTH => {
                let [high, low] = (self.fifo.len() as u16).to_be_bytes();
                self.count_low = low;
                high
            }
            FIFO_COUNTL => self.count_low,
            PWR_MGMT_1 if at < self.resetting_until => {
                self.registers[register as usize] | pwr_mgmt_1::DEVICE_RESET
            }
            SMPLRT_DIV..=LP_MODE_CFG
            | ACCEL_WOM_X_THR..=FIFO_EN
            | FSYNC_INT..=INT_ENABLE
            | SIGNAL_PATH_RESET..=PWR_MGMT_2
            | I2C_IF
            | WHO_AM_I => self.registers[register as usize],
            _ => {
                let why = "no such register in the model: reads 0";
                around.unmodelled.push(Unmodelled { chip: NAME, register, written: None, why });
                0
            }
        }
    }
}

impl I2cDevice for Mpu6886 {
    fn registers(&self, _: TrueTime, _: &Supply) -> Vec<RegisterView> {
        self.view()
    }
    fn name(&self) -> &'static str {
        NAME
    }
    fn rail(&self) -> Rail {
        self.rail
    }
    fn power(&mut self, at: TrueTime, on: bool) {
        self.settle(at, self.celsius);
        self.powered = on;
        self.resetting_until = at;
        self.pointer = None;
        self.reset_registers();
    }
    fn start(&mut self, at: TrueTime, direction: Direction, around: &mut Surroundings) -> Ack {
        if !self.powered {
            return Ack::Nack;
        }
        self.settle(at, around.supply.celsius);
        match direction {
            Direction::Write => self.pointer = None,
            // The output registers hold still as long as the burst lasts.
            Direction::Read => self.shadow = self.data,
        }
        Ack::Ack
    }
    fn write(&mut self, at: TrueTime, bytes: &[u8], around: &mut Surroundings) -> usize {
        if !self.powered {
            return 0;
        }
        self.settle(at, around.supply.celsius);
        for &byte in bytes {
            let Some(register) = self.pointer else {
                self.pointer = Some(byte & 0x7F);
                continue;
            };
            self.write_register(at, register, byte, around);
            if register != FIFO_R_W {
                self.pointer = Some((register + 1) & 0x7F);
            }
        }
        bytes.len()
    }
    fn read(&mut self, at: TrueTime, out: &mut [u8], around: &mut Surroundings) {
        if !self.powered {
            return out.fill(0xFF);
        }
        self.settle(at, around.supply.celsius);
        let mut register = self.pointer.unwrap_or(0);
        for at_byte in 0..out.len() {
            if register == FIFO_R_W {
                // Empty: "a unique value of 0xFF until new data is available" (derived: the sibling's data sheet).
                let taken = self.fifo.pop(&mut out[at_byte..]);
                out[at_byte + taken..].fill(0xFF);
                break;
            }
            out[at_byte] = self.read_register(at, register, around);
            register = (register + 1) & 0x7F;
        }
        self.pointer = Some(register);
        if self.registers[INT_PIN_CFG as usize] & int_pin_cfg::READ_ANY_CLEARS != 0 {
            self.status = 0;
            self.event_tick = None;
        }
    }
}

const _: () = assert!(regs::WHO_AM_I as usize + 10 < REGISTERS);

#[cfg(test)]
mod tests;
