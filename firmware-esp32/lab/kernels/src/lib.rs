//! Every kernel that a stage of node-core can charge ([`Kernel`]), called as the apps call it, over its sizes.
//!
//! A [`Case`] is a kernel at a size. [`all`] makes the cases and their inputs and hands each to a [`Laboratory`]: on a target
//! one that counts instructions, on a host one that does not. Inputs and results are the same to the bit everywhere, so
//! the CRC of a case's results is too, or node-core computes something else there.
//!
//! Must not know what counts, or where it runs.
#![no_std]

mod cases;
mod inputs;
mod results;

pub use cases::all;
pub use results::Results;

use core::fmt;
use node_core::meter::{Kernel, Work};

/// What a case is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A row's formula is fitted to it.
    Fit,
    /// The same code on other inputs than those that the row is fitted to: how far a figure moves with what is in the data.
    OtherData(&'static str),
    /// Other code that is charged to the same row, or data that no app meets.
    OtherUse(&'static str),
}

/// A kernel at a size.
#[derive(Clone, Debug)]
pub struct Case {
    pub kernel: Kernel,
    /// In one call.
    pub units: usize,
    /// Calls that are counted together, so that all sizes of a kernel see the same data.
    pub calls: usize,
    /// What an app charges for all the calls: the kernel, and others that run inside of it and have rows of their own.
    pub work: Work,
    pub purpose: Purpose,
}

impl Case {
    fn new(kernel: Kernel, units: usize, calls: usize) -> Self {
        Self::of_several(kernel, 1, units, calls)
    }
    /// A call is charged as `several`, over `units` altogether.
    fn of_several(kernel: Kernel, several: usize, units: usize, calls: usize) -> Self {
        let mut work = Work::NONE;
        work.add_calls(kernel, several * calls, units * calls);
        Self { kernel, units, calls, work, purpose: Purpose::Fit }
    }
    /// Each call does this too.
    fn beside(mut self, kernel: Kernel, units: usize) -> Self {
        self.work.add_calls(kernel, self.calls, units * self.calls);
        self
    }
    fn for_purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }
}

/// `kernel=Biquad units=192 calls=4 work=Biquad:4:768 purpose=fit`; work is kernel, calls, units.
impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel, units, calls, work, purpose } = self;
        write!(out, "kernel={kernel:?} units={units} calls={calls} work=")?;
        let mut separator = "";
        for kernel in Kernel::ALL.into_iter().filter(|&kernel| work.calls(kernel) > 0) {
            write!(out, "{separator}{kernel:?}:{}:{}", work.calls(kernel), work.units(kernel))?;
            separator = "+";
        }
        match purpose {
            Purpose::Fit => write!(out, " purpose=fit"),
            Purpose::OtherData(what) => write!(out, " purpose=other-data:{what}"),
            Purpose::OtherUse(what) => write!(out, " purpose=other-use:{what}"),
        }
    }
}

/// Who runs the cases.
pub trait Laboratory {
    /// Does `whole` for each of the case's calls, from 0, then `part` as often, then once more `whole`, which is what counts,
    /// everything being warm. What `part` takes is no cost of the case: it does what is charged to a kernel that cannot be had
    /// alone, or nothing.
    fn run<S>(
        &mut self,
        case: &Case,
        state: &mut S,
        whole: &mut dyn FnMut(&mut S, usize),
        part: &mut dyn FnMut(&mut S, usize),
    );
    /// The CRC-32 of all that the case's calls computed.
    fn concludes(&mut self, case: &Case, crc: u32);
}
