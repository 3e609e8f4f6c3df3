extern crate std;

use super::*;
use embassy_futures::block_on;
use embedded_hal_async::i2c::{ErrorKind, ErrorType, Operation};
use proptest::prelude::*;
use std::vec::Vec;

const ADDRESS: u8 = 0x49;

struct NoWait;
impl DelayNs for NoWait {
    async fn delay_ns(&mut self, _: u32) {}
}

/// The chip's end of the handshake, for vectors: virtual registers by die, and what crossed.
struct Chip {
    registers: [[u8; 128]; 3],
    die: usize,
    writing: Option<u8>,
    answer: Option<u8>,
    /// STATUS is asked so often before a byte is taken or given.
    lazy: u32,
    asked: u32,
    log: Vec<(char, u8, u8)>,
    never_ready: bool,
    /// The n-th transaction from now fails.
    fails_after: Option<u32>,
}

impl Chip {
    fn new(lazy: u32) -> Self {
        let mut registers = [[0; 128]; 3];
        for die in &mut registers {
            die[usize::from(regs::HW_VERSION_HIGH)] = regs::DEVICE_TYPE;
            die[usize::from(regs::DEVICE_SELECT)] = device_select::PRESENT;
            die[usize::from(regs::CONFIG)] = config::DATA_READY;
        }
        Self {
            registers,
            die: 0,
            writing: None,
            answer: None,
            lazy,
            asked: 0,
            log: Vec::new(),
            never_ready: false,
            fails_after: None,
        }
    }

    fn status(&mut self) -> u8 {
        self.asked += 1;
        let busy = self.asked <= self.lazy;
        match (busy, self.answer) {
            (true, _) => status::TX_VALID,
            (false, Some(_)) => status::RX_VALID,
            (false, None) => 0,
        }
    }

    fn take(&mut self, byte: u8) {
        assert!(self.asked > self.lazy, "written while TX_VALID was up");
        self.asked = 0;
        match self.writing.take() {
            Some(register) => {
                self.log.push(('w', register, byte));
                match register {
                    regs::DEVICE_SELECT => self.die = usize::from(byte & device_select::MASK),
                    // The flag is the chip's own.
                    regs::CONFIG => {
                        let ready = if self.never_ready { 0 } else { config::DATA_READY };
                        self.registers[0][usize::from(register)] = byte | ready;
                    }
                    _ => self.registers[self.die][usize::from(register)] = byte,
                }
            }
            None if byte & regs::WRITE_FLAG != 0 => self.writing = Some(byte & !regs::WRITE_FLAG),
            None => {
                let value = self.registers[self.die][usize::from(byte)];
                self.log.push(('r', byte, value));
                self.answer = Some(value);
            }
        }
    }
}

impl ErrorType for &mut Chip {
    type Error = ErrorKind;
}

impl I2c for &mut Chip {
    async fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        assert_eq!(address, ADDRESS);
        if let Some(left) = &mut self.fails_after {
            if *left == 0 {
                return Err(ErrorKind::Bus);
            }
            *left -= 1;
        }
        match operations {
            [Operation::Write([regs::WRITE, byte])] => self.take(*byte),
            [Operation::Write([regs::STATUS]), Operation::Read(out)] => out[0] = self.status(),
            [Operation::Write([regs::READ]), Operation::Read(out)] => {
                out[0] = self.answer.take().expect("read while RX_VALID was down");
            }
            other => panic!("no such transaction: {other:?}"),
        }
        Ok(())
    }
}

fn on<R>(chip: &mut Chip, config: Config, body: impl AsyncFnOnce(&mut As7265x<&mut Chip>) -> R) -> R {
    block_on(body(&mut As7265x::new(chip, ADDRESS, config)))
}

#[test]
fn bands_are_in_order_of_wavelength_and_every_channel_is_one() {
    assert!(CENTRES_NM.is_sorted() && CENTRES_NM[0] == 410 && CENTRES_NM[17] == 940);
    let mut places = PLACES;
    places.sort_unstable();
    let all: Vec<(u8, u8)> = (0..3).flat_map(|die| (0..6).map(move |channel| (die, channel))).collect();
    assert_eq!(&places[..], all);
}

/// What SparkFun's library writes for the same wishes: `setIntegrationCycles(49)`, `setBulbCurrent(25 mA)` and `disableBulb`
/// for each device, `setGain(64x)` and `setMeasurementMode(one shot)`.
#[test]
fn init_and_measure_leave_the_registers_as_sparkfuns_library_does() {
    let mut chip = Chip::new(1);
    let wanted = Config { gain: Gain::X64, integration_steps: 50, current: LampCurrent::Ma25 };
    on(&mut chip, wanted, async |chip| {
        chip.init(&mut NoWait).await.unwrap();
        chip.measure(&mut NoWait).await.unwrap();
    });
    let written: Vec<(u8, u8)> = chip
        .log
        .iter()
        .filter(|(what, ..)| *what == 'w')
        .map(|&(_, register, value)| (register, value))
        .collect();
    assert_eq!(
        written,
        [
            (0x05, 49),
            (0x4F, 0),
            (0x07, 0b01_0000),
            (0x4F, 1),
            (0x07, 0b01_0000),
            (0x4F, 2),
            (0x07, 0b01_0000),
            (0x04, 0b0011_1100),
        ]
    );
}

#[test]
fn lamps_go_on_on_every_die() {
    let mut chip = Chip::new(0);
    on(&mut chip, Config::default(), async |chip| chip.lamps(true, &mut NoWait).await).unwrap();
    assert!(chip.registers.iter().all(|die| die[usize::from(regs::LED_CONFIG)] == led_config::BULB));
}

proptest! {
    /// Each band comes from its own two bytes (or four), wherever its die keeps them, however lazy the chip.
    #[test]
    fn counts_and_irradiances_are_the_right_bytes(seed in prop::collection::vec(any::<u8>(), 3 * 128), lazy in 0u32..5) {
        let mut chip = Chip::new(lazy);
        for (die, bytes) in chip.registers.iter_mut().zip(seed.chunks_exact(128)) {
            die[usize::from(regs::RAW)..usize::from(regs::CALIBRATED_END)]
                .copy_from_slice(&bytes[usize::from(regs::RAW)..usize::from(regs::CALIBRATED_END)]);
        }
        let registers = chip.registers;
        let (counts, irradiances) = on(&mut chip, Config::default(), async |chip| {
            (chip.counts(&mut NoWait).await.unwrap(), chip.irradiances(&mut NoWait).await.unwrap())
        });
        // SparkFun's getters by letter, in order of wavelength: (device, register of the raw value).
        let raw = [
            (2, 0x08), (2, 0x0A), (2, 0x0C), (2, 0x0E), (2, 0x10), (2, 0x12), (1, 0x08), (1, 0x0A), (0, 0x08),
            (1, 0x0C), (0, 0x0A), (1, 0x0E), (0, 0x0C), (0, 0x0E), (0, 0x10), (0, 0x12), (1, 0x10), (1, 0x12),
        ];
        for (band, (die, at)) in raw.into_iter().enumerate() {
            let bytes: &[u8; 128] = &registers[die];
            prop_assert_eq!(counts[band], u16::from(bytes[at]) << 8 | u16::from(bytes[at + 1]));
            let at = 0x14 + (at - 0x08) * 2;
            let bits = u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
            prop_assert_eq!(irradiances[band].to_bits(), bits);
        }
    }

    /// A bus that fails at any moment is an error, and the next reading is whole.
    #[test]
    fn a_failed_transaction_is_an_error_and_leaves_nothing_behind(after in 0u32..150, lazy in 0u32..3) {
        let mut chip = Chip::new(lazy);
        chip.registers[2][usize::from(regs::RAW)] = 7;
        chip.fails_after = Some(after);
        let (first, counts) = on(&mut chip, Config::default(), async |chip| {
            let first = chip.counts(&mut NoWait).await;
            chip.i2c.fails_after = None;
            (first, chip.counts(&mut NoWait).await)
        });
        let of_the_bus = matches!(first, Err(Error::Bus { error: ErrorKind::Bus, .. }));
        prop_assert!(of_the_bus);
        prop_assert_eq!(counts.map(|counts| counts[0]), Ok(0x0700));
        // Nothing but the die was ever written.
        prop_assert!(chip.log.iter().all(|&(what, register, _)| what == 'r' || register == regs::DEVICE_SELECT));
    }
}

#[test]
fn a_chip_that_never_answers_ends_in_an_error_that_names_the_register() {
    let mut chip = Chip::new(u32::MAX);
    let ended = on(&mut chip, Config::default(), async |chip| chip.init(&mut NoWait).await);
    assert_eq!(ended, Err(Error::NoAnswer { register: regs::HW_VERSION_HIGH }));
}

#[test]
fn another_chip_and_a_missing_die_are_told() {
    let mut chip = Chip::new(0);
    chip.registers[0][usize::from(regs::DEVICE_SELECT)] = 0b01 << 4;
    let ended = on(&mut chip, Config::default(), async |chip| chip.init(&mut NoWait).await);
    assert_eq!(ended, Err(Error::DieMissing { select: 0x10 }));
    chip.registers[0][usize::from(regs::HW_VERSION_HIGH)] = 0x3E;
    let ended = on(&mut chip, Config::default(), async |chip| chip.init(&mut NoWait).await);
    assert_eq!(ended, Err(Error::WrongIdentity { found: 0x3E }));
}

#[test]
fn a_measurement_that_is_never_ready_is_told() {
    let mut chip = Chip::new(0);
    chip.never_ready = true;
    let ended = on(&mut chip, Config::default(), async |chip| chip.measure(&mut NoWait).await);
    assert_eq!(ended, Err(Error::NotReady));
}

#[test]
fn times_and_ends_of_scale() {
    let config = |integration_steps| Config { integration_steps, ..Config::default() };
    assert_eq!(config(50).measurement_us(), 280_000);
    assert_eq!(
        [0, 1, 50, 64, 256, 999].map(|steps| config(steps).full_scale()),
        [1_023, 1_023, 51_199, 65_535, 65_535, 65_535]
    );
}
