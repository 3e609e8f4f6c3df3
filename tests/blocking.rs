//! A blocking view of the same chip models, for drivers that know no async: each call takes its wire time and returns.

use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal::{digital, i2c, spi};
use hal_shim::device::st7735s::{Framebuffer, St7735s};
use hal_shim::device::{Ack, Direction, I2cDevice, Surroundings, Unmodelled};
use hal_shim::supply::Supply;
use hal_shim::time::TrueTime;
use node_core::boards::m5stickc::M5STICKC;
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

struct State {
    now: TrueTime,
    chips: Vec<(u8, Box<dyn I2cDevice>)>,
    lcd: St7735s,
    data: bool,
    supply: Supply,
    unmodelled: Vec<Unmodelled>,
}

/// A board whose rails are all on. Clones are the same board.
#[derive(Clone)]
pub struct Blocking(Rc<RefCell<State>>);

impl Blocking {
    pub fn new(chips: Vec<(u8, Box<dyn I2cDevice>)>) -> Self {
        use node_core::boards::Rail::*;
        let mut supply = Supply::on_battery(3_900);
        for rail in [Always, Dcdc1, Ldo2, Ldo3, LdoIo0, Exten] {
            supply.set(rail, 3_000);
        }
        let mut state = State {
            now: TrueTime::START,
            chips,
            lcd: St7735s::new(M5STICKC.lcd.as_ref().expect("an M5StickC has a screen")),
            data: true,
            supply,
            unmodelled: Vec::new(),
        };
        for (_, chip) in &mut state.chips {
            chip.power(state.now, true);
        }
        state.lcd.power(state.now, true);
        Self(Rc::new(RefCell::new(state)))
    }

    pub fn pass_ms(&self, ms: u64) {
        self.0.borrow_mut().now = self.now() + ms * 1_000_000;
    }
    pub fn now(&self) -> TrueTime {
        self.0.borrow().now
    }
    pub fn supply<R>(&self, act: impl FnOnce(&mut Supply) -> R) -> R {
        act(&mut self.0.borrow_mut().supply)
    }
    /// What the driver touched that the models do not have.
    pub fn unmodelled(&self) -> Vec<Unmodelled> {
        self.0.borrow().unmodelled.clone()
    }
    pub fn screen(&self) -> Framebuffer {
        self.0.borrow().lcd.framebuffer()
    }
    /// The LCD's control lines.
    pub fn line(&self, line: Line) -> LcdLine {
        LcdLine(self.clone(), line)
    }
}

#[derive(Debug)]
pub struct Refused;

impl i2c::Error for Refused {
    fn kind(&self) -> i2c::ErrorKind {
        i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Unknown)
    }
}

impl i2c::ErrorType for Blocking {
    type Error = Refused;
}

impl i2c::I2c for Blocking {
    fn transaction(&mut self, address: u8, operations: &mut [i2c::Operation<'_>]) -> Result<(), Refused> {
        const BYTE_NS: u64 = 22_500;
        let mut state = self.0.borrow_mut();
        let State { now, chips, supply, unmodelled, .. } = &mut *state;
        let (_, chip) = chips.iter_mut().find(|(at, _)| *at == address).ok_or(Refused)?;
        let around = &mut Surroundings { supply, unmodelled };
        let mut direction = None;
        for operation in operations {
            let next = match operation {
                i2c::Operation::Read(_) => Direction::Read,
                i2c::Operation::Write(_) => Direction::Write,
            };
            if direction.replace(next) != Some(next) {
                *now = *now + BYTE_NS;
                if chip.start(*now, next, around) == Ack::Nack {
                    return Err(Refused);
                }
            }
            match operation {
                i2c::Operation::Write(bytes) => {
                    *now = *now + bytes.len() as u64 * BYTE_NS;
                    if chip.write(*now, bytes, around) < bytes.len() {
                        return Err(Refused);
                    }
                }
                i2c::Operation::Read(out) => {
                    chip.read(*now, out, around);
                    *now = *now + out.len() as u64 * BYTE_NS;
                }
            }
        }
        chip.stop(*now, around);
        Ok(())
    }
}

impl spi::ErrorType for Blocking {
    type Error = Infallible;
}

impl spi::SpiDevice for Blocking {
    fn transaction(&mut self, operations: &mut [spi::Operation<'_, u8>]) -> Result<(), Infallible> {
        let mut state = self.0.borrow_mut();
        let State { now, lcd, data, supply, unmodelled, .. } = &mut *state;
        for operation in operations {
            match operation {
                spi::Operation::Write(bytes) => {
                    *now = *now + bytes.len() as u64 * 300;
                    lcd.write(*now, *data, bytes, &mut Surroundings { supply, unmodelled });
                }
                spi::Operation::DelayNs(ns) => *now = *now + u64::from(*ns),
                _ => panic!("the LCD's data-out line is not wired"),
            }
        }
        Ok(())
    }
}

impl DelayNs for Blocking {
    fn delay_ns(&mut self, ns: u32) {
        let mut state = self.0.borrow_mut();
        state.now = state.now + u64::from(ns);
    }
}

#[derive(Clone, Copy)]
pub enum Line {
    DataCommand,
    Reset,
}

pub struct LcdLine(Blocking, Line);

impl digital::ErrorType for LcdLine {
    type Error = Infallible;
}

impl LcdLine {
    fn drive(&mut self, level: bool) -> Result<(), Infallible> {
        let mut state = self.0.0.borrow_mut();
        match self.1 {
            Line::DataCommand => state.data = level,
            Line::Reset => {
                let now = state.now;
                state.lcd.reset_pin(now, level);
            }
        }
        Ok(())
    }
}

impl OutputPin for LcdLine {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.drive(false)
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        self.drive(true)
    }
}
