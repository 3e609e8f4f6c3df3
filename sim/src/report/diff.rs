//! What changed between two runs, in sentences, the most important first: verdicts, what was lost or late, scores, then
//! figures. Wall time is not compared: it is the machine's.

use super::RunResult;
use super::numbers::{grouped, percent, short, span};
use super::result::{NodeResult, Scores, StageResult};
use std::collections::BTreeSet;

/// How much a change matters: smaller is shown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Question,
    Verdict,
    Loss,
    Score,
    Shape,
    Event,
    Load,
    Detail,
}

/// Figures that differ by less than this share are mentioned only if nothing else is worth a sentence.
const WORTH_SAYING: f64 = 0.01;

/// One sentence a change; empty if the runs are the same (but for wall time).
pub fn diff(a: &RunResult, b: &RunResult) -> Vec<String> {
    let mut found: Vec<(Rank, String)> = Vec::new();
    let mut say = |rank, text: String| found.push((rank, text));
    if a.scenario != b.scenario {
        say(
            Rank::Question,
            format!("These are runs of two scenarios: \"{}\" and \"{}\".", a.scenario, b.scenario),
        );
    }
    if a.seed != b.seed {
        say(Rank::Question, format!("The seed was {} and is {}.", a.seed, b.seed));
    }
    if a.tool != b.tool {
        say(Rank::Question, format!("The first was made by {}, the second by {}.", a.tool, b.tool));
    }
    if a.simulated_s != b.simulated_s {
        let (a, b) = (span(a.simulated_s * 1e9), span(b.simulated_s * 1e9));
        say(Rank::Question, format!("{a} were simulated before, {b} now."));
    }
    expectations(a, b, &mut say);
    for before in &a.nodes {
        match b.nodes.iter().find(|node| node.name == before.name) {
            Some(after) => node(before, after, &mut say),
            None => say(Rank::Shape, format!("Node {} is gone.", before.name)),
        }
    }
    for after in &b.nodes {
        if !a.nodes.iter().any(|node| node.name == after.name) {
            say(Rank::Shape, format!("Node {} is new.", after.name));
        }
    }
    if a.fidelity != b.fidelity {
        let grade = |grade: &Option<String>| grade.clone().unwrap_or("nothing graded".into());
        say(
            Rank::Shape,
            format!("The figures rested on {} and rest on {}.", grade(&a.fidelity), grade(&b.fidelity)),
        );
    }
    if a.trace_hash != b.trace_hash && found.iter().all(|(rank, _)| *rank == Rank::Detail) {
        found.push((
            Rank::Load,
            "The traces differ (another order, other bytes or other times), and no figure shows it: compare traces made with --trace.".into(),
        ));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, text)| text).collect()
}

fn expectations(a: &RunResult, b: &RunResult, say: &mut impl FnMut(Rank, String)) {
    for after in &b.expect {
        match a.expect.iter().find(|expect| expect.what == after.what) {
            Some(before) if before.ok && !after.ok => {
                say(
                    Rank::Verdict,
                    format!("Fails now: {} (was {}, is {}).", after.what, before.actual, after.actual),
                );
            }
            Some(before) if !before.ok && after.ok => {
                say(
                    Rank::Verdict,
                    format!("Passes now: {} (was {}, is {}).", after.what, before.actual, after.actual),
                );
            }
            Some(before) if before.actual != after.actual => {
                let still = if after.ok { "Still passes" } else { "Still fails" };
                say(
                    Rank::Score,
                    format!("{still}: {} (was {}, is {}).", after.what, before.actual, after.actual),
                );
            }
            Some(_) => {}
            None => {
                let verdict = if after.ok { "passes" } else { "fails" };
                say(Rank::Verdict, format!("New expectation, {verdict}: {} ({}).", after.what, after.actual));
            }
        }
    }
    for before in &a.expect {
        if !b.expect.iter().any(|expect| expect.what == before.what) {
            say(Rank::Verdict, format!("No longer expected: {}.", before.what));
        }
    }
}

fn node(a: &NodeResult, b: &NodeResult, say: &mut impl FnMut(Rank, String)) {
    let name = &b.name;
    if (&a.board, &a.app) != (&b.board, &b.app) {
        say(
            Rank::Question,
            format!("{name} ran {} on {} and runs {} on {}.", a.app, a.board, b.app, b.board),
        );
    }
    if a.overruns != b.overruns {
        let change = change(a.overruns, b.overruns);
        say(Rank::Loss, format!("{name} lost data {} times, {change}.", grouped(b.overruns)));
    }
    scores(name, &a.scores, &b.scores, say);
    stages(a, b, say);
    let kinds: BTreeSet<&String> = a.events.keys().chain(b.events.keys()).collect();
    for kind in kinds {
        let count = |node: &NodeResult| node.events.get(kind).copied().unwrap_or_default();
        if count(a) != count(b) {
            let change = change(count(a), count(b));
            say(Rank::Event, format!("{name} said {kind} {} times, {change}.", grouped(count(b))));
        }
    }
    if let Some(rank) = differs(a.cpu_load, b.cpu_load, Rank::Load) {
        say(
            rank,
            format!(
                "{name}'s CPU is busy {} of the time, {} before.",
                percent(b.cpu_load),
                percent(a.cpu_load)
            ),
        );
    }
    for before in &a.buses {
        let Some(after) = b.buses.iter().find(|bus| bus.name == before.name) else {
            say(Rank::Shape, format!("{name} no longer uses its bus {}.", before.name));
            continue;
        };
        if (before.transactions, before.bytes) == (after.transactions, after.bytes) {
            if let Some(rank) = differs(before.busy, after.busy, Rank::Load) {
                let (was, is) = (percent(before.busy), percent(after.busy));
                say(rank, format!("{name}'s bus {} is busy {is} of the time, {was} before.", after.name));
            }
        } else {
            let rank = differs(before.bytes as f64, after.bytes as f64, Rank::Load).unwrap_or(Rank::Detail);
            say(
                rank,
                format!(
                    "{name}'s bus {} carried {} bytes in {} transactions, {} in {} before.",
                    after.name,
                    grouped(after.bytes),
                    grouped(after.transactions),
                    grouped(before.bytes),
                    grouped(before.transactions)
                ),
            );
        }
    }
    for after in &b.buses {
        if !a.buses.iter().any(|bus| bus.name == after.name) {
            say(Rank::Shape, format!("{name} uses bus {} now.", after.name));
        }
    }
}

fn stages(a: &NodeResult, b: &NodeResult, say: &mut impl FnMut(Rank, String)) {
    let name = &b.name;
    for before in &a.stages {
        let Some(after) = b.stages.iter().find(|stage| stage.name == before.name) else {
            say(Rank::Shape, format!("{name} no longer has a stage {}.", before.name));
            continue;
        };
        let stage = &after.name;
        if before.misses != after.misses {
            let change = change(before.misses, after.misses);
            say(
                Rank::Loss,
                format!("{name}'s {stage} missed its deadline {} times, {change}.", grouped(after.misses)),
            );
        }
        if before.deadline_us != after.deadline_us {
            let said = |deadline: Option<u64>| deadline.map_or("none".into(), |us| span(us as f64 * 1e3));
            let (before, after) = (said(before.deadline_us), said(after.deadline_us));
            say(Rank::Shape, format!("The deadline of {name}'s {stage} was {before} and is {after}."));
        }
        if before.count != after.count {
            let change = change(before.count, after.count);
            say(Rank::Event, format!("{name}'s {stage} ran {} times, {change}.", grouped(after.count)));
        }
        let mean = differs(before.mean_us, after.mean_us, Rank::Load);
        let longest = differs(before.max_us, after.max_us, Rank::Load);
        if let Some(rank) = mean.into_iter().chain(longest).min() {
            let times = |stage: &StageResult| {
                format!("{} (longest {})", span(stage.mean_us * 1e3), span(stage.max_us * 1e3))
            };
            let factor = factor(before.mean_us, after.mean_us);
            say(rank, format!("{name}'s {stage} takes {}, {} before{factor}.", times(after), times(before)));
        }
    }
    for after in &b.stages {
        if !a.stages.iter().any(|stage| stage.name == after.name) {
            say(Rank::Shape, format!("{name} has a new stage {}.", after.name));
        }
    }
}

fn scores(name: &str, a: &Scores, b: &Scores, say: &mut impl FnMut(Rank, String)) {
    let said = |value: Option<f64>| value.map_or("unknown".into(), |value| format!("{value:.3}"));
    for (what, before, after) in [("accuracy", a.accuracy, b.accuracy), ("macro F1", a.macro_f1, b.macro_f1)]
    {
        if before != after {
            let word = match (before, after) {
                (Some(before), Some(after)) if after > before => "rose",
                (Some(_), Some(_)) => "fell",
                _ => "went",
            };
            say(Rank::Score, format!("{name}'s {what} {word} from {} to {}.", said(before), said(after)));
        }
    }
    if a.labels != b.labels {
        let list = |labels: &[String]| if labels.is_empty() { "none".into() } else { labels.join(", ") };
        say(Rank::Shape, format!("{name}'s classes were {} and are {}.", list(&a.labels), list(&b.labels)));
    } else if a.confusion != b.confusion && (a.accuracy, a.macro_f1) == (b.accuracy, b.macro_f1) {
        say(Rank::Score, format!("{name} confuses other classes than before."));
    }
    if a.latency_ms != b.latency_ms {
        let said = |latency: Option<super::result::Latency>| {
            latency.map_or("unknown".into(), |latency| {
                format!("{} (longest {})", span(latency.median * 1e6), span(latency.max * 1e6))
            })
        };
        say(
            Rank::Score,
            format!("{name}'s latency was {} and is {}.", said(a.latency_ms), said(b.latency_ms)),
        );
    }
}

/// `3 more than before`, `none before`.
fn change(before: u64, after: u64) -> String {
    match (before, after) {
        (0, _) => "never before".into(),
        (before, after) if after > before => format!("{} more than before", grouped(after - before)),
        (before, after) => format!("{} fewer than before", grouped(before - after)),
    }
}

/// Where a figure's change belongs, if it changed.
fn differs(before: f64, after: f64, rank: Rank) -> Option<Rank> {
    if before == after {
        return None;
    }
    let share = (after - before).abs() / before.abs().max(after.abs());
    Some(if share < WORTH_SAYING { Rank::Detail } else { rank })
}

fn factor(before: f64, after: f64) -> String {
    if before <= 0.0 || after <= 0.0 {
        return String::new();
    }
    match after / before {
        factor if factor >= 1.2 => format!(": {} times as long", short(factor)),
        factor if factor <= 1.0 / 1.2 => format!(": {} times as fast", short(1.0 / factor)),
        _ => String::new(),
    }
}
