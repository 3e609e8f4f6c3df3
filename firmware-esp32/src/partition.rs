//! Flash partitions by name.

use esp_bootloader_esp_idf::partitions::{PARTITION_TABLE_MAX_LEN, read_partition_table};
use esp_hal::peripherals::FLASH;
use esp_storage::FlashStorage;

/// Fills `bytes` from the start of the partition called `name`. `false` if there is none, or it cannot be read: then
/// `bytes` are of no use.
pub fn read(flash: FLASH<'_>, name: &str, bytes: &mut [u8]) -> bool {
    let mut flash = FlashStorage::new(flash);
    let mut table = [0; PARTITION_TABLE_MAX_LEN];
    let Ok(partitions) = read_partition_table(&mut flash, &mut table) else { return false };
    let Some(found) = partitions.iter().find(|partition| partition.label_as_str() == name) else {
        return false;
    };
    found.as_flash_region(&mut flash).read(0, bytes).is_ok()
}
