//! What a core's file has to say for the pipeline to follow it.

use super::Trouble;
use super::instruction::{Kind, Meaning, Rule};
use super::{esp32c3, lx6, riscv, xtensa};
use hal_shim::cost::Graded;

/// A figure of a core with its name.
pub struct Figure {
    pub name: &'static str,
    pub cycles: Graded<u32>,
}

/// How long an instruction takes.
#[derive(Clone, Copy)]
pub struct Timing {
    /// After so many cycles the next one may issue.
    pub issue: &'static Figure,
    /// After so many cycles its result may be used.
    pub latency: &'static Figure,
    /// Whom to blame if somebody waits.
    pub rule: Rule,
}

/// Cycles that are lost when the next instruction is not the one behind.
pub struct Transfers {
    pub taken_branch: &'static Figure,
    pub jump: &'static Figure,
    pub indirect_jump: &'static Figure,
    pub return_: &'static Figure,
    /// The target is a long instruction across two words.
    pub crossing_target: &'static Figure,
    pub window_entry: &'static Figure,
    pub window_return: &'static Figure,
    pub exception_entry: &'static Figure,
    pub exception_return: &'static Figure,
    /// From the last to the first instruction of a hardware loop.
    pub loop_back: &'static Figure,
    /// How many cycles too late a result is for an indirect jump that follows directly.
    pub jump_register: &'static Figure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    Xtensa,
    Riscv,
}

impl Isa {
    pub fn name(self) -> &'static str {
        match self {
            Self::Xtensa => "Xtensa",
            Self::Riscv => "RISC-V (32 bit)",
        }
    }

    /// `None`: the models do not know it.
    pub fn decode(self, bytes: &[u8], text: &str) -> Option<Meaning> {
        match self {
            Self::Xtensa => xtensa::decode(text),
            Self::Riscv => riscv::decode(bytes),
        }
    }
}

pub struct Core {
    pub name: &'static str,
    /// Of a person's words.
    pub title: &'static str,
    pub isa: Isa,
    pub mhz: u32,
    pub timing: fn(Kind) -> Timing,
    pub transfers: Transfers,
    /// A cache line of [`CACHE_LINE`] bytes from flash, in nanoseconds.
    pub line_fill_ns: Graded<u32>,
    /// What the model leaves out or averages, for whoever reads its figures.
    pub notes: &'static [&'static str],
}

/// Bytes. Both chips' flash caches.
pub const CACHE_LINE: u32 = 32;

pub static CORES: [&Core; 2] = [&lx6::CORE, &esp32c3::CORE];

impl Core {
    pub fn named(name: &str) -> Result<&'static Self, Trouble> {
        CORES.into_iter().find(|core| core.name == name).ok_or_else(|| {
            Trouble::input(format!("`{name}` is no core that is modelled"), "cores: lx6, esp32c3")
        })
    }

    /// The core that is meant if only the program is given.
    pub fn of(isa: Isa) -> &'static Self {
        match isa {
            Isa::Xtensa => &lx6::CORE,
            Isa::Riscv => &esp32c3::CORE,
        }
    }
}
