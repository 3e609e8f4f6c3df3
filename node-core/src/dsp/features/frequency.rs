//! Numbers that tell what a power spectrum is like.
//!
//! Work: one pass over the bins each; [`Shape`] takes a logarithm a bin for flatness and entropy.

/// Moments and shares of a spectrum without its DC bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shape {
    /// Centre of gravity and standard deviation around it, Hz.
    pub centroid: f32,
    pub spread: f32,
    /// The frequency below which the given share of the power lies, Hz.
    pub rolloff: f32,
    /// Geometric over arithmetic mean: 1 for white noise, 0 for a tone.
    pub flatness: f32,
    /// Of the power's distribution over the bins, 0 to 1.
    pub entropy: f32,
    /// All of the power.
    pub power: f32,
}

pub const SHAPES: usize = 6;

impl Shape {
    /// `bin_hz`: distance of two bins. All zero for silence.
    pub fn of(power: &[f32], bin_hz: f32, rolloff: f32) -> Self {
        let bins = power.get(1..).unwrap_or_default();
        let total: f32 = bins.iter().sum();
        if bins.is_empty() || total.is_nan() || total <= 0.0 {
            return Self::default();
        }
        let per_total = 1.0 / total;
        let (mut first, mut second, mut logs, mut information) = (0.0, 0.0, 0.0, 0.0);
        // No bin is emptier than what f32 samples resolve: one zero would make the geometric mean zero.
        let floor = 1e-9 * total;
        for (place, &power) in (1u16..).zip(bins) {
            let (k, share) = (f32::from(place), power * per_total);
            let log = libm::logf(power.max(floor) * per_total);
            first += k * share;
            second += k * k * share;
            logs += log;
            information -= share * log;
        }
        let count = bins.len() as f32;
        let mut below = 0.0;
        let edge = rolloff * total;
        let reached = bins.iter().position(|power| {
            below += power;
            below >= edge
        });
        Self {
            centroid: first * bin_hz,
            spread: libm::sqrtf((second - first * first).max(0.0)) * bin_hz,
            rolloff: (reached.unwrap_or(bins.len() - 1) + 1) as f32 * bin_hz,
            flatness: libm::expf(logs / count) * count,
            entropy: if bins.len() > 1 { information / libm::logf(count) } else { 0.0 },
            power: total,
        }
    }

    pub fn values(&self) -> [f32; SHAPES] {
        [self.centroid, self.spread, self.rolloff, self.flatness, self.entropy, self.power]
    }
}

/// Power from `low_hz` up to `high_hz`; a bin belongs to the band that its centre is in.
pub fn band(power: &[f32], bin_hz: f32, low_hz: f32, high_hz: f32) -> f32 {
    let place = |hz: f32| libm::ceilf(hz / bin_hz) as usize;
    let (from, to) = (place(low_hz), place(high_hz).min(power.len()));
    power.get(from..to).unwrap_or_default().iter().sum()
}

/// How much the distribution of power changed from one spectrum to the next: half the sum of differences of the shares
/// (DC left out), 0 to 1.
pub fn flux(before: &[f32], after: &[f32]) -> f32 {
    let bins = |power: &[f32]| power.get(1..).unwrap_or_default().iter().sum::<f32>();
    let share = |total: f32| if total > 0.0 { 1.0 / total } else { 0.0 };
    let (per_before, per_after) = (share(bins(before)), share(bins(after)));
    let changes = before.iter().zip(after).skip(1).map(|(b, a)| (a * per_after - b * per_before).abs());
    0.5 * changes.sum::<f32>()
}

/// The strongest local maxima (DC left out) in order of power, as (bin refined by a parabola, power). Where there are
/// fewer, zeros.
pub fn peaks(power: &[f32], out: &mut [(f32, f32)]) {
    out.iter_mut().for_each(|peak| *peak = (0.0, 0.0));
    for (place, around) in power.windows(3).enumerate() {
        let &[below, top, above] = around else { continue };
        // Bin 0 is DC: its slope is no peak, but it may hide one.
        let below = if place == 0 { 0.0 } else { below };
        if !(top > below && top >= above) {
            continue;
        }
        let Some(rank) = out.iter().position(|&(_, stronger)| top > stronger) else { continue };
        out.get_mut(rank..).unwrap_or_default().rotate_right(1);
        let curve = below - 2.0 * top + above;
        let offset = if curve < 0.0 { 0.5 * (below - above) / curve } else { 0.0 };
        if let Some(peak) = out.get_mut(rank) {
            *peak = ((place + 1) as f32 + offset.clamp(-0.5, 0.5), top);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::dsp::oracle;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn shape_follows_f64(seed in any::<u64>(), bins in 3usize..400, rolloff in 0.1f32..0.95) {
            let power: Vec<f32> = oracle::noise(seed, bins).iter().map(|x| x * x * 1e-3 + 1e-7).collect();
            let shape = Shape::of(&power, 7.5, rolloff);
            let p: Vec<f64> = power[1..].iter().map(|&p| f64::from(p)).collect();
            let total: f64 = p.iter().sum();
            let mean = |f: &dyn Fn(f64, f64) -> f64| {
                p.iter().enumerate().map(|(k, &p)| f((k + 1) as f64 * 7.5, p / total)).sum::<f64>()
            };
            let centroid = mean(&|hz, share| hz * share);
            let spread = mean(&|hz, share| (hz - centroid) * (hz - centroid) * share).sqrt();
            let n = p.len() as f64;
            let flatness = (p.iter().map(|p| p.ln()).sum::<f64>() / n).exp() / (total / n);
            let entropy = mean(&|_, share| -share * share.ln()) / n.ln();
            for (got, exact) in shape.values().into_iter().zip([centroid, spread, -1.0, flatness, entropy, total]) {
                prop_assert!(exact < 0.0 || (f64::from(got) - exact).abs() < 1e-3 * exact.max(0.1), "{} {}", got, exact);
            }
            let below: f64 = p.iter().take((shape.rolloff / 7.5) as usize - 1).sum();
            prop_assert!(below < f64::from(rolloff) * total * 1.0001);
            prop_assert!(below + p[(shape.rolloff / 7.5) as usize - 1] > f64::from(rolloff) * total * 0.9999);
        }

        #[test]
        fn bands_that_meet_add_up(seed in any::<u64>(), edge in 0.0f32..300.0) {
            let power: Vec<f32> = oracle::noise(seed, 65).iter().map(|x| x * x).collect();
            let sum = band(&power, 5.0, 0.0, edge) + band(&power, 5.0, edge, 1e6);
            prop_assert!((sum - power.iter().sum::<f32>()).abs() < 1e-4);
        }

        #[test]
        fn anything_is_taken(power in prop::collection::vec(any::<f32>(), 0..60), hz in any::<f32>()) {
            let _ = (Shape::of(&power, hz, 0.85), band(&power, hz, hz, 2.0 * hz), flux(&power, &power));
            peaks(&power, &mut [(0.0, 0.0); 3]);
        }
    }

    #[test]
    fn noise_is_flat_and_a_tone_is_not() {
        let flat = Shape::of(&[1.0; 129], 1.0, 0.85);
        assert!((flat.flatness - 1.0).abs() < 1e-4 && (flat.entropy - 1.0).abs() < 1e-4, "{flat:?}");
        let mut tone = [0.0; 129];
        tone[40] = 2.0;
        let shape = Shape::of(&tone, 1.0, 0.85);
        assert!(
            shape.flatness < 1e-6 && shape.entropy < 1e-6 && shape.centroid == 40.0 && shape.rolloff == 40.0
        );
        assert_eq!(Shape::of(&[0.0; 129], 1.0, 0.85), Shape::default());
        assert_eq!(flux(&tone, &tone), 0.0);
        let mut other = [0.0; 129];
        other[41] = 7.0;
        assert_eq!(flux(&tone, &other), 1.0);
    }

    #[test]
    fn peaks_come_in_order_of_power() {
        let mut power = [0.0; 33];
        power[0] = 50.0;
        (power[4], power[5], power[6]) = (1.0, 4.0, 1.0);
        (power[20], power[21]) = (9.0, 9.0);
        power[32] = 100.0; // the last bin has no neighbour above
        let mut found = [(9.0, 9.0); 3];
        peaks(&power, &mut found);
        assert_eq!(found, [(20.5, 9.0), (5.0, 4.0), (0.0, 0.0)]);
    }
}
