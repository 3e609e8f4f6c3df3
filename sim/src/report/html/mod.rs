//! A run as one HTML file: no script, nothing to fetch, light and dark as the reader's system is.

mod bars;
mod chosen;
mod parts;
mod responses;
pub mod svg;
mod timeline;
mod truth;

use super::Judgement;
use super::numbers::{bytes, counted, grouped, percent, said_time, short, span};
use super::result::{hash_text, tool};
use super::text::verdict;
use crate::budget::study::{NodeStudy, Study};
use crate::budget::{headroom, words};
use crate::memory::{self, Footprint};
use crate::outcome::{NodeOutcome, Outcome};
use hal_shim::budget::PipelineSum;
use hal_shim::cost::Uncharged;
use hal_shim::time::TrueTime;
use std::fmt::Write;
use svg::escaped;

// Writing to a `String` cannot fail.
macro_rules! put {
    ($out:expr, $($part:tt)*) => { let _ = writeln!($out, $($part)*); };
}

/// `window`: the timeline is of the first window released then or later (the run must have been recorded), and not of the
/// one with the longest response. `stable` leaves wall time out.
pub fn html(judgement: &Judgement, study: Option<&Study>, window: Option<TrueTime>, stable: bool) -> String {
    let run = &judgement.outcome;
    let name = escaped(&run.scenario.name);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{name}</title>\n<style>\n{}</style></head>\n<body>\n",
        include_str!("style.css")
    );
    head(judgement, &name, stable, &mut out);
    expectations(judgement, &mut out);
    for (index, node) in run.nodes.iter().enumerate() {
        node_part(run, node, study.and_then(|study| study.nodes.get(index)), window, &mut out);
    }
    out.push_str("</body></html>\n");
    out
}

fn head(judgement: &Judgement, name: &str, stable: bool, out: &mut String) {
    let run = &judgement.outcome;
    put!(out, "<h1>{name}</h1>");
    if let Some(description) = &run.scenario.description {
        put!(out, "<p>{}</p>", escaped(description));
    }
    let well = judgement.failed() == 0 && judgement.breakdowns().is_empty() && !run.interrupted;
    let (class, sign) = if well { ("good", "✓") } else { ("bad", "✗") };
    put!(out, "<p><span class=\"badge {class}\">{sign} {}</span></p>", escaped(&verdict(judgement)));
    let speed = match stable {
        true => String::new(),
        false => format!(" at {}x real time", short(run.realtime_factor())),
    };
    put!(
        out,
        "<p class=\"faint\">{} simulated{speed} · seed {} · {} · trace {}</p>",
        said_time(run.simulated_ns),
        run.scenario.seed,
        tool(),
        hash_text(run.trace_hash)
    );
    put!(out, "<p class=\"faint\">{}</p>", provenance(run));
}

/// How far the times can be believed.
fn provenance(run: &Outcome) -> String {
    let Some(grade) = run.nodes.iter().filter_map(|node| node.sums.worst_grade).max() else {
        return "Times rest on nothing: no node ran.".into();
    };
    let mut standings: Vec<String> = run.nodes.iter().map(|node| node.costs.standing()).collect();
    standings.dedup();
    let uncharged: Vec<&str> = Uncharged::ALL.iter().map(|uncharged| uncharged.what).collect();
    format!(
        "Times are {} (the worst grade of their costs: {grade}). In no figure: {}.",
        escaped(&standings.join("; ")),
        uncharged.join(", ")
    )
}

fn expectations(judgement: &Judgement, out: &mut String) {
    if judgement.judged.is_empty() {
        return;
    }
    put!(out, "<h3>Expectations</h3><table><tr><th>expected</th><th></th><th>was</th></tr>");
    for judged in &judgement.judged {
        let (class, word) = if judged.ok { ("good", "✓ pass") } else { ("bad", "✗ FAIL") };
        put!(
            out,
            "<tr><td>{}</td><td class=\"{class}\">{word}</td><td>{}</td></tr>",
            escaped(&judged.what),
            escaped(&judged.actual)
        );
    }
    put!(out, "</table>");
}

fn node_part(
    run: &Outcome,
    node: &NodeOutcome,
    study: Option<&NodeStudy>,
    window: Option<TrueTime>,
    out: &mut String,
) {
    put!(
        out,
        "<h2>{} <span class=\"faint\">{} · {} · {} MHz</span></h2>",
        escaped(&node.name),
        escaped(&node.app),
        escaped(&node.board),
        node.cpu_mhz
    );
    if let Some(halt) = &node.halt {
        put!(out, "<p class=\"bad\">halted: {}</p>", escaped(&halt.to_string()));
    }
    tiles(run, node, out);
    if let Some(footprint) = Footprint::of(node.costs.mcu, &node.app) {
        let words = memory::text::words(&footprint).join(" · ");
        put!(out, "<p>Memory: {words} <span class=\"faint\">({})</span></p>", escaped(&footprint.source));
    }
    for overrun in node.sums.overruns_first.iter().take(3) {
        put!(out, "<p class=\"bad\">{}</p>", escaped(&words::overrun(overrun)));
    }
    for sum in &node.sums.pipelines {
        pipeline(run, node, sum, window, out);
    }
    if node.sums.stages.iter().any(|stage| stage.deadline_us.is_none()) {
        put!(out, "<h3>Stages: share of the CPU, and (outlined) of a deadline in the worst window</h3>");
        out.push_str(&bars::utilisation(node, run.simulated_ns));
    }
    match study {
        Some(study) => studied(study, out),
        None => derived(run, node, out),
    }
    buses(run, node, out);
    let events = truth::events(node, run.simulated_ns);
    if !events.is_empty() {
        put!(out, "<h3>What was true, and what the node said</h3>");
        out.push_str(&events);
    }
}

fn tiles(run: &Outcome, node: &NodeOutcome, out: &mut String) {
    let sums = &node.sums;
    put!(out, "<div class=\"tiles\">");
    let mut tile = |figure: String, about: &str, class: &str| {
        put!(out, "<div class=\"tile\"><b class=\"{class}\">{figure}</b><span>{about}</span></div>");
    };
    let tone = |count: u64| if count > 0 { "bad" } else { "good" };
    tile(percent(node.cpu_load(run.simulated_ns)), "CPU busy", "");
    if let Some(sum) = sums.pipelines.iter().min_by_key(|sum| sum.slack_ns) {
        let response = span(sum.response.max() as f64);
        tile(response, &format!("longest response of {}", span(sum.deadline_ns as f64)), tone(sum.misses));
    }
    tile(grouped(node.misses()), "deadlines missed", tone(node.misses()));
    tile(grouped(sums.overruns), "overruns", tone(sums.overruns));
    tile(grouped(sums.events.values().sum()), "events", "");
    put!(out, "</div>");
}

fn pipeline(
    run: &Outcome,
    node: &NodeOutcome,
    sum: &PipelineSum,
    window: Option<TrueTime>,
    out: &mut String,
) {
    put!(
        out,
        "<h3>Windows of {}: response times of {}</h3>",
        escaped(sum.name),
        counted(sum.response.count(), "window")
    );
    let at = |permille| span(sum.response.quantile(permille).unwrap_or_default() as f64);
    let sign = if sum.slack_ns < 0 { "-" } else { "" };
    put!(
        out,
        "<p>p50 {}, p99 {}, longest {}; deadline {}, slack {sign}{}; jitter of the start {}.</p>",
        at(500),
        at(990),
        span(sum.response.max() as f64),
        span(sum.deadline_ns as f64),
        span(sum.slack_ns.unsigned_abs() as f64),
        span((sum.start.max() - sum.start.min()) as f64)
    );
    out.push_str(&responses::histogram(sum));
    put!(out, "<h3>What a response goes into</h3><p>{}.</p>", escaped(&words::why(run, node, sum)));
    out.push_str(&parts::bar(sum));
    let chosen = window.map(|from| (from, chosen::pass(node, sum.name, from)));
    let released = |at: TrueTime| span(at.0 as f64);
    match chosen {
        None => {
            let at = released(sum.worst.released);
            put!(out, "<h3>The window of the longest response, released at {at}</h3>");
            out.push_str(&timeline::window(sum.name, &sum.worst));
        }
        Some((_, Some(pass))) => {
            put!(out, "<h3>The window released at {}</h3>", released(pass.released));
            out.push_str(&timeline::window(sum.name, &pass));
        }
        Some((from, None)) => {
            put!(
                out,
                "<p>No window of {} was released at {} or later.</p>",
                escaped(sum.name),
                released(from)
            );
        }
    }
}

fn studied(study: &NodeStudy, out: &mut String) {
    put!(
        out,
        "<h3>At the CPU frequencies of its board, each a run</h3><table><tr><th class=\"n\">at</th><th class=\"n\">CPU</th>\
         <th class=\"n\">derived</th><th class=\"n\">windows</th><th class=\"n\">misses</th><th class=\"n\">overruns</th>\
         <th class=\"n\">longest response</th><th class=\"n\">deadline</th><th></th></tr>"
    );
    for row in &study.rows {
        let Some(trial) = &row.run else { continue };
        let (class, word) =
            if row.fits(&study.base) { ("good", "✓ fits") } else { ("bad", "✗ does not fit") };
        let here = if row.predicted.mhz == study.mhz { ", as it stands" } else { "" };
        let unmet = trial.unmet(&study.base).map_or(String::new(), |unmet| format!(" ({})", escaped(&unmet)));
        let (response, deadline) = trial.worst.map_or(("-".into(), "-".into()), |(_, response, deadline)| {
            (span(response as f64), span(deadline as f64))
        });
        put!(
            out,
            "<tr><td class=\"n\">{} MHz</td><td class=\"n\">{}</td><td class=\"n faint\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{response}</td><td class=\"n\">{deadline}</td>\
             <td class=\"{class}\">{word}{here}{unmet}</td></tr>",
            row.predicted.mhz,
            percent(trial.utilisation),
            row.predicted.load(),
            grouped(trial.windows),
            grouped(trial.misses),
            grouped(trial.overruns)
        );
    }
    put!(out, "</table>");
    if !study.advice.is_empty() {
        let fits = study.base.in_time();
        let heading = if fits { "How far it could go" } else { "What must change to fit" };
        put!(out, "<h3>{heading} <span class=\"faint\">(each sentence is a run)</span></h3><ul>");
        for advice in &study.advice {
            let sets: Vec<String> =
                advice.sets.iter().map(|set| format!("<code>--set {}</code>", escaped(set))).collect();
            put!(out, "<li>{} {}</li>", escaped(&advice.text), sets.join(" "));
        }
        put!(out, "</ul>");
    }
}

fn derived(run: &Outcome, node: &NodeOutcome, out: &mut String) {
    let rows = headroom::predict(node, run.simulated_ns);
    if rows.is_empty() || node.sums.pipelines.is_empty() {
        return;
    }
    put!(
        out,
        "<h3>At the CPU frequencies of its board <span class=\"faint\">(derived from this run; --frequencies runs each)</span></h3>\
         <table><tr><th class=\"n\">at</th><th class=\"n\">CPU</th><th class=\"n\">longest response</th><th></th></tr>"
    );
    for row in &rows {
        let (class, word) = match row.fits() {
            Some(true) => ("good", "✓ fits"),
            Some(false) => ("bad", "✗ too slow"),
            None => ("faint", "only a run tells"),
        };
        let here = if row.mhz == node.cpu_mhz { ", as it stands" } else { "" };
        let longest = row.responses.iter().map(|(_, ns, _)| *ns).fold(0.0, f64::max);
        let longest = if row.utilisation < 1.0 { span(longest) } else { "without bound".into() };
        put!(
            out,
            "<tr><td class=\"n\">{} MHz</td><td class=\"n\">{}</td><td class=\"n\">{longest}</td><td class=\"{class}\">{word}{here}</td></tr>",
            row.mhz,
            row.load()
        );
    }
    put!(out, "</table>");
}

fn buses(run: &Outcome, node: &NodeOutcome, out: &mut String) {
    if node.sums.buses.is_empty() {
        return;
    }
    put!(
        out,
        "<h3>Buses</h3><table><tr><th>bus</th><th class=\"n\">transactions</th><th class=\"n\">bytes</th>\
         <th class=\"n\">busy</th><th class=\"n\">refused</th></tr>"
    );
    for (name, bus) in &node.sums.buses {
        put!(
            out,
            "<tr><td>{name}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            grouped(bus.transactions),
            bytes(bus.bytes),
            percent(bus.busy_ns as f64 / run.simulated_ns.max(1) as f64),
            grouped(bus.nacks)
        );
    }
    put!(out, "</table>");
}
