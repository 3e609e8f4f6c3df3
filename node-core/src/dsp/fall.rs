//! Free fall, and a fall: weightlessness, then an impact, then rest.
//!
//! Work: at most 2 comparisons and 1 multiply-add a sample.

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FallConfig {
    /// Sample rate, Hz.
    pub rate_hz: f32,
    /// Weightless below this magnitude, g.
    pub weightless_g: f32,
    /// Shortest free fall, s. 0.1 s is a drop of 5 cm.
    pub shortest_s: f32,
    /// An impact exceeds this magnitude, g.
    pub impact_g: f32,
    /// And comes within this time after the free fall, s.
    pub impact_within_s: f32,
    /// Rest is a magnitude within this of 1 g.
    pub rest_band_g: f32,
    /// Rest must last this long without a break, s.
    pub rest_s: f32,
    /// And be reached within this time after the impact, s.
    pub rest_within_s: f32,
}

impl FallConfig {
    pub const fn at(rate_hz: f32) -> Self {
        Self {
            rate_hz,
            weightless_g: 0.35,
            shortest_s: 0.1,
            impact_g: 2.0,
            impact_within_s: 0.5,
            rest_band_g: 0.25,
            rest_s: 1.0,
            rest_within_s: 4.0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FallEvent {
    /// A free fall of this length just ended.
    FreeFall { duration_s: f32 },
    /// After a free fall, an impact, and rest for long enough: something fell and stays down.
    Fall { impact_g: f32, fall_s: f32 },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Standing,
    /// Weightless for so many samples.
    Falling(u32),
    /// Not weightless any more, waiting for the impact: samples left, length of the fall.
    Landing(u32, u32),
    /// Hit: samples left to find rest, samples of rest so far, greatest magnitude, length of the fall.
    Down(u32, u32, f32, u32),
}

#[derive(Clone, Debug)]
pub struct FallDetector {
    config: FallConfig,
    period_s: f32,
    shortest: u32,
    impact_within: u32,
    rest: u32,
    rest_within: u32,
    state: State,
}

impl FallDetector {
    pub fn new(config: FallConfig) -> Self {
        let samples = |s: f32| (s * config.rate_hz) as u32;
        Self {
            period_s: 1.0 / config.rate_hz,
            shortest: samples(config.shortest_s),
            impact_within: samples(config.impact_within_s),
            rest: samples(config.rest_s),
            rest_within: samples(config.rest_within_s),
            state: State::Standing,
            config,
        }
    }

    /// One magnitude, g.
    pub fn push(&mut self, magnitude_g: f32) -> Option<FallEvent> {
        let weightless = magnitude_g < self.config.weightless_g;
        let mut told = None;
        self.state = match self.state {
            State::Standing if weightless => State::Falling(1),
            State::Standing => State::Standing,
            State::Falling(samples) if weightless => State::Falling(samples.saturating_add(1)),
            State::Falling(samples) if samples > self.shortest => {
                told = Some(FallEvent::FreeFall { duration_s: samples as f32 * self.period_s });
                self.landing(self.impact_within, samples, magnitude_g)
            }
            State::Falling(_) => State::Standing,
            State::Landing(0, _) => State::Standing,
            State::Landing(left, fall) => self.landing(left - 1, fall, magnitude_g),
            State::Down(0, ..) => State::Standing,
            State::Down(left, rest, peak, fall) => {
                let peak = peak.max(magnitude_g);
                let resting = (magnitude_g - 1.0).abs() < self.config.rest_band_g;
                let rest = if resting { rest + 1 } else { 0 };
                if rest > self.rest {
                    told = Some(FallEvent::Fall { impact_g: peak, fall_s: fall as f32 * self.period_s });
                    State::Standing
                } else {
                    State::Down(left - 1, rest, peak, fall)
                }
            }
        };
        told
    }

    fn landing(&self, left: u32, fall: u32, magnitude_g: f32) -> State {
        if magnitude_g > self.config.impact_g {
            State::Down(self.rest_within, 0, magnitude_g, fall)
        } else {
            State::Landing(left, fall)
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// Pieces of (length in samples at 100 Hz, magnitude).
    fn feed(pieces: &[(usize, f32)]) -> Vec<FallEvent> {
        let mut detector = FallDetector::new(FallConfig::at(100.0));
        let samples = pieces.iter().flat_map(|&(length, g)| core::iter::repeat_n(g, length));
        samples.filter_map(|g| detector.push(g)).collect()
    }

    #[test]
    fn a_drop_with_impact_and_rest_is_a_fall() {
        let told = feed(&[(100, 1.0), (30, 0.05), (2, 0.6), (3, 6.0), (20, 1.4), (200, 1.0)]);
        let [FallEvent::FreeFall { duration_s }, FallEvent::Fall { impact_g, fall_s }] = told[..] else {
            panic!("{told:?}")
        };
        assert!(
            (duration_s - 0.3).abs() < 1e-6 && (fall_s - 0.3).abs() < 1e-6 && impact_g == 6.0,
            "{told:?}"
        );
    }

    #[test]
    fn the_parts_alone_are_not() {
        assert_eq!(feed(&[(100, 1.0), (10, 0.05), (3, 6.0), (300, 1.0)]), [], "too short to be free fall");
        assert_eq!(feed(&[(100, 1.0), (3, 6.0), (300, 1.0)]), [], "an impact alone");
        let caught = feed(&[(100, 1.0), (30, 0.05), (300, 1.1)]);
        assert!(matches!(caught[..], [FallEvent::FreeFall { .. }]), "caught: {caught:?}");
        let got_up = feed(&[(100, 1.0), (30, 0.05), (3, 6.0), (600, 1.5), (300, 1.0)]);
        assert!(matches!(got_up[..], [FallEvent::FreeFall { .. }]), "walked on: {got_up:?}");
    }

    proptest! {
        #[test]
        fn a_fall_is_never_told_without_a_free_fall(samples in prop::collection::vec(0.0f32..4.0, 0..2000)) {
            let mut detector = FallDetector::new(FallConfig::at(20.0));
            let mut free_falls = 0;
            for g in samples {
                match detector.push(g) {
                    Some(FallEvent::FreeFall { .. }) => free_falls += 1,
                    Some(FallEvent::Fall { .. }) => { prop_assert!(free_falls > 0); free_falls = 0; }
                    None => {}
                }
            }
        }
    }
}
