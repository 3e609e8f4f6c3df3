use super::*;
use crate::device::test_world::{Bench, Dice, talk};
use node_core::boards::Rail;
use proptest::prelude::*;

/// The same reflectance at every wavelength, and daylight of so much; each grows by the second.
struct Grey {
    reflectance: f32,
    ambient: f32,
    per_second: f32,
}

impl Scene for Grey {
    fn look(&mut self, at_ns: u64, sight: &mut Sight) {
        let more = self.per_second * (at_ns as f32 * 1e-9);
        sight.reflectance = [self.reflectance + more; Sight::POINTS];
        sight.ambient = [self.ambient + more; Sight::POINTS];
    }
}

const MS: u64 = 1_000_000;

fn at(ms: u64) -> TrueTime {
    TrueTime(ms * MS)
}

fn bench(reflectance: f32, ambient: f32) -> Bench<As7265x> {
    let scene = Grey { reflectance, ambient, per_second: 0.0 };
    let chip = As7265x::new(Rail::Always, Box::new(scene), Box::new(Dice::new(5)), Drift::NONE);
    let mut bench = Bench::new(chip);
    bench.chip.power(at(0), true);
    bench
}

/// A node that waits as long as published drivers do: 5 ms from look to look.
struct Slow<'b> {
    bench: &'b mut Bench<As7265x>,
    now: TrueTime,
}

impl Slow<'_> {
    fn wait(&mut self, bits: u8, wanted: u8) {
        while self.bench.read::<1>(self.now, STATUS)[0] & bits != wanted {
            self.now = self.now + 5 * MS;
        }
    }
    fn read(&mut self, register: u8) -> u8 {
        self.wait(status::TX_VALID, 0);
        self.bench.write(self.now, &[WRITE, register]);
        self.wait(status::RX_VALID, status::RX_VALID);
        self.bench.read::<1>(self.now, READ)[0]
    }
    fn write(&mut self, register: u8, value: u8) {
        self.wait(status::TX_VALID, 0);
        self.bench.write(self.now, &[WRITE, register | WRITE_FLAG]);
        self.wait(status::TX_VALID, 0);
        self.bench.write(self.now, &[WRITE, value]);
        self.now = self.now + MS;
    }
    fn count(&mut self, die: u8, channel: u8) -> u16 {
        self.write(DEVICE_SELECT, die);
        u16::from_be_bytes([self.read(RAW + 2 * channel), self.read(RAW + 2 * channel + 1)])
    }
    fn irradiance(&mut self, die: u8, channel: u8) -> f32 {
        self.write(DEVICE_SELECT, die);
        f32::from_be_bytes([0, 1, 2, 3].map(|byte| self.read(CALIBRATED + 4 * channel + byte)))
    }
    fn lamps(&mut self, value: u8) {
        for die in 0..3 {
            self.write(DEVICE_SELECT, die);
            self.write(LED_CONFIG, value);
        }
    }
    /// A one-shot measurement, with the time that it took.
    fn measure(&mut self, gain: u8) -> u64 {
        self.write(CONFIG, gain << config::GAIN_SHIFT | config::MODE_ONE_SHOT << config::MODE_SHIFT);
        let begin = self.now;
        while self.read(CONFIG) & config::DATA_READY == 0 {
            self.now = self.now + MS;
        }
        self.now.since(begin) / MS
    }
}

fn slow(bench: &mut Bench<As7265x>) -> Slow<'_> {
    Slow { bench, now: at(1_100) }
}

#[test]
fn nothing_is_taken_before_the_firmware_has_started() {
    let mut bench = bench(1.0, 0.0);
    bench.write(at(900), &[WRITE, HW_VERSION_HIGH]);
    assert_eq!(bench.read::<1>(at(999), STATUS), [0]);
    assert_eq!(slow(&mut bench).read(HW_VERSION_HIGH), DEVICE_TYPE);
}

#[test]
fn a_byte_is_taken_and_an_answer_given_a_little_later() {
    let mut bench = bench(1.0, 0.0);
    let from = at(2_000);
    bench.write(from, &[WRITE, HW_VERSION_HIGH]);
    let mut status = |us: u64| bench.read::<1>(from + us * 1_000, STATUS)[0];
    assert_eq!([status(1), status(299), status(301), status(999)], [2, 2, 0, 0]);
    assert_eq!(status(1_001), status::RX_VALID);
    assert_eq!(bench.read::<1>(from + 2 * MS, READ), [DEVICE_TYPE]);
    assert_eq!(bench.read::<1>(from + 2 * MS, STATUS), [0]);
    assert_eq!(bench.findings(), []);
    // What the chip would do with these nobody knows: said, not imitated.
    assert_eq!(bench.read::<1>(from + 3 * MS, READ), [0]);
    bench.write(from + 4 * MS, &[WRITE, CONFIG]);
    bench.write(from + 4 * MS + 1, &[WRITE, CONFIG]);
    bench.write(from + 9 * MS, &[0x30, 1]);
    assert_eq!(bench.findings(), [READ, WRITE, 0x30]);
}

#[test]
fn a_measurement_takes_two_integrations_and_counts_follow_light_time_and_gain() {
    // 4 µW/cm² a nm through a band of 20 nm (Gaussian: 21.3 nm wide) at 35 counts a µW/cm², gain 16, 166 ms.
    let mut bench = bench(0.0, 4.0);
    let mut node = slow(&mut bench);
    node.write(INTEGRATION, 49);
    let took = node.measure(2);
    assert!((280..300).contains(&took), "{took} ms");
    let expected = 4.0 * 21.29 * 35.0 * 140.0 / 166.0;
    for (die, channel) in [(0, 0), (1, 5), (2, 0), (2, 5)] {
        let count = f64::from(node.count(die, channel));
        assert!((count / expected - 1.0).abs() < 0.06, "{count} for {expected}");
        let irradiance = f64::from(node.irradiance(die, channel));
        assert!((irradiance / (4.0 * 21.29) - 1.0).abs() < 0.06, "{irradiance}");
    }
    let at_16 = f64::from(node.count(0, 0));
    node.measure(0);
    let at_1 = f64::from(node.count(0, 0));
    assert!((at_16 / at_1 / 16.0 - 1.0).abs() < 0.08, "{at_16} and {at_1}");
}

#[test]
fn counts_end_at_1024_a_step_and_at_16_bits() {
    for (steps, end) in [(10u16, 10 * 1_024 - 1), (50, 50 * 1_024 - 1), (64, 65_535), (256, 65_535)] {
        let mut bench = bench(0.0, 500.0);
        let mut node = slow(&mut bench);
        node.write(INTEGRATION, (steps - 1) as u8);
        node.measure(3);
        assert_eq!(node.count(1, 2), end as u16, "{steps} steps");
    }
}

#[test]
fn lamps_are_seen_by_what_they_are_reflected_from() {
    let read = |reflectance: f32, lamps: u8| {
        let mut bench = bench(reflectance, 0.0);
        let mut node = slow(&mut bench);
        node.write(INTEGRATION, 49);
        node.lamps(lamps);
        node.measure(2);
        f64::from(node.count(1, 0))
    };
    let (dark, white, grey) = (read(1.0, 0), read(1.0, led_config::BULB), read(0.5, led_config::BULB));
    assert!(dark < 5.0 && white > 2_000.0, "{dark} {white}");
    assert!((grey / white - 0.5).abs() < 0.03, "{grey} of {white}");
    let double = read(0.5, led_config::BULB | 1 << led_config::BULB_CURRENT_SHIFT);
    assert!((double / white - 1.0).abs() < 0.04, "twice the current: {double} of {white}");
}

/// A lamp that burns for half of a measurement gives half.
#[test]
fn what_counts_is_how_long_a_lamp_burned() {
    let mut bench = bench(1.0, 0.0);
    let mut node = slow(&mut bench);
    node.write(INTEGRATION, 199);
    node.write(DEVICE_SELECT, 0);
    node.write(LED_CONFIG, led_config::BULB);
    node.measure(1);
    let whole = f64::from(node.count(0, 0));
    node.write(DEVICE_SELECT, 0);
    node.write(CONFIG, 1 << config::GAIN_SHIFT | config::MODE_ONE_SHOT << config::MODE_SHIFT);
    node.now = node.now + 560 * MS;
    node.write(LED_CONFIG, 0);
    node.now = node.now + 700 * MS;
    let half = f64::from(node.count(0, 0));
    assert!((half / whole - 0.5).abs() < 0.03, "{half} of {whole}");
}

#[test]
fn noise_is_that_of_reading_and_of_counting() {
    let spread = |ambient: f32| {
        let mut bench = bench(0.0, ambient);
        let mut node = slow(&mut bench);
        let counts: Vec<f64> = (0..60)
            .flat_map(|_| {
                node.measure(2);
                [(0, 1), (1, 1), (2, 1)].map(|(die, channel)| f64::from(node.count(die, channel)))
            })
            .collect();
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        let variance =
            counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / counts.len() as f64;
        (mean, variance)
    };
    let (mean, variance) = spread(4.0);
    let expected = 0.25 * mean + 0.92 * 0.92;
    assert!((variance / expected - 1.0).abs() < 0.35, "variance {variance} at {mean}, expected {expected}");
    let (_, dark) = spread(0.05);
    assert!(dark < 25.0, "{dark}");
}

#[test]
fn other_modes_and_registers_are_told() {
    let mut bench = bench(1.0, 1.0);
    let mut node = slow(&mut bench);
    node.write(CONFIG, 0);
    node.read(0x50);
    node.write(FW_VERSION_HIGH, 1);
    node.write(DEVICE_SELECT, 3);
    assert_eq!(bench.findings(), [CONFIG, 0x50, FW_VERSION_HIGH, DEVICE_SELECT]);
}

#[test]
fn a_reset_takes_a_second_and_forgets() {
    let mut bench = bench(1.0, 1.0);
    let mut node = slow(&mut bench);
    node.lamps(led_config::BULB);
    node.write(CONFIG, config::RESET);
    node.now = node.now + 1_010 * MS;
    assert_eq!([node.read(LED_CONFIG), node.read(INTEGRATION)], [0, RESET_INTEGRATION]);
}

proptest! {
    #[test]
    fn no_conversation_makes_it_panic(steps in talk()) {
        bench(0.7, 2.0).converse(&steps);
    }

    /// However often somebody looks at STATUS in between, a reading of continuous measurements is the same.
    #[test]
    fn lazy(asks in prop::collection::vec(1_200u64..400_000, 0..20)) {
        let reading = |asks: &[u64]| {
            let scene = Grey { reflectance: 0.3, ambient: 0.5, per_second: 0.001 };
            let chip = As7265x::new(Rail::Always, Box::new(scene), Box::new(Dice::new(9)), Drift::NONE);
            let mut bench = Bench::new(chip);
            bench.chip.power(at(0), true);
            let mut node = Slow { bench: &mut bench, now: at(1_100) };
            node.write(DEVICE_SELECT, 1);
            for &ask in asks {
                node.bench.chip.settle(at(ask));
            }
            node.now = at(400_000);
            [0, 1, 2, 3, 4, 5].map(|channel| [node.read(RAW + 2 * channel), node.read(RAW + 2 * channel + 1)])
        };
        let mut asks = asks;
        asks.sort_unstable();
        prop_assert_eq!(reading(&asks), reading(&[]));
    }
}
