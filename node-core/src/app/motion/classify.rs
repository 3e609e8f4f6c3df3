//! What a window of motion is called.
//!
//! Rules over few features: how much the acceleration varies, whether it does so in a rhythm, whether a shake is going on.
//! A trained model takes their place where there is one ([`super::trained`]); what it must beat is this.

use super::history::History;
use crate::app::recogniser::Class;
use crate::dsp::activity::{Activity, ActivityLevel, Gait, Rhythm, STEP_HZ, rhythm, rhythm_work};
use crate::meter::{Kernel, Work};

/// The names that labels use.
pub const STILL: &str = "still";
pub const WALK: &str = "walk";
pub const RUN: &str = "run";
pub const SHAKE: &str = "shake";
/// Moving, but none of the others.
pub const ACTIVE: &str = "active";

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    /// Standard deviation of the acceleration's magnitude, g.
    pub std_g: f32,
    /// Mean of its deviation from 1 g, g.
    pub deviation_g: f32,
    /// Root mean square of turning, degrees/s.
    pub turning_dps: f32,
    /// Looked for only where there is motion.
    pub rhythm: Option<Rhythm>,
    /// A shake was detected and has not died down.
    pub shaking: bool,
}

/// Slower turning than this is drift and noise of a resting gyroscope (offset of ±1 degree/s, ICM-20602's data sheet, and
/// a hand's tremor: assumed).
const TURNING_DPS: f32 = 8.0;
/// A shake goes on while a window varies by this much, g: swings beyond 1.2 g do by 0.5 or more.
const SHAKING_G: f32 = 0.4;
/// Steps are felt at least this much, g (a slow walk with the device in a pocket: 0.1; assumed).
const WALK_G: f32 = 0.04;
/// A run leaves the ground: its magnitude swings from near 0 to 2 g and more (assumed).
const RUN_G: f32 = 0.35;

/// How far back rhythm looks: two of the slowest steps and a little.
pub fn rhythm_samples(rate_hz: f32) -> usize {
    2 * ((rate_hz / STEP_HZ.0) as usize + 2)
}

/// How much the latest `samples` moved, and turned in degrees/s; `None` if there are not as many.
pub fn activity(history: &History, samples: usize, work: &mut Work) -> Option<(ActivityLevel, f32)> {
    let (magnitudes, turning) = history.latest(samples)?;
    let mut activity = Activity::new();
    magnitudes.iter().for_each(|&magnitude| activity.push(magnitude));
    let turning_dps = libm::sqrtf(turning.iter().sum::<f32>() / samples as f32);
    work.add(Kernel::Activity, samples);
    work.add(Kernel::SquareSum, samples);
    work.add(Kernel::Magnitude, 2);
    Some((activity.take(), turning_dps))
}

/// Reads a window of `samples` out of the history; `None` if it does not hold one yet.
pub fn features(
    history: &History,
    samples: usize,
    rate_hz: f32,
    still_below_g: f32,
    shaking: bool,
    scratch: &mut [f32],
    work: &mut Work,
) -> Option<Features> {
    let (level, turning_dps) = activity(history, samples, work)?;
    let rhythm = if level.std_g >= still_below_g.min(WALK_G) {
        let looked_at = history.magnitudes();
        let (lags, multiply_adds) = rhythm_work(looked_at.len(), rate_hz);
        work.add_calls(Kernel::Autocorrelation, lags, multiply_adds);
        rhythm(looked_at, rate_hz, scratch)
    } else {
        None
    };
    Some(Features {
        std_g: level.std_g,
        deviation_g: level.deviation_g,
        turning_dps,
        rhythm,
        shaking: shaking && level.std_g >= SHAKING_G,
    })
}

/// Nothing moves and nothing turns.
pub fn is_still(std_g: f32, turning_dps: f32, still_below_g: f32) -> bool {
    std_g < still_below_g && turning_dps < TURNING_DPS
}

/// Names a window. Confidence is how far it is from where another name would begin, 50 at the border.
pub fn classify(features: &Features, still_below_g: f32) -> Class {
    let Features { std_g, turning_dps, rhythm, shaking, .. } = *features;
    // How far `value` is beyond `border`, at most once again as far.
    let beyond = |value: f32, border: f32| ((value - border) / border).clamp(0.0, 1.0);
    let sure = |name, margin: f32| Class { name, confidence_percent: 50 + (50.0 * margin) as u8 };
    if is_still(std_g, turning_dps, still_below_g) {
        return sure(STILL, (1.0 - std_g / still_below_g).min(1.0 - turning_dps / TURNING_DPS));
    }
    if shaking {
        return sure(SHAKE, beyond(std_g, SHAKING_G));
    }
    match rhythm {
        Some(rhythm) if std_g >= WALK_G => {
            let margin = beyond(rhythm.regularity, 0.3);
            match rhythm.gait() {
                Gait::Run if std_g >= RUN_G => sure(RUN, margin.min(beyond(std_g, RUN_G))),
                // A brisk walk is quicker than some runs, but softer.
                _ => sure(WALK, margin.min(beyond(std_g, WALK_G))),
            }
        }
        _ => sure(ACTIVE, beyond(std_g, still_below_g).max(beyond(turning_dps, TURNING_DPS))),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::super::pipeline::Sample;
    use super::*;
    use crate::app::motion::MAX_WINDOW;
    use proptest::prelude::*;

    const STILL_G: f32 = 0.025;

    /// Two seconds of `motion` (magnitude in g of a time in seconds), as the pipeline would see it.
    fn class_of(shaking: bool, turning: f32, motion: impl Fn(f32) -> f32) -> Class {
        let mut room = [[0.0; MAX_WINDOW]; 2];
        let mut history = History::new(rhythm_samples(100.0), 32, &mut room);
        for n in 0..256 {
            let sample =
                Sample { magnitude: motion(n as f32 * 0.01), turning: turning * turning, g: [0.0; 3] };
            history.extend(&[sample]);
        }
        let mut scratch = [0.0; 512];
        let features =
            features(&history, 128, 100.0, STILL_G, shaking, &mut scratch, &mut Work::NONE.clone()).unwrap();
        classify(&features, STILL_G)
    }

    fn swing(hz: f32, g: f32) -> impl Fn(f32) -> f32 {
        move |t| (1.0 + g * libm::sinf(2.0 * core::f32::consts::PI * hz * t)).max(0.05)
    }

    #[test]
    fn motions_get_their_names() {
        assert_eq!(class_of(false, 0.5, |_| 1.0).name, STILL);
        assert_eq!(class_of(false, 20.0, swing(1.8, 0.25)).name, WALK);
        assert_eq!(class_of(false, 60.0, swing(2.8, 1.0)).name, RUN);
        assert_eq!(class_of(true, 200.0, swing(5.0, 1.5)).name, SHAKE);
        assert_eq!(class_of(false, 90.0, |_| 1.0).name, ACTIVE, "turned over slowly");
    }

    #[test]
    fn a_shake_that_died_down_is_over() {
        assert_eq!(class_of(true, 0.5, |_| 1.0).name, STILL);
    }

    #[test]
    fn a_quick_soft_gait_is_a_walk() {
        assert_eq!(class_of(false, 20.0, swing(2.5, 0.2)).name, WALK);
    }

    proptest! {
        #[test]
        fn every_window_has_a_name_and_a_confidence(
            std_g in 0.0f32..4.0,
            turning_dps in 0.0f32..2000.0,
            hz in 1.2f32..4.0,
            regularity in 0.3f32..1.0,
            rhythmic: bool,
            shaking: bool,
        ) {
            let rhythm = rhythmic.then_some(Rhythm { hz, regularity });
            let features = Features { std_g, deviation_g: std_g, turning_dps, rhythm, shaking };
            let class = classify(&features, STILL_G);
            prop_assert!((50..=100).contains(&class.confidence_percent), "{:?}", class);
            prop_assert!([STILL, WALK, RUN, SHAKE, ACTIVE].contains(&class.name));
        }
    }
}
