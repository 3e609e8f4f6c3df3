//! All that the lab counted in one run, read from its folder.

use crate::Wrong;
use crate::console::{self, Line};
use crate::table::Table;
use node_core::boards::Mcu;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// Where kernels ran.
pub const HOST: &str = "host";
/// Instruction sets, and which core's cycles they become.
pub const ISAS: [(&str, Option<&Core>); 4] =
    [("xtensa-lx6", Some(&LX6)), ("riscv32imc", Some(&ESP32C3)), ("riscv32imafc", None), ("thumbv7em", None)];

/// A core that `nodetwin cycles` models.
#[derive(Debug)]
pub struct Core {
    pub name: &'static str,
    pub title: &'static str,
    pub mcu: Mcu,
    /// How far its cycles are off where they are known, and how that is known.
    pub off: f64,
    pub known_by: &'static str,
    /// Of its cycles: the worst of what they rest on.
    pub grade: &'static str,
}

pub static LX6: Core = Core {
    name: "lx6",
    title: "ESP32 (Xtensa LX6)",
    mcu: Mcu::Esp32,
    off: 0.05,
    known_by: "published cycles of assembler kernels are met within 5 % (lab/witness)",
    grade: "Derived",
};
pub static ESP32C3: Core = Core {
    name: "esp32c3",
    title: "ESP32-C3 (RV32IMC)",
    mcu: Mcu::Esp32C3,
    off: 0.25,
    known_by: "no cycles of this core are published: its pipeline is taken from a relative",
    grade: "Assumed",
};

pub struct Folder {
    pub build: Build,
    pub host: Vec<Line>,
    /// In the order of [`ISAS`], those that were run.
    pub machines: Vec<Machine>,
}

pub struct Machine {
    pub isa: &'static str,
    pub core: Option<&'static Core>,
    pub lines: Vec<Line>,
    /// Cycles by region, if the core's pipeline was followed.
    pub regions: Vec<Region>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    pub commit: String,
    pub compiler: String,
    pub flags: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Region {
    pub cycles: u64,
}

#[derive(Deserialize)]
struct Cycles {
    regions: Vec<Region>,
}

impl Build {
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let value = |key: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            found.map(str::to_string).ok_or_else(|| format!("no line `{key}=`"))
        };
        Ok(Self { commit: value("commit")?, compiler: value("compiler")?, flags: value("flags")? })
    }
}

impl Folder {
    pub fn read(folder: &Path) -> Result<Self, Wrong> {
        let text = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let lines = |name: &str| {
            text(&format!("{name}.txt"))
                .and_then(|text| console::parse(&text).map_err(|wrong| format!("{name}.txt: {wrong}")))
        };
        let mut machines = Vec::new();
        for (isa, core) in ISAS {
            if !folder.join(format!("{isa}.txt")).exists() {
                continue;
            }
            let cycles = core.map(|core| folder.join(format!("{}.json", core.name)));
            let regions = match cycles.filter(|path| path.exists()) {
                None => Vec::new(),
                Some(path) => {
                    let json =
                        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                    let cycles: Cycles = serde_json::from_str(&json)
                        .map_err(|error| format!("{}: {error}", path.display()))?;
                    cycles.regions
                }
            };
            machines.push(Machine { isa, core, lines: lines(isa)?, regions });
        }
        Ok(Self {
            build: Build::parse(&text("build.txt")?).map_err(|wrong| format!("build.txt: {wrong}"))?,
            host: lines(HOST)?,
            machines,
        })
    }

    /// A table of instructions for each machine, and of cycles for each that has them.
    pub fn tables(&self) -> Result<Vec<Table>, Wrong> {
        let mut tables = Vec::new();
        for machine in &self.machines {
            tables.push(Table::of_instructions(machine)?);
            if !machine.regions.is_empty() {
                tables.push(Table::of_cycles(machine)?);
            }
        }
        Ok(tables)
    }
}

impl Machine {
    /// Cycles of a case, without those of calling it.
    pub fn cycles(&self, line: &Line) -> Result<u64, Wrong> {
        let at = |region: usize| {
            let region = self.regions.get(region).map(|region| region.cycles);
            region.ok_or_else(|| format!("{}: fewer regions than the bench printed", self.isa))
        };
        let region = line.region.ok_or_else(|| format!("{}: {} has no region", self.isa, line.name()))?;
        Ok(at(region)?.saturating_sub(at(region - 1)?))
    }
}
