//! What a node keeps through a power cut: values by key, in its part of the NOR flash.
//!
//! `sequential-storage` writes each value behind the last one, sector after sector, so that none wears before the others;
//! [`Journaled`] sees to it that an erase which a power cut interrupted is done again. After a cut a key has its old value
//! or its new one.
//!
//! Work: a `get` reads the head of every value that is kept, and of the newest sectors the values too; a `put` does the same and
//! programs the value; each 4 KB of values cost one sector's erase (45 ms, in which nothing else runs). Nothing here computes
//! enough for a stage: the flash's own time is told by the board.

mod journal;

pub use journal::Journaled;

use crate::boards::FlashFacts;
use core::fmt::Debug;
use embedded_storage_async::nor_flash::NorFlash;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::map::{MapConfig, MapStorage};

/// Names a value. Numbers are given once and for ever: another firmware may find what this one kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(pub u16);

/// Most bytes of a value.
pub const MAX_VALUE: usize = 1_024;
/// A value as it is moved: the key before it, and the flash's words.
const BUFFER: usize = MAX_VALUE + FlashFacts::WORD_BYTES;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageError<E> {
    /// The flash did not do what it was asked.
    Flash(E),
    /// Fewer sectors than the journal and two of values need ([`Storage::LEAST_BYTES`]).
    TooSmall,
    /// Longer than [`MAX_VALUE`].
    ValueTooLong,
    /// `get` was given too little room: so many bytes are needed.
    NoRoom { needed: usize },
    /// All sectors are full of values that are still good.
    Full,
    /// What lies there was not written here, or has faded: [`Storage::forget_all`] begins anew.
    Damaged,
}

type Map<F> = MapStorage<u16, Journaled<F>, Cache<Uncached, Uncached, Uncached, u16>>;

pub struct Storage<'b, F: NorFlash> {
    map: Map<F>,
    buffer: &'b mut Buffer,
}

/// Where a value lies on its way: the caller's, because what is large is not to be moved with a [`Storage`]. The flash's driver
/// moves whole words of RAM.
#[repr(align(4))]
pub struct Buffer([u8; BUFFER]);

impl Buffer {
    pub const EMPTY: Self = Self([0; BUFFER]);
}

impl<'b, F: NorFlash> Storage<'b, F> {
    pub const LEAST_BYTES: usize = Journaled::<F>::JOURNAL_BYTES + 2 * FlashFacts::SECTOR_BYTES;

    /// All of `flash` is taken. Ends what a power cut interrupted.
    pub async fn open(flash: F, buffer: &'b mut Buffer) -> Result<Self, StorageError<F::Error>> {
        let bytes = flash.capacity() / FlashFacts::SECTOR_BYTES * FlashFacts::SECTOR_BYTES;
        if bytes < Self::LEAST_BYTES {
            return Err(StorageError::TooSmall);
        }
        let values = Journaled::<F>::JOURNAL_BYTES as u32..bytes as u32;
        let config = MapConfig::try_new(values).map_err(|_| StorageError::TooSmall)?;
        let flash = Journaled::open(flash).await.map_err(StorageError::Flash)?;
        let map = MapStorage::new(flash, config, Cache::new_uncached());
        Ok(Self { map, buffer })
    }

    /// Copies the value to the start of `out` and returns its length; `None` if there is none.
    pub async fn get(&mut self, key: Key, out: &mut [u8]) -> Result<Option<usize>, StorageError<F::Error>> {
        let kept = self.map.fetch_item::<&[u8]>(&mut self.buffer.0, &key.0).await.map_err(error)?;
        let Some(value) = kept.filter(|value| !value.is_empty()) else { return Ok(None) };
        let room = out.get_mut(..value.len()).ok_or(StorageError::NoRoom { needed: value.len() })?;
        room.copy_from_slice(value);
        Ok(Some(value.len()))
    }

    /// Keeps `value` under `key`, in place of what was there. An empty value is none.
    pub async fn put(&mut self, key: Key, value: &[u8]) -> Result<(), StorageError<F::Error>> {
        if value.len() > MAX_VALUE {
            return Err(StorageError::ValueTooLong);
        }
        self.map.store_item(&mut self.buffer.0, &key.0, &value).await.map_err(error)
    }

    pub async fn forget(&mut self, key: Key) -> Result<(), StorageError<F::Error>> {
        self.put(key, &[]).await
    }

    /// Erases every value.
    pub async fn forget_all(&mut self) -> Result<(), StorageError<F::Error>> {
        self.map.erase_all().await.map_err(error)
    }
}

fn error<E>(error: sequential_storage::Error<E>) -> StorageError<E> {
    use sequential_storage::Error;
    match error {
        Error::Storage { value, .. } => StorageError::Flash(value),
        Error::FullStorage => StorageError::Full,
        Error::ItemTooBig => StorageError::ValueTooLong,
        // A length that was written by somebody else.
        Error::Corrupted { .. } | Error::BufferTooSmall(_) | Error::BufferTooBig => StorageError::Damaged,
        Error::SerializationError(_) | Error::LogicBug { .. } | _ => StorageError::Damaged,
    }
}

#[cfg(test)]
mod tests;
