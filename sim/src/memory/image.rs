//! What a firmware takes of its chip, from the ELF file that is flashed.
//!
//! By address, so that it does not matter who named the sections: esp-hal, ESP-IDF or somebody's own linker script.

use super::chip::{Chip, Place};
use super::measured::Sections;
use crate::refusal::Refusal;
use node_core::boards::Mcu;
use object::{Architecture, Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind, elf};
use std::path::Path;

#[derive(Debug)]
pub struct Image {
    pub chip: &'static Chip,
    pub sections: Sections,
    /// What the linker left to the main stack, where it says so.
    pub stack: Option<u64>,
}

/// The firmware keeps the size of its app's future in a constant of this name.
const RUN_BYTES: &str = "NODETWIN_RUN_BYTES";

impl Image {
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| Refusal {
            message: format!("{shown}: cannot be read: {error}"),
            help: "give the ELF file that cargo built: firmware-esp32/target/<target>/release/firmware"
                .into(),
        })?;
        Self::parse(&shown, &bytes)
    }

    pub fn parse(shown: &str, bytes: &[u8]) -> Result<Self, Refusal> {
        let refuse = |message: String, help: &str| Refusal {
            message: format!("{shown}: {message}"),
            help: help.into(),
        };
        let file = object::File::parse(bytes).map_err(|error| {
            let help = "give the ELF file, and not the image that esptool made of it";
            refuse(format!("is no ELF file: {error}"), help)
        })?;
        let mcu = match file.architecture() {
            Architecture::Xtensa => Mcu::Esp32,
            Architecture::Riscv32 => Mcu::Esp32C3,
            other => {
                let help = "give a firmware for the ESP32 (Xtensa) or the ESP32-C3 (32-bit RISC-V)";
                return Err(refuse(format!("is for {other:?}"), help));
            }
        };
        let chip = Chip::of(mcu);
        let mut sections = Sections::default();
        let mut stack = None;
        for section in file.sections().filter(|section| takes_memory(section)) {
            let (name, size) = (section.name().unwrap_or_default(), section.size());
            let zeroed = section.kind() == SectionKind::UninitializedData || section.file_range().is_none();
            // The same memory under its other address, kept free by a section that holds nothing.
            if name.contains("dummy") {
                continue;
            }
            if name.starts_with(".stack") {
                stack = Some(size);
                continue;
            }
            let sum = match chip.place(section.address()) {
                Some(Place::FlashCode) => &mut sections.text,
                Some(Place::FlashConstants) => &mut sections.rodata,
                Some(Place::RamCode) => &mut sections.iram,
                Some(Place::RamData) if zeroed => &mut sections.bss,
                Some(Place::RamData) => &mut sections.data,
                Some(Place::Rtc) => &mut sections.rtc,
                None => {
                    let message = format!(
                        "its section {name} lies at {:#x}, where an {} has no memory",
                        section.address(),
                        chip.name
                    );
                    let help = "give a firmware for the chip; a program for an emulator has another memory";
                    return Err(refuse(message, help));
                }
            };
            *sum += size;
        }
        if sections.text + sections.iram == 0 {
            let help = "give what the linker wrote, and not a library or an object";
            return Err(refuse("holds no code at the chip's addresses".into(), help));
        }
        sections.state = run_bytes(&file).map_or(0, |run| run + statics(&file));
        Ok(Self { chip, sections, stack })
    }
}

fn takes_memory(section: &object::Section) -> bool {
    let allocated = match section.flags() {
        SectionFlags::Elf { sh_flags } => sh_flags & u64::from(elf::SHF_ALLOC) != 0,
        _ => false,
    };
    allocated && section.size() > 0
}

fn run_bytes(file: &object::File) -> Option<u64> {
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(RUN_BYTES))?;
    let section = file.section_by_index(symbol.section_index()?).ok()?;
    let bytes = section.data_range(symbol.address(), 4).ok()??;
    Some(u32::from_le_bytes(bytes.try_into().ok()?).into())
}

/// Bytes of node-core's own variables.
fn statics(file: &object::File) -> u64 {
    let is_variable = |symbol: &object::Symbol| {
        let section = symbol.section_index().and_then(|index| file.section_by_index(index).ok());
        section.is_some_and(|section| {
            matches!(section.kind(), SectionKind::Data | SectionKind::UninitializedData)
        })
    };
    let ours = |symbol: &object::Symbol| {
        let name = symbol.name().map(|name| format!("{:#}", rustc_demangle::demangle(name)));
        name.is_ok_and(|name| name.trim_start_matches('<').starts_with("node_core::"))
    };
    file.symbols()
        .filter(|symbol| symbol.size() > 0 && ours(symbol) && is_variable(symbol))
        .map(|s| s.size())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const XTENSA: u16 = 94;
    const RISCV: u16 = 243;
    const PROGBITS: u32 = 1;
    const NOBITS: u32 = 8;

    /// A 32-bit ELF file of sections alone: name, type, address, size.
    fn elf(machine: u16, sections: &[(&str, u32, u32, u32)]) -> Vec<u8> {
        const HEADER: u32 = 52;
        let mut names = vec![0];
        let mut headers = vec![[0u32; 10]];
        let longest = sections.iter().map(|(.., size)| *size).max().unwrap_or(0);
        for &(name, kind, address, size) in sections {
            headers.push([names.len() as u32, kind, 2, address, HEADER, size, 0, 0, 4, 0]);
            names.extend(name.bytes().chain([0]));
        }
        let name_of_names = names.len() as u32;
        names.extend(b".shstrtab\0");
        names.resize(names.len().next_multiple_of(4), 0);
        headers.push([name_of_names, 3, 0, 0, HEADER + longest, names.len() as u32, 0, 0, 1, 0]);
        let table = HEADER + longest + names.len() as u32;
        let mut file = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        file.extend([2, 0].into_iter().chain(machine.to_le_bytes()));
        file.extend([1u32, 0, 0, table, 0].into_iter().flat_map(u32::to_le_bytes));
        let count = headers.len() as u16;
        file.extend([HEADER as u16, 0, 0, 40, count, count - 1].into_iter().flat_map(u16::to_le_bytes));
        file.resize((HEADER + longest) as usize, 0);
        file.extend(names);
        file.extend(headers.concat().into_iter().flat_map(u32::to_le_bytes));
        file
    }

    #[test]
    fn sections_are_told_apart_by_where_they_lie() {
        let bytes = elf(
            XTENSA,
            &[
                (".vectors", PROGBITS, 0x4008_0000, 0x400),
                (".iram0.text", PROGBITS, 0x4008_0400, 5_000),
                (".dram0.data", PROGBITS, 0x3FFB_0000, 3_000),
                (".dram0.bss", NOBITS, 0x3FFB_1000, 40_000),
                (".stack", NOBITS, 0x3FFC_0000, 100_000),
                (".flash.rodata", PROGBITS, 0x3F40_0020, 20_000),
                (".flash.text", PROGBITS, 0x400D_0020, 100_000),
                (".rtc_fast.persistent", NOBITS, 0x3FF8_0000, 4_256),
            ],
        );
        let image = Image::parse("a.elf", &bytes).unwrap();
        let whole = Sections {
            text: 100_000,
            rodata: 20_000,
            iram: 6_024,
            data: 3_000,
            bss: 40_000,
            rtc: 4_256,
            state: 0,
        };
        assert_eq!((image.chip.name, image.sections, image.stack), ("ESP32", whole, Some(100_000)));
        assert_eq!((whole.ram(), whole.flash()), (49_024, 129_024));
    }

    /// The ESP32-C3's RAM has two addresses: code at one keeps data off the other by a section that holds nothing.
    #[test]
    fn memory_with_two_addresses_counts_once() {
        let bytes = elf(
            RISCV,
            &[
                (".rwtext", PROGBITS, 0x4038_0000, 8_000),
                (".rwdata_dummy", NOBITS, 0x3FC8_0000, 8_000),
                (".bss", NOBITS, 0x3FC8_2000, 50_000),
            ],
        );
        let image = Image::parse("a.elf", &bytes).unwrap();
        assert_eq!((image.sections.ram(), image.chip.name), (58_000, "ESP32-C3"));
    }

    #[test]
    fn what_is_no_firmware_is_refused_with_a_cure() {
        let refused = |bytes: &[u8]| Image::parse("a.elf", bytes).unwrap_err();
        let text = refused(b"not an ELF file at all");
        assert!(
            text.message.starts_with("a.elf: is no ELF file") && text.help.contains("esptool"),
            "{text:?}"
        );
        assert!(refused(&elf(62, &[])).message.starts_with("a.elf: "));
        assert!(refused(&elf(XTENSA, &[])).message.contains("no code"));
        let emulated = refused(&elf(RISCV, &[(".text", PROGBITS, 0x8000_0000, 64)]));
        assert!(emulated.message.contains(".text lies at 0x80000000"), "{emulated:?}");
        let missing = Image::read(Path::new("/nowhere/firmware")).unwrap_err();
        assert!(missing.message.contains("/nowhere/firmware: cannot be read"), "{missing:?}");
    }
}
