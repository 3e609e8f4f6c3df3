//! Edge Impulse's data acquisition format, as JSON and as CBOR: one map `{protected, signature, payload}` whose payload
//! lists sensors with units and their values at a fixed interval. Signatures are not checked: nothing here trusts them.

use std::io::{Read, Write};
use std::path::Path;

use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::csv_imu::{self, LabelRuns};
use super::{AudioTrack, Channel, Kind, OpenOptions, Recording, RecordingError, error, wav};

/// These formats are parsed in memory: larger files are refused.
pub const MOST_BYTES: u64 = 256 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct Acquisition {
    protected: Protected,
    signature: String,
    payload: Payload,
}

#[derive(Debug, Serialize, Deserialize)]
struct Protected {
    ver: String,
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    #[serde(default)]
    device_name: Option<String>,
    #[serde(default)]
    device_type: String,
    interval_ms: f64,
    sensors: Vec<Sensor>,
    values: Vec<Reading>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Sensor {
    name: String,
    units: String,
}

/// One reading of all sensors; a single sensor may leave the brackets out.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Reading {
    One(f64),
    Many(Vec<f64>),
}

impl Reading {
    fn values(&self) -> &[f64] {
        match self {
            Self::One(value) => core::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl<'de> Deserialize<'de> for Reading {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Reading;
            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a number or a list of numbers")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Reading, E> {
                Ok(Reading::One(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Reading, E> {
                Ok(Reading::One(value as f64))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Reading, E> {
                Ok(Reading::One(value as f64))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Reading, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element::<f64>()? {
                    values.push(value);
                }
                Ok(Reading::Many(values))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

const HELP: &str = "the format is {protected: {ver, alg}, signature, payload: {device_type, interval_ms, sensors: [{name, units}], values}}";

pub fn read(
    path: &Path,
    input: impl Read,
    as_json: bool,
    options: &OpenOptions,
) -> Result<Recording, RecordingError> {
    let mut input = input.take(MOST_BYTES);
    let acquisition: Acquisition = if as_json {
        serde_json::from_reader(&mut input).map_err(|error| {
            let line = error.line() as u64;
            let wrong = RecordingError::new(path, format!("is not Edge Impulse JSON: {error}"), HELP);
            if line > 0 { wrong.at_line(line) } else { wrong }
        })?
    } else {
        ciborium::from_reader(&mut input)
            .map_err(|error| RecordingError::new(path, format!("is not Edge Impulse CBOR: {error}"), HELP))?
    };
    let payload = acquisition.payload;
    let refuse = |message: String, help: &str| Err(RecordingError::new(path, message, help));
    // From a nanosecond to a day.
    if !(1e-6..=8.64e7).contains(&payload.interval_ms) {
        return refuse(
            format!("interval_ms is {}", payload.interval_ms),
            "give the milliseconds from one reading to the next, above zero",
        );
    }
    if payload.values.len() > options.limits.samples {
        return refuse(format!("holds {} readings", payload.values.len()), "cut the recording into parts");
    }
    for (at, reading) in payload.values.iter().enumerate() {
        let values = reading.values();
        if values.len() != payload.sensors.len() {
            return refuse(
                format!("reading {at} has {} values for {} sensors", values.len(), payload.sensors.len()),
                "give every reading one value for each sensor",
            );
        }
        if let Some(bad) = values.iter().find(|value| !value.is_finite() || value.abs() > 1e15) {
            return refuse(format!("reading {at} holds {bad}"), "leave out readings that are no numbers");
        }
    }
    let named = |sensor: &Sensor| match &options.channel {
        Channel::Name(name) => sensor.name.eq_ignore_ascii_case(name),
        Channel::Only | Channel::Number(_) => true,
    };
    let is_sound = |sensor: &Sensor| sensor.units.eq_ignore_ascii_case("wav");
    let sounds: Vec<usize> = (0..payload.sensors.len()).filter(|i| is_sound(&payload.sensors[*i])).collect();
    let recording = if sounds.is_empty() {
        motion(path, &payload)?
    } else {
        let chosen = match options.channel {
            Channel::Number(number) => sounds.get(usize::from(number)),
            Channel::Only if sounds.len() > 1 => None,
            _ => sounds.iter().find(|i| named(&payload.sensors[**i])),
        };
        match chosen {
            Some(chosen) => sound(path, &payload, *chosen, sounds.len() as u16)?,
            None => {
                let names: Vec<&str> = sounds.iter().map(|i| payload.sensors[*i].name.as_str()).collect();
                return refuse(
                    format!("has {} channels of sound, and none was chosen among them", sounds.len()),
                    &format!("give a number from 0, or one of {}", names.join(", ")),
                );
            }
        }
    };
    Ok(labelled_by_name(path, recording))
}

/// Edge Impulse's exports are called `label.rest.json`.
fn labelled_by_name(path: &Path, mut recording: Recording) -> Recording {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if let Some((label, rest)) = name.split_once('.')
        && rest.contains('.')
        && !label.is_empty()
    {
        let end_ns = recording.duration_ns;
        recording.labels = vec![super::Span { start_ns: 0, end_ns, label: label.to_owned() }];
    }
    recording
}

fn sound(path: &Path, payload: &Payload, chosen: usize, channels: u16) -> Result<Recording, RecordingError> {
    let values = || payload.values.iter().map(|reading| reading.values()[chosen]);
    if payload.values.is_empty() {
        return Err(RecordingError::new(path, "holds no readings", "record again"));
    }
    // "wav" means 16-bit numbers; who writes fractions means fractions.
    let fractions =
        values().all(|value| value.abs() <= 1.0) && values().any(|value| value != libm::rint(value));
    let scale = if fractions { 1.0 } else { 1.0 / 32768.0 };
    let samples = values().map(|value| (value * scale) as f32).collect();
    let bits = if fractions { 32 } else { 16 };
    Ok(wav::of_track(AudioTrack { rate_hz: 1e3 / payload.interval_ms, samples, channels, bits }))
}

fn motion(path: &Path, payload: &Payload) -> Result<Recording, RecordingError> {
    let mut places: [Option<(usize, f64)>; 6] = [None; 6];
    for (at, sensor) in payload.sensors.iter().enumerate() {
        if let Some((is_gyro, axis, scale)) = csv_imu::sensor(&sensor.name, Some(&sensor.units)) {
            places[axis + 3 * usize::from(is_gyro)] = Some((at, scale));
        }
    }
    let [Some(x), Some(y), Some(z), gyro @ ..] = places else {
        let names: Vec<String> = payload
            .sensors
            .iter()
            .take(12)
            .map(|sensor| format!("{} ({})", sensor.name, sensor.units))
            .collect();
        return Err(RecordingError::new(
            path,
            format!("has neither sound nor three axes of acceleration; its sensors are {}", names.join(", ")),
            "name them accX, accY, accZ with units m/s2 or g (and gyrX, gyrY, gyrZ with dps or rad/s), or audio with wav",
        ));
    };
    let gyro = match gyro {
        [Some(x), Some(y), Some(z)] => Some([x, y, z]),
        [None, None, None] => None,
        _ => {
            let help = "give all of gyrX, gyrY, gyrZ in dps or rad/s, or none";
            return Err(RecordingError::new(path, "has some axes of angular rate, not all", help));
        }
    };
    if payload.values.len() < 2 {
        let message = format!("{} readings: a motion needs two at least", payload.values.len());
        return Err(RecordingError::new(path, message, "record longer"));
    }
    let interval_ns = payload.interval_ms * 1e6;
    if payload.values.len() as f64 * interval_ns > 1e18 {
        return Err(RecordingError::new(
            path,
            "lasts longer than thirty years",
            "interval_ms is in milliseconds",
        ));
    }
    let raw_ns = (0..payload.values.len()).map(|i| libm::rint(i as f64 * interval_ns) as u64).collect();
    let axis = |(at, scale): (usize, f64)| -> Vec<f32> {
        payload.values.iter().map(|reading| (reading.values()[at] * scale) as f32).collect()
    };
    Ok(csv_imu::assemble(raw_ns, [x, y, z].map(axis), gyro.map(|gyro| gyro.map(axis)), LabelRuns::default()))
}

/// What is written: motion in g and dps, sound as 16-bit numbers, sample by sample at the mean interval (the format has
/// no time stamps, so jitter and gaps are lost, and labels too: they are in the file's name or beside it).
fn acquisition(recording: &Recording) -> Acquisition {
    let sensor = |name: &str, units: &str| Sensor { name: name.into(), units: units.into() };
    let (interval_ms, sensors, values) = match &recording.kind {
        Kind::Audio(track) => {
            let number = |x: &f32| f64::from(libm::rintf(x * 32768.0).clamp(-32768.0, 32767.0));
            let values = track.samples.iter().map(|x| Reading::Many(vec![number(x)])).collect();
            (1e3 / track.rate_hz, vec![sensor("audio", "wav")], values)
        }
        Kind::Imu(track) => {
            let mut sensors: Vec<Sensor> = ["accX", "accY", "accZ"].map(|name| sensor(name, "g")).into();
            if track.gyro_dps.is_some() {
                sensors.extend(["gyrX", "gyrY", "gyrZ"].map(|name| sensor(name, "dps")));
            }
            let values = (0..track.t_ns.len())
                .map(|i| {
                    let axes = track.accel_g.iter().chain(track.gyro_dps.iter().flatten());
                    Reading::Many(axes.map(|axis| f64::from(axis[i])).collect())
                })
                .collect();
            let steps = track.t_ns.len().saturating_sub(1).max(1) as f64;
            let last_ns = track.t_ns.last().copied().unwrap_or(0) as f64;
            (last_ns / steps * 1e-6, sensors, values)
        }
    };
    Acquisition {
        protected: Protected { ver: "v1".into(), alg: "none".into(), iat: None },
        // What the format asks for where nothing is signed.
        signature: "0".repeat(64),
        payload: Payload { device_name: None, device_type: "NODETWIN".into(), interval_ms, sensors, values },
    }
}

pub fn write_json(path: &Path, output: &mut impl Write, recording: &Recording) -> Result<(), RecordingError> {
    serde_json::to_writer(output, &acquisition(recording))
        .map_err(|error| error::while_writing(path, &error.into()))
}

pub fn write_cbor(path: &Path, output: &mut impl Write, recording: &Recording) -> Result<(), RecordingError> {
    ciborium::into_writer(&acquisition(recording), output).map_err(|error| match error {
        ciborium::ser::Error::Io(error) => error::while_writing(path, &error),
        ciborium::ser::Error::Value(error) => RecordingError::new(path, error, HELP),
    })
}
