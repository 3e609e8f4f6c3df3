//! The CPU's way to its flash: blocking, as the ROM's functions are that the firmware calls.
//!
//! The program lies in the same chip: until a command has ended the cache is off, no instruction of the node's runs and no
//! interrupt is served (esp-storage asks in a critical section; ESP-IDF, "concurrency constraints for flash on SPI1"). So a
//! call moves the clock as a whole, and what fell due meanwhile is late. After a write or an erase the node's other tasks
//! get their turn, as the firmware's adapter gives it to them.

use crate::device::Unmodelled;
use crate::flash::{Flash, FlashError};
use crate::machine::Machine;
use crate::time::TrueTime;
use crate::trace::{Fact, FlashCall};
use embassy_futures::yield_now;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use node_core::boards::{FlashFacts, Rail};
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;

pub struct SimFlash {
    machine: Rc<Machine>,
    chip: Rc<RefCell<Flash>>,
    /// What feeds the CPU, and the chip with it.
    rail: Rail,
}

impl SimFlash {
    pub(crate) fn new(machine: Rc<Machine>, chip: Rc<RefCell<Flash>>, rail: Rail) -> Self {
        Self { machine, chip, rail }
    }

    /// A CPU without supply asks nothing any more.
    async fn fed(&self) {
        let on = self.machine.supply.borrow().is_on(self.rail);
        if !on {
            pending::<()>().await;
        }
    }

    fn waits(&self, began: TrueTime, end: TrueTime, call: FlashCall, bytes: &[u8]) {
        self.machine.stall(end.since(began));
        self.machine.trace.borrow_mut().bytes(bytes);
        self.machine.note(began, Fact::Flash { call, end });
    }
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
        }
    }
}

impl ErrorType for SimFlash {
    type Error = FlashError;
}

impl ReadNorFlash for SimFlash {
    const READ_SIZE: usize = FlashFacts::WORD_BYTES;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.fed().await;
        let began = self.machine.now();
        let end = self.chip.borrow_mut().read(began, offset, bytes)?;
        self.waits(began, end, FlashCall::Read { offset, bytes: bytes.len() as u32 }, bytes);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.chip.borrow().capacity()
    }
}

impl NorFlash for SimFlash {
    const WRITE_SIZE: usize = FlashFacts::WORD_BYTES;
    const ERASE_SIZE: usize = FlashFacts::SECTOR_BYTES;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.fed().await;
        let began = self.machine.now();
        let end = self.chip.borrow_mut().erase(began, from, to)?;
        self.waits(began, end, FlashCall::Erase { from, to }, &[]);
        yield_now().await;
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.fed().await;
        let began = self.machine.now();
        let (end, sets) = self.chip.borrow_mut().program(began, offset, bytes)?;
        if let Some(sets) = sets {
            let why = "programming clears bits, and this would need one set: erase the sector first";
            let (register, written) = (sets.sector as u8, Some(sets.byte));
            self.machine.note(began, Fact::Unmodelled(Unmodelled { chip: "flash", register, written, why }));
        }
        self.waits(began, end, FlashCall::Write { offset, bytes: bytes.len() as u32 }, bytes);
        yield_now().await;
        Ok(())
    }
}
