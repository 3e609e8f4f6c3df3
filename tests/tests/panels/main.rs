//! The window's panels without a window: what a person finds there, and what comes of touching it.
//!
//! - [`desk`]: the window, and ways to find and touch things in it
//! - [`run`]: the run and its tabs; [`what_if`]: changes and their runs; [`plots`]: time, values, files
//! - [`lists`]: events, log and chips; [`keyboard`]: keys alone; [`dropped`]: files; [`kept`]: what is remembered
//! - [`cost`]: what a frame costs

mod cost;
mod desk;
mod dropped;
mod kept;
mod keyboard;
mod lists;
mod plots;
mod run;
mod what_if;
