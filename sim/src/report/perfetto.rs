//! A run as a trace that ui.perfetto.dev and chrome://tracing open: the Chrome JSON format, written as it is made.
//!
//! A node is a process; its tasks, stages, interrupts, buses, events and pins are the threads. A pipeline's pass may begin
//! before the one before it ended, so passes are asynchronous slices; each has a mark where its deadline lies.

use crate::outcome::{NodeOutcome, Outcome};
use hal_shim::trace::{Fact, FlashCall, Record};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the document. The run must have been recorded.
pub fn write(run: &Outcome, out: impl Write) -> io::Result<()> {
    let mut writer = Writer { out, first: true };
    writer.out.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    for (index, node) in run.nodes.iter().enumerate() {
        Process { id: index + 1, tracks: BTreeMap::new(), passes: 0 }.write(node, &mut writer)?;
    }
    writer.out.write_all(b"\n]}\n")?;
    writer.out.flush()
}

struct Writer<W> {
    out: W,
    first: bool,
}

impl<W: Write> Writer<W> {
    /// One event. `more` is what it has besides a phase, a name, a place and a time.
    fn event(
        &mut self,
        phase: char,
        name: &str,
        pid: usize,
        tid: usize,
        at_ns: u64,
        more: &str,
    ) -> io::Result<()> {
        self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        write!(
            self.out,
            "{{\"ph\":\"{phase}\",\"name\":{},\"pid\":{pid},\"tid\":{tid},\"ts\":{}{more}}}",
            quoted(name),
            micros(at_ns)
        )
    }
}

fn quoted(text: &str) -> Value {
    Value::String(text.to_string())
}

/// The format counts in microseconds.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000, ns % 1_000)
}

struct Process {
    id: usize,
    /// Threads by name, in the order in which they are shown.
    tracks: BTreeMap<String, usize>,
    passes: u64,
}

impl Process {
    fn write<W: Write>(mut self, node: &NodeOutcome, out: &mut Writer<W>) -> io::Result<()> {
        let name = format!("{} ({})", node.name, node.app);
        out.event('M', "process_name", self.id, 0, 0, &format!(",\"args\":{}", json!({ "name": name })))?;
        for label in &node.labels {
            let length = label.end_ns.saturating_sub(label.start_ns);
            self.slice(out, "labels (truth)", &label.label, label.start_ns, length, Value::Null)?;
        }
        for record in &node.records {
            self.record(record, out)?;
        }
        Ok(())
    }

    fn track<W: Write>(&mut self, out: &mut Writer<W>, name: &str) -> io::Result<usize> {
        if let Some(&id) = self.tracks.get(name) {
            return Ok(id);
        }
        let id = self.tracks.len() + 1;
        self.tracks.insert(name.to_string(), id);
        out.event('M', "thread_name", self.id, id, 0, &format!(",\"args\":{}", json!({ "name": name })))?;
        let order = ORDER.iter().position(|known| name.starts_with(known)).unwrap_or(ORDER.len());
        out.event(
            'M',
            "thread_sort_index",
            self.id,
            id,
            0,
            &format!(",\"args\":{{\"sort_index\":{order}}}"),
        )?;
        Ok(id)
    }

    fn slice<W: Write>(
        &mut self,
        out: &mut Writer<W>,
        track: &str,
        name: &str,
        at: u64,
        length: u64,
        args: Value,
    ) -> io::Result<()> {
        let track = self.track(out, track)?;
        let args = if args.is_null() { String::new() } else { format!(",\"args\":{args}") };
        out.event('X', name, self.id, track, at, &format!(",\"dur\":{}{args}", micros(length)))
    }

    fn mark<W: Write>(
        &mut self,
        out: &mut Writer<W>,
        track: &str,
        name: &str,
        at: u64,
        args: Value,
    ) -> io::Result<()> {
        let track = self.track(out, track)?;
        let args = if args.is_null() { String::new() } else { format!(",\"args\":{args}") };
        out.event('i', name, self.id, track, at, &format!(",\"s\":\"t\"{args}"))
    }

    fn record<W: Write>(&mut self, record: &Record, out: &mut Writer<W>) -> io::Result<()> {
        let at = record.at.0;
        let length = |end: hal_shim::time::TrueTime| end.since(record.at);
        match &record.fact {
            Fact::Boot { cause } => self.mark(out, "power", &format!("boot: {cause:?}"), at, Value::Null),
            Fact::Exit { exit } => self.mark(out, "power", &format!("exit: {exit:?}"), at, Value::Null),
            Fact::PowerLost => self.mark(out, "power", "power lost", at, Value::Null),
            Fact::Poll { end } => self.slice(out, "cpu", "poll", at, length(*end), Value::Null),
            Fact::Task { name, end } => self.slice(out, "tasks", name, at, length(*end), Value::Null),
            Fact::Stage { stage, end } => self.slice(out, "stages", stage.0, at, length(*end), Value::Null),
            Fact::Window { window, released, finished } => {
                let track = format!("pipeline {}", window.pipeline.0);
                let tid = self.track(out, &track)?;
                self.passes += 1;
                let id = format!(",\"cat\":\"pipeline\",\"id\":\"{}.{}\"", self.id, self.passes);
                let missed = window.missed();
                let name = if missed { "missed its deadline" } else { window.pipeline.0 };
                out.event('b', name, self.id, tid, released.0, &id)?;
                out.event('e', name, self.id, tid, finished.0, &id)?;
                let due = released.0 + window.deadline.as_micros() * 1_000;
                if missed {
                    let name = format!("{} is late", window.pipeline.0);
                    let late = finished.0.saturating_sub(due);
                    self.slice(out, "missed windows", &name, due, late, json!({ "late_us": late / 1_000 }))?;
                }
                let mark = if missed { "deadline, missed" } else { "deadline" };
                self.mark(out, "deadlines", mark, due, json!({ "pipeline": window.pipeline.0 }))
            }
            Fact::Interrupt { source, end } => {
                self.slice(out, "interrupts", source, at, length(*end), Value::Null)
            }
            Fact::Held { end } => {
                self.slice(out, "interrupts", "stall (fault)", at, length(*end), Value::Null)
            }
            Fact::I2c { bus, address, end, written, read, nack } => {
                let name =
                    if *nack { format!("0x{address:02x} refused") } else { format!("0x{address:02x}") };
                let args = json!({ "written": written, "read": read });
                self.slice(out, &format!("bus {bus}"), &name, at, length(*end), args)
            }
            Fact::Spi { end, bytes } => {
                self.slice(out, "bus lcd", "write", at, length(*end), json!({ "bytes": bytes }))
            }
            Fact::Scan { end, heard } => {
                self.slice(out, "radio", "scan", at, length(*end), json!({ "heard": heard }))
            }
            Fact::Flash { call, end } => {
                let (name, from) = match call {
                    FlashCall::Read { offset, .. } => ("read", offset),
                    FlashCall::Write { offset, .. } => ("write", offset),
                    FlashCall::Erase { from, .. } => ("erase", from),
                };
                let args = json!({ "offset": from, "bytes": call.bytes() });
                self.slice(out, "bus flash", name, at, length(*end), args)
            }
            Fact::Audio { complete, samples, lost } => {
                let name = if *lost > 0 { "block after a loss" } else { "block" };
                let args = json!({ "samples": samples, "lost": lost, "complete_us": complete.0 / 1_000 });
                self.mark(out, "audio", name, at, args)
            }
            Fact::Pin { pin, level } => {
                let level = u8::from(*level);
                out.event(
                    'C',
                    &format!("pin {pin}"),
                    self.id,
                    0,
                    at,
                    &format!(",\"args\":{{\"level\":{level}}}"),
                )
            }
            Fact::Event { event, start, end } => {
                let args = json!({ "says": format!("{event:?}"), "from_us": start.0 / 1_000, "to_us": end.0 / 1_000 });
                self.mark(out, "events", event.kind(), at, args)
            }
            Fact::Unmodelled(access) => {
                self.mark(out, "events", "unmodelled", at, json!({ "what": access.to_string() }))
            }
        }
    }
}

/// How the threads stand below each other.
const ORDER: &[&str] = &[
    "labels",
    "events",
    "pipeline",
    "deadlines",
    "missed windows",
    "stages",
    "tasks",
    "cpu",
    "interrupts",
    "audio",
    "bus",
    "power",
];
