//! Lets binaries of this workspace name the linker scripts of RISC-V and Arm (`-Tvirt.ld`, `-Tmps2.ld`) without knowing where it is.
//! The Xtensa binaries are linked outside cargo, by `toolchain/xtensa-build`.

use std::env;

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-search={here}/src/riscv");
    println!("cargo::rustc-link-search={here}/src/arm");
    println!("cargo::rerun-if-changed=build.rs");
}
