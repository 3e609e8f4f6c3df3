//! The node's partition of the flash, through esp-storage: its calls block, with the cache off and interrupts held, until the
//! chip is done. After each that writes, the program's other tasks get their turn.

use embassy_futures::yield_now;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use esp_storage::{FlashStorage, FlashStorageError};

pub struct NodeFlash {
    pub storage: FlashStorage<'static>,
    /// Where the partition begins, and its length.
    pub offset: u32,
    pub bytes: u32,
}

/// Moved at a time. The ROM wants words of RAM; esp-storage would take 4 KB of stack for what is none.
#[repr(align(4))]
struct Words([u8; 64]);

#[derive(Clone, Copy, Debug)]
pub struct Error(FlashStorageError);

impl NorFlashError for Error {
    fn kind(&self) -> NorFlashErrorKind {
        match self.0 {
            FlashStorageError::NotAligned => NorFlashErrorKind::NotAligned,
            FlashStorageError::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            _ => NorFlashErrorKind::Other,
        }
    }
}

impl NodeFlash {
    /// Where in the chip `length` bytes from `offset` of the partition lie.
    fn place(&self, offset: u32, length: usize) -> Result<u32, Error> {
        let end = u64::from(offset) + length as u64;
        if end <= u64::from(self.bytes) {
            Ok(self.offset + offset)
        } else {
            Err(Error(FlashStorageError::OutOfBounds))
        }
    }
}

impl ErrorType for NodeFlash {
    type Error = Error;
}

impl ReadNorFlash for NodeFlash {
    const READ_SIZE: usize = FlashStorage::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
        let mut place = self.place(offset, bytes.len())?;
        let mut words = Words([0; 64]);
        for part in bytes.chunks_mut(words.0.len()) {
            let words = &mut words.0[..part.len()];
            self.storage.read_nor(place, words).map_err(Error)?;
            part.copy_from_slice(words);
            place += part.len() as u32;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes as usize
    }
}

impl NorFlash for NodeFlash {
    const WRITE_SIZE: usize = FlashStorage::WRITE_SIZE;
    const ERASE_SIZE: usize = FlashStorage::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Error> {
        let length = to.checked_sub(from).ok_or(Error(FlashStorageError::OutOfBounds))?;
        let place = self.place(from, length as usize)?;
        self.storage.erase(place, place + length).map_err(Error)?;
        yield_now().await;
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        let mut place = self.place(offset, bytes.len())?;
        let mut words = Words([0; 64]);
        for part in bytes.chunks(words.0.len()) {
            let words = &mut words.0[..part.len()];
            words.copy_from_slice(part);
            self.storage.write_nor(place, words).map_err(Error)?;
            place += part.len() as u32;
        }
        yield_now().await;
        Ok(())
    }
}
