//! A node: one program, its hardware and its world, advanced through true time.
//!
//! The program is one future. It is polled when something it waits for has come; when nothing is ready, time jumps to
//! the next timer or hardware event. Nothing here depends on how far a caller advances at a time: ten steps of a second
//! and one of ten give the same trace.

use crate::board::{NodeMemory, SimBoard};
use crate::chips::{Attached, Chips};
use crate::cost::CostTable;
use crate::device::button::{Button, Press};
use crate::device::spm1423::Spm1423;
use crate::device::st7735s::{Framebuffer, St7735s};
use crate::device::view::ChipView;
use crate::device::{I2cDevice, Unmodelled};
use crate::flash::Flash;
use crate::machine::{Hold, Machine};
use crate::radio::Receiver;
use crate::supply::Supply;
use crate::tap::Tap;
use crate::time::{Drift, TrueTime};
use crate::trace::{Fact, Record, Sums, Trace};
use node_core::board::{BootCause, Exit};
use node_core::boards::BoardFacts;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A node's program: called at every boot. The future need not be `Send`.
pub type Program = Box<dyn Fn(SimBoard) -> Pin<Box<dyn Future<Output = Exit>>> + Send>;

/// Everything a node is built from.
pub struct NodeParts {
    pub facts: &'static BoardFacts,
    /// Clock of the internal I2C bus, where it is not the board's own.
    pub i2c_hz: Option<u32>,
    pub cpu_mhz: Option<u32>,
    /// What computing costs on it: its MCU's table, or a calibrated one.
    pub costs: Arc<CostTable>,
    /// The CPU's crystal.
    pub crystal: Drift,
    pub supply: Supply,
    /// Chips on the board's bus, with their addresses.
    pub internal: Vec<(u8, Box<dyn I2cDevice>)>,
    /// Chips in the socket.
    pub grove: Vec<(u8, Box<dyn I2cDevice>)>,
    pub lcd: St7735s,
    pub microphone: Spm1423,
    /// `None` on a board without a radio.
    pub receiver: Option<Receiver>,
    pub flash: Option<Flash>,
    pub button_a: Button,
    pub button_b: Button,
    /// When button A goes down, for waking from deep sleep.
    pub presses_a: Vec<Press>,
    pub holds: Vec<CpuHold>,
    /// An access outside the models ends the run.
    pub strict: bool,
    /// Keep every record, for traces that people look at.
    pub recording: bool,
    /// Keep what the node was given to see: audio and bus bytes.
    pub tapping: bool,
    /// Offer the program a reel for a tape of its calls ([`SimBoard::reel`]).
    pub taping: bool,
}

/// The CPU does nothing of the node's for a while (fault `stall`).
pub struct CpuHold {
    pub at: TrueTime,
    pub ns: u64,
    pub strikes: crate::fault::Strikes,
}

/// Why a node does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    #[error("the program switched the node off")]
    Off,
    #[error("strict mode ends the run: {0}")]
    Unmodelled(Unmodelled),
    #[error(
        "task `{task}` was polled {POLL_LIMIT} times without time moving: it wakes itself and waits for nothing"
    )]
    Spinning { task: &'static str },
    #[error("the program resets itself for ever: {0} times within a second of its boot")]
    ResetLoop(u32),
}

const POLL_LIMIT: u32 = 10_000;
const RESET_LIMIT: u32 = 100;

enum State {
    Running(Pin<Box<dyn Future<Output = Exit>>>),
    /// Off or asleep until then.
    Down {
        boot_at: TrueTime,
        cause: BootCause,
    },
    /// The CPU's rail is off: until a chip switches it on again, nothing runs.
    Unpowered,
    Halted(Halt),
}

struct Inner {
    // Dropped in this order: the future first, it holds the peripherals.
    state: State,
    program: Program,
    parts: Wiring,
    machine: Rc<Machine>,
    flag: Arc<Flag>,
    waker: Waker,
    idle_polls: u32,
    booted_at: TrueTime,
    /// Resets in a row, each soon after its boot.
    resets: u32,
    /// In deep sleep, with button A to wake it.
    sleeps_until_a: bool,
    strict: bool,
}

struct Wiring {
    facts: &'static BoardFacts,
    chips: Rc<Chips>,
    i2c_hz: u32,
    led: Rc<Cell<bool>>,
    button_a: Rc<Button>,
    button_b: Rc<Button>,
    presses_a: Vec<Press>,
    receiver: Option<Rc<RefCell<Receiver>>>,
    memory: Rc<RefCell<Vec<u8>>>,
    flash: Option<Rc<RefCell<Flash>>>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// See the module's text. Movable between threads, although what it holds is not.
pub struct Node {
    inner: Inner,
}

// SAFETY: `Inner` holds `Rc`s, and a future that holds clones of them. All of them are created in `Node::new` and at a
// boot, and reach nobody but that future: no method returns an `Rc`, a reference-counted handle or a borrow of one, and
// the wakers that leave are `Arc<Flag>`. Everything passed in from outside is `Send` (`Program`, `I2cDevice`, `Sound`,
// `Motion`, `Noise`). So whoever owns the `Node` owns every counter, and moving the whole moves them together.
// A program could break this by putting its board into a thread-local; node programs are `no_std` code without statics,
// and `Program`'s documentation forbids it to others.
#[allow(unsafe_code)]
unsafe impl Send for Node {}
// SAFETY: every method that touches an `Rc` or a `Cell` takes `&mut self`, except readers of plain `Cell` contents made
// through `&self`; those are not offered. A shared reference to a `Node` can therefore do nothing.
#[allow(unsafe_code)]
unsafe impl Sync for Node {}

impl Node {
    /// A node that powers on at the start of true time.
    pub fn new(parts: NodeParts, program: Program) -> Self {
        let NodeParts { facts, i2c_hz, cpu_mhz, costs, crystal, supply, internal, grove, .. } = parts;
        let attach = |chips: Vec<(u8, Box<dyn I2cDevice>)>| {
            chips.into_iter().map(|(address, device)| Attached::new(address, device)).collect()
        };
        let mhz = cpu_mhz.unwrap_or(facts.cpu_mhz[0]);
        let machine = Machine::new(
            costs,
            crystal,
            supply,
            mhz,
            Trace::new(parts.recording, parts.tapping, parts.taping),
        );
        let hold = |hold: CpuHold| Hold { at: hold.at, ns: hold.ns, struck: hold.strikes };
        machine.hold(parts.holds.into_iter().map(hold).collect());
        let lcd_rail = parts.lcd.rail();
        let microphone_rail = parts.microphone.rail();
        let chips = Rc::new(Chips::new(
            attach(internal),
            attach(grove),
            (parts.lcd, lcd_rail),
            (parts.microphone, microphone_rail),
        ));
        chips.follow_supply(TrueTime::START, &machine);
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(flag.clone());
        let wiring = Wiring {
            facts,
            chips,
            i2c_hz: i2c_hz.unwrap_or(facts.i2c.hz),
            led: Rc::new(Cell::new(true)),
            button_a: Rc::new(parts.button_a),
            button_b: Rc::new(parts.button_b),
            presses_a: parts.presses_a,
            receiver: parts.receiver.map(|receiver| Rc::new(RefCell::new(receiver))),
            memory: Rc::new(RefCell::new(vec![0; NodeMemory::BYTES])),
            flash: parts.flash.map(|flash| Rc::new(RefCell::new(flash))),
        };
        let boot_at = TrueTime::START + u64::from(machine.costs.fixed.boot_us.value) * 1_000;
        Self {
            inner: Inner {
                state: State::Down { boot_at, cause: BootCause::PowerOn },
                program,
                parts: wiring,
                machine,
                flag,
                waker,
                idle_polls: 0,
                booted_at: TrueTime::START,
                resets: 0,
                sleeps_until_a: false,
                strict: parts.strict,
            },
        }
    }

    /// Runs until true time `until`. Work begun before may end after it.
    pub fn advance(&mut self, until: TrueTime) {
        self.inner.advance(until);
    }

    /// Why the node stopped for good, if it did.
    pub fn halted(&mut self) -> Option<Halt> {
        match &self.inner.state {
            State::Halted(halt) => Some(halt.clone()),
            _ => None,
        }
    }

    pub fn trace_hash(&mut self) -> u64 {
        self.inner.machine.trace.borrow().digest()
    }

    /// What has been added up so far.
    pub fn sums(&mut self) -> Sums {
        self.inner.machine.trace.borrow().sums.clone()
    }

    /// What was recorded since the last call; empty unless the node was built to record.
    pub fn take_records(&mut self) -> Vec<Record> {
        self.inner.machine.trace.borrow_mut().take_records()
    }

    /// What was put on the tape since the last call.
    pub fn take_tape(&mut self) -> Vec<u8> {
        self.inner.machine.trace.borrow_mut().take_tape()
    }

    /// What was tapped since the last call; `None` unless the node was built to be tapped.
    pub fn take_tap(&mut self) -> Option<Tap> {
        self.inner.machine.trace.borrow_mut().take_tap()
    }

    /// What a person sees on the LCD now.
    pub fn screen(&mut self) -> Framebuffer {
        self.inner.parts.chips.lcd.borrow().framebuffer()
    }

    /// Reads the sums where they are: a long run's are long.
    pub fn with_sums<R>(&mut self, read: impl FnOnce(&Sums) -> R) -> R {
        read(&self.inner.machine.trace.borrow().sums)
    }

    /// Rails and battery now.
    pub fn supply(&mut self) -> Supply {
        self.inner.machine.supply.borrow().clone()
    }

    /// A finger touches button A (`closed`) or leaves it, as soon as `at` or the node's own time after it.
    pub fn touch_a(&mut self, at: TrueTime, closed: bool) {
        let at = self.inner.touch(self.inner.parts.button_a.clone(), at, closed);
        self.inner.wake_by_hand(at, closed);
    }

    pub fn touch_b(&mut self, at: TrueTime, closed: bool) {
        self.inner.touch(self.inner.parts.button_b.clone(), at, closed);
    }

    /// A finger holds the power key for so long.
    pub fn power_key(&mut self, at: TrueTime, hold_ns: u64) {
        let at = self.inner.no_earlier_than_now(at);
        for bus in [&self.inner.parts.chips.internal, &self.inner.parts.chips.grove] {
            for chip in bus.borrow_mut().iter_mut() {
                chip.device.power_key(at, hold_ns);
            }
        }
        self.inner.parts.chips.follow_supply(at, &self.inner.machine);
    }

    /// What one sees who looks into the chips, buttons and LED at `at`, or as soon after as the node is. Nothing changes by it.
    pub fn chips(&mut self, at: TrueTime) -> Vec<ChipView> {
        let Inner { parts, machine, .. } = &self.inner;
        let at = at.max(machine.now());
        let mut views = parts.chips.view(at, machine);
        for (name, button) in [("button A", &parts.button_a), ("button B", &parts.button_b)] {
            let level = if button.level(at) { "high" } else { "low" };
            let finger = if button.closed(at) { "pressed" } else { "not pressed" };
            views.push(pin_view(name, vec![("contact", finger.into()), ("pin", level.into())]));
        }
        let led = if parts.led.get() { ("high", "dark") } else { ("low", "shines") };
        views.push(pin_view("LED", vec![("LED", led.1.into()), ("pin", led.0.into())]));
        views
    }

    /// Level of the LED's pin.
    pub fn led_pin(&mut self) -> bool {
        self.inner.parts.led.get()
    }

    /// Samples that the microphone clipped.
    pub fn clipped_samples(&mut self) -> u64 {
        self.inner.parts.chips.microphone.borrow().clipped()
    }
}

/// Something on a pin: it has no registers.
fn pin_view(name: &'static str, state: Vec<(&'static str, String)>) -> ChipView {
    ChipView { name, bus: "gpio", address: None, rail: None, powered: true, registers: Vec::new(), state }
}

impl Inner {
    fn advance(&mut self, until: TrueTime) {
        loop {
            match &mut self.state {
                State::Halted(_) => return,
                State::Unpowered => {
                    if self.parts.chips.next_act() > until {
                        return;
                    }
                    let at = self.parts.chips.act(&self.machine);
                    if self.has_supply() {
                        self.state = State::Down { boot_at: at + self.boot_ns(), cause: BootCause::PowerOn };
                    }
                }
                State::Down { boot_at, cause } => {
                    let (boot_at, cause) = (*boot_at, *cause);
                    if self.parts.chips.next_act() <= boot_at.min(until) {
                        let at = self.parts.chips.act(&self.machine);
                        self.look_at_supply(at);
                    } else if boot_at > until {
                        return;
                    } else {
                        self.boot(boot_at, cause);
                    }
                }
                State::Running(_) => {
                    let now = self.machine.now();
                    if now > until {
                        return;
                    }
                    let ready = self.flag.0.load(Ordering::Acquire);
                    let next = if ready { now } else { now.max(self.machine.next_due().min(until)) };
                    if self.parts.chips.next_act() <= next {
                        let at = self.parts.chips.act(&self.machine);
                        self.look_at_supply(at);
                    } else if self.flag.0.swap(false, Ordering::Acquire) {
                        self.poll();
                    } else if self.machine.idle_until_next(until) {
                        self.idle_polls = 0;
                        self.machine.wake_up();
                    } else {
                        return;
                    }
                }
            }
        }
    }

    /// The node may be ahead of who steps it: nothing happens to it in its past.
    fn no_earlier_than_now(&self, at: TrueTime) -> TrueTime {
        at.max(self.machine.now() + 1)
    }

    fn touch(&self, button: Rc<Button>, at: TrueTime, closed: bool) -> TrueTime {
        let at = self.no_earlier_than_now(at);
        for (edge, waker) in button.touch(at, closed) {
            self.machine.interrupt(edge, "gpio", &waker);
        }
        at
    }

    /// Who sleeps deeply, or lies down for ever until somebody presses A, wakes.
    fn wake_by_hand(&mut self, at: TrueTime, closed: bool) {
        let asleep = matches!(self.state, State::Down { .. } | State::Halted(Halt::Off));
        if !(closed && self.sleeps_until_a && asleep) {
            return;
        }
        let boot_at = at + self.boot_ns();
        if !matches!(self.state, State::Down { boot_at: planned, .. } if planned <= boot_at) {
            self.state = State::Down { boot_at, cause: BootCause::WakeButton };
        }
    }

    fn has_supply(&self) -> bool {
        self.machine.supply.borrow().is_on(self.parts.facts.cpu_rail)
    }

    /// Without its rail the CPU stops where it is, RTC memory is lost, and the flash with what it was doing.
    fn look_at_supply(&mut self, at: TrueTime) {
        if !self.has_supply() {
            self.machine.note(at, Fact::PowerLost);
            self.state = State::Unpowered;
            self.machine.forget_timers();
            self.parts.memory.borrow_mut().fill(0);
            if let Some(flash) = &self.parts.flash {
                flash.borrow_mut().power_cut(at);
            }
        }
    }

    fn boot_ns(&self) -> u64 {
        u64::from(self.machine.costs.fixed.boot_us.value) * 1_000
    }

    fn boot(&mut self, at: TrueTime, cause: BootCause) {
        let Wiring { facts, chips, i2c_hz, led, button_a, button_b, receiver, memory, flash, .. } =
            &self.parts;
        self.machine.boot(at);
        self.booted_at = at;
        self.sleeps_until_a = false;
        self.machine.set_cpu_mhz(self.machine.cpu_mhz());
        self.machine.note(at, Fact::Boot { cause });
        led.set(true);
        let board = SimBoard {
            machine: self.machine.clone(),
            chips: chips.clone(),
            facts,
            i2c_hz: *i2c_hz,
            led: led.clone(),
            button_a: button_a.clone(),
            button_b: button_b.clone(),
            receiver: receiver.clone(),
            memory: memory.clone(),
            flash: flash.clone(),
            boot_cause: cause,
        };
        self.state = State::Running((self.program)(board));
        self.flag.0.store(true, Ordering::Release);
        self.idle_polls = 0;
    }

    fn poll(&mut self) {
        let State::Running(future) = &mut self.state else { return };
        let begin = self.machine.now();
        self.machine.charge(u64::from(self.machine.costs.fixed.poll.value));
        let charged = self.machine.begin_poll();
        let polled = future.as_mut().poll(&mut Context::from_waker(&self.waker));
        self.machine.note(begin, Fact::Poll { end: self.machine.now() });
        let unmodelled = self.machine.trace.borrow().sums.unmodelled_first.first().map(|(_, access)| *access);
        if let (true, Some(access)) = (self.strict, unmodelled) {
            self.state = State::Halted(Halt::Unmodelled(access));
            return;
        }
        if !self.has_supply() {
            return self.look_at_supply(self.machine.now());
        }
        match polled {
            Poll::Ready(exit) => self.exit(exit),
            Poll::Pending => {
                self.idle_polls = if self.machine.now() > charged { 0 } else { self.idle_polls + 1 };
                if self.idle_polls >= POLL_LIMIT {
                    let task = self.machine.last_task();
                    self.state = State::Halted(Halt::Spinning { task });
                }
            }
        }
    }

    fn exit(&mut self, exit: Exit) {
        let now = self.machine.now();
        self.machine.note(now, Fact::Exit { exit });
        self.machine.forget_timers();
        let boot_ns = self.boot_ns();
        self.state = match exit {
            Exit::Off => State::Halted(Halt::Off),
            Exit::Reset => {
                self.resets = if now.since(self.booted_at) > 1_000_000_000 { 0 } else { self.resets + 1 };
                if self.resets > RESET_LIMIT {
                    State::Halted(Halt::ResetLoop(self.resets))
                } else {
                    State::Down { boot_at: now + boot_ns, cause: BootCause::Reset }
                }
            }
            Exit::DeepSleep { wake } => {
                let timer = wake.after.map(|after| {
                    (
                        now + self.machine.crystal_ns(after.as_micros().saturating_mul(1_000)),
                        BootCause::WakeTimer,
                    )
                });
                self.sleeps_until_a = wake.on_button_a;
                let pressed = self.parts.presses_a.iter().map(|press| press.at).find(|&at| at > now);
                let button = pressed.filter(|_| wake.on_button_a).map(|at| (at, BootCause::WakeButton));
                match timer.into_iter().chain(button).min_by_key(|(at, _)| *at) {
                    Some((at, cause)) => State::Down { boot_at: at + boot_ns, cause },
                    None => State::Halted(Halt::Off),
                }
            }
        };
    }
}
