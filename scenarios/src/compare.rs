//! What a measure has to be: `">= 0.9"`, `"< 250ms"`, `"0.8..1.0"`, or a plain number.

use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub op: Op,
    /// As it was written, with its unit.
    pub text: String,
}

/// Bounds in the measure's own unit (counts, shares from 0 to 1, nanoseconds).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    Equal(f64),
    Less(f64),
    AtMost(f64),
    More(f64),
    AtLeast(f64),
    /// Both ends included.
    Within(f64, f64),
}

impl Comparison {
    /// Whether `actual` is as wanted. Never, if it is not a number.
    pub fn holds(&self, actual: f64) -> bool {
        match self.op {
            Op::Equal(want) => actual == want,
            Op::Less(limit) => actual < limit,
            Op::AtMost(limit) => actual <= limit,
            Op::More(limit) => actual > limit,
            Op::AtLeast(limit) => actual >= limit,
            Op::Within(low, high) => low <= actual && actual <= high,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
