//! When the node last wrote or read each register, as the wires tell it.

use hal_shim::device::Direction;
use hal_shim::tap::Crossing;
use node_core::drivers::{as7265x, axp192, mpu6886};
use std::collections::BTreeMap;

/// Latest access of each register.
#[derive(Debug, Default)]
pub struct Touched {
    registers: BTreeMap<(&'static str, u8, u8), Access>,
    /// Register at which the next byte of each chip lies.
    pointers: BTreeMap<(&'static str, u8), u8>,
    /// The virtual register that the spectral chip is being told the value of.
    told: Option<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub written_ns: Option<u64>,
    pub read_ns: Option<u64>,
}

impl Touched {
    pub fn follow(&mut self, crossing: &Crossing) {
        let Crossing { at, bus, address, direction, ref bytes, continued } = *crossing;
        if address == as7265x::regs::ADDRESS && direction == Direction::Write {
            return self.spectral(crossing);
        }
        let pointer = self.pointers.entry((bus, address)).or_default();
        // The power chip takes pairs of address and value; the others go on by themselves.
        let pairs = address == axp192::regs::ADDRESS;
        let mut bytes = bytes.iter();
        if direction == Direction::Write && !continued {
            let Some(first) = bytes.next() else { return };
            *pointer = *first;
        }
        match direction {
            Direction::Write => {
                for index in 0..bytes.len() {
                    if pairs && index % 2 == 1 {
                        // The address of the next pair.
                        if let Some(next) = crossing.bytes.get(1 + index) {
                            *pointer = *next;
                        }
                        continue;
                    }
                    self.registers.entry((bus, address, *pointer)).or_default().written_ns = Some(at.0);
                    *pointer = pointer.wrapping_add(u8::from(!pairs));
                }
            }
            Direction::Read => {
                if address == as7265x::regs::ADDRESS {
                    // What comes is of the virtual register that was asked for.
                    return;
                }
                for _ in bytes {
                    self.registers.entry((bus, address, *pointer)).or_default().read_ns = Some(at.0);
                    // A burst comes out of the FIFO's one register.
                    let stays = address == mpu6886::regs::ADDRESS && *pointer == mpu6886::regs::FIFO_R_W;
                    *pointer = pointer.wrapping_add(u8::from(!stays));
                }
            }
        }
    }

    /// The bus sees three registers of it; what goes into WRITE names the others.
    fn spectral(&mut self, crossing: &Crossing) {
        use as7265x::regs::{WRITE, WRITE_FLAG};
        let &[register, byte] = &crossing.bytes[..] else { return };
        if register != WRITE {
            return;
        }
        let asked = byte & !WRITE_FLAG;
        let told = self.told.take();
        if told.is_none() && byte & WRITE_FLAG != 0 {
            self.told = Some(asked);
            return;
        }
        let key = (crossing.bus, crossing.address, told.unwrap_or(asked));
        let access = self.registers.entry(key).or_default();
        let at = if told.is_some() { &mut access.written_ns } else { &mut access.read_ns };
        *at = Some(crossing.at.0);
    }

    /// The latest access to any of `bytes` registers from `register` on.
    pub fn of(&self, bus: &'static str, address: u8, register: u8, bytes: u8) -> Access {
        let mut latest = Access::default();
        for offset in 0..bytes {
            if let Some(access) = self.registers.get(&(bus, address, register.wrapping_add(offset))) {
                latest.written_ns = latest.written_ns.max(access.written_ns);
                latest.read_ns = latest.read_ns.max(access.read_ns);
            }
        }
        latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hal_shim::time::TrueTime;

    fn crossing(at: u64, address: u8, direction: Direction, bytes: &[u8]) -> Crossing {
        Crossing { at: TrueTime(at), bus: "i2c", address, direction, bytes: bytes.to_vec(), continued: false }
    }

    #[test]
    fn a_write_touches_what_follows_and_a_read_where_it_begins() {
        let mut touched = Touched::default();
        touched.follow(&crossing(5, 0x68, Direction::Write, &[0x19, 1, 2]));
        touched.follow(&crossing(7, 0x68, Direction::Write, &[0x3A]));
        touched.follow(&crossing(8, 0x68, Direction::Read, &[0]));
        let written = |register| touched.of("i2c", 0x68, register, 1).written_ns;
        assert_eq!([0x18, 0x19, 0x1A, 0x1B].map(written), [None, Some(5), Some(5), None]);
        assert_eq!(touched.of("i2c", 0x68, 0x3A, 1), Access { written_ns: None, read_ns: Some(8) });
    }

    #[test]
    fn a_burst_comes_out_of_the_fifo_alone() {
        let mut touched = Touched::default();
        touched.follow(&crossing(5, 0x68, Direction::Write, &[0x74]));
        touched.follow(&crossing(6, 0x68, Direction::Read, &[0; 31]));
        let read = |register| touched.of("i2c", 0x68, register, 1).read_ns;
        assert_eq!([0x73, 0x74, 0x75].map(read), [None, Some(6), None]);
    }

    #[test]
    fn the_spectral_chip_is_asked_for_virtual_registers() {
        let mut touched = Touched::default();
        for (at, byte) in [(1, 0x85), (2, 49), (3, 0x04)] {
            touched.follow(&crossing(at, 0x49, Direction::Write, &[0x01, byte]));
        }
        assert_eq!(touched.of("i2c", 0x49, 0x05, 1).written_ns, Some(2));
        assert_eq!(touched.of("i2c", 0x49, 0x04, 1), Access { written_ns: None, read_ns: Some(3) });
    }

    #[test]
    fn the_power_chip_takes_pairs() {
        let mut touched = Touched::default();
        touched.follow(&crossing(9, 0x34, Direction::Write, &[0x12, 0x4D, 0x28, 0xCC]));
        let written = |register| touched.of("i2c", 0x34, register, 1).written_ns;
        assert_eq!([0x12, 0x13, 0x4D, 0x28].map(written), [Some(9), None, None, Some(9)]);
    }
}
