//! A recorded motion at any instant: through the samples by a cubic, over gaps as the scenario wants it.

use std::sync::Arc;

use crate::recording::ImuTrack;
use crate::schema::Gaps;
use crate::signal::Turn;
use crate::signal::motion::{MotionBlock, Quat, Run};

#[derive(Debug)]
pub struct Replay {
    track: Arc<ImuTrack>,
    skip_ns: u64,
    gaps: Gaps,
    /// The samples before and after the last instant that was asked for, and the curves between them.
    cursor: usize,
    curves: Curves,
}

/// One cubic per axis over the stretch from sample `left` to the next.
#[derive(Debug, Clone, Copy)]
struct Curves {
    left: usize,
    start_ns: f64,
    per_ns: f64,
    /// Powers of u, by lane: x, y, z of acceleration, then of rate.
    coefficients: [[f32; 8]; 4],
}

const NOWHERE: Curves = Curves { left: usize::MAX, start_ns: 0.0, per_ns: 0.0, coefficients: [[0.0; 8]; 4] };

impl Replay {
    pub fn new(track: Arc<ImuTrack>, skip_ns: u64, gaps: Gaps) -> Self {
        Self { track, skip_ns, gaps, cursor: 0, curves: NOWHERE }
    }

    fn sample(&self, lane: usize, at: usize) -> f32 {
        match (lane, &self.track.gyro_dps) {
            (0..3, _) => self.track.accel_g[lane][at],
            (3..6, Some(gyro)) => gyro[lane - 3][at],
            _ => 0.0,
        }
    }

    fn is_gap(&self, left: usize) -> bool {
        let t = &self.track.t_ns;
        t[left + 1] - t[left] > 3 * self.track.step_ns.max(1)
    }

    /// Slope at sample `at` (per ns): through its neighbours, or to the one on this side of a gap.
    fn slope(&self, lane: usize, at: usize) -> f64 {
        let t = &self.track.t_ns;
        let left = if at > 0 && !self.is_gap(at - 1) { at - 1 } else { at };
        let right = if at + 1 < t.len() && !self.is_gap(at) { at + 1 } else { at };
        if left == right || t[right] == t[left] {
            return 0.0;
        }
        f64::from(self.sample(lane, right) - self.sample(lane, left)) / (t[right] - t[left]) as f64
    }

    fn curves_from(&self, left: usize) -> Curves {
        let t = &self.track.t_ns;
        let mut curves = Curves { left, start_ns: t[left] as f64, ..NOWHERE };
        if left + 1 >= t.len() {
            for lane in 0..6 {
                curves.coefficients[0][lane] = self.sample(lane, left);
            }
            return curves;
        }
        let width_ns = (t[left + 1] - t[left]).max(1) as f64;
        curves.per_ns = 1.0 / width_ns;
        let gap = self.is_gap(left);
        for lane in 0..6 {
            let (here, there) = (self.sample(lane, left), self.sample(lane, left + 1));
            let rise = there - here;
            let powers = match (gap, self.gaps) {
                (false, _) => {
                    // Hermite, with the slopes of Catmull and Rom for uneven steps.
                    let leaving = (self.slope(lane, left) * width_ns) as f32;
                    let arriving = (self.slope(lane, left + 1) * width_ns) as f32;
                    [here, leaving, 3.0 * rise - 2.0 * leaving - arriving, leaving + arriving - 2.0 * rise]
                }
                (true, Gaps::Hold) => [here, 0.0, 0.0, 0.0],
                (true, Gaps::Linear) => [here, rise, 0.0, 0.0],
                (true, Gaps::Zero) => [0.0; 4],
            };
            for (power, value) in powers.into_iter().enumerate() {
                curves.coefficients[power][lane] = value;
            }
        }
        curves
    }

    /// Puts the recording in the place of all else.
    pub fn put(&mut self, run: Run<'_>, out: &mut MotionBlock) {
        let track = Arc::clone(&self.track);
        let t = &track.t_ns;
        if t.is_empty() {
            return;
        }
        let shift_ns = self.skip_ns as f64 - run.turn.start_ns as f64;
        for k in run.from..run.to {
            let t_ns = run.instants.at(k) + shift_ns;
            if t_ns < t[self.cursor] as f64 {
                self.cursor = 0; // another turn
            }
            if self.cursor + 1 < t.len() && t[self.cursor + 1] as f64 <= t_ns {
                // Mostly the next sample; after a sleep anywhere.
                let ahead = &t[self.cursor + 1..];
                let near = ahead.iter().take(8).take_while(|stamp| **stamp as f64 <= t_ns).count();
                self.cursor +=
                    if near < 8 { near } else { ahead.partition_point(|stamp| *stamp as f64 <= t_ns) };
            }
            if self.curves.left != self.cursor {
                self.curves = self.curves_from(self.cursor);
            }
            let curves = &self.curves;
            let u = (((t_ns - curves.start_ns) * curves.per_ns) as f32).clamp(0.0, 1.0);
            let [c0, c1, c2, c3] = &curves.coefficients;
            let mut now = [0.0_f32; 8];
            for lane in 0..8 {
                now[lane] = c0[lane] + u * (c1[lane] + u * (c2[lane] + u * c3[lane]));
            }
            for axis in 0..3 {
                out.accel_g[axis][k] = now[axis];
                out.gyro_dps[axis][k] = now[axis + 3];
            }
        }
    }

    /// How the chip lay, from where gravity points in the mean over a quarter of a second; the heading is not known.
    pub fn tilt(&self, turn: &Turn, t_ns: u64) -> Option<Quat> {
        let t = &self.track.t_ns;
        let t_ns = t_ns.checked_sub(turn.start_ns)? + self.skip_ns;
        let from = t.partition_point(|stamp| stamp.saturating_add(125_000_000) < t_ns);
        let to = t.partition_point(|stamp| *stamp < t_ns.saturating_add(125_000_000));
        let mut up = [0.0_f64; 3];
        for (up, axis) in up.iter_mut().zip(&self.track.accel_g) {
            *up = axis.get(from..to)?.iter().map(|x| f64::from(*x)).sum();
        }
        let length = libm::sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2]);
        if length < 1e-6 {
            return None;
        }
        // The shortest turn that brings the chip's up to the world's.
        let [x, y, z] = up.map(|x| x / length);
        if z < -0.999_999 {
            return Some(Quat { w: 0.0, x: 1.0, y: 0.0, z: 0.0 });
        }
        Some(Quat { w: 1.0 + z, x: y, y: -x, z: 0.0 }.normalised())
    }
}
