//! `new`: a scenario to change, or a whole crate with an app and a chip of one's own.

mod crate_files;
mod scenario_file;

use super::{Ending, Failure, terminal};
use crate::catalogue::Catalogue;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes a commented scenario, or a crate with an app and a chip model of your own
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin new mine.toml
  nodetwin new mine.toml --app motion
  nodetwin new --app ../greenhouse

With a FILE, --app says which program the scenario runs. Without one it names a folder: a crate is written there that
has its own program over node-core's Board, its own chip in the socket, a scenario, a test, and a main that is the whole
of nodetwin with them in it. Nothing that is there is overwritten.")]
pub struct Args {
    /// The scenario to write
    #[arg(value_name = "FILE.toml", required_unless_present = "app")]
    file: Option<PathBuf>,
    /// The scenario's program (`sound` or `motion`); without FILE: the folder of the crate to write
    #[arg(long, value_name = "APP|DIR")]
    app: Option<PathBuf>,
    /// Where nodetwin's workspace lies, for the crate's dependencies; if absent, where this program was built
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    nodetwin: Option<PathBuf>,
}

pub fn new(args: &Args, catalogue: &Catalogue) -> Result<Ending, Failure> {
    match (&args.file, &args.app) {
        (Some(file), app) => write_scenario(file, app.as_deref(), catalogue),
        (None, Some(folder)) => write_crate(folder, args.nodetwin.as_deref(), catalogue),
        // clap asks for one of them.
        (None, None) => {
            Err(Failure::input("neither a file nor a crate was asked for", "nodetwin new mine.toml"))
        }
    }
}

fn write_scenario(file: &Path, app: Option<&Path>, catalogue: &Catalogue) -> Result<Ending, Failure> {
    let names: Vec<&str> = catalogue.apps().map(|(name, _)| name).collect();
    let app = match app {
        Some(app) => app.to_string_lossy().into_owned(),
        None => names.first().copied().unwrap_or("sound").to_string(),
    };
    if !names.contains(&app.as_str()) {
        let help = format!(
            "known: {}; for a crate with your own, leave FILE out: nodetwin new --app DIR",
            names.join(", ")
        );
        return Err(Failure::input(format!("there is no app `{app}`"), help));
    }
    if file.is_dir() {
        return Err(Failure::input(
            format!("{} is a folder", file.display()),
            "name a file in it, as in mine.toml",
        ));
    }
    create(file, &scenario_file::text(&app, file))?;
    terminal::tell(&format!("{0}: written. Now: nodetwin run {0}\n", file.display()));
    Ok(Ending::Pass)
}

fn write_crate(folder: &Path, nodetwin: Option<&Path>, catalogue: &Catalogue) -> Result<Ending, Failure> {
    // `new --app sound` means a scenario far more often than a folder of that name.
    if let Some((app, _)) = catalogue.apps().find(|(name, _)| Path::new(name) == folder) {
        let help = format!(
            "for a scenario: nodetwin new mine.toml --app {app}; for a crate: nodetwin new --app ./{app}"
        );
        return Err(Failure::input("which file is the scenario to be written to?", help));
    }
    let workspace = workspace(nodetwin)?;
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::input(
            format!("{} is a file", folder.display()),
            "name a folder that does not exist yet",
        ));
    }
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("{} is not empty", folder.display());
        return Err(Failure::input(message, "name a folder that does not exist yet: nothing is overwritten"));
    }
    let unwritable = |error| {
        let help = "name a folder in one of yours";
        Failure::input(format!("{} cannot be made: {error}", folder.display()), help)
    };
    fs::create_dir_all(folder).map_err(unwritable)?;
    let absolute = folder.canonicalize().map_err(unwritable)?;
    let name = crate_files::name(&absolute)?;
    for (path, text) in crate_files::files(&name, &workspace) {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(unwritable)?;
        }
        create(&path, &text)?;
    }
    // The versions that are known to agree.
    if let Ok(lock) = fs::read_to_string(workspace.join("Cargo.lock")) {
        create(&folder.join("Cargo.lock"), &lock)?;
    }
    terminal::tell(&format!(
        "{0}: crate `{name}` written. Now: cd {0} && cargo run --release -- run scenario.toml\n",
        folder.display()
    ));
    Ok(Ending::Pass)
}

/// The folder that holds `sim`, `node-core` and `hal-shim`.
fn workspace(asked: Option<&Path>) -> Result<PathBuf, Failure> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let workspace = asked.unwrap_or(&built);
    let found = workspace.canonicalize().ok();
    found.filter(|folder| folder.join("sim/Cargo.toml").is_file()).ok_or_else(|| {
        let message = format!("{}: nodetwin's workspace is not there", workspace.display());
        Failure::input(
            message,
            "say where it was cloned to: --nodetwin DIR (the folder that holds `sim` and `node-core`)",
        )
    })
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let created = fs::OpenOptions::new().write(true).create_new(true).open(path);
    created.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let (what, help) = match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                ("is there already".to_string(), "name another: nothing is overwritten")
            }
            std::io::ErrorKind::NotFound => ("its folder does not exist".into(), "make the folder first"),
            _ => (format!("cannot be written: {error}"), "name a file in a folder of yours"),
        };
        Failure::input(format!("{}: {what}", path.display()), help)
    })
}
