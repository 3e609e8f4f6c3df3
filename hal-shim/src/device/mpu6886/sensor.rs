//! One three-axis sensor of the IMU: from the world's values to counts, through bias, noise, filter and range.
//!
//! The filter is `y[n] = b x[n] + s[n-1]`, `s[n] = c x[n] + p s[n-1]`: first order, by the bilinear transform at 1 kHz.
//! That order is derived: its noise bandwidth comes within 10 % of the data sheet's at every code (a Butterworth of second
//! order would be up to 30 % off), and the chip's noise is what the node sees of it.
//!
//! Noise takes the same filter, apart from the signal. Nobody sees it between outputs, so the noise part of the state
//! leaps from output to output: its distribution over m instants is known exactly (variance `c² σ² (1-p^2m)/(1-p²)`),
//! which needs two draws an output instead of one an instant.

use crate::world::Noise;
use core::f32::consts::PI;

/// Internal sampling. Sources: `regs::BASE_RATE_HZ` (datasheet); that the filters run at this rate is assumed.
const RATE_HZ: f32 = 1_000.0;

/// Draws in stock: the same sequence, whatever the number taken at a time.
pub(super) struct Draws {
    noise: Box<dyn Noise>,
    stock: [f32; Self::STOCK],
    used: usize,
}

impl Draws {
    /// A multiple of three: an axis is never served from two stocks.
    const STOCK: usize = 96;

    pub fn new(noise: Box<dyn Noise>) -> Self {
        Self { noise, stock: [0.0; Self::STOCK], used: Self::STOCK }
    }
    #[inline]
    fn three(&mut self) -> [f32; 3] {
        if self.used == Self::STOCK {
            self.noise.normal(&mut self.stock);
            self.used = 0;
        }
        let at = self.used;
        self.used += 3;
        [self.stock[at], self.stock[at + 1], self.stock[at + 2]]
    }
}

pub(super) struct Sensor {
    // as ordered
    bias: [f32; 3],
    /// Units per root hertz.
    density: f32,
    /// Standard deviation of the noise of one instant.
    sigma: f32,
    // as configured
    lsb_per_unit: f32,
    b: f32,
    c: f32,
    p: f32,
    // state
    signal: [f32; 3],
    hiss: [f32; 3],
    /// Instants by which `hiss` is behind `signal`.
    behind: u32,
    /// The leap last computed: instants, decay, spread.
    leap: (u32, f32, f32),
}

impl Sensor {
    pub fn new(bias: [f32; 3], density: f32) -> Self {
        Self {
            bias,
            density,
            sigma: density * libm::sqrtf(RATE_HZ / 2.0),
            lsb_per_unit: 1.0,
            b: 1.0,
            c: 0.0,
            p: 0.0,
            signal: [0.0; 3],
            hiss: [0.0; 3],
            behind: 0,
            leap: (0, 1.0, 0.0),
        }
    }

    pub fn set_range(&mut self, lsb_per_unit: f32) {
        self.lsb_per_unit = lsb_per_unit;
    }

    /// -3 dB at so many hertz from the next instant on; `None` lets everything through.
    pub fn set_filter(&mut self, hz: Option<f32>, draws: &mut Draws) {
        self.catch_up(draws);
        (self.b, self.p) = match hz {
            Some(hz) => {
                let k = libm::tanf(PI * hz / RATE_HZ);
                (k / (1.0 + k), (1.0 - k) / (1.0 + k))
            }
            None => (1.0, 0.0),
        };
        self.c = if hz.is_some() { self.b * (1.0 + self.p) } else { 0.0 };
        self.leap = (0, 1.0, 0.0);
    }

    pub fn clear(&mut self) {
        self.signal = [0.0; 3];
        self.hiss = [0.0; 3];
        self.behind = 0;
    }

    fn catch_up(&mut self, draws: &mut Draws) {
        let instants = core::mem::take(&mut self.behind);
        if instants == 0 || self.density == 0.0 || self.c == 0.0 {
            return;
        }
        if self.leap.0 != instants {
            let mut decay = 1.0f32;
            for _ in 0..instants {
                decay *= self.p;
            }
            let variance = self.c * self.c * (1.0 - decay * decay) / (1.0 - self.p * self.p);
            self.leap = (instants, decay, self.sigma * libm::sqrtf(variance));
        }
        let (_, decay, spread) = self.leap;
        let draw = draws.three();
        for (hiss, draw) in self.hiss.iter_mut().zip(draw) {
            *hiss = decay * *hiss + spread * draw;
        }
    }

    /// Instants of which nothing is put out.
    #[inline]
    pub fn advance(&mut self, [x, y, z]: [&[f32]; 3]) {
        let (c, p) = (self.c, self.p);
        let [mut sx, mut sy, mut sz] = self.signal;
        for ((x, y), z) in x.iter().zip(y).zip(z) {
            sx = c * x + p * sx;
            sy = c * y + p * sy;
            sz = c * z + p * sz;
        }
        self.signal = [sx, sy, sz];
        self.behind += x.len() as u32;
    }

    /// One instant, put out in counts.
    #[inline]
    pub fn output(&mut self, x: [f32; 3], draws: &mut Draws) -> [i16; 3] {
        let (b, c, p) = (self.b, self.c, self.p);
        let mut y = [0.0; 3];
        for axis in 0..3 {
            y[axis] = b * x[axis] + self.signal[axis];
            self.signal[axis] = c * x[axis] + p * self.signal[axis];
        }
        if self.density > 0.0 {
            self.catch_up(draws);
            let sigma = self.sigma;
            let draw = draws.three();
            for axis in 0..3 {
                let n = sigma * draw[axis];
                y[axis] += b * n + self.hiss[axis];
                self.hiss[axis] = c * n + p * self.hiss[axis];
            }
        }
        self.counts(y)
    }

    /// One sample of the low-power mode: no filter, and the noise of so many hertz.
    pub fn single(&mut self, mut x: [f32; 3], noise_hz: f32, draws: &mut Draws) -> [i16; 3] {
        if self.density > 0.0 {
            let sigma = self.density * libm::sqrtf(noise_hz);
            for (x, draw) in x.iter_mut().zip(draws.three()) {
                *x += sigma * draw;
            }
        }
        self.counts(x)
    }

    #[inline]
    fn counts(&self, y: [f32; 3]) -> [i16; 3] {
        core::array::from_fn(|axis| round_to_i16((y[axis] + self.bias[axis]) * self.lsb_per_unit))
    }
}

/// Nearest, halves to even; beyond the ends of the scale it stays at the end. Not a number is 0.
#[inline]
pub(super) fn round_to_i16(x: f32) -> i16 {
    // 1.5 * 2^23: adding it leaves no fraction bits, and the default rounding mode does the rest.
    const MAGIC: f32 = 12_582_912.0;
    (x.clamp(-32_768.0, 32_767.0) + MAGIC - MAGIC) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_world::Dice;
    use node_core::drivers::mpu6886::regs::{ACCEL_DLPF, GYRO_DLPF};

    #[test]
    fn rounds_to_nearest_and_saturates() {
        for (x, expected) in [
            (0.49, 0),
            (0.51, 1),
            (-0.51, -1),
            (1.5, 2),
            (2.5, 2),
            (32_766.6, 32_767),
            (-1e9, -32_768),
            (1e9, 32_767),
        ] {
            assert_eq!(round_to_i16(x), expected, "{x}");
        }
        assert_eq!(round_to_i16(f32::NAN), 0);
    }

    fn gain_at(hz: f32, cutoff: f32) -> f32 {
        let mut draws = Draws::new(Box::new(Dice::new(1)));
        let mut sensor = Sensor::new([0.0; 3], 0.0);
        sensor.set_range(1.0);
        sensor.set_filter(Some(cutoff), &mut draws);
        let mut energy = 0.0f64;
        for n in 0..20_000 {
            let x = 20_000.0 * libm::sin(2.0 * core::f64::consts::PI * hz as f64 * n as f64 / 1000.0) as f32;
            let y = sensor.output([x; 3], &mut draws)[0] as f64;
            if n >= 10_000 {
                energy += y * y;
            }
        }
        libm::sqrt(energy / 10_000.0 * 2.0) as f32 / 20_000.0
    }

    #[test]
    fn three_decibels_down_where_the_data_sheet_says() {
        for band in &GYRO_DLPF[1..7] {
            assert!(
                (gain_at(band.hz, band.hz) - core::f32::consts::FRAC_1_SQRT_2).abs() < 0.005,
                "{band:?}: {}",
                gain_at(band.hz, band.hz)
            );
        }
        for band in &ACCEL_DLPF[1..7] {
            assert!(
                (gain_at(band.hz, band.hz) - core::f32::consts::FRAC_1_SQRT_2).abs() < 0.005,
                "{band:?}: {}",
                gain_at(band.hz, band.hz)
            );
        }
    }

    /// RMS of the noise at every `every`-th instant, the others skipped.
    fn noise(cutoff: Option<f32>, every: usize) -> f32 {
        const DENSITY: f32 = 100.0;
        let mut draws = Draws::new(Box::new(Dice::new(7)));
        let mut sensor = Sensor::new([0.0; 3], DENSITY);
        sensor.set_filter(cutoff, &mut draws);
        let still = vec![0.0f32; every - 1];
        let mut energy = 0.0f64;
        for n in 0..30_100 {
            sensor.advance([&still, &still, &still]);
            let y = sensor.output([0.0; 3], &mut draws);
            if n >= 100 {
                energy += y.iter().map(|y| (*y as f64) * (*y as f64)).sum::<f64>();
            }
        }
        libm::sqrt(energy / 90_000.0) as f32 / DENSITY
    }

    #[test]
    fn noise_has_the_density_asked_for_within_5_percent() {
        // Unfiltered: the density over the whole 500 Hz.
        assert!((noise(None, 1) / libm::sqrtf(500.0) - 1.0).abs() < 0.05);
        // Filtered: over the noise bandwidth of this filter, 500 Hz * k/(1+k).
        for hz in [176.0f32, 92.0, 41.0, 20.0] {
            let k = libm::tanf(PI * hz / 1000.0);
            let expected = libm::sqrtf(500.0 * k / (1.0 + k));
            let got = noise(Some(hz), 1);
            assert!((got / expected - 1.0).abs() < 0.05, "{hz}: {got} instead of {expected}");
        }
    }

    #[test]
    fn noise_bandwidths_are_within_10_percent_of_the_data_sheet() {
        let bands = GYRO_DLPF[1..7].iter().chain(&ACCEL_DLPF[1..8]);
        for band in bands {
            let k = libm::tanf(PI * band.hz / 1000.0);
            let ours = 500.0 * k / (1.0 + k);
            assert!((ours / band.noise_hz - 1.0).abs() < 0.10, "{band:?}: {ours}");
        }
    }

    #[test]
    fn leaping_over_instants_leaves_the_noise_as_it_was() {
        let stepped = noise(Some(20.0), 1);
        for every in [2, 10, 50] {
            let leapt = noise(Some(20.0), every);
            assert!((leapt / stepped - 1.0).abs() < 0.05, "every {every}: {leapt} instead of {stepped}");
        }
    }
}
