//! Flash partitions by name.

use crate::flash::NodeFlash;
use esp_bootloader_esp_idf::partitions::{PARTITION_TABLE_MAX_LEN, read_partition_table};
use esp_hal::peripherals::FLASH;
use esp_storage::FlashStorage;
use node_core::boards::FlashFacts;

/// The flash, before the node has its part of it.
pub struct Partitions(FlashStorage<'static>);

impl Partitions {
    pub fn new(flash: FLASH<'static>) -> Self {
        Self(FlashStorage::new(flash))
    }

    /// Where the partition called `name` begins, and its length.
    fn find(&mut self, name: &str) -> Option<(u32, u32)> {
        let mut table = [0; PARTITION_TABLE_MAX_LEN];
        let partitions = read_partition_table(&mut self.0, &mut table).ok()?;
        let found = partitions.iter().find(|partition| partition.label_as_str() == name)?;
        Some((found.offset(), found.len()))
    }

    /// Fills `bytes` from the start of the partition called `name`. `false` if there is none, or it cannot be read: then
    /// `bytes` are of no use.
    pub fn read(&mut self, name: &str, bytes: &mut [u8]) -> bool {
        let found = self.find(name).filter(|(_, length)| bytes.len() <= *length as usize);
        found.is_some_and(|(offset, _)| self.0.read_nor(offset, bytes).is_ok())
    }

    /// The node's own partition; none in a device that was flashed with another table.
    pub fn of_the_node(mut self, facts: &FlashFacts) -> Option<NodeFlash> {
        let (offset, length) = self.find(facts.partition)?;
        (length >= facts.bytes).then_some(NodeFlash { storage: self.0, offset, bytes: facts.bytes })
    }
}
