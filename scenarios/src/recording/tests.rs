use super::*;
use proptest::prelude::*;
use std::path::PathBuf;

/// A file in a folder of its own that is gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("nodetwin-recording-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        Self(folder)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("writes a temporary file");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn csv(text: &str) -> Result<Recording, RecordingError> {
    csv_imu::read(Path::new("test.csv"), text.as_bytes(), &Limits::default())
}

const HEADER: &str = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,label\n";

fn refused(text: &str, line: u64, message: &str) {
    let error = csv(text).expect_err("is refused");
    assert_eq!(error.line, Some(line), "{error}");
    assert!(error.to_string().contains(message) && !error.help.is_empty(), "{error}");
}

#[test]
fn a_csv_of_motion_is_read_with_its_labels() {
    let text = format!(
        "{HEADER}0.00,0.1,0.2,1.0,1,2,3,sit\n0.01,0.1,0.2,1.0,1,2,3,sit\n\n0.02,0.3,0.2,1,1,2,-3.5,go\n"
    );
    let recording = csv(&text).expect("reads");
    let track = recording.imu().expect("motion");
    assert_eq!((track.t_ns.clone(), track.step_ns), (vec![0, 10_000_000, 20_000_000], 10_000_000));
    assert_eq!((track.accel_g[0][2], track.gyro_dps.as_ref().map(|gyro| gyro[2][2])), (0.3, Some(-3.5)));
    let span = |start_ns, end_ns, label: &str| Span { start_ns, end_ns, label: label.into() };
    assert_eq!(recording.labels, [span(0, 20_000_000, "sit"), span(20_000_000, 30_000_000, "go")]);
    assert_eq!(recording.duration_ns, 30_000_000);
}

#[test]
fn empty_rates_mean_no_gyroscope() {
    let text = format!("{HEADER}0,0,0,1,,,,\n0.01,0,0,1,,,,\n");
    assert_eq!(csv(&text).expect("reads").imu().expect("motion").gyro_dps, None);
}

#[test]
fn the_csv_of_edge_impulse_is_in_milliseconds_and_metres() {
    let recording = csv("timestamp,accX,accY,accZ\n100,0,0,9.80665\n110,0,-9.80665,0\n").expect("reads");
    let track = recording.imu().expect("motion");
    assert_eq!((track.t_ns[1], track.accel_g[2][0], track.accel_g[1][1]), (10_000_000, 1.0, -1.0));
}

#[test]
fn snippets_whose_time_begins_again_follow_each_other() {
    let recording =
        csv("sample,t_s,ax_g,ay_g,az_g\n0,0.000,0,0,1\n0,0.005,0,0,1\n1,0.000,0,0,1\n1,0.005,0,0,1\n")
            .expect("reads");
    assert_eq!(recording.imu().expect("motion").t_ns, [0, 5_000_000, 10_000_000, 15_000_000]);
}

#[test]
fn bad_csv_is_refused_with_its_line() {
    refused("", 1, "no line");
    refused("\n\n", 2, "no line");
    refused("a,b,c\n1,2,3\n", 1, "no column of time");
    refused("t_s,ax_g,ay_g\n0,0,0\n", 1, "each axis of acceleration");
    refused("t_s,ax_g,ay_g,az_g,gx_dps\n0,0,0,1,1\n", 1, "angular rate");
    refused(HEADER, 1, "0 samples");
    refused(&format!("{HEADER}0,0,0,1,,,,\n"), 2, "1 samples");
    refused(&format!("{HEADER}0,0,0,1,,,,\n0.1,0,NaN,1,,,,\n"), 3, "ay_g is `NaN`");
    refused(&format!("{HEADER}0,0,inf,1,,,,\n"), 2, "ay_g is `inf`");
    refused(&format!("{HEADER}0,0,,1,,,,\n"), 2, "ay_g is missing");
    refused(&format!("{HEADER}0,0,soft,1,,,,\n"), 2, "no number");
    refused(&format!("{HEADER}0,0,0\n"), 2, "3 fields");
    refused(&format!("{HEADER}0,0,0,1,,,,,,\n"), 2, "10 fields");
    refused(&format!("{HEADER}0.2,0,0,1,,,,\n0.1,0,0,1,,,,\n"), 3, "time goes back");
    refused(&format!("{HEADER}0,0,0,1,,,,\n0,0,0,1,,,,\n"), 3, "same time stamp");
    refused(&format!("{HEADER}0,0,0,1,1,2,3,\n0.1,0,0,1,,,,\n"), 3, "some lines only");
    refused(&format!("{HEADER}0,0,0,1,1,,3,\n"), 2, "some axes only");
    refused(&format!("{HEADER}0,0,0,1,,,,\n1e12,0,0,1,,,,\n"), 3, "ten years");
    refused(&"\0".repeat(100_000), 1, "more than 4096 bytes");
    refused("t_s,ax\0_g\n", 1, "not text");
}

#[test]
fn folders_nothing_and_ten_gigabytes_of_zeros_are_refused_unread() {
    let scratch = Scratch::new("refused");
    let says = |path: &Path, message: &str| {
        let error = open(path).expect_err("is refused");
        assert!(error.message.contains(message), "{error}");
        assert_eq!(error.path, path);
    };
    says(&scratch.0, "is a folder");
    says(&scratch.0.join("none.csv"), "no such file");
    says(&scratch.file("empty.csv", b""), "is empty");
    says(&scratch.file("what.bin", &[0, 1, 2]), "neither the name nor the content");
    // Sparse: it takes no room on the disk.
    for name in ["zeros.csv", "zeros.wav", "zeros.json", "zeros.cbor", "zeros"] {
        let path = scratch.0.join(name);
        File::create(&path).and_then(|file| file.set_len(10 << 30)).expect("a sparse file");
        says(&path, "MiB are read");
    }
    #[cfg(unix)]
    says(Path::new("/dev/zero"), "not a regular file");
}

fn motion(gyro: bool) -> Recording {
    let axis = |seed: u64| -> Vec<f32> {
        let mut values = vec![0.0; 200];
        crate::rng::Streams::new(seed).stream("axis").fill_normal(&mut values);
        values
    };
    let axes = |seed| [axis(seed), axis(seed + 1), axis(seed + 2)];
    let t_ns = (0..200_u64).map(|i| i * 10_000_000 + i % 3 * 100_000).collect();
    let mut labels = csv_imu::LabelRuns::default();
    labels.push("sit", 0);
    labels.push("", 50);
    labels.push("walk", 60);
    csv_imu::assemble(t_ns, axes(1), gyro.then(|| axes(4)), labels)
}

fn sound(bits: u16) -> Recording {
    let samples = (0..3200).map(|i| libm::rintf(libm::sinf(i as f32 * 0.05) * 20_000.0) / 32768.0).collect();
    wav::of_track(AudioTrack { rate_hz: 16_000.0, samples, channels: 1, bits })
}

#[test]
fn what_is_written_is_read_again() {
    let scratch = Scratch::new("round-trip");
    for gyro in [false, true] {
        let recording = motion(gyro);
        let path = scratch.0.join("motion.csv");
        save(&path, &recording).expect("writes");
        let again = open(&path).expect("reads");
        assert_eq!(
            (&again.kind, &again.labels, again.duration_ns),
            (&recording.kind, &recording.labels, recording.duration_ns)
        );
        for name in ["motion.json", "motion.cbor"] {
            let path = scratch.0.join(name);
            save(&path, &recording).expect("writes");
            let again = open(&path).expect("reads");
            let (was, is) = (recording.imu().expect("motion"), again.imu().expect("motion"));
            assert_eq!((&was.accel_g, &was.gyro_dps), (&is.accel_g, &is.gyro_dps), "{name}");
            assert!((was.mean_rate_hz() - is.mean_rate_hz()).abs() < 1e-6);
        }
    }
    for (bits, name) in [(16, "a.wav"), (32, "a.wav"), (16, "a.json"), (16, "a.cbor")] {
        let recording = sound(bits);
        let path = scratch.0.join(name);
        save(&path, &recording).expect("writes");
        assert_eq!(open(&path).expect("reads").kind, recording.kind, "{name}");
    }
    let error = save(&scratch.0.join("a.csv"), &sound(16)).expect_err("sound is no motion");
    assert!(error.message.contains("no place"), "{error}");
}

fn wav_bytes(
    spec: hound::WavSpec,
    write: impl Fn(&mut hound::WavWriter<&mut std::io::Cursor<Vec<u8>>>),
) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a header");
    write(&mut writer);
    writer.finalize().expect("finishes");
    bytes.into_inner()
}

fn read_wav(bytes: &[u8], channel: Channel) -> Result<Recording, RecordingError> {
    wav::read(Path::new("test.wav"), bytes, &OpenOptions { channel, ..OpenOptions::default() })
}

fn stereo() -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    wav_bytes(spec, |writer| {
        for i in 0..100_i16 {
            writer.write_sample(i).expect("left");
            writer.write_sample(-i).expect("right");
        }
    })
}

#[test]
fn every_bit_depth_has_the_same_full_scale() {
    for bits in [8, 16, 24, 32] {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: bits,
            sample_format: hound::SampleFormat::Int,
        };
        let half = 1_i32 << (bits - 2);
        let bytes = wav_bytes(spec, |writer| {
            for sample in [half, -half, 0] {
                writer.write_sample(sample).expect("writes");
            }
        });
        let recording = read_wav(&bytes, Channel::Only).expect("reads");
        assert_eq!(recording.audio().expect("sound").samples, [0.5, -0.5, 0.0], "{bits} bits");
    }
}

#[test]
fn a_channel_is_named_or_numbered() {
    let bytes = stereo();
    let at_seven = |channel| {
        let recording = read_wav(&bytes, channel).expect("reads");
        recording.audio().expect("sound").samples[7] * 32768.0
    };
    assert_eq!(at_seven(Channel::Number(0)), 7.0);
    assert_eq!(at_seven(Channel::Name("Right".into())), -7.0);
    let error = read_wav(&bytes, Channel::Only).expect_err("which?");
    assert!(
        error.message.contains("2 channels") && error.help.contains("left, right"),
        "{error}: {}",
        error.help
    );
    assert!(read_wav(&bytes, Channel::Number(2)).expect_err("none").message.contains("no channel 2"));
    assert!(read_wav(&bytes, Channel::Name("top".into())).expect_err("none").message.contains("`top`"));
}

#[test]
fn a_truncated_wav_says_what_was_promised_and_what_is_there() {
    let bytes = stereo();
    let error = read_wav(&bytes[..bytes.len() - 101], Channel::Number(0)).expect_err("is cut off");
    assert!(error.message.contains("promises 100 samples, 74 are there"), "{error}");
    assert!(read_wav(&bytes[..20], Channel::Number(0)).is_err());
}

#[test]
fn edge_impulse_units_are_converted() {
    let text = r#"{"protected":{"ver":"v1","alg":"none","iat":1},"signature":"00","payload":{"device_type":"X",
        "interval_ms":10,"sensors":[{"name":"accX","units":"m/s2"},{"name":"accY","units":"m/s2"},{"name":"accZ","units":"m/s2"},
        {"name":"gyrX","units":"rad/s"},{"name":"gyrY","units":"dps"},{"name":"gyrZ","units":"dps"}],
        "values":[[9.80665,0,0,3.14159265,1,2],[0,9.80665,0,0,1,2]]}}"#;
    let recording =
        edge_impulse::read(Path::new("walk.1.json"), text.as_bytes(), true, &OpenOptions::default())
            .expect("reads");
    let track = recording.imu().expect("motion");
    let gyro = track.gyro_dps.as_ref().expect("rates");
    assert!(
        (track.accel_g[0][0] - 1.0).abs() < 1e-6 && (gyro[0][0] - 180.0).abs() < 1e-4 && gyro[1][1] == 1.0
    );
    assert_eq!(recording.labels[0].label, "walk");
    for (from, to, message) in [
        ("\"interval_ms\":10", "\"interval_ms\":0", "interval_ms is 0"),
        ("[0,9.80665,0,0,1,2]", "[0,9.80665]", "reading 1 has 2 values"),
        ("\"accX\",\"units\":\"m/s2\"", "\"accX\",\"units\":\"furlong\"", "three axes"),
        ("\"gyrX\",\"units\":\"rad/s\"", "\"gyrX\",\"units\":\"furlong\"", "not all"),
        ("[0,9.80665,0,0,1,2]", "[0,null,0,0,1,2]", "not Edge Impulse JSON"),
    ] {
        let broken = text.replace(from, to);
        let error = edge_impulse::read(Path::new("x.json"), broken.as_bytes(), true, &OpenOptions::default());
        let error = error.expect_err(message);
        assert!(error.message.contains(message), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), head in 0..5_usize, cut in 0..300_usize) {
        // With an honest beginning, so that more than the first check is reached.
        let stereo = stereo();
        let json = br#"{"protected":{"ver":"v1","alg":"none"},"signature":"00","payload":{"interval_ms":10,"sensors":["#;
        let mut cbor = Vec::new();
        edge_impulse::write_cbor(Path::new("x"), &mut cbor, &sound(16)).expect("writes");
        let heads: [&[u8]; 5] = [b"", HEADER.as_bytes(), &stereo, json, &cbor];
        let mut input = heads[head][..cut.min(heads[head].len())].to_vec();
        input.extend(&bytes);
        let (path, options) = (Path::new("fuzz"), OpenOptions { channel: Channel::Number(0), ..OpenOptions::default() });
        for result in [
            csv_imu::read(path, &input[..], &options.limits),
            wav::read(path, &input[..], &options),
            edge_impulse::read(path, &input[..], true, &options),
            edge_impulse::read(path, &input[..], false, &options),
        ].into_iter().flatten() {
            let _ = analyse(&result);
        }
    }

    #[test]
    fn a_flipped_byte_is_read_or_refused(at in 0..444_usize, to in any::<u8>()) {
        let mut bytes = stereo();
        let at = at.min(bytes.len() - 1);
        bytes[at] = to;
        let _ = read_wav(&bytes, Channel::Number(1));
    }

    #[test]
    fn tables_of_any_numbers_never_panic(rows in proptest::collection::vec((0.0..1e9_f64, -1e3..1e3_f64), 0..60), sorted in any::<bool>()) {
        let mut times: Vec<f64> = rows.iter().map(|row| row.0).collect();
        if sorted {
            times.sort_by(f64::total_cmp);
        }
        let mut text = HEADER.to_owned();
        for (t, (_, x)) in times.iter().zip(&rows) {
            text.push_str(&format!("{t},{x},{x},{x},,,,\n"));
        }
        if let Ok(recording) = csv(&text) {
            prop_assert!(recording.imu().is_some_and(|track| track.t_ns.is_sorted()));
            let _ = analyse(&recording);
        }
    }
}

fn found(recording: &Recording, wanted: fn(&Finding) -> bool) -> bool {
    let health = analyse(recording);
    assert!(
        health.findings.iter().all(|finding| !finding.sentence().is_empty() && !finding.cure().is_empty())
    );
    health.findings.iter().any(wanted)
}

fn resting(scale: f32, name: &str, step_ns: u64) -> Recording {
    let mut noise = vec![0.0; 1000];
    crate::rng::Streams::new(1).stream("rest").fill_normal(&mut noise);
    let axis = |level: f32| noise.iter().map(|x| scale * (level + 0.01 * x)).collect::<Vec<f32>>();
    let stamps = (0..1000).map(|i| i * step_ns).collect();
    let mut recording =
        csv_imu::assemble(stamps, [axis(0.0), axis(0.6), axis(0.8)], None, csv_imu::LabelRuns::default());
    recording.source = name.to_owned();
    recording
}

#[test]
fn health_tells_units_rates_and_what_is_missing() {
    let unit = |finding: &Finding| matches!(finding, Finding::UnitMistake { .. });
    let mislabelled = |finding: &Finding| matches!(finding, Finding::MislabelledRate { .. });
    let well = resting(1.0, "set_100Hz/rest_100Hz.csv", 10_000_000);
    assert!(!found(&well, unit) && !found(&well, mislabelled));
    assert_eq!(analyse(&well).findings, [Finding::GyroMissing]);
    for scale in [9.81, 1000.0, 0.102, 0.001] {
        assert!(found(&resting(scale, "x.csv", 10_000_000), unit), "{scale}");
    }
    let wrong = analyse(&resting(1.0, "data/rest_26Hz.csv", 9_615_385));
    assert!(
        matches!(&wrong.findings[0], Finding::MislabelledRate { name_says_hz, .. } if *name_says_hz == 26.0),
        "{wrong:?}"
    );
    assert!(found(&resting(1.0, "a/set-16khz/x.csv", 10_000_000), mislabelled));
}

#[test]
fn health_tells_stamps_gaps_rails_and_flat_lines() {
    let text = |rows: &[(f64, f32)]| {
        let rows: String = rows.iter().map(|(t, x)| format!("{t},{x},0.1,0.9,,,,\n")).collect();
        csv(&format!("{HEADER}{rows}")).expect("reads")
    };
    let wave = |i: usize| (2.0 * libm::sinf(i as f32 * 0.3) * 1.5).clamp(-2.0, 2.0);
    let clipped = text(&(0..500).map(|i| (i as f64 * 0.01, wave(i))).collect::<Vec<_>>());
    assert!(found(
        &clipped,
        |f| matches!(f, Finding::Clipped { rail, share, .. } if *rail == 2.0 && *share > 0.3)
    ));
    let whole =
        text(&(0..500).map(|i| (i as f64 * 0.01, 0.5 * wave(i) + 0.001 * i as f32)).collect::<Vec<_>>());
    assert!(!found(&whole, |f| matches!(f, Finding::RateDrift { .. } | Finding::Gaps { .. })));
    let gappy = text(
        &(0..500).map(|i| (i as f64 * 0.01 + if i > 300 { 0.5 } else { 0.0 }, wave(i))).collect::<Vec<_>>(),
    );
    assert!(found(&gappy, |f| matches!(f, Finding::Gaps { gaps, .. } if gaps.len() == 1)));
    assert!(!found(&gappy, |f| matches!(f, Finding::RateDrift { .. })));
    let coarse = text(&(0..500).map(|i| (libm::floor(i as f64 * 0.75) * 0.01, wave(i))).collect::<Vec<_>>());
    assert!(found(&coarse, |f| matches!(f, Finding::RepeatedStamps { .. })));
    assert!(found(&coarse, |f| matches!(f, Finding::Jitter { .. })));
    assert!(found(&coarse, |f| matches!(f, Finding::RateDrift { .. })));
    let stopped = text(&(0..500).map(|i| (i as f64 * 0.01, wave(i.min(300)))).collect::<Vec<_>>());
    assert!(found(
        &stopped,
        |f| matches!(f, Finding::FlatLine { length_ns, .. } if *length_ns > 1_900_000_000)
    ));
}

#[test]
fn health_of_sound_tells_offset_silence_and_clipping() {
    let of = |sample: fn(usize) -> f32| {
        wav::of_track(AudioTrack {
            rate_hz: 16_000.0,
            samples: (0..16_000).map(sample).collect(),
            channels: 1,
            bits: 16,
        })
    };
    assert!(found(&of(|_| 0.0), |f| matches!(f, Finding::Silent)));
    assert!(found(&of(|i| 0.05 + 0.1 * libm::sinf(i as f32)), |f| matches!(f, Finding::Offset { .. })));
    assert!(found(&of(|i| (1.8 * libm::sinf(i as f32 * 0.1)).clamp(-1.0, 1.0)), |f| matches!(
        f,
        Finding::Clipped { .. }
    )));
    assert_eq!(analyse(&of(|i| 0.7 * libm::sinf(i as f32 * 0.0913))).findings, []);
}

/// Real recordings are looked for beside the workspace; they are never copied into it.
fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("NODETWIN_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    // Not eprintln: the test runner would keep that to itself.
    let _ = writeln!(std::io::stderr(), "skipped: no data in {} (set NODETWIN_DATA)", folder.display());
    None
}

fn files(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, extension, into);
        } else if path.extension().is_some_and(|end| end == extension) && !path.ends_with("index.csv") {
            into.push(path);
        }
    }
}

#[test]
fn real_recordings_of_motion_are_read() {
    let Some(data) = data() else { return };
    let mut paths = Vec::new();
    for set in [
        "imu_gestures_emlearn",
        "imu_exercise_emlearn",
        "imu_har_geotec_watch",
        "imu_har_st26hz",
        "imu_headgesture_st",
        "imu_tennis_st",
        "vib_airblower_st",
        "vib_ceilingfan_hymel",
    ] {
        files(&data.join(set), "csv", &mut paths);
    }
    let mut repeated = 0;
    for path in &paths {
        let recording = open(path).unwrap_or_else(|error| panic!("{error}"));
        let track = recording.imu().expect("motion");
        assert!(track.t_ns.is_sorted() && !recording.labels.is_empty(), "{}", path.display());
        let mut written = Vec::new();
        csv_imu::write(path, &mut written, &recording).expect("writes");
        let again = csv_imu::read(path, &written[..], &Limits::default()).expect("reads its own");
        assert_eq!(again.imu().expect("motion").accel_g, track.accel_g);
        repeated += track.repeated_stamps;
        let health = analyse(&recording);
        let name = path.to_string_lossy();
        let expected_hz = if name.contains("st26hz") || name.contains("headgesture") {
            26.0
        } else if name.contains("vib_") {
            200.0
        } else {
            102.0
        };
        assert!((health.mean_rate_hz / expected_hz - 1.0).abs() < 0.07, "{name}: {}", health.mean_rate_hz);
        assert!(!health.findings.iter().any(|f| matches!(f, Finding::MislabelledRate { .. })), "{name}");
        if name.contains("airblower") {
            assert!(
                health.findings.iter().any(|f| matches!(f, Finding::UnitMistake { .. })),
                "{name} has 0.001 g at rest"
            );
        }
    }
    assert!(paths.len() > 200, "{} files", paths.len());
    // The watch's clock has a resolution of 1 ms: its SOURCE.md counts 1362 over the whole set.
    assert!((100..=1362).contains(&repeated), "{repeated}");
    // 5 % of the exercises' samples lie at the rail of 2 g.
    let clipped = paths.iter().filter(|path| path.to_string_lossy().contains("jumpingjack")).filter(|path| {
        let health = analyse(&open(path).expect("reads"));
        health
            .findings
            .iter()
            .any(|f| matches!(f, Finding::Clipped { rail, .. } if (1.99..2.01).contains(rail)))
    });
    assert!(clipped.count() > 0);
}

#[test]
fn real_recordings_of_sound_are_read() {
    let Some(data) = data() else { return };
    let mut paths = Vec::new();
    files(&data, "wav", &mut paths);
    for path in &paths {
        let recording = open(path).unwrap_or_else(|error| panic!("{error}"));
        let track = recording.audio().expect("sound");
        assert_eq!((track.rate_hz, track.channels, track.bits), (16_000.0, 1, 16), "{}", path.display());
        let _ = analyse(&recording);
    }
    assert!(paths.len() > 300, "{} files", paths.len());
}
