//! One node's hardware as its peripherals see it: the true time, the CPU that is late by what it computed, timers,
//! the supply and the trace. Every peripheral of a node holds an `Rc` of this; nothing of it leaves the node.

use crate::cost::CostTable;
use crate::device::{Surroundings, Unmodelled};
use crate::supply::Supply;
use crate::time::{Drift, TrueTime};
use crate::trace::{Fact, Trace};
use node_core::time::{Duration, Instant};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub(crate) struct Machine {
    now: Cell<TrueTime>,
    booted_at: Cell<TrueTime>,
    crystal: Drift,
    cpu_mhz: Cell<u32>,
    /// True nanoseconds per CPU cycle, in 2^-32.
    cycle_q32: Cell<u64>,
    /// What charges have left below a nanosecond, in 2^-32.
    cycle_rest: Cell<u64>,
    /// CPU time since the last stage or idle: nothing may hold the CPU long outside a stage.
    unstaged_since: Cell<TrueTime>,
    timers: RefCell<Timers>,
    /// The earliest timer or hold: until then, computing is an addition.
    next_due: Cell<TrueTime>,
    /// Waits within this poll that were over before they began.
    ready_at_once: Cell<u32>,
    /// The CPU is held at these times for so long (fault `stall`), in order of time.
    holds: RefCell<Vec<Hold>>,
    pub costs: Arc<CostTable>,
    pub supply: RefCell<Supply>,
    pub trace: RefCell<Trace>,
    unmodelled: RefCell<Vec<Unmodelled>>,
    /// A stage that costs so many thousandths of what the table says.
    stage_scale: RefCell<Option<(String, u32)>>,
    deadlines: RefCell<Vec<(String, Duration)>>,
    task: Cell<Option<&'static str>>,
    last_task: Cell<Option<&'static str>>,
    task_since: Cell<TrueTime>,
}

/// Waits of no time in one poll, before it has to yield.
const READY_LIMIT: u32 = 100;

/// Later than any time.
pub(crate) const NEVER: TrueTime = TrueTime(u64::MAX);

pub(crate) struct Hold {
    pub at: TrueTime,
    pub ns: u64,
    pub struck: crate::fault::Strikes,
}

impl Machine {
    pub fn new(costs: Arc<CostTable>, crystal: Drift, supply: Supply, mhz: u32, trace: Trace) -> Rc<Self> {
        let machine = Self {
            now: Cell::default(),
            booted_at: Cell::default(),
            crystal,
            cpu_mhz: Cell::new(mhz),
            cycle_q32: Cell::new(0),
            cycle_rest: Cell::new(0),
            unstaged_since: Cell::default(),
            timers: RefCell::default(),
            next_due: Cell::new(NEVER),
            ready_at_once: Cell::new(0),
            holds: RefCell::default(),
            costs,
            supply: RefCell::new(supply),
            trace: RefCell::new(trace),
            unmodelled: RefCell::default(),
            stage_scale: RefCell::default(),
            deadlines: RefCell::default(),
            task: Cell::new(None),
            last_task: Cell::new(None),
            task_since: Cell::default(),
        };
        machine.set_cpu_mhz(mhz);
        machine.trace.borrow_mut().sums.rests_on(machine.costs.fixed.worst_grade());
        Rc::new(machine)
    }

    pub fn hold(&self, holds: Vec<Hold>) {
        *self.holds.borrow_mut() = holds;
        self.holds.borrow_mut().sort_by_key(|hold| std::cmp::Reverse(hold.at));
        self.look_ahead();
    }

    pub fn now(&self) -> TrueTime {
        self.now.get()
    }

    pub fn cpu_mhz(&self) -> u32 {
        self.cpu_mhz.get()
    }

    pub fn set_cpu_mhz(&self, mhz: u32) {
        self.cpu_mhz.set(mhz);
        let period_ns = self.crystal.period_ns(f64::from(mhz) * 1e6);
        self.cycle_q32.set((period_ns * (1u64 << 32) as f64) as u64);
    }

    pub fn crystal(&self) -> Drift {
        self.crystal
    }

    pub fn boot(&self, at: TrueTime) {
        self.now.set(at);
        self.booted_at.set(at);
        self.unstaged_since.set(at);
    }

    /// What the node's clock reads at a true time.
    pub fn node_time(&self, at: TrueTime) -> Instant {
        Instant::from_micros(self.crystal.local_ns(at.since(self.booted_at.get())) / 1_000)
    }

    /// The earliest true time at which the node's clock reads `at`.
    pub fn true_time(&self, at: Instant) -> TrueTime {
        self.booted_at.get() + self.crystal_ns(at.as_micros().saturating_mul(1_000))
    }

    /// True length of `ns` as this board's crystal counts them; what is longer than a century is for ever.
    pub fn crystal_ns(&self, ns: u64) -> u64 {
        const CENTURY_NS: u64 = 100 * 366 * 86_400 * 1_000_000_000;
        self.crystal.true_ns(ns.min(CENTURY_NS))
    }

    // ---- the CPU ----

    /// The CPU computes for so many cycles; interrupts that fall into that time lengthen it.
    pub fn charge(&self, cycles: u64) {
        let q32 = cycles as u128 * self.cycle_q32.get() as u128 + self.cycle_rest.get() as u128;
        self.cycle_rest.set(q32 as u32 as u64);
        let begin = self.now.get();
        let mut end = begin + (q32 >> 32) as u64;
        self.trace.borrow_mut().sums.busy_ns += end.since(begin);
        if end < self.next_due.get() {
            self.now.set(end);
            return;
        }
        while let Some(due) = self.take_due(end) {
            due.waker.wake();
            end = self.interrupted(due.at.max(begin), due.source, end);
        }
        while let Some(longer) = self.held(end) {
            end = longer;
        }
        self.now.set(end);
        self.look_ahead();
    }

    /// The CPU waits for `ns` and serves no interrupt: what falls due meanwhile comes after.
    pub fn stall(&self, ns: u64) {
        self.now.set(self.now.get() + ns);
        self.unstaged_since.set(self.unstaged_since.get() + ns);
        self.trace.borrow_mut().sums.busy_ns += ns;
        self.charge(0);
    }

    fn look_ahead(&self) {
        let hold = self.holds.borrow().last().map_or(NEVER, |hold| hold.at);
        let timer = self.timers.borrow().next().unwrap_or(NEVER);
        self.next_due.set(timer.min(hold));
    }

    /// The CPU computes for `cycles` as part of a stage that began at `begin`.
    pub fn charge_stage(&self, cycles: u64) {
        let before = self.now.get();
        let since = self.unstaged_since.get();
        {
            let sums = &mut self.trace.borrow_mut().sums;
            sums.longest_unstaged_ns = sums.longest_unstaged_ns.max(before.since(since));
        }
        self.charge(cycles);
        self.unstaged_since.set(self.now.get());
    }

    pub fn scale_stage(&self, name: &str, permille: u32) {
        *self.stage_scale.borrow_mut() = Some((name.to_string(), permille));
    }

    pub fn scaled(&self, stage: &str, cycles: u64) -> u64 {
        match &*self.stage_scale.borrow() {
            Some((name, permille)) if name == stage => cycles * u64::from(*permille) / 1_000,
            _ => cycles,
        }
    }

    pub fn set_deadline(&self, pipeline: &str, within: Duration) {
        let mut deadlines = self.deadlines.borrow_mut();
        deadlines.retain(|(name, _)| name != pipeline);
        deadlines.push((pipeline.to_string(), within));
    }

    /// The deadline that was set for a pipeline, if one was.
    pub fn deadline(&self, pipeline: &str) -> Option<Duration> {
        let deadlines = self.deadlines.borrow();
        deadlines.iter().find(|(name, _)| name == pipeline).map(|(_, within)| *within)
    }

    fn interrupted(&self, at: TrueTime, source: &'static str, end: TrueTime) -> TrueTime {
        let cycles = self.costs.fixed.interrupt.value as u64;
        let ns = ((cycles as u128 * self.cycle_q32.get() as u128) >> 32) as u64;
        let trace = &mut self.trace.borrow_mut();
        trace.sums.busy_ns += ns;
        trace.note(at, Fact::Interrupt { source, end: at + ns });
        end + ns
    }

    fn held(&self, end: TrueTime) -> Option<TrueTime> {
        let mut holds = self.holds.borrow_mut();
        let hold = holds.pop_if(|hold| hold.at <= end)?;
        hold.struck.add();
        let mut trace = self.trace.borrow_mut();
        trace.sums.busy_ns += hold.ns;
        trace.note(end, Fact::Held { end: end + hold.ns });
        Some(end + hold.ns)
    }

    /// When idling would end.
    pub fn next_due(&self) -> TrueTime {
        self.next_due.get()
    }

    /// Jumps to the next timer at or before `limit` and runs its interrupt. False if there is none.
    pub fn idle_until_next(&self, limit: TrueTime) -> bool {
        let next = self.next_due.get();
        if next > limit || next == NEVER {
            return false;
        }
        let begin = self.now.get().max(next);
        self.now.set(begin);
        self.unstaged_since.set(begin);
        self.trace.borrow_mut().cpu_wakes(begin);
        // The interrupt's own cycles; this fires every timer due by its end.
        self.charge(0);
        true
    }

    fn take_due(&self, end: TrueTime) -> Option<Entry> {
        self.timers.borrow_mut().take_due(end)
    }

    pub fn wake_up(&self) {
        self.charge(self.costs.fixed.wake.value as u64);
    }

    /// The node's future is about to be polled; returns when.
    pub fn begin_poll(&self) -> TrueTime {
        self.ready_at_once.set(0);
        self.now.get()
    }

    // ---- tasks ----

    pub fn enter(&self, task: Option<&'static str>) -> Option<&'static str> {
        let outer = self.task.replace(task);
        if task.is_some() {
            self.last_task.set(task);
        }
        let now = self.now.get();
        let since = self.task_since.replace(now);
        if let Some(name) = outer
            && since < now
        {
            self.note(since, Fact::Task { name, end: now });
        }
        outer
    }

    /// The task that ran last: whom to name when one never yields.
    pub fn last_task(&self) -> &'static str {
        self.last_task.get().unwrap_or("run")
    }

    // ---- chips ----

    /// Lets a chip act with its surroundings, and notes what it could not do.
    pub fn around<R>(&self, at: TrueTime, act: impl FnOnce(&mut Surroundings) -> R) -> R {
        let mut unmodelled = self.unmodelled.borrow_mut();
        let result =
            act(&mut Surroundings { supply: &mut self.supply.borrow_mut(), unmodelled: &mut unmodelled });
        for access in unmodelled.drain(..) {
            self.trace.borrow_mut().note(at, Fact::Unmodelled(access));
        }
        result
    }

    pub fn note(&self, at: TrueTime, fact: Fact) {
        let mut trace = self.trace.borrow_mut();
        trace.task = self.task.get();
        trace.note(at, fact);
    }

    // ---- timers ----

    /// Completes when true time has reached `at` and the CPU noticed.
    pub fn at(self: &Rc<Self>, at: TrueTime, source: &'static str) -> At {
        At { machine: self.clone(), at, source, timer: None }
    }

    /// An interrupt at `at` that nobody cancels: it wakes whoever waits for what a hand does.
    pub fn interrupt(&self, at: TrueTime, source: &'static str, waker: &Waker) {
        self.timers.borrow_mut().register(None, at, source, waker);
        self.next_due.set(self.next_due.get().min(at));
    }

    pub fn forget_timers(&self) {
        self.timers.borrow_mut().entries.clear();
        self.look_ahead();
    }
}

/// A future of a point in true time. Dropped before, it leaves no trace: a cancelled timer wakes nobody.
pub(crate) struct At {
    machine: Rc<Machine>,
    at: TrueTime,
    source: &'static str,
    timer: Option<u64>,
}

impl Future for At {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        if self.machine.now() >= self.at {
            self.cancel();
            let count = self.machine.ready_at_once.get() + 1;
            self.machine.ready_at_once.set(count);
            if count < READY_LIMIT {
                return Poll::Ready(());
            }
            // A loop around waits of no time would never come back: it has to, so that it can be told.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let this = &mut *self;
        let machine = &this.machine;
        this.timer =
            Some(machine.timers.borrow_mut().register(this.timer, this.at, this.source, context.waker()));
        machine.next_due.set(machine.next_due.get().min(this.at));
        Poll::Pending
    }
}

impl At {
    fn cancel(&mut self) {
        if let Some(id) = self.timer.take() {
            self.machine.timers.borrow_mut().cancel(id);
            if self.machine.next_due.get() == self.at {
                self.machine.look_ahead();
            }
        }
    }
}

impl Drop for At {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// The few points in time that somebody waits for.
#[derive(Default)]
struct Timers {
    entries: Vec<Entry>,
    next_id: u64,
}

struct Entry {
    id: u64,
    at: TrueTime,
    source: &'static str,
    waker: Waker,
}

impl Timers {
    fn register(&mut self, id: Option<u64>, at: TrueTime, source: &'static str, waker: &Waker) -> u64 {
        if let Some(id) = id
            && let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id)
        {
            entry.waker.clone_from(waker);
            return id;
        }
        self.next_id += 1;
        self.entries.push(Entry { id: self.next_id, at, source, waker: waker.clone() });
        self.next_id
    }

    fn cancel(&mut self, id: u64) {
        if let Some(index) = self.entries.iter().position(|entry| entry.id == id) {
            self.entries.swap_remove(index);
        }
    }

    fn next(&self) -> Option<TrueTime> {
        self.entries.iter().map(|entry| entry.at).min()
    }

    /// The earliest entry at or before `end`; entries of one time in the order they were made.
    fn take_due(&mut self, end: TrueTime) -> Option<Entry> {
        let (index, entry) = self
            .entries
            .iter()
            .enumerate()
            .min_by_key(|(_, entry)| (entry.at, entry.id))
            .filter(|(_, e)| e.at <= end)?;
        debug_assert!(entry.at <= end);
        Some(self.entries.swap_remove(index))
    }
}
