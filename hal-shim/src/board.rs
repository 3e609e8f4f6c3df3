//! The simulated board: node-core's `Board` over virtual hardware, wired from the board's own facts.

use crate::bus::audio::SimAudio;
use crate::bus::flash::SimFlash;
use crate::bus::gpio::{ButtonPin, LcdLine, LcdPin, Led};
use crate::bus::i2c::{SimI2c, Socket};
use crate::bus::spi::LcdSpi;
use crate::chips::Chips;
use crate::device::button::Button;
use crate::flash::Flash;
use crate::machine::Machine;
use crate::radio::{Receiver, SimRadio};
use crate::trace::Fact;
use node_core::board::{Board, BootCause, Events, LcdParts, Parts, Power, RtcMemory, UnsupportedFrequency};
use node_core::boards::BoardFacts;
use node_core::event::Event;
use node_core::meter::{Meter, Stage, Window, Work};
use node_core::time::{Clock, Duration, Instant};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What a node's program is given at each boot.
pub struct SimBoard {
    pub(crate) machine: Rc<Machine>,
    pub(crate) chips: Rc<Chips>,
    pub(crate) facts: &'static BoardFacts,
    pub(crate) i2c_hz: u32,
    pub(crate) led: Rc<Cell<bool>>,
    pub(crate) button_a: Rc<Button>,
    pub(crate) button_b: Rc<Button>,
    pub(crate) receiver: Option<Rc<RefCell<Receiver>>>,
    pub(crate) memory: Rc<RefCell<Vec<u8>>>,
    pub(crate) flash: Option<Rc<RefCell<Flash>>>,
    pub(crate) boot_cause: BootCause,
}

impl SimBoard {
    /// What if a stage were cheaper (or dearer): from now on it costs so many thousandths of what the cost table says.
    pub fn scale_stage(&self, name: &str, permille: u32) {
        self.machine.scale_stage(name, permille);
    }

    /// Windows of this pipeline have to be finished within so long, whatever the program asks of itself.
    pub fn set_deadline(&self, pipeline: &str, within: Duration) {
        self.machine.set_deadline(pipeline, within);
    }

    /// Where a tape of this node's calls goes.
    pub fn reel(&self) -> TapeReel {
        TapeReel(self.machine.clone())
    }
}

/// Takes the bytes of a tape. What they mean is their writer's; this is only the way out of the node.
#[derive(Clone)]
pub struct TapeReel(Rc<Machine>);

impl TapeReel {
    /// Whether anyone wants a tape.
    pub fn is_on(&self) -> bool {
        self.0.trace.borrow().tape.is_some()
    }
    pub fn put(&self, bytes: &[u8]) {
        if let Some(tape) = &mut self.0.trace.borrow_mut().tape {
            tape.put(bytes);
        }
    }
    /// Bytes put so far.
    pub fn position(&self) -> u32 {
        self.0.trace.borrow().tape.as_ref().map_or(0, |tape| tape.position)
    }
    /// The node's clock.
    pub fn now(&self) -> Instant {
        self.0.node_time(self.0.now())
    }
}

impl Board for SimBoard {
    type I2c = SimI2c;
    type Grove = SimI2c;
    type LcdSpi = LcdSpi;
    type LcdPin = LcdPin;
    type Led = Led;
    type Button = ButtonPin;
    type Audio = SimAudio;
    type Radio = SimRadio;
    type Clock = NodeClock;
    type Delay = NodeDelay;
    type Meter = NodeMeter;
    type Power = NodePower;
    type RtcMemory = NodeMemory;
    type Flash = SimFlash;
    type Events = NodeEvents;

    fn split(self) -> Parts<Self> {
        let Self {
            machine,
            chips,
            facts,
            i2c_hz,
            led,
            button_a,
            button_b,
            receiver,
            memory,
            flash,
            boot_cause,
        } = self;
        let lcd = facts.lcd.as_ref().map(|lcd| {
            // The data/command line rests high, as the pin's pull-up has it.
            let data = Rc::new(Cell::new(true));
            LcdParts {
                spi: LcdSpi::new(machine.clone(), chips.clone(), data.clone(), lcd.spi_hz),
                dc: LcdPin { machine: machine.clone(), to: LcdLine::DataCommand(data) },
                reset: LcdPin { machine: machine.clone(), to: LcdLine::Reset(chips.clone()) },
            }
        });
        let button = |button| ButtonPin { machine: machine.clone(), button };
        Parts {
            facts,
            i2c: SimI2c::new(machine.clone(), chips.clone(), Socket::Internal, i2c_hz),
            grove: facts
                .grove
                .as_ref()
                .map(|grove| SimI2c::new(machine.clone(), chips.clone(), Socket::Grove, grove.hz)),
            lcd,
            led: facts.led.as_ref().map(|_| Led { machine: machine.clone(), level: led }),
            button_a: facts.button_a.as_ref().map(|_| button(button_a)),
            button_b: facts.button_b.as_ref().map(|_| button(button_b)),
            audio: facts.microphone.as_ref().map(|_| SimAudio::new(machine.clone(), chips.clone())),
            radio: receiver.map(|receiver| SimRadio::new(machine.clone(), receiver)),
            clock: NodeClock(machine.clone()),
            delay: NodeDelay(machine.clone()),
            meter: NodeMeter(machine.clone()),
            power: NodePower { machine: machine.clone(), facts, boot_cause },
            memory: NodeMemory(memory),
            flash: flash.map(|chip| SimFlash::new(machine.clone(), chip, facts.cpu_rail)),
            events: NodeEvents(machine),
        }
    }
}

#[derive(Clone)]
pub struct NodeClock(Rc<Machine>);

impl Clock for NodeClock {
    fn now(&self) -> Instant {
        self.0.node_time(self.0.now())
    }
    async fn until(&self, at: Instant) {
        self.0.at(self.0.true_time(at), "timer").await;
    }
}

#[derive(Clone)]
pub struct NodeDelay(Rc<Machine>);

impl embedded_hal_async::delay::DelayNs for NodeDelay {
    async fn delay_ns(&mut self, ns: u32) {
        let end = self.0.now() + self.0.crystal_ns(u64::from(ns));
        self.0.at(end, "timer").await;
    }
}

#[derive(Clone)]
pub struct NodeMeter(Rc<Machine>);

impl Meter for NodeMeter {
    fn measure<R>(&self, stage: Stage, stage_body: impl FnOnce(&mut Work) -> R) -> R {
        let machine = &self.0;
        let mut work = Work::NONE;
        let result = stage_body(&mut work);
        machine.charge(u64::from(machine.costs.fixed.measure.value));
        let (cycles, spread, grade) = machine.costs.price_and_spread(&work);
        let start = machine.now();
        machine.charge_stage(machine.scaled(stage.0, cycles));
        let end = machine.now();
        machine.trace.borrow_mut().sums.rests_on(grade);
        machine.note(start, Fact::Stage { stage, end });
        machine.trace.borrow_mut().sums.may_be_off(stage.0, f64::from(spread) * end.since(start) as f64);
        result
    }

    fn window(&self, window: Window) {
        let set = self.0.deadline(window.pipeline.0);
        let window = Window { deadline: set.unwrap_or(window.deadline), ..window };
        let released = self.0.true_time(window.released);
        let finished = self.0.true_time(window.finished);
        self.0.note(self.0.now(), Fact::Window { window, released, finished });
    }

    fn enter(&self, task: Option<&'static str>) -> Option<&'static str> {
        self.0.enter(task)
    }
}

pub struct NodePower {
    machine: Rc<Machine>,
    facts: &'static BoardFacts,
    boot_cause: BootCause,
}

impl Power for NodePower {
    fn boot_cause(&self) -> BootCause {
        self.boot_cause
    }
    fn cpu_mhz(&self) -> u32 {
        self.machine.cpu_mhz()
    }
    fn set_cpu_mhz(&mut self, mhz: u32) -> Result<(), UnsupportedFrequency> {
        if !self.facts.cpu_mhz.contains(&mhz) {
            return Err(UnsupportedFrequency);
        }
        self.machine.set_cpu_mhz(mhz);
        Ok(())
    }
}

/// 8 KB of RTC slow memory (ESP32 data sheet).
pub struct NodeMemory(Rc<RefCell<Vec<u8>>>);

impl NodeMemory {
    pub(crate) const BYTES: usize = 8 * 1024;
}

impl RtcMemory for NodeMemory {
    const CAPACITY: usize = Self::BYTES;

    fn load(&self, bytes: &mut [u8]) {
        let count = bytes.len().min(Self::CAPACITY);
        bytes[..count].copy_from_slice(&self.0.borrow()[..count]);
    }
    fn store(&mut self, bytes: &[u8]) {
        let count = bytes.len().min(Self::CAPACITY);
        self.0.borrow_mut()[..count].copy_from_slice(&bytes[..count]);
    }
}

#[derive(Clone)]
pub struct NodeEvents(Rc<Machine>);

impl Events for NodeEvents {
    fn emit(&self, event: Event) {
        let machine = &self.0;
        let at = machine.now();
        let (start, end) = match event.span() {
            Some((start, end)) => (machine.true_time(start), machine.true_time(end)),
            None => (at, at),
        };
        machine.note(at, Fact::Event { event, start, end });
    }
}
