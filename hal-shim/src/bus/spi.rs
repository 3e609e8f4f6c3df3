//! SPI to the LCD: each write is one DMA transfer at the wire's speed, with the driver's own time before it.
//! The data/command pin is read by the chip with each transfer.

use crate::chips::Chips;
use crate::machine::Machine;
use crate::time::TrueTime;
use crate::trace::Fact;
use embedded_hal::spi::{ErrorKind, ErrorType, Operation};
use std::cell::Cell;
use std::rc::Rc;

pub struct LcdSpi {
    machine: Rc<Machine>,
    chips: Rc<Chips>,
    data: Rc<Cell<bool>>,
    hz: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpiError {
    #[error("the LCD's data-out line is not wired on this board: nothing can be read")]
    NothingToRead,
}

impl embedded_hal::spi::Error for SpiError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl ErrorType for LcdSpi {
    type Error = SpiError;
}

impl LcdSpi {
    pub(crate) fn new(machine: Rc<Machine>, chips: Rc<Chips>, data: Rc<Cell<bool>>, hz: u32) -> Self {
        Self { machine, chips, data, hz }
    }

    async fn send(&self, bytes: &[u8]) {
        let machine = &self.machine;
        machine.charge(u64::from(machine.costs.fixed.spi_transfer.value));
        let began = machine.now();
        let bits_ns = bytes.len() as u64 * 8 * 1_000_000_000 / u64::from(self.hz);
        let end = began + machine.crystal_ns(bits_ns);
        let mut flight = InFlight { spi: self, began, end, bytes, landed: false };
        machine.at(end, "spi").await;
        flight.land(bytes.len());
    }
}

/// A DMA transfer on the wire. If the node drops the future, what was clocked has arrived.
struct InFlight<'a> {
    spi: &'a LcdSpi,
    began: TrueTime,
    end: TrueTime,
    bytes: &'a [u8],
    landed: bool,
}

impl InFlight<'_> {
    fn land(&mut self, count: usize) {
        self.landed = true;
        let machine = &self.spi.machine;
        let at = machine.now().min(self.end);
        let bytes = &self.bytes[..count];
        machine.trace.borrow_mut().bytes(bytes);
        machine.around(at, |around| {
            self.spi.chips.lcd.borrow_mut().write(at, self.spi.data.get(), bytes, around);
        });
        machine.note(self.began, Fact::Spi { end: at, bytes: count as u32 });
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if !self.landed {
            let whole = self.end.since(self.began).max(1);
            let passed = self.spi.machine.now().min(self.end).since(self.began);
            let clocked = self.bytes.len() as u64 * passed / whole;
            self.land(clocked as usize);
        }
    }
}

impl embedded_hal_async::spi::SpiDevice for LcdSpi {
    async fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), SpiError> {
        for operation in operations {
            match operation {
                Operation::Write(bytes) => self.send(bytes).await,
                Operation::DelayNs(ns) => {
                    let end = self.machine.now() + u64::from(*ns);
                    self.machine.at(end, "timer").await;
                }
                Operation::Read(_) | Operation::Transfer(..) | Operation::TransferInPlace(_) => {
                    return Err(SpiError::NothingToRead);
                }
            }
        }
        Ok(())
    }
}
