//! `inspect`: what a model's file holds.

use super::{Ending, Failure, terminal};
use crate::train::file::ModelFile;
use crate::train::text;
use std::path::PathBuf;

/// Explains a model's file: what it listens to, what it computes, and what it tells apart
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin inspect gestures.ntm")]
pub struct Args {
    /// The model
    #[arg(value_name = "MODEL.ntm")]
    model: PathBuf,
}

pub fn inspect(args: &Args) -> Result<Ending, Failure> {
    let file = ModelFile::read(&args.model)?;
    let model = file.model(&args.model)?;
    terminal::show(&text::model(&args.model.display().to_string(), &model, terminal::stdout_paint()))?;
    Ok(Ending::Pass)
}
