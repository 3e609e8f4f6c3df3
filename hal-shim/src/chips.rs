//! All chips of one node, and which of them have power. Buses find their chips here; a change of the supply reaches
//! every chip from here.

use crate::device::I2cDevice;
use crate::device::spm1423::Spm1423;
use crate::device::st7735s::St7735s;
use crate::device::view::ChipView;
use crate::machine::{Machine, NEVER};
use crate::time::TrueTime;
use node_core::boards::Rail;
use std::cell::{Cell, RefCell};

pub(crate) struct Chips {
    pub internal: RefCell<Vec<Attached>>,
    pub grove: RefCell<Vec<Attached>>,
    pub lcd: RefCell<St7735s>,
    lcd_rail: Rail,
    lcd_powered: Cell<bool>,
    pub microphone: RefCell<Spm1423>,
    microphone_rail: Rail,
    microphone_powered: Cell<bool>,
    /// When a chip next acts by itself.
    next_act: Cell<TrueTime>,
}

/// A chip on a bus.
pub(crate) struct Attached {
    pub address: u8,
    pub device: Box<dyn I2cDevice>,
    pub powered: bool,
}

impl Attached {
    pub fn new(address: u8, device: Box<dyn I2cDevice>) -> Self {
        Self { address, device, powered: false }
    }

    fn follow(&mut self, at: TrueTime, on: bool) {
        if self.powered != on {
            self.powered = on;
            self.device.power(at, on);
        }
    }
}

impl Chips {
    pub fn new(
        internal: Vec<Attached>,
        grove: Vec<Attached>,
        (lcd, lcd_rail): (St7735s, Rail),
        (microphone, microphone_rail): (Spm1423, Rail),
    ) -> Self {
        Self {
            internal: RefCell::new(internal),
            grove: RefCell::new(grove),
            lcd: RefCell::new(lcd),
            lcd_rail,
            lcd_powered: Cell::new(false),
            microphone: RefCell::new(microphone),
            microphone_rail,
            microphone_powered: Cell::new(false),
            next_act: Cell::new(NEVER),
        }
    }

    pub fn next_act(&self) -> TrueTime {
        self.next_act.get()
    }

    /// Lets the chips act whose time has come; returns when that was.
    pub fn act(&self, machine: &Machine) -> TrueTime {
        let at = self.next_act.get();
        for bus in [&self.internal, &self.grove] {
            for chip in bus.borrow_mut().iter_mut().filter(|chip| chip.device.next_act() == Some(at)) {
                machine.around(at, |around| chip.device.act(at, around));
            }
        }
        self.follow_supply(at, machine);
        at
    }

    /// What one sees who looks into the chips.
    pub fn view(&self, at: TrueTime, machine: &Machine) -> Vec<ChipView> {
        let supply = machine.supply.borrow();
        let mut views = Vec::new();
        for (bus, chips) in [("i2c", &self.internal), ("grove", &self.grove)] {
            views.extend(chips.borrow().iter().map(|chip| ChipView {
                name: chip.device.name(),
                bus,
                address: Some(chip.address),
                rail: Some(chip.device.rail()),
                powered: chip.powered,
                registers: chip.device.registers(at, &supply),
                state: Vec::new(),
            }));
        }
        let (lcd, microphone) = (self.lcd.borrow(), self.microphone.borrow());
        views.push(ChipView {
            name: lcd.name(),
            bus: "spi",
            address: None,
            rail: Some(self.lcd_rail),
            powered: self.lcd_powered.get(),
            registers: lcd.view(),
            state: lcd.state(),
        });
        views.push(ChipView {
            name: microphone.name(),
            bus: "audio",
            address: None,
            rail: Some(self.microphone_rail),
            powered: self.microphone_powered.get(),
            registers: Vec::new(),
            state: microphone.state(at),
        });
        views
    }

    /// Tells every chip whose rail came on or went off.
    pub fn follow_supply(&self, at: TrueTime, machine: &Machine) {
        let supply = machine.supply.borrow();
        let mut next_act = NEVER;
        for bus in [&self.internal, &self.grove] {
            for chip in bus.borrow_mut().iter_mut() {
                let on = supply.is_on(chip.device.rail());
                chip.follow(at, on);
                next_act = next_act.min(chip.device.next_act().unwrap_or(NEVER));
            }
        }
        self.next_act.set(next_act);
        let lcd_on = supply.is_on(self.lcd_rail);
        if self.lcd_powered.replace(lcd_on) != lcd_on {
            self.lcd.borrow_mut().power(at, lcd_on);
        }
        let microphone_on = supply.is_on(self.microphone_rail);
        if self.microphone_powered.replace(microphone_on) != microphone_on {
            self.microphone.borrow_mut().power(at, microphone_on);
        }
    }
}
