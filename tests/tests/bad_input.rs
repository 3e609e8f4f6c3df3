//! Bad recordings, as a scenario names them: refused before anything runs, with the scenario's line, what is wrong in the
//! recording, and the cure. What is wrong in the scenario's own text is held by the loader's tests.

use sim::catalogue::Catalogue;
use sim::engine::{Options, Twin};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A folder of this test's own, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("nodetwin-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Loads the scenario and builds its nodes; the error as a person reads it.
fn refused(entry: &str, file: &str, folder: &Path) -> String {
    let level = if entry == "sound" { "level = \"70dB\"\n" } else { "" };
    let text = format!(
        "schema = 1\nname = \"x\"\nduration = \"5s\"\nseed = 1\n[[node]]\nname = \"n\"\nboard = \"m5stickc\"\n\
         app = \"motion\"\n[[{entry}]]\nkind = \"recording\"\nfile = \"{file}\"\n{level}"
    );
    let catalogue = Catalogue::builtin();
    let scenario = scenarios::load_str("bad.toml", &text, folder, &catalogue.known(), &[]);
    match scenario.and_then(|scenario| Twin::new(&catalogue, scenario, &Options::default())) {
        Ok(_) => panic!("{file} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_bad_recording_is_told_with_both_places_and_a_cure() {
    const HEADER: &str = "t_s,ax_g,ay_g,az_g,gx_dps,gy_dps,gz_dps,label\n";
    let folder = Folder::new("bad-input");
    let good = format!("{HEADER}0,0,0,1,,,,\n0.01,0,0,1,,,,\n");
    folder.write("good.csv", good.as_bytes());
    folder.write("empty.csv", b"");
    folder.write("header.csv", HEADER.as_bytes());
    folder.write("short.csv", format!("{HEADER}0,0,0,1,,,,\n").as_bytes());
    folder.write("nan.csv", format!("{good}0.02,0,NaN,1,,,,\n").as_bytes());
    folder.write("zeros.bin", &[0; 64]);
    let mut wav = std::io::Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(&mut wav, spec).unwrap();
    (0..1_000).for_each(|sample| writer.write_sample(sample as i16).unwrap());
    writer.finalize().unwrap();
    let wav = wav.into_inner();
    folder.write("good.wav", &wav);
    folder.write("cut.wav", &wav[..1_000]);
    folder.write("head.wav", &wav[..20]);
    // Ten gigabytes that take no room on the disk.
    for name in ["zeros.csv", "zeros.wav"] {
        File::create(folder.0.join(name)).unwrap().set_len(10 << 30).unwrap();
    }
    let cases = [
        ("motion", "empty.csv", "is empty"),
        ("motion", "header.csv", "header.csv:1: 0 samples"),
        ("motion", "short.csv", "short.csv:2: 1 samples"),
        ("motion", "nan.csv", "nan.csv:4: ay_g is `NaN`"),
        ("motion", "zeros.csv", "too large"),
        ("sound", "zeros.wav", "too large"),
        ("sound", "zeros.bin", "neither the name nor the content"),
        ("sound", "cut.wav", "promises 1000 samples, 478 are there"),
        ("sound", "head.wav", "is no WAV file"),
        // The right file at the wrong place.
        ("motion", "good.wav", "holds sound, not motion"),
        ("sound", "good.csv", "holds motion, not sound"),
    ];
    let mut wrong = Vec::new();
    for (entry, file, message) in cases {
        let error = refused(entry, file, &folder.0);
        let cure = error.split_once("help: ").map_or("", |(_, cure)| cure.trim());
        let ok = error.starts_with("bad.toml:11:8: ") && error.contains(file) && error.contains(message);
        if !ok || cure.is_empty() {
            wrong.push(format!("{entry} {file}: got {error}\nwanted bad.toml:11:8: {message} and a cure"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
