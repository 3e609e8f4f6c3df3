//! The clock's registers in words, as a program would read them now.

use super::*;
use crate::device::view::RegisterView;

impl Bm8563 {
    pub(super) fn view(&self, at: TrueTime) -> Vec<RegisterView> {
        // A copy counts up to now; the chip does when it is asked.
        let mut now = self.clone();
        now.settle(at);
        let one =
            |name: &'static str, address: u8| RegisterView::new(name, address, now.read_register(address));
        let time = |name: &'static str, address: u8, mask: u8, unit: &str| {
            let view = one(name, address);
            let value = binary(view.value as u8 & mask);
            view.field("BCD", mask, format!("{value:02} {unit}"))
        };
        let alarm = |name: &'static str, address: u8, mask: u8, unit: &str| {
            let view = one(name, address);
            let value = binary(view.value as u8 & mask);
            let meaning = if view.value as u8 & ALARM_DISABLED != 0 {
                "takes no part".into()
            } else {
                format!("at {unit} {value:02}")
            };
            view.field("ALARM", mask, meaning)
        };
        let weekday = one("WEEKDAYS", WEEKDAYS);
        let names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
        let day = names.get(weekday.bits(WEEKDAYS_MASK) as usize).copied().unwrap_or("no day");
        let months = one("MONTHS", MONTHS);
        let month = binary(months.value as u8 & MONTHS_MASK);
        let years = one("YEARS", YEARS);
        let century = if months.value as u8 & CENTURY != 0 { 1_900 } else { 2_000 };
        let year = century + u16::from(binary(years.value as u8));
        let control = one("TIMER_CONTROL", TIMER_CONTROL);
        let clock = match TimerClock::from_code(control.value as u8) {
            TimerClock::Hz4096 => "4096 counts a second",
            TimerClock::Hz64 => "64 counts a second",
            TimerClock::Hz1 => "a count a second",
            TimerClock::PerMinute => "a count a minute",
        };
        let timer = one("TIMER", TIMER);
        let left = format!("{} counts left", timer.value);
        vec![
            one("CONTROL_1", CONTROL_1).flag("STOP", control_1::STOP, "the clock stands", "the clock runs"),
            one("CONTROL_2", CONTROL_2)
                .flag("AF", control_2::AF, "alarm has come", "no alarm yet")
                .flag("TF", control_2::TF, "timer ran out", "timer has not run out")
                .flag("AIE", control_2::AIE, "alarm interrupts", "alarm is silent")
                .flag("TIE", control_2::TIE, "timer interrupts", "timer is silent"),
            time("SECONDS", SECONDS, SECONDS_MASK, "s").flag(
                "VL",
                VOLTAGE_LOW,
                "not to be trusted: supply was low",
                "to be trusted",
            ),
            time("MINUTES", MINUTES, MINUTES_MASK, "min"),
            time("HOURS", HOURS, HOURS_MASK, "h"),
            time("DAYS", DAYS, DAYS_MASK, "of the month"),
            weekday.field("DAY", WEEKDAYS_MASK, day),
            months.field("BCD", MONTHS_MASK, format!("month {month:02}")),
            years.whole("BCD", format!("year {year}")),
            alarm("MINUTE_ALARM", MINUTE_ALARM, MINUTES_MASK, "minute"),
            alarm("HOUR_ALARM", HOUR_ALARM, HOURS_MASK, "hour"),
            alarm("DAY_ALARM", DAY_ALARM, DAYS_MASK, "day"),
            alarm("WEEKDAY_ALARM", WEEKDAY_ALARM, WEEKDAYS_MASK, "weekday"),
            one("CLKOUT_CONTROL", CLKOUT_CONTROL).flag(
                "FE",
                clkout_control::ENABLE,
                "clock output on (goes nowhere here)",
                "clock output off",
            ),
            control.flag("TE", timer_control::ENABLE, "timer on", "timer off").field(
                "TD",
                timer_control::CLOCK_MASK,
                clock,
            ),
            timer.whole("TIMER", left),
        ]
    }
}
