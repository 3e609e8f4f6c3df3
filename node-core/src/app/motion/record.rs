//! What a minute of motion comes to.

use super::detectors::milli;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Minute {
    windows: u32,
    still: u32,
    deviation_g: f32,
    steps_at_start: u32,
}

/// What [`crate::event::Event::MotionMinute`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinuteRecord {
    pub steps: u32,
    pub activity_mg: u16,
    pub still_percent: u8,
}

impl Minute {
    pub fn starting_at(steps: u32) -> Self {
        Self { steps_at_start: steps, ..Self::default() }
    }

    /// A window: whether it was still, and its mean deviation from 1 g.
    pub fn add(&mut self, still: bool, deviation_g: f32) {
        self.windows += 1;
        self.still += u32::from(still);
        self.deviation_g += deviation_g;
    }

    /// The minute so far, which ends with `steps` in all; starts the next. A minute without a window reads zero.
    pub fn take(&mut self, steps: u32) -> MinuteRecord {
        let Self { windows, still, deviation_g, steps_at_start } =
            core::mem::replace(self, Self::starting_at(steps));
        let windows = windows.max(1);
        MinuteRecord {
            steps: steps - steps_at_start,
            activity_mg: milli(deviation_g / windows as f32),
            still_percent: (still * 100 / windows) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_averages_its_windows_and_the_next_starts_empty() {
        let mut minute = Minute::starting_at(100);
        for _ in 0..3 {
            minute.add(true, 0.01);
        }
        minute.add(false, 0.17);
        assert_eq!(minute.take(104), MinuteRecord { steps: 4, activity_mg: 50, still_percent: 75 });
        assert_eq!(minute.take(104), MinuteRecord { steps: 0, activity_mg: 0, still_percent: 0 });
    }
}
