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
