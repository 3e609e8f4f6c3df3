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
