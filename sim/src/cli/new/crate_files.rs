//! The crate that `new --app` writes: a thermometer with a chip in the socket, small enough to read in one go.

use super::Failure;
use std::path::Path;

/// Path in the crate, and text, of every file.
pub fn files(name: &str, workspace: &Path) -> Vec<(&'static str, String)> {
    let templates = [
        ("Cargo.toml", include_str!("crate/Cargo.toml.txt")),
        ("README.md", include_str!("crate/README.md.txt")),
        (".gitignore", "/target\n"),
        ("scenario.toml", include_str!("crate/scenario.toml.txt")),
        ("src/main.rs", include_str!("crate/main.rs.txt")),
        ("src/lib.rs", include_str!("crate/lib.rs.txt")),
        ("src/thermometer.rs", include_str!("crate/thermometer.rs.txt")),
        ("src/lm75.rs", include_str!("crate/lm75.rs.txt")),
        ("tests/scenario.rs", include_str!("crate/test.rs.txt")),
    ];
    // A basic TOML string.
    let workspace = workspace.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    let filled = |text: &str| {
        text.replace("@NAME@", name)
            .replace("@CRATE@", &name.replace('-', "_"))
            .replace("@NODETWIN@", &workspace)
    };
    templates.into_iter().map(|(path, text)| (path, filled(text))).collect()
}

/// A name that cargo takes, from the folder's.
pub fn name(folder: &Path) -> Result<String, Failure> {
    let given = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name: String = given.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let help = "name the folder as the crate is to be called: letters, digits and `-`, a letter first";
        return Err(Failure::input(format!("`{given}` cannot be the name of a crate"), help));
    }
    // Crates that it depends on, and words of the language.
    const TAKEN: [&str; 14] = [
        "sim",
        "node-core",
        "hal-shim",
        "scenarios",
        "core",
        "std",
        "alloc",
        "test",
        "proc-macro",
        "self",
        "super",
        "crate",
        "loop",
        "async",
    ];
    Ok(if TAKEN.contains(&name) { format!("{name}-node") } else { name.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_a_name_that_cargo_takes() {
        let named = |folder: &str| name(Path::new(folder)).ok();
        assert_eq!(named("/x/Green House_2").as_deref(), Some("green-house-2"));
        assert_eq!(named("/x/sim").as_deref(), Some("sim-node"));
        assert_eq!(named("/x/2nd"), None);
        assert_eq!(named("/"), None);
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for (path, text) in files("green-house", Path::new("/work")) {
            assert!(!text.contains('@'), "{path} still has a gap");
        }
    }
}
