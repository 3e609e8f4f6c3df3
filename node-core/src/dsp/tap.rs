//! Tap detector: one short pulse, quiet before it and quiet after.
//!
//! Work: 6 multiply-adds and 4 comparisons a sample.

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TapConfig {
    /// Sample rate, Hz. A tap lasts 5 to 20 ms: below 100 Hz most fall between samples.
    pub rate_hz: f32,
    /// The pulse must step by at least this from one sample to the next (vector length), g.
    pub jerk_g: f32,
    /// Quiet means that samples step by less than this, g.
    pub quiet_g: f32,
    /// Longest pulse, s.
    pub longest_s: f32,
    /// Quiet before, s.
    pub quiet_before_s: f32,
    /// Quiet after, s: the tap is told this much later.
    pub quiet_after_s: f32,
}

impl TapConfig {
    pub const fn at(rate_hz: f32) -> Self {
        Self { rate_hz, jerk_g: 0.5, quiet_g: 0.2, longest_s: 0.06, quiet_before_s: 0.15, quiet_after_s: 0.1 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap {
    /// Greatest deviation from the rest before it, g.
    pub peak_g: f32,
    /// How long ago the pulse began, s.
    pub ago_s: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Samples of quiet so far.
    Quiet(u32),
    /// A pulse: samples since it began, and its peak squared.
    Pulse(u32, f32),
    /// Quiet after it: samples since the pulse began, of quiet, and the peak squared.
    After(u32, u32, f32),
}

#[derive(Clone, Debug)]
pub struct TapDetector {
    config: TapConfig,
    period_s: f32,
    longest: u32,
    before: u32,
    after: u32,
    last: Option<[f32; 3]>,
    /// Where it rested before the pulse.
    rest: [f32; 3],
    state: State,
}

impl TapDetector {
    pub fn new(config: TapConfig) -> Self {
        let samples = |s: f32| (s * config.rate_hz + 0.5) as u32;
        Self {
            period_s: 1.0 / config.rate_hz,
            longest: samples(config.longest_s).max(1),
            before: samples(config.quiet_before_s),
            after: samples(config.quiet_after_s).max(1),
            last: None,
            rest: [0.0; 3],
            state: State::Quiet(0),
            config,
        }
    }

    /// One sample, g.
    pub fn push(&mut self, g: [f32; 3]) -> Option<Tap> {
        let last = self.last.replace(g)?;
        let jerk = squared_distance(g, last);
        let quiet = jerk < self.config.quiet_g * self.config.quiet_g;
        self.state = match self.state {
            State::Quiet(samples) if quiet => State::Quiet(samples.saturating_add(1)),
            State::Quiet(samples) => {
                if samples >= self.before && jerk >= self.config.jerk_g * self.config.jerk_g {
                    self.rest = last;
                    State::Pulse(0, jerk)
                } else {
                    State::Quiet(0)
                }
            }
            State::Pulse(age, peak) => {
                let (age, peak) = (age + 1, peak.max(squared_distance(g, self.rest)));
                if quiet {
                    State::After(age, 1, peak)
                } else if age > self.longest {
                    State::Quiet(0)
                } else {
                    State::Pulse(age, peak)
                }
            }
            State::After(age, samples, peak) => {
                let age = age + 1;
                if !quiet {
                    // Ringing is still the pulse, if it stays short enough.
                    if age > self.longest { State::Quiet(0) } else { State::Pulse(age, peak) }
                } else if samples + 1 < self.after {
                    State::After(age, samples + 1, peak)
                } else {
                    // Told only if it came back to rest: a pick-up is no tap.
                    self.state = State::Quiet(samples + 1);
                    let moved = squared_distance(g, self.rest) > self.config.jerk_g * self.config.jerk_g;
                    let tap = Tap { peak_g: libm::sqrtf(peak), ago_s: age as f32 * self.period_s };
                    return (!moved).then_some(tap);
                }
            }
        };
        None
    }
}

fn squared_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    x * x + y * y + z * z
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    const REST: [f32; 3] = [0.0, 0.0, 1.0];

    fn feed(samples: &[[f32; 3]]) -> Vec<(usize, Tap)> {
        let mut detector = TapDetector::new(TapConfig::at(100.0));
        samples.iter().enumerate().filter_map(|(n, &g)| Some((n, detector.push(g)?))).collect()
    }

    fn with_pulse(length: usize, g: f32) -> Vec<[f32; 3]> {
        let mut samples = std::vec![REST; 200];
        for (n, sample) in samples[100..100 + length].iter_mut().enumerate() {
            sample[2] += if n % 2 == 0 { g } else { -0.5 * g };
        }
        samples
    }

    #[test]
    fn a_short_pulse_is_a_tap_told_with_its_peak_and_time() {
        for length in 1..=4 {
            let told = feed(&with_pulse(length, 1.5));
            assert_eq!(told.len(), 1, "{length} samples");
            let (at, tap) = told[0];
            assert!((tap.peak_g - 1.5).abs() < 1e-5);
            assert_eq!(at - (tap.ago_s * 100.0 + 0.5) as usize, 100, "it began at sample 100");
        }
    }

    #[test]
    fn weak_long_and_unquiet_pulses_are_not() {
        assert_eq!(feed(&with_pulse(1, 0.3)), []);
        assert_eq!(feed(&with_pulse(30, 1.5)), []);
        let mut restless = with_pulse(1, 1.5);
        for (n, sample) in restless.iter_mut().enumerate() {
            sample[0] = if n % 4 < 2 { 0.0 } else { 0.3 };
        }
        assert_eq!(feed(&restless), []);
        // Picked up: it does not come back to where it was.
        let mut picked_up = std::vec![REST; 200];
        picked_up[100..].fill([0.7, 0.0, 0.7]);
        assert_eq!(feed(&picked_up), []);
    }
}
