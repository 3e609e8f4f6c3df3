//! What computing costs on each MCU: cycles per unit of work, with a grade and a source for every figure.

pub mod esp32;
mod grade;

pub use grade::{Grade, Graded};

use node_core::boards::Mcu;
use node_core::meter::{Kernel, Work};

/// Cycles of one kernel: `per_call + per_unit * units`.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub kernel: Kernel,
    pub per_call: f32,
    pub per_unit: f32,
    pub grade: Grade,
    pub source: &'static str,
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

pub struct CostTable {
    pub mcu: Mcu,
    rows: [Row; Kernel::COUNT],
    pub fixed: FixedCosts,
}

impl CostTable {
    pub fn of(mcu: Mcu) -> Option<&'static Self> {
        match mcu {
            Mcu::Esp32 => Some(&esp32::TABLE),
            Mcu::Esp32C3 => None,
        }
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Cycles of `work`, and the worst grade among the rows it needed.
    pub fn price(&self, work: &Work) -> (u64, Grade) {
        let mut cycles = 0.0f64;
        let mut grade = Grade::Measured;
        for row in &self.rows {
            let calls = work.calls(row.kernel);
            if calls > 0 {
                cycles += f64::from(calls) * f64::from(row.per_call)
                    + f64::from(work.units(row.kernel)) * f64::from(row.per_unit);
                grade = grade.max(row.grade);
            }
        }
        (cycles as u64, grade)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_has_its_row_and_costs_something() {
        let table = CostTable::of(Mcu::Esp32).unwrap();
        for (row, kernel) in table.rows().iter().zip(Kernel::ALL) {
            assert_eq!(row.kernel, kernel);
            assert!(row.per_call + row.per_unit > 0.0 && !row.source.is_empty(), "{kernel:?}");
        }
    }

    #[test]
    fn price_is_linear_in_calls_and_units() {
        let table = CostTable::of(Mcu::Esp32).unwrap();
        let mut work = Work::NONE;
        work.add(Kernel::Biquad, 1000);
        let (one, _) = table.price(&work);
        work.add(Kernel::Biquad, 1000);
        assert_eq!(table.price(&work).0, 2 * one);
        assert_eq!(table.price(&Work::NONE), (0, Grade::Measured));
    }
}
