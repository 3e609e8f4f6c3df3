//! Quantities as people write them: a number and its unit, `"20ms"`, `"45dB"`, `"2g"`. A number without a unit, or with
//! another quantity's, is refused with words that say what would be right.

use std::fmt;

/// One kind of quantity: what it is called and which units it has.
#[derive(Debug, PartialEq)]
pub struct Unit {
    /// With its article: "a duration".
    pub what: &'static str,
    /// Two or three, as they would stand in a file.
    pub examples: &'static str,
    /// Name and size in the quantity's own unit; the first is the one it is displayed in.
    pub units: &'static [(&'static str, f64)],
}

/// Something that a person writes as a number with a unit.
pub trait Quantity: Sized {
    const UNIT: &'static Unit;
    fn parse(text: &str) -> Result<Self, UnitError>;
}

/// Why a text is not the quantity that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnitError {
    pub message: String,
    pub help: String,
}

impl Unit {
    /// "a duration is written "20ms" or "1.5s"; units: ns, us, ms".
    pub fn help(&self) -> String {
        let units: Vec<&str> = self.units.iter().map(|(name, _)| *name).collect();
        format!("{} is written {}; units: {}", self.what, self.examples, units.join(", "))
    }

    /// One, as it would stand in a file.
    pub fn example(&self) -> String {
        format!("\"{}\"", self.examples.split('"').nth(1).unwrap_or_default())
    }

    pub(crate) fn no_unit(&self, number: impl fmt::Display) -> UnitError {
        UnitError {
            message: format!("`{number}` has no unit, and {} needs one", self.what),
            help: self.help(),
        }
    }

    fn not_one(&self, text: &str) -> UnitError {
        UnitError { message: format!("`{text}` is not {}", self.what), help: self.help() }
    }

    fn size_of(&self, unit: &str) -> Option<f64> {
        // The micro sign and the Greek letter both stand for u.
        let unit = unit.replace(['\u{b5}', '\u{3bc}'], "u");
        self.units.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size)
    }

    fn parse_f64(&self, text: &str) -> Result<f64, UnitError> {
        let (number, unit) = split(text).ok_or_else(|| self.not_one(text))?;
        if unit.is_empty() {
            return Err(self.no_unit(text.trim()));
        }
        let size = self.size_of(unit).ok_or_else(|| UnitError {
            message: format!("`{unit}` is not a unit of {}", self.what),
            help: self.help(),
        })?;
        let value: f64 = number.parse().map_err(|_| self.not_one(text))?;
        let value = value * size;
        if value.is_finite() { Ok(value) } else { Err(self.not_one(text)) }
    }
}

/// The number and the unit of a text, without the space between them. The number has digits on both sides of its point.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut end = digits(unsigned);
    if end == 0 {
        return None;
    }
    if let Some(fraction) = unsigned[end..].strip_prefix('.') {
        match digits(fraction) {
            0 => return None,
            length => end += 1 + length,
        }
    }
    let (number, unit) = text.split_at(end + text.len() - unsigned.len());
    Some((number, unit.trim()))
}

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    pub ns: u64,
}

impl Duration {
    pub const fn from_ns(ns: u64) -> Self {
        Self { ns }
    }
    pub const fn from_ms(ms: u64) -> Self {
        Self { ns: ms * 1_000_000 }
    }
    pub const fn from_secs(s: u64) -> Self {
        Self { ns: s * 1_000_000_000 }
    }
    pub fn ms(self) -> f64 {
        self.ns as f64 / 1e6
    }
    /// Whole microseconds, rounded down: what a node's clock counts in.
    pub const fn us(self) -> u64 {
        self.ns / 1_000
    }
}

static DURATION: Unit = Unit {
    what: "a duration",
    examples: r#""10s", "20ms", "1.5h" or "2min30s""#,
    units: &[
        ("ns", 1.0),
        ("us", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("min", 60e9),
        ("h", 3_600e9),
        ("d", 86_400e9),
    ],
};

impl Quantity for Duration {
    const UNIT: &'static Unit = &DURATION;

    /// Whole numbers all the way: a double would lose nanoseconds after 104 days.
    fn parse(text: &str) -> Result<Self, UnitError> {
        let mut rest = text.trim();
        let mut total: u128 = 0;
        let mut last_size = f64::INFINITY;
        while !rest.is_empty() {
            if rest.starts_with('-') {
                return Err(UnitError {
                    message: format!("`{text}` is negative, and time does not run backwards"),
                    help: DURATION.help(),
                });
            }
            let (number, after) = split(rest).ok_or_else(|| DURATION.not_one(text))?;
            let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
            let unit = after[..unit_end].trim();
            rest = &after[unit_end..];
            if unit.is_empty() {
                return Err(DURATION.no_unit(text.trim()));
            }
            let size = DURATION.size_of(unit).ok_or_else(|| UnitError {
                message: format!("`{unit}` is not a unit of a duration"),
                help: DURATION.help(),
            })?;
            // "30s2min" is a slip more often than a wish.
            if size >= last_size {
                return Err(DURATION.not_one(text));
            }
            last_size = size;
            total = scaled(number, size as u128)
                .and_then(|part| total.checked_add(part))
                .ok_or_else(|| DURATION.not_one(text))?;
        }
        if last_size.is_infinite() {
            return Err(DURATION.not_one(text));
        }
        u64::try_from(total).map(|ns| Self { ns }).map_err(|_| UnitError {
            message: format!("`{text}` is longer than a simulation can be"),
            help: "584 years of nanoseconds fit into its clock".into(),
        })
    }
}

/// A decimal number times a whole one, rounded down.
fn scaled(number: &str, size: u128) -> Option<u128> {
    let number = number.trim_start_matches('+');
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    // Eighteen decimals of a day are less than a nanosecond, and the product still fits.
    let fraction = &fraction[..fraction.len().min(18)];
    let scale = 10u128.pow(fraction.len() as u32);
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()? * size / scale };
    whole.parse::<u128>().ok()?.checked_mul(size)?.checked_add(part)
}

impl fmt::Display for Duration {
    /// In the largest unit that needs no more than three decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ns } = *self;
        for (unit, size) in [
            ("d", 86_400_000_000_000),
            ("h", 3_600_000_000_000),
            ("min", 60_000_000_000),
            ("s", 1_000_000_000),
            ("ms", 1_000_000),
            ("us", 1_000),
        ] {
            let thousandth: u64 = size / 1_000;
            if ns >= size && ns.is_multiple_of(thousandth) {
                let whole = ns / size;
                let rest = (ns % size) / thousandth;
                // Hours and minutes read badly with decimals.
                if rest != 0 && size > 1_000_000_000 {
                    continue;
                }
                return if rest == 0 {
                    write!(f, "{whole}{unit}")
                } else {
                    write!(f, "{}{unit}", format!("{whole}.{rest:03}").trim_end_matches('0'))
                };
            }
        }
        write!(f, "{ns}ns")
    }
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident . $field:ident, $what:literal, $examples:literal, $units:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
        pub struct $name {
            pub $field: f64,
        }

        impl Quantity for $name {
            const UNIT: &'static Unit = &Unit { what: $what, examples: $examples, units: &$units };
            fn parse(text: &str) -> Result<Self, UnitError> {
                Self::UNIT.parse_f64(text).map(|$field| Self { $field })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", self.$field, Self::UNIT.units[0].0)
            }
        }
    };
}

quantity!(
    /// Sound pressure level: RMS re 20 uPa.
    Level.db_spl, "a sound pressure level", r#""45dB" or "94dBSPL""#, [("dB", 1.0), ("dBSPL", 1.0)]
);
quantity!(
    /// Level of a digital signal: 0 dBFS is the RMS of a full-scale sine (AES17).
    DigitalLevel.dbfs, "a level below full scale", r#""-30dBFS""#, [("dBFS", 1.0)]
);
quantity!(
    Accel.g,
    "an acceleration",
    r#""2g", "50mg" or "9.8m/s2""#,
    // Standard gravity, 9.80665 m/s2 (CGPM 1901).
    [("g", 1.0), ("mg", 1e-3), ("m/s2", 1.0 / 9.80665)]
);
quantity!(
    AngularRate.dps,
    "an angular rate",
    r#""2000dps" or "3.5rad/s""#,
    [("dps", 1.0), ("deg/s", 1.0), ("rad/s", DEGREES_PER_RADIAN)]
);
quantity!(
    Frequency.hz,
    "a frequency",
    r#""100Hz", "1.6MHz" or "1450rpm""#,
    [("Hz", 1.0), ("kHz", 1e3), ("MHz", 1e6), ("rpm", 1.0 / 60.0)]
);
quantity!(Angle.deg, "an angle", r#""30deg""#, [("deg", 1.0), ("rad", DEGREES_PER_RADIAN)]);
quantity!(Length.m, "a length", r#""1.2m" or "80cm""#, [("m", 1.0), ("cm", 1e-2), ("mm", 1e-3)]);
quantity!(
    /// Of light.
    Wavelength.nm, "a wavelength", r#""525nm""#, [("nm", 1.0), ("um", 1e3)]
);
quantity!(
    /// Light that falls on a surface, over wavelength.
    SpectralIrradiance.per_nm, "a spectral irradiance", r#""0.5uW/cm2/nm""#, [("uW/cm2/nm", 1.0), ("mW/cm2/nm", 1e3)]
);
quantity!(
    /// Of a radio signal.
    Power.dbm, "a radio's strength", r#""-30dBm""#, [("dBm", 1.0)]
);
quantity!(
    /// By how much something is weaker.
    Decibels.db, "a loss", r#""6dB""#, [("dB", 1.0)]
);
quantity!(Temperature.celsius, "a temperature", r#""25C""#, [("C", 1.0), ("\u{b0}C", 1.0)]);
quantity!(
    /// How far a clock is off, positive if it is fast.
    Ppm.ppm, "a deviation", r#""20ppm" or "0.6%""#, [("ppm", 1.0), ("ppb", 1e-3), ("%", 1e4)]
);
quantity!(Voltage.volts, "a voltage", r#""3.9V" or "3900mV""#, [("V", 1.0), ("mV", 1e-3)]);
quantity!(
    /// A part of a whole, in percent as it was written.
    Percent.percent, "a percentage", r#""1%" or "80%""#, [("%", 1.0)]
);
quantity!(
    Bytes.bytes,
    "a size",
    r#""64KiB" or "4MB""#,
    [("B", 1.0), ("kB", 1e3), ("KiB", 1024.0), ("MB", 1e6), ("MiB", 1_048_576.0)]
);

const DEGREES_PER_RADIAN: f64 = 180.0 / std::f64::consts::PI;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ns(text: &str) -> u64 {
        Duration::parse(text).expect(text).ns
    }

    #[test]
    fn durations_are_exact() {
        for (text, want) in [
            ("20ms", 20_000_000),
            ("1.5s", 1_500_000_000),
            ("250us", 250_000),
            ("250\u{b5}s", 250_000),
            ("10min", 600_000_000_000),
            ("12h", 43_200_000_000_000),
            ("2min30s", 150_000_000_000),
            ("1h 30min", 5_400_000_000_000),
            ("0s", 0),
            ("366d", 31_622_400_000_000_000),
            // A double would round this one.
            ("365.999999999999d", 31_622_399_999_999_913),
            ("0.1234567891s", 123_456_789),
        ] {
            assert_eq!(ns(text), want, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_told_why() {
        for (text, message) in [
            ("20", "`20` has no unit, and a duration needs one"),
            ("20dB", "`dB` is not a unit of a duration"),
            ("20sec", "`sec` is not a unit of a duration"),
            ("soon", "`soon` is not a duration"),
            ("", "`` is not a duration"),
            ("-3s", "`-3s` is negative, and time does not run backwards"),
            ("30s2min", "`30s2min` is not a duration"),
            ("1.s", "`1.s` is not a duration"),
            (
                "99999999999999999999999999999999999999999h",
                "`99999999999999999999999999999999999999999h` is not a duration",
            ),
            ("9999999d", "`9999999d` is longer than a simulation can be"),
        ] {
            let error = Duration::parse(text).expect_err(text);
            assert_eq!(error.message, message);
            assert!(!error.help.is_empty());
        }
    }

    #[test]
    fn each_quantity_knows_its_units_and_no_others() {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
        assert_eq!(Level::parse("45dB").unwrap().db_spl, 45.0);
        assert_eq!(Level::parse("94 dBSPL").unwrap().db_spl, 94.0);
        assert_eq!(DigitalLevel::parse("-30dBFS").unwrap().dbfs, -30.0);
        assert_eq!(Accel::parse("50mg").unwrap().g, 0.05);
        assert!(near(Accel::parse("9.80665m/s2").unwrap().g, 1.0));
        assert_eq!(AngularRate::parse("2000dps").unwrap().dps, 2000.0);
        assert!(near(AngularRate::parse("3.5rad/s").unwrap().dps, 200.535_228_295_788_1));
        assert_eq!(Frequency::parse("400kHz").unwrap().hz, 400e3);
        assert_eq!(Frequency::parse("1.6MHz").unwrap().hz, 1.6e6);
        assert_eq!(Frequency::parse("1500rpm").unwrap().hz, 25.0);
        assert_eq!(Angle::parse("30deg").unwrap().deg, 30.0);
        assert_eq!(Temperature::parse("-5C").unwrap().celsius, -5.0);
        assert_eq!(Ppm::parse("0.6%").unwrap().ppm, 6000.0);
        assert_eq!(Voltage::parse("3.9V").unwrap().volts, 3.9);
        assert_eq!(Percent::parse("80%").unwrap().percent, 80.0);
        assert_eq!(Bytes::parse("64KiB").unwrap().bytes, 65_536.0);

        let wrong = Level::parse("-30dBFS").expect_err("relative to full scale");
        assert_eq!(wrong.message, "`dBFS` is not a unit of a sound pressure level");
        assert_eq!(wrong.help, r#"a sound pressure level is written "45dB" or "94dBSPL"; units: dB, dBSPL"#);
        assert!(Accel::parse(&format!("1{}g", "0".repeat(400))).is_err());
    }

    proptest! {
        #[test]
        fn durations_survive_being_written_down(ns in any::<u64>()) {
            prop_assert_eq!(Duration::parse(&Duration { ns }.to_string()).map(|d| d.ns), Ok(ns));
        }

        #[test]
        fn round_durations_survive_too(n in 0u64..100_000, unit in prop::sample::select(vec!["ns", "us", "ms", "s", "min", "h"])) {
            let text = format!("{n}{unit}");
            let parsed = Duration::parse(&text).unwrap();
            prop_assert_eq!(Duration::parse(&parsed.to_string()), Ok(parsed));
        }

        #[test]
        fn quantities_survive_being_written_down(value in -1e9f64..1e9) {
            prop_assert_eq!(Accel::parse(&Accel { g: value }.to_string()), Ok(Accel { g: value }));
            prop_assert_eq!(Level::parse(&Level { db_spl: value }.to_string()), Ok(Level { db_spl: value }));
            prop_assert_eq!(Frequency::parse(&Frequency { hz: value }.to_string()), Ok(Frequency { hz: value }));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Duration::parse(&text);
            let _ = Accel::parse(&text);
        }
    }
}
