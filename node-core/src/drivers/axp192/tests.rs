extern crate std;

use super::*;
use embassy_futures::block_on;
use embedded_hal_async::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction as Bus};
use proptest::prelude::*;
use std::vec;

const ADDRESS: u8 = 0x34;
const NACK: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);

fn write(register: u8, value: u8) -> Bus {
    Bus::write(ADDRESS, vec![register, value])
}
fn read(register: u8, answer: &[u8]) -> Bus {
    Bus::write_read(ADDRESS, vec![register], answer.to_vec())
}

fn on_bus<R>(expected: &[Bus], body: impl AsyncFnOnce(&mut Axp192<Mock>) -> R) -> R {
    let mut pmic = Axp192::new(Mock::new(expected), ADDRESS);
    let result = block_on(body(&mut pmic));
    pmic.release().done();
    result
}

#[test]
fn start_up_writes_what_the_vendors_library_writes() {
    let expected = [
        write(0x28, 0xCC),
        write(0x84, 0xF2),
        write(0x82, 0xFF),
        write(0x33, 0xC0),
        read(0x12, &[0x13]),
        write(0x12, 0x4F), // DCDC2 off, DCDC3 as it was
        write(0x36, 0x0C),
        write(0x91, 0xA0),
        write(0x90, 0x02),
        write(0x30, 0x80),
        write(0x39, 0xFC),
        write(0x35, 0xA2),
        write(0x32, 0x46),
        read(0x31, &[0x0B]),
        write(0x31, 0x0C),
    ];
    on_bus(&expected, async |pmic| pmic.init().await).unwrap();
}

#[test]
fn a_missing_chip_is_a_bus_error_with_the_register() {
    let expected = [write(0x28, 0xCC).with_error(NACK), read(0x12, &[0]).with_error(NACK)];
    on_bus(&expected, async |pmic| {
        assert_eq!(pmic.init().await, Err(Error::Bus { register: 0x28, error: NACK }));
        let switched = pmic.set_output(Output::Ldo3, true).await;
        assert_eq!(switched, Err(Error::Bus { register: 0x12, error: NACK }));
    });
}

#[test]
fn an_output_is_switched_without_touching_the_others() {
    let bits = [
        (Output::Dcdc1, 0x01),
        (Output::Dcdc3, 0x02),
        (Output::Ldo2, 0x04),
        (Output::Ldo3, 0x08),
        (Output::Dcdc2, 0x10),
        (Output::Exten, 0x40),
    ];
    for (output, bit) in bits {
        let expected = [
            read(0x12, &[0x00]),
            write(0x12, bit),
            read(0x12, &[0xFF]),
            write(0x12, !bit),
            read(0x12, &[bit]),
            read(0x12, &[!bit]),
        ];
        on_bus(&expected, async |pmic| {
            pmic.set_output(output, true).await.unwrap();
            pmic.set_output(output, false).await.unwrap();
            assert_eq!(pmic.output(output).await, Ok(true));
            assert_eq!(pmic.output(output).await, Ok(false));
        });
    }
}

#[test]
fn the_microphones_regulator_is_a_function_of_gpio0() {
    let expected = [
        read(0x90, &[0xA7]),
        write(0x90, 0xA2),
        read(0x90, &[0xA2]),
        write(0x90, 0xA7),
        read(0x90, &[0x02]),
        read(0x90, &[0x07]),
        write(0x91, 0xA0),
    ];
    on_bus(&expected, async |pmic| {
        pmic.set_output(Output::LdoIo0, true).await.unwrap();
        pmic.set_output(Output::LdoIo0, false).await.unwrap();
        assert_eq!(pmic.output(Output::LdoIo0).await, Ok(true));
        assert_eq!(pmic.output(Output::LdoIo0).await, Ok(false));
        pmic.set_ldoio0_millivolts(2_800).await.unwrap();
    });
}

#[test]
fn backlight_and_lcd_share_a_register() {
    for (millivolts, step) in [(0, 0), (1_800, 0), (1_899, 0), (3_000, 12), (3_300, 15), (9_999, 15)] {
        let expected =
            [read(0x28, &[0xC7]), write(0x28, step << 4 | 7), read(0x28, &[0xC7]), write(0x28, 0xC0 | step)];
        on_bus(&expected, async |pmic| {
            pmic.set_backlight_millivolts(millivolts).await.unwrap();
            pmic.set_ldo3_millivolts(millivolts).await.unwrap();
        });
    }
}

#[test]
fn brightness_is_mapped_as_the_vendor_does() {
    for (percent, value) in [(0, 0x7C), (50, 0xAC), (80, 0xCC), (100, 0xEC), (255, 0xEC)] {
        let expected = [read(0x28, &[0x0C]), write(0x28, value)];
        on_bus(&expected, async |pmic| pmic.set_brightness(percent).await).unwrap();
    }
}

#[test]
fn the_battery_is_one_transaction() {
    // 0xD4|0x8 = 3400: 3740 mV. Charging 0x06|0x08 = 200: 100 mA; discharging 0x02|0x1F = 95: 47.5 mA.
    let expected = [read(0x78, &[0xD4, 0x08, 0x06, 0x08, 0x02, 0x1F])];
    let battery = on_bus(&expected, async |pmic| pmic.battery().await).unwrap();
    assert_eq!(battery, Battery { millivolts: 3_740, microamps: 52_500 });

    let expected = [read(0x78, &[0xFF, 0x0F, 0x00, 0x00, 0xFF, 0x1F])];
    let battery = on_bus(&expected, async |pmic| pmic.battery().await).unwrap();
    assert_eq!(battery, Battery { millivolts: 4_504, microamps: -4_095_500 });
}

#[test]
fn vbus_temperature_and_status() {
    let expected = [
        read(0x5A, &[0xB8, 0x00, 0x12, 0x0C]), // 2944 and 300 counts
        read(0x5E, &[0x6A, 0x07]),             // 1703
        read(0x5E, &[0x00, 0x00]),
        read(0x00, &[0x24]),
        read(0x00, &[0xDB]),
    ];
    on_bus(&expected, async |pmic| {
        assert_eq!(pmic.vbus().await, Ok(Vbus { millivolts: 5_004, microamps: 112_500 }));
        assert_eq!(pmic.temperature_deci_celsius().await, Ok(256));
        assert_eq!(pmic.temperature_deci_celsius().await, Ok(-1447));
        assert_eq!(pmic.status().await, Ok(PowerStatus { vbus_present: true, charging: true }));
        assert_eq!(pmic.status().await, Ok(PowerStatus { vbus_present: false, charging: false }));
    });
}

#[test]
fn the_coulomb_counter_asks_for_the_rate_that_gives_it_meaning() {
    let counters = [0, 0, 0x10, 0x00, 0, 0, 0x04, 0x00]; // 4096 in, 1024 out
    let expected = [
        write(0xB8, 0xA0),
        read(0x84, &[0xF2]),
        read(0xB0, &counters),
        read(0x84, &[0x32]),
        read(0xB0, &counters),
        write(0xB8, 0xC0),
    ];
    on_bus(&expected, async |pmic| {
        pmic.start_coulomb_counter().await.unwrap();
        let charge = pmic.charge().await.unwrap();
        assert_eq!(charge, Charge { counts_in: 4096, counts_out: 1024, adc_hz: 200 });
        // 65536 * 0.5 mA * 3072 / 3600 / 200 = 139.81 mAh
        assert_eq!(charge.microamp_hours(), 139_810);
        let slow = pmic.charge().await.unwrap();
        assert_eq!(slow.adc_hz, 25);
        assert_eq!(slow.microamp_hours(), 1_118_481);
        pmic.suspend_coulomb_counter().await.unwrap();
    });
    let drained = Charge { counts_in: 0, counts_out: u32::MAX, adc_hz: 25 };
    assert!(drained.microamp_hours() < 0);
}

#[test]
fn a_key_press_is_told_once_and_only_what_was_seen_is_cleared() {
    let expected = [
        read(0x46, &[0x02]),
        write(0x46, 0x02),
        read(0x46, &[0x01]),
        write(0x46, 0x01),
        read(0x46, &[0x03]),
        write(0x46, 0x03),
        read(0x46, &[0xFC]),
    ];
    on_bus(&expected, async |pmic| {
        for (short, long) in [(true, false), (false, true), (true, true), (false, false)] {
            assert_eq!(pmic.power_key().await, Ok(KeyPresses { short, long }));
        }
    });
}

#[test]
fn sleep_leaves_only_the_cpus_supply_and_the_power_key() {
    let expected = [
        read(0x31, &[0x04]),
        write(0x31, 0x0C),
        read(0x90, &[0x02]),
        write(0x90, 0x07),
        write(0x82, 0x00),
        read(0x12, &[0xFF]),
        write(0x12, 0xA1),
        read(0x32, &[0x46]),
        write(0x32, 0xC6),
    ];
    on_bus(&expected, async |pmic| {
        pmic.sleep().await.unwrap();
        pmic.power_off().await.unwrap();
    });
}

proptest! {
    #[test]
    fn any_adc_bytes_give_values_in_range(raw: [u8; 6]) {
        let battery = on_bus(&[read(0x78, &raw)], async |pmic| pmic.battery().await).unwrap();
        prop_assert!(battery.millivolts <= 4_504);
        prop_assert!(battery.microamps.abs() <= 4_095_500);
    }
}
