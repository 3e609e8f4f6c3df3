//! The linker script of an image, and the commit that its first line names.

use std::process::Command;

fn main() {
    println!("cargo:rustc-link-arg-bins=-Tlinkall.x");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("xtensa") {
        // Its linker is called through gcc, which would add its own start-up code.
        println!("cargo:rustc-link-arg-bins=-nostartfiles");
    }
    let commit = Command::new("git")
        .args(["describe", "--always", "--dirty", "--exclude=*"])
        .output()
        .ok()
        .filter(|git| git.status.success())
        .and_then(|git| String::from_utf8(git.stdout).ok());
    println!("cargo:rustc-env=NODETWIN_COMMIT={}", commit.as_deref().unwrap_or("unknown").trim());
    // What may make the commit another one, or dirty.
    for path in ["../.git/logs/HEAD", "../node-core/src", "src", "Cargo.toml"] {
        println!("cargo:rerun-if-changed={path}");
    }
}
