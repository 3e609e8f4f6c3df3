//! `view`: the window onto a scenario.

use super::{Ending, Failure};
use crate::catalogue::Catalogue;
use std::path::PathBuf;

/// Opens a window onto a scenario: see it, hear it, hold it, ask "what if"
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin view scenarios/sound-sensor.toml
  nodetwin view scenarios/motion.toml --set seed=7 --light
  nodetwin view scenarios/motion.toml --by-hand motion.session.jsonl

The window is in builds with the feature `desktop` only:
  cargo run --release --features desktop -- view scenarios/sound-sensor.toml     (or: cargo desktop scenarios/sound-sensor.toml)")]
pub struct Args {
    /// The scenario; none: the window says how to begin
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Changes any key of the scenario, as in node.desk.settings.block=16ms; may be given again and again
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Does again what hands did in a session that was saved
    #[arg(long, value_name = "FILE.jsonl", requires = "file")]
    by_hand: Option<PathBuf>,
    /// Writes down what hands did when the window closes
    #[arg(long, value_name = "FILE.jsonl")]
    save_session: Option<PathBuf>,
    /// Writes where the window's controls are, for programs that drive it
    #[arg(long, value_name = "FILE.json")]
    controls: Option<PathBuf>,
    /// Begins in the light theme
    #[arg(long)]
    light: bool,
    /// Size of the window in pixels
    #[arg(long, value_name = "WxH", default_value = "1280x720", value_parser = size)]
    size: [u32; 2],
    /// Everything larger or smaller
    #[arg(long, value_name = "TIMES", default_value_t = 1.0, value_parser = scale)]
    scale: f32,
}

/// `1280x720`
pub fn size(text: &str) -> Result<[u32; 2], String> {
    let wrong = || format!("`{text}` is no size: 1280x720, from 320x200 to 7680x4320");
    let (width, height) = text.split_once('x').ok_or_else(wrong)?;
    let (width, height) = (width.parse().map_err(|_| wrong())?, height.parse().map_err(|_| wrong())?);
    let fits = (320..=7680).contains(&width) && (200..=4320).contains(&height);
    if fits { Ok([width, height]) } else { Err(wrong()) }
}

pub fn scale(text: &str) -> Result<f32, String> {
    let scale = text.parse().map_err(|_| format!("`{text}` is no number: 1, 1.5, 2"))?;
    if (0.5..=4.0).contains(&scale) { Ok(scale) } else { Err("from 0.5 to 4 times".into()) }
}

/// What a build without a window says.
#[cfg(not(feature = "desktop"))]
pub fn no_window(verb: &str) -> Failure {
    Failure::input(
        "this build has no window: it was made without the feature `desktop`",
        format!("cargo run --release --features desktop -- {verb} ..."),
    )
}

#[cfg(not(feature = "desktop"))]
pub fn view(_: &Args, _: Catalogue) -> Result<Ending, Failure> {
    Err(no_window("view"))
}

#[cfg(feature = "desktop")]
pub fn view(args: &Args, catalogue: Catalogue) -> Result<Ending, Failure> {
    use crate::desktop::{Opening, desk::Desk};
    let log = args.by_hand.as_deref().map(super::by_hand::read).transpose()?;
    let mut desk = Desk::as_left(std::sync::Arc::new(catalogue), args.light);
    desk.save_session = args.save_session.clone();
    if let Some(file) = &args.file {
        desk.open(file, args.sets.clone(), log);
    }
    crate::desktop::view(Opening {
        desk,
        size: args.size,
        scale: args.scale,
        controls: args.controls.clone(),
    });
    Ok(Ending::Pass)
}
