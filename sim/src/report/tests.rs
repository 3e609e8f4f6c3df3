//! Reports of real, short runs: what has to hold of every one of them.

use super::junit::{Ran, Suite, junit};
use super::table::{Paint, WIDTH, width};
use super::*;
use crate::catalogue::Catalogue;
use crate::engine::{Options, Twin};
use serde_json::Value;
use std::ops::ControlFlow;
use std::path::Path;

const SCENARIO: &str = r#"
schema = 1
name = "a very long name that would not fit beside the seed, if nobody had thought of cutting it to the width of a page"
duration = "12s"
seed = 3
[[node]]
name = "desk"
board = "m5stickc"
app = "sound"
[[node]]
name = "wrist"
board = "m5stickc"
app = "motion"
[[sound]]
kind = "pink-noise"
level = "45dB"
[[sound]]
kind = "alarm"
level = "85dB"
at = "4s"
for = "2s"
label = "alarm"
node = "desk"
[[motion]]
kind = "walk"
at = "2s"
for = "8s"
label = "walk"
node = "wrist"
[[press]]
button = "A"
at = "1s"
[[fault]]
kind = "stall"
at = "3s"
for = "20ms"
node = "desk"
[[fault]]
kind = "nack"
target = "bm8563"
at = "11s"
for = "1us"
[[expect]]
deadline_misses = ">= 0"
cpu_load = "<= 100%"
[[expect]]
event = "loud"
label = "alarm"
recall = 1.0
latency = "< 20s"
node = "desk"
[[expect]]
event = "fall"
label = "walk"
recall = ">= 0.5"
[[expect]]
accuracy = ">= 0"
node = "wrist"
"#;

fn run(seed: u64, options: &Options) -> Judgement {
    let catalogue = Catalogue::builtin();
    let sets = [scenarios::Set::new(format!("seed={seed}"))];
    let scenario = scenarios::load_str("test.toml", SCENARIO, Path::new(""), &catalogue.known(), &sets)
        .unwrap_or_else(|error| panic!("{error}"));
    let options = Options { threads: Some(1), ..options.clone() };
    let twin = Twin::new(&catalogue, scenario, &options).unwrap_or_else(|error| panic!("{error}"));
    Judgement::of(twin.run(|_| ControlFlow::Continue(())))
}

fn plain(seed: u64) -> Judgement {
    run(seed, &Options::default())
}

#[test]
fn stable_documents_are_the_same_bytes_and_others_tell_wall_time() {
    let (a, b) = (plain(3), plain(3));
    let (stable, again) = (RunResult::of(&a, true).to_json(), RunResult::of(&b, true).to_json());
    assert_eq!(stable, again);
    assert!(!stable.contains("wall_s") && !stable.contains("realtime_factor"));
    assert!(RunResult::of(&a, false).to_json().contains("\"wall_s\""));
    let suite = |judgement| {
        junit(&[Suite { name: "a.toml".into(), ran: Ran::Judged(judgement), canary: false }], true)
    };
    assert_eq!(suite(&a), suite(&b));
    assert!(!suite(&a).contains("time="));
    let sum = |runs: &[Judgement]| result::to_json(&seeds::summarise(runs));
    assert_eq!(sum(&[a, plain(4)]), sum(&[b, plain(4)]));
}

/// The documented fields, in their order: whoever changes this raises `result::SCHEMA`.
#[test]
fn the_document_has_the_documented_fields_in_order_and_reads_back() {
    let judgement = plain(3);
    let result = RunResult::of(&judgement, false);
    let text = result.to_json();
    assert_eq!(RunResult::from_json(&text), Ok(result));
    let document: Value = serde_json::from_str(&text).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let mut sorted: Vec<String> = Vec::new();
    for (value, fields) in [
        (
            &document,
            "schema tool scenario seed trace_hash simulated_s wall_s realtime_factor fidelity expect nodes",
        ),
        (&document["expect"][0], "what ok actual"),
        (
            &document["nodes"][0],
            "name board app cpu_load stages buses overruns events scores budget costs memory",
        ),
        (
            &document["nodes"][0]["stages"][0],
            "name count mean_us max_us deadline_us misses utilisation worst_window",
        ),
        (&document["nodes"][0]["budget"], "pipelines overruns lost headroom derived"),
        (
            &document["nodes"][0]["budget"]["pipelines"][0],
            "name windows deadline_us misses misses_in_a_row first_miss_s response_us start_us slack_us \
             slack_p99_us jitter_us parts why histogram_us",
        ),
        (&document["nodes"][0]["budget"]["derived"][0], "cpu_mhz utilisation fits response_us"),
        (&document["nodes"][0]["buses"][0], "name transactions bytes busy"),
        (&document["nodes"][0]["scores"], "accuracy macro_f1 confusion labels latency_ms"),
        (&document["nodes"][0]["scores"]["latency_ms"], "median max"),
    ] {
        // serde_json's maps may sort; the text keeps the order.
        let mut wanted: Vec<&str> = fields.split(' ').collect();
        let places: Vec<usize> = wanted
            .iter()
            .map(|field| text.find(&format!("\"{field}\":")).unwrap_or_else(|| panic!("{field}")))
            .collect();
        sorted.push(fields.to_string());
        if value == &document {
            assert!(places.is_sorted(), "{fields}");
        }
        wanted.sort_unstable();
        let mut found: Vec<String> = keys(value).split(' ').map(String::from).collect();
        found.sort_unstable();
        assert_eq!(found, wanted);
    }
    assert!(text.len() < 20_000, "it stays small, and has {} bytes", text.len());
}

#[test]
fn a_document_of_another_version_or_none_is_refused_with_a_cure() {
    for (text, part) in [
        ("", "nodetwin run"),
        ("{}", "nodetwin run"),
        ("{\"schema\": 999}", "its schema is 999"),
        ("{\"schema\": 1}", "damaged"),
        ("[1, 2", "nodetwin run"),
    ] {
        let error = RunResult::from_json(text).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn expectations_are_judged_and_a_fault_that_never_struck_fails() {
    let judgement = plain(3);
    let verdicts: Vec<(&str, bool)> =
        judgement.judged.iter().map(|judged| (judged.what.as_str(), judged.ok)).collect();
    let failed: Vec<&str> = verdicts.iter().filter(|(_, ok)| !ok).map(|(what, _)| *what).collect();
    assert_eq!(failed.len(), 2, "{verdicts:?}");
    assert!(failed[0].contains("recall of fall"), "{verdicts:?}");
    assert_eq!(failed[1], "fault `nack` of `bm8563` strikes");
    let nack = judgement.judged.last().unwrap();
    assert_eq!(nack.actual, "struck 0 times: the scenario tests nothing");
    assert!(verdicts.contains(&("fault `stall` on `desk` strikes", true)), "{verdicts:?}");
    // Ended before the fault would have begun, and before the label: neither is missed.
    let early = run(3, &Options { until_ns: Some(2_000_000_000), ..Options::default() });
    assert!(!early.judged.iter().any(|judged| judged.what.starts_with("fault")), "{:?}", early.judged);
}

#[test]
fn the_table_fits_its_width_and_colour_changes_no_letter() {
    let judgement = plain(3);
    let plain_text = text::text(&judgement, true, Paint(false));
    for line in plain_text.lines() {
        assert!(width(line) <= WIDTH, "{} columns: {line}", width(line));
    }
    let coloured = text::text(&judgement, true, Paint(true));
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plain_text);
    for part in ["desk", "wrist", "costs: ", "trace: ", "✓ pass", "✗ FAIL", "loud for \"alarm\"", "deadline"]
    {
        assert!(plain_text.contains(part), "`{part}` is missing in:\n{plain_text}");
    }
}

#[test]
fn the_trace_is_json_with_a_track_for_everything() {
    let judgement = run(3, &Options { recording: true, ..Options::default() });
    let mut bytes = Vec::new();
    perfetto::write(&judgement.outcome, &mut bytes).unwrap();
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let events = document["traceEvents"].as_array().unwrap();
    let named = |name: &str| {
        events.iter().any(|event| event["name"] == "thread_name" && event["args"]["name"] == name)
    };
    for track in [
        "tasks",
        "stages",
        "interrupts",
        "events",
        "deadlines",
        "bus i2c",
        "bus lcd",
        "pipeline sound",
        "pipeline motion",
    ] {
        assert!(named(track), "no track {track}");
    }
    let begun = events.iter().filter(|event| event["ph"] == "b").count();
    assert!(begun > 0 && begun == events.iter().filter(|event| event["ph"] == "e").count());
    let mut marks = events.iter().filter(|event| event["ph"] == "i");
    assert!(marks.any(|event| event["name"] == "deadline"));
    for event in events.iter().filter(|event| event["ph"] == "X") {
        assert!(event["ts"].as_f64().unwrap() >= 0.0 && event["dur"].as_f64().unwrap() >= 0.0);
    }
}

#[test]
fn differences_are_told_the_most_important_first() {
    let before = RunResult::of(&plain(3), true);
    assert_eq!(diff::diff(&before, &before), [] as [String; 0]);
    let mut after = before.clone();
    after.expect[0].ok = false;
    after.expect[0].actual = "7".into();
    after.nodes[0].overruns = 2;
    after.nodes[0].stages[0].mean_us = before.nodes[0].stages[0].mean_us * 3.0;
    *after.nodes[0].events.get_mut("loud").unwrap() += 4;
    after.nodes[1].scores.accuracy = Some(0.25);
    let sentences = diff::diff(&before, &after);
    let starts: Vec<String> =
        sentences.iter().map(|text| text.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(starts[0], "Fails now: deadline", "{sentences:#?}");
    assert_eq!(starts[1], "desk lost data", "{sentences:#?}");
    assert!(sentences[2].starts_with("wrist's accuracy fell from "), "{sentences:#?}");
    assert!(sentences[3].ends_with("4 more than before."), "{sentences:#?}");
    assert!(sentences[4].ends_with("3.00 times as long."), "{sentences:#?}");
    assert_eq!(sentences.len(), 5, "{sentences:#?}");
    // A trace that differs while no figure does is worth a sentence of its own.
    let hidden = RunResult { trace_hash: "0".repeat(16), ..before.clone() };
    assert_eq!(diff::diff(&before, &hidden).len(), 1);
}

#[test]
fn what_a_node_saw_can_be_read_back() {
    let judgement = run(3, &Options { tapping: true, ..Options::default() });
    let [desk, wrist] = &judgement.outcome.nodes[..] else { panic!("two nodes") };
    let wav = tap::wav(desk.tap.as_ref().unwrap()).unwrap();
    let samples = hound::WavReader::new(std::io::Cursor::new(wav)).unwrap().len();
    assert!((150_000..193_000).contains(&samples), "{samples} samples in 12 s at 16 kHz");
    let mut csv = Vec::new();
    tap::csv(wrist.tap.as_ref().unwrap(), &wrist.labels, &mut csv).unwrap();
    let text = String::from_utf8(csv).unwrap();
    let lines = text.lines().count();
    assert!((1_000..1_300).contains(&lines), "{lines} lines in 12 s at 100 Hz");
    // Lying flat: gravity is one g, as the registers have it.
    let first: Vec<f64> =
        text.lines().nth(1).unwrap().split(',').skip(1).take(3).map(|g| g.parse().unwrap()).collect();
    let size = first.iter().map(|g| g * g).sum::<f64>().sqrt();
    assert!((0.8..1.2).contains(&size), "{size} g");
    assert!(text.contains(",walk"));
}
