//! What the sums of a budget say, in words: where a window's time went, and what stood before a loss.

use super::headroom;
use crate::outcome::{NodeOutcome, Outcome};
use crate::report::numbers::{counted, grouped, percent, span};
use hal_shim::activity::Holder;
use hal_shim::budget::{Overrun, Parts, PipelineSum};

/// The parts of a response with their names, the largest first; nothing that took no time.
pub fn parts(parts: &Parts) -> Vec<(&'static str, u64)> {
    let Parts { delay_ns, bus_ns, stages_ns, other_cpu_ns, waiting_ns } = *parts;
    let mut named = vec![
        ("late start", delay_ns),
        ("bus", bus_ns),
        ("stages", stages_ns),
        ("other CPU", other_cpu_ns),
        ("waiting", waiting_ns),
    ];
    named.retain(|(_, ns)| *ns > 0);
    named.sort_by_key(|(_, ns)| std::cmp::Reverse(*ns));
    named
}

/// `bus 81.2 %, stages 15.0 %, ...` of all passes.
pub fn breakdown(sum: &PipelineSum) -> String {
    let whole = sum.parts.sum().max(1) as f64;
    let said =
        parts(&sum.parts).into_iter().map(|(name, ns)| format!("{name} {}", percent(ns as f64 / whole)));
    said.collect::<Vec<_>>().join(", ")
}

/// Why a pipeline takes what it takes.
pub fn why(run: &Outcome, node: &NodeOutcome, sum: &PipelineSum) -> String {
    let Some(&(name, ns)) = parts(&sum.parts).first() else { return String::new() };
    let share = percent(ns as f64 / sum.parts.sum().max(1) as f64);
    let mean = span(ns as f64 / sum.response.count().max(1) as f64);
    let what = match name {
        "bus" => {
            format!("its own transfers on the bus, for which the CPU only waits{}", wire(run, node, sum))
        }
        "stages" => {
            let own =
                node.sums.stages.iter().filter(|stage| stage.deadline_us.is_none() && stage.task == sum.task);
            match own.max_by_key(|stage| (stage.total_ns, std::cmp::Reverse(stage.name))) {
                Some(stage) => format!("its stages, `{}` most of all", stage.name),
                None => "its stages".into(),
            }
        }
        "late start" => {
            "starting late: the CPU was with something else, or still with the window before".into()
        }
        "other CPU" => "drivers, interrupts, the executor and other tasks".into(),
        _ => "waiting for something that is neither the CPU nor a bus".into(),
    };
    format!("{share} of a response ({mean}) goes into {what}")
}

/// What the board's own bus has to carry: eight bits and an acknowledge a byte.
fn wire(run: &Outcome, node: &NodeOutcome, sum: &PipelineSum) -> String {
    let entry = run.scenario.nodes.iter().find(|entry| entry.name == node.name);
    let hz = entry.and_then(|entry| entry.i2c_hz).or_else(|| headroom::i2c_hz(&node.board));
    let (Some(hz), Some(bus)) = (hz, node.sums.buses.get("i2c")) else { return String::new() };
    let a_byte = 9e9 / f64::from(hz);
    let bytes = bus.bytes as f64 / sum.response.count().max(1) as f64;
    format!(
        ": at {} kHz a byte takes {}, and the bus carries {bytes:.0} of them a window ({})",
        f64::from(hz) / 1e3,
        span(a_byte),
        span(bytes * a_byte)
    )
}

pub fn holder(holder: Holder) -> String {
    match holder {
        Holder::Cpu => "CPU outside tasks".into(),
        Holder::Task(name) => format!("task {name} outside stages"),
        Holder::Stage { name, .. } => format!("stage {name}"),
        Holder::Bus { name, address: Some(address), .. } => format!("bus {name} to 0x{address:02x}"),
        Holder::Bus { name, address: None, .. } => format!("bus {name}"),
        Holder::Interrupt(source) => format!("interrupt {source}"),
        Holder::Stall => "CPU held by fault `stall`".into(),
    }
}

/// `at 2.31 s the microphone lost 312 samples: in the 85.3 ms before, ...`
pub fn overrun(overrun: &Overrun) -> String {
    let whole = overrun.to.since(overrun.from);
    let share = |ns: u64| percent(ns as f64 / whole.max(1) as f64);
    let mut said: Vec<String> = Vec::new();
    for held in overrun.held.iter().take(4) {
        let times = if held.times > 1 { format!(", {} times", grouped(held.times)) } else { String::new() };
        said.push(format!("{} {} ({}{times})", holder(held.holder), span(held.ns as f64), share(held.ns)));
    }
    if overrun.idle_ns > 0 {
        said.push(format!("CPU idle {} ({})", span(overrun.idle_ns as f64), share(overrun.idle_ns)));
    }
    let partly = if overrun.known_from > overrun.from { ", as far as still known" } else { "" };
    format!(
        "at {} {} of {} lost; while the buffer filled, {}{partly}: {}",
        span(overrun.to.0 as f64),
        counted(overrun.lost.into(), "sample"),
        overrun.source,
        span(whole as f64),
        said.join(", ")
    )
}
