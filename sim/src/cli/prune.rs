//! `prune`: a model of fewer trees.

use super::output::Output;
use super::{Ending, Failure, terminal};
use crate::train::fewer;
use crate::train::file::ModelFile;
use std::path::PathBuf;

/// Writes a forest's first trees as a model of its own: fewer bytes, less time, perhaps as good
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin prune walk.ntm --trees 10 -o small.ntm
  nodetwin eval small.ntm recordings-of-others/       what that costs in accuracy
  nodetwin run walk.toml --set node.wrist.settings.trees=10    the same, tried in a scenario before")]
pub struct Args {
    /// The model: a forest, or boosted trees
    #[arg(value_name = "MODEL.ntm")]
    model: PathBuf,
    /// How many are kept, from the first on
    #[arg(long, value_name = "N")]
    trees: usize,
    /// Where the smaller model goes
    #[arg(short, long, value_name = "FILE.ntm")]
    output: PathBuf,
}

pub fn prune(args: &Args) -> Result<Ending, Failure> {
    let file = ModelFile::read(&args.model)?;
    let model = file.model(&args.model)?;
    let name = args.model.display().to_string();
    let fewer = fewer::with_trees(&name, file.bytes(), &model, args.trees)?;
    Output::open(&args.output)?.write(|out| out.write_all(&fewer))?;
    terminal::tell(&format!(
        "{}: {} of {} trees, {} of {} bytes\n",
        args.output.display(),
        args.trees,
        model.trees().unwrap_or_default(),
        fewer.len(),
        file.bytes().len()
    ));
    Ok(Ending::Pass)
}
