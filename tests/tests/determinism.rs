//! The same scenario and seed give the same trace, whatever the threads, the steps and the machine.

use nodetwin_tests::{root, run, shipped};
use sim::engine::Options;
use std::fs;

const MINUTE_NS: u64 = 60_000_000_000;

/// Shipped scenarios and canaries of up to two minutes.
fn smoke_scenarios() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["scenarios", "scenarios/canary", "scenarios/regress"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".toml") && name != "Cargo.toml" && name != "clippy.toml" {
                found.push(format!("{folder}/{name}"));
            }
        }
    }
    found.sort();
    found.retain(|path| shipped(path, &[]).duration_ns <= 2 * MINUTE_NS);
    assert!(found.len() >= 5, "{found:?}");
    found
}

#[test]
fn every_smoke_scenario_gives_the_same_trace_twice() {
    for path in smoke_scenarios() {
        let recorded = |options: Options| {
            let outcome = run(shipped(&path, &[]), &Options { recording: true, ..options });
            let records: Vec<_> = outcome.nodes.into_iter().flat_map(|node| node.records).collect();
            (outcome.trace_hash, records)
        };
        let (hash, records) = recorded(Options { threads: Some(1), ..Options::default() });
        let steps = Options { threads: Some(2), step_ns: Some(137_000_000), ..Options::default() };
        let (again, records_again) = recorded(steps);
        let differs = records.iter().zip(&records_again).position(|(a, b)| a != b);
        if let Some(index) = differs {
            panic!(
                "{path}: first difference at {index}: {:?} and {:?}",
                records[index], records_again[index]
            );
        }
        assert_eq!(records.len(), records_again.len(), "{path}");
        assert_eq!(hash, again, "{path}");
    }
}

#[test]
fn another_seed_gives_another_trace() {
    let hash = |seed: &str| run(shipped("scenarios/motion.toml", &[seed]), &Options::default()).trace_hash;
    assert_ne!(hash("seed=1"), hash("seed=2"));
}

/// The hashes of this version, on every machine and in every build: a change of the engine that changes them says so
/// in `hashes.txt` (the message of this test is the new content).
#[test]
fn trace_hashes_are_those_of_every_machine() {
    let mut text = String::new();
    for path in smoke_scenarios() {
        let hash = run(shipped(&path, &[]), &Options::default()).trace_hash;
        text.push_str(&format!("{hash:016x} {path}\n"));
    }
    let kept = fs::read_to_string(root().join("tests/hashes.txt")).unwrap_or_default();
    assert!(kept == text, "tests/hashes.txt should be:\n{text}");
}
