//! What a frame costs.

use crate::desk::{S, desk};
use sim::desktop::frame;
use std::time::Duration;

/// 8 ms are allowed in a release build, four times that without optimising.
#[test]
fn a_frame_with_all_panels_costs_little() {
    let frame = frame::cost(desk("scenarios/motion.toml", 30 * S));
    println!("{frame:?}");
    let allowed = if cfg!(debug_assertions) { 32 } else { 8 };
    assert!(frame.median < Duration::from_millis(allowed), "{frame:?}");
}
