//! True time, and the free-running oscillators that disagree with it.

pub mod drift;

pub use drift::Drift;

use std::ops::{Add, Sub};

/// World time in nanoseconds since the scenario began. No part of a node can read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrueTime(pub u64);

impl TrueTime {
    pub const START: Self = Self(0);

    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }
    pub const fn as_nanos(self) -> u64 {
        self.0
    }
    /// Nanoseconds since `earlier`; zero if it is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<u64> for TrueTime {
    type Output = Self;
    fn add(self, ns: u64) -> Self {
        Self(self.0 + ns)
    }
}
impl Sub<u64> for TrueTime {
    type Output = Self;
    fn sub(self, ns: u64) -> Self {
        Self(self.0.saturating_sub(ns))
    }
}
