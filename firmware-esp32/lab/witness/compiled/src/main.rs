//! Code whose cycles on an ESP32 are published, as this compiler makes it: arithmetic of long types, a matrix
//! product, FFTs.
//!
//! Regions follow the order of `published.csv`, where this is the program `compiled`.
#![no_std]
#![no_main]

mod arithmetic;
mod fourier;
mod matrix;
mod region;

// Start-up, console and the panic's words.
use machine as _;

#[unsafe(no_mangle)]
extern "C" fn main() -> u32 {
    arithmetic::all();
    matrix::all();
    fourier::all();
    0
}
