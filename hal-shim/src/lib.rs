//! The simulated board, in virtual time: node-core's `Board` over register-level chips.
//!
//! - [`time`]: true time and drifting oscillators; [`supply`]: rails and battery; [`world`]: what chips ask of the world
//! - [`device`]: one file a chip; [`bus`]: embedded-hal peripherals that take time on wires; [`board`]: all of it wired
//! - [`flash`]: the NOR flash; [`radio`]: what a WiFi scan hears; [`node`]: one program with its hardware, advanced through
//!   time; [`cost`]: what computing costs
//! - [`fault`]: wrappers that break things; [`trace`]: the ordered record of what happened, and its hash;
//!   [`tap`]: what the node was given to see; [`activity`], [`histogram`] and [`budget`]: time held against deadlines
//!
//! Deterministic: no host clock, no OS randomness, no map order. It never calls driver code of node-core: a model that
//! shares its driver's arithmetic proves nothing. What is modelled, chip by chip, and how well: FIDELITY.md.
#![deny(unsafe_code)]

pub mod activity;
pub mod board;
pub mod budget;
pub mod bus;
mod chips;
pub mod cost;
pub mod device;
pub mod fault;
pub mod flash;
pub mod histogram;
mod machine;
pub mod node;
pub mod radio;
pub mod supply;
pub mod tap;
pub mod time;
pub mod trace;
pub mod world;
