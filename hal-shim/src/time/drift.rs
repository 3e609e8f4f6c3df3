//! How fast an oscillator runs against true time.

/// Parts per billion by which an oscillator is fast (positive) or slow. Each chip has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    ppb: i32,
    /// The same as a fraction, in 2^-64: clocks are read at every step, and a multiplication is all it may take.
    gain_q64: u64,
    /// What a reading of this oscillator has to be corrected by to give true time, in 2^-64.
    back_q64: u64,
}

impl Drift {
    pub const NONE: Self = Self { ppb: 0, gain_q64: 0, back_q64: 0 };
    const BILLION: i128 = 1_000_000_000;

    /// Beyond ±10 % it would no longer be an oscillator.
    pub const LIMIT_PPB: i32 = 100_000_000;

    pub fn from_ppb(ppb: i32) -> Self {
        let ppb = ppb.clamp(-Self::LIMIT_PPB, Self::LIMIT_PPB);
        let q64 = |size: i128, of: i128| ((size << 64) / of) as u64;
        let size = i128::from(ppb.unsigned_abs());
        Self { ppb, gain_q64: q64(size, Self::BILLION), back_q64: q64(size, Self::BILLION + i128::from(ppb)) }
    }
    pub fn ppb(self) -> i32 {
        self.ppb
    }

    /// What this oscillator counts, in its own nanoseconds, while `true_ns` pass. Rounded down or up by its drift's sign.
    pub fn local_ns(self, true_ns: u64) -> u64 {
        Self::corrected(true_ns, self.gain_q64, self.ppb > 0)
    }

    /// The earliest true time at which [`Self::local_ns`] has reached `local_ns`.
    pub fn true_ns(self, local_ns: u64) -> u64 {
        let mut at = Self::corrected(local_ns, self.back_q64, self.ppb < 0);
        // Right but for a rounding.
        while at > 0 && self.local_ns(at - 1) >= local_ns {
            at -= 1;
        }
        while self.local_ns(at) < local_ns {
            at += 1;
        }
        at
    }

    fn corrected(ns: u64, part_q64: u64, longer: bool) -> u64 {
        let part = ((u128::from(ns) * u128::from(part_q64)) >> 64) as u64;
        if longer { ns + part } else { ns - part }
    }

    /// True length of one period of a nominal `hz`, in nanoseconds.
    pub fn period_ns(self, hz: f64) -> f64 {
        1e9 / (hz * (1.0 + f64::from(self.ppb) * 1e-9))
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
        let local = Drift::from_ppb(10_000_000).local_ns(1_000_000_000);
        assert!(local.abs_diff(1_010_000_000) <= 1, "{local}");
    }
}
