//! Any bytes under any of the known extensions: read, or refused. Nothing panics and nothing grows without bound.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use scenarios::recording::{Limits, OpenOptions, open_with};

fuzz_target!(|input: (u8, &[u8])| {
    let (which, bytes) = input;
    let extension = ["csv", "wav", "json", "cbor"][usize::from(which) % 4];
    let path = std::env::temp_dir().join(format!("scenarios-fuzz-{}.{extension}", std::process::id()));
    let written = std::fs::File::create(&path).and_then(|mut file| file.write_all(bytes));
    if written.is_ok() {
        let limits = Limits { file_bytes: 1 << 20, samples: 1 << 20 };
        let _ = open_with(&path, &OpenOptions { limits, ..OpenOptions::default() });
    }
});
