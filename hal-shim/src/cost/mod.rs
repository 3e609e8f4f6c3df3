//! What computing costs on each MCU: cycles per unit of work, with a grade, a source and an error bar for every figure.
//!
//! An MCU has two files. `<mcu>_kernels.rs` is data, one line a kernel in the order of [`Kernel::ALL`], made by whoever
//! counted or measured: it defines `KERNELS: Kernels` and nothing else that is used. `<mcu>.rs` has the costs that are
//! no kernel ([`FixedCosts`]), written by hand, and joins both to a `TABLE` that [`CostTable::of`] offers. Rust, not a
//! text format: the compiler checks that no kernel is missing, nothing is parsed before a run, and a new count is a diff
//! of one line.
//!
//! A table can be replaced at run time by what a device measured ([`CostTable::calibrated`]); where nothing was measured
//! it keeps what it has.

pub mod esp32;
mod esp32_kernels;
pub mod esp32c3;
mod esp32c3_kernels;
mod grade;
mod uncharged;

pub use grade::{ErrorBar, ErrorKind, Grade, Graded};
pub use uncharged::Uncharged;

use node_core::boards::Mcu;
use node_core::meter::{Kernel, Work};
use std::borrow::Cow;

/// Cycles of one kernel: `per_call + per_unit * units`.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub kernel: Kernel,
    pub per_call: f32,
    pub per_unit: f32,
    pub error: ErrorBar,
    pub grade: Grade,
    pub source: Cow<'static, str>,
}

impl Row {
    /// A line of a `<mcu>_kernels.rs`.
    pub const fn new(
        kernel: Kernel,
        (per_call, per_unit): (f32, f32),
        error: ErrorBar,
        grade: Grade,
        source: &'static str,
    ) -> Self {
        Self { kernel, per_call, per_unit, error, grade, source: Cow::Borrowed(source) }
    }
}

/// The compiled code that a table's kernels were counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// Of node-core.
    pub commit: &'static str,
    pub compiler: &'static str,
    pub flags: &'static str,
}

/// All kernels of one MCU.
#[derive(Clone, Debug)]
pub struct Kernels {
    /// `None`: no code was compiled for it.
    pub build: Option<Build>,
    pub rows: [Row; Kernel::COUNT],
}

impl Kernels {
    /// Each kernel at its own place: what [`CostTable::price`] relies on.
    const fn in_order(&self) -> bool {
        let mut index = 0;
        while index < Kernel::COUNT {
            if self.rows[index].kernel as usize != index {
                return false;
            }
            index += 1;
        }
        true
    }
}

/// What is charged although no stage says so: nothing is free.
#[derive(Clone, Copy, Debug)]
pub struct FixedCosts {
    /// Entry, handler that wakes a task, and exit.
    pub interrupt: Graded<u32>,
    /// One poll of the node's joined future.
    pub poll: Graded<u32>,
    /// Coming out of idle.
    pub wake: Graded<u32>,
    /// Around every measured stage: two readings of the cycle counter.
    pub measure: Graded<u32>,
    /// Driver work to set up one I2C transaction.
    pub i2c_transaction: Graded<u32>,
    /// Driver work for one FIFO load of an I2C transfer.
    pub i2c_chunk: Graded<u32>,
    /// Driver work to set up one SPI DMA transfer.
    pub spi_transfer: Graded<u32>,
    /// Writing one GPIO.
    pub gpio: Graded<u32>,
    /// From reset or wake to the first instruction of the program, in microseconds.
    pub boot_us: Graded<u32>,
}

impl FixedCosts {
    /// Every run is charged these.
    pub fn worst_grade(&self) -> Grade {
        let Self { interrupt, poll, wake, measure, i2c_transaction, i2c_chunk, spi_transfer, gpio, boot_us } =
            self;
        [interrupt, poll, wake, measure, i2c_transaction, i2c_chunk, spi_transfer, gpio, boot_us]
            .iter()
            .map(|figure| figure.grade)
            .fold(Grade::Measured, Grade::max)
    }
}

/// What a device measured, to replace a table's own rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub mcu: Mcu,
    /// The file it comes from, for reports.
    pub source: String,
    /// In any order; a kernel at most once.
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub struct CostTable {
    pub mcu: Mcu,
    kernels: Kernels,
    pub fixed: FixedCosts,
    calibrated_by: Option<String>,
}

impl CostTable {
    /// Refused at compile time if a kernel is missing or at another's place.
    const fn new(mcu: Mcu, kernels: Kernels, fixed: FixedCosts) -> Self {
        assert!(kernels.in_order(), "a row for each kernel, in the order of Kernel::ALL");
        Self { mcu, kernels, fixed, calibrated_by: None }
    }

    /// The table that comes with this program; `None` while nobody has counted for that MCU.
    pub fn of(mcu: Mcu) -> Option<&'static Self> {
        match mcu {
            Mcu::Esp32 => Some(&esp32::TABLE),
            Mcu::Esp32C3 => Some(&esp32c3::TABLE),
        }
    }

    /// The same table with the rows that a device of this MCU measured.
    pub fn calibrated(&self, by: &Calibration) -> Self {
        let mut table = self.clone();
        for row in &by.rows {
            table.kernels.rows[row.kernel as usize] = row.clone();
        }
        table.calibrated_by = Some(by.source.clone());
        table
    }

    pub fn rows(&self) -> &[Row] {
        &self.kernels.rows
    }

    pub fn row(&self, kernel: Kernel) -> &Row {
        &self.kernels.rows[kernel as usize]
    }

    /// The compiled code that the table's own kernels were counted on.
    pub fn build(&self) -> Option<Build> {
        self.kernels.build
    }

    /// How it stands with hardware, for a report.
    pub fn standing(&self) -> String {
        match &self.calibrated_by {
            None => "predicted, not calibrated on hardware".into(),
            Some(file) => {
                let measured = self.rows().iter().filter(|row| row.grade == Grade::Measured).count();
                format!("calibrated on hardware: {file}, kernels {measured} of {}", Kernel::COUNT)
            }
        }
    }

    /// Cycles of `work`, and the worst grade among the rows it needed.
    pub fn price(&self, work: &Work) -> (u64, Grade) {
        let (cycles, _, grade) = self.price_and_spread(work);
        (cycles, grade)
    }

    /// How far [`Self::price`] may be off, of the price: as if all its rows were off to the same side.
    pub fn spread(&self, work: &Work) -> f32 {
        self.price_and_spread(work).1
    }

    /// All of it at once: the engine asks for each stage that runs.
    pub fn price_and_spread(&self, work: &Work) -> (u64, f32, Grade) {
        let (mut cycles, mut off) = (0.0f64, 0.0f64);
        let mut grade = Grade::Measured;
        for kernel in Kernel::ALL {
            let calls = work.calls(kernel);
            if calls > 0 {
                let row = self.row(kernel);
                let price = f64::from(calls) * f64::from(row.per_call)
                    + f64::from(work.units(kernel)) * f64::from(row.per_unit);
                cycles += price;
                off += price * f64::from(row.error.relative);
                grade = grade.max(row.grade);
            }
        }
        let spread = if cycles > 0.0 { (off / cycles) as f32 } else { 0.0 };
        (cycles as u64, spread, grade)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> &'static CostTable {
        CostTable::of(Mcu::Esp32).unwrap()
    }

    #[test]
    fn every_row_costs_something_and_says_why_and_how_sure() {
        for row in [Mcu::Esp32, Mcu::Esp32C3].into_iter().filter_map(CostTable::of).flat_map(CostTable::rows)
        {
            assert!(row.per_call >= 0.0 && row.per_unit >= 0.0, "{:?}", row.kernel);
            assert!(row.per_call + row.per_unit > 0.0 && !row.source.is_empty(), "{:?}", row.kernel);
            assert!(row.error.relative > 0.0 && row.error.relative.is_finite(), "{:?}", row.kernel);
        }
    }

    #[test]
    fn price_is_linear_in_calls_and_units() {
        let mut work = Work::NONE;
        work.add(Kernel::Biquad, 1000);
        let (one, _) = table().price(&work);
        work.add(Kernel::Biquad, 1000);
        // Cycles are whole ones.
        assert!(table().price(&work).0.abs_diff(2 * one) <= 1);
        assert_eq!(table().price(&Work::NONE), (0, Grade::Measured));
    }

    #[test]
    fn a_price_is_as_sure_as_what_it_consists_of() {
        let mut work = Work::NONE;
        assert_eq!(table().spread(&work), 0.0);
        work.add(Kernel::Biquad, 1000);
        let of_one = table().row(Kernel::Biquad).error.relative;
        assert!((table().spread(&work) - of_one).abs() < 1e-6);
        work.add(Kernel::Log, 1000);
        let both = [of_one, table().row(Kernel::Log).error.relative];
        let spread = table().spread(&work);
        assert!(both[0].min(both[1]) - 1e-6 <= spread && spread <= both[0].max(both[1]) + 1e-6);
    }

    #[test]
    fn a_calibration_replaces_what_it_measured_and_nothing_else() {
        let own = table().row(Kernel::Biquad);
        let measured = Row {
            per_call: own.per_call * 2.0,
            per_unit: own.per_unit * 2.0,
            error: ErrorBar { relative: 0.02, kind: ErrorKind::Interval95 },
            grade: Grade::Measured,
            source: "a device".into(),
            ..own.clone()
        };
        let by = Calibration { mcu: Mcu::Esp32, source: "desk.toml".into(), rows: vec![measured] };
        let calibrated = table().calibrated(&by);
        let priced = |table: &CostTable, kernel| {
            let mut work = Work::NONE;
            work.add(kernel, 500);
            table.price(&work)
        };
        let (before, _) = priced(table(), Kernel::Biquad);
        assert_eq!(priced(&calibrated, Kernel::Biquad), (2 * before, Grade::Measured));
        assert_eq!(priced(&calibrated, Kernel::Copy), priced(table(), Kernel::Copy));
        assert_eq!(table().standing(), "predicted, not calibrated on hardware");
        assert_eq!(
            calibrated.standing(),
            format!("calibrated on hardware: desk.toml, kernels 1 of {}", Kernel::COUNT)
        );
    }
}
