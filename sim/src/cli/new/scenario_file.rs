//! The scenario that `new FILE` writes: short, commented, and passing as it is.

use std::path::Path;

/// For one of the built-in apps with a world that it has something to say about; for another, the frame alone.
pub fn text(app: &str, file: &Path) -> String {
    let template = match app {
        "sound" => include_str!("sound.toml"),
        "motion" => include_str!("motion.toml"),
        _ => include_str!("other.toml"),
    };
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().filter(|c| !c.is_control() && !['"', '\\'].contains(c)).collect();
    template
        .replace("@NAME@", &name)
        .replace("@APP@", app)
        .replace("@FILE@", &file.display().to_string().replace(['\n', '\r'], " "))
}
