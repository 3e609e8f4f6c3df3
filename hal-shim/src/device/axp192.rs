//! AXP192, the power chip: rails, what it measures of them, the charge it counts, the power key.
//!
//! It measures what [`Supply`] says. Whoever changes the supply calls [`Axp192::settle`] first: so much of the past was
//! under the old values.

mod view;

use super::view::RegisterView;
use super::{Ack, Direction, I2cDevice, Surroundings, Unmodelled};
use crate::supply::Supply;
use crate::time::TrueTime;
use node_core::boards::{ChipFacts, Rail};
use node_core::drivers::axp192::regs::*;
use std::collections::VecDeque;

const NAME: &str = "axp192";
/// 5 V of the converter that EXTEN switches (vendor schematic).
const EXTEN_MV: u16 = 5_000;
/// VBUS counts as usable from here on. Assumed: VHOLD's default.
const VBUS_USABLE_MV: u16 = 4_400;
/// Die over its surroundings. Assumed.
const SELF_HEATING_C: f32 = 5.0;

/// Reset values that the shared table leaves out. Sources: X-Powers AXP192 data sheet v1.1; the voltages are factory
/// settings and do not matter here (nothing hangs on DCDC2 and DCDC3).
const MORE_RESET_VALUES: [(u8, u8); 17] = [
    (DCDC2_VOLTAGE, 0x16),
    (DCDC3_VOLTAGE, 0x48),
    (CHARGE_2, 0x41),
    (BACKUP_CHARGE, 0x22),
    (POWER_KEY, 0x5D),
    (DCDC_FREQUENCY, 0x08),
    (CHARGE_LOW_TEMPERATURE, 0xA5),
    (CHARGE_HIGH_TEMPERATURE, 0x1F),
    (IRQ_ENABLE_1, 0xD8),
    (IRQ_ENABLE_2, 0xFF),
    (IRQ_ENABLE_3, 0x3B),
    (IRQ_ENABLE_4, 0xC1),
    (IRQ_ENABLE_5, 0x00),
    (ADC_ENABLE_2, 0x80),
    (LDOIO0_VOLTAGE, 0xA0),
    (GPIO1_FUNCTION, 0x07),
    (GPIO2_FUNCTION, 0x07),
];

/// Bit of POWER_STATUS: VBUS above VHOLD (datasheet).
const VBUS_ABOVE_VHOLD: u8 = 1 << 3;
/// Bits of IRQ_STATUS_1 (datasheet).
const VBUS_INSERTED: u8 = 1 << 3;
const VBUS_REMOVED: u8 = 1 << 2;
/// Bit of ADC_ENABLE_2 (datasheet).
const TEMPERATURE_ADC: u8 = 1 << 7;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum KeyEffect {
    ShortIrq,
    LongIrq,
    Off,
    On,
}

/// A press of the power key that is not over.
#[derive(Clone, Copy)]
struct Hold {
    from: TrueTime,
    to: TrueTime,
    /// What of it has had its effect.
    long: bool,
    switched: bool,
}

#[derive(Clone)]
pub struct Axp192 {
    rail: Rail,
    powered: bool,
    off: bool,
    registers: [u8; 256],
    /// Up to here everything is counted.
    settled: TrueTime,
    /// The converter's clock: conversions since this moment.
    adc_from: TrueTime,
    conversions: u64,
    /// Counts times 65536.
    charge_in: u64,
    charge_out: u64,
    vbus_present: Option<bool>,
    presses: VecDeque<Hold>,
    pointer: Option<u8>,
    conversion: Conversion,
}

/// Results of the last conversion, in counts.
#[derive(Clone, Copy, Default)]
struct Conversion {
    battery_mv: u16,
    charge_ma: u16,
    discharge_ma: u16,
    vbus_mv: u16,
    vbus_ma: u16,
    aps_mv: u16,
    temperature: u16,
}

impl Axp192 {
    pub fn new(facts: &ChipFacts) -> Self {
        let mut chip = Self {
            rail: facts.rail,
            powered: true,
            off: false,
            registers: [0; 256],
            settled: TrueTime::START,
            adc_from: TrueTime::START,
            conversions: 0,
            charge_in: 0,
            charge_out: 0,
            vbus_present: None,
            presses: VecDeque::new(),
            pointer: None,
            conversion: Conversion::default(),
        };
        chip.reset(TrueTime::START);
        chip
    }

    /// As at power-on; the storage bytes stay, as long as there is power at all.
    fn reset(&mut self, at: TrueTime) {
        let kept: [u8; STORAGE_BYTES] = core::array::from_fn(|i| self.registers[STORAGE as usize + i]);
        self.registers = [0; 256];
        for (register, value) in RESET_VALUES.into_iter().chain(MORE_RESET_VALUES) {
            self.registers[register as usize] = value;
        }
        self.registers[STORAGE as usize..][..STORAGE_BYTES].copy_from_slice(&kept);
        self.off = false;
        self.restart_adc(at);
        self.conversion = Conversion::default();
        (self.charge_in, self.charge_out) = (0, 0);
        self.pointer = None;
    }

    fn restart_adc(&mut self, at: TrueTime) {
        self.adc_from = at;
        self.conversions = 0;
    }

    fn r(&self, register: u8) -> u8 {
        self.registers[register as usize]
    }

    /// Puts the outputs that the registers ask for on the rails. Done by every write; the board calls it after power-on
    /// and after a key press that switched the board on or off.
    pub fn drive(&self, supply: &mut Supply) {
        let on = self.powered && !self.off;
        let outputs = if on { self.r(OUTPUTS) } else { 0 };
        let ldo = |code: u8| LDO_BASE_MV + LDO_STEP_MV * code as u16;
        let mut set = |rail, on: bool, millivolts| supply.set(rail, if on { millivolts } else { 0 });
        let dcdc1 = DCDC_BASE_MV + DCDC_STEP_MV * (self.r(DCDC1_VOLTAGE) & 0x7F) as u16;
        set(Rail::Dcdc1, outputs & outputs::DCDC1 != 0, dcdc1);
        set(Rail::Ldo2, outputs & outputs::LDO2 != 0, ldo(self.r(LDO23_VOLTAGE) >> 4));
        set(Rail::Ldo3, outputs & outputs::LDO3 != 0, ldo(self.r(LDO23_VOLTAGE) & 0x0F));
        set(Rail::Exten, outputs & outputs::EXTEN != 0, EXTEN_MV);
        let regulator = self.r(GPIO0_FUNCTION) & gpio0_function::MASK == gpio0_function::LDO;
        set(Rail::LdoIo0, on && regulator, ldo(self.r(LDOIO0_VOLTAGE) >> ldoio0_voltage::SHIFT));
    }

    fn adc_period_ns(&self) -> u64 {
        1_000_000_000 / ((BASE_HZ as u64) << (self.r(ADC_RATE) >> adc_rate::RATE_SHIFT))
    }

    /// Converts and counts up to `at` as if the inputs had been these since the last call. Call it before a change of
    /// the supply.
    pub fn settle(&mut self, at: TrueTime, supply: &Supply) {
        if at <= self.settled {
            return;
        }
        if self.powered {
            self.run_key(at, supply);
            self.convert(at, supply);
            self.watch_vbus(supply);
        }
        self.settled = at;
    }

    fn convert(&mut self, at: TrueTime, supply: &Supply) {
        if self.off {
            return;
        }
        let conversions = at.since(self.adc_from) / self.adc_period_ns();
        let new = conversions.saturating_sub(self.conversions);
        if new == 0 {
            return;
        }
        self.conversions = conversions;
        // Truncated to the converter's step, and held at its end.
        let voltage = |mv: u16, uv_per_lsb: u32| (mv as u32 * 1_000 / uv_per_lsb).min(0xFFF) as u16;
        let current = |ma: u16, ua_per_lsb: u32, bits: u32| {
            (ma as u32 * 1_000 / ua_per_lsb).min((1 << bits) - 1) as u16
        };
        let enabled = self.r(ADC_ENABLE_1);
        let c = &mut self.conversion;
        if enabled & adc_enable_1::BATTERY_VOLTAGE != 0 {
            c.battery_mv = voltage(supply.battery_mv, BATTERY_UV_PER_LSB);
        }
        if enabled & adc_enable_1::BATTERY_CURRENT != 0 {
            c.charge_ma = current(supply.battery_ma.max(0) as u16, BATTERY_CURRENT_UA_PER_LSB, 13);
            c.discharge_ma = current(supply.battery_ma.min(0).unsigned_abs(), BATTERY_CURRENT_UA_PER_LSB, 13);
            let control = self.registers[COULOMB_CONTROL as usize];
            if control & coulomb_control::ENABLE != 0 && control & coulomb_control::SUSPEND == 0 {
                self.charge_in = self.charge_in.wrapping_add(new.wrapping_mul(c.charge_ma as u64));
                self.charge_out = self.charge_out.wrapping_add(new.wrapping_mul(c.discharge_ma as u64));
            }
        }
        if enabled & adc_enable_1::VBUS_VOLTAGE != 0 {
            c.vbus_mv = voltage(supply.vbus_mv, VBUS_UV_PER_LSB);
        }
        if enabled & adc_enable_1::VBUS_CURRENT != 0 {
            c.vbus_ma = current(supply.vbus_ma, VBUS_UA_PER_LSB, 12);
        }
        if enabled & adc_enable_1::APS_VOLTAGE != 0 {
            let aps = if supply.vbus_mv >= VBUS_USABLE_MV { supply.vbus_mv } else { supply.battery_mv };
            c.aps_mv = voltage(aps, APS_UV_PER_LSB);
        }
        if self.registers[ADC_ENABLE_2 as usize] & TEMPERATURE_ADC != 0 {
            let deci =
                libm::rintf((supply.celsius + SELF_HEATING_C) * 10.0) - TEMPERATURE_OFFSET_DECI_C as f32;
            c.temperature = deci.clamp(0.0, 4095.0) as u16;
        }
    }

    fn watch_vbus(&mut self, supply: &Supply) {
        let present = supply.vbus_mv > 0;
        let before = self.vbus_present.replace(present);
        if before.is_some_and(|before| before != present) {
            self.registers[IRQ_STATUS_1 as usize] |= if present { VBUS_INSERTED } else { VBUS_REMOVED };
        }
    }

    /// Someone holds the power key for so long. Presses come in order of time.
    pub fn press(&mut self, at: TrueTime, for_ns: u64) {
        let from = at.max(self.presses.back().map_or(TrueTime::START, |last| last.to));
        let to = TrueTime(at.0.saturating_add(for_ns)).max(from);
        self.presses.push_back(Hold { from, to, long: false, switched: false });
    }

    /// A hand holds it, between the presses that are known: it does not reach into the next.
    fn press_between(&mut self, at: TrueTime, for_ns: u64) {
        let place = self.presses.partition_point(|hold| hold.from <= at);
        let before = place.checked_sub(1).and_then(|last| self.presses.get(last));
        let from = at.max(before.map_or(TrueTime::START, |last| last.to));
        let next = self.presses.get(place).map_or(TrueTime(u64::MAX), |next| next.from);
        let to = TrueTime(from.0.saturating_add(for_ns)).min(next).max(from);
        self.presses.insert(place, Hold { from, to, long: false, switched: false });
    }

    fn on_ns(&self) -> u64 {
        // 128 ms, 512 ms, 1 s, 2 s (datasheet, crate axp192).
        [128, 512, 1_000, 2_000][(self.r(POWER_KEY) >> 6) as usize] * 1_000_000
    }
    fn long_ns(&self) -> u64 {
        // 1, 1.5, 2, 2.5 s (datasheet, crate axp192).
        [1_000, 1_500, 2_000, 2_500][(self.r(POWER_KEY) >> 4 & 3) as usize] * 1_000_000
    }
    fn off_ns(&self) -> Option<u64> {
        // 4, 6, 8, 10 s; bit 3 enables it (datasheet, crate axp192).
        let code = self.r(POWER_KEY);
        (code & 1 << 3 != 0).then(|| [4_000, 6_000, 8_000, 10_000][(code & 3) as usize] * 1_000_000)
    }

    /// The key's next effect with the registers as they are.
    fn next_effect(&self) -> Option<(TrueTime, KeyEffect)> {
        for hold in &self.presses {
            let within = |at: TrueTime| at <= hold.to;
            if self.off {
                let at = hold.from + self.on_ns();
                if !hold.switched && within(at) {
                    return Some((at, KeyEffect::On));
                }
                continue;
            }
            if hold.switched {
                continue;
            }
            let long = hold.from + self.long_ns();
            if !hold.long && within(long) {
                return Some((long, KeyEffect::LongIrq));
            }
            if let Some(off) = self.off_ns().map(|ns| hold.from + ns)
                && within(off)
            {
                return Some((off, KeyEffect::Off));
            }
            if !hold.long {
                return Some((hold.to, KeyEffect::ShortIrq));
            }
        }
        None
    }

    fn run_key(&mut self, at: TrueTime, supply: &Supply) {
        while let Some((when, effect)) = self.next_effect().filter(|(when, _)| *when <= at) {
            self.convert(when, supply);
            // Presses before the one that acts had nothing to say.
            while self.presses.front().is_some_and(|hold| hold.to < when) {
                self.presses.pop_front();
            }
            let Some(hold) = self.presses.front_mut() else {
                break;
            };
            match effect {
                KeyEffect::ShortIrq => {
                    self.presses.pop_front();
                    self.registers[IRQ_STATUS_3 as usize] |= irq_3::KEY_SHORT;
                }
                KeyEffect::LongIrq => {
                    hold.long = true;
                    self.registers[IRQ_STATUS_3 as usize] |= irq_3::KEY_LONG;
                }
                KeyEffect::Off => {
                    hold.switched = true;
                    self.off = true;
                }
                KeyEffect::On => {
                    hold.switched = true;
                    self.reset(when);
                }
            }
        }
        while self.presses.front().is_some_and(|hold| hold.to < at && self.next_effect().is_none()) {
            self.presses.pop_front();
        }
    }

    /// When the key, as far as presses are known, has its next effect after what is settled: an IRQ, or on or off.
    pub fn next_event(&self) -> Option<TrueTime> {
        self.next_effect().map(|(at, _)| at)
    }

    /// Has the chip switched the board off (register 0x32 bit 7, or the key held long)?
    pub fn is_off(&mut self, at: TrueTime, supply: &Supply) -> bool {
        self.settle(at, supply);
        self.off
    }

    /// Level of the IRQ pin; true is high, which is no request.
    pub fn interrupt(&mut self, at: TrueTime, supply: &Supply) -> bool {
        self.settle(at, supply);
        let pairs = [
            (IRQ_ENABLE_1, IRQ_STATUS_1),
            (IRQ_ENABLE_2, IRQ_STATUS_2),
            (IRQ_ENABLE_3, IRQ_STATUS_3),
            (IRQ_ENABLE_4, IRQ_STATUS_4),
            (IRQ_ENABLE_5, IRQ_STATUS_5),
        ];
        pairs.into_iter().all(|(enable, status)| self.r(enable) & self.r(status) == 0)
    }

    fn write_register(&mut self, at: TrueTime, register: u8, value: u8, around: &mut Surroundings) {
        let slot = register as usize;
        match register {
            0x06..=0x0B
            | DCDC1_VOLTAGE
            | DCDC2_VOLTAGE
            | DCDC3_VOLTAGE
            | LDO23_VOLTAGE
            | 0x25
            | VBUS_PATH
            | VOFF
            | CHARGE_1..=CHARGE_HIGH_TEMPERATURE
            | IRQ_ENABLE_1..=IRQ_ENABLE_4
            | IRQ_ENABLE_5
            | ADC_ENABLE_1
            | ADC_ENABLE_2
            | GPIO0_FUNCTION
            | LDOIO0_VOLTAGE => self.registers[slot] = value,
            ADC_RATE => {
                self.registers[slot] = value;
                self.restart_adc(at);
            }
            OUTPUTS => self.registers[slot] = value & outputs::ALL,
            // Another window on two bits of the register above.
            EXTEN_DCDC2 => {
                let moved = (value & 1 << 2) << 4 | (value & 1) << 4;
                let both = outputs::EXTEN | outputs::DCDC2;
                self.registers[OUTPUTS as usize] = self.r(OUTPUTS) & !both | moved;
            }
            POWER_OFF => {
                self.registers[slot] = value & !power_off::OFF;
                if value & power_off::OFF != 0 {
                    self.off = true;
                    // A finger that is on the key already does not switch on again: it has to leave first (assumed).
                    let now = self.settled;
                    for hold in self.presses.iter_mut().filter(|hold| hold.from <= now) {
                        hold.switched = true;
                    }
                }
            }
            IRQ_STATUS_1..=IRQ_STATUS_4 | IRQ_STATUS_5 => self.registers[slot] &= !value,
            COULOMB_CONTROL => {
                if value & coulomb_control::CLEAR != 0 {
                    (self.charge_in, self.charge_out) = (0, 0);
                }
                self.registers[slot] = value & (coulomb_control::ENABLE | coulomb_control::SUSPEND);
            }
            // Read-only: the chip ignores it as well.
            POWER_STATUS | CHARGE_STATUS | ACIN_VOLTAGE..=0x5F | 0x70..=0x72 | BATTERY_VOLTAGE..=0x7F => {}
            0xB0..=0xB7 => {}
            _ => {
                let why = "no such register in the model";
                around.unmodelled.push(Unmodelled { chip: NAME, register, written: Some(value), why });
            }
        }
    }

    fn read_register(&self, register: u8, around: &mut Surroundings) -> u8 {
        let c = &self.conversion;
        // High eight bits, then the low ones.
        let split = |value: u16, low_bits: u32, first: u8| {
            if register == first { (value >> low_bits) as u8 } else { value as u8 & ((1 << low_bits) - 1) }
        };
        let supply = &*around.supply;
        match register {
            POWER_STATUS => {
                let mut status = 0;
                if supply.vbus_mv > 0 {
                    status |= power_status::VBUS_PRESENT;
                }
                if supply.vbus_mv >= VBUS_USABLE_MV {
                    status |= power_status::VBUS_USABLE | VBUS_ABOVE_VHOLD;
                }
                if supply.battery_ma > 0 {
                    status |= power_status::CHARGING;
                }
                status
            }
            CHARGE_STATUS => {
                let charging = if supply.battery_ma > 0 { charge_status::CHARGING } else { 0 };
                charging | if supply.battery_mv > 0 { charge_status::BATTERY_PRESENT } else { 0 }
            }
            EXTEN_DCDC2 => {
                let outputs = self.r(OUTPUTS);
                (outputs & outputs::EXTEN) >> 4 | (outputs & outputs::DCDC2) >> 4
            }
            // No ACIN on this board.
            0x56..=0x59 => 0,
            0x5A | 0x5B => split(c.vbus_mv, 4, 0x5A),
            0x5C | 0x5D => split(c.vbus_ma, 4, 0x5C),
            0x5E | 0x5F => split(c.temperature, 4, 0x5E),
            0x70..=0x72 => {
                let power = c.battery_mv as u32 * c.charge_ma.max(c.discharge_ma) as u32;
                power.to_be_bytes()[(register - 0x70 + 1) as usize]
            }
            0x78 | 0x79 => split(c.battery_mv, 4, 0x78),
            0x7A | 0x7B => split(c.charge_ma, 5, 0x7A),
            0x7C | 0x7D => split(c.discharge_ma, 5, 0x7C),
            0x7E | 0x7F => split(c.aps_mv, 4, 0x7E),
            0xB0..=0xB3 => ((self.charge_in >> 16) as u32).to_be_bytes()[(register - 0xB0) as usize],
            0xB4..=0xB7 => ((self.charge_out >> 16) as u32).to_be_bytes()[(register - 0xB4) as usize],
            0x06..=0x0B
            | OUTPUTS
            | 0x23
            | 0x25..=0x28
            | VBUS_PATH..=CHARGE_HIGH_TEMPERATURE
            | IRQ_ENABLE_1..=IRQ_STATUS_4
            | IRQ_ENABLE_5
            | IRQ_STATUS_5
            | ADC_ENABLE_1..=ADC_RATE
            | GPIO0_FUNCTION
            | LDOIO0_VOLTAGE
            | COULOMB_CONTROL => self.r(register),
            _ => {
                let why = "no such register in the model: reads 0";
                around.unmodelled.push(Unmodelled { chip: NAME, register, written: None, why });
                0
            }
        }
    }
}

const BASE_HZ: u32 = adc_rate::BASE_HZ;

impl I2cDevice for Axp192 {
    fn registers(&self, at: TrueTime, supply: &Supply) -> Vec<RegisterView> {
        self.view(at, supply)
    }
    /// The key, held long, switches the board off and on again without anybody's program.
    fn next_act(&self) -> Option<TrueTime> {
        self.next_event()
    }
    fn power_key(&mut self, at: TrueTime, hold_ns: u64) {
        self.press_between(at, hold_ns);
    }
    fn act(&mut self, at: TrueTime, around: &mut Surroundings) {
        self.settle(at, around.supply);
        self.drive(around.supply);
    }

    fn name(&self) -> &'static str {
        NAME
    }
    fn rail(&self) -> Rail {
        self.rail
    }
    fn power(&mut self, at: TrueTime, on: bool) {
        self.powered = on;
        self.registers = [0; 256];
        self.reset(at);
        self.settled = self.settled.max(at);
    }
    fn start(&mut self, at: TrueTime, direction: Direction, around: &mut Surroundings) -> Ack {
        if !self.powered {
            return Ack::Nack;
        }
        self.settle(at, around.supply);
        if direction == Direction::Write {
            self.pointer = None;
        }
        Ack::Ack
    }
    /// Pairs of address and data: further data of a burst does not go to the next register. (m5stack/M5StickC@202fddd
    /// `Write6BytesStorage` writes each address.)
    fn write(&mut self, at: TrueTime, bytes: &[u8], around: &mut Surroundings) -> usize {
        if !self.powered {
            return 0;
        }
        self.settle(at, around.supply);
        for &byte in bytes {
            match self.pointer.take() {
                None => self.pointer = Some(byte),
                Some(register) => self.write_register(at, register, byte, around),
            }
        }
        self.drive(around.supply);
        bytes.len()
    }
    fn read(&mut self, at: TrueTime, out: &mut [u8], around: &mut Surroundings) {
        if !self.powered {
            return out.fill(0xFF);
        }
        self.settle(at, around.supply);
        let mut register = self.pointer.unwrap_or(0);
        for slot in out {
            *slot = self.read_register(register, around);
            register = register.wrapping_add(1);
        }
        self.pointer = Some(register);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_world::{Bench, talk};
    use proptest::prelude::*;

    const FACTS: ChipFacts = ChipFacts { address: 0x34, rail: Rail::Always };
    fn ms(ms: u64) -> TrueTime {
        TrueTime::from_millis(ms)
    }
    fn chip() -> Bench<Axp192> {
        let mut bench = Bench::new(Axp192::new(&FACTS));
        bench.chip.drive(&mut bench.supply);
        bench
    }

    #[test]
    fn after_power_on_the_cpu_is_fed_and_nothing_else() {
        let mut bench = chip();
        let rails = [Rail::Always, Rail::Dcdc1, Rail::Ldo2, Rail::Ldo3, Rail::LdoIo0, Rail::Exten];
        assert_eq!(rails.map(|rail| bench.supply.millivolts(rail)), [3300, 3300, 0, 0, 0, 0]);
        assert_eq!(bench.read::<1>(ms(1), 0x12), [0x01]);
        assert_eq!(bench.read::<3>(ms(1), 0x82), [0x83, 0x80, 0x32]);
        assert_eq!(bench.read::<2>(ms(1), 0x90), [0x07, 0xA0]);
        assert_eq!(bench.findings(), []);
    }

    /// The vendor library's start-up, byte by byte.
    #[test]
    fn the_vendors_start_up_feeds_lcd_backlight_and_microphone() {
        let mut bench = chip();
        let writes = [
            [0x28, 0xCC],
            [0x84, 0xF2],
            [0x82, 0xFF],
            [0x33, 0xC0],
            [0x12, 0x4D],
            [0x36, 0x0C],
            [0x91, 0xA0],
            [0x90, 0x02],
            [0x30, 0x80],
            [0x39, 0xFC],
            [0x35, 0xA2],
            [0x32, 0x46],
            [0x31, 0x04],
        ];
        for pair in writes {
            bench.write(ms(1), &pair);
        }
        let rails = [Rail::Dcdc1, Rail::Ldo2, Rail::Ldo3, Rail::LdoIo0, Rail::Exten];
        assert_eq!(rails.map(|rail| bench.supply.millivolts(rail)), [3300, 3000, 3000, 2800, 5000]);
        assert_eq!(bench.findings(), []);
        bench.write(ms(2), &[0x12, 0x49]);
        assert_eq!(bench.supply.millivolts(Rail::Ldo2), 0, "backlight off");
        bench.write(ms(2), &[0x10, 0x00]);
        assert_eq!(bench.read::<1>(ms(2), 0x12), [0x09]);
        bench.write(ms(2), &[0x26, 0x5C]);
        assert_eq!(bench.supply.millivolts(Rail::Dcdc1), 3000);
    }

    #[test]
    fn measures_the_supply_in_its_steps() {
        let mut bench = chip();
        bench.write(ms(0), &[0x82, 0xFF]);
        bench.supply.battery_mv = 3_905;
        bench.supply.battery_ma = -73;
        bench.supply.vbus_mv = 5_000;
        bench.supply.vbus_ma = 120;
        // 3905/1.1 = 3550 = 0xDDE; 73/0.5 = 146 = 0x92; 5000/1.7 = 2941 = 0xB7D; 120/0.375 = 320 = 0x140.
        assert_eq!(bench.read::<8>(ms(100), 0x78), [0xDD, 0x0E, 0x00, 0x00, 0x04, 0x12, 0xDF, 0x03]);
        assert_eq!(bench.read::<4>(ms(100), 0x5A), [0xB7, 0x0D, 0x14, 0x00]);
        // 30 degrees inside: 1747 = 0x6D3.
        assert_eq!(bench.read::<2>(ms(100), 0x5E), [0x6D, 0x03]);
        // 3550 * 146 = 518300 = 0x07E89C.
        assert_eq!(bench.read::<3>(ms(100), 0x70), [0x07, 0xE8, 0x9C]);
        assert_eq!(bench.read::<2>(ms(100), 0x00), [0x38, 0x20]);
        bench.supply.battery_ma = 90;
        assert_eq!(bench.read::<2>(ms(200), 0x00), [0x3C, 0x60]);
        assert_eq!(bench.read::<4>(ms(200), 0x7A), [0x05, 0x14, 0x00, 0x00]);
    }

    #[test]
    fn converts_at_its_rate_only_and_what_is_enabled() {
        let mut bench = chip();
        bench.supply.battery_mv = 3_300;
        assert_eq!(bench.read::<2>(ms(39), 0x78), [0, 0], "25 Hz: not before 40 ms");
        assert_eq!(bench.read::<2>(ms(40), 0x78), [0xBB, 0x08]);
        bench.supply.battery_mv = 4_400;
        assert_eq!(bench.read::<2>(ms(79), 0x78), [0xBB, 0x08]);
        assert_eq!(bench.read::<2>(ms(80), 0x78), [0xFA, 0x00]);
        bench.write(ms(81), &[0x82, 0x03]);
        bench.supply.battery_mv = 3_300;
        assert_eq!(bench.read::<2>(ms(500), 0x78), [0xFA, 0x00]);
    }

    #[test]
    fn counts_charge_over_true_time() {
        let mut bench = chip();
        bench.write(ms(0), &[0x82, 0xC3]);
        bench.write(ms(0), &[0x84, 0xF2]); // 200 Hz
        bench.write(ms(0), &[0xB8, 0xA0]);
        bench.supply.battery_ma = -100;
        let hour = ms(3_600_000);
        bench.chip.settle(hour, &bench.supply);
        bench.supply.battery_ma = 50;
        // 100 mAh out, then 50 mAh in: counts = mAh * 3600 * 200 / (65536 * 0.5).
        let later = hour + 3_600_000_000_000;
        let counters: [u8; 8] = bench.read(later, 0xB0);
        let count = |b: &[u8]| u32::from_be_bytes([b[0], b[1], b[2], b[3]]);
        assert_eq!((count(&counters[..4]), count(&counters[4..])), (1098, 2197));
        bench.write(later, &[0xB8, 0xE0]);
        assert_eq!(bench.read::<9>(later + 3_600_000_000_000, 0xB0), [0, 0, 0, 0, 0, 0, 0, 0, 0xC0]);
    }

    #[test]
    fn the_power_key_tells_short_from_long() {
        let mut bench = chip();
        bench.write(ms(0), &[0x36, 0x0C]); // long is 1 s, off after 4
        bench.chip.press(ms(1_000), 200_000_000);
        assert_eq!(bench.chip.next_event(), Some(ms(1_200)));
        assert_eq!(bench.read::<1>(ms(1_199), 0x46), [0]);
        assert_eq!(bench.read::<1>(ms(1_200), 0x46), [0x02]);
        assert!(!bench.chip.interrupt(ms(1_200), &bench.supply));
        bench.write(ms(1_300), &[0x46, 0x03]);
        assert!(bench.chip.interrupt(ms(1_300), &bench.supply));
        bench.chip.press(ms(2_000), 1_500_000_000);
        assert_eq!(bench.read::<1>(ms(2_999), 0x46), [0]);
        assert_eq!(bench.read::<1>(ms(3_000), 0x46), [0x01]);
        assert_eq!(bench.read::<1>(ms(9_000), 0x46), [0x01], "a long press is not a short one too");
    }

    #[test]
    fn held_long_it_switches_off_and_pressed_again_on() {
        let mut bench = chip();
        bench.write(ms(0), &[0x36, 0x0C]);
        bench.write(ms(0), &[0x12, 0x4D]);
        bench.chip.press(ms(1_000), 5_000_000_000);
        bench.chip.press(ms(10_000), 500_000_000);
        assert!(!bench.chip.is_off(ms(4_999), &bench.supply));
        assert!(bench.chip.is_off(ms(5_000), &bench.supply));
        bench.chip.drive(&mut bench.supply);
        assert!(
            !bench.supply.is_on(Rail::Dcdc1)
                && !bench.supply.is_on(Rail::Exten)
                && bench.supply.is_on(Rail::Always)
        );
        assert_eq!(bench.chip.next_event(), Some(ms(10_128)));
        assert!(!bench.chip.is_off(ms(10_128), &bench.supply));
        bench.chip.drive(&mut bench.supply);
        assert!(
            bench.supply.is_on(Rail::Dcdc1) && !bench.supply.is_on(Rail::Exten),
            "registers as after power-on"
        );
    }

    #[test]
    fn bit_7_of_power_off_ends_it_all() {
        let mut bench = chip();
        bench.write(ms(1), &[0x32, 0xC6]);
        assert!(!bench.supply.is_on(Rail::Dcdc1));
        assert!(bench.chip.is_off(ms(2), &bench.supply));
    }

    #[test]
    fn usb_comes_and_goes() {
        let mut bench = chip();
        assert_eq!(bench.read::<1>(ms(1), 0x44), [0]);
        bench.supply.vbus_mv = 5_000;
        assert_eq!(bench.read::<1>(ms(2), 0x44), [0x08]);
        bench.write(ms(3), &[0x44, 0x08]);
        bench.supply.vbus_mv = 0;
        assert_eq!(bench.read::<1>(ms(4), 0x44), [0x04]);
    }

    #[test]
    fn a_write_takes_pairs_and_storage_survives_off() {
        let mut bench = chip();
        bench.write(ms(0), &[0x06, 1, 0x07, 2, 0x0B, 6]);
        bench.write(ms(0), &[0x32, 0xC6]);
        bench.chip.press(ms(1_000), 3_000_000_000);
        assert_eq!(bench.read::<6>(ms(3_000), 0x06), [1, 2, 0, 0, 0, 6]);
    }

    #[test]
    fn what_the_model_lacks_is_reported() {
        let mut bench = chip();
        bench.write(ms(0), &[0x94, 1]);
        bench.read::<1>(ms(0), 0x62);
        assert_eq!(bench.findings(), [0x94, 0x62]);
    }

    proptest! {
        #[test]
        fn no_conversation_makes_it_panic(steps in talk(), presses in prop::collection::vec((any::<u64>(), any::<u64>()), 0..4)) {
            let mut bench = chip();
            for (at, hold) in presses { bench.chip.press(TrueTime(at >> 30), hold); }
            bench.converse(&steps);
        }
        #[test]
        fn lazy(mut asks in prop::collection::vec(0u64..20_000_000_000, 0..20), hold in 0u64..6_000_000_000) {
            asks.sort_unstable();
            let start = || {
                let mut bench = chip();
                bench.write(ms(0), &[0x82, 0xFF, 0x84, 0xB2, 0xB8, 0x80, 0x36, 0x4C]);
                bench.chip.press(ms(500), hold);
                bench.chip.press(ms(7_000), hold / 3);
                bench
            };
            let (mut plain, mut curious) = (start(), start());
            for ask in asks {
                curious.chip.settle(TrueTime(ask), &curious.supply);
                curious.chip.interrupt(TrueTime(ask), &curious.supply);
            }
            for register in [0x12, 0x46, 0x78, 0xB4] {
                prop_assert_eq!(plain.read::<4>(ms(20_000), register), curious.read::<4>(ms(20_000), register));
            }
        }
    }
}
