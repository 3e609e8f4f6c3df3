//! What is likely to be wrong with a recording, in sentences, each with a cure. It judges; it changes nothing.

use super::{AudioTrack, Gap, ImuTrack, Kind, Recording, stamps};

/// The examination of one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// Samples a second, over the whole recording.
    pub mean_rate_hz: f64,
    /// The rate that the median step stands for.
    pub nominal_rate_hz: f64,
    pub samples: usize,
    pub duration_s: f64,
    pub findings: Vec<Finding>,
}

/// One thing that somebody should know before trusting the recording.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// The mean rate is not the one that most steps have.
    RateDrift {
        nominal_hz: f64,
        mean_hz: f64,
    },
    /// Half the spread of the middle nine tenths of the steps, as a part of the median step.
    Jitter {
        share: f64,
        step_ns: u64,
    },
    Gaps {
        gaps: Vec<Gap>,
        step_ns: u64,
    },
    RepeatedStamps {
        count: usize,
        samples: usize,
    },
    /// A file or folder name speaks of another rate than the stamps.
    MislabelledRate {
        name_says_hz: f64,
        stamps_say_hz: f64,
        name: String,
    },
    Clipped {
        axis: &'static str,
        rail: f32,
        share: f64,
    },
    FlatLine {
        axis: &'static str,
        from_ns: u64,
        length_ns: u64,
    },
    /// Mean of a sound as a part of full scale, or of an angular rate at rest in deg/s.
    Offset {
        axis: &'static str,
        offset: f32,
    },
    /// Gravity has the wrong size.
    UnitMistake {
        median_g: f64,
        looks_like: &'static str,
    },
    GyroMissing,
    /// Nothing but zeros.
    Silent,
}

impl Finding {
    /// What was found.
    pub fn sentence(&self) -> String {
        match self {
            Self::RateDrift { nominal_hz, mean_hz } => {
                let percent = (mean_hz / nominal_hz - 1.0) * 100.0;
                format!(
                    "most steps are those of {nominal_hz:.1} Hz, but the mean rate is {mean_hz:.2} Hz ({percent:+.1} %)"
                )
            }
            Self::Jitter { share, step_ns } => {
                format!("steps vary by ±{:.0} % around {:.2} ms", share * 100.0, *step_ns as f64 * 1e-6)
            }
            Self::Gaps { gaps, step_ns } => {
                let longest = gaps.iter().max_by_key(|gap| gap.end_ns - gap.start_ns);
                let (at, length) = longest.map_or((0.0, 0.0), |gap| {
                    (gap.start_ns as f64 * 1e-9, (gap.end_ns - gap.start_ns) as f64 * 1e-6)
                });
                let step = *step_ns as f64 * 1e-6;
                let many = if gaps.len() == 1 { "1 gap".to_owned() } else { format!("{} gaps", gaps.len()) };
                format!(
                    "{many} in the stamps; the longest is {length:.0} ms at {at:.3} s (a step is {step:.2} ms)"
                )
            }
            Self::RepeatedStamps { count, samples } => {
                format!("{count} of {samples} samples have the time stamp of the one before")
            }
            Self::MislabelledRate { name_says_hz, stamps_say_hz, name } => {
                format!("`{name}` speaks of {name_says_hz} Hz, the samples come at {stamps_say_hz:.1} Hz")
            }
            Self::Clipped { axis, rail, share } => {
                format!("{:.1} % of {axis} lie at the rail of ±{rail:.3}", share * 100.0)
            }
            Self::FlatLine { axis, from_ns, length_ns } => format!(
                "{axis} does not move for {:.2} s from {:.3} s",
                *length_ns as f64 * 1e-9,
                *from_ns as f64 * 1e-9
            ),
            Self::Offset { axis, offset } => format!("{axis} is off zero by {offset:.3}"),
            Self::UnitMistake { median_g, looks_like } => {
                format!(
                    "the median of |acceleration| is {median_g:.4} g where gravity alone is 1: it looks like {looks_like}"
                )
            }
            Self::GyroMissing => "there is no angular rate".to_owned(),
            Self::Silent => "every sample is zero".to_owned(),
        }
    }

    /// What to do about it.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::RateDrift { .. } => {
                "trust the stamps (the twin replays by them), or set the sensor's true rate when you train by index"
            }
            Self::Jitter { .. } => {
                "nothing, if the host stamped a steady sensor: convert it with the mean rate; else read the FIFO instead of polling"
            }
            Self::Gaps { .. } => {
                "say in the scenario what the world does there: gaps = \"hold\", \"linear\" or \"zero\"; or cut the file at the gaps"
            }
            Self::RepeatedStamps { .. } => {
                "stamp with a finer clock; they are spread up to the next stamp for now"
            }
            Self::MislabelledRate { .. } => {
                "rename the file, or correct the stamps if they were made from the wrong rate"
            }
            Self::Clipped { .. } => {
                "record with a wider range or less gain; what lies beyond the rail is lost"
            }
            Self::FlatLine { .. } => {
                "see whether the sensor stopped or the file was padded; cut that part out"
            }
            Self::Offset { .. } => "subtract the mean at rest, or calibrate the sensor before recording",
            // No unit of a header makes it larger.
            Self::UnitMistake { median_g, .. } if *median_g < 0.01 => {
                "if the header says mg (ax_mg), let it say g (ax_g); if it says g, multiply the values by 1000"
            }
            Self::UnitMistake { .. } => "name the right unit in the header (ax_g, ax_mg, ax_ms2)",
            Self::GyroMissing => {
                "angular rate is replayed as zero: use an app that needs acceleration alone, or record both"
            }
            Self::Silent => "record again: nothing was plugged in, or the channel is the wrong one",
        }
    }
}

/// Examines a recording.
pub fn analyse(recording: &Recording) -> Health {
    match &recording.kind {
        Kind::Imu(track) => motion(recording, track),
        Kind::Audio(track) => sound(recording, track),
    }
}

const ACCEL: [&str; 3] = ["acceleration x", "acceleration y", "acceleration z"];
const GYRO: [&str; 3] = ["rate x", "rate y", "rate z"];

fn motion(recording: &Recording, track: &ImuTrack) -> Health {
    let mut findings = Vec::new();
    let mut steps: Vec<u64> = track.t_ns.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let step_ns = track.step_ns.max(1);
    let nominal_rate_hz = 1e9 / step_ns as f64;
    let mean_rate_hz = track.mean_rate_hz();
    name_against(recording, mean_rate_hz, &mut findings);
    // Gaps are a finding of their own: here only the steps between them count.
    let gap_ns: u64 = track.gaps.iter().map(|gap| gap.end_ns - gap.start_ns).sum();
    let last_ns = track.t_ns.last().copied().unwrap_or(0);
    let steady = (track.t_ns.len().saturating_sub(1 + track.gaps.len())) as f64 * 1e9
        / (last_ns.saturating_sub(gap_ns)).max(1) as f64;
    if (steady / nominal_rate_hz - 1.0).abs() > 0.01 {
        findings.push(Finding::RateDrift { nominal_hz: nominal_rate_hz, mean_hz: steady });
    }
    if !steps.is_empty() {
        steps.sort_unstable();
        let at = |part: usize| steps[(steps.len() - 1) * part / 20];
        let share = (at(19) - at(1)) as f64 / (2.0 * step_ns as f64);
        if share > 0.1 {
            findings.push(Finding::Jitter { share, step_ns });
        }
    }
    if !track.gaps.is_empty() {
        findings.push(Finding::Gaps { gaps: track.gaps.clone(), step_ns });
    }
    if track.repeated_stamps > 0 {
        findings.push(Finding::RepeatedStamps { count: track.repeated_stamps, samples: track.t_ns.len() });
    }
    if let Some(finding) = wrong_unit(track) {
        findings.push(finding);
    }
    for (name, axis) in ACCEL.iter().zip(&track.accel_g) {
        findings.extend(clipped(name, axis));
    }
    // One axis may well stand still; three together are a sensor that stopped.
    let same_as_before = |i: usize| track.accel_g.iter().all(|axis| axis[i] == axis[i - 1]);
    findings.extend(flat("acceleration", track.t_ns.len(), |i| track.t_ns[i], same_as_before, 500_000_000));
    match &track.gyro_dps {
        None => findings.push(Finding::GyroMissing),
        Some(gyro) => {
            for (name, axis) in GYRO.iter().zip(gyro) {
                findings.extend(clipped(name, axis));
                let offset = middle(axis.iter().copied());
                // Twice what a consumer gyroscope is allowed at zero rate is 2 to 10 deg/s (assumed from data sheets).
                if offset.abs() > 5.0 {
                    findings.push(Finding::Offset { axis: name, offset });
                }
            }
        }
    }
    let duration_s = recording.duration_ns as f64 * 1e-9;
    Health { mean_rate_hz, nominal_rate_hz, samples: track.t_ns.len(), duration_s, findings }
}

fn sound(recording: &Recording, track: &AudioTrack) -> Health {
    let mut findings = Vec::new();
    let samples = &track.samples;
    name_against(recording, track.rate_hz, &mut findings);
    if samples.iter().all(|sample| *sample == 0.0) {
        findings.push(Finding::Silent);
    } else {
        findings.extend(clipped("the samples", samples));
        let mean = samples.iter().map(|x| f64::from(*x)).sum::<f64>() / samples.len().max(1) as f64;
        if mean.abs() > 0.01 {
            findings.push(Finding::Offset { axis: "the sound", offset: mean as f32 });
        }
        let at = |i: usize| libm::rint(i as f64 * 1e9 / track.rate_hz) as u64;
        let same = |i: usize| samples[i] == samples[i - 1];
        findings.extend(flat("the sound", samples.len(), at, same, 100_000_000));
    }
    Health {
        mean_rate_hz: track.rate_hz,
        nominal_rate_hz: track.rate_hz,
        samples: samples.len(),
        duration_s: recording.duration_ns as f64 * 1e-9,
        findings,
    }
}

/// The rates that the file's name and its folder's speak of, against the true one.
fn name_against(recording: &Recording, rate_hz: f64, findings: &mut Vec<Finding>) {
    let path = std::path::Path::new(&recording.source);
    let names = path.iter().rev().take(2).filter_map(|name| name.to_str());
    for name in names {
        for says in rates_in(name) {
            if (says / rate_hz.max(1e-9) - 1.0).abs() > 0.1 {
                findings.push(Finding::MislabelledRate {
                    name_says_hz: says,
                    stamps_say_hz: rate_hz,
                    name: name.to_owned(),
                });
                return;
            }
        }
    }
}

/// Every "26Hz", "26 hz" or "16kHz" in a name.
fn rates_in(name: &str) -> impl Iterator<Item = f64> {
    let lower = name.to_ascii_lowercase();
    let ends: Vec<usize> = lower.match_indices("hz").map(|(at, _)| at).collect();
    ends.into_iter().filter_map(move |end| {
        let before = &lower[..end];
        let (before, scale) = before.strip_suffix('k').map_or((before, 1.0), |before| (before, 1e3));
        let before = before.trim_end_matches([' ', '_', '-']);
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let rate: f64 = before[before.len() - digits..].trim_matches('.').parse().ok()?;
        (rate > 0.0).then_some(rate * scale)
    })
}

/// The smallest gravity that is told from a mistake in units, as factors of what it should be.
fn wrong_unit(track: &ImuTrack) -> Option<Finding> {
    let size = |i: usize| {
        let [x, y, z] = [0, 1, 2].map(|axis: usize| f64::from(track.accel_g[axis][i]));
        libm::sqrt(x * x + y * y + z * z) as f32
    };
    let median_g = f64::from(middle((0..track.t_ns.len()).map(size)));
    let near = |value: f64| (median_g / value - 1.0).abs() < 0.15;
    let looks_like = if near(9.806_65) {
        "m/s2 under a header that says g"
    } else if near(1000.0) {
        "mg under a header that says g"
    } else if near(1.0 / 9.806_65) {
        "g under a header that says m/s2"
    } else if near(0.001) {
        "g that was divided by 1000 as if it were mg"
    } else if near(9806.65) {
        "mm/s2 under a header that says g"
    } else {
        return None;
    };
    Some(Finding::UnitMistake { median_g, looks_like })
}

/// Several samples at one extreme value, which nothing exceeds: a rail.
fn clipped(axis: &'static str, samples: &[f32]) -> Option<Finding> {
    let highest = samples.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    // The two rails of a two's complement number differ by one step.
    let rail = highest * 0.999;
    let at = samples.iter().filter(|x| x.abs() >= rail).count();
    // A signal that stands still at its highest value is not clipped: it must come to the rail from elsewhere.
    let below = samples.iter().filter(|x| x.abs() < 0.5 * rail).count();
    let share = at as f64 / samples.len().max(1) as f64;
    (at >= 5 && share >= 0.001 && below > 0 && arrives_steeply(samples, rail)).then_some(Finding::Clipped {
        axis,
        rail: highest,
        share,
    })
}

/// Clipping cuts off a signal on its way: the step into the rail is a large one, and the signal stays there.
fn arrives_steeply(samples: &[f32], rail: f32) -> bool {
    let stays = samples.windows(2).filter(|pair| pair.iter().all(|x| x.abs() >= rail)).count();
    let steps: f32 = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    let mean_step = steps / samples.len().max(1) as f32;
    let arrivals = samples.windows(2).filter(|pair| pair[0].abs() < rail && pair[1].abs() >= rail);
    let steep = arrivals.filter(|pair| (pair[1] - pair[0]).abs() > mean_step).count();
    stays > 0 && steep > 0
}

/// The longest run of samples that repeat each other, if it lasts.
fn flat(
    axis: &'static str,
    count: usize,
    t_ns: impl Fn(usize) -> u64,
    same_as_before: impl Fn(usize) -> bool,
    least_ns: u64,
) -> Option<Finding> {
    let (mut start, mut longest) = (0, (0, 0));
    for i in 1..count {
        if !same_as_before(i) {
            start = i;
        } else if t_ns(i) - t_ns(start) > longest.1 {
            longest = (t_ns(start), t_ns(i) - t_ns(start));
        }
    }
    (longest.1 >= least_ns).then_some(Finding::FlatLine { axis, from_ns: longest.0, length_ns: longest.1 })
}

fn middle(values: impl Iterator<Item = f32>) -> f32 {
    // Ordered as integers, so that the same selection serves stamps and samples.
    let order = |x: f32| {
        let bits = x.to_bits() as i32;
        (i64::from(bits ^ (((bits >> 31) as u32) >> 1) as i32) - i64::from(i32::MIN)) as u64
    };
    let mut keys: Vec<u64> = values.map(order).collect();
    let key = (stamps::median(&mut keys) as i64 + i64::from(i32::MIN)) as i32;
    f32::from_bits((key ^ (((key >> 31) as u32) >> 1) as i32) as u32)
}
