//! Witnesses: drivers that we did not write, from the registry and unchanged, against our chip models. Our drivers and our
//! models could agree on the same mistake; these would not.

use hal_shim::device::as7265x::As7265x;
use hal_shim::device::axp192::Axp192;
use hal_shim::device::bm8563::{Bm8563, DateTime};
use hal_shim::time::Drift;
use hal_shim::world::{Noise, Scene, Sight};
use node_core::boards::Rail;
use node_core::boards::m5stickc::M5STICKC;
use nodetwin_tests::blocking::{Blocking, Line};

fn power_chip() -> Blocking {
    let facts = M5STICKC.pmic.as_ref().unwrap();
    Blocking::new(vec![(facts.address, Box::new(Axp192::new(facts)))])
}

#[test]
fn axp192_switches_rails_and_sets_their_voltage() {
    let board = power_chip();
    let mut driver = axp192::Axp192::new(board.clone());
    driver.set_ldo2_voltage(3_000).unwrap();
    driver.set_ldo2_on(true).unwrap();
    driver.set_ldo3_on(false).unwrap();
    assert!(driver.get_ldo2_on().unwrap() && !driver.get_ldo3_on().unwrap());
    assert_eq!(board.supply(|supply| supply.millivolts(Rail::Ldo2)), 3_000);
    assert!(!board.supply(|supply| supply.is_on(Rail::Ldo3)));
    driver.set_ldo3_voltage(2_800).unwrap();
    driver.set_ldo3_on(true).unwrap();
    assert_eq!(board.supply(|supply| supply.millivolts(Rail::Ldo3)), 2_800);
    driver.set_exten_on(true).unwrap();
    assert!(board.supply(|supply| supply.is_on(Rail::Exten)));
    driver.set_exten_on(false).unwrap();
    assert!(!board.supply(|supply| supply.is_on(Rail::Exten)));
    assert_eq!(board.unmodelled(), []);
}

#[test]
fn axp192_powers_the_microphone_from_gpio0() {
    let board = power_chip();
    let mut driver = axp192::Axp192::new(board.clone());
    driver.set_gpio0_ldo_voltage(2_800).unwrap();
    driver.set_gpio0_mode(axp192::GpioMode0::LowNoiseLdo).unwrap();
    assert_eq!(board.supply(|supply| supply.millivolts(Rail::LdoIo0)), 2_800);
}

#[test]
fn axp192_measures_the_battery_it_is_given() {
    let board = power_chip();
    board.supply(|supply| {
        supply.battery_mv = 3_871;
        supply.battery_ma = -73;
        supply.vbus_mv = 0;
    });
    let mut driver = axp192::Axp192::new(board.clone());
    driver.set_battery_voltage_adc_enable(true).unwrap();
    driver.set_battery_current_adc_enable(true).unwrap();
    // The converter runs at its own rate.
    board.pass_ms(200);
    let volts = driver.get_battery_voltage().unwrap();
    let (out, into) =
        (driver.get_battery_discharge_current().unwrap(), driver.get_battery_charge_current().unwrap());
    // One step is 1.1 mV and 0.5 mA.
    assert!((volts - 3.871).abs() < 0.0012, "{volts} V");
    assert!((out - 0.073).abs() < 0.0006, "{out} A out");
    assert_eq!(into, 0.0);
}

fn clock(start: DateTime, drift: Drift) -> Blocking {
    let facts = M5STICKC.rtc.as_ref().unwrap();
    Blocking::new(vec![(facts.address, Box::new(Bm8563::new(facts, start, drift)))])
}

const NEW_YEARS_EVE: DateTime =
    DateTime { year: 2027, month: 12, day: 31, weekday: 5, hour: 23, minute: 59, second: 50 };

#[test]
fn pcf8563_reads_the_time_across_a_new_year() {
    let board = clock(NEW_YEARS_EVE, Drift::NONE);
    let mut driver = pcf8563::PCF8563::new(board.clone());
    let before = driver.get_datetime().unwrap();
    assert_eq!((before.year, before.month, before.day, before.weekday), (27, 12, 31, 5));
    board.pass_ms(15_000);
    let after = driver.get_datetime().unwrap();
    assert_eq!((after.year, after.month, after.day, after.weekday), (28, 1, 1, 6));
    assert_eq!((after.hours, after.minutes, after.seconds), (0, 0, 5));
    assert_eq!(board.unmodelled(), []);
}

#[test]
fn pcf8563_sets_time_and_an_alarm_that_rings() {
    use pcf8563::Control::{Off, On};
    let board = clock(NEW_YEARS_EVE, Drift::NONE);
    let mut driver = pcf8563::PCF8563::new(board.clone());
    let noon =
        pcf8563::DateTime { year: 26, month: 2, day: 28, weekday: 6, hours: 11, minutes: 59, seconds: 30 };
    driver.set_datetime(&noon).unwrap();
    driver.set_alarm_hours(12).unwrap();
    driver.set_alarm_minutes(0).unwrap();
    driver.control_alarm_hours(On).unwrap();
    driver.control_alarm_minutes(On).unwrap();
    driver.control_alarm_day(Off).unwrap();
    driver.control_alarm_weekday(Off).unwrap();
    driver.clear_alarm_flag().unwrap();
    board.pass_ms(20_000);
    assert!(!driver.get_alarm_flag().unwrap());
    board.pass_ms(15_000);
    assert!(driver.get_alarm_flag().unwrap());
    driver.clear_alarm_flag().unwrap();
    assert!(!driver.get_alarm_flag().unwrap());
}

#[test]
fn pcf8563_timer_counts_down() {
    use pcf8563::{Control::On, TimerFreq};
    let board = clock(NEW_YEARS_EVE, Drift::NONE);
    let mut driver = pcf8563::PCF8563::new(board.clone());
    driver.set_timer_frequency(TimerFreq::Timer_1Hz).unwrap();
    driver.set_timer(5).unwrap();
    driver.clear_timer_flag().unwrap();
    driver.control_timer(On).unwrap();
    board.pass_ms(3_500);
    assert!(!driver.get_timer_flag().unwrap());
    board.pass_ms(2_000);
    assert!(driver.get_timer_flag().unwrap());
}

/// A white tile whose reflectance falls towards the infrared, in the dark.
struct Tile;
impl Scene for Tile {
    fn look(&mut self, _: u64, sight: &mut Sight) {
        *sight = Sight::DARK;
        for (slot, nm) in sight.reflectance.iter_mut().zip(Sight::wavelengths()) {
            *slot = 1.0 - 0.8 * (nm - 400.0) / 600.0;
        }
    }
}

struct Silent;
impl Noise for Silent {
    fn normal(&mut self, out: &mut [f32]) {
        out.fill(0.0);
    }
    fn next_u64(&mut self) -> u64 {
        7
    }
}

fn spectrometer() -> Blocking {
    let chip = As7265x::new(Rail::Exten, Box::new(Tile), Box::new(Silent), Drift::NONE);
    let board = Blocking::new(vec![(0x49, Box::new(chip))]);
    board.pass_ms(1_100);
    board
}

#[test]
fn as7265x_lights_its_lamps_and_reads_counts_and_what_they_stand_for() {
    use as7265x::{AS7265X, AS7265XConfig, Channel, GainConfig};
    let board = spectrometer();
    let wanted =
        AS7265XConfig { gain: GainConfig::Gain16x, integration_time: 49, ..AS7265XConfig::default() };
    let mut driver = AS7265X::new(board.clone(), wanted, board.clone());
    driver.init().unwrap();
    assert_eq!(driver.get_device_type().unwrap(), 0x40);
    driver.measure().unwrap();
    while !driver.is_data_ready().unwrap() {
        board.pass_ms(5);
    }
    assert!(driver.read_raw_measurement(Channel::C).unwrap() < 8, "dark but for noise");
    driver.mesure_with_bulb().unwrap();
    while !driver.is_data_ready().unwrap() {
        board.pass_ms(5);
    }
    // Each of the three lamps is seen by the band that lies on it: 410 nm, 560 nm, 860 nm. This crate counts AS72652 as device
    // 0 and AS72651 as 1, SparkFun's library (and the model) the other way round: what it calls R is read as G, and so on.
    let (uv, white, infrared) = (Channel::A, Channel::R, Channel::L);
    for channel in [uv, white] {
        assert!(driver.read_raw_measurement(channel).unwrap() > 500, "{channel:?}");
    }
    let w_of_ours = driver.read_raw_measurement(Channel::K).unwrap();
    assert!(w_of_ours > 500, "{w_of_ours}");
    for channel in [uv, white, infrared] {
        let count = f32::from(driver.read_raw_measurement(channel).unwrap());
        let microwatts = driver.read_calibrated_messurement(channel).unwrap();
        // 35 counts a µW/cm² at gain 16 in 166 ms; 140 ms here.
        assert!((microwatts * 35.0 * 140.0 / 166.0 - count).abs() < 0.01 * count + 0.1, "{channel:?}");
    }
    assert_eq!(driver.read_temperature().unwrap(), 28);
    assert_eq!(board.unmodelled(), []);
}

#[test]
fn mipidsi_draws_what_a_person_sees() {
    use embedded_graphics::pixelcolor::Rgb565;
    use embedded_graphics::prelude::*;
    use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
    use mipidsi::options::{ColorInversion, ColorOrder, Orientation, Rotation};

    let board = Blocking::new(Vec::new());
    let mut buffer = [0u8; 512];
    let spi =
        mipidsi::interface::SpiInterface::new(board.clone(), board.line(Line::DataCommand), &mut buffer);
    let mut display = mipidsi::Builder::new(mipidsi::models::ST7735s, spi)
        .reset_pin(board.line(Line::Reset))
        .display_size(80, 160)
        .display_offset(26, 1)
        // The panel is mounted upside down.
        .orientation(Orientation::new().rotate(Rotation::Deg180))
        .color_order(ColorOrder::Bgr)
        .invert_colors(ColorInversion::Inverted)
        .init(&mut board.clone())
        .unwrap();
    display.clear(Rgb565::BLUE).unwrap();
    let square = Rectangle::new(Point::new(10, 20), Size::new(30, 40));
    square.into_styled(PrimitiveStyle::with_fill(Rgb565::RED)).draw(&mut display).unwrap();
    let frame = board.screen();
    assert_eq!((frame.width, frame.height), (80, 160));
    for y in 0..160 {
        for x in 0..80 {
            let inside = (10..40).contains(&x) && (20..60).contains(&y);
            let expected = if inside { [255, 0, 0] } else { [0, 0, 255] };
            assert_eq!(frame.pixels[(y * 80 + x) as usize], expected, "at {x},{y}");
        }
    }
}
