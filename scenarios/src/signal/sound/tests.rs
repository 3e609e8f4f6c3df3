use super::*;
use crate::recording::AudioTrack;
use std::sync::Arc;

const DT: f64 = 62_500.0;
const RATE: f64 = 16_000.0;
const SECOND: u64 = 1_000_000_000;

fn world(voices: Vec<(Occasion, Voice)>) -> SoundWorld {
    SoundWorld::from_voices(voices)
}

fn streams() -> Streams {
    Streams::new(42)
}

fn rendered(world: &mut SoundWorld, t0_ns: u64, count: usize) -> Vec<f32> {
    let mut out = vec![0.0; count];
    world.render(t0_ns, DT, &mut out);
    out
}

fn rms(samples: &[f32]) -> f64 {
    libm::sqrt(samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / samples.len() as f64)
}

fn assert_level(samples: &[f32], want_db: f64, within_db: f64) {
    let found = level::db_spl(rms(samples));
    assert!((found - want_db).abs() < within_db, "{found:.2} dB in place of {want_db} dB");
}

/// Amplitude of one frequency, by a Hann-windowed sum.
fn amplitude_at(samples: &[f32], hz: f64, rate_hz: f64) -> f64 {
    let n = samples.len() as f64;
    let (mut re, mut im, mut weight) = (0.0, 0.0, 0.0);
    for (k, sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * libm::cos(core::f64::consts::TAU * (k as f64 + 0.5) / n);
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * hz / rate_hz * k as f64);
        (re, im) = (re + window * cos * f64::from(*sample), im + window * sin * f64::from(*sample));
        weight += window;
    }
    2.0 * libm::sqrt(re * re + im * im) / weight
}

fn pink(db: f64) -> Voice {
    Voice::Pink(Pink::new(streams().stream("pink"), level::pascal(db)))
}

const ALWAYS: Occasion = Occasion::new(0, u64::MAX);

#[test]
fn decibels_are_those_of_air() {
    // 1 Pa is 93.98 dB; the microphone's data are given at 94.
    assert!((level::db_spl(1.0) - 93.979).abs() < 0.001 && (level::pascal(94.0) - 1.0024).abs() < 1e-4);
}

#[test]
fn steady_sounds_have_their_level() {
    let tone = Voice::Tone(Box::new(Tone::new(1000.0, level::pascal(70.0))));
    assert_level(&rendered(&mut world(vec![(ALWAYS, tone)]), 0, 16_000), 70.0, 0.001);
    let white = Voice::White(White::new(streams().stream("w"), level::pascal(60.0)));
    assert_level(&rendered(&mut world(vec![(ALWAYS, white)]), 0, 160_000), 60.0, 0.05);
    let alarm = Voice::Alarm(Box::new(Alarm::new(800.0, 1200.0, SECOND / 2, level::pascal(80.0))));
    assert_level(&rendered(&mut world(vec![(ALWAYS, alarm)]), 0, 160_000), 80.0, 0.02);
    let sweep = Voice::Sweep(Sweep::new(50.0, 6000.0, level::pascal(75.0)));
    assert_level(&rendered(&mut world(vec![(Occasion::new(0, 10 * SECOND), sweep)]), 0, 160_000), 75.0, 0.05);
    for talkers in [1, 5] {
        let babble = Voice::Babble(Box::new(Babble::new(&streams(), "talk", talkers, level::pascal(65.0))));
        assert_level(&rendered(&mut world(vec![(ALWAYS, babble)]), 0, 60 * 16_000), 65.0, 1.0);
    }
}

#[test]
fn pink_noise_falls_by_three_decibels_an_octave_and_has_its_level_in_its_band() {
    // Power in each octave from 31.5 Hz to 4 kHz, by averaging amplitudes of many frequencies over many blocks.
    let samples = rendered(&mut world(vec![(ALWAYS, pink(60.0))]), 0, 1 << 20);
    let block = 4096;
    let density = |low: f64, high: f64| {
        let bins: Vec<f64> =
            (0..24).map(|i| low * libm::pow(high / low, (f64::from(i) + 0.5) / 24.0)).collect();
        let power: f64 = samples
            .chunks_exact(block)
            .step_by(2)
            .map(|block| {
                bins.iter().map(|hz| libm::pow(amplitude_at(block, *hz, RATE), 2.0) * hz).sum::<f64>()
            })
            .sum();
        power / bins.len() as f64
    };
    let octaves: Vec<f64> =
        (0..7).map(|i| density(44.2 * f64::from(1 << i), 88.4 * f64::from(1 << i))).collect();
    let mean = octaves.iter().sum::<f64>() / 7.0;
    for (i, octave) in octaves.iter().enumerate() {
        let off_db = 10.0 * libm::log10(octave / mean);
        assert!(off_db.abs() < 0.5, "octave {i} is off by {off_db:.2} dB");
    }
    // All of it but what lies below 20 Hz: subtract that by its share, ln(20 / 3.2) of what the filter lets through.
    let highpassed = high_pass_20_hz(&samples);
    assert_level(&highpassed, 60.0, 0.25);
}

/// Fourth-order Butterworth at 20 Hz (two cookbook biquads), in f64.
fn high_pass_20_hz(samples: &[f32]) -> Vec<f32> {
    let mut data: Vec<f64> = samples.iter().map(|x| f64::from(*x)).collect();
    for q in [0.541_196_1, 1.306_563] {
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * 20.0 / RATE);
        let alpha = sin / (2.0 * q);
        let (b, a0) = ((1.0 + cos) / 2.0, 1.0 + alpha);
        let (mut s1, mut s2) = (0.0, 0.0);
        for x in &mut data {
            let y = b / a0 * *x + s1;
            s1 = -2.0 * b / a0 * *x + 2.0 * cos / a0 * y + s2;
            s2 = b / a0 * *x - (1.0 - alpha) / a0 * y;
            *x = y;
        }
    }
    data.into_iter().map(|x| x as f32).collect()
}

#[test]
fn a_clap_has_its_level_over_the_first_eighth_of_a_second() {
    let claps = Voice::Claps(Claps::new(streams().stream("c"), 400, SECOND / 2, level::pascal(80.0)));
    let samples = rendered(&mut world(vec![(Occasion::new(0, 200 * SECOND), claps)]), 0, 400 * 8000);
    let firsts: Vec<f32> = samples.chunks(8000).flat_map(|clap| clap[..2000].to_vec()).collect();
    assert_level(&firsts, 80.0, 0.3);
    for clap in samples.chunks(8000) {
        assert!(rms(&clap[..200]) > 10.0 * rms(&clap[1600..2000]));
        assert!(clap[3200..].iter().all(|x| *x == 0.0));
    }
}

#[test]
fn a_tone_keeps_its_phase_for_half_a_day() {
    let mut late = world(vec![(ALWAYS, Voice::Tone(Box::new(Tone::new(997.0, 1.0))))]);
    let t0 = 43_200 * SECOND;
    for (k, sample) in rendered(&mut late, t0, 300).iter().enumerate() {
        // Turns modulo one in integers: 997 * (t0 + k * 62.5 us).
        let turns = ((997 * (t0 + k as u64 * 62_500)) % SECOND) as f64 / 1e9;
        let want = core::f64::consts::SQRT_2 * libm::sin(core::f64::consts::TAU * turns);
        assert!((f64::from(*sample) - want).abs() < 2e-6, "{k}: {sample} {want}");
    }
}

#[test]
fn a_sweep_passes_each_octave_in_equal_time() {
    let sweep = Voice::Sweep(Sweep::new(100.0, 6400.0, 1.0));
    let samples = rendered(&mut world(vec![(Occasion::new(0, 6 * SECOND), sweep)]), 0, 96_000);
    for octave in 0..6 {
        let here = &samples[octave * 16_000 + 7_000..octave * 16_000 + 9_000];
        let crossings = here.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count() as f64;
        let want = 100.0 * libm::pow(2.0, octave as f64 + 0.5) * 2.0 * 2000.0 / RATE;
        assert!((crossings - want).abs() < 0.02 * want + 1.5, "octave {octave}: {crossings} for {want}");
    }
    let steepest = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    // A phase that jumped would step further than the highest frequency can.
    assert!(steepest < 1.42 * 2.0 * libm::sinf(core::f32::consts::PI * 6400.0 / 16_000.0));
}

#[test]
fn babble_is_modulated_like_speech() {
    let babble = Voice::Babble(Box::new(Babble::new(&streams(), "talk", 1, 1.0)));
    let samples = rendered(&mut world(vec![(ALWAYS, babble)]), 0, 60 * 16_000);
    let envelope: Vec<f32> = samples.chunks(160).map(|block| rms(block) as f32).collect();
    let mean = envelope.iter().sum::<f32>() / envelope.len() as f32;
    let envelope: Vec<f32> = envelope.iter().map(|x| x - mean).collect();
    let power = |low: f64, high: f64| -> f64 {
        (0..20)
            .map(|i| libm::pow(amplitude_at(&envelope, low + (high - low) * f64::from(i) / 20.0, 100.0), 2.0))
            .sum()
    };
    assert!(power(3.0, 5.0) > 3.0 * power(0.5, 2.0) && power(3.0, 5.0) > 3.0 * power(9.0, 15.0));
}

fn everything() -> SoundWorld {
    let name = streams();
    let track = AudioTrack {
        rate_hz: 22_050.0,
        samples: (0..44_100).map(|i| libm::sinf(i as f32 * 0.3)).collect(),
        channels: 1,
        bits: 16,
    };
    let again = |at, length, every| Occasion {
        every_ns: Some(every),
        ..Occasion::new(at, length).with_fade(30_000_000)
    };
    world(vec![
        (ALWAYS, pink(50.0)),
        (again(100_000_000, 300_000_000, SECOND), Voice::White(White::new(name.stream("w"), 0.1))),
        (again(50_000_000, 700_000_000, SECOND), Voice::Tone(Box::new(Tone::new(440.0, 0.1)))),
        (again(0, 900_000_000, SECOND), Voice::Sweep(Sweep::new(100.0, 5000.0, 0.1))),
        (
            again(333_000_123, 600_000_000, SECOND),
            Voice::Claps(Claps::new(name.stream("c"), 3, 130_000_000, 0.1)),
        ),
        (again(7, 999_000_000, SECOND), Voice::Alarm(Box::new(Alarm::new(900.0, 1100.0, 170_000_000, 0.1)))),
        (ALWAYS, Voice::Babble(Box::new(Babble::new(&name, "b", 2, 0.1)))),
        (
            again(200_000_000, 700_000_000, SECOND),
            Voice::Recording(Resampled::new(Arc::new(track), 1000, 0.1)),
        ),
    ])
}

#[test]
fn how_blocks_are_cut_changes_no_bit() {
    let count = 40_000;
    let whole = rendered(&mut everything(), 0, count);
    let mut world = everything();
    let mut parts = Vec::with_capacity(count);
    let mut length = 1;
    while parts.len() < count {
        let n = length.min(count - parts.len());
        parts.extend(rendered(&mut world, parts.len() as u64 * 62_500, n));
        length = length * 7 % 611 + 1;
    }
    let differing = whole.iter().zip(&parts).position(|(a, b)| a.to_bits() != b.to_bits());
    assert_eq!(differing, None);
}

#[test]
fn a_drifting_clock_differs_by_rounding_only() {
    let dt = 62_495.637;
    let steady = || {
        world(vec![
            (ALWAYS, Voice::Tone(Box::new(Tone::new(3000.0, 1.0)))),
            (ALWAYS, Voice::Alarm(Box::new(Alarm::new(500.0, 700.0, SECOND, 1.0)))),
        ])
    };
    let mut whole = vec![0.0; 8192];
    steady().render(1000, dt, &mut whole);
    let mut world = steady();
    for (i, block) in whole.chunks(256).enumerate() {
        let mut part = [0.0; 256];
        world.render(1000 + libm::rint(i as f64 * 256.0 * dt) as u64, dt, &mut part);
        for (a, b) in block.iter().zip(part) {
            // Half a nanosecond of 3 kHz.
            assert!((a - b).abs() < 3e-5, "{a} {b}");
        }
    }
}

#[test]
fn a_node_that_slept_hears_what_is_on_now() {
    let mut slept = everything();
    rendered(&mut slept, 0, 512);
    let mut awake =
        world(vec![(Occasion::new(50_000_000, 700_000_000), Voice::Tone(Box::new(Tone::new(440.0, 0.1))))]);
    let mut sleeper =
        world(vec![(Occasion::new(50_000_000, 700_000_000), Voice::Tone(Box::new(Tone::new(440.0, 0.1))))]);
    let whole = rendered(&mut awake, 0, 16_000);
    rendered(&mut sleeper, 0, 100);
    assert_eq!(rendered(&mut sleeper, 500_000_000, 1000), whole[8000..9000]);
    assert!(rendered(&mut sleeper, 800_000_000, 1000).iter().all(|x| *x == 0.0));
    // Far ahead in one jump.
    assert!(rms(&rendered(&mut slept, 43_200 * SECOND, 16_000)) > 0.05);
}

#[test]
fn nothing_sounds_outside_its_turn() {
    let tone = Voice::Tone(Box::new(Tone::new(1000.0, 1.0)));
    let samples = rendered(&mut world(vec![(Occasion::new(SECOND / 10, SECOND / 10), tone)]), 0, 16_000);
    assert!(samples[..1600].iter().chain(&samples[3200..]).all(|x| *x == 0.0));
    assert!(samples[1601..3200].iter().filter(|x| **x != 0.0).count() > 1400);
}

fn replayed(rate_hz: f64, hz: f64, dt_ns: f64) -> Vec<f32> {
    let samples = (0..(rate_hz * 1.5) as usize)
        .map(|i| libm::sin(core::f64::consts::TAU * hz * i as f64 / rate_hz) as f32)
        .collect();
    let track = Arc::new(AudioTrack { rate_hz, samples, channels: 1, bits: 32 });
    let mut world = world(vec![(ALWAYS, Voice::Recording(Resampled::new(track, 0, 1.0)))]);
    let mut out = vec![0.0; 16_384];
    world.render(200_000_000, dt_ns, &mut out);
    out
}

#[test]
fn a_recording_keeps_its_band_and_brings_no_images() {
    for rate in [16_000.0, 22_050.0, 44_100.0, 48_000.0] {
        for dt in [62_500.0, 62_501.37, 62_380.0] {
            for hz in [100.0, 1000.0, 3333.0, 6000.0, 6990.0] {
                let out = replayed(rate, hz, dt);
                let gain_db = 20.0 * libm::log10(amplitude_at(&out, hz, 1e9 / dt));
                assert!(gain_db.abs() < 0.1, "{hz} Hz at {rate}: {gain_db:.3} dB");
                // What is left without the tone: everything that should not be there.
                let rest = without(&out, hz, 1e9 / dt);
                let rest_db = 20.0 * libm::log10(rms(&rest) * core::f64::consts::SQRT_2);
                assert!(rest_db < -60.0, "{hz} Hz at {rate}, dt {dt}: rest {rest_db:.1} dB");
            }
        }
    }
    // 8 kHz recordings: their own band, and no mirror of it above 4.5 kHz.
    let out = replayed(8000.0, 3400.0, DT);
    assert!((20.0 * libm::log10(amplitude_at(&out, 3400.0, RATE))).abs() < 0.1);
    assert!(20.0 * libm::log10(amplitude_at(&out, 4600.0, RATE)) < -60.0);
    // What a 16 kHz microphone cannot hear does not fold back.
    for hz in [9_100.0, 12_000.0, 17_000.0] {
        let rest_db = 20.0 * libm::log10(rms(&replayed(44_100.0, hz, DT)));
        assert!(rest_db < -60.0, "{hz}: {rest_db:.1} dB");
    }
}

/// Least-squares removal of one frequency.
fn without(samples: &[f32], hz: f64, rate_hz: f64) -> Vec<f32> {
    let omega = core::f64::consts::TAU * hz / rate_hz;
    let mut sums = [0.0_f64; 5];
    for (k, x) in samples.iter().enumerate() {
        let ((sin, cos), x) = (libm::sincos(omega * k as f64), f64::from(*x));
        for (sum, add) in sums.iter_mut().zip([cos * cos, cos * sin, sin * sin, x * cos, x * sin]) {
            *sum += add;
        }
    }
    let [cc, cs, ss, xc, xs] = sums;
    let det = cc * ss - cs * cs;
    let (a, b) = ((xc * ss - xs * cs) / det, (xs * cc - xc * cs) / det);
    samples
        .iter()
        .enumerate()
        .map(|(k, x)| {
            let (sin, cos) = libm::sincos(omega * k as f64);
            (f64::from(*x) - a * cos - b * sin) as f32
        })
        .collect()
}
