//! `result.json` of a short run, whole: whoever reads it by program sees here what would change for them.

use nodetwin_tests::{root, run, written};
use sim::engine::Options;
use sim::report::{Judgement, RunResult};

const SCENARIO: &str = r#"
schema = 1
name = "ten seconds of motion"
duration = "10s"
seed = 5

[[node]]
name = "wrist"
board = "m5stickc"
app = "motion"

[[motion]]
kind = "shake"
frequency = "4Hz"
amplitude = "2.5g"
at = "4s"
for = "3s"
label = "shake"

[[expect]]
deadline_misses = 0

[[expect]]
event = "shake"
recall = 1.0

[[expect]]
event = "fall"
count = 2
"#;

#[test]
fn a_stable_result_is_this_document() {
    let outcome = run(written(SCENARIO, &root()), &Options::default());
    let judgement = Judgement::of(outcome);
    let text = RunResult::of(&judgement, true).to_json();
    // Which hash it is stands in `hashes.txt` for the shipped scenarios: every change of the engine changes it.
    let hash = format!("{:016x}", judgement.outcome.trace_hash);
    assert_eq!(text.matches(&hash).count(), 1);
    insta::assert_snapshot!(text.replace(&hash, "[hash]"));
}

#[test]
fn only_the_wall_time_is_missing_from_a_stable_result() {
    let judgement = Judgement::of(run(written(SCENARIO, &root()), &Options::default()));
    let value = |stable| {
        let text = RunResult::of(&judgement, stable).to_json();
        assert!(RunResult::from_json(&text).is_ok());
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let (stable, mut whole) = (value(true), value(false));
    for field in ["wall_s", "realtime_factor"] {
        assert!(whole.as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    assert_eq!(stable, whole);
}
