//! `shot`: a picture of the window at a moment of a run.

use super::{Ending, Failure};
use crate::catalogue::Catalogue;
use scenarios::units::{Duration, Quantity};
use std::path::PathBuf;

/// Takes a picture of the window at a moment of a scenario, without a display
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin shot scenarios/sound-sensor.toml --at 12s -o sound.png
  nodetwin shot scenarios/motion.toml --at 30s --panel budget --light -o budget.png
  nodetwin shot scenarios/motion.toml --at 30s --size 1920x1080 --scale 2 -o large.png

The window is in builds with the feature `desktop` only.")]
pub struct Args {
    /// The scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// When, as in 12.5s
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: u64,
    /// Where the picture goes
    #[arg(short, long, value_name = "FILE.png")]
    output: PathBuf,
    /// One panel alone: world, saw, scene, pipeline, budget, events, memory, chips, log, what-if, sound
    #[arg(long, value_name = "NAME")]
    panel: Option<String>,
    /// Changes any key of the scenario, as in node.desk.settings.block=16ms; may be given again and again
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// In the light theme
    #[arg(long)]
    light: bool,
    /// Size of the picture in pixels
    #[arg(long, value_name = "WxH", default_value = "1280x720", value_parser = super::view::size)]
    size: [u32; 2],
    /// Everything larger or smaller
    #[arg(long, value_name = "TIMES", default_value_t = 1.0, value_parser = super::view::scale)]
    scale: f32,
}

fn moment(text: &str) -> Result<u64, String> {
    Duration::parse(text).map(|time| time.ns).map_err(|error| format!("{}: {}", error.message, error.help))
}

#[cfg(not(feature = "desktop"))]
pub fn shot(_: &Args, _: Catalogue) -> Result<Ending, Failure> {
    Err(super::view::no_window("shot"))
}

#[cfg(feature = "desktop")]
pub fn shot(args: &Args, catalogue: Catalogue) -> Result<Ending, Failure> {
    use crate::desktop::{Shot, dock::Pane, shot};
    let sets: Vec<_> = args.sets.iter().map(scenarios::Set::new).collect();
    // What is wrong with the scenario is told as everywhere.
    super::execution::load(&args.file, &catalogue, &sets)?;
    let pane = |name: &String| {
        let names: Vec<&str> = Pane::ALL.map(Pane::name).into();
        let found = Pane::ALL.into_iter().find(|pane| pane.name() == name);
        found.ok_or_else(|| {
            Failure::input(format!("no panel `{name}`"), format!("there are: {}", names.join(", ")))
        })
    };
    let wanted = Shot {
        file: args.file.clone(),
        sets: args.sets.clone(),
        at_ns: args.at,
        panel: args.panel.as_ref().map(pane).transpose()?,
        size: args.size,
        scale: args.scale,
        dark: !args.light,
    };
    let help = "software rendering will do: Debian's mesa-vulkan-drivers";
    let broken = |message: String| Failure::Broken { message, help: help.into() };
    let picture = shot(std::sync::Arc::new(catalogue), &wanted).map_err(broken)?;
    let name = args.output.display().to_string();
    picture.save(&args.output).map_err(|error| Failure::unwritten(&name, error))?;
    Ok(Ending::Pass)
}
