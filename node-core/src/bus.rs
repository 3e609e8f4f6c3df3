//! One I2C bus, several owners: each call locks the bus for one transaction.
//!
//! Must not know which chips share it. The lock is given back when a call's future is dropped, so a cancelled task never
//! keeps the bus.

use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::mutex::Mutex;
use embedded_hal_async::i2c::{ErrorType, I2c, Operation, SevenBitAddress};

/// A handle to a shared bus. Copies are as good as the first one.
pub struct Shared<'a, M: RawMutex, I> {
    bus: &'a Mutex<M, I>,
}

impl<'a, M: RawMutex, I> Shared<'a, M, I> {
    pub const fn new(bus: &'a Mutex<M, I>) -> Self {
        Self { bus }
    }
}

impl<M: RawMutex, I> Clone for Shared<'_, M, I> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M: RawMutex, I> Copy for Shared<'_, M, I> {}

impl<M: RawMutex, I: ErrorType> ErrorType for Shared<'_, M, I> {
    type Error = I::Error;
}

impl<M: RawMutex, I: I2c> I2c<SevenBitAddress> for Shared<'_, M, I> {
    async fn read(&mut self, address: u8, read: &mut [u8]) -> Result<(), Self::Error> {
        self.bus.lock().await.read(address, read).await
    }
    async fn write(&mut self, address: u8, write: &[u8]) -> Result<(), Self::Error> {
        self.bus.lock().await.write(address, write).await
    }
    async fn write_read(&mut self, address: u8, write: &[u8], read: &mut [u8]) -> Result<(), Self::Error> {
        self.bus.lock().await.write_read(address, write, read).await
    }
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Self::Error> {
        self.bus.lock().await.transaction(address, operations).await
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use core::pin::pin;
    use embassy_futures::join::join;
    use embassy_futures::{block_on, poll_once, yield_now};
    use embassy_sync::blocking_mutex::raw::NoopRawMutex;
    use embedded_hal_async::i2c::ErrorKind;
    use std::vec;
    use std::vec::Vec;

    /// A bus whose transactions take two polls, and which notices when a second one begins inside the first.
    #[derive(Default)]
    struct Slow {
        busy: bool,
        ended: Vec<u8>,
    }

    impl ErrorType for Slow {
        type Error = ErrorKind;
    }

    impl I2c for Slow {
        async fn transaction(
            &mut self,
            address: u8,
            operations: &mut [Operation<'_>],
        ) -> Result<(), ErrorKind> {
            assert!(!core::mem::replace(&mut self.busy, true), "two transactions at once");
            yield_now().await;
            for operation in operations {
                if let Operation::Read(bytes) = operation {
                    bytes.fill(address);
                }
            }
            self.busy = false;
            self.ended.push(address);
            if address == 0x7F { Err(ErrorKind::Bus) } else { Ok(()) }
        }
    }

    #[test]
    fn tasks_take_turns_and_each_gets_its_own_answer() {
        let bus = Mutex::<NoopRawMutex, _>::new(Slow::default());
        let task = async |address: u8| {
            let mut i2c = Shared::new(&bus);
            for _ in 0..3 {
                let mut answer = [0; 2];
                i2c.write_read(address, &[1], &mut answer).await.unwrap();
                assert_eq!(answer, [address; 2]);
                i2c.write(address, &[1, 2]).await.unwrap();
                i2c.read(address, &mut answer).await.unwrap();
                i2c.transaction(address, &mut [Operation::Write(&[1])]).await.unwrap();
            }
        };
        block_on(join(task(1), task(2)));
        let mut ended = bus.into_inner().ended;
        ended.sort_unstable();
        assert_eq!(ended, [vec![1; 12], vec![2; 12]].concat());
    }

    #[test]
    fn errors_pass_through() {
        let bus = Mutex::<NoopRawMutex, _>::new(Slow::default());
        assert_eq!(block_on(Shared::new(&bus).write(0x7F, &[0])), Err(ErrorKind::Bus));
    }

    #[test]
    fn a_dropped_call_gives_the_bus_back() {
        let bus = Mutex::<NoopRawMutex, _>::new(Slow::default());
        let mut first = Shared::new(&bus);
        let mut second = first;
        {
            let call = pin!(first.write(1, &[0]));
            assert!(poll_once(call).is_pending());
            assert!(bus.try_lock().is_err());
        }
        bus.try_lock().unwrap().busy = false; // what dropping does to the wire is the bus's matter
        block_on(second.write(2, &[0])).unwrap();
        assert_eq!(bus.into_inner().ended, [2]);
    }
}
