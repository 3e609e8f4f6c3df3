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
    /// Other code that is charged to the same row.
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
        Self { kernel, units, calls, work: Work::NONE, purpose: Purpose::Fit }.beside(kernel, units)
    }
    /// Each call does this too.
    fn beside(mut self, kernel: Kernel, units: usize) -> Self {
        (0..self.calls).for_each(|_| self.work.add(kernel, units));
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
    /// Runs `call` for each of the case's calls, from 0; then, if it counts, once more from the start with everything warm.
    fn run(&mut self, case: &Case, call: &mut dyn FnMut(usize));
    /// The CRC-32 of all that the case's calls computed.
    fn concludes(&mut self, case: &Case, crc: u32);
}
