//! SPM1423, the PDM microphone, seen behind the decimation filter of the MCU's I2S: as 16-bit samples.
//!
//! Pulse density itself is not modelled: pascal become samples by the microphone's sensitivity, its noise is white, its
//! end of scale hard. The sample clock is the caller's.

use crate::time::TrueTime;
use crate::world::{Noise, Sound};
use core::f64::consts::PI;
use node_core::boards::{MicrophoneFacts, Rail};
use node_core::drivers::spm1423::regs;

/// What the decimation filter leaves of direct current, in counts. Assumed: boards of this kind show some.
const DC_OFFSET: f32 = 100.0;
/// The microphone passes no constant pressure: first-order high pass. Assumed, low enough to cost 0.1 dB at 33 Hz.
const AC_COUPLING_HZ: f64 = 5.0;
const START_UP_NS: u64 = regs::START_UP_MS as u64 * 1_000_000;
const BLOCK: usize = 256;

pub struct Spm1423 {
    rail: Rail,
    sound: Box<dyn Sound>,
    noise: Box<dyn Noise>,
    counts_per_pascal: f32,
    /// White noise, in counts per root hertz.
    noise_density: f64,
    /// Since when it has power.
    on_since: Option<TrueTime>,
    clipped: u64,
    /// What follows from the sample time, and for which.
    dt_ns: f64,
    noise_counts: f32,
    coupling: f32,
    /// The slow part of the pressure, in counts: what the high pass takes away.
    slow: f32,
    pascal: Box<[f32; BLOCK]>,
    draws: Box<[f32; BLOCK]>,
}

impl Spm1423 {
    pub fn new(facts: &MicrophoneFacts, sound: Box<dyn Sound>, noise: Box<dyn Noise>) -> Self {
        let from_db = |db: f64| libm::pow(10.0, db / 20.0);
        let reference_pascal = regs::PASCAL_AT_0_DB_SPL as f64 * from_db(regs::REFERENCE_DB_SPL as f64);
        // 0 dBFS is the RMS of a full-scale sine.
        let full_scale_rms = 32_768.0 / core::f64::consts::SQRT_2;
        let reference_counts = full_scale_rms * from_db(facts.sensitivity_centi_dbfs as f64 / 100.0);
        let noise_counts_a = reference_counts * from_db(-regs::SNR_DBA as f64);
        Self {
            rail: facts.rail,
            sound,
            noise,
            counts_per_pascal: (reference_counts / reference_pascal) as f32,
            noise_density: noise_counts_a / libm::sqrt(a_weighted_hertz()),
            on_since: None,
            clipped: 0,
            dt_ns: 0.0,
            noise_counts: 0.0,
            coupling: 0.0,
            slow: 0.0,
            pascal: Box::new([0.0; BLOCK]),
            draws: Box::new([0.0; BLOCK]),
        }
    }
    pub fn name(&self) -> &'static str {
        "spm1423"
    }
    pub fn rail(&self) -> Rail {
        self.rail
    }

    /// Its rail came on or went off. Samples of earlier times must have been rendered.
    pub fn power(&mut self, at: TrueTime, on: bool) {
        self.on_since = on.then_some(at);
        self.slow = 0.0;
    }

    /// The samples of the times `t0_ns + k * dt_ns`; in order of time, gaps allowed. Zeros without power and while it
    /// starts.
    pub fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [i16]) {
        let Some(since) = self.on_since else {
            return out.fill(0);
        };
        if dt_ns != self.dt_ns {
            self.set_sample_time(dt_ns);
        }
        let missing = (since.0.saturating_add(START_UP_NS)).saturating_sub(t0_ns);
        let silent = (libm::ceil(missing as f64 / dt_ns) as usize).min(out.len());
        out[..silent].fill(0);
        let mut begin = silent;
        for chunk in out[silent..].chunks_mut(BLOCK) {
            let t0 = t0_ns + libm::round(begin as f64 * dt_ns) as u64;
            begin += chunk.len();
            self.render_block(t0, chunk);
        }
    }

    fn set_sample_time(&mut self, dt_ns: f64) {
        self.dt_ns = dt_ns;
        let rate = 1e9 / dt_ns;
        self.noise_counts = (self.noise_density * libm::sqrt(rate / 2.0)) as f32;
        self.coupling = (1.0 - libm::exp(-2.0 * PI * AC_COUPLING_HZ / rate)) as f32;
    }

    fn render_block(&mut self, t0_ns: u64, out: &mut [i16]) {
        let pascal = &mut self.pascal[..out.len()];
        let draws = &mut self.draws[..out.len()];
        self.sound.render(t0_ns, self.dt_ns, pascal);
        self.noise.normal(draws);
        let (gain, take, keep) = (self.counts_per_pascal, self.coupling, 1.0 - self.coupling);
        // The one recursion by itself, so that the rest runs in lanes.
        let mut slow = self.slow;
        for pascal in pascal.iter_mut() {
            let x = *pascal * gain;
            *pascal = x - slow;
            slow = keep * slow + take * x;
        }
        self.slow = slow;
        let noise = self.noise_counts;
        // 1.5 * 2^23: adding it leaves no fraction bits, which rounds to nearest.
        const MAGIC: f32 = 12_582_912.0;
        let mut clipped = 0u32;
        for ((out, x), draw) in out.iter_mut().zip(pascal).zip(draws) {
            let x = *x + noise * *draw + DC_OFFSET;
            let held = x.clamp(-32_768.0, 32_767.0);
            clipped += (x > 32_767.5) as u32 + (x < -32_768.5) as u32;
            *out = (held + MAGIC - MAGIC) as i32 as i16;
        }
        self.clipped += clipped as u64;
    }

    /// What one can say of a chip without registers.
    pub fn state(&self, at: TrueTime) -> Vec<(&'static str, String)> {
        let since = match self.on_since {
            None => "no power".into(),
            Some(on) if at.since(on) < START_UP_NS => "starts up: the output is zero".into(),
            Some(on) => format!("since {:.3} s", on.0 as f64 * 1e-9),
        };
        let rate =
            if self.dt_ns > 0.0 { format!("{:.0} Hz", 1e9 / self.dt_ns) } else { "not read yet".into() };
        vec![
            ("on", since),
            ("sample rate", rate),
            ("1 Pa is", format!("{:.0} counts of 32768", self.counts_per_pascal)),
            ("clipped samples", self.clipped.to_string()),
        ]
    }

    /// How many samples did not fit 16 bits so far.
    pub fn clipped(&self) -> u64 {
        self.clipped
    }
}

/// Bandwidth of white noise that, A-weighted from 20 Hz to 20 kHz (the band of such figures: assumed), has the power of
/// one unit of density per hertz: the integral of the curve of IEC 61672-1 squared.
fn a_weighted_hertz() -> f64 {
    const STEP: f64 = 10.0;
    let squared = |f: f64| {
        let f2 = f * f;
        let (a, b, c, d) = (20.6 * 20.6, 107.7 * 107.7, 737.9 * 737.9, 12_194.0 * 12_194.0);
        let r = d * f2 * f2 / ((f2 + a) * libm::sqrt((f2 + b) * (f2 + c)) * (f2 + d));
        r * r
    };
    // 1.2589 makes the curve 1 at 1 kHz.
    let unity = 1.0 / squared(1_000.0);
    (2..2_000).map(|k| squared((k as f64 + 0.5) * STEP) * unity * STEP).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_world::Dice;
    use crate::world::Silence;
    use node_core::boards::MicrophonePins;
    use proptest::prelude::*;

    const FACTS: MicrophoneFacts = MicrophoneFacts {
        pins: MicrophonePins::Pdm { clock: 0, data: 34 },
        rail: Rail::LdoIo0,
        sensitivity_centi_dbfs: -22_00,
    };
    const RATE: f64 = 16_000.0;

    struct Tone {
        hz: f64,
        rms_pascal: f64,
    }
    impl Sound for Tone {
        fn render(&mut self, t0_ns: u64, dt_ns: f64, out: &mut [f32]) {
            for (k, slot) in out.iter_mut().enumerate() {
                let seconds = (t0_ns as f64 + k as f64 * dt_ns) * 1e-9;
                *slot = (self.rms_pascal
                    * core::f64::consts::SQRT_2
                    * libm::sin(2.0 * PI * self.hz * seconds)) as f32;
            }
        }
    }

    fn microphone(sound: impl Sound + 'static) -> Spm1423 {
        let mut microphone = Spm1423::new(&FACTS, Box::new(sound), Box::new(Dice::new(5)));
        microphone.power(TrueTime::START, true);
        microphone
    }
    fn record(microphone: &mut Spm1423, t0_ns: u64, n: usize) -> Vec<i16> {
        let mut out = vec![0; n];
        microphone.render(t0_ns, 1e9 / RATE, &mut out);
        out
    }
    fn rms(samples: &[i16]) -> f64 {
        let mean = samples.iter().map(|s| *s as f64).sum::<f64>() / samples.len() as f64;
        libm::sqrt(
            samples.iter().map(|s| (*s as f64 - mean) * (*s as f64 - mean)).sum::<f64>()
                / samples.len() as f64,
        )
    }

    #[test]
    fn ninety_four_decibels_are_minus_22_dbfs() {
        let mut m = microphone(Tone { hz: 1_000.0, rms_pascal: 1.002_374 });
        let got = rms(&record(&mut m, 1_000_000_000, 160_000));
        let dbfs = 20.0 * libm::log10(got / (32_768.0 / core::f64::consts::SQRT_2));
        assert!((dbfs + 22.0).abs() < 0.02, "{dbfs}");
        assert_eq!(m.clipped(), 0);
    }

    #[test]
    fn the_noise_floor_is_61_5_db_below_the_reference() {
        // Computed elsewhere, with the standard's poles to eight digits and steps of 1 Hz: 12 467.1 Hz.
        assert!((a_weighted_hertz() - 12_467.1).abs() < 12.0, "{}", a_weighted_hertz());
        let mut m = microphone(Silence);
        let got = rms(&record(&mut m, 1_000_000_000, 400_000));
        // Reference tone 1840.5 counts; 61.5 dB less is 1.549 counts A-weighted; density over 8 kHz; and rounding.
        let expected = libm::sqrt(1.549 * 1.549 * 8_000.0 / a_weighted_hertz() + 1.0 / 12.0);
        assert!((got / expected - 1.0).abs() < 0.05, "{got} instead of {expected}");
    }

    #[test]
    fn too_loud_clips_and_is_counted() {
        // 120 dB SPL: the peaks are 4 dB over the end of the scale.
        let mut m = microphone(Tone { hz: 440.0, rms_pascal: 20.0 });
        let got = record(&mut m, 1_000_000_000, 16_000);
        assert_eq!((*got.iter().max().unwrap(), *got.iter().min().unwrap()), (32_767, -32_768));
        let at_the_end = got.iter().filter(|s| **s == 32_767 || **s == -32_768).count() as u64;
        assert!(m.clipped() > 5_000 && at_the_end.abs_diff(m.clipped()) < 20, "{} {at_the_end}", m.clipped());
    }

    #[test]
    fn silent_without_power_and_while_it_starts() {
        let mut m = microphone(Tone { hz: 1_000.0, rms_pascal: 1.0 });
        m.power(TrueTime::from_millis(5), false);
        assert!(record(&mut m, 5_000_000, 160).iter().all(|s| *s == 0));
        m.power(TrueTime::from_millis(20), true);
        let got = record(&mut m, 20_000_000, 320);
        assert!(got[..160].iter().all(|s| *s == 0), "10 ms of start-up");
        assert!(rms(&got[160..]) > 1_000.0);
    }

    #[test]
    fn constant_pressure_dies_away_and_the_offset_stays() {
        struct Weather;
        impl Sound for Weather {
            fn render(&mut self, _: u64, _: f64, out: &mut [f32]) {
                out.fill(5.0);
            }
        }
        let got = record(&mut microphone(Weather), 1_000_000_000, 16_000);
        assert!(got[0] > 5_000);
        let end = got[15_000..].iter().map(|s| *s as f64).sum::<f64>() / 1_000.0;
        assert!((end - 100.0).abs() < 1.0, "{end}");
    }

    proptest! {
        #[test]
        fn no_call_makes_it_panic(
            calls in prop::collection::vec((any::<u64>(), 1.0f64..1e7, 0usize..700, any::<Option<bool>>()), 0..20),
            level in any::<f64>(),
        ) {
            let mut m = microphone(Tone { hz: 50.0, rms_pascal: level });
            for (t0, dt, n, power) in calls {
                if let Some(on) = power { m.power(TrueTime(t0 >> 2), on); }
                m.render(t0 >> 2, dt, &mut vec![0; n]);
            }
        }
    }
}
