//! C = A B on floats, as one writes it down: three loops, rows one behind the other.

use crate::region::measured;
use core::hint::black_box;

const SIDE: usize = 16;

pub fn all() {
    let a = core::array::from_fn::<f32, { SIDE * SIDE }, _>(|index| index as f32);
    let b = core::array::from_fn::<f32, { SIDE * SIDE }, _>(|index| (index % 7) as f32);
    let mut c = [0.0; SIDE * SIDE];
    // The sides are arguments in the published routine too: the compiler must not know them.
    let side = black_box(SIDE);
    measured(|| product(&a, &b, &mut c, side, side, side));
    black_box(c);
}

#[inline(never)]
fn product(a: &[f32], b: &[f32], c: &mut [f32], rows: usize, inner: usize, columns: usize) {
    for (from, to) in a.chunks_exact(inner).zip(c.chunks_exact_mut(columns)).take(rows) {
        for (column, sum) in to.iter_mut().enumerate() {
            let column = b[column..].iter().step_by(columns);
            *sum = from.iter().zip(column).map(|(a, b)| a * b).sum();
        }
    }
}
