extern crate std;

use super::*;
use core::future::Future;
use core::pin::pin;
use embassy_futures::{block_on, poll_once};
use embedded_hal_async::i2c::{ErrorKind, ErrorType, NoAcknowledgeSource, Operation};
use embedded_hal_mock::eh1::delay::{CheckedDelay, NoopDelay, Transaction as Pause};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction as Bus};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

const ADDRESS: u8 = 0x68;
const NACK: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);

fn write(bytes: &[u8]) -> Bus {
    Bus::write(ADDRESS, bytes.to_vec())
}
fn read(register: u8, answer: &[u8]) -> Bus {
    Bus::write_read(ADDRESS, vec![register], answer.to_vec())
}

/// Runs `body` against a bus that must see exactly `expected`.
fn on_bus<R>(config: Config, expected: &[Bus], body: impl AsyncFnOnce(&mut Mpu6886<Mock>) -> R) -> R {
    let mut imu = Mpu6886::new(Mock::new(expected), ADDRESS, config);
    let result = block_on(body(&mut imu));
    imu.release().done();
    result
}

fn apply(block: [u8; 5], interrupts: u8, content: u8, user_ctrl: u8) -> Vec<Bus> {
    let [div, config, gyro, accel, accel2] = block;
    vec![
        write(&[0x69, 0x00]),
        write(&[0x19, div, config, gyro, accel, accel2]),
        write(&[0x38, interrupts]),
        write(&[0x23, content]),
        write(&[0x6A, user_ctrl]),
        read(0x3A, &[0x01]),
    ]
}

#[test]
fn init_identifies_resets_wakes_and_configures() {
    let mut expected = vec![
        read(0x75, &[0x19]),
        write(&[0x6B, 0x80]),
        read(0x6B, &[0xC1]), // still in reset
        read(0x6B, &[0x41]),
        write(&[0x6B, 0x01]),
        write(&[0x6C, 0x00]),
    ];
    expected.extend(apply([9, 0x43, 0x18, 0x10, 0x03], 0x10, 0x18, 0x44));
    let mut delay =
        CheckedDelay::new(&[Pause::async_delay_ms(10), Pause::async_delay_ms(10), Pause::async_delay_ms(35)]);
    on_bus(Config::default(), &expected, async |imu| imu.init(&mut delay).await).unwrap();
    delay.done();
}

#[test]
fn another_chip_is_refused_before_anything_is_written() {
    let result =
        on_bus(Config::default(), &[read(0x75, &[0x68])], async |imu| imu.init(&mut NoopDelay::new()).await);
    assert_eq!(result, Err(Error::WrongIdentity { found: 0x68 }));
}

#[test]
fn a_missing_chip_is_a_bus_error_with_the_register() {
    let expected = [read(0x75, &[0]).with_error(NACK)];
    let result = on_bus(Config::default(), &expected, async |imu| imu.init(&mut NoopDelay::new()).await);
    assert_eq!(result, Err(Error::Bus { register: 0x75, error: NACK }));

    let expected = [read(0x75, &[0x19]), write(&[0x6B, 0x80]).with_error(NACK)];
    let result = on_bus(Config::default(), &expected, async |imu| imu.init(&mut NoopDelay::new()).await);
    assert_eq!(result, Err(Error::Bus { register: 0x6B, error: NACK }));
}

#[test]
fn a_reset_without_end_times_out_after_a_hundred_milliseconds() {
    let mut expected = vec![read(0x75, &[0x19]), write(&[0x6B, 0x80])];
    expected.extend((0..10).map(|_| read(0x6B, &[0x80])));
    let mut delay = CheckedDelay::new(&vec![Pause::async_delay_ms(10); 10]);
    let result = on_bus(Config::default(), &expected, async |imu| imu.init(&mut delay).await);
    assert_eq!(result, Err(Error::ResetTimeout));
    delay.done();
}

#[test]
fn every_range_rate_and_filter_reaches_its_register() {
    let accel =
        [(AccelRange::G2, 0x00), (AccelRange::G4, 0x08), (AccelRange::G8, 0x10), (AccelRange::G16, 0x18)];
    let gyro = [
        (GyroRange::Dps250, 0x00),
        (GyroRange::Dps500, 0x08),
        (GyroRange::Dps1000, 0x10),
        (GyroRange::Dps2000, 0x18),
    ];
    let filters = [
        (Dlpf::Hz176, 1),
        (Dlpf::Hz92, 2),
        (Dlpf::Hz41, 3),
        (Dlpf::Hz20, 4),
        (Dlpf::Hz10, 5),
        (Dlpf::Hz5, 6),
    ];
    let contents = [
        (FifoContent::None, 0x01, 0x00, 0x04, 0x00),
        (FifoContent::Accel, 0x10, 0x08, 0x44, 0x07),
        (FifoContent::AccelGyro, 0x10, 0x18, 0x44, 0x00),
    ];
    for (accel, accel_code) in accel {
        for (gyro, gyro_code) in gyro {
            for (dlpf, dlpf_code) in filters {
                for (fifo, interrupts, fifo_en, user_ctrl, standby) in contents {
                    let config = Config { odr: Odr::from_divider(255), accel, gyro, dlpf, fifo };
                    let mut expected = vec![write(&[0x6B, 0x01]), write(&[0x6C, standby])];
                    let block = [255, 0x40 | dlpf_code, gyro_code, accel_code, dlpf_code];
                    expected.extend(apply(block, interrupts, fifo_en, user_ctrl));
                    on_bus(Config::default(), &expected, async |imu| {
                        imu.configure(config, &mut NoopDelay::new()).await.unwrap();
                        assert_eq!(*imu.config(), config);
                    });
                }
            }
        }
    }
}

#[test]
fn it_describes_itself() {
    let scales = [
        (AccelRange::G2, 16384.0),
        (AccelRange::G4, 8192.0),
        (AccelRange::G8, 4096.0),
        (AccelRange::G16, 2048.0),
    ];
    for (accel, lsb) in scales {
        let imu = Mpu6886::new(Mock::new(&[]), ADDRESS, Config { accel, ..Config::default() });
        assert_eq!(imu.scale().g_per_lsb, 1.0 / lsb);
        assert_eq!(f32::from(accel.full_scale_g()) * lsb, 32768.0);
        imu.release().done();
    }
    let scales = [
        (GyroRange::Dps250, 131.0),
        (GyroRange::Dps500, 65.5),
        (GyroRange::Dps1000, 32.8),
        (GyroRange::Dps2000, 16.4),
    ];
    for (gyro, lsb) in scales {
        let imu = Mpu6886::new(Mock::new(&[]), ADDRESS, Config { gyro, ..Config::default() });
        assert_eq!(imu.scale().dps_per_lsb, 1.0 / lsb);
        // The data sheet's figures are rounded to three digits.
        assert!((f32::from(gyro.full_scale_dps()) * lsb / 32768.0 - 1.0).abs() < 2e-3);
        assert_eq!(imu.sample_period_us(), 10_000);
        imu.release().done();
    }
}

#[test]
fn only_rates_that_the_chip_can_make_exist() {
    let rate = |hz| Odr::from_hz(hz).map(|odr| (odr.divider(), odr.period_us()));
    assert_eq!(rate(1000), Some((0, 1_000)));
    assert_eq!(rate(200), Some((4, 5_000)));
    assert_eq!(rate(100), Some((9, 10_000)));
    assert_eq!(rate(4), Some((249, 250_000)));
    for hz in [0, 2, 3, 60, 300, 2000, u32::MAX] {
        assert_eq!(rate(hz), None, "{hz}");
    }
    // The vendor's divider, 5, is 166.7 Hz.
    assert_eq!(Odr::from_divider(5).period_us(), 6_000);
}

const RECORD: [u8; 14] = [0x10, 0x00, 0xF0, 0x00, 0x7F, 0xFF, 0x0C, 0xC4, 0x80, 0x00, 0x00, 0x01, 0xFF, 0xFF];
const SAMPLE: Sample = Sample { accel: [4096, -4096, 32767], temp: 3268, gyro: [-32768, 1, -1] };

#[test]
fn a_single_reading_is_one_transaction() {
    let sample = on_bus(Config::default(), &[read(0x3B, &RECORD)], async |imu| imu.read().await).unwrap();
    assert_eq!(sample, SAMPLE);
    assert_eq!(sample.celsius(), 35.0);
}

#[test]
fn temperature_follows_the_data_sheet() {
    for (raw, celsius) in [([0x00, 0x00], 25.0), ([0x0C, 0xC4], 35.0), ([0xE0, 0x16], 0.0)] {
        let read = on_bus(Config::default(), &[read(0x41, &raw)], async |imu| imu.temperature().await);
        assert!((read.unwrap() - celsius).abs() < 2e-3);
    }
}

fn records(burst: Burst<'_>) -> Vec<Sample> {
    match burst {
        Burst::Records(records) => records.collect(),
        Burst::Lost(loss) => panic!("{loss:?}"),
    }
}

#[test]
fn the_fifo_gives_whole_records_in_one_burst() {
    // 2 records and 3 bytes of the next: two are read.
    let expected = [read(0x3A, &[0x01]), read(0x72, &[0, 31]), read(0x74, &[RECORD, RECORD].concat())];
    on_bus(Config::default(), &expected, async |imu| {
        let mut buffer = [0; 1024];
        assert_eq!(records(imu.read_fifo(&mut buffer).await.unwrap()), [SAMPLE; 2]);
    });
}

#[test]
fn the_fifo_read_is_bounded_by_the_callers_buffer() {
    let expected = [read(0x3A, &[0]), read(0x72, &[0x01, 0x18]), read(0x74, &RECORD)];
    on_bus(Config::default(), &expected, async |imu| {
        assert_eq!(records(imu.read_fifo(&mut [0; 27]).await.unwrap()), [SAMPLE]);
        assert_eq!(imu.read_fifo(&mut [0; 13]).await.unwrap_err(), Error::BufferTooSmall);
    });
}

#[test]
fn an_empty_fifo_costs_no_burst() {
    on_bus(Config::default(), &[read(0x3A, &[0]), read(0x72, &[0, 13])], async |imu| {
        assert_eq!(records(imu.read_fifo(&mut [0; 64]).await.unwrap()), []);
    });
}

#[test]
fn accelerometer_records_are_eight_bytes() {
    let config = Config { fifo: FifoContent::Accel, ..Config::default() };
    let expected = [read(0x3A, &[0]), read(0x72, &[0, 8]), read(0x74, &RECORD[..8])];
    on_bus(config, &expected, async |imu| {
        let sample = Sample { gyro: [0; 3], ..SAMPLE };
        assert_eq!(records(imu.read_fifo(&mut [0; 64]).await.unwrap()), [sample]);
    });
    assert_eq!(FifoContent::Accel.capacity(), 128);
    assert_eq!(FifoContent::AccelGyro.capacity(), 73);
}

#[test]
fn without_a_fifo_there_is_nothing_to_read_from_it() {
    let config = Config { fifo: FifoContent::None, ..Config::default() };
    on_bus(config, &[], async |imu| {
        assert_eq!(imu.read_fifo(&mut [0; 64]).await.unwrap_err(), Error::FifoOff);
    });
}

#[test]
fn an_overflow_empties_the_fifo_and_is_told() {
    for (status, level, held) in [(0x10, [0x04, 0x00], 73), (0x11, [0, 28], 2), (0x00, [0xFF, 0xFF], 4681)] {
        let expected = [read(0x3A, &[status]), read(0x72, &level), write(&[0x6A, 0x44])];
        on_bus(Config::default(), &expected, async |imu| match imu.read_fifo(&mut [0; 64]).await.unwrap() {
            Burst::Lost(loss) => assert_eq!(loss, Loss::Overflow { held }),
            Burst::Records(_) => panic!("data with a gap passed for whole"),
        });
    }
}

#[test]
fn a_fifo_that_is_just_full_is_read() {
    let full = vec![0x11; 73 * 14];
    let expected = [read(0x3A, &[0]), read(0x72, &[0x03, 0xFE]), read(0x74, &full)];
    on_bus(Config::default(), &expected, async |imu| {
        assert_eq!(records(imu.read_fifo(&mut [0; 1024]).await.unwrap()).len(), 73);
    });
}

#[test]
fn after_a_failed_burst_the_next_read_starts_anew() {
    let expected = [
        read(0x3A, &[0]),
        read(0x72, &[0, 14]),
        read(0x74, &RECORD).with_error(NACK),
        write(&[0x6A, 0x44]),
        read(0x3A, &[0x10]),
        read(0x3A, &[0]),
        read(0x72, &[0, 14]),
        read(0x74, &RECORD),
    ];
    on_bus(Config::default(), &expected, async |imu| {
        let mut buffer = [0; 64];
        let failed = imu.read_fifo(&mut buffer).await.unwrap_err();
        assert_eq!(failed, Error::Bus { register: 0x74, error: NACK });
        assert!(matches!(imu.read_fifo(&mut buffer).await, Ok(Burst::Lost(Loss::Interrupted))));
        assert_eq!(records(imu.read_fifo(&mut buffer).await.unwrap()), [SAMPLE]);
    });
}

/// A bus on which a FIFO burst never ends.
struct Stuck {
    writes: Vec<Vec<u8>>,
}

impl ErrorType for Stuck {
    type Error = ErrorKind;
}

impl I2c for Stuck {
    async fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let mut register = 0;
        for operation in operations {
            match operation {
                Operation::Write(bytes) => {
                    register = bytes[0];
                    self.writes.push(bytes.to_vec());
                }
                Operation::Read(_) if register == 0x74 => core::future::pending().await,
                Operation::Read(bytes) => {
                    bytes.fill(0);
                    if register == 0x72 {
                        bytes[1] = 14;
                    }
                }
            }
        }
        Ok(())
    }
}

#[test]
fn a_cancelled_burst_is_noticed_by_the_next_read() {
    let mut imu = Mpu6886::new(Stuck { writes: vec![] }, ADDRESS, Config::default());
    let mut buffer = [0; 64];
    {
        let reading = pin!(imu.read_fifo(&mut buffer));
        assert!(poll_once(reading as core::pin::Pin<&mut dyn Future<Output = _>>).is_pending());
    }
    let next = block_on(imu.read_fifo(&mut buffer));
    assert!(matches!(next, Ok(Burst::Lost(Loss::Interrupted))));
    assert!(imu.release().writes.contains(&vec![0x6A, 0x44]));
}

#[test]
fn wake_on_motion_is_set_up_in_the_data_sheets_order() {
    for (milli_g, threshold) in [(0, 1), (1, 1), (100, 25), (101, 26), (1020, 255), (5000, 255)] {
        let expected = [
            write(&[0x6A, 0x04]),
            write(&[0x23, 0x00]),
            write(&[0x6B, 0x01]),
            write(&[0x6C, 0x07]),
            write(&[0x1D, 0x01]),
            write(&[0x38, 0xE0]),
            write(&[0x20, threshold, threshold, threshold]),
            write(&[0x69, 0xC2]),
            write(&[0x19, 9]),
            read(0x3A, &[0xFF]),
            write(&[0x6B, 0x21]),
        ];
        on_bus(Config::default(), &expected, async |imu| imu.wake_on_motion(milli_g).await).unwrap();
    }
}

#[test]
fn motion_is_any_axis() {
    for (status, motion) in [(0x80, true), (0x40, true), (0x20, true), (0x11, false), (0x00, false)] {
        let pending =
            on_bus(Config::default(), &[read(0x3A, &[status])], async |imu| imu.motion_pending().await);
        assert_eq!(pending, Ok(motion));
    }
}

#[test]
fn sleep_level_and_reset_are_single_transactions() {
    let expected = [write(&[0x6B, 0x41]), read(0x72, &[0x02, 0x30]), write(&[0x6A, 0x44])];
    on_bus(Config::default(), &expected, async |imu| {
        imu.sleep().await.unwrap();
        assert_eq!(imu.fifo_level().await, Ok(560));
        imu.reset_fifo().await.unwrap();
    });
}

proptest! {
    #[test]
    fn parsing_never_panics_and_never_gives_a_partial_record(
        bytes in proptest::collection::vec(any::<u8>(), 0..1100),
        gyro in any::<bool>(),
    ) {
        let content = if gyro { FifoContent::AccelGyro } else { FifoContent::Accel };
        let size = content.record_bytes();
        let records = Records::parse(&bytes, content);
        prop_assert_eq!(records.len(), bytes.len() / size);
        for (index, sample) in records.enumerate() {
            let mut again = Vec::new();
            let words = sample.accel.into_iter().chain([sample.temp]).chain(sample.gyro);
            words.take(size / 2).for_each(|word| again.extend(word.to_be_bytes()));
            prop_assert_eq!(&again[..], &bytes[index * size..(index + 1) * size]);
            if !gyro {
                prop_assert_eq!(sample.gyro, [0; 3]);
            }
        }
    }

    #[test]
    fn whatever_the_chip_answers_no_read_panics(status: u8, level: u16, room in 0usize..1100, byte: u8) {
        let mut chip = Answers { status, level, byte };
        let mut buffer = std::vec![0; room];
        let mut imu = Mpu6886::new(&mut chip, ADDRESS, Config::default());
        if let Ok(Burst::Records(records)) = block_on(imu.read_fifo(&mut buffer)) {
            prop_assert!(status & 0x10 == 0);
            prop_assert!(records.len() * 14 <= room.min(usize::from(level)));
        }
    }
}

/// A chip that answers each register with what the test says.
struct Answers {
    status: u8,
    level: u16,
    byte: u8,
}

impl ErrorType for Answers {
    type Error = ErrorKind;
}

impl I2c for Answers {
    async fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let mut register = 0;
        for operation in operations {
            match operation {
                Operation::Write(bytes) => register = bytes[0],
                Operation::Read(bytes) => match register {
                    0x3A => bytes.fill(self.status),
                    0x72 => bytes.copy_from_slice(&self.level.to_be_bytes()),
                    _ => bytes.fill(self.byte),
                },
            }
        }
        Ok(())
    }
}
