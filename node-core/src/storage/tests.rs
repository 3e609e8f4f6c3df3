extern crate std;

use super::*;
use embassy_futures::block_on;
use embedded_storage_async::nor_flash::{ErrorType, NorFlashError, NorFlashErrorKind, ReadNorFlash};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

const SECTOR: usize = FlashFacts::SECTOR_BYTES;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NoPower;
impl NorFlashError for NoPower {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Cells of a NOR flash, and when their power goes: in the middle of so many programs and erases from now.
#[derive(Clone)]
struct Cells {
    bytes: Vec<u8>,
    until_cut: Option<u32>,
    /// How far the cut operation had come, thousandths.
    permille: u64,
    draws: u64,
    operations: u32,
}

impl Cells {
    fn new(sectors: usize) -> Self {
        Self { bytes: vec![0xFF; sectors * SECTOR], until_cut: None, permille: 500, draws: 1, operations: 0 }
    }

    fn powered_again(mut self) -> Self {
        self.until_cut = None;
        self
    }

    fn bits(&mut self, permille: u64) -> u8 {
        (0..8).fold(0, |bits, _| {
            self.draws =
                self.draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bits << 1 | u8::from((self.draws >> 33) % 1_000 < permille)
        })
    }

    /// All bits of `from..to` move to `target`; or some of them, if power goes meanwhile.
    fn move_to(&mut self, from: usize, target: &[u8], erases: bool) -> Result<(), NoPower> {
        self.operations += 1;
        match &mut self.until_cut {
            None => {}
            Some(0) => return Err(NoPower),
            Some(left) => {
                *left -= 1;
                if *left == 0 {
                    for (index, &target) in target.iter().enumerate() {
                        let cell = self.bytes[from + index];
                        // An erase first programs every bit to 0.
                        let (start, end, permille) = match self.permille {
                            early @ 0..250 if erases => (cell, 0, early * 4),
                            late if erases => (0, 0xFF, (late - 250) * 4 / 3),
                            any => (cell, target, any),
                        };
                        self.bytes[from + index] = start ^ ((start ^ end) & self.bits(permille));
                    }
                    return Err(NoPower);
                }
            }
        }
        self.bytes[from..from + target.len()].copy_from_slice(target);
        Ok(())
    }
}

impl ErrorType for Cells {
    type Error = NoPower;
}
impl ReadNorFlash for Cells {
    const READ_SIZE: usize = FlashFacts::WORD_BYTES;
    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NoPower> {
        assert!(offset.is_multiple_of(4) && bytes.len().is_multiple_of(4));
        if self.until_cut == Some(0) {
            return Err(NoPower);
        }
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }
    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}
impl NorFlash for Cells {
    const WRITE_SIZE: usize = FlashFacts::WORD_BYTES;
    const ERASE_SIZE: usize = SECTOR;
    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NoPower> {
        for sector in (from as usize..to as usize).step_by(SECTOR) {
            self.move_to(sector, &[0xFF; SECTOR], true)?;
        }
        Ok(())
    }
    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NoPower> {
        assert!(
            offset.is_multiple_of(4)
                && bytes.len().is_multiple_of(4)
                && (bytes.as_ptr() as usize).is_multiple_of(4)
        );
        let cells = &self.bytes[offset as usize..][..bytes.len()];
        let target: Vec<u8> = cells.iter().zip(bytes).map(|(cell, byte)| cell & byte).collect();
        self.move_to(offset as usize, &target, false)
    }
}

const KEYS: [Key; 4] = [Key(0), Key(1), Key(2), Key(3)];

/// What is put in step `n`: three keys in turn, and one that is put seldom and has to be carried from sector to sector. Each
/// value tells its step and has a length of its own.
fn step(n: u32) -> (Key, Vec<u8>) {
    let length = 40 + (n as usize * 37) % 400;
    let key = if n.is_multiple_of(50) { 3 } else { n % 3 };
    (Key(key as u16), n.to_le_bytes().into_iter().cycle().take(length).collect())
}

async fn holds(storage: &mut Storage<'_, impl NorFlash<Error = NoPower>>, key: Key) -> Option<Vec<u8>> {
    let mut out = [0; MAX_VALUE];
    let length = storage.get(key, &mut out).await.expect("it can be read");
    length.map(|length| out[..length].to_vec())
}

#[test]
fn values_come_back_and_are_replaced_and_forgotten() {
    block_on(async {
        let mut cells = Cells::new(5);
        {
            let mut buffer = Buffer::EMPTY;
            let mut storage = Storage::open(&mut cells, &mut buffer).await.unwrap();
            assert_eq!(holds(&mut storage, Key(1)).await, None);
            storage.put(Key(1), b"one").await.unwrap();
            storage.put(Key(2), b"two").await.unwrap();
            storage.put(Key(1), b"uno!").await.unwrap();
        }
        let mut buffer = Buffer::EMPTY;
        let mut storage = Storage::open(&mut cells, &mut buffer).await.unwrap();
        assert_eq!(holds(&mut storage, Key(1)).await.unwrap(), b"uno!");
        assert_eq!(holds(&mut storage, Key(2)).await.unwrap(), b"two");
        assert_eq!(storage.get(Key(1), &mut [0; 3]).await, Err(StorageError::NoRoom { needed: 4 }));
        assert_eq!(storage.put(Key(3), &[0; MAX_VALUE + 1]).await, Err(StorageError::ValueTooLong));
        storage.forget(Key(1)).await.unwrap();
        assert_eq!(holds(&mut storage, Key(1)).await, None);
        storage.forget_all().await.unwrap();
        assert_eq!(holds(&mut storage, Key(2)).await, None);
        let mut buffer = Buffer::EMPTY;
        assert!(matches!(Storage::open(Cells::new(3), &mut buffer).await, Err(StorageError::TooSmall)));
    });
}

/// Puts until power goes in operation `cut`; returns what is left and how many puts were acknowledged.
async fn puts_until(cut: u32, permille: u64, cells: Cells, from: u32, to: u32) -> (Cells, u32) {
    let mut cells = Cells { until_cut: Some(cut), permille, draws: u64::from(cut) + permille, ..cells };
    let mut done = from;
    let mut buffer = Buffer::EMPTY;
    if let Ok(mut storage) = Storage::open(&mut cells, &mut buffer).await {
        while done < to {
            let (key, value) = step(done);
            match storage.put(key, &value).await {
                Ok(()) => done += 1,
                Err(StorageError::Flash(NoPower)) => break,
                Err(error) => panic!("cut {cut}: {error:?}"),
            }
        }
    }
    (cells, done)
}

/// The newest value of a key among the first `puts`.
fn newest(puts: u32, key: Key) -> Option<Vec<u8>> {
    (0..puts).rev().map(step).find(|(of, _)| *of == key).map(|(_, value)| value)
}

/// In every program and every erase, early, halfway and late.
#[test]
fn after_a_cut_each_value_is_the_old_one_or_the_new_one() {
    const PUTS: u32 = 60;
    let operations = block_on(async {
        let (cells, done) = puts_until(u32::MAX, 0, Cells::new(5), 0, PUTS).await;
        assert_eq!(done, PUTS);
        cells.operations
    });
    assert!(operations > 150, "it goes round all sectors: {operations}");
    for cut in 1..=operations {
        for permille in [20, 240, 300, 600, 980] {
            block_on(async {
                let (cells, done) = puts_until(cut, permille, Cells::new(5), 0, PUTS).await;
                let mut cells = cells.powered_again();
                for key in KEYS {
                    let mut buffer = Buffer::EMPTY;
                    let mut storage = Storage::open(&mut cells, &mut buffer).await.unwrap();
                    let found = holds(&mut storage, key).await;
                    let (old, new) = (newest(done, key), newest(done + 1, key));
                    assert!(
                        found == old || found == new,
                        "cut {cut} at {permille}: key {key:?} after {done} puts"
                    );
                }
                // It goes on as if nothing had been.
                let (mut cells, done) = puts_until(u32::MAX, 0, cells, done, done + 12).await;
                let mut buffer = Buffer::EMPTY;
                let mut storage = Storage::open(&mut cells, &mut buffer).await.unwrap();
                for key in KEYS {
                    assert_eq!(
                        holds(&mut storage, key).await,
                        newest(done, key),
                        "cut {cut} at {permille}, later"
                    );
                }
            });
        }
    }
}

/// Why there is a journal: `sequential-storage` alone takes a sector that was half erased for a good one.
#[test]
fn without_the_journal_a_cut_erase_loses_values() {
    let lost = (1..400u32).any(|cut| {
        block_on(async {
            let mut cells = Cells { until_cut: Some(cut), permille: 300, ..Cells::new(3) };
            let config = || MapConfig::new(0..3 * SECTOR as u32);
            let mut buffer = Buffer::EMPTY;
            let mut done = 0;
            {
                let cache = Cache::<_, _, _, u16>::new_uncached();
                let mut map = MapStorage::<u16, _, _>::new(&mut cells, config(), cache);
                while done < 60 {
                    let (key, value) = step(done);
                    if map.store_item(&mut buffer.0, &key.0, &&value[..]).await.is_err() {
                        break;
                    }
                    done += 1;
                }
            }
            let mut cells = cells.powered_again();
            let mut map =
                MapStorage::<u16, _, _>::new(&mut cells, config(), Cache::<_, _, _, u16>::new_uncached());
            // What it acknowledged is asked for, after one more put has made it repair what it can.
            let (key, value) = step(done);
            if map.store_item(&mut buffer.0, &key.0, &&value[..]).await.is_err() {
                return true;
            }
            for key in KEYS {
                let found = map.fetch_item::<&[u8]>(&mut buffer.0, &key.0).await.ok().flatten();
                if found.map(<[u8]>::to_vec) != newest(done + 1, key) {
                    return true;
                }
            }
            false
        })
    });
    assert!(lost, "then the journal is not needed any more");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Cut after cut, also while the last one is being repaired.
    #[test]
    fn any_number_of_cuts(cuts in prop::collection::vec((1u32..120, 0u64..1_000), 1..12)) {
        block_on(async {
            let (mut cells, mut done) = (Cells::new(5), 0);
            for (cut, permille) in cuts {
                let went;
                (cells, went) = puts_until(cut, permille, cells.powered_again(), done, done + 80).await;
                cells = cells.powered_again();
                let mut buffer = Buffer::EMPTY;
                let mut storage = Storage::open(&mut cells, &mut buffer).await.unwrap();
                for key in KEYS {
                    let found = holds(&mut storage, key).await;
                    assert!(found == newest(went, key) || found == newest(went + 1, key), "{key:?}");
                }
                // The interrupted put may have gone through.
                let (key, value) = step(went);
                done = went + u32::from(holds(&mut storage, key).await == Some(value));
            }
        });
    }

    /// Whatever lies in the flash, it is opened and used without a panic, and after `forget_all` it works.
    #[test]
    fn any_bytes(seed: u64, sparse: bool) {
        let mut cells = Cells { draws: seed, ..Cells::new(5) };
        for index in 0..cells.bytes.len() {
            if !sparse || index % 97 < 9 {
                cells.bytes[index] = cells.bits(500);
            }
        }
        block_on(async {
            let mut buffer = Buffer::EMPTY;
            let mut storage = Storage::open(&mut cells, &mut buffer).await.unwrap();
            let mut out = [0; MAX_VALUE];
            storage.get(Key(1), &mut out).await.ok();
            storage.put(Key(1), b"x").await.ok();
            storage.forget_all().await.unwrap();
            storage.put(Key(1), b"y").await.unwrap();
            assert_eq!(holds(&mut storage, Key(1)).await.unwrap(), b"y");
        });
    }

    /// Against a map of the standard library, over many rounds of the sectors.
    #[test]
    fn it_is_a_map(puts in prop::collection::vec((0u16..5, 0usize..300), 1..200)) {
        let mut known = BTreeMap::new();
        block_on(async {
            let mut buffer = Buffer::EMPTY;
            let mut storage = Storage::open(Cells::new(6), &mut buffer).await.unwrap();
            for (n, (key, length)) in puts.into_iter().enumerate() {
                let value = vec![n as u8; length];
                storage.put(Key(key), &value).await.unwrap();
                known.insert(key, value);
            }
            for (&key, value) in &known {
                let found = holds(&mut storage, Key(key)).await.unwrap_or_default();
                assert_eq!(&found, value);
            }
        });
    }
}
