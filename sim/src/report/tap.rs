//! What a node was given to see, as files: the microphone's samples as WAV, the IMU's as CSV.
//!
//! Both come from the wires ([`hal_shim::tap::Tap`]), so registers, full scales, overflows and quantisation are in them.
//! The CSV has the header of the recordings that scenarios read, so what a node saw can be played to another one.

use super::wire::imu_samples;
use hal_shim::tap::{AudioBlock, Tap};
use std::io::{self, Cursor, Write};

/// Samples that were lost before the node could read them are silence here, so that time stays true. Before the first
/// block and while the node sleeps there is nothing: the file begins with the first block.
pub fn wav(tap: &Tap) -> io::Result<Vec<u8>> {
    let Some(rate) = tap.audio.first().map(|block| block.rate_hz) else {
        return Err(io::Error::other("the node read nothing from a microphone"));
    };
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).map_err(io::Error::other)?;
    for AudioBlock { rate_hz, lost, samples, .. } in &tap.audio {
        if *rate_hz != rate {
            let why =
                format!("the node changed its rate from {rate} Hz to {rate_hz} Hz: one WAV has one rate");
            return Err(io::Error::other(why));
        }
        let silence = std::iter::repeat_n(0i16, *lost as usize);
        for sample in silence.chain(samples.iter().copied()) {
            writer.write_sample(sample).map_err(io::Error::other)?;
        }
    }
    writer.finalize().map_err(io::Error::other)?;
    Ok(bytes.into_inner())
}

/// One line a sample: `t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,label`; what was not read is left empty.
pub fn csv(tap: &Tap, labels: &[scenarios::label::Label], out: &mut impl Write) -> io::Result<()> {
    let samples = imu_samples(&tap.i2c);
    if samples.is_empty() {
        return Err(io::Error::other("the node read no samples from an IMU"));
    }
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["t_s", "ax_g", "ay_g", "az_g", "gx_dps", "gy_dps", "gz_dps", "label"])?;
    for sample in &samples {
        let three = |values: Option<[f64; 3]>, digits: usize| {
            values.map_or([const { String::new() }; 3], |values| {
                values.map(|value| format!("{value:.digits$}"))
            })
        };
        let [ax, ay, az] = three(sample.accel_g, 6);
        let [gx, gy, gz] = three(sample.gyro_dps, 4);
        let holds = labels.iter().rev().find(|label| (label.start_ns..label.end_ns).contains(&sample.at_ns));
        let label = holds.map_or(String::new(), |label| label.label.clone());
        writer.write_record([format!("{:.6}", sample.at_ns as f64 * 1e-9), ax, ay, az, gx, gy, gz, label])?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hal_shim::device::Direction;
    use hal_shim::tap::Crossing;
    use hal_shim::time::TrueTime;
    use node_core::drivers::mpu6886::regs;

    #[test]
    fn lost_samples_are_silence_and_the_rest_is_exact() {
        let block = |lost, samples: &[i16]| AudioBlock {
            at: TrueTime(0),
            rate_hz: 16_000,
            lost,
            samples: samples.to_vec(),
        };
        let tap = Tap { audio: vec![block(0, &[1, -2]), block(2, &[i16::MAX])], i2c: vec![] };
        let bytes = wav(&tap).unwrap();
        let mut reader = hound::WavReader::new(Cursor::new(bytes)).unwrap();
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [1, -2, 0, 0, i16::MAX]);
        assert_eq!(reader.spec().sample_rate, 16_000);
    }

    #[test]
    fn a_line_is_a_sample_with_its_time() {
        let crossing = |at: u64, direction: Direction, bytes: &[u8]| Crossing {
            at: TrueTime(at),
            bus: "i2c",
            address: regs::ADDRESS,
            direction,
            bytes: bytes.to_vec(),
            continued: false,
        };
        let mut bytes = [0u8; 14];
        bytes[4..6].copy_from_slice(&16_384i16.to_be_bytes()); // 1 g of 2
        bytes[8..10].copy_from_slice(&(-16_384i16).to_be_bytes()); // -125 of 250
        let wires = vec![
            crossing(0, Direction::Write, &[regs::ACCEL_XOUT_H]),
            crossing(50_000_000, Direction::Read, &bytes),
        ];
        let mut text = Vec::new();
        csv(&Tap { audio: vec![], i2c: wires }, &[], &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().nth(1), Some("0.050000,0.000000,0.000000,1.000000,-125.0000,0.0000,0.0000,"));
    }
}
