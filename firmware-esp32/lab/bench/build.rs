//! RISC-V and Arm binaries are linked by cargo, with the script of `machine`; Xtensa's by `toolchain/xtensa-build`.

use std::env;

fn main() {
    match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("riscv32") => println!("cargo::rustc-link-arg-bins=-Tvirt.ld"),
        Ok("arm") => println!("cargo::rustc-link-arg-bins=-Tmps2.ld"),
        _ => {}
    }
    println!("cargo::rerun-if-changed=build.rs");
}
