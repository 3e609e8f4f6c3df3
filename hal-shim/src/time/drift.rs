//! How fast an oscillator runs against true time.

/// Parts per billion by which an oscillator is fast (positive) or slow. Each chip has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    ppb: i32,
}

impl Drift {
    pub const NONE: Self = Self { ppb: 0 };
    const BILLION: i128 = 1_000_000_000;

    /// Beyond ±10 % it would no longer be an oscillator.
    pub const LIMIT_PPB: i32 = 100_000_000;

    pub fn from_ppb(ppb: i32) -> Self {
        Self { ppb: ppb.clamp(-Self::LIMIT_PPB, Self::LIMIT_PPB) }
    }
    pub fn ppb(self) -> i32 {
        self.ppb
    }

    /// What this oscillator counts, in its own nanoseconds, while `true_ns` pass. Rounded down.
    pub fn local_ns(self, true_ns: u64) -> u64 {
        if self.ppb == 0 {
            return true_ns;
        }
        (true_ns as i128 * (Self::BILLION + self.ppb as i128) / Self::BILLION) as u64
    }

    /// The earliest true time at which [`Self::local_ns`] has reached `local_ns`.
    pub fn true_ns(self, local_ns: u64) -> u64 {
        if self.ppb == 0 {
            return local_ns;
        }
        let rate = Self::BILLION + self.ppb as i128;
        let up = local_ns as i128 * Self::BILLION;
        ((up + rate - 1) / rate) as u64
    }

    /// True length of one period of a nominal `hz`, in nanoseconds.
    pub fn period_ns(self, hz: f64) -> f64 {
        1e9 / (hz * (1.0 + self.ppb as f64 * 1e-9))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn true_ns_is_the_earliest_time_that_reads_at_least(ppb in -20_000_000i32..20_000_000, local in 0u64..1 << 60) {
            let drift = Drift::from_ppb(ppb);
            let at = drift.true_ns(local);
            prop_assert!(drift.local_ns(at) >= local);
            prop_assert!(at == 0 || drift.local_ns(at - 1) < local);
        }
    }

    #[test]
    fn one_percent_fast_gains_ten_milliseconds_a_second() {
        assert_eq!(Drift::from_ppb(10_000_000).local_ns(1_000_000_000), 1_010_000_000);
    }
}
