//! Copies of a window that are a little different: only what learns sees them.
//!
//! | change | sound | motion |
//! |---|---|---|
//! | noise | white, 40 dB under the sound in one copy and 30 dB in the next | white, 30 dB under what moves in the axis, at least 5 mg and 0.5 deg/s |
//! | gain | up to 6 dB up or down | up to 5 % |
//! | shift | the window begins up to an eighth of itself sooner or later | the same |
//! | warp | up to a tenth faster or slower | the same |
//! | microphone | as the node's microphone gives it: full scale is 110 dB in one copy and 90 dB in the next | nothing |
//! | rotate | nothing | the board sits up to 20 degrees askew around each axis |

use super::microphone;
use super::signal::Signal;
use clap::ValueEnum;
use scenarios::rng::Stream;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Change {
    /// White noise: under a sound by 40 and 30 dB, under a motion by 30 dB
    Noise,
    /// As the node's microphone gives a sound, near and far
    Microphone,
    /// Louder or softer by up to 6 dB; motion by up to 5 %
    Gain,
    /// Sooner or later by up to an eighth of the window
    Shift,
    /// Faster or slower by up to a tenth
    Warp,
    /// The board up to 20 degrees askew around each axis
    Rotate,
}

const NOISE_UNDER_DB: [f64; 2] = [40.0, 30.0];
const MOTION_NOISE_UNDER_DB: f64 = 30.0;
const LEAST_NOISE_G: f64 = 0.005;
const LEAST_NOISE_DPS: f64 = 0.5;
const GAIN_DB: f32 = 6.0;
const MOTION_GAIN: f32 = 0.05;
const SHIFT: f32 = 0.125;
const WARP: f32 = 0.1;
const TURN_DEG: f32 = 20.0;

/// The window at `first` of a signal of `rate_hz`, in the `copy`-th copy; the plain window if there are no changes. What a sound
/// lacks is silence, and what a motion lacks is as its end.
pub fn window(
    signal: &Signal,
    first: isize,
    (window, rate_hz): (usize, f32),
    changes: &[Change],
    copy: usize,
    stream: &mut Stream,
) -> Vec<f32> {
    let channels = signal.channels;
    let has = |change| changes.contains(&change);
    // Each change draws whether or not the others do, in this order.
    let most = SHIFT * window as f32;
    let shift = if has(Change::Shift) { stream.between(-most, most) } else { 0.0 };
    let pace = if has(Change::Warp) { 1.0 + stream.between(-WARP, WARP) } else { 1.0 };
    let mut out = Vec::with_capacity(window * channels);
    let middle = 0.5 * window as f32;
    for at in 0..window {
        let place = if pace == 1.0 { at as f32 } else { middle + (at as f32 - middle) * pace };
        let place = first as f64 + f64::from(place) + f64::from(shift.round());
        let whole = place.floor();
        let between = (place - whole) as f32;
        for channel in 0..channels {
            let near = sample(signal, channel, whole as isize);
            let far = if between > 0.0 { sample(signal, channel, whole as isize + 1) } else { near };
            out.push(near + between * (far - near));
        }
    }
    if has(Change::Rotate) && channels > 1 {
        rotate(&mut out, channels, [(); 3].map(|()| stream.between(-TURN_DEG, TURN_DEG)));
    }
    if has(Change::Gain) {
        let gain = if signal.is_sound() {
            10f32.powf(stream.between(-GAIN_DB, GAIN_DB) / 20.0)
        } else {
            1.0 + stream.between(-MOTION_GAIN, MOTION_GAIN)
        };
        out.iter_mut().for_each(|x| *x *= gain);
    }
    if has(Change::Noise) {
        for channel in 0..channels {
            let level = noise(&out, channels, channel, copy);
            out.iter_mut().skip(channel).step_by(channels).for_each(|x| *x += level * stream.normal());
        }
    }
    if has(Change::Microphone) && signal.is_sound() {
        let full_scales = microphone::FULL_SCALE_DB_SPL;
        out = microphone::hears(&out, rate_hz, full_scales[copy % full_scales.len()], stream.clone());
    }
    out
}

fn sample(signal: &Signal, channel: usize, at: isize) -> f32 {
    let last = signal.count() as isize - 1;
    if last < 0 || (signal.is_sound() && !(0..=last).contains(&at)) {
        return 0.0;
    }
    signal.samples[at.clamp(0, last) as usize * signal.channels + channel]
}

/// Standard deviation of the noise of a channel.
fn noise(samples: &[f32], channels: usize, channel: usize, copy: usize) -> f32 {
    let values = || samples.iter().skip(channel).step_by(channels).map(|x| f64::from(*x));
    let root = |under_db: f64, power: f64| power.sqrt() * 10f64.powf(-under_db / 20.0);
    if channels == 1 {
        // The silence around a word is not the word.
        let heard = values().filter(|x| *x != 0.0).count().max(1) as f64;
        let power = values().map(|x| x * x).sum::<f64>() / heard;
        return root(NOISE_UNDER_DB[copy % NOISE_UNDER_DB.len()], power) as f32;
    }
    let count = values().count().max(1) as f64;
    let mean = values().sum::<f64>() / count;
    let power = values().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
    let least = if channel < 3 { LEAST_NOISE_G } else { LEAST_NOISE_DPS };
    root(MOTION_NOISE_UNDER_DB, power).max(least) as f32
}

/// Acceleration and rotation turn together: around x, then y, then z.
fn rotate(samples: &mut [f32], channels: usize, degrees: [f32; 3]) {
    let turns = degrees.map(|angle| angle.to_radians().sin_cos());
    for vector in samples.chunks_exact_mut(channels).flat_map(|sample| sample.chunks_exact_mut(3)) {
        for (around, (sin, cos)) in turns.into_iter().enumerate() {
            let (a, b) = ((around + 1) % 3, (around + 2) % 3);
            (vector[a], vector[b]) = (cos * vector[a] - sin * vector[b], sin * vector[a] + cos * vector[b]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenarios::rng::Streams;

    fn signal(channels: usize) -> Signal {
        let samples: Vec<f32> = (0..100 * channels).map(|n| ((n * n) as f32 * 0.37).sin()).collect();
        Signal { channels, samples, times_ns: (0..100).collect(), resampled_hz: None }
    }

    fn changed(signal: &Signal, changes: &[Change]) -> Vec<f32> {
        window(signal, 20, (40, 16_000.0), changes, 0, &mut Streams::new(1).stream("test.augment"))
    }

    #[test]
    fn without_changes_it_is_the_window_itself() {
        for channels in [1, 3, 6] {
            let signal = signal(channels);
            assert_eq!(changed(&signal, &[]), signal.samples[20 * channels..60 * channels]);
        }
        let word =
            window(&signal(1), -10, (120, 16_000.0), &[], 0, &mut Streams::new(1).stream("test.augment"));
        assert_eq!((word[9], word[10], word[110]), (0.0, signal(1).samples[0], 0.0));
    }

    #[test]
    fn a_turned_board_feels_as_much() {
        let signal = signal(6);
        let (plain, turned) = (changed(&signal, &[]), changed(&signal, &[Change::Rotate]));
        assert_ne!(plain, turned);
        for (a, b) in plain.chunks(3).zip(turned.chunks(3)) {
            let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!((length(a) - length(b)).abs() < 1e-5);
        }
    }

    #[test]
    fn noise_lies_under_a_sound_by_what_is_said() {
        let signal = signal(1);
        let (plain, noisy) = (changed(&signal, &[]), changed(&signal, &[Change::Noise]));
        let power = |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>();
        let noise = power(&mut plain.iter().zip(&noisy).map(|(a, b)| b - a));
        let under_db = 10.0 * (power(&mut plain.iter().copied()) / noise).log10();
        // 40 draws: a fifth of 3 dB either way.
        assert!((under_db - 40.0).abs() < 3.0, "{under_db}");
    }

    #[test]
    fn the_microphone_is_near_in_one_copy_and_far_in_the_next() {
        // As whole as windows are: the microphone takes 5 Hz and less away.
        let tone = (0..4_000).map(|n| 0.3 * (n as f32 * 0.4).sin()).collect();
        let signal =
            Signal { channels: 1, samples: tone, times_ns: (0..4_000).collect(), resampled_hz: None };
        let heard = |copy| {
            let mut stream = Streams::new(1).stream("test.augment");
            window(&signal, 0, (4_000, 16_000.0), &[Change::Microphone], copy, &mut stream)
        };
        let power = |samples: &[f32]| samples.iter().map(|x| x * x).sum::<f32>();
        let apart_db = 10.0 * (power(&heard(0)) / power(&heard(1))).log10();
        assert!((apart_db - 20.0).abs() < 0.05, "{apart_db}");
    }

    #[test]
    fn gain_shift_and_warp_stay_within_what_is_said() {
        let ramp = Signal {
            channels: 1,
            samples: (0..100).map(|n| n as f32 + 1.0).collect(),
            times_ns: (0..100).collect(),
            resampled_hz: None,
        };
        let middle = |changes: &[Change]| changed(&ramp, changes)[20];
        assert!((middle(&[Change::Shift]) - 41.0).abs() <= 5.0 && middle(&[Change::Shift]) != 41.0);
        let gain = middle(&[Change::Gain]) / 41.0;
        assert!((0.5..2.0).contains(&gain) && gain != 1.0, "{gain}");
        let warped = changed(&ramp, &[Change::Warp]);
        let pace = (warped[39] - warped[0]) / 39.0;
        assert!((0.9..1.1).contains(&pace) && pace != 1.0, "{pace}");
    }
}
