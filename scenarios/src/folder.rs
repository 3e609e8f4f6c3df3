//! Which scenarios a path stands for: a file for itself, a folder for the scenarios in it.

use std::path::{Path, PathBuf};

/// Files of a crate's tools, in whose folder scenarios may live. By name and not by content: a scenario with a mistake in
/// it has to be seen and refused, not skipped.
const TOOLS: [&str; 4] = ["Cargo.toml", "clippy.toml", "rustfmt.toml", "deny.toml"];

/// The scenarios directly in a folder, in order of their names; subfolders (`canary`, `regress`) are named by whoever
/// wants them, since some of them are there to fail.
pub fn scenario_files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        let toml = file.extension().is_some_and(|extension| extension == "toml");
        let manifest = file.file_name().is_some_and(|name| TOOLS.iter().any(|tool| name == *tool));
        // Hidden files are configuration (rustfmt, linters), not scenarios.
        let hidden = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if toml && !manifest && !hidden && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_the_scenarios_directly_in_it() {
        let names = |path: &str| -> Vec<String> {
            scenario_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
                .expect(path)
                .iter()
                .filter_map(|file| Some(file.file_name()?.to_str()?.to_string()))
                .collect()
        };
        let shipped = names(".");
        assert!(shipped.contains(&"sound-sensor.toml".to_string()), "{shipped:?}");
        assert!(
            !shipped.contains(&"Cargo.toml".to_string())
                && !shipped.contains(&"cpu-too-slow.toml".to_string())
        );
        assert!(shipped.is_sorted());
        assert!(names("canary").contains(&"cpu-too-slow.toml".to_string()));
        assert_eq!(names("motion.toml"), ["motion.toml"]);
    }
}
