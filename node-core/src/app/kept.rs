//! Where what a program learnt outlives the power: one value of the node's settings area.
//!
//! A flash that fails is told once, and the node goes on with what it knows until it is switched off.

use super::health::Health;
use crate::board::Events;
use crate::storage::{Buffer, Key, Storage, StorageError};
use embedded_storage_async::nor_flash::NorFlash;

/// Gestures of the motion program.
pub const GESTURES: Key = Key(1);
/// What is normal at the machine watcher's place.
pub const NORMAL: Key = Key(2);

pub struct Kept<'b, F: NorFlash> {
    storage: Option<Storage<'b, F>>,
    key: Key,
    health: Health,
}

impl<'b, F: NorFlash> Kept<'b, F> {
    /// Reads what was kept to the start of `known`; returns its length too.
    pub async fn open(
        flash: Option<F>,
        key: Key,
        buffer: &'b mut Buffer,
        known: &mut [u8],
        events: &impl Events,
    ) -> (Self, usize) {
        let mut kept = Self { storage: None, key, health: Health::of("flash") };
        let Some(flash) = flash else { return (kept, 0) };
        let stored = match Storage::open(flash, buffer).await {
            Err(error) => Err(error),
            Ok(mut storage) => {
                let stored = storage.get(key, known).await;
                kept.storage = Some(storage);
                stored
            }
        };
        match stored {
            Ok(stored) => (kept, stored.unwrap_or(0)),
            Err(error) => {
                let unusable = matches!(error, StorageError::Damaged | StorageError::NoRoom { .. });
                kept.health.fails(error, events);
                // Nobody can read it any more: what comes has to find room.
                if let (true, Some(storage)) = (unusable, &mut kept.storage) {
                    storage.forget_all().await.ok();
                }
                (kept, 0)
            }
        }
    }

    pub async fn keep(&mut self, known: &[u8], events: &impl Events) {
        let Some(storage) = &mut self.storage else { return };
        match storage.put(self.key, known).await {
            Ok(()) => self.health.works(),
            Err(error) => self.health.fails(error, events),
        }
    }
}
