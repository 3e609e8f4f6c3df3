//! Operations on long types, in the form in which they were measured on the chip: eight variables, each made
//! of the two behind it, all of them one at first; the loop is unrolled, so that its own cost is small.
//!
//! They run once before they are measured, since the published figures are averages of 3.2 million
//! operations: by then sums and sums of products of doubles are infinite, and only the short ways through
//! their routines are left.

use crate::region::measured;
use core::hint::black_box;

const TURNS: usize = 16;
const WARM_UP: usize = 40;

macro_rules! eight {
    ($f:ident, $of:expr) => {
        $f[0] = $of($f[0], $f[1], $f[2]);
        $f[1] = $of($f[1], $f[2], $f[3]);
        $f[2] = $of($f[2], $f[3], $f[4]);
        $f[3] = $of($f[3], $f[4], $f[5]);
        $f[4] = $of($f[4], $f[5], $f[6]);
        $f[5] = $of($f[5], $f[6], $f[7]);
        $f[6] = $of($f[6], $f[7], $f[0]);
        $f[7] = $of($f[7], $f[0], $f[1]);
    };
}

/// 128 operations a turn. `of` is given a variable and the two behind it.
#[inline(always)]
fn turns<T: Copy>(variables: &mut [T; 8], turns: usize, of: impl Fn(T, T, T) -> T) {
    let mut f = *variables;
    for _ in 0..turns {
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
        eight!(f, of);
    }
    *variables = f;
}

macro_rules! operations {
    ($($name:ident: $type:ty, $of:expr;)*) => {
        $(
            #[inline(never)]
            fn $name(variables: &mut [$type; 8], count: usize) {
                turns(variables, count, $of);
            }
        )*

        pub fn all() {
            $(
                let mut variables = black_box([1 as $type; 8]);
                $name(&mut variables, WARM_UP);
                measured(|| $name(&mut variables, TURNS));
                black_box(variables);
            )*
        }
    };
}

operations! {
    int64_add: i64, |_, a: i64, b| a.wrapping_add(b);
    int64_multiply: i64, |_, a: i64, b| a.wrapping_mul(b);
    int64_divide: i64, |_, a: i64, b| a.wrapping_div(b);
    int64_multiply_add: i64, |sum: i64, a: i64, b| sum.wrapping_add(a.wrapping_mul(b));
    double_add: f64, |_, a: f64, b| a + b;
    double_multiply: f64, |_, a: f64, b| a * b;
    double_divide: f64, |_, a: f64, b| a / b;
    double_multiply_add: f64, |sum: f64, a: f64, b| sum + a * b;
    float_divide: f32, |_, a: f32, b| a / b;
}
