//! Sound as one sees it: rings that leave the microphone's place, each as large and as clear as it was loud when it began.

use crate::live::{NodeHistory, Series, Speed};

pub const RINGS: usize = 5;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ring {
    /// In the stick's units; 0: none.
    pub radius: f32,
    /// 0 to 1.
    pub clear: f32,
}

/// A level is taken over this long: about half of a meter's FAST.
const OVER_NS: u64 = 64_000_000;
/// Rings that begin in a second.
const PER_S: f64 = 4.0;
const P0_PA: f64 = 20e-6;
/// Below it nothing is drawn; a ring of 100 dB is the largest.
const QUIET_DB: f32 = 30.0;
const LOUD_DB: f32 = 100.0;
const SMALLEST: f32 = 0.5;
const LARGEST: f32 = 4.2;

/// Level over the time before, dB SPL.
pub fn level_db(sound: &Series, at_ns: u64) -> Option<f32> {
    let (_, samples) = sound.samples(at_ns.saturating_sub(OVER_NS), at_ns);
    let squares: f64 = samples.iter().map(|pascal| f64::from(*pascal) * f64::from(*pascal)).sum();
    let mean = squares / samples.len().max(1) as f64;
    (mean > 0.0).then(|| (10.0 * libm::log10(mean / (P0_PA * P0_PA))) as f32)
}

/// The level of a sine with the greatest excursion between two times: a clap between two rings belongs to one.
fn loudest_db(sound: &Series, from_ns: u64, to_ns: u64) -> Option<f32> {
    let columns = sound.columns(from_ns, to_ns, 64);
    let greatest = columns.iter().map(|extent| extent.greatest.max(-extent.least)).fold(0.0, f32::max);
    let rms = f64::from(greatest) * std::f64::consts::FRAC_1_SQRT_2;
    (rms > 0.0).then(|| (20.0 * libm::log10(rms / P0_PA)) as f32)
}

/// The rings at a time, and the level then. Above real time they leave as slowly as at real time.
pub fn of(node: &NodeHistory, now_ns: u64, speed: Speed) -> ([Ring; RINGS], Option<f32>) {
    let level = level_db(&node.sound, now_ns);
    let slowed = match speed {
        Speed::Times(times) => times.max(1.0),
        Speed::Max => 100.0,
    };
    let per_s = PER_S / slowed;
    let phase = now_ns as f64 * 1e-9 * per_s;
    let rings = std::array::from_fn(|index| {
        // The youngest first; each is gone when the fifth after it comes.
        let age = (phase.fract() + index as f64) / RINGS as f64;
        let ago_ns = ((phase.fract() + index as f64) / per_s * 1e9) as u64;
        let then = now_ns
            .checked_sub(ago_ns)
            .and_then(|begun| loudest_db(&node.sound, begun, now_ns.min(begun + (1e9 / PER_S) as u64)));
        then.map_or(Ring::default(), |db| ring(db, age as f32))
    });
    (rings, level.filter(|db| *db > 0.0))
}

fn ring(db: f32, age: f32) -> Ring {
    let strength = ((db - QUIET_DB) / (LOUD_DB - QUIET_DB)).clamp(0.0, 1.0);
    if strength <= 0.0 {
        return Ring::default();
    }
    let reach = SMALLEST + (LARGEST - SMALLEST) * strength;
    Ring { radius: 0.2 + reach * age, clear: (0.4 + 0.6 * strength) * (1.0 - age * age) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_of_one_pascal_is_94_db() {
        let mut sound = Series::default();
        let tone = (0..16_000).map(|n| 2.0f32.sqrt() * (n as f32 * std::f32::consts::FRAC_PI_8).sin());
        sound.push(0, 62_500.0, tone);
        let db = level_db(&sound, 900_000_000).unwrap();
        assert!((db - 93.98).abs() < 0.1, "{db}");
        assert_eq!(level_db(&sound, 0), None);
        let greatest = loudest_db(&sound, 500_000_000, 700_000_000).unwrap();
        assert!((greatest - 93.98).abs() < 0.1, "{greatest}");
    }

    #[test]
    fn what_is_louder_reaches_further() {
        let (soft, loud) = (ring(45.0, 0.5), ring(86.0, 0.5));
        assert!(loud.radius > 1.5 * soft.radius && loud.clear > soft.clear);
        assert_eq!(ring(20.0, 0.5), Ring::default());
        assert!(ring(86.0, 1.0).clear < 1e-6, "it fades");
    }
}
