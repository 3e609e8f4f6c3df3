//! A scenario as something that goes on: played, paused, stepped, gone back in, acted on by hand, and looked at.
//!
//! - [`session`]: the run, on a thread of its own; asked over a channel, it leaves what happened in a [`history`]
//! - [`history`]: what people look at, of bounded size whatever the run's length; [`series`]: signals at any zoom
//! - [`recognised`]: what the node's model makes of each window; [`touched`]: which registers the node used when;
//!   [`fingers`]: when buttons were pressed
//! - [`take`]: what a node heard live, as a labelled recording to train on and to hear again
//! - [`log`]: what hands did, as a file that replays to the same trace; [`outside`]: and what was heard live meanwhile
//! - what if: [`knobs`] are a scenario's settings as something to turn, [`drafts`] the changes and the way back, [`rival`] a
//!   run of them beside the one that plays, [`figures`] what both are held against each other by, [`sweep`] a grid of runs
//!   and its front, [`saved`] the changes written into the file
//!
//! Nothing here knows a window. What happens is decided by the engine alone: whoever looks changes nothing.

pub mod drafts;
pub mod figures;
pub mod fingers;
pub mod history;
pub mod knobs;
pub mod log;
pub mod outside;
pub mod recognised;
pub mod rival;
pub mod saved;
pub mod series;
pub mod session;
pub mod sweep;
pub mod take;
pub mod touched;

pub use fingers::Fingers;
pub use history::{History, NodeHistory};
pub use log::Log;
pub use recognised::Recognised;
pub use series::Series;
pub use session::{Ask, Session, Source, Speed, Status, Watch};
pub use take::Take;
