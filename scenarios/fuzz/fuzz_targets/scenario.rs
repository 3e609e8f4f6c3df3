//! Any text at all: loads, or is refused with problems that point into it.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use scenarios::known::{Known, KnownBoard, KnownDevice, KnownFault};
use scenarios::load_str;

fuzz_target!(|text: &str| {
    let known = Known {
        boards: vec![KnownBoard {
            name: "m5stickc".into(),
            buses: vec!["grove".into()],
            ..KnownBoard::default()
        }],
        apps: vec!["sound".into(), "motion".into()],
        faults: vec![KnownFault { name: "stuck".into(), targets: vec!["imu".into(), "mic".into()] }],
        devices: vec![KnownDevice { name: "sht30".into(), address: Some(0x44) }],
        events: vec!["loud".into(), "step".into()],
    };
    match load_str("fuzz.toml", text, Path::new("no-such-folder"), &known, &[]) {
        Ok(scenario) => {
            for node in 0..scenario.nodes.len() {
                let labels = scenarios::label::labels(&scenario, node, &Default::default());
                assert!(labels.iter().all(|label| label.end_ns <= scenario.duration_ns));
            }
        }
        Err(error) => {
            for problem in error.problems() {
                assert!(text.get(problem.span()).is_some());
                assert!(!problem.to_string().is_empty());
            }
        }
    }
});
