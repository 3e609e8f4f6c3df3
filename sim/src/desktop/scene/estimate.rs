//! How the board lies as the node itself could tell: by what it read from its IMU, and nothing else.
//!
//! The angular rates are added up; the accelerometer's direction pulls the result upright while it feels about one g. About the
//! vertical nothing pulls: the heading begins at zero and drifts, as on the board.

use crate::live::NodeHistory;
use scenarios::signal::Quat;

/// How far back it looks when it begins.
const LOOKS_BACK_NS: u64 = 30_000_000_000;
/// In this time a wrong tilt is corrected to a third.
const CORRECTS_IN_S: f64 = 0.5;
/// What is between these is taken for gravity, g.
const GRAVITY_G: std::ops::Range<f64> = 0.85..1.15;

#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    pub attitude: Quat,
    /// Rates were read, too.
    pub turns: bool,
    until_ns: u64,
}

impl Estimate {
    /// What is known at `now_ns`, from what was known before.
    pub fn follow(before: Option<Self>, node: &NodeHistory, now_ns: u64) -> Option<Self> {
        let since_ns = before.map_or(0, |before| before.until_ns).max(now_ns.saturating_sub(LOOKS_BACK_NS));
        let (_, force) = node.felt[0].samples(since_ns, now_ns + 1);
        if force.is_empty() {
            return before;
        }
        let read = |axis: usize| node.felt[axis].samples(since_ns, now_ns + 1).1;
        let [fy, fz, rx, ry, rz] = [1, 2, 3, 4, 5].map(read);
        let turns = !rx.is_empty();
        let until_ns = node.felt[0].end_ns().clamp(since_ns + 1, now_ns + 1);
        let step_s = (until_ns - since_ns) as f64 * 1e-9 / force.len() as f64;
        let pull = 1.0 - libm::exp(-step_s / CORRECTS_IN_S);
        let mut attitude = before.map(|before| before.attitude);
        for (index, x) in force.iter().enumerate() {
            let [Some(y), Some(z)] = [fy.get(index), fz.get(index)] else { break };
            let felt = [*x, *y, *z].map(f64::from);
            let rate = [&rx, &ry, &rz].map(|axis| axis.get(index).copied().unwrap_or(0.0));
            attitude = Some(match attitude {
                None => upright(Quat::IDENTITY, felt, 1.0),
                Some(attitude) => {
                    let turned = attitude.then_inner(turn(rate.map(f64::from), step_s)).normalised();
                    let strength = length(felt);
                    if GRAVITY_G.contains(&strength) { upright(turned, felt, pull) } else { turned }
                }
            });
        }
        attitude.map(|attitude| Self { attitude, turns, until_ns })
    }

    /// Degrees between the true vertical and the node's.
    pub fn tilt_off_deg(&self, true_attitude: Quat) -> f64 {
        let (own, real) = (self.attitude.to_chip([0.0, 0.0, 1.0]), true_attitude.to_chip([0.0, 0.0, 1.0]));
        libm::acos(dot(own, real).clamp(-1.0, 1.0)).to_degrees()
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn length(v: [f64; 3]) -> f64 {
    libm::sqrt(dot(v, v))
}

/// What a rate turns in a time, in the chip's axes.
fn turn(rate_dps: [f64; 3], step_s: f64) -> Quat {
    let rate = length(rate_dps);
    if rate < 1e-9 {
        return Quat::IDENTITY;
    }
    Quat::about(rate_dps.map(|axis| axis / rate), rate.to_radians() * step_s)
}

/// Turned by a share of what is missing until what was felt points up.
fn upright(attitude: Quat, felt: [f64; 3], share: f64) -> Quat {
    let [x, y, z] = attitude.to_world(felt);
    let level = libm::hypot(x, y);
    if level < 1e-9 && z >= 0.0 {
        return attitude;
    }
    // About the level axis that brings it up the short way; upside down any will do.
    let axis = if level < 1e-9 { [1.0, 0.0, 0.0] } else { [y / level, -x / level, 0.0] };
    Quat::about(axis, libm::atan2(level, z) * share).then_inner(attitude).normalised()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_felt_points_up() {
        let lies = Quat::about([0.6, 0.8, 0.0], 1.1);
        let felt = lies.to_chip([0.0, 0.0, 1.0]);
        let found = Estimate { attitude: upright(Quat::IDENTITY, felt, 1.0), turns: false, until_ns: 0 };
        assert!(found.tilt_off_deg(lies) < 1e-6, "{}", found.tilt_off_deg(lies));
        let over = upright(Quat::IDENTITY, [0.0, 0.0, -1.0], 1.0).to_world([0.0, 0.0, -1.0]);
        assert!(over[2] > 0.999);
    }

    #[test]
    fn rates_add_up_to_a_turn() {
        let mut attitude = Quat::IDENTITY;
        for _ in 0..100 {
            attitude = attitude.then_inner(turn([0.0, 90.0, 0.0], 0.01));
        }
        let [x, _, z] = attitude.to_world([1.0, 0.0, 0.0]);
        assert!(x.abs() < 1e-6 && (z + 1.0).abs() < 1e-6, "{x} {z}");
    }
}
