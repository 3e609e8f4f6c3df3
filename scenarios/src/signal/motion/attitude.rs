//! How the chip lies, over time: arcs about one fixed axis each, so that gravity and angular rate are two views of the
//! same formula and cannot disagree.

use crate::rng::draw_at;
use crate::schema::Axis;
use crate::signal::motion::quat::Vec3;
use crate::signal::motion::{MotionBlock, Quat, WorldAxes, axis_index};
use crate::signal::{Instants, Occasion, Turn};

/// How long coming to lie in another attitude takes where the scenario does not say (assumed: a hand's turn).
pub const TURN_NS: u64 = 500_000_000;

/// What alters the attitude.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Turns to `target` over its occasion's length, the short way, starting and stopping smoothly; or is there at once.
    To { target: Quat, at_once: bool },
    /// Turns steadily about a chip axis while its occasion lasts.
    Spin { axis: Axis, rate_dps: f64 },
    /// Turns by a quarter or a half about x or y during a fall; which of them, chance says.
    Tumble { key: u64, fall_ns: u64 },
}

#[derive(Debug, Clone)]
pub struct AttitudeTrack {
    changes: Vec<(Occasion, Change)>,
    /// The next turn of each change.
    next: Vec<Turn>,
    /// The earliest of them.
    next_start_ns: u64,
    now: Arc,
}

#[derive(Debug, Clone, Copy)]
enum Course {
    Steady,
    /// Minimum jerk (Flash and Hogan, J. Neuroscience 1985): 10u^3 - 15u^4 + 6u^5.
    Eased,
}

/// A turn about one axis, from an attitude.
#[derive(Debug, Clone, Copy)]
struct Arc {
    start_ns: u64,
    end_ns: u64,
    from: Quat,
    /// In chip axes, which the turn itself does not move.
    axis: Vec3,
    angle_rad: f64,
    course: Course,
}

impl Arc {
    const REST: Self = Self {
        start_ns: 0,
        end_ns: 0,
        from: Quat::IDENTITY,
        axis: [0.0, 0.0, 1.0],
        angle_rad: 0.0,
        course: Course::Steady,
    };

    /// Angle, and its rate in rad/s, at `t_ns`.
    #[inline]
    fn angle_at(&self, t_ns: f64, per_ns: f64) -> (f64, f64) {
        let u = ((t_ns - self.start_ns as f64) * per_ns).clamp(0.0, 1.0);
        match self.course {
            Course::Steady => (self.angle_rad * u, self.angle_rad * per_ns * 1e9),
            Course::Eased => {
                let v = 1.0 - u;
                let share = u * u * u * (10.0 - u * (15.0 - 6.0 * u));
                (self.angle_rad * share, self.angle_rad * 30.0 * u * u * v * v * per_ns * 1e9)
            }
        }
    }

    fn per_ns(&self) -> f64 {
        1.0 / (self.end_ns.saturating_sub(self.start_ns)).max(1) as f64
    }

    fn attitude_at(&self, t_ns: u64) -> Quat {
        if self.angle_rad == 0.0 {
            return self.from;
        }
        let t_ns = t_ns.clamp(self.start_ns, self.end_ns);
        let (angle, _) = self.angle_at(t_ns as f64, self.per_ns());
        self.from.then_inner(Quat::about(self.axis, angle)).normalised()
    }

    fn after(&self, change: &Change, turn: Turn) -> Self {
        let from = self.attitude_at(turn.start_ns);
        let arc = Self { start_ns: turn.start_ns, end_ns: turn.end_ns, from, ..Self::REST };
        match *change {
            Change::To { target, at_once: true } => Self { from: target, end_ns: turn.start_ns, ..arc },
            Change::To { target, at_once: false } => {
                let (axis, angle_rad) = from.conjugate().then_inner(target).axis_angle();
                Self { axis, angle_rad, course: Course::Eased, ..arc }
            }
            Change::Spin { axis, rate_dps } => {
                let seconds = (turn.end_ns - turn.start_ns) as f64 * 1e-9;
                Self { axis: unit(axis), angle_rad: rate_dps.to_radians() * seconds, ..arc }
            }
            Change::Tumble { key, fall_ns } => {
                let chance = draw_at(key, turn.number);
                let axis = if chance & 1 == 0 { Axis::X } else { Axis::Y };
                let quarters = [-1.0, 1.0, 2.0][(chance >> 8) as usize % 3];
                let end_ns = turn.start_ns.saturating_add(fall_ns);
                Self { axis: unit(axis), angle_rad: quarters * core::f64::consts::FRAC_PI_2, end_ns, ..arc }
            }
        }
    }
}

fn unit(axis: Axis) -> Vec3 {
    let mut unit = [0.0; 3];
    unit[axis_index(axis)] = 1.0;
    unit
}

impl AttitudeTrack {
    pub fn new(changes: Vec<(Occasion, Change)>) -> Self {
        let mut track = Self { next: Vec::new(), changes, next_start_ns: 0, now: Arc::REST };
        track.rewind();
        track
    }

    /// Back to the beginning of time.
    pub fn rewind(&mut self) {
        self.now = Arc::REST;
        self.next = self.changes.iter().map(|(occasion, _)| occasion.turn_at_or_after(0)).collect();
        self.find_next();
    }

    fn find_next(&mut self) {
        self.next_start_ns = self.next.iter().map(|turn| turn.start_ns).min().unwrap_or(u64::MAX);
    }

    /// Lets every change begin that begins until `t_ns`, in order; of several at one instant the last written wins.
    fn advance(&mut self, t_ns: u64) {
        while self.next_start_ns <= t_ns && self.next_start_ns != u64::MAX {
            let start_ns = self.next_start_ns;
            for (turn, (occasion, change)) in self.next.iter_mut().zip(&self.changes) {
                if turn.start_ns == start_ns {
                    self.now = self.now.after(change, *turn);
                    *turn = occasion.turn_at_or_after(turn.end_ns);
                }
            }
            self.find_next();
        }
    }

    pub fn at(&self, t_ns: u64) -> Quat {
        if t_ns < self.next_start_ns {
            return self.now.attitude_at(t_ns);
        }
        let mut ahead = self.clone();
        ahead.advance(t_ns);
        ahead.now.attitude_at(t_ns)
    }

    /// Calls `part` for each stretch of instants that lies on one arc: from, to, arc, whether it moves.
    fn stretches(&mut self, instants: &Instants, mut part: impl FnMut(usize, usize, &Arc, bool)) {
        let end_ns = instants.end_ns();
        let mut from = 0;
        while from < instants.len {
            let here_ns = libm::floor(instants.at(from)) as u64;
            self.advance(here_ns);
            let moving = here_ns < self.now.end_ns && self.now.angle_rad != 0.0;
            let until_ns = if moving { self.next_start_ns.min(self.now.end_ns) } else { self.next_start_ns };
            let to = if until_ns >= end_ns {
                instants.len
            } else {
                instants.first_at_or_after(until_ns).clamp(from + 1, instants.len)
            };
            if moving {
                part(from, to, &self.now, true);
            } else {
                let rest = Arc { from: self.now.attitude_at(here_ns), angle_rad: 0.0, ..self.now };
                part(from, to, &rest, false);
            }
            from = to;
        }
    }

    /// Gravity alone.
    pub fn render_rest(&mut self, instants: &Instants, out: &mut MotionBlock) {
        self.stretches(instants, |from, to, arc, moving| {
            let up = arc.from.rows()[2].map(|x| x as f32);
            for (axis, up) in out.accel_g.iter_mut().zip(up) {
                axis[from..to].fill(up);
            }
            for axis in &mut out.gyro_dps {
                axis[from..to].fill(0.0);
            }
            if moving {
                turn(arc, instants, from, to, out);
            }
        });
    }

    /// What happens in the world's axes, felt by the chip.
    pub fn render(&mut self, instants: &Instants, world: &WorldAxes, out: &mut MotionBlock) {
        self.stretches(instants, |from, to, arc, moving| {
            let rows = arc.from.rows().map(|row| row.map(|x| x as f32));
            for axis in 0..3 {
                let [a, b, c] = [rows[0][axis], rows[1][axis], rows[2][axis]];
                for (felt, world) in [(&mut out.accel_g, &world[..3]), (&mut out.gyro_dps, &world[3..])] {
                    let (x, y, z) = (&world[0][from..to], &world[1][from..to], &world[2][from..to]);
                    for (((felt, x), y), z) in felt[axis][from..to].iter_mut().zip(x).zip(y).zip(z) {
                        *felt = a * x + b * y + c * z;
                    }
                }
            }
            if moving {
                turn(arc, instants, from, to, out);
            }
        });
    }
}

/// Turns what was felt in an arc's first attitude into what is felt on the way, and adds the arc's own angular rate.
fn turn(arc: &Arc, instants: &Instants, from: usize, to: usize, out: &mut MotionBlock) {
    let per_ns = arc.per_ns();
    let axis = arc.axis.map(|x| x as f32);
    for k in from..to {
        let (angle, rate) = arc.angle_at(instants.at(k), per_ns);
        let (sin, cos) = libm::sincos(angle);
        let (sin, cos) = (sin as f32, cos as f32);
        let back = |v: [f32; 3]| {
            // Rodrigues, by the negative angle.
            let along = (axis[0] * v[0] + axis[1] * v[1] + axis[2] * v[2]) * (1.0 - cos);
            let across = [
                axis[1] * v[2] - axis[2] * v[1],
                axis[2] * v[0] - axis[0] * v[2],
                axis[0] * v[1] - axis[1] * v[0],
            ];
            [0, 1, 2].map(|i| v[i] * cos - across[i] * sin + axis[i] * along)
        };
        let accel = back([out.accel_g[0][k], out.accel_g[1][k], out.accel_g[2][k]]);
        let gyro = back([out.gyro_dps[0][k], out.gyro_dps[1][k], out.gyro_dps[2][k]]);
        let rate_dps = rate.to_degrees() as f32;
        for i in 0..3 {
            out.accel_g[i][k] = accel[i];
            out.gyro_dps[i][k] = gyro[i] + axis[i] * rate_dps;
        }
    }
}
