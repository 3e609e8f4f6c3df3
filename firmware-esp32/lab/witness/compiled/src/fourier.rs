//! Radix-2 FFT of complex floats in place, decimation in frequency, without the reordering: what the
//! published figures measure. One factor for a group of butterflies, so that the inner loop has none to load.

use crate::region::measured;
use core::f32::consts::PI;
use core::hint::black_box;

const SIZES: [usize; 3] = [64, 256, 1024];
const LARGEST: usize = 1024;

#[derive(Clone, Copy)]
struct Complex {
    re: f32,
    im: f32,
}

pub fn all() {
    for size in SIZES {
        let mut values: [Complex; LARGEST] =
            core::array::from_fn(|index| Complex { re: (index % 13) as f32, im: (index % 5) as f32 });
        let factors = factors();
        measured(|| transform(&mut values[..size], &factors[..size / 2]));
        black_box(values);
    }
}

/// exp(-i pi k), k in the order of reversed bits: the first half is that of the half as long transform too.
fn factors() -> [Complex; LARGEST / 2] {
    let bits = (LARGEST / 2).trailing_zeros();
    core::array::from_fn(|index| {
        let reversed = (index as u32).reverse_bits() >> (u32::BITS - bits);
        let angle = -PI * reversed as f32 / (LARGEST / 2) as f32;
        Complex { re: sine(angle + PI / 2.0), im: sine(angle) }
    })
}

/// By its series: exact enough for angles within half a turn, and not measured.
fn sine(angle: f32) -> f32 {
    let square = angle * angle;
    let mut term = angle;
    let mut sum = angle;
    for n in 1..9 {
        term *= -square / (2 * n * (2 * n + 1)) as f32;
        sum += term;
    }
    sum
}

#[inline(never)]
fn transform(values: &mut [Complex], factors: &[Complex]) {
    let mut half = values.len() / 2;
    while half > 0 {
        for (group, factor) in values.chunks_exact_mut(2 * half).zip(factors) {
            let (low, high) = group.split_at_mut(half);
            for (p, q) in low.iter_mut().zip(high) {
                butterfly(p, q, *factor);
            }
        }
        half /= 2;
    }
}

/// (p, q) -> (p + w q, p - w q)
#[inline(always)]
fn butterfly(p: &mut Complex, q: &mut Complex, w: Complex) {
    let re = w.re * q.re - w.im * q.im;
    let im = w.re * q.im + w.im * q.re;
    (p.re, q.re) = (p.re + re, p.re - re);
    (p.im, q.im) = (p.im + im, p.im - im);
}
