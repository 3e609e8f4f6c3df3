//! Window, FFT and power spectrum.

use super::run;
use crate::inputs::{self, SOUND};
use crate::{Case, Laboratory, Purpose};
use core::array::from_fn;
use node_core::dsp::convert::SCALE;
use node_core::dsp::spectrum::{Spectrum, greatest, peak, real_fft, squared_magnitudes};
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
    // The strongest line is somewhere in the middle.
    let tone: [f32; N] = from_fn(|n| 0.1 * libm::sinf(0.3 * core::f32::consts::TAU * n as f32));
    let mut hann = [0.0; N];
    window::hann(&mut hann);
    let case = Case::new(Kernel::Window, N, 1);
    run(
        laboratory,
        case,
        &mut block.clone(),
        |block, _| window::apply(block, &hann),
        |block, results| {
            results.floats(block);
        },
    );

    let fft = Kernel::real_fft(N).expect("the sizes are those that node-core has");
    // What is in the block matters where floats are made of integers: zeros are the cheapest.
    // By reference: rustc 1.95 and 1.96, at opt-level 1, s and z, let a closure change the array that its caller has given
    // by value.
    let windowed = |block: &[f32; N]| {
        let mut windowed = *block;
        window::apply(&mut windowed, &hann);
        windowed
    };
    let mut impulse = [0.0; N];
    impulse[0] = 1.0;
    for (block, purpose) in [
        (windowed(&block), Purpose::Fit),
        (windowed(&tone), Purpose::OtherData("tone")),
        (impulse, Purpose::OtherUse("impulse")),
    ] {
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
    let bins = Spectrum::<N>::BINS;
    let mut transformed = windowed(&block);
    let transformed = real_fft(&mut transformed);
    let mut power = [0.0; SOUND];
    let case = Case::new(Kernel::PowerSpectrum, bins, 1);
    let call = |power: &mut [f32; SOUND], _| {
        squared_magnitudes(transformed, &mut power[..bins]);
    };
    run(laboratory, case, &mut power, call, |power, results| {
        results.floats(&power[..bins]);
    });
    let case = Case::new(Kernel::Search, bins, 1);
    let call = |found: &mut (usize, f32), _| *found = greatest(&power[..bins]).unwrap_or_default();
    run(laboratory, case, &mut (0, 0.0), call, |&(place, power), results| {
        results.number(place as i32).float(power);
    });

    let case = Case::new(Kernel::PowerSpectrum, bins, 1)
        .beside(Kernel::Window, N)
        .beside(fft, 1)
        .for_purpose(Purpose::OtherUse("whole"));
    let mut state = ([block; 2], 0, [0.0; SOUND]);
    let call = |(blocks, at, power): &mut ([[f32; N]; 2], usize, [f32; SOUND]), _| {
        spectrum.process(&mut blocks[*at % 2], &mut power[..Spectrum::<N>::BINS]);
        *at += 1;
    };
    run(laboratory, case, &mut state, call, |(.., power), results| {
        results.floats(&power[..bins]);
    });

    // The strongest line, and three logarithms.
    let power = state.2;
    let case =
        Case::new(Kernel::Search, bins, 1).beside(Kernel::Log, 3).for_purpose(Purpose::OtherUse("peak"));
    let call = |found: &mut (f32, f32), _| *found = peak(&power[..bins], N, RATE_HZ).unwrap_or_default();
    run(laboratory, case, &mut (0.0, 0.0), call, |&(hz, power), results| {
        results.float(hz).float(power);
    });
}
