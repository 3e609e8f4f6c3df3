//! What a measure has to be: `">= 0.9"`, `"< 250ms"`, `"0.8..1.0"`, or a plain number.

use std::fmt;

use crate::error::Problem;
use crate::tree::{Kind, Value};
use crate::units::{Bytes, Duration, Length, Percent, Quantity};

#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub op: Op,
    /// As it was written, with its sign and unit: `>= 0.9`.
    pub text: String,
}

/// Bounds in the measure's own unit (counts, shares from 0 to 1, nanoseconds, bytes).
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

/// What is being compared: it decides which numbers make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Whole numbers from 0.
    Count,
    /// A part of a whole: 0 to 1, or a percentage.
    Share,
    /// A length of time, in nanoseconds once it is parsed.
    Time,
    /// Memory, in bytes once it is parsed.
    Size,
    /// A number in the unit of whatever is measured.
    Number,
    /// In metres once it is parsed.
    Length,
}

impl Scale {
    pub fn examples(self) -> &'static str {
        match self {
            Self::Count => r#"0, ">= 1" or "2..5""#,
            Self::Share => r#"">= 0.9", "<= 50%" or "0.8..1.0""#,
            Self::Time => r#""< 250ms" or "50ms..1s""#,
            Self::Size => r#""<= 48KiB" or "< 50kB""#,
            Self::Number => r#""< 0.05" or "0.2..0.4""#,
            Self::Length => r#""< 3m" or "<= 80cm""#,
        }
    }

    /// The number, or what is wrong with it.
    fn number(self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        let number = match self {
            Self::Time => {
                return Duration::parse(text).map(|time| time.ns as f64).map_err(|error| error.message);
            }
            Self::Size => {
                return Bytes::parse(text).map(|size| size.bytes).map_err(|error| error.message);
            }
            Self::Length => {
                return Length::parse(text).map(|length| length.m).map_err(|error| error.message);
            }
            Self::Share if text.ends_with('%') => {
                Percent::parse(text).map_err(|error| error.message)?.percent / 100.0
            }
            _ => text.parse().map_err(|_| format!("`{text}` is not a number"))?,
        };
        self.in_range(number).then_some(number).ok_or_else(|| match self {
            Self::Share => format!("`{text}` is not between 0 and 1, nor between 0% and 100%"),
            Self::Number => format!("`{text}` is not a number"),
            _ => format!("`{text}` is not a count"),
        })
    }

    fn in_range(self, number: f64) -> bool {
        match self {
            // Beyond 2^53 a double is no count any more.
            Self::Count => (0.0..=9e15).contains(&number) && number.fract() == 0.0,
            Self::Share => (0.0..=1.0).contains(&number),
            Self::Number => number.is_finite(),
            Self::Time | Self::Size | Self::Length => false,
        }
    }
}

impl Comparison {
    pub fn from_value(value: &Value, scale: Scale) -> Result<Self, Problem> {
        let problem = |message: String| {
            Problem::new(value.span, message, format!("what it has to be is written {}", scale.examples()))
        };
        match &value.node {
            Kind::String(text) => Self::parse(text, scale).map_err(problem),
            // A bare number is a count or a share; the rest is told apart by `number`.
            Kind::Integer(number) => Self::parse(&number.to_string(), scale).map_err(problem),
            Kind::Float(number) => Self::parse(&format!("{number:?}"), scale).map_err(problem),
            _ => Err(problem(format!("a comparison is expected here, not {}", value.describe()))),
        }
    }

    /// Or what is wrong with it.
    pub fn parse(text: &str, scale: Scale) -> Result<Self, String> {
        type Make = fn(f64) -> Op;
        // Longer signs first, or "<=" would be read as "<".
        const SIGNS: [(&str, Make, &str); 8] = [
            (">=", Op::AtLeast, ">="),
            ("\u{2265}", Op::AtLeast, ">="),
            ("<=", Op::AtMost, "<="),
            ("\u{2264}", Op::AtMost, "<="),
            ("==", Op::Equal, "="),
            (">", Op::More, ">"),
            ("<", Op::Less, "<"),
            ("=", Op::Equal, "="),
        ];
        let text = text.trim();
        for (sign, make, written) in SIGNS {
            if let Some(rest) = text.strip_prefix(sign) {
                return Ok(Self {
                    op: make(scale.number(rest)?),
                    text: format!("{written} {}", rest.trim()),
                });
            }
        }
        if let Some((low, high)) = text.split_once("..") {
            let (from, to) = (scale.number(low)?, scale.number(high)?);
            if from > to {
                return Err(format!("nothing lies in `{text}`: it begins above its end"));
            }
            return Ok(Self {
                op: Op::Within(from, to),
                text: format!("within {}..{}", low.trim(), high.trim()),
            });
        }
        Ok(Self { op: Op::Equal(scale.number(text)?), text: format!("= {text}") })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_hold_or_not() {
        let cases = [
            ("0", Scale::Count, "= 0", [(0.0, true), (1.0, false)]),
            (">=1", Scale::Count, ">= 1", [(1.0, true), (0.0, false)]),
            ("2..5", Scale::Count, "within 2..5", [(5.0, true), (6.0, false)]),
            (">= 0.9", Scale::Share, ">= 0.9", [(0.9, true), (0.899, false)]),
            ("> 90%", Scale::Share, "> 90%", [(0.91, true), (0.9, false)]),
            ("<= 50%", Scale::Share, "<= 50%", [(0.5, true), (0.51, false)]),
            ("\u{2264} 50%", Scale::Share, "<= 50%", [(0.5, true), (f64::NAN, false)]),
            ("0.8..1.0", Scale::Share, "within 0.8..1.0", [(1.0, true), (0.79, false)]),
            ("< 250ms", Scale::Time, "< 250ms", [(249e6, true), (250e6, false)]),
            ("== 3", Scale::Count, "= 3", [(3.0, true), (f64::NAN, false)]),
            ("<= 48KiB", Scale::Size, "<= 48KiB", [(49_152.0, true), (49_153.0, false)]),
        ];
        for (text, scale, written, checks) in cases {
            let comparison = Comparison::parse(text, scale).expect(text);
            assert_eq!(comparison.to_string(), written);
            for (actual, holds) in checks {
                assert_eq!(comparison.holds(actual), holds, "{actual} {written}");
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for (text, scale, message) in [
            ("90", Scale::Share, "`90` is not between 0 and 1, nor between 0% and 100%"),
            ("0.5", Scale::Count, "`0.5` is not a count"),
            ("-1", Scale::Count, "`-1` is not a count"),
            ("250", Scale::Time, "`250` has no unit, and a duration needs one"),
            ("5..2", Scale::Count, "nothing lies in `5..2`: it begins above its end"),
            ("48", Scale::Size, "`48` has no unit, and a size needs one"),
            (">= many", Scale::Count, "`many` is not a number"),
            (">=", Scale::Share, "`` is not a number"),
            ("nan", Scale::Share, "`nan` is not between 0 and 1, nor between 0% and 100%"),
            ("inf", Scale::Count, "`inf` is not a count"),
        ] {
            assert_eq!(Comparison::parse(text, scale), Err(message.to_string()));
        }
    }
}
