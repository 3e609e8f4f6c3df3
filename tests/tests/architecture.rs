//! The map of the house, held against what is really there: dependency arrows, bans, and what may not be in which crate.

use nodetwin_tests::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Ours, and what of ours each may depend on in a build.
const ARROWS: &[(&str, &[&str])] = &[
    ("node-core", &[]),
    ("hal-shim", &["node-core"]),
    ("scenarios", &[]),
    ("sim", &["node-core", "hal-shim", "scenarios"]),
    ("nodetwin-tests", &["node-core", "hal-shim", "scenarios", "sim"]),
];

/// What of node-core the simulated board may use.
const SHIM_MAY_USE: &[&str] = &["audio", "board", "boards", "event", "meter", "radio", "time", "drivers"];

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "no sources under {}", folder.display());
    found
}

/// The lines of a file outside its comments and before its tests.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"))
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

#[test]
fn crates_depend_on_each_other_along_the_arrows_only() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    for (name, allowed) in ARROWS {
        let package = packages.iter().find(|package| package["name"] == *name).expect(name);
        for dependency in package["dependencies"].as_array().unwrap() {
            let target = dependency["name"].as_str().unwrap();
            let ours = ARROWS.iter().any(|(ours, _)| *ours == target);
            assert!(!ours || allowed.contains(&target), "{name} must not depend on {target}");
        }
    }
}

#[test]
fn the_headless_build_holds_no_renderer_no_window_and_no_sound_card() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "-p", "sim", "-e", "normal", "--prefix", "none", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("bevy_ecs"), "the tree was read");
    for banned in ["wgpu", "winit", "bevy_render", "egui", "rodio", "cpal", "alsa-sys", "bevy "] {
        let found = tree.lines().find(|line| line.starts_with(banned));
        assert_eq!(found, None, "in the headless build");
    }
}

#[test]
fn the_simulated_board_never_calls_driver_code() {
    for (path, text) in sources(&root().join("hal-shim/src")) {
        for (line, code) in code(&text) {
            for used in code.split("node_core::").skip(1) {
                let module: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                assert!(
                    module.is_empty() || SHIM_MAY_USE.contains(&module.as_str()),
                    "{}:{line} uses node_core::{module}",
                    path.display()
                );
                if module == "drivers" {
                    assert!(used.contains("::regs"), "{}:{line}: of drivers, registers only", path.display());
                }
            }
        }
    }
}

#[test]
fn the_node_is_without_heap_unsafe_and_worlds() {
    let folder = root().join("node-core/src");
    let lib = fs::read_to_string(folder.join("lib.rs")).unwrap();
    assert!(lib.contains("#![no_std]") || lib.contains("not(test), no_std"));
    assert!(lib.contains("#![forbid(unsafe_code)]"));
    for (path, text) in sources(&folder) {
        for (line, code) in code(&text) {
            for banned in ["extern crate alloc", "cfg(feature", "static mut", "thread_local"] {
                assert!(!code.contains(banned), "{}:{line}: {banned}", path.display());
            }
        }
    }
}

#[test]
fn a_run_knows_no_host_time_no_host_randomness_and_no_map_order() {
    for folder in ["node-core/src", "hal-shim/src", "scenarios/src", "sim/src/engine"] {
        for (path, text) in sources(&root().join(folder)) {
            for (line, code) in code(&text) {
                for banned in
                    ["Instant::now", "SystemTime", "HashMap", "HashSet", "RandomState", "thread_rng"]
                {
                    assert!(!code.contains(banned), "{}:{line}: {banned}", path.display());
                }
            }
        }
    }
}

#[test]
fn unsafe_is_in_one_place() {
    let mut places = Vec::new();
    for folder in ["hal-shim/src", "scenarios/src", "sim/src"] {
        for (path, text) in sources(&root().join(folder)) {
            if code(&text).any(|(_, code)| code.contains("unsafe ")) {
                places.push(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    assert_eq!(places, ["hal-shim/src/node.rs"]);
}

#[test]
fn nothing_is_left_for_later() {
    for folder in ["node-core", "hal-shim", "scenarios", "sim", "tests", "firmware-esp32"] {
        for (path, text) in sources(&root().join(folder)) {
            if path.ends_with("architecture.rs") || path.components().any(|part| part.as_os_str() == "target")
            {
                continue;
            }
            for banned in ["todo!(", "unimplemented!(", "#[ignore", "loop {}"] {
                assert!(!text.contains(banned), "{}: {banned}", path.display());
            }
        }
    }
}

#[test]
fn the_top_level_is_what_the_map_says() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "sim",
        "node-core",
        "hal-shim",
        "scenarios",
        "firmware-esp32",
        "tests",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "target",
    ];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with('.') || allowed.contains(&name.as_str()), "{name} is not on the map");
    }
}
