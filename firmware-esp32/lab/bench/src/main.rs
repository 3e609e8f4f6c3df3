//! Runs every kernel of node-core on the target's instruction set and prints what it took and what it computed.
//!
//! A line a case: `case` and what [`lab_kernels::Case`] prints of itself, then `instructions` of all its calls (what their
//! part takes is taken off), `region` and `crc`. Regions are numbered from 0 in the order in
//! which [`twin_begin`] and [`twin_end`] mark them for a pipeline model; the one before a case's is that of its part.
#![no_std]
#![no_main]

use core::fmt::Write;
use lab_kernels::{Case, Laboratory};
use machine::marks::{twin_begin, twin_end};
use machine::{ISA, Out, instructions};

#[unsafe(no_mangle)]
extern "C" fn main() -> u32 {
    let _ = writeln!(Out, "isa={ISA}");
    lab_kernels::all(&mut Counting { region: 0, instructions: 0 });
    let _ = writeln!(Out, "end");
    0
}

struct Counting {
    /// Of the last case.
    region: u32,
    instructions: u64,
}

impl Laboratory for Counting {
    fn run<S>(
        &mut self,
        case: &Case,
        state: &mut S,
        whole: &mut dyn FnMut(&mut S, usize),
        part: &mut dyn FnMut(&mut S, usize),
    ) {
        (0..case.calls).for_each(|index| whole(state, index));
        let beside = counted(case.calls, state, part);
        let all = counted(case.calls, state, whole);
        self.instructions = all.saturating_sub(beside);
        self.region += 2;
    }

    fn concludes(&mut self, case: &Case, crc: u32) {
        let Self { region, instructions } = *self;
        let _ = writeln!(Out, "case {case} instructions={instructions} region={} crc={crc:08x}", region - 1);
    }
}

/// Instructions of all calls, with what it takes to count and to call.
#[inline(never)]
fn counted<S>(calls: usize, state: &mut S, call: &mut dyn FnMut(&mut S, usize)) -> u64 {
    let before = instructions();
    twin_begin();
    (0..calls).for_each(|index| call(state, index));
    twin_end();
    instructions() - before
}
