//! A recording at another rate: a windowed sinc, so that what the new rate cannot hold does not fold back into it.
//!
//! The pass band ends at 7/8 of half the lower rate, the stop band begins at 9/8 of it, 63 dB down. Beyond its ends a
//! recording is taken to stay as it was at them: gravity does not stop where a file does.

/// On either side of the centre, in samples of the lower rate.
const HALF: usize = 16;
/// Kaiser's beta for 63 dB: 0.1102 (63 - 8.7).
const BETA: f64 = 6.0;
/// Places in the table for each sample of the lower rate; between them it is a straight line.
const FINE: usize = 256;

pub struct Resampler {
    /// Samples of the old rate for one of the new.
    step: f64,
    /// Samples of the old rate for one of the lower of both.
    stretch: f64,
    kernel: Vec<f64>,
}

impl Resampler {
    pub fn new(from_hz: f64, to_hz: f64) -> Self {
        let kernel = (0..=HALF * FINE + 1).map(|at| kernel(at as f64 / FINE as f64)).collect();
        Self { step: from_hz / to_hz, stretch: f64::max(from_hz / to_hz, 1.0), kernel }
    }

    pub fn run(&self, samples: &[f32]) -> Vec<f32> {
        let Some(last) = samples.len().checked_sub(1) else { return Vec::new() };
        let count = (last as f64 / self.step).floor() as usize + 1;
        let reach = HALF as f64 * self.stretch;
        let one = |at: usize| {
            let centre = at as f64 * self.step;
            let (mut sum, mut weights) = (0.0, 0.0);
            for place in (centre - reach).ceil() as i64..=(centre + reach).floor() as i64 {
                let weight = self.weight((place as f64 - centre) / self.stretch);
                sum += weight * f64::from(samples[place.clamp(0, last as i64) as usize]);
                weights += weight;
            }
            (sum / weights) as f32
        };
        (0..count).map(one).collect()
    }

    fn weight(&self, x: f64) -> f64 {
        let place = x.abs() * FINE as f64;
        let whole = place as usize;
        match self.kernel.get(whole..whole + 2) {
            Some([near, far]) => near + (place - whole as f64) * (far - near),
            _ => 0.0,
        }
    }
}

/// The windowed sinc at `x` samples from its centre.
fn kernel(x: f64) -> f64 {
    let inside = 1.0 - (x / HALF as f64) * (x / HALF as f64);
    if inside <= 0.0 {
        return 0.0;
    }
    let angle = std::f64::consts::PI * x;
    let sinc = if x < 1e-9 { 1.0 } else { angle.sin() / angle };
    sinc * bessel_i0(BETA * inside.sqrt()) / bessel_i0(BETA)
}

/// The modified Bessel function of order 0, by its power series (24 terms are exact to 1e-16 up to x = 8).
fn bessel_i0(x: f64) -> f64 {
    let quarter = 0.25 * x * x;
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..=24 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate_hz: f64, count: usize) -> Vec<f32> {
        (0..count).map(|n| (std::f64::consts::TAU * hz * n as f64 / rate_hz).sin() as f32).collect()
    }

    #[test]
    fn tones_that_both_rates_hold_are_kept() {
        for (from, to, hz) in [(100.0, 26.0, 8.0), (26.0, 100.0, 8.0), (44_100.0, 16_000.0, 6000.0)] {
            let found = Resampler::new(from, to).run(&tone(hz, from, 4000));
            let expected = tone(hz, to, found.len());
            // Nothing is made up beyond the last sample.
            assert_eq!(found.len(), (3999.0 * to / from) as usize + 1);
            // Nearer to an end, what is taken to lie beyond it counts.
            let reach = (HALF as f64 * f64::max(to / from, 1.0)).ceil() as usize;
            let inside = reach..found.len() - reach;
            let worst = inside.map(|at| (found[at] - expected[at]).abs()).fold(0.0, f32::max);
            assert!(worst < 0.003, "{from} to {to}: off by {worst}");
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_gone_and_gravity_stays() {
        let found = Resampler::new(100.0, 26.0).run(&tone(16.0, 100.0, 4000));
        let inside = &found[40..found.len() - 40];
        assert!(inside.iter().all(|x| x.abs() < 0.001), "folded back");
        assert!(Resampler::new(100.0, 26.0).run(&[1.0; 50]).iter().all(|x| (x - 1.0).abs() < 1e-6));
        assert_eq!(Resampler::new(100.0, 26.0).run(&[]), [0.0; 0]);
    }
}
