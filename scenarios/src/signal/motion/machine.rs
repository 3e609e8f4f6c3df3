//! What shakes a chip steadily along one of its axes: a hand, or a machine with its harmonics and a damaged bearing.

use crate::rng::signed_at;
use crate::schema::{Axis, Vibration};
use crate::signal::instants::SEGMENT;
use crate::signal::motion::bearing::Defect;
use crate::signal::motion::{MotionBlock, Run, axis_index};
use crate::signal::sound::tone::Phasor;

#[derive(Debug)]
pub struct Machine {
    axis: usize,
    harmonics: Vec<Harmonic>,
    defect: Option<Defect>,
}

#[derive(Debug)]
struct Harmonic {
    phasor: Phasor,
    amplitude: f64,
    /// Its phase at a turn's start, as a time.
    lag_ns: f64,
}

impl Machine {
    /// To and fro in one frequency, from rest.
    pub fn shake(axis: Axis, hz: f64, amplitude_g: f64) -> Self {
        let harmonic = Harmonic { phasor: Phasor::new(hz), amplitude: amplitude_g, lag_ns: 0.0 };
        Self { axis: axis_index(axis), harmonics: vec![harmonic], defect: None }
    }

    pub fn new(key: u64, vibration: &Vibration) -> Self {
        let fundamental = f64::from(vibration.frequency_hz);
        let amplitude = f64::from(vibration.amplitude_g);
        let parts = core::iter::once(1.0).chain(vibration.harmonics.iter().map(|part| f64::from(*part)));
        let harmonics = parts
            .enumerate()
            .filter(|(_, part)| *part != 0.0)
            .map(|(i, part)| {
                let hz = fundamental * (i + 1) as f64;
                let lag_ns = 0.5e9 / hz * f64::from(signed_at(key, i as u64));
                Harmonic { phasor: Phasor::new(hz), amplitude: amplitude * part, lag_ns }
            })
            .collect();
        let defect = vibration.bearing.as_ref().map(|bearing| Defect::new(key, bearing));
        Self { axis: axis_index(vibration.axis), harmonics, defect }
    }

    pub fn add(&mut self, run: Run<'_>, accel_g: &mut [[f32; MotionBlock::CAP]; 3]) {
        let fades = run.fades();
        for harmonic in &mut self.harmonics {
            harmonic.phasor.prepare(run.instants.dt_ns);
        }
        for segment in run.instants.segments(run.from, run.to) {
            let mut piece = [0.0_f32; SEGMENT];
            let piece = &mut piece[..segment.to - segment.from];
            for harmonic in &self.harmonics {
                let origin_ns = run.turn.start_ns as f64 - harmonic.lag_ns;
                harmonic.phasor.add(&segment, origin_ns, harmonic.amplitude, piece);
            }
            if let Some(defect) = &self.defect {
                defect.add(&segment, run.turn.start_ns, run.instants.dt_ns, piece);
            }
            if fades {
                for (j, value) in piece.iter_mut().enumerate() {
                    *value *= run.occasion.gain(&run.turn, run.instants.at(segment.at + j));
                }
            }
            for (out, add) in accel_g[self.axis][segment.at..].iter_mut().zip(piece) {
                *out += *add;
            }
        }
    }
}
