//! The window: a node that one sees, hears and holds. It sends what a person does to a [`live`](crate::live) session and
//! draws what the session's history says; it keeps no state of the simulation.
//!
//! - [`desk`]: all that the window knows, and its layout: egui alone, so that it can be tested without a window
//! - [`panels`]: one file a panel, each a function of what happened
//! - [`plot`]: plots over the one time axis that all share, and [`export`] of what they show; [`look`]: colours, type and figures
//! - [`spectrogram`]: sound over time and frequency, as a picture; [`sentence`]: what happened, in words
//! - [`sound`]: sound cards
//! - [`keys`]: what keys do; [`typed`]: which were pressed; [`dropped`]: files
//! - [`scene`]: the stick and the place where it lies, in Bevy
//! - [`kept`]: what the window remembers from one time to the next
//! - [`frame`]: what one costs
//! - [`controls`]: where they are, for programs that drive the window
//! - [`app`]: the Bevy app around both, in a window or offscreen; [`shot`]: a picture of it

mod app;
mod controls;
pub mod desk;
pub mod dock;
mod dropped;
pub mod export;
pub mod frame;
mod kept;
pub mod keys;
pub mod look;
pub mod panels;
pub mod plot;
mod scene;
pub mod sentence;
mod shot;
pub mod sound;
pub mod spectrogram;
mod typed;

pub use app::{Opening, view};
pub use shot::{Shot, image::Picture, shot};
