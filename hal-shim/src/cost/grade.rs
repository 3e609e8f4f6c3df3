//! How far a number that stands for hardware can be believed.

use std::fmt;

/// Best first: the worst grade of what a result rests on is the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Read off the real thing.
    Measured,
    /// The maker says so.
    Datasheet,
    /// Follows from measured or data sheet figures by arithmetic.
    Derived,
    /// A guess with a reason.
    Assumed,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "measured",
            Self::Datasheet => "datasheet",
            Self::Derived => "derived",
            Self::Assumed => "assumed",
        })
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Graded<T> {
    pub value: T,
    pub grade: Grade,
    pub source: &'static str,
}
