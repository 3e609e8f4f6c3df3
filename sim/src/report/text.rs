//! The table that a person reads after a run. At most [`WIDTH`] columns, with or without colour.

use super::Judgement;
use super::numbers::{bytes, counted, grouped, percent, said_time, short, span};
use super::result::{expected_pairs, hash_text};
use super::table::{Align, Cell, Paint, Table, Tone, WIDTH, cut, flowing, width};
use crate::budget::headroom;
use crate::budget::study::Study;
use crate::budget::words;
use crate::memory::{self, Footprint};
use crate::outcome::{NodeOutcome, Outcome};
use crate::score::nearness::{self, Nearness};
use crate::score::{ClassScore, Judged, classes_against_labels, events_against_labels, median};
use hal_shim::cost::Uncharged;
use std::fmt::Write;

/// More classes than this do not fit beside each other.
const MATRIX_CLASSES: usize = 8;

/// `stable` leaves wall time out.
pub fn text(judgement: &Judgement, stable: bool, paint: Paint) -> String {
    let run = &judgement.outcome;
    let mut out = String::new();
    head(run, stable, paint, &mut out);
    for (index, node) in run.nodes.iter().enumerate() {
        out.push('\n');
        node_part(run, index, node, paint, &mut out);
    }
    expectations(judgement, paint, &mut out);
    foot(run, paint, &mut out);
    out
}

// Writing to a `String` cannot fail.
macro_rules! line {
    ($out:expr, $($part:tt)*) => { let _ = writeln!($out, $($part)*); };
}

fn head(run: &Outcome, stable: bool, paint: Paint, out: &mut String) {
    let seed = format!("seed {}", run.scenario.seed);
    let name = cut(&run.scenario.name, WIDTH - seed.len() - 2);
    let space = " ".repeat(WIDTH - width(&name) - width(&seed));
    line!(out, "{}{space}{}", paint.text(Tone::Strong, &name), paint.text(Tone::Faint, &seed));
    let mut said = format!("{} simulated", said_time(run.simulated_ns));
    if !stable {
        let factor = short(run.realtime_factor());
        let _ = write!(said, " in {}: {factor}x real time", span(run.wall.as_nanos() as f64));
        if run.nodes.len() > 1 {
            let _ = write!(said, " over {} nodes", run.nodes.len());
        }
    }
    line!(out, "{said}");
    if run.interrupted {
        let planned = said_time(run.scenario.duration_ns);
        line!(out, "{}", paint.text(Tone::Warning, &format!("stopped by hand: {planned} were asked for")));
    }
}

fn node_part(run: &Outcome, index: usize, node: &NodeOutcome, paint: Paint, out: &mut String) {
    let sums = &node.sums;
    let about = format!("{} · {} · {} MHz", node.app, node.board, node.cpu_mhz);
    line!(
        out,
        "{}  {}",
        paint.text(Tone::Strong, &node.name),
        cut(&about, WIDTH.saturating_sub(width(&node.name) + 2))
    );
    if let Some(halt) = &node.halt {
        for part in wrapped(&format!("halted: {halt}"), WIDTH - 2) {
            line!(out, "  {}", paint.text(Tone::Bad, &part));
        }
    }
    let mut cpu = vec![format!("{} busy", percent(node.cpu_load(run.simulated_ns)))];
    if sums.busy_ns > 0 {
        let outside = 1.0 - sums.staged_ns as f64 / sums.busy_ns as f64;
        cpu.push(format!(
            "{} of that outside stages (longest {})",
            percent(outside.max(0.0)),
            span(sums.longest_unstaged_ns as f64)
        ));
    }
    cpu.push(counted(sums.interrupts, "interrupt"));
    if sums.boots > 1 {
        cpu.push(counted(sums.boots, "boot"));
    }
    flowing("  CPU       ", cpu, out);
    let mut events: Vec<_> = sums.events.iter().collect();
    events.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), **kind));
    let events: Vec<String> =
        events.iter().map(|(kind, count)| format!("{} {kind}", grouped(**count))).collect();
    flowing("  events    ", if events.is_empty() { vec!["none".into()] } else { events }, out);
    if let Some(footprint) = Footprint::of(node.costs.mcu, &node.app) {
        flowing("  memory    ", memory::text::words(&footprint), out);
    }
    trouble(node, paint, out);
    pipelines(run, node, paint, out);
    stages(run, node, paint, out);
    buses(run, node, paint, out);
    scores(run, index, node, paint, out);
}

/// What went wrong inside the node, if anything.
fn trouble(node: &NodeOutcome, paint: Paint, out: &mut String) {
    let sums = &node.sums;
    let mut warn = |lead: &str, text: String| {
        for (index, part) in wrapped(&text, WIDTH - 12).into_iter().enumerate() {
            line!(out, "  {:<10}{}", if index == 0 { lead } else { "" }, paint.text(Tone::Warning, &part));
        }
    };
    for at in sums.power_losses.iter().take(3) {
        warn(
            "supply",
            format!("at {} the CPU's supply went off, and the program with it", span(at.0 as f64)),
        );
    }
    if sums.overruns > 0 {
        let times = counted(sums.overruns, "overrun");
        warn("lost", format!("{times}: {} samples were gone before the node read them", grouped(sums.lost)));
        if let Some(first) = sums.overruns_first.first() {
            warn("", words::overrun(first));
        }
    }
    if node.clipped_samples > 0 {
        warn(
            "clipped",
            format!("{} samples were too loud for the microphone", grouped(node.clipped_samples)),
        );
    }
    if sums.unmodelled > 0 {
        warn(
            "unmodelled",
            format!("{} times it asked for what a chip's model does not have:", grouped(sums.unmodelled)),
        );
        for (at, access) in sums.unmodelled_first.iter().take(3) {
            warn("", format!("at {}: {access}", span(at.0 as f64)));
        }
    }
}

/// Windows against their deadlines, and where their time goes.
fn pipelines(run: &Outcome, node: &NodeOutcome, paint: Paint, out: &mut String) {
    let sums = &node.sums;
    if sums.pipelines.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        ("window", Align::Left),
        ("count", Align::Right),
        ("p50", Align::Right),
        ("p99", Align::Right),
        ("max", Align::Right),
        ("deadline", Align::Right),
        ("slack", Align::Right),
        ("jitter", Align::Right),
        ("misses", Align::Right),
    ]);
    for sum in &sums.pipelines {
        let at = |permille| span(sum.response.quantile(permille).unwrap_or_default() as f64);
        let late = sum.slack_ns < 0;
        let tone = if late { Tone::Bad } else { Tone::Good };
        let sign = if late { "-" } else { "" };
        table.row(vec![
            Cell::new(sum.name).tone(Tone::Strong),
            Cell::new(grouped(sum.response.count())),
            Cell::new(at(500)),
            Cell::new(at(990)),
            Cell::new(span(sum.response.max() as f64)),
            Cell::new(span(sum.deadline_ns as f64)),
            Cell::new(format!("{sign}{}", span(sum.slack_ns.unsigned_abs() as f64))).tone(tone),
            Cell::new(span((sum.start.max() - sum.start.min()) as f64)),
            Cell::new(grouped(sum.misses)).tone(tone),
        ]);
    }
    out.push('\n');
    table.print(paint, out);
    for sum in &sums.pipelines {
        let several = sums.pipelines.len() > 1;
        let lead = if several { format!("{}: ", sum.name) } else { String::new() };
        for part in wrapped(&format!("{lead}{}", words::why(run, node, sum)), WIDTH - 2) {
            line!(out, "  {}", paint.text(Tone::Faint, &part));
        }
    }
    let there = headroom::predict(node, run.simulated_ns);
    let said = there.iter().filter(|at| at.mhz != node.cpu_mhz).map(|at| {
        let fits = match at.fits() {
            Some(true) => "",
            Some(false) => ", too slow",
            None => " (only a run tells)",
        };
        format!("{} MHz {}{fits}", at.mhz, at.load())
    });
    flowing("  derived   ", said, out);
}

fn stages(run: &Outcome, node: &NodeOutcome, paint: Paint, out: &mut String) {
    let mut stages: Vec<_> = node.sums.stages.iter().filter(|stage| stage.deadline_us.is_none()).collect();
    if stages.is_empty() {
        return;
    }
    stages.sort_by_key(|stage| (std::cmp::Reverse(stage.total_ns), stage.name));
    let mut table = Table::new(&[
        ("stage", Align::Left),
        ("count", Align::Right),
        ("mean", Align::Right),
        ("max", Align::Right),
        ("of the CPU", Align::Right),
        ("of a deadline, at most", Align::Right),
    ]);
    for stage in stages {
        let mean = stage.total_ns as f64 / stage.count.max(1) as f64;
        let worst = stage.worst_ppm as f64 * 1e-6;
        let tone = if worst > 1.0 { Tone::Bad } else { Tone::Plain };
        table.row(vec![
            Cell::new(stage.name),
            Cell::new(grouped(stage.count)),
            Cell::new(span(mean)),
            Cell::new(span(stage.max_ns as f64)),
            Cell::new(percent(stage.total_ns as f64 / run.simulated_ns.max(1) as f64)),
            Cell::new(if worst > 0.0 { percent(worst) } else { "-".into() }).tone(tone),
        ]);
    }
    out.push('\n');
    table.print(paint, out);
}

/// A node over the frequencies of its board, and what has to change or may.
pub fn study(study: &Study, paint: Paint) -> String {
    let mut out = String::new();
    for node in &study.nodes {
        let mut table = Table::new(&[
            ("at", Align::Right),
            ("CPU", Align::Right),
            ("derived", Align::Right),
            ("windows", Align::Right),
            ("misses", Align::Right),
            ("overruns", Align::Right),
            ("worst response", Align::Right),
            ("deadline", Align::Right),
            ("", Align::Left),
        ]);
        for row in &node.rows {
            let Some(trial) = &row.run else { continue };
            let fits = row.fits(&node.base);
            let here = if row.predicted.mhz == node.mhz { "as it stands" } else { "" };
            let verdict = if fits { "fits" } else { "does not fit" };
            let count =
                |count: u64| Cell::new(grouped(count)).tone(if count > 0 { Tone::Bad } else { Tone::Good });
            let of_worst = |pick: fn(&(&str, u64, u64)) -> u64| {
                trial.worst.as_ref().map_or("-".into(), |worst| span(pick(worst) as f64))
            };
            table.row(vec![
                Cell::new(format!("{} MHz", row.predicted.mhz)).tone(Tone::Strong),
                Cell::new(percent(trial.utilisation)),
                Cell::new(row.predicted.load()).tone(Tone::Faint),
                Cell::new(grouped(trial.windows)),
                count(trial.misses),
                count(trial.overruns),
                Cell::new(of_worst(|worst| worst.1)),
                Cell::new(of_worst(|worst| worst.2)),
                Cell::new(format!("{verdict} {here}")).tone(if fits { Tone::Good } else { Tone::Bad }),
            ]);
        }
        out.push('\n');
        line!(
            out,
            "{}  over the CPU frequencies of its board, each a run",
            paint.text(Tone::Strong, &node.name)
        );
        table.print(paint, &mut out);
        for row in &node.rows {
            if let Some(unmet) = row.run.as_ref().and_then(|trial| trial.unmet(&node.base)) {
                for part in wrapped(&format!("{} MHz: {unmet}", row.predicted.mhz), WIDTH - 4) {
                    line!(out, "    {}", paint.text(Tone::Faint, &part));
                }
            }
        }
        for advice in &node.advice {
            for (index, part) in wrapped(&advice.text, WIDTH - 4).into_iter().enumerate() {
                line!(out, "  {} {part}", if index == 0 { "-" } else { " " });
            }
            for set in &advice.sets {
                line!(out, "    {}", paint.text(Tone::Faint, &format!("--set {set}")));
            }
        }
    }
    out
}

fn buses(run: &Outcome, node: &NodeOutcome, paint: Paint, out: &mut String) {
    if node.sums.buses.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        ("bus", Align::Left),
        ("transactions", Align::Right),
        ("bytes", Align::Right),
        ("busy", Align::Right),
        ("refused", Align::Right),
    ]);
    for (name, bus) in &node.sums.buses {
        let busy = if run.simulated_ns == 0 { 0.0 } else { bus.busy_ns as f64 / run.simulated_ns as f64 };
        table.row(vec![
            Cell::new(*name),
            Cell::new(grouped(bus.transactions)),
            Cell::new(bytes(bus.bytes)),
            Cell::new(percent(busy)),
            Cell::new(grouped(bus.nacks)).tone(if bus.nacks > 0 { Tone::Warning } else { Tone::Plain }),
        ]);
    }
    out.push('\n');
    table.print(paint, out);
}

fn scores(run: &Outcome, index: usize, node: &NodeOutcome, paint: Paint, out: &mut String) {
    let mut table = Table::new(&[
        ("event for label", Align::Left),
        ("labels", Align::Right),
        ("found", Align::Right),
        ("missed", Align::Right),
        ("false alarms", Align::Right),
        ("latency", Align::Right),
        ("longest", Align::Right),
    ]);
    for (event, label) in expected_pairs(run, index) {
        let score = events_against_labels(run, node, event, label);
        let (missed, alarms) = (score.misses(), score.false_alarms());
        let tone = |count: u64| if count > 0 { Tone::Warning } else { Tone::Plain };
        table.row(vec![
            Cell::new(format!("{event} for {}", label.map_or("any".into(), |label| format!("\"{label}\"")))),
            Cell::new(grouped(score.labels)),
            Cell::new(grouped(score.matched)),
            Cell::new(grouped(missed)).tone(tone(missed)),
            Cell::new(grouped(alarms)).tone(tone(alarms)),
            Cell::new(median(&score.latencies_ns).map_or("-".into(), span)),
            Cell::new(score.latencies_ns.last().map_or("-".into(), |&longest| span(longest as f64))),
        ]);
    }
    if !table.is_empty() {
        out.push('\n');
        table.print(paint, out);
    }
    if let Some(classes) = classes_against_labels(run, node) {
        out.push('\n');
        class_part(&classes, paint, out);
    }
    let values = nearness::of_each_value(run, node);
    if !values.is_empty() {
        let said = |(name, near): &(&str, Nearness)| {
            format!("{name} {:.4} off, worst {:.4} of {}", near.mean, near.worst, grouped(near.count))
        };
        out.push('\n');
        flowing("  values    ", values.iter().map(said), out);
    }
    if let Some(Nearness { mean, worst, count }) = nearness::of_positions(run, node) {
        out.push('\n');
        let said = format!("{mean:.2} m off, worst {worst:.2} m of {}", grouped(count));
        flowing("  position  ", vec![said], out);
    }
}

fn class_part(score: &ClassScore, paint: Paint, out: &mut String) {
    let mut said = vec![match (score.accuracy(), score.macro_f1()) {
        (Some(accuracy), Some(f1)) => {
            format!("accuracy {accuracy:.3}, macro F1 {f1:.3} over {}", counted(score.scored(), "window"))
        }
        _ => "no window lies inside a label".into(),
    }];
    if score.excluded > 0 {
        said.push(format!("{} across a label's edge left out", grouped(score.excluded)));
    }
    if score.unlabelled > 0 {
        said.push(format!("{} without a label", grouped(score.unlabelled)));
    }
    if let (Some(median), Some(&longest)) = (median(&score.latencies_ns), score.latencies_ns.last()) {
        said.push(format!("latency {}, longest {}", span(median), span(longest as f64)));
    }
    flowing("  classes   ", said, out);
    if score.classes.len() <= MATRIX_CLASSES {
        let names: Vec<String> = score.classes.iter().map(|class| cut(class, 9)).collect();
        let mut columns = vec![("was \\ said", Align::Left)];
        columns.extend(names.iter().map(|name| (name.as_str(), Align::Right)));
        let mut table = Table::new(&columns);
        for (truth, (class, row)) in score.classes.iter().zip(&score.confusion).enumerate() {
            let cells = row.iter().enumerate().map(|(said, &count)| {
                let tone = match (truth == said, count) {
                    (_, 0) => Tone::Faint,
                    (true, _) => Tone::Good,
                    (false, _) => Tone::Bad,
                };
                Cell::new(grouped(count)).tone(tone)
            });
            table.row(std::iter::once(Cell::new(class.clone())).chain(cells).collect());
        }
        table.print(paint, out);
        return;
    }
    let mut mistakes: Vec<(u64, &str, &str)> = Vec::new();
    for (truth, row) in score.classes.iter().zip(&score.confusion) {
        for (said, &count) in score.classes.iter().zip(row) {
            if truth != said && count > 0 {
                mistakes.push((count, truth, said));
            }
        }
    }
    mistakes.sort_by_key(|&(count, truth, said)| (std::cmp::Reverse(count), truth, said));
    let worst = mistakes.iter().take(5).map(|(count, truth, said)| format!("{count} {truth} called {said}"));
    flowing("  mistaken  ", worst, out);
}

fn expectations(judgement: &Judgement, paint: Paint, out: &mut String) {
    if judgement.judged.is_empty() {
        return;
    }
    out.push('\n');
    // Two spaces before each column, and the verdict.
    const BESIDE: usize = 3 * 2 + 6;
    let said = judgement.judged.iter().map(|judged| width(&judged.what)).max().unwrap_or(0).min(56);
    let room = WIDTH - BESIDE - said;
    let mut table = Table::new(&[("expected", Align::Left), ("", Align::Left), ("was", Align::Left)]);
    for judged in &judgement.judged {
        let (word, tone) = if judged.ok { ("✓ pass", Tone::Good) } else { ("✗ FAIL", Tone::Bad) };
        table.row(vec![
            Cell::new(cut(&judged.what, said)),
            Cell::new(word).tone(tone),
            Cell::new(cut(&judged.actual, room)),
        ]);
    }
    table.print(paint, out);
    // What did not fit is said in full where it matters: below, for what failed.
    let short = |judged: &Judged| width(&judged.what) > said || width(&judged.actual) > room;
    for judged in judgement.judged.iter().filter(|judged| !judged.ok && short(judged)) {
        for part in wrapped(&format!("✗ {}: {}", judged.what, judged.actual), WIDTH - 2) {
            line!(out, "  {part}");
        }
    }
}

fn foot(run: &Outcome, paint: Paint, out: &mut String) {
    out.push('\n');
    if let Some(grade) = run.nodes.iter().filter_map(|node| node.sums.worst_grade).max() {
        let mut standings: Vec<String> = run.nodes.iter().map(|node| node.costs.standing()).collect();
        standings.dedup();
        let uncharged: Vec<&str> = Uncharged::ALL.iter().map(|uncharged| uncharged.what).collect();
        let costs = format!("costs: {}; the worst of them {grade}", standings.join("; "));
        for said in [costs, format!("in no figure: {}", uncharged.join(", "))] {
            for part in wrapped(&said, WIDTH) {
                line!(out, "{}", paint.text(Tone::Faint, &part));
            }
        }
    }
    line!(out, "{}", paint.text(Tone::Faint, &format!("trace: {}", hash_text(run.trace_hash))));
}

/// Broken between words.
pub fn wrapped(text: &str, wide: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().unwrap_or_else(|| unreachable!("there is always a line"));
        if last.is_empty() {
            *last = cut(word, wide);
        } else if width(last) + 1 + width(word) <= wide {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(cut(word, wide));
        }
    }
    lines
}

/// One line: what the run comes to.
pub fn verdict(judgement: &Judgement) -> String {
    let (count, failed) = (judgement.judged.len(), judgement.failed());
    let broken = judgement.breakdowns();
    if !broken.is_empty() {
        return format!("the run failed: {}", broken.join("; "));
    }
    let stopped = if judgement.outcome.interrupted { "stopped by hand: " } else { "" };
    match (count, failed) {
        (0, _) => format!("{stopped}done: the scenario expects nothing"),
        (_, 0) => format!("{stopped}pass: {} met", counted(count as u64, "expectation")),
        _ => format!("{stopped}FAIL: {failed} of {} not met", counted(count as u64, "expectation")),
    }
}
