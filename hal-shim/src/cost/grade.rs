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

/// How far off a figure may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorBar {
    /// Of the figure: 0.03 is 3 %. Above 1 the figure may be too small by that much; nothing costs less than nothing.
    pub relative: f32,
    pub kind: ErrorKind,
}

/// What an error bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Largest residual of a formula over the sizes that it was fitted to: says nothing of the cycles' own truth.
    Residual,
    /// How far a way of predicting is off where both are known.
    Spread,
    /// 95 % confidence interval of a fit to a device's own cycles, half its width.
    Interval95,
}

impl fmt::Display for ErrorBar {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::Residual => "residual of the fit",
            ErrorKind::Spread => "spread of the model",
            ErrorKind::Interval95 => "95 % interval",
        };
        write!(f, "±{:.1} % ({what})", self.relative * 100.0)
    }
}
