//! The ordered record of all that happened to one node, its hash, and the sums that reports are made of.
//!
//! Everything passes through [`Trace::note`]: it is hashed (the kinds listed in `hash_fact`), added up, and
//! kept as a record only if somebody asked for a recording. No float, no wall time and no wake-up enters the hash.

use crate::activity::{Holder, Recent, Segment};
use crate::budget::{Overrun, Pass, PipelineSum, account};
use crate::cost::Grade;
use crate::device::Unmodelled;
use crate::tap::Tap;
use crate::time::TrueTime;
use node_core::board::{BootCause, Exit};
use node_core::boards::FlashFacts;
use node_core::event::Event;
use node_core::meter::{Stage, Window};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use xxhash_rust::xxh3::Xxh3;

/// Raised whenever the same run would hash differently.
pub const HASH_VERSION: u32 = 1;

/// One thing that happened, and when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub at: TrueTime,
    pub fact: Fact,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Boot {
        cause: BootCause,
    },
    Exit {
        exit: Exit,
    },
    /// The CPU's rail went off under the program.
    PowerLost,
    /// The CPU ran the node's future.
    Poll {
        end: TrueTime,
    },
    /// A task was entered or left within a poll.
    Task {
        name: &'static str,
        end: TrueTime,
    },
    Stage {
        stage: Stage,
        end: TrueTime,
    },
    Window {
        window: Window,
        released: TrueTime,
        finished: TrueTime,
    },
    Interrupt {
        source: &'static str,
        end: TrueTime,
    },
    /// The CPU was held from outside (fault `stall`).
    Held {
        end: TrueTime,
    },
    I2c {
        bus: &'static str,
        address: u8,
        end: TrueTime,
        written: u32,
        read: u32,
        nack: bool,
    },
    Spi {
        end: TrueTime,
        bytes: u32,
    },
    /// The CPU waited for its flash.
    Flash {
        call: FlashCall,
        end: TrueTime,
    },
    Audio {
        complete: TrueTime,
        samples: u32,
        lost: u32,
    },
    /// The radio listened on all its channels.
    Scan {
        end: TrueTime,
        heard: u32,
    },
    Pin {
        pin: &'static str,
        level: bool,
    },
    /// `start..end` is what the event speaks of, in true time.
    Event {
        event: Event,
        start: TrueTime,
        end: TrueTime,
    },
    Unmodelled(Unmodelled),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlashCall {
    Read { offset: u32, bytes: u32 },
    Write { offset: u32, bytes: u32 },
    Erase { from: u32, to: u32 },
}

impl FlashCall {
    /// Bytes that cross the wire.
    pub fn bytes(self) -> u32 {
        match self {
            Self::Read { bytes, .. } | Self::Write { bytes, .. } => bytes,
            Self::Erase { .. } => 0,
        }
    }
}

#[derive(Clone, Debug)]
pub struct StageSum {
    pub name: &'static str,
    pub count: u64,
    pub total_ns: u64,
    /// How far `total_ns` may be off, by the error bars of the kernels that it is made of. Not in the hash: it says nothing of
    /// what happened.
    pub off_ns: f64,
    pub max_ns: u64,
    /// Of a whole pipeline pass; a single stage has none of its own.
    pub deadline_us: Option<u64>,
    pub misses: u64,
    /// The task it ran in last.
    pub task: Option<&'static str>,
    /// Its time between the ends of two passes, in millionths of the pass's deadline: the most. Passes are those of its
    /// own task's pipeline, or of any if its task has none.
    pub worst_ppm: u64,
    /// Its time since the last pass ended.
    pending_ns: u64,
}

#[derive(Clone, Debug, Default)]
pub struct BusSum {
    pub transactions: u64,
    pub bytes: u64,
    pub busy_ns: u64,
    pub nacks: u64,
}

/// An event as it was said, with its span in true time: what labels are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub at: TrueTime,
    pub start: TrueTime,
    pub end: TrueTime,
    pub event: Event,
}

#[derive(Clone, Debug, Default)]
pub struct Sums {
    pub stages: Vec<StageSum>,
    pub pipelines: Vec<PipelineSum>,
    /// The first few losses of data, with what stood before them.
    pub overruns_first: Vec<Overrun>,
    pub buses: BTreeMap<&'static str, BusSum>,
    /// Erases of each sector of the flash that was erased at all.
    pub sector_erases: BTreeMap<u32, u32>,
    pub events: BTreeMap<&'static str, u64>,
    pub said: Vec<Said>,
    /// Times that data was lost before the node read it, and how many samples or records.
    pub overruns: u64,
    pub lost: u64,
    pub boots: u64,
    /// When the CPU's rail went off under the program.
    pub power_losses: Vec<TrueTime>,
    pub polls: u64,
    pub interrupts: u64,
    pub unmodelled: u64,
    /// The first few, for the report.
    pub unmodelled_first: Vec<(TrueTime, Unmodelled)>,
    /// CPU time: all of it, and the part inside stages.
    pub busy_ns: u64,
    pub staged_ns: u64,
    /// Longest time that the CPU was held outside a stage.
    pub longest_unstaged_ns: u64,
    pub worst_grade: Option<Grade>,
}

impl Sums {
    /// All of it but the events themselves, which grow with the run.
    pub fn without_events(&self) -> Self {
        let Self { stages, pipelines, overruns_first, buses, sector_erases, events, power_losses, .. } = self;
        Self {
            stages: stages.clone(),
            pipelines: pipelines.clone(),
            overruns_first: overruns_first.clone(),
            buses: buses.clone(),
            sector_erases: sector_erases.clone(),
            events: events.clone(),
            said: Vec::new(),
            power_losses: power_losses.clone(),
            unmodelled_first: self.unmodelled_first.clone(),
            ..*self
        }
    }

    pub fn rests_on(&mut self, grade: Grade) {
        self.worst_grade = Some(self.worst_grade.map_or(grade, |worst| worst.max(grade)));
    }

    pub fn may_be_off(&mut self, stage: &'static str, ns: f64) {
        self.stage(stage).off_ns += ns;
    }

    fn stage(&mut self, name: &'static str) -> &mut StageSum {
        // A node has a dozen stages: a scan over pointers beats any map.
        let index = match self.stages.iter().position(|sum| std::ptr::eq(sum.name, name) || sum.name == name)
        {
            Some(index) => index,
            None => {
                self.stages.push(StageSum {
                    name,
                    count: 0,
                    total_ns: 0,
                    off_ns: 0.0,
                    max_ns: 0,
                    deadline_us: None,
                    misses: 0,
                    task: None,
                    worst_ppm: 0,
                    pending_ns: 0,
                });
                self.stages.len() - 1
            }
        };
        &mut self.stages[index]
    }

    fn pipeline(&mut self, name: &'static str) -> &mut PipelineSum {
        let index = self.pipelines.iter().position(|sum| sum.name == name).unwrap_or_else(|| {
            self.pipelines.push(PipelineSum::new(name));
            self.pipelines.len() - 1
        });
        &mut self.pipelines[index]
    }

    /// A pass of the pipeline of `task` ended: what its stages had of it.
    fn stages_of_a_pass(&mut self, task: Option<&'static str>, deadline_ns: u64) {
        let Self { stages, pipelines, .. } = self;
        let elsewhere = |of| of != task && pipelines.iter().any(|pipeline| pipeline.task == of);
        for stage in stages.iter_mut().filter(|stage| stage.pending_ns > 0 && !elsewhere(stage.task)) {
            let taken = u128::from(std::mem::take(&mut stage.pending_ns)) * 1_000_000;
            let ppm = (taken / u128::from(deadline_ns.max(1))) as u64;
            stage.worst_ppm = stage.worst_ppm.max(ppm);
        }
    }
}

const SECTOR_BYTES: u32 = FlashFacts::SECTOR_BYTES as u32;

/// Losses that are explained: the first ones, as what follows often follows from them.
const OVERRUNS_KEPT: usize = 8;

pub struct Trace {
    hash: Canonical,
    pub sums: Sums,
    records: Option<Vec<Record>>,
    recent: Recent,
    /// The task that runs; the machine keeps it up to date where a fact belongs to one.
    pub(crate) task: Option<&'static str>,
    /// Since when the CPU is not idle, or has begun its poll.
    cpu_since: TrueTime,
    /// When the last pass of each task's pipeline began.
    passes_began: Vec<(Option<&'static str>, TrueTime)>,
    booted: TrueTime,
    /// When the latest block of sound was complete that the program read before the next one was.
    audio_in_time: TrueTime,
    pub(crate) tap: Option<Tap>,
    pub(crate) tape: Option<Tape>,
}

/// Bytes that somebody writes down about the node's calls; what they mean is theirs.
#[derive(Default)]
pub(crate) struct Tape {
    bytes: Vec<u8>,
    /// All bytes so far, those that were taken as well.
    pub position: u32,
}

impl Tape {
    pub fn put(&mut self, bytes: &[u8]) {
        self.position = self.position.wrapping_add(bytes.len() as u32);
        self.bytes.extend_from_slice(bytes);
    }
}

impl Trace {
    pub fn new(recording: bool, tapping: bool, taping: bool) -> Self {
        let mut hash = Canonical(Xxh3::new());
        hash.write_u32(HASH_VERSION);
        let records = recording.then(Vec::new);
        Self {
            hash,
            sums: Sums::default(),
            records,
            recent: Recent::default(),
            task: None,
            cpu_since: TrueTime::START,
            passes_began: Vec::new(),
            booted: TrueTime::START,
            audio_in_time: TrueTime::START,
            tap: tapping.then(Tap::default),
            tape: taping.then(Tape::default),
        }
    }

    /// The hash of all that was noted so far.
    pub fn digest(&self) -> u64 {
        self.hash.0.digest()
    }

    /// Bytes that crossed a bus or came out of the microphone: they are part of the hash, not of the record.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.hash.0.update(bytes);
    }

    pub fn samples(&mut self, samples: &[i16]) {
        let mut bytes = [0u8; 256];
        for part in samples.chunks(bytes.len() / 2) {
            for (pair, sample) in bytes.chunks_exact_mut(2).zip(part) {
                pair.copy_from_slice(&sample.to_le_bytes());
            }
            self.hash.0.update(&bytes[..2 * part.len()]);
        }
    }

    pub fn note(&mut self, at: TrueTime, fact: Fact) {
        self.hash_fact(at, &fact);
        self.add_up(at, &fact);
        if let Some(records) = &mut self.records {
            records.push(Record { at, fact });
        }
    }

    /// The CPU comes out of idle.
    pub fn cpu_wakes(&mut self, at: TrueTime) {
        self.cpu_since = at;
    }

    /// Hands over what was tapped since the last call.
    pub fn take_tap(&mut self) -> Option<Tap> {
        self.tap.as_mut().map(std::mem::take)
    }

    /// Hands over what was put on the tape since the last call.
    pub fn take_tape(&mut self) -> Vec<u8> {
        self.tape.as_mut().map(|tape| std::mem::take(&mut tape.bytes)).unwrap_or_default()
    }

    /// Hands over what was recorded since the last call.
    pub fn take_records(&mut self) -> Vec<Record> {
        self.records.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What the hash covers. Polls, tasks, interrupts and holds are left out: they are how, not what.
    fn hash_fact(&mut self, at: TrueTime, fact: &Fact) {
        let hash = &mut self.hash;
        let mut head = |kind: u8| {
            hash.write_u8(kind);
            hash.write_u64(at.0);
        };
        match fact {
            Fact::Boot { cause } => {
                head(1);
                cause.hash(hash);
            }
            Fact::Exit { exit } => {
                head(2);
                exit.hash(hash);
            }
            Fact::Stage { stage, end } => {
                head(3);
                stage.hash(hash);
                hash.write_u64(end.0);
            }
            Fact::Window { window, .. } => {
                head(4);
                window.hash(hash);
            }
            Fact::I2c { bus, address, end, written, read, nack } => {
                head(5);
                (bus, address, end, written, read, nack).hash(hash);
            }
            Fact::Spi { end, bytes } => {
                head(6);
                (end, bytes).hash(hash);
            }
            Fact::Audio { complete, samples, lost } => {
                head(7);
                (complete, samples, lost).hash(hash);
            }
            Fact::Pin { pin, level } => {
                head(8);
                (pin, level).hash(hash);
            }
            Fact::Event { event, .. } => {
                head(9);
                event.hash(hash);
            }
            Fact::Unmodelled(access) => {
                head(10);
                access.hash(hash);
            }
            Fact::PowerLost => head(11),
            Fact::Scan { end, heard } => {
                head(12);
                (end, heard).hash(hash);
            }
            Fact::Flash { call, end } => {
                head(13);
                (call, end).hash(hash);
            }
            Fact::Poll { .. } | Fact::Task { .. } | Fact::Interrupt { .. } | Fact::Held { .. } => {}
        }
    }

    fn add_up(&mut self, at: TrueTime, fact: &Fact) {
        let (sums, recent, task) = (&mut self.sums, &mut self.recent, self.task);
        match *fact {
            Fact::Boot { .. } => {
                sums.boots += 1;
                self.cpu_since = at;
                self.booted = at;
                self.passes_began.clear();
            }
            Fact::Poll { end } => {
                sums.polls += 1;
                recent.push(self.cpu_since, end, Holder::Cpu);
                self.cpu_since = end;
            }
            Fact::Interrupt { source, end } => {
                sums.interrupts += 1;
                recent.push(at, end, Holder::Interrupt(source));
            }
            Fact::Held { end } => recent.push(at, end, Holder::Stall),
            Fact::Task { name, end } => recent.push(at, end, Holder::Task(name)),
            Fact::Stage { stage, end } => {
                let took = end.since(at);
                sums.staged_ns += took;
                let sum = sums.stage(stage.0);
                sum.count += 1;
                sum.total_ns += took;
                sum.max_ns = sum.max_ns.max(took);
                sum.task = task;
                sum.pending_ns += took;
                recent.push(at, end, Holder::Stage { name: stage.0, task });
            }
            Fact::Window { window, released, finished } => {
                let span_ns = |from, to: node_core::time::Instant| to.since(from).as_micros() * 1_000;
                let took = span_ns(window.released, window.finished);
                let deadline_ns = window.deadline.as_micros() * 1_000;
                let sum = sums.stage(window.pipeline.0);
                sum.count += 1;
                sum.total_ns += took;
                sum.max_ns = sum.max_ns.max(took);
                sum.deadline_us = Some(window.deadline.as_micros());
                sum.misses += u64::from(window.missed());
                sum.task = task;
                let started = (released + span_ns(window.released, window.started)).min(finished);
                let open = Segment { start: self.cpu_since, end: at, holder: Holder::Cpu };
                let (parts, cpu_ns) = account((released, started, finished), task, recent, open);
                let pass =
                    Pass { released, started, finished, deadline_ns, parts, cpu_ns, segments: Vec::new() };
                let pipeline = sums.pipeline(window.pipeline.0);
                pipeline.task = task;
                pipeline.add(pass, took, window.missed(), recent, open);
                sums.stages_of_a_pass(task, deadline_ns);
                match self.passes_began.iter_mut().find(|(of, _)| *of == task) {
                    Some((_, began)) => *began = started,
                    None => self.passes_began.push((task, started)),
                }
            }
            Fact::I2c { bus, address, end, written, read, nack } => {
                recent.push(at, end, Holder::Bus { name: bus, address: Some(address), task });
                let sum = sums.buses.entry(bus).or_default();
                sum.transactions += 1;
                sum.bytes += u64::from(written + read);
                sum.busy_ns += end.since(at);
                sum.nacks += u64::from(nack);
            }
            Fact::Spi { end, bytes } => {
                recent.push(at, end, Holder::Bus { name: "lcd", address: None, task });
                let sum = sums.buses.entry("lcd").or_default();
                sum.transactions += 1;
                sum.bytes += u64::from(bytes);
                sum.busy_ns += end.since(at);
            }
            Fact::Scan { end, .. } => {
                let sum = sums.buses.entry("radio").or_default();
                sum.transactions += 1;
                sum.busy_ns += end.since(at);
            }
            Fact::Flash { call, end } => {
                recent.push(at, end, Holder::Bus { name: "flash", address: None, task });
                let sum = sums.buses.entry("flash").or_default();
                sum.transactions += 1;
                sum.bytes += u64::from(call.bytes());
                sum.busy_ns += end.since(at);
                if let FlashCall::Erase { from, to } = call {
                    for sector in from / SECTOR_BYTES..to / SECTOR_BYTES {
                        *sums.sector_erases.entry(sector).or_default() += 1;
                    }
                }
            }
            Fact::Audio { complete, lost, .. } => {
                if lost > 0 {
                    sums.overruns += 1;
                    sums.lost += u64::from(lost);
                    // The block begins where the loss ends.
                    let from = self.audio_in_time.max(self.booted);
                    self.explain("microphone", lost, (from, at.max(from)));
                }
                // Served within a block's time: nothing else waits in the ring.
                if self.cpu_since.since(complete) < complete.since(at) {
                    self.audio_in_time = complete;
                }
            }
            Fact::Event { event, start, end } => {
                *sums.events.entry(event.kind()).or_default() += 1;
                // The audio ring tells its own losses; those of a chip's FIFO only the node can tell.
                if let Event::Overrun { source, lost } = event
                    && source != "microphone"
                {
                    sums.overruns += 1;
                    sums.lost += u64::from(lost);
                    // What a chip's FIFO holds, it has gathered since the task's last pass began with reading it.
                    let began = self.passes_began.iter().find(|(of, _)| *of == task);
                    let from = began.map_or(self.booted, |(_, began)| *began);
                    self.explain(source, lost, (from, at));
                }
                let sums = &mut self.sums;
                sums.said.push(Said { at, start, end, event });
            }
            Fact::Unmodelled(access) => {
                sums.unmodelled += 1;
                if sums.unmodelled_first.len() < 16 {
                    sums.unmodelled_first.push((at, access));
                }
            }
            Fact::PowerLost => sums.power_losses.push(at),
            Fact::Exit { .. } | Fact::Pin { .. } => {}
        }
    }

    /// Remembers what stood before one of the first losses.
    fn explain(&mut self, source: &'static str, lost: u32, span: (TrueTime, TrueTime)) {
        if self.sums.overruns_first.len() < OVERRUNS_KEPT {
            let open = Segment { start: self.cpu_since, end: span.1, holder: Holder::Cpu };
            let overrun = Overrun::new(source, lost, span, &self.recent, open);
            self.sums.overruns_first.push(overrun);
        }
    }
}

/// A hasher that gives the same on every machine: fixed byte order, fixed width.
struct Canonical(Xxh3);

impl Hasher for Canonical {
    fn finish(&self) -> u64 {
        self.0.digest()
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn write_u8(&mut self, value: u8) {
        self.0.update(&[value]);
    }
    fn write_u16(&mut self, value: u16) {
        self.0.update(&value.to_le_bytes());
    }
    fn write_u32(&mut self, value: u32) {
        self.0.update(&value.to_le_bytes());
    }
    fn write_u64(&mut self, value: u64) {
        self.0.update(&value.to_le_bytes());
    }
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
    fn write_i16(&mut self, value: i16) {
        self.0.update(&value.to_le_bytes());
    }
    fn write_i32(&mut self, value: i32) {
        self.0.update(&value.to_le_bytes());
    }
    fn write_i64(&mut self, value: i64) {
        self.0.update(&value.to_le_bytes());
    }
    // The discriminant of an enum arrives here.
    fn write_isize(&mut self, value: isize) {
        self.write_i64(value as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use node_core::time::Instant;

    fn step(count: u32) -> Fact {
        let event = Event::Step { at: Instant::from_micros(7), count };
        Fact::Event { event, start: TrueTime(7_000), end: TrueTime(7_000) }
    }

    #[test]
    fn the_hash_sees_values_times_and_bytes_but_not_polls() {
        let digest = |write: &dyn Fn(&mut Trace)| {
            let mut trace = Trace::new(false, false, false);
            write(&mut trace);
            trace.digest()
        };
        let base = digest(&|t| t.note(TrueTime(9), step(1)));
        assert_eq!(base, digest(&|t| t.note(TrueTime(9), step(1))));
        assert_ne!(base, digest(&|t| t.note(TrueTime(9), step(2))));
        assert_ne!(base, digest(&|t| t.note(TrueTime(8), step(1))));
        let with_poll = digest(&|t| {
            t.note(TrueTime(9), Fact::Poll { end: TrueTime(10) });
            t.note(TrueTime(9), step(1));
        });
        assert_eq!(base, with_poll);
        assert_ne!(digest(&|t| t.bytes(&[1])), digest(&|t| t.bytes(&[2])));
        assert_ne!(digest(&|t| t.samples(&[1, 2])), digest(&|t| t.samples(&[1, 3])));
    }

    /// Fixed for ever: a change here means a new HASH_VERSION.
    #[test]
    fn known_answer() {
        let mut trace = Trace::new(false, false, false);
        trace.note(TrueTime(9), step(1));
        trace.note(TrueTime(10), Fact::Pin { pin: "led", level: true });
        assert_eq!(format!("{:016x}", trace.digest()), "1f25c8bbed7b90bc");
    }
}
