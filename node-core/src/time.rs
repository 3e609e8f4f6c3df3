//! The node's own time: readings of its clock, in microseconds since it booted.
//!
//! True (world) time is another type and lives with the simulator: a node cannot know it.

use core::ops::{Add, AddAssign, Sub};

/// A reading of the node's clock, in microseconds since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    pub const BOOT: Self = Self(0);

    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }
    pub const fn as_micros(self) -> u64 {
        self.0
    }
    /// Time since `earlier`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

/// A length of node time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    pub const ZERO: Self = Self(0);

    pub const fn from_micros(us: u64) -> Self {
        Self(us)
    }
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000)
    }
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000_000)
    }
    pub const fn as_micros(self) -> u64 {
        self.0
    }
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }
    /// The length of `count` periods of a clock of `hz`, rounded down.
    pub const fn of_samples(count: u64, hz: u32) -> Self {
        Self(count * 1_000_000 / hz as u64)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(self.0 + d.0)
    }
}
impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, d: Duration) {
        self.0 += d.0;
    }
}
/// Saturates at boot: nothing of the node happened before it.
impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(d.0))
    }
}
impl Add for Duration {
    type Output = Self;
    fn add(self, d: Self) -> Self {
        Self(self.0 + d.0)
    }
}

/// The node's clock. On the chip the hardware timer, in the twin the virtual crystal with its drift.
#[allow(async_fn_in_trait)] // one future, one core: nobody needs these futures to be Send
pub trait Clock: Clone {
    fn now(&self) -> Instant;
    /// Sleeps until the clock reads `at`; returns at once if it already does.
    async fn until(&self, at: Instant);
}
