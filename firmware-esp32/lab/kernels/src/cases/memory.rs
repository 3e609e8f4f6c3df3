//! Moving bytes, and the multiply-adds of kernels that have no row yet.

use super::run;
use crate::inputs::{self, SOUND};
use crate::{Case, Laboratory, Purpose};
use node_core::dsp::convert::SCALE;
use node_core::meter::Kernel;

pub fn all(laboratory: &mut impl Laboratory) {
    let sound = inputs::sound().map(|sample| f32::from(sample) * SCALE);
    for size in [64, 128, 256, 512, 1024] {
        let case = Case::new(Kernel::Copy, size * size_of::<f32>(), SOUND / size);
        let call = |copy: &mut [f32; SOUND], _| copy[..size].copy_from_slice(&sound[..size]);
        run(laboratory, case, &mut [0.0; SOUND], call, |copy, results| {
            results.floats(copy);
        });
    }
    // What keeps the latest samples: from the back to the front of the same memory.
    for size in [64, 128, 256, 512] {
        let case = Case::new(Kernel::Copy, size * size_of::<f32>(), SOUND / size)
            .for_purpose(Purpose::OtherUse("move-up"));
        let call = |moved: &mut [f32; SOUND], _| moved.copy_within(SOUND - size.., 0);
        run(laboratory, case, &mut sound.clone(), call, |moved, results| {
            results.floats(moved);
        });
    }
    for size in [32, 64, 128, 256, 512] {
        let case = Case::new(Kernel::MultiplyAdd, size, SOUND / size);
        let call = |sum: &mut f32, index: usize| {
            let start = index * size;
            *sum = dot(&sound[start..start + size], &sound[..size]);
        };
        run(laboratory, case, &mut 0.0, call, |&sum, results| {
            results.float(sum);
        });
    }
}

/// As anyone writes it.
#[inline(never)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
