//! I2C. A transfer is a chain of chunks, as the ESP32's 32-byte FIFO makes it: the next chunk starts when the node is
//! polled after the last one ended. Dropping the future stops after the bytes already clocked.

use crate::chips::{Attached, Chips};
use crate::device::{Ack, Direction};
use crate::machine::Machine;
use crate::tap::Crossing;
use crate::time::TrueTime;
use crate::trace::Fact;
use embedded_hal::i2c::{ErrorKind, ErrorType, NoAcknowledgeSource, Operation};
use std::cell::RefCell;
use std::rc::Rc;

/// Bytes a FIFO load carries: 32 less one that the controller keeps (espressif/esp-idf i2c_ll, esp-hal: 31).
const CHUNK: usize = 31;
const CLOCKS_PER_BYTE: u64 = 9;
/// Start condition and address byte.
const CLOCKS_TO_ADDRESS: u64 = 10;
const CLOCKS_TO_STOP: u64 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Socket {
    Internal,
    Grove,
}

/// An I2C controller and its wires.
pub struct SimI2c {
    machine: Rc<Machine>,
    chips: Rc<Chips>,
    socket: Socket,
    /// True nanoseconds of one clock, in 2^-32.
    clock_q32: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    #[error("no acknowledge from address 0x{0:02x}")]
    NoSuchAddress(u8),
    #[error("address 0x{0:02x} did not acknowledge a byte")]
    DataRefused(u8),
}

impl embedded_hal::i2c::Error for BusError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NoAcknowledge(match self {
            Self::NoSuchAddress(_) => NoAcknowledgeSource::Address,
            Self::DataRefused(_) => NoAcknowledgeSource::Data,
        })
    }
}

impl ErrorType for SimI2c {
    type Error = BusError;
}

impl SimI2c {
    pub(crate) fn new(machine: Rc<Machine>, chips: Rc<Chips>, socket: Socket, hz: u32) -> Self {
        let clock_ns = machine.crystal().period_ns(f64::from(hz));
        Self { machine, chips, socket, clock_q32: (clock_ns * (1u64 << 32) as f64) as u64 }
    }

    fn wire(&self) -> &RefCell<Vec<Attached>> {
        match self.socket {
            Socket::Internal => &self.chips.internal,
            Socket::Grove => &self.chips.grove,
        }
    }

    fn name(&self) -> &'static str {
        match self.socket {
            Socket::Internal => "i2c",
            Socket::Grove => "grove",
        }
    }

    fn clocks(&self, clocks: u64) -> u64 {
        ((u128::from(clocks) * u128::from(self.clock_q32)) >> 32) as u64
    }
}

impl embedded_hal_async::i2c::I2c for SimI2c {
    async fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let fixed = &self.machine.costs.fixed;
        self.machine.charge(u64::from(fixed.i2c_transaction.value));
        let mut transfer = Transfer::begin(self, address);
        let mut direction = None;
        for operation in operations {
            let next = match operation {
                Operation::Write(_) => Direction::Write,
                Operation::Read(_) => Direction::Read,
            };
            // Neighbours of one direction are one transfer on the wire.
            if direction.replace(next) != Some(next) {
                transfer.start(next).await?;
            }
            match operation {
                Operation::Write(bytes) => {
                    for chunk in bytes.chunks(CHUNK) {
                        transfer.write(chunk).await?;
                    }
                }
                Operation::Read(bytes) => {
                    for chunk in bytes.chunks_mut(CHUNK) {
                        transfer.read(chunk).await;
                    }
                }
            }
        }
        transfer.stop().await;
        Ok(())
    }
}

/// A transaction on the wire. Whatever way it ends, the chip sees a stop and the trace a fact.
struct Transfer<'a> {
    bus: &'a SimI2c,
    address: u8,
    /// Position of the chip that answers, if one with power is there.
    chip: Option<usize>,
    began: TrueTime,
    /// Clocks of a start and address that the next chunk carries.
    to_address: u64,
    in_flight: Option<InFlight>,
    /// Bytes have crossed since the last start.
    within: bool,
    written: u32,
    read: u32,
    nack: bool,
}

/// A chunk that is being clocked: what the chip has had of it if the node drops the future now.
struct InFlight {
    data_from: TrueTime,
    direction: Direction,
    bytes: [u8; CHUNK],
    len: usize,
}

impl<'a> Transfer<'a> {
    fn begin(bus: &'a SimI2c, address: u8) -> Self {
        let chip = bus.wire().borrow().iter().position(|chip| chip.address == address && chip.powered);
        let began = bus.machine.now();
        Self {
            bus,
            address,
            chip,
            began,
            to_address: 0,
            in_flight: None,
            within: false,
            written: 0,
            read: 0,
            nack: false,
        }
    }

    async fn start(&mut self, direction: Direction) -> Result<(), BusError> {
        self.flush().await;
        let machine = &self.bus.machine;
        let at = machine.now() + self.bus.clocks(CLOCKS_TO_ADDRESS);
        let ack = match self.chip {
            Some(chip) => machine
                .around(at, |around| self.bus.wire().borrow_mut()[chip].device.start(at, direction, around)),
            None => Ack::Nack,
        };
        self.to_address = CLOCKS_TO_ADDRESS;
        self.within = false;
        if ack == Ack::Nack {
            self.nack = true;
            self.chip = None;
            self.flush().await;
            return Err(BusError::NoSuchAddress(self.address));
        }
        Ok(())
    }

    /// Clocks out a start that no data followed.
    async fn flush(&mut self) {
        let clocks = std::mem::take(&mut self.to_address);
        if clocks > 0 {
            let end = self.bus.machine.now() + self.bus.clocks(clocks);
            self.bus.machine.at(end, "i2c").await;
        }
    }

    /// Clocks one chunk; returns when its first data byte was on the wire, and when its last.
    async fn clock(&mut self, direction: Direction, bytes: &[u8]) -> (TrueTime, TrueTime) {
        let machine = &self.bus.machine;
        machine.charge(u64::from(machine.costs.fixed.i2c_chunk.value));
        let data_from = machine.now() + self.bus.clocks(std::mem::take(&mut self.to_address));
        let end = data_from + self.bus.clocks(CLOCKS_PER_BYTE * bytes.len() as u64);
        let mut flight = InFlight { data_from, direction, bytes: [0; CHUNK], len: bytes.len() };
        if direction == Direction::Write {
            flight.bytes[..bytes.len()].copy_from_slice(bytes);
        }
        self.in_flight = Some(flight);
        machine.at(end, "i2c").await;
        self.in_flight = None;
        (data_from, end)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), BusError> {
        let (_, end) = self.clock(Direction::Write, bytes).await;
        if self.deliver(end, bytes) < bytes.len() {
            self.nack = true;
            return Err(BusError::DataRefused(self.address));
        }
        Ok(())
    }

    async fn read(&mut self, out: &mut [u8]) {
        let (data_from, _) = self.clock(Direction::Read, out).await;
        self.fetch(data_from, out);
    }

    fn deliver(&mut self, at: TrueTime, bytes: &[u8]) -> usize {
        let Some(chip) = self.chip else { return 0 };
        self.written += bytes.len() as u32;
        let machine = &self.bus.machine;
        self.crossed(at, Direction::Write, bytes);
        machine.around(at, |around| self.bus.wire().borrow_mut()[chip].device.write(at, bytes, around))
    }

    fn fetch(&mut self, at: TrueTime, out: &mut [u8]) {
        let Some(chip) = self.chip else { return };
        self.read += out.len() as u32;
        let machine = &self.bus.machine;
        machine.around(at, |around| self.bus.wire().borrow_mut()[chip].device.read(at, out, around));
        self.crossed(at, Direction::Read, out);
    }

    fn crossed(&mut self, at: TrueTime, direction: Direction, bytes: &[u8]) {
        let mut trace = self.bus.machine.trace.borrow_mut();
        trace.bytes(bytes);
        let continued = std::mem::replace(&mut self.within, true);
        if let Some(tap) = &mut trace.tap {
            let (bus, address, bytes) = (self.bus.name(), self.address, bytes.to_vec());
            tap.i2c.push(Crossing { at, bus, address, direction, bytes, continued });
        }
    }

    async fn stop(&mut self) {
        self.to_address += CLOCKS_TO_STOP;
        self.flush().await;
    }
}

impl Drop for Transfer<'_> {
    fn drop(&mut self) {
        let machine = self.bus.machine.clone();
        let now = machine.now();
        if let Some(mut flight) = self.in_flight.take() {
            let byte_ns = self.bus.clocks(CLOCKS_PER_BYTE).max(1);
            let clocked = (now.since(flight.data_from) / byte_ns).min(flight.len as u64) as usize;
            match flight.direction {
                Direction::Write => _ = self.deliver(now, &flight.bytes[..clocked]),
                Direction::Read => self.fetch(flight.data_from, &mut flight.bytes[..clocked]),
            }
        }
        if let Some(chip) = self.chip {
            machine.around(now, |around| self.bus.wire().borrow_mut()[chip].device.stop(now, around));
            self.bus.chips.follow_supply(now, &machine);
        }
        let bus = self.bus.name();
        let &mut Self { address, began, written, read, nack, .. } = self;
        machine.note(began, Fact::I2c { bus, address, end: now, written, read, nack });
    }
}
