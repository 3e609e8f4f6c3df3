//! What each feature of a plan is, in words and with its unit: the plan's operations, gone through as `extract` does.

use node_core::dsp::features::layout::{Layout, Line};
use node_core::dsp::features::{Op, Plan, frequency, op, time};
use node_core::dsp::mel;
use node_core::ml::ntm::{Inputs, Unit};
use std::borrow::Cow;

/// One number that a window gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// `standard deviation of ax`
    pub name: String,
    /// Empty: a bare number.
    pub unit: Cow<'static, str>,
}

impl Feature {
    fn new(name: String, unit: impl Into<Cow<'static, str>>) -> Self {
        Self { name, unit: unit.into() }
    }
}

/// In the order of [`node_core::dsp::features::time::Statistics::values`].
const STATISTICS: [&str; time::STATISTICS] = [
    "mean",
    "standard deviation",
    "rms",
    "least",
    "greatest",
    "range",
    "mean deviation",
    "crossings of the mean",
    "crossings of zero",
    "mean slope",
    "skewness",
    "kurtosis",
    "crest",
    "mobility",
    "second half less first",
    "place of the greatest",
    "place of the least",
];
/// In the order of [`node_core::dsp::features::frequency::Shape::values`], and the flux.
const SHAPES: [&str; frequency::SHAPES + 1] =
    ["centroid", "spread", "rolloff", "flatness", "entropy", "power", "flux"];
/// In the order of the bits of [`Op::Frames`]' columns, with units.
const COLUMNS: [(&str, &str); op::FRAME_COLUMNS] = [
    ("level", "dB"),
    ("centroid", "Hz"),
    ("rolloff", "Hz"),
    ("flatness", ""),
    ("flux", ""),
    ("crossings of zero", "1/s"),
];
/// In the order of the bits of [`Op::FrameStatistics`].
const FRAME_STATISTICS: [&str; op::FRAME_STATISTICS] = [
    "mean",
    "standard deviation",
    "least",
    "greatest",
    "mean step",
    "second half less first",
    "10 % quantile",
    "median",
    "90 % quantile",
];

/// The signal, the spectrum and the columns of frames that there are at some point of a plan.
struct Walk {
    /// Name and unit of each channel.
    channels: Vec<(String, &'static str)>,
    layout: Layout,
    signal: (String, String),
    /// What each sample is, where samples are no course of time.
    samples: Option<Vec<String>>,
    spectrum: (String, String),
    columns: Vec<(String, &'static str)>,
    found: Vec<Feature>,
}

/// As many as the plan has outputs.
pub fn of(inputs: &Inputs<'_>, plan: &Plan<'_>) -> Vec<Feature> {
    let head = plan.head();
    let mut channels: Vec<(String, &'static str)> =
        inputs.channels().map(|channel| (channel.name.to_string(), unit(channel.unit))).collect();
    // A file may name fewer than its plan reads: those are known by their number.
    while channels.len() < head.channels {
        channels.push((format!("channel {}", channels.len() + 1), ""));
    }
    let mut walk = Walk {
        channels,
        layout: Layout::new(head.channels, Line { samples: head.window, rate_hz: head.rate_hz }),
        signal: Default::default(),
        samples: None,
        spectrum: Default::default(),
        columns: Vec::new(),
        found: Vec::with_capacity(plan.outputs()),
    };
    for op in plan.ops() {
        walk.step(&op);
    }
    walk.found
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "",
        Unit::G => "g",
        Unit::DegreesPerSecond => "deg/s",
        Unit::FullScale => "of full scale",
        Unit::Counts => "counts",
        Unit::Reflectance => "of the white reference",
        Unit::Dbm => "dBm",
        Unit::Celsius => "°C",
        Unit::Microtesla => "uT",
        Unit::Pascal => "Pa",
    }
}

/// A unit by the second; squared.
fn per_second(unit: &str) -> String {
    if unit.is_empty() { "1/s".into() } else { format!("{unit}/s") }
}

fn squared(unit: &str) -> String {
    match unit {
        "" => String::new(),
        // Words have no powers.
        unit if unit.contains(' ') => format!("({unit})^2"),
        unit => format!("{unit}^2"),
    }
}

fn chosen<'n>(names: &'n [&'n str], mask: u32) -> impl Iterator<Item = (usize, &'n str)> + use<'n> {
    names.iter().copied().enumerate().filter(move |(bit, _)| mask >> bit & 1 == 1)
}

impl Walk {
    fn channel(&self, index: u8) -> (String, &'static str) {
        self.channels.get(usize::from(index)).cloned().unwrap_or_default()
    }

    /// Several channels as one: `a` of ax, ay and az.
    fn group(&self, first: u8, count: u8) -> (String, &'static str) {
        let from = usize::from(first);
        let group = self.channels.get(from..from + usize::from(count)).unwrap_or_default();
        let Some((name, unit)) = group.first() else { return Default::default() };
        let shared = (1..=name.len())
            .rev()
            .filter_map(|end| name.get(..end))
            .find(|start| group.iter().all(|(name, _)| name.starts_with(start)));
        let all = || group.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ");
        (shared.filter(|_| group.len() > 1).map_or_else(all, str::to_string), unit)
    }

    fn becomes(&mut self, name: String, unit: impl Into<String>) {
        self.signal = (name, unit.into());
        self.samples = None;
    }

    fn put(&mut self, name: String, unit: impl Into<Cow<'static, str>>) {
        self.found.push(Feature::new(name, unit));
    }

    fn step(&mut self, op: &Op<'_>) {
        let before = self.layout;
        // Whoever parsed the plan went through it.
        if self.layout.after(op).is_err() {
            return;
        }
        let (name, unit) = self.signal.clone();
        match *op {
            Op::Channel { channel } => {
                let (name, unit) = self.channel(channel);
                self.becomes(name, unit);
            }
            Op::Length { first, count } => {
                let (name, unit) = self.group(first, count);
                self.becomes(format!("|{name}|"), unit);
            }
            Op::Vertical { first } => {
                let (name, unit) = self.group(first, 3);
                self.becomes(format!("vertical {name}"), unit);
            }
            Op::Horizontal { first } => {
                let (name, unit) = self.group(first, 3);
                self.becomes(format!("horizontal {name}"), unit);
            }
            Op::Change { first, count } => {
                let (name, unit) = self.group(first, count);
                self.becomes(format!("change of {name}"), per_second(unit));
            }
            Op::Course { first, count } => {
                let from = usize::from(first);
                let columns = self.columns.get(from..from + usize::from(count)).unwrap_or_default();
                let unit = columns.first().map_or("", |(_, unit)| unit);
                let name = match columns {
                    [(one, _)] => one.clone(),
                    [(one, _), .., (other, _)] => format!("{one} to {other}"),
                    [] => String::new(),
                };
                self.becomes(format!("course of {name}"), unit);
            }
            Op::Means { first, count } => {
                let (name, unit) = self.group(first, count);
                self.becomes(name, unit);
                let names = (first..first.saturating_add(count)).map(|index| self.channel(index).0);
                self.samples = Some(names.collect());
            }

            // What only shifts a signal, or mends single samples, leaves its name.
            Op::Centre {} | Op::Replace { .. } => {}
            Op::Standardise {} => self.renamed(format!("{name} standardised"), String::new()),
            Op::Slope {} | Op::Derivative { .. } => {
                self.renamed(format!("slope of {name}"), per_second(&unit));
            }
            Op::Rectify {} => self.renamed(format!("|{name}|"), unit),
            Op::Filter { kind, hz, .. } => {
                let side = ["below", "above", "around"].get(usize::from(kind)).copied().unwrap_or("");
                self.renamed(format!("{name} {side} {hz} Hz"), unit);
            }
            Op::Median { width } => self.renamed(format!("{name} (median of {width})"), unit),
            Op::Smooth { .. } => self.renamed(format!("{name} smoothed"), unit),
            Op::Logarithm { .. } => self.renamed(format!("ln {name}"), String::new()),
            Op::Power { exponent, .. } => self.renamed(format!("{name} to the {exponent}"), String::new()),
            // Fewer samples of the same; where each was somebody's own, that is over.
            Op::Decimate { .. } | Op::Average { .. } => self.samples = None,
            Op::Part { first, count } => {
                let kept = usize::from(first)..usize::from(first) + usize::from(count);
                self.samples =
                    self.samples.take().and_then(|samples| samples.get(kept).map(<[String]>::to_vec));
            }

            Op::Statistics { mask } => {
                for (bit, statistic) in chosen(&STATISTICS, mask) {
                    let unit = match bit {
                        0..=6 | 14 => unit.clone(),
                        7 | 8 => "1/s".into(),
                        9 => per_second(&unit),
                        15 | 16 => "of the window".into(),
                        _ => String::new(),
                    };
                    self.put(format!("{statistic} of {name}"), unit);
                }
            }
            Op::Quantiles { percent } => {
                for percent in percent {
                    self.put(format!("{percent} % quantile of {name}"), unit.clone());
                }
            }
            Op::Values {} => {
                for index in 0..self.layout.signal.map_or(0, |line| line.samples) {
                    let name = self.sample(index, &name);
                    self.put(name, unit.clone());
                }
            }
            Op::Differences {} => {
                let samples = self.layout.signal.map_or(0, |line| line.samples);
                for earlier in 0..samples {
                    for later in earlier + 1..samples {
                        let [a, b] = [earlier, later].map(|index| self.sample(index, &name));
                        self.put(format!("{a} less {b}"), unit.clone());
                    }
                }
            }
            Op::Parts { parts } => {
                for part in 1..=parts {
                    self.put(format!("mean of {name}, part {part} of {parts}"), unit.clone());
                }
            }
            Op::Periodicity { .. } => {
                self.put(format!("rhythm of {name}"), "Hz");
                self.put(format!("regularity of {name}"), "");
            }
            Op::Correlation { a, b } => {
                let [a, b] = [a, b].map(|index| self.channel(index).0);
                self.put(format!("correlation of {a} and {b}"), "");
            }

            Op::Spectrum { .. } => self.spectrum = (name, unit),
            Op::Bands { .. } | Op::Shape { .. } | Op::Peaks { .. } | Op::Bins { .. } => self.of_spectrum(op),

            Op::Frames { channel, bands, low_hz, high_hz, columns, .. } => {
                let (of, _) = self.channel(channel);
                self.columns = mel_bands(&of, usize::from(bands), low_hz, high_hz);
                let others = COLUMNS.iter().enumerate().filter(|(bit, _)| columns >> bit & 1 == 1);
                self.columns.extend(others.map(|(_, (name, unit))| (format!("{name} of {of}"), *unit)));
            }
            Op::Level { .. } | Op::Active { .. } => {}
            Op::Cepstrum { coefficients } => {
                let bands = before.matrix.map_or(0, |matrix| matrix.bands).min(self.columns.len());
                let names = (0..coefficients).map(|number| (format!("cepstral coefficient {number}"), "dB"));
                self.columns.splice(..bands, names);
            }
            Op::FrameStatistics { mask } => {
                for (column, unit) in self.columns.clone() {
                    for (_, statistic) in chosen(&FRAME_STATISTICS, u32::from(mask)) {
                        self.put(format!("{statistic} of {column}"), unit);
                    }
                }
            }
            Op::FrameParts { parts } => {
                for part in 1..=parts {
                    for (column, unit) in self.columns.clone() {
                        self.put(format!("{column}, part {part} of {parts}"), unit);
                    }
                }
            }
            Op::Duration {} => self.put("length of what is active".into(), "s"),
        }
    }

    /// The signal was made another of as many samples.
    fn renamed(&mut self, name: String, unit: String) {
        // Of samples that are somebody's own each has been changed alike: `ln nm_410`.
        let (before, _) = std::mem::replace(&mut self.signal, (name.clone(), unit));
        for sample in self.samples.iter_mut().flatten() {
            *sample = if before.is_empty() { sample.clone() } else { name.replacen(&before, sample, 1) };
        }
    }

    fn sample(&self, index: usize, signal: &str) -> String {
        let own = self.samples.as_ref().and_then(|samples| samples.get(index).cloned());
        own.unwrap_or_else(|| format!("{signal}, sample {}", index + 1))
    }

    fn of_spectrum(&mut self, op: &Op<'_>) {
        let (name, unit) = self.spectrum.clone();
        let Some(bins) = self.layout.spectrum else { return };
        match *op {
            Op::Bands { scale, edges_hz } => {
                let unit = match scale {
                    0 => squared(&unit),
                    1 => "dB".into(),
                    _ => "of all power".into(),
                };
                for (low, high) in edges_hz.iter().zip(edges_hz.iter().skip(1)) {
                    self.put(format!("power of {name}, {low} to {high} Hz"), unit.clone());
                }
            }
            Op::Shape { mask, .. } => {
                for (bit, shape) in chosen(&SHAPES, u32::from(mask)) {
                    let unit = match bit {
                        0..=2 => "Hz".into(),
                        5 => squared(&unit),
                        _ => String::new(),
                    };
                    self.put(format!("{shape} of the spectrum of {name}"), unit);
                }
            }
            Op::Peaks { count } => {
                for peak in 1..=count {
                    self.put(format!("peak {peak} of {name}"), "Hz");
                    self.put(format!("share of peak {peak} of {name}"), "of all power");
                }
            }
            Op::Bins { first, count } => {
                for bin in first..first.saturating_add(count) {
                    let hz = format!("{:.3}", f32::from(bin) * bins.bin_hz);
                    let hz = hz.trim_end_matches('0').trim_end_matches('.');
                    self.put(format!("amplitude of {name} at {hz} Hz"), unit.clone());
                }
            }
            _ => {}
        }
    }
}

/// Mel bands overlap: each is known by where it is strongest.
fn mel_bands(of: &str, bands: usize, low_hz: f32, high_hz: f32) -> Vec<(String, &'static str)> {
    let (low, high) = (mel::mel(low_hz), mel::mel(high_hz));
    let step = (high - low) / (bands + 1) as f32;
    let top = |band: usize| mel::hz(low + step * (band + 1) as f32);
    (0..bands).map(|band| (format!("{of} around {:.0} Hz", top(band)), "dB")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::file::ModelFile;
    use std::path::Path;

    fn of_model(name: &str) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/models").join(name);
        let file = ModelFile::read(&path).unwrap();
        let model = file.model(&path).unwrap();
        let plan = model.plan.unwrap();
        let features = of(&model.inputs, &plan);
        assert_eq!(features.len(), plan.outputs(), "{name}");
        features.into_iter().map(|Feature { name, unit }| format!("{name}, {unit}")).collect()
    }

    #[test]
    fn features_of_motion_are_known_by_axis_and_statistic() {
        let names = of_model("gestures.ntm");
        // A mask of 0x42db on ax, then three quantiles, then nine bands.
        assert_eq!(names[0], "mean of ax, g");
        assert_eq!(names[1], "standard deviation of ax, g");
        assert_eq!(names[6], "mean slope of ax, g/s");
        assert_eq!(names[7], "second half less first of ax, g");
        assert_eq!(names[8], "25 % quantile of ax, g");
        assert!(names.contains(&"power of |a|, 3 to 5 Hz, dB".to_string()), "{names:#?}");
        assert!(names.contains(&"rhythm of |a|, Hz".to_string()));
        assert_eq!(names[names.len() - 1], "correlation of ay and az, ");
    }

    #[test]
    fn features_of_sound_light_and_radio_are_known_by_what_they_are_of() {
        let sound = of_model("sounds.ntm");
        assert_eq!(sound[0], "cepstral coefficient 0, part 1 of 7, dB");
        assert_eq!(sound[104], "length of what is active, s");
        let light = of_model("dyes.ntm");
        assert_eq!((light[0].as_str(), light[17].as_str()), ("ln nm_410, ", "ln nm_940, "));
        let radio = of_model("rooms.ntm");
        assert_eq!(radio[0], "02:00:00:00:00:01, dBm");
        assert_eq!(radio[6], "02:00:00:00:00:01 less 02:00:00:00:00:02, dBm");
        assert_eq!(of_model("machine.ntm").len(), 15);
        assert_eq!(of_model("flat.ntm")[0], "02:00:00:00:00:01 to the 1.5, ");
    }
}
