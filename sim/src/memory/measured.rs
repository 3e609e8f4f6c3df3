//! Figures that the firmware's checks measured: `firmware-esp32/memory` writes the file, and the checks fail when a
//! figure has moved from what is committed.

use node_core::boards::Mcu;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// In bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    pub state: u64,
    pub stack: u64,
}

/// What a firmware's image takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sections {
    /// Code that is read from flash.
    pub text: u64,
    /// Constants that are read from flash.
    pub rodata: u64,
    /// Code in RAM.
    pub iram: u64,
    /// Variables that begin with a value, which lies in flash as well.
    pub data: u64,
    /// Variables that begin as zero.
    pub bss: u64,
    /// Memory that deep sleep leaves alone.
    pub rtc: u64,
    /// Of `data` and `bss`: the future of the app's `run`, and node-core's statics; 0 if the file does not tell.
    pub state: u64,
}

impl Sections {
    /// What is taken before there is a stack.
    pub fn ram(&self) -> u64 {
        self.iram + self.data + self.bss
    }
    pub fn flash(&self) -> u64 {
        self.text + self.rodata + self.iram + self.data
    }
}

type Apps = BTreeMap<String, Figures>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    pub compiler: String,
    /// That the measured code is of.
    pub commit: String,
    xtensa: Apps,
    riscv: Apps,
    /// By board, then by features of the firmware.
    pub image: BTreeMap<String, BTreeMap<String, Sections>>,
}

impl Measured {
    pub fn of(&self, mcu: Mcu) -> &Apps {
        match mcu {
            Mcu::Esp32 => &self.xtensa,
            Mcu::Esp32C3 => &self.riscv,
        }
    }
}

pub static MEASURED: LazyLock<Measured> = LazyLock::new(|| {
    toml::from_str(include_str!("measured.toml")).unwrap_or_else(|error| {
        unreachable!("the tests read this file, and it is part of the program: {error}")
    })
});
