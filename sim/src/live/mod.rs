//! A scenario as something that goes on: played, paused, stepped, gone back in, acted on by hand, and looked at.
//!
//! - [`session`]: the run, on a thread of its own; asked over a channel, it leaves what happened in a [`history`]
//! - [`history`]: what people look at, of bounded size whatever the run's length; [`series`]: signals at any zoom
//! - [`recognised`]: what the node's model makes of each window; [`touched`]: which registers the node used when
//! - [`take`]: what a node heard live, as a labelled recording to train on and to hear again
//! - [`log`]: what hands did, as a file that replays to the same trace
//!
//! Nothing here knows a window. What happens is decided by the engine alone: whoever looks changes nothing.

pub mod history;
pub mod log;
pub mod recognised;
pub mod series;
pub mod session;
pub mod take;
pub mod touched;

pub use history::{History, NodeHistory};
pub use log::Log;
pub use recognised::Recognised;
pub use series::Series;
pub use session::{Ask, Session, Source, Speed, Status, Watch};
pub use take::Take;
