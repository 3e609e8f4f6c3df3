//! The instants a caller asks for, on a raster that does not depend on where its blocks begin.

/// How many instants lie between two points where recurrences start afresh.
pub const SEGMENT: usize = 64;

/// `t0 + k * dt` for k in 0..len.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instants {
    pub t0_ns: u64,
    pub dt_ns: f64,
    pub len: usize,
    /// The number of instant 0 on the absolute raster, and how far (ns) that raster is shifted.
    first: i64,
    shift_ns: f64,
}

/// A run of instants inside one raster segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// True time at the segment's own beginning, which may lie before the block's.
    pub anchor_ns: f64,
    /// Instants `from..to` of the segment are asked for...
    pub from: usize,
    pub to: usize,
    /// ...and belong at `at..at + (to - from)` of the block.
    pub at: usize,
}

impl Instants {
    /// `dt_ns` must be above zero; anything else is taken as one nanosecond.
    pub fn new(t0_ns: u64, dt_ns: f64, len: usize) -> Self {
        let dt_ns = if dt_ns > 0.0 && dt_ns.is_finite() { dt_ns } else { 1.0 };
        let first = libm::rint(t0_ns as f64 / dt_ns);
        let shift_ns = t0_ns as f64 - first * dt_ns;
        Self { t0_ns, dt_ns, len, first: first as i64, shift_ns }
    }

    /// True time of instant `k`.
    #[inline]
    pub fn at(&self, k: usize) -> f64 {
        (self.first + k as i64) as f64 * self.dt_ns + self.shift_ns
    }

    /// One step after the last instant, rounded up.
    #[inline]
    pub fn end_ns(&self) -> u64 {
        libm::ceil(self.at(self.len)) as u64
    }

    /// The first instant at or after `t_ns`, at most `len`.
    pub fn first_at_or_after(&self, t_ns: u64) -> usize {
        if t_ns == u64::MAX {
            return self.len;
        }
        let guess =
            libm::ceil((t_ns as f64 - self.t0_ns as f64) / self.dt_ns).clamp(0.0, self.len as f64) as usize;
        // The division may be off by one in its last bit: what counts is the instant itself.
        let mut k = guess;
        while k > 0 && self.at(k - 1) >= t_ns as f64 {
            k -= 1;
        }
        while k < self.len && self.at(k) < t_ns as f64 {
            k += 1;
        }
        k
    }

    /// The raster segments that cover instants `from..to`.
    pub fn segments(&self, from: usize, to: usize) -> impl Iterator<Item = Segment> + use<> {
        let this = *self;
        let mut at = from;
        core::iter::from_fn(move || {
            if at >= to {
                return None;
            }
            let number = this.first + at as i64;
            let inside = number.rem_euclid(SEGMENT as i64) as usize;
            let run = (SEGMENT - inside).min(to - at);
            let segment = Segment {
                anchor_ns: (number - inside as i64) as f64 * this.dt_ns + this.shift_ns,
                from: inside,
                to: inside + run,
                at,
            };
            at += run;
            Some(segment)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_do_not_depend_on_where_a_block_begins() {
        let whole = Instants::new(62_500 * 1000, 62_500.0, 500);
        let late = Instants::new(62_500 * 1100, 62_500.0, 400);
        let of = |instants: &Instants, shift: usize| -> Vec<(u64, usize)> {
            instants
                .segments(0, instants.len)
                .flat_map(|s| (s.from..s.to).map(move |j| (s.anchor_ns.to_bits(), s.at + j - s.from + shift)))
                .collect()
        };
        assert_eq!(of(&whole, 0)[100..], of(&late, 100)[..]);
    }

    #[test]
    fn edges_fall_on_the_first_instant_not_before_them() {
        let instants = Instants::new(1_000, 62.5, 100);
        for t in [0, 999, 1000, 1001, 1062, 1063, 1125, 7187, 7188, 9000, u64::MAX] {
            let k = instants.first_at_or_after(t);
            assert!(k == 0 || instants.at(k - 1) < t as f64, "{t}");
            assert!(k == 100 || instants.at(k) >= t as f64, "{t}");
        }
    }

    #[test]
    fn half_a_day_in_the_raster_still_holds_a_nanosecond() {
        let dt = 62_501.372_9;
        let t0 = 43_200_000_000_000;
        let instants = Instants::new(t0, dt, 10);
        assert!((instants.at(0) - t0 as f64).abs() < 0.02);
        assert!((instants.at(9) - t0 as f64 - 9.0 * dt).abs() < 0.02);
    }
}
