//! The cases, by what the kernels work on.

mod features;
mod memory;
mod model;
mod motion;
mod nearest;
mod network;
mod picture;
mod sound;
mod spectrum;

use crate::{Case, Laboratory, Results};

/// Every case, in an order that never depends on anything.
pub fn all(laboratory: &mut impl Laboratory) {
    sound::all(laboratory);
    spectrum::all(laboratory);
    motion::all(laboratory);
    picture::all(laboratory);
    memory::all(laboratory);
    features::all(laboratory);
    model::all(laboratory);
    network::all(laboratory);
    nearest::all(laboratory);
}

/// Runs a case whose `call` works on `state`, of which `results` tells what it came to.
fn run<S>(
    laboratory: &mut impl Laboratory,
    case: Case,
    state: &mut S,
    call: impl FnMut(&mut S, usize),
    results: impl FnOnce(&S, &mut Results),
) {
    run_parts(laboratory, case, state, call, |_, _| {}, results);
}

/// The same for a case that costs what `call` takes beyond `part`.
fn run_parts<S>(
    laboratory: &mut impl Laboratory,
    case: Case,
    state: &mut S,
    mut call: impl FnMut(&mut S, usize),
    mut part: impl FnMut(&mut S, usize),
    results: impl FnOnce(&S, &mut Results),
) {
    laboratory.run(&case, state, &mut call, &mut part);
    let mut told = Results::default();
    results(state, &mut told);
    laboratory.concludes(&case, told.crc());
}
