//! When an entry of the scenario acts, found for any instant without walking through the turns before it. It does not
//! know what the entry does.

use crate::schema::When;

/// A stretch of true time that may come back, and its fades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    pub start_ns: u64,
    pub length_ns: u64,
    /// From one start to the next; a turn that lasts longer is cut off by the next.
    pub every_ns: Option<u64>,
    /// Nothing starts at or after this, and nothing lasts beyond it.
    pub until_ns: u64,
    /// Length of the ramps at both ends of each turn.
    pub fade_ns: u64,
}

/// One turn of an [`Occasion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which repetition, from 0.
    pub number: u64,
    pub start_ns: u64,
    pub end_ns: u64,
}

impl Turn {
    /// No more turns: one that never comes.
    pub const NEVER: Self = Self { number: u64::MAX, start_ns: u64::MAX, end_ns: u64::MAX };
}

impl Occasion {
    pub const fn new(start_ns: u64, length_ns: u64) -> Self {
        Self { start_ns, length_ns, every_ns: None, until_ns: u64::MAX, fade_ns: 0 }
    }

    /// `natural_ns` is how long a turn lasts where the scenario does not say.
    pub fn from_when(when: &When, natural_ns: u64) -> Self {
        Self {
            start_ns: when.at_ns,
            length_ns: when.length_ns.unwrap_or(natural_ns),
            every_ns: when.every_ns.filter(|every| *every > 0),
            until_ns: when.until_ns,
            fade_ns: 0,
        }
    }

    pub const fn with_fade(self, fade_ns: u64) -> Self {
        Self { fade_ns, ..self }
    }

    fn turn(&self, number: u64) -> Turn {
        let start_ns = match self.every_ns {
            Some(every) => number.checked_mul(every).and_then(|after| self.start_ns.checked_add(after)),
            None => (number == 0).then_some(self.start_ns),
        };
        let Some(start_ns) = start_ns.filter(|start| *start < self.until_ns && self.length_ns > 0) else {
            return Turn::NEVER;
        };
        let length = self.every_ns.map_or(self.length_ns, |every| every.min(self.length_ns));
        Turn { number, start_ns, end_ns: start_ns.saturating_add(length).min(self.until_ns) }
    }

    /// The first turn that has not ended by `t_ns`, or [`Turn::NEVER`].
    pub fn turn_at_or_after(&self, t_ns: u64) -> Turn {
        let number = match self.every_ns {
            Some(every) if t_ns > self.start_ns => (t_ns - self.start_ns) / every,
            _ => 0,
        };
        let turn = self.turn(number);
        if turn.end_ns > t_ns { turn } else { self.turn(number + 1).after(t_ns) }
    }

    /// The gain of the fades at `t_ns` inside `turn`: a smooth ramp without a corner that could be heard.
    #[inline]
    pub fn gain(&self, turn: &Turn, t_ns: f64) -> f32 {
        if self.fade_ns == 0 {
            return 1.0;
        }
        let fade = self.fade_ns as f64;
        let rise = smoothstep((t_ns - turn.start_ns as f64) / fade);
        (rise * smoothstep((turn.end_ns as f64 - t_ns) / fade)) as f32
    }

    /// Whether a fade moves anywhere in `[from, to]`.
    pub fn fades_between(&self, turn: &Turn, from_ns: f64, to_ns: f64) -> bool {
        self.fade_ns > 0
            && (from_ns < turn.start_ns.saturating_add(self.fade_ns) as f64
                || to_ns > turn.end_ns.saturating_sub(self.fade_ns) as f64)
    }
}

impl Turn {
    fn after(self, t_ns: u64) -> Self {
        if self.end_ns > t_ns { self } else { Self::NEVER }
    }
}

/// 3u² - 2u³: within a hundredth of a raised cosine, without the cosine.
#[inline]
pub fn smoothstep(u: f64) -> f64 {
    let u = u.clamp(0.0, 1.0);
    u * u * (3.0 - 2.0 * u)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_turn_begins_and_ends() {
        let once = Occasion::new(100, 50);
        assert_eq!(once.turn_at_or_after(0), Turn { number: 0, start_ns: 100, end_ns: 150 });
        assert_eq!(once.turn_at_or_after(149).number, 0);
        assert_eq!(once.turn_at_or_after(150), Turn::NEVER);
    }

    #[test]
    fn repetition_finds_any_turn_without_walking() {
        let often = Occasion { every_ns: Some(1000), until_ns: 1_000_000_120, ..Occasion::new(100, 50) };
        assert_eq!(often.turn_at_or_after(149).number, 0);
        assert_eq!(often.turn_at_or_after(150).number, 1);
        let late = often.turn_at_or_after(999_999_150);
        assert_eq!((late.number, late.start_ns, late.end_ns), (1_000_000, 1_000_000_100, 1_000_000_120));
        assert_eq!(often.turn_at_or_after(1_000_000_120), Turn::NEVER);
    }

    #[test]
    fn turns_are_the_occurrences_of_the_schema() {
        let when =
            When { at_ns: 70, length_ns: None, every_ns: Some(100), until_ns: 1000, ..When::default() };
        let occasion = Occasion::from_when(&when, 40);
        let mut at = 0;
        for (start, end) in when.occurrences(40) {
            let turn = occasion.turn_at_or_after(at);
            assert_eq!((turn.start_ns, turn.end_ns), (start, end));
            at = end;
        }
        assert_eq!(occasion.turn_at_or_after(at), Turn::NEVER);
    }

    #[test]
    fn fades_rise_and_fall_smoothly() {
        let faded = Occasion::new(1000, 1000).with_fade(100);
        let turn = faded.turn_at_or_after(0);
        let at = |t: f64| faded.gain(&turn, t);
        assert_eq!(
            (at(1000.0), at(1050.0), at(1100.0), at(1900.0), at(1950.0), at(2000.0)),
            (0.0, 0.5, 1.0, 1.0, 0.5, 0.0)
        );
        assert!(faded.fades_between(&turn, 1000.0, 1010.0) && !faded.fades_between(&turn, 1100.0, 1900.0));
        assert!(faded.fades_between(&turn, 1700.0, 1901.0));
    }

    #[test]
    fn an_open_end_never_overflows() {
        let always = Occasion { every_ns: Some(u64::MAX), fade_ns: 5, ..Occasion::new(3, u64::MAX) };
        let turn = always.turn_at_or_after(u64::MAX - 1);
        assert_eq!((turn.number, always.gain(&turn, 1e18)), (0, 1.0));
    }
}
