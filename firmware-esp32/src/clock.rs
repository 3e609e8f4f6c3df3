//! The node's clock: the hardware timer behind embassy-time, in microseconds since boot.

use node_core::time::{Clock, Instant};

#[derive(Clone, Copy)]
pub struct HardwareClock;

impl Clock for HardwareClock {
    fn now(&self) -> Instant {
        Instant::from_micros(embassy_time::Instant::now().as_micros())
    }
    async fn until(&self, at: Instant) {
        embassy_time::Timer::at(embassy_time::Instant::from_micros(at.as_micros())).await;
    }
}
