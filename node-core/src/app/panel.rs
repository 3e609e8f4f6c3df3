//! What the tasks of a program tell each other: the pipeline what it measured, the buttons what was pressed, the screen
//! whether anyone looks. Cells without locks: the tasks are one future.

use crate::drivers::bm8563::DateTime;
use crate::time::Duration;
use core::cell::{Cell, RefCell};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use embassy_sync::signal::Signal;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    A,
    B,
}

/// What any page may show beside what the program measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub battery: Option<Battery>,
    /// By the clock chip, if it can be trusted.
    pub time: Option<DateTime>,
    /// Since boot.
    pub uptime: Duration,
    pub boots: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Battery {
    pub percent: u8,
    pub millivolts: u16,
    pub charging: bool,
}

pub struct Panel<V> {
    /// What the pages draw. Written by the pipeline while the screen is lit.
    pub view: RefCell<V>,
    pub status: Cell<Status>,
    /// The page that is lit.
    lit: Cell<Option<u8>>,
    /// How often the rails were started anew: chips behind them have forgotten what they were told.
    rails: Cell<u32>,
    pub presses: Channel<NoopRawMutex, Button, 4>,
    /// The latest hold that nobody has looked at.
    held: Cell<Option<Button>>,
    pub lamp: Signal<NoopRawMutex, Duration>,
    /// The screen came on: what is shown seldom is worth reading now.
    pub woken: Signal<NoopRawMutex, ()>,
}

impl<V> Panel<V> {
    /// `boots`: how often the node has started.
    pub fn new(view: V, boots: u32) -> Self {
        let status = Status { boots, ..Status::default() };
        Self {
            view: RefCell::new(view),
            status: Cell::new(status),
            lit: Cell::new(None),
            rails: Cell::new(0),
            presses: Channel::new(),
            held: Cell::new(None),
            lamp: Signal::new(),
            woken: Signal::new(),
        }
    }
    pub fn lit(&self) -> Option<u8> {
        self.lit.get()
    }
    pub fn set_lit(&self, page: Option<u8>) {
        self.lit.set(page);
    }
    pub fn rails(&self) -> u32 {
        self.rails.get()
    }
    pub fn rails_restarted(&self) {
        self.rails.set(self.rails.get().wrapping_add(1));
    }
    /// A press that nobody takes in time is forgotten.
    pub fn press(&self, button: Button) {
        self.presses.try_send(button).ok();
    }
    pub fn hold(&self, button: Button) {
        self.held.set(Some(button));
    }
    pub fn take_hold(&self) -> Option<Button> {
        self.held.take()
    }
    /// Lights the lamp for a moment.
    pub fn blink(&self) {
        self.lamp.signal(BLINK);
    }
}

/// Long enough to be seen.
const BLINK: Duration = Duration::from_millis(120);
