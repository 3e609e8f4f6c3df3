//! Window, FFT and power spectrum.

use super::run;
use crate::inputs::{self, SOUND};
use crate::{Case, Laboratory, Purpose};
use core::array::from_fn;
use node_core::dsp::convert::SCALE;
use node_core::dsp::spectrum::{Spectrum, peak, real_fft};
use node_core::dsp::window;
use node_core::meter::Kernel;

const RATE_HZ: f32 = 16_000.0;

pub fn all(laboratory: &mut impl Laboratory) {
    let sound = inputs::sound().map(|sample| f32::from(sample) * SCALE);
    of_size::<64>(laboratory, &sound);
    of_size::<128>(laboratory, &sound);
    of_size::<256>(laboratory, &sound);
    of_size::<512>(laboratory, &sound);
    of_size::<1024>(laboratory, &sound);
}

fn of_size<const N: usize>(laboratory: &mut impl Laboratory, sound: &[f32; SOUND]) {
    let block: [f32; N] = from_fn(|n| sound[n]);
    let mut hann = [0.0; N];
    window::hann(&mut hann);
    let case = Case::new(Kernel::Window, N, 1);
    run(laboratory, case, &mut block.clone(), |block, _| window::apply(block, &hann), |block, results| {
        results.floats(block);
    });

    let fft = Kernel::real_fft(N).expect("the sizes are those that node-core has");
    // What is in the block matters where floats are made of integers: silence is the cheapest.
    let mut impulse = [0.0; N];
    impulse[0] = 1.0;
    for (block, purpose) in [(block, Purpose::Fit), (impulse, Purpose::OtherData("impulse"))] {
        let case = Case::new(fft, 1, 1).for_purpose(purpose);
        // The first is overwritten by the warm run.
        let mut state = ([block; 2], 0);
        let call = |(blocks, at): &mut ([[f32; N]; 2], usize), _| {
            real_fft(&mut blocks[*at % 2]);
            *at += 1;
        };
        run(laboratory, case, &mut state, call, |(blocks, _), results| {
            results.floats(&blocks[0]);
        });
    }

    let spectrum = Spectrum::<N>::new();
    let case = Case::new(Kernel::PowerSpectrum, Spectrum::<N>::BINS, 1)
        .beside(Kernel::Window, N)
        .beside(fft, 1);
    let mut state = ([block; 2], 0, [0.0; SOUND]);
    let call = |(blocks, at, power): &mut ([[f32; N]; 2], usize, [f32; SOUND]), _| {
        spectrum.process(&mut blocks[*at % 2], &mut power[..Spectrum::<N>::BINS]);
        *at += 1;
    };
    let bins = Spectrum::<N>::BINS;
    run(laboratory, case, &mut state, call, |(.., power), results| {
        results.floats(&power[..bins]);
    });

    // The search for the strongest line, which is charged as so many squares (and three logarithms).
    let power = state.2;
    let case = Case::new(Kernel::SquareSum, bins, 1)
        .beside(Kernel::Log, 3)
        .for_purpose(Purpose::OtherUse("search"));
    let call = |found: &mut (f32, f32), _| *found = peak(&power[..bins], N, RATE_HZ).unwrap_or_default();
    run(laboratory, case, &mut (0.0, 0.0), call, |&(hz, power), results| {
        results.float(hz).float(power);
    });
}
