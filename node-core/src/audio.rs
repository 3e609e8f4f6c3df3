//! Audio in: blocks of samples from a DMA ring that does not wait.

use crate::time::Instant;
use core::fmt::Debug;

/// What came with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured {
    /// When the block's last sample was in memory: the block is "released" here.
    pub complete_at: Instant,
    /// Samples that were not taken before this block: nobody read in time and the ring was full.
    pub lost: u32,
}

#[allow(async_fn_in_trait)] // one future, one core: nobody needs these futures to be Send
pub trait AudioIn {
    type Error: Debug;

    fn rate_hz(&self) -> u32;
    /// Starts the clock of the microphone and the ring, at the nearest rate the hardware can make to `rate_hz`.
    async fn start(&mut self, rate_hz: u32) -> Result<(), Self::Error>;
    async fn stop(&mut self) -> Result<(), Self::Error>;
    /// Waits until `block` is full. Yields at least once even if it already is: a node that is late with its sound would
    /// starve all its other tasks.
    async fn read(&mut self, block: &mut [i16]) -> Result<Captured, Self::Error>;
}
