//! Erases that a power cut cannot leave half done.
//!
//! A sector whose erase was interrupted holds anything: often what still looks like values, since the marks at its ends fade
//! last of all when the many bits between have long changed. `sequential-storage` tells an interrupted erase by those marks
//! alone, and may then take the damaged sector for the good one. So each erase is announced before it begins and signed off
//! when it is done, in sectors of the journal's own; whoever opens the flash and finds an announcement without its signature
//! erases once more. That is right at any later time too: nothing else was written meanwhile.
//!
//! The journal has two sectors. When one is full the other is erased, and until that is done the last entry stands, signed
//! off, in the full one: its number is the highest, and only the highest counts. So the journal needs no journal.

use crate::boards::FlashFacts;
use crate::crc::crc32;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

const SECTOR: u32 = FlashFacts::SECTOR_BYTES as u32;
/// Two records of number, sector and CRC-32: the announcement and the signature.
const RECORD: usize = 12;
const ENTRY: u32 = 2 * RECORD as u32;
const ENTRIES: u32 = SECTOR / ENTRY;
const ANNOUNCED: u16 = 0x4E45;
const SIGNED_OFF: u16 = 0x444F;

/// A flash whose first sectors are the journal of the others.
pub struct Journaled<F> {
    flash: F,
    /// Of the last erase.
    number: u32,
    /// Where the next entry goes: journal sector and entry.
    next: (u32, u32),
    /// Announced, and given up before it was signed off: nothing may be written before that is made good.
    unfinished: Option<u16>,
}

/// Words as the flash's driver wants them.
#[repr(align(4))]
struct Record([u8; RECORD]);

impl Record {
    fn new(number: u32, kind: u16, sector: u16) -> Self {
        let mut bytes = [0; RECORD];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        bytes[4..6].copy_from_slice(&kind.to_le_bytes());
        bytes[6..8].copy_from_slice(&sector.to_le_bytes());
        let crc = crc32(0, &bytes[..8]);
        bytes[8..].copy_from_slice(&crc.to_le_bytes());
        Self(bytes)
    }

    /// Number and sector, if it is a whole record of this kind.
    fn read(&self, kind: u16) -> Option<(u32, u16)> {
        let [n0, n1, n2, n3, k0, k1, s0, s1, ..] = self.0;
        let (number, sector) = (u32::from_le_bytes([n0, n1, n2, n3]), u16::from_le_bytes([s0, s1]));
        let whole = u16::from_le_bytes([k0, k1]) == kind && self.0 == Self::new(number, kind, sector).0;
        whole.then_some((number, sector))
    }

    fn is_erased(&self) -> bool {
        self.0 == [0xFF; RECORD]
    }
}

impl<F: NorFlash> Journaled<F> {
    pub const JOURNAL_BYTES: usize = 2 * FlashFacts::SECTOR_BYTES;

    /// Reads the journal and ends the erase that a power cut interrupted.
    pub async fn open(mut flash: F) -> Result<Self, F::Error> {
        let mut last: Option<(u32, u16, bool)> = None;
        let mut free = [0; 2];
        let mut newest = 0;
        for half in 0..2 {
            for entry in 0..ENTRIES {
                let place = half * SECTOR + entry * ENTRY;
                let announced = Self::record(&mut flash, place).await?;
                let signed_off = Self::record(&mut flash, place + RECORD as u32).await?;
                // Entries follow each other without a gap, but in a half that was being erased: nothing there counts.
                if announced.is_erased() && signed_off.is_erased() {
                    break;
                }
                free[half as usize] = entry + 1;
                let Some((number, sector)) = announced.read(ANNOUNCED) else { continue };
                if last.is_none_or(|(highest, ..)| number > highest) {
                    last = Some((number, sector, signed_off.read(SIGNED_OFF) == Some((number, sector))));
                    newest = half;
                }
            }
        }
        let number = last.map_or(0, |(number, ..)| number);
        let unfinished = last.and_then(|(_, sector, signed_off)| (!signed_off).then_some(sector));
        let mut journaled = Self { flash, number, next: (newest, free[newest as usize]), unfinished };
        journaled.finish().await?;
        Ok(journaled)
    }

    async fn record(flash: &mut F, place: u32) -> Result<Record, F::Error> {
        let mut record = Record([0; RECORD]);
        flash.read(place, &mut record.0).await?;
        Ok(record)
    }

    async fn finish(&mut self) -> Result<(), F::Error> {
        match self.unfinished {
            Some(sector) => self.erase_sector(sector).await,
            None => Ok(()),
        }
    }

    async fn erase_sector(&mut self, sector: u16) -> Result<(), F::Error> {
        let from = u32::from(sector) * SECTOR;
        if sector < 2 || from as usize >= self.flash.capacity() {
            // The journal of a larger flash.
            self.unfinished = None;
            return Ok(());
        }
        let (mut half, mut entry) = self.next;
        if entry >= ENTRIES {
            (half, entry) = (1 - half, 0);
            self.flash.erase(half * SECTOR, (half + 1) * SECTOR).await?;
        }
        // From here on the entry is taken and the erase owed, even if the call is given up halfway.
        self.unfinished = Some(sector);
        self.next = (half, entry + 1);
        self.number = self.number.wrapping_add(1);
        let place = half * SECTOR + entry * ENTRY;
        self.flash.write(place, &Record::new(self.number, ANNOUNCED, sector).0).await?;
        self.flash.erase(from, from + SECTOR).await?;
        self.flash.write(place + RECORD as u32, &Record::new(self.number, SIGNED_OFF, sector).0).await?;
        self.unfinished = None;
        Ok(())
    }
}

impl<F: ErrorType> ErrorType for Journaled<F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> ReadNorFlash for Journaled<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.flash.read(offset, bytes).await
    }
    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for Journaled<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.finish().await?;
        for sector in from / SECTOR..to / SECTOR {
            self.erase_sector(sector as u16).await?;
        }
        Ok(())
    }
    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.finish().await?;
        self.flash.write(offset, bytes).await
    }
}
