//! Time held against deadlines: what reports say of it, what expectations ask of it, and whether what is recommended is true.

use nodetwin_tests::{root, run, shipped, written};
use serde_json::Value;
use sim::budget::elsewhere;
use sim::budget::study::Study;
use sim::budget::trial::{Change, Trials};
use sim::catalogue::Catalogue;
use sim::engine::Options;
use sim::outcome::Outcome;
use sim::report::html::html;
use sim::report::result::AdviceResult;
use sim::report::{Judgement, RunResult, perfetto};
use std::ops::ControlFlow;

const SLOW_BUS: &str = "scenarios/imu-over-slow-bus.toml";
const OVER_BUDGET: &str = "scenarios/canary/over-budget.toml";

/// As `nodetwin run` judges: with the runs at other frequencies that expectations ask for.
fn judged(path: &str, sets: &[&str]) -> Judgement {
    let catalogue = Catalogue::builtin();
    let mut outcome = run(shipped(path, sets), &Options::default());
    let go_on = |_| ControlFlow::Continue(());
    let there = elsewhere::run(&catalogue, &outcome.scenario, &Options::default(), go_on);
    outcome.elsewhere = there.unwrap_or_else(|error| panic!("{error}")).expect("nobody stops it");
    Judgement::of(outcome)
}

/// Runs of a shipped scenario with something changed, one after the other.
struct Further {
    path: &'static str,
    sets: Vec<String>,
}

impl Trials for Further {
    fn run(&self, changes: &[Change]) -> Vec<Option<Judgement>> {
        let one = |change: &Change| {
            let catalogue = change.catalogue(&Catalogue::builtin());
            let sets: Vec<_> = self.sets.iter().chain(&change.sets).map(scenarios::Set::new).collect();
            let scenario = scenarios::load(&root().join(self.path), &catalogue.known(), &sets).ok()?;
            let twin = sim::engine::Twin::new(&catalogue, scenario, &Options::default()).ok()?;
            Some(Judgement::of(twin.run(|_| ControlFlow::Continue(()))))
        };
        changes.iter().map(one).collect()
    }
}

/// What `nodetwin run FILE --frequencies --json -` writes, read back.
fn studied(path: &'static str, sets: &[&str]) -> RunResult {
    let base = judged(path, sets);
    let further = Further { path, sets: sets.iter().map(|set| set.to_string()).collect() };
    let study = Study::of(&base, &further);
    let json = RunResult::of(&base, true).with(&study).to_json();
    RunResult::from_json(&json).unwrap_or_else(|error| panic!("{error}"))
}

fn advice<'a>(result: &'a RunResult, about: &str) -> &'a AdviceResult {
    let all = &result.frequencies[0].advice;
    let found = all.iter().find(|advice| advice.text.contains(about));
    found.unwrap_or_else(|| panic!("nothing about `{about}` in {all:#?}"))
}

fn with(path: &str, sets: &[String]) -> Judgement {
    judged(path, &sets.iter().map(String::as_str).collect::<Vec<_>>())
}

fn losses(outcome: &Outcome) -> (u64, u64) {
    (outcome.nodes[0].misses(), outcome.nodes[0].sums.overruns)
}

#[test]
fn a_cpu_too_slow_is_late_and_loses_sound_and_at_the_recommended_frequency_it_does_not() {
    let result = studied(OVER_BUDGET, &[]);
    let node = &result.nodes[0];
    let (misses, overruns) = (node.budget.pipelines[0].misses, node.overruns);
    assert!(misses > 100 && overruns > 3, "{misses} misses, {overruns} overruns");
    assert!(node.budget.headroom.is_some_and(|left| left < 0.0));
    // The loss is explained by what held the CPU.
    let chain = &node.budget.overruns[0];
    assert!(chain.contains("of microphone lost") && chain.contains("stage octaves"), "{chain}");

    let frequency = advice(&result, "MHz it fits");
    assert_eq!(frequency.sets.len(), 1);
    let better = with(OVER_BUDGET, &frequency.sets);
    assert_eq!(losses(&better.outcome), (0, 0), "{}", frequency.text);
    // One step slower is the frequency that it was run at, or another that fails too.
    let slower = with(OVER_BUDGET, &frequency.beyond);
    assert!(slower.failed() > better.failed(), "{:?}", frequency.beyond);
    // Every row that is said to fit fits, and so do the other settings that are recommended.
    for row in &result.frequencies[0].rows {
        let there = judged(OVER_BUDGET, &[&format!("node.shelf.cpu={}MHz", row.cpu_mhz)]);
        assert_eq!((row.misses, row.overruns), losses(&there.outcome), "{} MHz", row.cpu_mhz);
        match row.fits {
            // Of 20 s, all but a few windows of bring-up.
            true => assert!(losses(&there.outcome) == (0, 0) && row.windows > 900, "{} MHz", row.cpu_mhz),
            false => assert!(there.failed() > better.failed(), "{} MHz", row.cpu_mhz),
        }
    }
    for advice in result.frequencies[0].advice.iter().filter(|advice| !advice.sets.is_empty()) {
        assert_eq!(losses(&with(OVER_BUDGET, &advice.sets).outcome), (0, 0), "{}", advice.text);
    }
}

#[test]
fn each_expectation_of_the_overloaded_canary_fails_and_holds_where_it_is_recommended_to_run() {
    let failed = |judgement: &Judgement| -> Vec<String> {
        judgement.judged.iter().filter(|judged| !judged.ok).map(|judged| judged.what.clone()).collect()
    };
    let late = judged(OVER_BUDGET, &[]);
    assert_eq!(failed(&late).len(), late.judged.len(), "all but {:?}", failed(&late));
    assert!(late.judged.len() >= 8);
    let result = studied(OVER_BUDGET, &[]);
    let better = with(OVER_BUDGET, &advice(&result, "MHz it fits").sets);
    // At 10 MHz it stays too slow, wherever else it runs.
    assert_eq!(failed(&better), ["late or lost at 10 MHz = 0"]);
}

#[test]
fn the_report_tells_why_a_window_over_a_slow_bus_takes_what_it_takes() {
    let judgement = judged(SLOW_BUS, &[]);
    assert_eq!(judgement.failed(), 0, "{:#?}", judgement.judged);
    let result = RunResult::of(&judgement, true);
    let motion = &result.nodes[0].budget.pipelines[0];
    assert!(motion.parts["bus"] > 0.95, "{:?}", motion.parts);
    // 36 records of 14 bytes at nine clocks a byte, and what it costs to ask for them.
    let wire_us = 36.0 * 14.0 * 9.0 / 0.1;
    let median = motion.response_us.p50;
    assert!(median > wire_us && median < wire_us * 1.1, "{median} us for {wire_us} us of wire");
    assert!(
        motion.why.contains("transfers on the bus") && motion.why.contains("at 100 kHz a byte takes 90.0 us")
    );
    // Four times as fast, four times as short: it is the bus.
    let faster = RunResult::of(&judged(SLOW_BUS, &["node.belt.i2c=400kHz"]), true);
    let ratio = median / faster.nodes[0].budget.pipelines[0].response_us.p50;
    assert!((3.5..4.05).contains(&ratio), "{ratio}");
}

#[test]
fn the_fifo_overflows_where_the_report_says_and_not_a_step_before() {
    let result = studied(SLOW_BUS, &[]);
    let fits = advice(&result, "it fits with its I2C bus down to");
    let holds = advice(&result, "loses nothing with its I2C bus");
    assert!(holds.text.contains("of imu lost") && holds.text.contains("bus i2c to 0x68"), "{}", holds.text);

    let khz = |sets: &[String]| -> u32 {
        let number = sets[0].trim_start_matches("node.belt.i2c=").trim_end_matches("kHz");
        number.parse().unwrap_or_else(|_| panic!("{sets:?}"))
    };
    // In time, late, late and losing: in this order, from the fastest bus to the slowest.
    assert_eq!(losses(&with(SLOW_BUS, &fits.sets).outcome), (0, 0));
    let too_slow = with(SLOW_BUS, &fits.beyond);
    assert!(too_slow.failed() > 0 && losses(&too_slow.outcome).1 == 0, "{:?}", fits.beyond);
    assert_eq!(losses(&with(SLOW_BUS, &holds.sets).outcome).1, 0);
    assert!(losses(&with(SLOW_BUS, &holds.beyond).outcome).1 > 0);
    assert_eq!((khz(&fits.sets) - khz(&fits.beyond), khz(&holds.sets) - khz(&holds.beyond)), (1, 1));

    // And everywhere: above the edge nothing is ever lost, below it something always is.
    for bus in (4..=20).chain([25, 50, 100, 200, 400]) {
        let (_, overruns) = losses(&judged(SLOW_BUS, &[&format!("node.belt.i2c={bus}kHz")]).outcome);
        assert_eq!(overruns == 0, bus >= khz(&holds.sets), "{overruns} overruns at {bus} kHz");
    }
    // 100 samples a second of 14 bytes of 9 clocks are 12.6 kHz: what the wire carries at most.
    assert!((12..=14).contains(&khz(&holds.sets)), "{:?}", holds.sets);
}

const DEADLINE: &str = r#"
schema = 1
name = "a deadline of the scenario's"
duration = "10s"
seed = 5

[[node]]
name = "wrist"
board = "m5stickc"
app = "motion"
"#;

fn deadline(pipeline: &str, within: &str) -> Judgement {
    let text = format!(
        "{DEADLINE}[[node.deadline]]\npipeline = \"{pipeline}\"\nwithin = \"{within}\"\n[[expect]]\ndeadline_misses = 0\n"
    );
    Judgement::of(run(written(&text, &root()), &Options::default()))
}

#[test]
fn a_scenario_sets_a_deadline_and_windows_are_held_to_it() {
    let plain = run(written(DEADLINE, &root()), &Options::default());
    let usual = &plain.nodes[0].sums.pipelines[0];
    assert_eq!(usual.deadline_ns, 320_000_000, "a hop");
    let (least, most) = (usual.response.min(), usual.response.max());
    let (wide, narrow) = (deadline("motion", "100ms"), deadline("motion", "5ms"));
    for (judgement, misses) in [(&wide, 0), (&narrow, usual.response.count())] {
        let sum = &judgement.outcome.nodes[0].sums.pipelines[0];
        assert_eq!((sum.misses, judgement.outcome.nodes[0].misses()), (misses, misses));
        // Nothing else changes.
        assert_eq!((sum.response.min(), sum.response.max()), (least, most));
        assert_eq!(sum.slack_ns, sum.deadline_ns as i64 - most as i64);
    }
    assert!(narrow.failed() > 0);
    // One that holds for nothing is no deadline.
    let typo = deadline("motoin", "5ms");
    let said: Vec<&str> =
        typo.judged.iter().filter(|judged| !judged.ok).map(|judged| &*judged.actual).collect();
    assert!(said.len() == 1 && said[0].contains("did you mean `motion`"), "{said:?}");
}

#[test]
fn what_cannot_be_expected_is_refused_with_its_place_and_a_cure() {
    let refused = |table: &str| {
        let known = Catalogue::builtin().known();
        match scenarios::load_str("b.toml", &format!("{DEADLINE}{table}"), &root(), &known, &[]) {
            Ok(_) => panic!("{table} was taken"),
            Err(error) => error.to_string(),
        }
    };
    let cases = [
        ("[[expect]]\nfits_at = \"100MHz\"\n", "b.toml:12:11", "no such clock", "\"80MHz\""),
        ("[[expect]]\nfits_at = 80\n", "b.toml:12:11", "has no unit", "\"1.6MHz\""),
        ("[[expect]]\nheadroom = 90\n", "b.toml:12:12", "not between 0 and 1", ">= 0.9"),
        ("[[expect]]\nresponse_p99 = 20\n", "b.toml:12:16", "20", "< 250ms"),
        (
            "[[expect]]\npipeline = \"motion\"\n",
            "b.toml:12:12",
            "nothing is expected of it",
            "response_p99 =",
        ),
        ("[[expect]]\nstage = \"classify\"\n", "b.toml:12:9", "nothing is expected of it", "max ="),
        ("[[expect]]\nmax = \"< 2ms\"\n", "b.toml:12:7", "of which stage", "stage ="),
        ("[[expect]]\nslak = \"> 2ms\"\n", "b.toml:12:1", "unknown key `slak`", "did you mean `slack`"),
        ("[[node.deadline]]\npipeline = \"motion\"\n", "b.toml:11:1", "`within`", "within ="),
        (
            "[[node.deadline]]\npipeline = \"motion\"\nwithin = \"0ms\"\n",
            "b.toml:13:10",
            "is zero",
            "above zero",
        ),
        (
            "[[node.deadline]]\npipeline = \"motion\"\nwithin = \"10ns\"\n",
            "b.toml:13:10",
            "microseconds",
            "1us",
        ),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(table, place, message, cure)| {
            let error = refused(table);
            let help = error.split_once("help: ").map_or("", |(_, help)| help);
            let ok = error.contains(&format!("{place}: ")) && error.contains(message) && help.contains(cure);
            (!ok).then(|| format!("{table}wanted {place} .. {message} .. {cure}, got\n{error}\n"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let twice = "[[node.deadline]]\npipeline = \"motion\"\nwithin = \"1ms\"\n".repeat(2);
    assert!(refused(&twice).starts_with("b.toml:15:12: `motion` has a deadline already"));
}

#[test]
fn the_page_holds_all_it_needs_and_says_what_its_figures_rest_on() {
    let recording = Options { recording: true, ..Options::default() };
    for (path, advice) in [(SLOW_BUS, "How far it could go"), (OVER_BUDGET, "What must change to fit")] {
        let base = Judgement::of(run(shipped(path, &["duration=10s"]), &recording));
        let study = Study::of(&base, &Further { path, sets: vec!["duration=10s".into()] });
        let page = html(&base, Some(&study), None, true);
        for outside in ["http:", "https:", "src=", "href=", "url(", "<script", "<link", "<iframe", "@import"]
        {
            assert!(!page.contains(outside), "{path}: {outside}");
        }
        for part in [
            "Histogram of the response times",
            "What a response goes into",
            "The window of the longest response",
            "Utilisation of the CPU by stage",
            "At the CPU frequencies of its board, each a run",
            advice,
            "predicted, not calibrated on hardware",
            "the worst grade of their costs:",
            "prefers-color-scheme: dark",
        ] {
            assert!(page.contains(part), "{path}: no `{part}`");
        }
        for tag in [
            "html", "head", "body", "style", "svg", "table", "tr", "td", "th", "ul", "li", "div", "p", "h3",
            "text",
        ] {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{path}: <{tag}>");
        }
        // The same run, the same page.
        assert_eq!(page, html(&base, Some(&study), None, true));

        // A window of one's choice, from the records.
        let sum = &base.outcome.nodes[0].sums.pipelines[0];
        let chosen = html(&base, None, Some(sum.worst.released), true);
        assert!(chosen.contains("The window released at"));
        let timeline = |page: &str| -> String {
            let from = page.find("aria-label=\"Timeline of").expect("a timeline");
            page[from..].split("</svg>").next().unwrap_or_default().to_string()
        };
        // That of the worst window is the one that was kept while it ran, bar for bar.
        let bars = |text: &str| text.matches("<rect").count();
        let (kept, made) = (timeline(&page), timeline(&chosen));
        assert!(bars(&made) >= bars(&kept) && bars(&kept) > 10, "{} of {}", bars(&kept), bars(&made));
        let beyond = html(&base, None, Some(hal_shim::time::TrueTime(11_000_000_000)), true);
        assert!(beyond.contains("was released at 11.0 s or later"));
    }
}

/// The events of a Perfetto trace, with the name of the track that each stands in.
fn traced(path: &str, sets: &[&str]) -> (Judgement, Vec<(String, Value)>) {
    let base = Judgement::of(run(shipped(path, sets), &Options { recording: true, ..Options::default() }));
    let mut bytes = Vec::new();
    perfetto::write(&base.outcome, &mut bytes).unwrap();
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let events = document["traceEvents"].as_array().unwrap();
    let track = |event: &Value| {
        let names = events.iter().filter(|name| name["name"] == "thread_name");
        let mut own = names.filter(|name| name["tid"] == event["tid"] && name["pid"] == event["pid"]);
        own.next().map_or(String::new(), |name| name["args"]["name"].as_str().unwrap().to_string())
    };
    let real = events.iter().filter(|event| event["ph"] != "M");
    let named = real.map(|event| (track(event), event.clone())).collect();
    (base, named)
}

#[test]
fn a_perfetto_trace_carries_cpu_stages_buses_interrupts_and_deadlines() {
    let (base, events) = traced(SLOW_BUS, &["duration=5s"]);
    let on =
        |track: &'static str| events.iter().filter(move |(name, _)| name == track).map(|(_, event)| event);
    let busy_us: f64 =
        ["cpu", "interrupts"].iter().flat_map(|track| on(track)).filter_map(|e| e["dur"].as_f64()).sum();
    let sums = &base.outcome.nodes[0].sums;
    // All that the CPU did but the wake-ups before polls.
    let drawn = busy_us * 1e3 / sums.busy_ns as f64;
    assert!((0.95..=1.0).contains(&drawn), "{drawn} of the CPU's time");
    assert_eq!(on("interrupts").count() as u64, sums.interrupts);
    let stages: u64 =
        sums.stages.iter().filter(|stage| stage.deadline_us.is_none()).map(|stage| stage.count).sum();
    assert_eq!(on("stages").count() as u64, stages);
    assert_eq!(on("bus i2c").count() as u64, sums.buses["i2c"].transactions);
    let windows = sums.pipelines[0].response.count();
    let of_phase =
        |track: &'static str, phase: &str| on(track).filter(|event| event["ph"] == phase).count() as u64;
    assert_eq!((of_phase("pipeline motion", "b"), of_phase("pipeline motion", "e")), (windows, windows));
    assert_eq!(of_phase("deadlines", "i"), windows);
    assert_eq!(on("missed windows").count(), 0);
    // Marks lie a deadline after the releases, in the order of the windows.
    let at = |event: &Value| event["ts"].as_f64().unwrap();
    let released = on("pipeline motion").filter(|event| event["ph"] == "b").map(at);
    for (released, due) in released.zip(on("deadlines").map(at)) {
        assert!((due - released - 100_000.0).abs() < 1.0, "{released} {due}");
    }
    assert!(on("tasks").count() > 0);
}

#[test]
fn a_missed_deadline_is_an_instant_in_the_trace_and_so_long_late() {
    let (base, events) = traced(OVER_BUDGET, &["duration=5s"]);
    let misses = base.outcome.nodes[0].misses();
    assert!(misses > 50);
    let missed =
        events.iter().filter(|(track, event)| track == "deadlines" && event["name"] == "deadline, missed");
    assert!(missed.clone().all(|(_, event)| event["ph"] == "i" && event["args"]["pipeline"] == "sound"));
    assert_eq!(missed.count() as u64, misses);
    let late = events.iter().filter(|(track, _)| track == "missed windows").map(|(_, event)| event);
    assert_eq!(late.clone().count() as u64, misses);
    let longest = late.filter_map(|event| event["dur"].as_f64()).fold(0.0, f64::max);
    let slack = base.outcome.nodes[0].sums.pipelines[0].slack_ns;
    // The mark counts in true time, the node's judgement in its own.
    assert!((longest * 1e3 + slack as f64).abs() < 50_000.0, "{longest} us late, slack {slack} ns");
}
