//! What the motion app does with each read of the FIFO and each window.

use super::run;
use crate::inputs::{self, Doing, MOTION, MOTION_RATE_HZ, PER_DPS, PER_G};
use crate::{Case, Laboratory, Purpose};
use core::array::from_fn;
use node_core::app::motion::detectors::{Detectors, Found};
use node_core::app::motion::pipeline::Sample;
use node_core::drivers::mpu6886::regs::RECORD_ACCEL_GYRO_BYTES;
use node_core::drivers::mpu6886::{FifoContent, Records};
use node_core::dsp::activity::{Activity, ActivityLevel, magnitude, rhythm, rhythm_work};
use node_core::dsp::tilt::{Angles, Attitude, AttitudeConfig};
use node_core::meter::Kernel;
use node_core::time::Instant;

/// Records of one read: the app reads 32 at a time, and a full FIFO holds 73.
const READS: [usize; 4] = [8, 16, 32, 64];

pub fn all(laboratory: &mut impl Laboratory) {
    let records = inputs::motion(Doing::Walks);
    let mut samples = [Sample::default(); MOTION];
    parse(records.as_flattened(), &mut samples);
    vectors(laboratory, &samples);
    parses(laboratory, records.as_flattened());
    detectors(laboratory, &samples, Purpose::Fit);
    windows(laboratory, &samples);
    let mut still = [Sample::default(); MOTION];
    parse(inputs::motion(Doing::Nothing).as_flattened(), &mut still);
    detectors(laboratory, &still, Purpose::OtherData("still"));
}

/// The same as the app's `parse` stage, whose code is in its own pipeline.
fn parse(records: &[u8], samples: &mut [Sample]) -> usize {
    let (per_g, per_dps) = (1.0 / PER_G, 1.0 / PER_DPS);
    let mut count = 0;
    for (sample, record) in samples.iter_mut().zip(Records::parse(records, FifoContent::AccelGyro)) {
        let g = record.accel.map(|raw| f32::from(raw) * per_g);
        let dps = record.gyro.map(|raw| f32::from(raw) * per_dps);
        let square = |v: [f32; 3]| v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
        *sample = Sample { g, magnitude: libm::sqrtf(square(g)), turning: square(dps) };
        count += 1;
    }
    count
}

fn vectors(laboratory: &mut impl Laboratory, samples: &[Sample; MOTION]) {
    for size in READS {
        let case = Case::new(Kernel::Magnitude, size, MOTION / size);
        let call = |lengths: &mut [f32; MOTION], index| {
            let range = index * size..(index + 1) * size;
            for (length, sample) in lengths[range.clone()].iter_mut().zip(&samples[range]) {
                *length = magnitude(sample.g);
            }
        };
        run(laboratory, case, &mut [0.0; MOTION], call, |lengths, results| {
            results.floats(lengths);
        });
    }
    const POSES: usize = 64;
    for size in [1, 4, 16, 64] {
        let case = Case::new(Kernel::Tilt, size, POSES / size);
        let call = |poses: &mut [Angles; POSES], index| {
            for n in index * size..(index + 1) * size {
                let sample: &Sample = &samples[n * MOTION / POSES];
                poses[n] = Angles::from_gravity(sample.g);
            }
        };
        run(laboratory, case, &mut [Angles::default(); POSES], call, |poses, results| {
            poses.iter().for_each(|pose| {
                results.float(pose.pitch_deg).float(pose.roll_deg);
            });
        });
    }
    for size in READS {
        let case = Case::new(Kernel::Attitude, size, MOTION / size);
        let mut state = (Attitude::new(AttitudeConfig::at(MOTION_RATE_HZ)), Angles::default());
        let call = |(attitude, angles): &mut (Attitude, Angles), index| {
            for sample in &samples[index * size..(index + 1) * size] {
                *angles = attitude.push(sample.g, [5.0, -3.0, 0.0]);
            }
        };
        run(laboratory, case, &mut state, call, |(_, angles), results| {
            results.float(angles.pitch_deg).float(angles.roll_deg);
        });
    }
}

fn parses(laboratory: &mut impl Laboratory, records: &[u8]) {
    for size in READS {
        let case = Case::new(Kernel::FifoParse, size, MOTION / size);
        let bytes = size * RECORD_ACCEL_GYRO_BYTES;
        let call = |samples: &mut [Sample; MOTION], index| {
            let read = &records[index * bytes..(index + 1) * bytes];
            parse(read, &mut samples[index * size..(index + 1) * size]);
        };
        run(laboratory, case, &mut [Sample::default(); MOTION], call, |samples, results| {
            for sample in samples {
                results.floats(&sample.g).float(sample.magnitude).float(sample.turning);
            }
        });
    }
}

fn detectors(laboratory: &mut impl Laboratory, samples: &[Sample; MOTION], purpose: Purpose) {
    for size in READS {
        let case = Case::new(Kernel::MotionDetectors, size, MOTION / size).for_purpose(purpose);
        let mut state = (Detectors::new(MOTION_RATE_HZ, 0), 0);
        let call = |(detectors, told): &mut (Detectors, usize), index| {
            let mut found = Found::new();
            for sample in &samples[index * size..(index + 1) * size] {
                detectors.push(sample, || Instant::BOOT, &mut found);
            }
            *told += found.len();
        };
        run(laboratory, case, &mut state, call, |(detectors, told), results| {
            results.number(detectors.steps() as i32).number(*told as i32).bytes(detectors.face().as_bytes());
        });
    }
}

fn windows(laboratory: &mut impl Laboratory, samples: &[Sample; MOTION]) {
    let magnitudes: [f32; MOTION] = from_fn(|n| samples[n].magnitude);
    for size in [32, 64, 128, 256] {
        let case = Case::new(Kernel::Activity, size, MOTION / size);
        let call = |level: &mut ActivityLevel, index: usize| {
            let mut activity = Activity::new();
            magnitudes[index * size..(index + 1) * size]
                .iter()
                .for_each(|&magnitude| activity.push(magnitude));
            *level = activity.take();
        };
        run(laboratory, case, &mut ActivityLevel::default(), call, |level, results| {
            results.float(level.std_g).float(level.deviation_g).float(level.mean_g);
        });
    }
    // The app's own window at its rates: two of the slowest steps and a little.
    for (rate_hz, size) in [(50.0, 86), (100.0, 170), (100.0, 256), (200.0, 336), (200.0, 512)] {
        let (lags, multiply_adds) = rhythm_work(size, rate_hz);
        let case = Case::of_several(Kernel::Autocorrelation, lags, multiply_adds, 1);
        let mut state = ([0.0; MOTION], None);
        let call = |(scratch, found): &mut ([f32; MOTION], Option<_>), _| {
            *found = rhythm(&magnitudes[..size], rate_hz, scratch);
        };
        run(laboratory, case, &mut state, call, |(_, found), results| {
            let (hz, regularity) = found.map_or((0.0, 0.0), |rhythm| (rhythm.hz, rhythm.regularity));
            results.float(hz).float(regularity);
        });
    }
}
