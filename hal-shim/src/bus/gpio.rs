//! GPIO: the LED's and the LCD's pins out, the buttons in.

use crate::chips::Chips;
use crate::device::button::{Button, Edge};
use crate::machine::{At, Machine};
use crate::time::TrueTime;
use crate::trace::Fact;
use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

/// The LED's pin.
pub struct Led {
    pub(crate) machine: Rc<Machine>,
    pub(crate) level: Rc<Cell<bool>>,
}

impl ErrorType for Led {
    type Error = Infallible;
}

impl Led {
    fn drive(&mut self, level: bool) -> Result<(), Infallible> {
        self.machine.charge(u64::from(self.machine.costs.fixed.gpio.value));
        if self.level.replace(level) != level {
            self.machine.note(self.machine.now(), Fact::Pin { pin: "led", level });
        }
        Ok(())
    }
}

impl OutputPin for Led {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.drive(false)
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        self.drive(true)
    }
}

/// One of the LCD's two control pins.
pub struct LcdPin {
    pub(crate) machine: Rc<Machine>,
    pub(crate) to: LcdLine,
}

pub(crate) enum LcdLine {
    /// High while data follows, low while a command does.
    DataCommand(Rc<Cell<bool>>),
    Reset(Rc<Chips>),
}

impl ErrorType for LcdPin {
    type Error = Infallible;
}

impl LcdPin {
    fn drive(&mut self, level: bool) -> Result<(), Infallible> {
        self.machine.charge(u64::from(self.machine.costs.fixed.gpio.value));
        match &self.to {
            LcdLine::DataCommand(data) => data.set(level),
            LcdLine::Reset(chips) => chips.lcd.borrow_mut().reset_pin(self.machine.now(), level),
        }
        Ok(())
    }
}

impl OutputPin for LcdPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.drive(false)
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        self.drive(true)
    }
}

/// A button's pin. Its level is a function of true time: who waits for an edge is woken at it.
pub struct ButtonPin {
    pub(crate) machine: Rc<Machine>,
    pub(crate) button: Rc<Button>,
}

impl ErrorType for ButtonPin {
    type Error = Infallible;
}

impl InputPin for ButtonPin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        self.machine.charge(u64::from(self.machine.costs.fixed.gpio.value));
        Ok(self.button.level(self.machine.now()))
    }
    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}

impl ButtonPin {
    async fn edge(&mut self, edge: Edge) -> Result<(), Infallible> {
        let Self { machine, button } = self;
        let after = machine.now();
        let mut wait = Wait { button, id: None };
        let mut timer: Option<(TrueTime, At)> = None;
        poll_fn(|context| {
            wait.id = Some(button.wait(wait.id, after, edge, context.waker()));
            // A hand may make an edge before the one that was known.
            let Some(next) = button.next_edge(after, edge) else { return Poll::Pending };
            if timer.as_ref().is_none_or(|(at, _)| *at != next) {
                timer = Some((next, machine.at(next, "gpio")));
            }
            timer.as_mut().map_or(Poll::Pending, |(_, timer)| Pin::new(timer).poll(context))
        })
        .await;
        Ok(())
    }
}

/// Ends with whoever waits, whether the edge came or not.
struct Wait<'a> {
    button: &'a Button,
    id: Option<u64>,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.button.gone(id);
        }
    }
}

impl embedded_hal_async::digital::Wait for ButtonPin {
    async fn wait_for_high(&mut self) -> Result<(), Infallible> {
        if self.is_high()? { Ok(()) } else { self.edge(Edge::Rising).await }
    }
    async fn wait_for_low(&mut self) -> Result<(), Infallible> {
        if self.is_low()? { Ok(()) } else { self.edge(Edge::Falling).await }
    }
    async fn wait_for_rising_edge(&mut self) -> Result<(), Infallible> {
        self.edge(Edge::Rising).await
    }
    async fn wait_for_falling_edge(&mut self) -> Result<(), Infallible> {
        self.edge(Edge::Falling).await
    }
    async fn wait_for_any_edge(&mut self) -> Result<(), Infallible> {
        self.edge(Edge::Any).await
    }
}
