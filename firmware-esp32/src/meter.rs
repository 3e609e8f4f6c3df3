//! What stages cost here: cycles before and after, summed by name until [`crate::report`] prints and clears them.
//!
//! Nothing is formatted while a node measures. Looking a stage up happens outside the counted cycles.

use crate::cycles;
use core::cell::{Cell, RefCell};
use heapless::Vec;
use node_core::meter::{Meter, Stage, Window, Work};

/// Names that a node can use before its lines stop being complete; `sound` and `motion` have 8 each with the screen's.
const STAGES: usize = 16;
const PIPELINES: usize = 4;

pub struct StageTotals {
    pub stage: Stage,
    pub count: u32,
    pub cycles: u64,
    pub min: u32,
    pub max: u32,
    pub work: Work,
}

pub struct WindowTotals {
    pub pipeline: Stage,
    pub count: u32,
    pub missed: u32,
    /// Longest from release to finish.
    pub worst_us: u64,
}

pub struct Totals {
    pub stages: RefCell<Vec<StageTotals, STAGES>>,
    pub windows: RefCell<Vec<WindowTotals, PIPELINES>>,
    /// Measured, but there was no row left for the name.
    pub unlisted: Cell<u32>,
    task: Cell<Option<&'static str>>,
}

impl Totals {
    pub const fn new() -> Self {
        Self {
            stages: RefCell::new(Vec::new()),
            windows: RefCell::new(Vec::new()),
            unlisted: Cell::new(0),
            task: Cell::new(None),
        }
    }
}

/// The row of a name, made if there is room.
fn row<T, const N: usize>(
    rows: &mut Vec<T, N>,
    is_it: impl Fn(&T) -> bool,
    fresh: impl FnOnce() -> T,
) -> Option<&mut T> {
    let index = match rows.iter().position(is_it) {
        Some(index) => index,
        None => {
            rows.push(fresh()).ok()?;
            rows.len() - 1
        }
    };
    rows.get_mut(index)
}

#[derive(Clone, Copy)]
pub struct CycleMeter(pub &'static Totals);

impl Meter for CycleMeter {
    fn measure<R>(&self, stage: Stage, stage_body: impl FnOnce(&mut Work) -> R) -> R {
        let mut stages = self.0.stages.borrow_mut();
        let fresh = || StageTotals { stage, count: 0, cycles: 0, min: u32::MAX, max: 0, work: Work::NONE };
        let Some(row) = row(&mut stages, |row| row.stage == stage, fresh) else {
            self.0.unlisted.set(self.0.unlisted.get() + 1);
            return stage_body(&mut Work::NONE.clone());
        };
        let before = cycles::now();
        let result = stage_body(&mut row.work);
        let taken = cycles::now().wrapping_sub(before);
        row.count += 1;
        row.cycles += u64::from(taken);
        row.min = row.min.min(taken);
        row.max = row.max.max(taken);
        result
    }

    fn window(&self, window: Window) {
        let mut windows = self.0.windows.borrow_mut();
        let pipeline = window.pipeline;
        let fresh = || WindowTotals { pipeline, count: 0, missed: 0, worst_us: 0 };
        if let Some(row) = row(&mut windows, |row| row.pipeline == pipeline, fresh) {
            row.count += 1;
            row.missed += u32::from(window.missed());
            row.worst_us = row.worst_us.max(window.finished.since(window.released).as_micros());
        }
    }

    fn enter(&self, task: Option<&'static str>) -> Option<&'static str> {
        self.0.task.replace(task)
    }
}
