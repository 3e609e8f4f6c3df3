//! A window of somebody's choice, put together from a recorded run as the worst one was while it ran.

use crate::outcome::NodeOutcome;
use hal_shim::activity::{Holder, Segment};
use hal_shim::budget::Pass;
use hal_shim::time::TrueTime;
use hal_shim::trace::{Fact, Record};

/// The first window of a pipeline that was released at this time or later.
pub fn pass(node: &NodeOutcome, pipeline: &str, from: TrueTime) -> Option<Pass> {
    let mut pass = node.records.iter().find_map(|record| match &record.fact {
        Fact::Window { window, released, finished } if window.pipeline.0 == pipeline && *released >= from => {
            let started = *released + window.started.since(window.released).as_micros() * 1_000;
            let deadline_ns = window.deadline.as_micros() * 1_000;
            let (released, finished) = (*released, *finished);
            Some(Pass { released, started, finished, deadline_ns, ..Pass::default() })
        }
        _ => None,
    })?;
    let during = |segment: &Segment| segment.end > pass.released && segment.start <= pass.finished;
    pass.segments = node.records.iter().filter_map(segment).filter(during).collect();
    Some(pass)
}

fn segment(record: &Record) -> Option<Segment> {
    let (end, holder) = match record.fact {
        Fact::Poll { end } => (end, Holder::Cpu),
        Fact::Task { name, end } => (end, Holder::Task(name)),
        Fact::Stage { stage, end } => (end, Holder::Stage { name: stage.0, task: None }),
        Fact::Interrupt { source, end } => (end, Holder::Interrupt(source)),
        Fact::Held { end } => (end, Holder::Stall),
        Fact::I2c { bus, address, end, .. } => {
            (end, Holder::Bus { name: bus, address: Some(address), task: None })
        }
        Fact::Spi { end, .. } => (end, Holder::Bus { name: "lcd", address: None, task: None }),
        Fact::Flash { end, .. } => (end, Holder::Bus { name: "flash", address: None, task: None }),
        _ => return None,
    };
    Some(Segment { start: record.at, end, holder })
}
