//! Lets binaries of this workspace name the RISC-V linker script (`-Tvirt.ld`) without knowing where it is.
//! The Xtensa binaries are linked outside cargo, by `toolchain/xtensa-build`.

use std::env;

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-search={here}/src/riscv");
    println!("cargo::rerun-if-changed=build.rs");
}
