//! BM8563, the real-time clock (register-compatible with NXP's PCF8563).
//!
//! Counts seconds of its own crystal. While a transfer is on, the time holds still and the second that fell into it is
//! made up for afterwards, as in the data sheet.

mod view;

use super::view::RegisterView;
use super::{Ack, Direction, I2cDevice, Surroundings, Unmodelled};
use crate::supply::Supply;
use crate::time::{Drift, TrueTime};
use node_core::boards::{ChipFacts, Rail};
use node_core::drivers::bm8563::regs::*;

const NAME: &str = "bm8563";
const SECOND: u64 = 1_000_000_000;
/// From STOP released to the first second: between 507.813 and 507.935 ms (datasheet: PCF8563); the middle.
const FIRST_SECOND_AFTER_STOP_NS: u64 = 507_874_000;
/// An access that lasts longer loses seconds (datasheet: it has to end within one).
const LONGEST_ACCESS_SECONDS: u64 = 1;
const REGISTERS: usize = REGISTER_COUNT as usize;

/// A calendar date with a time of day. `weekday`: 0 is Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub weekday: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

#[derive(Clone)]
pub struct Bm8563 {
    rail: Rail,
    drift: Drift,
    powered: bool,
    /// Had power when the scenario began: the first power-on changes nothing.
    kept: bool,
    /// Time registers in BCD, without the flags of their unused bits.
    registers: [u8; REGISTERS],
    /// Local time up to which seconds are counted, and of the next one.
    next_second: u64,
    local: u64,
    transfer: bool,
    /// Countdown: local time at which it was loaded, and how many times it has run out since.
    timer_from: u64,
    timer_rounds: u64,
    pointer: Option<u8>,
}

const fn bcd(binary: u8) -> u8 {
    ((binary / 10 % 10) << 4) | (binary % 10)
}
const fn binary(bcd: u8) -> u8 {
    (bcd >> 4) * 10 + (bcd & 0x0F)
}

impl Bm8563 {
    /// Set before the scenario began, and kept by its battery: at true time zero it shows `start`.
    pub fn new(facts: &ChipFacts, start: DateTime, drift: Drift) -> Self {
        let mut chip = Self::unset(facts, drift);
        chip.kept = true;
        let century = if start.year < 2000 { CENTURY } else { 0 };
        chip.registers[SECONDS as usize] = bcd(start.second);
        chip.registers[MINUTES as usize] = bcd(start.minute);
        chip.registers[HOURS as usize] = bcd(start.hour);
        chip.registers[DAYS as usize] = bcd(start.day);
        chip.registers[WEEKDAYS as usize] = start.weekday % 7;
        chip.registers[MONTHS as usize] = bcd(start.month) | century;
        chip.registers[YEARS as usize] = bcd((start.year % 100) as u8);
        chip
    }

    /// Never set: the voltage-low flag is up.
    pub fn unset(facts: &ChipFacts, drift: Drift) -> Self {
        let mut chip = Self {
            rail: facts.rail,
            drift,
            powered: true,
            kept: false,
            registers: [0; REGISTERS],
            next_second: SECOND,
            local: 0,
            transfer: false,
            timer_from: 0,
            timer_rounds: 0,
            pointer: None,
        };
        chip.reset();
        chip
    }

    /// Bits that the data sheet leaves undefined start as a valid date: 2000-01-01 00:00 (assumed).
    fn reset(&mut self) {
        self.registers = [0; REGISTERS];
        self.registers[DAYS as usize] = 1;
        self.registers[MONTHS as usize] = 1;
        for (register, value) in RESET_VALUES {
            self.registers[register as usize] = value;
        }
        self.transfer = false;
        self.pointer = None;
    }

    /// Level of the INT pin; true is high, which is no request.
    pub fn interrupt(&mut self, at: TrueTime) -> bool {
        self.settle(at);
        let control = self.registers[CONTROL_2 as usize];
        let alarm = control & control_2::AF != 0 && control & control_2::AIE != 0;
        let timer = control & control_2::TIE != 0
            && if control & control_2::TI_TP == 0 {
                control & control_2::TF != 0
            } else {
                self.timer_rounds > 0 && self.local - self.timer_ran_out(self.timer_rounds) < self.pulse_ns()
            };
        !(self.powered && (alarm || timer))
    }

    /// Counts up to `at`. A node cannot tell whether it was called.
    pub fn settle(&mut self, at: TrueTime) {
        let local = self.drift.local_ns(at.0);
        if local <= self.local {
            return;
        }
        self.local = local;
        if !self.powered {
            return;
        }
        self.run_timer();
        if !self.transfer {
            self.count_seconds(u64::MAX);
        }
    }

    /// At most so many; the rest is lost.
    fn count_seconds(&mut self, most: u64) {
        if self.registers[CONTROL_1 as usize] & control_1::STOP != 0 || self.local < self.next_second {
            return;
        }
        let due = (self.local - self.next_second) / SECOND + 1;
        self.next_second += due * SECOND;
        let mut left = due.min(most);
        while left > 0 {
            let flag = self.registers[SECONDS as usize] & VOLTAGE_LOW;
            let second = binary(self.registers[SECONDS as usize] & SECONDS_MASK) as u64;
            // Up to the full minute at once; a count beyond 59, which a node may have written, wraps (assumed).
            let step = left.min(60u64.saturating_sub(second).max(1));
            left -= step;
            let second = second + step;
            self.registers[SECONDS as usize] = flag | if second >= 60 { 0 } else { bcd(second as u8) };
            if second >= 60 {
                self.next_minute();
            }
        }
    }

    /// One BCD field up by one; true if it wrapped.
    fn carry_into(&mut self, register: u8, mask: u8, first: u8, last: u8) -> bool {
        let slot = &mut self.registers[register as usize];
        let value = binary(*slot & mask);
        let wraps = value >= last;
        *slot = (*slot & !mask) | if wraps { bcd(first) } else { bcd(value + 1) };
        wraps
    }

    fn next_minute(&mut self) {
        if self.carry_into(MINUTES, MINUTES_MASK, 0, 59) && self.carry_into(HOURS, HOURS_MASK, 0, 23) {
            self.carry_into(WEEKDAYS, WEEKDAYS_MASK, 0, 6);
            let last = self.days_in_month();
            if self.carry_into(DAYS, DAYS_MASK, 1, last)
                && self.carry_into(MONTHS, MONTHS_MASK, 1, 12)
                && self.carry_into(YEARS, 0xFF, 0, 99)
            {
                self.registers[MONTHS as usize] ^= CENTURY;
            }
        }
        self.compare_alarm();
    }

    /// Every fourth year is a leap year, the 00 ones too (datasheet).
    fn days_in_month(&self) -> u8 {
        match binary(self.registers[MONTHS as usize] & MONTHS_MASK) {
            2 if binary(self.registers[YEARS as usize]).is_multiple_of(4) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// At each new minute: do all fields that take part agree?
    fn compare_alarm(&mut self) {
        let pairs = [
            (MINUTE_ALARM, MINUTES, MINUTES_MASK),
            (HOUR_ALARM, HOURS, HOURS_MASK),
            (DAY_ALARM, DAYS, DAYS_MASK),
            (WEEKDAY_ALARM, WEEKDAYS, WEEKDAYS_MASK),
        ];
        let mut some = false;
        for (alarm, time, mask) in pairs {
            let alarm = self.registers[alarm as usize];
            if alarm & ALARM_DISABLED == 0 {
                some = true;
                if alarm & mask != self.registers[time as usize] & mask {
                    return;
                }
            }
        }
        if some {
            self.registers[CONTROL_2 as usize] |= control_2::AF;
        }
    }

    /// Counts of the countdown's source within so many nanoseconds; 4096 Hz exactly.
    fn timer_counts(&self, ns: u64) -> u64 {
        match TimerClock::from_code(self.registers[TIMER_CONTROL as usize]) {
            TimerClock::Hz4096 => (ns as u128 * 4096 / SECOND as u128) as u64,
            slower => ns / slower.period_ns(),
        }
    }
    fn timer_ran_out(&self, round: u64) -> u64 {
        let counts = round * self.registers[TIMER as usize] as u64;
        self.timer_from
            + match TimerClock::from_code(self.registers[TIMER_CONTROL as usize]) {
                TimerClock::Hz4096 => (counts as u128 * SECOND as u128).div_ceil(4096) as u64,
                slower => counts * slower.period_ns(),
            }
    }
    fn timer_runs(&self) -> bool {
        self.registers[TIMER_CONTROL as usize] & timer_control::ENABLE != 0
            && self.registers[TIMER as usize] != 0
    }
    fn run_timer(&mut self) {
        if self.timer_runs() {
            let rounds =
                self.timer_counts(self.local - self.timer_from) / self.registers[TIMER as usize] as u64;
            if rounds > self.timer_rounds {
                self.timer_rounds = rounds;
                self.registers[CONTROL_2 as usize] |= control_2::TF;
            }
        }
    }
    /// Pulse on INT with TI_TP: 1/64 s, or 1/4096 s from the fastest clock (datasheet, for counts over 1).
    fn pulse_ns(&self) -> u64 {
        match TimerClock::from_code(self.registers[TIMER_CONTROL as usize]) {
            TimerClock::Hz4096 => 244_140,
            _ => 15_625_000,
        }
    }

    fn write_register(&mut self, register: u8, value: u8, around: &mut Surroundings) {
        let mut report = |why| {
            around.unmodelled.push(Unmodelled { chip: NAME, register, written: Some(value), why });
        };
        let slot = register as usize;
        match register {
            CONTROL_1 => {
                if value & control_1::TEST1 != 0 {
                    report("test mode");
                }
                let stopped = self.registers[slot] & control_1::STOP != 0;
                if stopped && value & control_1::STOP == 0 {
                    self.next_second = self.local + FIRST_SECOND_AFTER_STOP_NS;
                }
                self.registers[slot] = value & (control_1::TEST1 | control_1::STOP | control_1::TESTC);
            }
            CONTROL_2 => {
                let flags = control_2::AF | control_2::TF;
                let kept = self.registers[slot] & value & flags;
                self.registers[slot] = kept | value & (control_2::TI_TP | control_2::AIE | control_2::TIE);
            }
            SECONDS | YEARS => self.registers[slot] = value,
            MINUTES => self.registers[slot] = value & MINUTES_MASK,
            HOURS => self.registers[slot] = value & HOURS_MASK,
            DAYS => self.registers[slot] = value & DAYS_MASK,
            WEEKDAYS => self.registers[slot] = value & WEEKDAYS_MASK,
            MONTHS => self.registers[slot] = value & (MONTHS_MASK | CENTURY),
            MINUTE_ALARM => self.registers[slot] = value & (ALARM_DISABLED | MINUTES_MASK),
            HOUR_ALARM => self.registers[slot] = value & (ALARM_DISABLED | HOURS_MASK),
            DAY_ALARM => self.registers[slot] = value & (ALARM_DISABLED | DAYS_MASK),
            WEEKDAY_ALARM => self.registers[slot] = value & (ALARM_DISABLED | WEEKDAYS_MASK),
            // The clock output goes nowhere on this board.
            CLKOUT_CONTROL => {
                self.registers[slot] = value & (clkout_control::ENABLE | clkout_control::FREQUENCY_MASK)
            }
            TIMER_CONTROL | TIMER => {
                let mask =
                    if register == TIMER { 0xFF } else { timer_control::ENABLE | timer_control::CLOCK_MASK };
                self.registers[slot] = value & mask;
                self.timer_from = self.local;
                self.timer_rounds = 0;
            }
            _ => report("no such register"),
        }
    }

    fn read_register(&self, register: u8) -> u8 {
        let value = self.registers[register as usize];
        match register {
            // The count, not what was loaded.
            TIMER if self.timer_runs() => {
                value - (self.timer_counts(self.local - self.timer_from) % value as u64) as u8
            }
            _ => value,
        }
    }

    fn end_transfer(&mut self, at: TrueTime) {
        self.settle(at);
        if core::mem::take(&mut self.transfer) {
            self.count_seconds(LONGEST_ACCESS_SECONDS);
        }
    }
}

impl I2cDevice for Bm8563 {
    fn registers(&self, at: TrueTime, _: &Supply) -> Vec<RegisterView> {
        self.view(at)
    }
    fn name(&self) -> &'static str {
        NAME
    }
    fn rail(&self) -> Rail {
        self.rail
    }
    fn power(&mut self, at: TrueTime, on: bool) {
        self.settle(at);
        if on && !core::mem::take(&mut self.kept) {
            self.reset();
            self.next_second = self.local + SECOND;
        }
        if !on {
            self.kept = false;
        }
        self.powered = on;
    }
    fn start(&mut self, at: TrueTime, direction: Direction, _around: &mut Surroundings) -> Ack {
        if !self.powered {
            return Ack::Nack;
        }
        self.settle(at);
        self.transfer = true;
        if direction == Direction::Write {
            self.pointer = None;
        }
        Ack::Ack
    }
    fn write(&mut self, at: TrueTime, bytes: &[u8], around: &mut Surroundings) -> usize {
        if !self.powered {
            return 0;
        }
        self.settle(at);
        for &byte in bytes {
            match self.pointer {
                None => self.pointer = Some(byte % REGISTER_COUNT),
                Some(register) => {
                    self.write_register(register, byte, around);
                    self.pointer = Some((register + 1) % REGISTER_COUNT);
                }
            }
        }
        bytes.len()
    }
    fn read(&mut self, at: TrueTime, out: &mut [u8], _around: &mut Surroundings) {
        if !self.powered {
            return out.fill(0xFF);
        }
        self.settle(at);
        let mut register = self.pointer.unwrap_or(0);
        for slot in out {
            *slot = self.read_register(register);
            register = (register + 1) % REGISTER_COUNT;
        }
        self.pointer = Some(register);
    }
    fn stop(&mut self, at: TrueTime, _around: &mut Surroundings) {
        self.end_transfer(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_world::{Bench, talk};
    use proptest::prelude::*;

    const FACTS: ChipFacts = ChipFacts { address: 0x51, rail: Rail::Always };

    fn s(seconds: u64) -> TrueTime {
        TrueTime(seconds * SECOND)
    }
    fn at(year: u16, month: u8, day: u8, weekday: u8, hour: u8, minute: u8, second: u8) -> Bench<Bm8563> {
        let start = DateTime { year, month, day, weekday, hour, minute, second };
        Bench::new(Bm8563::new(&FACTS, start, Drift::NONE))
    }

    #[test]
    fn shows_the_time_in_bcd_and_carries_to_the_century() {
        let mut bench = at(2099, 12, 31, 4, 23, 59, 58);
        bench.chip.power(s(0), true);
        assert_eq!(bench.read::<7>(s(1), 2), [0x59, 0x59, 0x23, 0x31, 4, 0x12, 0x99]);
        assert_eq!(bench.read::<7>(s(2), 2), [0x00, 0x00, 0x00, 0x01, 5, 0x81, 0x00]);
    }

    #[test]
    fn february_has_29_days_every_fourth_year() {
        let mut bench = at(2024, 2, 28, 3, 23, 59, 59);
        assert_eq!(bench.read::<4>(s(1), 5), [0x29, 4, 0x02, 0x24]);
        let mut bench = at(2023, 2, 28, 2, 23, 59, 59);
        assert_eq!(bench.read::<4>(s(1), 5), [0x01, 3, 0x03, 0x23]);
    }

    #[test]
    fn a_day_of_its_own_crystal() {
        let start = DateTime { year: 2026, month: 6, day: 1, weekday: 1, hour: 0, minute: 0, second: 0 };
        // 20 ppm fast gains 1.7 s a day.
        let mut bench = Bench::new(Bm8563::new(&FACTS, start, Drift::from_ppb(20_000)));
        assert_eq!(bench.read::<4>(s(86_400), 2), [0x01, 0x00, 0x00, 0x02]);
    }

    #[test]
    fn power_on_raises_voltage_low_until_the_seconds_are_written() {
        let mut bench = Bench::new(Bm8563::unset(&FACTS, Drift::NONE));
        bench.chip.power(s(0), true);
        assert_eq!(bench.read::<1>(s(3), 2), [0x83]);
        assert_eq!(bench.read::<7>(s(0), 9), [0x80, 0x80, 0x80, 0x80, 0x80, 0x03, 0x00]);
        bench.write(s(4), &[2, 0x30]);
        assert_eq!(bench.read::<1>(s(5), 2), [0x31]);
        bench.chip.power(s(6), false);
        assert_eq!(bench.write(s(7), &[2, 0]), 0);
        bench.chip.power(s(8), true);
        assert_eq!(bench.read::<1>(s(8), 2), [0x80]);
    }

    #[test]
    fn the_time_holds_still_during_a_transfer() {
        let mut bench = at(2026, 1, 1, 4, 0, 0, 58);
        let around = &mut Surroundings { supply: &mut bench.supply, unmodelled: &mut bench.unmodelled };
        let chip = &mut bench.chip;
        let moment = |ms| TrueTime::from_millis(ms);
        chip.start(moment(1_999), Direction::Write, around);
        chip.write(moment(1_999), &[2], around);
        chip.start(moment(1_999), Direction::Read, around);
        let mut time = [0; 3];
        chip.read(moment(1_999), &mut time[..1], around);
        chip.read(moment(2_001), &mut time[1..], around);
        chip.stop(moment(2_002), around);
        assert_eq!(time, [0x59, 0x00, 0x00], "not 0:01:59");
        assert_eq!(bench.read::<2>(moment(2_003), 2), [0x00, 0x01]);
    }

    #[test]
    fn the_alarm_raises_its_flag_at_the_minute_and_writing_zero_lowers_it() {
        let mut bench = at(2026, 1, 1, 4, 6, 58, 50);
        bench.write(s(0), &[9, 0x00, 0x07, 0x80, 0x80]);
        bench.write(s(0), &[1, 0x02]);
        assert!(bench.chip.interrupt(s(69)));
        assert!(!bench.chip.interrupt(s(70)));
        assert_eq!(bench.read::<1>(s(80), 1), [0x0A]);
        bench.write(s(81), &[1, 0x0A]);
        assert_eq!(bench.read::<1>(s(81), 1), [0x0A], "writing 1 leaves it");
        bench.write(s(82), &[1, 0x02]);
        assert!(bench.chip.interrupt(s(82)));
        assert_eq!(bench.read::<1>(s(3_600), 1), [0x02]);
        assert_eq!(bench.read::<1>(s(70 + 86_400), 1), [0x0A], "and again the next day");
    }

    #[test]
    fn the_timer_counts_down_at_each_of_its_clocks() {
        for (code, period_ns) in [(0u8, 244_140.625), (1, 15_625_000.0), (2, 1e9), (3, 6e10f64)] {
            let mut bench = at(2026, 1, 1, 4, 0, 0, 0);
            bench.write(s(1), &[15, 10]);
            bench.write(s(1), &[14, 0x80 | code]);
            bench.write(s(1), &[1, 0x01]);
            let ends = 1e9 + 10.0 * period_ns;
            let before = TrueTime((ends - 2.0) as u64);
            assert_eq!(bench.read::<1>(before, 15), [1]);
            assert!(bench.chip.interrupt(before), "code {code}");
            let after = TrueTime((ends + 2.0) as u64);
            assert!(!bench.chip.interrupt(after), "code {code}");
            assert_eq!(bench.read::<1>(after, 15), [10], "loaded again");
            bench.write(after, &[1, 0x01]);
            assert!(bench.chip.interrupt(after));
            assert_eq!(
                bench.read::<1>(TrueTime((ends + 10.0 * period_ns) as u64 + 2), 1),
                [0x05],
                "periodic"
            );
        }
    }

    #[test]
    fn stop_holds_the_clock_and_release_starts_within_half_a_second() {
        let mut bench = at(2026, 1, 1, 4, 0, 0, 0);
        bench.write(s(1) + 1, &[0, 0x20]);
        assert_eq!(bench.read::<1>(s(10), 2), [0x01]);
        bench.write(s(10), &[0, 0x00]);
        assert_eq!(bench.read::<1>(s(10) + 507_812_000, 2), [0x01]);
        assert_eq!(bench.read::<1>(s(10) + 507_936_000, 2), [0x02]);
    }

    #[test]
    fn test_mode_is_reported_and_the_address_wraps() {
        let mut bench = at(2026, 1, 1, 4, 0, 0, 7);
        bench.write(s(0), &[0, 0x80]);
        assert_eq!(bench.findings(), [0]);
        assert_eq!(bench.read::<4>(s(0), 15), [0x00, 0x80, 0x00, 0x07]);
    }

    proptest! {
        #[test]
        fn no_conversation_makes_it_panic(steps in talk()) {
            at(2026, 1, 1, 4, 0, 0, 0).converse(&steps);
        }
        #[test]
        fn lazy(asks in prop::collection::vec(0u64..200_000 * SECOND, 0..20), end in 0u64..300_000 * SECOND) {
            let mut asks = asks;
            asks.sort_unstable();
            let mut curious = at(2028, 2, 27, 0, 22, 10, 0);
            for bench in [&mut curious] {
                bench.write(s(0), &[9, 0x30, 0x80, 0x80, 0x80, 0x80, 0x83, 7]);
                for ask in asks.iter().filter(|ask| **ask < end) {
                    bench.chip.interrupt(TrueTime(*ask));
                }
            }
            let mut plain = at(2028, 2, 27, 0, 22, 10, 0);
            plain.write(s(0), &[9, 0x30, 0x80, 0x80, 0x80, 0x80, 0x83, 7]);
            prop_assert_eq!(curious.read::<16>(TrueTime(end), 0), plain.read::<16>(TrueTime(end), 0));
        }
    }
}
