//! The linker script of an image, the commit that its first line names, and the model that goes in.
//!
//! `NODETWIN_MODEL=gestures.ntm`: the model's file, from the folder where the build was called; none without. It works in
//! `NODETWIN_MODEL_ROOM` kilobytes of RAM, 32 without; one that needs more says at start how much.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    model();
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

fn model() {
    println!("cargo:rustc-check-cfg=cfg(model)");
    println!("cargo:rerun-if-env-changed=NODETWIN_MODEL");
    println!("cargo:rerun-if-env-changed=NODETWIN_MODEL_ROOM");
    let Some(file) = std::env::var_os("NODETWIN_MODEL").filter(|file| !file.is_empty()) else { return };
    // Cargo runs this in the package's folder, whoever called it in another.
    let called_from = std::env::var_os("PWD").map_or_else(PathBuf::new, PathBuf::from);
    let file = called_from.join(file);
    let copy = Path::new(&std::env::var_os("OUT_DIR").expect("cargo says it")).join("model.ntm");
    if let Err(error) = std::fs::copy(&file, copy) {
        panic!("NODETWIN_MODEL: {}: {error}", file.display());
    }
    let room = std::env::var("NODETWIN_MODEL_ROOM").unwrap_or("32".into());
    println!("cargo:rerun-if-changed={}", file.display());
    println!("cargo:rustc-env=NODETWIN_MODEL_ROOM={room}");
    println!("cargo:rustc-cfg=model");
}
