//! What a minute of motion comes to.

use super::classify::{Class, Features, STILL};
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

    pub fn add(&mut self, features: &Features, class: Class) {
        self.windows += 1;
        self.still += u32::from(class.name == STILL);
        self.deviation_g += features.deviation_g;
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
    use super::super::classify::WALK;
    use super::*;

    #[test]
    fn a_minute_averages_its_windows_and_the_next_starts_empty() {
        let features = |deviation_g| Features {
            std_g: deviation_g,
            deviation_g,
            turning_dps: 0.0,
            rhythm: None,
            shaking: false,
        };
        let class = |name| Class { name, confidence_percent: 90 };
        let mut minute = Minute::starting_at(100);
        for _ in 0..3 {
            minute.add(&features(0.01), class(STILL));
        }
        minute.add(&features(0.17), class(WALK));
        assert_eq!(minute.take(104), MinuteRecord { steps: 4, activity_mg: 50, still_percent: 75 });
        assert_eq!(minute.take(104), MinuteRecord { steps: 0, activity_mg: 0, still_percent: 0 });
    }
}
