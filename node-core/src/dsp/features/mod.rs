//! From a window of samples to the numbers a model decides on.
//!
//! [`plan::Plan`] is the whole way as data: which signals, which filters, which numbers of them, with every parameter. It
//! travels with the model, so that training and the node cannot differ. [`time`], [`frequency`] and
//! [`frames`] hold the numbers themselves, [`samples`] the window they come from.

pub mod fft;
pub mod frames;
pub mod frequency;
pub mod layout;
pub mod op;
pub mod plan;
pub mod samples;
pub mod stream;
pub mod time;

pub use op::{Floats, Op};
pub use plan::{ExtractError, Plan, PlanError, PlanHead, Streaming};
pub use samples::{Sample, Samples, Sliding, Window};
pub use stream::FrameStream;
