//! What memory a chip has, and what of it a program can have.

use hal_shim::cost::{Grade, Graded};
use node_core::boards::Mcu;
use std::ops::Range;

/// A stretch of memory that the linker fills.
#[derive(Debug)]
pub struct Region {
    pub what: &'static str,
    pub bytes: u64,
    pub grade: Grade,
    pub source: &'static str,
}

/// What lies at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    FlashCode,
    FlashConstants,
    RamCode,
    RamData,
    Rtc,
}

#[derive(Debug)]
pub struct Chip {
    pub name: &'static str,
    /// All of its SRAM.
    pub sram: Graded<u64>,
    /// What the rest of the SRAM is for, in words.
    pub taken: &'static str,
    /// Variables and stack. Where `code` is none: code in RAM as well.
    pub data: Region,
    /// Code in RAM, where that is memory of its own.
    pub code: Option<Region>,
    /// The flash of the board's module.
    pub flash: Graded<u64>,
    pub rtc: Graded<u64>,
    places: &'static [(Range<u64>, Place)],
}

const LINKER_SCRIPT: &str = "esp-hal 1.2.2, ld/<chip>/memory.x";

static ESP32: Chip = Chip {
    name: "ESP32",
    sram: Graded {
        value: 520 * 1024,
        grade: Grade::Datasheet,
        source: "ESP32 data sheet, 520 KB on-chip SRAM",
    },
    taken: "64 KiB are the flash's caches, 128 KiB are for code, 8 KiB and two stacks of 11 KiB are the ROM's, \
            96.5 KiB behind them can be a heap",
    data: Region {
        what: "data and stack (dram_seg)",
        bytes: 192 * 1024,
        grade: Grade::Datasheet,
        source: LINKER_SCRIPT,
    },
    code: Some(Region {
        what: "code in RAM (iram_seg, vectors)",
        bytes: 128 * 1024,
        grade: Grade::Datasheet,
        source: LINKER_SCRIPT,
    }),
    flash: Graded {
        value: 4 << 20,
        grade: Grade::Datasheet,
        source: "ESP32-PICO-D4 data sheet, 4 MB in the package",
    },
    rtc: Graded {
        value: 16 * 1024,
        grade: Grade::Datasheet,
        source: "ESP32 data sheet, 8 KB fast and 8 KB slow",
    },
    // ESP32 technical reference manual, system and memory: address mapping.
    places: &[
        (0x3F40_0000..0x3F80_0000, Place::FlashConstants),
        (0x3FF8_0000..0x3FF8_2000, Place::Rtc),
        (0x3FFA_E000..0x4000_0000, Place::RamData),
        (0x4007_0000..0x400C_0000, Place::RamCode),
        (0x400C_0000..0x400C_2000, Place::Rtc),
        (0x400D_0000..0x4040_0000, Place::FlashCode),
        (0x5000_0000..0x5000_2000, Place::Rtc),
    ],
};

static ESP32C3: Chip = Chip {
    name: "ESP32-C3",
    sram: Graded { value: 400 * 1024, grade: Grade::Datasheet, source: "ESP32-C3 data sheet, 400 KB SRAM" },
    taken: "16 KiB are the flash's cache, 65 KiB are the boot loader's and can be a heap afterwards",
    data: Region {
        what: "data, code in RAM and stack (DRAM)",
        bytes: 313 * 1024,
        grade: Grade::Datasheet,
        source: LINKER_SCRIPT,
    },
    code: None,
    flash: Graded {
        value: 4 << 20,
        grade: Grade::Datasheet,
        source: "ESP32-C3-MINI-1 data sheet, 4 MB in the package",
    },
    rtc: Graded { value: 8 * 1024, grade: Grade::Datasheet, source: "ESP32-C3 data sheet, 8 KB SRAM in RTC" },
    // ESP32-C3 technical reference manual, system and memory: address mapping.
    places: &[
        (0x3C00_0000..0x3C80_0000, Place::FlashConstants),
        (0x3FC8_0000..0x3FCE_0000, Place::RamData),
        (0x4037_C000..0x403E_0000, Place::RamCode),
        (0x4200_0000..0x4280_0000, Place::FlashCode),
        (0x5000_0000..0x5000_2000, Place::Rtc),
    ],
};

impl Chip {
    pub fn of(mcu: Mcu) -> &'static Self {
        match mcu {
            Mcu::Esp32 => &ESP32,
            Mcu::Esp32C3 => &ESP32C3,
        }
    }

    pub fn place(&self, address: u64) -> Option<Place> {
        self.places.iter().find(|(range, _)| range.contains(&address)).map(|(_, place)| *place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_can_have_is_part_of_what_there_is() {
        for chip in [&ESP32, &ESP32C3] {
            let code = chip.code.as_ref().map_or(0, |code| code.bytes);
            assert!(chip.data.bytes + code < chip.sram.value, "{}", chip.name);
            for (index, (range, _)) in chip.places.iter().enumerate() {
                assert!(!range.is_empty());
                assert!(
                    chip.places[index + 1..].iter().all(|(next, _)| range.end <= next.start),
                    "{}",
                    chip.name
                );
            }
        }
    }
}
