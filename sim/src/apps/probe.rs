//! The probe has no settings.

use crate::catalogue::program;
use hal_shim::node::Program;
use node_core::app::probe::run;
use node_core::board::Board;
use scenarios::{Problem, Settings};

pub const ABOUT: &str = "first program on a new board: asks each part what it is and what it reads";

pub fn build(_: &mut Settings) -> Result<Program, Problem> {
    Ok(program(|board| run(board.split())))
}
