//! A recorded motion at any instant: between samples as if nothing were faster than half the recording's rate, over gaps as
//! the scenario wants it.
//!
//! Where stamps are even, samples go through a windowed sinc (`signal::kernel`); an end, or a gap's, is a centre of
//! symmetry, so that what rises goes on rising. Where stamps are uneven a cubic goes through the samples, by their stamps.

use std::sync::{Arc, LazyLock};

use crate::recording::ImuTrack;
use crate::schema::Gaps;
use crate::signal::Turn;
use crate::signal::kernel::{HALF, TAPS, table};
use crate::signal::lanes::Four;
use crate::signal::motion::{MotionBlock, Quat, Run};

/// Phases between two samples; between them the kernel is a straight line, which is off by 109 dB at most: half a count of
/// the chip is 90 dB.
const PHASES: usize = 512;

static KERNEL: LazyLock<Vec<[Four; TAPS / 4]>> = LazyLock::new(|| table(PHASES));

/// Steps that differ by less than this from the usual one are even: rounded to milliseconds, at 100 Hz.
const EVEN: f64 = 0.15;

#[derive(Debug)]
pub struct Replay {
    track: Arc<ImuTrack>,
    skip_ns: u64,
    gaps: Gaps,
    /// The samples before and after the last instant that was asked for, and the curves between them.
    cursor: usize,
    curves: Curves,
}

/// The stretch from sample `left` to the next.
#[derive(Debug, Clone)]
struct Curves {
    left: usize,
    start_ns: f64,
    per_ns: f64,
    course: Course,
}

/// By lane: x, y, z of acceleration, then of rate.
#[derive(Debug, Clone)]
enum Course {
    /// Powers of u.
    Cubic([[f32; 8]; 4]),
    /// The samples around, for the kernel.
    BandLimited(Box<[[Four; TAPS / 4]; 6]>),
}

const NOWHERE: Curves =
    Curves { left: usize::MAX, start_ns: 0.0, per_ns: 0.0, course: Course::Cubic([[0.0; 8]; 4]) };

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
            let here = core::array::from_fn(|lane| self.sample(lane, left));
            curves.course = Course::Cubic([here, [0.0; 8], [0.0; 8], [0.0; 8]]);
            return curves;
        }
        let width_ns = (t[left + 1] - t[left]).max(1) as f64;
        curves.per_ns = 1.0 / width_ns;
        curves.course = self.band_limited(left).unwrap_or_else(|| self.cubic(left, width_ns));
        curves
    }

    /// `None` if the steps around are not even.
    fn band_limited(&self, left: usize) -> Option<Course> {
        let t = &self.track.t_ns;
        let usual = self.track.step_ns as f64;
        let even = |at: usize| ((t[at + 1] - t[at]) as f64 - usual).abs() <= EVEN * usual;
        if self.is_gap(left) || !even(left) {
            return None;
        }
        // As far as the kernel reaches, or to the ends of the stretch.
        let (mut from, mut to) = (left, left + 1);
        while from > 0 && left - from < HALF - 1 && !self.is_gap(from - 1) {
            from -= 1;
            if !even(from) {
                return None;
            }
        }
        while to + 1 < t.len() && to - left < HALF && !self.is_gap(to) {
            if !even(to) {
                return None;
            }
            to += 1;
        }
        let sample = |lane: usize, at: isize| {
            let (first, last) = (from as isize, to as isize);
            let inside = |at: isize| self.sample(lane, at.clamp(first, last) as usize);
            match at {
                _ if at < first => 2.0 * inside(first) - inside(2 * first - at),
                _ if at > last => 2.0 * inside(last) - inside(2 * last - at),
                _ => inside(at),
            }
        };
        let first = left as isize - (HALF - 1) as isize;
        let lane = |lane: usize| {
            core::array::from_fn(|four| {
                Four(core::array::from_fn(|tap| sample(lane, first + (4 * four + tap) as isize)))
            })
        };
        Some(Course::BandLimited(Box::new(core::array::from_fn(lane))))
    }

    fn cubic(&self, left: usize, width_ns: f64) -> Course {
        let gap = self.is_gap(left);
        let lane = |lane: usize| {
            let (here, there) = (self.sample(lane, left), self.sample(lane, left + 1));
            let rise = there - here;
            match (gap, self.gaps) {
                (false, _) => {
                    // Hermite, with the slopes of Catmull and Rom for uneven steps.
                    let leaving = (self.slope(lane, left) * width_ns) as f32;
                    let arriving = (self.slope(lane, left + 1) * width_ns) as f32;
                    [here, leaving, 3.0 * rise - 2.0 * leaving - arriving, leaving + arriving - 2.0 * rise]
                }
                (true, Gaps::Hold) => [here, 0.0, 0.0, 0.0],
                (true, Gaps::Linear) => [here, rise, 0.0, 0.0],
                (true, Gaps::Zero) => [0.0; 4],
            }
        };
        let lanes: [[f32; 4]; 8] = core::array::from_fn(lane);
        Course::Cubic(core::array::from_fn(|power| lanes.map(|powers| powers[power])))
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
            let now = curves.course.at(u);
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

impl Course {
    /// `u`: 0 to 1 from one sample to the next.
    fn at(&self, u: f32) -> [f32; 8] {
        let mut now = [0.0_f32; 8];
        match self {
            Self::Cubic([c0, c1, c2, c3]) => {
                for lane in 0..8 {
                    now[lane] = c0[lane] + u * (c1[lane] + u * (c2[lane] + u * c3[lane]));
                }
            }
            Self::BandLimited(samples) => {
                let place = u * PHASES as f32;
                let phase = (place as usize).min(PHASES - 1);
                let (near, far) = (&KERNEL[phase], &KERNEL[phase + 1]);
                let (more, less) = (Four::all(place - phase as f32), Four::all(phase as f32 + 1.0 - place));
                let taps: [Four; TAPS / 4] =
                    core::array::from_fn(|four| near[four].times(less).add(far[four].times(more)));
                for (now, samples) in now.iter_mut().zip(samples.iter()) {
                    let products = samples.iter().zip(&taps).map(|(samples, taps)| samples.times(*taps));
                    *now = products.fold(Four::ZERO, Four::add).sum();
                }
            }
        }
        now
    }
}
