//! What is said of the cycles: a document for programs, a text for people.
//!
//! The document's fields are [`Report`]'s; `schema` is raised whenever one changes its meaning or goes away.

use super::core::{CACHE_LINE, Core};
use super::instruction::Rule;
use super::region::Region;
use crate::report::numbers::grouped;
use crate::report::table::{Align, Cell, Paint, Table, Tone};
use hal_shim::cost::Grade;
use serde::Serialize;
use std::collections::BTreeMap;

pub const SCHEMA: u32 = 1;
/// Until a device has said what its cycles are.
pub const BASIS: &str = "predicted, not calibrated on hardware";

#[derive(Debug, Serialize)]
pub struct Report {
    pub schema: u32,
    /// `lx6` or `esp32c3`.
    pub core: &'static str,
    pub mhz: u32,
    pub basis: &'static str,
    /// The worst grade of the figures that the cycles rest on.
    pub grade: String,
    /// The stall rule that was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without: Option<&'static str>,
    pub regions: Vec<RegionReport>,
    pub cold_line: ColdLine,
    pub notes: &'static [&'static str],
}

/// What a line costs that the flash cache does not have. It is in no other figure.
#[derive(Debug, Serialize)]
pub struct ColdLine {
    pub bytes: u32,
    pub cycles: u64,
    pub grade: String,
    pub source: &'static str,
}

#[derive(Debug, Serialize)]
pub struct RegionReport {
    /// From 1, in the order of execution.
    pub region: usize,
    pub instructions: u64,
    pub cycles: u64,
    pub cpi: f64,
    /// Cycles in which no instruction was issued, by cause: `cycles` is `instructions` and all of them.
    pub stalls: BTreeMap<&'static str, u64>,
    /// Register windows that overflowed or underflowed, and the instructions of their handlers.
    pub window_exceptions: u64,
    pub window_instructions: u64,
    /// Self, not with callees; most cycles first.
    pub functions: Vec<FunctionReport>,
    /// Cache lines of code and constants touched, and what fetching each once from flash costs.
    pub cold_lines: u64,
    pub cold_cycles: u64,
    pub grade: String,
}

#[derive(Debug, Serialize)]
pub struct FunctionReport {
    pub name: String,
    pub instructions: u64,
    pub cycles: u64,
}

impl Report {
    /// `only`: the number of the one region to report.
    pub fn new(core: &Core, without: Option<Rule>, regions: Vec<Region>, only: Option<usize>) -> Self {
        let line = u64::from(core.line_fill_ns.value) * u64::from(core.mhz) / 1_000;
        let chosen = regions.into_iter().filter(|region| only.is_none_or(|only| region.number == only));
        let mut grade = Grade::Measured;
        let regions = chosen
            .map(|region| {
                grade = grade.max(region.grade);
                RegionReport::new(region, line)
            })
            .collect();
        Self {
            schema: SCHEMA,
            core: core.name,
            mhz: core.mhz,
            basis: BASIS,
            grade: grade.to_string(),
            without: without.map(Rule::name),
            regions,
            cold_line: ColdLine {
                bytes: CACHE_LINE,
                cycles: line,
                grade: core.line_fill_ns.grade.to_string(),
                source: core.line_fill_ns.source,
            },
            notes: core.notes,
        }
    }

    pub fn text(&self, core: &Core, paint: Paint) -> String {
        let mut out = String::new();
        for region in &self.regions {
            region.print(paint, &mut out);
        }
        out.push_str(&format!(
            "{} at {} MHz; cold lines cost {} cycles each ({}).\n",
            core.title,
            self.mhz,
            grouped(self.cold_line.cycles),
            self.cold_line.grade,
        ));
        for note in self.notes {
            out.push_str(&format!("{note}\n"));
        }
        if let Some(rule) = self.without {
            out.push_str(&paint.text(Tone::Warning, &format!("Without the rule `{rule}`.")));
            out.push('\n');
        }
        let basis = format!("{}; worst grade: {}", self.basis, self.grade);
        out.push_str(&paint.text(Tone::Faint, &basis));
        out.push('\n');
        out
    }
}

/// A person reads the first ones; the document has them all.
const FUNCTIONS_SHOWN: usize = 12;

impl RegionReport {
    fn new(region: Region, line_cycles: u64) -> Self {
        Self {
            region: region.number,
            instructions: region.instructions,
            cycles: region.cycles,
            cpi: region.cycles as f64 / region.instructions.max(1) as f64,
            stalls: region.stalls.iter().map(|(rule, cycles)| (rule.name(), *cycles)).collect(),
            window_exceptions: region.window_exceptions,
            window_instructions: region.window_instructions,
            functions: region
                .functions
                .into_iter()
                .map(|function| FunctionReport {
                    name: function.name,
                    instructions: function.instructions,
                    cycles: function.cycles,
                })
                .collect(),
            cold_lines: region.cold_lines,
            cold_cycles: region.cold_lines * line_cycles,
            grade: region.grade.to_string(),
        }
    }

    fn print(&self, paint: Paint, out: &mut String) {
        let head = format!(
            "region {}: {} instructions, {} cycles, {:.3} cycles an instruction",
            self.region,
            grouped(self.instructions),
            grouped(self.cycles),
            self.cpi,
        );
        out.push_str(&paint.text(Tone::Strong, &head));
        out.push('\n');
        let share = |cycles: u64| format!("{:.1} %", 100.0 * cycles as f64 / self.cycles.max(1) as f64);

        let mut causes = Table::new(&[("cause", Align::Left), ("cycles", Align::Right), ("", Align::Right)]);
        causes.row(vec![
            Cell::new("issued"),
            Cell::new(grouped(self.instructions)),
            Cell::new(share(self.instructions)),
        ]);
        let mut stalls: Vec<_> = self.stalls.iter().collect();
        stalls.sort_by_key(|(name, cycles)| (std::cmp::Reverse(**cycles), **name));
        for (name, cycles) in stalls {
            causes.row(vec![Cell::new(*name), Cell::new(grouped(*cycles)), Cell::new(share(*cycles))]);
        }
        causes.print(paint, out);
        if self.window_exceptions > 0 {
            out.push_str(&format!(
                "  {} window exceptions; their handlers' {} instructions are among the issued\n",
                grouped(self.window_exceptions),
                grouped(self.window_instructions),
            ));
        }

        let mut functions = Table::new(&[
            ("function (self)", Align::Left),
            ("instructions", Align::Right),
            ("cycles", Align::Right),
            ("", Align::Right),
        ]);
        for function in self.functions.iter().take(FUNCTIONS_SHOWN) {
            functions.row(vec![
                Cell::new(&function.name),
                Cell::new(grouped(function.instructions)),
                Cell::new(grouped(function.cycles)),
                Cell::new(share(function.cycles)),
            ]);
        }
        functions.print(paint, out);
        let hidden = self.functions.len().saturating_sub(FUNCTIONS_SHOWN);
        if hidden > 0 {
            out.push_str(&format!("  and {hidden} more: --json has them\n"));
        }
        out.push_str(&format!(
            "  from a cold cache {} cycles more, for {} lines\n\n",
            grouped(self.cold_cycles),
            grouped(self.cold_lines),
        ));
    }
}
