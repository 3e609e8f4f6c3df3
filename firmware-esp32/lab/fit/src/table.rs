//! A row for each kernel of one machine: a formula, how well it fits, how it does elsewhere.

use crate::Wrong;
use crate::console::{Line, Purpose};
use crate::fit::{Formula, Point, fit, leave_one_out, residual};
use crate::folder::{Core, Machine};
use node_core::meter::Kernel;

/// Largest error that a formula may have at a size that it was not fitted to.
pub const LEFT_OUT_AT_MOST: f64 = 0.03;

/// Kernels whose cost hangs on what is in the data more than on how much there is, and how far off they may be. Their error
/// bars say it.
const BY_THE_DATA: [(Kernel, f64, &str); 8] = [
    (Kernel::Glyphs, 0.05, "of a character's pixels, those that are set are drawn"),
    (Kernel::Sort, 0.5, "what is nearly in order, and up to 20 values, are sorted in other ways"),
    (Kernel::MelBands, 0.15, "corners between the bins cost a loop of their own each"),
    (Kernel::Correlation, 0.06, "additions in software take longer where numbers are far apart"),
    (Kernel::SpectrumShape, 0.06, "a logarithm takes what its number needs"),
    (Kernel::Weights, 0.05, "additions in software take longer where numbers are far apart"),
    (Kernel::ForestDecision, 0.15, "which side a decision takes costs differently"),
    (Kernel::ForestRank, 0.45, "a comparison in software takes what its numbers need"),
];

/// Where a line need not hold: on a machine that prices nothing, for code that its compiler makes anew for each size.
const NO_LINE: [(&str, Kernel, &str); 2] = [
    (
        "thumbv7em",
        Kernel::Percentile,
        "the loop over the classes, whose number is a constant, is unrolled by another factor",
    ),
    ("thumbv7em", Kernel::Tally, "a single level, as the apps add it, is added without the loop's set-up"),
];

pub enum Unit {
    Instructions,
    Cycles(&'static Core),
}

pub struct Table {
    pub isa: &'static str,
    pub unit: Unit,
    /// In the order of [`Kernel::ALL`]. A kernel that no case is of has none: its cost stays somebody's estimate.
    pub rows: Vec<Row>,
}

pub struct Row {
    pub kernel: Kernel,
    pub formula: Formula,
    pub residual: f64,
    /// `None`: a kernel of one size.
    pub left_out: Option<f64>,
    pub sizes: Vec<Size>,
    pub others: Vec<Other>,
}

/// A size that the row is fitted to.
pub struct Size {
    pub units: u32,
    /// Of one call, without the kernels that have rows of their own.
    pub took: f64,
}

/// A case that the row is not fitted to.
pub struct Other {
    pub name: String,
    /// The same code on other data, and so part of the error bar.
    pub same_code: bool,
    /// Of all that is charged there.
    pub error: f64,
}

impl Table {
    pub fn of_instructions(machine: &Machine) -> Result<Self, Wrong> {
        let isa = machine.isa;
        let took =
            |line: &Line| line.instructions.ok_or_else(|| format!("{isa}: {} has no count", line.name()));
        Self::of(machine, Unit::Instructions, took)
    }

    /// Of a machine whose core is modelled.
    pub fn of_cycles(machine: &Machine) -> Result<Self, Wrong> {
        let core = machine.core.ok_or_else(|| format!("{}: no core has these cycles", machine.isa))?;
        Self::of(machine, Unit::Cycles(core), |line| machine.cycles(line))
    }

    fn of(machine: &Machine, unit: Unit, took: impl Fn(&Line) -> Result<u64, Wrong>) -> Result<Self, Wrong> {
        let mut took_by_line = Vec::new();
        for line in &machine.lines {
            took_by_line.push((line, took(line)? as f64));
        }
        let mut formulas: Vec<(Kernel, Formula)> = Vec::new();
        let mut rows: Vec<Row> = Vec::new();
        for kernel in in_order_of_need(machine)? {
            let price = |charges: &[(Kernel, u32, u32)], without: Option<Kernel>| -> f64 {
                let priced = charges.iter().filter(|(charged, ..)| Some(*charged) != without);
                priced
                    .map(|&(charged, calls, units)| {
                        let known = formulas.iter().find(|(known, _)| *known == charged);
                        known.map_or(0.0, |(_, formula)| formula.of(calls.into(), units.into()))
                    })
                    .sum()
            };
            let mut sizes = Vec::new();
            let mut points = Vec::new();
            for (line, took) in fitted_to(&took_by_line, kernel) {
                let own = took - price(&line.work, Some(kernel));
                let (calls, units) = own_work(line);
                points.push(Point { calls, units, took: own.max(1.0) });
                sizes.push(Size { units: line.units, took: own / calls });
            }
            let formula = fit(&points);
            rows.push(Row {
                kernel,
                formula,
                residual: residual(&formula, &points),
                left_out: leave_one_out(&points),
                sizes,
                others: Vec::new(),
            });
            formulas.push((kernel, formula));
        }
        rows.sort_by_key(|row| row.kernel as usize);
        let mut table = Self { isa: machine.isa, unit, rows };
        for (line, took) in &took_by_line {
            let (name, same_code) = match &line.purpose {
                Purpose::Fit => continue,
                Purpose::OtherData(what) => (what, true),
                Purpose::OtherUse(what) => (what, false),
            };
            let error = (table.price(&line.work) - took) / took;
            let name = format!("{name} {}", line.units);
            if let Some(row) = table.rows.iter_mut().find(|row| row.kernel == line.kernel) {
                row.others.push(Other { name, same_code, error });
            }
        }
        Ok(table)
    }

    pub fn price(&self, work: &[(Kernel, u32, u32)]) -> f64 {
        let priced = |&(kernel, calls, units): &(Kernel, u32, u32)| {
            self.row(kernel).map_or(0.0, |row| row.formula.of(calls.into(), units.into()))
        };
        work.iter().map(priced).sum()
    }

    pub fn row(&self, kernel: Kernel) -> Option<&Row> {
        self.rows.iter().find(|row| row.kernel == kernel)
    }

    /// Refuses a row whose formula does not hold over its sizes.
    pub fn demand(&self) -> Result<(), Wrong> {
        let excepted =
            |row: &Row| NO_LINE.iter().any(|(isa, kernel, _)| (*isa, *kernel) == (self.isa, row.kernel));
        let at_most = |row: &Row| {
            let by_the_data = BY_THE_DATA.iter().find(|(kernel, ..)| *kernel == row.kernel);
            by_the_data.map_or(LEFT_OUT_AT_MOST, |(_, at_most, _)| *at_most)
        };
        let beyond = |row: &&Row| row.left_out.is_some_and(|error| error > at_most(row)) && !excepted(row);
        let bad: Vec<String> = self
            .rows
            .iter()
            .filter(beyond)
            .map(|row| format!("{:?} ({:.1} %)", row.kernel, 100.0 * row.left_out.unwrap_or(0.0)))
            .collect();
        if bad.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{}, {}: a size left out is predicted worse than within {:.0} %: {}. Their unit is not what they cost by, or they \
             are two kernels",
            self.isa,
            self.unit.name(),
            100.0 * LEFT_OUT_AT_MOST,
            bad.join(", ")
        ))
    }
}

impl Unit {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Cycles(_) => "cycles",
        }
    }
}

impl Row {
    /// Largest error on other data; what that costs belongs into the error bar.
    pub fn other_data(&self) -> f64 {
        let same_code = self.others.iter().filter(|other| other.same_code);
        same_code.map(|other| other.error.abs()).fold(0.0, f64::max)
    }

    /// Of independent causes: the fit, what is in the data, and the core's model.
    pub fn error_bar(&self, core: &Core) -> f64 {
        let fitted = self.left_out.unwrap_or(0.0).max(self.residual);
        (fitted.powi(2) + self.other_data().powi(2) + core.off.powi(2)).sqrt()
    }
}

fn fitted_to<'a>(lines: &'a [(&Line, f64)], kernel: Kernel) -> impl Iterator<Item = &'a (&'a Line, f64)> {
    lines.iter().filter(move |(line, _)| line.kernel == kernel && line.purpose == Purpose::Fit)
}

/// Calls and units of the case's own kernel.
fn own_work(line: &Line) -> (f64, f64) {
    let own = line.work.iter().find(|(kernel, ..)| *kernel == line.kernel);
    own.map_or((0.0, 0.0), |&(_, calls, units)| (calls.into(), units.into()))
}

/// Every kernel after those that its cases contain.
fn in_order_of_need(machine: &Machine) -> Result<Vec<Kernel>, Wrong> {
    let fits = |kernel| {
        let of_kernel = move |line: &&Line| line.kernel == kernel && line.purpose == Purpose::Fit;
        machine.lines.iter().filter(of_kernel)
    };
    let counted: Vec<Kernel> =
        Kernel::ALL.into_iter().filter(|&kernel| fits(kernel).next().is_some()).collect();
    let mut ordered: Vec<Kernel> = Vec::new();
    while ordered.len() < counted.len() {
        let known = ordered.len();
        for &kernel in &counted {
            let mut cases = fits(kernel);
            let ready = cases.all(|line| {
                let mut besides = line.work.iter().filter(|(charged, ..)| *charged != kernel);
                besides.all(|(charged, ..)| ordered.contains(charged))
            });
            if ready && !ordered.contains(&kernel) {
                ordered.push(kernel);
            }
        }
        if ordered.len() == known {
            return Err(format!("{}: kernels contain each other", machine.isa));
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Costs of a made-up machine: 10 + 3 a unit, the FFTs 1000.
    fn lines() -> Vec<Line> {
        let mut lines = Vec::new();
        for kernel in Kernel::ALL {
            let fft = format!("{kernel:?}").starts_with("RealFft");
            for units in if fft { &[1][..] } else { &[10, 20, 40][..] } {
                let took = if fft { 1000 } else { 10 + 3 * units };
                let (mut work, mut beside) = (vec![(kernel, 1, *units)], 0);
                if kernel == Kernel::PowerSpectrum {
                    work.push((Kernel::RealFft64, 1, 1));
                    work.push((Kernel::Window, 1, *units));
                    beside = 1000 + 10 + 3 * units;
                }
                lines.push(Line {
                    kernel,
                    units: *units,
                    calls: 1,
                    work,
                    purpose: Purpose::Fit,
                    instructions: Some(u64::from(took + beside)),
                    region: None,
                    crc: String::new(),
                });
            }
        }
        lines
    }

    fn machine(lines: Vec<Line>) -> Machine {
        Machine { isa: "made-up", core: None, lines, regions: Vec::new() }
    }

    #[test]
    fn what_a_kernel_contains_is_taken_off() {
        let table = Table::of_instructions(&machine(lines())).unwrap();
        for row in table.rows.iter().filter(|row| row.left_out.is_some()) {
            let Formula { per_call, per_unit } = row.formula;
            assert!((per_call - 10.0).abs() < 0.01 && (per_unit - 3.0).abs() < 0.01, "{:?}", row.kernel);
        }
        assert!((table.row(Kernel::RealFft512).unwrap().formula.per_call - 1000.0).abs() < 1e-6);
        table.demand().unwrap();
    }

    #[test]
    fn a_kernel_without_a_case_has_no_row_and_one_without_a_line_is_refused() {
        let without = lines().into_iter().filter(|line| line.kernel != Kernel::Tilt).collect();
        let table = Table::of_instructions(&machine(without)).unwrap();
        assert!(table.row(Kernel::Tilt).is_none() && table.rows.len() == Kernel::COUNT - 1);
        let mut bent = lines();
        let glyphs = bent.iter_mut().find(|line| line.kernel == Kernel::Glyphs).unwrap();
        glyphs.instructions = Some(400);
        let table = Table::of_instructions(&machine(bent)).unwrap();
        assert!(table.demand().unwrap_err().contains("Glyphs"));
    }
}
