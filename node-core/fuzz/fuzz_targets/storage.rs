//! Any content of a flash: it is opened, read and written without a panic, and works once all is forgotten.
#![no_main]

use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use libfuzzer_sys::fuzz_target;
use node_core::storage::{Buffer, Key, MAX_VALUE, Storage};
use std::convert::Infallible;

const SECTOR: usize = 4_096;

struct Cells(Vec<u8>);

impl ErrorType for Cells {
    type Error = Infallible;
}

impl ReadNorFlash for Cells {
    const READ_SIZE: usize = 4;
    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
        Ok(())
    }
    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Cells {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;
    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        self.0[from as usize..to as usize].fill(0xFF);
        Ok(())
    }
    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Infallible> {
        self.0[offset as usize..].iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        Ok(())
    }
}

fuzz_target!(|content: &[u8]| {
    let mut cells = vec![0xFF; 5 * SECTOR];
    cells.iter_mut().zip(content).for_each(|(cell, byte)| *cell = *byte);
    embassy_futures::block_on(async {
        let mut buffer = Buffer::EMPTY;
        let mut storage = Storage::open(Cells(cells), &mut buffer).await.unwrap();
        let mut out = [0; MAX_VALUE];
        storage.get(Key(1), &mut out).await.ok();
        storage.put(Key(1), b"x").await.ok();
        storage.forget_all().await.unwrap();
        storage.put(Key(1), b"y").await.unwrap();
        assert_eq!(storage.get(Key(1), &mut out).await.unwrap(), Some(1));
    });
});
