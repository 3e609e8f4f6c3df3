//! What the window remembers from one time to the next: how panels lie, the theme, and that somebody was shown around.

use super::dock::Pane;
use egui_tiles::Tree;
use serde::{Deserialize, Serialize};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Serialize, Deserialize)]
pub struct Kept {
    version: u32,
    pub dark: bool,
    pub shown_around: bool,
    pub tree: Tree<Pane>,
}

/// Raised whenever panels come or go: an older layout would hide the new ones.
const VERSION: u32 = 1;

impl Kept {
    pub fn new(dark: bool, shown_around: bool, tree: Tree<Pane>) -> Self {
        Self { version: VERSION, dark, shown_around, tree }
    }

    /// What was kept, if it can be read: else one begins anew, as at the first time.
    pub fn load(file: &Path) -> Option<Self> {
        let text = fs::read_to_string(file).ok()?;
        serde_json::from_str::<Self>(&text).ok().filter(|kept| kept.version == VERSION)
    }

    /// Nobody is helped by a word about this at the end: it is tried again the next time.
    pub fn save(&self, file: &Path) {
        if let (Some(folder), Ok(text)) = (file.parent(), serde_json::to_string(self)) {
            let _ = fs::create_dir_all(folder).and_then(|()| fs::write(file, text));
        }
    }
}

/// Where programs keep such things on each system.
pub fn usual_place() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let settings = if cfg!(windows) {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    Some(settings?.join("nodetwin").join("desk.json"))
}
