//! Time held against deadlines: what passes of a pipeline took and of what, and what stood before a loss of data. Added
//! up as the run goes, in memory that does not grow with it.

use crate::activity::{Holder, Recent, Segment};
use crate::histogram::Histogram;
use crate::time::TrueTime;

/// What the time from release to finish went into. The parts are exclusive and make up the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// From release to start: nobody had begun.
    pub delay_ns: u64,
    /// Transfers of the pipeline's own task, the CPU's part in them included.
    pub bus_ns: u64,
    /// Stages of its own task.
    pub stages_ns: u64,
    /// The CPU, beside both: drivers, the executor, interrupts, other tasks.
    pub other_cpu_ns: u64,
    /// Nobody ran.
    pub waiting_ns: u64,
}

impl Parts {
    pub fn sum(&self) -> u64 {
        self.delay_ns + self.bus_ns + self.stages_ns + self.other_cpu_ns + self.waiting_ns
    }

    fn add(&mut self, more: &Self) {
        self.delay_ns += more.delay_ns;
        self.bus_ns += more.bus_ns;
        self.stages_ns += more.stages_ns;
        self.other_cpu_ns += more.other_cpu_ns;
        self.waiting_ns += more.waiting_ns;
    }
}

/// One pass of a pipeline, with what was going on meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    pub released: TrueTime,
    pub started: TrueTime,
    pub finished: TrueTime,
    pub deadline_ns: u64,
    pub parts: Parts,
    /// CPU time from release to finish, whoever took it.
    pub cpu_ns: u64,
    /// In the order in which they began; of a very busy time, the latest.
    pub segments: Vec<Segment>,
}

impl Pass {
    pub fn response_ns(&self) -> u64 {
        self.finished.since(self.released)
    }
}

/// All passes of one pipeline.
#[derive(Clone, Debug)]
pub struct PipelineSum {
    pub name: &'static str,
    pub task: Option<&'static str>,
    /// From release to finish.
    pub response: Histogram,
    /// From release to start.
    pub start: Histogram,
    /// Of the latest pass.
    pub deadline_ns: u64,
    /// Deadline less response, the least; negative if one was missed.
    pub slack_ns: i64,
    pub misses: u64,
    /// Missed ones in a row, the most.
    pub misses_in_a_row: u64,
    missing: u64,
    pub first_miss: Option<TrueTime>,
    pub parts: Parts,
    pub cpu_ns: u64,
    /// Most CPU time that a pass took.
    pub max_cpu_ns: u64,
    /// The pass of the longest response; of several, the first.
    pub worst: Pass,
}

impl PipelineSum {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            task: None,
            response: Histogram::default(),
            start: Histogram::default(),
            deadline_ns: 0,
            slack_ns: i64::MAX,
            misses: 0,
            misses_in_a_row: 0,
            missing: 0,
            first_miss: None,
            parts: Parts::default(),
            cpu_ns: 0,
            max_cpu_ns: 0,
            worst: Pass::default(),
        }
    }

    /// Adds a pass. `response_ns` is by the node's own clock, as it judges its deadline itself.
    pub fn add(&mut self, pass: Pass, response_ns: u64, missed: bool, recent: &Recent, open: Segment) {
        self.start.add(pass.started.since(pass.released));
        self.deadline_ns = pass.deadline_ns;
        self.slack_ns = self.slack_ns.min(pass.deadline_ns as i64 - response_ns as i64);
        self.misses += u64::from(missed);
        self.missing = if missed { self.missing + 1 } else { 0 };
        self.misses_in_a_row = self.misses_in_a_row.max(self.missing);
        if missed && self.first_miss.is_none() {
            self.first_miss = Some(pass.released);
        }
        self.parts.add(&pass.parts);
        self.cpu_ns += pass.cpu_ns;
        self.max_cpu_ns = self.max_cpu_ns.max(pass.cpu_ns);
        let worst = self.response.count() == 0 || response_ns > self.response.max();
        self.response.add(response_ns);
        if worst {
            let mut segments: Vec<Segment> = recent.since(pass.released).copied().chain([open]).collect();
            segments.sort_by_key(|segment| (segment.start, std::cmp::Reverse(segment.end)));
            self.worst = Pass { segments, ..pass };
        }
    }
}

/// What `released..finished` went into. `open` is the CPU's time since it last was idle or began a poll.
pub fn account(
    (released, started, finished): (TrueTime, TrueTime, TrueTime),
    task: Option<&'static str>,
    recent: &Recent,
    open: Segment,
) -> (Parts, u64) {
    let mut parts = Parts { delay_ns: started.since(released), ..Parts::default() };
    let (mut cpu, mut cpu_since_start, mut cpu_on_bus) = (0, 0, 0);
    // Both are told at their ends. Going back in time, a transfer comes after the one poll in which it ended and before all
    // others that it lasted through.
    let (mut own_bus, mut poll): (Option<&Segment>, Option<&Segment>) = (None, None);
    let both = |bus: &Segment, poll: &Segment| poll.within(bus.start.max(started), bus.end.min(finished));
    for segment in [&open].into_iter().chain(recent.since(released)) {
        match segment.holder {
            Holder::Cpu => {
                cpu += segment.within(released, finished);
                cpu_since_start += segment.within(started, finished);
                cpu_on_bus += own_bus.map_or(0, |bus| both(bus, segment));
                poll = Some(segment);
            }
            Holder::Bus { task: of, .. } if of == task && segment.start >= started => {
                parts.bus_ns += segment.within(started, finished);
                cpu_on_bus += poll.map_or(0, |poll| both(segment, poll));
                own_bus = Some(segment);
            }
            Holder::Stage { task: of, .. } if of == task => {
                parts.stages_ns += segment.within(started, finished)
            }
            _ => {}
        }
    }
    let whole = finished.since(started);
    parts.bus_ns = parts.bus_ns.min(whole);
    parts.stages_ns = parts.stages_ns.min(whole - parts.bus_ns);
    let left = whole - parts.bus_ns - parts.stages_ns;
    parts.other_cpu_ns = cpu_since_start.saturating_sub(cpu_on_bus + parts.stages_ns).min(left);
    parts.waiting_ns = left - parts.other_cpu_ns;
    (parts, cpu)
}

/// A loss of data, and what was going on while the buffer filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overrun {
    pub source: &'static str,
    pub lost: u32,
    /// When the buffer began to fill unread, and when the loss was noticed.
    pub from: TrueTime,
    pub to: TrueTime,
    /// The longest first. A task's time is what lies outside its stages; `Cpu` is what belongs to no task.
    pub held: Vec<Held>,
    pub idle_ns: u64,
    /// Later than `from` if so much went on that not all of it is known any more.
    pub known_from: TrueTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub holder: Holder,
    pub ns: u64,
    pub times: u64,
}

/// More than this nobody reads.
const HELD: usize = 6;

impl Overrun {
    pub fn new(
        source: &'static str,
        lost: u32,
        (from, to): (TrueTime, TrueTime),
        recent: &Recent,
        open: Segment,
    ) -> Self {
        let mut held: Vec<Held> = Vec::new();
        let mut idle_ns = to.since(from);
        let mut cpu_ns = 0;
        for segment in recent.since(from).chain([&open]) {
            let ns = segment.within(from, to);
            if ns == 0 {
                continue;
            }
            if segment.holder == Holder::Cpu {
                idle_ns = idle_ns.saturating_sub(ns);
                cpu_ns += ns;
                continue;
            }
            match held.iter_mut().find(|held| held.holder == segment.holder) {
                Some(sum) => {
                    sum.ns += ns;
                    sum.times += 1;
                }
                None => held.push(Held { holder: segment.holder, ns, times: 1 }),
            }
        }
        // A task's time holds its stages' within it.
        let stages: Vec<Held> = held.clone();
        for sum in &mut held {
            if let Holder::Task(task) = sum.holder {
                let own = stages.iter().filter(
                    |stage| matches!(stage.holder, Holder::Stage { task: of, .. } if of == Some(task)),
                );
                sum.ns = sum.ns.saturating_sub(own.map(|stage| stage.ns).sum());
            }
        }
        let attributed: u64 = held
            .iter()
            .filter(|held| matches!(held.holder, Holder::Task(_) | Holder::Stage { .. }))
            .map(|held| held.ns)
            .sum();
        let beside = cpu_ns.saturating_sub(attributed);
        if beside > 0 {
            held.push(Held { holder: Holder::Cpu, ns: beside, times: 1 });
        }
        held.retain(|held| held.ns > 0);
        held.sort_by_key(|held| (std::cmp::Reverse(held.ns), held.holder));
        held.truncate(HELD);
        let known_from = recent.complete_from().max(from).min(to);
        idle_ns = idle_ns.saturating_sub(known_from.since(from));
        Self { source, lost, from, to, held, idle_ns, known_from }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ns: u64) -> TrueTime {
        TrueTime(ns)
    }

    fn segment(start: u64, end: u64, holder: Holder) -> Segment {
        Segment { start: at(start), end: at(end), holder }
    }

    const OWN: Option<&str> = Some("own");

    /// Late by 10, a transfer of 40 with 8 of CPU in it, a stage of 20, somebody else's 5, and 15 of nothing.
    fn recent() -> Recent {
        let mut recent = Recent::default();
        for (start, end, holder) in [
            (0, 10, Holder::Cpu),
            (10, 14, Holder::Cpu),
            (46, 50, Holder::Cpu),
            (10, 50, Holder::Bus { name: "i2c", address: Some(0x68), task: OWN }),
            (20, 60, Holder::Bus { name: "lcd", address: None, task: Some("screen") }),
            (65, 85, Holder::Stage { name: "fft", task: OWN }),
            (85, 90, Holder::Stage { name: "draw", task: Some("screen") }),
        ] {
            recent.push(at(start), at(end), holder);
        }
        recent
    }

    #[test]
    fn the_parts_are_those_of_a_hand_made_pass_and_make_up_the_whole() {
        let open = segment(65, 90, Holder::Cpu);
        let (parts, cpu) = account((at(0), at(10), at(90)), OWN, &recent(), open);
        let wanted = Parts { delay_ns: 10, bus_ns: 40, stages_ns: 20, other_cpu_ns: 5, waiting_ns: 15 };
        assert_eq!(parts, wanted);
        assert_eq!((parts.sum(), cpu), (90, 10 + 4 + 4 + 25));
    }

    #[test]
    fn a_loss_names_who_held_what_and_how_long_nobody_did() {
        let open = segment(65, 90, Holder::Cpu);
        let overrun = Overrun::new("imu", 7, (at(0), at(90)), &recent(), open);
        let held: Vec<(Holder, u64)> = overrun.held.iter().map(|held| (held.holder, held.ns)).collect();
        assert_eq!(
            held,
            [
                (Holder::Bus { name: "i2c", address: Some(0x68), task: OWN }, 40),
                (Holder::Bus { name: "lcd", address: None, task: Some("screen") }, 40),
                (Holder::Stage { name: "fft", task: OWN }, 20),
                (Holder::Cpu, 18),
                (Holder::Stage { name: "draw", task: Some("screen") }, 5),
            ]
        );
        assert_eq!(overrun.idle_ns, 90 - 43);
    }
}
