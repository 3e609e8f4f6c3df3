//! Real recordings, replayed through the chips: what the node read is what was recorded, but for what the chip does to it.
//!
//! The judges know the files, the wires and the data sheets; of the program's own reading, interpolating and filtering
//! they use nothing. Without recordings (see `data`) these tests say that they were skipped.

use hal_shim::device::Direction;
use hal_shim::tap::{AudioBlock, Crossing};
use node_core::board::{Board, Parts};
use node_core::drivers::mpu6886::{AccelRange, Burst, Config, Dlpf, FifoContent, GyroRange, Mpu6886, Odr};
use node_core::time::{Clock, Duration, Instant};
use nodetwin_tests::data;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use sim::catalogue::{Catalogue, program};
use sim::engine::{Options, Twin};
use sim::outcome::Outcome;
use std::f64::consts::{PI, SQRT_2};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// When a recording begins, in every test here: the node is up, the chips run.
const START_S: f64 = 1.0;

/// Runs a scenario with one node and this world. The app `logger` reads the IMU's FIFO at 500 Hz, 4 g, 1000 dps and the
/// widest filter that the rate divider works with.
fn run(app: &str, folder: &Path, seconds: f64, noise: &str, world: &str) -> Outcome {
    let catalogue = Catalogue::builtin().app("logger", "reads the FIFO", |_| Ok(program(log)));
    let text = format!(
        "schema = 1\nname = \"recording\"\nseed = 11\nduration = \"{}ms\"\n\
         [[node]]\nname = \"n\"\nboard = \"m5stickc\"\napp = \"{app}\"\n\
         drift = {{ cpu = \"0ppm\", imu = \"0ppm\", rtc = \"0ppm\" }}\n\
         imu = {{ accel_bias = \"0mg\", gyro_bias = \"0dps\", noise = \"{noise}\" }}\n{world}",
        (seconds * 1e3).ceil()
    );
    let scenario = scenarios::load_str("recording.toml", &text, folder, &catalogue.known(), &[])
        .unwrap_or_else(|error| panic!("{error}"));
    let options = Options { tapping: true, strict: true, threads: Some(1), ..Options::default() };
    let twin = Twin::new(&catalogue, scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    let outcome = twin.run(|_| ControlFlow::Continue(()));
    assert_eq!(outcome.nodes[0].halt, None);
    outcome
}

async fn log(board: impl Board) -> node_core::board::Exit {
    let Parts { facts, mut i2c, mut delay, clock, .. } = board.split();
    let config = Config {
        odr: Odr::from_hz(500).unwrap(),
        accel: AccelRange::G4,
        gyro: GyroRange::Dps1000,
        dlpf: Dlpf::Hz176,
        fifo: FifoContent::AccelGyro,
    };
    let mut imu = Mpu6886::new(&mut i2c, facts.imu.as_ref().unwrap().address, config);
    imu.init(&mut delay).await.unwrap();
    let mut bytes = [0; 1024];
    let mut next = clock.now();
    loop {
        next = Instant::from_micros((next + Duration::from_micros(40_000)).as_micros());
        clock.until(next).await;
        assert!(matches!(imu.read_fifo(&mut bytes).await, Ok(Burst::Records(_))), "samples were lost");
    }
}

// --- what crossed the wires ------------------------------------------------------------------------------------------

const IMU: u8 = 0x68;
/// Nominal, by the data sheet's table of full scales: counts per g at 4 g, counts per degree a second at 1000.
const LSB: [f64; 2] = [8_192.0, 32.8];
/// Output each so many milliseconds.
const PERIOD_MS: u64 = 2;

/// FIFO records with the chip's tick (ms) of each: the FIFO was emptied by a write whose time is on the tap, the outputs are
/// at the multiples of the divider, and none was lost.
fn records(wires: &[Crossing]) -> Vec<(u64, [f64; 6])> {
    let (mut register, mut first, mut bytes) = (0, None, Vec::new());
    for crossing in wires.iter().filter(|crossing| crossing.address == IMU) {
        match crossing.direction {
            Direction::Write => {
                register = crossing.bytes[0];
                if crossing.bytes.len() == 2 && register == 0x6A && crossing.bytes[1] & 0x04 != 0 {
                    first = Some((crossing.at.0 / (PERIOD_MS * 1_000_000) + 1) * PERIOD_MS);
                    bytes.clear();
                }
            }
            Direction::Read if register == 0x74 => bytes.extend_from_slice(&crossing.bytes),
            Direction::Read => {}
        }
    }
    let first = first.expect("the FIFO was emptied");
    let word = |record: &[u8], at| f64::from(i16::from_be_bytes([record[at], record[at + 1]]));
    let record =
        |(n, record)| (first + PERIOD_MS * n as u64, [0, 2, 4, 8, 10, 12].map(|at| word(record, at)));
    bytes.chunks_exact(14).enumerate().map(record).collect()
}

// --- the source, and what the data sheet says of the chip --------------------------------------------------------------

#[derive(Default)]
struct Source {
    /// Seconds since the first sample, repeated stamps spread.
    t: Vec<f64>,
    /// g and degrees a second; zero where there is no gyroscope.
    axes: Vec<[f64; 6]>,
    labels: Vec<String>,
}

fn source(file: &Path) -> Source {
    let text = std::fs::read_to_string(file).unwrap();
    let mut source = Source::default();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let value = |at: usize| if fields[at].is_empty() { 0.0 } else { fields[at].parse().unwrap() };
        source.t.push(value(0));
        source.axes.push([1, 2, 3, 4, 5, 6].map(value));
        source.labels.push(fields[7].to_string());
    }
    // A clock too coarse repeats itself: the second of two stamps lies half way to the next (as this project documents).
    let raw = source.t.clone();
    let mut at = 0;
    while at < raw.len() {
        let same = raw[at..].iter().take_while(|t| **t == raw[at]).count();
        let room = raw.get(at + same).map_or(0.0, |next| next - raw[at]).min(median_step(&raw) * same as f64);
        for k in 1..same {
            source.t[at + k] = raw[at] + room * k as f64 / same as f64;
        }
        at += same;
    }
    source
}

fn median_step(t: &[f64]) -> f64 {
    let mut steps: Vec<f64> = t.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    steps[steps.len() / 2]
}

impl Source {
    fn end_s(&self) -> f64 {
        *self.t.last().unwrap()
    }

    /// Whether the instant lies in a hole of the recording, or within 20 ms of one or of an end.
    fn near_hole(&self, t: f64) -> bool {
        let longest = 3.0 * median_step(&self.t);
        let near = |from: f64, to: f64| t > from - 0.02 && t < to + 0.02;
        t < 0.02
            || t > self.end_s() - 0.02
            || self.t.windows(2).any(|pair| pair[1] - pair[0] > longest && near(pair[0], pair[1]))
    }

    /// By the cubic through two samples whose slopes are those between their neighbours (Catmull and Rom).
    fn cubic(&self, t: f64) -> [f64; 6] {
        let right = self.t.partition_point(|stamp| *stamp <= t).clamp(1, self.t.len() - 1);
        let left = right - 1;
        let slope = |at: usize, axis: usize| {
            let (a, b) = (at.saturating_sub(1), (at + 1).min(self.t.len() - 1));
            (self.axes[b][axis] - self.axes[a][axis]) / (self.t[b] - self.t[a])
        };
        let width = self.t[right] - self.t[left];
        let u = ((t - self.t[left]) / width).clamp(0.0, 1.0);
        let (v, w) = (u * u, u * u * u);
        std::array::from_fn(|axis| {
            (2.0 * w - 3.0 * v + 1.0) * self.axes[left][axis]
                + (w - 2.0 * v + u) * width * slope(left, axis)
                + (3.0 * v - 2.0 * w) * self.axes[right][axis]
                + (w - v) * width * slope(right, axis)
        })
    }

    /// Between even stamps as if nothing were faster than half the rate: a sinc over 32 samples under a Kaiser window of
    /// beta 6, each end a centre of symmetry; between uneven ones by the cubic.
    fn between(&self, t: f64) -> [f64; 6] {
        let step = median_step(&self.t);
        let left = self.t.partition_point(|stamp| *stamp <= t).clamp(1, self.t.len() - 1) - 1;
        let (mut from, mut to) = (left, left + 1);
        let gap = |at: usize| self.t[at + 1] - self.t[at] > 3.0 * step;
        while from > 0 && left - from < 15 && !gap(from - 1) {
            from -= 1;
        }
        while to + 1 < self.t.len() && to - left < 16 && !gap(to) {
            to += 1;
        }
        let even = |pair: &[f64]| (pair[1] - pair[0] - step).abs() <= 0.15 * step;
        if !self.t[from..=to].windows(2).all(even) {
            return self.cubic(t);
        }
        let u = ((t - self.t[left]) / (self.t[left + 1] - self.t[left])).clamp(0.0, 1.0);
        let taps: Vec<f64> = (-15..=16).map(|k| kaiser_sinc(f64::from(k) - u)).collect();
        let weight: f64 = taps.iter().sum();
        std::array::from_fn(|axis| {
            let (first, last) = (from as i64, to as i64);
            let at = |at: i64| self.axes[at.clamp(first, last) as usize][axis];
            let mirrored = |place: i64| match place {
                _ if place < first => 2.0 * at(first) - at(2 * first - place),
                _ if place > last => 2.0 * at(last) - at(2 * last - place),
                _ => at(place),
            };
            let places = left as i64 - 15..;
            taps.iter().zip(places).map(|(tap, place)| tap * mirrored(place)).sum::<f64>() / weight
        })
    }

    /// As if its band ended at half its rate: a windowed sinc over 60 samples, for stamps that are even.
    fn band_limited(&self, t: f64) -> [f64; 6] {
        const HALF: i64 = 30;
        let step = median_step(&self.t);
        let place = t / step;
        let mut out = [0.0; 6];
        let mut weight = 0.0;
        for k in (place.floor() as i64 - HALF + 1).max(0)..=(place.floor() as i64 + HALF) {
            let Some(sample) = self.axes.get(k as usize) else { break };
            let x = place - k as f64;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) };
            let tap = sinc * (0.5 + 0.5 * (PI * x / HALF as f64).cos());
            weight += tap;
            for (out, value) in out.iter_mut().zip(sample) {
                *out += tap * value;
            }
        }
        out.map(|sum| sum / weight)
    }

    /// What the chip should put out at each of its ticks, in counts without rounding: the source through a filter of first
    /// order, bilinear at 1 kHz, -3 dB at 218.1 Hz (accelerometer) and 176 Hz (gyroscope).
    fn expected(&self) -> Vec<[f64; 6]> {
        let mut state = [[0.0; 2]; 6];
        let ticks = (self.end_s() * 1e3) as usize;
        let step = |tick: usize| {
            let now = self.between(tick as f64 * 1e-3);
            std::array::from_fn(|axis| {
                let (corner, lsb) = if axis < 3 { (218.1, LSB[0]) } else { (176.0, LSB[1]) };
                let k = (PI * corner / 1e3).tan();
                let [before, out] = state[axis];
                let out = (k * (now[axis] + before) + (1.0 - k) * out) / (1.0 + k);
                state[axis] = [now[axis], out];
                out * lsb
            })
        };
        (0..=ticks).map(step).collect()
    }
}

fn kaiser_sinc(x: f64) -> f64 {
    let bessel = |x: f64| {
        let terms = (1..40).scan(1.0, |term, k| {
            *term *= 0.25 * x * x / f64::from(k * k);
            Some(*term)
        });
        1.0 + terms.sum::<f64>()
    };
    let inside = (1.0 - x * x / 256.0).max(0.0);
    let sinc = if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) };
    if inside > 0.0 { sinc * bessel(6.0 * inside.sqrt()) / bessel(6.0) } else { 0.0 }
}

/// Of the records that lie well inside the recording: their tick within it, and their counts.
fn inside(source: &Source, outcome: &Outcome) -> Vec<(usize, [f64; 6])> {
    let start_ms = (START_S * 1e3) as u64;
    let records = records(&outcome.nodes[0].tap.as_ref().unwrap().i2c).into_iter();
    let inside: Vec<(usize, [f64; 6])> = records
        .filter(|(tick, _)| *tick >= start_ms)
        .map(|(tick, counts)| ((tick - start_ms) as usize, counts))
        .filter(|(tick, _)| !source.near_hole(*tick as f64 * 1e-3))
        .collect();
    assert!(inside.len() as f64 > 0.8 * source.end_s() * 500.0, "{} samples", inside.len());
    inside
}

fn motion(folder: &Path, file: &str, source: &Source, noise: &str) -> Outcome {
    let world =
        format!("[[motion]]\nkind = \"recording\"\nfile = \"{file}\"\nat = \"{}ms\"\n", START_S * 1e3);
    run("logger", folder, START_S + source.end_s() + 0.2, noise, &world)
}

fn rms(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), x| (sum + x * x, count + 1.0));
    (sum / count).sqrt()
}

/// Accelerometer alone at 100 Hz, and both sensors at about 100 Hz with stamps that repeat.
fn motions() -> Vec<(PathBuf, &'static str)> {
    let folders = [
        (
            "imu_gestures_emlearn",
            &["2025-06-15T192744_snake.csv", "2025-06-15T192823_updown.csv", "2025-06-15T192910_wave.csv"][..],
        ),
        ("imu_har_geotec_watch", &["s01_02_sw.csv", "s05_03_sw.csv"]),
    ];
    let found = folders.into_iter().filter_map(|(folder, files)| Some((data(folder)?, files)));
    found.flat_map(|(folder, files)| files.iter().map(move |file| (folder.clone(), *file))).collect()
}

#[test]
fn a_recorded_motion_comes_out_of_the_fifo_but_for_the_last_half_bit() {
    for (folder, file) in motions() {
        let source = source(&folder.join(file));
        let outcome = motion(&folder, file, &source, "0%");
        let (expected, got) = (source.expected(), inside(&source, &outcome));
        for (sensor, axes, unit) in [("accelerometer", 0..3, 0), ("gyroscope", 3..6, 1)] {
            if source.axes.iter().all(|axis| axis[3] == 0.0) && unit == 1 {
                assert!(got.iter().all(|(_, counts)| counts[3..] == [0.0; 3]), "{file}");
                continue;
            }
            let errors = || {
                got.iter()
                    .flat_map(|(tick, counts)| axes.clone().map(|axis| counts[axis] - expected[*tick][axis]))
            };
            let signal = rms(got.iter().flat_map(|(tick, _)| axes.clone().map(|axis| expected[*tick][axis])));
            let (worst, rms) = (errors().fold(0.0, |worst: f64, x| worst.max(x.abs())), rms(errors()));
            eprintln!(
                "{file}, {sensor}: {rms:.3} LSB RMS ({:.4} % of the signal), {worst:.3} LSB at most",
                100.0 * rms / signal
            );
            // Rounding to a count is off by half of one at most and by 1/sqrt(12) = 0.289 in the mean; the rest is float32.
            assert!(worst < 0.51, "{file}, {sensor}: {worst} LSB");
            assert!((0.25..0.31).contains(&rms), "{file}, {sensor}: {rms} LSB RMS");
            assert!(rms < 0.002 * signal, "{file}, {sensor}: {} %", 100.0 * rms / signal);
        }
    }
}

#[test]
fn resampling_to_the_chips_rate_costs_little_against_the_band_limited_source() {
    for (folder, file) in motions().into_iter().filter(|(_, file)| file.starts_with("2025")) {
        let source = source(&folder.join(file));
        let outcome = motion(&folder, file, &source, "0%");
        // The filter's delay where the signal is: 1 / (2 pi 218.1 Hz).
        let delay = 1.0 / (2.0 * PI * 218.1);
        let (mut signal, mut error) = (0.0, 0.0);
        for axis in 0..3 {
            let (ideal, off): (Vec<f64>, Vec<f64>) = inside(&source, &outcome)
                .into_iter()
                .map(|(tick, counts)| (tick as f64 * 1e-3, counts[axis] / LSB[0]))
                .filter(|(t, _)| *t > 0.4 && *t < source.end_s() - 0.4)
                .map(|(t, got)| (source.band_limited(t - delay)[axis], got))
                .map(|(ideal, got)| (ideal, got - ideal))
                .unzip();
            let mean = ideal.iter().sum::<f64>() / ideal.len() as f64;
            let ideal: Vec<f64> = ideal.iter().map(|x| x - mean).collect();
            // Up to where both sincs are flat: nearer to half the recording's rate nobody knows what there was.
            let [of_signal] = energies(&ideal, 500.0, [(0.0, 42.0)]);
            let [of_error] = energies(&off, 500.0, [(0.0, 42.0)]);
            (signal, error) = (signal + of_signal, error + of_error);
        }
        let percent = 100.0 * (error / signal).sqrt();
        eprintln!("{file}: {percent:.2} % of what moves below 42 Hz");
        assert!(percent < 2.0, "{file}: {percent} %");
    }
}

#[test]
fn the_noise_on_a_recorded_motion_is_the_configured_one() {
    // Densities: the data sheet's front page. Bandwidths of its noise: the family's table at these filters.
    const DENSITY_G: f64 = 100e-6;
    const DENSITY_DPS: f64 = 4e-3;
    const BANDWIDTH_HZ: [f64; 2] = [235.0, 177.0];
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for (folder, file) in motions() {
        let source = source(&folder.join(file));
        let outcome = motion(&folder, file, &source, "100%");
        let expected = source.expected();
        for (tick, record) in inside(&source, &outcome) {
            for axis in 0..6 {
                let error = record[axis] - expected[tick][axis];
                sums[axis / 3] += error * error;
                counts[axis / 3] += 1.0;
            }
        }
    }
    if counts[0] == 0.0 {
        return;
    }
    for (sensor, density) in [DENSITY_G, DENSITY_DPS].into_iter().enumerate() {
        // Without what rounding adds.
        let variance = sums[sensor] / counts[sensor] - 1.0 / 12.0;
        let configured = (density * LSB[sensor]).powi(2) * BANDWIDTH_HZ[sensor];
        let ratio = variance / configured;
        eprintln!("sensor {sensor}: {ratio:.4} of the configured variance, {} samples", counts[sensor]);
        assert!((0.9..1.1).contains(&ratio), "sensor {sensor}: {ratio} of what is configured");
    }
}

#[test]
fn the_labels_of_a_recording_arrive_at_their_times() {
    for (folder, file) in motions() {
        let source = source(&folder.join(file));
        let outcome = motion(&folder, file, &source, "100%");
        let mut wanted: Vec<(&str, f64)> = Vec::new();
        for (label, t) in source.labels.iter().zip(&source.t) {
            if wanted.last().is_none_or(|(last, _)| last != label) {
                wanted.push((label, *t + START_S));
            }
        }
        let got = &outcome.nodes[0].labels;
        assert_eq!(got.len(), wanted.len(), "{file}: {got:?}");
        let ends = wanted.iter().skip(1).map(|(_, t)| *t).chain([START_S + source.end_s()]);
        for ((label, (name, start)), end) in got.iter().zip(&wanted).zip(ends) {
            assert_eq!(label.label, *name, "{file}");
            assert!((label.start_ns as f64 * 1e-9 - start).abs() < 1e-6, "{file}: {label:?} from {start}");
            // The last one lasts as long as its last sample.
            let late = label.end_ns as f64 * 1e-9 - end;
            assert!((-1e-6..0.02).contains(&late), "{file}: {label:?} to {end}");
        }
    }
}

// --- sound -------------------------------------------------------------------------------------------------------------

const RATE: f64 = 16_000.0;
/// From the data sheet: 94 dB SPL are -22 dBFS, and the noise lies 61.5 dB(A) below that.
const FULL_SCALE_DB: f64 = 94.0 + 22.0;
const FLOOR_DB: f64 = 94.0 - 61.5;

/// The first recording of each kind that the folder holds.
fn sounds() -> Vec<PathBuf> {
    let Some(folder) = data("audio_esc10") else { return Vec::new() };
    let list = |folder: &Path| {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let kinds = list(&folder).into_iter().filter(|path| path.is_dir());
    let files: Vec<PathBuf> = kinds.filter_map(|kind| list(&kind).into_iter().next()).collect();
    assert!(files.len() >= 8, "{files:?}");
    files
}

/// Full scale is 1.
fn wav(path: &Path) -> Vec<f64> {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!((reader.spec().sample_rate, reader.spec().bits_per_sample), (16_000, 16));
    reader.samples::<i16>().map(|sample| f64::from(sample.unwrap()) / 32_768.0).collect()
}

/// What the node read from 100 ms before the recording to 100 ms after it, in parts of full scale without its offset.
fn heard(path: &Path, samples: usize, full_scale_db: f64) -> (Vec<f64>, Outcome) {
    let seconds = samples as f64 / RATE;
    let world = format!(
        "[[sound]]\nkind = \"recording\"\nfile = \"{}\"\nfull_scale = \"{full_scale_db}dB\"\nat = \"{}ms\"\nlabel = \"it\"\n",
        path.display(),
        START_S * 1e3
    );
    let outcome = run("sound", Path::new("."), START_S + seconds + 0.5, "0%", &world);
    let node = &outcome.nodes[0];
    assert_eq!(node.clipped_samples, 0, "{}", path.display());
    let blocks: &[AudioBlock] = &node.tap.as_ref().unwrap().audio;
    assert!(blocks.iter().all(|block| block.lost == 0 && block.rate_hz == 16_000));
    let first_s = blocks[0].at.0 as f64 * 1e-9;
    let all: Vec<f64> =
        blocks.iter().flat_map(|block| &block.samples).map(|sample| f64::from(*sample) / 32_768.0).collect();
    let from = ((START_S - 0.1 - first_s) * RATE) as usize;
    let span = &all[from..from + samples + (0.2 * RATE) as usize];
    let mean = span.iter().sum::<f64>() / span.len() as f64;
    (span.iter().map(|x| x - mean).collect(), outcome)
}

/// Energy in a band, by the spectrum of the whole.
fn energies<const N: usize>(signal: &[f64], rate: f64, bands: [(f64, f64); N]) -> [f64; N] {
    let size = (signal.len() + 1).next_power_of_two() * 2;
    let mut bins = vec![Complex::new(0.0, 0.0); size];
    for (bin, x) in bins.iter_mut().zip(signal) {
        bin.re = *x;
    }
    FftPlanner::new().plan_fft_forward(size).process(&mut bins);
    bands.map(|(from, to)| {
        let bin = |hz: f64| (hz / rate * size as f64).round() as usize;
        bins[bin(from)..bin(to)].iter().map(|bin| bin.norm_sqr()).sum::<f64>() / size as f64
    })
}

/// Below 50 Hz the model has a high pass of 5 Hz that costs more than is judged here.
const WHOLE: (f64, f64) = (50.0, 7_000.0);
const OCTAVES_HZ: [f64; 7] = [63.0, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0];

fn decibels(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

#[test]
fn a_recorded_sound_comes_back_with_its_energy_band_by_band() {
    let octaves = OCTAVES_HZ.map(|centre| (centre / SQRT_2, centre * SQRT_2));
    let mut judged = 0;
    for path in sounds() {
        let source = wav(&path);
        let full_scale_db = 110.0;
        let (got, _) = heard(&path, source.len(), full_scale_db);
        let gain = 10f64.powf((full_scale_db - FULL_SCALE_DB) / 20.0);
        let wanted: Vec<f64> = source.iter().map(|x| x * gain).collect();
        // White noise: the share of the band of what lies under the A-weighted figure, which counts 12,467 Hz.
        let floor = |(from, to): (f64, f64)| {
            let rms = 10f64.powf((FLOOR_DB - FULL_SCALE_DB) / 20.0) / SQRT_2;
            rms * rms * (to - from) / 12_467.0 * got.len() as f64 / 2.0
        };
        let [whole] = energies(&wanted, RATE, [WHOLE]);
        let [got_whole] = energies(&got, RATE, [WHOLE]);
        let off = decibels(got_whole / whole);
        let (wanted, got) = (energies(&wanted, RATE, octaves), energies(&got, RATE, octaves));
        let mut line = format!("{}: {off:+.3} dB;", path.file_name().unwrap().display());
        for (octave, centre) in OCTAVES_HZ.iter().enumerate() {
            let over_floor = decibels(wanted[octave] / floor(octaves[octave]));
            let off = decibels(got[octave] / wanted[octave]);
            line += &format!(" {centre}: {off:+.3} ({over_floor:.0})");
            if over_floor > 20.0 {
                judged += 1;
                assert!(off.abs() < 0.3, "{line}");
            }
        }
        eprintln!("{line}");
        assert!(off.abs() < 0.1, "{line}");
    }
    if data("audio_esc10").is_some() {
        assert!(judged > 40, "only {judged} bands were loud enough to be judged");
    }
}

#[test]
fn twenty_decibels_above_the_floor_are_enough_for_a_tenth_of_a_decibel() {
    for path in sounds() {
        let source = wav(&path);
        // A full-scale sine is 0 dBFS.
        let rms_dbfs = 20.0 * (rms(source.iter().copied()) * SQRT_2).log10();
        let full_scale_db = (10.0 * (FLOOR_DB + 20.0 - rms_dbfs)).round() / 10.0;
        if full_scale_db > 115.0 {
            continue; // so quiet a file would clip where it is loud
        }
        let (got, outcome) = heard(&path, source.len(), full_scale_db);
        let gain = 10f64.powf((full_scale_db - FULL_SCALE_DB) / 20.0);
        let wanted: Vec<f64> = source.iter().map(|x| x * gain).collect();
        let ([wanted], [energy]) = (energies(&wanted, RATE, [WHOLE]), energies(&got, RATE, [WHOLE]));
        let off = decibels(energy / wanted);
        eprintln!("{}, full scale {full_scale_db} dB: {off:+.3} dB", path.display());
        assert!(off.abs() < 0.1, "{}: {off} dB", path.display());
        // And its label lasts as long as the file.
        let [label] = &outcome.nodes[0].labels[..] else { panic!("{:?}", outcome.nodes[0].labels) };
        let seconds = (label.end_ns - label.start_ns) as f64 * 1e-9;
        assert_eq!((label.label.as_str(), label.start_ns as f64 * 1e-9), ("it", START_S));
        assert!((seconds - source.len() as f64 / RATE).abs() < 1e-6, "{seconds} s");
    }
}
