extern crate std;

use super::*;
use embassy_futures::block_on;
use embedded_hal_async::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction as Bus};
use proptest::prelude::*;
use std::vec;

const ADDRESS: u8 = 0x51;
const NACK: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data);

fn write(bytes: &[u8]) -> Bus {
    Bus::write(ADDRESS, bytes.to_vec())
}
fn read(register: u8, answer: &[u8]) -> Bus {
    Bus::write_read(ADDRESS, vec![register], answer.to_vec())
}

fn on_bus<R>(expected: &[Bus], body: impl AsyncFnOnce(&mut Bm8563<Mock>) -> R) -> R {
    let mut rtc = Bm8563::new(Mock::new(expected), ADDRESS);
    let result = block_on(body(&mut rtc));
    rtc.release().done();
    result
}

const TIME: DateTime = DateTime { year: 2026, month: 11, day: 21, hour: 9, minute: 58, second: 37 };

#[test]
fn init_starts_a_stopped_clock_and_leaves_a_running_one_alone() {
    let expected = [read(0x00, &[0x28]), write(&[0x00, 0x00]), read(0x0D, &[0x80]), write(&[0x0D, 0x00])];
    on_bus(&expected, async |rtc| rtc.init().await).unwrap();
    on_bus(&[read(0x00, &[0x00]), read(0x0D, &[0x00])], async |rtc| rtc.init().await).unwrap();
}

#[test]
fn time_is_one_transaction_each_way() {
    // 21 November 2026 is a Saturday.
    let expected = [
        write(&[0x02, 0x37, 0x58, 0x09, 0x21, 0x06, 0x11, 0x26]),
        read(0x02, &[0x37, 0x58, 0x09, 0x21, 0x06, 0x11, 0x26]),
        // Bits that the chip leaves undefined.
        read(0x02, &[0x37, 0xD8, 0xC9, 0xE1, 0xFE, 0x71, 0x26]),
    ];
    on_bus(&expected, async |rtc| {
        rtc.set_time(&TIME).await.unwrap();
        assert_eq!(rtc.time().await, Ok(TIME));
        assert_eq!(rtc.time().await, Ok(TIME));
    });
}

#[test]
fn a_clock_that_lost_its_supply_has_no_time() {
    let expected = [read(0x02, &[0xB7, 0x58, 0x09, 0x21, 0x06, 0x11, 0x26])];
    assert_eq!(on_bus(&expected, async |rtc| rtc.time().await), Err(Error::VoltageLow));
}

#[test]
fn a_moment_that_does_not_exist_is_an_error_with_its_registers() {
    let wrong = [
        [0x60, 0x58, 0x09, 0x21, 0x06, 0x11, 0x26], // second 60
        [0x3A, 0x58, 0x09, 0x21, 0x06, 0x11, 0x26], // not a digit
        [0x37, 0x58, 0x24, 0x21, 0x06, 0x11, 0x26], // hour 24
        [0x37, 0x58, 0x09, 0x29, 0x06, 0x02, 0x26], // 29 February 2026
        [0x37, 0x58, 0x09, 0x00, 0x06, 0x02, 0x26], // day 0
        [0x37, 0x58, 0x09, 0x21, 0x06, 0x00, 0x26], // month 0
        [0x37, 0x58, 0x09, 0x21, 0x06, 0x91, 0x26], // 1926
    ];
    for registers in wrong {
        let result = on_bus(&[read(0x02, &registers)], async |rtc| rtc.time().await);
        assert_eq!(result, Err(Error::InvalidRegisters { registers }));
    }
    // Valid in 2028.
    let leap =
        on_bus(&[read(0x02, &[0x37, 0x58, 0x09, 0x29, 0x06, 0x02, 0x28])], async |rtc| rtc.time().await);
    assert_eq!(leap, Ok(DateTime { year: 2028, month: 2, day: 29, ..TIME }));
}

#[test]
fn a_missing_chip_is_a_bus_error_with_the_register() {
    let expected = [read(0x02, &[0; 7]).with_error(NACK), write(&[0x0E, 0x02, 5]).with_error(NACK)];
    on_bus(&expected, async |rtc| {
        assert_eq!(rtc.time().await, Err(Error::Bus { register: 0x02, error: NACK }));
        assert_eq!(rtc.set_timer(TimerClock::Hz1, 5).await, Err(Error::Bus { register: 0x0E, error: NACK }));
    });
}

#[test]
fn nonsense_is_refused_before_the_bus() {
    on_bus(&[], async |rtc| {
        for time in [
            DateTime { year: 1999, ..TIME },
            DateTime { year: 2100, ..TIME },
            DateTime { month: 13, ..TIME },
            DateTime { month: 4, day: 31, ..TIME },
            DateTime { hour: 24, ..TIME },
            DateTime { minute: 60, ..TIME },
            DateTime { second: 60, ..TIME },
        ] {
            assert_eq!(rtc.set_time(&time).await, Err(Error::InvalidInput), "{time:?}");
        }
        for alarm in [
            Alarm { minute: Some(60), ..Alarm::default() },
            Alarm { hour: Some(24), ..Alarm::default() },
            Alarm { day: Some(0), ..Alarm::default() },
            Alarm { day: Some(32), ..Alarm::default() },
        ] {
            assert_eq!(rtc.set_alarm(&alarm).await, Err(Error::InvalidInput), "{alarm:?}");
        }
    });
}

#[test]
fn an_alarm_compares_only_the_fields_that_are_given() {
    let expected = [
        write(&[0x09, 0x45, 0x07, 0x80, 0x80]),
        read(0x01, &[0x08]),
        write(&[0x01, 0x06]), // AIE; AF cleared; TF left alone
        write(&[0x09, 0x80, 0x80, 0x31, 0x06]),
        read(0x01, &[0x11]),
        write(&[0x01, 0x17]),
        write(&[0x09, 0x80, 0x80, 0x80, 0x80]),
        read(0x01, &[0x0A]),
        write(&[0x01, 0x04]), // off
    ];
    on_bus(&expected, async |rtc| {
        rtc.set_alarm(&Alarm { minute: Some(45), hour: Some(7), ..Alarm::default() }).await.unwrap();
        let day = Alarm { day: Some(31), weekday: Some(Weekday::Saturday), ..Alarm::default() };
        rtc.set_alarm(&day).await.unwrap();
        rtc.set_alarm(&Alarm::default()).await.unwrap();
    });
}

#[test]
fn the_timer_is_loaded_while_it_stands() {
    let clocks =
        [(TimerClock::Hz4096, 0), (TimerClock::Hz64, 1), (TimerClock::Hz1, 2), (TimerClock::PerMinute, 3)];
    for (clock, code) in clocks {
        assert_eq!(TimerClock::from_code(code), clock);
        let expected = [
            write(&[0x0E, code, 200]),
            read(0x01, &[0x04]),
            write(&[0x01, 0x09]), // TIE; TF cleared; AF left alone
            write(&[0x0E, 0x80 | code]),
        ];
        on_bus(&expected, async |rtc| rtc.set_timer(clock, 200).await).unwrap();
    }
    let expected = [write(&[0x0E, 3, 0]), read(0x01, &[0x05]), write(&[0x01, 0x08])];
    on_bus(&expected, async |rtc| rtc.set_timer(TimerClock::PerMinute, 0).await).unwrap();
}

#[test]
fn flags_are_told_apart_and_cleared_apart() {
    let expected = [
        read(0x01, &[0x0F]),
        read(0x01, &[0x0F]),
        write(&[0x01, 0x07]),
        read(0x01, &[0x07]),
        write(&[0x01, 0x0B]),
        read(0x01, &[0x03]),
    ];
    on_bus(&expected, async |rtc| {
        assert_eq!(rtc.flags().await, Ok(Flags { alarm: true, timer: true }));
        rtc.clear_flags(Flags { alarm: true, timer: false }).await.unwrap();
        rtc.clear_flags(Flags { alarm: false, timer: true }).await.unwrap();
        assert_eq!(rtc.flags().await, Ok(Flags::default()));
    });
}

#[test]
fn weekdays_and_seconds_of_known_dates() {
    let day = |year, month, day| DateTime { year, month, day, hour: 0, minute: 0, second: 0 };
    assert_eq!(day(2000, 1, 1).weekday(), Weekday::Saturday);
    assert_eq!(day(2000, 2, 29).weekday(), Weekday::Tuesday);
    assert_eq!(day(2024, 2, 29).weekday(), Weekday::Thursday);
    assert_eq!(day(2026, 11, 21).weekday(), Weekday::Saturday);
    assert_eq!(day(2099, 12, 31).weekday(), Weekday::Thursday);
    // Unix 1_000_000_000 was 2001-09-09 01:46:40; 2000 began at Unix 946_684_800.
    let billion = DateTime { year: 2001, month: 9, day: 9, hour: 1, minute: 46, second: 40 };
    assert_eq!(billion.seconds_since_2000(), 1_000_000_000 - 946_684_800);
}

#[test]
fn the_days_of_a_century_follow_each_other() {
    let mut expected = 0;
    for year in FIRST_YEAR..=LAST_YEAR {
        for month in 1..=12 {
            for day in 1..=31 {
                let date = DateTime { year, month, day, hour: 0, minute: 0, second: 0 };
                if date.is_valid() {
                    assert_eq!(date.seconds_since_2000(), expected * 86_400, "{date:?}");
                    assert_eq!(date.weekday() as u32, (expected + 6) % 7);
                    expected += 1;
                }
            }
        }
    }
    assert_eq!(expected, 36_525);
}

#[test]
fn bcd_round_trips_and_refuses_what_is_no_digit() {
    for value in 0..100 {
        assert_eq!(from_bcd(to_bcd(value)), Some(value));
    }
    let valid = (0..=255).filter(|&byte| from_bcd(byte).is_some()).count();
    assert_eq!(valid, 100);
}

proptest! {
    #[test]
    fn any_registers_are_a_valid_time_or_an_error(registers: [u8; 7]) {
        match on_bus(&[read(0x02, &registers)], async |rtc| rtc.time().await) {
            Ok(time) => {
                prop_assert!(time.is_valid());
                prop_assert_eq!(registers[0] & 0x80, 0);
                prop_assert_eq!(decode_time(&encode_time(&time)), Some(time));
            }
            Err(Error::VoltageLow) => prop_assert_ne!(registers[0] & 0x80, 0),
            Err(error) => prop_assert_eq!(error, Error::InvalidRegisters { registers }),
        }
    }

    #[test]
    fn every_valid_time_round_trips(
        year in FIRST_YEAR..=LAST_YEAR, month in 1u8..=12, day in 1u8..=31,
        hour in 0u8..24, minute in 0u8..60, second in 0u8..60,
    ) {
        let time = DateTime { year, month, day, hour, minute, second };
        prop_assume!(time.is_valid());
        prop_assert_eq!(decode_time(&encode_time(&time)), Some(time));
    }
}
