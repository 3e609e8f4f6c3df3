//! From one window after another to an alarm that begins and ends: a window between two states, or a knock, is none.

/// Whether an alarm goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alarm {
    /// Windows in a row that make it begin, and end.
    after: u8,
    on: bool,
    /// Windows in a row that say otherwise, and the farthest of them.
    against: u8,
    farthest: f32,
}

impl Alarm {
    pub const fn new(after: u8) -> Self {
        Self { after: if after == 0 { 1 } else { after }, on: false, against: 0, farthest: 0.0 }
    }

    /// Takes a window. An alarm that begins tells how far the farthest of its windows was.
    pub fn take(&mut self, is_anomaly: bool, distance: f32) -> Option<f32> {
        if is_anomaly == self.on {
            (self.against, self.farthest) = (0, 0.0);
            return None;
        }
        self.against += 1;
        self.farthest = self.farthest.max(distance);
        if self.against < self.after {
            return None;
        }
        let farthest = self.farthest;
        self.on = is_anomaly;
        (self.against, self.farthest) = (0, 0.0);
        is_anomaly.then_some(farthest)
    }

    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Windows were lost: none follows another.
    pub fn gap(&mut self) {
        (self.against, self.farthest) = (0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn it_begins_and_ends_with_windows_in_a_row() {
        let mut alarm = Alarm::new(2);
        let distances = [1.0, 9.0, 1.0, 9.0, 8.0, 9.0, 1.0, 9.0, 1.0, 1.0, 9.0];
        let told: Vec<_> = distances.iter().map(|distance| alarm.take(*distance > 5.0, *distance)).collect();
        let mut expected = [None; 11];
        expected[4] = Some(9.0);
        assert_eq!(told, expected);
        assert!(!alarm.is_on(), "two in a row ended it");
        alarm.gap();
        assert_eq!(alarm.take(true, 7.0), None, "after a gap it counts anew");
        assert_eq!(alarm.take(true, 6.0), Some(7.0));
        assert_eq!(Alarm::new(0).take(true, 6.0), Some(6.0));
    }
}
