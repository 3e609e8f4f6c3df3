//! What the node's microphone makes of a sound: the simulated chip itself, with its sensitivity, self-noise, coupling, offset
//! and end of scale, and behind it what the app does before it listens.

use crate::engine::world::Draws;
use hal_shim::device::spm1423::Spm1423;
use hal_shim::time::TrueTime;
use hal_shim::world::Sound;
use node_core::app::sound::pipeline::DC_CORNER_HZ;
use node_core::boards::m5stickc::M5STICKC;
use node_core::drivers::spm1423::regs::PASCAL_AT_0_DB_SPL;
use node_core::dsp::convert::to_f32;
use node_core::dsp::dc::DcBlocker;
use scenarios::rng::Stream;

/// What full scale of a sound file (as the RMS of a sine) is at the microphone. The first is 6 dB below the microphone's own,
/// and what `eval --replay` plays; the second is the same sound ten times as far away. Nobody says how loud a file was.
pub const FULL_SCALE_DB_SPL: [f32; 2] = [110.0, 90.0];

/// Silence before the sound: the chip starts, and the app's filter forgets how it did.
const LEAD_S: f64 = 0.25;

/// Pascal, from a time on.
struct Played {
    from_ns: u64,
    pascal: Vec<f32>,
}

impl Sound for Played {
    fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
        let first = ((t0_ns as f64 - self.from_ns as f64) / dt_ns).round() as isize;
        for (at, out) in (first..).zip(out) {
            *out = usize::try_from(at).ok().and_then(|at| self.pascal.get(at)).copied().unwrap_or(0.0);
        }
    }
}

/// A sound (±1 at full scale) as a model on the node gets it (±1 at the microphone's full scale).
pub fn hears(sound: &[f32], rate_hz: f32, full_scale_db_spl: f32, noise: Stream) -> Vec<f32> {
    let Some(facts) = &M5STICKC.microphone else { return sound.to_vec() };
    let full_scale_pascal =
        core::f32::consts::SQRT_2 * PASCAL_AT_0_DB_SPL * 10f32.powf(full_scale_db_spl / 20.0);
    let dt_ns = 1e9 / f64::from(rate_hz);
    let lead = (LEAD_S * f64::from(rate_hz)) as usize;
    let played = Played {
        from_ns: (lead as f64 * dt_ns) as u64,
        pascal: sound.iter().map(|x| x * full_scale_pascal).collect(),
    };
    let mut chip = Spm1423::new(facts, Box::new(played), Box::new(Draws(noise)));
    chip.power(TrueTime::START, true);
    let mut raw = vec![0; lead + sound.len()];
    chip.render(0, dt_ns, &mut raw);
    let mut heard = vec![0.0; raw.len()];
    to_f32(&raw, &mut heard);
    DcBlocker::new(DC_CORNER_HZ, rate_hz).process(&mut heard);
    heard.split_off(lead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenarios::rng::Streams;

    fn heard(sound: &[f32], full_scale_db_spl: f32) -> Vec<f32> {
        hears(sound, 16_000.0, full_scale_db_spl, Streams::new(1).stream("test.microphone"))
    }

    fn power(samples: &[f32]) -> f64 {
        samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64
    }

    #[test]
    fn a_sound_is_as_loud_as_it_is_far_and_silence_is_the_chips_noise() {
        let tone: Vec<f32> =
            (0..16_000).map(|n| 0.5 * (n as f32 * core::f32::consts::TAU / 16.0).sin()).collect();
        // The chip's full scale is 116 dB.
        for (full_scale, under_db) in [(110.0, 6.0), (90.0, 26.0)] {
            let got = heard(&tone, full_scale);
            assert_eq!(got.len(), tone.len());
            let lost_db = 10.0 * (power(&tone) / power(&got)).log10();
            assert!((lost_db - under_db).abs() < 0.05, "{full_scale}: {lost_db}");
        }
        // 94 dB are -22 dBFS, and the noise is 61.5 dB(A) less: 1.24 counts up to 8 kHz, and a little of rounding.
        let silence = heard(&[0.0; 16_000], 110.0);
        let counts = 32_768.0 * power(&silence).sqrt();
        assert!((1.2..1.4).contains(&counts), "{counts}");
    }
}
