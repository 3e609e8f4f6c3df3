//! AS7265x, three dies with six spectral channels and a lamp each, behind a handshake of single bytes.
//!
//! Light is on a grid of wavelengths ([`Sight`]): what falls on the chip anyway, and what the lamps send back from what lies
//! before it. A channel weighs it with a Gaussian, integrates it over the time that the node asked for, and counts.

mod view;

use super::view::RegisterView;
use super::{Ack, Direction, I2cDevice, Surroundings, Unmodelled};
use crate::supply::Supply;
use crate::time::{Drift, TrueTime};
use crate::world::{Noise, Scene, Sight};
use node_core::boards::Rail;
use node_core::drivers::as7265x::regs::*;

const NAME: &str = "as7265x";
const MS: u64 = 1_000_000;
/// The chipset's firmware takes a byte out of WRITE, and puts one into READ. Assumed: published drivers look every 5 ms and
/// nobody tells how long it takes.
const TAKE_NS: u64 = 300_000;
const GIVE_NS: u64 = 700_000;
/// Counts of one µW/cm² within a channel's band, at gain 16 in 166 ms. Assumed: the order of the family's data sheets.
const COUNTS_PER_MICROWATT: f32 = 35.0;
const AT_GAIN: f32 = 16.0;
const AT_MS: f32 = 166.0;
/// Full scale grows by so much with each step of integration, up to 16 bits. Derived: converters of the same maker with the
/// same step (TMD4903 data sheet: 1024 counts a step of 2.78 ms).
const COUNTS_PER_STEP: f32 = 1_024.0;
/// Of converter and photodiode, counts at gain 1 and with the gain. Assumed.
const READ_NOISE: f32 = 0.6;
const NOISE_PER_GAIN: f32 = 0.02;
/// Variance of shot noise as a part of the counts. Assumed: a few charges make a count.
const SHOT: f32 = 0.25;
const GAINS: [f32; 4] = [1.0, 3.7, 16.0, 64.0];
const CURRENTS_MA: [f32; 4] = [12.5, 25.0, 50.0, 100.0];
/// Die above its surroundings. Assumed.
const SELF_HEATING_C: f32 = 3.0;
/// What one milliampere through a lamp sends back from a white tile at its distance, µW/cm² a nm, at the lamp's peak. Assumed.
const LAMP_PEAK: f32 = 0.5;

/// A lamp's light over wavelength: bells of centre, width at half height (nm), height.
type Lamp = &'static [(f32, f32, f32)];
/// White (5700 K), infrared (875 nm) and ultraviolet (405 nm), as SparkFun's Triad carries them beside AS72651, AS72652 and
/// AS72653. Their shapes are assumed.
const LAMPS: [Lamp; DIES] = [
    &[(450.0, 22.0, 0.9), (565.0, 130.0, 1.0), (700.0, 220.0, 0.25)],
    &[(875.0, 90.0, 1.0)],
    &[(405.0, 30.0, 1.0)],
];

/// Half width at half height to one standard deviation, squared and doubled: 4 ln 2.
const FOUR_LN_2: f32 = 2.772_588_7;

fn bell(nm: f32, centre: f32, fwhm: f32) -> f32 {
    let away = (nm - centre) / fwhm;
    libm::expf(-FOUR_LN_2 * away * away)
}

/// Normal draws of one measurement, by its name and not in order: what nobody asked for is not computed, and who asks more
/// often sees the same.
fn draws(key: u64, index: u64) -> [f32; CHANNELS] {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = key ^ index.wrapping_mul(0xD134_2543_DE82_EF95);
    let mut uniform = || {
        state = state.wrapping_add(STEP);
        let mut word = state;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((word ^ word >> 31) >> 40) as f32 / (1 << 24) as f32
    };
    // The sum of twelve: normal to three deviations, and never beyond six.
    std::array::from_fn(|_| (0..12).map(|_| uniform()).sum::<f32>() - 6.0)
}

pub struct As7265x {
    rail: Rail,
    drift: Drift,
    scene: Box<dyn Scene>,
    noise: Box<dyn Noise>,
    powered: bool,
    /// Nothing is taken before.
    ready_at: TrueTime,
    pointer: u8,
    started: bool,
    // The handshake.
    busy_until: TrueTime,
    writing: Option<u8>,
    answer: Option<(TrueTime, u8)>,
    // What the firmware keeps.
    config: u8,
    data_ready: bool,
    integration: u8,
    select: u8,
    leds: [u8; DIES],
    measurement: Option<Measurement>,
    counts: [[u16; CHANNELS_PER_DIE]; DIES],
    irradiances: [[f32; CHANNELS_PER_DIE]; DIES],
    sight: Box<Sight>,
    weights: Box<Weights>,
}

/// One that is being made.
#[derive(Clone, Copy)]
struct Measurement {
    begin: TrueTime,
    end: TrueTime,
    gain: f32,
    steps: f32,
    continuous: bool,
    /// Names the draws of this measurement and of those that follow it by themselves.
    key: u64,
    index: u64,
    /// Milliampere-nanoseconds of each lamp so far, counted up to `lit_to`.
    lit: [f32; DIES],
    lit_to: TrueTime,
}

/// What each channel makes of each wavelength, and what each lamp sends.
struct Weights {
    bands: [[[f32; Sight::POINTS]; CHANNELS_PER_DIE]; DIES],
    lamps: [[f32; Sight::POINTS]; DIES],
}

impl Weights {
    fn new() -> Box<Self> {
        let mut weights = Box::new(Self {
            bands: [[[0.0; Sight::POINTS]; CHANNELS_PER_DIE]; DIES],
            lamps: [[0.0; Sight::POINTS]; DIES],
        });
        for (point, nm) in Sight::wavelengths().enumerate() {
            for die in 0..DIES {
                for (channel, centre) in CENTRE_NM[die].into_iter().enumerate() {
                    weights.bands[die][channel][point] =
                        bell(nm, centre.into(), FWHM_NM.into()) * Sight::STEP_NM;
                }
                let light = LAMPS[die].iter().map(|&(centre, fwhm, height)| bell(nm, centre, fwhm) * height);
                weights.lamps[die][point] = light.sum::<f32>() * LAMP_PEAK;
            }
        }
        weights
    }
}

impl As7265x {
    pub fn new(rail: Rail, scene: Box<dyn Scene>, noise: Box<dyn Noise>, drift: Drift) -> Self {
        Self {
            rail,
            drift,
            scene,
            noise,
            powered: false,
            ready_at: TrueTime::START,
            pointer: STATUS,
            started: false,
            busy_until: TrueTime::START,
            writing: None,
            answer: None,
            config: RESET_CONFIG,
            data_ready: false,
            integration: RESET_INTEGRATION,
            select: 0,
            leds: [0; DIES],
            measurement: None,
            counts: [[0; CHANNELS_PER_DIE]; DIES],
            irradiances: [[0.0; CHANNELS_PER_DIE]; DIES],
            sight: Box::new(Sight::DARK),
            weights: Weights::new(),
        }
    }

    fn reset(&mut self, at: TrueTime) {
        self.ready_at = at + u64::from(START_UP_MS) * MS;
        self.busy_until = at;
        (self.writing, self.answer) = (None, None);
        (self.config, self.data_ready, self.integration, self.select) =
            (RESET_CONFIG, false, RESET_INTEGRATION, 0);
        self.leds = [0; DIES];
        self.counts = [[0; CHANNELS_PER_DIE]; DIES];
        self.irradiances = [[0.0; CHANNELS_PER_DIE]; DIES];
        let ready_at = self.ready_at;
        self.begin(ready_at, true);
    }

    fn begin(&mut self, at: TrueTime, continuous: bool) {
        let steps = u64::from(self.integration) + 1;
        let step_ns = u64::from(INTEGRATION_STEP_US) * 1_000 * u64::from(INTEGRATIONS_OF_SIX);
        self.measurement = Some(Measurement {
            begin: at,
            end: at + self.drift.true_ns(steps * step_ns),
            gain: GAINS[usize::from((self.config & config::GAIN_MASK) >> config::GAIN_SHIFT)],
            steps: steps as f32,
            continuous,
            key: self.noise.next_u64(),
            index: 0,
            lit: [0.0; DIES],
            lit_to: at,
        });
    }

    fn current_ma(&self, die: usize) -> f32 {
        let led = self.leds[die];
        let current = (led & led_config::BULB_CURRENT_MASK) >> led_config::BULB_CURRENT_SHIFT;
        if led & led_config::BULB == 0 { 0.0 } else { CURRENTS_MA[usize::from(current)] }
    }

    /// Counts the lamps' light into the measurement that is on.
    fn light_to(&mut self, at: TrueTime) {
        let currents = [0, 1, 2].map(|die| self.current_ma(die));
        if let Some(measurement) = &mut self.measurement {
            let to = at.min(measurement.end);
            if to > measurement.lit_to {
                let ns = to.since(measurement.lit_to) as f32;
                for (lit, current) in measurement.lit.iter_mut().zip(currents) {
                    *lit += current * ns;
                }
                measurement.lit_to = to;
            }
        }
    }

    /// Finishes what ended by `at`. A node cannot tell whether it was called.
    pub fn settle(&mut self, at: TrueTime) {
        if !self.powered {
            return;
        }
        while let Some(on) = &mut self.measurement
            && on.end <= at
        {
            let length_ns = on.end.since(on.begin).max(1);
            let unseen = if on.continuous { at.since(on.end) / length_ns } else { 0 };
            if unseen > 0 {
                // Their counts were overwritten before anybody asked. No lamp changed meanwhile, or it would have settled.
                (on.begin, on.end) = (on.begin + unseen * length_ns, on.end + unseen * length_ns);
                (on.lit, on.lit_to) = ([0.0; DIES], on.begin);
                on.index += unseen;
            }
            let end = on.end;
            self.light_to(end);
            let Some(done) = self.measurement.take() else { return };
            self.finish(&done);
            if done.continuous {
                let (begin, end, index) = (done.end, done.end + length_ns, done.index + 1);
                self.measurement =
                    Some(Measurement { begin, end, index, lit: [0.0; DIES], lit_to: begin, ..done });
            }
        }
        self.light_to(at);
    }

    /// What lies before the chip is taken as it was in the middle of the measurement.
    fn finish(&mut self, done: &Measurement) {
        let length_ns = done.end.since(done.begin);
        self.scene.look(done.begin.0 + length_ns / 2, &mut self.sight);
        let lamps_ma = done.lit.map(|lit| lit / length_ns.max(1) as f32);
        let ms = done.steps * INTEGRATION_STEP_US as f32 / 1_000.0;
        let counts_per_microwatt = COUNTS_PER_MICROWATT * (done.gain / AT_GAIN) * (ms / AT_MS);
        let end_of_scale = (COUNTS_PER_STEP * done.steps - 1.0).min(65_535.0);
        let mut light = [0.0; Sight::POINTS];
        for (point, slot) in light.iter_mut().enumerate() {
            let lamps: f32 = (0..DIES).map(|die| lamps_ma[die] * self.weights.lamps[die][point]).sum();
            *slot = self.sight.ambient[point] + lamps * self.sight.reflectance[point];
        }
        let draws = draws(done.key, done.index);
        for die in 0..DIES {
            for channel in 0..CHANNELS_PER_DIE {
                let weights = &self.weights.bands[die][channel];
                let microwatts: f32 = light.iter().zip(weights).map(|(light, weight)| light * weight).sum();
                let mean = (microwatts * counts_per_microwatt).max(0.0);
                let read = READ_NOISE + NOISE_PER_GAIN * done.gain;
                let noise = libm::sqrtf(read * read + SHOT * mean) * draws[die * CHANNELS_PER_DIE + channel];
                let count = libm::roundf(mean + noise).clamp(0.0, end_of_scale);
                self.counts[die][channel] = count as u16;
                self.irradiances[die][channel] = count / counts_per_microwatt;
            }
        }
        self.data_ready = true;
    }

    /// A virtual register of the selected die.
    fn virtual_read(&mut self, at: TrueTime, register: u8, around: &mut Surroundings) -> u8 {
        self.settle(at);
        let die = usize::from(self.select & device_select::MASK).min(DIES - 1);
        match register {
            HW_VERSION_HIGH => DEVICE_TYPE,
            HW_VERSION_LOW => HARDWARE_VERSION,
            CONFIG => self.config | if self.data_ready { config::DATA_READY } else { 0 },
            INTEGRATION => self.integration,
            TEMPERATURE => libm::roundf(around.supply.celsius + SELF_HEATING_C) as i8 as u8,
            LED_CONFIG => self.leds[die],
            RAW..CALIBRATED => {
                self.data_ready = false;
                let at = usize::from(register - RAW);
                self.counts[die][at / 2].to_be_bytes()[at % 2]
            }
            CALIBRATED..CALIBRATED_END => {
                self.data_ready = false;
                let at = usize::from(register - CALIBRATED);
                self.irradiances[die][at / 4].to_be_bytes()[at % 4]
            }
            DEVICE_SELECT => device_select::PRESENT | self.select,
            _ => {
                around.unmodelled.push(Unmodelled {
                    chip: NAME,
                    register,
                    written: None,
                    why: "a virtual register that the model does not have",
                });
                0
            }
        }
    }

    fn virtual_write(&mut self, at: TrueTime, register: u8, value: u8, around: &mut Surroundings) {
        self.settle(at);
        let mut unmodelled =
            |why| around.unmodelled.push(Unmodelled { chip: NAME, register, written: Some(value), why });
        match register {
            CONFIG if value & config::RESET != 0 => self.reset(at),
            CONFIG => {
                let mode = (value & config::MODE_MASK) >> config::MODE_SHIFT;
                if mode < config::MODE_CONTINUOUS {
                    return unmodelled("modes of four channels");
                }
                self.config = value & !config::DATA_READY;
                self.data_ready = false;
                self.begin(at, mode == config::MODE_CONTINUOUS);
            }
            INTEGRATION => {
                self.integration = value;
                // A measurement that is on begins anew (assumed).
                if let Some(on) = self.measurement {
                    self.begin(at, on.continuous);
                }
            }
            LED_CONFIG => {
                self.leds[usize::from(self.select & device_select::MASK).min(DIES - 1)] = value;
            }
            DEVICE_SELECT => {
                self.select = value & device_select::MASK;
                if usize::from(self.select) >= DIES {
                    unmodelled("there are three dies");
                }
            }
            // Read-only: the chip ignores it.
            HW_VERSION_HIGH | HW_VERSION_LOW | TEMPERATURE | RAW..CALIBRATED_END => {}
            _ => unmodelled("a virtual register that the model does not have"),
        }
    }

    /// A byte for the firmware, which takes it a little later.
    fn put(&mut self, at: TrueTime, byte: u8, around: &mut Surroundings) {
        if at < self.ready_at {
            // Nobody is there yet: it is lost.
            return;
        }
        if at < self.busy_until {
            let why = "written while the byte before was not taken yet (TX_VALID): what the chip does then is not known";
            around.unmodelled.push(Unmodelled { chip: NAME, register: WRITE, written: Some(byte), why });
            return;
        }
        let taken = at + TAKE_NS;
        self.busy_until = taken;
        match self.writing.take() {
            Some(register) => self.virtual_write(taken, register, byte, around),
            None if byte & WRITE_FLAG != 0 => self.writing = Some(byte & !WRITE_FLAG),
            None => {
                let value = self.virtual_read(taken, byte, around);
                self.answer = Some((taken + GIVE_NS, value));
            }
        }
    }

    fn status(&self, at: TrueTime) -> u8 {
        let tx = if at < self.busy_until { status::TX_VALID } else { 0 };
        let rx = if self.answer.is_some_and(|(from, _)| from <= at) { status::RX_VALID } else { 0 };
        tx | rx
    }
}

impl I2cDevice for As7265x {
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
        self.powered = on;
        if on {
            self.reset(at);
        } else {
            self.measurement = None;
        }
    }
    fn start(&mut self, _: TrueTime, direction: Direction, _: &mut Surroundings) -> Ack {
        if !self.powered {
            return Ack::Nack;
        }
        self.started = direction == Direction::Write;
        Ack::Ack
    }
    fn write(&mut self, at: TrueTime, bytes: &[u8], around: &mut Surroundings) -> usize {
        for &byte in bytes {
            if std::mem::take(&mut self.started) {
                self.pointer = byte;
            } else if self.pointer == WRITE {
                self.put(at, byte, around);
            } else if self.pointer > READ {
                let why = "the bus sees three registers";
                around.unmodelled.push(Unmodelled {
                    chip: NAME,
                    register: self.pointer,
                    written: Some(byte),
                    why,
                });
            }
        }
        bytes.len()
    }
    fn read(&mut self, at: TrueTime, out: &mut [u8], around: &mut Surroundings) {
        for byte in out {
            *byte = match self.pointer {
                STATUS => self.status(at),
                READ => match self.answer.take_if(|(from, _)| *from <= at) {
                    Some((_, value)) => value,
                    None => {
                        let why = "read while there was nothing to read (RX_VALID)";
                        around.unmodelled.push(Unmodelled { chip: NAME, register: READ, written: None, why });
                        0
                    }
                },
                WRITE => 0,
                register => {
                    let why = "the bus sees three registers";
                    around.unmodelled.push(Unmodelled { chip: NAME, register, written: None, why });
                    0
                }
            };
        }
    }
}

#[cfg(test)]
mod tests;
