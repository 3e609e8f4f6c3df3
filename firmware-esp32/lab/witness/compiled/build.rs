//! RISC-V binaries are linked by cargo, with the script of `machine`; Xtensa's by `toolchain/xtensa-build`.

use std::env;

fn main() {
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "riscv32") {
        println!("cargo::rustc-link-arg-bins=-Tvirt.ld");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
