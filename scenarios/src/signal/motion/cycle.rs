//! What a body repeats: strides and gestures. One cycle is tabulated in the world's axes; every repetition has its own
//! length and vigour, drawn by its number, so that any moment can be asked for.

use crate::rng::{draw_at, signed_at};
use crate::schema::Shape;
use crate::signal::Turn;
use crate::signal::motion::quat::Vec3;
use crate::signal::motion::{Quat, Run, WorldAxes};

/// Rows of the table. The sharpest shape has six periods in it: a straight line between rows is off by less than 0.1 %.
const ROWS: usize = 512;
const TAU: f64 = core::f64::consts::TAU;

/// Specific force without gravity in g (0..3) and angular rate in deg/s (3..6); two lanes to fill a vector register.
type Row = [f32; 8];

#[derive(Debug)]
pub struct Cycle {
    key: u64,
    period_ns: f64,
    table: Vec<Row>,
    /// How far a repetition's beginning wanders, in parts of the period, and its vigour, in parts of itself.
    wander: f64,
    vigour: f32,
    /// The body's swing: about this world axis, by this many radians at most, as the sine of the phase.
    swing_axis: Vec3,
    swing_rad: f64,
    beat: Beat,
}

/// One repetition.
#[derive(Debug, Clone, Copy)]
struct Beat {
    turn: u64,
    start_ns: f64,
    end_ns: f64,
    per_ns: f64,
    /// Rates scale with how fast this repetition is gone through.
    haste: f32,
    vigour: f32,
    growth: f32,
}

impl Beat {
    const NONE: Self = Self {
        turn: u64::MAX,
        start_ns: 0.0,
        end_ns: 0.0,
        per_ns: 0.0,
        haste: 1.0,
        vigour: 1.0,
        growth: 0.0,
    };
}

/// What a body does at one phase: acceleration in the world's axes (parts of the amplitude), before it swings.
type Path = fn(f64) -> [f64; 3];

/// Sum of `strength * cos(order * angle + phase)`.
fn harmonics(angle: f64, terms: &[(f64, f64, f64)]) -> f64 {
    terms.iter().map(|(order, strength, phase)| strength * libm::cos(order * angle + phase)).sum()
}

/// A stride is two steps: forward and up move at the step's frequency, sideways at the stride's. Shapes assumed, after
/// the harmonic content of trunk acceleration in walking (Menz, Lord and Fitzpatrick, Gait & Posture 2003).
fn walking(phase: f64) -> [f64; 3] {
    let vertical = harmonics(phase, &[(2.0, 1.0, 0.0), (4.0, 0.45, 0.7), (6.0, 0.2, 1.3), (1.0, 0.06, 0.4)]);
    let forward = harmonics(phase, &[(2.0, 0.5, 1.6), (4.0, 0.2, 2.1), (1.0, 0.05, 0.0)]);
    let sideways = harmonics(phase, &[(1.0, 0.3, 1.2), (3.0, 0.12, 0.3)]);
    [forward, sideways, vertical]
}

/// As walking, with a short hard stance and a long flight near free fall.
fn running(phase: f64) -> [f64; 3] {
    let vertical = harmonics(phase, &[(2.0, 1.0, 0.0), (4.0, 0.5, 0.1), (6.0, 0.22, 0.2), (1.0, 0.05, 0.4)]);
    let forward = harmonics(phase, &[(2.0, 0.45, 1.6), (4.0, 0.25, 2.0)]);
    let sideways = harmonics(phase, &[(1.0, 0.25, 1.2), (3.0, 0.12, 0.3)]);
    [forward, sideways, vertical]
}

fn circling(phase: f64) -> [f64; 3] {
    let (sin, cos) = libm::sincos(phase);
    [0.0, -cos, -sin]
}

fn up_and_down(phase: f64) -> [f64; 3] {
    [0.0, 0.0, -libm::sin(phase)]
}

fn waving(phase: f64) -> [f64; 3] {
    [0.0, -libm::sin(phase), 0.15 * libm::cos(2.0 * phase)]
}

/// A lying eight: twice as fast up and down as sideways, hence four times the acceleration for the same way.
fn snaking(phase: f64) -> [f64; 3] {
    [0.0, -0.5 * libm::sin(phase), -libm::sin(2.0 * phase)]
}

const SIDEWAYS: Vec3 = [0.0, 1.0, 0.0];
const FORWARD: Vec3 = [1.0, 0.0, 0.0];

impl Cycle {
    /// `amplitude_g` is the peak of the vertical acceleration above gravity.
    pub fn walk(key: u64, cadence_hz: f64, amplitude_g: f64) -> Self {
        // Stride times of healthy walkers vary by about 2 % (Hausdorff et al., J. Appl. Physiol. 1996); swing assumed.
        Self::new(key, 2e9 / cadence_hz, walking, Peak::Vertical(amplitude_g), SIDEWAYS, 20.0, 0.02, 0.08)
    }

    pub fn run(key: u64, cadence_hz: f64, amplitude_g: f64) -> Self {
        Self::new(key, 2e9 / cadence_hz, running, Peak::Vertical(amplitude_g), SIDEWAYS, 35.0, 0.015, 0.08)
    }

    /// `amplitude_g` is the peak of the acceleration.
    pub fn gesture(key: u64, shape: Shape, period_ns: u64, amplitude_g: f64) -> Self {
        let (path, axis, swing_deg): (Path, Vec3, f64) = match shape {
            Shape::Circle => (circling, FORWARD, 8.0),
            Shape::UpDown => (up_and_down, SIDEWAYS, 12.0),
            Shape::Wave => (waving, FORWARD, 25.0),
            Shape::Snake => (snaking, FORWARD, 12.0),
        };
        let peak = Peak::Whole(amplitude_g);
        Self::new(key, period_ns.max(1) as f64, path, peak, axis, swing_deg, 0.03, 0.1)
    }

    #[expect(clippy::too_many_arguments, reason = "called by the three constructors above only")]
    fn new(
        key: u64,
        period_ns: f64,
        path: Path,
        peak: Peak,
        swing_axis: Vec3,
        swing_deg: f64,
        wander: f64,
        vigour: f32,
    ) -> Self {
        let points: Vec<[f64; 3]> = (0..ROWS).map(|i| path(TAU * i as f64 / ROWS as f64)).collect();
        let scale = peak.scale(&points);
        let swing_rad = swing_deg.to_radians();
        let mut table: Vec<Row> = points
            .iter()
            .enumerate()
            .map(|(i, point)| {
                let (sin, cos) = libm::sincos(TAU * i as f64 / ROWS as f64);
                let swung = Quat::about(swing_axis, swing_rad * sin);
                let force = swung.to_chip([point[0] * scale, point[1] * scale, 1.0 + point[2] * scale]);
                let rate_dps = (swing_rad * cos * TAU * 1e9 / period_ns).to_degrees();
                let rate = swing_axis.map(|axis| (axis * rate_dps) as f32);
                let [x, y, z] = [force[0] as f32, force[1] as f32, (force[2] - 1.0) as f32];
                [x, y, z, rate[0], rate[1], rate[2], 0.0, 0.0]
            })
            .collect();
        table.push(table[0]);
        Self { key, period_ns, table, wander, vigour, swing_axis, swing_rad, beat: Beat::NONE }
    }

    fn boundary_ns(&self, key: u64, n: u64) -> f64 {
        let wander = if n == 0 { 0.0 } else { self.wander * f64::from(signed_at(key, 2 * n)) };
        (n as f64 + wander) * self.period_ns
    }

    fn beat_at(&self, turn: &Turn, t_ns: f64) -> Beat {
        let key = draw_at(self.key, turn.number);
        let since_ns = (t_ns - turn.start_ns as f64).max(0.0);
        let mut n = (since_ns / self.period_ns) as u64;
        if since_ns < self.boundary_ns(key, n) {
            n = n.saturating_sub(1);
        } else if since_ns >= self.boundary_ns(key, n + 1) {
            n += 1;
        }
        let (start_ns, end_ns) = (self.boundary_ns(key, n), self.boundary_ns(key, n + 1));
        let vigour = |n: u64| 1.0 + self.vigour * signed_at(key, 2 * n + 1);
        Beat {
            turn: turn.number,
            start_ns: turn.start_ns as f64 + start_ns,
            end_ns: turn.start_ns as f64 + end_ns,
            per_ns: 1.0 / (end_ns - start_ns),
            haste: (self.period_ns / (end_ns - start_ns)) as f32,
            vigour: vigour(n),
            growth: vigour(n + 1) - vigour(n),
        }
    }

    pub fn add(&mut self, run: Run<'_>, world: &mut WorldAxes) {
        let fades = run.fades();
        let mut k = run.from;
        while k < run.to {
            let t_ns = run.instants.at(k);
            let now =
                self.beat.turn == run.turn.number && t_ns >= self.beat.start_ns && t_ns < self.beat.end_ns;
            if !now {
                self.beat = self.beat_at(&run.turn, t_ns);
            }
            let beat = self.beat;
            let end = if beat.end_ns >= run.instants.at(run.to - 1) {
                run.to
            } else {
                run.instants.first_at_or_after(libm::ceil(beat.end_ns) as u64).clamp(k + 1, run.to)
            };
            let [ax, ay, az, gx, gy, gz] = world;
            let axes = ax[k..end]
                .iter_mut()
                .zip(&mut ay[k..end])
                .zip(&mut az[k..end])
                .zip(&mut gx[k..end])
                .zip(&mut gy[k..end])
                .zip(&mut gz[k..end]);
            for (j, (((((ax, ay), az), gx), gy), gz)) in axes.enumerate() {
                let t_ns = run.instants.at(k + j);
                let place = (t_ns - beat.start_ns) * beat.per_ns * ROWS as f64;
                let row = (place as usize).min(ROWS - 1);
                let between = place as f32 - row as f32;
                let mut gain = beat.vigour + beat.growth * (place as f32 * (1.0 / ROWS as f32));
                if fades {
                    gain *= run.occasion.gain(&run.turn, t_ns);
                }
                let (near, far) = (&self.table[row], &self.table[row + 1]);
                let mut now = [0.0_f32; 8];
                for lane in 0..8 {
                    now[lane] = gain * (near[lane] + between * (far[lane] - near[lane]));
                }
                *ax += now[0];
                *ay += now[1];
                *az += now[2];
                *gx += beat.haste * now[3];
                *gy += beat.haste * now[4];
                *gz += beat.haste * now[5];
            }
            k = end;
        }
    }

    /// The body's swing at `t_ns`, as a turn of the world.
    pub fn swing_at(&self, turn: &Turn, t_ns: f64, gain: f64) -> Quat {
        let beat = self.beat_at(turn, t_ns);
        let phase = TAU * (t_ns - beat.start_ns) * beat.per_ns;
        Quat::about(self.swing_axis, self.swing_rad * gain * f64::from(beat.vigour) * libm::sin(phase))
    }
}

/// What an amplitude is the peak of.
enum Peak {
    Vertical(f64),
    Whole(f64),
}

impl Peak {
    fn scale(&self, points: &[[f64; 3]]) -> f64 {
        let highest = |of: fn(&[f64; 3]) -> f64| points.iter().map(of).fold(1e-9, f64::max);
        match self {
            Self::Vertical(amplitude) => amplitude / highest(|p| p[2]),
            Self::Whole(amplitude) => {
                amplitude / libm::sqrt(highest(|p| p[0] * p[0] + p[1] * p[1] + p[2] * p[2]))
            }
        }
    }
}
