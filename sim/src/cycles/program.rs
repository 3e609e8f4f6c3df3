//! What is asked of an ELF file: which machine it is for, where its markers are, whose code an address is,
//! and what would lie in flash.

use super::Trouble;
use super::core::Isa;
use object::{Architecture, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind, elf};
use std::ops::Range;
use std::path::{Path, PathBuf};

pub const BEGIN: &str = "twin_begin";
pub const END: &str = "twin_end";

#[derive(Debug)]
pub struct Program {
    pub path: PathBuf,
    pub isa: Isa,
    pub begin: u32,
    pub end: u32,
    /// Where each one starts, in order; the first stands for what lies before all of them.
    functions: Vec<(u32, String)>,
    /// What nobody writes to: in flash on the chip, behind its cache.
    constant: Vec<Range<u32>>,
}

impl Program {
    pub fn read(path: &Path) -> Result<Self, Trouble> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| {
            Trouble::input(
                format!("{shown}: cannot be read: {error}"),
                "give a bare-metal ELF file for QEMU's `sim` (Xtensa) or `virt` (RISC-V) machine",
            )
        })?;
        Self::parse(path, &bytes)
    }

    /// Of what the file at `path` holds, whatever that is.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Trouble> {
        let shown = path.display();
        let file = object::File::parse(bytes).map_err(|error| {
            Trouble::input(format!("{shown}: is no ELF file: {error}"), "give what the linker wrote")
        })?;
        let isa = match file.architecture() {
            Architecture::Xtensa => Isa::Xtensa,
            Architecture::Riscv32 => Isa::Riscv,
            other => {
                return Err(Trouble::input(
                    format!("{shown}: is for {other:?}, and only Xtensa and 32-bit RISC-V are modelled"),
                    "build it for the ESP32 (lx6) or the ESP32-C3 (esp32c3)",
                ));
            }
        };
        let marker = |name: &str| {
            let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name) && !symbol.is_undefined());
            symbol.map(|symbol| symbol.address() as u32).ok_or_else(|| {
                Trouble::input(
                    format!("{shown}: has no symbol `{name}`"),
                    format!(
                        "call the empty functions {BEGIN} and {END} around what is to be measured: #[unsafe(no_mangle)] \
                         #[inline(never)] extern \"C\", and do not strip the file"
                    ),
                )
            })
        };
        let (begin, end) = (marker(BEGIN)?, marker(END)?);
        if begin == end {
            return Err(Trouble::input(
                format!("{shown}: {BEGIN} and {END} are the same code at {begin:#x}"),
                "the compiler merged two empty functions: give them different bodies, as core::hint::black_box(1) and (2)",
            ));
        }
        Ok(Self {
            path: path.into(),
            isa,
            begin,
            end,
            functions: functions(&file),
            constant: constant(&file),
        })
    }

    pub fn function_index(&self, address: u32) -> usize {
        self.functions.partition_point(|(start, _)| *start <= address) - 1
    }

    pub fn function_name(&self, index: usize) -> &str {
        &self.functions[index].1
    }

    pub fn is_constant(&self, address: u32) -> bool {
        let after = self.constant.partition_point(|range| range.start <= address);
        after > 0 && self.constant[after - 1].contains(&address)
    }
}

/// Names of code, functions' first: hand-written assembly has labels only.
fn functions(file: &object::File) -> Vec<(u32, String)> {
    let code = |symbol: &object::Symbol| {
        let section = symbol.section_index().and_then(|index| file.section_by_index(index).ok());
        section.is_some_and(|section| section.kind() == object::SectionKind::Text)
    };
    let mut found: Vec<(u32, bool, String)> = file
        .symbols()
        .filter(|symbol| matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Label | SymbolKind::Unknown))
        .filter(code)
        .filter_map(|symbol| {
            let name = symbol.name().ok().filter(|name| !name.is_empty() && !is_local(name))?;
            let is_label = symbol.kind() != SymbolKind::Text;
            Some((symbol.address() as u32, is_label, format!("{:#}", rustc_demangle::demangle(name))))
        })
        .collect();
    found.sort();
    found.dedup_by_key(|(address, ..)| *address);
    let named = found.into_iter().map(|(address, _, name)| (address, name));
    std::iter::once((0, "(no symbol)".to_string())).chain(named).collect()
}

/// The assembler's own, and the marks of code and data.
fn is_local(name: &str) -> bool {
    name.starts_with(".L") || name.starts_with('$') || name.starts_with("L0\u{1}")
}

fn constant(file: &object::File) -> Vec<Range<u32>> {
    let mut ranges: Vec<Range<u32>> = file
        .sections()
        .filter(|section| match section.flags() {
            SectionFlags::Elf { sh_flags } => {
                sh_flags & u64::from(elf::SHF_ALLOC) != 0 && sh_flags & u64::from(elf::SHF_WRITE) == 0
            }
            _ => false,
        })
        .map(|section| section.address() as u32..section.address().saturating_add(section.size()) as u32)
        .filter(|range| !range.is_empty())
        .collect();
    ranges.sort_by_key(|range| range.start);
    ranges
}
