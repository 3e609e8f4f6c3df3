//! Shake detector: strong swings to and fro along one axis.
//!
//! Work: 3 multiply-adds and 6 comparisons a sample.

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShakeConfig {
    /// Sample rate, Hz.
    pub rate_hz: f32,
    /// A swing is a dynamic acceleration (gravity taken out) beyond this in either direction, g. Above 1 g in *both*
    /// directions is what walking and running do not do along the vertical: nothing falls faster than freely.
    pub swing_g: f32,
    /// Swings of alternating direction that make a shake.
    pub swings: u32,
    /// Longest time between two swings, s.
    pub longest_gap_s: f32,
    /// Time constant of the gravity estimate, s.
    pub gravity_s: f32,
    /// After a shake was told, none is told until this much quiet, s.
    pub quiet_s: f32,
}

impl ShakeConfig {
    pub const fn at(rate_hz: f32) -> Self {
        Self { rate_hz, swing_g: 1.2, swings: 4, longest_gap_s: 0.35, gravity_s: 1.0, quiet_s: 0.6 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shake {
    /// Axis of the swings: 0 x, 1 y, 2 z.
    pub axis: u8,
    /// Greatest dynamic acceleration along it so far, g.
    pub peak_g: f32,
    /// From the first swing to now, s.
    pub duration_s: f32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Axis {
    gravity: f32,
    /// Direction of the last swing: -1, 0, +1.
    direction: i8,
    swings: u32,
    since_swing: u32,
    since_first: u32,
    peak: f32,
}

#[derive(Clone, Debug)]
pub struct ShakeDetector {
    config: ShakeConfig,
    period_s: f32,
    follow: f32,
    longest_gap: u32,
    quiet: u32,
    started: bool,
    axes: [Axis; 3],
    /// Told, and waiting for this many quiet samples.
    told: Option<u32>,
}

impl ShakeDetector {
    pub fn new(config: ShakeConfig) -> Self {
        let samples = |s: f32| (s * config.rate_hz) as u32;
        let period_s = 1.0 / config.rate_hz;
        Self {
            period_s,
            follow: period_s / (config.gravity_s + period_s),
            longest_gap: samples(config.longest_gap_s),
            quiet: samples(config.quiet_s),
            started: false,
            axes: [Axis::default(); 3],
            told: None,
            config,
        }
    }

    /// One sample, g.
    pub fn push(&mut self, g: [f32; 3]) -> Option<Shake> {
        if !self.started {
            for (axis, value) in self.axes.iter_mut().zip(g) {
                axis.gravity = value.clamp(-1.0, 1.0);
            }
            self.started = true;
        }
        let (mut found, mut moved) = (None, false);
        for (index, (axis, value)) in self.axes.iter_mut().zip(g).enumerate() {
            let dynamic = value - axis.gravity;
            // No component of gravity is over 1 g: else running, whose mean is more, would show swings below free fall.
            axis.gravity = (axis.gravity + self.follow * dynamic).clamp(-1.0, 1.0);
            axis.since_swing = axis.since_swing.saturating_add(1);
            axis.since_first = axis.since_first.saturating_add(1);
            if axis.since_swing > self.longest_gap {
                (axis.direction, axis.swings, axis.peak) = (0, 0, 0.0);
            }
            if dynamic.abs() < self.config.swing_g {
                continue;
            }
            moved = true;
            axis.peak = axis.peak.max(dynamic.abs());
            let direction = if dynamic > 0.0 { 1 } else { -1 };
            if direction != axis.direction {
                if axis.direction == 0 {
                    axis.since_first = 0;
                }
                axis.direction = direction;
                axis.swings += 1;
                axis.since_swing = 0;
                if axis.swings >= self.config.swings && found.is_none() {
                    found = Some(Shake {
                        axis: index as u8,
                        peak_g: axis.peak,
                        duration_s: axis.since_first as f32 * self.period_s,
                    });
                }
            }
        }
        if let Some(left) = self.told {
            self.told = match (moved, left) {
                (true, _) => Some(self.quiet),
                (false, 0) => None,
                (false, left) => Some(left - 1),
            };
            return None;
        }
        if found.is_some() {
            self.told = Some(self.quiet);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn feed(samples: impl Iterator<Item = [f32; 3]>) -> Vec<Shake> {
        let mut detector = ShakeDetector::new(ShakeConfig::at(100.0));
        samples.filter_map(|g| detector.push(g)).collect()
    }

    fn swing(hz: f32, g: f32, samples: usize) -> impl Iterator<Item = f32> {
        (0..samples).map(move |n| g * libm::sinf(2.0 * core::f32::consts::PI * hz * n as f32 / 100.0))
    }

    #[test]
    fn a_shake_is_told_once_and_again_after_quiet() {
        let shake = || swing(5.0, 2.5, 150).map(|x| [x, 0.0, 1.0]);
        let rest = || (0..100).map(|_| [0.0, 0.0, 1.0]);
        let told = feed(rest().chain(shake()).chain(rest()).chain(shake()));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told.iter().all(|shake| shake.axis == 0 && shake.peak_g > 2.0 && shake.duration_s < 0.5),
            "{told:?}"
        );
    }

    #[test]
    fn running_a_drop_and_slow_turning_are_no_shakes() {
        // Running: up to 3 g at each strike, but free flight is only 1 g the other way.
        let run = swing(2.8, 2.2, 1000).map(|x| [0.2 * x, 0.0, (1.0 + x).max(0.0)]);
        assert_eq!(feed(run), []);
        let impact = (0..300).map(|n| [0.0, 0.0, if (100..103).contains(&n) { 8.0 } else { 1.0 }]);
        assert_eq!(feed(impact), []);
        assert_eq!(feed(swing(0.5, 1.0, 1000).map(|x| [x, 0.0, 1.0])), []);
    }
}
