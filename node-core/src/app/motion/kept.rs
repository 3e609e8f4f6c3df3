//! Where learnt gestures outlive the power: one value of the node's settings area.
//!
//! A flash that fails is told once, and the node goes on with what it knows until it is switched off.

use crate::app::health::Health;
use crate::board::Events;
use crate::storage::{Key, MAX_VALUE, Storage, StorageError};
use embedded_storage_async::nor_flash::NorFlash;

const GESTURES: Key = Key(1);
const _: () = assert!(super::learn::KNOWN_BYTES <= MAX_VALUE);

pub struct Kept<F: NorFlash> {
    storage: Option<Storage<F>>,
    health: Health,
}

impl<F: NorFlash> Kept<F> {
    /// Reads what was kept to the start of `known`; returns its length too.
    pub async fn open(flash: Option<F>, known: &mut [u8], events: &impl Events) -> (Self, usize) {
        let mut kept = Self { storage: None, health: Health::of("flash") };
        let Some(flash) = flash else { return (kept, 0) };
        let stored = match Storage::open(flash).await {
            Err(error) => Err(error),
            Ok(mut storage) => {
                let stored = storage.get(GESTURES, known).await;
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
        match storage.put(GESTURES, known).await {
            Ok(()) => self.health.works(),
            Err(error) => self.health.fails(error, events),
        }
    }
}
