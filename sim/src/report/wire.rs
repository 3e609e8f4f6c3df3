//! The IMU's samples as a logic analyser would tell them: from the bytes on the wires, and the registers that were written
//! before.

use hal_shim::device::Direction;
use hal_shim::tap::Crossing;
use node_core::drivers::mpu6886::regs;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub at_ns: u64,
    pub accel_g: Option<[f64; 3]>,
    pub gyro_dps: Option<[f64; 3]>,
}

/// All samples of a traffic that is over.
pub fn imu_samples(crossings: &[Crossing]) -> Vec<Sample> {
    let mut wire = Wire::default();
    crossings.iter().for_each(|crossing| wire.follow(crossing));
    wire.burst_over();
    wire.take()
}

/// Follows the traffic with the MPU6886.
#[derive(Debug, Default)]
pub struct Wire {
    pointer: u8,
    accel_scale: u8,
    gyro_scale: u8,
    divider: u8,
    fifo_en: u8,
    /// FIFO bytes that are no whole record yet.
    pending: Vec<u8>,
    /// Records of the burst that is being read, without their times yet.
    burst: Vec<Sample>,
    /// When the chip last said how much its FIFO holds: what is read then was taken before. Else, when the burst's first chunk
    /// had come.
    burst_at: Option<u64>,
    /// The data registers as far as they were read, from `ACCEL_XOUT_H` on.
    direct: Vec<u8>,
    samples: Vec<Sample>,
    last_ns: Option<u64>,
    /// Times that the node emptied the FIFO.
    resets: u64,
}

/// Accelerometer, temperature, gyroscope: six, two and six bytes.
const DATA_BYTES: usize = 14;

impl Sample {
    /// As the chip gave it, acceleration first: what it did not give is 0.
    pub fn counts(&self, (accel, gyro): (regs::AccelRange, regs::GyroRange)) -> [i16; 6] {
        let full = [f64::from(accel.full_scale_g()), f64::from(gyro.full_scale_dps())];
        let axes = [self.accel_g.unwrap_or_default(), self.gyro_dps.unwrap_or_default()];
        std::array::from_fn(|axis| (axes[axis / 3][axis % 3] * 32_768.0 / full[axis / 3]).round() as i16)
    }
}

impl Wire {
    pub fn follow(&mut self, crossing: &Crossing) {
        if crossing.address != regs::ADDRESS {
            return;
        }
        match crossing.direction {
            Direction::Write => self.written(crossing),
            Direction::Read => self.read(crossing),
        }
    }

    /// What has come since the last call. A burst is there when the next transfer has begun.
    pub fn take(&mut self) -> Vec<Sample> {
        std::mem::take(&mut self.samples)
    }

    /// Ranges that the node has set.
    pub fn ranges(&self) -> (regs::AccelRange, regs::GyroRange) {
        (regs::AccelRange::from_code(self.accel_scale), regs::GyroRange::from_code(self.gyro_scale))
    }

    /// Times that the node emptied the FIFO: what comes after does not follow what came before.
    pub fn resets(&self) -> u64 {
        self.resets
    }

    fn written(&mut self, crossing: &Crossing) {
        let mut bytes = crossing.bytes.iter();
        if !crossing.continued {
            self.burst_over();
            let Some(&pointer) = bytes.next() else { return };
            self.pointer = pointer;
            self.direct.clear();
        }
        for &value in bytes {
            match self.pointer {
                regs::ACCEL_CONFIG => {
                    self.accel_scale =
                        (value & regs::accel_config::FS_SEL_MASK) >> regs::accel_config::FS_SEL_SHIFT
                }
                regs::GYRO_CONFIG => {
                    self.gyro_scale =
                        (value & regs::gyro_config::FS_SEL_MASK) >> regs::gyro_config::FS_SEL_SHIFT
                }
                regs::SMPLRT_DIV => self.divider = value,
                regs::FIFO_EN => {
                    self.fifo_en = value;
                    self.pending.clear();
                }
                regs::USER_CTRL if value & regs::user_ctrl::FIFO_RST != 0 => {
                    self.pending.clear();
                    self.resets += 1;
                }
                _ => {}
            }
            self.pointer = self.pointer.wrapping_add(1);
        }
    }

    fn read(&mut self, crossing: &Crossing) {
        if self.pointer == regs::FIFO_COUNTH {
            self.burst_at = Some(crossing.at.0);
        }
        if self.pointer == regs::FIFO_R_W {
            self.burst_at.get_or_insert(crossing.at.0);
            self.pending.extend_from_slice(&crossing.bytes);
            let record = match (self.fifo_accel(), self.fifo_gyro()) {
                (true, true) => DATA_BYTES,
                (true, false) | (false, true) => 8,
                (false, false) => return self.pending.clear(),
            };
            let whole = self.pending.len() / record * record;
            let bytes: Vec<u8> = self.pending.drain(..whole).collect();
            for record in bytes.chunks_exact(record) {
                let accel_g = self.fifo_accel().then(|| self.accel(&record[..6]));
                // The last six bytes; before them the temperature.
                let gyro_dps = self.fifo_gyro().then(|| self.gyro(&record[record.len() - 6..]));
                self.burst.push(Sample { at_ns: 0, accel_g, gyro_dps });
            }
            return;
        }
        if self.pointer == regs::ACCEL_XOUT_H && !crossing.continued {
            self.direct.clear();
        }
        let inside = (regs::ACCEL_XOUT_H..regs::ACCEL_XOUT_H + DATA_BYTES as u8).contains(&self.pointer);
        if inside && usize::from(self.pointer - regs::ACCEL_XOUT_H) == self.direct.len() {
            let before = self.direct.len();
            let room = DATA_BYTES - before;
            self.direct.extend(crossing.bytes.iter().take(room));
            let now = self.direct.len();
            if before < 6 && now >= 6 {
                let accel_g = Some(self.accel(&self.direct[..6]));
                self.last_ns = Some(crossing.at.0);
                self.samples.push(Sample { at_ns: crossing.at.0, accel_g, gyro_dps: None });
            }
            if before < DATA_BYTES && now == DATA_BYTES {
                let gyro_dps = Some(self.gyro(&self.direct[8..]));
                if let Some(sample) = self.samples.last_mut() {
                    sample.gyro_dps = gyro_dps;
                }
            }
        }
        self.pointer = self.pointer.wrapping_add(crossing.bytes.len() as u8);
    }

    /// The records of a burst lie one sample period apart, and the last was the newest when it was read. The wire does not
    /// say more.
    fn burst_over(&mut self) {
        // Output at 1 kHz, divided (data sheet).
        let period = 1_000_000 * (u64::from(self.divider) + 1);
        let count = self.burst.len() as u64;
        if count == 0 {
            return;
        }
        let burst_at = self.burst_at.take().unwrap_or(0);
        for (index, mut sample) in self.burst.drain(..).enumerate() {
            let at = burst_at.saturating_sub((count - 1 - index as u64) * period);
            // Never backwards, whatever the chip's oscillator does.
            sample.at_ns = self.last_ns.map_or(at, |last| at.max(last + 1_000));
            self.last_ns = Some(sample.at_ns);
            self.samples.push(sample);
        }
    }

    fn fifo_accel(&self) -> bool {
        self.fifo_en & regs::fifo_en::ACCEL_FIFO_EN != 0
    }
    fn fifo_gyro(&self) -> bool {
        self.fifo_en & regs::fifo_en::GYRO_FIFO_EN != 0
    }
    fn accel(&self, bytes: &[u8]) -> [f64; 3] {
        // Full scales 2, 4, 8 and 16 g (data sheet).
        axes(bytes, f64::from(2u32 << self.accel_scale))
    }
    fn gyro(&self, bytes: &[u8]) -> [f64; 3] {
        // Full scales 250, 500, 1000 and 2000 degrees a second (data sheet).
        axes(bytes, f64::from(250u32 << self.gyro_scale))
    }
}

fn axes(bytes: &[u8], full_scale: f64) -> [f64; 3] {
    std::array::from_fn(|axis| {
        let raw = i16::from_be_bytes([bytes[2 * axis], bytes[2 * axis + 1]]);
        f64::from(raw) * full_scale / 32_768.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hal_shim::time::TrueTime;

    fn crossing(at: u64, direction: Direction, bytes: &[u8], continued: bool) -> Crossing {
        Crossing {
            at: TrueTime(at),
            bus: "i2c",
            address: regs::ADDRESS,
            direction,
            bytes: bytes.to_vec(),
            continued,
        }
    }

    #[test]
    fn a_burst_over_two_chunks_is_read_as_the_registers_say() {
        use Direction::{Read, Write};
        let four_g = 1 << regs::accel_config::FS_SEL_SHIFT;
        let mut record = [0u8; 14];
        record[..2].copy_from_slice(&8192i16.to_be_bytes()); // 1 g of 4
        record[8..10].copy_from_slice(&(-16_384i16).to_be_bytes()); // -125 of 250
        let both = regs::fifo_en::ACCEL_FIFO_EN | regs::fifo_en::GYRO_FIFO_EN;
        let bytes = [record, record].concat();
        let wires = [
            crossing(0, Write, &[regs::ACCEL_CONFIG, four_g], false),
            crossing(0, Write, &[regs::SMPLRT_DIV, 9], false),
            crossing(0, Write, &[regs::FIFO_EN, both], false),
            crossing(0, Write, &[regs::FIFO_R_W], false),
            crossing(50_000_000, Read, &bytes[..20], false),
            crossing(51_000_000, Read, &bytes[20..], true),
        ];
        let samples = imu_samples(&wires);
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[0].accel_g, Some([1.0, 0.0, 0.0]));
        assert_eq!(samples[1].gyro_dps, Some([-125.0, 0.0, 0.0]));
        assert_eq!(
            (samples[0].at_ns, samples[1].at_ns),
            (40_000_000, 50_000_000),
            "not when its last chunk came"
        );
    }

    #[test]
    fn a_burst_was_taken_when_the_fifo_told_its_level() {
        use Direction::{Read, Write};
        let accel = [regs::FIFO_EN, regs::fifo_en::ACCEL_FIFO_EN];
        let burst = |at: u64| {
            [
                crossing(at, Write, &[regs::FIFO_COUNTH], false),
                crossing(at + 1_000_000, Read, &[0, 16], false),
                crossing(at + 2_000_000, Write, &[regs::FIFO_R_W], false),
                crossing(at + 3_000_000, Read, &[0; 16], false),
            ]
        };
        let mut wires = vec![crossing(0, Write, &accel, false)];
        wires.extend(burst(10_000_000));
        wires.extend(burst(20_000_000));
        let at: Vec<u64> = imu_samples(&wires).iter().map(|sample| sample.at_ns).collect();
        assert_eq!(at, [10_000_000, 11_000_000, 20_000_000, 21_000_000]);
    }

    #[test]
    fn data_registers_are_samples_too() {
        let mut bytes = [0u8; 14];
        bytes[4..6].copy_from_slice(&16_384i16.to_be_bytes());
        let wires = [
            crossing(0, Direction::Write, &[regs::ACCEL_XOUT_H], false),
            crossing(7, Direction::Read, &bytes, false),
        ];
        let samples = imu_samples(&wires);
        assert_eq!(samples, [Sample { at_ns: 7, accel_g: Some([0.0, 0.0, 1.0]), gyro_dps: Some([0.0; 3]) }]);
    }
}
