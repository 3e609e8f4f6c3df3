//! `schema`: what a scenario may say, for editors.

use super::output::Output;
use super::{Ending, Failure};
use crate::catalogue::Catalogue;
use crate::report::result::to_json;
use std::path::PathBuf;

/// Writes the JSON Schema of scenarios, for editors that complete and check while one types
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nodetwin schema > scenario.schema.json
  nodetwin schema scenario.schema.json

With Even Better TOML or taplo, begin a scenario with
  #:schema ./scenario.schema.json")]
pub struct Args {
    /// Where to; stdout if absent
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

pub fn schema(args: &Args, catalogue: &Catalogue) -> Result<Ending, Failure> {
    let schema = to_json(&scenarios::json_schema::json_schema(&catalogue.known()));
    Output::open(&args.file)?.write(|out| out.write_all(schema.as_bytes()))?;
    Ok(Ending::Pass)
}
