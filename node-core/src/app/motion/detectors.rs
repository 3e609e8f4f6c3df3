//! All detectors of single happenings, side by side over the same samples.

use super::pipeline::Sample;
use crate::dsp::fall::{FallConfig, FallDetector, FallEvent};
use crate::dsp::shake::{ShakeConfig, ShakeDetector};
use crate::dsp::steps::{StepConfig, StepDetector};
use crate::dsp::tap::{TapConfig, TapDetector};
use crate::dsp::tilt::{Orientation, OrientationConfig};
use crate::event::Event;
use crate::time::{Duration, Instant};

/// What one read of the FIFO can tell: at most 73 records (0.73 s at 100 Hz) with steps 0.25 s apart, taps and faces a
/// quarter, shakes half a second, free falls a tenth. What does not fit is left out.
pub type Found = heapless::Vec<Event, 24>;

pub struct Detectors {
    steps: StepDetector,
    shake: ShakeDetector,
    tap: TapDetector,
    fall: FallDetector,
    orientation: Orientation,
    /// Steps before this start.
    steps_before: u32,
    /// The last free fall ended then: in an impact, if it was a fall.
    landed: Instant,
}

impl Detectors {
    pub fn new(rate_hz: f32, steps_before: u32) -> Self {
        Self {
            steps: StepDetector::new(StepConfig::at(rate_hz)),
            shake: ShakeDetector::new(ShakeConfig::at(rate_hz)),
            tap: TapDetector::new(TapConfig::at(rate_hz)),
            fall: FallDetector::new(FallConfig::at(rate_hz)),
            orientation: Orientation::new(OrientationConfig::at(rate_hz)),
            steps_before,
            landed: Instant::BOOT,
        }
    }

    pub fn steps(&self) -> u32 {
        self.steps_before.saturating_add(self.steps.total())
    }
    pub fn face(&self) -> &'static str {
        self.orientation.face().map_or("", |face| face.name())
    }

    /// One sample, taken `at`.
    #[inline]
    pub fn push(&mut self, sample: &Sample, at: impl Fn() -> Instant, found: &mut Found) {
        let Sample { g, magnitude, .. } = *sample;
        if self.steps.push(magnitude).is_some() {
            found.push(Event::Step { at: at(), count: self.steps() }).ok();
        }
        if self.shake.push(g).is_some() {
            found.push(Event::Shake { at: at() }).ok();
        }
        if let Some(tap) = self.tap.push(g) {
            let peak_mg = milli(tap.peak_g);
            found.push(Event::Tap { at: at() - micros(tap.ago_s), peak_mg }).ok();
        }
        match self.fall.push(magnitude) {
            None => {}
            Some(FallEvent::FreeFall { duration_s }) => {
                self.landed = at();
                let start = self.landed - micros(duration_s);
                found.push(Event::FreeFall { start, end: self.landed }).ok();
            }
            Some(FallEvent::Fall { impact_g, .. }) => {
                found.push(Event::Fall { at: self.landed, impact_mg: milli(impact_g) }).ok();
            }
        }
        if let Some(face) = self.orientation.push(g) {
            found.push(Event::Orientation { at: at(), face: face.name() }).ok();
        }
    }
}

/// Thousandths, as far as a u16 goes.
pub fn milli(g: f32) -> u16 {
    libm::roundf(g * 1_000.0) as u16 // saturates
}

fn micros(seconds: f32) -> Duration {
    Duration::from_micros((seconds * 1e6) as u64)
}
